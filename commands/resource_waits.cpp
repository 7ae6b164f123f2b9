#include "commands/resource_waits.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "commands/exit_status.h"
#include "commands/input.h"
#include "commands/pending_actions.h"
#include "commands/resource_changes.h"
#include "commands/resource_queries.h"
#include "engine/cib/nvpairs.h"
#include "engine/cib/values.h"
#include "engine/scheduler/history.h"
#include "engine/scheduler/profile_options.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/simulate.h"

namespace simcluster::commands {

namespace {

using scheduler::Resource;
using scheduler::ResourceId;

// Between two looks at the CIB.
constexpr std::int64_t kPauseMs = 2'000;
// For a change of the CIB to be there.
constexpr std::int64_t kChangeMs = 100;
// --wait without --timeout.
constexpr std::int64_t kWaitMs = 3'600'000;

using Names = std::vector<std::string>;

bool runs_on(const scheduler::Model& model, const Resource& resource, std::string_view node) {
  const auto here = [&](scheduler::NodeId id) { return node.empty() || model.node(id).name == node; };
  return std::ranges::any_of(resource.active, here) || std::ranges::any_of(resource.children, [&](ResourceId child) {
           return runs_on(model, model.resource(child), node);
         });
}

// Of the top level; the members of a group instead of it, since one of them may be what is restarted.
Names active_resources(const scheduler::Model& model, std::string_view node) {
  Names names;
  for (const ResourceId id : model.top_level) {
    const Resource& resource = model.resource(id);
    if (resource.is_group()) {
      for (const ResourceId member : resource.children)
        if (runs_on(model, model.resource(member), node)) names.emplace_back(model.resource(member).id);
    } else if (runs_on(model, resource, node)) {
      names.emplace_back(resource.id);
    }
  }
  return names;
}

Names without(const Names& names, const Names& others) {
  Names left;
  std::ranges::copy_if(names, std::back_inserter(left),
                       [&](const std::string& name) { return std::ranges::find(others, name) == others.end(); });
  return left;
}

scheduler::Options options_of(const Surroundings& surroundings) {
  scheduler::Options options = scheduler::options_of(surroundings.profile, surroundings.now);
  options.sanitized = false;
  return options;
}

// What is active when the cluster has done what it has to do with this CIB.
Names active_then(const cib::Document& cib, const Surroundings& surroundings, std::string_view node) {
  cib::Document working = in_newest_form(cib);
  const cib::Document before = working;
  const scheduler::Schedule schedule = scheduler::schedule(before, options_of(surroundings));
  scheduler::SimulationOptions simulation;
  simulation.now = surroundings.now;
  static_cast<void>(scheduler::simulate_transition(*schedule.model->graph, schedule.state(), working, simulation));
  return active_resources(scheduler::unpack(working, options_of(surroundings)).state(), node);
}

std::string listed(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += fmt::format(" * {}\n", name);
  return text;
}

std::optional<std::string> target_role(const cib::Document& cib, std::string_view resource) {
  for (const cib::Element& element : cib.find_all_id(resource))
    if (const cib::Element pair = cib::find_pair(element, "meta_attributes", "target-role"))
      return std::string(pair.value("value"));
  return std::nullopt;
}

std::string failure_line(int status) {
  return fmt::format("crm_resource: Error performing operation: {}\n", scheduler::exit_status_text(status));
}

// One --restart, from pause to pause.
class Restarting : public std::enable_shared_from_this<Restarting> {
 public:
  explicit Restarting(Restart restart) : restart_(std::move(restart)) {}

  Outcome begin(const ClusterState& state, const Surroundings& surroundings) {
    before_ = active_resources(state.model(), restart_.node);
    looks_ = looks_for(state);
    old_role_ = target_role(*surroundings.cib, restart_.resource);
    Outcome outcome;
    outcome.cib = *surroundings.cib;
    if (const CibError error = stop_it(outcome, surroundings); error != CibError::kNone) return broken(outcome, error);
    then_ = active_then(outcome.cib, surroundings, restart_.node);
    const Names rest = without(before_, then_);
    if (!quiet()) outcome.output += fmt::format("Waiting for {} resources to stop:\n{}", rest.size(), listed(rest));
    sleep(outcome, &Restarting::look_whether_stopped);
    return outcome;
  }

