// votequorum (M 10.2 to 10.9): counts votes and decides whether this partition may work.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/membership/corosync_conf.h"
#include "engine/membership/cs_error.h"
#include "engine/membership/deadlines.h"
#include "engine/membership/quorum_device.h"
#include "engine/membership/quorum_service.h"
#include "engine/membership/service.h"
#include "engine/membership/sync.h"

namespace simcluster::membership {

// What the configuration says, checked and completed (VQ-1 to VQ-7).
struct VoteSettings {
  std::uint32_t votes = 1;
  std::uint32_t expected_votes = 1;
  std::uint32_t nodelist_votes = 0;  // sum over the nodelist; 0: there is none
  bool two_node = false;
  bool wait_for_all = false;
  enum class TieBreaker : std::uint8_t { kNone, kLowest, kHighest, kList } tie_breaker = TieBreaker::kNone;
  std::vector<ClusterNodeId> tie_breaker_list;
  bool last_man_standing = false;
  std::uint32_t last_man_standing_window = 10000;
  bool allow_downscale = false;
  bool expected_votes_tracking = false;
  bool device = false;  // a quorum device is configured
  std::uint32_t device_votes = 0;
  std::uint32_t device_timeout = 10000;
  std::uint32_t device_sync_timeout = 30000;
  bool device_master_wins = false;
  std::vector<std::string> complaints;  // critical log lines that do not stop the start (VQ-3 #3, #5; VQ-6)
};

// What may change while the daemon runs (VQ-3, right column; VQ-8).
struct RuntimeVotes {
  bool usable = true;  // false: the present values stay
  std::uint32_t votes = 1;
  std::uint32_t expected_votes = 1;
  bool two_node = false;
  bool wait_for_all = false;
  bool device_refused = false;
  std::uint32_t device_votes = 0;
  std::vector<std::string> complaints;  // critical log lines
};
RuntimeVotes votes_at_runtime(const CorosyncConf& conf, std::optional<std::uint32_t> local_votes,
                              const VoteSettings& present, bool device_registered, const Profile& profile);

// `local_votes`: quorum_votes of the own nodelist entry, if there is a nodelist. The error's text is the service's init
// error (VQ-3).
Result<VoteSettings> vote_settings(const CorosyncConf& conf, std::optional<std::uint32_t> local_votes,
                                   const Profile& profile);

class Votequorum final : public SyncService, public PersistClient, public QuorumDevice {
 public:
  enum class NodeState : std::uint8_t { kMember = 1, kDead = 2, kLeaving = 3 };
  // M 10.2.
  enum Flag : std::uint32_t {
    kQuorate = 1,
    kLeaving = 2,
    kWaitForAllStatus = 4,
    kFirst = 8,
    kDeviceRegistered = 16,
    kDeviceAlive = 32,
    kDeviceCastVote = 64,
    kDeviceMasterWins = 128,
  };
  struct Node {
    ClusterNodeId id;
    NodeState state = NodeState::kDead;
    std::uint32_t votes = 0;
    std::uint32_t expected_votes = 0;
    std::uint32_t flags = 0;
  };

  Votequorum(VoteSettings settings, const Profile& profile, Host& host, Deadlines& deadlines, ServiceSender& sender,
             QuorumService& quorum, bool debug);

  // VQ-22. Once, when the own id is known.
  void start(ClusterNodeId own);
  // The node's id on the ring is another one now (M 13.2). Votes go on under the id of the start.
  void set_ring_id_of_self(ClusterNodeId id) { current_id_ = id; }
  void on_message(ClusterNodeId from, std::uint16_t function, std::span<const std::byte> message);
  void on_deadline(Deadline which);
  // Sends what found no room before.
  void pump();
  // VQ-23: orderly exit.
  void leave();

  // VQ-26, VQ-27, VQ-17. kInvalidParam: the values are refused; kTryAgain: the ring is busy.
  CsError set_expected_votes(std::uint32_t expected);
  CsError set_votes(ClusterNodeId node, std::uint32_t votes);
  void cancel_wait_for_all();
  // VQ-9. `settings`: of the configuration as it is now, read with at_runtime().
  void reconfigure(const RuntimeVotes& votes);

  CsError register_device(std::string_view name) override;
  // An empty name: whatever is registered (`corosync-quorumtool -f`).
  CsError unregister_device(std::string_view name) override;
  CsError poll_device(std::string_view name, bool cast_vote, const RingId& ring) override;
  CsError set_master_wins(std::string_view name, bool wins) override;
  CsError rename_device(std::string_view old_name, std::string_view new_name) override;

