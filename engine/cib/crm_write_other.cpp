// Tags, fencing levels, options, access control and alerts as crm shell text (AT-7.5).
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/cib/crm_writer.h"

namespace simcluster::cib::crm {

namespace {

// Whom a level is for, as it stands before the devices.
std::string target_text(Element level) {
  if (level.has("target")) return fmt::format("{}:", level.value("target"));
  if (level.has("target-pattern")) return fmt::format("pattern:{}", level.value("target-pattern"));
  if (!level.has("target-attribute")) return {};
  return fmt::format("attr:{}", pair_text(level.value("target-attribute"), level.value("target-value")));
}

using Levels = std::vector<std::pair<std::string, std::string>>;  // target, devices of all its levels

Levels levels_of(Element topology) {
  Levels levels;
  for (const Element level : topology.children("fencing-level")) {
    const std::string target = target_text(level);
    auto at = std::find_if(levels.begin(), levels.end(), [&](const auto& known) { return known.first == target; });
    if (at == levels.end()) at = levels.insert(levels.end(), {target, {}});
    at->second.append(" ").append(level.value("devices"));
  }
  return levels;
}

Element nodes_of(Element topology) { return topology.parent().first_child("nodes"); }

// AT-7.4: without targets when every node has the same levels.
bool same_for_all(const Levels& levels, Element nodes) {
  return !levels.empty() && levels.size() == nodes.child_count() &&
         std::all_of(levels.begin(), levels.end(),
                     [&](const auto& level) { return level.second == levels.front().second; });
}

// What stands behind `head` up to `tail`; empty when the text is another.
std::string between(std::string_view text, std::string_view head, std::string_view tail) {
  const auto end = text.find(tail);
  if (!text.starts_with(head) || end == std::string_view::npos || end < head.size()) return {};
  return std::string(text.substr(head.size(), end - head.size()));
}

// The shortcut for an XPath, as AT-7.4 lists them; empty when there is none.
std::string acl_shortcut(std::string_view path) {
  if (path == "/cib") return "cib";
  if (path == "/cib/status") return "status";
  if (const std::string id = between(path, "//rsc_location[@id='cli-prefer-", "' and @rsc='"); !id.empty())
    return path == fmt::format("//rsc_location[@id='cli-prefer-{0}' and @rsc='{0}']", id) ? "location:" + id : "";
  if (path == "//nodes/node") return "node";
  if (path == "//nodes/node/instance_attributes") return "nodeattr";
  if (path == "//nodes/node/utilization") return "nodeutil";
  if (const std::string name = between(path, "//crm_config/cluster_property_set/nvpair[@name='", "']"); !name.empty())
    return "property:" + name;
  constexpr std::string_view kPrimitive = "//primitive[@id='";
  constexpr std::string_view kPair = "/nvpair[@name='";
  if (!path.starts_with(kPrimitive)) return {};
  path.remove_prefix(kPrimitive.size());
  const std::size_t id_end = path.find("']/");
  if (id_end == std::string_view::npos) return {};
  const std::string_view id = path.substr(0, id_end);
  path.remove_prefix(id_end + 3);
  for (const auto& [set, keyword] : {std::pair<std::string_view, std::string_view>{"meta_attributes", "meta"},
                                     {"instance_attributes", "params"},
                                     {"utilization", "utilization"}}) {
    if (!path.starts_with(set)) continue;
    const std::string_view rest = path.substr(set.size());
    if (rest.empty()) return fmt::format("{}:{}", keyword, id);
    if (!rest.starts_with(kPair) || !rest.ends_with("']")) return {};
    return fmt::format("{}:{}:{}", keyword, id, rest.substr(kPair.size(), rest.size() - kPair.size() - 2));
  }
  return {};
}

std::string alert_sets(Element element, std::string_view before) {
  std::string text;
  for (const Element set : element.children("instance_attributes"))
    text += fmt::format("{}attributes{}", before, set_text(set));
  for (const Element set : element.children("meta_attributes")) text += fmt::format("{}meta{}", before, set_text(set));
  return text;
}

std::string select_text(Element kind) {
  std::string text(kind.name().substr(std::string_view("select_").size()));
  if (!kind.first_child()) return text;
  text += " {";
  for (const Element attribute : kind.children()) text += fmt::format(" {}", attribute.value("name"));
  return text + " }";
}

}  // namespace

std::string tag_text(Element tag) {
  std::string text = fmt::format("tag {}", tag.id());
  for (const Element member : tag.children("obj_ref")) text += fmt::format(" {}", member.id());
  return text;
}

bool topology_has_words(Element topology) {
  const Levels levels = levels_of(topology);
  const Element nodes = nodes_of(topology);
  if (!same_for_all(levels, nodes)) return true;
  for (const Element node : nodes.children("node")) {
    const std::string target = fmt::format("{}:", node.value("uname"));
    if (std::none_of(levels.begin(), levels.end(), [&](const auto& level) { return level.first == target; }))
      return false;
  }
  return true;
}

std::string topology_text(Element topology) {
  const Levels levels = levels_of(topology);
  if (same_for_all(levels, nodes_of(topology))) return fmt::format("fencing_topology{}", levels.front().second);
  std::string text = "fencing_topology";
  for (const auto& [target, devices] : levels) text += fmt::format("{}{}{}", kContinuation, target, devices);
  return text;
}

std::string property_text(std::string_view keyword, Element set) {
  std::string text = fmt::format("{} {}:", keyword, set.id());
  for (const Element rule : set.children("rule")) text += fmt::format("{}{}", kContinuation, rule_text(rule));
  for (const Element pair : set.children("nvpair")) text += fmt::format("{}{}", kContinuation, nvpair_text(pair));
  return text;
}

std::string acl_role_text(Element role) {
  std::string text = fmt::format("role {}", role.id());
  if (role.has("description")) text.append(kContinuation) += pair_text("description", role.value("description"));
  for (const Element permission : role.children("acl_permission")) {
    text += fmt::format("{}{}", kContinuation, permission.value("kind"));
    if (const std::string shortcut = acl_shortcut(permission.value("xpath")); !shortcut.empty()) {
      text += " " + shortcut;
      continue;
    }
    for (const auto& [name, keyword] : {std::pair<std::string_view, std::string_view>{"xpath", "xpath"},
                                        {"reference", "ref"},
                                        {"object-type", "type"},
                                        {"attribute", "attribute"}})
      if (permission.has(name)) text += fmt::format(" {}:{}", keyword, quoted(permission.value(name)));
  }
  return text;
}

std::string acl_subject_text(Element subject) {
  std::string text = fmt::format("{} {}", subject.name(), subject.id());
  for (const Element role : subject.children("role")) text += fmt::format("{}{}", kContinuation, role.id());
  return text;
}

std::string alert_text(Element alert) {
  std::string text = fmt::format("alert {} {}", alert.id(), quoted(alert.value("path")));
  if (alert.has("description")) text.append(kContinuation) += pair_text("description", alert.value("description"));
  text += alert_sets(alert, kContinuation);
  for (const Element select : alert.children("select")) {
    text += fmt::format("{}select", kContinuation);
    for (const Element kind : select.children()) text += " " + select_text(kind);
  }
  for (const Element recipient : alert.children("recipient"))
    text += fmt::format("{}to {}{}", kContinuation, quoted(recipient.value("value")), alert_sets(recipient, " "));
  return text;
}

}  // namespace simcluster::cib::crm
