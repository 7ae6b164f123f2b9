#include "engine/scheduler/utilization.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/scheduler/collective.h"
#include "engine/scheduler/colocations.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_scores.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using Demand = std::vector<std::pair<std::string_view, int>>;

int clip(std::int64_t value) {
  return static_cast<int>(
      std::clamp<std::int64_t>(value, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

int value_of(const AttributeTable& table, std::string_view name) {
  const std::string_view* text = table.find(name);
  return text == nullptr ? 0 : utilization_value(*text);
}

void add_demand(Demand& demand, const Resource& resource) {
  resource.utilization.for_each([&](const AttributeTable::Entry& entry) {
    const auto it = std::find_if(demand.begin(), demand.end(), [&](const auto& d) { return d.first == entry.key; });
    if (it == demand.end()) {
      demand.emplace_back(entry.key, utilization_value(entry.value));
    } else {
      it->second = clip(std::int64_t{it->second} + utilization_value(entry.value));
    }
  });
}

bool contains(const std::vector<ResourceId>& list, ResourceId id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

// S3: everything that must go to the same node as `origin`.
class ColocatedSet {
 public:
  ColocatedSet(const Model& model, const Resource& origin) : model_(model), origin_(origin) { collect(origin); }
  const std::vector<ResourceId>& list() const { return list_; }

 private:
  void collect(const Resource& resource) {
    if (contains(list_, resource.self)) return;
    if (resource.is_group() && (resource.group->collocated || is_instance(resource))) {
      list_.push_back(resource.self);
      for (const ResourceId member : resource.children) collect(model_.resource(member));
      return;
    }
    list_.push_back(resource.self);
    for (const ColocationId id : this_with_colocations(model_, resource)) {
      const Colocation& colocation = model_.colocation(id);
      const Resource& primary = model_.resource(colocation.primary);
      if (primary.self == origin_.self || !is_tied(resource, primary, colocation)) continue;
      collect(primary);
    }
    for (const ColocationId id : with_this_colocations(model_, resource)) {
      const Colocation& colocation = model_.colocation(id);
      const Resource& dependent = model_.resource(colocation.dependent);
      if (dependent.self == origin_.self || (resource.is_clone() && !dependent.is_clone())) continue;
      if (is_tied(dependent, resource, colocation)) collect(dependent);
    }
  }
  bool is_instance(const Resource& resource) const {
    return resource.parent.valid() && model_.resource(resource.parent).is_clone();
  }
  bool is_tied(const Resource& dependent, const Resource& primary, const Colocation& colocation) const {
    return colocation.score == kInfinity &&
           colocation_effect(model_, dependent, primary, colocation, true) == ColocationEffect::kLocation;
  }

  const Model& model_;
  const Resource& origin_;
  std::vector<ResourceId> list_;
};

// S3, group row.
void add_group_demand(const Model& model, const Resource& group, const std::vector<ResourceId>& set, Demand& demand) {
  const bool whole = group.group->collocated || (group.parent.valid() && model.resource(group.parent).is_clone());
  for (const ResourceId id : group.children) {
    const Resource& member = model.resource(id);
    if (member.unassigned && !contains(set, id)) add_demand(demand, member);
    if (!whole) return;
  }
}

Demand demand_of(const Model& model, const std::vector<ResourceId>& set) {
  Demand demand;
  for (const ResourceId id : set) {
    const Resource& resource = model.resource(id);
    if (!resource.unassigned) continue;
    if (resource.is_primitive()) {
      add_demand(demand, resource);
    } else if (resource.is_group()) {
      add_group_demand(model, resource, set, demand);
    } else {
      add_collective_demand(model, resource, set, demand);
    }
  }
  return demand;
}

bool can_take(const Node& node, const Demand& demand) {
  return std::all_of(demand.begin(), demand.end(),
                     [&](const auto& d) { return d.second <= value_of(node.utilization, d.first); });
}

std::vector<std::pair<std::string_view, std::string_view>> values_of(const AttributeTable& table) {
  std::vector<std::pair<std::string_view, std::string_view>> values;
  table.for_each([&](const AttributeTable::Entry& entry) { values.emplace_back(entry.key, entry.value); });
  return values;
}

// "cpu: 4 needed, 2 left", where somebody wants to know.
std::string_view lack_text(Model& model, NodeId node, const Demand& demand) {
  if (!model.recorder) return {};
  std::string text;
  for (const auto& [name, needed] : demand) {
    const int left = value_of(model.node(node).utilization, name);
    if (needed <= left) continue;
    if (!text.empty()) text += ", ";
    text += std::string(name) + ": " + std::to_string(needed) + " needed, " + std::to_string(left) + " left";
  }
  return model.strings.store(text);
}

}  // namespace

int utilization_value(std::string_view text) {
  std::int64_t value = 0;
  return parse_leading_integer(text, value) ? clip(value) : 0;
}

void change_capacity(Model& model, Node& node, const Resource& resource, int sign) {
  if (resource.utilization.empty()) return;
  // Under the default strategy nobody reads what is left but the utilization display.
  if (model.options.placement_strategy == PlacementStrategy::kDefault && !model.want_utilization) return;
  resource.utilization.for_each([&](const AttributeTable::Entry& entry) {
    const std::int64_t amount = utilization_value(entry.value);
    const int left = clip(std::int64_t{value_of(node.utilization, entry.key)} + sign * amount);
    node.utilization.set(entry.key, model.strings.text(model.strings.intern(std::to_string(left))));
  });
}

int compare_capacity(const Node& a, const Node& b) {
  int points = 0;
  const auto count = [&](int x, int y) { points += x > y ? 1 : x < y ? -1 : 0; };
  a.utilization.for_each([&](const AttributeTable::Entry& entry) {
    count(utilization_value(entry.value), value_of(b.utilization, entry.key));
  });
  b.utilization.for_each([&](const AttributeTable::Entry& entry) {
    if (!a.utilization.contains(entry.key)) count(0, utilization_value(entry.value));
  });
  return -points;
}

NodeId ban_insufficient_nodes(Model& model, Resource& resource) {
  const ColocatedSet set(model, resource);
  Demand demand = demand_of(model, set.list());
  const auto candidate = [&](NodeId node) {
    const NodeEntry* entry = resource.allowed.find(node);
    return entry != nullptr && entry->score >= 0 && is_available(model.node(node));
  };
  const std::vector<NodeId> order = resource.allowed.order(model.shapes);
  NodeId roomiest;
  bool any_capable = false;
  for (const NodeId node : order) {
    if (!candidate(node)) continue;
    any_capable = any_capable || can_take(model.node(node), demand);
    if (!roomiest.valid() || compare_capacity(model.node(roomiest), model.node(node)) > 0) roomiest = node;
  }
  if (!any_capable) {
    demand.clear();
    add_demand(demand, resource);
  }
  for (const NodeId node : order) {
    if (candidate(node) && !can_take(model.node(node), demand)) {
      const Because because(model.recorder.get(), {ScoreReason::kUtilization, lack_text(model, node, demand)});
      adjust_score(model, resource.self, node, -kInfinity);
    }
  }
  return any_capable ? NodeId() : roomiest;
}

void print_capacities(Model& model, const char* comment) {
  for (const NodeId id : model.node_order) {
    const Node& node = model.node(id);
    const auto kind = is_bundle_node(model, node) ? ScoreLine::Kind::kBundleCapacity : ScoreLine::Kind::kCapacity;
    model.score_lines.push_back({kind, comment, {}, node.name, 0, values_of(node.utilization)});
  }
}

void print_utilization(Model& model, const Resource& resource, const Node& node) {
  model.score_lines.push_back({ScoreLine::Kind::kUtilization, "pcmk__assign_resource", resource.id, node.name, 0,
                               values_of(resource.utilization)});
}

}  // namespace simcluster::scheduler
