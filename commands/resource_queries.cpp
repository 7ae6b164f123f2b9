#include "commands/resource_queries.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "commands/input.h"
#include "engine/base/time_text.h"
#include "engine/cib/nvpairs.h"
#include "engine/cib/values.h"
#include "engine/scheduler/display.h"
#include "engine/scheduler/text.h"

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

std::vector<std::string> raw_names(const ClusterState& state) {
  std::vector<std::string> names;
  for (const ResourceId id : state.model().top_level)
    for (const Resource* primitive : primitives_of(state.model(), state.model().resource(id)))
      names.emplace_back(primitive->id);
  return names;
}

std::string raw_list(const ClusterState& state) {
  std::string out;
  for (const std::string& name : raw_names(state)) out += name + "\n";
  return out.empty() ? "No resources\n" : out;
}

namespace {

// From where on the operations of a resource count: since it was last started. The number of operations: none does.
std::size_t first_active(const std::vector<cib::Element>& operations) {
  std::ptrdiff_t start = -1;
  std::ptrdiff_t stop = -1;
  std::ptrdiff_t implied = -1;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const std::string_view task = operations[i].value("operation");
    const std::string_view rc = operations[i].value("rc-code");
    const auto at = static_cast<std::ptrdiff_t>(i);
    if (task == "stop" && operations[i].value("op-status") == "0") {
      stop = at;
    } else if (task == "start" || task == "migrate_from") {
      start = at;
    } else if (implied <= stop &&
               ((task == "monitor" && (rc == "0" || rc == "8")) || task == "promote" || task == "demote")) {
      implied = at;
    }
  }
  if (start == -1) start = implied;
  if (start < stop) return operations.size();
  return start < 0 ? 0 : static_cast<std::size_t>(start);
}

ListedOperation listed_operation(const ClusterState& state, std::string_view history, const cib::Element& operation,
                                 std::string_view node) {
  constexpr std::string_view kNone = "(null)";
  ListedOperation listed;
  listed.resource = history;
  listed.node = node;
  listed.key = operation.value("operation_key", operation.id());
  listed.call = operation.value("call-id", kNone);
  listed.rc = operation.value("rc-code", kNone);
  std::int64_t changed = 0;
  if (scheduler::parse_leading_integer(operation.value("last-rc-change"), changed)) {
    listed.changed = ctime_text(Time{} + seconds(changed));
    listed.exec_time = operation.value("exec-time");
  }
  std::int64_t status = 0;
  const bool known = scheduler::parse_leading_integer(operation.value("op-status"), status) && status >= -1;
  listed.status = known ? state.view().status_text(static_cast<int>(status)) : "UNKNOWN!";
  return listed;
}

}  // namespace

std::vector<ListedOperation> listed_operations(const ClusterState& state, std::string_view resource,
                                               std::string_view node, bool active) {
  std::vector<ListedOperation> listed;
  for (const cib::Element entry : state.view().cib().find_path("status").children("node_state")) {
    const scheduler::Node* known = state.node(entry.value("uname"));
    if (known == nullptr || (!node.empty() && known->name != node)) continue;
    for (const cib::Element& history : entry.first_child("lrm").first_child("lrm_resources").children("lrm_resource")) {
      if (!resource.empty() && history.id() != resource) continue;
      const std::vector<cib::Element> operations = state.view().sorted_entries(history);
      const std::size_t first = active ? first_active(operations) : 0;
      for (std::size_t i = first; i < operations.size(); ++i)
        listed.push_back(listed_operation(state, history.id(), operations[i], known->name));
    }
  }
  return listed;
}

