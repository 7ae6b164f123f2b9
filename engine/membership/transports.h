// Makes the transport that a plan asks for.
#pragma once

#include <memory>
#include <string>

#include "engine/membership/plan.h"
#include "engine/membership/transport.h"

namespace simcluster::membership {

std::unique_ptr<Transport> make_transport(const Plan& plan, const TotemTimers& timers, const std::string& key,
                                          const TotemConf& totem, const Profile& profile, Host& host,
                                          LinkClient& link_client, NodeLinksClient& links_client, Deadlines& deadlines,
                                          TransportClient& client);

}  // namespace simcluster::membership
