// The controller's hands on its own node: takes the DC's requests to the executor, records results as history in the
// CIB, acknowledges what is not recorded (CM H.1, H.3).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/controller/cib_manager.h"
#include "engine/controller/messages.h"
#include "engine/controller/operation_history.h"
#include "engine/controller/standstill.h"
#include "engine/executor/executor.h"

namespace simcluster::controller {

// What an executor keeps in mind for whoever connects next.
struct ExecutorMemory {
  int life = 0;                                   // counts its processes
  int last_call = 0;                              // number of the last call (CM-8.18)
  std::set<std::string, std::less<>> registered;  // resources
  std::set<std::string> started_devices;          // fence devices (CM-8.15a)
};

class LrmClient {
 public:
  // Why an action cannot be executed now (CM-8.1); empty: it can.
  virtual std::string_view refusal(std::string_view action) = 0;
  // To the DC, also when that is this node.
  virtual void send_direct_ack(const DirectAck& ack) = 0;
  // A fence device's agent has said that all is well.
  virtual void on_device_verified(const std::string& device) = 0;
  // The last operation that was not recurring has ended.
  virtual void on_lrm_idle() = 0;

 protected:
  ~LrmClient() = default;
};

class Lrm final : public executor::ExecutorClient {
 public:
  // `host` is the executor's, `controller` the process that this is a part of. `memory` outlives the controller.
  Lrm(Host& host, Standstill& controller, const Profile& profile, CibManager& cib, ExecutorMemory& memory,
      LrmClient& client);
  Lrm(const Lrm&) = delete;
  Lrm& operator=(const Lrm&) = delete;

  void set_node(std::string name, std::string xml_id);

  void handle(const LrmRequest& request);
  // Forgets failures of a resource (all: empty) and deletes their history entries (CM-9.2).
  void clear_failures(std::string_view resource);
  // Forgets a resource (all: empty), in the CIB too, so that it is probed again.
  void refresh(std::string_view resource);

  // The whole history as an `lrm` element, encoded as XML (CM-8.17).
  std::string history_xml() const;
  const OperationHistory& history() const { return history_; }
  std::size_t pending_operations() const { return executor_.pending_count(); }
  // CM-11.3: recurring operations end with the controller.
  void cancel_all_recurring();

  // The controller has died: nobody hears of results any more.
  void die();
  // The executor stands still: nothing is carried out, nothing is heard of until it goes on.
  void freeze() { executor_process_.stop(); }
  void go_on() { executor_process_.go_on(); }
  // Monitors of fence devices fail and are not repeated.
  void on_fencer_lost(std::string_view reason);

  void on_operation_result(const executor::OperationResult& result) override;

 private:
  void execute(const LrmRequest& request);
  void cancel(const LrmRequest& request);
  void remove(const LrmRequest& request);
  void refuse(const LrmRequest& request, std::string_view reason);
  // CM-8.2: what the executor cannot be asked for. True: the request is answered.
  bool answer_unknown(const LrmRequest& request, const executor::OperationRequest& operation);
  // CM-8.13. False: an operation is active; it is forgotten when that has ended.
  bool forget_now(CibRequest& request, const std::string& resource);
  void finish_deletion(const std::string& resource);
  void adapt_to_fence_device(executor::OperationRequest& operation) const;
  void record_pending(const LrmRequest& request);
  void record(const executor::OperationResult& result);
  void note_cancelled(const executor::OperationResult& result);
  void acknowledge(const executor::OperationResult& result);
  void delete_entry(std::string_view resource, const std::string& entry_id);
  // The resource's element in the CIB; none: it has no history there.
  cib::Element entry_of(std::string_view resource) const;
  bool entry_in_cib(std::string_view resource, const std::string& entry_id) const;
  std::uint32_t write_to_cib(const OperationRecord& record, const executor::AgentName& agent, std::string_view origin,
                             const std::string& lock = {});
  std::string lock_after(const executor::OperationResult& result);
  CibPath resource_path(std::string_view resource) const;
  void log_execution(const LrmRequest& request) const;
  void log_result(const executor::OperationResult& result, std::uint32_t cib_call, int target_rc) const;
  void log_result_1_x(const executor::OperationResult& result, std::uint32_t cib_call) const;
  void log_result_2_x(const executor::OperationResult& result, std::uint32_t cib_call) const;
  void log_output(const executor::OperationResult& result) const;
  void trace_result(const executor::OperationResult& result, int target_rc) const;

  Standstill& host_;  // the controller's
  Standstill executor_process_;
  const Profile& profile_;
  CibManager& cib_;
  ExecutorMemory& memory_;
  const int executor_life_;
  LrmClient& client_;
  executor::Executor executor_;
  bool overflow_told_ = false;  // that operations were asked for beyond what the executor takes
  bool dead_ = false;
  std::set<std::string> silent_cancels_;                   // operation keys
  std::map<std::string, std::string, std::less<>> locks_;  // operation key to the lock that its action carried
  // Resources to be forgotten when their operations have ended; to be acknowledged where the DC asked for it.
  std::map<std::string, std::optional<LrmRequest>, std::less<>> deletions_;
  OperationHistory history_;
  std::string node_name_;
  std::string node_id_;
  // Cancellations that the scheduler asked for: operation key to transition key.
  std::map<std::string, std::string, std::less<>> cancels_;
};

}  // namespace simcluster::controller
