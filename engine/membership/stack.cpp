#include "engine/membership/stack.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "engine/base/assert.h"
#include "engine/membership/authenticator.h"
#include "engine/membership/config_version.h"
#include "engine/membership/cpg.h"
#include "engine/membership/deadlines.h"
#include "engine/membership/packing.h"
#include "engine/membership/plan.h"
#include "engine/membership/quorum_service.h"
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
                          public StackControl {
 public:
  Impl(const CorosyncConf& conf, const TotemTimers& timers, Plan plan, std::optional<VoteSettings> votes,
       const LocalMachine& local, Host& host, const Profile& profile, StackClient* client)
      : plan_(std::move(plan)),
        conf_(conf),
        timers_(timers),
        host_(host),
        profile_(profile),
        client_(client),
        mtu_(net_mtu(plan_, conf, profile, Authenticator(local.auth_key).overhead())),
        deadlines_(host, *this, 0),
        transport_(make_transport(plan_, timers, local.auth_key, conf.totem, profile, host, *this, deadlines_, *this)),
        srp_(srp_settings(timers, mtu_, conf.debug), profile, host, *transport_, deadlines_, *this),
        packer_(srp_, mtu_),
        assembler_(host, *this),
        quorum_(host, profile, votes.has_value()),
        config_version_(conf.totem.config_version, host, *this, [this] { stop(); }),
        cpg_(host, *this) {
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
    log_start(host_, profile_, plan_, votequorum_.has_value());
    transport_->start();
  }

  // LC-4.
  void stop() {
    if (!started_ || stopping_) return;
    stopping_ = true;
    const Input input(*this);
    host_.log(LogPriority::kNotice, "corosync", "[MAIN  ] Unloading all Corosync service engines.");
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

  void on_client_request() override {
    if (finished_) return;
    const Input input(*this);
    cpg_.pump();
  }

  // --- TransportClient -----------------------------------------------------------------------------------------------

  void on_frame(std::span<const std::byte> frame, const IpAddress& from) override { srp_.on_frame(frame, from); }

  void on_interface(const Processor& me) override {
    if (finished_) return;
    own_id_ = me.id();
    cpg_.set_own_id(own_id_);
    if (!services_started_) {
      services_started_ = true;
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

  void on_buffers_switch() override { assembler_.set_transitional(true); }

  void on_token_received() override {
    if (votequorum_) votequorum_->pump();
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
    if (header.service == kCmapService) return config_version_.on_message(message);
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

  // --- StackControl --------------------------------------------------------------------------------------------------

  CsError reload() override { return CsError::kOk; }

  CsError shut_down(bool) override {
    if (finished_) return CsError::kLibrary;
    host_.log(LogPriority::kNotice, "corosync",
              fmt::format("[CFG   ] Node {} was shut down by sysadmin", own_id_.value));
    stop();
    return CsError::kOk;
  }

  CsError kill_node(ClusterNodeId) override { return CsError::kOk; }

  void reenable_rings() override {
    const Input input(*this);
    transport_->reenable_rings();
  }

  CsError set_key(std::string_view key, CmapValue value) override { return cmap_.set_by_client(key, std::move(value)); }
  CsError erase_key(std::string_view key) override { return cmap_.erase_by_client(key); }
  void clear_statistics() override { srp_.clear_counters(); }

  CsError set_expected_votes(std::uint32_t expected) override {
    const Input input(*this);
    return votequorum_->set_expected_votes(expected);
  }
  CsError set_votes(ClusterNodeId node, std::uint32_t votes) override {
    const Input input(*this);
    return votequorum_->set_votes(node, votes);
  }
  CsError unregister_device() override { return CsError::kNotExist; }

  StackView view() const;

  // What callers outside this file look at.
  Plan plan_;
  CorosyncConf conf_;
  TotemTimers timers_;
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
  Cmap cmap_;
  ServiceCounters services_;
  int depth_ = 0;
  bool started_ = false;
  bool services_started_ = false;
  bool stopping_ = false;
  bool finished_ = false;
  bool reported_ = false;
};

StackView Stack::Impl::view() const {
  return {profile_, conf_,     plan_,       timers_, srp_,  *transport_,       votequorum_ ? &*votequorum_ : nullptr,
          cmap_,    services_, host_.now(), own_id_, ring_, quorum_.members(), quorum_.quorate()};
}

Result<std::unique_ptr<Stack>> Stack::create(const CorosyncConf& conf, const LocalMachine& local, Host& host,
                                             const Profile& profile, StackClient* client) {
  const auto timers = totem_timers(conf, profile);
  if (!timers) return tl::unexpected<Error>(timers.error());
  auto plan = make_plan(conf, *timers, local, profile);
  if (!plan) return tl::unexpected<Error>(plan.error());
  std::optional<VoteSettings> votes;
  if (conf.quorum.provider == "corosync_votequorum") {
    auto settings = vote_settings(conf, plan->local_votes, profile);
    if (!settings) return tl::unexpected<Error>(settings.error());
    votes = std::move(*settings);
  } else if (!conf.quorum.provider.empty()) {
    return fail("Invalid quorum provider", SourcePlace{conf.file_name, 0, 0});
  }
  auto impl = std::make_unique<Impl>(conf, *timers, std::move(*plan), std::move(votes), local, host, profile, client);
  return std::unique_ptr<Stack>(new Stack(std::move(impl)));
}

Stack::Stack(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stack::~Stack() = default;

void Stack::start() { impl_->start(); }
void Stack::stop() { impl_->stop(); }
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
bool Stack::quorate() const { return impl_->quorum_.quorate(); }
ToolResult Stack::run_tool(std::string_view command) { return run_corosync_tool(command, impl_->view(), *impl_); }

}  // namespace simcluster::membership
