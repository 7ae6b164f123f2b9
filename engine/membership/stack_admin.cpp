// What an administrator does to a running Corosync: reload, changes of keys and votes, kill, shutdown
// (M 14.9, 10.8, 16.3).
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/membership/stack_impl.h"

namespace simcluster::membership {

// --- CfgClient -----------------------------------------------------------------------------------------------------

// CF-27.
void Stack::Impl::on_reload(ClusterNodeId from) {
  log_cfg(LogPriority::kNotice, fmt::format("Config reload requested by node {}", from.value));
  set_flag("config.reload_in_progress", 1);
  set_flag("config.totemconfig_reload_in_progress", 1);
  read_files();
  Reload reload = plan_reload(conf_, plan_, timers_, file(), local_, profile_);
  const CsError status = reload.status;
  for (const std::string& key : reload.kept)
    log_cfg(LogPriority::kNotice,
            fmt::format("Modified entry '{}' in corosync.conf cannot be changed at run-time", key));
  if (status == CsError::kOk) {
    const bool new_key = apply(std::move(reload));
    if (new_key && from == own_id_) cfg_.request_crypto_phase(1);
    set_flag("config.totemconfig_reload_in_progress", 0);
  } else {
    log_cfg(LogPriority::kError, reload.complaint);
  }
  set_flag("config.reload_in_progress", 0);
  cmap_.set("config.reload_status", {CmapType::kI32, std::to_string(static_cast<int>(status))});
}

// CR-6. The first phase goes round sealed with the old key, the second with the new one: who has no new key is on its
// own then.
void Stack::Impl::on_crypto_phase(ClusterNodeId from, std::uint32_t phase) {
  constexpr std::uint32_t kLast = 2;
  if (conf_.debug) log_cfg(LogPriority::kDebug, fmt::format("Crypto reconfiguration phase {}", phase));
  transport_->crypto_phase(phase);
  if (from == own_id_ && phase < kLast) cfg_.request_crypto_phase(phase + 1);
}

// LC-6: as a crash for the others.
void Stack::Impl::on_kill(ClusterNodeId from, ClusterNodeId victim, std::string_view reason) {
  if (victim != own_id_) return;
  log_cfg(LogPriority::kNotice, fmt::format("Killed by node {} : {}", from.value, reason));
  host_.log(LogPriority::kError, "corosync", "[MAIN  ] Corosync Cluster Engine exiting with status -1 at cfg.c:566.");
  finished_ = true;
  host_.exit_node(255, "killed by another node");
}

// RR-15.
void Stack::Impl::on_ring_reenable() { transport_->reenable_rings(); }

bool Stack::Impl::apply(Reload reload) {
  for (const auto& [key, value] : conf_.map)
    if (!reload.conf.map.contains(key)) cmap_.erase(key);
  for (const auto& [key, value] : reload.conf.map) cmap_.set(key, value);
  conf_ = std::move(reload.conf);
  const std::optional<std::size_t> position = reload.plan.local_position;
  if (reload.plan.transport == TransportKind::kKnet) log_links(host_, reload.plan);
  const bool new_key = transport_->load_key(reload.plan);
  transport_->reconfigure(reload.plan);
  plan_ = std::move(reload.plan);
  if (position) cmap_.set("nodelist.local_node_pos", cmap_u32(*position));
  use_timers(reload.timers);
  config_version_.set(conf_.totem.config_version);
  reconfigure_votes();
  return new_key;
}

void Stack::Impl::use_timers(const TotemTimers& timers) {
  timers_ = timers;
  srp_.set_timers(timers, conf_.debug);
  transport_->set_timers(timers);
}

void Stack::Impl::reconfigure_votes() {
  if (!votequorum_) return;
  votequorum_->reconfigure(
      votes_at_runtime(conf_, plan_.local_votes, votequorum_->settings(), votequorum_->device_registered(), profile_));
}

void Stack::Impl::read_files() {
  if (client_ == nullptr) return;
  if (auto files = client_->read_files()) local_.files = std::move(*files);
}

std::optional<std::string> Stack::Impl::file() const {
  return client_ == nullptr ? std::optional<std::string>() : client_->read_corosync_conf();
}

void Stack::Impl::set_flag(std::string_view key, std::uint8_t value) { cmap_.set(key, cmap_u8(value)); }

void Stack::Impl::log_cfg(LogPriority priority, const std::string& text) {
  host_.log(priority, "corosync", "[CFG   ] " + text);
}

// T-31, VQ-9: a client's write takes effect at once.
void Stack::Impl::key_written(std::string_view key, const CmapValue& value) {
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

CsError Stack::Impl::reload() {
  const Input input(*this);
  // Every node reads its own file when the request comes round; this one's mistakes are known before.
  const CsError status = plan_reload(conf_, plan_, timers_, file(), local_, profile_).status;
  cfg_.request_reload();
  return status;
}

CsError Stack::Impl::shut_down(bool) {
  if (finished_ || stopping_) return CsError::kBusy;
  log_cfg(LogPriority::kNotice, fmt::format("Node {} was shut down by sysadmin", own_id_.value));
  stop();
  return CsError::kOk;
}

CsError Stack::Impl::kill_node(ClusterNodeId node) {
  if (std::find(members_.begin(), members_.end(), node) == members_.end()) return CsError::kNotExist;
  const Input input(*this);
  cfg_.request_kill(node, "Killed by corosync-cfgtool");
  return CsError::kOk;
}

void Stack::Impl::reenable_rings() {
  const Input input(*this);
  transport_->reenable_rings();
  cfg_.request_ring_reenable();
}

CsError Stack::Impl::set_key(std::string_view key, CmapValue value) {
  const Input input(*this);
  const CsError error = cmap_.set_by_client(key, value);
  if (error == CsError::kOk) key_written(key, value);
  return error;
}

CsError Stack::Impl::erase_key(std::string_view key) {
  const Input input(*this);
  const CmapValue* present = cmap_.find(key);
  const CmapValue value = present == nullptr ? CmapValue() : *present;
  const CsError error = cmap_.erase_by_client(key);
  if (error == CsError::kOk && key.starts_with("totem.")) key_written(key, value);
  return error;
}

void Stack::Impl::clear_statistics() { srp_.clear_counters(); }

CsError Stack::Impl::set_expected_votes(std::uint32_t expected) {
  const Input input(*this);
  return votequorum_->set_expected_votes(expected);
}

CsError Stack::Impl::set_votes(ClusterNodeId node, std::uint32_t votes) {
  const Input input(*this);
  return votequorum_->set_votes(node, votes);
}

CsError Stack::Impl::unregister_device() {
  const Input input(*this);
  return votequorum_->unregister_device({});
}

}  // namespace simcluster::membership
