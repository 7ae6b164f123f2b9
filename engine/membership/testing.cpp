#include "engine/membership/testing.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/assert.h"

namespace simcluster::membership {

namespace {

struct Process {
  std::string group;
  GroupMember member;

  auto operator<=>(const Process&) const = default;
};

using Processes = std::vector<Process>;  // sorted

void insert(Processes& list, const Process& process) {
  const auto at = std::lower_bound(list.begin(), list.end(), process);
  if (at == list.end() || *at != process) list.insert(at, process);
}

bool erase(Processes& list, const Process& process) {
  const auto at = std::lower_bound(list.begin(), list.end(), process);
  if (at == list.end() || *at != process) return false;
  list.erase(at);
  return true;
}

bool contains(const std::vector<ClusterNodeId>& list, ClusterNodeId id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

}  // namespace

struct TestCluster::Event {
  enum class Kind : std::uint8_t { kJoin, kLeave, kMessage, kRing };

  Kind kind = Kind::kMessage;
  std::uint64_t serial = 0;
  Process process;  // who joins, leaves or sends
  ChangeReason reason = ChangeReason::kUndefined;
  std::shared_ptr<const std::vector<std::byte>> bytes;
  // kRing:
  RingId ring;
  std::vector<ClusterNodeId> members;
  Processes processes;  // of all members
  bool quorate = false;
};

class TestCluster::Member final : public Group {
 public:
  Member(TestCluster::Node& node, Process process, GroupClient& client)
      : node_(node), process_(std::move(process)), client_(client) {}
  ~Member() override;

  Result<void> multicast(std::span<const std::byte> bytes) override;
  void leave() override;
  std::span<const GroupMember> members() const override { return members_; }
  GroupMember self() const override { return process_.member; }
  std::size_t backlog() const override { return 0; }

  const Process& process() const { return process_; }
  GroupClient& client() { return client_; }
  // A member hears nothing before its own join and nothing after its own leave.
  bool listening() const { return listening_; }

  void configure(const Processes& all, const std::vector<GroupChange>& joined, const std::vector<GroupChange>& left);
  void deliver(const GroupMember& sender, std::span<const std::byte> bytes) { client_.on_deliver(sender, bytes); }

 private:
  TestCluster::Node& node_;
  Process process_;
  GroupClient& client_;
  std::vector<GroupMember> members_;
  bool listening_ = false;
  bool left_ = false;
};

class TestCluster::Node final : public GroupService {
 public:
  Node(TestCluster& cluster, std::uint32_t id) : cluster_(cluster), id_(id) {}

  ClusterNodeId own_id() const override { return ClusterNodeId(id_); }
  std::string node_name(ClusterNodeId node) const override {
    return node.value >= 1 && node.value <= cluster_.nodes_.size() ? "node" + std::to_string(node.value)
                                                                   : std::string();
  }
  Result<std::unique_ptr<Group>> join(std::string_view group, std::uint32_t process, GroupClient& client) override;
  void track_quorum(QuorumClient& client) override {
    quorum_clients_.push_back(&client);
    if (ring_.sequence != 0) client.on_quorum({quorate_, ring_, members_});
  }
  void untrack_quorum(QuorumClient& client) override { std::erase(quorum_clients_, &client); }
  RingId ring() const override { return ring_; }
  std::span<const ClusterNodeId> members() const override { return members_; }
  bool quorate() const override { return quorate_; }

  void submit(Event event);
  void forget();
  void take(const Event& event);

  std::uint32_t id() const { return id_; }

  bool running = false;
  std::size_t partition = 0;
  std::size_t to_drop = 0;
  std::deque<Event> inbox;
  std::deque<Event> waiting;  // submitted while the node was down
  Processes submitted;        // own processes once all submitted events are taken
  std::vector<Member*> local;

 private:
  void notify(const std::string& group, const std::vector<GroupChange>& joined, const std::vector<GroupChange>& left);
  void take_ring(const Event& event);
  void take_ring_processes(const Event& event);
  bool alive(const Member* member) const { return std::find(local.begin(), local.end(), member) != local.end(); }

