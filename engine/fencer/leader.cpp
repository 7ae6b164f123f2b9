#include "engine/fencer/leader.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/fencer/devices.h"

namespace simcluster::fencer {

namespace {

// A device that hangs may never answer.
constexpr std::size_t kMostOverdue = 100;

// CM-10.12: every time limit of the protocol is a fifth longer than what it waits for; of the whole of it in seconds
// (black-box runs of 2.1.5: 3 s for a device of 3 s, 181 s for two of 31 s and 120 s).
Duration with_margin(Duration time) { return seconds((time * 12 / 10).seconds()); }

}  // namespace

Leader::~Leader() {
  for (auto& [id, operation] : operations_)
    for (const auto& [kind, timer] : operation.timers) host_.cancel_timer(timer.first);
}

std::size_t Leader::requests() const {
  std::size_t count = operations_.size();
  for (const auto& [id, operation] : operations_) count += operation.duplicates.size();
  return count;
}

void Leader::log(LogPriority priority, const OperationId& id, std::string_view text) const {
  client_.log(priority, fmt::format("{} | id={}", text, short_id(id)));
}

std::string Leader::asker(const OperationId& id, const Operation& operation) {
  const std::string& origin = operation.request.origin;
  return fmt::format("{}@{}", operation.request.client, origin.empty() ? id.first : origin);
}

// CM-10.6: somebody else asks for the same; both hear of the one result. Clients are told apart by their process, so
// those of two nodes are two. Only operations that this node leads are looked at: none is of a target that leads it.
bool Leader::merge(const OperationId& id, const FencingRequest& request) {
  for (auto& [other_id, other] : operations_) {
    if (!same_name(other.request.target, request.target) || other.request.action != request.action) continue;
    if (other.request.client == request.client && other_id.first == id.first) continue;
    log_merge(client_, {other_id, other.request}, {id, request});
    other.duplicates.emplace_back(id, request);
    return true;
  }
  return false;
}

void log_merge(const LeaderClient& client, const std::pair<OperationId, FencingRequest>& original,
               const std::pair<OperationId, FencingRequest>& duplicate) {
  const auto& [id, request] = duplicate;
  const std::string& origin = original.second.origin;
  client.log(LogPriority::kNotice,
             fmt::format("Merging fencing action '{}' targeting {} originating from client {} with identical request "
                         "from {}@{} | original={} duplicate={} total_timeout={}s",
                         request.action, request.target, request.client, original.second.client,
                         origin.empty() ? original.first.first : origin, short_id(id), short_id(original.first),
                         with_margin(original.second.timeout).seconds()));
  client.log(LogPriority::kInfo, fmt::format("Requesting peer fencing ({}) targeting {} (duplicate) | id={}",
                                             request.action, request.target, short_id(id)));
}

void Leader::begin(const OperationId& id, const FencingRequest& request, std::vector<std::vector<std::string>> levels,
                   std::size_t peers) {
  if (merge(id, request)) return;
  Operation& operation = operations_[id];
  operation.request = request;
  operation.levels = std::move(levels);
  operation.expected = peers;
  start_level(id, operation);
  client_.log(LogPriority::kNotice,
              fmt::format("Requesting peer fencing ({}) targeting {} | id={} state=querying base_timeout={}",
                          action_now(operation), request.target, short_id(id), request.timeout.seconds()));
  start_timer(id, operation, TimerKind::kQuery, with_margin(request.timeout));
  WireWriter out = open_message(MessageKind::kQuery, id);
  write_request(out, request);
  client_.send(out);
}

// CM-10.14
bool Leader::remapped(const Operation& operation, const std::vector<std::string>& level) {
  return level.size() > 1 && operation.request.action == "reboot";
}

void Leader::start_level(const OperationId& id, Operation& operation) {
  operation.position = 0;
  operation.tried.clear();
  const bool off_then_on =
      operation.level < operation.levels.size() && remapped(operation, operation.levels[operation.level]);
  operation.phase = off_then_on ? Phase::kOff : Phase::kOnce;
  if (off_then_on) {
    log(LogPriority::kInfo, id,
        fmt::format("Remapping multiple-device reboot targeting {} to 'off'", operation.request.target));
  }
}

// The operation is a reboot again, for its result or for the next level.
void Leader::leave_remap(const OperationId& id, Operation& operation) {
  if (operation.phase == Phase::kOnce) return;
  operation.phase = Phase::kOnce;
  log(LogPriority::kInfo, id,
      fmt::format("Undoing remap of reboot targeting {} for {}", operation.request.target, operation.request.client));
}

void Leader::answered(const OperationId& id, std::string peer, std::vector<DeviceOffer> offers) {
  const auto it = operations_.find(id);
  if (it == operations_.end()) return;
  Operation& operation = it->second;
  client_.log(LogPriority::kInfo,
              fmt::format("Query result {} of {} from {} for {}/{} ({} device{}) {}", operation.answers.size() + 1,
                          operation.expected, peer, operation.request.target, operation.request.action, offers.size(),
                          offers.size() == 1 ? "" : "s", uuid_of(id)));
  operation.answers.push_back({std::move(peer), std::move(offers)});
  note_all_answered(operation);
  proceed(id);
}

bool Leader::all_answered(const Operation& operation) {
  return operation.query_over || operation.answers.size() >= operation.expected;
}

// Where nothing else would have made the operation go on.
void Leader::note_all_answered(const Operation& operation) const {
  if (!operation.levels.empty() || operation.anything_tried || operation.answers.size() < operation.expected) return;
  const Choice choice = choose(operation);
  if (choice.offer != nullptr && choice.offer->verified && !same_name(choice.answer->peer, operation.request.target))
    return;
  client_.log(LogPriority::kInfo, fmt::format("All query replies have arrived, continuing ({} expected/{} received) ",
                                              operation.expected, operation.answers.size()));
}

void Leader::set_peers(const std::vector<std::string>& peers) {
  std::vector<OperationId> open;
  for (auto& [id, operation] : operations_) {
    operation.expected = std::min(operation.expected, peers.size());
    std::erase_if(operation.answers, [&](const Answer& answer) { return !contains_name(peers, answer.peer); });
    open.push_back(id);
  }
  for (const OperationId& id : open) {
    const auto it = operations_.find(id);
    if (it == operations_.end()) continue;
    const std::string busy = it->second.busy_peer;
    if (!busy.empty() && !contains_name(peers, busy)) {
      lose_peer(id, "The executing node was lost");
    } else {
      proceed(id);
    }
  }
}

// --- what comes next ---

void Leader::proceed(const OperationId& id) {
  while (true) {
    const auto it = operations_.find(id);
    if (it == operations_.end() || !it->second.busy_peer.empty()) return;
    if (step(id, it->second)) return;
  }
}

std::string_view Leader::action_now(const Operation& operation) const {
  if (operation.phase == Phase::kOff) return "off";
  if (operation.phase == Phase::kOn) return "on";
  return operation.request.action;
}

bool Leader::reported(const Operation& operation, const std::string& device) const {
  return std::any_of(operation.answers.begin(), operation.answers.end(), [&](const Answer& answer) {
    return std::any_of(answer.offers.begin(), answer.offers.end(),
                       [&](const DeviceOffer& o) { return o.id == device; });
  });
}

// CM-10.9
bool Leader::ready(const Operation& operation) const {
  if (all_answered(operation)) return true;
  if (operation.levels.empty()) return true;  // choose() waits for a verified device
  for (const auto& level : operation.levels)
    for (const std::string& device : level)
      if (!reported(operation, device)) return false;
  return true;
}

// CM-10.10
Leader::Choice Leader::choose(const Operation& operation) const {
  const bool all = all_answered(operation);
  std::vector<const Answer*> sorted;
  for (const Answer& answer : operation.answers) sorted.push_back(&answer);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Answer* a, const Answer* b) { return a->offers.size() > b->offers.size(); });
  const bool by_device = !operation.levels.empty();
  const std::string wanted = by_device ? operation.levels[operation.level][operation.position] : std::string();
  const auto find = [&](bool verified, bool target) -> Choice {
    for (const Answer* answer : sorted) {
      if (same_name(answer->peer, operation.request.target) != target) continue;
      if (operation.tried.contains({answer->peer, wanted})) continue;
      for (const DeviceOffer& offer : answer->offers)
        if ((!by_device || offer.id == wanted) && offer.verified == verified) return {answer, &offer};
    }
    return {};
  };
  if (const Choice choice = find(true, false); choice.answer != nullptr) return choice;
  if (!all) return {};  // a verified one may still answer
  if (const Choice choice = find(false, false); choice.answer != nullptr) return choice;
  if (operation.phase == Phase::kOn) return {};
  const Choice own = find(true, true);
  return own.answer != nullptr ? own : find(false, true);
}

