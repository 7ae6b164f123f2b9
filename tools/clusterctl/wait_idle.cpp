#include "tools/clusterctl/wait_idle.h"

#include <charconv>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "engine/cib/upgrade.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/legacy.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/scheduler.h"

namespace simcluster::clusterctl {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTimedOut = 124;
constexpr int kDisconnected = 102;
constexpr auto kPause = std::chrono::milliseconds(300);
// A change that was just made has reached the scheduler's own node when it is quiet for so long.
constexpr int kQuietLooks = 2;

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

std::optional<std::chrono::seconds> seconds_of(std::string_view text) {
  if (text.ends_with('s')) text.remove_suffix(1);
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value < 0) return std::nullopt;
  return std::chrono::seconds(value);
}

std::vector<std::string> pending_actions(const NodeView& view) {
  cib::Document input = view.cib;
  cib::upgrade(input);
  scheduler::Options options;
  options.now = std::time(nullptr);
  options.sanitized = false;
  options.quorum = view.status.value("quorate", false);
  options.old_fail_counts = !view.profile.failcount_per_operation;
  options.legacy = scheduler::legacy_of(view.profile);
  const scheduler::Schedule schedule = scheduler::schedule(input, options);
  const scheduler::Graph& graph = *schedule.state().graph;
  std::vector<std::string> pending;
  for (const scheduler::Synapse& synapse : graph.synapses) {
    const scheduler::GraphAction& action = graph.actions[synapse.action];
    if (action.kind != scheduler::GraphActionKind::kPseudo)
      pending.push_back(words(action.id, action.operation_key, action.node));
  }
  return pending.empty() ? running_operations(view.cib) : pending;
}

int wait_idle(const std::string& socket_path, std::optional<std::chrono::seconds> limit, const std::string& name) {
  const auto begin = Clock::now();
  for (int quiet = 0;; std::this_thread::sleep_for(kPause)) {
    const auto view = look_at_node(socket_path);
    if (!view) {
      fmt::print(stderr, "{}: {}\n", name, view.error().text());
      return kDisconnected;
    }
    const std::vector<std::string> pending = pending_actions(*view);
    const std::string state = view->status.value("controller_state", "");
    // A DC that is at something else is not done either: it elects, waits for nodes or asks the scheduler.
    const bool idle = pending.empty() && (state == "S_IDLE" || state == "S_NOT_DC");
    quiet = idle ? quiet + 1 : 0;
    if (quiet == kQuietLooks) return 0;
    if (!limit || Clock::now() - begin < *limit) continue;
    fmt::print(stderr, "{}: Error performing operation: Timeout occurred\n", name);
    if (!pending.empty()) fmt::print(stderr, "Pending actions:\n");
    for (const std::string& action : pending) fmt::print(stderr, "\t{}\n", action);
    return kTimedOut;
  }
}

}  // namespace simcluster::clusterctl
