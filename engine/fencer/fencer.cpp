#include "engine/fencer/fencer.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "engine/base/wire.h"
#include "engine/fencer/device_queue.h"
#include "engine/fencer/devices.h"

namespace simcluster::fencer {

namespace {

constexpr Duration kListAge = seconds(60);  // CM-10.3

bool same_name(std::string_view a, std::string_view b) { return contains_name({std::string(a)}, b); }

// An operation is known everywhere by who was asked first and that node's number for it.
using OperationId = std::pair<std::string, std::uint32_t>;

enum class Kind : std::uint8_t { kRelay, kQuery, kAnswer, kExecute, kExecuted, kResult };

struct Reply {
  std::string peer;
  std::uint32_t devices = 0;
  bool verified = false;
};

// At the node that runs the show.
struct Operation {
  FencingRequest request;
  std::vector<Reply> replies;
  std::size_t expected = 0;
  std::set<std::string> tried;
  std::string busy_peer;  // who executes now; empty: nobody
  CommandResult last;
  TimerId timer;
  std::uint64_t timer_cookie = 0;
  bool querying = true;
};

// At the node that executes: which of its devices are still to be tried.
struct Execution {
  FencingRequest request;
  std::deque<std::string> devices;
};

// What a device said last about whom it can fence.
struct TargetList {
  std::vector<std::string> names;
  Duration read_at;
  bool known = false;
};

}  // namespace

class Fencer::Impl final : public TimerClient {
 public:
  Impl(Host& host, const Profile& profile, FencerTransport& transport, FencerClient& client)
      : host_(host), profile_(profile), transport_(transport), client_(client) {}
  ~Impl() {
    for (const auto& [id, operation] : operations_) {
      if (operation.timer.valid()) host_.cancel_timer(operation.timer);
    }
  }

  void set_node(std::string name) { name_ = std::move(name); }
  void set_peers(std::vector<std::string> names);
  void set_devices(std::vector<Device> devices);
  std::size_t device_count() const { return queues_.size(); }
  std::uint32_t request(const FencingRequest& request);
  void on_message(std::string_view sender, std::span<const std::byte> bytes);
  void on_timer(std::uint64_t cookie) override;

 private:
  void log(LogPriority priority, std::string_view text) const;
  static WireWriter open(Kind kind, const OperationId& id);
  void send(const WireWriter& out) { transport_.broadcast_fencer(out.bytes()); }

  void lead(const OperationId& id, const FencingRequest& request);
  void answer_query(const OperationId& id, const std::string& target, const std::string& action);
  void note_answer(const OperationId& id, Reply reply);
  void proceed(const OperationId& id, bool query_over);
  void execute(const OperationId& id, FencingRequest request);
  void try_next_device(const OperationId& id);
  void executed(const OperationId& id, std::string peer, const CommandResult& result);
  // By value: what is told often stands in the operation that ends here.
  void finish(const OperationId& id, FencingStatus status, std::string delegate, std::string reason);
  void set_timer(const OperationId& id, Operation& operation, Duration delay);
  // Calls `done` with the ids of the devices that can fence the target, after asking those that must be asked.
  void find_devices(const std::string& target, std::function<void(std::vector<std::string>, bool)> done);
  void check_devices(std::deque<std::string> left, std::string target, std::vector<std::string> able, bool verified,
                     std::function<void(std::vector<std::string>, bool)> done);