  const std::vector<Node>& nodes() const { return nodes_; }
  std::uint32_t quorum() const { return quorum_; }
  std::uint32_t expected_votes() const;
  std::uint32_t highest_expected() const;
  std::uint32_t total_votes() const;
  // Null for a node that was never seen.
  const Node* node(ClusterNodeId id) const { return find(id); }
  std::uint32_t device_votes() const { return device_votes_; }
  const std::string& device_name() const { return device_name_; }
  bool quorate() const { return quorate_; }
  bool waits_for_all() const { return wfa_status_; }
  const VoteSettings& settings() const { return settings_; }
  std::uint32_t barrier() const { return barrier_; }  // ev_barrier
  // VQ-3: a device is configured and nothing speaks against it.
  bool device_can_operate() const { return settings_.device && !device_refused_; }
  bool device_registered() const { return own_flag(kDeviceRegistered); }
  // As of the last time that this node was quorate; none before.
  ClusterNodeId lowest_when_quorate() const { return lowest_when_quorate_; }
  ClusterNodeId highest_when_quorate() const { return highest_when_quorate_; }

  std::int32_t service_id() const override { return kVotequorumService; }
  std::string_view service_name() const override { return "corosync vote quorum service v1.0"; }
  void sync_init(const ProcessorList& transitional, const ProcessorList& members, const Ring& ring) override;
  bool sync_process() override;
  void sync_activate() override;
  void sync_abort() override {
    nodeinfo_sent_ = false;
    device_poll_awaited_ = false;
  }
  void on_persisted(std::uint64_t) override {}

 private:
  struct Count {
    std::uint32_t total = 0;
    std::uint32_t members = 0;
  };

  Node* find(ClusterNodeId id);
  const Node* find(ClusterNodeId id) const { return const_cast<Votequorum*>(this)->find(id); }
  Node& own();
  Node& insert(ClusterNodeId id);
  bool member(ClusterNodeId id) const;
  Count count(bool device_always) const;

  void set_wfa_status(bool waiting);
  std::uint32_t calculate(bool allow_decrease, std::uint32_t max_expected, std::uint32_t& total);
  void recalculate(bool allow_decrease, bool by_current_nodes);
  void evaluate(std::uint32_t total);
  bool tie_breaker_says_yes() const;
  bool master_wins() const;
  void remember_extremes();
  void raise_barrier(std::uint32_t expected);
  void notify();

  bool send_nodeinfo(ClusterNodeId node);
  bool send_reconfigure(std::uint8_t parameter, ClusterNodeId node, std::uint32_t value);
  void receive_nodeinfo(ClusterNodeId from, Reader& r);
  void receive_device_nodeinfo(const Node& sender, std::uint32_t votes);
  void receive_reconfigure(Reader& r);

  // votequorum_device.cpp
  bool own_flag(std::uint32_t flag) const;
  void set_own_flags(std::uint32_t set, std::uint32_t clear);
  bool send_registration(std::uint32_t operation, std::string_view name);
  bool send_device_name();
  void receive_registration(ClusterNodeId from, Reader& r);
  void receive_rename(Reader& r);
  void await_device_poll();
  void device_lost();

  // Multicasts the own flags, now or when there is room.
  void announce();
  void log(LogPriority priority, std::string_view text);

  VoteSettings settings_;
  const Profile& profile_;
  Host& host_;
  Deadlines& deadlines_;
  ServiceSender& sender_;
  QuorumService& service_;
  bool debug_;

  ClusterNodeId own_id_;
  ClusterNodeId current_id_;
  std::vector<Node> nodes_;
  std::uint32_t quorum_ = 0;
  bool quorate_ = false;
  bool wfa_status_ = false;
  std::uint32_t device_votes_ = 0;
  std::string device_name_;  // of the registered quorum device
  bool device_refused_ = false;
  bool device_poll_awaited_ = false;    // synchronisation waits for the device (VQ-18)
  bool leaving_ = false;                // LEAVING is sent (VQ-23)
  std::uint32_t barrier_ = 0;           // ev_barrier
  std::uint32_t tracking_barrier_ = 0;  // ev_tracking_barrier
  bool sync_in_progress_ = false;
  bool nodeinfo_sent_ = false;
  bool nodeinfo_waits_ = false;
  struct Reconfiguration {
    std::uint8_t parameter = 0;  // 0: the device's votes
    ClusterNodeId node;
    std::uint32_t value = 0;
  };
  std::deque<Reconfiguration> reconfigurations_;  // not sent yet
  std::vector<ClusterNodeId> members_, previous_members_;
  RingId ring_;
  ClusterNodeId lowest_when_quorate_, highest_when_quorate_;
};

}  // namespace simcluster::membership
