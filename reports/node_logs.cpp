#include "reports/node_logs.h"

#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "engine/base/time_text.h"
#include "reports/log_event.h"

namespace simcluster::reports {

namespace {

constexpr std::uint32_t kFirstProcess = 1000;      // pacemakerd (AT-10.5)
constexpr std::uint32_t kMembershipProcess = 999;  // Corosync or Heartbeat, which start before

std::vector<std::string> names_of(const std::vector<LoggingMachine>& machines) {
  std::vector<std::string> names;
  for (const LoggingMachine& machine : machines) names.push_back(machine.name);
  return names;
}

std::vector<WatchList> watch_of(const std::vector<LoggingMachine>& machines) {
  std::vector<WatchList> lists;
  for (const LoggingMachine& machine : machines) lists.push_back(machine.watch);
  return lists;
}

// "Dec  1 17:16:45".
std::string stamp(Time at) { return ctime_text(at).substr(4, 15); }

// "Dec  1 17:16:45.123".
std::string fine_stamp(Time at) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return fmt::format("{}.{:03}", stamp(at), (at.ns % kSecond + kSecond) % kSecond / 1'000'000);
}

std::string_view severity(LogPriority priority) {
  switch (priority) {
    case LogPriority::kEmergency:
      return "emerg";
    case LogPriority::kAlert:
      return "alert";
    case LogPriority::kCritical:
      return "crit";
    case LogPriority::kError:
      return "error";
    case LogPriority::kWarning:
      return "warning";
    case LogPriority::kNotice:
      return "notice";
    case LogPriority::kInfo:
      return "info";
    case LogPriority::kDebug:
      break;
  }
  return "debug";
}

// As cluster-glue writes them.
std::string_view old_severity(LogPriority priority) {
  switch (priority) {
    case LogPriority::kCritical:
      return "CRIT";
    case LogPriority::kError:
      return "ERROR";
    case LogPriority::kWarning:
      return "WARN";
    default:
      return severity(priority);
  }
}

// What stands behind " | " is for the detail log alone.
std::string_view without_details(std::string_view text) { return text.substr(0, text.find(" | ")); }

bool is_membership(std::string_view daemon) { return daemon == "corosync" || daemon == "heartbeat"; }

// Agents, the kernel and the like write to syslog, with a tag of their own.
bool is_cluster_daemon(std::string_view daemon) {
  return daemon.starts_with("pacemaker") || is_membership(daemon) || daemon == "crmd" || daemon == "pengine" ||
         daemon == "cib" || daemon == "attrd" || daemon == "lrmd" || daemon == "stonithd" || daemon == "stonith-ng";
}

}  // namespace

struct NodeLogs::Line {
  std::size_t machine;
  Time at;
  LogEvent log;
  std::uint32_t process;
  const LoggingMachine& on;
};

NodeLogs::NodeLogs(std::vector<LoggingMachine> machines, Write write)
    : machines_(std::move(machines)),
      write_(std::move(write)),
      processes_(machines_.size()),
      readable_(names_of(machines_), watch_of(machines_),
                [this](const TraceEvent& event, std::string_view severity, std::string_view text) {
                  const std::size_t machine = event.node.index();
                  write_(machine, "pm_logconv.out",
                         fmt::format("{} {} {}: {}", stamp(event.at), machines_[machine].name, severity, text));
                }) {}

void NodeLogs::on_trace(const TraceEvent& event) {
  const auto log = log_event(event);
  // What stands for Heartbeat's membership does not speak as Corosync there.
  if (log && event.node.valid() && log->daemon == "corosync" && machines_[event.node.index()].profile.heartbeat_stack)
    return;
  readable_.on_trace(event);
  if (!log || !event.node.valid() || log->priority > LogPriority::kInfo) return;
  const std::size_t machine = event.node.index();
  note_process(machine, log->text);
  const Line line{machine, event.at, *log, process_id(machine, log->daemon), machines_[machine]};
  if (!log->detail_only) write_syslog(line);
  if (!is_cluster_daemon(log->daemon)) return;
  if (is_membership(log->daemon)) {
    write_corosync(line);
  } else {
    write_daemon(line);
  }
}

