#include "engine/scheduler/operation.h"

#include <algorithm>
#include <string>

#include "engine/cib/dates.h"
#include "engine/cib/values.h"
#include "engine/scheduler/evaluate.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

std::uint32_t interval_of(const cib::Element& op) {
  const auto text = op.attribute(kInterval);
  return text ? cib::parse_interval(*text).value_or(0) : 0;
}

// What decides whether a template's operation is replaced: name and role; all roles of started resources are one
// (S1 C-9.6).
std::string merge_key(const cib::Element& op) {
  const std::string_view role = op.value(kRole);
  const bool plain = role.empty() || equal_ignoring_case(role, "Started") || equal_ignoring_case(role, "Unpromoted") ||
                     equal_ignoring_case(role, "Slave");
  return std::string(op.value(kName)) + "-" + (plain ? "Unknown" : std::string(role));
}

void add_operation(Model& model, const cib::Element& xml, bool referenced) {
  Operation operation;
  operation.xml = xml;
  operation.id = xml.id();
  operation.name = xml.value(kName);
  operation.role = xml.value(kRole);
  operation.interval = interval_of(xml);
  if (const auto enabled = xml.attribute("enabled")) {
    const auto value = cib::parse_bool(*enabled);
    operation.enabled = !value || *value;
  }
  operation.blocks_on_failure = !referenced && xml.value("on-fail") == "block";
  model.operations.push_back(operation);
}

void add_operations(Model& model, const cib::Element& owner, const cib::Element& replaced_by) {
  const cib::Element list = resolve_reference(model, owner);
  if (!list) return;
  const bool referenced = !(list == owner);
  for (const cib::Element& op : list.children(kOp)) {
    bool replaced = false;
    for (const cib::Element& other : replaced_by.children(kOp)) {
      replaced = replaced || merge_key(other) == merge_key(op);
    }
    if (!replaced) add_operation(model, op, referenced);
  }
}

void mark_duplicates(Model& model, const OperationRange& range) {
  for (std::uint32_t i = range.first; i < range.first + range.count; ++i) {
    for (std::uint32_t j = i + 1; j < range.first + range.count; ++j) {
      Operation& a = model.operations[i];
      Operation& b = model.operations[j];
      if (a.interval != b.interval || a.name != b.name) continue;
      a.duplicate = b.duplicate = true;
    }
  }
}

// S1 C-11.5 step 3: the timeout of the most frequent monitor.
std::optional<std::string_view> most_frequent_monitor_timeout(const Model& model, const Resource& resource) {
  const Operation* best = nullptr;
  for (std::uint32_t i = 0; i < resource.operation_count; ++i) {
    const Operation& operation = model.operations[resource.first_operation + i];
    if (!operation.enabled || operation.name != "monitor" || operation.interval == 0) continue;
    if (best == nullptr || operation.interval < best->interval) best = &operation;
  }
  return best == nullptr ? std::nullopt : best->xml.attribute(kTimeout);
}

bool is_promoted_monitor(const Operation& operation) {
  return operation.name == "monitor" && operation.interval > 0 && parse_role(operation.role) == Role::kPromoted;
}

// S1 C-11.6.
void check_on_fail(const Model& model, const Resource& resource, std::string_view task, const Operation* operation,
                   Pairs& meta) {
  const std::string_view* value = meta.find("on-fail");
  if (task == "stop") {
    if (value != nullptr && (equal_ignoring_case(*value, "standby") || equal_ignoring_case(*value, "demote") ||
                             equal_ignoring_case(*value, "stop"))) {
      meta.erase("on-fail");
    }
    return;
  }
  if (task == "demote" && value == nullptr) {
    for (std::uint32_t i = 0; i < resource.operation_count; ++i) {
      const Operation& other = model.operations[resource.first_operation + i];
      const auto on_fail = other.xml.attribute("on-fail");
      if (!on_fail || !is_promoted_monitor(other) || !other.enabled || equal_ignoring_case(*on_fail, "demote")) {
        continue;
      }
      meta.set("on-fail", *on_fail);
    }
    return;
  }
  if (task == "lrm_delete") {
    meta.set("on-fail", "ignore");
    return;
  }
  if (value == nullptr || !equal_ignoring_case(*value, "demote")) return;
  const bool allowed = operation != nullptr && (operation->name == "promote" || is_promoted_monitor(*operation));
  if (!allowed) meta.erase("on-fail");
}

