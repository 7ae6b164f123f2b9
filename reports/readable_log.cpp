#include "reports/readable_log.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/core.h>

#include "reports/log_event.h"

namespace simcluster::reports {

namespace {

constexpr std::string_view kInfo = "info";
constexpr std::string_view kWarning = "warning";
constexpr std::string_view kError = "error";

// Takes a text apart: "Node {} state is now lost*" has one part. Each {} is as short as the text behind it allows; a
// final * stands for any rest. Empty: the text is another one.
std::vector<std::string_view> parts(std::string_view text, std::string_view pattern) {
  std::vector<std::string_view> found;
  const bool open_end = pattern.ends_with('*');
  if (open_end) pattern.remove_suffix(1);
  for (;;) {
    const auto hole = pattern.find("{}");
    const std::string_view before = pattern.substr(0, hole);
    if (!text.starts_with(before)) return {};
    text.remove_prefix(before.size());
    if (hole == std::string_view::npos) break;
    pattern.remove_prefix(hole + 2);
    const std::string_view behind = pattern.substr(0, pattern.find("{}"));
    const auto end = behind.empty() ? text.size() : text.find(behind);
    if (end == std::string_view::npos) return {};
    found.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  if (!text.empty() && !open_end) return {};
  return found;
}

// Releases before 1.1 begin their lines with a function: "te_rsc_command: Initiating ...".
std::string_view without_function(std::string_view text) {
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos || colon == 0) return text;
  const std::string_view head = text.substr(0, colon);
  const bool function = head.find('_') != std::string_view::npos &&
                        std::ranges::all_of(head, [](unsigned char c) { return std::islower(c) != 0 || c == '_'; });
  return function ? text.substr(colon + 2) : text;
}

struct OperationName {
  std::string_view resource;
  std::string_view action;
  std::string_view interval;
};

// "p_ip_start_0", "m_migrate_to_0".
std::optional<OperationName> operation_name(std::string_view key) {
  const auto last = key.rfind('_');
  if (last == std::string_view::npos) return std::nullopt;
  static constexpr std::array<std::string_view, 7> kActions = {"start",   "stop",       "promote",     "demote",
                                                               "monitor", "migrate_to", "migrate_from"};
  for (const std::string_view action : kActions) {
    const std::string_view front = key.substr(0, last);
    if (front.size() <= action.size() + 1 || !front.ends_with(action)) continue;
    const auto begin = front.size() - action.size();
    if (front[begin - 1] == '_') return OperationName{front.substr(0, begin - 1), action, key.substr(last + 1)};
  }
  return std::nullopt;
}

// "started", "migrated_to".
std::string_view done_word(std::string_view action) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kWords = {
      {{"start", "started"},
       {"stop", "stopped"},
       {"promote", "promoted"},
       {"demote", "demoted"},
       {"migrate_to", "migrated_to"},
       {"migrate_from", "migrated_from"}}};
  for (const auto& [name, word] : kWords)
    if (name == action) return word;
  return {};
}

// The first number of a version in a text: "('1.4.6'): started" has "1.4.6".
std::string_view version_in(std::string_view text) {
  const auto begin = text.find_first_of("0123456789");
  if (begin == std::string_view::npos) return {};
  const auto end = text.find_first_of(" ')", begin);
  return text.substr(begin, end == std::string_view::npos ? end : end - begin);
}

}  // namespace

Result<WatchList> read_watch_list(std::string_view settings, const std::string& file) {
  const auto trimmed = [](std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r");
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
  };
  WatchList watch;
  for (int number = 1; !settings.empty(); ++number) {
    const auto end = std::min(settings.find('\n'), settings.size());
    const std::string_view line = trimmed(settings.substr(0, end));
    settings.remove_prefix(std::min(end + 1, settings.size()));
    if (line.empty() || line.front() == '#' || (line.front() == '[' && line.back() == ']')) continue;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || trimmed(line.substr(0, equals)).empty())
      return fail(fmt::format("\"{}\" is no setting of pm_logconv (expected NAME = VALUE)", line), {file, number, 0});
    if (trimmed(line.substr(0, equals)) != "act_rsc") continue;
    std::string_view names = line.substr(equals + 1);
    while (!names.empty()) {
      const auto comma = std::min(names.find(','), names.size());
      if (const std::string name(trimmed(names.substr(0, comma))); !name.empty()) watch.push_back({name, {name}});
      names.remove_prefix(std::min(comma + 1, names.size()));
    }
  }
  return watch;
}

