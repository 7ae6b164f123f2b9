// An operation on a resource, and what came of it (CM part H).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/ocf.h"
#include "engine/base/time.h"

namespace simcluster::executor {

// Names and values, without OCF_RESKEY_; meta attributes as CRM_meta_* (AT-1.3).
using Parameters = std::vector<std::pair<std::string, std::string>>;

// The agent behind a resource.
struct AgentName {
  std::string standard;  // ocf, lsb, systemd, service, stonith
  std::string provider;  // may be empty
  std::string type;
};

struct OperationRequest {
  std::string resource;
  std::string action;  // start, stop, monitor, ...
  Duration interval;   // 0: once
  Duration timeout;    // 0: never
  Duration start_delay;
  Parameters parameters;
  std::string user_data;        // handed back with every result; the transition key
  std::string agent_action;     // what the agent is asked to do, when that is not `action`
  std::optional<int> known_rc;  // the answer is known: no agent runs (CM-8.15a)
};

// All views are borrowed for the duration of the call.
struct OperationResult {
  int call_id = 0;
  std::string_view resource;
  std::string_view action;
  Duration interval;
  Duration timeout;
  std::string_view user_data;
  const Parameters* parameters = nullptr;
  ExecStatus status = ExecStatus::kDone;
  int rc = 0;
  Duration exec_time;   // from start to result (CM-8.7)
  Duration queue_time;  // from request to start (CM-8.7)
  Time started_at;      // of this run
  Time last_rc_change;  // when rc or status last became what they are
  std::string_view exit_reason;
  std::string_view output;
  std::string_view error_output;
  // False for a recurring operation that gave what it gave before: nothing is to be recorded (CM-8.10).
  bool changed = true;
};

// The answer to a request, with nothing in it yet but what was asked for. It borrows from the request.
OperationResult answer_to(const OperationRequest& request, int call_id);

}  // namespace simcluster::executor
