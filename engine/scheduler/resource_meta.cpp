#include "engine/scheduler/resource_meta.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "engine/cib/values.h"
#include "engine/scheduler/evaluate.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

bool is_true(const Resource& resource, std::string_view name) {
  const std::string_view* text = resource.meta.find(name);
  return text != nullptr && cib::is_true(*text);
}

// The value unless it is missing or the deprecated word `default` (S1 C-9.10).
const std::string_view* explicit_value(const Resource& resource, std::string_view name) {
  const std::string_view* text = resource.meta.find(name);
  return text == nullptr || equal_ignoring_case(*text, "default") ? nullptr : text;
}

std::vector<cib::Element> owners_of(const Resource& resource) {
  std::vector<cib::Element> owners;
  if (resource.template_xml) owners.push_back(resource.template_xml);
  owners.push_back(resource.xml);
  return owners;
}

EvaluationContext agent_context(const Resource& resource) {
  EvaluationContext context;
  context.has_agent = true;
  context.agent_class = resource.agent_class;
  context.provider = resource.provider;
  context.type = resource.type;
  return context;
}

void unpack_management(Model& model, Resource& resource) {
  if (const std::string_view* text = explicit_value(resource, "is-managed")) resource.managed = cib::is_true(*text);
  if (is_true(resource, "maintenance") || model.options.maintenance_mode) {
    resource.managed = false;
    resource.maintenance = true;
  }
}

// Of a number with something behind it only the number counts.
void tell_rest(const Model& model, std::string_view text) {
  const std::size_t rest = text.find_first_not_of("0123456789", text.find_first_of("+-") == 0 ? 1 : 0);
  std::int64_t number = 0;
  if (rest == std::string_view::npos || !parse_leading_integer(text, number)) return;
  log(model, LogLevel::kWarning, "scan_ll", "Characters left over after parsing '{}': '{}'", text, text.substr(rest));
}

void unpack_numbers(Model& model, Resource& resource) {
  const HealthScores& health = model.options.health;
  if (const std::string_view* text = explicit_value(resource, "resource-stickiness")) {
    resource.stickiness = parse_score(*text, health).value_or(0);
  }
  if (const std::string_view* text = explicit_value(resource, "migration-threshold")) {
    const auto threshold = parse_score(*text, health);
    resource.migration_threshold = threshold && *threshold >= 0 ? *threshold : kInfinity;
  }
  const std::string_view* multiple = resource.meta.find("multiple-active");
  if (multiple == nullptr) return;
  if (equal_ignoring_case(*multiple, "stop_only")) resource.multiple_active = MultipleActive::kStopOnly;
  if (equal_ignoring_case(*multiple, "block")) resource.multiple_active = MultipleActive::kBlock;
  if (equal_ignoring_case(*multiple, "stop_unexpected")) resource.multiple_active = MultipleActive::kStopUnexpected;
  if (resource.multiple_active == MultipleActive::kStopStart && !equal_ignoring_case(*multiple, "stop_start")) {
    log(model, LogLevel::kWarning, "pe__unpack_resource",
        "{} is not a valid value for multiple-active, using default of \"stop_start\"", *multiple);
  }
}

// `unfencing`, said or by default, needs fencing to be enabled.
Requires unfencing_requires(const Model& model, const Resource& resource) {
  return resource.fence_device || !model.options.fencing_enabled ? Requires::kQuorum : Requires::kUnfencing;
}

Requires default_requires(const Model& model, const Resource& resource) {
  if (resource.fence_device || (resource.is_primitive() && resource.remote_connection)) return Requires::kQuorum;
  if (model.options.unfencing_in_use) return unfencing_requires(model, resource);
  if (model.options.fencing_enabled) return Requires::kFencing;
  return model.options.no_quorum_policy == NoQuorumPolicy::kIgnore ? Requires::kNothing : Requires::kQuorum;
}

std::string_view requires_name(Requires requires_what) {
  switch (requires_what) {
    case Requires::kNothing:
      return "nothing";
    case Requires::kQuorum:
      return "quorum";
    case Requires::kFencing:
      return "fencing";
    case Requires::kUnfencing:
      return "unfencing";
  }
  return {};
}

// S1 C-9.17.
Requires parse_requires(const Model& model, const Resource& resource) {
  const std::string_view* text = resource.meta.find("requires");
  if (text == nullptr) return default_requires(model, resource);
  if (equal_ignoring_case(*text, "nothing")) return Requires::kNothing;
  if (equal_ignoring_case(*text, "quorum")) return Requires::kQuorum;
  if (equal_ignoring_case(*text, "fencing")) {
    if (!model.options.fencing_enabled) {
      log(model, LogLevel::kWarning, "unpack_requires", "{} requires fencing but fencing is disabled", resource.id);
    }
    return Requires::kFencing;
  }
  if (equal_ignoring_case(*text, "unfencing")) return unfencing_requires(model, resource);
  const Requires fallback = default_requires(model, resource);
  log(model, LogLevel::kError, "unpack_requires", "Resetting 'requires' for {} to '{}' because '{}' is not valid",
      resource.id, requires_name(fallback), *text);
  return fallback;
}

