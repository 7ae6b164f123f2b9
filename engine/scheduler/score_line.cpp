#include "engine/scheduler/score_line.h"

#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

void append_values(std::string& out, const ScoreLine& line) {
  for (const auto& [name, value] : line.values) {
    out += ' ';
    out += name;
    out += '=';
    out += value;
  }
}

std::string join(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

}  // namespace

std::string score_line_text(const ScoreLine& line) {
  switch (line.kind) {
    case ScoreLine::Kind::kNode:
      return join({line.label, ": ", line.resource, " allocation score on ", line.node, ": "}) +
             readable_score(line.score);
    case ScoreLine::Kind::kPromotion:
      if (line.node.empty()) return join({line.resource, " promotion score (inactive): "}) + readable_score(line.score);
      return join({line.resource, " promotion score on ", line.node, ": "}) + readable_score(line.score);
    case ScoreLine::Kind::kCapacity:
    case ScoreLine::Kind::kBundleCapacity: {
      std::string text = join({line.label, ": ", line.node, " capacity:"});
      append_values(text, line);
      return text;
    }
    case ScoreLine::Kind::kPlain:
      return std::string(line.label);
    case ScoreLine::Kind::kUtilization: {
      std::string text = join({line.label, ": ", line.resource, " utilization on ", line.node, ":"});
      append_values(text, line);
      return text;
    }
  }
  return {};
}

}  // namespace simcluster::scheduler
