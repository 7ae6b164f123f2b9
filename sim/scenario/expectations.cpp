#include "sim/scenario/expectations.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/membership/stack.h"
#include "engine/node/node.h"
#include "reports/text.h"
#include "sim/checks/judge.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

using Kind = Expectation::Kind;

std::string machines_text(const std::vector<std::string>& names) {
  return names.empty() ? std::string("no machine") : fmt::format("{}", fmt::join(names, " and "));
}

std::string state_text(const StateClaim& claim) {
  switch (claim.subject) {
    case StateClaim::Subject::kAddress:
      return fmt::format("{} is on {}", claim.address.text(), machines_text(claim.on));
    case StateClaim::Subject::kResource:
      return fmt::format("{} runs on {}", claim.name, machines_text(claim.on));
    case StateClaim::Subject::kDc:
      return fmt::format("the DC is {}", machines_text(claim.on));
    case StateClaim::Subject::kMembers:
      return fmt::format("{} are one partition", machines_text(claim.on));
    case StateClaim::Subject::kQuorum:
      return fmt::format("{} {} quorum", machines_text(claim.on), claim.on.size() == 1 ? "has" : "have");
    case StateClaim::Subject::kCluster:
      return fmt::format("the cluster software runs on {}", machines_text(claim.on));
    case StateClaim::Subject::kPower:
      return fmt::format("{} is switched {}", claim.name, claim.powered ? "on" : "off");
  }
  return {};
}

int level_of(const Expectation& expectation) {
  if (expectation.kind != Kind::kEvent && expectation.kind != Kind::kNever) return -1;
  int level = trace_kind_level(expectation.event.kind);
  if (expectation.after) level = std::max(level, trace_kind_level(expectation.after->kind));
  return level;
}

std::string sorted_text(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return machines_text(names);
}

}  // namespace

std::string expectation_text(const Expectation& expectation) {
  if (!expectation.text.empty()) return expectation.text;
  const std::string after = expectation.after ? fmt::format(" after {}", pattern_text(*expectation.after)) : "";
  const std::string from =
      expectation.from.ns > 0 ? fmt::format(" from {}", reports::duration_text(expectation.from)) : "";
  switch (expectation.kind) {
    case Kind::kEvent:
      return fmt::format(
          "{}{}{}{}", pattern_text(expectation.event), from,
          expectation.within ? fmt::format(" within {}", reports::duration_text(*expectation.within)) : "", after);
    case Kind::kNever:
      return fmt::format(
          "never {}{}{}{}", pattern_text(expectation.event), from,
          expectation.within ? fmt::format(" until {}", reports::duration_text(*expectation.within)) : "", after);
    case Kind::kState:
      return state_text(expectation.state) +
             (expectation.at ? fmt::format(" at {}", reports::duration_text(*expectation.at)) : " at the end");
    case Kind::kJudgement:
      return fmt::format("the judge {} finds something", expectation.judge);
  }
  return {};
}

ExpectationWatch::ExpectationWatch(const Scenario& scenario, World& world)
    : scenario_(scenario), world_(world), start_(world.now()) {
  // Where resources run is read from the ends of operations.
  int level = trace_kind_level(TraceKind::kOperationEnd);
  for (const Expectation& expectation : scenario_.expectations) {
    Watched watched{&expectation, {}, {}, {}, {}, {}};
    if (level_of(expectation) >= 0) watched.event.emplace(expectation.event, world_);
    if (expectation.after)
      watched.after.emplace(*expectation.after, world_);
    else
      watched.armed = start_;
    level = std::max(level, level_of(expectation));
    watched_.push_back(std::move(watched));
  }
  world_.tracer().add_sink(*this, level);
}

ExpectationWatch::~ExpectationWatch() { world_.tracer().remove_sink(*this); }

void ExpectationWatch::start() {
  for (Watched& watched : watched_) {
    if (watched.expectation->kind != Kind::kState || !watched.expectation->at) continue;
    Watched* target = &watched;
    world_.at(start_ + *watched.expectation->at, [this, target] { check_state(*target); });
  }
}

