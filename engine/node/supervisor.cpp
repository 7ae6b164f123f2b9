#include "engine/node/supervisor.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "engine/controller/logs.h"

namespace simcluster::node {

namespace {

constexpr int kSigKill = 9;
constexpr int kMostRespawns = 100;                     // CM-11.7
constexpr Duration kRestartDelay = milliseconds(100);  // systemd's RestartSec (CM-11.11)
constexpr Duration kStartTime = milliseconds(50);      // of a daemon: 40 to 60 ms with 2.1.5
constexpr Duration kVerifyInterval = seconds(5);       // CM-14.20
constexpr Duration kHealthInterval = seconds(1);       // CM-11.8
constexpr int kMostSilences = 5;                       // CM-11.8

std::string_view signal_name(int signal) {
  switch (signal) {
    case 6:
      return "Aborted";
    case 9:
      return "Killed";
    case 11:
      return "Segmentation fault";
    case 15:
      return "Terminated";
    default:
      return "Signal";
  }
}

// Of exit statuses (CM part M), as far as daemons end with them here.
std::string_view status_text(int status) {
  return status == 0 ? "OK" : status == 1 ? "Error occurred" : "Not connected";
}

}  // namespace

// Those behind the supervisor itself.
controller::Subdaemon Supervisor::subdaemon(Role role) {
  return static_cast<controller::Subdaemon>(static_cast<std::size_t>(role) - 1);
}

Supervisor::~Supervisor() {
  for (const auto& [cookie, timer] : timers_) host_.cancel_timer(timer);
}

// The names of the table in CM A.1, by role.
std::string_view Supervisor::name(Role role) const {
  static constexpr std::array<std::string_view, kRoles> kNew = {
      "pacemakerd",      "pacemaker-based",      "pacemaker-fenced",  "pacemaker-execd",
      "pacemaker-attrd", "pacemaker-schedulerd", "pacemaker-controld"};
  static constexpr std::array<std::string_view, kRoles> kOld = {"pacemakerd", "cib",     "stonithd", "lrmd",
                                                                "attrd",      "pengine", "crmd"};
  return (profile_.daemons_renamed ? kNew : kOld)[static_cast<std::size_t>(role)];
}

// The plugin of Corosync 1 has no supervisor of its own: Corosync is it.
std::vector<std::string> Supervisor::daemons() const {
  std::vector<std::string> names;
  for (std::size_t i = profile_.plugin_membership ? 1 : 0; i < kRoles; ++i)
    names.emplace_back(name(static_cast<Role>(i)));
  return names;
}

void Supervisor::log(LogPriority priority, std::string_view text) const {
  host_.log(priority, profile_.plugin_membership ? "corosync" : "pacemakerd", text);
}

// AT-10.5
std::uint32_t Supervisor::process_id(Role role) const {
  const auto life = lives_.find(role);
  return controller::kSupervisorProcess + static_cast<std::uint32_t>(role) +
         (life == lives_.end() ? 0 : life->second * controller::kProcessesPerLife);
}

std::string Supervisor::name_with_id(Role role) const { return fmt::format("{}[{}]", name(role), process_id(role)); }

void Supervisor::start() {
  if (!profile_.plugin_membership)
    log(LogPriority::kNotice, fmt::format("Starting Pacemaker {}", profile_.versions.pacemaker));
  for (std::size_t i = 1; i < kRoles; ++i) log_forked(static_cast<Role>(i));
}

// CM-11.6
void Supervisor::log_forked(Role role) const {
  const std::uint32_t id = process_id(role);
  if (profile_.heartbeat_stack) {
    host_.log(LogPriority::kInfo, "heartbeat",
              fmt::format("Starting \"/usr/lib64/heartbeat/{}\" (pid {})", name(role), id));
  } else if (profile_.plugin_membership) {
    log(LogPriority::kInfo, fmt::format("[pcmk  ] info: spawn_child: Forked child {} for process {}", id, name(role)));
  } else {
    log(LogPriority::kInfo, fmt::format("Forked child {} for process {}", id, name(role)));
  }
}

// CM-11.1: in reverse, each when the one before it has ended.
void Supervisor::log_stopped() const {
  if (profile_.plugin_membership || absent_) return;
  for (std::size_t i = kRoles; --i > 0;) {
    const Role role = static_cast<Role>(i);
    log(LogPriority::kNotice, fmt::format("Stopping {} | sent signal 15 to process {}", name(role), process_id(role)));
    log(LogPriority::kInfo, fmt::format("{} exited with status 0 (OK)", name_with_id(role)));
  }
}

void Supervisor::start_timer(Cookie cookie, Duration delay) {
  if (const auto old = timers_.find(cookie); old != timers_.end()) host_.cancel_timer(old->second);
  timers_[cookie] = host_.start_timer(delay, *this, cookie);
}

std::optional<Supervisor::Role> Supervisor::role_of(std::string_view daemon) const {
  for (std::size_t i = profile_.plugin_membership ? 1 : 0; i < kRoles; ++i)
    if (name(static_cast<Role>(i)) == daemon) return static_cast<Role>(i);
  return std::nullopt;
}

bool Supervisor::child_died(std::string_view daemon, int signal) {
  const auto role = role_of(daemon);
  if (!role) return false;
  if (*role == Role::kSupervisor) {
    supervisor_died();
  } else {
    die(*role, signal);
  }
  return true;
}

bool Supervisor::child_stopped(std::string_view daemon) {
  const auto role = role_of(daemon);
  if (!role) return false;
  if (*role == Role::kSupervisor) {
    // Its process is there: nobody starts another one.
    still_ = !absent_;
    absent_ = true;
    return true;
  }
  client_.freeze(subdaemon(*role));
  frozen_.emplace(*role, 0);
  if (profile_.daemons_watched) await_check();
  return true;
}

bool Supervisor::child_continued(std::string_view daemon) {
  const auto role = role_of(daemon);
  if (!role) return false;
  if (*role != Role::kSupervisor) {
    if (frozen_.erase(*role) > 0) client_.go_on(subdaemon(*role));
    return true;
  }
  if (!std::exchange(still_, false)) return true;
  absent_ = false;
  notice_all();
  if (!waiting_.empty()) respawn_all();
  if (!frozen_.empty() && profile_.daemons_watched) await_check();
  return true;
}

// One daemon a second, in turn, from the start of the node on.
void Supervisor::await_check() {
  if (timers_.contains(kHealth)) return;
  start_timer(kHealth, kHealthInterval - Duration{host_.uptime().ns % kHealthInterval.ns});
}

// All others wait while one has its second to answer (black-box run of 2.1.5).
void Supervisor::check_health() {
  if (asked_) {
    silent(*std::exchange(asked_, std::nullopt));
  } else {
    const auto turn = static_cast<std::size_t>((host_.uptime() - waited_).seconds()) % (kRoles - 1) + 1;
    if (frozen_.contains(static_cast<Role>(turn)) && !absent_) {
      asked_ = static_cast<Role>(turn);
      waited_ = waited_ + kHealthInterval;
    }
  }
  if (!frozen_.empty()) await_check();
}

void Supervisor::silent(Role role) {
  const auto found = frozen_.find(role);
  if (found == frozen_.end() || absent_ || stopping_) return;
  const int tries = ++found->second;
  if (tries < kMostSilences) {
    log(LogPriority::kNotice, fmt::format("{} is unresponsive to ipc after {} tries", name_with_id(role), tries));
    return;
  }
  log(LogPriority::kError,
      fmt::format("{} is unresponsive to ipc after {} tries but we found the pid so have it killed that we can restart",
                  name_with_id(role), tries));
  log(LogPriority::kNotice,
      fmt::format("Stopping {} | sent signal {} to process {}", name(role), kSigKill, process_id(role)));
  die(role, kSigKill);
}

bool Supervisor::controller_failed() {
  if (stopping_) return false;
  die(Role::kController, 0);
  return true;
}

// CM-11.10, with the exit statuses of 2.1.5: whoever has lost the CIB manager ends, and the controller cannot do
// without an executor, nor a DC without a scheduler.
void Supervisor::die(Role role, int signal) {
  constexpr int kErrorStatus = 1;
  constexpr int kNotConnected = 102;
  std::vector<End> ends = {{role, signal, kErrorStatus}};
  if (role == Role::kCib) {
    ends.push_back({Role::kFencer, 0, 0});
    ends.push_back({Role::kAttributes, 0, kNotConnected});
  }
  if (role == Role::kCib || role == Role::kExecutor || (role == Role::kScheduler && client_.is_dc()))
    ends.push_back({Role::kController, 0, kErrorStatus});
  for (const End& end : ends) {
    frozen_.erase(end.role);
    client_.kill(subdaemon(end.role));
  }
  for (const End& end : ends) {
    if (absent_) {
      unnoticed_.push_back(end);
    } else {
      notice(end);
    }
  }
}

// --- pacemakerd itself ---

// CM-11.10: the others go on, the service manager starts it again.
void Supervisor::supervisor_died() {
  absent_ = true;
  still_ = false;
  if (!stopping_) start_timer(kServiceRestart, kRestartDelay);
}

// A new pacemakerd takes over what runs already (CM-14.20).
void Supervisor::adopt() {
  absent_ = false;
  ++lives_[Role::kSupervisor];
  log(LogPriority::kNotice, fmt::format("Starting Pacemaker {}", profile_.versions.pacemaker));
  for (std::size_t i = 1; i < kRoles; ++i)
    log(LogPriority::kInfo, fmt::format("Tracking existing {} process", name(static_cast<Role>(i))));
  notice_all();
  if (profile_.pacemakerd_mistakes_stonithd) start_timer(kVerify, kVerifyInterval);
}

void Supervisor::notice_all() {
  const auto died = std::exchange(unnoticed_, {});
  for (const End& end : died) notice(end);
}

// --- the others ---

// CM-11.7
void Supervisor::notice(const End& end) {
  const Role role = end.role;
  const std::string_view daemon = name(role);
  if (end.signal != 0) {
    log(end.signal == kSigKill ? LogPriority::kWarning : LogPriority::kError,
        fmt::format("{} terminated with signal {} ({})", name_with_id(role), end.signal, signal_name(end.signal)));
  } else {
    log(end.status == 0 ? LogPriority::kInfo : LogPriority::kError,
        fmt::format("{} exited with status {} ({})", name_with_id(role), end.status, status_text(end.status)));
  }
  if (stopping_) return;
  if (fail_fast_) {
    panic(daemon);
    return;
  }
  if (++respawns_[role] > kMostRespawns) {
    log(LogPriority::kError, fmt::format("Child respawn count exceeded by {}", daemon));
    return;
  }
  waiting_.push_back(role);
  start_timer(kRespawn, kStartTime);
}

// CM-11.9
void Supervisor::panic(std::string_view daemon) {
  log(LogPriority::kEmergency, fmt::format("Rebooting system because of {}", daemon));
  host_.reset_node(fmt::format("{} failed", daemon));
}

void Supervisor::on_timer(std::uint64_t cookie) {
  timers_.erase(static_cast<Cookie>(cookie));
  switch (static_cast<Cookie>(cookie)) {
    case kServiceRestart:
      if (!stopping_) adopt();
      return;
    case kVerify:
      // Its child is called stonith-ng, the program stonithd: 1.1.14 compares the two.
      log(LogPriority::kError, "Process stonith-ng terminated");
      if (fail_fast_) panic("stonith-ng");
      return;
    case kHealth:
      check_health();
      return;
    case kRespawn:
      if (!still_) respawn_all();
      return;
  }
}

void Supervisor::respawn_all() {
  if (stopping_) return;
  std::vector<Role> waiting = std::exchange(waiting_, {});
  std::sort(waiting.begin(), waiting.end());
  for (const Role role : waiting) {
    log(LogPriority::kNotice, profile_.daemons_renamed
                                  ? fmt::format("Respawning {} subdaemon after unexpected exit", name(role))
                                  : fmt::format("Respawning failed child process: {}", name(role)));
    ++lives_[role];
    log_forked(role);
    client_.respawn(subdaemon(role));
  }
}

}  // namespace simcluster::node
