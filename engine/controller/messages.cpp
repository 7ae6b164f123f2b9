#include "engine/controller/messages.h"

#include <array>
#include <tuple>

#include "engine/base/wire.h"

namespace simcluster::controller {

namespace {

void write(WireWriter& out, const Vote& vote) {
  out.u32(vote.owner);
  out.u32(vote.round);
  out.i64(vote.age_seconds);
  out.i64(vote.age_microseconds);
}

void read(WireReader& in, Vote& vote) {
  vote.owner = in.u32();
  vote.round = in.u32();
  vote.age_seconds = in.i64();
  vote.age_microseconds = in.i64();
}

void write(WireWriter& out, const Join& join) {
  out.u32(join.id);
  out.flag(join.flag);
  out.i64(join.generation.admin_epoch);
  out.i64(join.generation.epoch);
  out.i64(join.generation.num_updates);
  out.text(join.generation.schema);
  out.text({reinterpret_cast<const char*>(join.history.data()), join.history.size()});
}

void read(WireReader& in, Join& join) {
  join.id = in.u32();
  join.flag = in.flag();
  join.generation.admin_epoch = in.i64();
  join.generation.epoch = in.i64();
  join.generation.num_updates = in.i64();
  join.generation.schema = in.text();
  const std::string_view history = in.text();
  const auto* data = reinterpret_cast<const std::byte*>(history.data());
  join.history.assign(data, data + history.size());
}

void write(WireWriter& out, const LrmRequest& request) {
  out.u8(static_cast<std::uint8_t>(request.kind));
  out.text(request.resource);
  out.text(request.agent.standard);
  out.text(request.agent.provider);
  out.text(request.agent.type);
  out.text(request.action);
  out.i64(request.interval.ns);
  out.i64(request.timeout.ns);
  out.i64(request.start_delay.ns);
  out.u32(static_cast<std::uint32_t>(request.parameters.size()));
  for (const auto& [name, value] : request.parameters) {
    out.text(name);
    out.text(value);
  }
  out.text(request.operation_key);
  out.text(request.transition_key);
  out.text(request.on_fail);
  out.text(request.shutdown_lock);
}

void read(WireReader& in, LrmRequest& request) {
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(LrmRequest::Kind::kRefresh)) in.spoil();
  request.kind = static_cast<LrmRequest::Kind>(kind);
  request.resource = in.text();
  request.agent.standard = in.text();
  request.agent.provider = in.text();
  request.agent.type = in.text();
  request.action = in.text();
  request.interval.ns = in.i64();
  request.timeout.ns = in.i64();
  request.start_delay.ns = in.i64();
  const std::uint32_t count = in.u32();
  if (count > in.left() / 8) in.spoil();  // each takes at least its two lengths
  for (std::uint32_t i = 0; in.ok() && i < count; ++i) {
    std::string name(in.text());
    std::string value(in.text());
    request.parameters.emplace_back(std::move(name), std::move(value));
  }
  request.operation_key = in.text();
  request.transition_key = in.text();
  request.on_fail = in.text();
  request.shutdown_lock = in.text();
}

void write(WireWriter& out, const DirectAck& ack) {
  out.text(ack.resource);
  out.text(ack.operation_key);
  out.text(ack.transition_key);
  out.i64(ack.status);
  out.i64(ack.rc);
}

void read(WireReader& in, DirectAck& ack) {
  ack.resource = in.text();
  ack.operation_key = in.text();
  ack.transition_key = in.text();
  ack.status = static_cast<int>(in.i64());
  ack.rc = static_cast<int>(in.i64());
}

void write(WireWriter& out, const Throttle& throttle) {
  out.u8(static_cast<std::uint8_t>(throttle.mode));
  out.u32(throttle.most_jobs);
}

void read(WireReader& in, Throttle& throttle) {
  const std::uint8_t mode = in.u8();
  if (mode >= kThrottleModes) in.spoil();
  throttle.mode = static_cast<ThrottleMode>(mode);
  throttle.most_jobs = in.u32();
}

// Calls `part` with the payload that the task carries.
template <class M, class F>
void with_payload(M& message, F part) {
  switch (message.task) {
    case Task::kVote:
    case Task::kNoVote:
      part(message.vote);
      return;
    case Task::kJoinOffer:
    case Task::kJoinRequest:
    case Task::kJoinAckNack:
    case Task::kJoinConfirm:
      part(message.join);
      return;
    case Task::kLrmInvoke:
      part(message.lrm);
      return;
    case Task::kDirectAck:
      part(message.ack);
      return;
    case Task::kThrottle:
      part(message.throttle);
      return;
    default:
      return;
  }
}

}  // namespace

std::string_view task_name(Task task) {
  static constexpr std::array<std::string_view, kTaskCount> kNames = {
      "noop",         "hello",      "join_announce",   "join_offer",   "join_request", "join_ack_nack",
      "join_confirm", "vote",       "no-vote",         "req_shutdown", "do_shutdown",  "lrm_invoke",
      "lrm_invoke",   "lrm_delete", "clear_failcount", "throttle",     "ping",         "ping"};
  return kNames[static_cast<std::size_t>(task)];
}

bool Generation::newer_than(const Generation& other) const {
  return std::tie(admin_epoch, epoch, num_updates) > std::tie(other.admin_epoch, other.epoch, other.num_updates);
}

bool Generation::same_version(const Generation& other) const {
  return std::tie(admin_epoch, epoch, num_updates) == std::tie(other.admin_epoch, other.epoch, other.num_updates);
}

std::vector<std::byte> encode(const Message& message) {
  WireWriter out;
  out.u8(static_cast<std::uint8_t>(message.task));
  out.text(message.from_name);
  out.text(message.feature_set);
  out.flag(message.from_dc);
  out.flag(message.to_dc);
  out.u32(message.to.value);
  out.text(message.text);
  with_payload(message, [&](const auto& payload) { write(out, payload); });
  return out.take();
}

std::optional<Message> decode(std::span<const std::byte> bytes) {
  WireReader in(bytes);
  Message message;
  const std::uint8_t task = in.u8();
  if (task >= kTaskCount) return std::nullopt;
  message.task = static_cast<Task>(task);
  message.from_name = in.text();
  message.feature_set = in.text();
  message.from_dc = in.flag();
  message.to_dc = in.flag();
  message.to = ClusterNodeId(in.u32());
  message.text = in.text();
  with_payload(message, [&](auto& payload) { read(in, payload); });
  if (!in.complete()) return std::nullopt;
  return message;
}

}  // namespace simcluster::controller