bool Leader::step(const OperationId& id, Operation& operation) {
  if (!ready(operation)) return true;
  const Choice choice = choose(operation);
  if (choice.answer == nullptr) {
    if (!all_answered(operation)) {
      if (!operation.levels.empty()) {
        start_total_timer(id, operation, choice);
        log(LogPriority::kInfo, id,
            fmt::format("Waiting for additional peers capable of fencing ({}) {} using {} for client {}",
                        action_now(operation), operation.request.target,
                        operation.levels[operation.level][operation.position], operation.request.client));
      }
      return true;
    }
    if (operation.phase == Phase::kOn) return !next_device(id, operation);  // failures to switch on do not matter
    if (!operation.levels.empty()) return !next_level(id, operation);
    nobody_left(id, operation);
    return true;
  }
  if (operation.phase == Phase::kOn && !choice.offer->can_switch_on) {
    if (choice.offer->stays_off) {
      client_.log(LogPriority::kInfo, fmt::format("Not turning {} back on using {} because the device is configured to "
                                                  "stay off (pcmk_reboot_action='off')",
                                                  operation.request.target, choice.offer->id));
    }
    return !next_device(id, operation);
  }
  execute(id, operation, choice);
  return true;
}

void Leader::log_nobody(const Operation& operation) const {
  client_.log(LogPriority::kInfo,
              fmt::format("No peers (out of {}) {} fencing ({}) {} for client {} | state={}", operation.answers.size(),
                          operation.anything_tried ? "are capable of" : "have devices capable of",
                          operation.request.action, operation.request.target, operation.request.client,
                          operation.anything_tried ? "executing" : "querying"));
}

