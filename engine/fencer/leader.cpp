#include "engine/fencer/leader.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/fencer/devices.h"

namespace simcluster::fencer {

namespace {

// CM-10.12: every time limit of the protocol is a fifth longer than what it waits for.
Duration with_margin(Duration time) { return time * 12 / 10; }

}  // namespace

Leader::~Leader() {
  for (auto& [id, operation] : operations_)
    for (const auto& [kind, timer] : operation.timers) host_.cancel_timer(timer.first);
}

// CM-10.6: somebody else asks for the same; both hear of the one result. Clients are told apart by their process, so
// those of two nodes are two. Only operations that this node leads are looked at: none is of a target that leads it.
bool Leader::merge(const OperationId& id, const FencingRequest& request) {
  for (auto& [other_id, other] : operations_) {
    if (!same_name(other.request.target, request.target) || other.request.action != request.action) continue;
    if (other.request.client == request.client && other_id.first == id.first) continue;
    client_.log(LogPriority::kNotice,
                fmt::format("Merging fencing action '{}' targeting {} originating from client {} "
                            "with identical request from {}@{}",
                            request.action, request.target, request.client, other.request.client, other_id.first));
    other.duplicates.push_back(id);
    return true;
  }
  return false;
}

void Leader::begin(const OperationId& id, const FencingRequest& request, std::vector<std::vector<std::string>> levels,
                   std::size_t peers) {
  if (merge(id, request)) return;
  Operation& operation = operations_[id];
  operation.request = request;
  operation.levels = std::move(levels);
  operation.expected = peers;
  start_level(operation);
  client_.log(LogPriority::kNotice,
              fmt::format("Requesting peer fencing ({}) targeting {}", request.action, request.target) +
                  (profile_.daemons_renamed
                       ? fmt::format(" | id={} state=querying base_timeout={}", short_id(id), request.timeout.seconds())
                       : ""));
  start_timer(id, operation, TimerKind::kQuery, with_margin(request.timeout));
  WireWriter out = open_message(MessageKind::kQuery, id);
  write_request(out, request);
  client_.send(out);
}

// CM-10.14
bool Leader::remapped(const Operation& operation, const std::vector<std::string>& level) {
  return level.size() > 1 && operation.request.action == "reboot";
}

void Leader::start_level(Operation& operation) {
  operation.position = 0;
  operation.tried.clear();
  const bool off_then_on =
      operation.level < operation.levels.size() && remapped(operation, operation.levels[operation.level]);
  operation.phase = off_then_on ? Phase::kOff : Phase::kOnce;
}

void Leader::answered(const OperationId& id, std::string peer, std::vector<DeviceOffer> offers) {
  const auto it = operations_.find(id);
  if (it == operations_.end()) return;
  it->second.answers.push_back({std::move(peer), std::move(offers)});
  proceed(id);
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
      executed(id, busy, {FencingStatus::kTimeout, "The executing node was lost", {}});
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
  if (operation.query_over || operation.answers.size() >= operation.expected) return true;
  if (operation.levels.empty()) return true;  // choose() waits for a verified device
  for (const auto& level : operation.levels)
    for (const std::string& device : level)
      if (!reported(operation, device)) return false;
  return true;
}

// CM-10.10
Leader::Choice Leader::choose(const Operation& operation) const {
  const bool all = operation.query_over || operation.answers.size() >= operation.expected;
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
    const bool all = operation.query_over || operation.answers.size() >= operation.expected;
    if (!all) return true;
    if (operation.phase == Phase::kOn) return !next_device(id, operation);  // failures to switch on do not matter
    if (!operation.levels.empty()) return !next_level(id, operation);
    nobody_left(id, operation);
    return true;
  }
  if (operation.phase == Phase::kOn && !choice.offer->can_switch_on) return !next_device(id, operation);
  execute(id, operation, choice);
  return true;
}

// CM-10.11, CM-12.6
void Leader::nobody_left(const OperationId& id, Operation& operation) {
  if (operation.anything_tried) {
    finish(id, operation.last.status, {}, operation.last.reason);
    return;
  }
  if (watchdog_timeout_.ns > 0) {
    if (operation.timers.contains(TimerKind::kWatchdog)) return;
    client_.log(LogPriority::kNotice,
                fmt::format("Waiting {}s for {} to self-fence ({}) for client {}", watchdog_timeout_.seconds(),
                            operation.request.target, operation.request.action, operation.request.client));
    start_timer(id, operation, TimerKind::kWatchdog, watchdog_timeout_);
    return;
  }
  finish(id, FencingStatus::kNoDevice, {}, profile_.daemons_renamed ? "No fence device" : "No such device");
}

bool Leader::next_device(const OperationId& id, Operation& operation) {
  if (!operation.levels.empty() && ++operation.position < operation.levels[operation.level].size()) return true;
  if (operation.phase == Phase::kOff) {
    operation.phase = Phase::kOn;
    operation.position = 0;
    operation.tried.clear();
    return true;
  }
  finish(id, FencingStatus::kDone, operation.delegate, {});
  return false;
}

