// What must be true of every transition graph, whatever the input. For tests: each check says what is wrong, one text
// per violation.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "engine/cib/document.h"
#include "engine/scheduler/display.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/simulate.h"

namespace simcluster::scheduler::testing {

using Violations = std::vector<std::string>;

inline std::string action_text(const GraphAction& action) {
  return fmt::format("{} {}", action.operation_key, action.node);
}

// The synapse of every action, -1 for those that have none.
inline std::vector<int> synapse_of_action(const Graph& graph) {
  std::vector<int> result(graph.actions.size(), -1);
  for (std::size_t s = 0; s < graph.synapses.size(); ++s) result[graph.synapses[s].action] = static_cast<int>(s);
  return result;
}

// Synapses that can never fire because they wait for each other, directly or behind others that do.
inline std::vector<std::size_t> synapses_behind_cycles(const Graph& graph) {
  const std::vector<int> synapse = synapse_of_action(graph);
  std::vector<std::size_t> waiting(graph.synapses.size(), 0);
  std::vector<std::vector<std::size_t>> followers(graph.synapses.size());
  std::vector<std::size_t> ready;
  for (std::size_t s = 0; s < graph.synapses.size(); ++s) {
    for (const std::uint32_t input : graph.synapses[s].inputs) {
      if (synapse[input] < 0) continue;
      ++waiting[s];
      followers[static_cast<std::size_t>(synapse[input])].push_back(s);
    }
    if (waiting[s] == 0) ready.push_back(s);
  }
  while (!ready.empty()) {
    const std::size_t s = ready.back();
    ready.pop_back();
    for (const std::size_t next : followers[s]) {
      if (--waiting[next] == 0) ready.push_back(next);
    }
  }
  std::vector<std::size_t> left;
  for (std::size_t s = 0; s < waiting.size(); ++s) {
    if (waiting[s] > 0) left.push_back(s);
  }
  return left;
}

// The graph has no cycles.
inline Violations check_acyclic(const Graph& graph) {
  Violations result;
  for (const std::size_t s : synapses_behind_cycles(graph)) {
    result.push_back("in or behind a cycle: " + action_text(graph.actions[graph.synapses[s].action]));
  }
  return result;
}

// S5 I-5, the note below it: what must happen but cannot is listed as an input all the same, and holds up what waits
// for it for ever.
inline bool can_never_happen(const Action& action, const Model& model) {
  if (action.optional()) return false;  // I-5 step 11 leaves it out
  if (!action.runnable()) return true;
  if (action.resource.valid() && !model.resource(action.resource).managed) return true;  // I-4
  if (!action.node.valid() || action.pseudo()) return false;
  return !model.node(action.node).online || model.node(action.node).unclean;
}

// Every input of a synapse has a synapse of its own, which is not the same one; nothing is named twice.
inline Violations check_inputs(const Graph& graph, const Model& model) {
  Violations result;
  const std::vector<int> synapse = synapse_of_action(graph);
  for (std::size_t s = 0; s < graph.synapses.size(); ++s) {
    const GraphAction& waiting = graph.actions[graph.synapses[s].action];
    std::set<std::uint32_t> seen;
    for (const std::uint32_t input : graph.synapses[s].inputs) {
      if (input >= graph.actions.size()) {
        result.push_back(fmt::format("{} waits for an action that does not exist", action_text(waiting)));
        continue;
      }
      const std::string text = fmt::format("{} waits for {}", action_text(waiting), action_text(graph.actions[input]));
      const ActionId id(static_cast<std::uint32_t>(graph.actions[input].id - 1));
      if (synapse[input] < 0 && !can_never_happen(model.actions[id], model)) {
        result.push_back(text + ", which is not in the graph");
      }
      if (synapse[input] == static_cast<int>(s)) result.push_back(text + ", itself");
      if (!seen.insert(input).second) result.push_back(text + " twice");
    }
  }
  return result;
}

// Executors run operations on nodes that are online, or that the graph itself brings up (a remote node's connection);
// what is to be done on a lost node is done by fencing it, and is no operation.
inline Violations check_nodes(const Graph& graph, const Model& model) {
  Violations result;
  std::set<std::string_view> coming;
  for (const Synapse& synapse : graph.synapses) {
    const GraphAction& action = graph.actions[synapse.action];
    if (action.kind == GraphActionKind::kResource && action.primitive &&
        (action.operation == "start" || action.operation == "migrate_from")) {
      coming.insert(action.primitive->id);
      coming.insert(action.primitive->long_id);
    }
  }
  for (const Synapse& synapse : graph.synapses) {
    const GraphAction& action = graph.actions[synapse.action];
    if (action.kind != GraphActionKind::kResource) continue;
    const std::string_view executor = action.router_node.empty() ? action.node : action.router_node;
    const NodeId id = find_node(model, executor);
    if (!id.valid()) {
      result.push_back(action_text(action) + ": there is no such node");
    } else if (!model.node(id).online && !coming.contains(executor)) {
      result.push_back(action_text(action) + ": " + std::string(executor) + " is not online");
    }
  }
  return result;
}

// One operation that a simulation carried out.
struct Executed {
  std::string task;
  std::string resource;
  std::string node;
};

inline std::vector<Executed> executed_operations(const std::vector<SimulatedStep>& steps) {
  std::vector<Executed> result;
  for (const SimulatedStep& step : steps) {
    if (step.kind == SimulatedStep::Kind::kResource && step.interval == 0) {
      result.push_back({step.task, step.resource, step.node});
    }
  }
  return result;
}

// A mandatory ordering of two plain primitives holds in what was executed: the first before the then, and backwards the
// opposite way (S1 14). A live migration is neither start nor stop: primitives that migrate are left out.
inline Violations check_orderings(const cib::Document& document, const std::vector<Executed>& executed) {
  Violations result;
  const cib::Element resources = document.find_path("configuration/resources");
  const cib::Element constraints = document.find_path("configuration/constraints");
  if (!resources || !constraints) return result;
  const auto when = [&](std::string_view resource, std::string_view task) {
    for (std::size_t i = 0; i < executed.size(); ++i) {
      if (executed[i].resource == resource && executed[i].task == task) return static_cast<std::ptrdiff_t>(i);
    }
    return std::ptrdiff_t{-1};
  };
  const auto is_plain = [&](std::string_view id) {
    return resources.child_with_id(cib::names::kPrimitive, id) && when(id, "migrate_to") < 0;
  };
  const auto expect = [&](const cib::Element& constraint, std::string_view first, std::string_view first_task,
                          std::string_view then, std::string_view then_task) {
    const std::ptrdiff_t a = when(first, first_task);
    const std::ptrdiff_t b = when(then, then_task);
    if (a >= 0 && b >= 0 && a > b) {
      result.push_back(fmt::format("{}: {} {} came before {} {}", constraint.id(), then, then_task, first, first_task));
    }
  };
  for (const cib::Element order : constraints.children("rsc_order")) {
    const std::string_view first = order.value("first");
    const std::string_view then = order.value("then");
    if (order.value("kind", "Mandatory") != "Mandatory" || order.has("score") || !is_plain(first) || !is_plain(then)) {
      continue;
    }
    const std::string_view first_task = order.value("first-action", "start");
    const std::string_view then_task = order.value("then-action", first_task);
    if ((first_task != "start" && first_task != "stop") || (then_task != "start" && then_task != "stop")) continue;
    expect(order, first, first_task, then, then_task);
    const bool symmetrical = order.value("symmetrical", "true") == "true";
    if (symmetrical && first_task == "start" && then_task == "start") expect(order, then, "stop", first, "stop");
  }
  return result;
}

inline std::string without_number(std::string_view instance) {
  return std::string(instance.substr(0, instance.find(':')));
}

// Resources whose history a simulation cannot settle: pending operations, whose entries nothing replaces, and instances
// of anonymous clones that one node knows under several numbers (S2 M-9.4), of which only one is written.
inline std::set<std::string> unsettled_resources(const cib::Document& document) {
  std::set<std::string> result;
  const cib::Element status = document.root().first_child("status");
  for (cib::Element at = status; at; at = at.next_in(status)) {
    if (at.is("lrm_rsc_op") && at.value("op-status") == "-1") result.insert(without_number(at.parent().id()));
    if (!at.is("lrm_resources")) continue;
    std::set<std::string> names;
    for (const cib::Element resource : at.children("lrm_resource")) {
      if (!names.insert(without_number(resource.id())).second) result.insert(without_number(resource.id()));
    }
  }
  return result;
}

// What a transition changes in the cluster, one text per operation. Left out is what a simulation does not make undone
// (S0 section 10, 20; S5 L-6, L-7): cancelled monitors stay in the history, fail counts are not cleared.
inline std::set<std::string> real_changes(const Graph& graph, const cib::Document& document) {
  const std::set<std::string> unsettled = unsettled_resources(document);
  std::set<std::string> result;
  for (const Synapse& synapse : graph.synapses) {
    const GraphAction& action = graph.actions[synapse.action];
    if (action.kind == GraphActionKind::kPseudo || action.operation == "cancel" ||
        action.operation == "clear_failcount") {
      continue;
    }
    if (action.primitive && unsettled.contains(without_number(action.primitive->id))) continue;
    result.insert(action_text(action));
  }
  return result;
}

// Everything that one run says about a document: graph, picture, scores, status and summary.
inline std::string everything_about(const cib::Document& document, std::int64_t now) {
  Options options;
  options.now = now;
  options.collect_scores = true;
  Schedule schedule = unpack(document, options);
  std::string text;
  write_status(*schedule.model, "Current cluster status", {}, text);
  run(schedule, options);
  text += write_graph(*schedule.model->graph) + write_dot(schedule, false, false);
  for (const ScoreLine& line : schedule.model->score_lines) text += score_line_text(line) + "\n";
  for (const std::string& line : transition_summary(schedule)) text += line + "\n";
  return text;
}

}  // namespace simcluster::scheduler::testing