// CM-10.11, CM-12.6
void Leader::nobody_left(const OperationId& id, Operation& operation) {
  if (operation.timers.contains(TimerKind::kWatchdog)) return;
  client_.log(LogPriority::kNotice, fmt::format("Couldn't find anyone to fence ({}) {} using any device",
                                                operation.request.action, operation.request.target));
  start_total_timer(id, operation, {});
  log_nobody(operation);
  if (operation.anything_tried) {
    finish(id, operation.last.status, operation.delegate, operation.last.reason, operation.last.words);
    return;
  }
  if (watchdog_timeout_.ns > 0) {
    client_.log(LogPriority::kNotice,
                fmt::format("Waiting {}s for {} to self-fence ({}) for client {}", watchdog_timeout_.seconds(),
                            operation.request.target, operation.request.action, operation.request.client));
    stop_timer(operation, TimerKind::kTotal);
    start_timer(id, operation, TimerKind::kWatchdog, watchdog_timeout_);
    return;
  }
  finish(id, FencingStatus::kNoDevice, {}, profile_.daemons_renamed ? "No fence device" : "No such device");
}

bool Leader::next_device(const OperationId& id, Operation& operation) {
  if (!operation.levels.empty() && ++operation.position < operation.levels[operation.level].size()) return true;
  if (operation.phase == Phase::kOff) {
    log(LogPriority::kInfo, id,
        fmt::format("Remapped 'off' targeting {} complete, remapping to 'on' for {}", operation.request.target,
                    operation.request.client));
    operation.phase = Phase::kOn;
    operation.position = 0;
    operation.tried.clear();
    return true;
  }
  leave_remap(id, operation);
  finish(id, FencingStatus::kDone, operation.delegate, {});
  return false;
}

// CM-10.13
bool Leader::next_level(const OperationId& id, Operation& operation) {
  leave_remap(id, operation);
  ++operation.level;
  if (operation.level < operation.levels.size()) {
    start_level(id, operation);
    return true;
  }
  log(LogPriority::kInfo, id,
      fmt::format("All fencing options targeting {} for client {} failed", operation.request.target,
                  asker(id, operation)));
  if (operation.anything_tried) {
    finish(id, operation.last.status, operation.delegate, operation.last.reason, operation.last.words);
  } else {
    finish(id, FencingStatus::kNoDevice, {}, profile_.daemons_renamed ? "No fence device" : "No such device");
  }
  return false;
}

