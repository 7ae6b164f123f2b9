// Transient node attributes: every node holds all of them, one elected writer puts them into the CIB (CM I.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/controller/cib_manager.h"
#include "engine/controller/election.h"
#include "engine/controller/standstill.h"
#include "engine/membership/group.h"

namespace simcluster::controller {

// How attributes look nodes up.
class NodeDirectory {
 public:
  // Name of a node, empty when unknown.
  virtual std::string node_name(ClusterNodeId node) const = 0;
  // Id of the node's elements in the CIB (CM-1.3), empty when unknown.
  virtual std::string node_xml_id(ClusterNodeId node) const = 0;

 protected:
  ~NodeDirectory() = default;
};

class AttributeManager final : public membership::GroupClient, public ElectionClient, public TimerClient {
 public:
  AttributeManager(Host& host, const Profile& profile, CibManager& cib, const NodeDirectory& nodes);
  ~AttributeManager();
  AttributeManager(const AttributeManager&) = delete;
  AttributeManager& operator=(const AttributeManager&) = delete;

  // Names and values of all nodes, with what it takes to keep them. What would be more is not taken from anybody.
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;

  // Joins the group "attrd".
  Result<void> start(membership::GroupService& service, std::uint32_t process, std::string own_name);
  void stop();
  // The process is killed: the group is left without a word, and nothing is written any more.
  void die();
  // The process stands still: it stays in its group and hears nothing until it goes on.
  void freeze() { process_.stop(); }
  void go_on() { process_.go_on(); }

  // CM-9.4. No value: delete. "value++" and "value+=N" count up what is there. Node none: this one.
  void update(std::string_view name, std::optional<std::string_view> value, Duration dampen, ClusterNodeId node);
  // What this node knows now.
  std::optional<std::string_view> value(std::string_view name, ClusterNodeId node) const;
  // Names of the attributes that have a value for this node.
  std::vector<std::string> names_of(ClusterNodeId node) const;
  // The CIB was replaced by another node's: what was written may be gone.
  void on_cib_replaced();
  // Somebody has edited the status by hand: the writer writes everything again (CM-9.10).
  void on_cib_edited(const CibUpdate& update);
  bool is_writer() const { return writer_ == self_ && self_.valid(); }

  void on_deliver(const membership::GroupMember& sender, std::span<const std::byte> bytes) override;
  void on_configuration(const membership::GroupConfiguration& configuration) override;
  void on_timer(std::uint64_t cookie) override;

  void broadcast_vote(const Vote& vote) override;
  void send_no_vote(ClusterNodeId to, const Vote& vote) override;
  ElectionAge election_age() const override;
  std::size_t active_members() const override;
  bool is_active(ClusterNodeId node) const override;
  void start_vote_timer() override;
  void stop_vote_timer() override;
  void log_election(bool warning, std::string_view text) override;

 private:
  enum class Kind : std::uint8_t { kUpdate, kVote, kNoVote, kWriter, kForget, kSync };

  struct NodeValue {
    std::optional<std::string> now;
    std::optional<std::string> written;
  };
  struct Attribute {
    std::uint64_t number = 0;  // cookie of its timer
    Duration dampen;
    TimerId timer;
    bool in_flight = false;
    std::map<ClusterNodeId, NodeValue> values;
  };
  using Attributes = std::map<std::string, Attribute, std::less<>>;

  Attribute& attribute(std::string_view name, Duration dampen);
  std::string expand(std::string_view name, std::string_view value, ClusterNodeId node) const;
  void send_update(std::string_view name, const std::optional<std::string>& value, Duration dampen, ClusterNodeId node,
                   Kind kind = Kind::kUpdate);
  // What a writer says of this node; a value of its own that is another stays, and the others are told (CM-9.8). True:
  // it stays.
  bool keep_own(ClusterNodeId from, std::string_view name, std::string_view theirs, ClusterNodeId node);
  void apply_update(ClusterNodeId from, std::string_view name, std::optional<std::string_view> value, Duration dampen,
                    ClusterNodeId node);
  // False: there is none, also without the attributes that nobody has any more.
  bool make_room(std::string_view name, std::optional<std::string_view> value, ClusterNodeId node);
  void forget_unused();
  void schedule_write(const std::string& name, Attribute& attribute);
  void write(const std::string& name, Attribute& attribute);
  void on_written(const std::string& name, const Result<void>& result);
  void add_write(CibRequest& request, const std::string& name, ClusterNodeId node, NodeValue& value);
  void note_written(const std::string& name, ClusterNodeId node, const NodeValue& value);
  void write_all();
  void forget_node(ClusterNodeId node);
  void erase_from_cib(ClusterNodeId node);
  void count_vote(const membership::GroupMember& sender, std::string_view name, std::string_view feature_set,
                  bool no_vote, const Vote& vote);
  void note(LogPriority priority, std::string_view function, std::string_view text) const;
  void note_writer(ClusterNodeId writer);
  void become_writer();
  void announce_values();
  void send(std::span<const std::byte> bytes);

  Standstill process_;
  Host& host_;
  const Profile& profile_;
  CibManager& cib_;
  const NodeDirectory& nodes_;
  std::unique_ptr<membership::Group> group_;
  std::unique_ptr<Election> election_;
  std::string own_name_;
  ClusterNodeId self_;
  ClusterNodeId writer_;
  bool connected_ = false;
  bool dead_ = false;
  TimerId vote_timer_;
  std::uint64_t last_number_ = 0;
  Attributes attributes_;
  std::size_t bytes_ = 0;            // as kMostBytes counts
  bool refuses_ = false;             // for want of room, since the last one that was taken
  std::set<ClusterNodeId> removed_;  // since there was a writer
};

// "fail-count-a#monitor_10000" to "fail-count-a.monitor_10000": only what an XML id may hold (CM-9.7).
std::string sanitized_id(std::string_view text);

}  // namespace simcluster::controller
