#include "tools/twin/screens.h"

#include <algorithm>
#include <string_view>

#include <fmt/core.h>

namespace simcluster::twin {

namespace {

// "  * Current DC: node1 (version 2.1.5-a3f44794f94) - partition with quorum"
std::string without_build(std::string text) {
  const auto version = text.find("(version ");
  const auto dash = version == std::string::npos ? version : text.find('-', version);
  const auto end = dash == std::string::npos ? dash : text.find(')', dash);
  if (end != std::string::npos) text.erase(dash, end - dash);
  return text;
}

// Times that stand in the middle of a line: last-failure='...', last-rc-change='...', queued=0ms, exec=12ms.
std::string without_times(std::string text) {
  for (const std::string_view name : {"last-failure=", "last-rc-change=", "queued=", "exec="}) {
    const auto begin = text.find(name);
    if (begin == std::string::npos) continue;
    const auto value = begin + name.size();
    const bool quoted = value < text.size() && text[value] == '\'';
    const auto end = std::min(quoted ? text.find('\'', value + 1) + 1 : text.find_first_of(", ", value), text.size());
    text = fmt::format("{}-{}", text.substr(0, value), text.substr(end));
  }
  return text;
}

// "  * vip 10s-interval monitor on node1 returned 'not running' at Sat Nov 21 13:53:09 2026 after 12ms"
std::string without_moment(std::string text) {
  const auto at = text.find("' at ");
  if (at == std::string::npos || text.find(" returned '") == std::string::npos) return text;
  return text.substr(0, at + 1) + (text.find(" after ", at) == std::string::npos ? " at -" : " at - after -");
}

bool is_time(const std::string& text) {
  return text.find("Last updated: ") != std::string::npos || text.find("Last change: ") != std::string::npos ||
         text.starts_with("Status of pacemakerd: ");
}

bool is_head(const std::string& text) {
  return text.starts_with("Status of pacemakerd: ") || text.starts_with("Cluster Summary:");
}

}  // namespace

std::vector<std::string> crm_mon_screens(const Lines& run) {
  std::vector<std::string> screens;
  const Line* last = nullptr;
  bool inside = false;
  for (const Line& line : run) {
    if (line.kind != Line::Kind::kOutput) {
      last = nullptr;
      continue;
    }
    const bool begins = last == nullptr || last->ms != line.ms || last->node != line.node;
    last = &line;
    if (begins) inside = is_head(line.text);
    if (begins && inside) screens.emplace_back();
    if (inside && !is_time(line.text)) screens.back() += without_moment(without_times(without_build(line.text))) + "\n";
  }
  return screens;
}

}  // namespace simcluster::twin
