#include "engine/cib/patch.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include <fmt/core.h>

#include "engine/cib/digest.h"
#include "engine/cib/values.h"

namespace simcluster::cib {

// ---- versions ----

std::string CibVersion::text() const { return fmt::format("{}.{}.{}", admin_epoch, epoch, num_updates); }

CibVersion version_of(const Element& cib, std::int64_t missing) {
  const auto part = [&](Name name) {
    const auto number = parse_integer(cib.value(name));
    return number ? number->value : missing;
  };
  return {part(names::kAdminEpoch), part(names::kEpoch), part(names::kNumUpdates)};
}

void set_version(MutableElement cib, const CibVersion& version) {
  cib.set_attribute(names::kAdminEpoch, version.admin_epoch)
      .set_attribute(names::kEpoch, version.epoch)
      .set_attribute(names::kNumUpdates, version.num_updates);
}

namespace {

bool is_bookkeeping(std::string_view name) {
  for (const std::string_view known :
       {"admin_epoch", "epoch", "num_updates", "cib-last-written", "update-origin", "update-client", "update-user"}) {
    if (name == known) return true;
  }
  return false;
}

bool same_root_attributes(const Element& a, const Element& b) {
  const auto covered = [](const Element& x, const Element& y) {
    for (const Attribute attribute : x.attributes()) {
      if (!is_bookkeeping(attribute.name) && y.attribute(attribute.name) != attribute.value) return false;
    }
    return true;
  };
  return covered(a, b) && covered(b, a);
}

}  // namespace

ChangeExtent extent_of_change(const Document& before, const Document& after) {
  const Element a = before.root();
  const Element b = after.root();
  if (!same_tree(a.first_child(names::kConfiguration), b.first_child(names::kConfiguration))) {
    return ChangeExtent::kConfiguration;
  }
  const bool same =
      same_root_attributes(a, b) && same_tree(a.first_child(names::kStatus), b.first_child(names::kStatus));
  return same ? ChangeExtent::kNothing : ChangeExtent::kStatusOnly;
}

CibVersion next_version(const CibVersion& before, ChangeExtent extent) {
  switch (extent) {
    case ChangeExtent::kConfiguration:
      return {before.admin_epoch, before.epoch + 1, 0};
    case ChangeExtent::kStatusOnly:
      return {before.admin_epoch, before.epoch, before.num_updates + 1};
    case ChangeExtent::kNothing:
      break;
  }
  return before;
}

// ---- making ----

namespace {

std::string step_of(const Element& element) {
  const auto id = element.attribute(names::kId);
  if (!id) return fmt::format("/{}", element.name());
  const char quote = id->find('\'') == std::string_view::npos ? '\'' : '"';
  return fmt::format("/{}[@id={}{}{}]", element.name(), quote, *id, quote);
}

// Name and id of an element: what tells it from its siblings.
std::string key_of(const Element& element) { return step_of(element); }

using Children = std::vector<Element>;

Children children_of(const Element& element) {
  Children children;
  for (const Element child : element.children()) children.push_back(child);
  return children;
}

// Children by key; nothing when a path could mean more than one of them.
using KeyTable = std::unordered_map<std::string, std::size_t>;
std::optional<KeyTable> key_table(const Children& children) {
  KeyTable table;
  std::unordered_map<std::string_view, std::size_t> of_name;
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (!table.emplace(key_of(children[i]), i).second) return std::nullopt;
    ++of_name[children[i].name()];
  }
  for (const Element& child : children) {
    if (!child.has(names::kId) && of_name[child.name()] > 1) return std::nullopt;
  }
  return table;
}

bool same_attributes_in_order(const Element& a, const Element& b) {
  if (a.attributes().size() != b.attributes().size()) return false;
  auto other = b.attributes().begin();
  for (const Attribute attribute : a.attributes()) {
    if (attribute.name != (*other).name || attribute.value != (*other).value) return false;
    ++other;
  }
  return true;
}

// Which of these distinct numbers stay when the fewest possible are moved: a longest ascending subsequence.
std::vector<bool> longest_ascending(const std::vector<std::size_t>& numbers) {
  std::vector<std::size_t> tails;  // index of the smallest end of an ascending run of each length
  std::vector<std::size_t> previous(numbers.size(), numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto at = std::lower_bound(tails.begin(), tails.end(), numbers[i],
                                     [&](std::size_t index, std::size_t number) { return numbers[index] < number; });
    if (at != tails.begin()) previous[i] = *(at - 1);
    if (at == tails.end()) {
      tails.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<bool> stays(numbers.size(), false);
  for (std::size_t i = tails.empty() ? numbers.size() : tails.back(); i != numbers.size(); i = previous[i])
    stays[i] = true;
  return stays;
}

class PatchMaker {
 public:
  explicit PatchMaker(MutableElement diff) : diff_(diff) {}

  void compare_roots(const Element& before, const Element& after) {
    deletions_before_ = diff_.append_child("change");  // marks where deletions go; removed at the end
    compare(before, after, "");
    deletions_before_.remove();
  }

 private:
  MutableElement change(std::string_view operation, std::string_view path) {
    MutableElement made =
        operation == "delete" ? diff_.insert_child("change", deletions_before_) : diff_.append_child("change");
    made.set_attribute("operation", operation).set_attribute("path", path);
    return made;
  }

  void compare(const Element& before, const Element& after, const std::string& parent_path) {
    const std::string path = parent_path + step_of(after);
    const Children old_children = children_of(before);
    const Children new_children = children_of(after);
    compare_attributes(before, after, path);
    const auto old_keys = key_table(old_children);
    const auto new_keys = key_table(new_children);
    if (!old_keys || !new_keys) {
      compare_unnamed(old_children, new_children, path);
      return;
    }
    for (const Element& child : old_children) {
      if (!new_keys->contains(key_of(child))) change("delete", path + step_of(child));
    }
    std::vector<std::size_t> old_places;
    for (const Element& child : new_children) {
      if (const auto found = old_keys->find(key_of(child)); found != old_keys->end())
        old_places.push_back(found->second);
    }
    const std::vector<bool> stays = longest_ascending(old_places);
    std::size_t matched = 0;
    for (std::size_t i = 0; i < new_children.size(); ++i) {
      const Element& child = new_children[i];
      const auto found = old_keys->find(key_of(child));
      if (found == old_keys->end()) {
        create(child, path, i);
        continue;
      }
      compare(old_children[found->second], child, path);
      if (!stays[matched++])
        change("move", path + step_of(child)).set_attribute("position", static_cast<std::int64_t>(i));
    }
  }

  // Children that name and id do not tell apart: all are made anew when anything differs. A path that fits several
  // elements means the first of them.
  void compare_unnamed(const Children& before, const Children& after, const std::string& path) {
    const bool same =
        before.size() == after.size() && std::equal(before.begin(), before.end(), after.begin(), same_tree);
    if (same) return;
    for (const Element& child : before) change("delete", path + step_of(child));
    for (std::size_t i = 0; i < after.size(); ++i) create(after[i], path, i);
  }

  void create(const Element& child, const std::string& parent_path, std::size_t position) {
    MutableElement made = change("create", parent_path);
    made.set_attribute("position", static_cast<std::int64_t>(position));
    made.append_copy(child);
  }

  void compare_attributes(const Element& before, const Element& after, const std::string& path) {
    if (same_attributes_in_order(before, after)) return;
    const MutableElement made = change("modify", path);
    MutableElement list = MutableElement(made).append_child("change-list");
    for (const Attribute old : before.attributes()) {
      if (after.has(old.name)) continue;
      list.append_child("change-attr").set_attribute("name", old.name).set_attribute("operation", "unset");
    }
    for (const Attribute attribute : after.attributes()) {
      if (before.attribute(attribute.name) == attribute.value) continue;
      list.append_child("change-attr")
          .set_attribute("name", attribute.name)
          .set_attribute("operation", "set")
          .set_attribute("value", attribute.value);
    }
    MutableElement result = MutableElement(made).append_child("change-result").append_child(after.name());
    for (const Attribute attribute : after.attributes()) result.set_attribute(attribute.name, attribute.value);
  }

  MutableElement diff_;
  MutableElement deletions_before_;
};

}  // namespace

std::optional<Document> create_patch(const Document& before, const Document& after) {
  const std::string digest = document_digest(after);
  if (digest == document_digest(before)) return std::nullopt;
  Document patch;
  MutableElement diff = patch.create_root("diff");
  diff.set_attribute("format", "2").set_attribute("digest", digest);
  const MutableElement version = diff.append_child("version");
  set_version(MutableElement(version).append_child("source"), version_of(before.root()));
  set_version(MutableElement(version).append_child("target"), version_of(after.root()));
  PatchMaker(diff).compare_roots(before.root(), after.root());
  return patch;
}

std::optional<Document> create_patch_without_version(const Document& before, const Document& after) {
  Document patch;
  MutableElement diff = patch.create_root("diff");
  diff.set_attribute("format", "2");
  PatchMaker(diff).compare_roots(before.root(), after.root());
  for (const MutableElement change : diff.children())
    if (change.value("path") == fmt::format("/{}", after.root().name()) && change.value("operation") == "modify")
      MutableElement(change).remove();
  if (!diff.first_child()) return std::nullopt;
  return patch;
}

// ---- applying ----

MutableElement element_at(Document& document, std::string_view path) {
  MutableElement at;
  while (!path.empty()) {
    if (path[0] != '/') return {};
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find_first_of("/["), path.size());
    const std::string_view name = path.substr(0, end);
    path.remove_prefix(end);
    std::optional<std::string_view> id;
    if (path.starts_with("[@id=") && path.size() > 6) {
      const std::size_t close = path.find(path[5], 6);
      if (close == std::string_view::npos || path.substr(close + 1, 1) != "]") return {};
      id = path.substr(6, close - 6);
      path.remove_prefix(close + 2);
    }
    const auto fits = [&](const Element& element) {
      return element.is(name) && (!id || element.attribute(names::kId) == id);
    };
    if (!at) {
      at = document.root();
      if (!fits(at)) return {};
      continue;
    }
    MutableElement found;
    for (const MutableElement child : at.children()) {
      if (!fits(child)) continue;
      found = child;
      break;
    }
    if (!found) return {};
    at = found;
  }
  return at;
}

namespace {

// A create or move, done last (CM-6.12).
struct Placement {
  std::int64_t position = 0;
  MutableElement parent;
  MutableElement moved;  // none for a create
  Element source;        // of a create
};

class PatchApplier {
 public:
  explicit PatchApplier(Document& document) : document_(document) {}

