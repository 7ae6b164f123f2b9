#include "commands/resource_queries.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "commands/input.h"
#include "engine/base/time_text.h"
#include "engine/cib/nvpairs.h"
#include "engine/cib/values.h"
#include "engine/scheduler/display.h"

namespace simcluster::commands {

namespace {

using scheduler::Resource;
using scheduler::ResourceId;
using scheduler::Role;
using scheduler::Variant;

// The resource and what is in it, from outside to inside.
template <class Visit>
void visit(const scheduler::Model& model, const Resource& resource, Visit visit_one) {
  visit_one(resource);
  for (const ResourceId child : resource.children) visit(model, model.resource(child), visit_one);
}

std::vector<const Resource*> primitives_of(const scheduler::Model& model, const Resource& resource) {
  std::vector<const Resource*> found;
  visit(model, resource, [&](const Resource& one) {
    if (one.variant == Variant::kPrimitive) found.push_back(&one);
  });
  return found;
}

// The clone for one of its anonymous instances.
const Resource& whole(const ClusterState& state, const Resource& resource, std::string_view asked) {
  const bool by_primitive = resource.parent.valid() && resource.id != asked;
  return by_primitive ? state.model().resource(resource.parent) : resource;
}

std::set<std::string> nodes_where(const ClusterState& state, const Resource& resource, bool promoted) {
  std::set<std::string> names;
  for (const Resource* primitive : primitives_of(state.model(), resource)) {
    if (promoted && primitive->original_role != Role::kPromoted) continue;
    for (const scheduler::NodeId node : primitive->active) names.emplace(state.model().node(node).name);
  }
  return names;
}

// A line for each entry of a list, without what stands before them.
std::string plain_items(const std::string& list, bool with_first) {
  std::string out;
  std::size_t at = with_first ? 0 : list.find('\n') + 1;
  while (at < list.size()) {
    const auto text = list.find_first_not_of(" *", at);
    const auto end = list.find('\n', at);
    out += list.substr(text, end - text + 1);
    at = end + 1;
  }
  return out;
}

}  // namespace

std::string resource_list(const ClusterState& state) {
  std::string items;
  scheduler::TextList list(items);
  list.begin("Full List of Resources");
  const reports::ResourceLists lists(state.view(), false);
  bool any = false;
  for (const ResourceId id : state.model().top_level) {
    const Resource& resource = state.model().resource(id);
    if (!state.view().shown_at_all(resource)) continue;
    lists.write(resource, list);
    any = true;
  }
  if (!any) list.item("No resources");
  return items;
}

std::string raw_list(const ClusterState& state) {
  std::string out;
  for (const ResourceId id : state.model().top_level)
    for (const Resource* primitive : primitives_of(state.model(), state.model().resource(id)))
      out += fmt::format("{}\n", primitive->id);
  return out.empty() ? "No resources\n" : out;
}

namespace {

// From where on the operations of a resource count: since it was last started. The number of operations: none does.
std::size_t first_active(const std::vector<reports::ShownOperation>& operations) {
  std::ptrdiff_t start = -1;
  std::ptrdiff_t stop = -1;
  std::ptrdiff_t implied = -1;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const reports::ShownOperation& operation = operations[i];
    const auto at = static_cast<std::ptrdiff_t>(i);
    if (operation.task == "stop" && operation.rc == 0) {
      stop = at;
    } else if (operation.task == "start" || operation.task == "migrate_from") {
      start = at;
    } else if (implied <= stop && ((operation.task == "monitor" && (operation.rc == 0 || operation.rc == 8)) ||
                                   operation.task == "promote" || operation.task == "demote")) {
      implied = at;
    }
  }
  if (start == -1) start = implied;
  if (start < stop) return operations.size();
  return start < 0 ? 0 : static_cast<std::size_t>(start);
}

std::string operation_line(const ClusterState& state, const reports::ShownHistory& history,
                           const reports::ShownOperation& operation, const scheduler::Node& node) {
  const Resource* resource = state.resource(history.resource);
  std::string line = resource == nullptr ? std::string(history.resource) : state.line(*resource, false);
  line += fmt::format(": {}_{}_{} (node={}, call={}, rc={}", history.resource, operation.task, operation.interval,
                      node.name, operation.call, operation.rc);
  if (operation.last_change != 0)
    line += fmt::format(", last-rc-change='{}', exec={}ms", ctime_text(Time{} + seconds(operation.last_change)),
                        operation.exec_time.empty() ? "0" : operation.exec_time);
  return line + "): complete\n";
}

}  // namespace