std::string operation_list(const ClusterState& state, std::string_view resource, std::string_view node, bool active) {
  std::string out;
  for (const ListedOperation& one : listed_operations(state, resource, node, active)) {
    const Resource* known = state.resource(one.resource);
    out += known == nullptr ? std::string(one.resource) : state.line(*known, false);
    out += fmt::format(": {} (node={}, call={}, rc={}", one.key, one.node, one.call, one.rc);
    if (!one.changed.empty())
      out += fmt::format(", last-rc-change='{}', exec={}ms", one.changed,
                         one.exec_time.empty() ? "(null)" : one.exec_time);
    out += fmt::format("): {}\n", one.status);
  }
  return out;
}

namespace {

// What a resource made from a template is in full: the template's parts, then its own.
std::string expanded_xml(const cib::Element& element, const cib::Element& from, const Profile& profile) {
  cib::Document whole;
  cib::MutableElement root = whole.create_root(element.name());
  for (const auto& attribute : from.attributes())
    root.set_attribute(attribute.name, attribute.name == "id" ? element.id() : attribute.value);
  for (const auto& attribute : element.attributes())
    if (attribute.name != "id" && attribute.name != "template") root.set_attribute(attribute.name, attribute.value);
  for (const cib::Element& child : from.children()) {
    if (child.is("operations") && element.first_child("operations")) continue;
    root.append_copy(child);
  }
  for (const cib::Element& child : element.children()) {
    cib::MutableElement copy = root.append_copy(child);
    if (!child.is("operations")) continue;
    for (const cib::Element& operation : from.first_child("operations").children("op")) {
      const bool own = std::ranges::any_of(child.children("op"), [&](const cib::Element& one) {
        return one.value("name") == operation.value("name") && one.value("interval") == operation.value("interval");
      });
      if (!own) copy.append_copy(operation);
    }
  }
  return xml_text(std::as_const(whole).root(), profile);
}

}  // namespace

std::string resource_xml(const ClusterState& state, const Resource& resource, const cib::Document& cib,
                         const Profile& profile, bool raw) {
  std::string items;
  scheduler::TextList list(items);
  reports::ResourceLists(state.view()).write(resource, list);
  std::string out = plain_items(items, resource.variant == Variant::kPrimitive) + "Resource XML:\n";
  const cib::Element element = cib.find_id(resource.xml_id);
  if (!element) return out;
  const cib::Element from = element.has("template") ? cib.find_id(element.value("template")) : cib::Element();
  return out + (from && !raw ? expanded_xml(element, from, profile) : xml_text(element, profile));
}

namespace {

class ConstraintList {
 public:
  ConstraintList(const scheduler::Model& model, bool recursive) : model_(model), recursive_(recursive) {}

  std::string write(const Resource& resource) {
    locations(resource, 0);
    for (const Side side : {Side::kDependents, Side::kPrimaries}) {
      visited_ = {resource.self};
      colocations(resource, side, 0);
    }
    return std::move(out_);
  }

 private:
  enum class Side { kDependents, kPrimaries };

  void line(int depth, std::string_view text) { out_ += fmt::format("{:{}}{}\n", "", depth * 2, text); }

  void locations(const Resource& resource, int depth) {
    bool any = false;
    for (auto id = resource.locations.rbegin(); id != resource.locations.rend(); ++id) {
      const scheduler::Location& location = model_.location(*id);
      for (const auto& [node, score] : location.nodes) {
        if (!any) line(depth, depth > 0 ? "* Locations:" : "Locations:");
        any = true;
        line(depth + 1, fmt::format("* Node {} (score={}, id={}, rsc={})", model_.node(node).name,
                                    scheduler::readable_score(score), location.id, resource.id));
      }
    }
  }

