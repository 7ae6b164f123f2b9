// Closed process groups (M 9): who is in which group, the same at every node, and the groups' messages.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/membership/group.h"
#include "engine/membership/service.h"
#include "engine/membership/sync.h"

namespace simcluster::membership {

class Cpg final : public SyncService {
 public:
  // Memberships in groups that one node, and all together, may have. What a node sends beyond that is not looked at, by
  // nobody: all get the same messages in the same order.
  static constexpr std::size_t kMostOfNode = 256;
  static constexpr std::size_t kMostOfAll = 16'384;

  // Answers to one node that wait for the ring; one more is taken while they are below both.
  static constexpr std::size_t kMostAnswers = 1000;
  static constexpr std::size_t kMostAnswerBytes = std::size_t{1} << 20;

  Cpg(Host& host, const Profile& profile, ServiceSender& sender) : host_(host), profile_(profile), sender_(sender) {}
  ~Cpg() override;

  // CPG-1.
  Result<std::unique_ptr<Group>> join(std::string_view group, std::uint32_t process, GroupClient& client);
  // Sends what waits, as far as the ring takes it (CPG-14).
  void pump() {
    if (open_ && !outgoing_.empty()) send_waiting();
  }
  void set_own_id(ClusterNodeId id) { own_id_ = id; }
  // Clients may send: the node is up and no synchronisation runs.
  void set_open(bool open) { open_ = open; }
  // Every local process leaves (LC-4). True when all leaves have been handed to the ring.
  void leave_all();
  bool idle() const { return outgoing_.empty(); }
  // Messages accepted and not yet given to the ring.
  std::size_t waiting() const { return outgoing_.size(); }
  std::uint64_t dropped_answers() const { return dropped_answers_; }

  void on_message(ClusterNodeId from, std::uint16_t function, std::span<const std::byte> message);

  std::int32_t service_id() const override { return kCpgService; }
  std::string_view service_name() const override { return "corosync cluster closed process group service v1.01"; }
  void sync_init(const ProcessorList& transitional, const ProcessorList& members, const Ring& ring) override;
  bool sync_process() override;
  void sync_activate() override;

 private:
  class Connection;
  enum class State : std::uint8_t { kUnjoined, kJoinStarted, kJoinCompleted, kLeaveStarted };
  struct Process {
    GroupMember member;
    std::string group;
    auto operator<=>(const Process&) const = default;  // node id, process, group
  };
  struct Outgoing {
    enum class Kind : std::uint8_t { kJoin, kLeave, kMessage } kind = Kind::kMessage;
    Process process;
    ChangeReason reason = ChangeReason::kUndefined;
    std::vector<std::byte> bytes;
    ClusterNodeId asker = {};  // whom it answers; none: nobody
  };
  struct Answers {
    std::size_t count = 0, bytes = 0;
    bool told = false;  // that some were dropped, since the last ring
  };
  struct JoinList {
    ClusterNodeId node;
    std::vector<Process> processes;
  };
  struct Downlist {
    ClusterNodeId sender;
    std::uint32_t old_members = 0;
    std::uint32_t left = 0;
    // More old members count first, then fewer that left, then the lower id.
    bool better_than(const Downlist& other) const;
  };
  using Changes = std::vector<std::pair<std::string, std::vector<GroupChange>>>;  // by group, in name order

  void send_waiting();
  bool send(const Outgoing& outgoing);
  bool takes_answer(ClusterNodeId asker);
  void note_queued(const Outgoing& outgoing);
  void note_gone(const Outgoing& outgoing);
  bool send_downlist();
  bool send_joinlist();
  bool has_room_for(ClusterNodeId node) const;
  bool known(const Process& process) const;
  void insert(const Process& process);
  bool erase(const Process& process);
  void receive_join(ClusterNodeId from, Reader& r);
  void receive_leave(ClusterNodeId from, Reader& r);
  void receive_message(ClusterNodeId from, Reader& r);
  void receive_joinlist(ClusterNodeId from, Reader& r);
  void receive_downlist(ClusterNodeId from, Reader& r);
  void log_chosen_downlist();
  void notify(const std::string& group, std::span<const GroupChange> joined, std::span<const GroupChange> left);
  void remove_down_nodes();
  void add_joined();
  void remove_zombies();
  void notify_ring();
  bool alive(const Connection* connection) const;
  void forget(Connection& connection);

  Host& host_;
  const Profile& profile_;
  ServiceSender& sender_;
  ClusterNodeId own_id_;
  bool open_ = false;
  std::vector<Process> processes_;  // sorted
  std::vector<Connection*> connections_;
  std::deque<Outgoing> outgoing_;
  std::map<ClusterNodeId, Answers> answers_;  // in outgoing_
  std::uint64_t dropped_answers_ = 0;

  std::vector<ClusterNodeId> completed_members_;  // of the last completed synchronisation
  std::vector<ClusterNodeId> members_;
  std::vector<ClusterNodeId> downlist_;
  std::optional<Downlist> chosen_downlist_;  // of those received; each node acts on its own all the same
  ProcessorList processors_;                 // of the ring
  std::vector<JoinList> joinlists_;          // in reverse order of arrival
  RingId ring_;
  bool downlist_sent_ = false;
};

}  // namespace simcluster::membership
