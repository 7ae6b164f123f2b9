// What bears on a resource besides the scores of nodes.
#include <algorithm>

#include "engine/cib/values.h"
#include "engine/scheduler/explanation_words.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

class Facts {
 public:
  Facts(const Model& model, const Resource& resource) : model_(model), resource_(resource) {}

  std::vector<std::string> collect() {
    add_membership();
    add_wanted_role();
    add_management();
    add_state();
    add_failures();
    add_quorum();
    add_tickets();
    add_promotion();
    return std::move(facts_);
  }

 private:
  void add(std::string fact) { facts_.push_back(std::move(fact)); }
  static std::string text(std::string_view view) { return std::string(view); }

  void add_membership() {
    if (resource_.removed) add("no longer in the configuration");
    if (resource_.launcher.valid()) add("runs inside " + text(model_.resource(resource_.launcher).id));
    if (!resource_.parent.valid()) return;
    const Resource& parent = model_.resource(resource_.parent);
    if (parent.is_group()) {
      const auto it = std::find(parent.children.begin(), parent.children.end(), resource_.self);
      add("member " + std::to_string(it - parent.children.begin() + 1) + " of " +
          std::to_string(parent.children.size()) + " of group " + text(parent.id) +
          (parent.group->collocated ? "" : ", whose members need not be together"));
    } else if (parent.is_clone()) {
      add("instance of clone " + text(parent.id) + ": clone-max=" + std::to_string(parent.clone->clone_max) +
          ", clone-node-max=" + std::to_string(parent.clone->clone_node_max));
    } else if (parent.is_bundle()) {
      add("part of bundle " + text(parent.id));
    }
  }

  void add_wanted_role() {
    if (model_.options.stop_all_resources) add("stop-all-resources is set");
    const Role wanted = requested_role(model_, resource_);
    if (wanted == Role::kStopped || wanted == Role::kUnpromoted || wanted == Role::kPromoted) {
      add("target-role=" + text(role_name(wanted)));
    }
  }

  void add_management() {
    if (resource_.managed && !resource_.blocked) return;
    if (resource_.blocked) add("blocked: the cluster does nothing with it until its failure is cleaned up");
    if (model_.options.maintenance_mode) {
      add("not managed: maintenance-mode is set");
    } else if (is_meta_true("maintenance")) {
      add("not managed: maintenance=true");
    } else if (is_meta_false("is-managed")) {
      add("not managed: is-managed=false");
    } else if (const std::string node = node_in_maintenance(); !node.empty()) {
      add("not managed: " + node + " is in maintenance");
    } else if (model_.options.fencing_enabled && !model_.have_fence_device) {
      add("not managed: fencing is enabled, but there is no fence device");
    } else if (!resource_.managed && !resource_.blocked) {
      add("not managed");
    }
  }
  bool is_meta_true(std::string_view name) const {
    const std::string_view* value = resource_.meta.find(name);
    return value != nullptr && cib::is_true(*value);
  }
  bool is_meta_false(std::string_view name) const {
    const std::string_view* value = resource_.meta.find(name);
    return value != nullptr && !cib::is_true(*value);
  }
  std::string node_in_maintenance() const {
    for (const NodeId node : resource_.active) {
      if (model_.node(node).maintenance) return text(model_.node(node).name);
    }
    return {};
  }

  void add_state() {
    if (resource_.is_primitive() && resource_.active.size() > 1) {
      std::string nodes;
      for (const NodeId node : resource_.active) nodes += " " + text(model_.node(node).name);
      add("active on more than one node:" + nodes);
    }
    if (!resource_.pending_action.empty()) {
      add(text(resource_.pending_action) + " is pending" +
          (resource_.pending_node.valid() ? " on " + text(model_.node(resource_.pending_node).name) : std::string()));
    }
    for (const NodeId node : resource_.active) {
      if (model_.node(node).unclean) add(text(model_.node(node).name) + ", where it runs, must be fenced");
    }
  }

  void add_failures() {
    for (const FailedAction& failed : model_.failed_actions) {
      if (failed.resource != resource_.self) continue;
      add(failure_text(model_, failed.entry, failed.resource, failed.node));
    }
  }

  void add_quorum() {
    if (model_.options.quorate || resource_.requires_ == Requires::kNothing) return;
    switch (model_.options.no_quorum_policy) {
      case NoQuorumPolicy::kStop:
        add("no quorum, no-quorum-policy=stop: nothing may run");
        return;
      case NoQuorumPolicy::kFreeze:
        add("no quorum, no-quorum-policy=freeze: only what runs already may run");
        return;
      case NoQuorumPolicy::kDemote:
        add("no quorum, no-quorum-policy=demote: nothing may be promoted, other resources may not run");
        return;
      case NoQuorumPolicy::kFence:
        add("no quorum, no-quorum-policy=fence");
        return;
      case NoQuorumPolicy::kIgnore:
        return;
    }
  }

  void add_tickets() {
    for (const TicketDependency& dependency : resource_.tickets) {
      const Ticket& ticket = model_.tickets[dependency.ticket.index()];
      std::string fact = "depends on ticket " + text(ticket.id);
      if (dependency.role != Role::kUnknown) fact += " for role " + text(role_name(dependency.role));
      add(fact + ", which is " + (!ticket.granted ? "not granted" : ticket.standby ? "in standby" : "granted"));
    }
  }

  void add_promotion() {
    if (!resource_.parent.valid()) return;
    const Resource& clone = model_.resource(resource_.parent);
    if (!clone.is_clone() || !clone.promotable) return;
    std::string fact = "promotion score " + readable_score(resource_.promotion_priority);
    const std::string limit = "promoted-max=" + std::to_string(clone.clone->promoted_max);
    if (resource_.promotion_priority < 0) {
      fact += ": not to be promoted";
    } else if (collective_role(model_, resource_, false) == Role::kPromoted) {
      fact += ": among the best, " + limit;
    } else if (!model_.options.quorate && model_.options.no_quorum_policy == NoQuorumPolicy::kDemote) {
      fact += ": not promoted without quorum";
    } else {
      fact += ": not among those promoted, " + limit;
    }
    add(std::move(fact));
  }

  const Model& model_;
  const Resource& resource_;
  std::vector<std::string> facts_;
};

}  // namespace

std::vector<std::string> resource_facts(Model& model, const Resource& resource) {
  return Facts(model, resource).collect();
}

}  // namespace simcluster::scheduler
