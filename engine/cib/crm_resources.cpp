// Nodes, resources, containers and tags of the crm shell (AT-7.2, AT-7.4).
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "engine/cib/crm_builder.h"

namespace simcluster::cib {

namespace {

// Agents that only the provider "pacemaker" has: they get it when the provider is left out (AT-7.2).
constexpr std::array<std::string_view, 14> kPacemakerAgents = {
    "ping",         "controld", "ClusterMon", "HealthCPU", "HealthIOWait", "HealthSMART", "SysInfo",
    "SystemHealth", "remote",   "o2cb",       "diskd",     "ifcheckd",     "attribute",   "NodeUtilization"};

// Attributes of an `op` element; anything else behind `op` is an instance attribute of the operation.
constexpr std::array<std::string_view, 12> kOpAttributes = {
    "id",       "description",    "interval", "interval-origin", "timeout", "start-delay", "enabled",
    "disabled", "record-pending", "role",     "on-fail",         "requires"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// `op`'s id goes last; an attribute set later must not come behind it.
void set_before_id(MutableElement op, std::string_view name, std::string_view value) {
  const std::string id(op.id());
  op.remove_attribute("id");
  op.set_attribute(name, value);
  if (!id.empty()) op.set_attribute("id", id);
}

// Puts the members of a container in front of it, at the top level.
void release_members(MutableElement container, MutableElement resources) {
  std::vector<MutableElement> members;
  for (MutableElement child : container.children())
    if (child.is("primitive") || child.is("group")) members.push_back(child);
  for (MutableElement member : members) member.move(resources, container);
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

// Makes the object `id`, or empties the one that stands there already, so that it keeps its place (load update).
MutableElement CrmBuilder::new_object(CrmCursor& in, const CrmWord& id, std::string_view section_name,
                                      std::string_view element) {
  if (id.text.empty() || id.is_pair()) in.fail_at(id, fmt::format("expected an id behind \"{}\"", in.keyword().text));
  for (const auto& [other, line] : defined_) {
    if (other == id.text) in.fail_at(id, fmt::format("\"{}\" is already defined in line {}", id.text, line));
  }
  defined_.emplace_back(id.text, id.line);
  if (const Element present = find_object(id.text)) {
    if (present.name() != element)
      in.fail_at(id, fmt::format("the id \"{}\" is already used by a {}", id.text, present.name()));
    MutableElement old = cib_.edit(present);
    // Members of a container are objects of their own: they go back to the top level.
    if (element == "group" || element == "clone" || element == "master") release_members(old, section("resources"));
    old.remove_children();
    old.remove_all_attributes();
    old.set_attribute("id", id.text);
    old.set_place(in.keyword().line, in.keyword().column);
    return old;
  }
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
  else if (!in.done() && in.peek().text.size() > 1 && in.peek().text.back() == ':' && !in.peek().quoted) {
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
  } else if (!type.empty()) {
    element.set_attribute("type", type);
  }
  int seen_attributes = 0;
  int seen_utilizations = 0;
  while (!in.done()) {
    if (in.next_is_pair("description")) {
      element.set_attribute("description", in.take("description=").value());
      continue;
    }
    const CrmWord& kind = in.take("attributes or utilization");
    const bool utilization = kind.text == "utilization";
    if (!utilization && kind.text != "attributes")
      in.fail_at(kind, fmt::format("unknown word \"{}\" (expected attributes or utilization)", kind.text));
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

// op <name> [<attr>=<v> ...] [[op_params] attr_list] [op_meta attr_list]
void CrmBuilder::read_operation(CrmCursor& in, MutableElement element) {
  const CrmWord& name = in.take("the name of an operation");
  if (name.is_pair()) in.fail_at(name, "expected the name of an operation, as in \"op monitor interval=10s\"");
  MutableElement op = element.ensure_child("operations").append_child("op");
  op.set_attribute("name", name.text);
  std::string given_id;
  std::vector<const CrmWord*> parameters;
  while (!in.done() && in.peek().is_pair()) {
    const CrmWord& word = in.take("name=value");
    if (word.key() == "$id" || word.key() == "id")
      given_id = std::string(word.value());
    else if (word.key() == "role")
      op.set_attribute("role", role_text(word.value()));
    else if (contains(kOpAttributes, word.key()))
      op.set_attribute(word.key(), word.value());
    else
      parameters.push_back(&word);
  }
  const std::string interval(op.value("interval", "0"));
  if (!op.has("interval")) op.set_attribute("interval", "0");
  // Operations with an id of their own hand it down.
  const Element operations = op.parent();
  const std::string prefix(operations.has(names::kId) ? operations.id() : element.id());
  const std::string id = given_id.empty() ? free_id(fmt::format("{}-{}-{}", prefix, name.text, interval)) : given_id;
  set_before_id(op, "id", id);
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

MutableElement CrmBuilder::take_member(CrmCursor& in, const CrmWord& name) {
  const Element found = find_object(name.text);
  if (!found || !(found.is("primitive") || found.is("group")))
    in.fail_at(name, fmt::format("there is no resource \"{}\"", name.text));
  if (!found.parent().is("resources"))
    in.fail_at(name, fmt::format("the resource \"{}\" is already part of {}", name.text, found.parent().id()));
  return cib_.edit(found);
}

// group <id> <rsc> [<rsc>...] tail; clone|ms|master <id> <rsc> tail
void CrmBuilder::container(CrmCursor& in, std::string_view element_name) {
  const CrmWord& id = in.take("an id");
  MutableElement element = new_object(in, id, "resources", element_name);
  const bool group = element_name == "group";
  const CrmWord& first = in.take("a resource");
  take_member(in, first).move(element, Element());
  while (group && !in.done() && !in.peek().is_pair() && !in.next_is("params") && !in.next_is("meta"))
    take_member(in, in.take("a resource")).move(element, Element());
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
    const CrmWord& word = in.take("params or meta");
    if (word.text != "params" && word.text != "meta")
      in.fail_at(word, fmt::format("unknown word \"{}\" (expected params or meta)", word.text));
    const std::string_view kind = word.text == "meta" ? "meta_attributes" : "instance_attributes";
    read_attributes(in, element, kind, fmt::format("{}-{}", element.id(), kind));
  }
}

// tag <id>[:] <rsc> [<rsc>...]
void CrmBuilder::tag(CrmCursor& in) {
  CrmWord id = in.take("an id");
  if (id.text.ends_with(':')) id.text.pop_back();
  MutableElement element = new_object(in, id, "tags", "tag");
  do {
    const CrmWord& member = in.take("a resource");
    if (!find_object(member.text)) in.fail_at(member, fmt::format("there is no object \"{}\"", member.text));
    element.append_child("obj_ref").set_attribute("id", member.text);
  } while (!in.done());
}

}  // namespace simcluster::cib
