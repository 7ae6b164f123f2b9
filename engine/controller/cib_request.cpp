#include "engine/controller/cib_request.h"

#include <algorithm>
#include <utility>

#include "engine/base/wire.h"

namespace simcluster::controller {

CibPathStep step(std::string_view element) { return {std::string(element), {}, {}}; }

CibPathStep step(std::string_view element, std::string_view id) {
  return {std::string(element), "id", std::string(id)};
}

CibRequest& CibRequest::merge(CibPath path, const cib::Element& payload) {
  return merge(std::move(path), cib::write_compact(payload));
}

CibRequest& CibRequest::merge(CibPath path, std::string payload) {
  return set(CibStep::Kind::kMerge, std::move(path), std::move(payload));
}

CibRequest& CibRequest::set(CibStep::Kind kind, CibPath path, std::string payload) {
  steps.push_back({kind, std::move(path), std::move(payload)});
  return *this;
}

CibRequest& CibRequest::remove(CibPath path) {
  steps.push_back({CibStep::Kind::kDelete, std::move(path), {}});
  return *this;
}

namespace {

CibRequest request_of(std::string_view client) {
  CibRequest request;
  request.client = client;
  request.user = "hacluster";
  return request;
}

}  // namespace

CibRequest controller_request() { return request_of("crmd"); }
CibRequest attributes_request() { return request_of("attrd"); }

std::string_view CibStep::operation() const {
  switch (kind) {
    case Kind::kMerge:
    case Kind::kModify:
    case Kind::kAttributes:
      return "cib_modify";
    case Kind::kCreate:
      return "cib_create";
    case Kind::kReplace:
      return "cib_replace";
    case Kind::kDelete:
    case Kind::kDeleteAll:
      return "cib_delete";
    case Kind::kBump:
      return "cib_bump";
    case Kind::kErase:
      return "cib_erase";
    case Kind::kPatch:
      return "cib_apply_diff";
  }
  return {};
}

bool edited_by_hand(const CibUpdate& update) {
  if (update.client != "cibadmin" && update.client != "crm") return false;
  return std::ranges::any_of(update.changes, [](const CibChange& change) {
    return change.path.starts_with("/cib/status") || change.path.starts_with("/cib/configuration/nodes");
  });
}

namespace {

void write(WireWriter& out, const CibStep& entry) {
  out.u8(static_cast<std::uint8_t>(entry.kind));
  out.u32(static_cast<std::uint32_t>(entry.path.size()));
  for (const CibPathStep& part : entry.path) {
    out.text(part.element);
    out.text(part.attribute);
    out.text(part.value);
  }
  out.text(entry.payload);
}

CibStep read_step(WireReader& in) {
  CibStep entry;
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(CibStep::kLast)) in.spoil();
  entry.kind = static_cast<CibStep::Kind>(kind);
  const std::uint32_t parts = in.u32();
  if (parts > in.left() / 12) in.spoil();  // three lengths each
  for (std::uint32_t i = 0; in.ok() && i < parts; ++i) {
    CibPathStep part;
    part.element = in.text();
    part.attribute = in.text();
    part.value = in.text();
    entry.path.push_back(std::move(part));
  }
  entry.payload = in.text();
  return entry;
}

}  // namespace

std::vector<std::byte> encode(const CibRequest& request) {
  WireWriter out;
  out.text(request.origin);
  out.text(request.client);
  out.text(request.user);
  out.u32(static_cast<std::uint32_t>(request.steps.size()));
  for (const CibStep& entry : request.steps) write(out, entry);
  return out.take();
}

std::optional<CibRequest> decode_cib_request(std::span<const std::byte> bytes) {
  WireReader in(bytes);
  CibRequest request;
  request.origin = in.text();
  request.client = in.text();
  request.user = in.text();
  const std::uint32_t steps = in.u32();
  if (steps > in.left() / 9) in.spoil();  // kind and two lengths each
  for (std::uint32_t i = 0; in.ok() && i < steps; ++i) request.steps.push_back(read_step(in));
  if (!in.complete()) return std::nullopt;
  return request;
}

}  // namespace simcluster::controller
