#include "sim/scenario/tool_run.h"

#include <functional>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "commands/tool.h"
#include "engine/base/shell_words.h"
#include "engine/node/node.h"
#include "reports/crm_mon_view.h"
#include "sim/kernel/kernel.h"
#include "sim/scenario/values.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

struct ToolCall {
  const commands::Tool* tool;
  commands::Arguments arguments;
};

Result<ToolCall> find_call(const std::vector<std::string>& words) {
  if (words.empty()) return fail("a tool and its options are missing");
  const commands::Tool* tool = commands::find_tool(words.front());
  if (tool == nullptr) {
    std::string known;
    for (const commands::Tool& one : commands::tools()) {
      if (!known.empty()) known += &one == &commands::tools().back() ? " or " : ", ";
      known += one.name;
    }
    return fail(fmt::format("\"{}\" is no tool that can be run here (expected {})", words.front(), known));
  }
  return ToolCall{tool, {words.begin() + 1, words.end()}};
}

Result<ToolCall> parse_call(std::string_view command) {
  const auto words = split_shell_words(command);
  return words ? find_call(*words) : tl::unexpected(words.error());
}

commands::LiveNode live_node(const node::Node& node) {
  commands::LiveNode live;
  live.name = node.config().name;
  live.id = node.config().id.value;
  live.dc = node.dc();
  live.members = node.members();
  live.quorate = node.has_quorum();
  return live;
}

std::string state_of(World& world, std::string_view name) {
  const NodeIndex machine = world.find_machine(name);
  const node::Node* node = machine.valid() ? world.machine(machine).node() : nullptr;
  return node == nullptr ? std::string() : std::string(node->controller_state());
}

node::CibWish wish_of(commands::Outcome::Write write) {
  if (write == commands::Outcome::Write::kBump) return node::CibWish::kBump;
  return write == commands::Outcome::Write::kErase ? node::CibWish::kErase : node::CibWish::kDocument;
}

bool asks_only(const commands::Outcome& outcome) {
  return outcome.write == commands::Outcome::Write::kNothing && outcome.attributes.empty() && outcome.forget.empty();
}

Result<void> fulfil(node::Node& node, const commands::Outcome& outcome, std::string_view tool) {
  if (outcome.write != commands::Outcome::Write::kNothing) {
    if (auto taken = node.take_cib(outcome.cib, wish_of(outcome.write), outcome.client.empty() ? tool : outcome.client);
        !taken)
      return taken;
  }
  for (const commands::AttributeWish& wish : outcome.attributes)
    node.update_attribute(wish.name, wish.value ? std::optional<std::string_view>(*wish.value) : std::nullopt,
                          milliseconds(wish.dampen_ms.value_or(0)), wish.node);
  for (const commands::ForgetWish& wish : outcome.forget) {
    const std::string_view verb = wish.failed_only ? "cleanup" : "refresh";
    if (const auto done = node.crm(fmt::format("resource {} {} {}", verb, wish.resource, wish.node)); !done)
      return tl::unexpected(done.error());
  }
  return {};
}

using Question = std::function<commands::Outcome(const commands::Surroundings&)>;

// What a tool says that is asked now. `can_wait`: it may go on later.
commands::Outcome outcome_of(World& world, Machine& machine, bool can_wait, const Question& question) {
  const node::Node* node = machine.node();
  commands::Surroundings surroundings;
  commands::LiveNode live;
  surroundings.can_wait = can_wait && node != nullptr;
  surroundings.profile = machine.spec().profile;
  surroundings.now = world.now().unix_seconds();
  surroundings.read = [&](const std::string& name) -> Result<std::string> {
    if (const std::string* text = machine.kernel().files().find(name)) return *text;
    return fail("cannot be opened", {name, 0, 0});
  };
  if (node != nullptr) {
    live = live_node(*node);
    live.state_of = [&world](std::string_view name) { return state_of(world, name); };
    surroundings.live = &live;
    surroundings.cib = &node->cib();
    surroundings.connection = commands::Connection::kOpen;
  }
  commands::Outcome outcome = question(surroundings);
  for (const auto& [file, text] : outcome.files) machine.kernel().files().write(file, text);
  return outcome;
}

