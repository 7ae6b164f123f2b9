// Conversions up to pacemaker-3.0: access control lists (S1 C-1.14) and retired names (S1 C-1.13).
#include <algorithm>
#include <set>

#include <fmt/core.h>

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

// <read ref= tag= xpath= attribute=/> becomes <acl_permission kind="read" reference= object-type= ../>. Only a type
// keeps its attribute; with an XPath it becomes part of that, with a reference it is lost.
void convert_permission(MutableElement permission) {
  const std::string kind(permission.name());
  permission.rename("acl_permission");
  permission.set_attribute("kind", kind);
  for (const auto& [from, to] :
       {std::pair<std::string_view, std::string_view>{"ref", "reference"}, {"tag", "object-type"}}) {
    if (const auto value = permission.attribute(from)) {
      permission.set_attribute(to, *value);
      permission.remove_attribute(from);
    }
  }
  if (permission.has("object-type") || !permission.has(names::kAttribute)) return;
  if (permission.has("xpath")) {
    const std::string path = fmt::format("{}[@{}]", permission.value("xpath"), permission.value(names::kAttribute));
    permission.set_attribute("xpath", path);
  }
  permission.remove_attribute(names::kAttribute);
}

void convert_permissions(MutableElement owner) {
  for (const MutableElement child : owner.children()) {
    if (child.is("read") || child.is("write") || child.is("deny")) convert_permission(child);
  }
}

}  // namespace

// What a user may becomes a role of its own behind the user.
void convert_acls(Document& document) {
  const MutableElement acls = document.find_path("configuration/acls");
  for (MutableElement entry = acls.first_child(); entry; entry = entry.next_sibling()) {
    if (entry.is("acl_role")) convert_permissions(entry);
    if (!entry.is("acl_user")) continue;
    entry.rename("acl_target");
    const std::string role_id = fmt::format("auto-{}", entry.id());
    MutableElement role;
    for (const MutableElement part : entry.children()) {
      MutableElement moved(part);
      if (moved.is("role_ref")) {
        moved.rename("role");
        continue;
      }
      if (!role) {
        role = MutableElement(acls).insert_child("acl_role", entry.next_sibling());
        role.set_attribute(names::kId, role_id);
      }
      moved.move(role, Element());
    }
    if (role) entry.append_child("role").set_attribute(names::kId, role_id);
  }
}

// ---- retired names ----

namespace {

// Of the ids that the conversion makes; others stay (measured with 2.1.5).
constexpr std::string_view kPrefix = "_2TO3_";

constexpr std::string_view kRequires = "requires";
constexpr std::string_view kFailureStickiness = "resource-failure-stickiness";

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

bool is_old_property(const Element& pair) {
  const std::string_view name = pair.value(names::kName);
  if (name == "cluster-infrastructure") return among(kOldStacks, pair.value(names::kValue));
  return among(kWithUnderscores, name) || among(kDroppedProperties, name) || among(kMovedProperties, name) ||
         name == "transition_idle_timeout";
}

}  // namespace

bool gone_with_3_0(const Element& pair) {
  const Element set = pair.parent();
  const Element owner = set.parent();
  const std::string_view name = pair.value(names::kName);
  if (set.is(names::kClusterPropertySet)) return is_old_property(pair);
  if (!set.is(names::kMetaAttributes)) return false;
  if (owner.is(names::kOp)) return name == kRequires;
  return (owner.is(names::kPrimitive) || owner.is(names::kTemplate)) && among(kIsolation, name);
}

namespace {

bool is_old_pair(const Element& pair) {
  const Element set = pair.parent();
  const Element owner = set.parent();
  const std::string_view name = pair.value(names::kName);
  if (gone_with_3_0(pair)) return true;
  if (set.is(names::kMetaAttributes) && (owner.is(names::kPrimitive) || owner.is(names::kTemplate))) {
    return name == kFailureStickiness;
  }
  if (!set.is(names::kInstanceAttributes)) return false;
  if (owner.is(names::kOp)) return among(kOperationMeta, name) || name == kRequires;
  return owner.value(names::kClass) == "stonith" && (among(kOldCommands, name) || name == "pcmk_arg_map");
}

bool is_old_element(const Element& element) {
  if (element.is(names::kNvpair)) return is_old_pair(element);
  if (element.is(names::kNode)) return element.value(names::kType) == "normal";
  if (element.is(names::kOp)) return element.has(kRequires);
  if (element.is(names::kRscColocation)) return element.has("score-attribute") || element.has("score-attribute-mangle");
  return false;
}

class Converter {
 public:
  explicit Converter(Document& document) : document_(document) {}

