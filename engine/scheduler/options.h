// Cluster options (`crm_config`) and the values taken from attributes of `cib` (S1 chapters 4 and 5).
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

// The effective policy (S1 C-5.5); suicide is fence.
enum class NoQuorumPolicy : std::uint8_t { kStop, kFreeze, kIgnore, kDemote, kFence };
enum class HealthStrategy : std::uint8_t { kNone, kMigrateOnRed, kOnlyGreen, kProgressive, kCustom };
enum class PlacementStrategy : std::uint8_t { kDefault, kUtilization, kMinimal, kBalanced };

struct ClusterOptions {
  // From `cib`.
  bool quorate = false;
  std::string_view dc_uuid;
  std::string_view feature_set;  // crm_feature_set of the document

  // Effective values.
  bool symmetric = true;
  bool maintenance_mode = false;
  bool start_failure_is_fatal = true;
  bool startup_probes = true;
  bool fence_remote_without_quorum = false;
  bool fencing_enabled = true;
  bool have_watchdog = false;
  bool concurrent_fencing = true;
  bool startup_fencing = true;  // false when fencing is disabled
  bool stop_all_resources = false;
  bool stop_removed_resources = true;
  bool cancel_removed_actions = true;
  bool shutdown_lock = false;
  std::uint32_t shutdown_lock_limit_ms = 0;
  std::uint32_t priority_fencing_delay_ms = 0;
  std::uint32_t node_pending_timeout_ms = 0;
  NoQuorumPolicy no_quorum_policy = NoQuorumPolicy::kStop;
  HealthStrategy health_strategy = HealthStrategy::kNone;
  PlacementStrategy placement_strategy = PlacementStrategy::kDefault;
  HealthScores health;                         // what red, yellow and green are worth
  Score health_base = 0;                       // node-health-base under progressive, else 0
  std::string_view fencing_action = "reboot";  // or "off"
  std::string_view cluster_name;               // empty: not configured
  bool cluster_name_set = false;

  // Raw texts of the graph header (S1 C-5.8).
  std::string_view cluster_delay_text = "60s";
  std::string_view fencing_timeout_text = "60s";
  std::string_view batch_limit_text = "0";
  std::string_view migration_limit_text = "-1";
  std::string_view health_strategy_text = "none";

  // S1 C-17.3.
  bool unfencing_in_use = false;
};

}  // namespace simcluster::scheduler
