// Placing the instances of clones and the containers of bundles (S4 chapter 3).
#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/scheduler/assignment.h"
#include "engine/scheduler/collective.h"
#include "engine/scheduler/colocation_scores.h"
#include "engine/scheduler/colocations.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/merge_sort.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_scores.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

Resource& parent_of(Model& model, const Resource& instance) { return model.resource(instance.parent); }

// S4 CR-3.4: why an instance may not run on a node; empty: it may.
std::string_view obstacle(Model& model, const Resource& instance, const Node& node, int per_node) {
  if (instance.removed) return collective_obstacle::kRemoved;
  if (!is_available(node)) return collective_obstacle::kUnavailable;
  const NodeEntry* entry = parent_of(model, instance).allowed.find(node.self);
  if (entry == nullptr || entry->score < 0) return collective_obstacle::kBanned;
  return entry->count < per_node ? std::string_view() : collective_obstacle::kFull;
}

void ban_unavailable_nodes(Model& model, Resource& instance, int per_node) {
  for (NodeEntry& entry : instance.allowed.entries()) {
    if (!entry.present) continue;
    const std::string_view why = obstacle(model, instance, model.node(entry.node), per_node);
    if (why.empty()) continue;
    const Because because(model.recorder.get(), {ScoreReason::kCollective, why, instance.parent});
    set_score(model.recorder.get(), instance.self, entry.node, entry, -kInfinity);
    for (const ResourceId child : instance.children) {
      NodeEntry* below = model.resource(child).allowed.find(entry.node);
      if (below != nullptr) set_score(model.recorder.get(), child, entry.node, *below, -kInfinity);
    }
  }
}

bool has_failed(const Model& model, const Resource& resource) {
  return resource.failed || std::any_of(resource.children.begin(), resource.children.end(),
                                        [&](ResourceId child) { return has_failed(model, model.resource(child)); });
}

// The number behind the last colon, or dash, of an id.
std::int64_t number_in_id(std::string_view id) {
  std::size_t at = id.rfind(':');
  if (at == std::string_view::npos) at = id.rfind('-');
  std::int64_t number = -1;
  if (at != std::string_view::npos) parse_leading_integer(id.substr(at + 1), number);
  return number;
}

// S4 CR-3.7.
Score colocation_score(Model& model, Resource& instance, NodeId node) {
  NodeTable table;
  table.insert(model.shapes, node, model.node(node).score, model.node(node).probe_mode);
  const auto factor_of = [](const Colocation& colocation) {
    return static_cast<float>(colocation.score) / static_cast<float>(kInfinity);
  };
  for (const ColocationId id : this_with_colocations(model, instance)) {
    const Colocation& colocation = model.colocation(id);
    merge_preferences(model, model.resource(colocation.primary), instance, table, colocation, factor_of(colocation), 0);
  }
  for (const ColocationId id : with_this_colocations(model, instance)) {
    const Colocation& colocation = model.colocation(id);
    if (!has_influence(model, colocation, instance)) continue;
    merge_preferences(model, model.resource(colocation.dependent), instance, table, colocation, factor_of(colocation),
                      merge_flag::kNonnegative);
  }
  const NodeEntry* entry = table.find(node);
  return entry == nullptr ? -kInfinity : entry->score;
}

template <class T>
int higher_first(T a, T b) {
  return a == b ? 0 : (a > b ? -1 : 1);
}

// The current node, unless the instance may no longer run there (S4 CR-3.5 step 2).
NodeId allowed_current_node(const Resource& instance, NodeId node, bool& allowed) {
  allowed = true;
  if (!node.valid()) return node;
  const NodeEntry* entry = instance.allowed.find(node);
  allowed = entry != nullptr && entry->score >= 0;
  return allowed ? node : NodeId();
}

// S4 CR-3.13: everything that a tentative placement changes.
class SavedTables {
 public:
  SavedTables(Model& model, const Resource& instance) : model_(model) {
    save(instance);
    if (model.recorder) mark();
  }
  // Also in the records: the attempt did not happen.
  void restore() {
    if (model_.recorder) undo_records();
    for (auto& [id, table] : tables_) model_.resource(id).allowed = table.copy(model_.shapes);
  }

