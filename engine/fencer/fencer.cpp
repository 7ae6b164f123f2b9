#include "engine/fencer/fencer.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include <fmt/core.h>

#include "engine/fencer/device_queue.h"
#include "engine/fencer/devices.h"
#include "engine/fencer/fencer_messages.h"
#include "engine/fencer/history.h"
#include "engine/fencer/leader.h"
#include "engine/fencer/target_finder.h"
#include "engine/fencer/topology.h"

namespace simcluster::fencer {

namespace {

constexpr std::size_t kMostOperations = Fencer::kMostOperations;
constexpr Duration kToolTimeout = seconds(120);  // of stonith_admin
constexpr std::size_t kEntriesOfMessage = 50;

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

class Fencer::Impl final : public LeaderClient, public AgentClient {
 public:
  Impl(Host& host, const Profile& profile, FencerTransport& transport, FencerClient& client)
      : host_(host),
        profile_(profile),
        transport_(transport),
        client_(client),
        leader_(host, profile, *this),
        finder_(host, queues_, [this](LogPriority priority, std::string_view text) { log(priority, text); }),
        history_(host) {}

  void set_node(std::string name, std::string client) {
    name_ = std::move(name);
    client_name_ = std::move(client);
  }
  void set_peers(std::vector<std::string> names);
  void set_devices(std::vector<Device> devices);
  void set_topology(std::vector<TopologyLevel> levels) { topology_ = std::move(levels); }
  void set_watchdog_timeout(Duration timeout) { leader_.set_watchdog_timeout(timeout); }
  std::size_t device_count() const { return queues_.size(); }
  std::size_t requests() const;
  std::uint64_t dropped() const { return dropped_; }
  void note_verified(const std::string& device) { finder_.verified(device); }
  std::uint32_t request(const FencingRequest& request);
  void ask(const DeviceQuestion& question, std::function<void(const DeviceAnswer&)> answer);
  void confirm(std::string_view target, std::string_view client);
  const std::vector<HistoryEntry>& history() const { return history_.entries(); }
  std::vector<HistoryEntry> pending() const;
  void keep_history() { history_.keep(); }
  void share_history();
  void on_message(std::string_view sender, std::span<const std::byte> bytes);

  void send(const WireWriter& out) override { transport_.broadcast_fencer(out.bytes()); }
  void log(LogPriority priority, std::string_view text) const override;
  const std::string& node_name() const override { return name_; }

