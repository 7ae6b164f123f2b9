// The commands of one fence device: as many at a time as it takes, one unless configured otherwise, with delay,
// time-out and retries (CM J.3).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/fencer/fencer.h"

namespace simcluster::fencer {

struct CommandResult {
  FencingStatus status = FencingStatus::kFailed;
  std::string reason;
  std::string output = {};
  int exit_code = 0;
  std::uint64_t process = 0;  // the agent's last run; 0: there was none
  std::string words = {};     // the last line of what a failed agent said
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
  // What the agent says of itself is known later than the device.
  void describe(AgentDescription about) { device_.about = std::move(about); }
  void add(Command command);
  bool idle() const { return jobs_.empty(); }

  void on_agent_exit(AgentRunId run, const AgentResult& result) override;
  void on_timer(std::uint64_t cookie) override;

 private:
  enum Cookie : std::uint64_t { kDelay, kTimeout, kRetry };
  enum class State : std::uint8_t { kDelayed, kReady, kRunning, kPausing };
  struct Job {
    Command command;
    State state = State::kDelayed;
    TimerId timer = {};
    AgentRunId run = {};
    bool timed_out = false;
    int attempts = 0;
    Duration deadline = {};  // uptime
  };
  using Jobs = std::map<std::uint64_t, Job>;  // in the order in which they came

  void start_ready();
  void run(std::uint64_t number);
  void finish(Jobs::iterator job, CommandResult result);
  Duration delay_of(const Command& command);
  // A line of its fencer's log.
  void log(LogPriority priority, std::string_view text) const;
  void log_error_output(const Job& job, std::string_view output) const;
  bool may_retry(const Job& job) const;
  // The name of one attempt in the log: "fence_vbox_reboot_1of2[1031]".
  std::string attempt_name(const Job& job) const;
  void set_timer(std::uint64_t number, Duration delay, Cookie cookie);
  void cancel_timer(Job& job);

  Host& host_;
  const Profile& profile_;
  Device device_;
  Jobs jobs_;
  std::uint64_t last_job_ = 0;
};

}  // namespace simcluster::fencer