ReadableLog::ReadableLog(std::vector<std::string> node_names, std::vector<WatchList> watch, Write write)
    : node_names_(std::move(node_names)),
      watch_(std::move(watch)),
      write_(std::move(write)),
      machines_(node_names_.size()) {}

ReadableLog::~ReadableLog() = default;

int ReadableLog::level() {
  return std::max({trace_kind_level(TraceKind::kLog), trace_kind_level(TraceKind::kOperationFailed),
                   trace_kind_level(TraceKind::kResourceStarted), trace_kind_level(TraceKind::kControllerState)});
}

void ReadableLog::tell(const TraceEvent& event, std::string_view severity, std::string_view text) const {
  write_(event, severity, text);
}

void ReadableLog::on_trace(const TraceEvent& event) {
  if (!event.node.valid()) return;
  switch (event.kind) {
    case TraceKind::kLog:
      on_log(event);
      return;
    case TraceKind::kOperationFailed:
      on_operation_failed(event);
      return;
    case TraceKind::kResourceStarted:
      runs_on_[std::string(text_field(event, "resource"))].insert(event.node.index());
      stuck_.erase(std::string(text_field(event, "resource")));
      return;
    case TraceKind::kResourceStopped:
      runs_on_[std::string(text_field(event, "resource"))].erase(event.node.index());
      stuck_.erase(std::string(text_field(event, "resource")));
      return;
    case TraceKind::kNodeReset:
    case TraceKind::kNodeBoot:
      all_stopped_on(event.node);
      return;
    case TraceKind::kNodeStop:
      if (text_field(event, "what") == "power off") all_stopped_on(event.node);
      return;
    case TraceKind::kControllerState:
      if (machine(event).open && text_field(event, "to") == "S_IDLE") close_block(event, machine(event));
      return;
    default:
      return;
  }
}

void ReadableLog::on_log(const TraceEvent& event) {
  const auto log = log_event(event);
  if (log->priority > LogPriority::kInfo) return;
  const std::string_view text = without_function(log->text);
  // Each line has one meaning, but those that open a block.
  if (on_fail_over(event, text)) return;
  static_cast<void>(on_start_or_stop(event, text) || on_process(event, text) || on_membership(event, text) ||
                    on_action(event, text) || on_result(event, text) || on_network(event, log->daemon, text) ||
                    on_attribute(event, text) || on_fencing(event, text));
}

bool ReadableLog::on_start_or_stop(const TraceEvent& event, std::string_view text) {
  if (text.starts_with("[MAIN  ] Corosync Cluster Engine exiting normally")) {
    tell(event, kInfo, "Corosync shutdown complete.");
  } else if (text.starts_with("[MAIN  ] Corosync Cluster Engine ") && text.find("start") != std::string_view::npos) {
    tell(event, kInfo, fmt::format("Starting Corosync {}.", version_in(text)));
  } else if (text.starts_with("[MAIN  ] Node was shut down by")) {
    tell(event, kInfo, "Corosync is shutting down.");
  } else if (const auto version = parts(text, "Starting Pacemaker {}"); !version.empty()) {
    tell(event, kInfo, fmt::format("Starting Pacemaker {}.", version[0].substr(0, version[0].find(' '))));
  } else if (text == "Shutting down Pacemaker") {
    tell(event, kInfo, "Pacemaker is shutting down.");
  } else if (text == "Shutdown complete") {
    tell(event, kInfo, "Pacemaker shutdown complete.");
  } else if (const auto node = parts(text, "Creating shutdown request for {} (*"); !node.empty()) {
    machine(event).leaving.emplace(node[0]);
    tell(event, kInfo, fmt::format("Pacemaker on {} is shutting down.", node[0]));
  } else {
    return false;
  }
  return true;
}

