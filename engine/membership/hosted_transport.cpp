#include "engine/membership/hosted_transport.h"

#include <algorithm>

#include <fmt/core.h>

#include "engine/membership/link_statistics.h"

namespace simcluster::membership {

namespace {

constexpr Deadline kStartTimer = Deadline::kTransport0;
// Without a frame nothing else would tell that this node runs, and for how long it did not (SRP-5.1, TM-9).
constexpr Deadline kAliveTimer = Deadline::kTransport1;
constexpr int kNoLinks = 1;

NodeLinksCrypto crypto_of(const Plan& plan) {
  return {plan.crypto_model, plan.crypto_cipher, plan.crypto_hash, plan.key};
}

}  // namespace

HostedTransport::HostedTransport(const Plan& plan, const TotemTimers& timers, const TotemConf& totem, Host& host,
                                 NodeLinksClient& links_client, Deadlines& deadlines, TransportClient& client)
    : plan_(plan),
      mtu_(totem.number("knet_mtu")),
      mtu_interval_(seconds(totem.number("knet_pmtud_interval", kPathDiscoverySeconds))),
      block_unlisted_ips_(totem.block_unlisted_ips),
      host_(host),
      links_(*host.node_links()),
      links_client_(links_client),
      deadlines_(deadlines),
      client_(client),
      own_(deadlines, client) {
  me_.node_id = plan.node_id;
  set_timers(timers);
}

NodeLinksConfig HostedTransport::links_config(const Plan& plan) const {
  NodeLinksConfig config;
  config.own_id = me_.id();
  config.mode = plan.link_mode;
  config.block_unlisted = block_unlisted_ips_;
  config.mtu = mtu_;
  config.mtu_interval = mtu_interval_;
  config.crypto = crypto_of(plan);
  for (const PlannedLink& planned : plan.links) {
    NodeLinkConfig& link = config.links.emplace_back();
    link.number = LinkIndex(planned.number);
    link.port = planned.config.port;
    link.own = planned.config.bind_network;
    for (const auto& [id, address] : planned.addresses)
      if (id != me_.node_id) link.peers[ClusterNodeId(id)] = address;
    link.priority = planned.priority;
    link.ping_interval = milliseconds(planned.ping_interval);
    link.ping_timeout = milliseconds(planned.ping_timeout);
    link.ping_precision = planned.ping_precision;
    link.pong_count = planned.pong_count;
  }
  return config;
}

void HostedTransport::start() {
  if (const auto opened = links_.open(links_config(plan_), links_client_); !opened) {
    host_.log(LogPriority::kCritical, "corosync", "[KNET  ] " + opened.error().message);
    return host_.exit_node(kNoLinks, opened.error().message);
  }
  running_ = true;
  host_.log(LogPriority::kInfo, "corosync", "[TOTEM ] totemknet initialized");
  host_.log(LogPriority::kInfo, "corosync", fmt::format("[KNET  ] pmtud: MTU manually set to: {}", mtu_));
  deadlines_.arm(kStartTimer, kStartDelay);
  deadlines_.arm(kAliveTimer, alive_);
}

void HostedTransport::close() {
  if (!running_) return;
  running_ = false;
  links_.close();
  own_.clear();
}

void HostedTransport::send_all(std::span<const std::byte> frame, Loop loop) {
  if (!running_) return;
  links_.send_all(frame);
  ++own_traffic_.packets;
  own_traffic_.bytes += frame.size();
  if (loop == Loop::kYes) own_.add(frame);
}

void HostedTransport::send_token(std::span<const std::byte> frame) {
  if (!running_) return;
  if (target_.node_id == me_.node_id) return own_.add_token(frame);
  deadlines_.arm(kAliveTimer, alive_);  // it has just been seen
  links_.send_to(target_.id(), frame);
}

void HostedTransport::set_members(std::span<const Processor> members) {
  members_.clear();
  for (const Processor& member : members) members_.push_back(member.node_id);
  look_for_outsiders();
}

void HostedTransport::look_for_outsiders() {
  const auto is_member = [&](const auto& peer) { return std::ranges::find(members_, peer.first) != members_.end(); };
  outsiders_ = !std::ranges::all_of(
      plan_.links, [&](const PlannedLink& link) { return std::ranges::all_of(link.addresses, is_member); });
}

void HostedTransport::on_deadline(Deadline which) {
  if (which == kAliveTimer) deadlines_.arm(kAliveTimer, alive_);
  if (which == kStartTimer) client_.on_interface(me_);
  if (which == Deadline::kSelfToken) own_.on_token_deadline();
}

// CF-30.
void HostedTransport::reconfigure(const Plan& plan) {
  if (const auto done = links_.reconfigure(links_config(plan)); !done)
    host_.log(LogPriority::kError, "corosync", "[KNET  ] " + done.error().message);
  plan_ = plan;
  look_for_outsiders();
}

// CR-6.
bool HostedTransport::load_key(const Plan& plan) {
  const NodeLinksCrypto crypto = crypto_of(plan);
  if (crypto == crypto_of(plan_)) return false;
  if (const auto loaded = links_.load_crypto(crypto); !loaded) {
    host_.log(LogPriority::kError, "corosync", "[KNET  ] " + loaded.error().message);
    return false;
  }
  host_.log(LogPriority::kInfo, "corosync",
            fmt::format("[TOTEM ] kronosnet crypto reconfigured: {}/{}", crypto.cipher, crypto.hash));
  key_loaded_ = true;
  return true;
}

void HostedTransport::crypto_phase(std::uint32_t phase) {
  if (!key_loaded_) return;
  if (phase == 1) return links_.use_loaded_crypto();
  links_.forget_old_crypto();
  key_loaded_ = false;
}

void HostedTransport::set_timers(const TotemTimers& timers) { alive_ = milliseconds(timers.token) / 5; }

bool HostedTransport::reaches(const Processor& processor) const {
  return processor.node_id == me_.node_id || links_.reaches(processor.id());
}

std::optional<NodeLinkStatus> HostedTransport::link_status(std::uint32_t node, std::uint8_t link) const {
  if (node == me_.node_id) return std::nullopt;
  return links_.status(ClusterNodeId(node), LinkIndex(link));
}

std::vector<LinkStatus> HostedTransport::status() const {
  std::vector<LinkStatus> result;
  for (const PlannedLink& planned : plan_.links) {
    LinkStatus& link = result.emplace_back();
    link.number = planned.number;
    link.own = planned.config.bind_network;
    for (const auto& [id, address] : planned.addresses) {
      const auto known = link_status(id, planned.number);
      link.peers.push_back({id, address, !known || known->enabled, !known || known->connected, known ? known->mtu : 0});
    }
  }
  return result;
}

void HostedTransport::add_statistics(CmapEntries& entries) const {
  for (const PlannedLink& planned : plan_.links)
    for (const auto& [id, address] : planned.addresses)
      if (const auto known = link_status(id, planned.number)) add_link_statistics(entries, id, planned.number, *known);
  if (plan_.links.empty()) return;
  add_link_statistics(entries, me_.node_id, plan_.links.front().number, own_link_status(own_traffic_));
}

}  // namespace simcluster::membership
