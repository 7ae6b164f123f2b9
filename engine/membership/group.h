// What the cluster manager sees of the membership layer: closed process groups with totally ordered messages and
// configuration changes (M 9), ring notifications, and quorum notifications (M 10). `Stack` (stack.h) implements it
// with Totem over Host links, `TestCluster` (testing.h) with a plain queue for unit tests.
//
// Order at one node (CPG-10, VSF-4): group configuration (left), group configuration (joined), on_ring, on_nodes,
// on_quorum. All members of a group see the same sequence of configurations and messages (CPG-11).
// Callbacks come one at a time, never from inside the call that asked. Everything may be called from a callback.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/ids.h"

namespace simcluster::membership {

// Identity of one installed membership (M 3). Sequences grow by at least 4 from ring to ring.
struct RingId {
  ClusterNodeId representative;
  std::uint64_t sequence = 0;

  constexpr auto operator<=>(const RingId&) const = default;
};

// One process in a group. `process` is the daemon's process id on its node (any number that the node's daemons keep
// apart).
struct GroupMember {
  ClusterNodeId node;
  std::uint32_t process = 0;

  constexpr auto operator<=>(const GroupMember&) const = default;
};

// CPG-5.
enum class ChangeReason : std::uint8_t {
  kUndefined = 0,
  kJoin = 1,
  kLeave = 2,
  kNodeDown = 3,
  kNodeUp = 4,
  kProcessDown = 5,
};

struct GroupChange {
  GroupMember member;
  ChangeReason reason = ChangeReason::kUndefined;

  constexpr auto operator<=>(const GroupChange&) const = default;
};

// A new composition of a group. `members` is the list after the change, sorted by node id, then process.
struct GroupConfiguration {
  std::span<const GroupMember> members;
  std::span<const GroupChange> joined;
  std::span<const GroupChange> left;
};

// Receiver of one process's view of one group. All spans are borrowed for the call.
class GroupClient {
 public:
  // A message of the group, own ones included, in total order. Nothing is delivered before the client's own join.
  virtual void on_deliver(const GroupMember& sender, std::span<const std::byte> bytes) = 0;
  // The first call contains the client's own join; after a leave() the last one contains its own leave.
  virtual void on_configuration(const GroupConfiguration& configuration) = 0;
  // The ring below has changed (CPG-9.4); comes after the group configurations that the change caused.
  virtual void on_ring(const RingId& ring, std::span<const ClusterNodeId> members) {
    static_cast<void>(ring);
    static_cast<void>(members);
  }

 protected:
  ~GroupClient() = default;
};

// Membership in one group. Destroying it without leave() is the death of the process: the others see kProcessDown, the
// client hears nothing more.
class Group {
 public:
  virtual ~Group() = default;

  // Sends to all members, the sender included. May be called as soon as the group is open: what is sent before the own
  // join is delivered waits for it. Accepted messages are never dropped while this node lives; they wait in order
  // until flow control and synchronisation allow them (CPG-14). Fails only after leave().
  virtual Result<void> multicast(std::span<const std::byte> bytes) = 0;
  // As multicast(), for what `asker` has made this node say, and would ask for again. It is dropped, and counted
  // (Stack::dropped_answers), while too much of that waits: who asks faster than the ring carries is not answered.
  virtual Result<void> answer(ClusterNodeId asker, std::span<const std::byte> bytes) {
    static_cast<void>(asker);
    return multicast(bytes);
  }
  // Leaves in order: everything accepted before is sent first. on_configuration with the own leave ends it.
  virtual void leave() = 0;
  // The composition as last delivered to the client; empty before the own join.
  virtual std::span<const GroupMember> members() const = 0;
  // This process.
  virtual GroupMember self() const = 0;
  // Messages accepted and not yet given to the ring.
  virtual std::size_t backlog() const = 0;
};

// What votequorum says of one partition (VSF-2).
struct QuorumView {
  bool quorate = false;
  RingId ring;
  std::span<const ClusterNodeId> members;  // sorted by node id
};

// A change of the ring's members as the quorum service reports it (VSF-3).
struct NodesView {
  RingId ring;
  std::span<const ClusterNodeId> members;
  std::span<const ClusterNodeId> joined;
  std::span<const ClusterNodeId> left;
};

class QuorumClient {
 public:
  // After every membership change, and whenever votes or expectations change the verdict (VQ-20).
  virtual void on_quorum(const QuorumView& view) = 0;
  // Before on_quorum, once per membership change. A node that was away and came back within one change is in `left`
  // and in `joined` (M 10.1).
  virtual void on_nodes(const NodesView& view) { static_cast<void>(view); }

 protected:
  ~QuorumClient() = default;
};

// The membership layer of one node.
class GroupService {
 public:
  virtual ~GroupService() = default;

  // Own id; none before the layer knows its address (ids derived from addresses, CF-22).
  virtual ClusterNodeId own_id() const = 0;
  // Name of a node as the configuration's nodelist gives it; empty when it gives none.
  virtual std::string node_name(ClusterNodeId node) const = 0;

  // Joins `group` (at most 128 bytes) as `process`. The handle is usable at once; the join itself is delivered through
  // on_configuration. The same process cannot be in the same group twice (CPG-1). May be called before the layer is
  // up: the join then waits. `client` must outlive the handle.
  virtual Result<std::unique_ptr<Group>> join(std::string_view group, std::uint32_t process, GroupClient& client) = 0;

  // Reports quorum from now on; the present state, if there is one, at once from inside this call (VQ-28).
  virtual void track_quorum(QuorumClient& client) = 0;
  virtual void untrack_quorum(QuorumClient& client) = 0;

  // The installed ring and its members sorted by node id; empty before the first ring.
  virtual RingId ring() const = 0;
  virtual std::span<const ClusterNodeId> members() const = 0;
  virtual bool quorate() const = 0;
};

}  // namespace simcluster::membership