bool ReadableLog::on_process(const TraceEvent& event, std::string_view text) {
  Machine& here = machine(event);
  std::vector<std::string_view> found;
  for (const std::string_view pattern :
       {"Forked child {} for process {}", "[pcmk  ] info: spawn_child: Forked child {} for process {}"}) {
    if (found = parts(text, pattern); found.empty()) continue;
    here.stopping.erase(std::string(found[1]));
    tell(event, kInfo, fmt::format("Start \"{}\" process. (pid={})", found[1], found[0]));
    return true;
  }
  if (found = parts(text, "Starting \"/usr/lib64/heartbeat/{}\" (pid {})"); !found.empty()) {
    tell(event, kInfo, fmt::format("Start \"{}\" process. (pid={})", found[0], found[1]));
  } else if (found = parts(text, "Stopping {} | sent signal 15*"); !found.empty()) {
    here.stopping.emplace(found[0]);
  } else if (found = parts(text, "{}[{}] exited with status {} (*"); !found.empty()) {
    if (here.stopping.erase(std::string(found[0])) > 0 && found[2] == "0") {
      tell(event, kInfo, fmt::format("Stop \"{}\" process normally. (pid={})", found[0], found[1]));
    } else {
      tell(event, kError, fmt::format("Managed \"{}\" process exited. (pid={}, rc={})", found[0], found[1], found[2]));
    }
  } else if (found = parts(text, "{}[{}] terminated with signal {} (*"); !found.empty()) {
    tell(event, kError,
         fmt::format("Managed \"{}\" process terminated with signal {}. (pid={})", found[0], found[2], found[1]));
  } else if (found = parts(text, "Child respawn count exceeded by {}"); !found.empty()) {
    tell(event, kError, fmt::format("Respawn count exceeded by \"{}\".", found[0]));
  } else {
    return false;
  }
  return true;
}

bool ReadableLog::on_membership(const TraceEvent& event, std::string_view text) {
  std::vector<std::string_view> found;
  for (const std::string_view pattern :
       {"Node {}[{}] - state is now lost*", "Node {}: id={} state=lost (new)*", "Node {} state is now lost*"}) {
    if (found = parts(text, pattern); found.empty()) continue;
    Machine& here = machine(event);
    const bool asked = here.leaving.erase(std::string(found[0])) > 0;
    // Somebody else's business, when somebody else is the DC.
    const bool ours = here.dc.empty() || here.dc == found[0] || here.dc == node_names_[event.node.index()];
    if (!asked && ours) here.failed = true;
    tell(event, kWarning, fmt::format("Node {} is lost", found[0]));
    return true;
  }
  if (found = parts(text, "Node {} state is now member*"); !found.empty()) {
    machine(event).leaving.erase(std::string(found[0]));
    tell(event, kInfo, fmt::format("Node {} is member", found[0]));
  } else if (found = parts(text, "Set DC to {} (*"); !found.empty()) {
    Machine& here = machine(event);
    here.dc = found[0];
    if (here.dc != node_names_[event.node.index()]) here.failed = false;
    tell(event, kInfo, fmt::format("Set DC node to {}.", found[0]));
  } else if (found = parts(text, "Unset DC. Was {}"); !found.empty()) {
    machine(event).dc.clear();
    tell(event, kInfo, fmt::format("Unset DC node {}.", found[0]));
  } else if (found = parts(text, "Unset DC (was {})"); !found.empty()) {
    machine(event).dc.clear();
    tell(event, kInfo, fmt::format("Unset DC node {}.", found[0]));
  } else {
    return false;
  }
  return true;
}

bool ReadableLog::on_action(const TraceEvent& event, std::string_view text) {
  std::optional<OperationName> name;
  if (const auto old = parts(text, "Performing key={} op={}"); !old.empty()) {
    name = operation_name(old[1]);
  } else if (const auto now = parts(text, "Requesting local execution of {} operation for {} on {} | {} op_key={}");
             !now.empty()) {
    name = operation_name(now[4]);
  } else {
    return false;
  }
  if (name && name->action != "monitor")
    tell(event, kInfo, fmt::format("Resource {} tries to {}.", name->resource, name->action));
  return true;
}

