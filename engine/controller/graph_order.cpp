#include "engine/controller/graph_order.h"

#include <cstdint>
#include <vector>

#include <fmt/core.h>

namespace simcluster::controller {

namespace {

using scheduler::GraphAction;
using scheduler::GraphActionKind;

constexpr std::size_t kMostActions = 300;

// Empty: it is done in no node's name.
std::string name_of(const GraphAction& action) {
  if (action.kind == GraphActionKind::kPseudo) return {};
  if (action.operation == "stonith") return fmt::format("fence {}", action.node);
  if (action.kind != GraphActionKind::kResource || !action.primitive) return {};
  const bool probe = action.operation == "monitor" && action.interval() == 0;
  return fmt::format("{} {} on {}", probe ? "probe" : action.operation, action.primitive->id, action.node);
}

class Orders {
 public:
  explicit Orders(const scheduler::Graph& graph) : graph_(graph), synapse_of_(graph.actions.size(), kNone) {
    for (std::uint32_t i = 0; i < graph.synapses.size(); ++i) synapse_of_[graph.synapses[i].action] = i;
  }

  std::string text() {
    for (const auto& synapse : graph_.synapses) {
      const std::string after = name_of(graph_.actions[synapse.action]);
      if (after.empty()) continue;
      seen_.assign(graph_.actions.size(), false);
      walk(synapse, after);
    }
    return std::move(text_);
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  void walk(const scheduler::Synapse& synapse, const std::string& after) {
    for (const std::uint32_t input : synapse.inputs) {
      if (seen_[input]) continue;
      seen_[input] = true;
      const std::string before = name_of(graph_.actions[input]);
      if (!before.empty()) {
        text_ += fmt::format("{} < {}\n", before, after);
      } else if (synapse_of_[input] != kNone) {
        walk(graph_.synapses[synapse_of_[input]], after);
      }
    }
  }

  const scheduler::Graph& graph_;
  std::vector<std::uint32_t> synapse_of_;
  std::vector<bool> seen_;
  std::string text_;
};

}  // namespace

std::string order_text(const scheduler::Graph& graph) {
  return graph.synapses.size() > kMostActions ? std::string() : Orders(graph).text();
}

}  // namespace simcluster::controller
