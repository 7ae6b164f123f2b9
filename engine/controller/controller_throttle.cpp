// What a node tells of its load, and what the DC makes of it (CM-7.13, CM-7.14).
#include <fmt/core.h>

#include "engine/controller/controller_impl.h"

namespace simcluster::controller {

int Controller::Impl::most_jobs() const {
  if (config_.node_action_limit > 0) return config_.node_action_limit;
  return options_.node_action_limit > 0 ? options_.node_action_limit : 2 * config_.cores;
}

// Only a change is told.
void Controller::Impl::sample_load() {
  start_timer(kThrottleTimer, kThrottlePeriod);
  const Throttle now{throttle_mode(host_.load(), options_.load_threshold, config_.cores),
                     static_cast<std::uint32_t>(most_jobs())};
  if (told_load_ && told_load_->mode == now.mode && told_load_->most_jobs == now.most_jobs) return;
  told_load_ = now;
  Message message;
  message.task = Task::kThrottle;
  message.throttle = now;
  send(std::move(message));
}

void Controller::Impl::note_load(const Message& message) {
  const auto most = static_cast<int>(message.throttle.most_jobs);
  loads_.update(message.from_name, message.throttle.mode, most);
  log(LogPriority::kDebug, "throttle_update",
      fmt::format("Node {} has {} load and supports at most {} jobs; new job limit {}", message.from_name,
                  throttle_mode_name(message.throttle.mode), most, loads_.job_limit(message.from_name, most_jobs())));
}

int Controller::Impl::job_limit(std::string_view node) {
  return profile_.fixed_batch_limit_30 ? 0 : loads_.job_limit(node, most_jobs());
}

int Controller::Impl::batch_limit(int configured) {
  return profile_.fixed_batch_limit_30 ? configured : loads_.batch_limit(configured, peers_.size());
}

}  // namespace simcluster::controller
