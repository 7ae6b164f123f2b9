#include "engine/membership/transports.h"

#include "engine/membership/hosted_transport.h"
#include "engine/membership/knet_transport.h"
#include "engine/membership/udp_transport.h"

namespace simcluster::membership {

std::unique_ptr<Transport> make_transport(const Plan& plan, const TotemTimers& timers, const Sealing& sealing,
                                          const TotemConf& totem, const Profile& profile, Host& host,
                                          LinkClient& link_client, NodeLinksClient& links_client, Deadlines& deadlines,
                                          TransportClient& client) {
  if (plan.transport == TransportKind::kKnet && host.node_links() != nullptr)
    return std::make_unique<HostedTransport>(plan, timers, totem, host, links_client, deadlines, client);
  if (plan.transport == TransportKind::kKnet)
    return std::make_unique<KnetTransport>(plan, totem, sealing.key, sealing.guard, host, link_client, deadlines,
                                           client);
  UdpTransport::Settings settings;
  for (const PlannedLink& link : plan.links) settings.rings.push_back(link.config);
  settings.rrp_mode = plan.links.size() > 1 ? plan.rrp_mode : RrpMode::kNone;
  settings.multicast = plan.transport == TransportKind::kUdp;
  settings.node_id = plan.node_id;
  settings.clear_high_bit = totem.clear_node_high_bit;
  settings.block_unlisted = totem.block_unlisted_ips && profile.block_unlisted_ips;
  if (totem.net_mtu != 0) settings.net_mtu = totem.net_mtu;
  settings.timers = timers;
  settings.nodes = plan.links.front().addresses;
  settings.key = sealing.key;
  settings.guard = sealing.guard;
  return std::make_unique<UdpTransport>(std::move(settings), profile, host, link_client, deadlines, client);
}

}  // namespace simcluster::membership
