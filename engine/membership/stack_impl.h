// The parts of Corosync on one node wired together: the state behind Stack. What happens all the time stands here;
// what an administrator asks for, in stack_admin.cpp.
#pragma once

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "engine/base/assert.h"
#include "engine/membership/cfg.h"
#include "engine/membership/config_version.h"
#include "engine/membership/cpg.h"
#include "engine/membership/deadlines.h"
#include "engine/membership/packing.h"
#include "engine/membership/plan.h"
#include "engine/membership/quorum_service.h"
#include "engine/membership/reload.h"
#include "engine/membership/srp.h"
#include "engine/membership/stack.h"
#include "engine/membership/stack_view.h"
#include "engine/membership/start_lines.h"
#include "engine/membership/sync.h"
#include "engine/membership/transports.h"
#include "engine/membership/votequorum.h"

namespace simcluster::membership {

class Stack::Impl final : public TimerClient,
                          public LinkClient,
                          public NodeLinksClient,
                          public TransportClient,
                          public SrpClient,
                          public AssemblyClient,
                          public SyncClient,
                          public ServiceSender,
                          public StackControl,
                          public CfgClient {
 public:
  Impl(const CorosyncConf& conf, const TotemTimers& timers, Plan plan, std::optional<VoteSettings> votes,
       const LocalMachine& local, const std::string& key, Host& host, const Profile& profile, StackClient* client);

  void start() {
    SIMCLUSTER_ASSERT(!started_);
    started_ = true;
    const Input input(*this);
    log_start(host_, profile_, plan_);
    transport_->start();
  }

  // LC-4.
  void stop_by_signal() {
    if (!started_ || stopping_) return;
    host_.log(LogPriority::kNotice, "corosync", "[MAIN  ] Node was shut down by a signal");
    stop();
  }
  // WD-1.
  bool feeds_watchdog() const { return local_.watchdog && configured_to_feed(conf_, profile_); }

  void stop() {
    if (!started_ || stopping_) return;
    stopping_ = true;
    const Input input(*this);
    log_unloading(host_, profile_, votequorum_.has_value(), feeds_watchdog());
    cpg_.leave_all();
    if (votequorum_) votequorum_->leave();
    constexpr Duration kUnloadTime = milliseconds(330);  // taking the services out (B-3)
    deadlines_.arm(Deadline::kShutdown, kUnloadTime);
  }

  // --- inputs --------------------------------------------------------------------------------------------------------

  // Timers and datagrams are what happens all the time: without a guard, that asks the runtime whether an exception is
  // on its way. After one (a failed assertion) the node is dead anyhow.
  void on_timer(std::uint64_t) override {
    begin_input();
    deadlines_.on_host_timer();
    while (!finished_) {
      const auto due = deadlines_.next_due();
      if (!due) break;
      on_deadline(*due);
    }
    end_input();
  }

  void on_datagram(LinkIndex link, const IpAddress& from, std::span<const std::byte> bytes) override {
    if (finished_) return;
    begin_input();
    transport_->on_datagram(link, from, bytes);
    end_input();
  }

  void on_link_state(LinkIndex link, LinkState state, const IpAddress& own_address) override {
    if (finished_) return;
    const Input input(*this);
    if (state == LinkState::kPortTaken) return transport_->on_port_taken(link);
    transport_->on_link_state(link, state == LinkState::kUp, own_address);
  }

  void on_unreachable(LinkIndex link, const IpAddress& to) override {
    if (finished_) return;
    const Input input(*this);
    transport_->on_unreachable(link, to);
  }

  void on_node_frame(ClusterNodeId from, std::span<const std::byte> frame) override {
    if (finished_) return;
    begin_input();
    srp_.on_frame(frame, address_of(from));
    end_input();
  }

  // Nothing follows from it but what is asked for anew with every input (Transport::reaches).
  void on_node_reachable(ClusterNodeId, bool) override {
    if (finished_) return;
    const Input input(*this);
  }

  IpAddress address_of(ClusterNodeId node) const {
    for (const PlannedLink& link : plan_.links)
      if (const auto at = link.addresses.find(node.value); at != link.addresses.end()) return at->second;
    return {};
  }

  void on_client_request() override {
    if (finished_) return;
    const Input input(*this);
    if (votequorum_) votequorum_->pump();
    cpg_.pump();
    cfg_.pump();
  }

  // --- TransportClient -----------------------------------------------------------------------------------------------

  void on_frame(std::span<const std::byte> frame, const IpAddress& from) override { srp_.on_frame(frame, from); }

  bool takes_tokens() const override { return srp_.takes_tokens(); }

  void on_interface(const Processor& me) override {
    if (finished_) return;
    own_id_ = me.id();
    cpg_.set_own_id(own_id_);
    if (!services_started_) {
      services_started_ = true;
      log_services(host_, profile_, conf_, local_.watchdog, votequorum_.has_value());
      if (votequorum_) votequorum_->start(own_id_);
      log_quorum_services(host_, profile_, votequorum_.has_value());
      if (!profile_.processor_is_address) log_links(host_, plan_);
    }
    if (votequorum_) votequorum_->set_ring_id_of_self(own_id_);
    srp_.interface_changed(me);
  }

  // --- SrpClient -----------------------------------------------------------------------------------------------------

  void on_message(const Processor& originator, std::span<const std::byte> payload) override {
    assembler_.receive(originator, payload);
  }

  // CC-1.
  void on_ring_change(const RingChange& change) override {
    const bool abort = sync_->running();
    cpg_.set_open(false);
    assembler_.forget(*change.left);
    note_members(change);
    if (abort) sync_->abort();
    if (change.transitional) return sync_->save_transitional(*change.members);
    assembler_.forget_all();
    packer_.on_new_ring();
    ring_ = {change.ring->representative.id(), change.ring->sequence};
    members_.clear();
    for (const Processor& p : *change.members) members_.push_back(p.id());
    std::sort(members_.begin(), members_.end());
    sync_->start(*change.members, *change.ring);
  }

  // CC-1.3.
  void note_members(const RingChange& change) {
    const std::string prefix = profile_.processor_is_address ? "runtime.totem.pg.mrp.srp.members." : "runtime.members.";
    for (const Processor& p : *change.left)
      cmap_.set(fmt::format("{}{}.status", prefix, p.node_id), cmap_string("left"));
    for (const Processor& p : *change.joined) {
      const std::string key = fmt::format("{}{}.", prefix, p.node_id);
      const CmapValue* joined = cmap_.find(key + "join_count");
      const unsigned count = joined == nullptr ? 0 : static_cast<unsigned>(std::stoul(joined->text));
      if (count == 0) cmap_.set(key + "ip", cmap_string(ring_addresses(p)));
      cmap_.set(key + "join_count", cmap_u32(count + 1));
      cmap_.set(key + "status", cmap_string("joined"));
    }
  }

  std::string ring_addresses(const Processor& p) const {
    std::string text;
    const auto planned = plan_.node_addresses();
    const auto at = planned.find(p.node_id);
    const auto put = [&](std::size_t link, const IpAddress& address) {
      text += fmt::format("r({}) ip({}) ", link, address.text());
    };
    if (at != planned.end()) {
      for (std::size_t i = 0; i < at->second.size(); ++i) put(plan_.links[i].number, at->second[i]);
    } else {
      for (std::size_t i = 0; i < p.address.size(); ++i)
        if (p.address[i].specified()) put(i, p.address[i]);
    }
    return text;
  }

  void on_buffers_switch() override { assembler_.set_transitional(true); }

  void on_token_received() override {
    if (votequorum_) votequorum_->pump();
    cfg_.pump();
    cpg_.pump();
    packer_.flush();
  }

  void on_token_sent() override { sync_->on_token_sent(); }

  void on_fatal(int exit_code, std::string_view reason) override { host_.exit_node(exit_code, reason); }

  // --- AssemblyClient, SyncClient, ServiceSender
  // ----------------------------------------------------------------------

  void on_group_message(std::string_view group, const Processor& from, std::span<const std::byte> message) override {
    if (group == kSyncGroup) return sync_->on_message(from, message);
    ServiceHeader header;
    if (group != kServiceGroup || !read_service_header(message, header)) return;
    if (auto* pair = services_.find(header)) ++pair->rx;
    if (header.service == kCmapService) {
      config_version_.on_message(message);
      const std::string prefix =
          profile_.processor_is_address ? "runtime.totem.pg.mrp.srp.members." : "runtime.members.";
      cmap_.set(fmt::format("{}{}.config_version", prefix, from.id().value), cmap_u64(config_version_.received()));
      return;
    }
    if (header.service == kCfgService) return cfg_.on_message(from.id(), header.function, message);
    if (header.service == kCpgService) return cpg_.on_message(from.id(), header.function, message);
    if (header.service == kVotequorumService && votequorum_)
      return votequorum_->on_message(from.id(), header.function, message);
  }

  bool send_sync(std::span<const std::byte> message) override { return packer_.send(kSyncGroup, message); }
  void want_token() override { srp_.cancel_hold(); }

  // SY-7.
  void on_sync_complete() override {
    host_.log(LogPriority::kNotice, "corosync",
              "[MAIN  ] Completed service synchronization, ready to provide service.");
    packer_.transitional_done();
    assembler_.set_transitional(false);
    cpg_.set_open(true);
    cpg_.pump();
  }

  bool send_service(std::span<const std::byte> message) override {
    if (!packer_.send(kServiceGroup, message)) return false;
    ServiceHeader header;
    if (read_service_header(message, header))
      if (auto* pair = services_.find(header)) ++pair->tx;
    return true;
  }

  // --- CfgClient -----------------------------------------------------------------------------------------------------

  // CF-27.
  void on_reload(ClusterNodeId from) override;
  // LC-6: as a crash for the others.
  void on_kill(ClusterNodeId from, ClusterNodeId victim, std::string_view reason) override;
  // RR-15.
  void on_ring_reenable() override;
  void on_crypto_phase(ClusterNodeId from, std::uint32_t phase) override;
  // True: it brought another key.
  bool apply(Reload reload);
  void read_files();
  void use_timers(const TotemTimers& timers);
  void reconfigure_votes();
  std::optional<std::string> file() const;
  void set_flag(std::string_view key, std::uint8_t value);
  void log_cfg(LogPriority priority, const std::string& text);
  // T-31, VQ-9: a client's write takes effect at once.
  void key_written(std::string_view key, const CmapValue& value);

  // --- StackControl --------------------------------------------------------------------------------------------------

  CsError reload() override;
  CsError shut_down(bool) override;
  CsError kill_node(ClusterNodeId node) override;
  void reenable_rings() override;
  CsError set_key(std::string_view key, CmapValue value) override;
  CsError erase_key(std::string_view key) override;
  void clear_statistics() override;
  CsError set_expected_votes(std::uint32_t expected) override;
  CsError set_votes(ClusterNodeId node, std::uint32_t votes) override;
  CsError unregister_device() override;

  StackView view() const;
  QuorumDevice* device();

  // What callers outside this file look at.
  Plan plan_;
  CorosyncConf conf_;
  TotemTimers timers_;
  LocalMachine local_;
  ClusterNodeId own_id_;
  RingId ring_;
  std::vector<ClusterNodeId> members_;

 private:
  friend class Stack;

  // One input: what it asked of the node itself is done before it ends, then the host is told when to wake us.
  class Input {
   public:
    explicit Input(Impl& impl) : impl_(impl) { impl_.begin_input(); }
    ~Input() noexcept(false) {
      if (std::uncaught_exceptions() == 0) {
        impl_.end_input();
      } else {
        --impl_.depth_;
      }
    }
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

   private:
    Impl& impl_;
  };

  void begin_input() {
    if (depth_++ != 0) return;
    deadlines_.begin_input();
    srp_.note_alive();
  }
  void end_input() {
    if (--depth_ != 0) return;
    if (!finished_) {
      ++depth_;
      transport_->drain_loop();
      --depth_;
      deadlines_.settle();
    }
    if (!finished_ || reported_) return;
    reported_ = true;
    // The client may destroy the stack.
    if (client_ != nullptr) client_->on_stack_stopped();
  }

  void on_deadline(Deadline which) {
    switch (which) {
      case Deadline::kTransport0:
      case Deadline::kTransport1:
      case Deadline::kTransport2:
      case Deadline::kTransport3:
      case Deadline::kTransport4:
      case Deadline::kSelfToken:
        return transport_->on_deadline(which);
      case Deadline::kLastManStanding:
      case Deadline::kDevice:
        if (votequorum_) votequorum_->on_deadline(which);
        return;
      case Deadline::kShutdown:
        return leave_ring();
      default:
        return srp_.on_deadline(which);
    }
  }

  void leave_ring() {
    srp_.leave();
    const Duration closing = closing_ ? Duration{} : transport_->closing_time();
    if (closing.ns == 0) return finish();
    closing_ = true;
    cpg_.set_open(false);
    deadlines_.arm(Deadline::kShutdown, closing);
  }

  void finish() {
    transport_->stop();
    deadlines_.cancel_all();
    cpg_.set_open(false);
    finished_ = true;
    host_.log(LogPriority::kNotice, "corosync", "[MAIN  ] Corosync Cluster Engine exiting normally");
  }

  Host& host_;
  const Profile& profile_;
  StackClient* client_;
  std::size_t mtu_;
  Deadlines deadlines_;
  std::unique_ptr<Transport> transport_;
  Srp srp_;
  Packer packer_;
  Assembler assembler_;
  QuorumService quorum_;
  std::optional<Votequorum> votequorum_;
  std::optional<Sync> sync_;
  ConfigVersion config_version_;
  Cpg cpg_;
  Cfg cfg_;
  Cmap cmap_;
  ServiceCounters services_;
  int depth_ = 0;
  bool started_ = false;
  bool services_started_ = false;
  bool stopping_ = false;
  bool closing_ = false;  // it has left the ring
  bool finished_ = false;
  bool reported_ = false;
};

}  // namespace simcluster::membership
