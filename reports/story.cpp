#include "reports/story.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "reports/log_event.h"
#include "reports/text.h"

namespace simcluster::reports {

namespace {

struct Sentence {
  TraceKind kind;
  std::string_view text;  // {field} stands for the field's value
};

// A kind without a row, or whose event lacks a field of the row, is told as "name: field=value ...".
constexpr std::array kSentences = {
    Sentence{TraceKind::kNote, "{text}"},
    Sentence{TraceKind::kFault, "FAULT {text}"},
    Sentence{TraceKind::kOperator, "# {text}"},
    Sentence{TraceKind::kScreen, "# {command}\n{text}"},
    Sentence{TraceKind::kCheckViolation, "JUDGE {judge}: {text}"},
    Sentence{TraceKind::kLog, "{daemon}: {text}"},
    Sentence{TraceKind::kInterfaceUp, "{interface} is up"},
    Sentence{TraceKind::kInterfaceDown, "{interface} is down"},
    Sentence{TraceKind::kCarrierLost, "{interface} has lost its carrier"},
    Sentence{TraceKind::kCarrierFound, "{interface} has a carrier"},
    Sentence{TraceKind::kAddressAdded, "{address} is now on {interface}"},
    Sentence{TraceKind::kAddressRemoved, "{address} is gone from {interface}: {reason}"},
    Sentence{TraceKind::kAddressRemoved, "{address} is gone from {interface}"},
    Sentence{TraceKind::kGratuitousArp, "gratuitous ARP ({kind}) for {address} on {interface}"},
    Sentence{TraceKind::kStorageMounted, "{device} ({storage}) is mounted on {directory}"},
    Sentence{TraceKind::kStorageUnmounted, "{device} ({storage}) is no longer mounted on {directory}"},
    Sentence{TraceKind::kStorageDamaged, "THE FILE SYSTEM OF {storage} IS DAMAGED: {text}"},
    Sentence{TraceKind::kProcTruncated, "{name} of {instance} was not shown these lines of /proc/net/dev: {missed}"},
    Sentence{TraceKind::kProcTruncated, "{name} was not shown these lines of /proc/net/dev: {missed}"},
    Sentence{TraceKind::kPing, "{text}"},
    Sentence{TraceKind::kMembershipChange, "membership: {members}"},
    Sentence{TraceKind::kNodeBoot, "has booted"},
    Sentence{TraceKind::kNodeStop, "{what}: {reason}"},
    Sentence{TraceKind::kNodeReset, "is reset: {reason}"},
    Sentence{TraceKind::kNodeCrash, "{what} crashed: {reason}"},
    Sentence{TraceKind::kNodeCrash, "crashed: {reason}"},
    Sentence{TraceKind::kDcElected, "{dc} is the DC"},
    Sentence{TraceKind::kOperationFailed, "{operation} of {resource} FAILED: rc={rc} ({reason})"},
    Sentence{TraceKind::kOperationFailed, "{operation} of {resource} FAILED: rc={rc}"},
    Sentence{TraceKind::kOperationEnd, "{operation} of {resource}: rc={rc}"},
    Sentence{TraceKind::kResourceStarted, "{resource} is started"},
    Sentence{TraceKind::kResourceStopped, "{resource} is stopped"},
    Sentence{TraceKind::kTransitionStart, "transition {transition}:\n{plan}"},
    Sentence{TraceKind::kTransitionAbort, "transition {transition} is aborted: {reason}"},
    Sentence{TraceKind::kTransitionEnd, "transition {transition}: {status}, {complete} actions done"},
    Sentence{TraceKind::kActionStart, "asks {target} for {operation} of {resource}"},
    Sentence{TraceKind::kFencingRequest, "fencing: {operation} of {target} is asked for"},
    Sentence{TraceKind::kFencingResult, "fencing: {operation} of {target} by {delegate}: ok={ok}"},
    Sentence{TraceKind::kFencingResult, "fencing: {operation} of {target} failed: {reason}"},
    Sentence{TraceKind::kFailCount, "fail count of {resource} on {target}: {value}"},
    Sentence{TraceKind::kAttribute, "attribute {name} of {target}: {value}"},
};

const TraceField* find(const TraceEvent& event, std::string_view name) {
  for (const TraceField& field : event.fields)
    if (field.name == name) return &field;
  return nullptr;
}

std::string value_of(const TraceField& field) {
  return field.is_number ? std::to_string(field.number) : std::string(field.text);
}

// "IPaddr2(vip01)[2718]" without the process id.
std::string without_pid(std::string text) {
  if (text.empty() || text.back() != ']') return text;
  const auto open = text.rfind('[');
  if (open == std::string::npos || open == 0) return text;
  const bool digits = std::all_of(text.begin() + static_cast<std::ptrdiff_t>(open) + 1, text.end() - 1,
                                  [](char c) { return c >= '0' && c <= '9'; });
  return digits ? text.substr(0, open) : text;
}

// False when the event lacks a field. An empty field counts as lacking, unless it ends the sentence.
bool fill(const TraceEvent& event, std::string_view sentence, std::string& out) {
  while (!sentence.empty()) {
    const auto open = sentence.find('{');
    out += sentence.substr(0, open);
    if (open == std::string_view::npos) return true;
    const auto close = sentence.find('}', open);
    const TraceField* field = find(event, sentence.substr(open + 1, close - open - 1));
    if (field == nullptr) return false;
    sentence.remove_prefix(close + 1);
    const std::string value = field->name == "daemon" ? without_pid(value_of(*field)) : value_of(*field);
    if (value.empty() && !sentence.empty()) return false;
    out += value;
  }
  return true;
}

std::string generic_text(const TraceEvent& event) {
  std::string text(trace_kind_name(event.kind));
  for (std::size_t i = 0; i < event.fields.size(); ++i) {
    const TraceField& field = event.fields[i];
    const std::string value = value_of(field);
    const bool quote = !field.is_number && (value.empty() || value.find(' ') != std::string::npos);
    text += fmt::format("{} {}={}{}{}", i == 0 ? ":" : "", field.name, quote ? "\"" : "", value, quote ? "\"" : "");
  }
  return text;
}

std::string quorum_text(const TraceEvent& event) {
  const TraceField* quorate = find(event, "quorate");
  const TraceField* members = find(event, "members");
  const bool has = quorate != nullptr && quorate->number != 0;
  return fmt::format("{} quorum: {}", has ? "has" : "has NO", members != nullptr ? value_of(*members) : std::string());
}

// Daemons of the cluster and the kernel; every other tag is an agent's.
bool is_daemon(std::string_view name) {
  constexpr std::array<std::string_view, 14> kDaemons = {"corosync", "crmd",       "pengine",    "cib",    "attrd",
                                                         "lrmd",     "stonithd",   "stonith-ng", "kernel", "heartbeat",
                                                         "mgmtd",    "pacemakerd", "ccm",        "mcp"};
  return name.starts_with("pacemaker-") || std::find(kDaemons.begin(), kDaemons.end(), name) != kDaemons.end();
}

bool contains(const std::vector<TraceKind>& kinds, TraceKind kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kGreen = "\033[32m";
constexpr std::string_view kFaint = "\033[2m";
constexpr std::string_view kPlain = "\033[0m";

std::string_view paint_of(TraceKind kind) {
  switch (kind) {
    case TraceKind::kCheckViolation:
    case TraceKind::kOperationFailed:
    case TraceKind::kNodeCrash:
    case TraceKind::kStorageDamaged:
      return kRed;
    case TraceKind::kFault:
    case TraceKind::kNodeReset:
    case TraceKind::kCarrierLost:
    case TraceKind::kAddressRemoved:
    case TraceKind::kResourceStopped:
      return kYellow;
    case TraceKind::kAddressAdded:
    case TraceKind::kResourceStarted:
      return kGreen;
    case TraceKind::kLog:
      return kFaint;
    default:
      return {};
  }
}

}  // namespace

int story_level(const StorySettings& settings) {
  int level = settings.level;
  for (const TraceKind kind : settings.show) level = std::max(level, trace_kind_level(kind));
  if (settings.logs || !settings.daemons.empty() || !settings.syslog.empty())
    level = std::max(level, trace_kind_level(TraceKind::kLog));
  if (settings.readable) level = std::max(level, ReadableLog::level());
  return level;
}

std::string story_text(const TraceEvent& event) {
  if (event.kind == TraceKind::kQuorum) return quorum_text(event);
  for (const Sentence& sentence : kSentences) {
    std::string text;
    if (sentence.kind == event.kind && fill(event, sentence.text, text)) return text;
  }
  return generic_text(event);
}

Story::Story(StorySettings settings, Time start, std::vector<std::string> node_names, bool color,
             std::function<void(std::string_view)> write)
    : settings_(std::move(settings)),
      start_(start),
      node_names_(std::move(node_names)),
      color_(color),
      write_(std::move(write)) {
  for (const auto& name : node_names_) node_columns_ = std::max(node_columns_, columns(name));
  if (settings_.readable)
    readable_.emplace(node_names_, settings_.watch,
                      [this](const TraceEvent& event, std::string_view severity, std::string_view text) {
                        write_lines(event, fmt::format("readable log: {}: {}", severity, text));
                      });
}

// What the machines of a scenario look like before anything happens is the scenario's text, not its story.
bool Story::initial(const TraceEvent& event) const {
  if (event.at != start_) return false;
  switch (event.kind) {
    case TraceKind::kNodeBoot:
    case TraceKind::kInterfaceUp:
    case TraceKind::kCarrierFound:
    case TraceKind::kAddressAdded:
      return true;
    default:
      return false;
  }
}

bool Story::tells(const TraceEvent& event) const {
  if (contains(settings_.hide, event.kind) || initial(event)) return false;
  if (event.kind != TraceKind::kLog)
    return trace_kind_level(event.kind) <= settings_.level || contains(settings_.show, event.kind);
  const TraceField* daemon = find(event, "daemon");
  const std::string tag = daemon != nullptr ? without_pid(value_of(*daemon)) : std::string();
  const std::string name = tag.substr(0, tag.find('('));
  if (std::find(settings_.daemons.begin(), settings_.daemons.end(), name) != settings_.daemons.end()) return true;
  const TraceField* priority = find(event, "priority");
  if (priority != nullptr &&
      std::find(settings_.syslog.begin(), settings_.syslog.end(), name) != settings_.syslog.end())
    return find(event, "to") == nullptr && priority_of(priority->text) <= LogPriority::kInfo;
  if (!settings_.logs || priority == nullptr || priority_of(priority->text) > settings_.log_priority) return false;
  return !is_daemon(name) || settings_.level >= trace_kind_level(TraceKind::kLog);
}

// A transition that starts, stops or moves nothing is told only with more levels; so is its end.
bool Story::uneventful(const TraceEvent& event) {
  if (settings_.level > 0) return false;
  const TraceField* id = find(event, "transition");
  if (id == nullptr) return false;
  if (event.kind == TraceKind::kTransitionEnd) return id->number != told_transition_;
  if (event.kind != TraceKind::kTransitionStart) return false;
  const TraceField* plan = find(event, "plan");
  if (plan == nullptr || plan->text.empty()) return true;
  told_transition_ = id->number;
  return false;
}

void Story::on_trace(const TraceEvent& event) {
  if (tells(event) && !uneventful(event)) write_lines(event, story_text(event));
  if (readable_) readable_->on_trace(event);
}

void Story::write_lines(const TraceEvent& event, const std::string& text) {
  const std::string_view node = event.node.valid() ? std::string_view(node_names_[event.node.index()]) : "";
  const std::string padding(node_columns_ - columns(node), ' ');
  const std::string head = fmt::format("{} {}{}  ", clock_text(event.at - start_), node, padding);
  std::size_t begin = 0;
  for (bool first = true; begin <= text.size(); first = false) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (first) {
      // What a command prints stands below the line that tells of the command.
      const bool told = event.kind == TraceKind::kScreen && head + line == told_command_;
      if (!told) write_(painted(event.kind, head + line));
      told_command_ = event.kind == TraceKind::kOperator ? head + line : std::string();
    } else if (end != text.size() || !line.empty()) {
      write_(line.empty() ? std::string() : painted(event.kind, "    " + line));
    }
  }
}

std::string Story::painted(TraceKind kind, std::string line) const {
  const std::string_view paint = color_ ? paint_of(kind) : std::string_view();
  return paint.empty() ? line : fmt::format("{}{}{}", paint, line, kPlain);
}

}  // namespace simcluster::reports
