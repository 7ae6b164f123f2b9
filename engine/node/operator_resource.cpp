// crm resource ... (AT-11.2).
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/crm_edit.h"
#include "engine/cib/dates.h"
#include "engine/cib/nvpairs.h"
#include "engine/cib/values.h"
#include "engine/controller/cib_request.h"
#include "engine/node/operator_shell.h"
#include "engine/node/operator_words.h"

namespace simcluster::node {

using controller::CibRequest;
using controller::step;

namespace {

// The clone itself, or what it is made of.
bool is_promotable(const cib::Element& resource) {
  const cib::Element clone = is_clone(resource) ? resource : resource.parent();
  return clone.is("master") || (clone.is("clone") && find_pair(clone, kMetaSet, "promotable").value("value") == "true");
}

}  // namespace

Result<std::string> OperatorShell::resource_command(const Words& words) {
  const std::string_view verb = words.size() > 1 ? words[1] : std::string_view();
  if (verb == "cleanup" || verb == "refresh" || verb == "reprobe") {
    const std::string_view resource = words.size() > 2 ? words[2] : std::string_view();
    const std::string_view node = words.size() > 3 ? words[3] : std::string_view();
    if (!resource.empty()) {
      if (const auto found = find_resource(resource); !found) return tl::unexpected(found.error());
    }
    if (verb == "cleanup") {
      controller_.cleanup(resource, node);
    } else {
      controller_.refresh(resource, node);
    }
    return forgotten_text(resource, node);
  }
  if (words.size() < 3) return fail(fmt::format("\"crm resource {}\" needs the id of a resource", verb));
  const std::string_view resource = words[2];
  if (const auto found = find_resource(resource); !found) return tl::unexpected(found.error());
  const std::string_view node = words.size() > 3 ? words[3] : std::string_view();
  if (verb == "start" || verb == "stop") {
    const Words all(words.begin() + 2, words.end());
    for (const std::string_view id : all)
      if (const auto found = find_resource(id); !found) return tl::unexpected(found.error());
    for (const std::string_view id : all)
      if (auto done = set_meta(id, "target-role", verb == "start" ? "Started" : "Stopped"); !done) return done;
    return {};
  }
  if (verb == "promote" || verb == "demote") {
    if (!is_promotable(*find_resource(resource))) return fail(fmt::format("{} is not a promotable resource", resource));
    return set_attribute(resource, kMetaSet, "target-role", verb == "promote" ? "Master" : "Slave");
  }
  if (verb == "manage") return set_meta(resource, "is-managed", "true");
  if (verb == "unmanage") return set_meta(resource, "is-managed", "false");
  if (verb == "maintenance") return set_meta(resource, "maintenance", node == "off" ? "false" : "true");
  if (verb == "meta" || verb == "param" || verb == kUtilization) return resource_attribute(words);
  if (verb == "move" || verb == "migrate") return move(resource, Words(words.begin() + 3, words.end()));
  if (verb == "ban") return ban(resource, node, words.size() > 4 ? words[4] : "");
  if (verb == "clear" || verb == "unmove" || verb == "unmigrate") return clear(resource);
  if (verb == "failcount") return failcount_command(words);
  if (verb == "trace" || verb == "untrace") return trace_command(words);
  if (verb == "secret") return fail("cibsecret: sensitive parameters in local files are not kept here");
  return fail(fmt::format(
      "\"crm resource {}\" is not known; expected start, stop, promote, demote, manage, unmanage, "
      "maintenance, meta, param, utilization, move, ban, clear, cleanup, refresh, failcount, trace or untrace",
      verb));
}

// As crm_resource 2.1.5 says it (black-box runs of two nodes).
std::string OperatorShell::forgotten_text(std::string_view resource, std::string_view node) const {
  if (resource.empty()) return fmt::format("Cleaned up all resources on {}\n", node.empty() ? "all nodes" : node);
  if (!node.empty()) return fmt::format("Cleaned up {} on {}\n", resource, node);
  std::string text;
  for (const cib::Element element : controller_.cib().find_path("configuration/nodes").children("node"))
    text.insert(0, fmt::format("Cleaned up {} on {}\n", resource, element.value("uname")));
  return text;
}

Result<cib::Element> OperatorShell::find_resource(std::string_view id) const {
  for (const cib::Element element : controller_.cib().find_all_id(id)) {
    if (cib::is_resource(element.name())) return element;
  }
  return fail(fmt::format("resource {} is not configured", id));
}

// crm resource meta|param|utilization RESOURCE set NAME VALUE, show NAME or delete NAME (AT-9.2).
Result<std::string> OperatorShell::resource_attribute(const Words& words) {
  const std::string_view set = words[1] == "meta" ? kMetaSet : words[1] == "param" ? kParameterSet : kUtilization;
  if (words.size() == 6 && words[3] == "set") return set_attribute(words[2], set, words[4], words[5]);
  if (words.size() != 5 || (words[3] != "delete" && words[3] != "show"))
    return fail(fmt::format("expected: crm resource {} RESOURCE set NAME VALUE, show NAME or delete NAME", words[1]));
  const Result<cib::Element> found = find_resource(words[2]);
  if (!found) return tl::unexpected(found.error());
  if (words[3] == "show") {
    const cib::Element pair = find_pair(*found, set, words[4]);
    return pair ? fmt::format("{}\n", pair.value("value"))
                : fmt::format("Attribute '{}' not found for '{}'\n", words[4], words[2]);
  }
  CibRequest request;
  std::string text;
  for (const cib::Element attributes : found->children(set))
    for (const cib::Element pair : attributes.children("nvpair")) {
      if (pair.value("name") != words[4]) continue;
      request.remove(path_of(pair));
      text += fmt::format("Deleted '{}' option: id={} name={}\n", words[2], pair.id(), words[4]);
    }
  if (!request.steps.empty()) controller_.change_cib(std::move(request), "crm_resource");
  return text;
}

Result<std::string> OperatorShell::set_meta(std::string_view resource, std::string_view name, std::string_view value) {
  const auto done = set_attribute(resource, kMetaSet, name, value);
  if (!done) return done;
  return std::string();  // crmsh writes it itself and says nothing
}

// AT-9.2: the ids that the tools make.
Result<std::string> OperatorShell::set_attribute(std::string_view resource, std::string_view set_name,
                                                 std::string_view name, std::string_view value) {
  Result<cib::Element> found = find_resource(resource);
  if (!found) return tl::unexpected(found.error());
  // As crm_resource 2.1.5 (black-box runs): "Performing update of ... on ..., the parent of ...".
  std::string text;
  if (set_name == kMetaSet && is_clone(found->parent())) {
    *found = found->parent();
    text = fmt::format("Performing update of '{}' on '{}', the parent of '{}'\n", name, found->id(), resource);
    resource = found->id();
  }
  const PairPlace place = place_of_pair(*found, set_name, name, fmt::format("{}-{}", resource, set_name));
  controller_.change_cib(pair_request(*found, set_name, place, name, value), "crm_resource");
  return text + fmt::format("Set '{}' option: id={}{} name={} value={}\n", resource, place.pair_id,
                            place.exists ? "" : fmt::format(" set={}", place.set_id), name, value);
}

std::string OperatorShell::active_node(std::string_view resource) const {
  const cib::Element status = controller_.cib().root().first_child("status");
  for (const cib::Element state : status.children("node_state")) {
    for (const cib::Element entry : state.first_child("lrm").first_child("lrm_resources").children("lrm_resource")) {
      if (entry.id() != resource && !entry.id().starts_with(fmt::format("{}:", resource))) continue;
      std::int64_t newest = -1;
      bool active = false;
      for (const cib::Element op : entry.children("lrm_rsc_op")) {
        const auto call = cib::parse_integer(op.value("call-id"));
        if (!call || call->value <= newest || op.value("op-status") != "0") continue;
        newest = call->value;
        const std::string_view operation = op.value("operation");
        active = operation != "stop" && !(operation == "monitor" && op.value("rc-code") == "7");
      }
      if (active) return std::string(state.value("uname"));
    }
  }
  return {};
}

// It, or a part of it.
bool OperatorShell::is_active(const cib::Element& resource) const {
  if (!active_node(resource.id()).empty()) return true;
  for (cib::Element part = resource.next_in(resource); part; part = part.next_in(resource))
    if (part.is("primitive") && !active_node(part.id()).empty()) return true;
  return false;
}

std::string OperatorShell::relocation_text(std::string_view kind, std::string_view resource, std::string_view node) {
  return fmt::format(
      "INFO: {} constraint created for {}{}{}\nINFO: Use `crm resource clear {}` to remove this constraint\n", kind,
      resource, node.empty() ? "" : " to ", node, resource);
}

Result<std::string> OperatorShell::move(std::string_view resource, Words where) {
  const bool force = std::erase_if(where, [](std::string_view word) { return word == "force"; }) > 0;
  const std::string_view lifetime = where.size() > 1 ? where[1] : std::string_view();
  if (where.empty()) {
    // As crmsh 4.4 (black-box runs).
    if (!force) return fail("No target node: Move requires either a target node or 'force'");
    return ban(resource, {}, {});
  }
  // crm_resource refuses (black-box run of 2.1.5).
  if (cib::equal_ignoring_case(active_node(resource), where[0]))
    return fail(fmt::format("resource {} is already active on {}", resource, where[0]));
  const auto moved = locate(resource, where[0], lifetime, false);
  if (!moved) return moved;
  return *moved + relocation_text("Move", resource, where[0]);
}

Result<std::string> OperatorShell::ban(std::string_view resource, std::string_view node, std::string_view lifetime) {
  const std::string target = node.empty() ? active_node(resource) : std::string(node);
  if (target.empty()) return fail(fmt::format("resource {} runs nowhere: name the node", resource));
  const auto banned = locate(resource, target, lifetime, true);
  if (!banned) return banned;
  return *banned + relocation_text("Ban", resource, node);
}

// AT-9.2; ids and the form of the rule by runs of 2.1.5.
Result<std::string> OperatorShell::locate(std::string_view resource, std::string_view node, std::string_view lifetime,
                                          bool away) {
  const std::string id =
      away ? fmt::format("cli-ban-{}-on-{}", resource, node) : fmt::format("cli-prefer-{}", resource);
  const std::string_view score = away ? "-INFINITY" : "INFINITY";
  cib::Document document;
  cib::MutableElement location = document.create_root("rsc_location");
  location.set_attribute("id", id).set_attribute("rsc", resource).set_attribute("role", "Started");
  std::string text;
  if (lifetime.empty()) {
    location.set_attribute("node", node).set_attribute("score", score);
  } else {
    const auto duration = cib::parse_duration(lifetime);
    if (!duration) return fail(fmt::format("Invalid duration specified: {}", lifetime));
    cib::DateTime end = cib::DateTime::from_epoch(host_.now().unix_seconds());
    end.add(*duration);
    const auto part = [&](std::string_view of_ban, std::string_view of_move) {
      return away ? fmt::format("{}-{}", id, of_ban) : fmt::format("cli-prefer-{}-{}", of_move, resource);
    };
    cib::MutableElement rule = location.append_child("rule");
    rule.set_attribute("id", part("rule", "rule")).set_attribute("score", score).set_attribute("boolean-op", "and");
    rule.append_child("expression")
        .set_attribute("id", part("expr", "expr"))
        .set_attribute("attribute", "#uname")
        .set_attribute("operation", "eq")
        .set_attribute("value", node)
        .set_attribute("type", "string");
    rule.append_child("date_expression")
        .set_attribute("id", part("lifetime", "lifetime-end"))
        .set_attribute("operation", "lt")
        .set_attribute("end", end.text());
    text = fmt::format("Migration will take effect until: {}\n", end.text());
  }
  if (away)
    text += fmt::format(
        "WARNING: Creating rsc_location constraint '{0}' with a score of -INFINITY for resource {1} on {2}.\n"
        "\tThis will prevent {1} from running on {2} until the constraint is removed using the clear option or by "
        "editing the CIB with an appropriate tool\n"
        "\tThis will be the case even if {2} is the last node in the cluster\n",
        id, resource, node);
  CibRequest request;
  request.merge({step("configuration"), step("constraints")}, document.root());
  controller_.change_cib(std::move(request), "crm_resource");
  return text;
}

Result<std::string> OperatorShell::clear(std::string_view resource) {
  const std::string prefer = fmt::format("cli-prefer-{}", resource);
  const std::string ban_prefix = fmt::format("cli-ban-{}-on-", resource);
  CibRequest request;
  const cib::Element constraints = controller_.cib().find_path("configuration/constraints");
  for (const cib::Element location : constraints.children("rsc_location")) {
    if (location.id() == prefer || location.id().starts_with(ban_prefix)) request.remove(path_of(location));
  }
  if (!request.steps.empty()) controller_.change_cib(std::move(request), "crm_resource");
  return fmt::format("INFO: Removed migration constraints for {}\n", resource);
}

// The fail counts of a resource on a node: of each operation, or one for all before 1.1.17.
std::vector<cib::Element> OperatorShell::fail_counts(std::string_view node, std::string_view resource) const {
  const std::string name = fmt::format("fail-count-{}", resource);
  std::vector<cib::Element> counts;
  for (const cib::Element pair : transient_pairs(node))
    if (pair.value("name") == name || pair.value("name").starts_with(name + "#")) counts.push_back(pair);
  return counts;
}

// crm resource failcount RESOURCE set NODE VALUE [OPERATION [INTERVAL]], show NODE or delete NODE.
Result<std::string> OperatorShell::failcount_command(const Words& words) {
  const std::string_view verb = words.size() > 4 ? words[3] : std::string_view();
  const std::string name = fmt::format("fail-count-{}", words[2]);
  std::vector<cib::Element> counts = fail_counts(words[4], words[2]);
  if (verb == "show") {
    std::int32_t sum = 0;
    for (const cib::Element count : counts)
      sum = cib::add_scores(sum, cib::parse_score(count.value("value")).value_or(0));
    return fmt::format("scope=status  name={} value={}\n", name, cib::score_text(sum));
  }
  if (verb == "delete") {
    controller_.cleanup(words[2], words[4]);
    return fmt::format("Cleaned up {} on {}\n", words[2], words[4]);
  }
  if (verb != "set" || words.size() < 6)
    return fail("expected: crm resource failcount RESOURCE set NODE VALUE, show NODE or delete NODE");
  if (words.size() > 6) {
    const std::string wanted = fmt::format("{}#{}_", name, words[6]);
    std::erase_if(counts, [&](const cib::Element& count) { return !count.value("name").starts_with(wanted); });
  }
  if (counts.size() > 1)
    return fail(fmt::format("{} has several fail counts on {}: name the operation", words[2], words[4]));
  controller_.update_attribute(counts.empty() ? name : counts.front().value("name"), words[5], {}, words[4]);
  return std::string();
}

}  // namespace simcluster::node
