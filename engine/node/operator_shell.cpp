#include "engine/node/operator_shell.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "engine/cib/crm_shell.h"
#include "engine/cib/dates.h"
#include "engine/cib/patch.h"
#include "engine/cib/values.h"
#include "engine/controller/cib_request.h"

namespace simcluster::node {

using controller::CibPath;
using controller::CibRequest;
using controller::CibStep;
using controller::step;

namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto start = text.find_first_not_of(" \t\n");
    if (start == std::string_view::npos) break;
    text.remove_prefix(start);
    const auto end = text.find_first_of(" \t\n");
    words.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end);
  }
  return words;
}

// Path of an element from below the root, by ids.
CibPath path_of(cib::Element element) {
  CibPath path;
  for (; element && !element.is("cib"); element = element.parent()) {
    path.insert(path.begin(), element.id().empty() ? step(element.name()) : step(element.name(), element.id()));
  }
  return path;
}

constexpr std::array<std::string_view, 9> kConfigurationSections = {"crm_config",  "nodes",        "resources",
                                                                    "constraints", "rsc_defaults", "op_defaults",
                                                                    "acls",        "tags",         "fencing-topology"};

Result<CibPath> section_path(std::string_view section) {
  if (section.empty()) return CibPath{};
  if (section == "configuration" || section == "status") return CibPath{step(section)};
  if (section == "alerts" || std::find(kConfigurationSections.begin(), kConfigurationSections.end(), section) !=
                                 kConfigurationSections.end()) {
    return CibPath{step("configuration"), step(section)};
  }
  return fail(
      fmt::format("\"{}\" is not a section of the CIB; expected configuration, status, nodes, resources, "
                  "constraints, crm_config, rsc_defaults, op_defaults, acls, tags, fencing-topology or alerts",
                  section));
}

constexpr std::string_view kMetaSet = "meta_attributes";
constexpr std::string_view kParameterSet = "instance_attributes";
constexpr std::string_view kUtilization = "utilization";

bool is_clone(const cib::Element& element) { return element.is("clone") || element.is("master"); }

// The clone itself, or what it is made of.
bool is_promotable(const cib::Element& resource) {
  const cib::Element clone = is_clone(resource) ? resource : resource.parent();
  if (!is_clone(clone)) return false;
  if (clone.is("master")) return true;
  for (const cib::Element set : clone.children(kMetaSet))
    for (const cib::Element pair : set.children("nvpair"))
      if (pair.value("name") == "promotable") return pair.value("value") == "true";
  return false;
}

}  // namespace

Result<void> OperatorShell::crm(std::string_view command) {
  const Words words = split(command);
  if (words.empty()) return fail("an empty crm command");
  if (words[0] == "resource") return resource_command(words);
  if (words[0] == "node") return node_command(words);
  if (words[0] == "configure") return configure_command(words, command);
  if (words[0] == "maintenance" && words.size() == 2 && (words[1] == "on" || words[1] == "off"))
    return load(fmt::format("property maintenance-mode={}", words[1] == "on"), "crm maintenance", LoadMethod::kUpdate);
  return fail(
      fmt::format("\"crm {}\" is not known; expected resource, node, configure or maintenance on|off", words[0]));
}

// AT part I: the manual ways of fencing.
Result<std::string> OperatorShell::stonith_admin(std::string_view arguments) {
  const Words words = split(arguments);
  const std::string_view verb = words.empty() ? std::string_view() : words[0];
  if (words.size() != 2)
    return fail(
        fmt::format("\"stonith_admin {}\" is not known; expected --confirm, --reboot, --off, --on or "
                    "--history and a node",
                    arguments));
  const std::string_view node = words[1];
  if (verb == "--confirm" || verb == "-C") {
    controller_.confirm_off(node);
    return std::string();
  }
  if (verb == "--history" || verb == "-H") {
    std::string text;
    for (const fencer::HistoryEntry& entry : controller_.fencing_history()) {
      if (entry.pending || (node != "*" && entry.target != node)) continue;
      text += fmt::format("{} was {} to {} node {} on behalf of {} from {} at {}\n",
                          entry.delegate.empty() ? "Nobody" : entry.delegate, entry.succeeded ? "able" : "not able",
                          entry.action, entry.target, entry.client, entry.origin, ctime_text(entry.completed));
    }
    return text;
  }
  if (!verb.starts_with("--")) return fail(fmt::format("\"{}\" is no option of stonith_admin", verb));
  const auto asked = controller_.fence(node, verb.substr(2));
  if (!asked) return tl::unexpected(asked.error());
  return std::string();
}

