#include "tools/clusterctl/wait_idle.h"

#include <charconv>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <thread>

#include <fmt/core.h>

#include "commands/pending_actions.h"
#include "tools/clusterctl/node_view.h"

namespace simcluster::clusterctl {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTimedOut = 124;
constexpr int kDisconnected = 102;
constexpr auto kPause = std::chrono::milliseconds(300);
// A change that was just made has reached the scheduler's own node when it is quiet for so long.
constexpr int kQuietLooks = 2;

}  // namespace

std::optional<std::chrono::seconds> seconds_of(std::string_view text) {
  if (text.ends_with('s')) text.remove_suffix(1);
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value < 0) return std::nullopt;
  return std::chrono::seconds(value);
}

int wait_idle(const std::string& socket_path, std::optional<std::chrono::seconds> limit, const std::string& name) {
  const auto begin = Clock::now();
  for (int quiet = 0;; std::this_thread::sleep_for(kPause)) {
    const auto view = look_at_node(socket_path);
    if (!view) {
      fmt::print(stderr, "{}: {}\n", name, view.error().text());
      return kDisconnected;
    }
    const std::vector<std::string> pending =
        commands::pending_actions(view->cib, view->profile, std::time(nullptr), view->status.value("quorate", false));
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
