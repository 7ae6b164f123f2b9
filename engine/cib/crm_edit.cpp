#include "engine/cib/crm_edit.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/crm_shell.h"
#include "engine/cib/line_editor.h"

namespace simcluster::cib {

bool is_resource(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames = {"primitive", "group", "clone", "master", "bundle"};
  return std::ranges::find(kNames, name) != kNames.end();
}

bool is_clone(const Element& element) { return element && (element.is("clone") || element.is("master")); }

namespace {

constexpr std::array<std::string_view, 4> kReferences = {"rsc", "with-rsc", "first", "then"};

bool is_container(const Element& element) { return is_resource(element.name()) && !element.is("primitive"); }

MutableElement section(Document& cib, std::string_view name) {
  return cib.root().first_child("configuration").first_child(name);
}

// The object of this id: not a part of one, such as a set of attributes.
MutableElement find_object(Document& cib, std::string_view id) {
  MutableElement configuration = cib.root().first_child("configuration");
  for (const MutableElement node : section(cib, "nodes").children("node"))
    if (node.value("uname") == id) return node;
  for (const Element element : cib.find_all_id(id)) {
    if (!element || element.is("obj_ref") || element.is("resource_ref")) continue;
    for (Element up = element.parent(); up; up = up.parent())
      if (up == configuration) return cib.edit(element);
  }
  return {};
}

std::vector<MutableElement> members(const MutableElement& container) {
  std::vector<MutableElement> all;
  for (const MutableElement child : container.children())
    if (is_resource(child.name())) all.push_back(child);
  return all;
}

std::size_t references_in(const Element& constraint) {
  std::size_t count = 0;
  for (Element element = constraint.next_in(constraint); element; element = element.next_in(constraint))
    count += element.is("resource_ref") ? 1 : 0;
  return count;
}

// A constraint that has one set of two plain resources left is one of two resources.
void simplify(MutableElement constraint) {
  const bool order = constraint.is("rsc_order");
  if (!order && !constraint.is("rsc_colocation")) return;
  MutableElement set = constraint.first_child("resource_set");
  if (!set || set.next_sibling() || set.attributes().size() != 1 || references_in(constraint) != 2) return;
  const Element first = set.first_child("resource_ref");
  const std::string one(first.id());
  const std::string other(first.next_sibling().id());
  set.remove();
  constraint.set_attribute(order ? "first" : "rsc", one).set_attribute(order ? "then" : "with-rsc", other);
}

// False: nothing is left of it.
bool drop_from_sets(MutableElement constraint, std::string_view id) {
  bool touched = false;
  for (MutableElement set : constraint.children("resource_set")) {
    for (MutableElement reference : set.children("resource_ref")) {
      if (reference.id() != id) continue;
      reference.remove();
      touched = true;
    }
    if (!set.first_child("resource_ref")) set.remove();
  }
  if (!touched) return true;
  const std::size_t left = references_in(constraint);
  if (left == 0 || (left == 1 && !constraint.is("rsc_location") && !constraint.is("rsc_ticket"))) return false;
  simplify(constraint);
  return true;
}

void drop_references(Document& cib, std::string_view id) {
  if (MutableElement constraints = section(cib, "constraints"))
    for (MutableElement constraint : constraints.children()) {
      const bool about = std::ranges::any_of(kReferences, [&](auto name) { return constraint.value(name) == id; });
      if (about || !drop_from_sets(constraint, id)) constraint.remove();
    }
  if (MutableElement tags = section(cib, "tags"))
    for (MutableElement tag : tags.children("tag")) {
      for (MutableElement reference : tag.children("obj_ref"))
        if (reference.id() == id) reference.remove();
      if (!tag.first_child("obj_ref")) tag.remove();
    }
}

void delete_container(Document& cib, MutableElement container) {
  const std::vector<MutableElement> inside = members(container);
  const std::string id(container.id());
  if (!inside.empty()) change_references(cib, id, inside.front().id(), false);
  drop_references(cib, id);
  for (MutableElement member : inside) member.move(section(cib, "resources"), Element());
  container.remove();
}

void delete_resource(Document& cib, MutableElement resource) {
  if (is_container(resource)) return delete_container(cib, resource);
  MutableElement container = resource.parent();
  drop_references(cib, std::string(resource.id()));
  resource.remove();
  if (!is_container(container) || !members(container).empty()) return;
  // Whatever it stood in goes with it.
  while (is_container(container.parent())) container = container.parent();
  for (Element part = container; part; part = part.next_in(container))
    if (is_resource(part.name())) drop_references(cib, std::string(part.id()));
  container.remove();
}

Result<void> delete_object(Document& cib, std::string_view id) {
  MutableElement object = find_object(cib, id);
  if (!object) return fail(fmt::format("object {} does not exist", id));
  if (is_resource(object.name())) {
    delete_resource(cib, object);
  } else {
    object.remove();
  }
  return {};
}

// The text of one object, with the comments that stand before it.
struct Statement {
  std::string id;
  std::string text;
};

// The word that names the object of a statement's first line.
std::string id_of(std::string_view line) {
  const auto word = [&line] {
    const auto begin = std::min(line.find_first_not_of(' '), line.size());
    line.remove_prefix(begin);
    const std::string_view first = line.substr(0, line.find(' '));
    line.remove_prefix(first.size());
    return first;
  };
  const std::string_view kind = word();
  if (kind == "xml") {
    const auto at = line.find("id=\"");
    if (at == std::string_view::npos) return {};
    line.remove_prefix(at + 4);
    return std::string(line.substr(0, line.find('"')));
  }
  if (kind == "fencing_topology") return std::string(kind);
  std::string_view id = word();
  if (kind == "node" && id.ends_with(':')) id = word();
  return std::string(id.substr(0, id.find(':')));
}

std::vector<Statement> statements(std::string_view text, ObjectText form) {
  std::vector<Statement> all;
  bool continued = false;
  bool comment = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!continued && !comment) all.emplace_back();
    Statement& statement = all.back();
    comment = !continued && line.starts_with('#');
    if (!continued && !comment) statement.id = id_of(line);
    continued = !comment && line.ends_with('\\');
    if (form == ObjectText::kOneLine && !comment) {
      const auto begin = line.find_first_not_of("\t ");
      line = begin == std::string_view::npos ? std::string_view() : line.substr(begin);
      if (continued) line.remove_suffix(1);
    }
    statement.text.append(line);
    if (form == ObjectText::kAsShown || !continued) statement.text += '\n';
  }
  return all;
}

}  // namespace

