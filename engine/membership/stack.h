// The membership layer of one node: Totem single ring (M 5), packing (M 6), service synchronisation (M 8), closed
// process groups (M 9) and votequorum (M 10) over the links of a Host.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/membership/corosync_conf.h"
#include "engine/membership/frame_guard.h"
#include "engine/membership/group.h"
#include "engine/membership/path_discovery.h"
#include "engine/membership/quorum_device.h"
#include "engine/membership/tools.h"

namespace simcluster::membership {

struct SrpCounters;

// What the machine knows of itself (CF-24).
struct LocalMachine {
  std::string host_name;
  std::vector<IpAddress> addresses;  // of all interfaces
  // Bytes of the packets that its interfaces send, by address; 1500 for those that are not named.
  std::map<IpAddress, std::uint32_t> mtus;
  // The own id where the configuration names none; none: taken from the address (CF-22).
  ClusterNodeId node_id;
  // Content of the key file where `files` has none; empty: datagrams are not authenticated.
  std::string auth_key;
  // What lies on the machine, by path: where totem.keyfile is looked for (CR-3).
  std::map<std::string, std::string, std::less<>> files;
  // It has a watchdog device.
  bool watchdog = false;
  // A member that answers on no link is given up in GATHER without the consensus time-out. Not as Corosync does.
  bool trust_links = false;
  // Of links that the engine keeps, where datagrams are authenticated; it must outlive the stack. None: no guard.
  FrameGuard* frame_guard = nullptr;
};

class StackClient {
 public:
  // The content of corosync.conf now, for a reload (CF-27). Nothing: the file cannot be read.
  virtual std::optional<std::string> read_corosync_conf() { return std::nullopt; }
  // The machine's files now, as in LocalMachine: a reload reads the key again (CR-6). Nothing: they are what they were.
  virtual std::optional<std::map<std::string, std::string, std::less<>>> read_files() { return std::nullopt; }
  // stop() is done: the leave message is out, all links are closed.
  virtual void on_stack_stopped() = 0;

 protected:
  ~StackClient() = default;
};

class Stack final : public GroupService {
 public:
  // Checks the configuration for this machine (M 14.6 (b) to (e), VQ-3). The error carries Corosync's text. `host`,
  // `profile` and `client` must outlive the stack.
  static Result<std::unique_ptr<Stack>> create(const CorosyncConf& conf, const LocalMachine& local, Host& host,
                                               const Profile& profile, StackClient* client = nullptr);
  ~Stack() override;
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  // Opens the links, forms the first ring when they are up (M 5.2, 16.2). Once.
  void start();
  // Clean stop (LC-4): groups leave, LEAVE is sent, links are closed, on_stack_stopped follows. To crash the node, just
  // destroy the stack.
  void stop();

  ClusterNodeId own_id() const override;
  std::string node_name(ClusterNodeId node) const override;
  Result<std::unique_ptr<Group>> join(std::string_view group, std::uint32_t process, GroupClient& client) override;
  void track_quorum(QuorumClient& client) override;
  void untrack_quorum(QuorumClient& client) override;
  RingId ring() const override;
  std::span<const ClusterNodeId> members() const override;
  // It takes no part in rings: it has left, or it has marked all of its redundant rings FAULTY, when Corosync up to
  // 2.4.2 sends nothing at all and comes back by `corosync-cfgtool -r` only (RR-16).
  bool mute() const;
  // None: packets are of a fixed size, whatever the path carries.
  std::optional<PathDiscovery> path_discovery() const;
  bool quorate() const override;
  // The machine's watchdog is fed while this daemon runs: it is reset when it ends without stop() (WD-1 to WD-4).
  bool feeds_watchdog() const;

  // Datagrams dropped before the ring protocol: cut, of no known kind, or not authentic (CR-4).
  std::uint64_t rejected_datagrams() const;
  // Messages of all groups that the ring has not taken yet.
  std::size_t waiting_messages() const;
  // Answers (Group::answer) that were dropped since the start.
  std::uint64_t dropped_answers() const;
  const SrpCounters& counters() const;
  // Where a quorum device's client registers and votes (VQ-24). Null without votequorum.
  QuorumDevice* quorum_device();
  // What corosync-quorumtool, corosync-cfgtool or corosync-cmapctl does and prints on this node.
  ToolResult run_tool(std::string_view command);

  // For tests of the wrap (MV-40): an idle ring goes on as if `seq` messages had been sent. On all members at once,
  // while the token is held.
  void set_sequence_for_test(std::uint32_t seq);

 private:
  class Impl;
  explicit Stack(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace simcluster::membership
