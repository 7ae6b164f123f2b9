#include "engine/membership/link_statistics.h"

#include <string>

#include <fmt/core.h>

namespace simcluster::membership {

namespace {

void add_traffic(CmapEntries& entries, const std::string& prefix, const NodeLinkStatus::Traffic& traffic) {
  entries[prefix + "_packets"] = cmap_u64(traffic.packets);
  entries[prefix + "_bytes"] = cmap_u64(traffic.bytes);
}

void add_direction(CmapEntries& entries, const std::string& prefix, const NodeLinkStatus::Direction& d) {
  add_traffic(entries, prefix + "data", d.data);
  add_traffic(entries, prefix + "ping", d.ping);
  add_traffic(entries, prefix + "pong", d.pong);
  add_traffic(entries, prefix + "pmtu", d.pmtu);
  add_traffic(entries, prefix + "total",
              {d.data.packets + d.ping.packets + d.pong.packets + d.pmtu.packets,
               d.data.bytes + d.ping.bytes + d.pong.bytes + d.pmtu.bytes});
}

}  // namespace

void add_link_statistics(CmapEntries& entries, std::uint32_t node, std::uint8_t link, const NodeLinkStatus& status) {
  const std::string prefix = fmt::format("stats.knet.node{}.link{}.", node, link);
  const auto micros = [](Duration d) { return static_cast<std::uint64_t>(d.ns / 1000); };
  entries[prefix + "connected"] = cmap_u8(status.connected ? 1 : 0);
  entries[prefix + "enabled"] = cmap_u8(status.enabled ? 1 : 0);
  entries[prefix + "mtu"] = cmap_u32(status.mtu);
  entries[prefix + "up_count"] = cmap_u32(status.ups);
  entries[prefix + "down_count"] = cmap_u32(status.downs);
  entries[prefix + "latency_ave"] = cmap_u32(micros(status.latency));
  entries[prefix + "latency_max"] = cmap_u32(micros(status.latency_max));
  entries[prefix + "latency_min"] = cmap_u32(status.samples == 0 ? 4294967295U : micros(status.latency_min));
  entries[prefix + "latency_samples"] = cmap_u32(status.samples);
  add_direction(entries, prefix + "rx_", status.received);
  add_direction(entries, prefix + "tx_", status.sent);
}

NodeLinkStatus own_link_status(const NodeLinkStatus::Traffic& sent) {
  NodeLinkStatus self;
  self.connected = true;
  self.ups = 1;
  self.mtu = 65535;
  self.sent.data = sent;
  return self;
}

}  // namespace simcluster::membership