 private:
  using Step = Outcome (Restarting::*)(const Surroundings&);

  bool quiet() const { return !restart_.node.empty(); }

  void sleep(Outcome& outcome, Step next) {
    outcome.pause = Pause{
        looks_ > 0 ? kPauseMs : kChangeMs,
        [self = shared_from_this(), next](const Surroundings& surroundings) { return ((*self).*next)(surroundings); }};
  }

  // As often as the time-out of the slowest stop has room for, where nobody says how long.
  std::int64_t looks_for(const ClusterState& state) const {
    if (restart_.timeout_ms) return *restart_.timeout_ms / kPauseMs;
    std::int64_t longest = 20'000;
    for (const scheduler::Operation& operation : state.model().operations)
      if (operation.name == "stop")
        longest = std::max<std::int64_t>(longest, cib::parse_interval(operation.xml.value("timeout")).value_or(0));
    return (longest + 5'000) / kPauseMs;
  }

  CibError stop_it(Outcome& outcome, const Surroundings& surroundings) {
    if (restart_.node.empty()) return change_parameter(outcome, role(std::string("stopped")));
    const Placement ban{restart_.resource, restart_.node, true, restart_.promoted, {}};
    const auto placed = place_resource(outcome, ban, surroundings);
    outcome.output.clear();
    return placed.value_or(CibError::kInvalid);
  }
  CibError start_it(Outcome& outcome) {
    if (restart_.node.empty()) return change_parameter(outcome, role(old_role_));
    clear_placement(outcome, restart_.resource, restart_.node);
    outcome.output.clear();
    return CibError::kNone;
  }
  ParameterChange role(std::optional<std::string> value) const {
    ParameterChange change;
    change.resource = restart_.resource;
    change.kind = "meta_attributes";
    change.name = "target-role";
    change.value = std::move(value);
    return change;
  }

  static Outcome broken(Outcome outcome, CibError error) {
    outcome.write = Outcome::Write::kNothing;
    outcome.error += fmt::format("crm_resource: Error performing operation: {}\n", error_text(error));
    outcome.status = exit_status_of(error);
    return outcome;
  }

  Names active_now(const Surroundings& surroundings) const {
    return active_resources(ClusterState(*surroundings.cib, surroundings).model(), restart_.node);
  }

  static void late(Outcome& outcome, std::string_view what, const Names& rest) {
    outcome.error += fmt::format("Could not complete {}, {} resources remaining\n", what, rest.size());
    outcome.status = exit_status::kTimeout;
    outcome.error += failure_line(outcome.status);
    outcome.output += listed(rest);
  }

  Outcome look_whether_stopped(const Surroundings& surroundings) {
    Outcome outcome;
    outcome.cib = *surroundings.cib;
    const Names rest = without(active_now(surroundings), then_);
    const bool stopped = rest.empty();
    if (!stopped && --looks_ > 0) {
      sleep(outcome, &Restarting::look_whether_stopped);
      return outcome;
    }
    if (!stopped) late(outcome, fmt::format("shutdown of {}", restart_.resource), rest);
    if (const CibError error = start_it(outcome); error != CibError::kNone) return broken(outcome, error);
    if (!stopped) return outcome;
    const Names missing = without(before_, active_now(surroundings));
    if (!quiet())
      outcome.output += fmt::format("Waiting for {} resources to start again:\n{}", missing.size(), listed(missing));
    looks_ = std::max<std::int64_t>(looks_, 1);
    sleep(outcome, &Restarting::look_whether_started);
    return outcome;
  }

  Outcome look_whether_started(const Surroundings& surroundings) {
    Outcome outcome;
    const Names rest = without(before_, active_now(surroundings));
    if (rest.empty()) return outcome;
    if (--looks_ > 0) {
      sleep(outcome, &Restarting::look_whether_started);
    } else {
      late(outcome, fmt::format("restart of {}", restart_.resource), rest);
    }
    return outcome;
  }

  Restart restart_;
  std::int64_t looks_ = 0;
  std::optional<std::string> old_role_;
  Names before_;
  Names then_;
};

Outcome look_at_cluster(std::int64_t left_ms, const Surroundings& surroundings);

void wait_more(Outcome& outcome, std::int64_t left_ms) {
  outcome.pause = Pause{kPauseMs, [left_ms](const Surroundings& surroundings) {
                          return look_at_cluster(left_ms - kPauseMs, surroundings);
                        }};
}

Outcome look_at_cluster(std::int64_t left_ms, const Surroundings& surroundings) {
  Outcome outcome;
  const bool quorate = surroundings.live != nullptr && surroundings.live->quorate;
  const auto pending = pending_actions(*surroundings.cib, surroundings.profile, surroundings.now, quorate);
  if (pending.empty()) return outcome;
  if (left_ms > 0) {
    wait_more(outcome, left_ms);
    return outcome;
  }
  outcome.output = "Pending actions:\n";
  for (const std::string& action : pending) outcome.output += fmt::format("\t{}\n", action);
  outcome.status = exit_status::kTimeout;
  outcome.error = failure_line(outcome.status);
  return outcome;
}

std::string_view action_of(std::string_view command) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kActions = {
      {{"force-start", "start"},
       {"force-stop", "stop"},
       {"force-check", "monitor"},
       {"force-promote", "promote"},
       {"force-demote", "demote"},
       {"validate", "validate-all"}}};
  const auto* found = std::ranges::find(kActions, command, [](const auto& row) { return row.first; });
  return found == kActions.end() ? std::string_view() : found->second;
}

Outcome refused(int status, std::string why) {
  Outcome outcome;
  outcome.status = status;
  outcome.error = std::move(why) + failure_line(status);
  return outcome;
}

}  // namespace

Outcome restart_resource(const Restart& restart, const ClusterState& state, const Surroundings& surroundings) {
  const Resource& resource = *state.resource(restart.resource);
  if (!runs_on(state.model(), resource, restart.node))
    return refused(exit_status::kNoSuchObject,
                   fmt::format("{} is not running {} and so cannot be restarted\n", restart.resource,
                               restart.node.empty() ? "anywhere" : "on " + restart.node));
  return std::make_shared<Restarting>(restart)->begin(state, surroundings);
}

Outcome wait_for_cluster(std::optional<std::int64_t> timeout_ms) {
  Outcome outcome;
  wait_more(outcome, timeout_ms.value_or(kWaitMs));
  return outcome;
}

Outcome run_agent_here(std::string_view command, const Resource& resource, std::string_view asked, bool force,
                       const ClusterState& state) {
  if (resource.is_group() || resource.is_bundle())
    return refused(exit_status::kUnimplemented, fmt::format("Sorry, the {} option doesn't support {} resources\n",
                                                            command, resource.is_group() ? "group" : "bundle"));
  const Resource* primitive = &resource;
  while (!primitive->is_primitive() && !primitive->children.empty())
    primitive = &state.model().resource(primitive->children.front());
  const bool wakes = command == "force-start" || command == "force-promote";
  if (resource.is_clone() && wakes && !force && runs_on(state.model(), resource, {}))
    return refused(exit_status::kUnsafe,
                   fmt::format("It is not safe to {} {} here: the cluster claims it is already active\n"
                               "Try setting target-role=Stopped first or specifying the force option\n",
                               command, asked));
  AgentCall call;
  AgentRequest& request = call.request;
  request.standard = primitive->agent_class;
  request.provider = primitive->provider;
  request.type = primitive->type;
  request.action = action_of(command);
  request.instance = asked;
  request.parameters = parameters_of(state, *primitive);
  const std::string agent =
      fmt::format("{}:{}{}{}", request.standard, request.provider, request.provider.empty() ? "" : ":", request.type);
  call.after = [what = std::string(command), name = std::string(asked), agent](int rc, std::string_view rc_text,
                                                                               std::string_view output) {
    Outcome outcome;
    outcome.status = rc;
    if (rc != 0) outcome.error = failure_line(rc);
    outcome.output =
        fmt::format("Operation {} for {} ({}) returned {} ({})\n{}", what, name, agent, rc, rc_text, output);
    return outcome;
  };
  Outcome outcome;
  outcome.agent = std::move(call);
  return outcome;
}

}  // namespace simcluster::commands