void ExpectationWatch::on_trace(const TraceEvent& event) {
  track_resources(event);
  for (Watched& watched : watched_)
    if (watched.event) on_event(watched, event);
}

void ExpectationWatch::on_event(Watched& watched, const TraceEvent& event) {
  if (!watched.armed) {
    if (watched.after->hit(event)) watched.armed = event.at;
    return;
  }
  const Duration since = event.at - *watched.armed;
  if (since < watched.expectation->from || watched.hit) return;
  if (watched.expectation->kind == Kind::kNever && watched.expectation->within && since > *watched.expectation->within)
    return;
  if (watched.event->hit(event)) watched.hit = event.at;
}

void ExpectationWatch::track_resources(const TraceEvent& event) {
  // A crash of the cluster software leaves what it had started.
  if (event.kind == TraceKind::kNodeReset ||
      (event.kind == TraceKind::kNodeStop && field_text(event, "what") == "power off")) {
    const std::string& gone = world_.machine(event.node).name();
    for (auto& [resource, nodes] : resource_nodes_) std::erase(nodes, gone);
    return;
  }
  if (event.kind != TraceKind::kOperationEnd || field_number(event, "rc") != 0 || field_number(event, "status") != 0)
    return;
  const std::string operation = field_text(event, "operation");
  if (operation != "start" && operation != "stop") return;
  auto& nodes = resource_nodes_[field_text(event, "resource")];
  const std::string& node = world_.machine(event.node).name();
  std::erase(nodes, node);
  if (operation == "start") nodes.push_back(node);
}

void ExpectationWatch::check_state(Watched& watched) {
  watched.state_error = state_problem(watched.expectation->state);
}

std::string ExpectationWatch::state_problem(const StateClaim& claim) const {
  using Subject = StateClaim::Subject;
  if (claim.subject == Subject::kResource) return resource_problem(claim);
  if (claim.subject == Subject::kDc) return dc_problem(claim);
  if (claim.subject == Subject::kMembers) return partition_problem(claim);
  if (claim.subject == Subject::kQuorum) {
    const std::string nodes = nodes_text([](Machine& m) { return m.stack() != nullptr && m.stack()->quorate(); });
    return nodes == sorted_text(claim.on) ? "" : fmt::format("it is {}", nodes);
  }
  if (claim.subject == Subject::kCluster) {
    const std::string nodes = nodes_text([](Machine& m) { return m.cluster_running(); });
    return nodes == sorted_text(claim.on) ? "" : fmt::format("it runs on {}", nodes);
  }
  if (claim.subject == Subject::kPower) {
    const bool on = world_.machine(world_.find_machine(claim.name)).power() != PowerState::kOff;
    return on == claim.powered ? "" : fmt::format("{} is switched {}", claim.name, on ? "on" : "off");
  }
  std::vector<std::string> places;
  for (const auto& place : world_.find_address(claim.address)) places.push_back(world_.machine(place.machine).name());
  const std::string found = sorted_text(places);
  return found == sorted_text(claim.on) ? "" : fmt::format("it is on {}", found);
}

std::string ExpectationWatch::resource_problem(const StateClaim& claim) const {
  const auto found = resource_nodes_.find(claim.name);
  const std::string nodes = sorted_text(found == resource_nodes_.end() ? std::vector<std::string>{} : found->second);
  return nodes == sorted_text(claim.on) ? "" : fmt::format("it runs on {}", nodes);
}

std::string ExpectationWatch::nodes_text(bool (*has)(Machine& machine)) const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < world_.machine_count(); ++i) {
    Machine& machine = world_.machine(NodeIndex(static_cast<NodeIndex::rep>(i)));
    if (has(machine)) names.push_back(machine.name());
  }
  return sorted_text(names);
}