// --- resource ---

Result<void> OperatorShell::resource_command(const Words& words) {
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
    return {};
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
    return set_meta(resource, "target-role", verb == "promote" ? "Master" : "Slave");
  }
  if (verb == "manage") return set_meta(resource, "is-managed", "true");
  if (verb == "unmanage") return set_meta(resource, "is-managed", "false");
  if (verb == "maintenance") return set_meta(resource, "maintenance", node == "off" ? "false" : "true");
  if (verb == "meta" || verb == "param" || verb == kUtilization) return resource_attribute(words);
  if (verb == "move" || verb == "migrate") return move(resource, Words(words.begin() + 3, words.end()));
  if (verb == "ban") return ban(resource, node, words.size() > 4 ? words[4] : "");
  if (verb == "clear" || verb == "unmove" || verb == "unmigrate") return clear(resource);
  if (verb == "failcount") return failcount_command(words);
  return fail(
      fmt::format("\"crm resource {}\" is not known; expected start, stop, promote, demote, manage, unmanage, "
                  "maintenance, meta, param, utilization, move, ban, clear, cleanup, refresh or failcount",
                  verb));
}

Result<cib::Element> OperatorShell::find_resource(std::string_view id) const {
  for (const cib::Element element : controller_.cib().find_all_id(id)) {
    if (cib::is_resource(element.name())) return element;
  }
  return fail(fmt::format("resource {} is not configured", id));
}

// crm resource meta|param|utilization RESOURCE set NAME VALUE, or delete NAME.
Result<void> OperatorShell::resource_attribute(const Words& words) {
  const std::string_view set = words[1] == "meta" ? kMetaSet : words[1] == "param" ? kParameterSet : kUtilization;
  if (words.size() == 6 && words[3] == "set") return set_attribute(words[2], set, words[4], words[5]);
  if (words.size() != 5 || words[3] != "delete")
    return fail(fmt::format("expected: crm resource {} RESOURCE set NAME VALUE, or delete NAME", words[1]));
  const Result<cib::Element> found = find_resource(words[2]);
  if (!found) return tl::unexpected(found.error());
  CibRequest request;
  for (const cib::Element attributes : found->children(set))
    for (const cib::Element pair : attributes.children("nvpair"))
      if (pair.value("name") == words[4]) request.remove(path_of(pair));
  if (!request.steps.empty()) controller_.change_cib(std::move(request), "crm_resource");
  return {};
}

Result<void> OperatorShell::set_meta(std::string_view resource, std::string_view name, std::string_view value) {
  return set_attribute(resource, kMetaSet, name, value);
}

// AT-9.2: the ids that the tools make.
Result<void> OperatorShell::set_attribute(std::string_view resource, std::string_view set_name, std::string_view name,
                                          std::string_view value) {
  Result<cib::Element> found = find_resource(resource);
  if (!found) return tl::unexpected(found.error());
  // As crm_resource 2.1.5 (black-box runs): "Performing update of ... on ..., the parent of ...".
  if (set_name == kMetaSet && is_clone(found->parent())) {
    *found = found->parent();
    resource = found->id();
  }
  const cib::Element set = found->first_child(set_name);
  const std::string set_id = set ? std::string(set.id()) : fmt::format("{}-{}", resource, set_name);
  std::string pair_id = fmt::format("{}-{}", set_id, name);
  if (set) {
    for (const cib::Element pair : set.children("nvpair")) {
      if (pair.value("name") == name) pair_id = pair.id();
    }
  }
  cib::Document document;
  cib::MutableElement payload = document.create_root(set_name);
  payload.set_attribute("id", set_id);
  payload.append_child("nvpair").set_attribute("id", pair_id).set_attribute("name", name).set_attribute("value", value);
  CibRequest request;
  request.merge(path_of(*found), document.root());
  controller_.change_cib(std::move(request), "crm_resource");
  return {};
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

Result<void> OperatorShell::move(std::string_view resource, Words where) {
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
  return locate(resource, where[0], lifetime, false);
}

Result<void> OperatorShell::ban(std::string_view resource, std::string_view node, std::string_view lifetime) {
  const std::string target = node.empty() ? active_node(resource) : std::string(node);
  if (target.empty()) return fail(fmt::format("resource {} runs nowhere: name the node", resource));
  return locate(resource, target, lifetime, true);
}

// AT-9.2; ids and the form of the rule by runs of 2.1.5.
Result<void> OperatorShell::locate(std::string_view resource, std::string_view node, std::string_view lifetime,
                                   bool away) {
  const std::string id =
      away ? fmt::format("cli-ban-{}-on-{}", resource, node) : fmt::format("cli-prefer-{}", resource);
  const std::string_view score = away ? "-INFINITY" : "INFINITY";
  cib::Document document;
  cib::MutableElement location = document.create_root("rsc_location");
  location.set_attribute("id", id).set_attribute("rsc", resource).set_attribute("role", "Started");
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
  }
  CibRequest request;
  request.merge({step("configuration"), step("constraints")}, document.root());
  controller_.change_cib(std::move(request), "crm_resource");
  return {};
}

