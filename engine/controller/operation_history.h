// What a node remembers of the operations it ran, and how that is written into the CIB (CM H.3).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/profile.h"
#include "engine/base/time.h"
#include "engine/cib/document.h"
#include "engine/executor/operation.h"

namespace simcluster::controller {

struct OperationRecord {
  std::string resource;
  std::string operation;
  Duration interval;
  int call_id = -1;
  int rc = 0;
  int target_rc = 0;
  ExecStatus status = ExecStatus::kDone;
  std::string transition_key;
  std::string exit_reason;
  std::string on_node;
  std::int64_t last_run = 0;        // epoch seconds
  std::int64_t last_rc_change = 0;  // epoch seconds
  Duration exec_time;
  Duration queue_time;
  std::string digest;

  // CM-8.16.
  bool failed() const;
};

// Value of "shutdown-lock" where a lock was and is no more.
inline constexpr std::string_view kNotLocked = "0";

// Where operations are recorded that a node reports when it joins (CM-8.17).
inline constexpr std::string_view kOriginActive = "build_active_RAs";

// Appends the entry, or the two entries of a failed operation with interval 0, to an `lrm_resource`.
void write_record(cib::MutableElement lrm_resource, const OperationRecord& record, std::string_view origin,
                  const Profile& profile);
// Makes the `lrm_resource` below an `lrm_resources`.
cib::MutableElement write_resource(cib::MutableElement lrm_resources, std::string_view resource,
                                   const executor::AgentName& agent);

// MD5 over the parameters as the scheduler computes it too (S1 C-18.3).
std::string parameters_digest(const executor::Parameters& parameters, Duration interval);

class OperationHistory {
 public:
  struct Resource {
    executor::AgentName agent;
    std::optional<OperationRecord> last;  // not recurring, not failed
    std::optional<OperationRecord> failed;
    std::vector<OperationRecord> recurring;  // newest first
    executor::Parameters stop_parameters;    // of the last successful start or probe (CM-8.3)
    bool has_stop_parameters = false;
  };

  Resource& resource(std::string_view id, const executor::AgentName& agent);
  const Resource* find(std::string_view id) const;
  void forget(std::string_view id) { resources_.erase(std::string(id)); }
  void forget_failure(std::string_view id);
  void forget_recurring(std::string_view id, std::string_view operation, Duration interval);

  void record(const OperationRecord& record, const executor::AgentName& agent);

  // Everything as a `lrm` element (CM-8.17).
  void write(cib::MutableElement lrm, const Profile& profile) const;
  // Resources whose last known operation left them active.
  std::vector<std::string> active_resources() const;
  auto begin() const { return resources_.begin(); }
  auto end() const { return resources_.end(); }

 private:
  std::map<std::string, Resource, std::less<>> resources_;
};

}  // namespace simcluster::controller
