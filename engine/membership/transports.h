// Makes the transport that a plan asks for.
#pragma once

#include <memory>
#include <string>

#include "engine/membership/frame_guard.h"
#include "engine/membership/plan.h"
#include "engine/membership/transport.h"

namespace simcluster::membership {

// How datagrams of the engine's own links are sealed.
struct Sealing {
  const std::string& key;
  FrameGuard* guard;
};

std::unique_ptr<Transport> make_transport(const Plan& plan, const TotemTimers& timers, const Sealing& sealing,
                                          const TotemConf& totem, const Profile& profile, Host& host,
                                          LinkClient& link_client, NodeLinksClient& links_client, Deadlines& deadlines,
                                          TransportClient& client);

}  // namespace simcluster::membership
