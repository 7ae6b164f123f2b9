#include "engine/scheduler/node_choice.h"

#include <algorithm>

#include "engine/scheduler/assignment.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/merge_sort.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/utilization.h"

namespace simcluster::scheduler {

namespace {

// The best candidate without sorting: fine for every strategy but `balanced`, whose comparison is no order (S3 ).
NodeId best_candidate(const Model& model, const NodeTable& table, NodeId current) {
  NodeId best;
  Score best_score = 0;
  for (const NodeEntry& entry : table.entries()) {
    if (!entry.present) continue;
    const NodeId node = entry.node;
    if (!best.valid() || compare_nodes(model, node, entry.score, best, best_score, current) < 0) {
      best = node;
      best_score = entry.score;
    }
  }
  return best;
}

// S3: a running resource stays where an equal positive score lets it.
NodeId stay_if_equal(const Model& model, const Resource& resource, NodeId best, Score best_score) {
  if (resource.parent.valid()) {
    const Resource& parent = model.resource(resource.parent);
    if (parent.is_clone() && parent.unique) return best;
  }
  if (best_score <= 0 || !is_available(model.node(best))) return best;
  const NodeId current = current_node(model, resource);
  if (!current.valid() || !is_available(model.node(current)) || model.node(current).score < 0) return best;
  const NodeEntry* entry = resource.allowed.find(current);
  return entry != nullptr && entry->score == best_score ? current : best;
}

// What made a node better than another.
struct Comparison {
  int order;
  DecisionKind by;
};

Comparison compare(const Model& model, NodeId a, Score score_a, NodeId b, Score score_b, NodeId current) {
  const Node& x = model.node(a);
  const Node& y = model.node(b);
  if (!is_available(x)) score_a = -kInfinity;
  if (!is_available(y)) score_b = -kInfinity;
  if (score_a != score_b) return {score_a > score_b ? -1 : 1, DecisionKind::kHighestScore};
  if (model.options.placement_strategy != PlacementStrategy::kMinimal) {
    if (model.options.placement_strategy == PlacementStrategy::kBalanced) {
      if (const int order = compare_capacity(x, y); order != 0) return {order, DecisionKind::kCapacity};
    }
    if (x.assigned_count != y.assigned_count) {
      return {x.assigned_count < y.assigned_count ? -1 : 1, DecisionKind::kFewest};
    }
    if (current.valid() && a != b) {
      if (a == current) return {-1, DecisionKind::kCurrent};
      if (b == current) return {1, DecisionKind::kCurrent};
    }
  }
  return {x.name.compare(y.name), DecisionKind::kName};
}

// How `best` won: against the strongest of the others.
void record_choice(Model& model, const Resource& resource, NodeId best) {
  const NodeId current = current_node(model, resource);
  const Score best_score = resource.allowed.find(best)->score;
  DecisionKind kind = DecisionKind::kHighestScore;
  NodeId second;
  for (const NodeEntry& entry : resource.allowed.entries()) {
    const NodeId node = entry.node;
    if (!entry.present || node == best) continue;
    const auto second_score = [&] { return resource.allowed.find(second)->score; };
    if (second.valid() && compare_nodes(model, second, second_score(), node, entry.score, current) < 0) continue;
    second = node;
    kind = compare(model, best, best_score, node, entry.score, current).by;
  }
  record_decision(model, resource, best, kind);
  model.recorder->decisions.back().runner_up = second;
}

// Several nodes that the resource must be on are a contradiction in the configuration.
void tell_several(const Model& model, const Resource& resource, const NodeTable& table, NodeId chosen) {
  if (!logs(model, LogLevel::kWarning)) return;
  int nodes = 0;
  for (const NodeId id : model.node_order) {
    const NodeEntry* entry = table.find(id);
    if (entry != nullptr && entry->score >= kInfinity && is_available(model.node(id))) ++nodes;
  }
  if (nodes < 2) return;
  log(model, LogLevel::kWarning, "assign_best_node", "Chose {} for {} from {} nodes with score INFINITY",
      model.node(chosen).name, resource.id, nodes);
}

NodeId choose(Model& model, const Resource& resource, NodeId prefer) {
  const NodeTable& table = resource.allowed;
  const NodeId current = current_node(model, resource);
  NodeId best;
  if (model.options.placement_strategy == PlacementStrategy::kBalanced) {
    const std::vector<NodeId> candidates = sorted_candidates(model, table, current);
    if (!candidates.empty()) best = candidates.front();
  } else {
    best = best_candidate(model, table, current);
  }
  if (!best.valid()) {
    record_decision(model, resource, best, DecisionKind::kNowhere);
    return best;
  }
  const Score best_score = table.find(best)->score;
  if (prefer.valid()) {
    const NodeEntry* entry = table.find(prefer);
    if (entry != nullptr && entry->score >= best_score && entry->score >= 0 && is_available(model.node(prefer))) {
      record_decision(model, resource, prefer, DecisionKind::kPreferred);
      return prefer;
    }
  }
  const NodeId chosen = stay_if_equal(model, resource, best, best_score);
  if (best_score >= kInfinity) tell_several(model, resource, table, chosen);
  if (model.recorder) {
    if (best_score < 0 || !is_available(model.node(best))) {
      record_decision(model, resource, NodeId(), DecisionKind::kNowhere);
    } else if (chosen != best) {
      record_decision(model, resource, chosen, DecisionKind::kCurrent);
    } else {
      record_choice(model, resource, best);
    }
  }
  return chosen;
}

}  // namespace

void record_decision(Model& model, const Resource& resource, NodeId chosen, DecisionKind kind) {
  if (!model.recorder) return;
  Decision decision;
  decision.resource = resource.self;
  decision.chosen = chosen;
  decision.kind = kind;
  decision.records = model.recorder->records.size();
  for (const NodeId node : model.node_order) {
    decision.nodes.push_back(verdict_on(model.node(node), resource.allowed));
  }
  model.recorder->decisions.push_back(std::move(decision));
}

int compare_nodes(const Model& model, NodeId a, Score score_a, NodeId b, Score score_b, NodeId current) {
  return compare(model, a, score_a, b, score_b, current).order;
}

std::vector<NodeId> sorted_candidates(Model& model, const NodeTable& table, NodeId current) {
  std::vector<NodeId> candidates = table.order(model.shapes);
  std::reverse(candidates.begin(), candidates.end());
  merge_sort(candidates, [&](NodeId a, NodeId b) {
    return compare_nodes(model, a, table.find(a)->score, b, table.find(b)->score, current);
  });
  return candidates;
}

void choose_and_place(Model& model, Resource& resource, NodeId prefer, bool final) {
  if (model.options.placement_strategy != PlacementStrategy::kDefault) {
    const NodeId roomiest = ban_insufficient_nodes(model, resource);
    if (!prefer.valid()) prefer = roomiest;
  }
  if (!resource.unassigned) return;
  place(model, resource, choose(model, resource, prefer), false, final);
}

}  // namespace simcluster::scheduler
