// Cluster options (S1 chapters 4, 5 and 17.3).
#include <cstdint>
#include <string_view>

#include "engine/cib/values.h"
#include "engine/scheduler/evaluate.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/option_messages.h"
#include "engine/scheduler/stages.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

bool is_boolean(std::string_view text) { return cib::parse_bool(text).has_value(); }
bool is_interval(std::string_view text) { return cib::parse_interval(text).has_value(); }
bool is_number(std::string_view text) {
  std::int64_t value = 0;
  return text == "INFINITY" || text == "+INFINITY" || text == "-INFINITY" || parse_leading_integer(text, value);
}
bool is_quorum_policy(std::string_view text) {
  for (const std::string_view word : {"stop", "freeze", "ignore", "demote", "fence", "suicide"}) {
    if (equal_ignoring_case(text, word)) return true;
  }
  return false;
}
bool is_fencing_action(std::string_view text) { return text == "reboot" || text == "off"; }
bool is_health_strategy(std::string_view text) {
  for (const std::string_view word : {"none", "migrate-on-red", "only-green", "progressive", "custom"}) {
    if (equal_ignoring_case(text, word)) return true;
  }
  return false;
}
bool is_placement_strategy(std::string_view text) {
  for (const std::string_view word : {"default", "utilization", "minimal", "balanced"}) {
    if (equal_ignoring_case(text, word)) return true;
  }
  return false;
}

// Looks options up as S1 C-5.2 says: current name, else legacy name; an invalid value counts as the default.
class OptionReader {
 public:
  explicit OptionReader(const Pairs& values) : values_(values) {}

  template <class Valid>
  std::string_view text(std::string_view name, std::string_view legacy, std::string_view fallback, Valid valid) const {
    const std::string_view* value = values_.find(name);
    if (value == nullptr && !legacy.empty()) value = values_.find(legacy);
    return value == nullptr || !valid(*value) ? fallback : *value;
  }
  bool flag(std::string_view name, bool fallback, std::string_view legacy = {}) const {
    return cib::is_true(text(name, legacy, fallback ? "true" : "false", is_boolean));
  }
  std::uint32_t interval(std::string_view name) const {
    return cib::parse_interval(text(name, {}, "0", is_interval)).value_or(0);
  }
  std::string_view number(std::string_view name, std::string_view fallback) const {
    return text(name, {}, fallback, is_number);
  }

 private:
  const Pairs& values_;
};

// S1 C-17.3: a literal search, without rules and references.
bool has_unfencing_pair(const cib::Element& block) {
  for (const cib::Element& pair : block.children(kNvpair)) {
    const std::string_view name = pair.value(kName);
    if ((name == "provides" || name == "requires") && pair.value(kValue) == "unfencing") return true;
  }
  return false;
}

bool is_unfencing_in_use(const cib::Document& document) {
  const cib::Element resources = document.find_path("configuration/resources");
  for (cib::Element at = resources ? resources.next_in(resources) : resources; at; at = at.next_in(resources)) {
    if (at.is(kMetaAttributes) && has_unfencing_pair(at)) return true;
  }
  const cib::Element defaults = document.find_path("configuration/rsc_defaults");
  for (const cib::Element& block : defaults.children(kMetaAttributes)) {
    if (has_unfencing_pair(block)) return true;
  }
  return false;
}

// S1 C-5.5.
NoQuorumPolicy quorum_policy(const Model& model, const OptionReader& reader) {
  const std::string_view text = reader.text("no-quorum-policy", {}, "stop", is_quorum_policy);
  if (equal_ignoring_case(text, "ignore")) return NoQuorumPolicy::kIgnore;
  if (equal_ignoring_case(text, "freeze")) return NoQuorumPolicy::kFreeze;
  if (equal_ignoring_case(text, "demote")) return NoQuorumPolicy::kDemote;
  if (equal_ignoring_case(text, "stop") || !model.options.fencing_enabled) return NoQuorumPolicy::kStop;
  std::int64_t panic = 0;
  const bool may_panic = parse_leading_integer(model.cib->root().value("no-quorum-panic"), panic) && panic != 0;
  return may_panic || model.options.quorate ? NoQuorumPolicy::kFence : NoQuorumPolicy::kStop;
}

HealthStrategy parse_health_strategy(std::string_view text) {
  if (equal_ignoring_case(text, "migrate-on-red")) return HealthStrategy::kMigrateOnRed;
  if (equal_ignoring_case(text, "only-green")) return HealthStrategy::kOnlyGreen;
  if (equal_ignoring_case(text, "progressive")) return HealthStrategy::kProgressive;
  if (equal_ignoring_case(text, "custom")) return HealthStrategy::kCustom;
  return HealthStrategy::kNone;
}