std::string_view decimal(Model& model, std::int64_t value) {
  return model.strings.text(model.strings.intern(std::to_string(value)));
}

constexpr std::int64_t kMaxMilliseconds = 2147483647;

// S1 C-11.8.
void settle_timeout(Model& model, const Resource& resource, NodeId node, std::string_view task, std::uint32_t interval,
                    Pairs& meta) {
  if (resource.fence_device && (task == "start" || (task == "monitor" && interval == 0))) {
    if (const std::string_view* text = resource_parameters(model, resource, node).find("pcmk_monitor_timeout")) {
      meta.set("timeout", *text);
    }
  }
  std::int64_t timeout = 0;
  if (const std::string_view* text = meta.find("timeout")) timeout = cib::parse_timeout(*text).value_or(0);
  meta.set("timeout", decimal(model, timeout > 0 ? std::min(timeout, kMaxMilliseconds) : 20000));
}

// S1 C-11.9.
void settle_start_delay(Model& model, std::uint32_t interval, Pairs& meta) {
  if (const std::string_view* text = meta.find("start-delay")) {
    const std::int64_t delay = cib::parse_timeout(*text).value_or(0);
    meta.set("start-delay", decimal(model, std::clamp<std::int64_t>(delay, 0, kMaxMilliseconds)));
    return;
  }
  const std::string_view* origin_text = meta.find("interval-origin");
  if (origin_text == nullptr || interval < 1000) return;
  const auto origin =
      cib::parse_date_time(*origin_text, cib::DateTime::from_epoch(model.now, model.now_offset), model.date_offset);
  if (!origin) return;
  const std::int64_t rest = (model.now - origin->to_epoch()) % (interval / 1000);
  const std::int64_t delay = rest <= 0 ? -rest : std::int64_t{interval / 1000} - rest;
  meta.set("start-delay", decimal(model, delay * 1000));
}

}  // namespace

void unpack_operations(Model& model, Resource& resource) {
  const bool implicit = &resource.xml.document() == &model.implicit;
  const std::uint64_t key = (std::uint64_t{implicit} << 32) | resource.xml.index().value;
  const auto [it, is_new] = model.lookups->operations.try_emplace(key);
  if (is_new) {
    it->second.first = static_cast<std::uint32_t>(model.operations.size());
    const cib::Element own = resource.xml.first_child(kOperations);
    const cib::Element base = resource.template_xml.first_child(kOperations);
    if (own) add_operations(model, own, {});
    if (base) add_operations(model, base, resolve_reference(model, own));
    it->second.count = static_cast<std::uint32_t>(model.operations.size()) - it->second.first;
    mark_duplicates(model, it->second);
  }
  resource.first_operation = it->second.first;
  resource.operation_count = it->second.count;
}

OperationId find_operation(const Model& model, const Resource& resource, std::string_view name, std::uint32_t interval,
                           bool include_disabled) {
  for (std::uint32_t i = resource.first_operation; i < resource.first_operation + resource.operation_count; ++i) {
    const Operation& operation = model.operations[i];
    if (operation.interval == interval && operation.name == name && (include_disabled || operation.enabled)) {
      return OperationId(i);
    }
  }
  return OperationId::none();
}

OperationId find_action_operation(const Model& model, const Resource& resource, std::string_view task,
                                  std::uint32_t interval, bool is_notification) {
  OperationId found = find_operation(model, resource, task, interval, true);
  if (!found.valid() && (task == "migrate_to" || task == "migrate_from")) {
    found = find_operation(model, resource, "migrate", 0, true);
  }
  if (!found.valid() && is_notification) found = find_operation(model, resource, "notify", 0, true);
  return found;
}

