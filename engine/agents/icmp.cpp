#include "engine/agents/icmp.h"

#include <fmt/core.h>

namespace simcluster::agents {
namespace {
constexpr Duration kPause = seconds(1);
}

Task<PingSummary> ping_host(System& system, std::string_view host, std::int64_t count, Duration timeout) {
  PingSummary summary;
  const std::string command = fmt::format("ping -n -q -W {} -c {} {}", timeout.seconds(), count, host);
  const CommandResult started = co_await system.execute(command);
  if (!started.ok()) {
    summary.exit_code = started.exit_code;
    co_return summary;
  }
  const Time begun = system.now();
  for (std::int64_t i = 1; i <= count; ++i) {
    const bool last = i == count;
    const Time sent_at = system.now();
    const EchoReply reply = co_await system.echo_request(host, i, last ? timeout : kPause);
    ++summary.sent;
    if (reply.outcome == EchoOutcome::kAnswered) ++summary.received;
    const Duration left = kPause - (system.now() - sent_at);
    if (!last && left > Duration{}) co_await system.sleep(left);
  }
  summary.elapsed = system.now() - begun;
  summary.exit_code = summary.received > 0 ? 0 : 1;
  co_return summary;
}

std::string ping_time_text(Duration round_trip) {
  const std::int64_t us = (round_trip.ns + 500) / 1000;
  if (us < 1'000) return fmt::format("0.{:03}", us);
  if (us < 10'000) return fmt::format("{}.{:02}", us / 1000, us % 1000 / 10);
  if (us < 100'000) return fmt::format("{}.{}", us / 1000, us % 1000 / 100);
  return fmt::format("{}", us / 1000);
}

}  // namespace simcluster::agents
