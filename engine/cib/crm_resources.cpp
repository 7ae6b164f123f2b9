// Nodes, resources, containers and tags of the crm shell (AT-7.2, AT-7.4).
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "engine/cib/crm_builder.h"
#include "engine/cib/crm_edit.h"

namespace simcluster::cib {

namespace {

// Agents that only the provider "pacemaker" has: they get it when the provider is left out (AT-7.2).
constexpr std::array<std::string_view, 14> kPacemakerAgents = {
    "ping",         "controld", "ClusterMon", "HealthCPU", "HealthIOWait", "HealthSMART", "SysInfo",
    "SystemHealth", "remote",   "o2cb",       "diskd",     "ifcheckd",     "attribute",   "NodeUtilization"};

// Attributes of an `op` element; anything else behind `op` is an instance attribute of the operation.
constexpr std::array<std::string_view, 10> kOpAttributes = {"id",      "description", "interval", "interval-origin",
                                                            "timeout", "start-delay", "enabled",  "record-pending",
                                                            "role",    "on-fail"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// Puts the members of a container at the end of the top level.
void release_members(MutableElement container, MutableElement resources) {
  std::vector<MutableElement> members;
  for (MutableElement child : container.children())
    if (child.is("primitive") || child.is("group")) members.push_back(child);
  for (MutableElement member : members) member.move(resources, Element());
}

// Letters, digits, "-", "." and "_", no digit first, as XML has it; every letter beyond ASCII.
bool is_valid_id(std::string_view id) {
  const auto letter = [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || (static_cast<unsigned char>(c) & 0x80) != 0;
  };
  return !id.empty() && letter(id.front()) && std::all_of(id.begin(), id.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

// Moves the children of that name behind all others, keeping their order.
void move_to_end(MutableElement parent, std::string_view name) {
  std::vector<MutableElement> children;
  for (MutableElement child : parent.children(name)) children.push_back(child);
  for (MutableElement child : children) child.move(parent, Element());
}

}  // namespace

// The section of that name; one that is made stands where crmsh puts it (AT-7.4).
MutableElement CrmBuilder::section(std::string_view name) {
  constexpr std::array<std::string_view, 10> kOrder = {
      "crm_config",       "nodes",        "resources",   "constraints", "tags",
      "fencing-topology", "rsc_defaults", "op_defaults", "acls",        "alerts"};
  MutableElement configuration = cib_.root().ensure_child("configuration");
  if (MutableElement present = configuration.first_child(name)) return present;
  Element next;
  for (auto at = std::find(kOrder.begin(), kOrder.end(), name); at != kOrder.end() && !next; ++at)
    next = configuration.first_child(*at);
  return configuration.insert_child(name, next);
}

namespace {

bool contains_resources(std::string_view element) {
  return element == "group" || element == "clone" || element == "master" || element == "bundle";
}

}  // namespace

// A new one stands in the place of the old (load update).
MutableElement CrmBuilder::define_again(CrmCursor& in, const CrmWord& id, const Element& present,
                                        std::string_view element) {
  const bool containers = contains_resources(element) && contains_resources(present.name());
  if (present.name() != element && !containers)
    in.fail_at(id, fmt::format("the id \"{}\" is already used by a {}", id.text, present.name()));
  MutableElement old = cib_.edit(present);
  // Members of a container are objects of their own: they go back to the top level.
  if (containers) release_members(old, section("resources"));
  MutableElement made = old.parent().insert_child(element, old);
  made.set_attribute("id", id.text);
  old.remove();
  return made;
}

void CrmBuilder::define_once(const CrmCursor& in, std::string_view id) {
  for (const auto& [other, line] : defined_)
    if (other == id) in.fail_at(in.at(1), fmt::format("\"{}\" is already defined in line {}", id, line));
  defined_.emplace_back(id, in.keyword().line);
}

// Makes the object `id`.
MutableElement CrmBuilder::new_object(CrmCursor& in, const CrmWord& id, std::string_view section_name,
                                      std::string_view element) {
  if (id.text.empty() || id.is_pair()) in.fail_at(id, fmt::format("expected an id behind \"{}\"", in.keyword().text));
  if (!is_valid_id(id.text)) in.fail_at(id, fmt::format("\"{}\" is no valid id", id.text));
  define_once(in, id.text);
  if (const Element present = find_object(id.text)) return define_again(in, id, present, element);
  MutableElement made = section(section_name).append_child(element);
  made.set_attribute("id", id.text);
  if (section_name == "resources") made_.emplace_back(position_, id.text);
  return made;
}

// The order of a fresh load with crmsh 4.4: by kind, within a kind as in the text.
void CrmBuilder::finish() {
  constexpr std::array<std::string_view, 6> kKinds = {"template", "primitive", "bundle", "group", "master", "clone"};
  MutableElement resources = section("resources");
  std::sort(made_.begin(), made_.end());
  for (const std::string_view kind : kKinds)
    for (const auto& [position, id] : made_) {
      MutableElement element = cib_.edit(find_object(id));
      if (element.is(kind) && element.parent() == resources) element.move(resources, Element());
    }
}

// node [<id>:] <uname>[:<type>] [attributes ...] [utilization ...]; the old form has $id="<uuid>" in front.
void CrmBuilder::node(CrmCursor& in) {
  std::string id;
  if (in.next_is_pair("$id"))
    id = std::string(in.take("$id=").value());
  else if (!in.done() && in.peek().text.size() > 1 && in.peek().text.back() == ':') {
    id = in.take("an id").text;
    id.pop_back();
  }
  const CrmWord& word = in.take("the name of a node");
  std::string_view uname = word.text;
  std::string_view type;
  if (const auto colon = uname.find(':'); colon != std::string_view::npos) {
    type = uname.substr(colon + 1);
    uname = uname.substr(0, colon);
  }
  constexpr std::array<std::string_view, 4> kTypes = {"normal", "member", "ping", "remote"};
  if (!type.empty() && !contains(kTypes, type))
    in.fail_at(word, fmt::format("unknown type \"{}\" of a node (expected normal, member, ping or remote)", type));
  define_once(in, fmt::format("node {}", uname));
  MutableElement nodes = section("nodes");
  MutableElement element = nodes.child_with(names::kNode, names::kUname, uname);
  if (!element) {
    const bool own_id = !id.empty();
    if (!own_id) id = std::string(uname);
    if (nodes.child_with_id(names::kNode, id))
      in.fail_at(word, fmt::format("the id \"{}\" is already used by another node", id));
    element = nodes.append_child("node");
    if (own_id) element.set_attribute("id", id);
    element.set_attribute("uname", uname);
    if (!type.empty()) element.set_attribute("type", type);
    element.set_attribute("id", id);
  } else {
    // One that is named by its id is defined anew, another gets what is said in addition.
    if (element.id() == id) element.remove_children();
    if (!type.empty()) element.set_attribute("type", type);
  }
  int seen_attributes = 0;
  int seen_utilizations = 0;
  while (!in.done()) {
    if (in.next_is_pair("description")) {
      element.set_attribute("description", in.take("description=").value());
      continue;
    }
    const bool utilization = in.accept("utilization");
    if (!utilization && !in.accept("attributes") && !in.peek().is_pair())
      in.fail_here(fmt::format("unknown word \"{}\" (expected attributes or utilization)", in.peek().text));
    const std::string_view name = utilization ? "utilization" : "instance_attributes";
    // Sets of an existing node are met by position (AT-7.3).
    MutableElement present = element.first_child(name);
    int& seen = utilization ? seen_utilizations : seen_attributes;
    for (int i = 0; present && i < seen; ++i) present = present.next_sibling(present.name_id());
    ++seen;
    if (present)
      read_attribute_list(in, present, true);
    else
      read_attributes(in, element, name, fmt::format("{}-{}", element.value("uname"), name));
  }
}

// {[<class>:[<provider>:]]<type> | @<template>}
void CrmBuilder::read_type(CrmCursor& in, MutableElement element, bool is_template) {
  const CrmWord& word = in.take("a resource agent, as in ocf:heartbeat:IPaddr2");
  std::string_view text = word.text;
  if (text.starts_with('@')) {
    if (is_template) in.fail_at(word, "a template cannot refer to another template");
    const Element target = find_object(text.substr(1));
    if (!target || !target.is("template")) in.fail_at(word, fmt::format("there is no template \"{}\"", text.substr(1)));
    element.set_attribute("template", text.substr(1));
    return;
  }
  std::array<std::string_view, 3> parts;
  std::size_t count = 0;
  for (std::size_t begin = 0; begin <= text.size() && count < 3;) {
    const auto colon = count == 2 ? std::string_view::npos : text.find(':', begin);
    parts[count++] = text.substr(begin, colon == std::string_view::npos ? colon : colon - begin);
    if (colon == std::string_view::npos) break;
    begin = colon + 1;
  }
  const std::string_view type = parts[count - 1];
  const std::string_view standard = count > 1 ? parts[0] : std::string_view("ocf");
  constexpr std::array<std::string_view, 8> kStandards = {"ocf",     "lsb",    "systemd", "service",
                                                          "upstart", "nagios", "stonith", "heartbeat"};
  if (type.empty() || !contains(kStandards, standard))
    in.fail_at(
        word,
        fmt::format("\"{}\" is no resource agent (expected class:provider:type, as in ocf:heartbeat:IPaddr2)", text));
  element.set_attribute("class", standard);
  if (standard == "ocf") {
    const std::string_view fallback = contains(kPacemakerAgents, type) ? "pacemaker" : "heartbeat";
    element.set_attribute("provider", count == 3 ? parts[1] : fallback);
  }
  element.set_attribute("type", standard == "stonith" && count == 3 ? text.substr(standard.size() + 1) : type);
}

void CrmBuilder::primitive(CrmCursor& in, std::string_view element_name) {
  const CrmWord& id = in.take("an id");
  // References to what is missing must be found before the old object is emptied, so the type is read into the element
  // of a document that is thrown away when anything fails (apply_crm_shell works on a copy).
  MutableElement element = new_object(in, id, "resources", element_name);
  read_type(in, element, element_name == "template");
  read_primitive_parts(in, element);
}

void CrmBuilder::read_primitive_parts(CrmCursor& in, MutableElement element) {
  const std::string id(element.id());
  const auto set = [&](std::string_view kind) { read_attributes(in, element, kind, fmt::format("{}-{}", id, kind)); };
  while (!in.done()) {
    if (in.next_is_pair("description")) {
      element.set_attribute("description", in.take("description=").value());
    } else if (in.accept("params")) {
      set("instance_attributes");
    } else if (in.accept("meta")) {
      set("meta_attributes");
    } else if (in.accept("utilization")) {
      set("utilization");
    } else if (in.accept("operations")) {
      MutableElement operations = element.ensure_child("operations");
      const CrmWord& word = in.take("$id=<id> or $id-ref=<id>");
      if (!word.is_pair() || (word.key() != "$id" && word.key() != "$id-ref"))
        in.fail_at(word, "expected $id=<id> or $id-ref=<id>");
      operations.set_attribute(word.key().substr(1), word.value());
    } else if (in.accept("op")) {
      read_operation(in, element);
    } else if (in.peek().is_pair()) {
      set("instance_attributes");
    } else {
      in.fail_here(
          fmt::format("unknown word \"{}\" (expected params, meta, utilization, operations or op)", in.peek().text));
    }
  }
}

namespace {

Element same_operation(const Element& resource, std::string_view name, std::string_view interval) {
  for (const Element op : resource.first_child("operations").children("op"))
    if (op.value("name") == name && op.value("interval") == interval) return op;
  return {};
}

}  // namespace

// op <name> [<attr>=<v> ...] [[op_params] attr_list] [op_meta attr_list]
void CrmBuilder::read_operation(CrmCursor& in, MutableElement element) {
  const CrmWord& name = in.take("the name of an operation");
  if (name.is_pair()) in.fail_at(name, "expected the name of an operation, as in \"op monitor interval=10s\"");
  MutableElement op = element.ensure_child("operations").append_child("op");
  op.set_attribute("name", name.text);
  std::vector<const CrmWord*> parameters;
  while (!in.done() && in.peek().is_pair()) {
    const CrmWord& word = in.take("name=value");
    const std::string_view key = word.key() == "$id" ? "id" : word.key();
    if (!contains(kOpAttributes, key)) {
      parameters.push_back(&word);
      continue;
    }
    if (!parameters.empty()) in.fail_at(word, fmt::format("{} must stand before all parameters of the operation", key));
    op.set_attribute(key, names_role(key) ? role_name(word.value()) : word.value());
  }
  const std::string given_id(op.id());
  const std::string interval(op.value("interval", "0"));
  if (!op.has("interval")) op.set_attribute("interval", "0");
  // Operations with an id of their own hand it down.
  const Element operations = op.parent();
  const std::string prefix(operations.has(names::kId) ? operations.id() : element.id());
  const Element old = same_operation(before(element), name.text, interval);
  const std::string id =
      given_id.empty() ? kept_id(old, fmt::format("{}-{}-{}", prefix, name.text, interval)) : given_id;
  op.set_attribute("id", id);
  if (!parameters.empty()) {
    MutableElement set = append_with_id(op, "instance_attributes", id + "-instance_attributes");
    for (const CrmWord* word : parameters) put_nvpair(set, word->key(), word->value(), false);
  }
  while (in.next_is("op_params") || in.next_is("op_meta")) {
    const bool meta = in.take("op_params").text == "op_meta";
    const std::string_view kind = meta ? "meta_attributes" : "instance_attributes";
    read_attributes(in, op, kind, fmt::format("{}-{}", id, kind));
  }
}

// monitor <rsc>[:<role>] <interval>[:<timeout>]
void CrmBuilder::monitor(CrmCursor& in) {
  const CrmWord& target = in.take("a resource");
  std::string_view name = target.text;
  std::string_view role;
  if (const auto colon = name.find(':'); colon != std::string_view::npos) {
    role = name.substr(colon + 1);
    name = name.substr(0, colon);
  }
  const Element found = find_object(name);
  if (!found || !found.is("primitive")) in.fail_at(target, fmt::format("there is no primitive \"{}\"", name));
  const CrmWord& times = in.take("an interval, as in 10s or 10s:60s");
  std::string_view interval = times.text;
  std::string_view timeout;
  if (const auto colon = interval.find(':'); colon != std::string_view::npos) {
    timeout = interval.substr(colon + 1);
    interval = interval.substr(0, colon);
  }
  MutableElement op = cib_.edit(found).ensure_child("operations").append_child("op");
  op.set_attribute("name", "monitor");
  if (!role.empty()) op.set_attribute("role", role_text(role));
  op.set_attribute("interval", interval);
  if (!timeout.empty()) op.set_attribute("timeout", timeout);
  op.set_attribute("id", free_id(fmt::format("{}-monitor-{}", name, interval)));
}

MutableElement CrmBuilder::take_member(CrmCursor& in, const CrmWord& name, bool primitives_only) {
  const Element found = find_object(name.text);
  if (!found || !(found.is("primitive") || found.is("group")))
    in.fail_at(name, fmt::format("there is no resource \"{}\"", name.text));
  if (primitives_only && found.is("group"))
    in.fail_at(name, fmt::format("a group may contain only primitives; {} is a group", name.text));
  if (!found.parent().is("resources"))
    in.fail_at(name, fmt::format("the resource \"{}\" is already part of {}", name.text, found.parent().id()));
  return cib_.edit(found);
}

// What was said of a resource that stood alone is said of its new container from now on.
void CrmBuilder::add_member(CrmCursor& in, const CrmWord& name, MutableElement container) {
  MutableElement member = take_member(in, name, container.is("group"));
  member.move(container, Element());
  if (const Element old = before(member); old && old.parent().is("resources") && !before(container))
    change_references(cib_, member.id(), container.id(), true);
}

// group <id> <rsc> [<rsc>...] tail; clone|ms|master <id> <rsc> tail
void CrmBuilder::container(CrmCursor& in, std::string_view element_name) {
  const CrmWord& id = in.take("an id");
  MutableElement element = new_object(in, id, "resources", element_name);
  const bool group = element_name == "group";
  const CrmWord& first = in.take("a resource");
  add_member(in, first, element);
  while (group && !in.done() && !in.peek().is_pair() && !in.next_is("params") && !in.next_is("meta"))
    add_member(in, in.take("a resource"), element);
  read_container_tail(in, element);
  // Members stand behind the attribute sets.
  for (const std::string_view kind : {"primitive", "group"}) move_to_end(element, kind);
}

void CrmBuilder::read_container_tail(CrmCursor& in, MutableElement element) {
  while (!in.done()) {
    if (in.next_is_pair("description")) {
      element.set_attribute("description", in.take("description=").value());
      continue;
    }
    const bool meta = in.accept("meta");
    if (!meta && !in.accept("params") && !in.peek().is_pair())
      in.fail_here(fmt::format("unknown word \"{}\" (expected params or meta)", in.peek().text));
    const std::string_view kind = meta ? "meta_attributes" : "instance_attributes";
    read_attributes(in, element, kind, fmt::format("{}-{}", element.id(), kind));
  }
}

// tag <id>[:] <rsc> [<rsc>...]
void CrmBuilder::tag(CrmCursor& in) {
  CrmWord id = in.take("an id");
  if (id.text.ends_with(':')) id.text.pop_back();
  MutableElement element = new_object(in, id, "tags", "tag");
  // crmsh takes names that are nobody's, too.
  do element.append_child("obj_ref").set_attribute("id", in.take("a resource").text);
  while (!in.done());
}

}  // namespace simcluster::cib
