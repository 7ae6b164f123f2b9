#include "engine/scheduler/explanation_words.h"

#include <algorithm>

#include "engine/scheduler/failcount.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

std::string name_of(const Model& model, ResourceId id) {
  return id.valid() ? std::string(model.resource(id).id) : std::string();
}

std::string_view variant_word(const Resource& resource) {
  switch (resource.variant) {
    case Variant::kPrimitive:
      return "resource";
    case Variant::kGroup:
      return "group";
    case Variant::kClone:
      return "clone";
    case Variant::kBundle:
      return "bundle";
  }
  return {};
}

// "a, which goes to n1"; collectives have no single place.
std::string with_place(const Model& model, ResourceId id) {
  const Resource& resource = model.resource(id);
  std::string text(resource.id);
  if (!resource.is_primitive()) return text;
  if (!resource.assigned.valid()) return text + ", which runs nowhere";
  return text + ", which is to run on " + std::string(model.node(resource.assigned).name);
}

// Colocations that the scheduler makes itself have names of their own.
std::string colocation_text(const Model& model, const Reason& reason) {
  const std::string other = with_place(model, reason.other);
  if (reason.id == "#group-members") return "group: together with " + other;
  if (reason.id == "#resource-with-container") return "inside its container " + other;
  if (reason.id.starts_with('#')) return "together with " + other;
  return "colocation " + std::string(reason.id) + " with " + other;
}

std::string dependents_text(const Model& model, const ScoreRecord& record) {
  const Reason& reason = record.reason;
  const std::string other = name_of(model, reason.other);
  const bool banned = record.score <= -kInfinity;
  std::string text = (banned ? other : "what " + other + " prefers") + ", which follows it";
  if (reason.id == "#group-members") {
    text += " in its group";
  } else if (!reason.id.starts_with('#')) {
    text += " by colocation " + std::string(reason.id);
  }
  if (reason.via.valid() && reason.via != reason.other) text += " over " + name_of(model, reason.via);
  return banned ? text + ", cannot run there" : text;
}

std::string threshold_text(Model& model, const ScoreRecord& record) {
  Resource& resource = model.resource(record.reason.other);
  FailCountOptions options;
  options.effective = true;
  options.launched = true;
  const Score failures = fail_count(model, resource, model.node(record.node), options).count;
  return readable_score(failures) + (failures == 1 ? " failure of " : " failures of ") + std::string(resource.id) +
         " there, migration-threshold is " + readable_score(resource.migration_threshold);
}

std::string ticket_text(const Model& model, const Reason& reason) {
  for (const Resource& resource : model.resources) {
    for (const TicketDependency& dependency : resource.tickets) {
      if (dependency.id != reason.id) continue;
      const Ticket& ticket = model.tickets[dependency.ticket.index()];
      return "ticket " + std::string(ticket.id) + (ticket.granted ? " is in standby" : " is not granted") + " (" +
             std::string(reason.id) + ")";
    }
  }
  return "ticket (" + std::string(reason.id) + ")";
}

// What made the collective itself unusable on a node.
std::string ban_of_collective(Model& model, const ScoreRecord& record) {
  std::string text = std::string(variant_word(model.resource(record.reason.other))) + " " +
                     name_of(model, record.reason.other) + " may not run there";
  const ScoreRecord* cause = nullptr;
  for (const ScoreRecord& other : model.recorder->records) {
    if (&other == &record) break;
    if (other.resource == record.reason.other && other.node == record.node && other.after < 0) cause = &other;
  }
  return cause == nullptr ? text : text + ": " + record_text(model, *cause);
}

std::string collective_text(Model& model, const ScoreRecord& record) {
  const std::string_view obstacle = record.reason.id;
  const std::string collective = name_of(model, record.reason.other);
  if (obstacle == collective_obstacle::kRemoved) return "no longer in the configuration";
  if (obstacle == collective_obstacle::kUnavailable) return "the node is not available";
  if (obstacle == collective_obstacle::kBanned) return ban_of_collective(model, record);
  return collective + " has as many instances there as it may have";
}