  Host& host_;
  const Profile& profile_;
  FencerTransport& transport_;
  FencerClient& client_;
  std::string name_;
  std::vector<std::string> peers_;
  std::map<std::string, std::shared_ptr<DeviceQueue>> queues_;
  std::map<std::string, TargetList> lists_;
  std::map<OperationId, Operation> operations_;
  std::map<OperationId, Execution> executions_;
  std::map<std::uint64_t, OperationId> timers_;
  std::vector<std::shared_ptr<DeviceQueue>> removed_;  // still busy when they were taken out
  std::uint32_t last_call_ = 0;
  std::uint64_t last_cookie_ = 0;
};

void Fencer::Impl::log(LogPriority priority, std::string_view text) const {
  host_.log(priority, profile_.daemons_renamed ? "pacemaker-fenced" : "stonith-ng", text);
}

WireWriter Fencer::Impl::open(Kind kind, const OperationId& id) {
  WireWriter out;
  out.u8(static_cast<std::uint8_t>(kind));
  out.text(id.first);
  out.u32(id.second);
  return out;
}

void Fencer::Impl::set_peers(std::vector<std::string> names) {
  peers_ = std::move(names);
  std::vector<OperationId> open_operations;
  for (auto& [id, operation] : operations_) {
    operation.expected = std::min(operation.expected, peers_.size());
    open_operations.push_back(id);
  }
  for (const OperationId& id : open_operations) {
    const auto it = operations_.find(id);
    if (it == operations_.end()) continue;
    Operation& operation = it->second;
    const bool lost = !operation.busy_peer.empty() && !contains_name(peers_, operation.busy_peer);
    if (lost) {
      executed(id, operation.busy_peer, {FencingStatus::kFailed, "The executing node was lost", {}});
    } else {
      proceed(id, false);
    }
  }
}

// CM-10.1, CM-10.25: unchanged devices keep their queues.
void Fencer::Impl::set_devices(std::vector<Device> devices) {
  std::erase_if(removed_, [](const auto& queue) { return queue->idle(); });
  std::map<std::string, std::shared_ptr<DeviceQueue>> queues;
  for (Device& device : devices) {
    const std::string id = device.id;
    const auto old = queues_.find(id);
    if (old != queues_.end() && old->second->device().agent == device.agent &&
        old->second->device().parameters == device.parameters) {
      queues.emplace(id, old->second);
      continue;
    }
    lists_.erase(id);
    queues.emplace(id, std::make_shared<DeviceQueue>(host_, profile_, std::move(device)));
    log(LogPriority::kNotice, fmt::format("Added '{}' to device list ({} active device{})", id, queues.size(),
                                          queues.size() == 1 ? "" : "s"));
  }
  for (const auto& [id, queue] : queues_) {
    if (!queues.contains(id) || queues.at(id) != queue) removed_.push_back(queue);
  }
  queues_ = std::move(queues);
}

// --- the node that is asked ---

std::uint32_t Fencer::Impl::request(const FencingRequest& request) {
  const OperationId id{name_, ++last_call_};
  const bool alone =
      std::none_of(peers_.begin(), peers_.end(), [&](const std::string& peer) { return !same_name(peer, name_); });
  if (same_name(request.target, name_) && !alone) {  // CM-10.5
    const auto other =
        std::find_if(peers_.begin(), peers_.end(), [&](const std::string& peer) { return !same_name(peer, name_); });
    log(LogPriority::kNotice, fmt::format("Forwarding self-fencing request to {}", *other));
    WireWriter out = open(Kind::kRelay, id);
    out.text(*other);
    out.text(request.target);
    out.text(request.action);
    out.i64(request.timeout.ns);
    out.i64(request.delay.ns);
    out.text(request.client);
    send(out);
    return id.second;
  }
  lead(id, request);
  return id.second;
}

// CM-10.6, CM-10.7
void Fencer::Impl::lead(const OperationId& id, const FencingRequest& request) {
  Operation& operation = operations_[id];
  operation.request = request;
  operation.expected = peers_.size();
  log(LogPriority::kNotice, fmt::format("Requesting peer fencing ({}) targeting {}", request.action, request.target));
  set_timer(id, operation, request.timeout * 12 / 10);
  WireWriter out = open(Kind::kQuery, id);
  out.text(request.target);
  out.text(request.action);
  send(out);
}

void Fencer::Impl::set_timer(const OperationId& id, Operation& operation, Duration delay) {
  if (operation.timer.valid()) host_.cancel_timer(operation.timer);
  timers_.erase(operation.timer_cookie);
  operation.timer_cookie = ++last_cookie_;
  timers_[operation.timer_cookie] = id;
  operation.timer = host_.start_timer(delay, *this, operation.timer_cookie);
}

void Fencer::Impl::on_timer(std::uint64_t cookie) {
  const auto it = timers_.find(cookie);
  if (it == timers_.end()) return;
  const OperationId id = it->second;
  timers_.erase(it);
  Operation& operation = operations_.at(id);
  operation.timer = TimerId::none();
  if (operation.querying) {
    if (operation.replies.empty()) {
      finish(id, FencingStatus::kTimeout, {}, "No capable peers replied to device query within timeout");
      return;
    }
    proceed(id, true);
    return;
  }
  log(LogPriority::kNotice, fmt::format("Peer's '{}' action targeting {} for client {} timed out",
                                        operation.request.action, operation.request.target, operation.request.client));
  executed(id, operation.busy_peer, {FencingStatus::kTimeout, "Peer did not return fence result within timeout", {}});
}

void Fencer::Impl::note_answer(const OperationId& id, Reply reply) {
  const auto it = operations_.find(id);
  if (it == operations_.end()) return;
  it->second.replies.push_back(std::move(reply));
  proceed(id, false);
}

// CM-10.9 to CM-10.11
void Fencer::Impl::proceed(const OperationId& id, bool query_over) {
  Operation& operation = operations_.at(id);
  if (!operation.busy_peer.empty()) return;
  const bool all = query_over || operation.replies.size() >= operation.expected;
  std::vector<Reply> sorted = operation.replies;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Reply& a, const Reply& b) { return a.devices > b.devices; });
  const Reply* chosen = nullptr;
  for (const bool verified : {true, false}) {
    if (!verified && !all) break;  // a verified one may still answer
    for (const Reply& reply : sorted) {
      if (chosen != nullptr || reply.devices == 0 || reply.verified != verified) continue;
      if (same_name(reply.peer, operation.request.target) || operation.tried.contains(reply.peer)) continue;
      chosen = &reply;
    }
  }
  if (chosen == nullptr) {
    if (!all) return;
    if (operation.tried.empty()) {
      finish(id, FencingStatus::kNoDevice, {}, profile_.daemons_renamed ? "No fence device" : "No such device");
    } else {
      finish(id, operation.last.status, {}, operation.last.reason);
    }
    return;
  }
  operation.querying = false;
  operation.busy_peer = chosen->peer;
  operation.tried.insert(chosen->peer);
  log(LogPriority::kNotice, fmt::format("Requesting that {} perform '{}' action targeting {}", chosen->peer,
                                        operation.request.action, operation.request.target));
  const auto devices = static_cast<std::int64_t>(chosen->devices);
  set_timer(id, operation, operation.request.timeout * devices * 12 / 10);  // CM-10.12
  WireWriter out = open(Kind::kExecute, id);
  out.text(operation.busy_peer);
  out.text(operation.request.target);
  out.text(operation.request.action);
  out.i64(operation.request.timeout.ns);
  out.i64(operation.request.delay.ns);
  send(out);
}

