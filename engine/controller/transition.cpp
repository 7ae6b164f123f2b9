#include "engine/controller/transition.h"

#include <algorithm>
#include <utility>

#include "engine/base/assert.h"

namespace simcluster::controller {

using scheduler::GraphAction;
using scheduler::GraphActionKind;

std::string_view completion_action_name(CompletionAction action) {
  switch (action) {
    case CompletionAction::kDone:
      return "done";
    case CompletionAction::kWait:
      return "stop";
    case CompletionAction::kRestart:
      return "restart";
    case CompletionAction::kShutdown:
      return "shutdown";
  }
  return "";
}

std::string_view graph_status_name(GraphStatus status) {
  switch (status) {
    case GraphStatus::kActive:
      return "In progress";
    case GraphStatus::kComplete:
      return "Complete";
    case GraphStatus::kStopped:
      return "Stopped";
    case GraphStatus::kTerminated:
      return "Terminated";
  }
  return "";
}

void Transition::load(scheduler::Graph graph, int batch_limit, int migration_limit, Duration network_delay) {
  drop();
  graph_ = std::move(graph);
  batch_limit_ = batch_limit;
  migration_limit_ = migration_limit;
  network_delay_ = network_delay;
  states_.resize(graph_.actions.size());
  synapses_.resize(graph_.synapses.size());
  for (std::uint32_t i = 0; i < graph_.actions.size(); ++i) by_id_.emplace(graph_.actions[i].id, i);
  for (std::uint32_t s = 0; s < graph_.synapses.size(); ++s) {
    const scheduler::Synapse& synapse = graph_.synapses[s];
    SIMCLUSTER_ASSERT(synapse.action < states_.size());
    states_[synapse.action].synapse = s;
    synapses_[s].missing = static_cast<std::uint32_t>(synapse.inputs.size());
    for (const std::uint32_t input : synapse.inputs) {
      SIMCLUSTER_ASSERT(input < states_.size());
      states_[input].dependants.push_back(s);
    }
  }
  loaded_ = true;
  complete_ = false;
  completion_ = CompletionAction::kDone;
}

void Transition::load_blank() {
  drop();
  graph_.transition_id = -1;
  loaded_ = true;
  completion_ = CompletionAction::kRestart;
  reason_ = "DC Takeover";
}

void Transition::drop() {
  for (std::uint32_t i = 0; i < states_.size(); ++i) {
    if (states_[i].executed && !states_[i].confirmed) client_.cancel_action_timer(i);
  }
  graph_ = scheduler::Graph();
  states_.clear();
  synapses_.clear();
  by_id_.clear();
  jobs_.clear();
  migrations_.clear();
  loaded_ = false;
  complete_ = true;
  abort_priority_ = 0;
  reason_.clear();
  completion_ = CompletionAction::kDone;
}

std::uint32_t Transition::index_of(int action_id) const {
  const auto it = by_id_.find(action_id);
  return it == by_id_.end() ? kNoAction : it->second;
}

int Transition::priority(std::uint32_t action) const {
  const std::uint32_t synapse = states_[action].synapse;
  return synapse == kNoAction ? 0 : graph_.synapses[synapse].priority;
}

bool Transition::is_migration(const GraphAction& action) {
  return action.operation == "migrate_to" || action.operation == "migrate_from";
}

std::string_view Transition::target_of(const GraphAction& action) {
  return action.router_node.empty() ? action.node : action.router_node;
}

// CM-7.12: a migration is a job of both nodes, unless it goes through a connection.
std::vector<std::string_view> Transition::job_nodes(const GraphAction& action) {
  const std::string_view source = action.attribute("CRM_meta_migrate_source");
  const std::string_view target = action.attribute("CRM_meta_migrate_target");
  if (is_migration(action) && action.router_node.empty() && !source.empty() && !target.empty()) return {source, target};
  return {target_of(action)};
}

bool Transition::within_limits(std::uint32_t index) {
  const GraphAction& act = graph_.actions[index];
  if (act.kind != GraphActionKind::kResource) return true;
  for (const std::string_view node : job_nodes(act)) {
    const auto jobs = jobs_.find(node);
    const int limit = client_.job_limit(node);
    if (limit > 0 && jobs != jobs_.end() && jobs->second >= limit) return false;
    if (!is_migration(act) || migration_limit_ <= 0) continue;
    const auto migrations = migrations_.find(node);
    if (migrations != migrations_.end() && migrations->second >= migration_limit_) return false;
  }
  return true;
}

// CM-7.8
bool Transition::fireable(std::uint32_t synapse, RunCounts& counts) {
  if (synapses_[synapse].missing > 0) return false;
  const scheduler::Synapse& entry = graph_.synapses[synapse];
  if (graph_.actions[entry.action].kind == GraphActionKind::kPseudo) return true;
  if (entry.priority < abort_priority_) {
    ++counts.skipped;
    return false;
  }
  return within_limits(entry.action);
}

void Transition::count_job(std::uint32_t index) {
  const GraphAction& act = graph_.actions[index];
  if (act.kind != GraphActionKind::kResource) return;
  states_[index].counted = true;
  change_jobs(act, 1);
}

void Transition::release_job(std::uint32_t index) {
  if (!std::exchange(states_[index].counted, false)) return;
  change_jobs(graph_.actions[index], -1);
}

void Transition::change_jobs(const GraphAction& action, int by) {
  for (const std::string_view node : job_nodes(action)) {
    jobs_[std::string(node)] += by;
    if (is_migration(action)) migrations_[std::string(node)] += by;
  }
}

void Transition::fire(std::uint32_t synapse, RunCounts& counts) {
  const std::uint32_t index = graph_.synapses[synapse].action;
  const GraphAction& act = graph_.actions[index];
  synapses_[synapse].executed = true;
  states_[index].executed = true;
  ++counts.fired;
  if (act.kind == GraphActionKind::kPseudo) {
    confirm(index);
    return;
  }
  switch (client_.fire(index)) {
    case FireOutcome::kSent:
      if (states_[index].confirmed) return;  // the result came with the sending
      count_job(index);
      ++counts.pending;
      return;
    case FireOutcome::kConfirmed:
      if (!states_[index].confirmed) confirm(index);
      return;
    case FireOutcome::kFailed:  // CM-7.11
      synapses_[synapse].confirmed = true;
      states_[index].confirmed = true;
      states_[index].failed = true;
      abort_priority_ = kInfinity;
      client_.want_graph_run();
      return;
  }
}

void Transition::run() {
  if (!loaded_ || complete_) return;
  RunCounts counts;
  for (const SynapseState& synapse : synapses_) {
    if (synapse.confirmed) {
      ++counts.completed;
    } else if (synapse.executed && !synapse.failed) {
      ++counts.pending;
    }
  }
  const int batch_limit = client_.batch_limit(batch_limit_);  // CM-7.10
  for (std::uint32_t s = 0; s < synapses_.size(); ++s) {
    if (batch_limit > 0 && counts.pending >= batch_limit) break;
    if (synapses_[s].failed) {
      ++counts.skipped;
    } else if (synapses_[s].confirmed || synapses_[s].executed) {
      continue;
    } else if (fireable(s, counts)) {
      fire(s, counts);
    } else {
      ++counts.incomplete;
    }
  }
  const GraphStatus status = status_of(counts);
  complete_ = status != GraphStatus::kActive;
  client_.on_graph_run(counts, status);
}

// CM-7.9
GraphStatus Transition::status_of(const RunCounts& counts) const {
  if (counts.pending > 0 || counts.fired > 0) return GraphStatus::kActive;
  if (counts.incomplete > 0 && abort_priority_ <= 0) return GraphStatus::kTerminated;
  return counts.skipped > 0 ? GraphStatus::kStopped : GraphStatus::kComplete;
}

void Transition::update_dependants(std::uint32_t index) {
  const ActionState& state = states_[index];
  for (const std::uint32_t s : state.dependants) {
    if (synapses_[s].confirmed || synapses_[s].failed || synapses_[s].executed) continue;
    if (state.failed && graph_.synapses[s].priority < kInfinity) continue;  // CM-7.23
    SIMCLUSTER_ASSERT(synapses_[s].missing > 0);
    --synapses_[s].missing;
  }
}

void Transition::confirm(std::uint32_t index) {
  ActionState& state = states_[index];
  if (state.confirmed) return;
  state.confirmed = true;
  client_.cancel_action_timer(index);
  release_job(index);
  if (state.synapse != kNoAction && synapses_[state.synapse].executed) synapses_[state.synapse].confirmed = true;
  update_dependants(index);
  client_.want_graph_run();
}

void Transition::fail(std::uint32_t index) {
  states_[index].failed = true;
  confirm(index);
}

void Transition::fail_lost(std::uint32_t index) {
  ActionState& state = states_[index];
  state.failed = true;
  synapses_[state.synapse].failed = true;
  client_.cancel_action_timer(index);
  release_job(index);
  update_dependants(index);
  client_.want_graph_run();
}

std::uint32_t Transition::down_event(std::string_view node_id) const {
  for (std::uint32_t i = 0; i < states_.size(); ++i) {
    if (!states_[i].executed) continue;
    const auto& downed = graph_.actions[i].downed;
    if (std::find(downed.begin(), downed.end(), node_id) != downed.end()) return i;
  }
  return kNoAction;
}

bool Transition::anything_pending() const {
  return std::ranges::any_of(
      synapses_, [](const SynapseState& synapse) { return synapse.executed && !synapse.confirmed && !synapse.failed; });
}

bool Transition::abort(int priority, CompletionAction action, std::string_view reason) {
  if (complete_) return false;
  const bool changed = abort_priority_ < priority || completion_ < action;
  abort_priority_ = std::max(abort_priority_, priority);
  if (completion_ < action) set_completion(action, reason);
  client_.want_graph_run();
  return changed;
}

void Transition::set_completion(CompletionAction action, std::string_view reason) {
  completion_ = action;
  reason_ = reason;
}

void Transition::clear_completion() {
  completion_ = CompletionAction::kDone;
  reason_.clear();
}

}  // namespace simcluster::controller