// S1 C-5.7.
void read_health(ClusterOptions& options, const OptionReader& reader) {
  options.health_strategy_text = reader.text("node-health-strategy", {}, "none", is_health_strategy);
  options.health_strategy = parse_health_strategy(options.health_strategy_text);
  const auto score = [&](std::string_view name, std::string_view fallback) {
    return parse_score(reader.number(name, fallback), {}).value_or(0);
  };
  switch (options.health_strategy) {
    case HealthStrategy::kNone:
      return;
    case HealthStrategy::kMigrateOnRed:
      options.health.red = -kInfinity;
      return;
    case HealthStrategy::kOnlyGreen:
      options.health.red = options.health.yellow = -kInfinity;
      return;
    case HealthStrategy::kProgressive:
      options.health_base = score("node-health-base", "0");
      [[fallthrough]];
    case HealthStrategy::kCustom:
      options.health = {score("node-health-red", "-INFINITY"), score("node-health-yellow", "0"),
                        score("node-health-green", "0")};
  }
}

PlacementStrategy parse_placement_strategy(std::string_view text) {
  if (equal_ignoring_case(text, "utilization")) return PlacementStrategy::kUtilization;
  if (equal_ignoring_case(text, "minimal")) return PlacementStrategy::kMinimal;
  if (equal_ignoring_case(text, "balanced")) return PlacementStrategy::kBalanced;
  return PlacementStrategy::kDefault;
}

void read_fencing(Model& model, const OptionReader& reader) {
  ClusterOptions& options = model.options;
  options.have_watchdog = reader.flag("have-watchdog", false);
  if (options.have_watchdog) model.have_fence_device = true;
  options.unfencing_in_use = is_unfencing_in_use(*model.cib);
  options.fencing_timeout_text = reader.text("fencing-timeout", "stonith-timeout", "60s", is_interval);
  options.fencing_enabled = reader.flag("fencing-enabled", true, "stonith-enabled");
  options.fencing_action = reader.text("fencing-action", "stonith-action", "reboot", is_fencing_action);
  options.concurrent_fencing = reader.flag("concurrent-fencing", true);
  options.priority_fencing_delay_ms = reader.interval("priority-fencing-delay");
  options.startup_fencing = options.fencing_enabled && reader.flag("startup-fencing", true);
}

}  // namespace

void unpack_options(Model& model) {
  ClusterOptions& options = model.options;
  Pairs values;
  const cib::Element config = model.cib->find_unique(kCrmConfig);
  const cib::Element owners[] = {config};
  if (config) evaluate_blocks(model, owners, kClusterPropertySet, {}, values, "cib-bootstrap-options");
  const OptionReader reader(values);

  options.startup_probes = reader.flag("enable-startup-probes", true);
  read_fencing(model, reader);
  options.stop_all_resources = reader.flag("stop-all-resources", false);
  options.symmetric = reader.flag("symmetric-cluster", true);
  options.no_quorum_policy = quorum_policy(model, reader);
  options.stop_removed_resources = reader.flag("stop-removed-resources", true, "stop-orphan-resources");
  options.cancel_removed_actions = reader.flag("cancel-removed-actions", true, "stop-orphan-actions");
  options.maintenance_mode = reader.flag("maintenance-mode", false);
  options.start_failure_is_fatal = reader.flag("start-failure-is-fatal", true);
  read_health(options, reader);
  options.placement_strategy =
      parse_placement_strategy(reader.text("placement-strategy", {}, "default", is_placement_strategy));
  options.shutdown_lock = reader.flag("shutdown-lock", false);
  if (options.shutdown_lock) options.shutdown_lock_limit_ms = reader.interval("shutdown-lock-limit");
  options.node_pending_timeout_ms = reader.interval("node-pending-timeout");
  options.fence_remote_without_quorum = reader.flag("fence-remote-without-quorum", false);
  options.cluster_delay_text = reader.text("cluster-delay", {}, "60s", is_interval);
  options.batch_limit_text = reader.number("batch-limit", "0");
  options.migration_limit_text = reader.number("migration-limit", "-1");
  if (const std::string_view* name = values.find("cluster-name")) {
    options.cluster_name = *name;
    options.cluster_name_set = true;
  }
  tell_about_options(model, values);
}

}  // namespace simcluster::scheduler
