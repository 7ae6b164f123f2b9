// crm node ... (AT-11.2).
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/nvpairs.h"
#include "engine/cib/values.h"
#include "engine/controller/cib_request.h"
#include "engine/node/operator_shell.h"
#include "engine/node/operator_words.h"

namespace simcluster::node {

using controller::CibRequest;
using controller::step;

Result<std::string> OperatorShell::node_command(const Words& words) {
  if (words.size() < 2) return fail("\"crm node\" needs a command: standby, online, maintenance or ready");
  const std::string_view verb = words[1];
  const std::string_view node = words.size() > 2 ? words[2] : std::string_view(own_name_);
  if (verb == "attribute" || verb == "status-attr" || verb == kUtilization) return node_attribute_command(words);
  if (verb == "delete") return delete_node(node);
  if (verb == "show") return show_nodes(words);
  if (verb == "server") return servers(Words(words.begin() + 2, words.end()));
  if (verb == "standby" || verb == "online") return standby_command(words);
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
                  "attribute, status-attr, utilization, delete, show or server",
                  verb));
}

Result<cib::Element> OperatorShell::find_node(std::string_view name) const {
  for (const cib::Element element : controller_.cib().find_path("configuration/nodes").children("node"))
    if (cib::equal_ignoring_case(element.value("uname"), name)) return element;
  return fail(fmt::format("node {} is not in the configuration", name));
}

std::vector<cib::Element> OperatorShell::transient_pairs(std::string_view node) const {
  std::vector<cib::Element> pairs;
  for (const cib::Element state : controller_.cib().root().first_child("status").children("node_state")) {
    if (!cib::equal_ignoring_case(state.value("uname"), node)) continue;
    for (const cib::Element set : state.first_child("transient_attributes").children(kParameterSet))
      for (const cib::Element pair : set.children("nvpair")) pairs.push_back(pair);
  }
  return pairs;
}

// As crmsh 4.4 prints it: with a node's attributes, but for standby, in a line (black-box runs).
std::string OperatorShell::node_text(const cib::Element& node) const {
  std::string_view type = node.value("type");
  std::string text = fmt::format("{}({}): {}", node.value("uname"), node.id(), type.empty() ? "member" : type);
  bool standby = false;
  std::string attributes;
  const cib::Element set = node.first_child(kParameterSet);
  for (const cib::Element pair : set.children("nvpair")) {
    if (pair.value("name") == "standby") {
      standby = pair.value("value") == "on" || pair.value("value") == "true";
      continue;
    }
    attributes += fmt::format("{}{}={}", attributes.empty() ? "" : ", ", pair.value("name"), pair.value("value"));
  }
  text += standby ? "(standby)\n" : "\n";
  return set ? fmt::format("{}\t{}\n", text, attributes) : text;
}

// crm node show [NODE]; nothing is said of a node that does not exist.
Result<std::string> OperatorShell::show_nodes(const Words& words) const {
  std::string text;
  for (const cib::Element node : controller_.cib().find_path("configuration/nodes").children("node"))
    if (words.size() < 3 || cib::equal_ignoring_case(node.value("uname"), words[2])) text += node_text(node);
  return text;
}

// crm node server [NODE...]: names, or addresses where some are configured.
Result<std::string> OperatorShell::servers(const Words& names) const {
  std::string text;
  for (const cib::Element node : controller_.cib().find_path("configuration/nodes").children("node")) {
    const std::string_view name = node.value("uname");
    if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
    const cib::Element address = find_pair(node, kParameterSet, "server");
    text += fmt::format("{}\n", address ? address.value("value") : name);
  }
  return text;
}

// crm node standby|online [--all | NODE...] [LIFETIME].
Result<std::string> OperatorShell::standby_command(const Words& words) {
  const bool standby = words[1] == "standby";
  Words nodes(words.begin() + 2, words.end());
  std::string_view lifetime = "forever";
  if (standby && !nodes.empty() && (nodes.back() == "reboot" || nodes.back() == "forever")) {
    lifetime = nodes.back();
    nodes.pop_back();
  }
  if (nodes == Words{"--all"}) {
    nodes.clear();
    for (const cib::Element node : controller_.cib().find_path("configuration/nodes").children("node"))
      nodes.push_back(node.value("uname"));
  } else if (nodes.empty()) {
    nodes.push_back(own_name_);
  }
  for (const std::string_view node : nodes)
    if (const auto found = find_node(node); !found) return tl::unexpected(found.error());
  std::string text;
  for (const std::string_view node : nodes) {
    if (lifetime == "reboot") {
      controller_.update_attribute("standby", "on", {}, node);
    } else if (const auto done = node_attribute(node, "standby", standby ? "on" : "off"); !done) {
      return done;
    }
    text += fmt::format("INFO: {} node {}\n", words[1], node);
  }
  return text;
}

// crm node attribute|utilization|status-attr NODE set NAME VALUE, show NAME or delete NAME (AT-9.3).
Result<std::string> OperatorShell::node_attribute_command(const Words& words) {
  const bool set = words.size() == 6 && words[3] == "set";
  const bool show = words.size() == 5 && words[3] == "show";
  const bool unset = words.size() == 5 && words[3] == "delete";
  if (!set && !unset && !show)
    return fail(fmt::format("expected: crm node {} NODE set NAME VALUE, show NAME or delete NAME", words[1]));
  if (words[1] == "status-attr")
    return status_attribute(words[2], words[4], show, set ? std::optional(words[5]) : std::nullopt);
  const std::string_view kind = words[1] == kUtilization ? kUtilization : kParameterSet;
  if (set) return node_attribute(words[2], words[4], words[5], kind);
  const Result<cib::Element> node = find_node(words[2]);
  if (!node) return tl::unexpected(node.error());
  const cib::Element pair = find_pair(*node, kind, words[4]);
  if (!pair && show) return fail("crm_attribute: Error performing operation: No such device or address");
  if (!pair) return std::string();
  if (show) return fmt::format("scope=nodes  name={} value={}\n", words[4], pair.value("value"));
  const std::string text = fmt::format("Deleted nodes attribute: id={} name={}\n", pair.id(), words[4]);
  CibRequest request;
  request.remove(path_of(pair));
  controller_.change_cib(std::move(request), "crm_attribute");
  return text;
}

Result<std::string> OperatorShell::status_attribute(std::string_view node, std::string_view name, bool show,
                                                    std::optional<std::string_view> value) {
  if (!show) {
    controller_.update_attribute(name, value, {}, node);
    return std::string();
  }
  for (const cib::Element pair : transient_pairs(node))
    if (pair.value("name") == name) return fmt::format("scope=status  name={} value={}\n", name, pair.value("value"));
  return fail("crm_attribute: Error performing operation: No such device or address");
}

// A node that is gone for good: its entry and its status.
Result<std::string> OperatorShell::delete_node(std::string_view node) {
  for (const std::string& member : controller_.members())
    if (cib::equal_ignoring_case(member, node))
      return fail(fmt::format("according to crm_node, node {} is still active", node));
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
Result<std::string> OperatorShell::node_attribute(std::string_view node, std::string_view name, std::string_view value,
                                                  std::string_view kind) {
  const Result<cib::Element> found = find_node(node);
  if (!found) return tl::unexpected(found.error());
  const PairPlace place = place_of_pair(
      *found, kind, name, fmt::format("nodes-{}{}", found->id(), kind == kUtilization ? "-utilization" : ""));
  controller_.change_cib(pair_request(*found, kind, place, name, value), "crm_attribute");
  return std::string();
}

}  // namespace simcluster::node
