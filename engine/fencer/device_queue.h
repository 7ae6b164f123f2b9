// The commands of one fence device: one at a time, with delay, time-out and retries (CM J.3).
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/fencer/fencer.h"

namespace simcluster::fencer {

struct CommandResult {
  FencingStatus status = FencingStatus::kFailed;
  std::string reason;
  std::string output;
  int exit_code = 0;
};

struct Command {
  std::string action;
  std::string target;  // empty: none
  Duration timeout;
  Duration extra_delay;  // below 0: no delay at all
  std::function<void(const CommandResult&)> done;
};

class DeviceQueue final : public AgentClient, public TimerClient {
 public:
  DeviceQueue(Host& host, const Profile& profile, Device device);
  ~DeviceQueue();
  DeviceQueue(const DeviceQueue&) = delete;
  DeviceQueue& operator=(const DeviceQueue&) = delete;

  const Device& device() const { return device_; }
  void add(Command command);
  bool idle() const { return queue_.empty(); }

  void on_agent_exit(AgentRunId run, const AgentResult& result) override;
  void on_timer(std::uint64_t cookie) override;

 private:
  enum Cookie : std::uint64_t { kDelay, kTimeout, kRetry };

  void begin();
  void run();
  void finish(CommandResult result);
  Duration delay_of(const Command& command);
  void set_timer(Duration delay, Cookie cookie);
  void cancel_timer();

  Host& host_;
  const Profile& profile_;
  Device device_;
  std::deque<Command> queue_;
  TimerId timer_;
  AgentRunId run_;
  bool timed_out_ = false;
  int attempts_ = 0;
  Duration deadline_;  // uptime
};

}  // namespace simcluster::fencer
