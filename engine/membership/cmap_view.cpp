// The maps as corosync-cmapctl lists them: what is stored, and what is computed when somebody asks (TO-10, TO-11).
#include <fmt/core.h>

#include "engine/membership/stack_view.h"

namespace simcluster::membership {

namespace {

struct ServiceRow {
  std::string_view key;   // runtime.services.<key>
  std::string_view name;  // internal_configuration.service.<id>.name
  int id;
  int functions;
};

// M 17.4; every service of a full build.
constexpr ServiceRow kServices[] = {
    {"cmap", "corosync_cmap", 0, 1},     {"cfg", "corosync_cfg", 1, 5},     {"cpg", "corosync_cpg", 2, 7},
    {"quorum", "corosync_quorum", 3, 0}, {"pload", "corosync_pload", 4, 2}, {"votequorum", "corosync_votequorum", 5, 4},
    {"mon", "corosync_mon", 6, 0},       {"wd", "corosync_wd", 7, 0},
};

bool loaded(const ServiceRow& row, const StackView& view) {
  return row.id != kVotequorumService || view.votequorum != nullptr;
}

void add_services(const StackView& view, CmapEntries& entries) {
  for (const ServiceRow& row : kServices) {
    if (!loaded(row, view)) continue;
    entries[fmt::format("internal_configuration.service.{}.name", row.id)] = cmap_string(std::string(row.name));
    entries[fmt::format("internal_configuration.service.{}.ver", row.id)] = cmap_u32(0);
    entries[fmt::format("runtime.services.{}.service_id", row.key)] = {CmapType::kU16, std::to_string(row.id)};
    // Corosync 2 has no crypto phase message (CR-6).
    const int functions = row.id == kCfgService && view.profile.processor_is_address ? 4 : row.functions;
    for (int function = 0; function < functions; ++function) {
      const auto& pair = view.services.counts[static_cast<std::size_t>(row.id)][static_cast<std::size_t>(function)];
      entries[fmt::format("runtime.services.{}.{}.rx", row.key, function)] = cmap_u64(pair.rx);
      entries[fmt::format("runtime.services.{}.{}.tx", row.key, function)] = cmap_u64(pair.tx);
    }
  }
}

// The system monitors, which nobody has switched on (WD-6).
void add_resources(CmapEntries& entries) {
  const auto monitor = [&](std::string_view name, CmapValue current) {
    const std::string prefix = fmt::format("resources.system.{}.", name);
    entries[prefix + "current"] = std::move(current);
    entries[prefix + "last_updated"] = cmap_u64(0);
    entries.try_emplace(prefix + "poll_period", cmap_u64(3000));
    entries[prefix + "state"] = cmap_string("stopped");
  };
  monitor("load_15min", {CmapType::kDouble, "0.000000"});
  monitor("memory_used", {CmapType::kI32, "0"});
  entries.try_emplace("resources.watchdog_timeout", cmap_u32(6));
}

// M 2.2.
void add_timers(const StackView& view, CmapEntries& entries) {
  const TotemTimers& t = view.timers;
  const auto put = [&](std::string_view name, std::uint32_t value) {
    entries[fmt::format("runtime.config.totem.{}", name)] = cmap_u32(value);
  };
  put("consensus", t.consensus);
  put("downcheck", t.downcheck);
  put("fail_recv_const", t.fail_recv_const);
  put("heartbeat_failures_allowed", t.heartbeat_failures_allowed);
  put("hold", t.hold);
  put("join", t.join);
  put("max_messages", t.max_messages);
  put("max_network_delay", t.max_network_delay);
  put("merge", t.merge);
  put("miss_count_const", t.miss_count_const);
  put("send_join", t.send_join);
  put("seqno_unchanged_const", t.seqno_unchanged_const);
  put("token", t.token);
  put("token_retransmit", t.token_retransmit);
  put("token_retransmits_before_loss_const", t.token_retransmits_before_loss_const);
  put("window_size", t.window_size);
  if (view.profile.processor_is_address) {
    put("rrp_autorecovery_check_timeout", t.rrp_autorecovery_check_timeout);
    put("rrp_problem_count_mcast_threshold", t.rrp_problem_count_mcast_threshold);
    put("rrp_problem_count_threshold", t.rrp_problem_count_threshold);
    put("rrp_problem_count_timeout", t.rrp_problem_count_timeout);
    put("rrp_token_expired_timeout", t.rrp_token_expired_timeout);
    return;
  }
  put("token_warning", t.token_warning);
  put("block_unlisted_ips", view.conf.totem.block_unlisted_ips ? 1 : 0);
  put("cancel_token_hold_on_retransmit", t.cancel_token_hold_on_retransmit ? 1 : 0);
  const TotemConf& totem = view.conf.totem;
  put("knet_mtu", totem.number("knet_mtu"));
  put("knet_pmtud_interval", totem.number("knet_pmtud_interval", kPathDiscoverySeconds));
  put("knet_compression_threshold", totem.number("knet_compression_threshold"));
  entries["runtime.config.totem.knet_compression_level"] = {CmapType::kI32, "0"};
  entries["runtime.config.totem.knet_compression_model"] = cmap_string("none");
  for (const PlannedLink& link : view.plan.links) {
    put(fmt::format("interface.{}.knet_ping_interval", link.number), link.ping_interval);
    put(fmt::format("interface.{}.knet_ping_timeout", link.number), link.ping_timeout);
  }
}

void add_votequorum(const StackView& view, CmapEntries& entries) {
  const Votequorum* votes = view.votequorum;
  if (votes == nullptr) return;
  const VoteSettings& settings = votes->settings();
  const std::string prefix = "runtime.votequorum.";
  entries[prefix + "this_node_id"] = cmap_u32(view.own.value);
  entries[prefix + "two_node"] = cmap_u8(settings.two_node ? 1 : 0);
  entries[prefix + "ev_barrier"] = cmap_u32(votes->barrier());
  if (settings.wait_for_all) entries[prefix + "wait_for_all_status"] = cmap_u8(votes->waits_for_all() ? 1 : 0);
  if (settings.device) entries[prefix + "qdevice_can_operate"] = cmap_u8(votes->device_can_operate() ? 1 : 0);
  // VQ-12: known once the node has been quorate.
  if (!votes->lowest_when_quorate().valid()) return;
  entries[prefix + "atb_type"] = cmap_u32(static_cast<std::uint32_t>(settings.tie_breaker));
  entries[prefix + "lowest_node_id"] = cmap_u32(votes->lowest_when_quorate().value);
  entries[prefix + "highest_node_id"] = cmap_u32(votes->highest_when_quorate().value);
}

void add_srp(const StackView& view, const std::string& prefix, CmapEntries& entries) {
  const SrpCounters& c = view.srp.counters();
  const auto put = [&](std::string_view name, std::uint64_t value) {
    entries[prefix + std::string(name)] = cmap_u64(value);
  };
  put("operational_entered", c.operational_entered);
  put("operational_token_lost", c.operational_token_lost);
  put("gather_entered", c.gather_entered);
  put("gather_token_lost", c.gather_token_lost);
  put("commit_entered", c.commit_entered);
  put("commit_token_lost", c.commit_token_lost);
  put("recovery_entered", c.recovery_entered);
  put("recovery_token_lost", c.recovery_token_lost);
  put("consensus_timeouts", c.consensus_timeouts);
  put("memb_join_tx", c.memb_join_tx);
  put("memb_join_rx", c.memb_join_rx);
  put("orf_token_tx", c.orf_token_tx);
  put("orf_token_rx", c.orf_token_rx);
  put("mcast_tx", c.mcast_tx);
  put("mcast_rx", c.mcast_rx);
  put("mcast_retx", c.mcast_retx);
  put("memb_merge_detect_tx", c.memb_merge_detect_tx);
  put("memb_merge_detect_rx", c.memb_merge_detect_rx);
  put("memb_commit_token_tx", c.memb_commit_token_tx);
  put("memb_commit_token_rx", c.memb_commit_token_rx);
  put("token_hold_cancel_tx", c.token_hold_cancel_tx);
  put("token_hold_cancel_rx", c.token_hold_cancel_rx);
  put("rx_msg_dropped", c.rx_msg_dropped);
  entries[prefix + "continuous_gather"] = cmap_u32(view.srp.continuous_gather());
  entries[prefix + "firewall_enabled_or_nic_failure"] = cmap_u8(view.srp.cannot_form_ring() ? 1 : 0);
  entries[prefix + "mtt_rx_token"] = cmap_u32(view.srp.mean_token_interval());
  entries[prefix + "avg_backlog_calc"] = cmap_u32(view.srp.mean_backlog());
}

}  // namespace

CmapEntries cmap_entries(const StackView& view) {
  CmapEntries entries = view.cmap.entries();
  add_services(view, entries);
  add_resources(entries);
  add_timers(view, entries);
  add_votequorum(view, entries);
  entries.try_emplace("runtime.blackbox.dump_flight_data", cmap_string("no"));
  entries.try_emplace("runtime.blackbox.dump_state", cmap_string("no"));
  if (view.profile.processor_is_address) {
    add_srp(view, "runtime.totem.pg.mrp.srp.", entries);
    for (const LinkStatus& ring : view.transport.status())
      entries[fmt::format("runtime.totem.pg.mrp.rrp.{}.faulty", ring.number)] = cmap_u8(ring.faulty ? 1 : 0);
  } else {
    entries.try_emplace("runtime.force_gather", cmap_string("no"));
  }
  return entries;
}

CmapEntries stats_entries(const StackView& view) {
  CmapEntries entries;
  if (view.profile.processor_is_address) return entries;
  add_srp(view, "stats.srp.", entries);
  entries["stats.srp.time_since_token_last_received"] =
      cmap_u64(static_cast<std::uint64_t>((view.up_since_start - view.srp.last_token()).milliseconds()));
  view.transport.add_statistics(entries);
  return entries;
}

}  // namespace simcluster::membership