 private:
  void mark() {
    records_ = model_.recorder->records.size();
    decisions_ = model_.recorder->decisions.size();
  }
  void undo_records() {
    std::vector<ResourceId> resources;
    for (const auto& [id, table] : tables_) resources.push_back(id);
    model_.recorder->undo(resources, records_, decisions_);
    mark();
  }
  void save(const Resource& resource) {
    tables_.emplace_back(resource.self, resource.allowed.copy(model_.shapes));
    for (const ResourceId child : resource.children) save(model_.resource(child));
  }

  Model& model_;
  std::vector<std::pair<ResourceId, NodeTable>> tables_;
  std::size_t records_ = 0;
  std::size_t decisions_ = 0;
};

// One run of S4 CR-3.11.
class InstanceAssigner {
 public:
  InstanceAssigner(Model& model, Resource& collective, int total, int per_node)
      : model_(model), collective_(collective), total_(total), per_node_(per_node) {}

  void run(const std::vector<ResourceId>& instances) {
    reset_counters();
    for (const ResourceId id : instances) {
      if (assigned_ >= total_) break;
      Resource& instance = model_.resource(id);
      const NodeId preferred = preferred_node(instance);
      if (preferred.valid() && assign_early(instance, preferred)) ++assigned_;
    }
    for (const ResourceId id : instances) {
      Resource& instance = model_.resource(id);
      if (!instance.unassigned) continue;
      if (assigned_ >= total_) {
        const Because because(model_.recorder.get(), {ScoreReason::kInstanceLimit, {}, collective_.self});
        adjust_score_everywhere(model_, id, -kInfinity);
      } else {
        tell_forbidden(instance);
        if (assign_one(instance, NodeId(), true).valid()) ++assigned_;
      }
    }
  }

 private:
  void reset_counters() {
    int available = 0;
    for (NodeEntry& entry : collective_.allowed.entries()) {
      if (!entry.present) continue;
      entry.count = 0;
      if (is_available(model_.node(entry.node))) ++available;
    }
    optimal_ = std::max(available > 0 ? total_ / available : 0, 1);
  }

  void tell_forbidden(const Resource& instance) const {
    if (!logs(model_, LogLevel::kError) || !instance.is_active()) return;
    const NodeId current = current_node(model_, instance);
    if (!current.valid()) return;
    const Node& node = model_.node(current);
    if (!node.online || node.unclean || collective_.allowed.find(node.self) != nullptr) return;
    log(model_, LogLevel::kError, "distribute_children", "{} is running on {} which isn't allowed", instance.id,
        node.name);
  }

  // S4 CR-3.12.
  NodeId preferred_node(const Resource& instance) const {
    if (!instance.is_active() || !instance.unassigned || instance.failed) return {};
    const NodeId node = current_node(model_, instance);
    if (!node.valid() || !is_available(model_.node(node)) || model_.node(node).score < 0) return {};
    const NodeEntry* entry = collective_.allowed.find(node);
    return entry != nullptr && entry->count >= optimal_ ? NodeId() : node;
  }

  // S4 CR-3.14. A node that is found is counted.
  NodeId assign_one(Resource& instance, NodeId preferred, bool final) {
    if (instance.assigning) return {};
    ban_unavailable_nodes(model_, instance, per_node_);
    const NodeId node = assign(model_, instance, preferred, final);
    if (node.valid()) count(node);
    return node;
  }

  void count(NodeId node) {
    if (NodeEntry* entry = collective_.allowed.find(node)) ++entry->count;
  }

  // S4 CR-3.13: stays where it is, unless better nodes take all that is left.
  bool assign_early(Resource& instance, NodeId current) {
    const NodeEntry* own = instance.allowed.find(current);
    if (own == nullptr || own->score < 0 || !is_available(model_.node(current))) return false;
    SavedTables saved(model_, instance);
    NodeTable original = std::move(collective_.allowed);
    collective_.allowed = original.copy(model_.shapes);
    bool stayed = false;
    for (int reserved = 0; reserved < total_ - assigned_ && !stayed; ++reserved) {
      const NodeId chosen = assign_one(instance, current, false);
      if (chosen == current) {
        stayed = true;
        break;
      }
      saved.restore();
      if (!chosen.valid()) {
        instance.unassigned = true;
        break;
      }
      log(model_, LogLevel::kInfo, "allocate_instance", "Not pre-allocating {} to {} because {} is better", instance.id,
          model_.node(current).name, model_.node(chosen).name);
      unassign(model_, instance);
    }
    collective_.allowed = std::move(original);
    if (stayed) count(current);
    return stayed;
  }

