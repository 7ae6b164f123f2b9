#include "engine/fencer/fencer_messages.h"

#include <fmt/core.h>

#include "engine/base/hash.h"

namespace simcluster::fencer {

namespace {
constexpr std::uint32_t kMostOffers = 10'000;
}

void write_log(Host& host, const Profile& profile, LogPriority priority, std::string_view text) {
  if (profile.daemons_renamed) return host.log(priority, "pacemaker-fenced", text);
  host.log(priority, profile.logs_with_function ? "stonithd" : "stonith-ng", text.substr(0, text.find(" | ")));
}

// Made of what the operation is known by, so that nobody has to tell it to the others.
std::string uuid_of(const OperationId& id) {
  const std::uint64_t high = hash_text(fmt::format("{}/{}", id.first, id.second));
  const std::uint64_t low = hash_text(fmt::format("{}\\{}", id.first, id.second));
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff, high & 0xfff,
                     0x8000 | (low >> 48 & 0x3fff), low & 0xffff'ffff'ffff);
}

std::string short_id(const OperationId& id) { return uuid_of(id).substr(0, 8); }

std::string outcome_text(FencingStatus status, std::string_view reason) {
  if (status == FencingStatus::kDone || status == FencingStatus::kFailed) return "complete";
  if (status == FencingStatus::kNoDevice) return "No fence device";
  return reason.empty() ? "Timed Out" : fmt::format("Timed Out ({})", reason);
}

std::string result_text(FencingStatus status, std::string_view reason) {
  if (status == FencingStatus::kDone) return "OK (complete)";
  if (status != FencingStatus::kTimeout || reason.empty())
    return fmt::format("Error occurred ({})", outcome_text(status, reason));
  return fmt::format("Error occurred (Timed Out: {})", reason);
}

WireWriter result_message(const OperationId& id, const FencingRequest& request, const Outcome& outcome) {
  WireWriter out = open_message(MessageKind::kResult, id);
  write_request(out, request);
  out.u8(static_cast<std::uint8_t>(outcome.status));
  out.text(outcome.delegate);
  out.text(outcome.reason);
  out.text(outcome.words);
  out.flag(outcome.merged);
  return out;
}

WireWriter open_message(MessageKind kind, const OperationId& id) {
  WireWriter out;
  out.u8(static_cast<std::uint8_t>(kind));
  out.text(id.first);
  out.u32(id.second);
  return out;
}

void write_request(WireWriter& out, const FencingRequest& request) {
  out.text(request.target);
  out.text(request.action);
  out.i64(request.timeout.ns);
  out.i64(request.delay.ns);
  out.text(request.client);
  out.text(request.origin);
}

FencingRequest read_request(WireReader& in) {
  FencingRequest request;
  request.target = in.text();
  request.action = in.text();
  request.timeout.ns = in.i64();
  request.delay.ns = in.i64();
  request.client = in.text();
  request.origin = in.text();
  return request;
}

void write_offers(WireWriter& out, const std::vector<DeviceOffer>& offers) {
  out.u32(static_cast<std::uint32_t>(offers.size()));
  for (const DeviceOffer& offer : offers) {
    out.text(offer.id);
    out.flag(offer.verified);
    out.flag(offer.can_switch_on);
    out.flag(offer.stays_off);
    out.i64(offer.reboot_timeout.ns);
    out.i64(offer.off_timeout.ns);
    out.i64(offer.on_timeout.ns);
    out.i64(offer.delay.ns);
  }
}

std::vector<DeviceOffer> read_offers(WireReader& in) {
  std::vector<DeviceOffer> offers;
  const std::uint32_t count = in.u32();
  for (std::uint32_t i = 0; i < count && i < kMostOffers && in.ok(); ++i) {
    DeviceOffer& offer = offers.emplace_back();
    offer.id = in.text();
    offer.verified = in.flag();
    offer.can_switch_on = in.flag();
    offer.stays_off = in.flag();
    offer.reboot_timeout.ns = in.i64();
    offer.off_timeout.ns = in.i64();
    offer.on_timeout.ns = in.i64();
    offer.delay.ns = in.i64();
  }
  return offers;
}

void write_history(WireWriter& out, const HistoryEntry& entry) {
  out.text(entry.target);
  out.text(entry.action);
  out.flag(entry.succeeded);
  out.text(entry.delegate);
  out.text(entry.client);
  out.text(entry.origin);
  out.u32(entry.call);
  out.i64(entry.completed.ns);
  out.text(entry.reason);
}

HistoryEntry read_history(WireReader& in) {
  HistoryEntry entry;
  entry.target = in.text();
  entry.action = in.text();
  entry.succeeded = in.flag();
  entry.delegate = in.text();
  entry.client = in.text();
  entry.origin = in.text();
  entry.call = in.u32();
  entry.completed.ns = in.i64();
  entry.reason = in.text();
  return entry;
}

}  // namespace simcluster::fencer