// Failures are told by the trace.
bool ReadableLog::on_result(const TraceEvent& event, std::string_view text) {
  std::optional<OperationName> name;
  if (const auto oldest = parts(text, "LRM operation {} (call={}, rc=0, {}) ok"); !oldest.empty()) {
    name = operation_name(oldest[0]);
  } else if (const auto old = parts(text, "Operation {}: ok (node=*"); !old.empty()) {
    name = operation_name(old[0]);
  } else if (const auto now = parts(text, "Result of {} operation for {} on {}: ok |*"); !now.empty()) {
    name = OperationName{now[1], now[0], {}};
  } else {
    return false;
  }
  if (name && !done_word(name->action).empty())
    tell(event, kInfo, fmt::format("Resource {} {}. (rc=0) ok", name->resource, done_word(name->action)));
  return true;
}

void ReadableLog::on_operation_failed(const TraceEvent& event) {
  const std::string_view resource = text_field(event, "resource");
  const std::string_view operation = text_field(event, "operation");
  const std::int64_t rc = number_field(event, "rc");
  std::string_view status = text_field(event, "status");
  if (operation == "monitor" && number_field(event, "interval") > 0)
    runs_on_[std::string(resource)].erase(event.node.index());
  if (operation == "stop") stuck_[std::string(resource)].insert(event.node.index());
  if (status == "Timed out" || status == "Timed Out") {
    tell(event, kError, fmt::format("Resource {} failed to {}. (Timed Out)", resource, operation));
  } else if (operation == "monitor" && rc == 7) {
    tell(event, kError, fmt::format("Resource {} does not work. (rc=7) {}", resource, text_field(event, "text")));
  } else {
    tell(event, kError,
         fmt::format("Resource {} failed to {}. (rc={}) {}", resource, operation, rc, text_field(event, "text")));
  }
}

bool ReadableLog::on_network(const TraceEvent& event, std::string_view daemon, std::string_view text) {
  std::vector<std::string_view> found;
  for (const std::string_view pattern :
       {"[TOTEM ] Marking ringid {} interface {} FAULTY", "[TOTEM ] Marking seqid {} ringid {} interface {} FAULTY"}) {
    if (found = parts(text, pattern); found.empty()) continue;
    tell(event, kWarning,
         fmt::format("Ring number {} is FAULTY (interface {}).", found[found.size() - 2], found[found.size() - 1]));
    return true;
  }
  if (found = parts(text, "[TOTEM ] Automatically recovered ring {}"); !found.empty()) {
    tell(event, kInfo, fmt::format("Ring number {} is recovered.", found[0]));
  } else if (found = parts(text, "WARNING: {} is inactive: *"); !found.empty() && daemon.starts_with("ping")) {
    tell(event, kError, fmt::format("Network to {} is unreachable.", found[0]));
  } else if (found = parts(text, "disk status is changed, attr_name={}, target={}, new_status=ERROR"); !found.empty()) {
    tell(event, kError, fmt::format("Disk connection to {} is ERROR. (attr_name={})", found[1], found[0]));
  } else {
    return false;
  }
  return true;
}

bool ReadableLog::on_attribute(const TraceEvent& event, std::string_view text) {
  const auto found = parts(text, "Setting {}[{}]: {} -> {} from *");
  if (found.empty()) return false;
  if (found[0].starts_with('#')) return true;  // the daemons' own
  if (found[3] == "(null)" || found[3] == "(unset)") {
    tell(event, kInfo, fmt::format("Attribute \"{}\" is deleted at \"{}\".", found[0], found[1]));
  } else {
    tell(event, kInfo, fmt::format("Attribute \"{}\" is updated to \"{}\" at \"{}\".", found[0], found[3], found[1]));
  }
  return true;
}

