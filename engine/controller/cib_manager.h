// The CIB of one node as part of the cluster: requests are broadcast and applied by every member in the total order of
// the group (CM-6.7), so that all replicas go through the same states. Old releases (switch cib_diffs_from_primary)
// let the primary apply them, which broadcasts what has changed; while nobody is primary they do as later ones.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/controller/cib_room.h"
#include "engine/controller/cib_store.h"
#include "engine/controller/standstill.h"
#include "engine/membership/group.h"

namespace simcluster::controller {

class CibClient {
 public:
  // The local replica has changed. `update` is borrowed.
  virtual void on_cib_update(const CibUpdate& update) = 0;
  // This node is in the group: requests can be made and are answered.
  virtual void on_cib_connected() = 0;

 protected:
  ~CibClient() = default;
};

// Answers to the caller of one request; an error is the reason of the refusal.
using CibReply = std::function<void(const Result<void>&)>;

class CibManager final : public membership::GroupClient, public PersistClient, public TimerClient {
 public:
  CibManager(Host& host, const Profile& profile, std::string node_name, CibClient& client);
  ~CibManager();
  CibManager(const CibManager&) = delete;
  CibManager& operator=(const CibManager&) = delete;

  // A CIB of more bytes than that is not accepted, whoever wants it (CibStore::limit). Nodes tell each other, and the
  // least of all members is in force on all of them, so that all refuse alike. Where the CIB has more already (a node
  // has brought it), that is doubled until it fits: the cluster must be able to write. 0: there is no limit, and
  // nothing is told.
  void limit(std::size_t bytes);
  CibRoom room() const { return room_; }
  // Takes the CIB from disk, else `initial_cib`, else an empty one (CM-6.13), and joins the group "cib".
  Result<void> start(membership::GroupService& service, std::uint32_t process, std::string_view initial_cib);
  // Leaves the group in order.
  void stop();
  // The process is killed: the group is left without a word.
  void die();
  // The process stands still: it stays in its group, and nobody who asks it is answered until it goes on.
  void freeze() { process_.stop(); }
  void go_on() { process_.go_on(); }

  const cib::Document& document() const { return store_.document(); }
  const CibStore& store() const { return store_; }
  Generation generation() const { return store_.generation(); }
  bool connected() const { return connected_; }

  // Sends a request to all replicas and returns its number. `reply` is called after this node has applied it; it may be
  // empty.
  std::uint32_t submit(CibRequest request, CibReply reply = {});
  // Asks `node` to send its whole CIB to everybody (CM-6.15). `reply` is called when this node has taken it over.
  void sync_from(ClusterNodeId node, CibReply reply);
  // The DC's replica is the one that others are compared with (CM-1.1, CM-6.9).
  // Old releases: it makes the changes.
  void set_primary(bool primary);
  // True while requests of this node are on their way.
  bool busy() const { return !replies_.empty(); }

  void on_deliver(const membership::GroupMember& sender, std::span<const std::byte> bytes) override;
  void on_configuration(const membership::GroupConfiguration& configuration) override;
  void on_persisted(std::uint64_t cookie) override;
  void on_timer(std::uint64_t cookie) override;

 private:
  enum class Kind : std::uint8_t { kRequest, kSyncRequest, kReplace, kPing, kDigest, kPrimary, kDiff, kAnswer, kLimit };

  // A request of this node that the primary has to answer.
  struct Unanswered {
    std::vector<std::byte> bytes;
    bool delivered = false;  // the primary has it, too
  };

  void send(Kind kind, std::uint32_t call, ClusterNodeId to, std::string_view origin, std::span<const std::byte> body);
  void send_request(std::uint32_t call, const CibRequest& request, CibReply reply);
  void deliver_request(const membership::GroupMember& sender, std::uint32_t call, std::span<const std::byte> body);
  void apply_as_primary(const membership::GroupMember& sender, std::uint32_t call, const CibRequest& request);
  void deliver_diff(ClusterNodeId sender, std::uint32_t call, ClusterNodeId asked_by, std::string_view origin,
                    std::string_view diff);
  void deliver_answer(std::uint32_t call, std::string_view refusal);
  void deliver_primary(ClusterNodeId node, bool is_primary);
  void lose_primary();
  void ask_again();
  void own_diff_delivered(std::uint32_t call, ClusterNodeId asked_by);
  void deliver_replace(std::uint32_t call, ClusterNodeId asked_by, std::string_view origin,
                       std::span<const std::byte> body);
  void send_all(std::uint32_t call, ClusterNodeId asked_by);
  // Version and content, "0.7.3.d41d8cd9...": equal where replicas are.
  std::string fingerprint() const;
  void compare(ClusterNodeId node, std::uint32_t ping, std::string_view theirs);
  void await_quiet();
  void stop_timer();
  void tell_limit();
  void deliver_limit(ClusterNodeId node, std::span<const std::byte> body);
  void agree_on_limit();
  void note_refusal(const Error& error, std::string_view origin);
  void applied(const CibUpdate& update);
  void answer(std::uint32_t call, const Result<void>& result);
  // Tells the caller, though the request may have to be sent again.
  void reply(std::uint32_t call, const Result<void>& result);
  void write_to_disk();
  void trace_update(const CibUpdate& update) const;

  Standstill process_;
  Host& host_;
  const Profile& profile_;
  std::string node_name_;
  CibClient& client_;
  CibStore store_;
  std::unique_ptr<membership::Group> group_;
  bool connected_ = false;
  bool dead_ = false;
  std::size_t own_limit_ = 0;
  std::map<ClusterNodeId, std::size_t> limits_;  // as members have told
  CibRoom room_;
  bool over_limit_ = false;  // the CIB has more than the least limit, and that was told
  bool refuses_ = false;     // changes for which there is no room, since the last one that was made
  std::uint32_t last_call_ = 0;
  std::map<std::uint32_t, CibReply> replies_;
  bool primary_ = false;
  ClusterNodeId primary_node_;  // as all members know it; old releases only
  std::map<std::uint32_t, Unanswered> unanswered_;
  std::size_t announcements_ = 0;    // of this node's role that are under way
  std::size_t diffs_under_way_ = 0;  // of this node
  bool outrun_ = false;  // this replica has changes that came too late, and waits for the primary's document
  bool resync_asked_ = false;
  TimerId digest_timer_;
  std::uint32_t last_ping_ = 0;
  std::string pinged_;  // fingerprint when the last ping was sent
};

}  // namespace simcluster::controller
