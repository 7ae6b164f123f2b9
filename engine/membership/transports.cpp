#include "engine/membership/transports.h"

#include "engine/membership/knet_transport.h"
#include "engine/membership/udp_transport.h"

namespace simcluster::membership {

std::unique_ptr<Transport> make_transport(const Plan& plan, const TotemTimers& timers, const std::string& key,
                                          bool clear_high_bit, const Profile& profile, Host& host,
                                          LinkClient& link_client, Deadlines& deadlines, TransportClient& client) {
  if (plan.transport == TransportKind::kKnet)
    return std::make_unique<KnetTransport>(plan, key, host, link_client, deadlines, client);
  UdpTransport::Settings settings;
  const PlannedLink& link = plan.links.front();
  settings.link = link.config;
  settings.multicast = plan.transport == TransportKind::kUdp;
  settings.node_id = plan.node_id;
  settings.clear_high_bit = clear_high_bit;
  settings.downcheck = timers.downcheck;
  settings.merge = timers.merge;
  settings.nodes = link.addresses;
  settings.key = key;
  return std::make_unique<UdpTransport>(std::move(settings), profile, host, link_client, deadlines, client);
}

}  // namespace simcluster::membership
