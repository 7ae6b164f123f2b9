// Trunks: how switches are joined.
#include <algorithm>

#include <fmt/core.h>

#include "sim/network/network.h"

namespace simcluster::sim {

Result<TrunkId> Network::add_trunk(std::string_view name, SegmentId a, SegmentId b, const LinkQuality& quality) {
  for (const SegmentId segment : {a, b})
    if (segments_[segment.index()].kind != SegmentKind::kSwitch)
      return fail(fmt::format("the trunk \"{}\" cannot end at \"{}\": that is a cable, trunks join switches", name,
                              segments_[segment.index()].name));
  const std::string& first = segments_[a.index()].name;
  if (a == b) return fail(fmt::format("the trunk \"{}\" joins the switch \"{}\" with itself: a loop", name, first));
  if (const auto there = way(a, b)) {
    std::string through;
    for (const TrunkId trunk : *there) through += fmt::format(" \"{}\"", trunks_[trunk.index()].name);
    return fail(fmt::format("the trunk \"{}\" closes a loop: \"{}\" and \"{}\" are joined already through{}", name,
                            first, segments_[b.index()].name, through));
  }
  const TrunkId id(static_cast<std::uint32_t>(trunks_.size()));
  Trunk trunk;
  trunk.name = name;
  replace(trunk.quality, quality);
  for (std::size_t end = 0; end < 2; ++end) {
    Port port;
    port.name = name;
    port.trunk = id;
    ports_.push_back(std::move(port));
    trunk.ends[end] = PortId(static_cast<std::uint32_t>(ports_.size() - 1));
    if (auto plugged = plug(trunk.ends[end], end == 0 ? a : b); !plugged) return tl::unexpected<Error>(plugged.error());
  }
  trunks_.push_back(std::move(trunk));
  update_trunk(trunks_.back());
  return id;
}

TrunkId Network::find_trunk(std::string_view name) const {
  for (std::size_t i = 0; i < trunks_.size(); ++i)
    if (trunks_[i].name == name) return TrunkId(static_cast<std::uint32_t>(i));
  return TrunkId::none();
}

void Network::set_trunk(TrunkId trunk, bool whole) {
  trunks_[trunk.index()].whole = whole;
  update_trunk(trunks_[trunk.index()]);
}

void Network::set_trunk_quality(TrunkId trunk, const LinkQuality& quality) {
  replace(trunks_[trunk.index()].quality, quality);
}

std::uint32_t Network::mtu(PortId from_id, PortId to_id) const {
  const Port& from = ports_[from_id.index()];
  const Port& to = ports_[to_id.index()];
  std::uint32_t smallest = 0;
  const auto narrow = [&](const LinkQuality& quality) {
    if (quality.mtu != 0 && (smallest == 0 || quality.mtu < smallest)) smallest = quality.mtu;
  };
  if (from.has_quality) narrow(from.sending);
  if (to.has_quality) narrow(to.receiving);
  narrow(segments_[from.segment.index()].quality);
  for (const TrunkId id : way(from.segment, to.segment).value_or(std::vector<TrunkId>())) {
    narrow(trunks_[id.index()].quality);
    for (const PortId end : trunks_[id.index()].ends) narrow(segments_[ports_[end.index()].segment.index()].quality);
  }
  return smallest;
}

// Both ends have carrier, or neither; a switch forgets what it has learned behind an end without.
void Network::update_trunk(Trunk& trunk) {
  const auto powered = [&](PortId end) { return segments_[ports_[end.index()].segment.index()].powered; };
  const bool carrier = trunk.whole && std::ranges::all_of(trunk.ends, powered);
  for (const PortId end : trunk.ends) {
    Port& port = ports_[end.index()];
    port.carrier = port.reported_carrier = carrier;
    if (!carrier)
      std::erase_if(segments_[port.segment.index()].learned, [&](const Learned& entry) { return entry.port == end; });
  }
}

PortId Network::other_end(const Port& end) const {
  const auto& ends = trunks_[end.trunk.index()].ends;
  return &ports_[ends[0].index()] == &end ? ends[1] : ends[0];
}

// Onto the trunk at this end, which is the sender there: it has its own queue in each direction.
bool Network::cross(Port& end, Journey& journey) {
  const LinkQuality& quality = trunks_[end.trunk.index()].quality;
  std::string_view lost = "queue full";
  if (wait_for_bandwidth(quality, end, *journey.frame, journey.at)) lost = pass(quality, journey);
  if (!lost.empty()) drop(end, *journey.frame, lost);
  return lost.empty();
}

std::optional<std::vector<TrunkId>> Network::way(SegmentId from, SegmentId to, TrunkId coming) const {
  if (from == to) return std::vector<TrunkId>();
  for (const PortId id : segments_[from.index()].ports) {
    const Port& end = ports_[id.index()];
    if (!end.trunk.valid() || end.trunk == coming) continue;
    auto rest = way(ports_[other_end(end).index()].segment, to, end.trunk);
    if (!rest) continue;
    rest->insert(rest->begin(), end.trunk);
    return rest;
  }
  return std::nullopt;
}

}  // namespace simcluster::sim
