// Turns ordering constraints into relations between actions and lets their effects spread (S5 chapter G).
#include <algorithm>
#include <vector>

#include "engine/scheduler/graph_inputs.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/ordering.h"
#include "engine/scheduler/probe_orderings.h"
#include "engine/scheduler/propagation.h"
#include "engine/scheduler/stages.h"

namespace simcluster::scheduler {

namespace {

// Expands constraints one by one, in the order of creation (S5 G.1).
class Expander {
 public:
  explicit Expander(Model& model) : model_(model) {}

  void run() {
    for (std::size_t i = 0; i < model_.orderings.size(); ++i) expand(model_.orderings[i]);
  }

 private:
  void find(const OrderingSide& side, std::vector<ActionId>& out) {
    out.clear();
    if (side.action.valid()) {
      out.push_back(side.action);
      return;
    }
    if (!side.resource.valid()) return;
    for (ActionId id = model_.actions.oldest(side.resource, side.key_task, side.interval); id.valid();
         id = model_.actions[id].next_same_key) {
      out.push_back(id);
    }
  }

  // S5 G-3, G-4: a missing first action. False: the constraint is dropped.
  bool make_first(const Ordering& ordering) {
    const OrderingSide& first = ordering.first;
    if (first.resource == then_resource(ordering)) return false;
    const std::string_view text = model_.actions.key_task_text(first.key_task);
    const Resource& resource = model_.resource(first.resource);
    if (text == "stop" && collective_role(model_, resource, true) == Role::kStopped) return false;
    if (text == "demote" && collective_role(model_, resource, true) == Role::kUnpromoted) return false;
    firsts_.push_back(request_action(model_, first.resource, text, first.interval, NodeId(), true).self);
    return true;
  }

  ResourceId then_resource(const Ordering& ordering) const {
    if (ordering.then.resource.valid()) return ordering.then.resource;
    return ordering.then.action.valid() ? model_.actions[ordering.then.action].resource : ResourceId();
  }

  // The same pair of keys with the same flags adds nothing while no action was made on either side.
  bool is_repetition(const Ordering& ordering) {
    if (ordering.first.action.valid() || ordering.then.action.valid() || firsts_.empty() || thens_.empty()) {
      return false;
    }
    const std::uint64_t pair = std::uint64_t{firsts_.front().value} << 32 | thens_.front().value;
    std::pair<ActionId, ActionId>& last = expanded_(pair, ordering.flags);
    const std::pair<ActionId, ActionId> now{firsts_.back(), thens_.back()};
    if (last == now) return true;
    last = now;
    return false;
  }

  void expand(const Ordering& ordering) {
    if (ordering.first.resource.valid() || ordering.first.action.valid()) find(ordering.first, firsts_);
    if (firsts_.empty() && !make_first(ordering)) return;
    find(ordering.then, thens_);
    if (is_repetition(ordering)) return;
    const ResourceId resource = then_resource(ordering);
    for (const ActionId first : firsts_) {
      RelationFlags flags = ordering.flags;
      if (resource.valid() && model_.actions[first].resource == resource &&
          model_.actions[first].has(action_flag::kMigrationAbort)) {
        flags &= ~relation::kFirstImpliesThen;
      }
      for (const ActionId then : thens_) model_.actions.relate(first, then, flags);
    }
  }

  Model& model_;
  std::vector<ActionId> firsts_;
  std::vector<ActionId> thens_;
  KeyIndex<std::pair<ActionId, ActionId>> expanded_;
};

// S5 G-31.
class RelationChecker {
 public:
  explicit RelationChecker(Model& model) : model_(model) {}

  void run() {
    for (auto i = static_cast<std::uint32_t>(model_.actions.size()); i-- > 0;) check(ActionId(i));
  }

 private:
  void check(ActionId id) {
    const Action& action = model_.actions[id];
    const bool launches = action.resource.valid() && !model_.resource(action.resource).launched.empty();
    for (RelationId r = action.before; r.valid(); r = model_.actions.relation(r).next) {
      Relation& relation = model_.actions.relation(r);
      if (launches && is_inside_own_guest(action, relation)) {
        tell_invalid(relation, action);
        relation.flags = relation::kNone;
      } else if (relation.flags == relation::kLoad && action.task == Task::kMigrateTo && loops(id, id, r)) {
        // What the search marked on the way must not keep a disabled relation alive.
        model_.actions.relation(r).flags = relation::kNone;
        model_.actions.relation(r).graphed = false;
      }
    }
  }

  bool is_inside_own_guest(const Action& action, const Relation& relation) const {
    if ((relation.flags & relation::kGuestAllowed) != 0) return false;
    const Action& first = model_.actions[relation.action];
    if (!first.resource.valid() || !first.node.valid()) return false;
    const Node& node = model_.node(first.node);
    return is_guest(model_, node) && model_.resource(node.connection).launcher == action.resource;
  }

  void tell_invalid(const Relation& relation, const Action& then) const {
    const Action& first = model_.actions[relation.action];
    log(model_, LogLevel::kWarning, "ordering_is_invalid", "Invalid ordering constraint between {} and {}",
        model_.resource(first.resource).id, model_.resource(then.resource).id);
  }

  // S5 G-32: whether following inputs from `r` leads back to `start`.
  bool loops(ActionId start, ActionId action, RelationId r) {
    const ActionId input = model_.actions.relation(r).action;
    if (std::find(path_.begin(), path_.end(), input) != path_.end()) return false;
    if (!is_graph_input(model_, action, r)) return false;
    if (input == start) return true;
    path_.push_back(input);
    bool found = false;
    for (RelationId next = model_.actions[input].before; next.valid() && !found;
         next = model_.actions.relation(next).next) {
      found = loops(start, input, next);
    }
    path_.pop_back();
    return found;
  }

  Model& model_;
  std::vector<ActionId> path_;
};

}  // namespace

void apply_orderings(Model& model) {
  Expander(model).run();
  Propagator propagator(model);
  for (auto i = static_cast<std::uint32_t>(model.actions.size()); i-- > 0;) propagator.block_dependents(ActionId(i));
  order_probes(model);
  for (auto i = static_cast<std::uint32_t>(model.actions.size()); i-- > 0;) propagator.process(ActionId(i));
  RelationChecker(model).run();
}

}  // namespace simcluster::scheduler
