#include "engine/scheduler/simulate.h"

#include <charconv>
#include <functional>
#include <queue>

#include "engine/cib/digest.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/status_editor.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

constexpr int kAbortPriority = 1'000'000;

// Fires synapses in passes (S5 L-2): within one pass by ascending number; what becomes ready behind the current one
// waits for the next pass.
class Executor {
 public:
  Executor(const Graph& graph, const Model& model, cib::Document& cib, const SimulationOptions& options)
      : graph_(graph), model_(model), options_(options), editor_(cib, options.now, options.create_nodes, model.log) {}

  SimulationResult run() {
    index_inputs();
    while (!next_.empty()) {
      std::swap(current_, next_);
      while (!current_.empty()) {
        const std::uint32_t synapse = current_.top();
        current_.pop();
        fire(synapse);
      }
    }
    editor_.store_version();
    result_.complete = aborted_ || fired_ == graph_.synapses.size();
    result_.aborted = aborted_;
    result_.done = fired_;
    result_.left = graph_.synapses.size() - fired_;
    return std::move(result_);
  }

 private:
  using Queue = std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>>;

  void index_inputs() {
    followers_.resize(graph_.actions.size());
    waiting_.resize(graph_.synapses.size());
    for (std::uint32_t s = 0; s < graph_.synapses.size(); ++s) {
      waiting_[s] = graph_.synapses[s].inputs.size();
      for (const std::uint32_t input : graph_.synapses[s].inputs) followers_[input].push_back(s);
      if (waiting_[s] == 0) next_.push(s);
    }
  }

  void fire(std::uint32_t number) {
    const Synapse& synapse = graph_.synapses[number];
    const GraphAction& action = graph_.actions[synapse.action];
    if (aborted_ && synapse.priority < kAbortPriority && action.kind != GraphActionKind::kPseudo) return;
    ++fired_;
    const bool succeeded = execute(action);
    for (const std::uint32_t follower : followers_[synapse.action]) {
      if (!succeeded && graph_.synapses[follower].priority < kAbortPriority) continue;
      if (--waiting_[follower] > 0) continue;
      (follower > number ? current_ : next_).push(follower);
    }
  }

  SimulatedStep& say(SimulatedStep::Kind kind, std::string text) {
    SimulatedStep& step = result_.steps.emplace_back();
    step.kind = kind;
    step.text = std::move(text);
    return step;
  }

  bool execute(const GraphAction& action) {
    switch (action.kind) {
      case GraphActionKind::kPseudo:
        execute_pseudo(action);
        return true;
      case GraphActionKind::kCluster:
        execute_cluster(action);
        return true;
      case GraphActionKind::kResource:
        return execute_resource(action);
    }
    return true;
  }

  void execute_pseudo(const GraphAction& action) {
    std::string text = "Pseudo action:   " + std::string(action.operation_key);
    if (!action.node.empty()) text += " on " + std::string(action.node);
    SimulatedStep& step = say(SimulatedStep::Kind::kPseudo, std::move(text));
    step.task = action.operation_key;
    step.node = action.node;
  }

  void execute_cluster(const GraphAction& action) {
    if (action.operation == "stonith") {
      const std::string_view what = action.attribute("CRM_meta_stonith_action");
      SimulatedStep& step =
          say(SimulatedStep::Kind::kFencing, "Fencing " + std::string(action.node) + " (" + std::string(what) + ")");
      step.node = action.node;
      step.task = what;
      if (what != "on") editor_.fence(action.node, action.node_id);
      return;
    }
    std::string text = "Cluster action:  " + std::string(action.operation);
    if (action.primitive) text += " for " + std::string(action.primitive->id);
    text += " on " + std::string(action.node);
    SimulatedStep& step = say(SimulatedStep::Kind::kCluster, std::move(text));
    step.task = action.operation;
    step.node = action.node;
    if (action.primitive) step.resource = action.primitive->id;
  }

  // S5 L-4.
  std::string_view shown_name(const GraphAction::Primitive& primitive) const {
    if (find_resource(model_, primitive.id).valid()) return primitive.id;
    if (!primitive.long_id.empty() && find_resource(model_, primitive.long_id).valid()) return primitive.long_id;
    return primitive.id;
  }

  bool execute_resource(const GraphAction& action) {
    const GraphAction::Primitive& primitive = *action.primitive;
    const std::string_view shown = shown_name(primitive);
    const std::uint32_t interval = action.operation == "delete" ? 0 : action.interval();
    std::string text = "Resource action: " + std::string(shown);
    if (shown.size() < 15) text.append(15 - shown.size(), ' ');
    text += " " + std::string(action.operation);
    if (interval > 0) text += "=" + std::to_string(interval);
    text += " on " + std::string(action.node);
    SimulatedStep& step = say(SimulatedStep::Kind::kResource, std::move(text));
    step.task = action.operation;
    step.node = action.node;
    step.resource = shown;
    step.interval = interval;
    if (action.operation == "delete" || action.operation == "meta-data") return true;
    return record(action, primitive, shown);
  }