// CM-10.13
bool Leader::next_level(const OperationId& id, Operation& operation) {
  ++operation.level;
  start_level(operation);
  if (operation.level < operation.levels.size()) return true;
  client_.log(LogPriority::kNotice, fmt::format("All fencing options targeting {} for client {}@{} failed",
                                                operation.request.target, operation.request.client, id.first));
  if (operation.anything_tried) {
    finish(id, operation.last.status, {}, operation.last.reason);
  } else {
    finish(id, FencingStatus::kNoDevice, {}, profile_.daemons_renamed ? "No fence device" : "No such device");
  }
  return false;
}

// --- executing ---

Duration Leader::time_for(const Operation& operation, const DeviceOffer& offer, std::string_view action) const {
  Duration time = action == "off" ? offer.off_timeout : action == "on" ? offer.on_timeout : offer.reboot_timeout;
  if (time.ns <= 0) time = operation.request.timeout;
  if (action != "on" && operation.request.delay.ns >= 0) time = time + offer.delay;
  return time;
}

// CM-10.12: what all levels may take together, or what the first peer may take.
Duration Leader::total_time(const Operation& operation, const Choice& first) const {
  Duration total;
  if (operation.levels.empty()) {
    for (const DeviceOffer& offer : first.answer->offers)
      total = total + time_for(operation, offer, operation.request.action);
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
  return with_margin(total) + std::max(operation.request.delay, Duration{});
}

void Leader::execute(const OperationId& id, Operation& operation, const Choice& choice) {
  const bool by_device = !operation.levels.empty();
  const std::string_view action = action_now(operation);
  stop_timer(operation, TimerKind::kQuery);
  if (!operation.timers.contains(TimerKind::kTotal))
    start_timer(id, operation, TimerKind::kTotal, total_time(operation, choice));
  operation.busy_peer = choice.answer->peer;
  operation.busy_device = by_device ? choice.offer->id : std::string();
  operation.anything_tried = true;
  operation.tried.insert({operation.busy_peer, operation.busy_device});
  client_.log(LogPriority::kNotice,
              fmt::format("Requesting that {} perform '{}' action targeting {}{}{}", operation.busy_peer, action,
                          operation.request.target, by_device ? " using " : "", operation.busy_device));
  Duration time;
  for (const DeviceOffer& offer : choice.answer->offers)
    if (!by_device || &offer == choice.offer) time = time + time_for(operation, offer, action);
  time = with_margin(time) + with_margin(std::max(operation.request.delay, Duration{}));
  start_timer(id, operation, TimerKind::kPeer, time);
  FencingRequest request = operation.request;
  request.action = action;
  WireWriter out = open_message(MessageKind::kExecute, id);
  out.text(operation.busy_peer);
  out.text(operation.busy_device);
  write_request(out, request);
  client_.send(out);
}

void Leader::executed(const OperationId& id, const std::string& peer, const CommandResult& result) {
  const auto it = operations_.find(id);
  if (it == operations_.end()) {
    return client_.log(LogPriority::kNotice, "Result arrived too late");
  }
  Operation& operation = it->second;
  if (!same_name(operation.busy_peer, peer)) return;
  stop_timer(operation, TimerKind::kPeer);
  operation.busy_peer.clear();
  const bool done = result.status == FencingStatus::kDone;
  if (done) operation.delegate = peer;
  if (!done) operation.last = result;
  bool going_on = true;
  if (done || operation.phase == Phase::kOn) {
    going_on = next_device(id, operation);
  } else if (!operation.levels.empty() && result.status != FencingStatus::kTimeout) {
    going_on = next_level(id, operation);
  }
  if (going_on) proceed(id);
}

// CM-10.16
void Leader::finish(const OperationId& id, FencingStatus status, std::string delegate, std::string reason) {
  const auto it = operations_.find(id);
  Operation operation = std::move(it->second);
  operations_.erase(it);
  for (const TimerKind kind : {TimerKind::kQuery, TimerKind::kPeer, TimerKind::kTotal, TimerKind::kWatchdog})
    stop_timer(operation, kind);
  std::vector<OperationId> ids = operation.duplicates;
  ids.insert(ids.begin(), id);
  for (const OperationId& each : ids) {
    WireWriter out = open_message(MessageKind::kResult, each);
    write_request(out, operation.request);
    out.u8(static_cast<std::uint8_t>(status));
    out.text(delegate);
    out.text(reason);
    client_.send(out);
  }
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
      client_.log(LogPriority::kNotice,
                  fmt::format("Peer's '{}' action targeting {} for client {} timed out", operation.request.action,
                              operation.request.target, operation.request.client));
      return executed(id, std::string(operation.busy_peer),
                      {FencingStatus::kTimeout, "Peer did not return fence result within timeout", {}});
    case TimerKind::kTotal:
      return finish(id, FencingStatus::kTimeout, {},
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