std::string ExpectationWatch::dc_problem(const StateClaim& claim) const {
  for (std::size_t i = 0; i < world_.machine_count(); ++i) {
    Machine& machine = world_.machine(NodeIndex(static_cast<NodeIndex::rep>(i)));
    const node::Node* node = machine.node();
    if (node != nullptr && node->dc() != claim.on.front())
      return fmt::format("{} takes {} for the DC", machine.name(), node->dc().empty() ? "nobody" : node->dc());
  }
  return {};
}

// With Pacemaker as its controller sees it, with Corosync alone as the ring is.
std::string ExpectationWatch::partition_problem(const StateClaim& claim) const {
  for (const std::string& name : claim.on) {
    Machine& machine = world_.machine(world_.find_machine(name));
    if (!machine.cluster_running()) {
      // A node that has ended is in nobody's partition; others tell what they see.
      if (claim.on.size() == 1) return fmt::format("the cluster software does not run on {}", name);
      continue;
    }
    std::vector<std::string> seen;
    if (const node::Node* node = machine.node()) {
      seen = node->members();
    } else {
      for (const ClusterNodeId id : machine.stack()->members()) {
        const NodeIndex member = world_.find_node(id);
        seen.push_back(member.valid() ? world_.machine(member).name() : fmt::format("node {}", id.value));
      }
    }
    if (const std::string text = sorted_text(seen); text != sorted_text(claim.on))
      return fmt::format("{} sees {}", name, text);
  }
  return {};
}

std::vector<ExpectationResult> ExpectationWatch::finish(const std::vector<std::unique_ptr<Judge>>& judges) {
  std::vector<ExpectationResult> results;
  for (Watched& watched : watched_) results.push_back(result_of(watched, judges));
  for (const auto& judge : judges) {
    const bool expected = std::any_of(scenario_.expectations.begin(), scenario_.expectations.end(), [&](const auto& e) {
      return e.kind == Kind::kJudgement && e.judge == judge->name();
    });
    if (expected || judge->findings().empty()) continue;
    const Finding& first = judge->findings().front();
    results.push_back({fmt::format("the judge {} finds nothing", judge->name()), false,
                       fmt::format("{} after {}", first.text, reports::duration_text(first.at - start_)),
                       scenario_.place});
  }
  return results;
}

ExpectationResult ExpectationWatch::result_of(Watched& watched, const std::vector<std::unique_ptr<Judge>>& judges) {
  const Expectation& expectation = *watched.expectation;
  std::string problem;
  switch (expectation.kind) {
    case Kind::kState:
      if (!expectation.at) check_state(watched);
      problem = watched.state_error.value_or("the run ended before");
      break;
    case Kind::kJudgement:
      problem = judgement_problem(expectation, judges);
      break;
    case Kind::kEvent:
    case Kind::kNever:
      problem = event_problem(watched);
      break;
  }
  const bool met = problem.empty();
  return {expectation_text(expectation), met, std::move(problem), expectation.place};
}

std::string ExpectationWatch::event_problem(const Watched& watched) const {
  const Expectation& expectation = *watched.expectation;
  if (!watched.armed)
    return expectation.kind == Kind::kNever ? "" : fmt::format("{} never happened", pattern_text(*expectation.after));
  const std::string when = watched.hit ? reports::duration_text(*watched.hit - *watched.armed) : "";
  if (expectation.kind == Kind::kNever) return watched.hit ? fmt::format("it happened after {}", when) : "";
  if (!watched.hit) return "it never happened";
  if (expectation.within && *watched.hit - *watched.armed > *expectation.within)
    return fmt::format("it happened only after {}", when);
  return {};
}

std::string ExpectationWatch::judgement_problem(const Expectation& expectation,
                                                const std::vector<std::unique_ptr<Judge>>& judges) const {
  for (const auto& judge : judges)
    if (judge->name() == expectation.judge) return judge->findings().empty() ? "it found nothing" : "";
  return "there is no such judge";
}

}  // namespace simcluster::sim
