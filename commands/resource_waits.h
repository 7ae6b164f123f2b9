// What crm_resource does in a running cluster in several steps, with pauses in between (AT-9.2): --restart and --wait;
// and agents that it runs itself: --force-start and the like.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "commands/cluster_state.h"

namespace simcluster::commands {

struct Restart {
  std::string resource;
  std::string node;  // empty: wherever it is
  bool promoted = false;
  std::optional<std::int64_t> timeout_ms;
};
// The resource is there. `state`: of the CIB now.
Outcome restart_resource(const Restart& restart, const ClusterState& state, const Surroundings& surroundings);

// Until the scheduler would do nothing more.
Outcome wait_for_cluster(std::optional<std::int64_t> timeout_ms);

// `command`: "force-start", "force-check", ...
Outcome run_agent_here(std::string_view command, const scheduler::Resource& resource, std::string_view asked,
                       bool force, const ClusterState& state);

}  // namespace simcluster::commands
