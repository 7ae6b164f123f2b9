// Which instances of a promotable clone are promoted (S4 chapter 5).
#include <algorithm>
#include <optional>
#include <string>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/colocation_scores.h"
#include "engine/scheduler/colocations.h"
#include "engine/scheduler/instance_location.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/merge_sort.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_scores.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

bool is_active_on(const Resource& resource, NodeId node) {
  return std::find(resource.active.begin(), resource.active.end(), node) != resource.active.end();
}

// --- promotion scores (S4 5.2) ---

// The first primitive below `resource` with this configured id that satisfies `test`.
template <class Test>
ResourceId find_leaf(const Model& model, const Resource& resource, std::string_view xml_id, const Test& test) {
  if (resource.is_primitive()) {
    return resource.xml_id == xml_id && test(resource) ? resource.self : ResourceId();
  }
  for (const ResourceId child : resource.children) {
    if (const ResourceId found = find_leaf(model, model.resource(child), xml_id, test); found.valid()) return found;
  }
  return {};
}

// S4 CR-5.4.
bool promotion_score_applies(const Model& model, const Resource& leaf, NodeId node) {
  bool decided = false;
  if (!leaf.unique) {
    const Resource& clone = model.resource(leaf.top);
    const ResourceId active =
        find_leaf(model, clone, leaf.xml_id, [&](const Resource& r) { return is_active_on(r, node); });
    if (active == leaf.self) {
      decided = true;
    } else if (!active.valid()) {
      decided =
          find_leaf(model, clone, leaf.xml_id, [&](const Resource& r) { return r.known_on.contains(node); }).valid();
    }
  }
  if (!decided && (leaf.is_active() || !leaf.known_on.empty()) && !leaf.known_on.contains(node) &&
      !is_active_on(leaf, node)) {
    return false;
  }
  const NodeEntry* entry = leaf.allowed.find(node);
  return entry != nullptr && entry->score >= 0;
}

// S4 CR-5.5: the node whose attributes count; nullptr when a guest's host is not known.
const Node* attribute_node(const Model& model, const Resource& leaf, NodeId node_id) {
  const Node& node = model.node(node_id);
  const std::string_view* target = leaf.meta.find("container-attribute-target");
  if (target == nullptr || !equal_ignoring_case(*target, "host") || !is_guest(model, node)) return &node;
  const Resource& container = model.resource(model.resource(node.connection).launcher);
  NodeId host = container.assigned;
  if (leaf.unassigned) host = container.active.empty() ? NodeId() : container.active.front();
  return host.valid() ? &model.node(host) : nullptr;
}

// S4 CR-5.3; nothing: the default.
std::optional<Score> leaf_promotion_score(const Model& model, const Resource& leaf, NodeId node) {
  if (!promotion_score_applies(model, leaf, node)) return std::nullopt;
  const Node* from = attribute_node(model, leaf, node);
  if (from == nullptr) return std::nullopt;
  const auto look_up = [&](std::string_view name) { return node_attribute(*from, "master-" + std::string(name)); };
  auto text = look_up(leaf.name_in_history());
  if (!text && !leaf.unique) text = look_up(base_name(leaf.id));
  if (!text) return std::nullopt;
  return parse_score(*text, model.options.health).value_or(0);
}

std::optional<Score> promotion_score(const Model& model, const Resource& instance, NodeId node) {
  if (instance.children.empty()) return leaf_promotion_score(model, instance, node);
  std::optional<Score> sum;
  for (const ResourceId child : instance.children) {
    if (const auto score = promotion_score(model, model.resource(child), node)) sum = sum.value_or(0) + *score;
  }
  return sum;
}

// --- priorities (S4 CR-5.9) ---

void started_becomes_unpromoted(Model& model, Resource& resource) {
  if (resource.original_role == Role::kStarted) resource.original_role = Role::kUnpromoted;
  for (const ResourceId child : resource.children) started_becomes_unpromoted(model, model.resource(child));
}

// S4 CR-5.11.
void add_promoted_locations(const Model& model, Resource& instance, const Resource& owner, NodeId chosen) {
  for (auto it = owner.locations.rbegin(); it != owner.locations.rend(); ++it) {
    const Location& location = model.location(*it);
    if (location.role != Role::kPromoted) continue;
    for (const auto& [node, score] : location.nodes) {
      if (node == chosen) {
        instance.priority = add_scores(instance.priority, score);
        break;
      }
    }
  }
}

// S4 CR-5.10, S3: a group's colocations act through its first member, or through each; then mandatory ones are
// none.
void apply_role_colocation(Model& model, Resource& dependent, const Colocation& colocation) {
  Resource& primary = model.resource(colocation.primary);
  if (!dependent.is_group()) {
    apply_colocation(model, dependent, primary, colocation);
    return;
  }
  if (!dependent.group->collocated && colocation.score >= kInfinity) return;
  for (const ResourceId member : dependent.children) {
    const Score change = apply_colocation(model, model.resource(member), primary, colocation);
    dependent.priority = add_scores(dependent.priority, change);
    if (dependent.group->collocated) return;
  }
}