Result<void> OperatorShell::clear(std::string_view resource) {
  const std::string prefer = fmt::format("cli-prefer-{}", resource);
  const std::string ban_prefix = fmt::format("cli-ban-{}-on-", resource);
  CibRequest request;
  const cib::Element constraints = controller_.cib().find_path("configuration/constraints");
  for (const cib::Element location : constraints.children("rsc_location")) {
    if (location.id() == prefer || location.id().starts_with(ban_prefix)) request.remove(path_of(location));
  }
  if (!request.steps.empty()) controller_.change_cib(std::move(request), "crm_resource");
  return {};
}

Result<void> OperatorShell::failcount_command(const Words& words) {
  if (words.size() < 5) return fail("expected: crm resource failcount RESOURCE set NODE VALUE, or delete NODE");
  const std::string name = fmt::format("fail-count-{}", words[2]);
  if (words[3] == "delete") {
    controller_.update_attribute(name, std::nullopt, {}, words[4]);
    return {};
  }
  if (words[3] == "set" && words.size() > 5) {
    controller_.update_attribute(name, words[5], {}, words[4]);
    return {};
  }
  return fail("expected: crm resource failcount RESOURCE set NODE VALUE, or delete NODE");
}

// --- node ---

Result<void> OperatorShell::node_command(const Words& words) {
  if (words.size() < 2) return fail("\"crm node\" needs a command: standby, online, maintenance or ready");
  const std::string_view verb = words[1];
  const std::string_view node = words.size() > 2 ? words[2] : std::string_view(own_name_);
  if (verb == "attribute" || verb == "status-attr" || verb == kUtilization) return node_attribute_command(words);
  if (verb == "delete") return delete_node(node);
  if (verb == "standby") return standby(node, words.size() > 3 ? words[3] : std::string_view("forever"));
  if (verb == "online") return node_attribute(node, "standby", "off");
  if (verb == "maintenance") return node_attribute(node, "maintenance", "true");
  if (verb == "ready") return node_attribute(node, "maintenance", "off");
  // crmsh 4.4 asks the fencer (black-box run).
  if (verb == "clearstate") {
    controller_.confirm_off(node);
    return {};
  }
  if (verb == "fence") {
    controller_.update_attribute("terminate", "true", {}, node);
    return {};
  }
  return fail(
      fmt::format("\"crm node {}\" is not known; expected standby, online, maintenance, ready, fence, clearstate, "
                  "attribute, status-attr, "
                  "utilization or delete",
                  verb));
}

// For ever, or until the node leaves the cluster.
Result<void> OperatorShell::standby(std::string_view node, std::string_view lifetime) {
  if (lifetime == "forever") return node_attribute(node, "standby", "on");
  if (lifetime != "reboot")
    return fail(fmt::format("\"{}\" is no lifetime of crm node standby, expected reboot or forever", lifetime));
  controller_.update_attribute("standby", "on", {}, node);
  return {};
}

// crm node attribute|utilization|status-attr NODE set NAME VALUE, or delete NAME (AT-9.3).
Result<void> OperatorShell::node_attribute_command(const Words& words) {
  const bool set = words.size() == 6 && words[3] == "set";
  const bool unset = words.size() == 5 && words[3] == "delete";
  if (!set && !unset) return fail(fmt::format("expected: crm node {} NODE set NAME VALUE, or delete NAME", words[1]));
  if (words[1] == "status-attr") {
    controller_.update_attribute(words[4], set ? std::optional(words[5]) : std::nullopt, {}, words[2]);
    return {};
  }
  const std::string_view kind = words[1] == kUtilization ? kUtilization : kParameterSet;
  if (set) return node_attribute(words[2], words[4], words[5], kind);
  const cib::Element nodes = controller_.cib().find_path("configuration/nodes");
  for (const cib::Element element : nodes.children("node")) {
    if (!cib::equal_ignoring_case(element.value("uname"), words[2])) continue;
    CibRequest request;
    for (const cib::Element attributes : element.children(kind))
      for (const cib::Element pair : attributes.children("nvpair"))
        if (pair.value("name") == words[4]) request.remove(path_of(pair));
    if (request.steps.empty()) return {};
    controller_.change_cib(std::move(request), "crm_attribute");
    return {};
  }
  return fail(fmt::format("node {} is not in the configuration", words[2]));
}

