#include "tools/twin/screens.h"

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
    if (inside && !is_time(line.text)) screens.back() += without_build(line.text) + "\n";
  }
  return screens;
}

}  // namespace simcluster::twin
