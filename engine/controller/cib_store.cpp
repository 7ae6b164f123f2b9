#include "engine/controller/cib_store.h"

#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "engine/base/time_text.h"
#include "engine/cib/validate.h"
#include "engine/controller/cib_diff.h"
#include "engine/controller/cib_edit.h"
#include "engine/controller/election.h"

namespace simcluster::controller {

namespace {

constexpr std::string_view kTooLarge = "The CIB would have more than ";
constexpr std::string_view kOldData = " is greater than the replacement";
constexpr std::size_t kCompactSlack = std::size_t{1} << 20;
constexpr std::string_view kEmptyCib =
    "<cib crm_feature_set=\"3.0.1\" validate-with=\"pacemaker-1.0\" epoch=\"0\" num_updates=\"0\" admin_epoch=\"0\">"
    "<configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>";

std::int64_t number_of(std::string_view text, std::int64_t missing) {
  std::int64_t value = missing;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? value : missing;
}

Error prefixed(const Error& error) { return {"the CIB update is not usable: " + error.message, error.place}; }

bool in_configuration(const CibChange& change) {
  constexpr std::string_view kPrefix = "/cib/configuration";
  return change.path.starts_with(kPrefix) &&
         (change.path.size() == kPrefix.size() || change.path[kPrefix.size()] == '/');
}

}  // namespace

std::string version_text(const Generation& generation) {
  return fmt::format("{}.{}.{}", generation.admin_epoch, generation.epoch, generation.num_updates);
}

bool is_old_data(const Error& error) { return error.message.ends_with(kOldData); }

bool is_too_large(const Error& error) { return error.message.starts_with(kTooLarge); }

std::string too_large(std::size_t limit) { return fmt::format("{}{} bytes", kTooLarge, limit); }

CibStore::CibStore(std::string feature_set) : feature_set_(std::move(feature_set)) {
  document_ = cib::parse_document(kEmptyCib, "empty CIB").value();
}

Result<void> CibStore::load(std::string_view xml, std::string_view file_name) {
  Result<cib::Document> parsed = cib::parse_document(xml, file_name);
  if (!parsed) return tl::unexpected(parsed.error());
  cib::MutableElement root = parsed->root();
  if (!root.is("cib")) {
    return fail(fmt::format("expected the element \"cib\", not \"{}\"", root.name()), root.place());
  }
  root.ensure_child("configuration");
  if (cib::MutableElement status = root.first_child("status")) status.remove();
  root.append_child("status");
  for (const std::string_view version : {"admin_epoch", "epoch", "num_updates"}) {
    if (!root.has(version)) root.set_attribute(version, "0");
  }
  document_ = std::move(*parsed);
  ++changes_;
  return {};
}

Generation CibStore::generation() const {
  const cib::Element root = document_.root();
  Generation generation;
  generation.admin_epoch = number_of(root.value("admin_epoch"), 0);
  generation.epoch = number_of(root.value("epoch"), 0);
  generation.num_updates = number_of(root.value("num_updates"), 0);
  generation.schema = root.value("validate-with");
  return generation;
}

// It stays where it stood: sections have an order (configuration, then status).
Result<void> CibStore::replace_step(const CibStep& entry, const cib::Element& given, CibUpdate& update) {
  if (entry.path.empty()) {
    if (!given.is("cib")) return fail(fmt::format("expected the element \"cib\", not \"{}\"", given.name()));
    cib::Document bare;
    cib::MutableElement attributes = bare.create_root("cib");
    for (const cib::Attribute attribute : given.attributes()) attributes.set_attribute(attribute.name, attribute.value);
    merge_into(document_, document_.root(), attributes, false, update);
    for (const cib::MutableElement child : document_.root().children()) remove_element(child, update);
    for (const cib::Element child : given.children()) create_below(document_.root(), child, update);
    return {};
  }
  const cib::MutableElement old = find_at(document_, entry.path);
  if (cib::same_tree(old, given)) return {};  // CM-6.3
  const cib::Element next = old ? cib::Element(old.next_sibling()) : cib::Element();
  if (old) remove_element(old, update);
  CibPath parent = entry.path;
  parent.pop_back();
  create_below(make_at(document_, parent, update), given, update, next);
  return {};
}

// The sections stay, without content; the number goes up so that no older copy comes back (CM-6.3).
void CibStore::erase(CibUpdate& update) {
  for (const cib::MutableElement section : document_.root().children()) {
    for (const cib::MutableElement child : section.children()) {
      if (section.is("status")) remove_element(child, update);
      for (const cib::MutableElement inner : child.children())
        if (section.is("configuration")) remove_element(inner, update);
    }
  }
  document_.root().set_attribute("admin_epoch", generation().admin_epoch + 1);
  note_modified(document_.root(), update);
}

// CM-6.12. Paths and elements of what it changed, as other requests note them.
Result<void> CibStore::apply_patch(const cib::Document& patch, CibUpdate& update) {
  std::vector<CibChange> gone;
  for (const cib::Element change : patch.root().children("change")) {
    if (change.value("operation") != "delete") continue;
    const cib::Element target = cib::element_at(document_, change.value("path"));
    if (!target || !target.parent()) continue;
    gone.push_back({CibChange::Kind::kDelete, target.parent(), std::string(target.name()), std::string(target.id()),
                    element_path(target)});
  }
  const cib::PatchResult result = cib::apply_patch_noting(document_, patch);
  if (result.outcome == cib::PatchOutcome::kOldData) return fail("Update was older than existing configuration");
  if (result.outcome != cib::PatchOutcome::kApplied) return fail("Application of an update diff failed");
  for (CibChange& change : gone) update.changes.push_back(std::move(change));
  for (const cib::Element change : patch.root().children("change")) {
    const std::string_view operation = change.value("operation");
    const cib::MutableElement target = cib::element_at(document_, change.value("path"));
    if (!target || operation == "delete") continue;
    if (operation == "create") {
      note_created(matching_child(target, change.first_child()), update);
    } else {
      note_modified(target, update);
    }
  }
  return {};
}

Result<void> CibStore::apply_step(const CibStep& entry, CibUpdate& update) {
  using Kind = CibStep::Kind;
  if (entry.kind == Kind::kDelete || entry.kind == Kind::kDeleteAll) {
    while (cib::MutableElement found = find_at(document_, entry.path)) {
      if (entry.path.empty()) return fail("the root of the CIB cannot be deleted");
      remove_element(found, update);
      if (entry.kind == Kind::kDelete) break;
    }
    return {};
  }
  if (entry.kind == Kind::kErase) erase(update);
  if (entry.kind == Kind::kBump || entry.kind == Kind::kErase) return {};
  const Result<cib::Document> payload = cib::parse_document(entry.payload, "CIB update");
  if (!payload) return tl::unexpected(prefixed(payload.error()));
  if (entry.kind == Kind::kPatch) return apply_patch(*payload, update);
  const cib::Element given = payload->root();
  if (entry.kind == Kind::kReplace) return replace_step(entry, given, update);
  const bool create = entry.kind != Kind::kModify;
  const cib::MutableElement at = create ? make_at(document_, entry.path, update) : find_at(document_, entry.path);
  if (!at) return fail("No such device or address");
  if (entry.kind == Kind::kAttributes) {
    cib::Document bare;
    cib::MutableElement root = bare.create_root(given.name());
    for (const cib::Attribute attribute : given.attributes()) root.set_attribute(attribute.name, attribute.value);
    merge_into(document_, at, root, false, update);
    return {};
  }
  const cib::MutableElement match = matching_child(at, given);
  if (match && entry.kind == Kind::kCreate) return fail("Name not unique on network");
  if (!match && !create) return fail("No such device or address");
  if (!match) {
    create_below(at, given, update);
    return {};
  }
  // An object that is there gets the parts that it lacks, when it is modified, too (cibadmin of Pacemaker 2.1.5).
  merge_into(document_, match, given, true, update);
  return {};
}

// Overwritten values stay in the document until it is compacted.
void CibStore::compact_when_grown() {
  if (document_.memory_bytes() < 2 * compact_bytes_ + kCompactSlack) return;
  document_.compact();
  compact_bytes_ = document_.memory_bytes();
}

// CM-6.5. What was wrong before is not held against a change that leaves it so.
Result<void> CibStore::check_result(const Generation& before, std::string_view feature_set_before,
                                    const CibUpdate& update) {
  const Generation now = generation();
  const bool older =
      now.admin_epoch < before.admin_epoch || (now.admin_epoch == before.admin_epoch && now.epoch < before.epoch);
  if (older) return fail("Update was older than existing configuration");
  const std::string_view feature_set = document_.root().value("crm_feature_set");
  if (!feature_set_.empty() && feature_set != feature_set_before && compare_feature_sets(feature_set, feature_set_) > 0)
    return fail(fmt::format("Required feature set {} is newer than {}", feature_set, feature_set_));
  if (!update.configuration_changed) return {};
  const std::vector<Error> mistakes = cib::validate(document_, cib::declared_schema(document_), 1);
  if (mistakes.empty()) return {};
  document_.swap_changes();
  const bool was_fine = cib::validate(document_, cib::declared_schema(document_), 1).empty();
  document_.swap_changes();
  if (!was_fine) return {};
  return fail("Update does not conform to the configured schema: " + mistakes.front().message);
}

// What is too large already may be made smaller.
Result<void> CibStore::check_size(std::size_t before) const {
  const std::size_t now = document_.content_bytes();
  if (limit_ == 0 || now <= limit_ || now <= before) return {};
  return fail(too_large(limit_));
}

Result<CibUpdate> CibStore::change(const CibRequest& request, Time now) {
  const Generation before = generation();
  const std::size_t bytes_before = document_.content_bytes();
  const std::string feature_set(document_.root().value("crm_feature_set"));
  CibUpdate update;
  update.origin = request.origin;
  update.client = request.client;
  if (!request.steps.empty()) update.operation = request.steps.front().operation();
  bool forced = false;
  for (const CibStep& entry : request.steps) {
    forced = forced || entry.kind == CibStep::Kind::kBump;
    const Result<void> done = apply_step(entry, update);
    if (!done) return tl::unexpected(done.error());
  }
  for (const CibChange& change : update.changes) {
    update.configuration_changed = update.configuration_changed || in_configuration(change);
  }
  update.configuration_changed = update.configuration_changed || forced;
  const Result<void> fine = check_result(before, feature_set, update);
  if (!fine) return tl::unexpected(fine.error());
  if (update.changed() || forced) bump_versions(request, update, now);
  const Result<void> fits = check_size(bytes_before);
  if (!fits) return tl::unexpected(fits.error());
  return update;
}

Result<CibUpdate> CibStore::apply(const CibRequest& request, Time now, std::string* diff) {
  ++changes_;
  compact_when_grown();
  document_.begin_changes();
  Result<CibUpdate> update = change(request, now);
  if (!update) {
    document_.take_back_changes();
    return update;
  }
  if (diff != nullptr) diff->clear();
  if (diff != nullptr && (update->changed() || update->configuration_changed))
    *diff = make_diff(document_, *update, feature_set_);
  document_.keep_changes();
  return update;
}

void CibStore::bump_versions(const CibRequest& request, const CibUpdate& update, Time now) {
  const Generation old = generation();
  cib::MutableElement root = document_.root();
  if (!update.configuration_changed) {
    root.set_attribute("num_updates", old.num_updates + 1);
    return;
  }
  root.set_attribute("epoch", old.epoch + 1);
  root.set_attribute("num_updates", std::int64_t{0});
  root.set_attribute("cib-last-written", ctime_text(now));
  const std::pair<std::string_view, std::string_view> origins[] = {
      {"update-origin", request.origin}, {"update-client", request.client}, {"update-user", request.user}};
  for (const auto& [name, value] : origins) {
    if (value.empty()) {
      root.remove_attribute(name);
    } else {
      root.set_attribute(name, value);
    }
  }
}

cib::PatchResult CibStore::apply_diff(std::string_view diff, CibUpdate& update) {
  // It holds all that it adds, and more: where that does not fit, the whole document is asked for.
  if (limit_ != 0 && document_.content_bytes() + diff.size() > limit_)
    return {cib::PatchOutcome::kNeedsSync, too_large(limit_)};
  ++changes_;
  compact_when_grown();
  const cib::PatchResult result = controller::apply_diff(document_, diff, update);
  for (const CibChange& change : update.changes)
    update.configuration_changed = update.configuration_changed || in_configuration(change);
  return result;
}

Result<CibUpdate> CibStore::replace(std::string_view xml, std::string_view origin, Older older) {
  Result<cib::Document> parsed = cib::parse_document(xml, "CIB from another node");
  if (!parsed) return tl::unexpected(prefixed(parsed.error()));
  if (!parsed->root().is("cib")) return fail("the CIB from another node has no element \"cib\"");
  CibStore other;
  other.document_ = std::move(*parsed);
  const Generation now = generation();
  const Generation then = other.generation();
  if (older == Older::kRefuse && now.newer_than(then)) {
    const std::string_view number = now.admin_epoch != then.admin_epoch ? "admin_epoch"
                                    : now.epoch != then.epoch           ? "epoch"
                                                                        : "num_updates";
    return fail(fmt::format("Replacement {} from {} not applied to {}: current {}{}", version_text(then), origin,
                            version_text(now), number, kOldData));
  }
  document_ = std::move(other.document_);
  ++changes_;
  CibUpdate update;
  update.replaced = true;
  update.configuration_changed = true;
  update.origin = origin;
  return update;
}

}  // namespace simcluster::controller
