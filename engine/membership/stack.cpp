#include "engine/membership/stack.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "engine/base/assert.h"
#include "engine/membership/authenticator.h"
#include "engine/membership/cfg.h"
#include "engine/membership/config_version.h"
#include "engine/membership/cpg.h"
#include "engine/membership/deadlines.h"
#include "engine/membership/packing.h"
#include "engine/membership/plan.h"
#include "engine/membership/quorum_service.h"
#include "engine/membership/reload.h"
#include "engine/membership/srp.h"
#include "engine/membership/stack_view.h"
#include "engine/membership/start_lines.h"
#include "engine/membership/sync.h"
#include "engine/membership/transports.h"
#include "engine/membership/votequorum.h"

namespace simcluster::membership {

namespace {

constexpr std::size_t kMaxMessage = std::size_t{1024} * 1024;  // K-5
// Taking the services out of a daemon that is told to stop (B-3).
constexpr Duration kUnloadTime = milliseconds(330);

// PG-4.
std::size_t net_mtu(const Plan& plan, const CorosyncConf& conf, const Profile& profile, std::size_t auth_overhead) {
  const Codec codec(profile.processor_is_address ? Generation::kAddresses : Generation::kNodeIds);
  const std::size_t headers = codec.mcast_header_size() * (profile.room_for_second_header ? 2 : 1);
  if (plan.transport == TransportKind::kKnet) return 65536 - headers;
  const bool v6 = plan.links.front().config.bind_network.family == IpAddress::Family::kV6;
  const std::size_t mtu = conf.totem.net_mtu != 0 ? conf.totem.net_mtu : 1500;
  return mtu - (v6 ? 48 : 28) - auth_overhead - headers;
}

// CR-3: the key's text in the configuration counts only without a file.
std::string key_of(const CorosyncConf& conf, const Plan& plan, const LocalMachine& local) {
  if (!plan.authenticated) return {};
  return conf.totem.key_file.empty() && !conf.totem.key.empty() ? conf.totem.key : local.auth_key;
}

Srp::Settings srp_settings(const TotemTimers& timers, std::size_t mtu, bool debug) {
  return {timers, 4 * kMaxMessage / mtu, debug};  // K-6
}

}  // namespace

class Stack::Impl final : public TimerClient,
                          public LinkClient,
                          public TransportClient,
                          public SrpClient,
                          public AssemblyClient,
                          public SyncClient,
                          public ServiceSender,
                          public StackControl,
                          public CfgClient {
 public:
  Impl(const CorosyncConf& conf, const TotemTimers& timers, Plan plan, std::optional<VoteSettings> votes,
       const LocalMachine& local, const std::string& key, Host& host, const Profile& profile, StackClient* client)
      : plan_(std::move(plan)),
        conf_(conf),
        timers_(timers),
        local_(local),
        host_(host),
        profile_(profile),
        client_(client),
        mtu_(net_mtu(plan_, conf, profile, Authenticator(key).overhead())),
        deadlines_(host, *this, 0),
        transport_(make_transport(plan_, timers_, key, conf.totem, profile, host, *this, deadlines_, *this)),
        srp_(srp_settings(timers, mtu_, conf.debug), profile, host, *transport_, deadlines_, *this),
        packer_(srp_, mtu_),
        assembler_(host, *this),
        quorum_(host, profile, votes.has_value()),
        config_version_(conf.totem.config_version, host, *this, [this] { stop(); }),
        cpg_(host, profile, *this),
        cfg_(*this, *this) {
    for (const auto& [entry, value] : conf_.map) cmap_.set(entry, value);
    if (plan_.local_position) cmap_.set("nodelist.local_node_pos", cmap_u32(*plan_.local_position));
    if (votes) votequorum_.emplace(std::move(*votes), profile, host, deadlines_, *this, quorum_, conf.debug);
    // SY-1. The configuration map came with Corosync 2.
    std::vector<SyncService*> services = {&cpg_, &quorum_};
    if (!profile.ring_id_not_logged) services.insert(services.begin(), &config_version_);
    if (votequorum_) services.push_back(&*votequorum_);
    sync_.emplace(std::move(services), profile, host, srp_.codec(), *this, conf.debug);
    if (plan_.node_id != 0) own_id_ = ClusterNodeId(plan_.node_id);
  }

  void start() {
    SIMCLUSTER_ASSERT(!started_);
    started_ = true;
    const Input input(*this);
    log_start(host_, profile_, plan_, conf_);
    transport_->start();
  }

  // LC-4.
  void stop_by_signal() {
    if (!started_ || stopping_) return;
    host_.log(LogPriority::kNotice, "corosync", "[MAIN  ] Node was shut down by a signal");
    stop();
  }
  void stop() {
    if (!started_ || stopping_) return;
    stopping_ = true;
    const Input input(*this);
    log_unloading(host_, profile_, votequorum_.has_value());
    cpg_.leave_all();
    if (votequorum_) votequorum_->leave();
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
    transport_->on_link_state(link, state == LinkState::kUp, own_address);
  }

  void on_unreachable(LinkIndex link, const IpAddress& to) override {
    if (finished_) return;
    const Input input(*this);
    transport_->on_unreachable(link, to);
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

  void on_interface(const Processor& me) override {
    if (finished_) return;
    own_id_ = me.id();
    cpg_.set_own_id(own_id_);
    if (!services_started_) {
      services_started_ = true;
      log_services(host_, profile_, votequorum_.has_value());
      if (!profile_.processor_is_address) log_links(host_, plan_);
      if (votequorum_) votequorum_->start(own_id_);
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
  void on_reload(ClusterNodeId from) override {
    log_cfg(LogPriority::kNotice, fmt::format("Config reload requested by node {}", from.value));
    set_flag("config.reload_in_progress", 1);
    set_flag("config.totemconfig_reload_in_progress", 1);
    Reload reload = plan_reload(conf_, plan_, timers_, file(), local_, profile_);
    for (const std::string& key : reload.kept)
      log_cfg(LogPriority::kNotice,
              fmt::format("Modified entry '{}' in corosync.conf cannot be changed at run-time", key));
    if (reload.status == CsError::kOk) {
      apply(std::move(reload));
      set_flag("config.totemconfig_reload_in_progress", 0);
    } else {
      log_cfg(LogPriority::kError, reload.complaint);
    }
    set_flag("config.reload_in_progress", 0);
    cmap_.set("config.reload_status", {CmapType::kI32, std::to_string(static_cast<int>(reload.status))});
  }

  // LC-6: as a crash for the others.
  void on_kill(ClusterNodeId from, ClusterNodeId victim, std::string_view reason) override {
    if (victim != own_id_) return;
    log_cfg(LogPriority::kNotice, fmt::format("Killed by node {} : {}", from.value, reason));
    host_.log(LogPriority::kError, "corosync", "[MAIN  ] Corosync Cluster Engine exiting with status -1 at cfg.c:566.");
    finished_ = true;
    host_.exit_node(255, "killed by another node");
  }

  // RR-15.
  void on_ring_reenable() override { transport_->reenable_rings(); }

  void apply(Reload reload) {
    for (const auto& [key, value] : conf_.map)
      if (!reload.conf.map.contains(key)) cmap_.erase(key);
    for (const auto& [key, value] : reload.conf.map) cmap_.set(key, value);
    conf_ = std::move(reload.conf);
    const std::optional<std::size_t> position = reload.plan.local_position;
    transport_->reconfigure(reload.plan);
    plan_ = std::move(reload.plan);
    if (position) cmap_.set("nodelist.local_node_pos", cmap_u32(*position));
    use_timers(reload.timers);
    config_version_.set(conf_.totem.config_version);
    reconfigure_votes();
  }

  void use_timers(const TotemTimers& timers) {
    timers_ = timers;
    srp_.set_timers(timers, conf_.debug);
    transport_->set_timers(timers);
  }

  void reconfigure_votes() {
    if (!votequorum_) return;
    votequorum_->reconfigure(votes_at_runtime(conf_, plan_.local_votes, votequorum_->settings(),
                                              votequorum_->device_registered(), profile_));
  }

  std::optional<std::string> file() const {
    return client_ == nullptr ? std::optional<std::string>() : client_->read_corosync_conf();
  }
  void set_flag(std::string_view key, std::uint8_t value) { cmap_.set(key, cmap_u8(value)); }
  void log_cfg(LogPriority priority, const std::string& text) { host_.log(priority, "corosync", "[CFG   ] " + text); }

  // T-31, VQ-9: a client's write takes effect at once.
  void key_written(std::string_view key, const CmapValue& value) {
    if (key.starts_with("totem.")) {
      conf_ = conf_of_map(cmap_.entries(), conf_.lines, conf_.file_name, profile_);
      if (const auto timers = totem_timers(conf_, profile_)) use_timers(*timers);
    } else if (key == "quorum.cancel_wait_for_all") {
      if (votequorum_ && value.text != "0") votequorum_->cancel_wait_for_all();
    } else if (key.starts_with("quorum.")) {
      conf_ = conf_of_map(cmap_.entries(), conf_.lines, conf_.file_name, profile_);
      reconfigure_votes();
    } else if (key == "runtime.force_gather" && value.text == "yes") {
      host_.log(LogPriority::kError, "corosync", "[MAIN  ] Forcing into GATHER state");
      srp_.force_gather();
      cmap_.set(key, cmap_string("no"));
    }
  }

  // --- StackControl --------------------------------------------------------------------------------------------------

  CsError reload() override {
    const Input input(*this);
    // Every node reads its own file when the request comes round; this one's mistakes are known before.
    const CsError status = plan_reload(conf_, plan_, timers_, file(), local_, profile_).status;
    cfg_.request_reload();
    return status;
  }

  CsError shut_down(bool) override {
    if (finished_ || stopping_) return CsError::kBusy;
    log_cfg(LogPriority::kNotice, fmt::format("Node {} was shut down by sysadmin", own_id_.value));
    stop();
    return CsError::kOk;
  }

  CsError kill_node(ClusterNodeId node) override {
    if (std::find(members_.begin(), members_.end(), node) == members_.end()) return CsError::kNotExist;
    const Input input(*this);
    cfg_.request_kill(node, "Killed by corosync-cfgtool");
    return CsError::kOk;
  }

  void reenable_rings() override {
    const Input input(*this);
    transport_->reenable_rings();
    cfg_.request_ring_reenable();
  }

  CsError set_key(std::string_view key, CmapValue value) override {
    const Input input(*this);
    const CsError error = cmap_.set_by_client(key, value);
    if (error == CsError::kOk) key_written(key, value);
    return error;
  }
  CsError erase_key(std::string_view key) override {
    const Input input(*this);
    const CmapValue* present = cmap_.find(key);
    const CmapValue value = present == nullptr ? CmapValue() : *present;
    const CsError error = cmap_.erase_by_client(key);
    if (error == CsError::kOk && key.starts_with("totem.")) key_written(key, value);
    return error;
  }
  void clear_statistics() override { srp_.clear_counters(); }

  CsError set_expected_votes(std::uint32_t expected) override {
    const Input input(*this);
    return votequorum_->set_expected_votes(expected);
  }
  CsError set_votes(ClusterNodeId node, std::uint32_t votes) override {
    const Input input(*this);
    return votequorum_->set_votes(node, votes);
  }
  CsError unregister_device() override {
    const Input input(*this);
    return votequorum_->unregister_device({});
  }

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
        return finish();
      default:
        return srp_.on_deadline(which);
    }
  }

  void finish() {
    srp_.leave();
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
  bool finished_ = false;
  bool reported_ = false;
};

QuorumDevice* Stack::Impl::device() { return votequorum_ ? &*votequorum_ : nullptr; }

StackView Stack::Impl::view() const {
  return {profile_,
          conf_,
          plan_,
          timers_,
          srp_,
          *transport_,
          votequorum_ ? &*votequorum_ : nullptr,
          cmap_,
          services_,
          host_.now(),
          Time{host_.uptime().ns},
          own_id_,
          ring_,
          quorum_.members(),
          quorum_.quorate()};
}

Result<std::unique_ptr<Stack>> Stack::create(const CorosyncConf& conf, const LocalMachine& local, Host& host,
                                             const Profile& profile, StackClient* client) {
  const auto refuse = [&](const Error& error, RefusedAt where) {
    log_refusal(host, refusal_of(error, where, conf.quorum.provider));
    return tl::unexpected<Error>(error);
  };
  const auto timers = totem_timers(conf, profile);
  auto plan = make_plan(conf, timers, local, profile);
  if (!plan) return refuse(plan.error(), RefusedAt::kChecking);
  std::optional<VoteSettings> votes;
  if (conf.quorum.provider == "corosync_votequorum") {
    auto settings = vote_settings(conf, plan->local_votes, profile);
    if (!settings) return refuse(settings.error(), RefusedAt::kQuorum);
    votes = std::move(*settings);
  } else if (!conf.quorum.provider.empty()) {
    return refuse(Error{"Invalid quorum provider", SourcePlace{conf.file_name, 0, 0}}, RefusedAt::kQuorum);
  }
  const std::string key = key_of(conf, *plan, local);
  auto impl =
      std::make_unique<Impl>(conf, *timers, std::move(*plan), std::move(votes), local, key, host, profile, client);
  return std::unique_ptr<Stack>(new Stack(std::move(impl)));
}

Stack::Stack(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stack::~Stack() = default;

void Stack::start() { impl_->start(); }
void Stack::stop() { impl_->stop_by_signal(); }
ClusterNodeId Stack::own_id() const { return impl_->own_id_; }

std::string Stack::node_name(ClusterNodeId node) const {
  const auto at = impl_->plan_.names.find(node.value);
  return at == impl_->plan_.names.end() ? std::string() : at->second;
}

Result<std::unique_ptr<Group>> Stack::join(std::string_view group, std::uint32_t process, GroupClient& client) {
  return impl_->cpg_.join(group, process, client);
}

void Stack::track_quorum(QuorumClient& client) { impl_->quorum_.track(client); }
void Stack::untrack_quorum(QuorumClient& client) { impl_->quorum_.untrack(client); }
RingId Stack::ring() const { return impl_->ring_; }
std::span<const ClusterNodeId> Stack::members() const { return impl_->members_; }
void Stack::set_sequence_for_test(std::uint32_t seq) { impl_->srp_.set_sequence_for_test(seq); }
bool Stack::mute() const {
  const std::vector<LinkStatus> rings = impl_->transport_->status();
  return !impl_->profile_.rrp_all_faulty_uses_ring_0 && !rings.empty() &&
         std::ranges::all_of(rings, [](const LinkStatus& ring) { return ring.faulty; });
}
bool Stack::quorate() const { return impl_->quorum_.quorate(); }
std::uint64_t Stack::rejected_datagrams() const { return impl_->transport_->rejected(); }
const SrpCounters& Stack::counters() const { return impl_->srp_.counters(); }
QuorumDevice* Stack::quorum_device() { return impl_->device(); }
ToolResult Stack::run_tool(std::string_view command) { return run_corosync_tool(command, impl_->view(), *impl_); }

}  // namespace simcluster::membership
