// What crm_verify finds in a configuration (AT-9.4): its form, and what the scheduler says of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/cib/document.h"

namespace simcluster::scheduler {

struct VerifyOptions {
  int verbose = 0;         // -V given so often: 1 errors, 2 warnings, 3 notices and so on
  std::int64_t now = 0;    // seconds since 1970
  bool old_words = false;  // of releases up to 2.1
  // The word for an agent's result; needed where old words are wanted.
  std::function<std::string_view(int rc)> result_text;
};

struct VerifyReport {
  bool errors = false;
  bool warnings = false;
  std::string form;                // sentences on what does not fit the schema, each with a newline
  std::string messages;            // "(function) <TAB>level: text", each with a newline
  std::vector<std::string> infos;  // what goes to standard output
};

// Reads the document as the cluster would.
VerifyReport verify(cib::Document document, const VerifyOptions& options);

}  // namespace simcluster::scheduler
