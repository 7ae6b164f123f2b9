// `crm_mon` as text, in the layout of the Pacemaker release that the profile names (AT part H): computed from a CIB by
// the scheduler's unpacking.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/profile.h"
#include "engine/base/time.h"
#include "engine/base/time_text.h"
#include "engine/cib/document.h"
#include "reports/crm_mon_fencing.h"

namespace simcluster::reports {

struct CrmMonOptions {
  bool one_shot = false;                           // -1
  bool node_attributes = false;                    // -A
  bool fail_counts = false;                        // -f
  bool operations = false;                         // -o; shows fail counts too
  bool timing = false;                             // -t
  bool inactive = false;                           // -r
  bool group_by_node = false;                      // -n
  bool hide_headers = false;                       // -D
  bool simple = false;                             // -s
  bool show_detail = false;                        // -R
  bool brief = false;                              // -b
  bool tickets = false;                            // -c
  bool bans = false;                               // -L
  FencingLevel fencing = FencingLevel::kFailures;  // -m LEVEL (2.0 and later)
  bool xml = false;                                // --output-as=xml (2.0 and later)
  std::string request = {};                        // the command line, which the XML repeats
};

// One option: its long name and letter as "one-shot,1", a line of help and what it sets.
struct CrmMonOptionName {
  const char* declaration;
  const char* help;
  bool CrmMonOptions::*flag;
};
std::span<const CrmMonOptionName> crm_mon_options();

// "crm_mon -1 -Af": the program's name and short options, bundled or not, long ones too. An error names what it does
// not know.
Result<CrmMonOptions> parse_crm_mon_command(std::string_view command);

struct CrmMonContext {
  Time now;  // printed in UTC
  Profile profile;
  std::string_view local_node = {};             // where it is run; empty: a saved CIB is shown
  std::span<const FencingRecord> fencing = {};  // what the node's fencer remembers, oldest first
};

// What the command prints. `cib` is what the local node holds at that moment.
std::string crm_mon_text(const cib::Document& cib, const CrmMonOptions& options, const CrmMonContext& context);

}  // namespace simcluster::reports