  bool record(const GraphAction& action, const GraphAction::Primitive& primitive, std::string_view shown) {
    OperationResult result;
    result.task = action.operation == "reload-agent" ? "start" : action.operation;
    result.interval = action.interval();
    result.target_rc = target_rc(action);
    result.rc = result.target_rc;
    result.notify_type = action.attribute("CRM_meta_notify_type");
    result.notify_operation = action.attribute("CRM_meta_notify_operation");
    if (action.operation == "migrate_to" || action.operation == "migrate_from") {
      result.migrate_source = action.attribute("CRM_meta_migrate_source");
      result.migrate_target = action.attribute("CRM_meta_migrate_target");
    }
    result.digest = digest(action);
    const bool succeeded = !apply_requested_failure(action, primitive, shown, result);
    const HistoryTarget target{shown, primitive.id, primitive.agent_class, primitive.provider, primitive.type};
    // A remote node's state has its name as id (S5 L-5).
    const std::string_view node_id = action.router_node.empty() ? action.node_id : action.node;
    if (!editor_.record(action.node, node_id, target, result)) {
      say(SimulatedStep::Kind::kError, "Please specify the class and type for resource " + std::string(primitive.id));
    }
    return succeeded;
  }

  static int target_rc(const GraphAction& action) {
    std::int64_t value = 0;
    parse_leading_integer(action.attribute("CRM_meta_op_target_rc"), value);
    return static_cast<int>(value);
  }

  static std::string digest(const GraphAction& action) {
    const bool recurring = action.interval() != 0;
    std::vector<cib::Parameter> kept;
    for (const auto& [name, value] : action.attributes) {
      if (cib::counts_for_digest(name, recurring)) kept.emplace_back(name, value);
    }
    return cib::parameters_digest(kept);
  }

  // S5 L-8. True when the operation fails.
  bool apply_requested_failure(const GraphAction& action, const GraphAction::Primitive& primitive,
                               std::string_view shown, OperationResult& result) {
    for (const std::string& spec : options_.failures) {
      const bool by_shown = matches(spec, shown, action);
      if (!by_shown && !matches(spec, primitive.id, action)) continue;
      const std::string_view text = std::string_view(spec).substr(spec.find('=') + 1);
      int rc = 0;
      const auto parsed = std::from_chars(text.data(), text.data() + text.size(), rc);
      if (parsed.ec != std::errc()) {
        say(SimulatedStep::Kind::kError, "Invalid failed operation '" + spec + "' (result code must be integer)");
        continue;
      }
      result.rc = rc;
      result.exit_reason = "User-injected result";
      say(SimulatedStep::Kind::kPlain,
          "Pretending action " + std::to_string(action.id) + " failed with rc=" + std::to_string(rc));
      aborted_ = true;
      count_failure(action, by_shown ? shown : primitive.id, rc);  // the name that was asked for, as in 2.1.5
      return true;
    }
    return false;
  }

  static bool matches(const std::string& spec, std::string_view resource, const GraphAction& action) {
    const std::string prefix = std::string(resource) + "_" + std::string(action.operation) + "_" +
                               std::to_string(action.interval()) + "@" + std::string(action.node) + "=";
    return spec.size() >= prefix.size() && equal_ignoring_case(std::string_view(spec).substr(0, prefix.size()), prefix);
  }

  void count_failure(const GraphAction& action, std::string_view resource, int rc) {
    if (rc == 0 || (rc == 7 && action.interval() == 0)) return;
    const bool infinite =
        action.operation == "stop" || (action.operation == "start" && graph_.failed_start_offset == "INFINITY");
    for (InjectedAttribute& attribute :
         editor_.count_failure(action.node, action.node_id, resource, action.operation, action.interval(), infinite)) {
      say(SimulatedStep::Kind::kInjectedAttribute, attribute.text()).attribute = std::move(attribute);
    }
  }

  const Graph& graph_;
  const Model& model_;
  const SimulationOptions& options_;
  StatusEditor editor_;
  SimulationResult result_;
  std::vector<std::vector<std::uint32_t>> followers_;  // by action
  std::vector<std::size_t> waiting_;                   // unconfirmed inputs by synapse
  Queue current_;
  Queue next_;
  std::size_t fired_ = 0;
  bool aborted_ = false;
};

}  // namespace

SimulationResult simulate_transition(const Graph& graph, const Model& model, cib::Document& cib,
                                     const SimulationOptions& options) {
  return Executor(graph, model, cib, options).run();
}

}  // namespace simcluster::scheduler