void Fencer::Impl::executed(const OperationId& id, std::string peer, const CommandResult& result) {
  const auto it = operations_.find(id);
  if (it == operations_.end()) {
    log(LogPriority::kNotice, "Result arrived too late");
    return;
  }
  Operation& operation = it->second;
  if (operation.busy_peer != peer) return;
  if (result.status == FencingStatus::kDone) {
    finish(id, FencingStatus::kDone, peer, {});
    return;
  }
  operation.last = result;
  operation.busy_peer.clear();
  proceed(id, false);
}

// CM-10.16
void Fencer::Impl::finish(const OperationId& id, FencingStatus status, std::string delegate, std::string reason) {
  const auto it = operations_.find(id);
  const Operation operation = std::move(it->second);
  operations_.erase(it);
  if (operation.timer.valid()) host_.cancel_timer(operation.timer);
  timers_.erase(operation.timer_cookie);
  WireWriter out = open(Kind::kResult, id);
  out.text(operation.request.target);
  out.text(operation.request.action);
  out.u8(static_cast<std::uint8_t>(status));
  out.text(delegate);
  out.text(operation.request.client);
  out.text(reason);
  send(out);
}

// --- the node that is queried and executes ---

void Fencer::Impl::find_devices(const std::string& target, std::function<void(std::vector<std::string>, bool)> done) {
  std::deque<std::string> all;
  for (const auto& [id, queue] : queues_) all.push_back(id);
  check_devices(std::move(all), target, {}, false, std::move(done));
}

