#include "engine/scheduler/constraint_sets.h"

#include "engine/scheduler/evaluate.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

ConstraintSet read_set(const cib::Element& xml) {
  ConstraintSet set;
  set.xml = xml;
  set.id = xml.id();
  set.role = xml.attribute(kRole);
  set.action = xml.attribute("action");
  set.sequential = xml.attribute("sequential");
  for (const cib::Element& reference : xml.children(kResourceRef)) set.members.push_back(reference.id());
  return set;
}

// Replaces tags and templates. False: a reference leads nowhere, nothing may be replaced in the whole constraint.
bool expand(const Model& model, ConstraintSet& set, bool& expanded) {
  std::vector<std::string_view> members;
  for (const std::string_view name : set.members) {
    const std::vector<std::string_view>* list = nullptr;
    switch (resolve_constraint_name(model, name, &list)) {
      case ReferenceKind::kResource:
        members.push_back(name);
        break;
      case ReferenceKind::kList:
        members.insert(members.end(), list->begin(), list->end());
        expanded = true;
        break;
      case ReferenceKind::kUnknown:
        return false;
    }
  }
  set.members = std::move(members);
  return true;
}

}  // namespace

void tell_unknown_reference(const Model& model, std::string_view function, std::string_view constraint,
                            std::string_view name) {
  if (model.lookups->template_index.contains(name)) {
    log(model, LogLevel::kNotice, "find_constraint_tag", "No resource is derived from template '{}'", name);
  } else {
    log(model, LogLevel::kWarning, "find_constraint_tag", "No template or tag named '{}'", name);
  }
  log(model, LogLevel::kError, function, "Ignoring constraint '{}' because '{}' is not a valid resource or tag",
      constraint, name);
}

ReferenceKind resolve_constraint_name(const Model& model, std::string_view name,
                                      const std::vector<std::string_view>** members) {
  if (find_constraint_resource(model, name).valid()) return ReferenceKind::kResource;
  const auto look = [&](const std::unordered_map<std::string_view, std::size_t>& index,
                        const std::vector<NamedList>& lists) {
    const auto it = index.find(name);
    if (it == index.end()) return false;
    *members = &lists[it->second].members;
    return true;
  };
  if (look(model.lookups->template_index, model.templates)) {
    return (*members)->empty() ? ReferenceKind::kUnknown : ReferenceKind::kList;
  }
  return look(model.lookups->tag_index, model.tags) ? ReferenceKind::kList : ReferenceKind::kUnknown;
}

std::vector<ConstraintSet> read_sets(const Model& model, const cib::Element& constraint, bool& expanded) {
  std::vector<ConstraintSet> plain;
  std::vector<ConstraintSet> replaced;
  bool valid = true;
  bool any = false;
  cib::Element xml = constraint.first_child(kResourceSet);
  bool own = true;  // after a reference, iteration goes on behind the referenced set (S1 C-12.7)
  while (xml) {
    const cib::Element resolved = resolve_reference(model, xml);
    if (!resolved) break;
    if (!(resolved == xml)) own = false;
    plain.push_back(read_set(resolved));
    replaced.push_back(plain.back());
    if (own && valid) valid = expand(model, replaced.back(), any);
    xml = resolved.next_sibling(kResourceSet);
  }
  expanded = valid && any;
  return expanded ? replaced : plain;
}

ConstraintSet make_set(const Model& model, std::string_view name, std::optional<std::string_view> role,
                       std::optional<std::string_view> action) {
  ConstraintSet set;
  set.id = name;
  set.role = role;
  set.action = action;
  const std::vector<std::string_view>* list = nullptr;
  if (resolve_constraint_name(model, name, &list) == ReferenceKind::kList) {
    set.members = *list;
    set.sequential = "false";
  } else {
    set.members = {name};
  }
  return set;
}

}  // namespace simcluster::scheduler
