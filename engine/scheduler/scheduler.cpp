#include "engine/scheduler/scheduler.h"

#include "engine/cib/values.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/stages.h"
#include "engine/scheduler/summary.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

// The newest feature set that this scheduler understands (S1 C-4.2).
constexpr std::string_view kFeatureSet = "3.20.5";

void prepare(Model& model, const cib::Document& document, const Options& options) {
  model.cib = &document;
  model.implicit.create_root("implicit");
  model.now = options.now;
  model.now_offset = options.now_offset;
  model.date_offset = options.date_offset;
  model.utc_offset = options.utc_offset;
  model.log = options.log;
  model.sanitized = options.sanitized;
  model.old_fail_counts = options.old_fail_counts;
  model.legacy = options.legacy;
  if (options.explain) model.recorder = std::make_unique<Recorder>();
  model.want_scores = options.collect_scores;
  model.want_utilization = options.collect_utilization;
  const cib::Element root = document.root();
  model.options.quorate = options.quorum.value_or(cib::is_true(root.attribute("have-quorum")));
  model.options.dc_uuid = root.value("dc-uuid");
  model.options.feature_set = root.value(kCrmFeatureSet);
  model.rsc_defaults = document.find_unique(kRscDefaults);
  model.op_defaults = document.find_unique(kOpDefaults);
}

}  // namespace

std::optional<std::int64_t> execution_date(const cib::Document& document) {
  const auto text = document.root().attribute("execution-date");
  std::int64_t value = 0;
  if (!text || !parse_leading_integer(*text, value) || value == 0) return std::nullopt;
  return value;
}

Schedule unpack(const cib::Document& document, const Options& options) {
  Schedule schedule;
  schedule.model = std::make_unique<Model>();
  Model& model = *schedule.model;
  prepare(model, document, options);
  if (cib::compare_versions(model.options.feature_set, kFeatureSet) > 0) {
    log(model, LogLevel::kError, "cluster_status", "Can't process CIB with feature set '{}' greater than our own '{}'",
        model.options.feature_set, kFeatureSet);
    return schedule;
  }
  unpack_options(model);
  unpack_nodes(model);
  create_remote_nodes(model);
  unpack_resources(model);
  if (model.options.fencing_enabled && !model.have_fence_device) {  // S1 C-5.6
    log(model, LogLevel::kError, "unpack_resources",
        "Resource start-up disabled since no fencing resources have been defined. Either configure some or disable "
        "fencing with the fencing-enabled option. NOTE: Clusters with shared data need fencing to ensure data "
        "integrity.");
  }
  unpack_tags(model);
  unpack_status(model);
  count_instances(model);
  return schedule;
}

void run(Schedule& schedule, const Options& options) {
  Model& model = *schedule.model;
  model.scheduling = true;
  apply_node_health(model);
  unpack_constraints(model);
  apply_node_criteria(model);
  create_internal_constraints(model);
  check_configuration_changes(model);
  assign_resources(model);
  run_deferred_checks(model);
  schedule_probes(model);
  clear_failures_of_removed(model);
  create_resource_actions(model);
  order_remote_connections(model);
  schedule_fencing_and_shutdown(model);
  apply_orderings(model);
  // Looking at the changes gives actions that lack a node one (S5 K-3), and this happens before the graph (S0 GU-2.1).
  log_changes(model);
  create_graph(model);
  model.graph->transition_id = options.transition_id;
}

Schedule schedule(const cib::Document& document, const Options& options) {
  Schedule result = unpack(document, options);
  run(result, options);
  return result;
}

}  // namespace simcluster::scheduler
