#include "engine/controller/cib_diff.h"

#include <utility>

#include <fmt/format.h>

#include "engine/cib/digest.h"
#include "engine/controller/cib_edit.h"

namespace simcluster::controller {

namespace {

constexpr std::string_view kMarker = "__crm_diff_marker__";
constexpr std::string_view kRemoved = "removed:top";
constexpr std::string_view kAdded = "added:top";

cib::Element match_of(const cib::Element& parent, const cib::Element& child) {
  for (const cib::Element candidate : parent.children()) {
    if (candidate.name() == child.name() && candidate.id() == child.id()) return candidate;
  }
  return {};
}

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
  for (const cib::Element child : before.children()) {
    if (const cib::Element still = match_of(after, child)) {
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
    if (!match_of(before, child)) added.append_copy(child).set_attribute(kMarker, kAdded);
  }
}

// Takes away what stands in `removed`, but for attributes that get another value.
void take_away(cib::MutableElement target, const cib::Element& removed, const cib::Element& added, CibUpdate& update) {
  for (const cib::Attribute old : removed.attributes()) {
    if (old.name == "id" || added.has(old.name)) continue;
    if (target.remove_attribute(old.name)) note_modified(target, update);
  }
  for (const cib::Element child : removed.children()) {
    const cib::MutableElement found = matching_child(target, child);
    if (!found) continue;
    if (child.value(kMarker) == kRemoved) {
      remove_element(found, update);
    } else {
      take_away(found, child, added ? match_of(added, child) : cib::Element(), update);
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
  cib::Document content = document;
  cib::MutableElement root = content.root();
  for (const std::string_view name : {"cib-last-written", "update-origin", "update-client", "update-user"})
    root.remove_attribute(name);
  return cib::document_digest(content);
}

std::string make_diff(const cib::Document& before, const cib::Document& after, std::string_view feature_set) {
  cib::Document document;
  cib::MutableElement diff = document.create_root("diff");
  diff.set_attribute("crm_feature_set", feature_set).set_attribute("digest", content_digest(after));
  cib::MutableElement removed = diff.append_child("diff-removed");
  cib::MutableElement added = diff.append_child("diff-added");
  cib::set_version(removed, cib::version_of(before.root()));
  cib::set_version(added, cib::version_of(after.root()));
  compare(before.root(), after.root(), append_bare(removed, before.root()), append_bare(added, after.root()));
  return cib::write_compact(document.root());
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
  const cib::Document before = document;
  if (const cib::Element went = removed.first_child("cib")) take_away(document.root(), went, came, update);
  const std::string digest(diff.value("digest"));
  remove_markers(parsed->edit(came));
  merge_into(document.root(), came, true, update);
  if (digest == content_digest(document)) return {cib::PatchOutcome::kApplied, {}};
  document = before;
  update = {};
  return {cib::PatchOutcome::kNeedsSync, "Failed application of a global update.  Requesting full refresh."};
}

}  // namespace simcluster::controller