  Model& model_;
  Resource& collective_;
  int total_;
  int per_node_;
  int optimal_ = 1;
  int assigned_ = 0;
};

}  // namespace

int compare_instances(Model& model, ResourceId a_id, ResourceId b_id) {
  Resource& a = model.resource(a_id);
  Resource& b = model.resource(b_id);
  if (a.is_active() && b.is_active() && a.active.size() != b.active.size()) {
    return a.active.size() < b.active.size() ? -1 : 1;
  }
  bool allowed_a = true;
  bool allowed_b = true;
  const NodeId x = allowed_current_node(a, current_node(model, a), allowed_a);
  const NodeId y = allowed_current_node(b, current_node(model, b), allowed_b);
  if (allowed_a != allowed_b) return allowed_a ? -1 : 1;
  if (a.priority != b.priority) return higher_first(a.priority, b.priority);
  if (!x.valid() && !y.valid()) return 0;
  if (x.valid() != y.valid()) return x.valid() ? -1 : 1;
  const bool available_a = is_available(model.node(x));
  const bool available_b = is_available(model.node(y));
  if (available_a != available_b) return available_a ? -1 : 1;
  const NodeEntry* entry_a = parent_of(model, a).allowed.find(x);
  const NodeEntry* entry_b = parent_of(model, b).allowed.find(y);
  if (entry_a == nullptr && entry_b == nullptr) return 0;
  if (entry_a == nullptr || entry_b == nullptr) return entry_a != nullptr ? -1 : 1;
  if (entry_a->count != entry_b->count) return entry_a->count < entry_b->count ? -1 : 1;
  const bool failed_a = has_failed(model, a);
  const bool failed_b = has_failed(model, b);
  if (failed_a != failed_b) return failed_a ? 1 : -1;
  const Score score_a = colocation_score(model, a, x);
  const Score score_b = colocation_score(model, b, y);
  if (score_a != score_b) return higher_first(score_a, score_b);
  const std::int64_t number_a = number_in_id(a.id);
  const std::int64_t number_b = number_in_id(b.id);
  return number_a == number_b ? 0 : (number_a < number_b ? -1 : 1);
}

void assign_instances(Model& model, Resource& collective, const std::vector<ResourceId>& instances, int total,
                      int per_node) {
  InstanceAssigner(model, collective, total, per_node).run(instances);
}

// CM-13.12: before 1.0.12 a promotable clone was guarded only while its instances were placed. Whoever asked for it
// afterwards, a dependent or the walk over all resources, had the roles decided once more: on priorities to which
// locations and colocations are added again, by instances that have their next roles already (S4 CR-5.9).
void assign_clone(Model& model, Resource& clone, NodeId prefer, bool final) {
  if (clone.assigning) return;
  if (!clone.unassigned) {
    if (clone.promotable && model.legacy.promotion_decided_again) set_promotion_roles(model, clone);
    return;
  }
  clone.assigning = true;
  if (clone.promotable) add_promotion_scores(model, clone);
  for (const ColocationId id : this_with_colocations(model, clone)) {
    assign(model, model.resource(model.colocation(id).primary), prefer, final);
  }
  for (const ColocationId id : with_this_colocations(model, clone)) add_dependent_preferences(model, clone, id);
  print_scores(model, clone, "pcmk__clone_assign");
  merge_sort(clone.children, [&](ResourceId a, ResourceId b) { return compare_instances(model, a, b); });
  const std::vector<ResourceId> instances = clone.children;
  assign_instances(model, clone, instances, clone.clone->clone_max, clone.clone->clone_node_max);
  if (clone.promotable) set_promotion_roles(model, clone);
  clone.unassigned = false;
  clone.assigning = false;
}

void assign_collective(Model& model, Resource& collective, NodeId prefer, bool final) {
  if (collective.is_clone()) {
    assign_clone(model, collective, prefer, final);
  } else {
    assign_bundle(model, collective, prefer, final);
  }
}

}  // namespace simcluster::scheduler
