#include "engine/scheduler/failure_messages.h"

#include "engine/scheduler/display.h"
#include "engine/scheduler/log.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

constexpr int kNotInstalled = 5;

// "at Sep  2 16:17:38 2020".
std::string when(const Model& model, const HistoryEntry& entry) {
  if (entry.last_change < 0) return "at unknown time";
  return "at " + local_time_text(model, entry.last_change).substr(4);
}

// "Error occurred: disk is full".
std::string result(const HistoryEntry& entry, int rc) {
  std::string text(exit_status_text(rc));
  if (const std::string_view reason = entry.xml.value(kExitReason); !reason.empty()) {
    text += ": ";
    text += reason;
  }
  return text;
}

std::string_view task(const HistoryEntry& entry) { return entry.is_probe() ? "probe" : entry.operation; }

}  // namespace

void tell_unexpected_result(const Model& model, const HistoryEntry& entry, int rc, const Resource& resource,
                            const Node& node, bool stopped) {
  if (!logs(model, LogLevel::kWarning)) return;
  log(model, LogLevel::kWarning, "unpack_rsc_op_failure",
      "Unexpected result ({}) was recorded for {} of {} on {} {} | rc={} id={}", result(entry, rc), task(entry),
      resource.id, node.name, when(model, entry), rc, entry.id);
  if (entry.is_probe()) {
    log(model, LogLevel::kNotice, "unpack_rsc_op_failure",
        "If it is not possible for {} to run on {}, see the resource-discovery option for location constraints",
        resource.id, node.name);
  }
  if (stopped) {
    log(model, LogLevel::kNotice, "unpack_rsc_op_failure", "{} will not be started under current conditions",
        resource.id);
  }
}

void tell_pretended(const Model& model, const HistoryEntry& entry, const Resource& resource, const Node& node) {
  if (!logs(model, LogLevel::kWarning)) return;
  log(model, LogLevel::kWarning, "unpack_rsc_op", "Pretending failed {} ({}) of {} on {} {} succeeded | rc={} id={}",
      entry.operation, result(entry, entry.rc), resource.id, node.name, when(model, entry), entry.rc, entry.id);
}

void tell_found_by_probe(const Model& model, const HistoryEntry& entry, const Resource& resource, const Node& node,
                         bool promoted) {
  if (!logs(model, LogLevel::kInfo)) return;
  log(model, LogLevel::kInfo, "remap_operation", "Probe found {} active {}on {} {}", resource.id,
      promoted ? "and promoted " : "", node.name, when(model, entry));
}

void tell_missing_agent(const Model& model, const HistoryEntry& entry, const Resource& resource, const Node& node) {
  log(model, LogLevel::kWarning, "unpack_rsc_op",
      "Cannot ignore failed {} of {} on {}: Resource agent doesn't exist | status={} rc={} id={}", entry.operation,
      resource.id, node.name, entry.status, entry.rc, entry.id);
}

void tell_ban(const Model& model, const HistoryEntry& entry, int rc, const Resource& resource, const Node& node,
              bool anywhere) {
  // A program that is not there is nothing to worry about (AT-10.2).
  const LogLevel level = rc == kNotInstalled ? LogLevel::kNotice : LogLevel::kError;
  if (!logs(model, level)) return;
  log(model, level, "unpack_rsc_op", "Preventing {} from restarting {} because of {} failure ({})| rc={} id={}",
      resource.id, anywhere ? "anywhere" : fmt::format("on {}", node.name), anywhere ? "fatal" : "hard",
      result(entry, rc), rc, entry.id);
}

}  // namespace simcluster::scheduler