void change_references(Document& cib, std::string_view id, std::string_view new_id, bool in_sets) {
  MutableElement constraints = section(cib, "constraints");
  if (!constraints) return;
  for (MutableElement constraint : constraints.children()) {
    for (const std::string_view name : kReferences)
      if (constraint.value(name) == id) constraint.set_attribute(name, new_id);
    if (!in_sets) continue;
    for (const MutableElement set : constraint.children("resource_set"))
      for (MutableElement reference : set.children("resource_ref"))
        if (reference.id() == id) reference.set_attribute("id", new_id);
  }
}

Result<void> rename_object(Document& cib, std::string_view id, std::string_view new_id) {
  MutableElement object = find_object(cib, id);
  if (!object) return fail(fmt::format("object {} does not exist", id));
  if (object.is("node")) return fail("cannot rename nodes");
  if (cib.find_id(new_id)) return fail(fmt::format("{}: id is already in use", new_id));
  const std::string old(id);
  object.set_attribute("id", new_id);
  change_references(cib, old, new_id, true);
  if (object.is("template"))
    for (MutableElement resource : section(cib, "resources").children("primitive"))
      if (resource.value("template") == old) resource.set_attribute("template", new_id);
  return {};
}

Result<void> delete_objects(Document& cib, const std::vector<std::string_view>& ids) {
  Document changed = cib;
  // Members and their containers may be named together.
  for (const std::string_view id : ids)
    if (!find_object(changed, id)) return fail(fmt::format("object {} does not exist", id));
  for (const std::string_view id : ids)
    if (find_object(changed, id))
      if (auto deleted = delete_object(changed, id); !deleted) return deleted;
  cib = std::move(changed);
  return {};
}

Result<void> modify_group(Document& cib, const std::vector<std::string_view>& words) {
  const bool placed = words.size() == 5;
  if (words.size() != 3 && !placed) return fail("expected: modgroup GROUP add ID [after ID | before ID], or remove ID");
  MutableElement group = find_object(cib, words[0]);
  if (!group.is("group")) return fail(fmt::format("group {} does not exist", words[0]));
  const auto member = [&](std::string_view id) {
    for (const MutableElement element : members(group))
      if (element.id() == id) return element;
    return MutableElement();
  };
  MutableElement object = member(words[2]);
  if (words[1] == "remove" && !placed) {
    if (!object) return fail(fmt::format("{} is not member of {}", words[2], words[0]));
    if (members(group).size() == 1) return delete_objects(cib, {words[0]});
    object.move(section(cib, "resources"), Element());
    return {};
  }
  if (words[1] != "add") return fail(fmt::format("modgroup subcommand {} unknown", words[1]));
  if (object) return fail(fmt::format("child {} listed more than once in group {}", words[2], words[0]));
  object = find_object(cib, words[2]);
  if (!object.is("primitive")) return fail(fmt::format("{} refers to missing object {}", words[0], words[2]));
  if (!object.parent().is("resources")) return fail(fmt::format("{} is already in {}", words[2], object.parent().id()));
  Element before;
  if (placed) {
    const bool after = words[3] == "after";
    if (!after && words[3] != "before") return fail(fmt::format("expected after or before, not {}", words[3]));
    const Element other = member(words[4]);
    if (!other) return fail(fmt::format("{} is not member of {}", words[4], words[0]));
    before = after ? other.next_sibling() : other;
  } else {
    before = members(group).back().next_sibling();
  }
  object.move(group, before);
  return {};
}

Result<void> edit_objects(Document& cib, const std::vector<std::string_view>& ids, std::string_view script,
                          ObjectText form) {
  const std::vector<Statement> shown = statements(write_crm_shell(cib), form);
  std::vector<std::string> chosen;
  std::string text;
  for (const Statement& statement : shown) {
    if (!ids.empty() && std::ranges::find(ids, statement.id) == ids.end()) continue;
    text += statement.text;
    chosen.push_back(statement.id);
  }
  for (const std::string_view id : ids)
    if (std::ranges::find(chosen, id) == chosen.end()) return fail(fmt::format("object {} does not exist", id));
  auto edited = edit_lines(text, script);
  if (!edited) return tl::unexpected(edited.error());
  std::vector<std::string_view> vanished;
  const std::vector<Statement> left = statements(*edited, form);
  for (const std::string& id : chosen)
    if (std::ranges::none_of(left, [&](const Statement& statement) { return statement.id == id; }))
      vanished.push_back(id);
  Document changed = cib;
  if (!vanished.empty())
    if (auto deleted = delete_objects(changed, vanished); !deleted) return deleted;
  if (auto loaded = apply_crm_shell(changed, *edited, "crm configure"); !loaded) return loaded;
  cib = std::move(changed);
  return {};
}

}  // namespace simcluster::cib
