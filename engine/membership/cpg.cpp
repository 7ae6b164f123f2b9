#include "engine/membership/cpg.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/core.h>

namespace simcluster::membership {

namespace {

// M 17.4.
constexpr std::uint16_t kProcJoin = 0;
constexpr std::uint16_t kProcLeave = 1;
constexpr std::uint16_t kJoinList = 2;
constexpr std::uint16_t kMessage = 3;
constexpr std::uint16_t kDownList = 5;

constexpr std::size_t kMaxGroupName = 128;

template <class T>
bool holds(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::vector<ClusterNodeId> ids_of(const ProcessorList& list) {
  std::vector<ClusterNodeId> ids;
  for (const Processor& p : list) ids.push_back(p.id());
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace

class Cpg::Connection final : public Group {
 public:
  Connection(Cpg& cpg, Process process, GroupClient& client)
      : cpg_(&cpg), process_(std::move(process)), client_(client) {}
  ~Connection() override {
    if (cpg_ != nullptr) cpg_->forget(*this);
  }

  Result<void> multicast(std::span<const std::byte> bytes) override { return queue(ClusterNodeId::none(), bytes); }

  Result<void> answer(ClusterNodeId asker, std::span<const std::byte> bytes) override {
    if (cpg_ != nullptr && !cpg_->takes_answer(asker)) return {};
    return queue(asker, bytes);
  }

  Result<void> queue(ClusterNodeId asker, std::span<const std::byte> bytes) {
    if (cpg_ == nullptr || state_ == State::kUnjoined || state_ == State::kLeaveStarted)
      return fail(fmt::format("process {} is not in group {}", process_.member.process, process_.group));
    Outgoing outgoing;
    outgoing.process = process_;
    outgoing.bytes.assign(bytes.begin(), bytes.end());
    outgoing.asker = asker;
    cpg_->note_queued(outgoing);
    cpg_->outgoing_.push_back(std::move(outgoing));
    cpg_->sender_.on_client_request();
    return {};
  }

  void leave() override {
    if (cpg_ == nullptr || state_ == State::kUnjoined || state_ == State::kLeaveStarted) return;
    state_ = State::kLeaveStarted;
    Outgoing outgoing;
    outgoing.kind = Outgoing::Kind::kLeave;
    outgoing.process = process_;
    outgoing.reason = ChangeReason::kLeave;
    cpg_->outgoing_.push_back(std::move(outgoing));
    cpg_->sender_.on_client_request();
  }

  std::span<const GroupMember> members() const override { return members_; }
  GroupMember self() const override {
    return {cpg_ == nullptr ? process_.member.node : cpg_->own_id_, process_.member.process};
  }
  std::size_t backlog() const override {
    if (cpg_ == nullptr) return 0;
    return static_cast<std::size_t>(
        std::count_if(cpg_->outgoing_.begin(), cpg_->outgoing_.end(), [this](const Outgoing& outgoing) {
          return outgoing.kind == Outgoing::Kind::kMessage && same_process(outgoing.process);
        }));
  }

  // The own node id may not be known yet when the handle is made: processes of this node are told apart by group and
  // process number.
  bool same_process(const Process& other) const {
    return other.group == process_.group && other.member.process == process_.member.process;
  }

  Cpg* cpg_;
  Process process_;
  GroupClient& client_;
  State state_ = State::kJoinStarted;
  std::vector<GroupMember> members_;
};

Cpg::~Cpg() {
  for (Connection* connection : connections_) connection->cpg_ = nullptr;
}

Result<std::unique_ptr<Group>> Cpg::join(std::string_view group, std::uint32_t process, GroupClient& client) {
  if (group.size() > kMaxGroupName)
    return fail(fmt::format("the group name \"{}\" is longer than {} bytes", group, kMaxGroupName));
  if (connections_.size() >= kMostOfNode)
    return fail(fmt::format("processes of this node are in {} groups already", kMostOfNode));
  Process who{{own_id_, process}, std::string(group)};
  for (const Connection* connection : connections_)
    if (connection->state_ != State::kUnjoined && connection->same_process(who))
      return fail(fmt::format("process {} is already in group {}", process, group));
  auto connection = std::make_unique<Connection>(*this, who, client);
  connections_.push_back(connection.get());
  Outgoing outgoing;
  outgoing.kind = Outgoing::Kind::kJoin;
  outgoing.process = std::move(who);
  outgoing.reason = ChangeReason::kJoin;
  outgoing_.push_back(std::move(outgoing));
  sender_.on_client_request();
  return connection;
}

// CPG-2. What a dead process had not handed over yet is lost with it.
void Cpg::forget(Connection& connection) {
  std::erase(connections_, &connection);
  bool join_waits = false;
  std::erase_if(outgoing_, [&](const Outgoing& outgoing) {
    if (!connection.same_process(outgoing.process)) return false;
    if (outgoing.kind != Outgoing::Kind::kLeave) note_gone(outgoing);
    join_waits = join_waits || outgoing.kind == Outgoing::Kind::kJoin;
    return outgoing.kind != Outgoing::Kind::kLeave;
  });
  if (connection.state_ == State::kUnjoined || connection.state_ == State::kLeaveStarted) return;
  if (join_waits) return;
  Outgoing outgoing;
  outgoing.kind = Outgoing::Kind::kLeave;
  outgoing.process = connection.process_;
  outgoing.reason = ChangeReason::kProcessDown;
  outgoing_.push_back(std::move(outgoing));
  sender_.on_client_request();
}

void Cpg::leave_all() {
  const std::vector<Connection*> connections = connections_;
  for (Connection* connection : connections)
    if (alive(connection)) connection->leave();
}

void Cpg::send_waiting() {
  while (open_ && !outgoing_.empty()) {
    if (!send(outgoing_.front())) return;
    note_gone(outgoing_.front());
    outgoing_.pop_front();
  }
}

bool Cpg::send(const Outgoing& outgoing) {
  const bool message = outgoing.kind == Outgoing::Kind::kMessage;
  ServiceMessage built(kCpgService, message                                  ? kMessage
                                    : outgoing.kind == Outgoing::Kind::kJoin ? kProcJoin
                                                                             : kProcLeave);
  return sender_.send_service(built.build([&](Writer& w) {
    w.u32(outgoing.process.member.process);
    w.u32(static_cast<std::uint32_t>(outgoing.reason));
    w.u16(static_cast<std::uint16_t>(outgoing.process.group.size()));
    w.text(outgoing.process.group);
    w.bytes(outgoing.bytes);
  }));
}

bool Cpg::takes_answer(ClusterNodeId asker) {
  Answers& waiting = answers_[asker];
  if (waiting.count < kMostAnswers && waiting.bytes < kMostAnswerBytes) return true;
  ++dropped_answers_;
  if (!std::exchange(waiting.told, true))
    host_.log(LogPriority::kWarning, "corosync",
              fmt::format("[CPG   ] node {} asks faster than the ring carries: {} answers ({} bytes) wait, others are "
                          "dropped",
                          asker.value, waiting.count, waiting.bytes));
  return false;
}

void Cpg::note_queued(const Outgoing& outgoing) {
  if (!outgoing.asker.valid()) return;
  Answers& waiting = answers_[outgoing.asker];
  ++waiting.count;
  waiting.bytes += outgoing.bytes.size();
}

void Cpg::note_gone(const Outgoing& outgoing) {
  if (!outgoing.asker.valid()) return;
  Answers& waiting = answers_.at(outgoing.asker);
  --waiting.count;
  waiting.bytes -= outgoing.bytes.size();
}

bool Cpg::alive(const Connection* connection) const {
  return std::find(connections_.begin(), connections_.end(), connection) != connections_.end();
}

bool Cpg::has_room_for(ClusterNodeId node) const {
  const auto first = std::ranges::lower_bound(processes_, node, {}, [](const Process& p) { return p.member.node; });
  const auto last = std::ranges::upper_bound(processes_, node, {}, [](const Process& p) { return p.member.node; });
  return static_cast<std::size_t>(last - first) < kMostOfNode && processes_.size() < kMostOfAll;
}

bool Cpg::known(const Process& process) const {
  return std::binary_search(processes_.begin(), processes_.end(), process);
}

void Cpg::insert(const Process& process) {
  const auto at = std::lower_bound(processes_.begin(), processes_.end(), process);
  if (at == processes_.end() || *at != process) processes_.insert(at, process);
}

bool Cpg::erase(const Process& process) {
  const auto at = std::lower_bound(processes_.begin(), processes_.end(), process);
  if (at == processes_.end() || *at != process) return false;
  processes_.erase(at);
  return true;
}

void Cpg::on_message(ClusterNodeId from, std::uint16_t function, std::span<const std::byte> message) {
  Reader r(message);
  r.bytes(kServiceHeaderSize);
  switch (function) {
    case kProcJoin:
      return receive_join(from, r);
    case kProcLeave:
      return receive_leave(from, r);
    case kMessage:
      return receive_message(from, r);
    case kJoinList:
      return receive_joinlist(from, r);
    case kDownList:
      return receive_downlist(from, r);
    default:
      return;
  }
}

namespace {

struct ProcessFields {
  std::uint32_t process = 0;
  ChangeReason reason = ChangeReason::kUndefined;
  std::string_view group;  // borrowed from the message
};

bool read_process(Reader& r, ProcessFields& fields) {
  fields.process = r.u32();
  const std::uint32_t reason = r.u32();
  const std::size_t length = r.u16();
  fields.group = r.text(length);
  fields.reason = static_cast<ChangeReason>(reason);
  return !r.failed() && length <= kMaxGroupName && reason <= static_cast<std::uint32_t>(ChangeReason::kProcessDown);
}

}  // namespace

// CPG-3.
void Cpg::receive_join(ClusterNodeId from, Reader& r) {
  ProcessFields fields;
  if (!read_process(r, fields)) return;
  const Process process{{from, fields.process}, std::string(fields.group)};
  if (known(process) || !has_room_for(from)) return;
  insert(process);
  const GroupChange change{process.member, ChangeReason::kJoin};
  notify(process.group, {&change, 1}, {});
}

// CPG-4.
void Cpg::receive_leave(ClusterNodeId from, Reader& r) {
  ProcessFields fields;
  if (!read_process(r, fields)) return;
  const Process process{{from, fields.process}, std::string(fields.group)};
  if (!erase(process)) return;
  const GroupChange change{process.member, fields.reason};
  notify(process.group, {}, {&change, 1});
}

// CPG-6.
void Cpg::receive_message(ClusterNodeId from, Reader& r) {
  ProcessFields fields;
  if (!read_process(r, fields)) return;
  const bool sender_known = std::any_of(processes_.begin(), processes_.end(), [&](const Process& process) {
    return process.member.node == from && process.group == fields.group;
  });
  if (!sender_known)
    return host_.log(LogPriority::kWarning, "corosync", "[CPG   ] Unknown node -> we will not deliver message");
  const auto bytes = r.rest();
  const std::vector<Connection*> receivers = connections_;
  for (Connection* connection : receivers) {
    if (!alive(connection) || connection->process_.group != fields.group) continue;
    if (connection->state_ == State::kJoinCompleted || connection->state_ == State::kLeaveStarted)
      connection->client_.on_deliver({from, fields.process}, bytes);
  }
}

void Cpg::receive_joinlist(ClusterNodeId from, Reader& r) {
  JoinList list;
  list.node = from;
  const std::uint32_t count = std::min<std::uint32_t>(r.u32(), kMostOfNode);
  for (std::uint32_t i = 0; i < count && !r.failed(); ++i) {
    ProcessFields fields;
    if (!read_process(r, fields)) return;
    list.processes.push_back({{from, fields.process}, std::string(fields.group)});
  }
  if (r.failed()) return;
  std::erase_if(joinlists_, [&](const JoinList& before) { return before.node == from; });
  if (joinlists_.size() < kMaxProcessors) joinlists_.insert(joinlists_.begin(), std::move(list));
}

bool Cpg::Downlist::better_than(const Downlist& other) const {
  if (old_members != other.old_members) return old_members > other.old_members;
  if (left != other.left) return left < other.left;
  return sender < other.sender;
}

// CPG-8: informational.
void Cpg::receive_downlist(ClusterNodeId from, Reader& r) {
  Downlist list;
  list.sender = from;
  list.old_members = r.u32();
  list.left = r.u32();
  if (r.failed()) return;
  if (!chosen_downlist_ || list.better_than(*chosen_downlist_)) chosen_downlist_ = list;
  if (profile_.downlists_logged)
    host_.log(LogPriority::kWarning, "corosync", fmt::format("[CPG   ] downlist left_list: {} received", list.left));
}

void Cpg::log_chosen_downlist() {
  const auto sender = std::ranges::find(processors_, chosen_downlist_->sender, &Processor::id);
  if (sender == processors_.end()) return;
  std::string addresses;
  for (std::size_t ring = 0; ring < kMaxRings; ++ring)
    if (const IpAddress& address = sender->address[ring]; address.specified())
      addresses += fmt::format("r({}) ip({}) ", ring, address.text());
  host_.log(LogPriority::kNotice, "corosync",
            fmt::format("[CPG   ] chosen downlist: sender {}; members(old:{} left:{})", addresses,
                        chosen_downlist_->old_members, chosen_downlist_->left));
}

void Cpg::notify(const std::string& group, std::span<const GroupChange> joined, std::span<const GroupChange> left) {
  const auto names = [](std::span<const GroupChange> changes, const GroupMember& member) {
    return std::any_of(changes.begin(), changes.end(),
                       [&](const GroupChange& change) { return change.member == member; });
  };
  const std::vector<Connection*> receivers = connections_;
  for (Connection* connection : receivers) {
    if (!alive(connection) || connection->process_.group != group) continue;
    const GroupMember self{own_id_, connection->process_.member.process};
    if (names(joined, self) && connection->state_ == State::kJoinStarted) connection->state_ = State::kJoinCompleted;
    // A leave() before the own join was delivered still gets both events.
    const bool before_join = connection->members_.empty() && !names(joined, self);
    if (connection->state_ == State::kUnjoined || connection->state_ == State::kJoinStarted || before_join) continue;
    connection->members_.clear();
    for (const Process& process : processes_)
      if (process.group == group) connection->members_.push_back(process.member);
    if (names(left, self)) connection->state_ = State::kUnjoined;
    // The client may destroy the handle: its member list must outlive the call.
    const std::vector<GroupMember> members = connection->members_;
    connection->client_.on_configuration({members, joined, left});
  }
}

void Cpg::sync_init(const ProcessorList& transitional, const ProcessorList& members, const Ring& ring) {
  joinlists_.clear();
  downlist_sent_ = false;
  chosen_downlist_.reset();
  processors_ = members;
  members_ = ids_of(members);
  ring_ = {ring.representative.id(), ring.sequence};
  const std::vector<ClusterNodeId> together = ids_of(transitional);
  downlist_.clear();
  for (const ClusterNodeId id : completed_members_)
    if (!holds(together, id)) downlist_.push_back(id);  // CPG-7
}

// CPG-8.
bool Cpg::sync_process() {
  if (!downlist_sent_) downlist_sent_ = send_downlist();
  return downlist_sent_ && send_joinlist();
}

bool Cpg::send_downlist() {
  ServiceMessage message(kCpgService, kDownList);
  return sender_.send_service(message.build([&](Writer& w) {
    w.u32(static_cast<std::uint32_t>(completed_members_.size()));
    w.u32(static_cast<std::uint32_t>(downlist_.size()));
    for (const ClusterNodeId id : downlist_) w.u32(id.value);
  }));
}

bool Cpg::send_joinlist() {
  std::vector<const Process*> own;
  for (const Process& process : processes_)
    if (process.member.node == own_id_) own.push_back(&process);
  if (own.empty()) return true;
  ServiceMessage message(kCpgService, kJoinList);
  return sender_.send_service(message.build([&](Writer& w) {
    w.u32(static_cast<std::uint32_t>(own.size()));
    for (const Process* process : own) {
      w.u32(process->member.process);
      w.u32(static_cast<std::uint32_t>(ChangeReason::kNodeUp));
      w.u16(static_cast<std::uint16_t>(process->group.size()));
      w.text(process->group);
    }
  }));
}

// CPG-9.
void Cpg::sync_activate() {
  std::erase_if(answers_, [](const auto& entry) { return entry.second.count == 0; });
  for (auto& [asker, waiting] : answers_) waiting.told = false;
  completed_members_ = members_;
  if (chosen_downlist_ && profile_.chosen_downlist_logged) log_chosen_downlist();
  remove_down_nodes();
  add_joined();
  remove_zombies();
  notify_ring();
}

void Cpg::remove_down_nodes() {
  std::map<std::string, std::vector<GroupChange>> left;
  for (const Process& process : processes_)
    if (process.member.node != own_id_ && holds(downlist_, process.member.node))
      left[process.group].push_back({process.member, ChangeReason::kNodeDown});
  for (const auto& [group, changes] : left) {
    for (const GroupChange& change : changes) erase({change.member, group});
    notify(group, {}, changes);
  }
}

void Cpg::add_joined() {
  std::map<std::string, std::vector<GroupChange>> joined;
  for (const JoinList& list : joinlists_) {
    if (list.node == own_id_) continue;
    for (const Process& process : list.processes) {
      if (known(process)) continue;
      insert(process);
      const GroupChange change{process.member, ChangeReason::kNodeUp};
      if (profile_.cpg_joins_one_by_one) {
        notify(process.group, std::span(&change, 1), {});
        continue;
      }
      joined[process.group].push_back({process.member, ChangeReason::kNodeUp});
    }
  }
  // Each group's configuration is complete before the next is told.
  for (const auto& [group, changes] : joined) notify(group, changes, {});
}

void Cpg::remove_zombies() {
  std::vector<Process> zombies;
  for (const Process& process : processes_) {
    if (process.member.node == own_id_) continue;
    const bool mentioned = std::any_of(joinlists_.begin(), joinlists_.end(),
                                       [&](const JoinList& list) { return holds(list.processes, process); });
    if (!mentioned) zombies.push_back(process);
  }
  for (const Process& process : zombies) {
    if (!erase(process)) continue;
    const GroupChange change{process.member, ChangeReason::kProcessDown};
    notify(process.group, {}, {&change, 1});
  }
}

void Cpg::notify_ring() {
  const std::vector<Connection*> receivers = connections_;
  for (Connection* connection : receivers)
    if (alive(connection) && connection->state_ != State::kUnjoined) connection->client_.on_ring(ring_, members_);
}

}  // namespace simcluster::membership
