// What tools see of knet's links, and what a reload does to them.
#include <algorithm>

#include <fmt/format.h>

#include "engine/membership/knet_transport.h"

namespace simcluster::membership {

std::vector<LinkStatus> KnetTransport::status() const {
  std::vector<LinkStatus> result;
  for (const PlannedLink& planned : plan_) {
    LinkStatus& link = result.emplace_back();
    link.number = planned.number;
    link.own = planned.config.bind_network;
    for (const auto& [id, address] : planned.addresses) {
      PeerLinkStatus& peer = link.peers.emplace_back();
      peer.node = id;
      peer.address = address;
      peer.connected = id == me_.node_id;
      peer.mtu = kFirstDataMtu;
      for (const Peer& known : peers_)
        for (const PeerLink& other : known.links)
          if (known.id == id && other.number == planned.number) {
            peer.connected = other.up;
            peer.mtu = data_mtu(other);
          }
    }
  }
  return result;
}

void KnetTransport::add_link(std::uint16_t node, const PlannedLink& planned, const IpAddress& address) {
  auto at = std::lower_bound(peers_.begin(), peers_.end(), node,
                             [](const Peer& peer, std::uint16_t id) { return peer.id < id; });
  if (at == peers_.end() || at->id != node) {
    at = peers_.insert(at, Peer());
    at->id = node;
  }
  PeerLink* link = find_link(*at, planned.number);
  if (link == nullptr) {
    const auto after =
        std::find_if(at->links.begin(), at->links.end(), [&](const PeerLink& l) { return l.number > planned.number; });
    link = &*at->links.insert(after, PeerLink());
    link->number = planned.number;
    link->backoff_since = deadlines_.now();
    link->downs = 1;  // as libknet counts it
  }
  link->address = address;
  link->priority = planned.priority;
  link->ping_interval = milliseconds(planned.ping_interval);
  link->ping_timeout = milliseconds(planned.ping_timeout);
  link->ping_precision = planned.ping_precision;
  link->pong_count = planned.pong_count;
}

void KnetTransport::drop_missing_links(const Plan& plan) {
  const auto wanted = [&](std::uint32_t node, std::uint8_t number) {
    return std::any_of(plan.links.begin(), plan.links.end(),
                       [&](const PlannedLink& link) { return link.number == number && link.addresses.contains(node); });
  };
  for (Peer& peer : peers_) {
    std::erase_if(peer.links, [&](const PeerLink& link) {
      if (wanted(peer.id, link.number)) return false;
      log(LogPriority::kInfo,
          fmt::format("link: Resetting MTU for link {} because host {} joined", link.number, peer.id));
      published_mtu_ = 0;
      return true;
    });
    peer.next = 0;
    peer.best = kNone;
  }
  std::erase_if(peers_, [](const Peer& peer) { return peer.links.empty(); });
  for (const PlannedLink& old : plan_)
    if (std::none_of(plan.links.begin(), plan.links.end(),
                     [&](const PlannedLink& l) { return l.number == old.number; }))
      host_.close_link(LinkIndex(old.number));
}

// CF-30.
void KnetTransport::reconfigure(const Plan& plan) {
  drop_missing_links(plan);
  for (const PlannedLink& planned : plan.links) {
    if (std::none_of(plan_.begin(), plan_.end(), [&](const PlannedLink& l) { return l.number == planned.number; }))
      host_.open_link(LinkIndex(planned.number), planned.config, link_client_);
    for (const auto& [id, address] : planned.addresses)
      if (id != me_.node_id) add_link(static_cast<std::uint16_t>(id), planned, address);
  }
  plan_ = plan.links;
  mode_ = plan.link_mode;
  for (Peer& peer : peers_) choose_route(peer, false);
  log(LogPriority::kInfo, fmt::format("pmtud: MTU manually set to: {}", configured_mtu_));
  publish_mtu();
}

namespace {

void add_traffic(CmapEntries& entries, const std::string& prefix, std::uint64_t packets, std::uint64_t bytes) {
  entries[prefix + "_packets"] = cmap_u64(packets);
  entries[prefix + "_bytes"] = cmap_u64(bytes);
}

}  // namespace

void KnetTransport::add_statistics(CmapEntries& entries) const {
  const auto direction = [&](const std::string& prefix, const Counters& c) {
    add_traffic(entries, prefix + "data", c.data.packets, c.data.bytes);
    add_traffic(entries, prefix + "ping", c.ping.packets, c.ping.bytes);
    add_traffic(entries, prefix + "pong", c.pong.packets, c.pong.bytes);
    add_traffic(entries, prefix + "pmtu", c.pmtu.packets, c.pmtu.bytes);
    add_traffic(entries, prefix + "total", c.data.packets + c.ping.packets + c.pong.packets + c.pmtu.packets,
                c.data.bytes + c.ping.bytes + c.pong.bytes + c.pmtu.bytes);
  };
  const auto put = [&](std::uint32_t node, const PeerLink& link) {
    const std::string prefix = fmt::format("stats.knet.node{}.link{}.", node, link.number);
    const auto micros = [](Duration d) { return static_cast<std::uint64_t>(d.ns / 1000); };
    entries[prefix + "connected"] = cmap_u8(link.up ? 1 : 0);
    entries[prefix + "enabled"] = cmap_u8(1);
    entries[prefix + "mtu"] = cmap_u32(data_mtu(link));
    entries[prefix + "up_count"] = cmap_u32(link.ups);
    entries[prefix + "down_count"] = cmap_u32(link.downs);
    entries[prefix + "latency_ave"] = cmap_u32(micros(link.latency));
    entries[prefix + "latency_max"] = cmap_u32(micros(link.latency_max));
    entries[prefix + "latency_min"] = cmap_u32(link.samples == 0 ? 4294967295U : micros(link.latency_min));
    entries[prefix + "latency_samples"] = cmap_u32(link.samples);
    direction(prefix + "rx_", link.received);
    direction(prefix + "tx_", link.sent);
  };
  for (const Peer& peer : peers_)
    for (const PeerLink& link : peer.links) put(peer.id, link);
  if (plan_.empty()) return;
  PeerLink self;
  self.number = plan_.front().number;
  self.up = true;
  self.ups = 1;
  self.mtu = 65535;
  self.sent.data = own_;
  put(me_.node_id, self);
}

}  // namespace simcluster::membership