// --- executing ---

Duration Leader::time_for(const Operation& operation, const DeviceOffer& offer, std::string_view action) const {
  Duration time = action == "off" ? offer.off_timeout : action == "on" ? offer.on_timeout : offer.reboot_timeout;
  if (time.ns <= 0) time = operation.request.timeout;
  const bool delays = profile_.fencing_limits_count_delays && operation.request.delay.ns >= 0;
  if (action != "on" && delays) time = time + offer.delay;
  return time;
}

// CM-10.12: what all levels may take together, or what the first peer may take.
Duration Leader::total_time(const Operation& operation, const Choice& first) const {
  Duration total;
  if (operation.levels.empty()) {
    if (first.answer == nullptr) total = operation.request.timeout;
    if (first.answer != nullptr) {
      for (const DeviceOffer& offer : first.answer->offers)
        total = total + time_for(operation, offer, operation.request.action);
    }
  }
  for (const auto& level : operation.levels) {
    for (const std::string& device : level) {
      Duration longest = operation.request.timeout;
      for (const Answer& answer : operation.answers)
        for (const DeviceOffer& offer : answer.offers)
          if (offer.id == device)
            longest = time_for(operation, offer, remapped(operation, level) ? "off" : operation.request.action);
      total = total + longest;
    }
  }
  total = with_margin(total);
  if (profile_.fencing_limits_count_delays) total = total + std::max(operation.request.delay, Duration{});
  return total;
}

void Leader::start_total_timer(const OperationId& id, Operation& operation, const Choice& first) {
  if (operation.total_set) return;
  operation.total_set = true;
  const Duration total = total_time(operation, first);
  start_timer(id, operation, TimerKind::kTotal, total);
  client_.log(LogPriority::kInfo,
              fmt::format("Total timeout set to {} for peer's fencing targeting {} for {}|id={}", total.seconds(),
                          operation.request.target, operation.request.client, short_id(id)));
}

void Leader::execute(const OperationId& id, Operation& operation, const Choice& choice) {
  const bool by_device = !operation.levels.empty();
  const std::string_view action = action_now(operation);
  stop_timer(operation, TimerKind::kQuery);
  start_total_timer(id, operation, choice);
  operation.busy_peer = choice.answer->peer;
  operation.busy_device = by_device ? choice.offer->id : std::string();
  operation.anything_tried = true;
  operation.tried.insert({operation.busy_peer, operation.busy_device});
  Duration time;
  for (const DeviceOffer& offer : choice.answer->offers)
    if (!by_device || &offer == choice.offer) time = time + time_for(operation, offer, action);
  time = with_margin(time);
  Duration delay;
  if (profile_.fencing_limits_count_delays) delay = with_margin(std::max(operation.request.delay, Duration{}));
  client_.log(LogPriority::kNotice,
              fmt::format("Requesting that {} perform '{}' action targeting {}{}{} | for client {} ({}s{})",
                          operation.busy_peer, action, operation.request.target, by_device ? " using " : "",
                          operation.busy_device, operation.request.client, time.seconds(),
                          by_device ? std::string() : fmt::format(", {}s", delay.seconds())));
  start_timer(id, operation, TimerKind::kPeer, time + delay);
  FencingRequest request = operation.request;
  request.action = action;
  WireWriter out = open_message(MessageKind::kExecute, id);
  out.text(operation.busy_peer);
  out.text(operation.busy_device);
  write_request(out, request);
  client_.send(out);
}

// How a device of a topology has done, in the words of the log.
void Leader::log_device_result(const OperationId& id, const Operation& operation, const CommandResult& result) const {
  if (operation.levels.empty() || operation.busy_device.empty()) return;
  client_.log(LogPriority::kNotice, fmt::format("Action '{}' targeting {} using {} on behalf of {}: {}",
                                                action_now(operation), operation.request.target, operation.busy_device,
                                                asker(id, operation), outcome_text(result.status, result.reason)));
  if (operation.phase == Phase::kOn && result.status != FencingStatus::kDone) {
    client_.log(LogPriority::kWarning,
                fmt::format("Ignoring {} 'on' failure ({}) targeting {} after successful 'off'", operation.busy_device,
                            outcome_text(result.status, result.reason), operation.request.target));
  }
}

