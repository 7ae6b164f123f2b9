// Operation history from the status section: one entry per `lrm_rsc_op` (S2 chapters 9 to 11).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/ocf.h"
#include "engine/cib/document.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

// Operations that mean something in history (S2 E-11.1); anything else is kOther.
enum class HistoryTask : std::uint8_t {
  kOther,
  kMonitor,
  kStart,
  kStop,
  kPromote,
  kDemote,
  kMigrateTo,
  kMigrateFrom,
  kAsyncMonitor,
};

// Text of an execution status ("Done", "Timed out", ...; S2 V-1.2).
std::string_view exec_status_text(int status);
// Text of an exit status ("OK", "Not running", ...; S2 V-1.3).
std::string_view exit_status_text(int rc);

struct HistoryEntry {
  cib::Element xml;
  std::string_view id;
  std::string_view operation;
  std::string_view key;  // `operation_key`, or `id` when that is missing or empty
  HistoryTask task = HistoryTask::kOther;
  int call_id = -1;
  int rc = -1;                    // raw `rc-code`, -1 when missing or malformed
  int status = -2;                // raw `op-status`, -2 when missing or malformed
  int expected = -1;              // from `transition-key`
  std::uint32_t interval = 0;     // milliseconds
  std::int64_t last_change = -1;  // `last-rc-change`, -1 when missing
  // Set where the reference writes `op-restart-digest` = calculated-failure-timeout (S2 E-11.7).
  bool restart_digest_invalidated = false;
  bool masked = false;  // a probe failure that counts as the expected result (S2 E-11.8)

  bool is_probe() const { return task == HistoryTask::kMonitor && interval == 0; }
};

// S2 E-11.2: a probe that found the agent not installed or not usable; shown as a failed probe, not as a failure.
bool is_maskable_probe_failure(const HistoryEntry& entry);

// What one `lrm_resource` of one node holds for one resource: entries in the order of S2 O-10.1 as a range of
// Model::history.
struct ResourceHistory {
  ResourceId resource;
  NodeId node;
  cib::Element xml;  // the `lrm_resource`
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  int start_index = -1;  // S2, relative to `first`
  int stop_index = -1;
};

// One line of "Failed Resource Actions" (S2 E-11.14), in recording order.
struct FailedAction {
  HistoryId entry;
  NodeId node;
  ResourceId resource;
};

}  // namespace simcluster::scheduler
