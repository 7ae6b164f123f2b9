// How the state of one action changes others along their relations (S5 G.2 to G.5).
#pragma once

#include <cstdint>

#include "engine/scheduler/action.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

class Propagator {
 public:
  explicit Propagator(Model& model) : model_(model) {}

  // S5 G-15 for one action: everything before it is looked at, changes go on in both directions.
  void process(ActionId then);
  // S5 G-7: an action that cannot run blocks what is mandatorily colocated with its resource.
  void block_dependents(ActionId action);
  // S5 G-17, G-26: an action's flags as orderings see them; those of collectives follow from their parts, and the
  // stored flags follow too.
  ActionFlags flags_of(ActionId action, NodeId node);
  // The method of the variant alone (S5 G-26).
  ActionFlags flags_by_variant(ActionId action, NodeId node) { return flags_method(action, node); }

 private:
  using Changes = std::uint32_t;
  static constexpr Changes kNothing = 0;
  static constexpr Changes kFirst = 1;
  static constexpr Changes kThen = 2;

  // One call of an update method: flags of the first action, which of them may count, and the relation's kind.
  struct Update {
    ActionId first;
    ActionId then;
    NodeId node;
    ActionFlags flags = 0;
    ActionFlags filter = 0;
    RelationFlags type = 0;
  };

  NodeId effective_node(const Action& action) const;
  bool is_inside(ResourceId resource, ResourceId ancestor) const;
  ActionId remap(ActionId first) const;
  ActionFlags flags_method(ActionId action, NodeId node);
  ActionFlags group_flags(ActionId action, NodeId node);

  Changes process_relation(ActionId then, RelationId relation);
  Changes apply_relation(RelationId relation, ActionId first, ActionId then, ActionFlags first_flags,
                         ActionFlags then_flags);
  Changes apply_without_resource(RelationFlags flags, ActionId first, ActionId then, ActionFlags first_flags);
  Changes update(ResourceId resource, const Update& update);
  Changes update_base(const Update& update);
  Changes update_group(const Update& update);
  Changes update_instances(const Update& update);
  Changes update_interleaved(const Update& update);
  void apply_then_implies_first(const Update& update, bool then_required, ActionFlags first_before);
  void apply_asymmetric(const Update& update);
  void apply_restart(const Update& update);
  // Clears a flag and says why, unless both actions belong to one resource.
  void clear(ActionId action, ActionFlags flag, ActionId because);
  void process_all_after(ActionId first);
  void block_dependent(const Resource& dependent, Task task, const Resource& cause);

  Model& model_;
};

}  // namespace simcluster::scheduler
