#include "tools/clusterd/daemon.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <utility>

#include <fmt/core.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <systemd/sd-daemon.h>

#include "engine/base/assert.h"
#include "engine/membership/stack.h"
#include "tools/clusterd/control_requests.h"
#include "tools/clusterd/control_server.h"
#include "tools/clusterd/event_loop.h"
#include "tools/clusterd/linux_host.h"
#include "tools/clusterd/restart_watch.h"
#include "tools/clusterd/signals.h"
#include "tools/clusterd/system_error.h"
#include "tools/clusterd/unsupported.h"
#include "tools/clusterd/unsupported_watch.h"
#include "tools/clusterd/watchdog_device.h"

namespace simcluster::clusterd {

namespace {

constexpr std::string_view kSelf = "clusterd";
constexpr int kFailure = 1;
// As Corosync has it: a node that hangs is off well before others take over what it had.
constexpr Duration kWatchdogTimeout = seconds(6);

// Tells the service manager that the loop still turns, twice as often as it asks for.
class Heartbeat final : TimerClient {
 public:
  explicit Heartbeat(EventLoop& loop) : loop_(loop) {
    std::uint64_t microseconds_between = 0;
    if (sd_watchdog_enabled(0, &microseconds_between) <= 0) return;
    interval_ = microseconds(static_cast<std::int64_t>(microseconds_between / 2));
    on_timer(0);
  }
  ~Heartbeat() { loop_.cancel_timer(timer_); }
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

 private:
  void on_timer(std::uint64_t) override {
    sd_notify(0, "WATCHDOG=1");
    timer_ = loop_.start_timer(interval_, *this, 0);
  }
  EventLoop& loop_;
  Duration interval_;
  TimerId timer_;
};

// A busy machine must not hold up the token: ahead of ordinary processes (agents are not), and never paged out. As
// Corosync does it; a container that may not have this runs without.
void be_prompt(const Journal& journal) {
  sched_param priority{};
  priority.sched_priority = sched_get_priority_max(SCHED_RR);
  if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &priority) != 0)
    journal.write(LogPriority::kWarning, kSelf,
                  fmt::format("no real-time priority ({}): a busy machine may lose the token", system_reason(errno)));
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
    journal.write(LogPriority::kWarning, kSelf, fmt::format("memory is not locked ({})", system_reason(errno)));
}

// Of the engine's own links it counts what it rejects, whatever the reason.
DroppedFrames dropped_frames(const LinuxHost& host, const node::Node& node) {
  DroppedFrames dropped = host.dropped();
  const std::uint64_t rejected = node.membership() != nullptr ? node.membership()->rejected_datagrams() : 0;
  dropped.unauthenticated += rejected - std::min(rejected, dropped.replayed);
  return dropped;
}

int serve(const Setup& setup, const Journal& journal, EventLoop& loop) {
  const auto complain = [&](const Error& error) {
    journal.write(LogPriority::kCritical, kSelf, error.text());
    return kFailure;
  };
  // Blocked before the host's threads start, which would be killed by them otherwise.
  std::function<void(int signal)> on_signal = [](int) {};
  const auto signals = Signals::catch_all(loop, {SIGTERM, SIGINT, SIGHUP}, [&](int signal) { on_signal(signal); });
  if (!signals) return complain(signals.error());
  auto host = LinuxHost::create(loop, setup.settings, journal, [&](int exit_code, std::string_view reason) {
    journal.write(LogPriority::kNotice, kSelf, fmt::format("the node has ended: {}", reason));
    loop.stop(exit_code);
  });
  if (!host) return complain(host.error());
  node::NodeConfig config = setup.node;
  config.frame_guard = &(*host)->guard_frames_of(config.id);
  config.keeps_fencing_history = true;
  config.cib_limit = setup.settings.cib_limit << 20;
  node::Node node(**host, setup.profile, std::move(config));
  const auto stop = [&] {
    sd_notify(0, "STOPPING=1");
    journal.write(LogPriority::kNotice, kSelf, "asked to stop: resources move away first");
    node.request_stop();
  };
  on_signal = [&](int signal) {
    if (signal != SIGHUP) return stop();
    node.corosync_tool("corosync-cfgtool -R");
  };
  bool again = false;
  const auto restart = [&] {
    again = true;
    stop();
  };
  const Controlled controlled{node,
                              setup.profile,
                              stop,
                              restart,
                              inputs_directory(setup.settings),
                              [&] { return (*host)->kept_inputs(); },
                              [&] { return dropped_frames(**host, node); },
                              [&] { return node.membership() != nullptr ? node.membership()->waiting_messages() : 0; }};
  const auto control = ControlServer::listen(
      loop, setup.settings.control_socket,
      {setup.settings.control_group, setup.settings.others_may_read, [&] { return acls_are_on(node.cib()); }},
      [&](std::string_view request, Rights rights) { return answer_request(request, rights, controlled); });
  if (!control) return complain(control.error());
  std::unique_ptr<WatchdogDevice> watchdog;
  if (!setup.settings.watchdog_device.empty()) {
    auto opened = WatchdogDevice::open(loop, setup.settings.watchdog_device, kWatchdogTimeout);
    if (!opened) return complain(opened.error());
    watchdog = std::move(*opened);
  }
  const Heartbeat heartbeat(loop);
  const RestartWatch restart_watch(
      loop, node, [&](LogPriority priority, const std::string& text) { journal.write(priority, kSelf, text); });
  const UnsupportedWatch unsupported_watch(
      loop, node, [&](LogPriority priority, const std::string& text) { journal.write(priority, kSelf, text); });
  const auto started = node.start();
  if (started) sd_notify(0, "READY=1");
  const int exit_code = started ? loop.run() : complain(started.error());
  // After a failure it is left to bite: whatever this node still holds goes with the machine.
  if (watchdog && (exit_code == 0 || !started)) watchdog->release();
  return again && exit_code == 0 ? kBeginAnew : exit_code;
}

}  // namespace

int run_daemon(const Setup& setup) {
  signal(SIGPIPE, SIG_IGN);
  const Journal journal(setup.settings.log, setup.settings.log_priority);
  be_prompt(journal);
  auto loop = EventLoop::create();
  if (!loop) {
    journal.write(LogPriority::kCritical, kSelf, loop.error().text());
    return kFailure;
  }
  try {
    return serve(setup, journal, **loop);
  } catch (const AssertionFailure& failure) {
    // The engine's word is not to be trusted any more: this node crashes, and the others see to it.
    journal.write(LogPriority::kEmergency, kSelf, failure.what());
    signal(SIGABRT, SIG_DFL);
    abort();
  }
}

}  // namespace simcluster::clusterd
