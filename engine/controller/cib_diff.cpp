#include "engine/controller/cib_diff.h"

#include <utility>

#include <fmt/core.h>

#include "engine/cib/digest.h"
#include "engine/controller/child_index.h"
#include "engine/controller/cib_edit.h"

namespace simcluster::controller {

namespace {

constexpr std::string_view kMarker = "__crm_diff_marker__";
constexpr std::string_view kRemoved = "removed:top";
constexpr std::string_view kAdded = "added:top";

// The same element without anything that stands in it.
cib::MutableElement append_bare(cib::MutableElement parent, const cib::Element& element) {
  cib::MutableElement bare = parent.append_child(element.name());
  if (element.has("id")) bare.set_attribute("id", element.id());
  return bare;
}

void drop_if_bare(cib::MutableElement element) {
  const std::size_t own = element.has("id") ? 1 : 0;
  if (element.attributes().size() == own && !element.first_child()) element.remove();
}

void compare(const cib::Element& before, const cib::Element& after, cib::MutableElement removed,
             cib::MutableElement added) {
  for (const cib::Attribute old : before.attributes()) {
    if (after.attribute(old.name) != old.value) removed.set_attribute(old.name, old.value);
  }
  for (const cib::Attribute now : after.attributes()) {
    if (before.attribute(now.name) != now.value) added.set_attribute(now.name, now.value);
  }
  const ChildIndex now(after, before.child_count());
  const ChildIndex then(before, after.child_count());
  for (const cib::Element child : before.children()) {
    if (const cib::Element still = now.find(child.name(), child.id())) {
      const cib::MutableElement removed_child = append_bare(removed, child);
      const cib::MutableElement added_child = append_bare(added, child);
      compare(child, still, removed_child, added_child);
      drop_if_bare(removed_child);
      drop_if_bare(added_child);
    } else {
      removed.append_copy(child).set_attribute(kMarker, kRemoved);
    }
  }
  for (const cib::Element child : after.children()) {
    if (!then.find(child.name(), child.id())) added.append_copy(child).set_attribute(kMarker, kAdded);
  }
}

// Takes away what stands in `removed`, but for attributes that get another value.
void take_away(cib::Document& document, cib::MutableElement target, const cib::Element& removed,
               const cib::Element& added, CibUpdate& update) {
  for (const cib::Attribute old : removed.attributes()) {
    if (old.name == "id" || added.has(old.name)) continue;
    if (target.remove_attribute(old.name)) note_modified(target, update);
  }
  const std::size_t count = removed.child_count();
  const ChildIndex index(target, count);
  const ChildIndex came(added, count);
  for (const cib::Element child : removed.children()) {
    const cib::MutableElement found = document.edit(index.find(child.name(), child.id()));
    if (!found) continue;
    if (child.value(kMarker) == kRemoved) {
      remove_element(found, update);
    } else {
      take_away(document, found, child, came.find(child.name(), child.id()), update);
    }
  }
}

void remove_markers(cib::MutableElement element) {
  element.remove_attribute(kMarker);
  for (const cib::MutableElement child : element.children()) remove_markers(child);
}

cib::PatchResult check_versions(const cib::CibVersion& source, const cib::CibVersion& local) {
  if (local == source) return {cib::PatchOutcome::kApplied, {}};
  const bool older = local < source;
  std::string_view number = "num_updates";
  if (local.epoch != source.epoch) number = "epoch";
  if (local.admin_epoch != source.admin_epoch) number = "admin_epoch";
  return {older ? cib::PatchOutcome::kNeedsSync : cib::PatchOutcome::kOldData,
          fmt::format("current \"{}\" is {} than required", number, older ? "less" : "greater")};
}

}  // namespace

std::string content_digest(const cib::Document& document) {
  static constexpr std::string_view kLastWritten[] = {"cib-last-written", "update-origin", "update-client",
                                                      "update-user"};
  return cib::document_digest_without(document, kLastWritten);
}

namespace {

// The counterpart of `element` in a tree of what changed: with its ancestors, of which only names and ids are there.
cib::MutableElement counterpart(cib::Document& touched, const cib::Element& element) {
  if (!element.parent()) return touched.root();
  cib::MutableElement parent = counterpart(touched, element.parent());
  for (const cib::MutableElement child : parent.children())
    if (child.name() == element.name() && child.id() == element.id()) return child;
  return append_bare(parent, element);
}

void copy_attributes(cib::Document& touched, const cib::Element& element) {
  cib::MutableElement copy = counterpart(touched, element);
  for (const cib::Attribute attribute : element.attributes()) copy.set_attribute(attribute.name, attribute.value);
}

void copy_tree(cib::Document& touched, const cib::Element& element) {
  cib::MutableElement copy = counterpart(touched, element);
  if (!copy.parent()) return;
  cib::MutableElement parent = copy.parent();
  copy.remove();
  parent.append_copy(element);
}

// False when it has been removed, or what it stood in.
bool is_there(const cib::Document& document, cib::Element element) {
  while (element.parent()) element = element.parent();
  return element == document.root();
}

cib::Document bare_root(const cib::Element& root) {
  cib::Document touched;
  touched.create_root(root.name());
  copy_attributes(touched, root);
  return touched;
}

// What the changes have made of the document, and nothing of the rest.
cib::Document touched_after(const cib::Document& document, const CibUpdate& update) {
  cib::Document touched = bare_root(document.root());
  for (const CibChange& change : update.changes) {
    if (change.kind == CibChange::Kind::kCreate) {
      copy_tree(touched, change.element);
    } else if (change.kind == CibChange::Kind::kModify) {
      copy_attributes(touched, change.element);
    } else if (is_there(document, change.element)) {
      counterpart(touched, change.element);
    }
  }
  return touched;
}

// What stood there, while the document shows how it was.
cib::Document touched_before(cib::Document& document, const CibUpdate& update) {
  cib::Document touched = bare_root(document.root());
  for (const CibChange& change : update.changes) {
    const cib::Element was = cib::element_at(document, change.path);
    if (was && change.kind == CibChange::Kind::kModify) copy_attributes(touched, was);
    if (was && change.kind == CibChange::Kind::kDelete) copy_tree(touched, was);
  }
  return touched;
}

}  // namespace

std::string make_diff(cib::Document& document, const CibUpdate& update, std::string_view feature_set) {
  const cib::Document after = touched_after(document, update);
  document.swap_changes();
  const cib::Document before = touched_before(document, update);
  document.swap_changes();
  cib::Document made;
  cib::MutableElement diff = made.create_root("diff");
  diff.set_attribute("crm_feature_set", feature_set).set_attribute("digest", content_digest(document));
  cib::MutableElement removed = diff.append_child("diff-removed");
  cib::MutableElement added = diff.append_child("diff-added");
  cib::set_version(removed, cib::version_of(before.root()));
  cib::set_version(added, cib::version_of(after.root()));
  compare(before.root(), after.root(), append_bare(removed, before.root()), append_bare(added, after.root()));
  return cib::write_compact(made.root());
}

cib::PatchResult apply_diff(cib::Document& document, std::string_view xml, CibUpdate& update) {
  Result<cib::Document> parsed = cib::parse_document(xml, "diff of the CIB");
  if (!parsed || !parsed->root().is("diff")) return {cib::PatchOutcome::kMalformed, "it is no diff"};
  const cib::Element diff = parsed->root();
  const cib::Element removed = diff.first_child("diff-removed");
  const cib::Element added = diff.first_child("diff-added");
  const cib::Element came = added.first_child("cib");
  if (!removed || !came) return {cib::PatchOutcome::kMalformed, "it is no diff of format 1"};
  cib::PatchResult fit = check_versions(cib::version_of(removed), cib::version_of(document.root()));
  if (fit.outcome != cib::PatchOutcome::kApplied) return fit;
  document.begin_changes();
  if (const cib::Element went = removed.first_child("cib")) take_away(document, document.root(), went, came, update);
  const std::string digest(diff.value("digest"));
  remove_markers(parsed->edit(came));
  merge_into(document, document.root(), came, true, update);
  if (digest == content_digest(document)) {
    document.keep_changes();
    return {cib::PatchOutcome::kApplied, {}};
  }
  document.take_back_changes();
  update = {};
  return {cib::PatchOutcome::kNeedsSync, "Failed application of a global update.  Requesting full refresh."};
}

}  // namespace simcluster::controller