  void run() {
    std::vector<ElementId> old;
    std::vector<ElementId> operations;
    const Element configuration = std::as_const(document_).find_path("configuration");
    for (Element at = configuration; at; at = at.next_in(configuration)) {
      if (!is_old_element(at)) continue;
      const Element op = at.is(names::kNvpair) ? at.parent().parent() : at;
      const bool required = op.is(names::kOp) && (at.is(names::kOp) || at.value(names::kName) == kRequires);
      if (!required) {
        old.push_back(at.index());
      } else if (operations.empty() || operations.back() != op.parent().index()) {
        operations.push_back(op.parent().index());
      }
    }
    for (const ElementId id : operations) move_requirement(document_.edit(document_.element(id)));
    for (const ElementId id : old) convert(document_.edit(document_.element(id)));
  }

 private:
  void convert(MutableElement element) {
    if (element.is(names::kNode)) element.set_attribute(names::kType, "member");
    if (element.is(names::kRscColocation)) {
      element.remove_attribute("score-attribute");
      element.remove_attribute("score-attribute-mangle");
    }
    if (element.is(names::kNvpair)) convert_pair(element);
  }

  // Where the operations of a resource say what they require.
  struct Requirement {
    Element op;        // the last start or promote with the attribute
    Element meta;      // the last set of meta-attributes of one
    Element instance;  // the last set of instance attributes of one
  };

  static Requirement requirement_of(const Element& operations) {
    Requirement found;
    for (const Element op : operations.children(names::kOp)) {
      const std::string_view name = op.value(names::kName);
      if (name != "start" && name != "promote") continue;
      if (op.has(kRequires)) found.op = op;
      for (const Element set : op.children()) {
        if (!set.child_with(names::kNvpair, names::kName, kRequires)) continue;
        (set.is(names::kMetaAttributes) ? found.meta : found.instance) = set;
      }
    }
    return found;
  }

  // What the last start or promote requires, the resource requires, unless it says it itself; an attribute counts more
  // than a meta-attribute, and that more than an instance attribute.
  void move_requirement(MutableElement operations) {
    MutableElement resource = operations.parent();
    bool said = false;
    for (const Element set : resource.children(names::kMetaAttributes)) {
      if (set.child_with(names::kNvpair, names::kName, kRequires)) said = true;
    }
    const Requirement requirement = requirement_of(operations);
    if (!said && requirement.op) {
      MutableElement set = resource.append_child(names::kMetaAttributes);
      set.set_attribute(names::kId, fmt::format("{}{}-meta", kPrefix, resource.id()));
      set.append_child(names::kNvpair)
          .set_attribute(names::kId, fmt::format("{}{}-meta-requires", kPrefix, requirement.op.id()))
          .set_attribute(names::kName, kRequires)
          .set_attribute(names::kValue, std::string(requirement.op.value(kRequires)));
    } else if (!said && (requirement.meta || requirement.instance)) {
      copy_requirement(requirement.meta ? requirement.meta : requirement.instance, resource);
    }
    for (MutableElement op : operations.children(names::kOp)) drop_requirement(op);
  }

  static void copy_requirement(const Element& from, MutableElement resource) {
    MutableElement set = resource.append_child(names::kMetaAttributes);
    if (from.has(names::kScore)) set.set_attribute(names::kScore, std::string(from.value(names::kScore)));
    set.set_attribute(names::kId, fmt::format("{}{}", kPrefix, from.id()));
    for (const Element child : from.children()) {
      if (child.is(names::kRule) || child.value(names::kName) == kRequires) set.append_copy(child);
    }
  }

  static void drop_requirement(MutableElement op) {
    op.remove_attribute(kRequires);
    std::vector<MutableElement> gone;
    for (const MutableElement set : op.children()) {
      for (const MutableElement pair : set.children(names::kNvpair)) {
        if (pair.value(names::kName) == kRequires) gone.push_back(pair);
      }
    }
    for (const MutableElement pair : gone) drop(pair);
  }

