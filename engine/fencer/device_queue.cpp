#include "engine/fencer/device_queue.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/fencer/devices.h"
#include "engine/fencer/fencer_messages.h"

namespace simcluster::fencer {

namespace {

constexpr int kSigKill = 9;
constexpr Duration kRetryPause = seconds(1);  // CM-10.22

std::string last_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const auto start = text.rfind('\n');
  return std::string(start == std::string_view::npos ? text : text.substr(start + 1));
}

// Only a device that switches something needs time to recover (black-box runs of 2.1.5).
bool switches_power(std::string_view action) { return action == "on" || action == "off" || action == "reboot"; }

// 1 s of what is left of 119.9 s is gone: times are counted in whole seconds.
std::int64_t rounded_seconds(Duration time) { return (time + milliseconds(500)).seconds(); }

}  // namespace

DeviceQueue::DeviceQueue(Host& host, const Profile& profile, Device device)
    : host_(host), profile_(profile), device_(std::move(device)) {}

DeviceQueue::~DeviceQueue() {
  for (auto& [number, job] : jobs_) cancel_timer(job);
}

void DeviceQueue::set_timer(std::uint64_t number, Duration delay, Cookie cookie) {
  Job& job = jobs_.at(number);
  cancel_timer(job);
  job.timer = host_.start_timer(delay, *this, number << 2 | cookie);
}

void DeviceQueue::cancel_timer(Job& job) {
  if (job.timer.valid()) host_.cancel_timer(job.timer);
  job.timer = TimerId::none();
}

void DeviceQueue::log(LogPriority priority, std::string_view text) const { write_log(host_, profile_, priority, text); }

void DeviceQueue::add(Command command) {
  const std::uint64_t number = ++last_job_;
  const Duration delay = delay_of(command);
  jobs_.emplace(number, Job{std::move(command)});
  set_timer(number, delay, kDelay);
}

// CM-10.19
Duration DeviceQueue::delay_of(const Command& command) {
  if ((command.action != "off" && command.action != "reboot") || command.extra_delay.ns < 0) return {};
  const DelayLimits limits = delay_limits(device_, command.target);
  if (limits.cut) {
    log(LogPriority::kWarning,
        fmt::format("pcmk_delay_base ({}s) is larger than pcmk_delay_max ({}s) for {} using {} (limiting to maximum "
                    "delay)",
                    limits.configured_base.seconds(), limits.max.seconds(), command.action, device_.id));
  }
  Duration delay = limits.base + command.extra_delay;
  if (const std::int64_t span = (limits.max - limits.base).seconds(); span > 0) {
    const auto choices = static_cast<std::uint64_t>(span) + 1;
    delay = delay + seconds(static_cast<std::int64_t>(host_.random("fencing-delay").below(choices)));
  }
  if (delay.ns > 0) {
    log(LogPriority::kNotice,
        fmt::format("Delaying '{}' action targeting {} using {} for {}s | timeout={}s requested_delay={}s base={}s "
                    "max={}s",
                    command.action, command.target, device_.id, delay.seconds(), command.timeout.seconds(),
                    command.extra_delay.seconds(), limits.base.seconds(), limits.max.seconds()));
  }
  return delay;
}

// CM-10.18: the first that need not wait any more, up to the device's limit.
void DeviceQueue::start_ready() {
  const int limit = action_limit(device_);
  auto busy = std::count_if(jobs_.begin(), jobs_.end(), [](const auto& entry) {
    return entry.second.state == State::kRunning || entry.second.state == State::kPausing;
  });
  for (auto& [number, job] : jobs_) {
    if (limit > 0 && busy >= limit) return;
    if (job.state != State::kReady) continue;
    job.deadline = host_.uptime() + job.command.timeout;
    ++busy;
    run(number);
  }
}

void DeviceQueue::run(std::uint64_t number) {
  Job& job = jobs_.at(number);
  job.state = State::kRunning;
  ++job.attempts;
  job.timed_out = false;
  job.run = host_.run_agent(
      agent_request(device_, job.command.action, job.command.target, default_host_argument(device_.about, profile_)),
      *this);
  set_timer(number, job.deadline - host_.uptime(), kTimeout);
}