std::string operation_list(const ClusterState& state, std::string_view resource, std::string_view node, bool active) {
  std::string out;
  for (const cib::Element entry : state.view().cib().find_path("status").children("node_state")) {
    const scheduler::Node* known = state.node(entry.value("uname"));
    if (known == nullptr || (!node.empty() && known->name != node)) continue;
    for (const reports::ShownHistory& history : state.view().history(*known)) {
      if (!resource.empty() && history.resource != resource) continue;
      const std::size_t first = active ? first_active(history.operations) : 0;
      for (std::size_t i = first; i < history.operations.size(); ++i)
        out += operation_line(state, history, history.operations[i], *known);
    }
  }
  return out;
}

std::string resource_xml(const ClusterState& state, const Resource& resource, const cib::Document& cib,
                         const Profile& profile) {
  std::string items;
  scheduler::TextList list(items);
  reports::ResourceLists(state.view()).write(resource, list);
  std::string out = plain_items(items, resource.variant == Variant::kPrimitive) + "Resource XML:\n";
  const cib::Element element = cib.find_id(resource.xml_id);
  return out + (element ? xml_text(element, profile) : std::string());
}

namespace {

class ConstraintList {
 public:
  ConstraintList(const ClusterState& state, bool recursive)
      : constraints_(state.view().cib().find_path("configuration/constraints")), recursive_(recursive) {}

  std::string write(std::string_view resource) {
    visited_.insert(std::string(resource));
    locations(resource, false);
    colocations(resource, true, 0);
    colocations(resource, false, 0);
    return std::move(out_);
  }

 private:
  void line(int depth, std::string_view text) { out_ += fmt::format("{:{}}{}\n", "", depth * 2, text); }

  void locations(std::string_view resource, bool inner, int depth = 0) {
    bool any = false;
    for (const cib::Element location : constraints_.children("rsc_location")) {
      if (location.value("rsc") != resource || !location.has("node")) continue;
      if (!any) line(depth, inner ? "* Locations:" : "Locations:");
      any = true;
      line(depth + 1, fmt::format("* Node {} (score={}, id={}, rsc={})", location.value("node"),
                                  location.value("score"), location.id(), resource));
    }
  }

  // What it is with, or what is with it.
  void colocations(std::string_view resource, bool with, int depth) {
    bool any = false;
    for (const cib::Element colocation : constraints_.children("rsc_colocation")) {
      if (colocation.value(with ? "rsc" : "with-rsc") != resource) continue;
      const std::string other(colocation.value(with ? "with-rsc" : "rsc"));
      if (!any)
        line(depth, with ? fmt::format("{}Resources {} is colocated with:", depth > 0 ? "* " : "", resource)
                         : fmt::format("{}Resources colocated with {}:", depth > 0 ? "* " : "", resource));
      any = true;
      const bool seen = !visited_.insert(other).second;
      line(depth + 1, fmt::format("* {} (score={}, {}id={}{})", other, colocation.value("score", "INFINITY"),
                                  colocation.has("node-attribute")
                                      ? fmt::format("node-attribute={}, ", colocation.value("node-attribute"))
                                      : std::string(),
                                  colocation.id(), seen ? " - loop" : ""));
      if (seen) continue;
      locations(other, true, depth + 2);
      if (recursive_) colocations(other, with, depth + 2);
    }
  }

  cib::Element constraints_;
  bool recursive_;
  std::set<std::string> visited_;
  std::string out_;
};

}  // namespace

std::string constraint_list(const ClusterState& state, const Resource& resource, bool itself, bool recursive) {
  const Resource& shown = itself || !resource.top.valid() ? resource : state.model().resource(resource.top);
  return ConstraintList(state, recursive).write(shown.xml_id);
}