  PatchResult apply(const Element& diff) {
    for (const Element change : diff.children("change")) {
      if (!apply_change(change)) return problem_;
    }
    std::stable_sort(placements_.begin(), placements_.end(),
                     [](const Placement& a, const Placement& b) { return a.position < b.position; });
    // Moved elements are out of the way while the others take their places.
    for (const Placement& placement : placements_) {
      if (placement.moved) MutableElement(placement.moved).move(placement.parent, Element());
    }
    for (const Placement& placement : placements_) place(placement);
    return {PatchOutcome::kApplied, {}};
  }

 private:
  bool problem(PatchOutcome outcome, std::string reason) {
    problem_ = {outcome, std::move(reason)};
    return false;
  }

  bool apply_change(const Element& change) {
    const std::string_view operation = change.value("operation");
    const std::string_view path = change.value("path");
    MutableElement target = element_at(document_, path);
    if (operation == "delete") {
      if (!target) return true;  // deleting what is not there is success (CM-6.6)
      target.remove();
      return true;
    }
    if (!target)
      return problem(PatchOutcome::kNeedsSync, fmt::format("{} {} does not lead to an element", operation, path));
    if (operation == "modify") return modify(change, target);
    const auto position = parse_integer(change.value("position"));
    const bool create = operation == "create";
    if ((!create && operation != "move") || !position || position->value < 0) {
      return problem(PatchOutcome::kMalformed, fmt::format("the change '{}' cannot be understood", operation));
    }
    if (create && !change.first_child()) return problem(PatchOutcome::kMalformed, "a create brings no element");
    if (!create && !target.parent()) return problem(PatchOutcome::kMalformed, "the root cannot be moved");
    if (create) {
      placements_.push_back({position->value, target, {}, change.first_child()});
    } else {
      placements_.push_back({position->value, target.parent(), target, {}});
    }
    return true;
  }

