#include "engine/fencer/fencer.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "engine/fencer/device_queue.h"
#include "engine/fencer/devices.h"
#include "engine/fencer/fencer_messages.h"
#include "engine/fencer/leader.h"
#include "engine/fencer/target_finder.h"
#include "engine/fencer/topology.h"

namespace simcluster::fencer {

namespace {

constexpr std::size_t kMostHistory = 500;  // CM-10.17
constexpr std::size_t kTrimmedHistory = 250;
constexpr std::size_t kMostOperations = 1000;    // of others, that are under way
constexpr Duration kToolTimeout = seconds(120);  // of stonith_admin
constexpr std::string_view kDiskKey = "fencing_history";
// Every node notes an operation's end when it hears of it, by its own clock. Nobody fences the same node again for the
// same client, with the same call number, within that time.
constexpr Duration kSameEnd = seconds(5);

// What this node does for an operation: its devices that are still to be tried.
struct Work {
  FencingRequest request;
  std::deque<std::string> devices;
};

// An operation that its leader has asked about and that has no result yet.
struct Announced {
  OperationId id;
  std::string leader;
  FencingRequest request;
};

}  // namespace

class Fencer::Impl final : public LeaderClient, public PersistClient {
 public:
  Impl(Host& host, const Profile& profile, FencerTransport& transport, FencerClient& client)
      : host_(host),
        profile_(profile),
        transport_(transport),
        client_(client),
        leader_(host, profile, *this),
        finder_(host, profile, queues_, [this](LogPriority priority, std::string_view text) { log(priority, text); }) {}

  void set_node(std::string name, std::string client) {
    name_ = std::move(name);
    client_name_ = std::move(client);
  }
  void set_peers(std::vector<std::string> names);
  void set_devices(std::vector<Device> devices);
  void set_topology(std::vector<TopologyLevel> levels) { topology_ = std::move(levels); }
  void set_watchdog_timeout(Duration timeout) { leader_.set_watchdog_timeout(timeout); }
  std::size_t device_count() const { return queues_.size(); }
  void note_verified(const std::string& device) { finder_.verified(device); }
  std::uint32_t request(const FencingRequest& request);
  void ask(const DeviceQuestion& question, std::function<void(const DeviceAnswer&)> answer);
  void confirm(std::string_view target, std::string_view client);
  const std::vector<HistoryEntry>& history() const { return history_; }
  std::vector<HistoryEntry> pending() const;
  void keep_history();
  void share_history();
  void on_message(std::string_view sender, std::span<const std::byte> bytes);

  void send(const WireWriter& out) override { transport_.broadcast_fencer(out.bytes()); }
  void log(LogPriority priority, std::string_view text) const override;
  void on_persisted(std::uint64_t) override {}

 private:
  void lead(const OperationId& id, const FencingRequest& request);
  void answer_query(const OperationId& id, const FencingRequest& request);
  TargetFinder::Wish wish_of(const FencingRequest& request) const;
  DeviceOffer offer_of(const Device& device, bool verified) const;
  void execute(const OperationId& id, const Execution& execution);
  void try_next_device(const OperationId& id);
  void tell_executed(const OperationId& id, const CommandResult& result);
  void note_result(const OperationId& id, const FencingRequest& request, WireReader& in);
  void remember(HistoryEntry entry);
  void trim_history();
  void write_to_disk();