void DeviceQueue::on_timer(std::uint64_t cookie) {
  const std::uint64_t number = cookie >> 2;
  Job& job = jobs_.at(number);
  job.timer = TimerId::none();
  switch (static_cast<Cookie>(cookie & 3)) {
    case kDelay:
      job.state = State::kReady;
      start_ready();
      return;
    case kRetry:
      run(number);
      return;
    case kTimeout:
      job.timed_out = true;
      host_.signal_agent(job.run, kSigKill);
      return;
  }
}

void DeviceQueue::on_agent_exit(AgentRunId run, const AgentResult& agent) {
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
    return entry.second.state == State::kRunning && entry.second.run == run;
  });
  if (found == jobs_.end()) return;
  Job& job = found->second;
  cancel_timer(job);
  const Command& command = job.command;
  CommandResult result;
  result.output = agent.output;
  result.exit_code = agent.exit_code;
  result.process = run.value;
  if (job.timed_out) {  // CM-10.23
    log(LogPriority::kInfo,
        fmt::format("Fence agent {} timed out after {}s", attempt_name(job), command.timeout.seconds()));
    result.status = FencingStatus::kTimeout;
    result.reason = fmt::format("Fence agent did not complete within {}s", command.timeout.seconds());
    finish(found, std::move(result));
    return;
  }
  log_error_output(job, agent.error_output);
  if (agent.signal == 0 && agent.exit_code == 0) {
    result.status = FencingStatus::kDone;
    finish(found, std::move(result));
    return;
  }
  if (may_retry(job)) {
    job.state = State::kPausing;
    set_timer(found->first, switches_power(command.action) ? kRetryPause : Duration{}, kRetry);
    return;
  }
  result.words = last_line(agent.error_output);
  finish(found, std::move(result));  // without a reason: that the agent failed is its result (black-box runs of 2.1.5)
}

// CM-10.22
bool DeviceQueue::may_retry(const Job& job) const {
  const Duration left = job.deadline - host_.uptime();
  const int most = device_attempts(device_, job.command.action);
  if (job.attempts >= most) {
    if (most > 1) {
      log(LogPriority::kInfo, fmt::format("Attempted to execute agent {} ({}) the maximum number of times ({}) allowed",
                                          device_.agent, job.command.action, most));
    }
    return false;
  }
  if (left.ns * 10 < job.command.timeout.ns * 3) return false;
  log(LogPriority::kInfo, fmt::format("Attempt {} to execute {} ({}). remaining timeout is {}", job.attempts + 1,
                                      device_.agent, job.command.action, rounded_seconds(left)));
  return true;
}

std::string DeviceQueue::attempt_name(const Job& job) const {
  return fmt::format("{}_{}_{}of{}[{}]", device_.agent, job.command.action, job.attempts,
                     device_attempts(device_, job.command.action), job.run.value);
}

// CM-10.23
void DeviceQueue::log_error_output(const Job& job, std::string_view output) const {
  while (output.ends_with('\n')) output.remove_suffix(1);
  if (output.empty()) return;
  const std::string name = attempt_name(job);
  std::vector<std::string_view> lines;
  for (std::size_t start = 0; start <= output.size();) {
    const auto end = std::min(output.find('\n', start), output.size());
    lines.push_back(output.substr(start, end - start));
    start = end + 1;
  }
  for (const std::string_view line : lines) log(LogPriority::kInfo, fmt::format("{} error output [ {} ]", name, line));
  for (const std::string_view line : lines) {
    log(LogPriority::kWarning, fmt::format("{}[{}] stderr: [ {} ]", device_.agent, job.run.value, line));
  }
}

void DeviceQueue::finish(Jobs::iterator job, CommandResult result) {
  const Command command = std::move(job->second.command);
  jobs_.erase(job);
  start_ready();
  command.done(result);
}

}  // namespace simcluster::fencer
