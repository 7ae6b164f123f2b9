#include "engine/fencer/device_queue.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/fencer/devices.h"

namespace simcluster::fencer {

namespace {

constexpr int kSigKill = 9;
constexpr Duration kRetryPause = seconds(1);  // CM-10.22

std::string last_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const auto start = text.rfind('\n');
  return std::string(start == std::string_view::npos ? text : text.substr(start + 1));
}

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

void DeviceQueue::add(Command command) {
  const std::uint64_t number = ++last_job_;
  const Duration delay = delay_of(command);
  if (delay.ns > 0) {
    host_.log(LogPriority::kNotice, profile_.daemons_renamed ? "pacemaker-fenced" : "stonith-ng",
              fmt::format("Delaying '{}' action targeting {} using {} for {}s", command.action, command.target,
                          device_.id, delay.seconds()));
  }
  jobs_.emplace(number, Job{std::move(command)});
  set_timer(number, delay, kDelay);
}

// CM-10.19
Duration DeviceQueue::delay_of(const Command& command) {
  if ((command.action != "off" && command.action != "reboot") || command.extra_delay.ns < 0) return {};
  Duration base = base_delay(device_, command.target);
  const std::optional<Duration> max = parse_time(parameter(device_, "pcmk_delay_max"));
  Duration random;
  if (max) {
    base = std::min(base, *max);
    const std::int64_t span = (*max - base).seconds();
    if (span > 0) {
      random =
          seconds(static_cast<std::int64_t>(host_.random("fencing-delay").below(static_cast<std::uint64_t>(span) + 1)));
    }
  }
  return base + random + command.extra_delay;
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
      agent_request(device_, job.command.action, job.command.target, profile_.daemons_renamed ? "plug" : "port"),
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
  if (job.timed_out) {  // CM-10.23
    result.status = FencingStatus::kTimeout;
    result.reason = fmt::format("Fence agent did not complete within {}s", command.timeout.seconds());
    finish(found, std::move(result));
    return;
  }
  if (agent.signal == 0 && agent.exit_code == 0) {
    result.status = FencingStatus::kDone;
    finish(found, std::move(result));
    return;
  }
  // CM-10.22
  const Duration left = job.deadline - host_.uptime();
  if (job.attempts < device_attempts(device_, command.action) && left.ns * 10 >= command.timeout.ns * 3) {
    job.state = State::kPausing;
    set_timer(found->first, kRetryPause, kRetry);
    return;
  }
  result.reason = last_line(agent.error_output);
  if (result.reason.empty()) result.reason = fmt::format("Agent returned error code {}", agent.exit_code);
  finish(found, std::move(result));
}

void DeviceQueue::finish(Jobs::iterator job, CommandResult result) {
  const Command command = std::move(job->second.command);
  jobs_.erase(job);
  start_ready();
  command.done(result);
}

}  // namespace simcluster::fencer
