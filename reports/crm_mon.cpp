#include "reports/crm_mon.h"

#include <array>
#include <vector>

#include <fmt/core.h>

#include "engine/cib/upgrade.h"
#include "reports/crm_mon_layouts.h"
#include "reports/crm_mon_view.h"
#include "reports/crm_mon_xml.h"

namespace simcluster::reports {
namespace {

constexpr std::array kOptions = {
    CrmMonOptionName{"one-shot,1", "once, not on and on", &CrmMonOptions::one_shot},
    CrmMonOptionName{"show-node-attributes,A", "node attributes", &CrmMonOptions::node_attributes},
    CrmMonOptionName{"failcounts,f", "fail counts", &CrmMonOptions::fail_counts},
    CrmMonOptionName{"operations,o", "operation history", &CrmMonOptions::operations},
    CrmMonOptionName{"timing-details,t", "operation history with its times", &CrmMonOptions::timing},
    CrmMonOptionName{"inactive,r", "inactive resources, too", &CrmMonOptions::inactive},
    CrmMonOptionName{"group-by-node,n", "resources by node", &CrmMonOptions::group_by_node},
    CrmMonOptionName{"hide-headers,D", "no summary", &CrmMonOptions::hide_headers},
    CrmMonOptionName{"simple-status,s", "one line", &CrmMonOptions::simple},
    CrmMonOptionName{"show-detail,R", "node ids, instances of clones", &CrmMonOptions::show_detail},
    CrmMonOptionName{"brief,b", "resources counted by agent (2.0 and later)", &CrmMonOptions::brief},
    CrmMonOptionName{"tickets,c", "tickets (2.0 and later)", &CrmMonOptions::tickets},
    CrmMonOptionName{"neg-locations,L", "location constraints that forbid (2.0 and later)", &CrmMonOptions::bans},
};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

bool set_option(CrmMonOptions& options, char letter, std::string_view name) {
  for (const CrmMonOptionName& option : kOptions) {
    const std::string_view declaration(option.declaration);
    const std::size_t comma = declaration.find(',');
    if (declaration[comma + 1] != letter && declaration.substr(0, comma) != name) continue;
    options.*option.flag = true;
    return true;
  }
  return false;
}

// The level of -m or --fence-history: "", or one digit.
bool set_fencing_level(CrmMonOptions& options, std::string_view level) {
  if (level.empty()) level = "2";
  if (level.size() != 1 || level[0] < '0' || level[0] > '3') return false;
  options.fencing = static_cast<FencingLevel>(level[0] - '0');
  return true;
}

constexpr std::string_view kBadLevel = "the level of crm_mon's -m (--fence-history) is 0, 1, 2 or 3";

}  // namespace

std::span<const CrmMonOptionName> crm_mon_options() { return kOptions; }

Result<CrmMonOptions> parse_crm_mon_command(std::string_view command) {
  const std::vector<std::string_view> words = words_of(command);
  if (words.empty() || words.front() != "crm_mon") {
    return fail(fmt::format("\"{}\" is not a call of crm_mon, expected for example \"crm_mon -1 -Af\"", command));
  }
  CrmMonOptions options;
  options.request = command;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    constexpr std::string_view kFenceHistory = "--fence-history";
    if (word.starts_with(kFenceHistory)) {
      std::string_view level = word.substr(kFenceHistory.size());
      if (level.starts_with('=')) level.remove_prefix(1);
      if (!set_fencing_level(options, level)) return fail(std::string(kBadLevel));
      continue;
    }
    constexpr std::string_view kFormat = "--output-as=";
    if (word.starts_with(kFormat)) {
      const std::string_view format = word.substr(kFormat.size());
      if (format != "xml" && format != "text") return fail("crm_mon writes text or xml here");
      options.xml = format == "xml";
      continue;
    }
    if (word.starts_with("--")) {
      if (!set_option(options, '\0', word.substr(2))) return fail(fmt::format("crm_mon has no option {} here", word));
      continue;
    }
    if (word.size() < 2 || word[0] != '-') return fail(fmt::format("crm_mon takes no argument \"{}\"", word));
    // What follows -m in its word is the level.
    const std::size_t fencing = word.find('m');
    if (fencing != std::string_view::npos && !set_fencing_level(options, word.substr(fencing + 1)))
      return fail(std::string(kBadLevel));
    for (const char letter : word.substr(1, fencing - 1)) {
      if (!set_option(options, letter, {})) return fail(fmt::format("crm_mon has no option -{} here", letter));
    }
  }
  return options;
}

std::string crm_mon_text(const cib::Document& cib, const CrmMonOptions& options, const CrmMonContext& context) {
  CrmMonOptions effective = options;
  effective.operations = options.operations || options.timing || options.xml;
  effective.bans = options.bans || options.xml;
  cib::Document newest = cib;
  static_cast<void>(cib::upgrade(newest));  // what cannot be upgraded is shown as far as it is understood
  const ClusterView view(cib, newest, effective, context);
  if (effective.xml && context.profile.daemons_renamed) return crm_mon_xml(view, effective.request);
  if (context.profile.crm_mon_ruler_header) return crm_mon_with_rulers(view);
  if (context.profile.crm_mon_nested_lists) return crm_mon_lists(view);
  return crm_mon_plain(view);
}

}  // namespace simcluster::reports
