#include "tools/clusterctl/resource_restart.h"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "commands/cluster_state.h"
#include "commands/pending_actions.h"
#include "commands/resource_queries.h"
#include "tools/clusterctl/control_client.h"
#include "tools/clusterctl/node_view.h"

namespace simcluster::clusterctl {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPause = std::chrono::milliseconds(100);
// For so long nothing is under way, and the cluster may still be about to do something: fence, or try again.
constexpr auto kPatience = std::chrono::seconds(30);

// "vip runs on node1"; empty when none is active.
std::string still_active(const NodeView& view, std::span<const std::string> resources) {
  commands::Surroundings surroundings;
  surroundings.profile = view.profile;
  surroundings.now = std::time(nullptr);
  const commands::ClusterState state(view.cib, surroundings);
  for (const std::string& name : resources) {
    const scheduler::Resource* resource = state.resource(name);
    if (resource == nullptr) continue;
    const std::vector<std::string> nodes = commands::active_nodes(state, *resource);
    if (!nodes.empty()) return fmt::format("{} runs on {}", name, fmt::join(nodes, " and "));
  }
  return {};
}

// What still runs when the cluster has nothing more to do; empty: all has stopped.
Result<std::string> wait_for_stop(const std::string& socket_path, std::span<const std::string> resources) {
  for (auto end = Clock::now() + kPatience;; std::this_thread::sleep_for(kPause)) {
    const auto view = look_at_node(socket_path);
    if (!view) return tl::unexpected(view.error());
    std::string active = still_active(*view, resources);
    if (active.empty()) return active;
    if (!commands::running_operations(view->cib).empty()) end = Clock::now() + kPatience;
    if (Clock::now() > end) return active;
  }
}

}  // namespace

Result<void> restart_resources(const std::string& socket_path, std::span<const std::string> resources) {
  const auto order = [&](std::string_view what) -> Result<void> {
    fmt::print("INFO: ordering {} to {}\n", fmt::join(resources, ", "), what);
    std::fflush(stdout);
    const auto done = ask(
        socket_path, {{"request", "crm"}, {"command", fmt::format("resource {} {}", what, fmt::join(resources, " "))}});
    if (!done) return tl::unexpected(done.error());
    return {};
  };
  if (auto ordered = order("stop"); !ordered) return ordered;
  const auto active = wait_for_stop(socket_path, resources);
  auto ordered = order("start");
  if (!active) return tl::unexpected(active.error());
  if (!ordered || active->empty()) return ordered;
  return fail(fmt::format("{} although it was ordered to stop (is it managed? has its stop failed?)", *active));
}

}  // namespace simcluster::clusterctl