std::string reasons(const ClusterState& state, const Resource* resource, std::string_view node) {
  std::string out;
  const auto running_there = [&](const Resource& one) {
    return nodes_where(state, one, false).count(std::string(node)) > 0;
  };
  const auto tell = [&](const Resource& one) {
    if (node.empty()) {
      out += fmt::format("Resource {} is {}running\n", one.id, nodes_where(state, one, false).empty() ? "not " : "");
    } else {
      out += fmt::format("Resource {} is {}running on host {}\n", one.id, running_there(one) ? "" : "not ", node);
    }
  };
  if (resource != nullptr) {
    tell(*resource);
    return out;
  }
  for (const ResourceId id : state.model().top_level) {
    const Resource& one = state.model().resource(id);
    if (node.empty() || running_there(one)) tell(one);
  }
  return out;
}

std::optional<std::string> parameter_value(const ClusterState& state, const Resource& resource, std::string_view kind,
                                           std::string_view name) {
  if (kind == "meta_attributes") {
    const auto value = resource.meta.get(name);
    return value ? std::optional<std::string>(*value) : std::nullopt;
  }
  cib::RuleContext context;
  context.now = cib::DateTime::from_epoch(state.model().now);
  cib::NextChange next_change;
  cib::NvTable table;
  const cib::Name block = kind == "utilization" ? cib::names::kUtilization : cib::names::kInstanceAttributes;
  for (const cib::Element& owner : {resource.xml, resource.template_xml})
    if (owner) cib::unpack_nvpairs(owner, block, context, next_change, table);
  const auto value = table.get(name);
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

std::vector<std::string> active_nodes(const ClusterState& state, const Resource& resource) {
  const std::set<std::string> names = nodes_where(state, resource, false);
  return {names.begin(), names.end()};
}

std::vector<std::string> promoted_nodes(const ClusterState& state, const Resource& resource) {
  const std::set<std::string> names = nodes_where(state, resource, true);
  return {names.begin(), names.end()};
}

std::vector<std::string> locations(const ClusterState& state, const Resource& resource, std::string_view asked) {
  const Resource& one = whole(state, resource, asked);
  const std::set<std::string> promoted = nodes_where(state, one, true);
  std::vector<std::string> places;
  for (const std::string& node : nodes_where(state, one, false))
    places.push_back(promoted.count(node) > 0 ? node + " " + std::string(scheduler::role_name(Role::kPromoted)) : node);
  return places;
}

std::vector<Forgotten> forgotten(const ClusterState& state, const Resource* resource, bool itself,
                                 std::string_view node) {
  std::vector<const Resource*> resources;
  if (resource == nullptr) {
    for (const ResourceId id : state.model().top_level)
      for (const Resource* one : primitives_of(state.model(), state.model().resource(id))) resources.push_back(one);
  } else {
    const Resource& top = itself || !resource->top.valid() ? *resource : state.model().resource(resource->top);
    resources = primitives_of(state.model(), top);
  }
  std::vector<Forgotten> all;
  for (const Resource* one : resources) {
    // The last node first.
    const auto& order = state.model().node_order;
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
      const scheduler::Node& where = state.model().node(*at);
      if (!node.empty() && where.name != node) continue;
      all.push_back({std::string(one->id), std::string(one->xml_id), std::string(where.name)});
    }
  }
  return all;
}

std::vector<Forgotten> failed_among(const ClusterState& state, const std::vector<Forgotten>& all) {
  std::vector<Forgotten> failed;
  for (const Forgotten& one : all) {
    const scheduler::Node* node = state.node(one.node);
    for (const reports::ShownHistory& history : state.view().history(*node)) {
      const bool failure = history.fail_count > 0 || std::ranges::any_of(state.view().failures(), [&](const auto& f) {
                             return f.node == one.node && f.resource == history.resource;
                           });
      if (failure && history.resource == one.resource) failed.push_back(one);
    }
  }
  return failed;
}

}  // namespace simcluster::commands
