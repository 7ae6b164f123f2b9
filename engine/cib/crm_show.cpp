// crm configure show with arguments: which objects are meant.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <fnmatch.h>

#include "engine/cib/crm_edit.h"
#include "engine/cib/crm_shell.h"

namespace simcluster::cib {

namespace {

using Ids = std::set<std::string, std::less<>>;

// What the shell calls an object; empty: no object of its own.
std::string_view type_of(const Element& element) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kTypes = {{
      {"node", "node"},
      {"primitive", "primitive"},
      {"group", "group"},
      {"clone", "clone"},
      {"master", "ms"},
      {"bundle", "bundle"},
      {"template", "rsc_template"},
      {"rsc_location", "location"},
      {"rsc_colocation", "colocation"},
      {"rsc_order", "order"},
      {"rsc_ticket", "rsc_ticket"},
      {"cluster_property_set", "property"},
      {"fencing-topology", "fencing_topology"},
      {"acl_role", "role"},
      {"acl_target", "acl_target"},
      {"acl_group", "acl_group"},
      {"acl_user", "user"},
      {"tag", "tag"},
      {"alert", "alert"},
  }};
  if (element.is("meta_attributes")) {
    if (element.parent().is("rsc_defaults")) return "rsc_defaults";
    return element.parent().is("op_defaults") ? "op_defaults" : "";
  }
  for (const auto& [name, type] : kTypes)
    if (element.is(name)) return type;
  return {};
}

std::string_view name_of(const Element& object) {
  if (object.is("node")) return object.value("uname");
  return object.is("fencing-topology") ? std::string_view("fencing_topology") : object.id();
}

std::vector<Element> objects_of(const Document& cib) {
  std::vector<Element> objects;
  const Element configuration = cib.root().first_child("configuration");
  for (Element at = configuration.first_child(); at; at = at.next_in(configuration))
    if (!type_of(at).empty()) objects.push_back(at);
  return objects;
}

bool refers_to(const Element& object, std::string_view id) {
  static constexpr std::array<std::string_view, 4> kReferences = {"rsc", "with-rsc", "first", "then"};
  for (const std::string_view name : kReferences)
    if (object.value(name) == id) return true;
  for (const Element child : object.children()) {
    if ((child.is("obj_ref") || is_resource(child.name())) && child.id() == id) return true;
    if (!child.is("resource_set")) continue;
    for (const Element reference : child.children("resource_ref"))
      if (reference.id() == id) return true;
  }
  return false;
}

// related: an object with what refers to it, or the primitives of an agent.
bool is_related(const Element& object, std::string_view what) {
  if (name_of(object) == what || refers_to(object, what)) return true;
  if (!object.is("primitive")) return false;
  const std::string_view standard = object.value("class"), provider = object.value("provider"),
                         type = object.value("type");
  return type == what || fmt::format("{}:{}", standard, type) == what ||
         fmt::format("{}:{}:{}", standard, provider, type) == what;
}

Result<Ids> find(const std::vector<Element>& objects, std::string_view word) {
  Ids found;
  const auto colon = word.find(':');
  const std::string_view prefix = word.substr(0, colon == std::string_view::npos ? 0 : colon);
  const std::string_view what = word.substr(colon == std::string_view::npos ? 0 : colon + 1);
  const bool known = prefix == "type" || prefix == "tag" || prefix == "related";
  for (const Element& object : objects) {
    const std::string name(name_of(object));
    if (prefix == "type" && type_of(object) == what) found.insert(name);
    if (prefix == "related" && is_related(object, what)) found.insert(name);
    if (!known && name == word) found.insert(name);
    if (prefix == "tag" && object.is("tag") && object.id() == what)
      for (const Element reference : object.children("obj_ref")) found.emplace(reference.id());
  }
  if (!known && found.empty()) return fail(fmt::format("object {} does not exist", word));
  return found;
}

// `and` joins the sets beside it; all else is added.
Result<Ids> select(const std::vector<Element>& objects, const std::vector<std::string_view>& words) {
  Ids all;
  bool both = false;
  for (const std::string_view word : words) {
    if (word == "and" || word == "or") {
      both = word == "and";
      continue;
    }
    Result<Ids> found = find(objects, word);
    if (!found) return found;
    if (both)
      std::erase_if(all, [&](const std::string& id) { return !found->contains(id); });
    else
      all.merge(*found);
    both = false;
  }
  return all;
}

// What nobody shall read is shown as stars.
Document obscured(const Document& cib, const std::vector<std::string>& patterns) {
  Document copy = cib;
  const Element root = std::as_const(copy).root();
  for (Element at = root; at; at = at.next_in(root)) {
    if (!at.is("nvpair")) continue;
    const std::string name(at.value("name"));
    if (std::any_of(patterns.begin(), patterns.end(),
                    [&](const std::string& pattern) { return fnmatch(pattern.c_str(), name.c_str(), 0) == 0; }))
      copy.edit(at).set_attribute("value", "******");
  }
  return copy;
}

// The selected objects, in the sections that every CIB has and their own.
std::string xml_of(const Document& cib, const CrmSelection& selected) {
  Document shown;
  MutableElement root = shown.create_root("cib");
  for (const Attribute& attribute : cib.root().attributes()) root.set_attribute(attribute.name, attribute.value);
  MutableElement configuration = root.append_child("configuration");
  for (const Element section : cib.root().first_child("configuration").children()) {
    static constexpr std::array<std::string_view, 4> kAlways = {"crm_config", "nodes", "resources", "constraints"};
    std::vector<Element> objects;
    if (selected(section)) {
      configuration.append_copy(section);
      continue;
    }
    for (Element at = section.first_child(); at; at = at.next_in(section))
      if (!type_of(at).empty() && selected(at)) objects.push_back(at);
    if (objects.empty() && std::find(kAlways.begin(), kAlways.end(), section.name()) == kAlways.end()) continue;
    MutableElement copy = configuration.append_child(section.name());
    for (const Element& object : objects) copy.append_copy(object);
  }
  return "<?xml version=\"1.0\" ?>\n" + write_document(shown) + "\n";
}

}  // namespace

Result<std::string> show_crm_objects(const Document& cib, std::vector<std::string_view> words) {
  const bool xml = !words.empty() && words.front() == "xml";
  if (xml) words.erase(words.begin());
  std::vector<std::string> patterns;
  constexpr std::string_view kObscure = "obscure:";
  std::erase_if(words, [&](std::string_view word) {
    if (!word.starts_with(kObscure)) return false;
    patterns.emplace_back(word.substr(kObscure.size()));
    return true;
  });
  const Document shown = patterns.empty() ? cib : obscured(cib, patterns);
  CrmSelection selected;
  // Every command is a session of its own: nothing in it has changed yet.
  const bool changed = std::erase(words, std::string_view("changed")) > 0;
  Ids ids;
  if (!words.empty()) {
    Result<Ids> found = select(objects_of(shown), words);
    if (!found) return tl::unexpected(found.error());
    ids = std::move(*found);
  }
  if (changed || !words.empty()) selected = [&ids](const Element& object) { return ids.contains(name_of(object)); };
  if (!xml) return write_crm_shell(shown, selected);
  return xml_of(
      shown, selected ? selected : [](const Element&) { return true; });
}

}  // namespace simcluster::cib
