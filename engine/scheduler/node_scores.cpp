#include "engine/scheduler/node_scores.h"

#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

void adjust(Model& model, Resource& resource, const Node& node, Score score, bool symmetric_default) {
  if (symmetric_default && (resource.exclusive_discovery || node.probe_mode == ProbeMode::kNever)) return;
  for (const ResourceId child : resource.children) {
    adjust(model, model.resource(child), node, score, symmetric_default);
  }
  NodeEntry* entry = resource.allowed.find(node.self);
  if (entry == nullptr) entry = &resource.allowed.insert(model.shapes, node.self, node.score, node.probe_mode);
  entry->score = add_scores(entry->score, score);
}

}  // namespace

void adjust_score(Model& model, ResourceId resource, NodeId node, Score score) {
  adjust(model, model.resource(resource), model.node(node), score, false);
}

void adjust_score_everywhere(Model& model, ResourceId id, Score score) {
  Resource& resource = model.resource(id);
  for (const NodeId node : model.node_order) adjust(model, resource, model.node(node), score, false);
  if (score == -kInfinity) resource.assigned = NodeId::none();
}

void add_symmetric_default(Model& model, ResourceId resource) {
  for (const NodeId node : model.node_order) adjust(model, model.resource(resource), model.node(node), 0, true);
}

void forbid_everywhere(Model& model, Resource& resource) {
  resource.allowed = NodeTable();
  for (const NodeId id : model.node_order) {
    resource.allowed.insert(model.shapes, id, -kInfinity, model.node(id).probe_mode);
  }
}

}  // namespace simcluster::scheduler
