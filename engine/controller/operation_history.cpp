#include "engine/controller/operation_history.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/digest.h"
#include "engine/controller/transition_key.h"
#include "engine/executor/exit_codes.h"

namespace simcluster::controller {

bool OperationRecord::failed() const {
  switch (status) {
    case ExecStatus::kCancelled:
    case ExecStatus::kPending:
      return false;
    case ExecStatus::kDone:
      return rc != target_rc;
    default:
      return true;
  }
}

namespace {

// What a reload is recorded as (CM-8.16).
std::string recorded_operation(const OperationRecord& record) {
  if (record.operation != "reload" && record.operation != "reload-agent") return record.operation;
  return record.status == ExecStatus::kDone ? "start" : "monitor";
}

std::string entry_id(const OperationRecord& record) {
  if (record.operation == "migrate_to" || record.operation == "migrate_from") {
    return operation_key(record.resource, record.operation, record.interval);
  }
  if (record.interval.ns > 0) return operation_key(record.resource, record.operation, record.interval);
  return record.resource + "_last_0";
}

void write_entry(cib::MutableElement lrm_resource, const std::string& id, const OperationRecord& record,
                 std::string_view origin, const Profile& profile) {
  cib::MutableElement op = lrm_resource.append_child("lrm_rsc_op");
  const std::string operation = recorded_operation(record);
  op.set_attribute("id", id);
  op.set_attribute("operation_key", operation_key(record.resource, operation, record.interval));
  op.set_attribute("operation", operation);
  op.set_attribute("crm-debug-origin", origin);
  op.set_attribute("crm_feature_set", crm_feature_set(profile));
  op.set_attribute("transition-key", record.transition_key);
  op.set_attribute("transition-magic",
                   fmt::format("{}:{};{}", static_cast<int>(record.status), record.rc, record.transition_key));
  if (!profile.logs_with_function)
    op.set_attribute("exit-reason", record.failed() ? record.exit_reason : std::string());
  op.set_attribute("on_node", record.on_node);
  op.set_attribute("call-id", std::int64_t{record.call_id});
  op.set_attribute("rc-code", std::int64_t{record.rc});
  op.set_attribute("op-status", static_cast<std::int64_t>(record.status));
  op.set_attribute("interval", record.interval.milliseconds());
  if (profile.last_run_recorded) op.set_attribute("last-run", record.last_run);
  if (record.last_rc_change > 0) op.set_attribute("last-rc-change", record.last_rc_change);
  op.set_attribute("exec-time", record.exec_time.milliseconds());
  op.set_attribute("queue-time", record.queue_time.milliseconds());
  op.set_attribute("op-digest", record.digest);
}

bool leaves_active(const OperationRecord& record) {
  if (record.operation == "stop" || record.operation == "migrate_to") return record.failed();
  if (record.operation == "monitor") return record.rc != kOcfNotRunning;
  return true;
}

}  // namespace

cib::MutableElement write_resource(cib::MutableElement lrm_resources, std::string_view resource,
                                   const executor::AgentName& agent) {
  cib::MutableElement element = lrm_resources.append_child("lrm_resource");
  element.set_attribute("id", resource);
  element.set_attribute("type", agent.type);
  element.set_attribute("class", agent.standard);
  if (!agent.provider.empty()) element.set_attribute("provider", agent.provider);
  return element;
}

void write_record(cib::MutableElement lrm_resource, const OperationRecord& record, std::string_view origin,
                  const Profile& profile) {
  if (record.failed()) {
    write_entry(lrm_resource, record.resource + "_last_failure_0", record, origin, profile);
    if (record.interval.ns > 0) return;
  }
  write_entry(lrm_resource, entry_id(record), record, origin, profile);
}

std::string parameters_digest(const executor::Parameters& parameters, Duration interval) {
  std::vector<cib::Parameter> counted;
  for (const auto& [name, value] : parameters) {
    if (cib::counts_for_digest(name, interval.ns > 0)) counted.emplace_back(name, value);
  }
  return cib::parameters_digest(counted);
}

OperationHistory::Resource& OperationHistory::resource(std::string_view id, const executor::AgentName& agent) {
  const auto it = resources_.find(id);
  if (it != resources_.end()) return it->second;
  Resource made;
  made.agent = agent;
  return resources_.emplace(std::string(id), std::move(made)).first->second;
}

const OperationHistory::Resource* OperationHistory::find(std::string_view id) const {
  const auto it = resources_.find(id);
  return it == resources_.end() ? nullptr : &it->second;
}

void OperationHistory::forget_failure(std::string_view id) {
  const auto it = resources_.find(id);
  if (it != resources_.end()) it->second.failed.reset();
}

void OperationHistory::forget_recurring(std::string_view id, std::string_view operation, Duration interval) {
  const auto it = resources_.find(id);
  if (it == resources_.end()) return;
  std::erase_if(it->second.recurring, [&](const OperationRecord& record) {
    return record.operation == operation && record.interval == interval;
  });
}

// CM-8.17
void OperationHistory::record(const OperationRecord& record, const executor::AgentName& agent) {
  Resource& entry = resource(record.resource, agent);
  if (record.failed()) {
    entry.failed = record;
  } else if (record.interval.ns == 0) {
    entry.last = record;
  }
  if (record.interval.ns > 0) {
    forget_recurring(record.resource, record.operation, record.interval);
    entry.recurring.insert(entry.recurring.begin(), record);
  } else if (record.operation != "monitor") {
    entry.recurring.clear();
  }
}

void OperationHistory::write(cib::MutableElement lrm, const Profile& profile) const {
  cib::MutableElement resources = lrm.append_child("lrm_resources");
  for (const auto& [id, entry] : resources_) {
    cib::MutableElement element = write_resource(resources, id, entry.agent);
    if (entry.failed) {
      write_entry(element, id + "_last_failure_0", *entry.failed, kOriginActive, profile);
    }
    if (entry.last) write_entry(element, entry_id(*entry.last), *entry.last, kOriginActive, profile);
    for (const OperationRecord& record : entry.recurring) {
      write_entry(element, entry_id(record), record, kOriginActive, profile);
    }
  }
}

std::vector<std::string> OperationHistory::active_resources() const {
  std::vector<std::string> active;
  for (const auto& [id, entry] : resources_) {
    const OperationRecord* newest = nullptr;
    for (const auto* record : {entry.last ? &*entry.last : nullptr, entry.failed ? &*entry.failed : nullptr}) {
      if (record != nullptr && (newest == nullptr || record->call_id > newest->call_id)) newest = record;
    }
    if (newest != nullptr && leaves_active(*newest)) active.push_back(id);
  }
  return active;
}

}  // namespace simcluster::controller
