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

DeviceQueue::~DeviceQueue() { cancel_timer(); }

void DeviceQueue::set_timer(Duration delay, Cookie cookie) {
  cancel_timer();
  timer_ = host_.start_timer(delay, *this, cookie);
}

void DeviceQueue::cancel_timer() {
  if (timer_.valid()) host_.cancel_timer(timer_);
  timer_ = TimerId::none();
}

void DeviceQueue::add(Command command) {
  queue_.push_back(std::move(command));
  if (queue_.size() == 1) begin();
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

void DeviceQueue::begin() {
  const Command& command = queue_.front();
  attempts_ = 0;
  const Duration delay = delay_of(command);
  if (delay.ns > 0) {
    host_.log(LogPriority::kNotice, profile_.daemons_renamed ? "pacemaker-fenced" : "stonith-ng",
              fmt::format("Delaying '{}' action targeting {} using {} for {}s", command.action, command.target,
                          device_.id, delay.seconds()));
  }
  set_timer(delay, kDelay);
}

void DeviceQueue::run() {
  const Command& command = queue_.front();
  ++attempts_;
  timed_out_ = false;
  run_ = host_.run_agent(
      agent_request(device_, command.action, command.target, profile_.daemons_renamed ? "plug" : "port"), *this);
  set_timer(deadline_ - host_.uptime(), kTimeout);
}

void DeviceQueue::on_timer(std::uint64_t cookie) {
  timer_ = TimerId::none();
  switch (static_cast<Cookie>(cookie)) {
    case kDelay:
      deadline_ = host_.uptime() + queue_.front().timeout;
      run();
      return;
    case kRetry:
      run();
      return;
    case kTimeout:
      timed_out_ = true;
      host_.signal_agent(run_, kSigKill);
      return;
  }
}

void DeviceQueue::on_agent_exit(AgentRunId, const AgentResult& agent) {
  cancel_timer();
  const Command& command = queue_.front();
  CommandResult result;
  result.output = agent.output;
  result.exit_code = agent.exit_code;
  if (timed_out_) {  // CM-10.23
    result.status = FencingStatus::kTimeout;
    result.reason = fmt::format("Fence agent did not complete within {}s", command.timeout.seconds());
    finish(std::move(result));
    return;
  }
  if (agent.signal == 0 && agent.exit_code == 0) {
    result.status = FencingStatus::kDone;
    finish(std::move(result));
    return;
  }
  // CM-10.22
  const Duration left = deadline_ - host_.uptime();
  if (attempts_ < device_attempts(device_, command.action) && left.ns * 10 >= command.timeout.ns * 3) {
    set_timer(kRetryPause, kRetry);
    return;
  }
  result.reason = last_line(agent.error_output);
  if (result.reason.empty()) result.reason = fmt::format("Agent returned error code {}", agent.exit_code);
  finish(std::move(result));
}

void DeviceQueue::finish(CommandResult result) {
  const Command command = std::move(queue_.front());
  queue_.pop_front();
  if (!queue_.empty()) begin();
  command.done(result);
}

}  // namespace simcluster::fencer
