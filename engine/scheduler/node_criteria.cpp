// What decides about nodes before anything is placed: health, shutdown locks, locations, stickiness, failure thresholds
// and exclusive discovery (S3 chapter 4).
#include <string>

#include "engine/scheduler/failcount.h"
#include "engine/scheduler/locations.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_scores.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/stages.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

// S3.
Score node_health(const Model& model, const Node& node) {
  Score health = model.options.health_strategy == HealthStrategy::kProgressive ? model.options.health_base : 0;
  node.attributes.for_each([&](const AttributeTable::Entry& attribute) {
    if (!attribute.key.starts_with("#health")) return;
    if (const auto score = parse_score(attribute.value, model.options.health)) health = add_scores(health, *score);
  });
  return health;
}

// S3 steps 2 and 3: the node that a resource is locked to, if any.
void update_lock(Model& model, Resource& resource) {
  if (resource.lock_node.valid()) {
    if (!resource.is_active()) return;
    request_action(model, resource.self, Task::kLrmDelete, resource.lock_node, false);
    resource.lock_node = NodeId();
    resource.lock_time = 0;
    return;
  }
  if (resource.active.size() != 1) return;
  const Node& node = model.node(resource.active.front());
  if (!node.shutdown || node.unclean) return;
  resource.lock_node = node.self;
  std::int64_t when = 0;
  const auto shutdown = node_attribute(node, "shutdown");
  if (!shutdown || !parse_leading_integer(*shutdown, when) || when == 0) when = model.now;
  resource.lock_time = when;
}

void apply_shutdown_lock(Model& model, Resource& resource) {
  if (resource.is_group()) {
    for (const ResourceId child : resource.children) apply_shutdown_lock(model, model.resource(child));
    return;
  }
  if (!resource.is_primitive() || resource.fence_device || resource.remote_connection) return;
  update_lock(model, resource);
  if (!resource.lock_node.valid()) return;
  if (model.options.shutdown_lock_limit_ms > 0) {
    update_recheck(model, resource.lock_time + whole_seconds(model.options.shutdown_lock_limit_ms) + 1);
  }
  log(model, LogLevel::kInfo, "pcmk__primitive_shutdown_lock", "Locking {} to {} due to shutdown", resource.id,
      model.node(resource.lock_node).name);
  const Because because(model.recorder.get(), {ScoreReason::kShutdownLock});
  for (const NodeId node : model.node_order) {
    if (node != resource.lock_node) adjust_score(model, resource.self, node, -kInfinity);
  }
}

// S3.
void apply_stickiness(Model& model, Resource& resource) {
  for (const ResourceId child : resource.children) apply_stickiness(model, model.resource(child));
  if (!resource.is_primitive() || !resource.managed || resource.stickiness < 1 || resource.active.size() != 1) return;
  const NodeId node = resource.active.front();
  if (model.options.symmetric || resource.allowed.contains(node)) {
    const Because because(model.recorder.get(), {ScoreReason::kStickiness});
    adjust_score(model, resource.self, node, resource.stickiness);
  }
}

// S3, for a node with failures.
void apply_failure_threshold(Model& model, Resource& resource, const Node& node) {
  for (const ResourceId child : resource.children) apply_failure_threshold(model, model.resource(child), node);
  if (!resource.is_primitive() || resource.migration_threshold == 0 || resource.ignore_failure) return;
  if (is_clearing_fail_count(model, resource, node.self)) return;
  FailCountOptions options;
  options.effective = true;
  options.launched = true;
  const Score failures = fail_count(model, resource, node, options).count;
  if (failures <= 0) return;
  const Resource& banned = resource.unique ? resource : model.resource(resource.top);
  const Score remaining = resource.migration_threshold - failures;
  if (remaining > 0) {
    log(model, LogLevel::kInfo, "pcmk__threshold_reached",
        "{} can fail {} more times on {} before reaching migration threshold ({})", banned.id, remaining, node.name,
        resource.migration_threshold);
    return;
  }
  log(model, LogLevel::kWarning, "pcmk__threshold_reached",
      "{} cannot run on {} due to reaching migration threshold (clean up resource to allow again)| failures={} "
      "migration-threshold={}",
      banned.id, node.name, failures, resource.migration_threshold);
  const Because because(model.recorder.get(), {ScoreReason::kFailureThreshold, {}, resource.self});
  adjust_score(model, banned.self, node.self, -kInfinity);
}

// S3.
void apply_exclusive_discovery(Model& model, Resource& resource) {
  if (!resource.exclusive_discovery && !model.resource(resource.top).exclusive_discovery) return;
  for (const ResourceId child : resource.children) apply_exclusive_discovery(model, model.resource(child));
  const Because because(model.recorder.get(), {ScoreReason::kExclusiveDiscovery});
  for (NodeEntry& entry : resource.allowed.entries()) {
    if (!entry.present || entry.probe_mode == ProbeMode::kExclusive) continue;
    set_score(model.recorder.get(), resource.self, entry.node, entry, -kInfinity);
  }
}

}  // namespace

void apply_node_health(Model& model) {
  if (model.options.health_strategy == HealthStrategy::kNone) return;
  log(model, LogLevel::kInfo, "pcmk__apply_node_health", "Applying node health strategy '{}'",
      model.options.health_strategy_text);
  for (const NodeId id : model.node_order) {
    const Score health = node_health(model, model.node(id));
    if (health == 0) continue;
    log(model, LogLevel::kInfo, "pcmk__apply_node_health", "Overall system health of {} is {}", model.node(id).name,
        health);
    for (const ResourceId top : model.top_level) {
      if (health < 0 && model.resource(top).allow_unhealthy_nodes) continue;
      Location location;
      location.id = model.options.health_strategy_text;
      location.health = true;
      location.resource = top;
      location.nodes.emplace_back(id, health);
      add_location(model, std::move(location));
    }
  }
}

void apply_node_criteria(Model& model) {
  if (model.options.shutdown_lock) {
    for (const ResourceId top : model.top_level) apply_shutdown_lock(model, model.resource(top));
  }
  apply_locations(model);
  for (const ResourceId top : model.top_level) apply_stickiness(model, model.resource(top));
  for (const NodeId id : model.node_order) {
    const Node& node = model.node(id);
    if (node.fail_attributes.empty()) continue;
    for (const ResourceId top : model.top_level) apply_failure_threshold(model, model.resource(top), node);
  }
  for (const ResourceId top : model.top_level) apply_exclusive_discovery(model, model.resource(top));
}

}  // namespace simcluster::scheduler
