// Fencing on behalf of a transition (CM-7.18, CM-7.24), and the devices that this node may use.
#include <fmt/core.h>

#include "engine/cib/values.h"
#include "engine/controller/controller_impl.h"
#include "engine/controller/fence_devices.h"

namespace simcluster::controller {

namespace {
constexpr std::string_view kConnectionLost = "Lost connection to fencer";
}  // namespace

// CM-11.10: what was asked for fails, and so do the monitors of fence devices.
void Controller::Impl::on_fencer_lost() {
  if (ended_ || process_.puts_off([this] { on_fencer_lost(); })) return;
  log(LogPriority::kCritical, "tengine_stonith_connection_destroy", "Fencing daemon connection failed");
  while (!fencing_calls_.empty()) {
    const auto [transition, index] = fencing_calls_.begin()->second;
    fencer::FencingResult lost;
    lost.call = fencing_calls_.begin()->first;
    lost.reason = kConnectionLost;
    if (transition == transition_.id()) lost.target = transition_.action(index).node;
    conclude_fencing(lost);
  }
  lrm_.on_fencer_lost(kConnectionLost);
}

void Controller::Impl::on_fencer_started() {
  if (ended_ || process_.puts_off([this] { on_fencer_started(); })) return;
  log(LogPriority::kNotice, "te_connect_stonith", "Fencer successfully connected");
  update_devices();
}

FireOutcome Controller::Impl::fire_fencing(std::uint32_t index) {
  const scheduler::GraphAction& action = transition_.action(index);
  std::string_view kind = action.attribute("CRM_meta_stonith_action");
  if (kind.empty()) kind = "reboot";
  const Duration timeout = options_.fencing_timeout;
  if (profile_.daemons_renamed) {
    log(LogPriority::kNotice, "execute_fence_action",
        fmt::format("Requesting fencing ({}) targeting node {} | action={} timeout={}", kind, action.node, action.id,
                    timeout.milliseconds()));
  } else {
    log(profile_.logs_with_function ? LogPriority::kInfo : LogPriority::kNotice, "te_fence_node",
        fmt::format("Executing {} fencing operation ({}) on {} (timeout={})", kind, action.id, action.node,
                    timeout.milliseconds()));
  }
  host_.trace(TraceKind::kFencingRequest, {{"target", action.node}, {"operation", kind}});
  Duration delay;
  if (const auto ms = cib::parse_interval(action.attribute("CRM_meta_priority_fencing_delay")))
    delay = milliseconds(*ms);
  const std::uint32_t call =
      daemons_.fencer().request({std::string(action.node), std::string(kind), timeout, delay,
                                 fmt::format("{}.{}", daemon_name(Daemon::kController, profile_), process_id())});
  fencing_calls_[call] = {transition_.id(), index};
  return FireOutcome::kSent;
}

// CM-7.24
void Controller::Impl::on_fencing_result(const fencer::FencingResult& result) {
  if (ended_ || process_.puts_off([this, result] { on_fencing_result(result); })) return;
  const bool done = result.status == fencer::FencingStatus::kDone;
  const bool renamed = profile_.daemons_renamed;
  log(LogPriority::kNotice, renamed ? "handle_fence_notification" : "tengine_stonith_notify",
      fmt::format("Peer {} was{} terminated ({}) by {} on behalf of {}@{}: {}{}", result.target, done ? "" : " not",
                  result.action,
                  !result.delegate.empty() ? result.delegate
                  : renamed                ? "the cluster"
                                           : "<anyone>",
                  result.client, result.origin, fencer::ending(result), renamed ? " | event=" + result.event : ""));
  if (done && !the_dc_ && result.action != "on" && (dc_name_.empty() || same_node_name(dc_name_, result.target))) {
    cleanup_.insert(result.target);  // CM-10.31
  }
  // Told once: by the node that did it, else by the one that was asked.
  const bool did_it = done && same_node_name(result.delegate, config_.name);
  if (did_it || (result.own && (!done || result.delegate.empty() || result.delegate == fencer::kHuman))) {
    host_.trace(TraceKind::kFencingResult, {{"target", result.target},
                                            {"operation", result.action},
                                            {"ok", done ? 1 : 0},
                                            {"delegate", done ? std::string_view(result.delegate) : ""},
                                            {"reason", result.reason.empty() ? result.words : result.reason}});
  }
  if (done && same_node_name(result.target, config_.name) && result.action != "on") {
    note_own_fencing(result);
    return;
  }
  const bool asked = result.own && fencing_calls_.contains(result.call);
  if (asked) {
    conclude_fencing(result);
  } else if (done && the_dc_ && result.action != "on") {
    // Somebody else's: the DC believes it as its own.
    fencing_failures_.erase(result.target);
    mark_fenced(result.target);
    abort_transition(kInfinity, CompletionAction::kRestart, "External Fencing Operation");
  }
}

// CM-10.30: whoever hears this was not switched off.
void Controller::Impl::note_own_fencing(const fencer::FencingResult& result) {
  log(LogPriority::kCritical, "tengine_stonith_notify",
      fmt::format("We were allegedly just fenced by {} for {}!", result.delegate.empty() ? "a node" : result.delegate,
                  result.origin));
  if (options_.fencing_reaction_panic) {
    host_.reset_node("fenced, and still there");
    return;
  }
  stay_down_ = "fenced, and still there";
  exit(0, {});
}

// AT-10.2; Pacemaker 2.1.5 tells the number of the request instead.
void Controller::Impl::log_fenced(const fencer::FencingResult& result) const {
  if (!profile_.daemons_renamed) return;
  if (profile_.results_name_cib_update) {
    log(LogPriority::kInfo, "tengine_stonith_callback",
        fmt::format("Fence operation {} for {} succeeded", result.call, result.target));
  } else {
    log(LogPriority::kNotice, "tengine_stonith_callback",
        fmt::format("Fencing of {} completed successfully", result.target));
  }
}

// The result of a request of the running transition, or of one before it.
void Controller::Impl::conclude_fencing(const fencer::FencingResult& result) {
  const bool done = result.status == fencer::FencingStatus::kDone;
  const auto call = fencing_calls_.find(result.call);
  const auto [transition, index] = call->second;
  fencing_calls_.erase(call);
  const bool waiting =
      the_dc_ && transition == transition_.id() && !transition_.complete() && !transition_.confirmed(index);
  if (done) {
    fencing_failures_.erase(result.target);
    if (result.action != "on") {
      mark_fenced(result.target);
    } else if (transition == transition_.id()) {
      mark_unfenced(transition_.action(index));
    }
    if (!waiting) return;
    log_fenced(result);
    transition_.confirm(index);
    trace_action_end(index, 0, "done");
    return;
  }
  const int failures = ++fencing_failures_[result.target];
  const bool hopeless = result.status == fencer::FencingStatus::kNoDevice || failures >= options_.fencing_max_attempts;
  log(LogPriority::kError, "tengine_stonith_callback",
      fmt::format("Fence operation {} for {} failed: {} (aborting transition{})", result.call, result.target,
                  fencer::ending(result), hopeless ? " and giving up for now" : ""));
  if (failures >= options_.fencing_max_attempts) {
    log(LogPriority::kWarning, "too_many_st_failures",
        fmt::format("Too many failures ({}) to fence {}, giving up", failures, result.target));
  }
  if (!waiting) return;
  transition_.fail(index);
  trace_action_end(index, 1, "failed");
  abort_transition(kInfinity, hopeless ? CompletionAction::kWait : CompletionAction::kRestart, "Stonith failed");
}

// CM-7.24: the node may use again what fencing had taken from it, as these devices see it.
void Controller::Impl::mark_unfenced(const scheduler::GraphAction& action) {
  const std::string now = std::to_string(host_.now().unix_seconds());
  update_attribute("#node-unfenced", now, {}, action.node);
  update_attribute("#digests-all", action.attribute("CRM_meta_digests_all"), {}, action.node);
  update_attribute("#digests-secure", action.attribute("CRM_meta_digests_secure"), {}, action.node);
}

void Controller::Impl::mark_fenced(const std::string& target) {
  Peer* peer = peers_.find(std::string_view(target));
  std::string id;
  if (peer != nullptr) {
    peer->expected = Expected::kDown;
    peer->phase = JoinPhase::kNone;
    id = node_xml_id(peer->id);
  } else {
    for (const cib::Element node : cib_.store().configuration().first_child("nodes").children("node")) {
      if (same_node_name(node.value("uname"), target)) id = node.id();
    }
  }
  if (id.empty()) return;
  CibRequest request = controller_request();
  cib::Document document;
  cib::MutableElement state = document.create_root("node_state");
  state.set_attribute("id", id).set_attribute("uname", target);
  state.set_attribute("join", "down")
      .set_attribute("expected", "down")
      .set_attribute("crm-debug-origin", "send_stonith_update");
  if ((peer == nullptr || !peer->seen) && !profile_.unseen_node_stays_unclean) {  // CM-14.16
    state.set_attribute("in_ccm", profile_.peer_times_in_status ? "0" : "false");
    state.set_attribute("crmd", profile_.peer_times_in_status ? "0" : "offline");
  }
  request.merge({step("status")}, document.root());
  request.remove({step("status"), step("node_state", id), step("lrm")});
  request.remove({step("status"), step("node_state", id), step("transient_attributes")});
  cib_.submit(std::move(request));
}

namespace {

// Names of the nodes that have a permanent attribute with this value.
std::vector<std::string> nodes_with(const cib::Element& configuration, std::string_view name, std::string_view value) {
  std::vector<std::string> names;
  for (const cib::Element node : configuration.first_child("nodes").children("node")) {
    for (const cib::Element set : node.children("instance_attributes")) {
      for (const cib::Element pair : set.children("nvpair")) {
        if (pair.value("name") == name && pair.value("value") == value) names.emplace_back(node.value("uname"));
      }
    }
  }
  return names;
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (comma != 0) parts.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return parts;
}

// CM-10.13
std::vector<fencer::TopologyLevel> read_topology(const cib::Element& configuration) {
  std::vector<fencer::TopologyLevel> levels;
  const cib::Element topology = configuration.first_child("fencing-topology");
  if (!topology) return levels;
  for (const cib::Element entry : topology.children("fencing-level")) {
    fencer::TopologyLevel level;
    const auto index = cib::parse_integer(entry.value("index"));
    if (!index || index->value < 1 || index->value > 9) continue;
    level.index = static_cast<int>(index->value);
    level.devices = comma_list(entry.value("devices"));
    level.pattern = !entry.value("target-pattern").empty();
    level.target = level.pattern ? entry.value("target-pattern") : entry.value("target");
    std::vector<std::string> targets = {level.target};
    if (!entry.value("target-attribute").empty())
      targets = nodes_with(configuration, entry.value("target-attribute"), entry.value("target-value"));
    for (const std::string& target : targets) {
      level.target = target;
      levels.push_back(level);
    }
  }
  return levels;
}

}  // namespace

// CM-10.1
void Controller::Impl::update_devices() {
  const cib::Element configuration = cib_.store().configuration();
  daemons_.fencer().set_devices(usable_devices(configuration, cib_.store().status(), config_.name, host_.now()));
  daemons_.fencer().set_topology(read_topology(configuration));
  daemons_.fencer().set_watchdog_timeout(watchdog_timeout());
}

// CM-12.5
Duration Controller::Impl::watchdog_timeout() const {
  const bool relative = options_.fencing_watchdog_timeout.ns < 0;
  return relative ? Duration{2 * config_.sbd_watchdog_timeout.ns} : options_.fencing_watchdog_timeout;
}

// CM-12.5: nobody may rely on a watchdog that does not watch, or not soon enough.
void Controller::Impl::check_watchdog() {
  const Duration promised = watchdog_timeout();
  if (promised.ns <= 0 || !stay_down_.empty()) return;
  const bool active = config_.sbd_watchdog_timeout.ns > 0;
  if (active && promised >= config_.sbd_watchdog_timeout) return;
  const std::string_view wrong = active ? "is shorter than SBD_WATCHDOG_TIMEOUT" : "but SBD not active";
  log(LogPriority::kEmergency, "check_sbd_timeout",
      fmt::format("Shutting down: {} configured ({}s) {}", options_.fencing_watchdog_name, promised.seconds(), wrong));
  stay_down_ =
      active ? "fencing relies on a watchdog that is slower" : "fencing relies on a watchdog, and there is no sbd";
  raise(Input::kError, Cause::kFsaInternal, "check_sbd_timeout");
}

}  // namespace simcluster::controller