std::string location_text(const Model& model, const ScoreRecord& record) {
  std::string text = "location " + std::string(record.reason.id);
  if (record.reason.other.valid() && record.reason.other != record.resource) {
    const Resource& owner = model.resource(record.reason.other);
    text += " of " + std::string(variant_word(owner)) + " " + std::string(owner.id);
  }
  return text;
}

}  // namespace

std::string_view rule_name(ScoreReason reason) {
  switch (reason) {
    case ScoreReason::kUnknown:
      return "unknown";
    case ScoreReason::kNodeScore:
      return "node-score";
    case ScoreReason::kDefault:
      return "symmetric-cluster";
    case ScoreReason::kLocation:
    case ScoreReason::kGroupLocation:
      return "location";
    case ScoreReason::kHealth:
      return "node-health";
    case ScoreReason::kStickiness:
      return "stickiness";
    case ScoreReason::kFailureThreshold:
      return "migration-threshold";
    case ScoreReason::kExclusiveDiscovery:
      return "exclusive-discovery";
    case ScoreReason::kShutdownLock:
      return "shutdown-lock";
    case ScoreReason::kRemoved:
      return "removed";
    case ScoreReason::kMaskedProbe:
    case ScoreReason::kNotInstalled:
    case ScoreReason::kHardError:
    case ScoreReason::kFatalError:
    case ScoreReason::kFailedStop:
    case ScoreReason::kStoppedByFailure:
    case ScoreReason::kOnFailBan:
      return "failure";
    case ScoreReason::kUnmanaged:
      return "unmanaged";
    case ScoreReason::kMultiplyActive:
      return "multiple-active";
    case ScoreReason::kTicket:
      return "ticket";
    case ScoreReason::kUndone:
    case ScoreReason::kColocation:
      return "colocation";
    case ScoreReason::kDependents:
      return "dependents";
    case ScoreReason::kConnectionPin:
    case ScoreReason::kNoRemoteNodes:
      return "remote-connection";
    case ScoreReason::kWantedStopped:
      return "target-role";
    case ScoreReason::kUtilization:
      return "utilization";
    case ScoreReason::kCollective:
    case ScoreReason::kInstanceLimit:
      return "instances";
    case ScoreReason::kPromotion:
      return "promotion-score";
    case ScoreReason::kBundleNode:
      return "bundle";
  }
  return "unknown";
}

std::string failure_text(const Model& model, const HistoryId id, ResourceId resource, NodeId node) {
  const HistoryEntry& entry = model.history_entry(id);
  const bool probe = entry.is_probe();
  std::string text = (probe ? "probe" : std::string(entry.operation)) + " of " + name_of(model, resource) + " failed";
  if (node.valid()) text += " on " + std::string(model.node(node).name);
  text += ": ";
  text += entry.status > 0 ? exec_status_text(entry.status) : exit_status_text(entry.rc);
  return text + " (" + std::to_string(entry.rc) + ")";
}

