#include "engine/controller/cib_store.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "engine/base/time_text.h"
#include "engine/cib/validate.h"
#include "engine/controller/cib_diff.h"
#include "engine/controller/cib_edit.h"

namespace simcluster::controller {

namespace {

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

CibStore::CibStore() { document_ = cib::parse_document(kEmptyCib, "empty CIB").value(); }

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
  if (entry.kind == Kind::kBump || entry.kind == Kind::kErase) return {};
  const Result<cib::Document> payload = cib::parse_document(entry.payload, "CIB update");
  if (!payload) return tl::unexpected(prefixed(payload.error()));
  const cib::Element given = payload->root();
  if (entry.kind == Kind::kReplace) {
    // It stays where it stood: sections have an order (configuration, then status).
    const cib::MutableElement old = find_at(document_, entry.path);
    const cib::Element next = old ? cib::Element(old.next_sibling()) : cib::Element();
    if (old) remove_element(old, update);
    CibPath parent = entry.path;
    if (!parent.empty()) parent.pop_back();
    create_below(make_at(document_, parent, update), given, update, next);
    return {};
  }
  const bool create = entry.kind != Kind::kModify;
  const cib::MutableElement at = create ? make_at(document_, entry.path, update) : find_at(document_, entry.path);
  if (!at) return fail("No such device or address");
  if (entry.kind == Kind::kAttributes) {
    cib::Document bare;
    cib::MutableElement root = bare.create_root(given.name());
    for (const cib::Attribute attribute : given.attributes()) root.set_attribute(attribute.name, attribute.value);
    merge_into(at, root, false, update);
    return {};
  }
  const cib::MutableElement match = matching_child(at, given);
  if (match && entry.kind == Kind::kCreate) return fail("Name not unique on network");
  if (!match && !create) return fail("No such device or address");
  if (!match) {
    create_below(at, given, update);
    return {};
  }
  if (!merge_into(match, given, create, update)) return fail("No such device or address");
  return {};
}

// Overwritten values stay in the document until it is compacted.
void CibStore::compact_when_grown() {
  if (document_.memory_bytes() < 2 * compact_bytes_ + kCompactSlack) return;
  document_.compact();
  compact_bytes_ = document_.memory_bytes();
}

Result<CibUpdate> CibStore::apply(const CibRequest& request, Time now) {
  ++changes_;
  compact_when_grown();
  const cib::Document before = document_;  // cheap: values are shared
  CibUpdate update;
  update.origin = request.origin;
  update.client = request.client;
  bool forced = false;
  for (const CibStep& entry : request.steps) {
    forced = forced || entry.kind == CibStep::Kind::kBump;
    const Result<void> done = apply_step(entry, update);
    if (done) continue;
    document_ = before;
    return tl::unexpected(done.error());
  }
  for (const CibChange& change : update.changes) {
    update.configuration_changed = update.configuration_changed || in_configuration(change);
  }
  update.configuration_changed = update.configuration_changed || forced;
  // CM-6.5, for what people type. What the cluster itself writes is not asked again.
  if (update.configuration_changed && !request.user.empty()) {
    const std::vector<Error> mistakes = cib::validate(document_, cib::declared_schema(document_), 1);
    if (!mistakes.empty() && cib::validate(before, cib::declared_schema(before), 1).empty()) {
      document_ = before;
      return fail("Update does not conform to the configured schema: " + mistakes.front().message);
    }
  }
  if (update.changed() || forced) bump_versions(request, update, now);
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
  const std::pair<std::string_view, const std::string&> origins[] = {
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
  ++changes_;
  compact_when_grown();
  const cib::PatchResult result = controller::apply_diff(document_, diff, update);
  for (const CibChange& change : update.changes)
    update.configuration_changed = update.configuration_changed || in_configuration(change);
  return result;
}

Result<CibUpdate> CibStore::replace(std::string_view xml, std::string_view origin) {
  Result<cib::Document> parsed = cib::parse_document(xml, "CIB from another node");
  if (!parsed) return tl::unexpected(prefixed(parsed.error()));
  if (!parsed->root().is("cib")) return fail("the CIB from another node has no element \"cib\"");
  CibStore other;
  other.document_ = std::move(*parsed);
  if (generation().newer_than(other.generation())) return fail("old data");
  document_ = std::move(other.document_);
  ++changes_;
  CibUpdate update;
  update.replaced = true;
  update.configuration_changed = true;
  update.origin = origin;
  return update;
}

}  // namespace simcluster::controller
