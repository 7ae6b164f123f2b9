#include "sim/scenario/screen.h"

#include <vector>

#include <fmt/core.h>

#include "engine/cib/crm_shell.h"
#include "engine/fencer/fencer.h"
#include "engine/membership/stack.h"
#include "engine/membership/tools.h"
#include "engine/node/node.h"
#include "reports/crm_mon.h"
#include "sim/scenario/machine_screen.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {
constexpr std::string_view kShowConfiguration = "crm configure show";
}  // namespace

Result<void> check_screen(std::string_view command) {
  if (membership::is_corosync_tool(command) || command == kShowConfiguration || is_machine_screen(command)) return {};
  if (!command.starts_with("crm_mon"))
    return fail(fmt::format(
        "\"{}\" cannot be shown (expected crm_mon, crm configure show, corosync-quorumtool, corosync-cfgtool or "
        "corosync-cmapctl with their options, or {})",
        command, machine_screens()));
  auto options = reports::parse_crm_mon_command(command);
  if (!options) return tl::unexpected(options.error());
  return {};
}

namespace {

std::string corosync_screen(Machine& machine, std::string_view command) {
  membership::Stack* stack = machine.stack();
  const membership::ToolResult result =
      stack != nullptr ? stack->run_tool(command)
                       : membership::run_corosync_tool_without_daemon(command, machine.spec().profile);
  std::string text = result.output + result.error;
  if (result.status != 0) text += fmt::format("(exit status {})\n", result.status);
  return text;
}

}  // namespace

namespace {

std::vector<reports::FencingRecord> fencing_records(const node::Node& node) {
  std::vector<reports::FencingRecord> records;
  for (const fencer::HistoryEntry& entry : node.fencing_history())
    records.push_back({entry.target, entry.action, entry.delegate, entry.client, entry.origin, entry.reason,
                       entry.completed, entry.succeeded, entry.pending});
  return records;
}

}  // namespace

Result<std::string> fencing_screen(Machine& machine, const reports::FencingQuestion& question) {
  const Profile& profile = machine.spec().profile;
  // Before 2.0 every operation had a sentence.
  if (!profile.daemons_renamed) return machine.node()->stonith_admin("--history " + question.target);
  return reports::fencing_answer(question, fencing_records(*machine.node()), profile.old_rc_texts);
}

Result<void> show_devices(World& world, Machine& machine, const reports::FencingQuestion& question) {
  using Kind = fencer::DeviceQuestion::Kind;
  const Kind kind = question.kind == reports::FencingQuestion::Kind::kDevices   ? Kind::kDevices
                    : question.kind == reports::FencingQuestion::Kind::kTargets ? Kind::kTargets
                                                                                : Kind::kStatus;
  return machine.node()->ask_devices({kind, question.target}, [&world, index = machine.index(),
                                                               question](const fencer::DeviceAnswer& answer) {
    const std::string text = reports::devices_answer(question, {answer.known, answer.ok, answer.names, answer.reason});
    if (text.empty()) return;
    world.tracer().emit(index, TraceKind::kScreen, {{"command", question.request}, {"text", text}});
  });
}

Result<std::string> screen_text(const World& world, Machine& machine, std::string_view command) {
  if (membership::is_corosync_tool(command)) return corosync_screen(machine, command);
  if (is_machine_screen(command)) return machine_screen(machine, command);
  const node::Node* node = machine.node();
  if (command == kShowConfiguration) {
    if (node == nullptr) return fail(fmt::format("the cluster software does not run on {}", machine.name()));
    return cib::write_crm_shell(node->cib());
  }
  const auto options = reports::parse_crm_mon_command(command);
  if (!options) return tl::unexpected(options.error());
  // What the tool says when it finds no cluster (AT part H).
  if (node == nullptr)
    return std::string("Attempting connection to the cluster...\n\nConnection to cluster failed: connection failed\n");
  const std::vector<reports::FencingRecord> fencing = fencing_records(*node);
  return reports::crm_mon_text(node->cib(), *options, {world.now(), machine.spec().profile, machine.name(), fencing});
}

}  // namespace simcluster::sim