void Fencer::Impl::check_devices(std::deque<std::string> left, std::string target, std::vector<std::string> able,
                                 bool verified, std::function<void(std::vector<std::string>, bool)> done) {
  while (!left.empty()) {
    const std::string id = left.front();
    left.pop_front();
    const auto found = queues_.find(id);
    if (found == queues_.end()) continue;
    const Device& device = found->second->device();
    const TargetCheck check = target_check(device);
    TargetList& list = lists_[id];
    if (check == TargetCheck::kDynamicList && (!list.known || host_.uptime() - list.read_at > kListAge)) {
      Command command;
      command.action = "list";
      command.timeout = device_timeout(device, "list", seconds(60));
      command.done = [this, id, left, target, able, verified, done](const CommandResult& result) mutable {
        TargetList& fresh = lists_[id];
        if (result.status == FencingStatus::kDone) {
          fresh = {parse_list(result.output), host_.uptime(), true};
          left.push_front(id);
        } else if (fresh.known) {  // an old list serves again
          fresh.read_at = host_.uptime();
          left.push_front(id);
        } else {
          log(LogPriority::kNotice,
              fmt::format("Assuming {} cannot fence {} because list could not be got: {}", id, target, result.reason));
        }
        check_devices(std::move(left), std::move(target), std::move(able), verified, std::move(done));
      };
      found->second->add(std::move(command));
      return;
    }
    bool can = check == TargetCheck::kNone;
    if (check == TargetCheck::kStaticList) can = contains_name(static_targets(device), target);
    if (check == TargetCheck::kDynamicList) can = contains_name(list.names, alias_of(device, target));
    static constexpr std::string_view kCheckNames[] = {"none", "static-list", "dynamic-list"};
    log(LogPriority::kInfo, fmt::format("{} is{} eligible to fence (off/reboot) {}: {}", id, can ? "" : " not", target,
                                        kCheckNames[static_cast<std::size_t>(check)]));
    if (!can) continue;
    able.push_back(id);
    verified = verified || list.known;
  }
  done(std::move(able), verified);
}

void Fencer::Impl::answer_query(const OperationId& id, const std::string& target, const std::string&) {
  const auto reply = [this, id](const std::vector<std::string>& able, bool verified) {
    WireWriter out = open(Kind::kAnswer, id);
    out.u32(static_cast<std::uint32_t>(able.size()));
    out.flag(verified);
    send(out);
  };
  if (same_name(target, name_)) {  // CM-10.4
    reply({}, false);
    return;
  }
  find_devices(target, reply);
}

void Fencer::Impl::execute(const OperationId& id, FencingRequest request) {
  find_devices(request.target, [this, id, request](const std::vector<std::string>& able, bool) {
    executions_[id] = {request, {able.begin(), able.end()}};
    try_next_device(id);
  });
}

// CM-10.15
void Fencer::Impl::try_next_device(const OperationId& id) {
  Execution& execution = executions_.at(id);
  const auto tell = [this, id](const CommandResult& result) {
    executions_.erase(id);
    WireWriter out = open(Kind::kExecuted, id);
    out.u8(static_cast<std::uint8_t>(result.status));
    out.text(result.reason);
    send(out);
  };
  while (!execution.devices.empty() && !queues_.contains(execution.devices.front())) execution.devices.pop_front();
  if (execution.devices.empty()) {
    tell({FencingStatus::kNoDevice, "No such device", {}});
    return;
  }
  const std::string device_id = execution.devices.front();
  execution.devices.pop_front();
  DeviceQueue& queue = *queues_.at(device_id);
  Command command;
  command.action = execution.request.action;
  command.target = execution.request.target;
  command.timeout = device_timeout(queue.device(), command.action, execution.request.timeout);
  command.extra_delay = execution.request.delay;
  command.done = [this, id, tell, device_id](const CommandResult& result) {
    const Execution& now = executions_.at(id);
    log(result.status == FencingStatus::kDone ? LogPriority::kNotice : LogPriority::kError,
        fmt::format("Operation '{}' targeting {} using {} returned {}{}{}", now.request.action, now.request.target,
                    device_id, result.status == FencingStatus::kDone ? "0 (OK)" : "an error",
                    result.reason.empty() ? "" : ": ", result.reason));
    if (result.status == FencingStatus::kDone || now.devices.empty()) {
      tell(result);
    } else {
      try_next_device(id);
    }
  };
  queue.add(std::move(command));
}

