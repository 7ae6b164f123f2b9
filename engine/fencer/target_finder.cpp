#include "engine/fencer/target_finder.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/fencer/devices.h"

namespace simcluster::fencer {

namespace {

constexpr Duration kListAge = seconds(60);

// Why a question has no answer, in the words of the log.
std::string failure_text(const CommandResult& result) {
  if (result.status == FencingStatus::kTimeout)
    return fmt::format("could not be executed: Timed Out ({})", result.reason);
  return fmt::format("returned error code {}", result.exit_code);
}

}  // namespace

void TargetFinder::find(const Wish& wish, Answer answer) {
  ++searches_;
  auto search = std::make_shared<Search>(Search{wish, {}, 1, std::move(answer)});
  for (const auto& [id, queue] : queues_) {
    ++search->open;
    examine(id, *queue, search);
  }
  close(search);
}

void TargetFinder::close(const SearchPtr& search) {
  if (--search->open != 0) return;
  --searches_;
  search->answer(search->able);
}

void TargetFinder::judge(const std::string& id, bool can, std::string_view how, const SearchPtr& search) {
  log_(LogPriority::kInfo,
       fmt::format("{} is{} eligible to fence ({}) {}: {}", id, can ? "" : " not", search->wish.action,
                   search->wish.target.empty() ? "unspecified target" : search->wish.target, how));
  conclude(id, can, search);
}

void TargetFinder::conclude(const std::string& id, bool can, const SearchPtr& search) {
  if (can && queues_.contains(id)) {
    const auto behind = std::ranges::find_if(search->able, [&](const Candidate& each) { return each.device > id; });
    search->able.insert(behind, {id, lists_[id].verified});
  }
  close(search);
}

// CM-10.3, CM-10.4; in this order (black-box runs of 2.1.5).
std::string_view TargetFinder::refusal(const Device& device, const Wish& wish) const {
  const bool on_target = std::ranges::find(device.about.on_target, wish.action) != device.about.on_target.end();
  if (on_target != wish.of_this_node && !(wish.of_this_node && wish.by_itself))
    return "This node is not allowed to execute action";
  if (wish.action == "on" && !offers(device.about, "on")) return "Agent does not support 'on'";
  return {};
}

void TargetFinder::examine(const std::string& id, DeviceQueue& queue, const SearchPtr& search) {
  const std::string& target = search->wish.target;
  if (target.empty()) return judge(id, true, "No target", search);
  if (const std::string_view why = refusal(queue.device(), search->wish); !why.empty())
    return judge(id, false, why, search);
  const TargetList& list = lists_[id];
  switch (target_check(queue.device())) {
    case TargetCheck::kNone:
      return judge(id, true, "none", search);
    case TargetCheck::kStaticList:
      return judge(id, contains_name(static_targets(queue.device()), target), "static-list", search);
    case TargetCheck::kStatus:
      return ask_status(id, queue, search);
    case TargetCheck::kDynamicList:
      if (list.use_status) return ask_status(id, queue, search);
      if (!list.known || host_.uptime() - list.read_at > kListAge) return ask_list(id, queue, search);
      return judge(id, contains_name(list.names, alias_of(queue.device(), target)), "dynamic-list", search);
  }
}

void TargetFinder::ask_list(const std::string& id, DeviceQueue& queue, const SearchPtr& search) {
  const bool configured = !parameter(queue.device(), "pcmk_host_check").empty();
  const std::string alias = alias_of(queue.device(), search->wish.target);
  Command command;
  command.action = "list";
  command.timeout = device_timeout(queue.device(), "list", search->wish.timeout);
  command.done = [this, id, configured, alias, search](const CommandResult& result) {
    TargetList& list = lists_[id];
    if (result.status == FencingStatus::kDone) {
      log_(LogPriority::kInfo, fmt::format("Refreshing target list for {}", id));
      list.names = parse_list(result.output);
      list.read_at = host_.uptime();
      list.verified = true;
      list.known = !list.names.empty();  // an empty one is read again the next time (black-box runs of 2.1.5)
    } else if (list.known) {             // an old list serves again
      list.read_at = host_.uptime();
    } else {
      log_(LogPriority::kWarning,
           fmt::format("Assuming {} cannot fence {} because list {}", id, search->wish.target, failure_text(result)));
      if (!configured) {
        log_(LogPriority::kNotice, fmt::format("Switching to pcmk_host_check='status' for {}", id));
        list.use_status = true;
      }
    }
    conclude(id, list.known && contains_name(list.names, alias), search);
  };
  queue.add(std::move(command));
}

void TargetFinder::ask_status(const std::string& id, DeviceQueue& queue, const SearchPtr& search) {
  Command command;
  command.action = "status";
  command.target = search->wish.target;
  command.timeout = device_timeout(queue.device(), "status", search->wish.timeout);
  command.done = [this, id, search](const CommandResult& result) {
    constexpr int kUnknown = 1;
    constexpr int kOff = 2;
    const bool timed_out = result.status == FencingStatus::kTimeout;
    const bool can = result.status == FencingStatus::kDone || (!timed_out && result.exit_code == kOff);
    if (can) lists_[id].verified = true;
    if (timed_out) {
      log_(LogPriority::kWarning,
           fmt::format("Assuming {} cannot fence {} because status {}", id, search->wish.target, failure_text(result)));
    } else if (!can && result.exit_code != kUnknown) {
      log_(LogPriority::kWarning, fmt::format("Assuming {} cannot fence {} (status returned unknown code {})", id,
                                              search->wish.target, result.exit_code));
    }
    conclude(id, can, search);
  };
  queue.add(std::move(command));
}

}  // namespace simcluster::fencer