bool ReadableLog::on_fencing(const TraceEvent& event, std::string_view text) {
  std::vector<std::string_view> found;
  if (found = parts(text, "Requesting fencing ({}) targeting node {} | *"); !found.empty()) {
    tell(event, kInfo, fmt::format("Try to STONITH ({}) {}.", found[0], found[1]));
  } else if (found = parts(text, "Executing {} fencing operation ({}) on {} (timeout=*"); !found.empty()) {
    tell(event, kInfo, fmt::format("Try to STONITH ({}) {}.", found[0], found[2]));
  } else if (found = parts(text, "Requesting that {} perform '{}' action targeting {} using {}"); !found.empty()) {
    const std::string_view device = found[3].substr(0, found[3].find(" | "));
    tell(event, kInfo,
         fmt::format("Try to execute STONITH device {} on {} for {} {}.", device, found[0], found[1], found[2]));
  } else if (found = parts(text, "Operation '{}' [{}] targeting {} using {} returned {}"); !found.empty()) {
    const bool done = found[4].starts_with("0");
    tell(event, done ? kInfo : kError,
         fmt::format("{} to execute STONITH device {} for {}.", done ? "Succeeded" : "Failed", found[3], found[2]));
  } else if (found = parts(text, "Operation '{}' [{}] targeting {} using {} could not be executed: *");
             !found.empty()) {
    tell(event, kError, fmt::format("Failed to execute STONITH device {} for {}.", found[3], found[2]));
  } else if (found = parts(text, "Peer {} was terminated ({}) by {} on behalf of *"); !found.empty()) {
    tell(event, kInfo, fmt::format("Succeeded to STONITH ({}) {} by {}.", found[1], found[0], found[2]));
  } else if (found = parts(text, "Peer {} was not terminated ({}) by {} on behalf of *"); !found.empty()) {
    tell(event, kError, fmt::format("Failed to STONITH ({}) {} by {}.", found[1], found[0], found[2]));
  } else if (found = parts(text, "Too many failures ({}) to fence {}, giving up"); !found.empty()) {
    tell(event, kError, fmt::format("Too many failures to STONITH {}.", found[1]));
  } else {
    return false;
  }
  return true;
}

// The block opens when the scheduler has been asked because of a loss or a failure.
bool ReadableLog::on_fail_over(const TraceEvent& event, std::string_view text) {
  Machine& here = machine(event);
  if (text.starts_with("Updating failcount for ")) {
    here.failed = true;
    return true;
  }
  const bool calculated = text.starts_with("Calculated ") ||
                          (text.starts_with("Transition ") && text.find("PEngine Input stored in: ") != text.npos);
  if (!calculated) return false;
  if (!std::exchange(here.failed, false) || here.open) return true;
  here.open = true;
  for (const WatchedResource& resource : watched(event.node)) here.before[resource.id] = place_of(resource);
  tell(event, kError, "Start to fail-over.");
  return true;
}

void ReadableLog::close_block(const TraceEvent& event, Machine& machine) {
  machine.open = false;
  bool all_run = true;
  for (const WatchedResource& resource : watched(event.node)) {
    const std::string now = place_of(resource);
    const std::string before = machine.before[resource.id];
    if (now.empty()) {
      all_run = false;
      tell(event, kError, fmt::format("Resource {} : Stopped", resource.id));
    } else if (before.empty() || before == now) {
      tell(event, kInfo, fmt::format("Resource {} : Started on {}", resource.id, now));
    } else {
      tell(event, kInfo, fmt::format("Resource {} : Move {} -> {}", resource.id, before, now));
    }
  }
  machine.before.clear();
  if (unmanaged_exists()) tell(event, kError, "Unmanaged resource exists.");
  tell(event, all_run ? kInfo : kError, all_run ? "fail-over succeeded." : "fail-over failed.");
}

// What could not be stopped is left alone by the cluster until somebody has looked after it, or its node is off.
bool ReadableLog::unmanaged_exists() const {
  return std::ranges::any_of(stuck_, [](const auto& resource) { return !resource.second.empty(); });
}

WatchList ReadableLog::watched(NodeIndex machine) const {
  if (machine.index() < watch_.size() && !watch_[machine.index()].empty()) return watch_[machine.index()];
  WatchList all;
  for (const auto& [id, machines] : runs_on_) all.push_back({id, {id}});
  return all;
}

// A group runs when all of it does; where its last member runs.
std::string ReadableLog::place_of(const WatchedResource& resource) const {
  std::string text;
  for (const std::string& primitive : resource.primitives) {
    text.clear();
    const auto found = runs_on_.find(primitive);
    if (found == runs_on_.end() || found->second.empty()) return {};
    for (const std::size_t machine : found->second) text += (text.empty() ? "" : " ") + node_names_[machine];
  }
  return text;
}

void ReadableLog::all_stopped_on(NodeIndex node) {
  for (auto& [id, machines] : runs_on_) machines.erase(node.index());
  for (auto& [id, machines] : stuck_) machines.erase(node.index());
}

}  // namespace simcluster::reports