// CM-10.13, CM-10.15. A device of a topology that did not do it, for whatever reason, has failed its level; the same
// device of another peer is tried only when its peer says nothing (black-box runs of 2.1.5).
void Leader::executed(const OperationId& id, const std::string& peer, const CommandResult& result) {
  const auto it = operations_.find(id);
  if (it == operations_.end() || !same_name(it->second.busy_peer, peer)) return;
  Operation& operation = it->second;
  stop_timer(operation, TimerKind::kPeer);
  log_device_result(id, operation, result);
  operation.busy_peer.clear();
  operation.delegate = peer;
  const bool done = result.status == FencingStatus::kDone;
  if (!done) operation.last = result;
  bool going_on = true;
  if (done || operation.phase == Phase::kOn) {
    going_on = next_device(id, operation);
  } else if (!operation.levels.empty()) {
    going_on = next_level(id, operation);
  }
  if (going_on) proceed(id);
}

// The peer is given up; another one may do it.
void Leader::lose_peer(const OperationId& id, std::string reason) {
  Operation& operation = operations_.at(id);
  stop_timer(operation, TimerKind::kPeer);
  operation.delegate = std::exchange(operation.busy_peer, {});
  operation.last = {FencingStatus::kTimeout, std::move(reason), {}};
  const bool going_on = operation.phase != Phase::kOn || next_device(id, operation);
  if (going_on) proceed(id);
}

// CM-10.16
void Leader::finish(const OperationId& id, FencingStatus status, std::string delegate, std::string reason,
                    std::string words) {
  const auto it = operations_.find(id);
  Operation operation = std::move(it->second);
  operations_.erase(it);
  for (const TimerKind kind : {TimerKind::kQuery, TimerKind::kPeer, TimerKind::kTotal, TimerKind::kWatchdog})
    stop_timer(operation, kind);
  client_.send(result_message(id, operation.request, {status, delegate, reason, words, false}));
  for (const auto& [duplicate, request] : operation.duplicates)
    client_.send(result_message(duplicate, request, {status, delegate, reason, words, true}));
}

std::optional<FencingRequest> Leader::overdue(const OperationId& id) {
  auto found = overdue_.extract(id);
  if (found.empty()) return std::nullopt;
  return std::move(found.mapped());
}

// --- timers ---

void Leader::start_timer(const OperationId& id, Operation& operation, TimerKind kind, Duration delay) {
  stop_timer(operation, kind);
  const std::uint64_t cookie = ++last_cookie_;
  timers_[cookie] = {id, kind};
  operation.timers[kind] = {host_.start_timer(delay, *this, cookie), cookie};
}

void Leader::stop_timer(Operation& operation, TimerKind kind) {
  const auto it = operation.timers.find(kind);
  if (it == operation.timers.end()) return;
  host_.cancel_timer(it->second.first);
  timers_.erase(it->second.second);
  operation.timers.erase(it);
}

void Leader::on_timer(std::uint64_t cookie) {
  const auto found = timers_.find(cookie);
  if (found == timers_.end()) return;
  const auto [id, kind] = found->second;
  Operation& operation = operations_.at(id);
  stop_timer(operation, kind);
  switch (kind) {
    case TimerKind::kQuery:
      operation.query_over = true;
      if (!operation.answers.empty()) return proceed(id);
      return finish(id, FencingStatus::kTimeout, {}, "No capable peers replied to device query within timeout");
    case TimerKind::kPeer:
      log(LogPriority::kNotice, id,
          fmt::format("Peer's '{}' action targeting {} for client {} timed out", action_now(operation),
                      operation.request.target, operation.request.client));
      return lose_peer(id, "Peer did not return fence result within timeout");
    case TimerKind::kTotal:
      leave_remap(id, operation);
      if (!operation.busy_peer.empty() && overdue_.size() < kMostOverdue) overdue_[id] = operation.request;
      return finish(id, FencingStatus::kTimeout, client_.node_name(),
                    "Fencing did not complete within a total timeout based on the "
                    "configured timeout and retries for any devices attempted");
    case TimerKind::kWatchdog:
      client_.log(LogPriority::kNotice,
                  fmt::format("Self-fencing ({}) by {} for {} assumed complete", operation.request.action,
                              operation.request.target, operation.request.client));
      return finish(id, FencingStatus::kDone, std::string(operation.request.target), {});
  }
}

}  // namespace simcluster::fencer
