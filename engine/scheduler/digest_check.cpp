#include "engine/scheduler/digest_check.h"

#include <vector>

#include "engine/cib/digest.h"
#include "engine/cib/values.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

// Histories written from this feature set on have secure digests over all parameters (S1 C-18.6).
constexpr std::string_view kSecureFeatureSet = "3.16.0";

// The host that a bundle connection's address `#uname` stands for (S4 CR-10.37).
std::string_view remote_address(const Model& model, const Resource& connection) {
  if (!connection.launcher.valid()) return {};
  const Resource& container = model.resource(connection.launcher);
  const NodeId host = container.assigned.valid() ? container.assigned : current_node(model, container);
  return host.valid() ? model.node(host).name : std::string_view();
}

std::vector<cib::Parameter> filtered(const Pairs& parameters, bool recurring) {
  std::vector<cib::Parameter> result;
  for (const auto& [name, value] : parameters) {
    if (cib::counts_for_digest(name, recurring)) result.emplace_back(name, value);
  }
  return result;
}

// S2 U-18.2, before the filter.
Pairs full_parameters(Model& model, const Resource& resource, NodeId node, std::string_view task,
                      std::uint32_t interval, bool& own_parameters) {
  Pairs parameters;
  if (resource.needs_remote_address) {
    if (const std::string_view address = remote_address(model, resource); !address.empty()) {
      parameters.insert("addr", address);
    }
  }
  if (parameters.empty()) {
    parameters = resource_parameters(model, resource, node);
  } else {
    for (const auto& [name, value] : resource_parameters(model, resource, node)) parameters.insert(name, value);
  }
  const OperationId definition = find_action_operation(model, resource, task, interval, false);
  if (definition.valid()) {
    const Pairs own = operation_parameters(model, node, definition);
    own_parameters = interval == 0 && !own.empty();
    for (const auto& [name, value] : own) parameters.insert(name, value);
  }
  if (interval != 0) {
    const Pairs meta = operation_meta(model, resource, node, task, interval, definition);
    parameters.insert("CRM_meta_timeout", meta.get("timeout").value_or(""));
  }
  return parameters;
}

std::string restart_digest(const std::vector<cib::Parameter>& all, const cib::Element& entry) {
  const auto list = entry.attribute(kOpForceRestart);
  if (!list) return cib::parameters_digest(all);
  std::vector<cib::Parameter> kept;
  for (const cib::Parameter& parameter : all) {
    if (cib::in_name_list(*list, parameter.first)) kept.push_back(parameter);
  }
  return cib::parameters_digest(kept);
}

// S1 C-18.6.
std::string secure_digest(Model& model, const Resource& resource, NodeId node, const std::vector<cib::Parameter>& all,
                          std::string_view private_names, std::string_view feature_set) {
  std::vector<cib::Parameter> kept;
  if (cib::compare_versions(feature_set, kSecureFeatureSet) >= 0) {
    for (const cib::Parameter& parameter : all) {
      if (!cib::in_name_list(private_names, parameter.first)) kept.push_back(parameter);
    }
    return cib::parameters_digest(kept);
  }
  for (const auto& [name, value] : resource_parameters(model, resource, node)) {
    if (cib::in_name_list(private_names, name) || !cib::counts_for_digest(name, false)) continue;
    if (resource.fence_device && cib::is_fencing_control_parameter(name)) continue;
    kept.emplace_back(name, value);
  }
  return cib::parameters_digest(kept);
}

// S2 U-18.3.
DigestResult compare(const OperationDigests& digests, const HistoryEntry& entry) {
  // Both must exist: the calculated one may come from another entry with the same key.
  if (!digests.restart.empty()) {
    if (entry.restart_digest_invalidated) return DigestResult::kRestart;
    const auto restart = entry.xml.attribute(kOpRestartDigest);
    if (restart && *restart != digests.restart) return DigestResult::kRestart;
  }
  const auto recorded = entry.xml.attribute(kOpDigest);
  if (!recorded) return DigestResult::kUnknown;
  if (*recorded == digests.all) return DigestResult::kMatch;
  return digests.own_parameters ? DigestResult::kRestart : DigestResult::kMismatch;
}

void tell_mismatch(const Model& model, const HistoryEntry& entry, const Resource& resource, NodeId node,
                   const OperationDigests& digests, DigestResult result) {
  const bool of_restart = !digests.restart.empty() && result == DigestResult::kRestart;
  if (result != DigestResult::kMismatch && !of_restart) return;
  std::string_view recorded = entry.xml.value(of_restart ? kOpRestartDigest : kOpDigest);
  if (of_restart && entry.restart_digest_invalidated) recorded = "calculated-failure-timeout";
  log(model, LogLevel::kInfo, "rsc_action_digest_cmp",
      "Parameters to {}ms-interval {} action for {} on {} changed: hash was {} vs. now {} ({}:{}) {}", entry.interval,
      entry.operation, resource.id, model.node(node).name, recorded, of_restart ? digests.restart : digests.all,
      of_restart           ? "restart"
      : entry.interval > 0 ? "reschedule"
                           : "reload",
      entry.xml.value(kCrmFeatureSet), entry.xml.value(kTransitionMagic));
}

std::string cache_key(const HistoryEntry& entry, const Resource& resource, NodeId node) {
  std::string key = std::to_string(node.value) + " " + std::to_string(resource.self.value) + " " +
                    std::to_string(entry.interval) + " ";
  key += entry.operation;
  return key;
}

std::string_view feature_set_of(const Model& model, const HistoryEntry& entry) {
  if (const auto own = entry.xml.attribute(kCrmFeatureSet)) return *own;
  return model.options.feature_set.empty() ? "3.20.5" : model.options.feature_set;
}

}  // namespace

const OperationDigests& operation_digests(Model& model, const HistoryEntry& entry, const Resource& resource,
                                          NodeId node) {
  const auto [it, is_new] = model.lookups->digests.try_emplace(cache_key(entry, resource, node));
  OperationDigests& digests = it->second;
  if (!is_new) return digests;
  const Pairs parameters =
      full_parameters(model, resource, node, entry.operation, entry.interval, digests.own_parameters);
  const std::vector<cib::Parameter> all = filtered(parameters, entry.interval != 0);
  digests.all = cib::parameters_digest(all);
  if (entry.restart_digest_invalidated || entry.xml.has(kOpRestartDigest)) {
    digests.restart = restart_digest(all, entry.xml);
  }
  if (model.sanitized && entry.xml.has(kOpSecureDigest)) {
    digests.secure =
        secure_digest(model, resource, node, all, entry.xml.value(kOpSecureParams), feature_set_of(model, entry));
  }
  digests.result = compare(digests, entry);
  return digests;
}

DigestResult check_digests(Model& model, const HistoryEntry& entry, const Resource& resource, NodeId node) {
  const OperationDigests& digests = operation_digests(model, entry, resource, node);
  const DigestResult result = compare(digests, entry);
  if (logs(model, LogLevel::kInfo)) tell_mismatch(model, entry, resource, node, digests, result);
  return result;
}

VirtualDigests virtual_digests(Model& model, const Resource& resource, NodeId node, std::string_view task) {
  bool own_parameters = false;
  const Pairs parameters = full_parameters(model, resource, node, task, 0, own_parameters);
  const std::vector<cib::Parameter> all = filtered(parameters, false);
  const std::string_view feature_set =
      model.options.feature_set.empty() ? std::string_view("3.20.5") : model.options.feature_set;
  return {cib::parameters_digest(all),
          secure_digest(model, resource, node, all, " passwd password user ", feature_set)};
}

}  // namespace simcluster::scheduler
