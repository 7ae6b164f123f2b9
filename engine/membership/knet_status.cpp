// What tools see of knet's links, and what a reload does to them.
#include <algorithm>

#include <fmt/core.h>

#include "engine/membership/knet_transport.h"
#include "engine/membership/link_statistics.h"

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
      peer.mtu = data_room(PeerLink(), first_packet(PeerLink()));
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
  link->interface_mtu = planned.interface_mtu;
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

void KnetTransport::add_statistics(CmapEntries& entries) const {
  for (const Peer& peer : peers_)
    for (const PeerLink& link : peer.links) {
      NodeLinkStatus status;
      status.connected = link.up;
      status.mtu = data_mtu(link);
      status.ups = link.ups;
      status.downs = link.downs;
      status.latency = link.latency;
      status.latency_min = link.latency_min;
      status.latency_max = link.latency_max;
      status.samples = link.samples;
      status.sent = link.sent;
      status.received = link.received;
      add_link_statistics(entries, peer.id, link.number, status);
    }
  if (plan_.empty()) return;
  add_link_statistics(entries, me_.node_id, plan_.front().number, own_link_status(own_traffic_));
}

}  // namespace simcluster::membership
