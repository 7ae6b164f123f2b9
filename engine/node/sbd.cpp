#include "engine/node/sbd.h"

#include <utility>

#include <fmt/core.h>

#include "engine/base/profile.h"
#include "engine/cib/values.h"
#include "engine/node/environment.h"

namespace simcluster::node {

namespace {
constexpr Duration kLookEvery = seconds(1);
constexpr Duration kDefaultTimeout = seconds(5);
}  // namespace

// The service manager reads it, whatever the kernel.
Duration sbd_watchdog_timeout(std::string_view text) {
  const auto values = read_environment(text, Profile());
  const auto found = values.find("SBD_WATCHDOG_TIMEOUT");
  if (found == values.end()) return kDefaultTimeout;
  const auto number = cib::parse_integer(found->second);
  return number && number->value > 0 && number->value <= 86'400 ? seconds(number->value) : kDefaultTimeout;
}

Sbd::Sbd(Host& host, Duration watchdog_timeout, std::function<bool()> healthy)
    : host_(host), watchdog_timeout_(watchdog_timeout), healthy_(std::move(healthy)) {}

Sbd::~Sbd() { stop(); }

void Sbd::start() { timer_ = host_.start_timer(kLookEvery, *this, 0); }

void Sbd::stop() {
  if (timer_.valid()) host_.cancel_timer(timer_);
  timer_ = TimerId::none();
}

void Sbd::on_timer(std::uint64_t) {
  timer_ = TimerId::none();
  const Duration now = host_.uptime();
  if (healthy_()) {
    if (!was_healthy_) host_.log(LogPriority::kNotice, "sbd", "cluster: the node is healthy");
    was_healthy_ = true;
    healthy_at_ = now;
  } else if (was_healthy_ && now - healthy_at_ > watchdog_timeout_) {
    host_.log(LogPriority::kEmergency, "sbd",
              fmt::format("cluster: the node was not healthy for {}s: self-fencing", watchdog_timeout_.seconds()));
    host_.reset_node("sbd: the watchdog was not fed");
    return;
  }
  start();
}

}  // namespace simcluster::node
