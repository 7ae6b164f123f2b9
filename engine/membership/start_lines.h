// What the daemon says when it starts, refuses its configuration, and stops (M 16.2, 16.3).
#pragma once

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/membership/plan.h"

namespace simcluster::membership {

// What a daemon that refuses its configuration writes before it ends.
void log_refusal(Host& host, const Refusal& refusal);
// Until the transport is there (LC-2).
void log_start(Host& host, const Profile& profile, const Plan& plan);
// The services, when the first link reports (SRP-2.2): those before the votes are counted for the first time, those
// after, and the links of knet. `watchdog`: the machine has such a device.
void log_services(Host& host, const Profile& profile, const CorosyncConf& conf, bool watchdog, bool votequorum);
void log_quorum_services(Host& host, const Profile& profile, bool votequorum);
void log_links(Host& host, const Plan& plan);
// LC-4, without the reason for the stop.
void log_unloading(Host& host, const Profile& profile, bool votequorum, bool feeds_watchdog);

// WD-1: the daemon feeds the device that the machine has.
bool configured_to_feed(const CorosyncConf& conf, const Profile& profile);

}  // namespace simcluster::membership
