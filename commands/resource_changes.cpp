#include "commands/resource_changes.h"

#include <utility>
#include <vector>

#include <fmt/core.h>

#include "commands/input.h"
#include "engine/cib/crm_edit.h"
#include "engine/cib/dates.h"

namespace simcluster::commands {

namespace {

using cib::Element;
using cib::MutableElement;

Element find_resource_element(const cib::Document& cib, std::string_view id) {
  for (const Element& element : cib.find_all_id(id))
    if (cib::is_resource(element.name())) return element;
  return {};
}

Element find_pair(const Element& resource, const ParameterChange& change) {
  for (const Element& set : resource.children(change.kind)) {
    if (!change.set.empty() && set.id() != change.set) continue;
    for (const Element& pair : set.children("nvpair"))
      if (pair.value("name") == change.name && (change.id.empty() || pair.id() == change.id)) return pair;
  }
  return {};
}

CibError apply(Outcome& outcome, const CibChange& change, std::string_view told) {
  const CibAnswer answer = change_cib(outcome.cib, change);
  if (answer.error == CibError::kNone) {
    outcome.write = Outcome::Write::kDocument;
    outcome.output += told;
  } else if (!answer.refused.empty()) {
    outcome.error += numbered_lines(answer.refused);
  }
  return answer.error;
}

CibError set_parameter(Outcome& outcome, const Element& resource, const ParameterChange& change) {
  const Element found = find_pair(resource, change);
  const std::string set = found                 ? std::string(found.parent().id())
                          : !change.set.empty() ? change.set
                                                : fmt::format("{}-{}", resource.id(), change.kind);
  const std::string id = found               ? std::string(found.id())
                         : change.id.empty() ? fmt::format("{}-{}", set, change.name)
                                             : change.id;
  cib::Document data;
  MutableElement root = data.create_root(resource.name());
  root.set_attribute("id", resource.id());
  root.append_child(change.kind)
      .set_attribute("id", set)
      .append_child("nvpair")
      .set_attribute("id", id)
      .set_attribute("name", change.name)
      .set_attribute("value", *change.value);
  CibChange merge;
  merge.section = "resources";
  merge.data = std::as_const(data).root();
  // The tool tells the id that it has found or made, not one that it was given.
  const std::string told = !found && !change.id.empty() ? "(null)" : id;
  return apply(outcome, merge,
               fmt::format("Set '{}' option: id={}{} name={} value={}\n", resource.id(), told,
                           found ? std::string() : fmt::format(" set={}", set), change.name, *change.value));
}

CibError delete_parameter(Outcome& outcome, const Element& resource, const ParameterChange& change) {
  const Element found = find_pair(resource, change);
  if (!found) return CibError::kNone;
  cib::Document data;
  data.create_root("nvpair").set_attribute("id", found.id());
  CibChange removal;
  removal.kind = CibChange::Kind::kDelete;
  removal.section = "resources";
  removal.data = std::as_const(data).root();
  return apply(outcome, removal,
               fmt::format("Deleted '{}' option: id={} name={}\n", resource.id(), found.id(), change.name));
}

}  // namespace

CibError change_parameter(Outcome& outcome, const ParameterChange& change) {
  Element resource = find_resource_element(outcome.cib, change.resource);
  if (!resource) return CibError::kNoSuchObject;
  if (change.kind == "meta_attributes" && is_clone(resource.parent())) {
    outcome.output +=
        fmt::format("Performing {} of '{}' on '{}', the parent of '{}'\n", change.value ? "update" : "delete",
                    change.name, resource.parent().id(), resource.id());
    resource = resource.parent();
  }
  return change.value ? set_parameter(outcome, resource, change) : delete_parameter(outcome, resource, change);
}

Result<CibError> place_resource(Outcome& outcome, const Placement& placement, const Surroundings& surroundings) {
  const bool away = placement.away;
  const std::string& resource = placement.resource;
  const std::string id =
      away ? fmt::format("cli-ban-{}-on-{}", resource, placement.node) : fmt::format("cli-prefer-{}", resource);
  const std::string_view score = away ? "-INFINITY" : "INFINITY";
  cib::Document data;
  MutableElement constraints = data.create_root("constraints");
  MutableElement location = constraints.append_child("rsc_location");
  location.set_attribute("id", id).set_attribute("rsc", resource);
  location.set_attribute("role", placement.promoted ? "Promoted" : "Started");
  if (placement.lifetime.empty()) {
    location.set_attribute("node", placement.node).set_attribute("score", score);
  } else {
    const auto duration = cib::parse_duration(placement.lifetime);
    if (!duration) return fail(fmt::format("Invalid duration specified: {}", placement.lifetime));
    cib::DateTime end = cib::DateTime::from_epoch(surroundings.now);
    end.add(*duration);
    outcome.output += fmt::format("Migration will take effect until: {}\n", end.text());
    const auto part = [&](std::string_view of_ban, std::string_view of_move) {
      return away ? fmt::format("{}-{}", id, of_ban) : fmt::format("cli-prefer-{}-{}", of_move, resource);
    };
    MutableElement rule = location.append_child("rule");
    rule.set_attribute("id", part("rule", "rule")).set_attribute("score", score).set_attribute("boolean-op", "and");
    rule.append_child("expression")
        .set_attribute("id", part("expr", "expr"))
        .set_attribute("attribute", "#uname")
        .set_attribute("operation", "eq")
        .set_attribute("value", placement.node)
        .set_attribute("type", "string");
    rule.append_child("date_expression")
        .set_attribute("id", part("lifetime", "lifetime-end"))
        .set_attribute("operation", "lt")
        .set_attribute("end", end.text());
  }
  if (away)
    outcome.output += fmt::format(
        "WARNING: Creating rsc_location constraint '{0}' with a score of -INFINITY for resource {1} on {2}.\n"
        "\tThis will prevent {1} from {3} on {2} until the constraint is removed using the clear option or by editing "
        "the CIB with an appropriate tool\n"
        "\tThis will be the case even if {2} is the last node in the cluster\n",
        id, resource, placement.node, placement.promoted ? "being promoted" : "running");
  CibChange merge;
  merge.data = std::as_const(data).root();
  return apply(outcome, merge, {});
}

namespace {

// By its attribute, or by the rule of a lifetime.
bool is_for_node(const Element& location, std::string_view node) {
  if (location.has("node")) return location.value("node") == node;
  for (const Element& rule : location.children("rule"))
    for (const Element& expression : rule.children("expression"))
      if (expression.value("attribute") == "#uname" && expression.value("value") == node) return true;
  return false;
}

}  // namespace

void clear_placement(Outcome& outcome, std::string_view resource, std::string_view node) {
  const std::string ban = fmt::format("cli-ban-{}-on-{}", resource, node);
  const std::string prefer = fmt::format("cli-prefer-{}", resource);
  std::vector<std::string> ids;
  const Element constraints = std::as_const(outcome.cib).find_path("configuration/constraints");
  for (const Element& location : constraints.children("rsc_location")) {
    const bool banned = node.empty() ? location.id().starts_with(ban) : location.id() == ban;
    const bool preferred = location.id() == prefer && (node.empty() || is_for_node(location, node));
    if (banned || preferred) ids.emplace_back(location.id());
  }
  for (const std::string& id : ids) {
    cib::Document data;
    data.create_root("rsc_location").set_attribute("id", id);
    CibChange removal;
    removal.kind = CibChange::Kind::kDelete;
    removal.section = "constraints";
    removal.data = std::as_const(data).root();
    static_cast<void>(apply(outcome, removal, fmt::format("Removing constraint: {}\n", id)));
  }
}

}  // namespace simcluster::commands
