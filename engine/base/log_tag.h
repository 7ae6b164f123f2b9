// Who writes a log line: a daemon, and where support desks know it from detail logs, its function (AT-10.1).
#pragma once

#include <string>
#include <string_view>

namespace simcluster {

struct LogTag {
  std::string_view daemon;
  std::string_view function;  // may be empty
};

// "crmd(do_log)" for Host::log.
inline std::string log_tag(std::string_view daemon, std::string_view function) {
  std::string tag(daemon);
  if (!function.empty()) tag.append("(").append(function).append(")");
  return tag;
}

// Takes it apart again. The views are those of `tag`.
inline LogTag split_log_tag(std::string_view tag) {
  const auto open = tag.find('(');
  if (open == std::string_view::npos || !tag.ends_with(')')) return {tag, {}};
  return {tag.substr(0, open), tag.substr(open + 1, tag.size() - open - 2)};
}

}  // namespace simcluster
