#include "engine/scheduler/locations.h"

#include "engine/scheduler/collective.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/recorder.h"

namespace simcluster::scheduler {

namespace {

ScoreReason reason_of(const Location& location) {
  return location.health ? ScoreReason::kHealth : ScoreReason::kLocation;
}

// S3 for one resource without its children.
void apply_to_one(Model& model, Resource& resource, const Location& location) {
  if (location.role != Role::kUnknown && location.role != resource.next_role) return;
  bool exclusive = false;
  const Because because(model.recorder.get(), {reason_of(location), location.id, location.resource});
  apply_location_scores(model, resource.allowed, location, exclusive, resource.self);
  if (exclusive) resource.exclusive_discovery = true;
}

void apply_to_group(Model& model, Resource& group, const Location& location) {
  apply_to_one(model, group, location);
  Location zero = location;
  for (auto& [node, score] : zero.nodes) score = 0;
  const bool collocated = group.group->collocated;
  for (std::size_t i = 0; i < group.children.size(); ++i) {
    apply_location(model, model.resource(group.children[i]), i > 0 && collocated ? zero : location);
  }
}

}  // namespace

void apply_location_scores(Model& model, NodeTable& table, const Location& location, bool& exclusive,
                           ResourceId owner) {
  Recorder* recorder = owner.valid() ? model.recorder.get() : nullptr;
  for (const auto& [node, score] : location.nodes) {
    NodeEntry* entry = table.find(node);
    if (entry == nullptr) {
      // The node's own mode, so that bundle nodes stay unprobed (S3 ).
      entry = &table.insert(model.shapes, node, score, model.node(node).probe_mode);
      record_new_entry(recorder, owner, node, score);
    } else {
      add_to_score(recorder, owner, node, *entry, score);
    }
    if (location.probe_mode > entry->probe_mode) {
      entry->probe_mode = location.probe_mode;
      if (location.probe_mode == ProbeMode::kExclusive) exclusive = true;
    }
  }
}

void apply_location(Model& model, Resource& resource, const Location& location) {
  switch (resource.variant) {
    case Variant::kPrimitive:
      apply_to_one(model, resource, location);
      return;
    case Variant::kGroup:
      apply_to_group(model, resource, location);
      return;
    case Variant::kClone:
      apply_to_one(model, resource, location);
      for (const ResourceId child : resource.children) apply_location(model, model.resource(child), location);
      return;
    case Variant::kBundle:
      apply_location_to_bundle(model, resource, location);
      return;
  }
}

void apply_locations(Model& model) {
  for (auto it = model.locations.rbegin(); it != model.locations.rend(); ++it) {
    apply_location(model, model.resource(it->resource), *it);
  }
}

}  // namespace simcluster::scheduler
