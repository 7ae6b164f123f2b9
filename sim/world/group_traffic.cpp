#include "sim/world/group_traffic.h"

#include <algorithm>

#include <fmt/core.h>

namespace simcluster::sim {

namespace {
constexpr std::string_view kGroup = "traffic";
constexpr std::uint32_t kProcess = 1;
// A ring that takes nothing for a while must not make the process grow without bound: like a client that gets "try
// again" (CPG-14), it waits.
constexpr std::size_t kMostWaiting = 500;
}  // namespace

GroupTraffic::GroupTraffic(Host& host, const TrafficSpec& spec, std::string name)
    : host_(host), spec_(spec), name_(std::move(name)) {}

GroupTraffic::~GroupTraffic() { host_.cancel_timer(timer_); }

Result<std::unique_ptr<GroupTraffic>> GroupTraffic::start(Host& host, membership::GroupService& service,
                                                          const TrafficSpec& spec, std::string name) {
  std::unique_ptr<GroupTraffic> traffic(new GroupTraffic(host, spec, std::move(name)));
  auto group = service.join(kGroup, kProcess, *traffic);
  if (!group) return tl::unexpected<Error>(group.error());
  traffic->group_ = std::move(*group);
  if (spec.burst > 0) traffic->timer_ = host.start_timer(spec.offset, *traffic, 0);
  return traffic;
}

void GroupTraffic::on_timer(std::uint64_t) {
  for (std::uint32_t i = 0; i < spec_.burst && group_->backlog() < kMostWaiting; ++i) {
    if (spec_.count && sent_ >= *spec_.count) return;
    send_one();
  }
  timer_ = host_.start_timer(spec_.interval, *this, 0);
}

// The name comes first, up to a blank; the rest is padding.
void GroupTraffic::send_one() {
  const std::string id = fmt::format("{}/{}", name_, sent_ + 1);
  std::string text = id + " ";
  text.resize(std::max<std::size_t>(text.size(), spec_.size), '.');
  if (!group_->multicast(std::as_bytes(std::span(text)))) return;
  ++sent_;
  if (host_.tracing(TraceKind::kMessageSent))
    host_.trace(TraceKind::kMessageSent, {{"message", id}, {"bytes", text.size()}});
}

void GroupTraffic::on_deliver(const membership::GroupMember& sender, std::span<const std::byte> bytes) {
  if (!host_.tracing(TraceKind::kMessageDelivered)) return;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  host_.trace(TraceKind::kMessageDelivered,
              {{"message", text.substr(0, text.find(' '))}, {"from", sender.node.value}, {"bytes", text.size()}});
}

void GroupTraffic::on_configuration(const membership::GroupConfiguration& configuration) {
  const bool left = std::ranges::any_of(
      configuration.left, [&](const membership::GroupChange& change) { return change.member == group_->self(); });
  if (left) return host_.trace(TraceKind::kGroupLeft, {{"group", kGroup}});
  if (joined_) return;
  joined_ = true;
  host_.trace(TraceKind::kGroupJoined, {{"group", kGroup}});
}

}  // namespace simcluster::sim
