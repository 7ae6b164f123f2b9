#include "engine/scheduler/node_scores.h"

#include "engine/scheduler/model.h"
#include "engine/scheduler/recorder.h"

namespace simcluster::scheduler {

namespace {

// A missing entry starts with the node's own score (S3 ).
NodeEntry& insert_node(Model& model, Resource& resource, const Node& node) {
  const Because because(model.recorder.get(), {ScoreReason::kNodeScore});
  record_new_entry(model.recorder.get(), resource.self, node.self, node.score);
  return resource.allowed.insert(model.shapes, node.self, node.score, node.probe_mode);
}

void adjust(Model& model, Resource& resource, const Node& node, Score score, bool symmetric_default) {
  if (symmetric_default && (resource.exclusive_discovery || node.probe_mode == ProbeMode::kNever)) return;
  for (const ResourceId child : resource.children) {
    adjust(model, model.resource(child), node, score, symmetric_default);
  }
  NodeEntry* entry = resource.allowed.find(node.self);
  if (entry == nullptr) entry = &insert_node(model, resource, node);
  add_to_score(model.recorder.get(), resource.self, node.self, *entry, score);
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
  const Because because(model.recorder.get(), {ScoreReason::kDefault});
  for (const NodeId node : model.probed_nodes) adjust(model, model.resource(resource), model.node(node), 0, true);
}

void forbid_everywhere(Model& model, Resource& resource) {
  resource.allowed = NodeTable();
  for (const NodeId id : model.node_order) {
    resource.allowed.insert(model.shapes, id, -kInfinity, model.node(id).probe_mode);
    record_new_entry(model.recorder.get(), resource.self, id, -kInfinity);
  }
}

}  // namespace simcluster::scheduler