// A node that is gone for good: its entry and its status.
Result<void> OperatorShell::delete_node(std::string_view node) {
  for (const std::string& member : controller_.members())
    if (cib::equal_ignoring_case(member, node)) return fail(fmt::format("node {} is active: stop it first", node));
  CibRequest request;
  for (const cib::Element element : controller_.cib().find_path("configuration/nodes").children("node"))
    if (cib::equal_ignoring_case(element.value("uname"), node)) request.remove(path_of(element));
  if (request.steps.empty()) return fail(fmt::format("node {} is not in the configuration", node));
  for (const cib::Element state : controller_.cib().root().first_child("status").children("node_state"))
    if (cib::equal_ignoring_case(state.value("uname"), node)) request.remove(path_of(state));
  controller_.change_cib(std::move(request), "cibadmin");
  return {};
}

// AT-9.3: instance_attributes "nodes-<id>", nvpair "nodes-<id>-<name>"; utilization "nodes-<id>-utilization".
Result<void> OperatorShell::node_attribute(std::string_view node, std::string_view name, std::string_view value,
                                           std::string_view kind) {
  const cib::Element nodes = controller_.cib().find_path("configuration/nodes");
  for (const cib::Element element : nodes.children("node")) {
    if (!cib::equal_ignoring_case(element.value("uname"), node)) continue;
    const cib::Element set = element.first_child(kind);
    const std::string set_id =
        set ? std::string(set.id())
            : fmt::format("nodes-{}{}", element.id(), kind == kUtilization ? "-utilization" : "");
    std::string pair_id = fmt::format("{}-{}", set_id, name);
    if (set) {
      for (const cib::Element pair : set.children("nvpair")) {
        if (pair.value("name") == name) pair_id = pair.id();
      }
    }
    cib::Document document;
    cib::MutableElement payload = document.create_root(kind);
    payload.set_attribute("id", set_id);
    payload.append_child("nvpair")
        .set_attribute("id", pair_id)
        .set_attribute("name", name)
        .set_attribute("value", value);
    CibRequest request;
    request.merge(path_of(element), document.root());
    controller_.change_cib(std::move(request), "crm_attribute");
    return {};
  }
  return fail(fmt::format("node {} is not in the configuration", node));
}

// --- configure ---

Result<void> OperatorShell::configure_command(const Words& words, std::string_view command) {
  if (words.size() < 2) return fail("\"crm configure\" needs a command");
  if (words[1] == "delete") return erase(Words(words.begin() + 2, words.end()));
  if (words[1] == "rename") return rename(words);
  if (words[1] == "modgroup")
    return edit(
        [&](cib::Document& wanted) { return cib::modify_group(wanted, Words(words.begin() + 2, words.end())); });
  if (words[1] == "filter") return edit_text(command, cib::ObjectText::kOneLine);
  if (words[1] == "edit") return edit_text(command, cib::ObjectText::kAsShown);
  if (words[1] == "erase") {  // nodes stay, unless they are named
    cib::Document empty = cib::empty_cib();
    cib::MutableElement nodes = empty.root().first_child("configuration").first_child("nodes");
    const bool keep_nodes = words.size() < 3 || words[2] != "nodes";
    for (const cib::Element node : controller_.cib().find_path("configuration/nodes").children("node"))
      if (keep_nodes) nodes.append_copy(node);
    cib::Document wanted = controller_.cib();
    wanted.root().first_child("configuration").remove();
    wanted.root().insert_copy(std::as_const(empty).root().first_child("configuration"), wanted.root().first_child());
    controller_.change_configuration(wanted, "crmd");
    return {};
  }
  const auto at = command.find("configure") + std::string_view("configure").size();
  return load(command.substr(at), "crm configure", LoadMethod::kUpdate);
}

Result<void> OperatorShell::erase(Words ids) {
  const bool force = std::erase_if(ids, [](std::string_view word) { return word == "--force" || word == "-f"; }) > 0;
  if (ids.empty()) return fail("\"crm configure delete\" needs the id of an object");
  for (const std::string_view id : ids)
    for (const cib::Element element : controller_.cib().find_all_id(id))
      // As crmsh 4.4 (black-box run).
      if (!force && cib::is_resource(element.name()) && is_active(element))
        return fail(fmt::format("resource {} is running, can't delete it", id));
  return edit([&](cib::Document& wanted) { return cib::delete_objects(wanted, ids); });
}

