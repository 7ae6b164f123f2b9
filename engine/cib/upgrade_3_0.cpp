// Conversions up to pacemaker-3.0: access control lists (S1 C-1.14) and retired names (S1 C-1.13).
#include <algorithm>

#include <fmt/format.h>

#include "engine/cib/upgrade_steps.h"

namespace simcluster::cib {

// ---- access control lists ----

bool needs_acl_conversion(const Document& document) {
  const Element acls = document.find_path("configuration/acls");
  if (!acls) return false;
  for (Element at = acls.first_child(); at; at = at.next_in(acls)) {
    for (const std::string_view old : {"acl_user", "role_ref", "read", "write", "deny"}) {
      if (at.is(old)) return true;
    }
  }
  return false;
}

namespace {

// <read ref= tag= xpath= attribute=/> becomes <acl_permission kind="read" reference= object-type= ../>.
void convert_permissions(MutableElement owner) {
  for (const MutableElement child : owner.children()) {
    MutableElement permission(child);
    const std::string kind(permission.name());
    if (kind != "read" && kind != "write" && kind != "deny") continue;
    permission.rename("acl_permission");
    permission.set_attribute("kind", kind);
    for (const auto& [from, to] :
         {std::pair<std::string_view, std::string_view>{"ref", "reference"}, {"tag", "object-type"}}) {
      if (const auto value = permission.attribute(from)) {
        permission.set_attribute(to, *value);
        permission.remove_attribute(from);
      }
    }
  }
}

}  // namespace

void convert_acls(Document& document) {
  const MutableElement acls = document.find_path("configuration/acls");
  for (const MutableElement child : acls.children()) {
    MutableElement entry(child);
    if (entry.is("acl_role")) convert_permissions(entry);
    if (!entry.is("acl_user")) continue;
    entry.rename("acl_target");
    const std::string role_id = fmt::format("{}-role", entry.id());
    MutableElement role;
    for (const MutableElement part : entry.children()) {
      MutableElement moved(part);
      if (moved.is("role_ref")) {
        moved.rename("role");
        continue;
      }
      if (!role) role = MutableElement(acls).append_child("acl_role").set_attribute(names::kId, role_id);
      moved.move(role, Element());
    }
    if (!role) continue;
    convert_permissions(role);
    entry.append_child("role").set_attribute(names::kId, role_id);
  }
}

// ---- retired names ----

namespace {

using Words = std::initializer_list<std::string_view>;

bool among(Words words, std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

const Words kWithUnderscores = {"cluster_recheck_interval", "dc_deadtime",           "election_timeout",
                                "no_quorum_policy",         "remove_after_stop",     "shutdown_escalation",
                                "startup_fencing",          "stonith_action",        "stonith_enabled",
                                "stop_orphan_actions",      "stop_orphan_resources", "symmetric_cluster"};
const Words kDroppedProperties = {"default-migration-threshold", "default_migration_threshold", "expected-quorum-votes",
                                  "notification-agent", "notification-recipient"};
const Words kMovedProperties = {"default-action-timeout",
                                "default_action_timeout",
                                "default-resource-stickiness",
                                "default_resource_stickiness",
                                "is-managed-default",
                                "is_managed_default",
                                "default-resource-failure-stickiness",
                                "default_resource_failure_stickiness"};
const Words kOldStacks = {"heartbeat", "openais", "classic openais", "classic openais (with plugin)", "cman"};
const Words kIsolation = {"isolation", "isolation-host", "isolation-instance", "isolation-wrapper"};
const Words kOldCommands = {"pcmk_list_cmd", "pcmk_monitor_cmd", "pcmk_off_cmd",
                            "pcmk_on_cmd",   "pcmk_reboot_cmd",  "pcmk_status_cmd"};
const Words kOperationMeta = {"interval-origin", "start-delay", "enabled", "on-fail",
                              "record-pending",  "role",        "timeout"};

bool is_resource(const Element& element) {
  return element.is(names::kPrimitive) || element.is(names::kTemplate) || element.is(names::kGroup) ||
         element.is(names::kClone) || element.is(names::kMaster) || element.is(names::kBundle);
}

bool is_old_property(const Element& pair) {
  const std::string_view name = pair.value(names::kName);
  if (name == "cluster-infrastructure") return among(kOldStacks, pair.value(names::kValue));
  return among(kWithUnderscores, name) || among(kDroppedProperties, name) || among(kMovedProperties, name) ||
         name == "transition_idle_timeout";
}

// The set that a name/value pair stands in, and what that belongs to.
bool is_old_pair(const Element& pair) {
  const Element set = pair.parent();
  const Element owner = set.parent();
  const std::string_view name = pair.value(names::kName);
  if (set.is(names::kClusterPropertySet)) return is_old_property(pair);
  if (set.is(names::kMetaAttributes) && (is_resource(owner) || owner.is(names::kRscDefaults))) {
    return among(kIsolation, name) || name == "resource-failure-stickiness";
  }
  if (!set.is(names::kInstanceAttributes)) return false;
  if (owner.is(names::kOp)) return among(kOperationMeta, name);
  return owner.value(names::kClass) == "stonith" && (among(kOldCommands, name) || name == "pcmk_arg_map");
}

bool is_old_element(const Element& element) {
  if (element.is(names::kNvpair)) return is_old_pair(element);
  if (element.is(names::kNode)) return element.value(names::kType) == "normal";
  if (element.is(names::kOp)) return element.has("requires");
  if (element.is(names::kRscColocation)) return element.has("score-attribute") || element.has("score-attribute-mangle");
  return false;
}

class Converter {
 public:
  explicit Converter(Document& document) : document_(document) {}

  void run() {
    std::vector<ElementId> old;
    const Element configuration = std::as_const(document_).find_path("configuration");
    for (Element at = configuration; at; at = at.next_in(configuration)) {
      if (is_old_element(at)) old.push_back(at.index());
    }
    for (const ElementId id : old) convert(document_.edit(document_.element(id)));
  }

 private:
  void convert(MutableElement element) {
    if (element.is(names::kNode)) element.set_attribute(names::kType, "member");
    if (element.is(names::kRscColocation)) {
      element.remove_attribute("score-attribute");
      element.remove_attribute("score-attribute-mangle");
    }
    if (element.is(names::kOp)) convert_requires(element);
    if (element.is(names::kNvpair)) convert_pair(element);
  }

  void convert_requires(MutableElement op) {
    const std::string value(op.value("requires"));
    op.remove_attribute("requires");
    const std::string_view name = op.value(names::kName);
    if (name == "start" || name == "promote") put(op.parent().parent(), "meta_attributes", "requires", value);
  }

  void convert_pair(MutableElement pair) {
    const MutableElement set = pair.parent();
    const std::string name(pair.value(names::kName));
    if (set.is(names::kClusterPropertySet)) return convert_property(pair, name);
    if (set.is(names::kMetaAttributes)) {
      if (name == "resource-failure-stickiness") return failure_stickiness(pair);
      pair.set_attribute(names::kName, "target-role").set_attribute(names::kValue, "Stopped");
      return;
    }
    if (set.parent().is(names::kOp)) {
      put(set.parent(), "meta_attributes", name, std::string(pair.value(names::kValue)));
      return drop(pair);
    }
    if (name != "pcmk_arg_map") {
      pair.set_attribute(names::kName, name.substr(0, name.size() - 3) + "action");
      return;
    }
    const std::string value(pair.value(names::kValue));
    if (!value.starts_with("port:")) return drop(pair);
    pair.set_attribute(names::kName, "pcmk_host_argument")
        .set_attribute(names::kValue, std::string_view(value).substr(5));
  }

  void convert_property(MutableElement pair, const std::string& name) {
    std::string dashed = name;
    std::replace(dashed.begin(), dashed.end(), '_', '-');
    const std::string value(pair.value(names::kValue));
    if (name == "transition_idle_timeout") {
      pair.set_attribute(names::kName, "cluster-delay");
      return;
    }
    if (among(kWithUnderscores, name)) {
      pair.set_attribute(names::kName, dashed);
      return;
    }
    const MutableElement configuration = document_.find_path("configuration");
    const auto defaults = [&](std::string_view section) { return MutableElement(configuration).ensure_child(section); };
    if (dashed == "default-action-timeout") put(defaults("op_defaults"), "meta_attributes", "timeout", value);
    if (dashed == "default-resource-stickiness")
      put(defaults("rsc_defaults"), "meta_attributes", "resource-stickiness", value);
    if (dashed == "is-managed-default") put(defaults("rsc_defaults"), "meta_attributes", "is-managed", value);
    if (dashed == "default-resource-failure-stickiness" && value == "-INFINITY") {
      put(defaults("rsc_defaults"), "meta_attributes", "migration-threshold", "1");
    }
    drop(pair);
  }

  void failure_stickiness(MutableElement pair) {
    if (pair.value(names::kValue) != "-INFINITY") return drop(pair);
    pair.set_attribute(names::kName, "migration-threshold").set_attribute(names::kValue, "1");
  }

  // A set that becomes empty goes too.
  static void drop(MutableElement pair) {
    MutableElement set = pair.parent();
    pair.remove();
    if (!set.first_child() && !set.is(names::kClusterPropertySet)) set.remove();
  }

  // Adds a pair to the owner's first set of that kind, unless the set has the name already.
  void put(MutableElement owner, std::string_view kind, std::string_view name, const std::string& value) {
    MutableElement set = owner.first_child(kind);
    if (!set || set.has(names::kIdRef)) {
      set = owner.append_child(kind);
      set.set_attribute(names::kId,
                        free_id(fmt::format("{}-{}", owner.id().empty() ? owner.name() : owner.id(), kind)));
    }
    if (set.child_with(names::kNvpair, names::kName, name)) return;
    const std::string id = free_id(fmt::format("{}-{}", set.id(), name));
    set.append_child(names::kNvpair)
        .set_attribute(names::kId, id)
        .set_attribute(names::kName, name)
        .set_attribute(names::kValue, value);
  }

  std::string free_id(std::string wanted) const {
    std::string id = wanted;
    for (int i = 0; document_.find_id(id); ++i) id = fmt::format("{}-{}", wanted, i);
    return id;
  }

  Document& document_;
};

}  // namespace

bool needs_conversion_to_3_0(const Document& document) {
  const Element configuration = document.find_path("configuration");
  for (Element at = configuration; at; at = at.next_in(configuration)) {
    if (is_old_element(at)) return true;
  }
  return false;
}

void convert_to_3_0(Document& document) { Converter(document).run(); }

}  // namespace simcluster::cib
