#include "engine/controller/cib_edit.h"

#include <utility>

#include <fmt/core.h>

#include "engine/controller/child_index.h"
#include "engine/controller/counting.h"

namespace simcluster::controller {

namespace {

void note(CibUpdate& update, CibChange::Kind kind, const cib::Element& element) {
  CibChange change;
  change.kind = kind;
  change.element = element;
  change.path = element_path(element);
  update.changes.push_back(std::move(change));
}

bool fits(const cib::Element& element, const CibPathStep& part) {
  if (element.name() != part.element) return false;
  return part.attribute.empty() || element.value(part.attribute) == part.value;
}

bool set_attributes(const cib::MutableElement& target, const cib::Element& payload) {
  bool changed = false;
  cib::MutableElement edited = target;
  for (const cib::Attribute attribute : payload.attributes()) {
    const auto old = target.attribute(attribute.name);
    const auto counted = counted_up(attribute.name, attribute.value, old.value_or(std::string_view()));
    const std::string text = counted ? fmt::format("{}", *counted) : std::string();
    const std::string_view value = counted ? std::string_view(text) : attribute.value;
    if (old && *old == value) continue;
    edited.set_attribute(attribute.name, value);
    changed = true;
  }
  return changed;
}

// What counts up in a new element counts from nothing (CM-6.6; Pacemaker 2.1.5).
void count_up_below(cib::MutableElement made) {
  for (const cib::Attribute attribute : made.attributes()) {
    if (const auto counted = counted_up(attribute.name, attribute.value, {}))
      made.set_attribute(attribute.name, *counted);
  }
  for (const cib::MutableElement child : made.children()) count_up_below(child);
}

}  // namespace

std::string element_path(const cib::Element& element) {
  std::string path;
  for (cib::Element at = element; at; at = at.parent()) {
    const std::string_view id = at.is("cib") ? std::string_view() : at.id();
    path.insert(0, id.empty() ? fmt::format("/{}", at.name()) : fmt::format("/{}[@id='{}']", at.name(), id));
  }
  return path;
}

cib::MutableElement find_at(cib::Document& document, const CibPath& path) {
  cib::MutableElement at = document.root();
  for (const CibPathStep& part : path) {
    cib::MutableElement found;
    for (const cib::MutableElement child : at.children()) {
      if (!fits(child, part)) continue;
      found = child;
      break;
    }
    if (!found) return {};
    at = found;
  }
  return at;
}

cib::MutableElement make_at(cib::Document& document, const CibPath& path, CibUpdate& update) {
  cib::MutableElement at = document.root();
  cib::MutableElement first_made;
  for (const CibPathStep& part : path) {
    cib::MutableElement found;
    for (const cib::MutableElement child : at.children()) {
      if (!fits(child, part)) continue;
      found = child;
      break;
    }
    if (!found) {
      found = at.append_child(part.element);
      if (!part.attribute.empty()) found.set_attribute(part.attribute, part.value);
      if (!first_made) first_made = found;
    }
    at = found;
  }
  if (first_made) note(update, CibChange::Kind::kCreate, first_made);
  return at;
}

cib::MutableElement matching_child(const cib::MutableElement& parent, const cib::Element& payload) {
  const std::string_view id = payload.id();
  for (const cib::MutableElement child : parent.children()) {
    if (child.name() == payload.name() && (id.empty() || child.id() == id)) return child;
  }
  return {};
}

cib::Element create_below(const cib::MutableElement& parent, const cib::Element& payload, CibUpdate& update,
                          const cib::Element& before) {
  cib::MutableElement target = parent;
  const cib::MutableElement made = target.insert_copy(payload, before);
  count_up_below(made);
  note(update, CibChange::Kind::kCreate, made);
  return made;
}

void note_created(const cib::Element& element, CibUpdate& update) { note(update, CibChange::Kind::kCreate, element); }

void note_modified(const cib::Element& element, CibUpdate& update) { note(update, CibChange::Kind::kModify, element); }

bool merge_into(cib::Document& document, const cib::MutableElement& target, const cib::Element& payload, bool create,
                CibUpdate& update) {
  if (set_attributes(target, payload)) note(update, CibChange::Kind::kModify, target);
  ChildIndex index(target, payload.child_count());
  for (const cib::Element child : payload.children()) {
    const cib::MutableElement match =
        child.id().empty() ? target.first_child(child.name()) : document.edit(index.find(child.name(), child.id()));
    if (match) {
      if (!merge_into(document, match, child, create, update)) return false;
    } else if (create) {
      index.add(create_below(target, child, update));
    } else {
      return false;
    }
  }
  return true;
}

void remove_element(cib::MutableElement element, CibUpdate& update) {
  CibChange change;
  change.kind = CibChange::Kind::kDelete;
  change.name = element.name();
  change.id = element.id();
  change.path = element_path(element);
  change.element = element.parent();
  // Changes noted before may name something below: they are gone with it.
  std::erase_if(update.changes, [&](const CibChange& noted) {
    return noted.kind != CibChange::Kind::kDelete && noted.path.starts_with(change.path) &&
           (noted.path.size() == change.path.size() || noted.path[change.path.size()] == '/');
  });
  update.changes.push_back(std::move(change));
  element.remove();
}

}  // namespace simcluster::controller