 private:
  bool has_room(std::string_view asker, std::size_t under_way);
  void lead(const OperationId& id, const FencingRequest& request);
  bool merge(const OperationId& id, const FencingRequest& request);
  void describe(Device& device);
  void on_agent_exit(AgentRunId run, const AgentResult& result) override;
  void log_command(const OperationId& id, const FencingRequest& request, const std::string& device,
                   const CommandResult& result, std::size_t left) const;
  void note_late_result(const OperationId& id, const std::string& peer, const CommandResult& result);
  void answer_query(const OperationId& id, const FencingRequest& request, const std::string& asker);
  TargetFinder::Wish wish_of(const FencingRequest& request) const;
  static DeviceOffer offer_of(const Device& device, std::string_view target, bool verified);
  void execute(const OperationId& id, const Execution& execution);
  void try_next_device(const OperationId& id);
  void tell_executed(const OperationId& id, const CommandResult& result);
  void note_result(const OperationId& id, const FencingRequest& request, WireReader& in);
  std::string result_line(const FencingResult& result, bool merged) const;

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
  History history_;
  std::vector<Announced> pending_;  // in the order in which they were announced
  std::map<OperationId, std::vector<std::pair<OperationId, FencingRequest>>> merged_;  // with those of other leaders
  std::map<std::string, AgentDescription> descriptions_;  // by agent, as the agent itself gave them
  std::map<AgentRunId, std::string> asked_agents_;        // whose description is being asked for
  std::uint32_t last_call_ = 0;
  std::uint64_t dropped_ = 0;   // questions and orders of others
  bool dropping_told_ = false;  // since there was nothing to do
};

void Fencer::Impl::log(LogPriority priority, std::string_view text) const {
  write_log(host_, profile_, priority, text);
}

void Fencer::Impl::set_peers(std::vector<std::string> names) {
  peers_ = std::move(names);
  // Nobody will tell how those of a lost node end.
  std::vector<Announced> lost;
  std::erase_if(pending_, [&](const Announced& each) {
    if (contains_name(peers_, each.leader)) return false;
    lost.push_back(each);
    return true;
  });
  leader_.set_peers(peers_);
  for (const Announced& each : lost) {
    auto orphans = merged_.extract(each.id);
    if (orphans.empty()) continue;
    for (const auto& [id, request] : orphans.mapped()) lead(id, request);
  }
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
    describe(device);
    queues.emplace(id, std::make_shared<DeviceQueue>(host_, profile_, std::move(device)));
    log(LogPriority::kNotice, fmt::format("Added '{}' to device list ({} active device{})", id, queues.size(),
                                          queues.size() == 1 ? "" : "s"));
  }
  for (const auto& [id, queue] : queues_) {
    if (!queues.contains(id) || queues.at(id) != queue) removed_.push_back(queue);
  }
  queues_ = std::move(queues);
}

// CM-10.2: what an agent says of itself is asked for once, when this project does not know the agent.
void Fencer::Impl::describe(Device& device) {
  device.about = describe_agent(device.agent, profile_);
  if (device.about.known) return;
  const auto known = descriptions_.find(device.agent);
  if (known != descriptions_.end()) {
    device.about = known->second;
    return;
  }
  for (const auto& [run, agent] : asked_agents_)
    if (agent == device.agent) return;
  AgentRequest request;
  request.standard = "stonith";
  request.type = device.agent;
  request.instance = device.id;
  request.action = "metadata";
  request.parameters.emplace_back("action", request.action);
  asked_agents_[host_.run_agent(request, *this)] = device.agent;
}

void Fencer::Impl::on_agent_exit(AgentRunId run, const AgentResult& result) {
  const auto asked = asked_agents_.extract(run);
  if (asked.empty() || result.exit_code != 0) return;
  AgentDescription about = read_agent_description(result.output);
  if (!about.known) return;
  for (const auto& [id, queue] : queues_)
    if (queue->device().agent == asked.mapped()) queue->describe(about);
  descriptions_[asked.mapped()] = std::move(about);
}

// What others have this node do is bounded: what is beyond that is dropped, and told once.
bool Fencer::Impl::has_room(std::string_view asker, std::size_t under_way) {
  if (under_way == 0) dropping_told_ = false;
  if (under_way < kMostOperations) return true;
  ++dropped_;
  if (!std::exchange(dropping_told_, true))
    log(LogPriority::kWarning, fmt::format("Ignoring fencing requests from {}: {} are under way", asker, under_way));
  return false;
}

std::size_t Fencer::Impl::requests() const {
  std::size_t count = leader_.requests();
  for (const auto& [id, duplicates] : merged_) count += duplicates.size();
  return count;
}

// --- the node that is asked ---

std::uint32_t Fencer::Impl::request(const FencingRequest& request) {
  const OperationId id{name_, ++last_call_};
  log(LogPriority::kNotice,
      fmt::format("Client {} wants to fence ({}) {} using any device", request.client, request.action, request.target));
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
  if (!merge(id, request)) leader_.begin(id, request, levels_for(topology_, request.target), peers_.size());
}

// CM-10.6: the same goes on already, led by another node that is still there and is not its target.
bool Fencer::Impl::merge(const OperationId& id, const FencingRequest& request) {
  for (const Announced& other : pending_) {
    if (same_name(other.leader, name_) || same_name(other.leader, request.target)) continue;
    if (!same_name(other.request.target, request.target) || other.request.action != request.action) continue;
    log_merge(*this, {other.id, other.request}, {id, request});
    merged_[other.id].emplace_back(id, request);
    return true;
  }
  return false;
}

// CM-10.26
void Fencer::Impl::confirm(std::string_view target, std::string_view client) {
  log(LogPriority::kNotice, fmt::format("Received manual confirmation that {} has been fenced", target));
  const OperationId id{name_, ++last_call_};
  send(result_message(id, {std::string(target), "off", {}, {}, std::string(client)},
                      {FencingStatus::kDone, std::string(kHuman), {}, {}, false}));
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
  if (wants_list && !offers(queue->second->device().about, "list")) return answer({});
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

DeviceOffer Fencer::Impl::offer_of(const Device& device, std::string_view target, bool verified) {
  DeviceOffer offer;
  offer.id = device.id;
  offer.verified = verified;
  offer.stays_off = parameter(device, "pcmk_reboot_action") == "off";
  offer.can_switch_on = !offer.stays_off && offers(device.about, "on") && !device.about.automatic;
  offer.reboot_timeout = device_timeout(device, "reboot", {});
  offer.off_timeout = device_timeout(device, "off", {});
  offer.on_timeout = device_timeout(device, "on", {});
  offer.delay = delay_limits(device, target).max;
  return offer;
}

// CM-10.4
TargetFinder::Wish Fencer::Impl::wish_of(const FencingRequest& request) const {
  return {request.target, request.action, same_name(request.target, name_), peers_.size() <= 1, request.timeout};
}

// CM-10.8
void Fencer::Impl::answer_query(const OperationId& id, const FencingRequest& request, const std::string& asker) {
  finder_.find(wish_of(request), [this, id, asker, target = request.target](const std::vector<Candidate>& able) {
    std::vector<DeviceOffer> able_here;
    for (const Candidate& candidate : able) {
      const auto queue = queues_.find(candidate.device);
      if (queue != queues_.end()) able_here.push_back(offer_of(queue->second->device(), target, candidate.verified));
    }
    WireWriter out = open_message(MessageKind::kAnswer, id);
    write_offers(out, able_here);
    transport_.answer_fencer(asker, out.bytes());
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
    log(LogPriority::kInfo, fmt::format("Found {} matching device{} for target '{}'", work.devices.size(),
                                        work.devices.size() == 1 ? "" : "s", work.request.target));
    work_[id] = std::move(work);
    try_next_device(id);
  });
}

void Fencer::Impl::tell_executed(const OperationId& id, const CommandResult& result) {
  work_.erase(id);
  WireWriter out = open_message(MessageKind::kExecuted, id);
  out.u8(static_cast<std::uint8_t>(result.status));
  out.text(result.reason);
  out.text(result.words);
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
  if (command.action == "reboot" && !offers(queue.device().about, command.action)) {  // CM-10.21
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
    log_command(id, now.request, device_id, result, now.devices.size());
    if (done || now.devices.empty()) {
      tell_executed(id, result);
    } else {
      try_next_device(id);
    }
  };
  queue.add(std::move(command));
}

void Fencer::Impl::log_command(const OperationId& id, const FencingRequest& request, const std::string& device,
                               const CommandResult& result, std::size_t left) const {
  const bool done = result.status == FencingStatus::kDone;
  const std::string ended = result.status == FencingStatus::kTimeout
                                ? fmt::format("could not be executed: {}", outcome_text(result.status, result.reason))
                                : fmt::format("returned {}", result.exit_code);
  log(done ? LogPriority::kNotice : LogPriority::kError,
      fmt::format("Operation '{}' [{}] targeting {} using {} {}{} | call {} from {}", request.action, result.process,
                  request.target, device, ended,
                  left == 0 ? std::string() : fmt::format(" ({} device{} remaining)", left, left == 1 ? "" : "s"),
                  id.second, request.client));
}

// The operation has failed for everybody; only this node's history learns how it ended (black-box runs of 2.1.5).
void Fencer::Impl::note_late_result(const OperationId& id, const std::string& peer, const CommandResult& result) {
  const std::optional<FencingRequest> request = leader_.overdue(id);
  if (!request) return;
  const std::string& origin = request->origin.empty() ? id.first : request->origin;
  log(LogPriority::kNotice, fmt::format("Operation '{}' targeting {} by {} for {}@{}: Result arrived too late | id={}",
                                        request->action, request->target, peer, request->client, origin, short_id(id)));
  history_.amend(origin, id.second, request->client, result.status == FencingStatus::kDone, result.reason);
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
      if (!in.complete() || !same_name(to, name_) || !has_room(sender, requests())) return;
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
      if (has_room(sender, finder_.searches())) answer_query(id, request, std::string(sender));
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
      if (in.complete() && same_name(execution.to, name_) && has_room(sender, work_.size() + finder_.searches()))
        execute(id, execution);
      return;
    }
    case MessageKind::kExecuted: {
      const std::uint8_t status = in.u8();
      CommandResult result;
      result.reason = in.text();
      result.words = in.text();
      if (!in.complete() || status > static_cast<std::uint8_t>(FencingStatus::kNoDevice)) return;
      result.status = static_cast<FencingStatus>(status);
      if (leader_.leads(id)) {
        leader_.executed(id, std::string(sender), result);
      } else {
        note_late_result(id, std::string(sender), result);
      }
      return;
    }
    case MessageKind::kResult: {
      const FencingRequest request = read_request(in);
      note_result(id, request, in);
      return;
    }
    case MessageKind::kHistory: {
      while (in.ok()) {
        HistoryEntry entry = read_history(in);
        if (in.ok()) history_.remember(std::move(entry));
      }
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
  result.words = in.text();
  result.event = uuid_of(id);
  const bool merged = in.flag();
  if (!in.complete() || status > static_cast<std::uint8_t>(FencingStatus::kNoDevice)) return;
  result.status = static_cast<FencingStatus>(status);
  result.origin = request.origin.empty() ? id.first : request.origin;
  result.own = same_name(id.first, name_);
  std::erase_if(pending_, [&](const Announced& each) { return each.id == id; });
  const bool done = result.status == FencingStatus::kDone;
  // An error is the leader's; to the others it is news.
  const bool error = !done && same_name(result.origin, name_);
  log(error ? LogPriority::kError : LogPriority::kNotice, result_line(result, merged));
  // That there was no device is a status, and no reason that an agent gave.
  const std::string reason = result.status == FencingStatus::kNoDevice ? std::string() : result.reason;
  history_.remember({result.target, result.action, done, result.delegate, result.client, result.origin, result.call,
                     host_.now(), reason});
  client_.on_fencing_result(result);
  const auto duplicates = merged_.extract(id);
  if (duplicates.empty()) return;
  for (const auto& [duplicate, asked] : duplicates.mapped())
    send(result_message(duplicate, asked, {result.status, result.delegate, result.reason, result.words, true}));
}

// CM-10.16
std::string Fencer::Impl::result_line(const FencingResult& result, bool merged) const {
  const std::string_view nobody = profile_.daemons_renamed ? "unknown node" : "<no-one>";
  const std::string line = fmt::format("Operation '{}' targeting {} by {} for {}@{}{}: ", result.action, result.target,
                                       result.delegate.empty() ? nobody : result.delegate, result.client, result.origin,
                                       merged ? " (merged)" : "");
  if (!profile_.daemons_renamed)
    return line + (result.status == FencingStatus::kDone ? "OK" : result.reason.empty() ? "Error" : result.reason);
  return fmt::format("{}{} | id={}", line, result_text(result.status, result.reason), result.event.substr(0, 8));
}

// --- history ---

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

void Fencer::Impl::share_history() {
  const std::vector<HistoryEntry>& entries = history_.entries();
  for (std::size_t start = 0; start < entries.size(); start += kEntriesOfMessage) {
    WireWriter out = open_message(MessageKind::kHistory, {name_, 0});
    const std::size_t end = std::min(start + kEntriesOfMessage, entries.size());
    for (std::size_t i = start; i < end; ++i) write_history(out, entries[i]);
    send(out);
  }
}

// --- public face ---

std::string ending(const FencingResult& result) {
  if (result.status == FencingStatus::kDone) return "OK";
  if (result.status == FencingStatus::kFailed) return "Error";
  return outcome_text(result.status, result.reason);
}

Fencer::Fencer(Host& host, const Profile& profile, FencerTransport& transport, FencerClient& client)
    : impl_(std::make_unique<Impl>(host, profile, transport, client)) {}
Fencer::~Fencer() = default;
void Fencer::set_node(std::string name, std::string client) { impl_->set_node(std::move(name), std::move(client)); }
void Fencer::set_peers(std::vector<std::string> names) { impl_->set_peers(std::move(names)); }
void Fencer::set_devices(std::vector<Device> devices) { impl_->set_devices(std::move(devices)); }
std::size_t Fencer::device_count() const { return impl_->device_count(); }
std::size_t Fencer::requests() const { return impl_->requests(); }
std::uint64_t Fencer::dropped() const { return impl_->dropped(); }
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