  void colocations(const Resource& resource, Side side, int depth) {
    const bool dependents = side == Side::kDependents;
    bool any = false;
    for (const scheduler::ColocationId id : dependents ? resource.with_this : resource.this_with) {
      const scheduler::Colocation& colocation = model_.colocation(id);
      if (!colocation.explicit_) continue;
      const Resource& other = model_.resource(dependents ? colocation.dependent : colocation.primary);
      if (!any)
        line(depth, fmt::format("{}Resources {}", depth > 0 ? "* " : "",
                                dependents ? fmt::format("colocated with {}:", resource.id)
                                           : fmt::format("{} is colocated with:", resource.id)));
      any = true;
      if (!visited_.insert(other.self).second) {
        line(depth + 1, fmt::format("* {} (id={} - loop)", other.id, colocation.id));
        continue;
      }
      const std::string role = colocation.primary_role > Role::kStarted
                                   ? fmt::format("{} role={}, ", dependents ? "needs" : "with",
                                                 scheduler::role_name(colocation.primary_role))
                                   : std::string();
      line(depth + 1, fmt::format("* {} (score={}, {}id={})", other.id, scheduler::readable_score(colocation.score),
                                  role, colocation.id));
      locations(other, depth + 2);
      if (recursive_) colocations(other, side, depth + 2);
    }
  }

  const scheduler::Model& model_;
  bool recursive_;
  std::set<ResourceId> visited_;
  std::string out_;
};

}  // namespace

std::string constraint_list(const ClusterState& state, const Resource& resource, bool itself, bool recursive) {
  const Resource& shown = itself || !resource.top.valid() ? resource : state.model().resource(resource.top);
  return ConstraintList(state.model(), recursive).write(shown);
}

Obstacles obstacles_of(const ClusterState& state, const Resource& resource) {
  const Resource& top = resource.top.valid() ? state.model().resource(resource.top) : resource;
  Obstacles against;
  against.resource = top.id;
  if (const auto role = top.meta.get("target-role")) {
    const Role wanted = scheduler::parse_role(*role);
    against.stopped = wanted == Role::kStopped;
    against.unpromoted = wanted == Role::kUnpromoted && top.promotable;
  }
  const auto managed = top.meta.get("is-managed");
  against.unmanaged = managed && !cib::is_true(*managed);
  return against;
}

namespace {

std::string obstacles(const ClusterState& state, const Resource& resource) {
  const Obstacles against = obstacles_of(state, resource);
  std::string out;
  if (against.stopped) out += fmt::format("Configuration specifies '{}' should remain stopped\n", against.resource);
  if (against.unpromoted) out += fmt::format("Configuration specifies '{}' should not be promoted\n", against.resource);
  if (against.unmanaged)
    out += fmt::format("Configuration prevents cluster from stopping or starting unmanaged '{}'\n", against.resource);
  return out;
}

}  // namespace

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
    out += obstacles(state, one);
  };
  if (resource != nullptr) {
    tell(*resource);
  } else if (!node.empty()) {
    for (const ResourceId id : state.node(node)->running) tell(state.model().resource(id));
  } else {
    for (const ResourceId id : state.model().top_level) tell(state.model().resource(id));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> parameters_of(const ClusterState& state, const Resource& resource) {
  cib::RuleContext context;
  context.now = cib::DateTime::from_epoch(state.model().now);
  cib::NextChange next_change;
  cib::NvTable table;
  for (const cib::Element& owner : {resource.xml, resource.template_xml})
    if (owner) cib::unpack_nvpairs(owner, cib::names::kInstanceAttributes, context, next_change, table);
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : table) pairs.emplace_back(name, value);
  std::ranges::sort(pairs);
  return pairs;
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
  std::vector<std::string> places;
  const auto add = [&](const Resource& part) {
    for (const scheduler::NodeId id : part.active) {
      std::string place(state.model().node(id).name);
      if (part.original_role == Role::kPromoted) place += " " + std::string(scheduler::role_name(Role::kPromoted));
      // A unique clone may have several instances on a node.
      if (one.is_clone() || std::find(places.begin(), places.end(), place) == places.end())
        places.push_back(std::move(place));
    }
  };
  if (one.is_clone()) {
    for (const ResourceId child : one.children) add(state.model().resource(child));
  } else {
    add(one);
  }
  // The last one found is told first.
  std::reverse(places.begin(), places.end());
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