Pairs operation_meta(Model& model, const Resource& resource, NodeId node, std::string_view task, std::uint32_t interval,
                     OperationId operation_id) {
  const Operation* operation = operation_id.valid() ? &model.operation(operation_id) : nullptr;
  EvaluationContext context;
  context.has_agent = true;
  context.agent_class = resource.agent_class;
  context.provider = resource.provider;
  context.type = resource.type;
  context.has_operation = true;
  context.operation = task;
  context.interval = interval;
  Pairs meta;
  if (operation != nullptr) {
    const cib::Element owners[] = {operation->xml};
    evaluate_blocks(model, owners, kMetaAttributes, context, meta);
    for (const cib::Attribute attribute : operation->xml.attributes()) meta.set(attribute.name, attribute.value);
  }
  if (task == "monitor" && interval == 0 && !meta.contains("timeout")) {
    if (const auto timeout = most_frequent_monitor_timeout(model, resource)) meta.set("timeout", *timeout);
  }
  if (model.op_defaults) {
    const cib::Element owners[] = {model.op_defaults};
    evaluate_blocks(model, owners, kMetaAttributes, context, meta);
  }
  meta.erase("id");
  meta.erase("interval");
  if (interval > 0) meta.set("interval", decimal(model, interval));
  settle_timeout(model, resource, node, task, interval, meta);
  check_on_fail(model, resource, task, operation, meta);
  settle_start_delay(model, interval, meta);
  return meta;
}

OnFail failure_policy(const Model& model, const Resource& resource, std::string_view task, std::uint32_t interval,
                      std::string_view on_fail) {
  bool needs_reset = false;
  if (resource.remote_connection && task != "start" && !(task == "monitor" && interval == 0)) {
    const NodeId node = find_node(model, resource.id);
    needs_reset = node.valid() && is_remote(model, model.node(node));
  }
  if (needs_reset && !resource.managed) on_fail = {};
  const auto is = [&](std::string_view word) { return equal_ignoring_case(on_fail, word); };
  if (is("block")) return OnFail::kBlock;
  if (is("fence") && !model.options.fencing_enabled) {
    log(model, LogLevel::kError, "unpack_operation",
        "Resetting 'on-fail' for operation '{}_{}_{}' to 'stop' because 'fence' is not valid when fencing is disabled",
        resource.id, task, interval);
    return OnFail::kStop;
  }
  if (is("fence")) return OnFail::kFenceNode;
  if (is("standby")) return OnFail::kStandbyNode;
  if (is("ignore") || is("nothing")) return OnFail::kIgnore;
  if (is("migrate")) return OnFail::kBan;
  if (is("stop")) return OnFail::kStop;
  if (is("restart")) return OnFail::kRestart;
  if (is("restart-container") && resource.launcher.valid()) return OnFail::kRestartContainer;
  if (is("demote")) return OnFail::kDemote;
  if (resource.launcher.valid()) return OnFail::kRestartContainer;
  if (needs_reset) return resource.managed ? OnFail::kResetRemote : OnFail::kStop;
  if (task == "stop") return model.options.fencing_enabled ? OnFail::kFenceNode : OnFail::kBlock;
  return OnFail::kRestart;
}

Role role_after_failure(const Resource& resource, std::string_view task, OnFail policy) {
  if (policy == OnFail::kStop) return Role::kStopped;
  if (policy == OnFail::kResetRemote && resource.reconnect_interval_ms != 0) return Role::kStopped;
  return task == "promote" ? Role::kUnpromoted : Role::kStarted;
}

Needs action_needs(const Resource& resource, std::string_view task) {
  if (!equal_ignoring_case(task, "start") && !equal_ignoring_case(task, "promote")) return Needs::kNothing;
  if (resource.needs_fencing()) return Needs::kFencing;
  return resource.needs_quorum() ? Needs::kQuorum : Needs::kNothing;
}

Pairs operation_parameters(Model& model, NodeId node, OperationId operation) {
  Pairs parameters;
  if (!operation.valid()) return parameters;
  EvaluationContext context;
  if (node.valid()) context.node = &model.node(node);
  const cib::Element owners[] = {model.operation(operation).xml};
  evaluate_blocks(model, owners, kInstanceAttributes, context, parameters);
  return parameters;
}

}  // namespace simcluster::scheduler
