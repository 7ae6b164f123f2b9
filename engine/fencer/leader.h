// The fencing operations that this node leads: asks everybody who can fence the target, has the best one do it, goes
// through the levels of a topology (CM J.2).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/fencer/device_queue.h"
#include "engine/fencer/fencer_messages.h"

namespace simcluster::fencer {

class LeaderClient {
 public:
  virtual void send(const WireWriter& out) = 0;
  virtual void log(LogPriority priority, std::string_view text) const = 0;
  virtual const std::string& node_name() const = 0;

 protected:
  ~LeaderClient() = default;
};

// Tells that the duplicate shares the result of the original (CM-10.6).
void log_merge(const LeaderClient& client, const std::pair<OperationId, FencingRequest>& original,
               const std::pair<OperationId, FencingRequest>& duplicate);

class Leader final : public TimerClient {
 public:
  Leader(Host& host, const Profile& profile, LeaderClient& client) : host_(host), profile_(profile), client_(client) {}
  ~Leader();
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;

  // CM-10.6, CM-10.7. `levels`: the topology for the target; empty: none.
  void begin(const OperationId& id, const FencingRequest& request, std::vector<std::vector<std::string>> levels,
             std::size_t peers);
  void answered(const OperationId& id, std::string peer, std::vector<DeviceOffer> offers);
  void executed(const OperationId& id, const std::string& peer, const CommandResult& result);
  bool leads(const OperationId& id) const { return operations_.contains(id); }
  // Requests that have no result yet, those that were merged with others included.
  std::size_t requests() const;
  // What was asked for by an operation that was given up before this result came; nothing if it is none of these.
  std::optional<FencingRequest> overdue(const OperationId& id);
  // Nodes whose fencers are there now.
  void set_peers(const std::vector<std::string>& peers);
  void set_watchdog_timeout(Duration timeout) { watchdog_timeout_ = timeout; }

  void on_timer(std::uint64_t cookie) override;

 private:
  enum class Phase : std::uint8_t { kOnce, kOff, kOn };
  enum class TimerKind : std::uint8_t { kQuery, kPeer, kTotal, kWatchdog };
  struct Answer {
    std::string peer;
    std::vector<DeviceOffer> offers;
  };
  struct Operation {
    FencingRequest request;
    std::vector<std::vector<std::string>> levels;
    std::size_t level = 0;
    std::size_t position = 0;
    Phase phase = Phase::kOnce;
    std::vector<Answer> answers;
    std::size_t expected = 0;
    bool query_over = false;
    std::set<std::pair<std::string, std::string>> tried;  // peer and device; no device: without topology
    bool anything_tried = false;
    std::string busy_peer;  // who executes now; empty: nobody
    std::string busy_device;
    CommandResult last;
    std::string delegate;
    std::vector<std::pair<OperationId, FencingRequest>> duplicates;
    bool total_set = false;
    std::map<TimerKind, std::pair<TimerId, std::uint64_t>> timers;
  };
  struct Choice {
    const Answer* answer = nullptr;
    const DeviceOffer* offer = nullptr;  // with a topology
  };

  bool merge(const OperationId& id, const FencingRequest& request);
  void log(LogPriority priority, const OperationId& id, std::string_view text) const;
  // "on behalf of" whom it is: CLIENT@NODE.
  static std::string asker(const OperationId& id, const Operation& operation);
  void note_all_answered(const Operation& operation) const;
  void log_nobody(const Operation& operation) const;
  void log_device_result(const OperationId& id, const Operation& operation, const CommandResult& result) const;
  void leave_remap(const OperationId& id, Operation& operation);
  void start_total_timer(const OperationId& id, Operation& operation, const Choice& first);
  void proceed(const OperationId& id);
  // True when it has executed something, finished, or waits.
  bool step(const OperationId& id, Operation& operation);
  bool ready(const Operation& operation) const;
  static bool all_answered(const Operation& operation);
  Choice choose(const Operation& operation) const;
  bool reported(const Operation& operation, const std::string& device) const;
  void nobody_left(const OperationId& id, Operation& operation);
  void execute(const OperationId& id, Operation& operation, const Choice& choice);
  // This level is switched off, then on.
  static bool remapped(const Operation& operation, const std::vector<std::string>& level);
  void start_level(const OperationId& id, Operation& operation);
  // Past a device that has done its part. False: the operation is over.
  bool next_device(const OperationId& id, Operation& operation);
  bool next_level(const OperationId& id, Operation& operation);
  std::string_view action_now(const Operation& operation) const;
  Duration time_for(const Operation& operation, const DeviceOffer& offer, std::string_view action) const;
  Duration total_time(const Operation& operation, const Choice& first) const;
  void lose_peer(const OperationId& id, std::string reason);
  void finish(const OperationId& id, FencingStatus status, std::string delegate, std::string reason,
              std::string words = {});
  void start_timer(const OperationId& id, Operation& operation, TimerKind kind, Duration delay);
  void stop_timer(Operation& operation, TimerKind kind);

  Host& host_;
  const Profile& profile_;
  LeaderClient& client_;
  std::map<OperationId, Operation> operations_;
  std::map<OperationId, FencingRequest> overdue_;  // given up while a device was still at it
  std::map<std::uint64_t, std::pair<OperationId, TimerKind>> timers_;
  std::uint64_t last_cookie_ = 0;
  Duration watchdog_timeout_;
};

}  // namespace simcluster::fencer
