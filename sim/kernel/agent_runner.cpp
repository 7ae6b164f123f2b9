#include "sim/kernel/agent_runner.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/agents/agent_models.h"
#include "engine/agents/environment.h"
#include "sim/kernel/agent_backend.h"
#include "sim/kernel/kernel.h"

namespace simcluster::sim {

AgentRunner::AgentRunner(Kernel& kernel)
    : kernel_(kernel),
      random_(kernel.context().seed, kernel.context().stream("scheduling")),
      durations_(kernel.context().seed, kernel.context().stream("agent durations")) {}

AgentRunner::~AgentRunner() = default;

ProgramProcess& AgentRunner::take() {
  if (free_.empty()) {
    processes_.push_back(std::make_unique<ProgramProcess>(*this, kernel_, random_));
    free_.push_back(processes_.back().get());
  }
  ProgramProcess& process = *free_.back();
  free_.pop_back();
  active_.push_back(&process);
  return process;
}

void AgentRunner::recycle(ProgramProcess& process) {
  std::erase(active_, &process);
  free_.push_back(&process);
}

void AgentRunner::child_ended(std::int32_t parent, agents::ChildExit child) {
  const auto it = std::ranges::find_if(active_, [&](const ProgramProcess* p) { return p->pid() == parent; });
  if (it != active_.end()) (*it)->child_ended(child);
}

bool AgentRunner::knows(const AgentRequest& request) const {
  if (source_ != nullptr && source_->find(request)) return true;
  const MachineContext& context = kernel_.context();
  return agents::installed_agent(request.standard, request.provider, request.type, context.profile,
                                 context.models.get())
      .has_value();
}

std::optional<AgentFault> AgentRunner::find_fault(const AgentRequest& request) {
  for (auto it = faults_.begin(); it != faults_.end(); ++it) {
    if (!concerns(*it, request)) continue;
    if (it->after > 0) {
      --it->after;
      continue;
    }
    AgentFault fault = *it;
    if (it->times > 0 && --it->times == 0) faults_.erase(it);
    return fault;
  }
  return std::nullopt;
}

// Recurring operations come with the same request again and again.
std::shared_ptr<const agents::Environment> AgentRunner::environment_for(
    const AgentRequest& request, std::shared_ptr<const agents::AgentModel> model) {
  for (const auto& made : environments_)
    if (agents::made_for(*made, request)) return made;
  constexpr std::size_t kKept = 16;
  if (environments_.size() == kKept) environments_.erase(environments_.begin());
  const MachineContext& context = kernel_.context();
  auto environment =
      std::make_shared<agents::Environment>(agents::make_environment(request, context.name, context.profile));
  environment->model = std::move(model);
  return environments_.emplace_back(std::move(environment));
}

std::shared_ptr<const agents::Environment> AgentRunner::plain_environment(std::string_view name,
                                                                          std::vector<std::string> arguments) const {
  auto environment = std::make_shared<agents::Environment>();
  environment->type = name;
  environment->arguments = std::move(arguments);
  environment->node_name = kernel_.context().name;
  environment->profile = kernel_.context().profile;
  return environment;
}

void AgentRunner::tell_unknown(const AgentRequest& request) {
  const MachineContext& context = kernel_.context();
  const auto described = [&](bool patterns) {
    return context.models != nullptr &&
           context.models->find(request.standard, request.provider, request.type, patterns) != nullptr;
  };
  if (described(false) || described(true)) return;
  std::string name = agent_text(request);
  const std::string text = fmt::format(
      "{} is not one of the agents that are simulated, and \"agents\" does not describe it: it counts as not installed",
      name);
  if (told_unknown_.insert(std::move(name)).second && context.tracer.wants(TraceKind::kNote))
    context.tracer.emit(context.node, TraceKind::kNote, {{"text", text}});
}

AgentRunId AgentRunner::run_agent(const AgentRequest& request, RunListener& listener) {
  const MachineContext& context = kernel_.context();
  const auto agent =
      agents::installed_agent(request.standard, request.provider, request.type, context.profile, context.models.get());
  auto script = source_ != nullptr ? source_->find(request) : std::nullopt;
  if (!agent && !script) tell_unknown(request);
  ProgramProcess::Start start;
  start.program = agent ? agent->main : nullptr;
  start.environment = environment_for(request, agent ? agent->model : nullptr);
  if (script) {
    start.program = script->program;
    start.environment = std::move(script->environment);
  }
  start.name = request.type;
  start.run = AgentRunId(next_run_++);
  start.listener = &listener;
  if (!faults_.empty()) start.fault = find_fault(request);
  start.start_cost = random_.between(context.knobs.script_start.least, context.knobs.script_start.most);
  const AgentRunId run = start.run;
  take().start(std::move(start));
  return run;
}

AgentRunId AgentRunner::run_program(std::string_view name, agents::Program program, std::vector<std::string> arguments,
                                    bool trace_output) {
  const MachineContext& context = kernel_.context();
  ProgramProcess::Start start;
  start.program = program;
  start.environment = plain_environment(name, std::move(arguments));
  start.name = name;
  start.run = AgentRunId(next_run_++);
  start.trace_output = trace_output;
  start.start_cost = random_.between(context.knobs.command.least, context.knobs.command.most);
  const AgentRunId run = start.run;
  take().start(std::move(start));
  return run;
}

void AgentRunner::signal_run(AgentRunId run, int signal) {
  const auto it = std::ranges::find_if(active_, [&](const ProgramProcess* p) { return p->run() == run; });
  if (it != active_.end() && run.valid()) kernel_.processes().signal(-(*it)->group(), signal);
}

void AgentRunner::forget(RunListener& listener) {
  for (ProgramProcess* process : active_)
    if (process->listener() == &listener) process->forget_listener();
}

std::vector<RunInfo> AgentRunner::runs() const {
  std::vector<RunInfo> all;
  for (const ProgramProcess* process : active_) {
    if (!process->run().valid()) continue;
    const agents::Environment& e = process->environment();
    all.push_back({process->run(), e.type, e.action, e.instance, process->pid()});
  }
  return all;
}

std::vector<std::int32_t> AgentRunner::users_of(std::string_view directory) const {
  std::vector<std::int32_t> pids;
  for (const ProgramProcess* process : active_)
    if (process->uses(directory)) pids.push_back(process->pid());
  return pids;
}

void AgentRunner::halt() {
  deferred_.clear();
  const std::vector<ProgramProcess*> all = active_;
  for (ProgramProcess* process : all) {
    process->destroy();
    recycle(*process);
  }
  if (source_ != nullptr) source_->halt();
}

void AgentRunner::thaw() {
  const std::vector<ProgramProcess*> waiting = std::move(deferred_);
  deferred_.clear();
  for (ProgramProcess* process : waiting)
    if (process->active()) process->wake_after_freeze();
}

}  // namespace simcluster::sim
