#include "commands/pending_actions.h"

#include <string_view>

#include <fmt/core.h>

#include "commands/cluster_state.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/profile_options.h"
#include "engine/scheduler/scheduler.h"

namespace simcluster::commands {

namespace {

std::string words(int number, std::string_view key, std::string_view node) {
  return fmt::format("Action {}: {}{}{}", number, key, node.empty() ? "" : "\ton ", node);
}

}  // namespace

std::vector<std::string> running_operations(const cib::Document& cib) {
  std::vector<std::string> running;
  for (const cib::Element state : cib.root().first_child("status").children("node_state"))
    for (cib::Element part = state; part; part = part.next_in(state))
      if (part.is("lrm_rsc_op") && part.value("op-status") == "-1")
        running.push_back(words(0, part.value("operation_key"), state.value("uname")));
  return running;
}

std::vector<std::string> pending_actions(const cib::Document& cib, const Profile& profile, std::int64_t now,
                                         bool quorate) {
  const cib::Document input = in_newest_form(cib);
  scheduler::Options options = scheduler::options_of(profile, now);
  options.sanitized = false;
  options.quorum = quorate;
  const scheduler::Schedule schedule = scheduler::schedule(input, options);
  const scheduler::Graph& graph = *schedule.state().graph;
  std::vector<std::string> pending;
  for (const scheduler::Synapse& synapse : graph.synapses) {
    const scheduler::GraphAction& action = graph.actions[synapse.action];
    if (action.kind != scheduler::GraphActionKind::kPseudo)
      pending.push_back(words(action.id, action.operation_key, action.node));
  }
  return pending.empty() ? running_operations(cib) : pending;
}

}  // namespace simcluster::commands
