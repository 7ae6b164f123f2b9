// The executor of one node: runs the operations that its controller asks for, in order per resource, through
// Host::run_agent (CM part H, AT-1.1). It knows nothing of the cluster.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/executor/operation.h"

namespace simcluster::executor {

class ExecutorClient {
 public:
  // An operation ended, was cancelled, or a recurring one ran once more. Never called from inside a call to the
  // executor. The client may call the executor back.
  virtual void on_operation_result(const OperationResult& result) = 0;

 protected:
  ~ExecutorClient() = default;
};

enum class CancelOutcome : std::uint8_t {
  kUnknown,    // there is no such operation
  kCancelled,  // it is gone; a result with status kCancelled follows
  kInFlight,   // its agent runs: the result with status kCancelled follows when the agent has ended
};

class Executor {
 public:
  // Keeps the references; host and client must outlive the executor.
  // Calls are counted on from `last_call` (CM-8.18).
  Executor(Host& host, const Profile& profile, ExecutorClient& client, int last_call = 0);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Makes a resource known; knowing it again replaces nothing. Takes call ids (CM-8.18), fewer when an earlier
  // controller has `registered` it with this executor.
  void register_resource(std::string_view resource, AgentName agent, bool registered = false);
  bool knows(std::string_view resource) const;
  // Resources, and operations of one of them (recurring ones included), that are taken; a cluster asks for far fewer.
  static constexpr std::size_t kMostResources = 20'000;
  static constexpr std::size_t kMostOperationsOfOne = 100;
  bool has_room_for(std::string_view resource) const;
  // Forgets a resource and cancels its recurring operations. False: an operation is active, try again after its result
  // (CM-8.13).
  bool unregister_resource(std::string_view resource);

  // Appends an operation to its resource's queue (CM-8.6) and returns its call id. The resource must be known.
  // A recurring operation that is known already (same resource, action, interval) takes over the new call id, user
  // data and parameters and runs at once (CM-8.9).
  int execute(OperationRequest request);

  // CM-8.12. Operations that are not recurring can be cancelled only while they wait.
  CancelOutcome cancel(std::string_view resource, std::string_view action, Duration interval);
  // Cancels every recurring operation of a resource, as before a stop (CM-8.3).
  void cancel_recurring(std::string_view resource);

  // Operations with interval 0 that wait or run.
  std::size_t pending_count() const;
  // True while an operation of this resource waits or runs, recurring ones that sleep between two runs not counted.
  bool busy(std::string_view resource) const;
  // The call id that the next call gets.
  int next_call_id() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simcluster::executor