  void convert_pair(MutableElement pair) {
    const MutableElement set = pair.parent();
    const std::string name(pair.value(names::kName));
    if (set.is(names::kClusterPropertySet)) return convert_property(pair, name);
    if (set.is(names::kMetaAttributes)) {
      if (name == kFailureStickiness) return failure_stickiness(pair);
      if (set.child_with(names::kNvpair, names::kId, stopped_by_)) return drop(pair);
      stopped_by_ = pair.id();
      pair.set_attribute(names::kName, "target-role").set_attribute(names::kValue, "Stopped");
      return;
    }
    if (set.parent().is(names::kOp)) return move_to_meta(pair, name);
    if (name != "pcmk_arg_map") {
      pair.set_attribute(names::kName, name.substr(0, name.size() - 3) + "action");
      return;
    }
    const std::string value(pair.value(names::kValue));
    if (!value.starts_with("port:") || value.find(',') != std::string::npos) return drop(pair);
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
    if (dashed == "default-action-timeout") return move_to_defaults(pair, names::kOpDefaults, "timeout");
    if (dashed == "default-resource-stickiness") {
      return move_to_defaults(pair, names::kRscDefaults, "resource-stickiness");
    }
    if (dashed == "is-managed-default") return move_to_defaults(pair, names::kRscDefaults, "is-managed");
    if (dashed == "default-resource-failure-stickiness" && value == "-INFINITY") {
      pair.set_attribute(names::kValue, "1");
      return move_to_defaults(pair, names::kRscDefaults, "migration-threshold");
    }
    drop(pair);
  }

  // A section that was there keeps what it says, and without any set it takes nothing.
  void move_to_defaults(MutableElement pair, Name section_name, std::string_view name) {
    MutableElement configuration = document_.find_path("configuration");
    const MutableElement present = configuration.first_child(section_name);
    const bool made = present && made_sections_.contains(present.index().index());
    if (present && !made) {
      const MutableElement set = present.first_child(names::kMetaAttributes);
      if (!set || set.child_with(names::kNvpair, names::kName, name)) return drop(pair);
      return move(pair, set, name);
    }
    MutableElement set = present.first_child(names::kMetaAttributes);
    if (!made) {
      MutableElement section = configuration.append_child(section_name);
      made_sections_.insert(section.index().index());
      set = section.append_child(names::kMetaAttributes);
      std::string id(section.name());
      std::replace(id.begin(), id.end(), '_', '-');
      set.set_attribute(names::kId, fmt::format("{}-{}", kPrefix, id));
    }
    move(pair, set, name);
  }

  // A later set that has the name, too, wins.
  void move_to_meta(MutableElement pair, const std::string& name) {
    const MutableElement from = pair.parent();
    MutableElement op = from.parent();
    for (Element later = from.next_sibling(names::kInstanceAttributes); later;
         later = later.next_sibling(names::kInstanceAttributes)) {
      if (later.child_with(names::kNvpair, names::kName, name)) return drop(pair);
    }
    MutableElement set = op.first_child(names::kMetaAttributes);
    if (!set) {
      set = op.append_child(names::kMetaAttributes);
      set.set_attribute(names::kId, fmt::format("{}{}-meta", kPrefix, op.id()));
    }
    move(pair, set, name);
  }

  static void move(MutableElement pair, MutableElement set, std::string_view name) {
    MutableElement from = pair.parent();
    pair.set_attribute(names::kName, name);
    pair.move(set, Element());
    drop_empty(from);
  }

  void failure_stickiness(MutableElement pair) {
    if (pair.value(names::kValue) != "-INFINITY") return drop(pair);
    pair.set_attribute(names::kName, "migration-threshold").set_attribute(names::kValue, "1");
  }

  static void drop(MutableElement pair) {
    MutableElement set = pair.parent();
    pair.remove();
    drop_empty(set);
  }
  static void drop_empty(MutableElement set) {
    if (!set.first_child(names::kNvpair) && !set.is(names::kClusterPropertySet)) set.remove();
  }

  Document& document_;
  std::string stopped_by_;               // id of the pair that isolation became last
  std::set<std::size_t> made_sections_;  // defaults that were not there
};

}  // namespace

bool needs_conversion_to_3_0(const Document& document) {
  const Element configuration = document.find_path("configuration");
  for (Element at = configuration; at; at = at.next_in(configuration)) {
    // 3.0 still takes this one; it goes when something else must.
    const bool still_good = at.is(names::kNvpair) && at.value(names::kName) == kFailureStickiness;
    if (is_old_element(at) && !still_good) return true;
  }
  return false;
}

void convert_to_3_0(Document& document) { Converter(document).run(); }

}  // namespace simcluster::cib
