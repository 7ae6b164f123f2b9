// Puts actions into the transition graph, one synapse per action (S5 I-2 to I-11).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/scheduler/action.h"
#include "engine/scheduler/graph.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

class GraphBuilder {
 public:
  GraphBuilder(Model& model, Graph& graph);

  // The resource's own actions, newest first, then its children (S5 I-2).
  void add_resource(Resource& resource);
  void add_own_actions(const Resource& resource);
  // Makes the action's synapse if it belongs into the graph and has none yet.
  void add_action(ActionId action);
  // Copies a text into the graph.
  std::string_view keep(std::string_view text);

 private:
  struct KeptNode {
    std::string_view name;
    std::string_view id;
  };

  // The action's index in the graph; described without details when new.
  std::uint32_t describe(ActionId action);
  std::string_view history_key(Action& action, const Resource& resource);
  // Both are kept once and for all.
  const GraphAction::Primitive& primitive_of(const Resource& resource);
  const KeptNode& kept_node(const Node& node);
  void add_details(Action& action, const std::vector<ActionId>& inputs, std::uint32_t index);
  void add_downed(const Action& action, const std::vector<ActionId>& inputs, GraphAction& out);

  Model& model_;
  Graph& graph_;
  std::string text_;                                // scratch
  std::vector<std::uint32_t> described_;            // by action: index in the graph plus 1
  std::vector<GraphAction::Primitive> primitives_;  // by resource, as far as asked for
  std::vector<KeptNode> nodes_;                     // by node, as far as asked for
};

}  // namespace simcluster::scheduler