  bool modify(const Element& change, MutableElement target) {
    const Element result = change.first_child("change-result").first_child();
    if (!result || result.name() != target.name())
      return problem(PatchOutcome::kMalformed, "a modify brings no result");
    target.remove_all_attributes();
    for (const Attribute attribute : result.attributes()) target.set_attribute(attribute.name, attribute.value);
    return true;
  }

  // The elements that wait for their own placement stand at the end, so the index is among those already placed.
  static void place(const Placement& placement) {
    Element before = placement.parent.first_child();
    for (std::int64_t i = 0; i < placement.position && before; ++i) before = before.next_sibling();
    if (placement.moved) {
      if (before != placement.moved) MutableElement(placement.moved).move(placement.parent, before);
    } else {
      MutableElement(placement.parent).insert_copy(placement.source, before);
    }
  }

  Document& document_;
  std::vector<Placement> placements_;
  PatchResult problem_;
};

PatchResult check_versions(const Element& cib, const Element& diff) {
  const Element version = diff.first_child("version");
  if (!diff.is("diff") || diff.value("format") != "2")
    return {PatchOutcome::kMalformed, "it is not a diff of format 2"};
  if (!version) return {PatchOutcome::kApplied, {}};
  const CibVersion source = version_of(version.first_child("source"));
  const CibVersion target = version_of(version.first_child("target"));
  const CibVersion local = version_of(cib);
  if (target <= source) {
    return {PatchOutcome::kMalformed,
            fmt::format("its target {} is not newer than its source {}", target.text(), source.text())};
  }
  if (local < source) {
    return {PatchOutcome::kNeedsSync, fmt::format("it starts from {}, but this is {}", source.text(), local.text())};
  }
  if (local > source) {
    return {PatchOutcome::kOldData,
            fmt::format("it starts from {}, but this is already {}", source.text(), local.text())};
  }
  return {PatchOutcome::kApplied, {}};
}

}  // namespace

PatchResult apply_patch_noting(Document& document, const Document& patch) {
  const Element diff = patch.root();
  PatchResult result = check_versions(document.root(), diff);
  if (result.outcome != PatchOutcome::kApplied) return result;
  result = PatchApplier(document).apply(diff);
  if (result.outcome != PatchOutcome::kApplied) return result;
  if (const auto digest = diff.attribute("digest"); digest && *digest != document_digest(document))
    return {PatchOutcome::kNeedsSync, "the digest of the result is wrong"};
  return result;
}

PatchResult apply_patch(Document& document, const Document& patch) {
  document.begin_changes();
  PatchResult result = apply_patch_noting(document, patch);
  if (result.outcome == PatchOutcome::kApplied) {
    document.keep_changes();
  } else {
    document.take_back_changes();
  }
  return result;
}

}  // namespace simcluster::cib
