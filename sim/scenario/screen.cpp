#include "sim/scenario/screen.h"

#include <fmt/format.h>

#include "engine/node/node.h"
#include "reports/crm_mon.h"
#include "sim/world/world.h"

namespace simcluster::sim {

Result<void> check_screen(std::string_view command) {
  if (!command.starts_with("crm_mon"))
    return fail(fmt::format("\"{}\" cannot be shown; crm_mon with its options can", command));
  auto options = reports::parse_crm_mon_command(command);
  if (!options) return tl::unexpected(options.error());
  return {};
}

Result<std::string> screen_text(const World& world, Machine& machine, std::string_view command) {
  const auto options = reports::parse_crm_mon_command(command);
  if (!options) return tl::unexpected(options.error());
  const node::Node* node = machine.node();
  // What the tool says when it finds no cluster (AT part H).
  if (node == nullptr)
    return std::string("Attempting connection to the cluster...\n\nConnection to cluster failed: connection failed\n");
  return reports::crm_mon_text(node->cib(), *options, {world.now(), machine.spec().profile, machine.name()});
}

}  // namespace simcluster::sim
