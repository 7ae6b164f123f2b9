#include "engine/membership/stack.h"

#include <algorithm>
#include <utility>

#include "engine/membership/authenticator.h"
#include "engine/membership/stack_impl.h"

namespace simcluster::membership {

namespace {

constexpr std::size_t kMaxMessage = std::size_t{1024} * 1024;  // K-5

// PG-4.
std::size_t net_mtu(const Plan& plan, const CorosyncConf& conf, const Profile& profile, std::size_t auth_overhead,
                    const NodeLinks* links) {
  const Codec codec(profile.processor_is_address ? Generation::kAddresses : Generation::kNodeIds);
  const std::size_t headers =
      codec.mcast_header_size() * (profile.room_for_second_header && !profile.one_header_again ? 2 : 1);
  if (plan.transport == TransportKind::kKnet) return (links == nullptr ? 65536 : links->max_frame()) - headers;
  const bool v6 = plan.links.front().config.bind_network.family == IpAddress::Family::kV6;
  const std::size_t mtu = conf.totem.net_mtu != 0 ? conf.totem.net_mtu : 1500;
  return mtu - (v6 ? 48 : 28) - auth_overhead - headers;
}

Srp::Settings srp_settings(const TotemTimers& timers, std::size_t mtu, bool debug, bool trust_links) {
  return {timers, 4 * kMaxMessage / mtu, debug, trust_links};  // K-6
}

}  // namespace

Stack::Impl::Impl(const CorosyncConf& conf, const TotemTimers& timers, Plan plan, std::optional<VoteSettings> votes,
                  const LocalMachine& local, const std::string& key, Host& host, const Profile& profile,
                  StackClient* client)
    : plan_(std::move(plan)),
      conf_(conf),
      timers_(timers),
      local_(local),
      host_(host),
      profile_(profile),
      client_(client),
      mtu_(net_mtu(plan_, conf, profile, Authenticator(key, {}, local.frame_guard).overhead(), host.node_links())),
      deadlines_(host, *this, 0),
      transport_(make_transport(plan_, timers_, {key, local.frame_guard}, conf.totem, profile, host, *this, *this,
                                deadlines_, *this)),
      srp_(srp_settings(timers, mtu_, conf.debug, local.trust_links), profile, host, *transport_, deadlines_, *this),
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
  if (const auto priority = check_process_priority(conf, profile); !priority)
    return refuse(priority.error(), RefusedAt::kChecking);
  std::optional<VoteSettings> votes;
  if (conf.quorum.provider == "corosync_votequorum") {
    auto settings = vote_settings(conf, plan->local_votes, profile);
    if (!settings) return refuse(settings.error(), RefusedAt::kQuorum);
    votes = std::move(*settings);
  } else if (!conf.quorum.provider.empty()) {
    return refuse(Error{"Invalid quorum provider", SourcePlace{conf.file_name, 0, 0}}, RefusedAt::kQuorum);
  }
  const std::string key = plan->key;
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
  if (impl_->closing_) return true;
  const std::vector<LinkStatus> rings = impl_->transport_->status();
  return !impl_->profile_.rrp_all_faulty_uses_ring_0 && !rings.empty() &&
         std::ranges::all_of(rings, [](const LinkStatus& ring) { return ring.faulty; });
}
std::optional<PathDiscovery> Stack::path_discovery() const { return impl_->transport_->path_discovery(); }
bool Stack::feeds_watchdog() const { return impl_->feeds_watchdog(); }
bool Stack::quorate() const { return impl_->quorum_.quorate(); }
std::uint64_t Stack::rejected_datagrams() const { return impl_->transport_->rejected(); }
std::size_t Stack::waiting_messages() const { return impl_->cpg_.waiting(); }
std::uint64_t Stack::dropped_answers() const { return impl_->cpg_.dropped_answers(); }
const SrpCounters& Stack::counters() const { return impl_->srp_.counters(); }
QuorumDevice* Stack::quorum_device() { return impl_->device(); }
ToolResult Stack::run_tool(std::string_view command) {
  if (impl_->closing_) return run_corosync_tool_without_daemon(command, impl_->profile_);
  return run_corosync_tool(command, impl_->view(), *impl_);
}

}  // namespace simcluster::membership
