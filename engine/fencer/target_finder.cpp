#include "engine/fencer/target_finder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/fencer/devices.h"

namespace simcluster::fencer {

namespace {

constexpr Duration kListAge = seconds(60);
constexpr Duration kQuestionTime = seconds(60);

}  // namespace

void TargetFinder::find(const Wish& wish, Answer answer) {
  Search search{wish, {}, {}, std::move(answer)};
  for (const auto& [id, queue] : queues_) search.left.push_back(id);
  go_on(std::move(search));
}

void TargetFinder::judge(const std::string& id, bool can, std::string_view how, Search& search) {
  log_(LogPriority::kInfo,
       fmt::format("{} is{} eligible to fence ({}) {}: {}", id, can ? "" : " not", search.wish.action,
                   search.wish.target.empty() ? "unspecified target" : search.wish.target, how));
  if (can) search.able.push_back({id, lists_[id].verified});
}

// CM-10.3, CM-10.4; in this order (black-box runs of 2.1.5).
std::string_view TargetFinder::refusal(const Device& device, const Wish& wish) const {
  const bool on_target = std::ranges::find(device.on_target, wish.action) != device.on_target.end();
  if (on_target != wish.of_this_node && !(wish.of_this_node && wish.by_itself))
    return "This node is not allowed to execute action";
  if (wish.action == "on" && !offers(device, "on", profile_)) return "Agent does not support 'on'";
  return {};
}

void TargetFinder::go_on(Search search) {
  while (!search.left.empty()) {
    const std::string id = search.left.front();
    search.left.pop_front();
    const auto found = queues_.find(id);
    if (found == queues_.end()) continue;
    DeviceQueue& queue = *found->second;
    if (search.wish.target.empty()) {
      judge(id, true, "No target", search);
      continue;
    }
    if (const std::string_view why = refusal(queue.device(), search.wish); !why.empty()) {
      judge(id, false, why, search);
      continue;
    }
    const std::string& target = search.wish.target;
    const TargetList& list = lists_[id];
    switch (target_check(queue.device(), profile_)) {
      case TargetCheck::kNone:
        judge(id, true, "none", search);
        break;
      case TargetCheck::kStaticList:
        judge(id, contains_name(static_targets(queue.device()), target), "static-list", search);
        break;
      case TargetCheck::kStatus:
        return ask_status(id, queue, std::move(search));
      case TargetCheck::kDynamicList:
        if (list.use_status) return ask_status(id, queue, std::move(search));
        if (!list.known || host_.uptime() - list.read_at > kListAge) return ask_list(id, queue, std::move(search));
        judge(id, contains_name(list.names, alias_of(queue.device(), target)), "dynamic-list", search);
        break;
    }
  }
  search.answer(search.able);
}

void TargetFinder::ask_list(const std::string& id, DeviceQueue& queue, Search search) {
  const bool configured = !parameter(queue.device(), "pcmk_host_check").empty();
  Command command;
  command.action = "list";
  command.timeout = device_timeout(queue.device(), "list", kQuestionTime);
  command.done = [this, id, configured, search = std::move(search)](const CommandResult& result) mutable {
    TargetList& list = lists_[id];
    if (result.status == FencingStatus::kDone) {
      list.names = parse_list(result.output);
      list.read_at = host_.uptime();
      list.known = list.verified = true;
      search.left.push_front(id);
    } else if (list.known) {  // an old list serves again
      list.read_at = host_.uptime();
      search.left.push_front(id);
    } else {
      log_(LogPriority::kNotice, fmt::format("Assuming {} cannot fence {} because list could not be got: {}", id,
                                             search.wish.target, result.reason));
      list.use_status = !configured;
    }
    go_on(std::move(search));
  };
  queue.add(std::move(command));
}

void TargetFinder::ask_status(const std::string& id, DeviceQueue& queue, Search search) {
  Command command;
  command.action = "status";
  command.target = search.wish.target;
  command.timeout = device_timeout(queue.device(), "status", kQuestionTime);
  command.done = [this, id, search = std::move(search)](const CommandResult& result) mutable {
    constexpr int kOff = 2;
    const bool can = result.status == FencingStatus::kDone || result.exit_code == kOff;
    if (can) lists_[id].verified = true;
    judge(id, can, "status", search);
    go_on(std::move(search));
  };
  queue.add(std::move(command));
}

}  // namespace simcluster::fencer