std::string text_of(const commands::Outcome& outcome) {
  std::string text = outcome.error + outcome.output;
  if (outcome.status != 0) text += fmt::format("(exit status {})\n", outcome.status);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

// A tool that sleeps, or waits for an agent: it ends with its node's machine.
class LongTool : public std::enable_shared_from_this<LongTool> {
 public:
  LongTool(World& world, NodeIndex machine, std::string_view tool, std::string_view command)
      : world_(world), machine_(machine), tool_(tool), command_(command), incarnation_(the_machine().incarnation()) {}

  void go_on(const commands::Outcome& outcome) {
    if (outcome.pause)
      world_.at(world_.now() + milliseconds(outcome.pause->ms),
                [self = shared_from_this(), next = outcome.pause->go_on] { self->look(next); });
    if (outcome.agent) run(*outcome.agent);
  }

 private:
  Machine& the_machine() { return world_.machine(machine_); }

  void look(const Question& question) {
    Machine& machine = the_machine();
    if (machine.incarnation() != incarnation_ || machine.node() == nullptr) return;
    const commands::Outcome outcome = outcome_of(world_, machine, true, question);
    const std::string text = text_of(outcome);
    const bool over = !outcome.pause;
    if (over || !text.empty()) tell(text.empty() ? "(done)" : text);
    if (const auto done = fulfil(*machine.node(), outcome, tool_); !done) return tell(done.error().message);
    go_on(outcome);
  }

  void run(const commands::AgentCall& call) {
    const bool old_words = the_machine().spec().profile.old_rc_texts;
    static_cast<void>(
        the_machine().run_by_hand(call.request, command_, [after = call.after, old_words](const AgentResult& result) {
          return text_of(after(result.exit_code, reports::rc_text(result.exit_code, old_words),
                               result.output + result.error_output));
        }));
  }

  void tell(std::string_view text) {
    world_.tracer().emit(machine_, TraceKind::kScreen, {{"command", command_}, {"text", text}});
  }

  World& world_;
  NodeIndex machine_;
  std::string tool_;
  std::string command_;
  std::uint64_t incarnation_;
};

// `command`: as it was typed.
Result<void> run_call(World& world, Machine& machine, std::string_view command, const ToolCall& call) {
  node::Node* node = machine.node();
  const commands::Outcome outcome =
      outcome_of(world, machine, true, [&](const auto& around) { return call.tool->run(call.arguments, around); });
  const std::string text = text_of(outcome);
  // Who only asks has changed nothing.
  if (outcome.agent) {
    // Told when the agent has ended.
  } else if (asks_only(outcome) && !outcome.pause) {
    world.tracer().emit(machine.index(), TraceKind::kScreen, {{"command", command}, {"text", text}});
  } else {
    world.tracer().emit(machine.index(), TraceKind::kOperator,
                        {{"text", fmt::format("{}{}{}", command, text.empty() ? "" : "\n", text)}});
  }
  if (node == nullptr) return {};
  if (auto done = fulfil(*node, outcome, call.tool->name); !done) return done;
  if (outcome.pause || outcome.agent)
    std::make_shared<LongTool>(world, machine.index(), call.tool->name, command)->go_on(outcome);
  return {};
}

}  // namespace

Result<void> check_tool(std::string_view command) {
  const auto call = parse_call(command);
  return call ? Result<void>() : tl::unexpected(call.error());
}

Result<void> run_tool(World& world, Machine& machine, std::string_view command) {
  const auto call = parse_call(command);
  return call ? run_call(world, machine, command, *call) : tl::unexpected(call.error());
}

Result<void> run_tool_words(World& world, Machine& machine, const std::vector<std::string>& words) {
  const auto call = find_call(words);
  if (!call) return tl::unexpected(call.error());
  return run_call(world, machine, fmt::format("{}", fmt::join(words, " ")), *call);
}

CommandAnswer run_tool_for_script(World& world, Machine& machine, const std::vector<std::string>& words) {
  const commands::Tool* tool = commands::find_tool(words.front());
  if (tool == nullptr) return {127, "", fmt::format("{}: command not found\n", words.front()), {}};
  const commands::Outcome outcome = outcome_of(world, machine, false, [&](const auto& around) {
    return tool->run({words.begin() + 1, words.end()}, around);
  });
  CommandAnswer answer{outcome.status, outcome.output, outcome.error, {}};
  if (node::Node* node = machine.node(); node != nullptr) {
    const auto done = fulfil(*node, outcome, tool->name);
    if (!done) answer = {1, "", done.error().message + "\n", {}};
  }
  return answer;
}

}  // namespace simcluster::sim
