#include "engine/controller/options.h"

#include <array>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "engine/cib/nvpairs.h"
#include "engine/cib/values.h"

namespace simcluster::controller {

namespace {

// The first of an option's names that is set (CM A.3: names changed over time, all are accepted).
std::optional<std::string_view> find(const cib::NvTable& table, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const auto value = table.get(name)) return value;
  }
  return std::nullopt;
}

void read(const cib::NvTable& table, std::initializer_list<std::string_view> names, Duration& option) {
  const auto text = find(table, names);
  if (!text) return;
  if (const auto ms = cib::parse_interval(*text)) option = milliseconds(*ms);
}

void read(const cib::NvTable& table, std::initializer_list<std::string_view> names, int& option) {
  const auto text = find(table, names);
  if (!text) return;
  if (const auto score = cib::parse_score(*text)) option = *score;
}

void read(const cib::NvTable& table, std::initializer_list<std::string_view> names, bool& option) {
  const auto text = find(table, names);
  if (!text) return;
  if (const auto value = cib::parse_bool(*text)) option = *value;
}

// "80%", or plainly "80".
void read_percentage(const cib::NvTable& table, std::string_view name, int& option) {
  auto text = find(table, {name});
  if (!text) return;
  if (text->ends_with('%')) text->remove_suffix(1);
  if (const auto value = cib::parse_integer(*text); value && value->value > 0 && value->value <= 1'000'000)
    option = static_cast<int>(value->value);
}

cib::NvTable unpack(const cib::Document& document, Time now) {
  cib::NvTable table;
  cib::RuleContext context;
  context.now = cib::DateTime::from_epoch(now.unix_seconds());
  cib::NextChange next_change;
  const cib::Element crm_config = document.find_path("configuration/crm_config");
  if (!crm_config) return table;
  const cib::Name block = document.find_name("cluster_property_set");
  if (block.valid()) cib::unpack_nvpairs(crm_config, block, context, next_change, table, "cib-bootstrap-options");
  return table;
}

}  // namespace

ControllerOptions read_options(const cib::Document& document, const Profile& profile, Time now) {
  ControllerOptions options;
  if (!profile.dc_deadtime_20s) options.dc_deadtime = seconds(60);
  if (profile.fixed_batch_limit_30) options.batch_limit = 30;
  const cib::NvTable table = unpack(document, now);
  read(table, {"dc-deadtime", "dc_deadtime"}, options.dc_deadtime);
  read(table, {"election-timeout", "election_timeout"}, options.election_timeout);
  read(table, {"join-integration-timeout", "crmd-integration-timeout"}, options.integration_timeout);
  read(table, {"join-finalization-timeout", "crmd-finalization-timeout"}, options.finalization_timeout);
  read(table, {"transition-delay", "crmd-transition-delay", "crmd_transition_delay"}, options.transition_delay);
  read(table, {"cluster-recheck-interval", "cluster_recheck_interval"}, options.recheck_interval);
  read(table, {"shutdown-escalation", "shutdown_escalation"}, options.shutdown_escalation);
  read(table, {"cluster-delay", "transition_idle_timeout"}, options.cluster_delay);
  read(table, {"fencing-timeout", "stonith-timeout"}, options.fencing_timeout);
  for (const std::string_view name : {"stonith-watchdog-timeout", "fencing-watchdog-timeout"}) {
    const auto text = find(table, {name});
    if (!text) continue;
    options.fencing_watchdog_name = name;
    const auto number = cib::parse_integer(*text);
    if (number && number->value < 0) options.fencing_watchdog_timeout = seconds(-1);
    read(table, {name}, options.fencing_watchdog_timeout);
  }
  const auto no_quorum = find(table, {"no-quorum-policy", "no_quorum_policy"});
  options.panics_without_quorum = no_quorum && (*no_quorum == "fence" || *no_quorum == "suicide");
  if (profile.peer_times_in_status) read(table, {"node-pending-timeout"}, options.node_pending_timeout);
  const auto reaction = find(table, {"fencing-reaction", "fence-reaction"});
  options.fencing_reaction_panic = reaction && *reaction == "panic";
  read(table, {"shutdown-lock"}, options.shutdown_lock);
  read(table, {"batch-limit"}, options.batch_limit);
  read(table, {"migration-limit"}, options.migration_limit);
  read(table, {"node-action-limit"}, options.node_action_limit);
  read_percentage(table, "load-threshold", options.load_threshold);
  read(table, {"fencing-max-attempts", "stonith-max-attempts"}, options.fencing_max_attempts);
  read(table, {"fencing-enabled", "stonith-enabled", "stonith_enabled"}, options.fencing_enabled);
  static constexpr std::array<std::string_view, kInputSeriesCount> kSeries = {
      "pe-input-series-max", "pe-warn-series-max", "pe-error-series-max"};
  for (std::size_t i = 0; i < kSeries.size(); ++i) read(table, {kSeries[i]}, options.inputs_kept[i]);
  if (const auto name = find(table, {"cluster-name"})) options.cluster_name = *name;
  return options;
}

}  // namespace simcluster::controller