Result<void> OperatorShell::rename(const Words& words) {
  if (words.size() != 4) return fail("expected: crm configure rename ID NEW-ID");
  // As crmsh 4.4: a group may be renamed while its members run.
  for (const cib::Element element : controller_.cib().find_all_id(words[2]))
    if (element.is("primitive") && is_active(element))
      return fail(fmt::format("cannot rename a running resource ({})", words[2]));
  return edit([&](cib::Document& wanted) { return cib::rename_object(wanted, words[2], words[3]); });
}

// crm configure edit|filter "sed SCRIPT" [ID...]: what an editor or the program does to the text is a script of sed.
Result<void> OperatorShell::edit_text(std::string_view command, cib::ObjectText form) {
  const auto quote = command.find_first_of("\"'");
  const auto end = quote == std::string_view::npos ? quote : command.find(command[quote], quote + 1);
  constexpr std::string_view kSed = "sed ";
  if (end == std::string_view::npos || !command.substr(quote + 1).starts_with(kSed))
    return fail("expected: crm configure filter \"sed SCRIPT\" [ID...] (no other program can be run here)");
  std::string_view script = command.substr(quote + 1 + kSed.size(), end - quote - 1 - kSed.size());
  if (script.starts_with("-e ")) script.remove_prefix(3);
  constexpr std::string_view kQuotes = "\"'";
  if (script.size() > 1 && kQuotes.find(script.front()) != std::string_view::npos && script.back() == script.front())
    script = script.substr(1, script.size() - 2);
  const Words ids = split(command.substr(end + 1));
  return edit([&](cib::Document& wanted) { return cib::edit_objects(wanted, ids, script, form); });
}

// crmsh computes the new configuration.
Result<void> OperatorShell::edit(const std::function<Result<void>(cib::Document&)>& change) {
  cib::Document wanted = controller_.cib();
  if (Result<void> changed = change(wanted); !changed) return changed;
  controller_.change_configuration(wanted, "cibadmin");
  return {};
}

Result<void> OperatorShell::load(std::string_view text, std::string_view file_name, LoadMethod method) {
  const auto how = method == LoadMethod::kUpdate ? cib::CrmLoad::kUpdate : cib::CrmLoad::kReplace;
  return edit([&](cib::Document& wanted) { return cib::apply_crm_shell(wanted, text, file_name, how); });
}

// --- cibadmin ---

Result<void> OperatorShell::change(CibChange change, std::string_view section, std::string_view xml) {
  Result<CibPath> path = section_path(section);
  if (!path) return tl::unexpected(path.error());
  const Result<cib::Document> payload = cib::parse_document(xml, "cibadmin -X");
  if (!payload) return tl::unexpected(payload.error());
  const cib::Element given = payload->root();
  const bool names_section = !path->empty() && path->back().element == given.name();
  CibRequest request;
  switch (change) {
    case CibChange::kPatch: {
      // Tried here, to say what is wrong with it; it counts what the CIB is when the request's turn comes (CM-6.12).
      cib::Document wanted = controller_.cib();
      const cib::PatchResult tried = cib::apply_patch(wanted, *payload);
      if (tried.outcome != cib::PatchOutcome::kApplied)
        return fail(fmt::format("the difference does not fit the CIB: {}", tried.reason));
      request.set(CibStep::Kind::kPatch, {}, cib::write_compact(given));
      break;
    }
    case CibChange::kCreate:
    case CibChange::kModify:
      if (names_section) path->pop_back();
      request.set(change == CibChange::kCreate ? CibStep::Kind::kCreate : CibStep::Kind::kModify, *path,
                  cib::write_compact(given));
      break;
    case CibChange::kReplace:
      if (!names_section && !given.is("cib"))
        path->push_back(given.id().empty() ? step(given.name()) : step(given.name(), given.id()));
      request.set(CibStep::Kind::kReplace, *path, cib::write_compact(given));
      break;
    case CibChange::kDelete:
      if (!names_section) {
        cib::Element found;
        for (const cib::Element element : controller_.cib().find_all_id(given.id())) {
          if (element.name() == given.name()) found = element;
        }
        if (!found) return {};  // deleting what is not there is success (CM-6.6)
        request.remove(path_of(found));
      } else {
        request.remove(*path);
      }
      break;
  }
  controller_.change_cib(std::move(request), "cibadmin");
  return {};
}

}  // namespace simcluster::node