// --- messages ---

void Fencer::Impl::on_message(std::string_view sender, std::span<const std::byte> bytes) {
  WireReader in(bytes);
  const std::uint8_t kind = in.u8();
  if (kind > static_cast<std::uint8_t>(Kind::kResult)) return;
  const std::string origin(in.text());
  const OperationId id{origin, in.u32()};
  switch (static_cast<Kind>(kind)) {
    case Kind::kRelay:
    case Kind::kExecute: {
      const std::string to(in.text());
      FencingRequest request;
      request.target = in.text();
      request.action = in.text();
      request.timeout.ns = in.i64();
      request.delay.ns = in.i64();
      if (static_cast<Kind>(kind) == Kind::kRelay) request.client = in.text();
      if (!in.complete() || !same_name(to, name_)) return;
      if (static_cast<Kind>(kind) == Kind::kRelay) {
        lead(id, request);
      } else {
        execute(id, request);
      }
      return;
    }
    case Kind::kQuery: {
      const std::string target(in.text());
      const std::string action(in.text());
      if (in.complete()) answer_query(id, target, action);
      return;
    }
    case Kind::kAnswer: {
      Reply reply;
      reply.peer = sender;
      reply.devices = in.u32();
      reply.verified = in.flag();
      if (in.complete()) note_answer(id, std::move(reply));
      return;
    }
    case Kind::kExecuted: {
      const std::uint8_t status = in.u8();
      const std::string reason(in.text());
      if (!in.complete() || status > static_cast<std::uint8_t>(FencingStatus::kNoDevice)) return;
      if (operations_.contains(id)) executed(id, std::string(sender), {static_cast<FencingStatus>(status), reason, {}});
      return;
    }
    case Kind::kResult: {
      FencingResult result;
      result.call = id.second;
      result.target = in.text();
      result.action = in.text();
      const std::uint8_t status = in.u8();
      result.delegate = in.text();
      result.client = in.text();
      result.reason = in.text();
      if (!in.complete() || status > static_cast<std::uint8_t>(FencingStatus::kNoDevice)) return;
      result.status = static_cast<FencingStatus>(status);
      result.origin = origin;
      result.own = same_name(origin, name_);
      const bool done = result.status == FencingStatus::kDone;
      log(done ? LogPriority::kNotice : LogPriority::kError,
          fmt::format("Operation '{}' targeting {} by {} for {}@{}: {}", result.action, result.target,
                      result.delegate.empty() ? "<no-one>" : result.delegate, result.client, result.origin,
                      done ? "OK" : result.reason));
      client_.on_fencing_result(result);
      return;
    }
  }
}

// --- public face ---

Fencer::Fencer(Host& host, const Profile& profile, FencerTransport& transport, FencerClient& client)
    : impl_(std::make_unique<Impl>(host, profile, transport, client)) {}
Fencer::~Fencer() = default;
void Fencer::set_node(std::string name) { impl_->set_node(std::move(name)); }
void Fencer::set_peers(std::vector<std::string> names) { impl_->set_peers(std::move(names)); }
void Fencer::set_devices(std::vector<Device> devices) { impl_->set_devices(std::move(devices)); }
std::size_t Fencer::device_count() const { return impl_->device_count(); }
std::uint32_t Fencer::request(const FencingRequest& request) { return impl_->request(request); }
void Fencer::on_message(std::string_view sender, std::span<const std::byte> bytes) { impl_->on_message(sender, bytes); }

}  // namespace simcluster::fencer
