// crm_node and crmadmin (AT-9.6), as 2.1.5 does it.
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "commands/arguments.h"
#include "commands/exit_status.h"
#include "commands/input.h"
#include "commands/tool_table.h"
#include "engine/cib/dates.h"

namespace simcluster::commands {

namespace {

using cib::Element;
using Value = OptionSpec::Value;

constexpr std::array<OptionSpec, 12> kNodeOptions = {{
    {'h', "help"},
    {'$', "version"},
    {'V', "verbose"},
    {'Q', "quiet"},
    {'i', "cluster-id"},
    {'l', "list"},
    {'n', "name"},
    {'p', "partition"},
    {'q', "quorum"},
    {'N', "name-for-id", Value::kRequired},
    {'R', "remove", Value::kRequired},
    {'f', "force"},
}};

constexpr std::array<OptionSpec, 10> kAdminOptions = {{
    {'h', "help"},
    {'$', "version"},
    {'V', "verbose"},
    {'q', "quiet"},
    {'S', "status", Value::kRequired},
    {'P', "pacemakerd"},
    {'D', "dc_lookup"},
    {'N', "nodes", Value::kOptional},
    {'B', "bash-export"},
    {'t', "timeout", Value::kRequired},
}};

Outcome failed(int status, std::string error) {
  Outcome outcome;
  outcome.status = status;
  outcome.error = std::move(error);
  return outcome;
}

std::string name_of_id(const cib::Document& cib, std::string_view id) {
  for (const Element node : cib.find_path("configuration/nodes").children("node"))
    if (node.id() == id) return std::string(node.value("uname"));
  return {};
}

std::string node_list(const Surroundings& surroundings) {
  std::string out;
  const auto& members = surroundings.live->members;
  for (const Element node : surroundings.cib->find_path("configuration/nodes").children("node")) {
    const std::string_view name = node.value("uname");
    const bool member = std::find(members.begin(), members.end(), name) != members.end();
    out += fmt::format("{} {} {}\n", node.id(), name, member ? "member" : "lost");
  }
  return out;
}

}  // namespace

Outcome crm_node(const Arguments& arguments, const Surroundings& surroundings) {
  const ParsedArguments given = parse_arguments(kNodeOptions, arguments, OptionStyle::kGlib);
  if (!given.error.empty()) return failed(exit_status::kUsage, fmt::format("crm_node: {}\n", given.error));
  if (given.has("version")) return version_of_tool(surroundings);
  static constexpr std::string_view kUsage =
      "Usage:\n  crm_node [OPTION?]\n\ncrm_node - Tool for displaying low-level node information\n\n"
      "  -n, --name, -i, --cluster-id, -l, --list, -p, --partition, -q, --quorum,\n"
      "  -N, --name-for-id=ID, -R, --remove=NAME (with --force)\n";
  Outcome outcome;
  if (given.has("help")) {
    outcome.output = kUsage;
    return outcome;
  }
  const bool any = std::any_of(given.options.begin(), given.options.end(), [](const GivenOption& option) {
    return !option.is("verbose") && !option.is("quiet") && !option.is("force");
  });
  if (!any) return failed(exit_status::kUsage, std::string(kUsage));
  if (given.has("remove") && !given.has("force"))
    return failed(exit_status::kUsage,
                  "The supplied command is considered dangerous.  To prevent accidental destruction of the cluster, "
                  "the --force flag is required in order to proceed.\n");
  if (surroundings.live == nullptr || surroundings.cib == nullptr)
    return failed(exit_status::kDisconnected, "error: Could not connect to controller: Connection refused\n");
  if (given.has("remove"))
    return failed(exit_status::kUnavailable, "crm_node: --remove is not available here (crm node delete is)\n");
  const LiveNode& live = *surroundings.live;
  if (given.has("name")) outcome.output = live.name + "\n";
  if (given.has("cluster-id")) outcome.output = fmt::format("{}\n", live.id);
  if (given.has("list")) outcome.output = node_list(surroundings);
  if (given.has("quorum")) outcome.output = live.quorate ? "1\n" : "0\n";
  if (const auto id = given.value("name-for-id")) outcome.output = name_of_id(*surroundings.cib, *id) + "\n";
  if (given.has("partition")) {
    for (const std::string& member : live.members) outcome.output += member + " ";
    outcome.output += "\n";
  }
  return outcome;
}

Outcome crmadmin(const Arguments& arguments, const Surroundings& surroundings) {
  const ParsedArguments given = parse_arguments(kAdminOptions, arguments, OptionStyle::kGlib);
  if (!given.error.empty()) return failed(exit_status::kUsage, fmt::format("crmadmin: {}\n", given.error));
  if (given.has("version")) return version_of_tool(surroundings);
  static constexpr std::string_view kUsage =
      "Usage:\n  crmadmin [OPTION?]\n\nquery and manage the Pacemaker controller\n\n"
      "  -D, --dc_lookup, -S, --status=NODE, -N, --nodes, -P, --pacemakerd, -q, --quiet\n";
  Outcome outcome;
  if (given.has("help")) {
    outcome.output = kUsage;
    return outcome;
  }
  const bool quiet = given.has("quiet");
  if (given.has("nodes")) {
    if (surroundings.cib == nullptr) return failed(exit_status::kDisconnected, "error: Could not connect to the CIB\n");
    for (const Element node : surroundings.cib->find_path("configuration/nodes").children("node"))
      outcome.output += given.has("bash-export")
                            ? fmt::format("export {}={}\n", node.value("uname"), node.id())
                            : fmt::format("cluster node: {} ({})\n", node.value("uname"), node.id());
    if (outcome.output.empty()) outcome.output = "No nodes configured\n";
    return outcome;
  }
  if (!given.has("dc_lookup") && !given.has("status") && !given.has("pacemakerd"))
    return failed(exit_status::kUsage, "error: Must specify a command option\n\n" + std::string(kUsage));
  if (surroundings.live == nullptr)
    return failed(exit_status::kDisconnected,
                  fmt::format("error: Could not connect to {}: Connection refused\nerror: Command failed: Connection "
                              "refused\n",
                              given.has("pacemakerd") ? "launcher" : "controller"));
  const LiveNode& live = *surroundings.live;
  if (given.has("dc_lookup")) {
    outcome.output = live.dc.empty() ? ""
                     : quiet         ? live.dc + "\n"
                                     : fmt::format("Designated Controller is: {}\n", live.dc);
  } else if (const auto node = given.value("status")) {
    const std::string state = live.state_of ? live.state_of(*node) : std::string();
    if (state.empty()) return failed(exit_status::kTimeout, {});
    outcome.output = quiet ? state + "\n" : fmt::format("Controller on {} in state {}: ok\n", *node, state);
  } else {
    outcome.output = fmt::format("Status of pacemakerd: 'Pacemaker is running' (last updated {})\n",
                                 cib::DateTime::from_epoch(surroundings.now).text());
  }
  return outcome;
}

}  // namespace simcluster::commands