void set_promotion_priority(Model& model, const Resource& clone, Resource& instance) {
  if (collective_role(model, instance, true) == Role::kStarted) started_becomes_unpromoted(model, instance);
  const NodeId chosen = single_location(model, instance, false);
  if (!chosen.valid()) return;
  const Role next = collective_role(model, instance, false);
  if (next == Role::kUnknown || next == Role::kStarted) {
    instance.priority = promotion_score(model, instance, chosen).value_or(-1);
  } else if (next == Role::kUnpromoted || next == Role::kStopped) {
    instance.priority = -kInfinity;
  }
  add_promoted_locations(model, instance, instance, chosen);
  add_promoted_locations(model, instance, clone, chosen);
  for (const ColocationId id : this_with_colocations(model, instance)) {
    apply_role_colocation(model, instance, model.colocation(id));
  }
  instance.promotion_priority = next == Role::kPromoted ? kInfinity : instance.priority;
}

// --- sorting (S4 CR-5.12) ---

void add_preferences_of_dependents(Model& model, Resource& clone) {
  for (const ColocationId id : with_this_colocations(model, clone)) {
    const Colocation& colocation = model.colocation(id);
    if (colocation.primary_role != Role::kPromoted || !has_influence(model, colocation)) continue;
    const float factor = static_cast<float>(colocation.score) / static_cast<float>(kInfinity);
    merge_preferences_into(model, model.resource(colocation.dependent), clone, colocation, factor,
                           merge_flag::kActive | merge_flag::kNonnegative);
  }
}

void ban_without_ticket(Model& model, const Resource& clone) {
  for (const TicketDependency& dependency : clone.tickets) {
    const Because because(model.recorder.get(), {ScoreReason::kTicket, dependency.id});
    const Ticket& ticket = model.tickets[dependency.ticket.index()];
    if (dependency.role == Role::kPromoted && (!ticket.granted || ticket.standby)) {
      adjust_score_everywhere(model, clone.self, -kInfinity);
    }
  }
}

// Step 5: what finally decides.
void settle_promotion_priority(const Model& model, const Resource& clone, Resource& instance) {
  const NodeId node = single_location(model, instance, false);
  if (!instance.managed && collective_role(model, instance, false) == Role::kPromoted) {
    instance.promotion_priority = kInfinity;
  } else if (!node.valid()) {
    instance.promotion_priority = -kInfinity;
  } else if (instance.promotion_priority >= 0) {
    const NodeEntry* entry = clone.allowed.find(node);
    if (entry != nullptr) instance.promotion_priority = entry->score;
  }
}

void sort_for_promotion(Model& model, Resource& clone) {
  if (clone.clone->promotion_constrained) return;
  clone.clone->promotion_constrained = true;
  clone.updating = true;
  for (const ResourceId id : clone.children) {
    const Resource& instance = model.resource(id);
    const NodeId node = single_location(model, instance, false);
    if (instance.promotion_priority < 0 || !node.valid()) continue;
    if (NodeEntry* entry = clone.allowed.find(node)) {
      const Because because(model.recorder.get(), {ScoreReason::kPromotion, {}, id});
      add_to_score(model.recorder.get(), clone.self, node, *entry, instance.promotion_priority);
    }
  }
  add_preferences_of_dependents(model, clone);
  ban_without_ticket(model, clone);
  for (const ResourceId id : clone.children) settle_promotion_priority(model, clone, model.resource(id));
  merge_sort(clone.children, [&](ResourceId a_id, ResourceId b_id) {
    const Resource& a = model.resource(a_id);
    const Resource& b = model.resource(b_id);
    if (a.promotion_priority != b.promotion_priority) return a.promotion_priority > b.promotion_priority ? -1 : 1;
    const Role role_a = collective_role(model, a, true);
    const Role role_b = collective_role(model, b, true);
    if (role_a != role_b) return role_a > role_b ? -1 : 1;
    return compare_instances(model, a_id, b_id);
  });
  clone.updating = false;
}

// --- choosing (S4 5.4) ---

// S4 CR-5.19.
NodeEntry* node_to_be_promoted_on(Model& model, Resource& clone, const Resource& resource) {
  for (const ResourceId child : resource.children) {
    if (node_to_be_promoted_on(model, clone, model.resource(child)) == nullptr) return nullptr;
  }
  const NodeId id = single_location(model, resource, false);
  if (!id.valid()) return nullptr;
  const Node& node = model.node(id);
  if (!resource.managed) {
    if (model.legacy.unmanaged_role_forgotten) return nullptr;
    if (collective_role(model, resource, true) != Role::kPromoted) return nullptr;
    log(model, LogLevel::kNotice, "node_to_be_promoted_on", "Unmanaged instance {} will be left promoted on {}",
        resource.id, node.name);
  } else {
    if (resource.priority < 0 || !is_available(node)) return nullptr;
    if (is_guest(model, node)) {
      const Resource& launcher = model.resource(model.resource(node.connection).launcher);
      if (!single_location(model, launcher, false).valid()) return nullptr;
    }
  }
  NodeEntry* entry = clone.allowed.find(id);
  if (entry == nullptr) return nullptr;
  if (resource.managed && entry->count >= clone.clone->promoted_node_max) return nullptr;
  return entry;
}

