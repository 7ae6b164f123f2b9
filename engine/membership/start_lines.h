// What the daemon says when it starts, refuses its configuration, and stops (M 16.2, 16.3).
#pragma once

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/membership/plan.h"

namespace simcluster::membership {

// What a daemon that refuses its configuration writes before it ends.
void log_refusal(Host& host, const Refusal& refusal);
// Until the transport is there (LC-2).
void log_start(Host& host, const Profile& profile, const Plan& plan, const CorosyncConf& conf);
// The services, when the first link reports (SRP-2.2), and the links of knet.
void log_services(Host& host, const Profile& profile, bool votequorum);
void log_links(Host& host, const Plan& plan);
// LC-4, without the reason for the stop.
void log_unloading(Host& host, const Profile& profile, bool votequorum);

}  // namespace simcluster::membership