std::uint32_t interval_meta(const Resource& resource, std::string_view name) {
  const std::string_view* text = resource.meta.find(name);
  return text == nullptr ? 0 : cib::parse_interval(*text).value_or(0);
}

// S1 C-9.21.
void unpack_failure_timeout(Model& model, Resource& resource) {
  resource.failure_timeout_ms = interval_meta(resource, "failure-timeout");
  if (!resource.remote_connection || resource.meta.contains("container")) return;
  const Pairs& parameters = resource_parameters(model, resource, NodeId::none());
  if (const std::string_view* text = parameters.find("reconnect_interval")) {
    resource.reconnect_interval_ms = cib::parse_interval(*text).value_or(0);
    if (resource.reconnect_interval_ms != 0) resource.failure_timeout_ms = resource.reconnect_interval_ms;
  }
}

// S4 CR-1.4.
void unpack_clone_flags(const Model& model, Resource& resource) {
  resource.unique = true;
  resource.promotable = false;
  if (!model.resource(resource.top).is_clone()) return;
  if (const std::string_view* text = resource.meta.find("globally-unique")) {
    resource.unique = cib::is_true(*text);
  } else {
    std::int64_t per_node = 0;
    const std::string_view* count = resource.meta.find("clone-node-max");
    resource.unique = count != nullptr && parse_leading_integer(*count, per_node) && per_node > 1;
  }
  resource.promotable = is_true(resource, "promotable");
}

}  // namespace

void collect_meta(Model& model, Resource& resource) {
  Pairs& meta = resource.meta;
  if (resource.instance_number >= 0) {
    meta.insert("clone", model.strings.store(std::to_string(resource.instance_number)));
  }
  meta.insert("id", resource.xml_id);
  for (const cib::Attribute attribute : resource.own_xml().attributes()) {
    if (attribute.name_id != kId) meta.insert(attribute.name, attribute.value);
  }
  const EvaluationContext context = agent_context(resource);
  evaluate_blocks(model, owners_of(resource), kMetaAttributes, context, meta);
  Pairs inherited;  // collected apart: `#default` there hides only values of farther ancestors
  for (ResourceId id = resource.parent; id.valid(); id = model.resource(id).parent) {
    evaluate_blocks(model, owners_of(model.resource(id)), kMetaAttributes, context, inherited);
  }
  for (const auto& [name, value] : inherited) meta.insert(name, value);
  if (model.rsc_defaults) {
    const cib::Element defaults[] = {model.rsc_defaults};
    evaluate_blocks(model, defaults, kMetaAttributes, context, meta);
  }
  if (!resource.parent.valid()) return;
  for (const auto& [name, value] : model.resource(resource.parent).meta) {
    if (!equal_ignoring_case(value, "#default")) meta.insert(name, value);
  }
}

void unpack_meta_flags(Model& model, Resource& resource) {
  resource.managed = !model.options.maintenance_mode;
  if (const std::string_view* text = resource.meta.find("priority")) {
    resource.priority = parse_score(*text, model.options.health).value_or(0);
    if (logs(model, LogLevel::kWarning)) tell_rest(model, *text);
  }
  const std::string_view* critical = resource.meta.find("critical");
  resource.critical = critical == nullptr || cib::is_true(*critical);
  resource.notify = is_true(resource, "notify");
  resource.remote_connection = resource.is_primitive() && equal_ignoring_case(resource.agent_class, "ocf") &&
                               equal_ignoring_case(resource.provider, "pacemaker") &&
                               equal_ignoring_case(resource.type, "remote");
  if (resource.remote_connection) model.have_remote_nodes = true;
  resource.internal = is_true(resource, "internal_rsc");
  resource.allow_unhealthy_nodes = is_true(resource, "allow-unhealthy-nodes");
  const std::string_view* migrate = resource.meta.find("allow-migrate");
  // S1 C-9.12, C-9.13: connections of remote nodes migrate unless told otherwise, those of guests do not.
  const bool by_default = resource.remote_connection && !resource.meta.contains("container");
  resource.allow_migrate = migrate != nullptr ? cib::is_true(*migrate) : by_default;
  unpack_management(model, resource);
  unpack_clone_flags(model, resource);
  resource.fence_device = resource.is_primitive() && equal_ignoring_case(resource.agent_class, "stonith");
  if (resource.fence_device) model.have_fence_device = true;
  unpack_numbers(model, resource);
  resource.requires_ = parse_requires(model, resource);
  unpack_failure_timeout(model, resource);
  resource.next_role = requested_role(model, resource);
}

}  // namespace simcluster::scheduler