bool has_assigned_node(const Model& model, const Resource& resource) {
  if (resource.children.empty()) return resource.assigned.valid();
  return std::any_of(resource.children.begin(), resource.children.end(),
                     [&](ResourceId child) { return has_assigned_node(model, model.resource(child)); });
}

// S4 CR-5.21.
void set_next_unpromoted(Model& model, Resource& resource) {
  resource.next_role = has_assigned_node(model, resource) ? Role::kUnpromoted : Role::kStopped;
  for (const ResourceId child : resource.children) set_next_unpromoted(model, model.resource(child));
}

void set_next_promoted(Model& model, Resource& resource) {
  if (resource.next_role == Role::kUnknown) resource.next_role = Role::kPromoted;
  for (const ResourceId child : resource.children) set_next_promoted(model, model.resource(child));
}

// S4 CR-3.30.
void print_promotion_score(Model& model, const Resource& instance) {
  if (!model.want_scores) return;
  const NodeId node = single_location(model, instance, false);
  model.score_lines.push_back({ScoreLine::Kind::kPromotion,
                               {},
                               instance.id,
                               node.valid() ? model.node(node).name : std::string_view(),
                               instance.promotion_priority,
                               {}});
}

bool is_frozen(const Model& model, const Resource& instance) {
  return instance.original_role < Role::kPromoted && !model.options.quorate &&
         model.options.no_quorum_policy == NoQuorumPolicy::kFreeze;
}

// S4 CR-5.18.
void choose_promoted(Model& model, Resource& clone) {
  int count = 0;
  const std::vector<ResourceId> instances = clone.children;
  for (const ResourceId id : instances) {
    Resource& instance = model.resource(id);
    print_promotion_score(model, instance);
    NodeEntry* candidate = nullptr;
    if (instance.promotion_priority >= 0 && (count < clone.clone->promoted_max || !clone.managed)) {
      candidate = node_to_be_promoted_on(model, clone, instance);
    }
    if (candidate == nullptr || is_frozen(model, instance)) {
      set_next_unpromoted(model, instance);
      continue;
    }
    ++candidate->count;
    log(model, LogLevel::kInfo, "set_instance_role", "Choosing {} ({}) on {} for promotion", instance.id,
        role_name(collective_role(model, instance, true)), model.node(candidate->node).name);
    set_next_promoted(model, instance);
    ++count;
  }
  log(model, LogLevel::kInfo, "pcmk__set_instance_roles", "{}: Promoted {} instances of a possible {}", clone.id, count,
      clone.clone->promoted_max);
}

}  // namespace

void add_promotion_scores(Model& model, Resource& clone) {
  for (const ResourceId id : clone.children) {
    Resource& instance = model.resource(id);
    for (NodeEntry& entry : instance.allowed.entries()) {
      if (!entry.present || !is_available(model.node(entry.node))) continue;
      const Score score = promotion_score(model, instance, entry.node).value_or(0);
      if (score > 0) {
        const Because because(model.recorder.get(), {ScoreReason::kPromotion, {}, id});
        add_to_score(model.recorder.get(), id, entry.node, entry, score);
      }
      instance.priority = std::max(instance.priority, score);
    }
  }
}

void set_promotion_roles(Model& model, Resource& clone) {
  for (NodeEntry& entry : clone.allowed.entries()) entry.count = 0;
  const std::vector<ResourceId> instances = clone.children;
  for (const ResourceId id : instances) set_promotion_priority(model, clone, model.resource(id));
  sort_for_promotion(model, clone);
  choose_promoted(model, clone);
}

Score apply_colocation_to_role(Model& model, Resource& dependent, const Resource& primary,
                               const Colocation& colocation) {
  if (!dependent.assigned.valid()) return 0;
  std::optional<std::string_view> primary_value;
  if (primary.assigned.valid()) {
    const ResourceId inside = primary.replica_container ? replica_child(model, primary) : ResourceId();
    const Resource& with_role = inside.valid() ? model.resource(inside) : primary;
    if (colocation.primary_role != Role::kUnknown && colocation.primary_role != with_role.next_role) return 0;
    primary_value = colocation_value(model, primary, model.node(primary.assigned), colocation.node_attribute);
  }
  const auto own = colocation_value(model, dependent, model.node(dependent.assigned), colocation.node_attribute);
  const bool equal =
      own.has_value() == primary_value.has_value() && (!own || equal_ignoring_case(*own, *primary_value));
  int multiplier = colocation.dependent_role == Role::kUnpromoted ? -1 : 1;
  if (!equal) {
    if (colocation.score < kInfinity || colocation.dependent_role != Role::kPromoted) return 0;
    multiplier = -1;
  }
  const Score change = multiplier * colocation.score;
  dependent.priority = add_scores(dependent.priority, change);
  return change;
}

}  // namespace simcluster::scheduler
