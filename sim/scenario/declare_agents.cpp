#include "sim/scenario/declare_agents.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "sim/faults/agent_faults.h"
#include "sim/scenario/values.h"

namespace simcluster::sim {

namespace {

constexpr std::array<std::string_view, 8> kPriorities = {"emerg",   "alert",  "crit", "err",
                                                         "warning", "notice", "info", "debug"};
constexpr std::array<std::string_view, 2> kStates = {"memory", "file"};
constexpr std::array<std::string_view, 6> kStandards = {"ocf", "lsb", "systemd", "service", "upstart", "stonith"};
constexpr std::int64_t kHighestScore = 1'000'000;

bool is_standard(std::string_view text) {
  return std::ranges::any_of(kStandards,
                             [&](std::string_view standard) { return agents::fits_pattern(text, standard); });
}

// "ocf:PROVIDER:TYPE" or "CLASS:TYPE"; units and scripts may have a colon in their names, agents of OCF have none.
bool split_name(std::string_view name, agents::AgentModel& model) {
  const auto first = name.find(':');
  if (first == std::string_view::npos) return false;
  model.standard = name.substr(0, first);
  std::string_view rest = name.substr(first + 1);
  if (model.standard == "ocf") {
    const auto second = rest.find(':');
    if (second == std::string_view::npos || second == 0) return false;
    model.provider = rest.substr(0, second);
    rest.remove_prefix(second + 1);
  }
  model.type = rest;
  return !rest.empty() && is_standard(model.standard);
}

void declare_line(Fields& fields, agents::ModelLine& line) {
  fields.object({}, [&] {
    auto priority = static_cast<std::size_t>(line.priority);
    fields.choice({"priority", "of syslog, info when absent"}, priority, kPriorities);
    line.priority = static_cast<LogPriority>(priority);
    fields.text(required("text", "what it logs"), line.text);
  });
}

void declare_action(Fields& fields, agents::ModelAction& action, const std::string& name) {
  action.name = name;
  const auto known = agent_actions();
  if (!name.empty() && std::ranges::find(known, name) == known.end())
    fields.fail(fields.place(""), fmt::format("agents have no action \"{}\"{}; actions are {}", name,
                                              did_you_mean(name, known), fmt::join(known, ", ")));
  fields.object({}, [&] {
    fields.duration({"takes", "how long it takes, 0s when absent"}, action.takes.least);
    fields.duration({"jitter", "up to this much more, drawn anew each time"}, action.takes.jitter);
    fields.share({"slow", "this share of all calls takes slow-takes instead"}, action.takes.slow_parts);
    fields.duration({"slow-takes", "see slow"}, action.takes.slow);
    if (fields.given("slow") != fields.given("slow-takes"))
      fields.fail(fields.place("slow"), "\"slow\" and \"slow-takes\" belong together");
    fields.number({"timeout", "what the metadata advises, in seconds"}, action.timeout_seconds, 1, 1'000'000);
    fields.number({"interval", "likewise, of a monitor"}, action.interval_seconds, 1, 1'000'000);
    fields.list({"logs", "what it logs before it does its work"}, action.lines,
                [&](agents::ModelLine& line, const std::string&) { declare_line(fields, line); });
  });
}

void declare_parameter(Fields& fields, agents::ModelParameter& parameter, const std::string& name) {
  fields.object({}, [&] {
    parameter.name = name;
    fields.text({"type", "string (when absent), integer, boolean, time ..."}, parameter.type);
    fields.text({"default", "its value when nobody gives one"}, parameter.default_value);
    fields.boolean({"required", "false when absent"}, parameter.required);
    fields.boolean({"unique", "no two resources have the same, false when absent"}, parameter.unique);
    fields.text({"text", "what crm ra info says about it"}, parameter.text);
  });
}

void declare_promotable(Fields& fields, agents::AgentModel& model) {
  fields.object({"promotable", "it has two roles, and sets promotion scores for its node"}, [&] {
    agents::ModelScores scores;
    fields.integer({"promoted-score", "when promoted, 10 when absent"}, scores.promoted, -kHighestScore, kHighestScore);
    fields.integer({"unpromoted-score", "else, 5 when absent"}, scores.unpromoted, -kHighestScore, kHighestScore);
    model.promotable = scores;
  });
}

void check_agent(Fields& fields, const agents::AgentModel& model) {
  if (model.standard == "stonith") {
    for (const std::string_view key : {"state", "process", "promotable"})
      if (fields.given(key))
        fields.fail(fields.place(key), fmt::format("a fence agent has no \"{}\": it switches machines", key));
  } else if (fields.given("plugs")) {
    fields.fail(fields.place("plugs"), "only fence agents (stonith:...) have plugs");
  }
  if (model.promotable && model.standard != "ocf" && model.standard != "stonith")
    fields.fail(fields.place("promotable"), "only agents of the class ocf are promotable");
  if (fields.given("process") && model.state == agents::ModelState::kFile)
    fields.fail(fields.place("process"), "what keeps its state in a file has no process");
}

void declare_agent(Fields& fields, AgentDraft& draft, const std::string& name) {
  agents::AgentModel& model = draft.model;
  if (!split_name(name, model) && !name.empty())
    fields.fail(fields.place(""), fmt::format("\"{}\" is no name of an agent (expected ocf:PROVIDER:TYPE, or systemd, "
                                              "lsb, service, upstart or stonith with a TYPE; a * stands for any text)",
                                              name));
  fields.object({}, [&] {
    model.short_text = "Described by the scenario";
    fields.text({"title", "its short description"}, model.short_text);
    fields.text({"description", "its long description"}, model.long_text);
    if (model.long_text.empty()) model.long_text = model.short_text;
    std::vector<std::string> machines;
    fields.list(
        {"on", "the nodes that have it installed; absent: all of them, []: none"}, machines,
        [&](std::string& machine, const std::string&) { fields.reference({}, machine, Reference::kClusterNode); },
        Style::kOneOrMany);
    if (fields.given("on")) model.machines = machines;
    std::size_t state = 0;
    fields.choice(
        {"state",
         "what tells that it is active: memory, a process that is gone after a reboot (when absent), or file, "
         "which stays on the disk"},
        state, kStates);
    model.state = static_cast<agents::ModelState>(state);
    fields.text({"process", "name of the process, the agent's type when absent"}, model.process);
    declare_promotable(fields, model);
    fields.map(
        {"parameters", "what its metadata says of parameters, by name"}, model.parameters,
        [&](agents::ModelParameter& parameter, const std::string& key) { declare_parameter(fields, parameter, key); });
    fields.map({"actions", "start, stop, monitor and so on: what they take; probe is a monitor that runs once"},
               model.actions,
               [&](agents::ModelAction& action, const std::string& key) { declare_action(fields, action, key); });
    fields.list({"failures", "calls that go wrong, as the operation agent-fault does it later"}, draft.failures,
                [&](AgentFailureDraft& failure, const std::string&) {
                  fields.object({}, [&] {
                    fields.reference({"node", "where; absent: on every node"}, failure.node, Reference::kClusterNode);
                    describe_agent_fault(fields, failure.fault);
                    failure.fault.agent = name;
                  });
                });
    fields.map({"plugs", "of a fence agent: the machine behind each plug; absent: plugs are names of machines"},
               model.plugs, [&](std::pair<std::string, std::string>& plug, const std::string& key) {
                 plug.first = key;
                 fields.reference({}, plug.second, Reference::kMachine);
               });
    check_agent(fields, model);
  });
}

}  // namespace

void declare_agents(Fields& fields, std::vector<AgentDraft>& agents) {
  fields.map({"agents",
              "agents by name, such as ocf:myco:app or systemd:*, that are described here: what they take and how "
              "they fail"},
             agents, [&](AgentDraft& draft, const std::string& name) { declare_agent(fields, draft, name); });
}

}  // namespace simcluster::sim