  TestCluster& cluster_;
  std::uint32_t id_;
  RingId ring_;
  std::vector<ClusterNodeId> members_;
  bool quorate_ = false;
  Processes processes_;
  std::vector<QuorumClient*> quorum_clients_;
};

TestCluster::Member::~Member() {
  std::erase(node_.local, this);
  if (left_) return;
  Event event;
  event.kind = Event::Kind::kLeave;
  event.process = process_;
  event.reason = ChangeReason::kProcessDown;
  node_.submit(std::move(event));
}

Result<void> TestCluster::Member::multicast(std::span<const std::byte> bytes) {
  if (left_) return fail("the process has left the group " + process_.group);
  Event event;
  event.process = process_;
  event.bytes = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
  node_.submit(std::move(event));
  return {};
}

void TestCluster::Member::leave() {
  if (left_) return;
  left_ = true;
  Event event;
  event.kind = Event::Kind::kLeave;
  event.process = process_;
  event.reason = ChangeReason::kLeave;
  node_.submit(std::move(event));
}

void TestCluster::Member::configure(const Processes& all, const std::vector<GroupChange>& joined,
                                    const std::vector<GroupChange>& left) {
  const auto names_me = [&](const GroupChange& change) { return change.member == process_.member; };
  if (std::any_of(joined.begin(), joined.end(), names_me)) listening_ = true;
  if (!listening_) return;
  if (std::any_of(left.begin(), left.end(), names_me)) listening_ = false;
  members_.clear();
  for (const Process& process : all)
    if (process.group == process_.group) members_.push_back(process.member);
  client_.on_configuration({members_, joined, left});
}

Result<std::unique_ptr<Group>> TestCluster::Node::join(std::string_view group, std::uint32_t process,
                                                       GroupClient& client) {
  const Process who{std::string(group), {own_id(), process}};
  for (const Member* member : local)
    if (member->process() == who) return fail("the process is already in the group " + who.group);
  auto member = std::make_unique<Member>(*this, who, client);
  local.push_back(member.get());
  Event event;
  event.kind = Event::Kind::kJoin;
  event.process = who;
  event.reason = ChangeReason::kJoin;
  submit(std::move(event));
  return member;
}

void TestCluster::Node::submit(Event event) {
  if (!running) {
    waiting.push_back(std::move(event));
    return;
  }
  if (event.kind == Event::Kind::kMessage && to_drop > 0) {
    --to_drop;
    return;
  }
  if (event.kind == Event::Kind::kJoin) insert(submitted, event.process);
  if (event.kind == Event::Kind::kLeave) erase(submitted, event.process);
  event.serial = ++cluster_.serial_;
  for (const auto& node : cluster_.nodes_)
    if (node->running && node->partition == partition) node->inbox.push_back(event);
}

void TestCluster::Node::forget() {
  running = false;
  inbox.clear();
  waiting.clear();
  submitted.clear();
  processes_.clear();
  members_.clear();
  ring_ = {};
  quorate_ = false;
  local.clear();
  quorum_clients_.clear();
}

void TestCluster::Node::notify(const std::string& group, const std::vector<GroupChange>& joined,
                               const std::vector<GroupChange>& left) {
  const std::vector<Member*> receivers = local;
  for (Member* member : receivers)
    if (alive(member) && member->process().group == group) member->configure(processes_, joined, left);
}

void TestCluster::Node::take(const Event& event) {
  const GroupChange change{event.process.member, event.reason};
  switch (event.kind) {
    case Event::Kind::kJoin:
      insert(processes_, event.process);
      notify(event.process.group, {change}, {});
      return;
    case Event::Kind::kLeave:
      if (erase(processes_, event.process)) notify(event.process.group, {}, {change});
      return;
    case Event::Kind::kMessage: {
      const std::vector<Member*> receivers = local;
      for (Member* member : receivers)
        if (alive(member) && member->listening() && member->process().group == event.process.group)
          member->deliver(event.process.member, *event.bytes);
      return;
    }
    case Event::Kind::kRing:
      take_ring(event);
      return;
  }
}

// CPG-9: first all that went, one configuration per group, then all that came.
void TestCluster::Node::take_ring_processes(const Event& event) {
  const Processes before = processes_;
  const auto changes = [](const Processes& from, const Processes& without, ChangeReason reason) {
    std::vector<std::pair<std::string, std::vector<GroupChange>>> by_group;
    for (const Process& process : from) {
      if (std::binary_search(without.begin(), without.end(), process)) continue;
      if (by_group.empty() || by_group.back().first != process.group) by_group.push_back({process.group, {}});
      by_group.back().second.push_back({process.member, reason});
    }
    return by_group;
  };
  for (const auto& [group, left] : changes(before, event.processes, ChangeReason::kNodeDown)) {
    for (const GroupChange& change : left) erase(processes_, {group, change.member});
    notify(group, {}, left);
  }
  for (const auto& [group, joined] : changes(event.processes, before, ChangeReason::kNodeUp)) {
    for (const GroupChange& change : joined) insert(processes_, {group, change.member});
    notify(group, joined, {});
  }
}

void TestCluster::Node::take_ring(const Event& event) {
  std::vector<ClusterNodeId> joined;
  std::vector<ClusterNodeId> left;
  for (const ClusterNodeId id : event.members)
    if (!contains(members_, id)) joined.push_back(id);
  for (const ClusterNodeId id : members_)
    if (!contains(event.members, id)) left.push_back(id);
  ring_ = event.ring;
  members_ = event.members;
  quorate_ = event.quorate;
  take_ring_processes(event);
  const std::vector<Member*> receivers = local;
  for (Member* member : receivers)
    if (alive(member) && member->listening()) member->client().on_ring(ring_, members_);
  const std::vector<QuorumClient*> trackers = quorum_clients_;
  for (QuorumClient* client : trackers) client->on_nodes({ring_, members_, joined, left});
  for (QuorumClient* client : trackers) client->on_quorum({quorate_, ring_, members_});
}

TestCluster::TestCluster(std::size_t nodes, bool two_node) : two_node_(two_node) {
  for (std::size_t i = 0; i < nodes; ++i)
    nodes_.push_back(std::make_unique<Node>(*this, static_cast<std::uint32_t>(i + 1)));
}

TestCluster::~TestCluster() {
  for (const auto& node : nodes_) node->running = false;
}

TestCluster::Node& TestCluster::at(std::uint32_t id) {
  SIMCLUSTER_ASSERT(id >= 1 && id <= nodes_.size());
  return *nodes_[id - 1];
}

GroupService& TestCluster::node(std::uint32_t id) { return at(id); }

void TestCluster::new_ring(std::size_t partition) {
  Event event;
  event.kind = Event::Kind::kRing;
  for (const auto& node : nodes_) {
    if (!node->running || node->partition != partition) continue;
    event.members.push_back(node->own_id());
    for (const Process& process : node->submitted) insert(event.processes, process);
  }
  if (event.members.empty()) return;
  ring_sequence_ += 4;
  event.ring = {event.members.front(), ring_sequence_};
  if (event.members.size() == nodes_.size()) all_seen_ = true;
  event.quorate = two_node_ ? all_seen_ : event.members.size() * 2 > nodes_.size();
  event.serial = ++serial_;
  for (const auto& node : nodes_)
    if (node->running && node->partition == partition) node->inbox.push_back(event);
}

void TestCluster::start(std::uint32_t id) {
  Node& node = at(id);
  SIMCLUSTER_ASSERT(!node.running);
  node.running = true;
  new_ring(node.partition);
  std::deque<Event> waiting;
  waiting.swap(node.waiting);
  for (Event& event : waiting) node.submit(std::move(event));
}

void TestCluster::crash(std::uint32_t id) {
  Node& node = at(id);
  if (!node.running) return;
  node.forget();
  new_ring(node.partition);
}

void TestCluster::stop(std::uint32_t id) {
  Node& node = at(id);
  if (!node.running) return;
  const Processes own = node.submitted;
  for (const Process& process : own) {
    Event event;
    event.kind = Event::Kind::kLeave;
    event.process = process;
    event.reason = ChangeReason::kLeave;
    node.submit(std::move(event));
  }
  node.forget();
  new_ring(node.partition);
}

void TestCluster::partition(const std::vector<std::vector<std::uint32_t>>& sides) {
  for (const auto& node : nodes_) node->partition = sides.size();
  for (std::size_t side = 0; side < sides.size(); ++side)
    for (const std::uint32_t id : sides[side]) at(id).partition = side;
  for (std::size_t side = 0; side <= sides.size(); ++side) new_ring(side);
}

void TestCluster::heal() {
  for (const auto& node : nodes_) node->partition = 0;
  new_ring(0);
}

void TestCluster::drop_next(std::uint32_t id, std::size_t count) { at(id).to_drop += count; }

bool TestCluster::step() {
  Node* next = nullptr;
  for (const auto& node : nodes_) {
    if (node->inbox.empty()) continue;
    if (next == nullptr || node->inbox.front().serial < next->inbox.front().serial) next = node.get();
  }
  if (next == nullptr) return false;
  const Event event = std::move(next->inbox.front());
  next->inbox.pop_front();
  next->take(event);
  return true;
}

bool TestCluster::run(std::size_t limit) {
  for (std::size_t i = 0; i < limit; ++i)
    if (!step()) return true;
  return false;
}

}  // namespace simcluster::membership