std::string record_text(Model& model, const ScoreRecord& record) {
  const Reason& reason = record.reason;
  const std::string id(reason.id);
  switch (reason.what) {
    case ScoreReason::kUnknown:
      return "unknown";
    case ScoreReason::kNodeScore:
      return "score of the node";
    case ScoreReason::kDefault:
      return "symmetric-cluster: may run on every node";
    case ScoreReason::kLocation:
    case ScoreReason::kGroupLocation:
      return location_text(model, record);
    case ScoreReason::kHealth:
      return "health of the node (node-health-strategy=" + id + ")";
    case ScoreReason::kStickiness:
      return "stickiness: it runs there";
    case ScoreReason::kFailureThreshold:
      return threshold_text(model, record);
    case ScoreReason::kExclusiveDiscovery:
      return "resource-discovery=exclusive: only nodes that such a constraint names";
    case ScoreReason::kShutdownLock:
      return "shutdown-lock: kept for " + std::string(model.node(model.resource(record.resource).lock_node).name);
    case ScoreReason::kRemoved:
      return "no longer in the configuration";
    case ScoreReason::kMaskedProbe:
    case ScoreReason::kNotInstalled:
    case ScoreReason::kHardError:
      return failure_text(model, reason.history, record.resource, NodeId());
    case ScoreReason::kFatalError:
      return failure_text(model, reason.history, record.resource, NodeId()) + ", which counts for every node";
    case ScoreReason::kFailedStop:
      return failure_text(model, reason.history, record.resource, NodeId()) + ", so it must not run there again";
    case ScoreReason::kStoppedByFailure:
      return failure_text(model, reason.history, record.resource, NodeId()) +
             ", and on-fail says that it stays stopped";
    case ScoreReason::kOnFailBan:
      return "it failed there, and such failures ban the node";
    case ScoreReason::kUnmanaged:
      return "it runs there and is not managed";
    case ScoreReason::kMultiplyActive:
      return "active on more than one node, multiple-active=stop_only";
    case ScoreReason::kTicket:
      return ticket_text(model, reason);
    case ScoreReason::kUndone:
      return "colocation " + id + " with " + name_of(model, reason.other) + " would leave no node: it does not count";
    case ScoreReason::kColocation:
      return colocation_text(model, reason);
    case ScoreReason::kDependents:
      return dependents_text(model, record);
    case ScoreReason::kConnectionPin:
      return "only behind connection " + name_of(model, reason.other);
    case ScoreReason::kNoRemoteNodes:
      return "never on remote or guest nodes";
    case ScoreReason::kWantedStopped:
      return "it is to be stopped";
    case ScoreReason::kUtilization:
      return "capacity: " + id;
    case ScoreReason::kCollective:
      return collective_text(model, record);
    case ScoreReason::kInstanceLimit:
      return name_of(model, reason.other) + " has all its instances elsewhere";
    case ScoreReason::kPromotion:
      return "promotion score of " + name_of(model, reason.other);
    case ScoreReason::kBundleNode:
      return reason.other.valid() ? "bundle: only inside its own container"
                                  : "nodes of bundles are for their own resource";
  }
  return {};
}

std::vector<std::string> unusable_reasons(const Model& model, const NodeVerdict& verdict) {
  std::vector<std::string> reasons;
  if (verdict.unclean) reasons.emplace_back("unclean: must be fenced first");
  if (!verdict.online) reasons.emplace_back("offline");
  if (verdict.online && verdict.pending) reasons.emplace_back("pending: still joining");
  if (verdict.shutdown) reasons.emplace_back("shutting down");
  if (verdict.standby) {
    reasons.emplace_back(model.node(verdict.node).fail_standby ? "standby because of a failure" : "standby");
  }
  if (verdict.maintenance) reasons.emplace_back("maintenance");
  return reasons;
}

std::string decision_text(const Model& model, const Decision& decision) {
  const auto node = [&](NodeId id) { return id.valid() ? std::string(model.node(id).name) : std::string(); };
  const auto placed = [&](NodeId id) {
    const auto it =
        std::find_if(decision.nodes.begin(), decision.nodes.end(), [&](const NodeVerdict& v) { return v.node == id; });
    return std::to_string(it == decision.nodes.end() ? 0 : it->assigned);
  };
  const std::string chosen = node(decision.chosen);
  const std::string other = node(decision.runner_up);
  switch (decision.kind) {
    case DecisionKind::kNowhere:
      return "no node is left for it";
    case DecisionKind::kHighestScore:
      return other.empty() ? chosen + " is the only node for it" : chosen + " has the highest score";
    case DecisionKind::kFewest:
      return chosen + " and " + other + " have the same score, and " + chosen + " has fewer resources so far (" +
             placed(decision.chosen) + ", the other " + placed(decision.runner_up) + ")";
    case DecisionKind::kCapacity:
      return chosen + " and " + other + " have the same score, and " + chosen + " has more capacity left";
    case DecisionKind::kCurrent:
      return "it runs on " + chosen + " already, and no other node has a higher score";
    case DecisionKind::kName:
      return chosen + " and " + other + " are equal in everything: the order of names decides";
    case DecisionKind::kPreferred:
      return "no node has a higher score than " + chosen + ", where it was wanted from the beginning";
    case DecisionKind::kUnmanaged:
      return chosen.empty() ? "not managed: it is left stopped" : "not managed: it is left on " + chosen;
    case DecisionKind::kStopAll:
      return "stop-all-resources is set";
  }
  return {};
}

}  // namespace simcluster::scheduler