  Host& host_;
  const Profile& profile_;
  FencerTransport& transport_;
  FencerClient& client_;
  std::string name_;
  std::string client_name_;
  std::vector<std::string> peers_;
  DeviceQueues queues_;
  std::vector<TopologyLevel> topology_;
  Leader leader_;
  TargetFinder finder_;
  std::map<OperationId, Work> work_;
  std::vector<std::shared_ptr<DeviceQueue>> removed_;  // still busy when they were taken out
  std::vector<HistoryEntry> history_;
  bool keeps_history_ = false;
  std::vector<Announced> pending_;  // in the order in which they were announced
  std::uint32_t last_call_ = 0;
};

void Fencer::Impl::log(LogPriority priority, std::string_view text) const {
  host_.log(priority,
            profile_.daemons_renamed      ? "pacemaker-fenced"
            : profile_.logs_with_function ? "stonithd"
                                          : "stonith-ng",
            text);
}

void Fencer::Impl::set_peers(std::vector<std::string> names) {
  peers_ = std::move(names);
  // Nobody will tell how those of a lost node end.
  std::erase_if(pending_, [this](const Announced& each) { return !contains_name(peers_, each.leader); });
  leader_.set_peers(peers_);
}

// CM-10.1, CM-10.25: unchanged devices keep their queues.
void Fencer::Impl::set_devices(std::vector<Device> devices) {
  std::erase_if(removed_, [](const auto& queue) { return queue->idle(); });
  DeviceQueues queues;
  for (Device& device : devices) {
    const std::string id = device.id;
    const auto old = queues_.find(id);
    if (old != queues_.end() && old->second->device().agent == device.agent &&
        old->second->device().parameters == device.parameters) {
      queues.emplace(id, old->second);
      continue;
    }
    finder_.forget(id);
    describe(device, profile_);
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
  const auto other =
      std::find_if(peers_.begin(), peers_.end(), [&](const std::string& peer) { return !same_name(peer, name_); });
  if (same_name(request.target, name_) && other != peers_.end()) {  // CM-10.5
    log(LogPriority::kNotice, fmt::format("Forwarding self-fencing request to {}", *other));
    WireWriter out = open_message(MessageKind::kRelay, id);
    out.text(*other);
    write_request(out, request);
    send(out);
    return id.second;
  }
  lead(id, request);
  return id.second;
}

void Fencer::Impl::lead(const OperationId& id, const FencingRequest& request) {
  leader_.begin(id, request, levels_for(topology_, request.target), peers_.size());
}

// CM-10.26
void Fencer::Impl::confirm(std::string_view target, std::string_view client) {
  const OperationId id{name_, ++last_call_};
  WireWriter out = open_message(MessageKind::kResult, id);
  write_request(out, {std::string(target), "off", {}, {}, std::string(client)});
  out.u8(static_cast<std::uint8_t>(FencingStatus::kDone));
  out.text(kHuman);
  out.text({});
  send(out);
}

// What a tool asks of this node's devices: nobody is switched, no other node is asked.
void Fencer::Impl::ask(const DeviceQuestion& question, std::function<void(const DeviceAnswer&)> answer) {
  if (question.kind == DeviceQuestion::Kind::kDevices) {
    finder_.find({question.subject, "off", false, true}, [answer = std::move(answer)](const auto& able) {
      DeviceAnswer devices;
      for (const Candidate& candidate : able) devices.names.push_back(candidate.device);
      answer(devices);
    });
    return;
  }
  const auto queue = queues_.find(question.subject);
  const bool wants_list = question.kind == DeviceQuestion::Kind::kTargets;
  if (queue == queues_.end()) return answer({false, false, {}, "No such device"});
  if (wants_list && !offers(queue->second->device(), "list", profile_)) return answer({});
  Command command;
  command.action = wants_list ? "list" : "monitor";
  command.timeout = device_timeout(queue->second->device(), command.action, kToolTimeout);
  command.done = [wants_list, answer = std::move(answer)](const CommandResult& result) {
    DeviceAnswer said{true, result.status == FencingStatus::kDone, {}, result.reason};
    if (wants_list && said.ok) said.names = parse_list(result.output);
    answer(said);
  };
  queue->second->add(std::move(command));
}

// --- the node that is queried and executes ---

DeviceOffer Fencer::Impl::offer_of(const Device& device, bool verified) const {
  DeviceOffer offer;
  offer.id = device.id;
  offer.verified = verified;
  offer.can_switch_on =
      parameter(device, "pcmk_reboot_action") != "off" && offers(device, "on", profile_) && !device.automatic;
  offer.reboot_timeout = device_timeout(device, "reboot", {});
  offer.off_timeout = device_timeout(device, "off", {});
  offer.on_timeout = device_timeout(device, "on", {});
  offer.delay = longest_delay(device);
  return offer;
}

// CM-10.4
TargetFinder::Wish Fencer::Impl::wish_of(const FencingRequest& request) const {
  return {request.target, request.action, same_name(request.target, name_), peers_.size() <= 1};
}

// CM-10.8
void Fencer::Impl::answer_query(const OperationId& id, const FencingRequest& request) {
  finder_.find(wish_of(request), [this, id](const std::vector<Candidate>& able) {
    std::vector<DeviceOffer> able_here;
    for (const Candidate& candidate : able) {
      const auto queue = queues_.find(candidate.device);
      if (queue != queues_.end()) able_here.push_back(offer_of(queue->second->device(), candidate.verified));
    }
    WireWriter out = open_message(MessageKind::kAnswer, id);
    write_offers(out, able_here);
    send(out);
  });
}

void Fencer::Impl::execute(const OperationId& id, const Execution& execution) {
  if (!execution.device.empty()) {
    work_[id] = {execution.request, {execution.device}};
    try_next_device(id);
    return;
  }
  finder_.find(wish_of(execution.request), [this, id, execution](const std::vector<Candidate>& able) {
    Work work{execution.request, {}};
    for (const Candidate& candidate : able) {
      if (queues_.contains(candidate.device)) work.devices.push_back(candidate.device);
    }
    work_[id] = std::move(work);
    try_next_device(id);
  });
}

void Fencer::Impl::tell_executed(const OperationId& id, const CommandResult& result) {
  work_.erase(id);
  WireWriter out = open_message(MessageKind::kExecuted, id);
  out.u8(static_cast<std::uint8_t>(result.status));
  out.text(result.reason);
  send(out);
}

// CM-10.15
void Fencer::Impl::try_next_device(const OperationId& id) {
  Work& work = work_.at(id);
  while (!work.devices.empty() && !queues_.contains(work.devices.front())) work.devices.pop_front();
  if (work.devices.empty()) {
    tell_executed(id, {FencingStatus::kNoDevice, "No such device", {}});
    return;
  }
  const std::string device_id = work.devices.front();
  work.devices.pop_front();
  DeviceQueue& queue = *queues_.at(device_id);
  Command command;
  command.action = work.request.action;
  command.target = work.request.target;
  command.timeout = device_timeout(queue.device(), command.action, work.request.timeout);
  if (command.action == "reboot" && !offers(queue.device(), command.action, profile_)) {  // CM-10.21
    log(LogPriority::kNotice, fmt::format("Remapping 'reboot' action targeting {} using {} to 'off' because agent '{}' "
                                          "does not support reboot",
                                          command.target, device_id, queue.device().agent));
    command.action = "off";
  }
  command.extra_delay = work.request.delay;
  command.done = [this, id, device_id](const CommandResult& result) {
    const Work& now = work_.at(id);
    const bool done = result.status == FencingStatus::kDone;
    if (done) finder_.verified(device_id);
    log(done ? LogPriority::kNotice : LogPriority::kError,
        fmt::format("Operation '{}' targeting {} using {} returned {}{}{}", now.request.action, now.request.target,
                    device_id, done ? "0 (OK)" : "an error", result.reason.empty() ? "" : ": ", result.reason));
    if (done || now.devices.empty()) {
      tell_executed(id, result);
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
  if (kind >= kMessageKinds) return;
  const std::string origin(in.text());
  const OperationId id{origin, in.u32()};
  switch (static_cast<MessageKind>(kind)) {
    case MessageKind::kRelay: {
      const std::string to(in.text());
      FencingRequest request = read_request(in);
      if (!in.complete() || !same_name(to, name_) || leader_.operations() >= kMostOperations) return;
      log(LogPriority::kNotice, fmt::format("Received forwarded fencing request from peer {} to fence ({}) peer {}",
                                            sender, request.action, request.target));
      // It asks in its own name (black-box runs of 2.1.5).
      request.origin = name_;
      request.client = client_name_;
      lead(id, request);
      return;
    }
    case MessageKind::kQuery: {
      const FencingRequest request = read_request(in);
      if (!in.complete()) return;
      if (pending_.size() == kMostOperations) pending_.erase(pending_.begin());
      pending_.push_back({id, std::string(sender), request});
      answer_query(id, request);
      return;
    }
    case MessageKind::kAnswer: {
      std::vector<DeviceOffer> offers = read_offers(in);
      if (in.complete()) leader_.answered(id, std::string(sender), std::move(offers));
      return;
    }
    case MessageKind::kExecute: {
      Execution execution;
      execution.to = in.text();
      execution.device = in.text();
      execution.request = read_request(in);
      if (in.complete() && same_name(execution.to, name_) && work_.size() < kMostOperations) execute(id, execution);
      return;
    }
    case MessageKind::kExecuted: {
      const std::uint8_t status = in.u8();
      const std::string reason(in.text());
      if (!in.complete() || status > static_cast<std::uint8_t>(FencingStatus::kNoDevice)) return;
      if (leader_.leads(id))
        leader_.executed(id, std::string(sender), {static_cast<FencingStatus>(status), reason, {}});
      return;
    }
    case MessageKind::kResult: {
      const FencingRequest request = read_request(in);
      note_result(id, request, in);
      return;
    }
    case MessageKind::kHistory: {
      HistoryEntry entry = read_history(in);
      if (in.complete()) remember(std::move(entry));
      return;
    }
  }
}

// CM-10.16
void Fencer::Impl::note_result(const OperationId& id, const FencingRequest& request, WireReader& in) {
  FencingResult result;
  const std::uint8_t status = in.u8();
  result.call = id.second;
  result.target = request.target;
  result.action = request.action;
  result.client = request.client;
  result.delegate = in.text();
  result.reason = in.text();
  if (!in.complete() || status > static_cast<std::uint8_t>(FencingStatus::kNoDevice)) return;
  result.status = static_cast<FencingStatus>(status);
  result.origin = request.origin.empty() ? id.first : request.origin;
  result.own = same_name(id.first, name_);
  std::erase_if(pending_, [&](const Announced& each) { return each.id == id; });
  const bool done = result.status == FencingStatus::kDone;
  log(done ? LogPriority::kNotice : LogPriority::kError,
      fmt::format("Operation '{}' targeting {} by {} for {}@{}: {}", result.action, result.target,
                  result.delegate.empty() ? "<no-one>" : result.delegate, result.client, result.origin,
                  done ? "OK" : result.reason) +
          (profile_.daemons_renamed ? fmt::format("{} | id={}", done ? " (complete)" : "", short_id(id)) : ""));
  // That there was no device is a status, and no reason that an agent gave.
  const std::string reason = result.status == FencingStatus::kNoDevice ? std::string() : result.reason;
  remember({result.target, result.action, done, result.delegate, result.client, result.origin, result.call, host_.now(),
            reason});
  client_.on_fencing_result(result);
}

// --- history (CM-10.17) ---

void Fencer::Impl::remember(HistoryEntry entry) {
  const bool known = std::any_of(history_.begin(), history_.end(), [&](const HistoryEntry& old) {
    const Duration apart =
        old.completed < entry.completed ? entry.completed - old.completed : old.completed - entry.completed;
    return old.origin == entry.origin && old.call == entry.call && old.client == entry.client &&
           old.target == entry.target && old.action == entry.action && apart <= kSameEnd;
  });
  if (known) return;
  const auto later = [](const HistoryEntry& a, const HistoryEntry& b) { return a.completed < b.completed; };
  history_.insert(std::upper_bound(history_.begin(), history_.end(), entry, later), std::move(entry));
  trim_history();
  if (keeps_history_) write_to_disk();
}

void Fencer::Impl::keep_history() {
  if (const auto text = host_.load(kDiskKey)) {
    WireReader in(std::as_bytes(std::span(*text)));
    while (in.ok()) {
      HistoryEntry entry = read_history(in);
      if (in.ok()) remember(std::move(entry));
    }
  }
  keeps_history_ = true;
}

void Fencer::Impl::write_to_disk() {
  WireWriter out;
  for (const HistoryEntry& entry : history_) write_history(out, entry);
  const auto bytes = out.bytes();
  host_.persist(kDiskKey, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), *this, 0);
}

std::vector<HistoryEntry> Fencer::Impl::pending() const {
  std::vector<HistoryEntry> entries;
  for (const Announced& each : pending_) {
    HistoryEntry& entry = entries.emplace_back();
    entry.target = each.request.target;
    entry.action = each.request.action;
    entry.client = each.request.client;
    entry.origin = each.request.origin.empty() ? each.id.first : each.request.origin;
    entry.call = each.id.second;
    entry.pending = true;
  }
  return entries;
}

void Fencer::Impl::trim_history() {
  if (history_.size() <= kMostHistory) return;
  history_.erase(history_.begin(), history_.end() - static_cast<std::ptrdiff_t>(kTrimmedHistory));
}

void Fencer::Impl::share_history() {
  for (const HistoryEntry& entry : history_) {
    WireWriter out = open_message(MessageKind::kHistory, {name_, 0});
    write_history(out, entry);
    send(out);
  }
}

// --- public face ---

Fencer::Fencer(Host& host, const Profile& profile, FencerTransport& transport, FencerClient& client)
    : impl_(std::make_unique<Impl>(host, profile, transport, client)) {}
Fencer::~Fencer() = default;
void Fencer::set_node(std::string name, std::string client) { impl_->set_node(std::move(name), std::move(client)); }
void Fencer::set_peers(std::vector<std::string> names) { impl_->set_peers(std::move(names)); }
void Fencer::set_devices(std::vector<Device> devices) { impl_->set_devices(std::move(devices)); }
std::size_t Fencer::device_count() const { return impl_->device_count(); }
void Fencer::set_topology(std::vector<TopologyLevel> levels) { impl_->set_topology(std::move(levels)); }
void Fencer::set_watchdog_timeout(Duration timeout) { impl_->set_watchdog_timeout(timeout); }
void Fencer::note_verified(const std::string& device) { impl_->note_verified(device); }
std::uint32_t Fencer::request(const FencingRequest& request) { return impl_->request(request); }
void Fencer::ask(const DeviceQuestion& question, std::function<void(const DeviceAnswer&)> answer) {
  impl_->ask(question, std::move(answer));
}
void Fencer::confirm(std::string_view target, std::string_view client) { impl_->confirm(target, client); }
const std::vector<HistoryEntry>& Fencer::history() const { return impl_->history(); }
std::vector<HistoryEntry> Fencer::pending() const { return impl_->pending(); }
void Fencer::keep_history() { impl_->keep_history(); }
void Fencer::share_history() { impl_->share_history(); }
void Fencer::on_message(std::string_view sender, std::span<const std::byte> bytes) { impl_->on_message(sender, bytes); }

}  // namespace simcluster::fencer
