// Cluster options that the controller itself uses (CM A.3).
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/base/time.h"
#include "engine/cib/document.h"

namespace simcluster::controller {

struct ControllerOptions {
  Duration dc_deadtime = seconds(20);
  Duration election_timeout = minutes(2);
  Duration integration_timeout = minutes(3);
  Duration finalization_timeout = minutes(30);
  Duration transition_delay;
  Duration recheck_interval = minutes(15);
  Duration shutdown_escalation = minutes(20);
  Duration cluster_delay = seconds(60);
  Duration fencing_timeout = seconds(60);
  Duration fencing_watchdog_timeout;   // below 0: twice that of sbd (CM-12.5)
  std::string fencing_watchdog_name;   // as the configuration spells it
  bool panics_without_quorum = false;  // no-quorum-policy is fence or suicide (CM-3.8)
  Duration node_pending_timeout;
  bool fencing_reaction_panic = false;  // fencing-reaction=panic instead of stop (CM-10.30)
  int batch_limit = 0;
  int migration_limit = -1;
  int node_action_limit = 0;
  int load_threshold = 80;  // percent
  int fencing_max_attempts = 10;
  bool shutdown_lock = false;
  bool fencing_enabled = true;
  // How many scheduler inputs are kept, by series: pe-input, pe-warn, pe-error. 0: none. Below 0: no bound.
  std::array<int, kInputSeriesCount> inputs_kept{4000, 5000, -1};
  std::string cluster_name;
};

// Reads crm_config of a CIB; `cib-bootstrap-options` first (CM-1.9). What is missing or unreadable has its default.
ControllerOptions read_options(const cib::Document& document, const Profile& profile, Time now);

}  // namespace simcluster::controller