// "... Forked child 1006 for process crmd": whoever starts a daemon tells its process id.
void NodeLogs::note_process(std::size_t machine, std::string_view text) {
  constexpr std::string_view kForked = "Forked child ";
  constexpr std::string_view kFor = " for process ";
  const auto begin = text.find(kForked);
  const auto middle = text.find(kFor);
  if (begin == std::string_view::npos || middle == std::string_view::npos) return;
  const std::string_view number = text.substr(begin + kForked.size(), middle - begin - kForked.size());
  std::uint32_t id = 0;
  std::from_chars(number.data(), number.data() + number.size(), id);
  const std::string name(text.substr(middle + kFor.size()));
  processes_[machine][name] = id;
  if (name == "stonithd") processes_[machine]["stonith-ng"] = id;  // the program, and what it calls itself
}

std::uint32_t NodeLogs::process_id(std::size_t machine, std::string_view daemon) const {
  if (is_membership(daemon)) return kMembershipProcess;
  const auto found = processes_[machine].find(daemon);
  return found == processes_[machine].end() ? kFirstProcess : found->second;
}

void NodeLogs::write_syslog(const Line& line) {
  const LogEvent& log = line.log;
  const std::string head = fmt::format("{} {} ", stamp(line.at), line.on.name);
  if (!is_cluster_daemon(log.daemon)) {
    write_(line.machine, "messages", fmt::format("{}{}: {}", head, log.daemon, log.text));
  } else if (is_membership(log.daemon)) {
    write_(line.machine, "messages", fmt::format("{}{}[{}]:   {}", head, log.daemon, line.process, log.text));
  } else if (line.on.profile.logs_with_function) {
    write_(line.machine, "messages",
           fmt::format("{}{}: [{}]: {}: {}", head, log.daemon, line.process, old_severity(log.priority), log.text));
  } else {
    write_(line.machine, "messages",
           fmt::format("{}{}[{}]: {}: {}", head, log.daemon, line.process, severity(log.priority),
                       without_details(log.text)));
  }
}

void NodeLogs::write_corosync(const Line& line) {
  const LogEvent& log = line.log;
  const Profile& profile = line.on.profile;
  if (profile.heartbeat_stack) {
    write_daemon(line);
  } else if (profile.plugin_membership) {
    write_(line.machine, "corosync.log", fmt::format("{} {} {}", stamp(line.at), log.daemon, log.text));
  } else {
    write_(line.machine, "corosync.log",
           fmt::format("{} [{}] {} {} {:<7} {}", stamp(line.at), line.process, line.on.name, log.daemon,
                       severity(log.priority), log.text));
  }
}

void NodeLogs::write_daemon(const Line& line) {
  const LogEvent& log = line.log;
  const Profile& profile = line.on.profile;
  if (profile.logs_with_function) {
    write_(line.machine, profile.heartbeat_stack ? "ha-log" : "corosync.log",
           fmt::format("{} {} {}: [{}]: {}: {}", stamp(line.at), line.on.name, log.daemon, line.process,
                       old_severity(log.priority), log.text));
    return;
  }
  const std::string_view function = log.function.empty() ? "main" : log.function;
  if (profile.daemons_renamed) {
    write_(line.machine, "pacemaker.log",
           fmt::format("{} {} {:<20}[{}] ({}) \t{}: {}", fine_stamp(line.at), line.on.name, log.daemon, line.process,
                       function, severity(log.priority), log.text));
  } else {
    write_(line.machine, "pacemaker.log",
           fmt::format("{} [{}] {} {:>10}: {:>8}: {}:\t{}", stamp(line.at), line.process, line.on.name, log.daemon,
                       severity(log.priority), function, log.text));
  }
}

}  // namespace simcluster::reports
