#include "reports/crm_mon.h"

#include <array>
#include <vector>

#include <fmt/format.h>

#include "reports/crm_mon_layouts.h"
#include "reports/crm_mon_view.h"

namespace simcluster::reports {
namespace {

struct OptionName {
  char letter;
  std::string_view name;
  bool CrmMonOptions::*flag;
};

constexpr std::array kOptions = {
    OptionName{'1', "one-shot", &CrmMonOptions::one_shot},
    OptionName{'A', "show-node-attributes", &CrmMonOptions::node_attributes},
    OptionName{'f', "failcounts", &CrmMonOptions::fail_counts},
    OptionName{'o', "operations", &CrmMonOptions::operations},
    OptionName{'t', "timing-details", &CrmMonOptions::timing},
    OptionName{'r', "inactive", &CrmMonOptions::inactive},
    OptionName{'n', "group-by-node", &CrmMonOptions::group_by_node},
    OptionName{'D', "hide-headers", &CrmMonOptions::hide_headers},
    OptionName{'s', "simple-status", &CrmMonOptions::simple},
    OptionName{'R', "show-detail", &CrmMonOptions::show_detail},
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
  for (const OptionName& option : kOptions) {
    if (option.letter != letter && (name.empty() || option.name != name)) continue;
    options.*option.flag = true;
    if (option.letter == 't') options.operations = true;
    return true;
  }
  return false;
}

// Days since 1970 as a date (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
}  // namespace

Result<CrmMonOptions> parse_crm_mon_command(std::string_view command) {
  const std::vector<std::string_view> words = words_of(command);
  if (words.empty() || words.front() != "crm_mon") {
    return fail(fmt::format("\"{}\" is not a call of crm_mon, expected for example \"crm_mon -1 -Af\"", command));
  }
  CrmMonOptions options;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word.starts_with("--")) {
      if (!set_option(options, '\0', word.substr(2))) return fail(fmt::format("crm_mon has no option {} here", word));
      continue;
    }
    if (word.size() < 2 || word[0] != '-') return fail(fmt::format("crm_mon takes no argument \"{}\"", word));
    for (const char letter : word.substr(1)) {
      if (!set_option(options, letter, {})) return fail(fmt::format("crm_mon has no option -{} here", letter));
    }
  }
  return options;
}

std::string crm_mon_text(const cib::Document& cib, const CrmMonOptions& options, const CrmMonContext& context) {
  const ClusterView view(cib, options, context);
  if (context.profile.crm_mon_ruler_header) return crm_mon_with_rulers(view);
  if (context.profile.crm_mon_nested_lists) return crm_mon_lists(view);
  return crm_mon_plain(view);
}

}  // namespace simcluster::reports
