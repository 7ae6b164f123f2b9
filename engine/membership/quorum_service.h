// The quorum service (M 10.1): tells clients who is in the partition and whether it may work.
#pragma once

#include <span>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/membership/group.h"
#include "engine/membership/sync.h"

namespace simcluster::membership {

class QuorumService final : public SyncService {
 public:
  // Without a provider a node is always quorate (VSF-1).
  QuorumService(Host& host, const Profile& profile, bool has_provider)
      : host_(host), profile_(profile), has_provider_(has_provider), quorate_(!has_provider) {}

  void track(QuorumClient& client);
  void untrack(QuorumClient& client) { std::erase(clients_, &client); }

  // A verdict of the provider (VSF-2).
  void update(std::span<const ClusterNodeId> members, bool quorate, const RingId& ring) {
    tell(members, quorate, ring, true);
  }
  // V-11: told while synchronisation is under way, with the members of the last one that was completed.
  void update_early(std::span<const ClusterNodeId> members, bool quorate, const RingId& ring) {
    tell(members, quorate, ring, false);
  }
  bool quorate() const { return quorate_; }
  // Of the last verdict.
  std::span<const ClusterNodeId> members() const { return members_; }

  std::int32_t service_id() const override { return kQuorumServiceId; }
  std::string_view service_name() const override { return "corosync cluster quorum service v0.1"; }
  void sync_init(const ProcessorList& transitional, const ProcessorList& members, const Ring& ring) override;
  bool sync_process() override { return true; }
  void sync_activate() override;

 private:
  void tell(std::span<const ClusterNodeId> members, bool quorate, const RingId& ring, bool traced);
  static constexpr std::int32_t kQuorumServiceId = 3;

  void log(LogPriority priority, std::string_view text);
  void log_list(LogPriority priority, std::string_view what, std::span<const ClusterNodeId> ids);

  Host& host_;
  const Profile& profile_;
  bool has_provider_;
  bool quorate_;
  bool known_ = false;  // there has been a verdict
  RingId ring_;
  std::vector<ClusterNodeId> members_;
  std::vector<QuorumClient*> clients_;

  // Of the synchronisation under way, and of the last completed one.
  RingId new_ring_;
  std::vector<ClusterNodeId> new_members_, joined_, left_;
  std::vector<ClusterNodeId> completed_members_;
};

}  // namespace simcluster::membership
