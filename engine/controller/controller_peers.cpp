// Peers: membership, processes, quorum, and what the DC writes about them (CM part C).
#include <algorithm>

#include <fmt/core.h>

#include "engine/controller/controller_impl.h"

namespace simcluster::controller {

namespace {

constexpr Duration kHistoryDelay = seconds(5);       // CM-3.4
constexpr Duration kQuorumGainedDelay = seconds(5);  // CM-3.9

bool contains(std::span<const ClusterNodeId> nodes, ClusterNodeId id) {
  return std::find(nodes.begin(), nodes.end(), id) != nodes.end();
}

}  // namespace

std::string Controller::Impl::node_name(ClusterNodeId node) const {
  if (const Peer* peer = peers_.find(node); peer != nullptr && !peer->name.empty()) return peer->name;
  return service_.node_name(node);
}

std::string Controller::Impl::node_xml_id(ClusterNodeId node) const {
  if (!node.valid()) return {};
  if (const auto uuid = config_.uuids.find(node); uuid != config_.uuids.end()) return uuid->second;
  return profile_.plugin_membership ? node_name(node) : fmt::format("{}", node.value);
}

ClusterNodeId Controller::Impl::find_node(std::string_view name) const {
  if (name.empty()) return self_;
  const Peer* peer = peers_.find(name);
  return peer == nullptr ? ClusterNodeId::none() : peer->id;
}

std::vector<std::string> Controller::Impl::member_names() const {
  std::vector<std::string> names;
  for (const auto& [id, peer] : peers_) {
    if (peer.active()) names.push_back(peer.name);
  }
  return names;
}

// --- the ring ---

void Controller::Impl::on_nodes(const membership::NodesView& view) {
  if (process_.still()) {
    process_.puts_off([this, ring = view.ring, members = std::vector(view.members.begin(), view.members.end()),
                       joined = std::vector(view.joined.begin(), view.joined.end()),
                       left = std::vector(view.left.begin(), view.left.end())] {
      on_nodes({ring, members, joined, left});
    });
    return;
  }
  for (const ClusterNodeId id : view.left) {
    // Away and back within one change: it is a new member (M 10.1).
    if (Peer* peer = peers_.find(id); peer != nullptr && contains(view.members, id)) member_lost(*peer);
  }
  update_membership(view.ring, view.members);
}

void Controller::Impl::on_quorum(const membership::QuorumView& view) {
  if (process_.still()) {
    process_.puts_off([this, quorate = view.quorate, ring = view.ring,
                       members = std::vector(view.members.begin(), view.members.end())] {
      on_quorum({quorate, ring, members});
    });
    return;
  }
  update_membership(view.ring, view.members);
  if (view.quorate == quorate_) return;
  quorate_ = view.quorate;
  ever_quorate_ = ever_quorate_ || quorate_;
  log(LogPriority::kNotice, "crm_update_quorum", fmt::format("Quorum {}", quorate_ ? "acquired" : "lost"));
  if (!quorate_ && config_.sbd_watchdog_timeout.ns > 0 && options_.panics_without_quorum) {  // CM-3.8
    host_.reset_node("Quorum lost");
    return;
  }
  if (!the_dc_) return;
  write_quorum();
  if (quorate_) {
    start_timer(kQuorumTimer, kQuorumGainedDelay);
  } else {
    abort_transition(kInfinity, CompletionAction::kRestart, "Quorum lost");
  }
}

void Controller::Impl::update_membership(const membership::RingId& ring, std::span<const ClusterNodeId> members) {
  if (!self_.valid()) self_ = service_.own_id();
  if (have_membership_ && ring == ring_) return;
  ring_ = ring;
  for (auto& [id, peer] : peers_) {
    if (peer.member && !contains(members, id)) member_lost(peer);
  }
  const std::int64_t now = host_.now().unix_seconds();
  for (const ClusterNodeId id : members) {
    Peer& peer = peers_.get(id);
    if (peer.name.empty()) peer.name = service_.node_name(id);
    if (peer.name.empty() && id == self_) peer.name = config_.name;
    if (peer.member) continue;
    peer.member = true;
    peer.seen = true;
    peer.when_member = now;
    log(LogPriority::kNotice, "crm_update_peer_state",
        fmt::format("Node {} state is now member", peer.name.empty() ? fmt::format("{}", id.value) : peer.name));
    // CM-3.5: a change of the state, too. Its process may have been heard of before.
    if (the_dc_ && id != self_ && peer.online) react_to_peer(peer, true);
  }
  membership_event();
}

void Controller::Impl::member_lost(Peer& peer) {
  lost_now_.insert(peer.id);
  peer.member = false;
  peer.when_member = 0;
  if (profile_.daemons_renamed) {
    log(LogPriority::kNotice, "update_peer_state_iter",
        fmt::format("Node {} state is now lost | nodeid={} previous=member source=pcmk__reap_unseen_nodes", peer.name,
                    peer.id.value));
  } else if (profile_.logs_with_function) {
    log(LogPriority::kInfo, "crm_update_peer",
        fmt::format("Node {}: id={} state=lost (new)", peer.name, peer.id.value));
  } else {
    log(LogPriority::kNotice, "crm_update_peer_state_iter",
        fmt::format("Node {}[{}] - state is now lost (was member)", peer.name, peer.id.value));
  }
}

// CM-3.3
void Controller::Impl::membership_event() {
  for (auto& [id, peer] : peers_) {
    if (peer.active()) continue;
    const bool was_joined = peer.phase != JoinPhase::kNone;
    peer.phase = JoinPhase::kNone;
    if (peer.member) continue;
    if (id == self_) {
      if (!have_peer_data_) continue;
      log(LogPriority::kError, "check_dead_member", "We're not part of the cluster anymore");
      raise(Input::kError, Cause::kFsaInternal, "check_dead_member");
      continue;
    }
    if (id == dc_ && !the_dc_) {
      log(LogPriority::kWarning, "check_dead_member", fmt::format("Our DC node ({}) left the cluster", peer.name));
      queue(Input::kElection, Cause::kFsaInternal, "check_dead_member");
    }
    if (was_joined && the_dc_ && (fsa_.state() == State::kIntegration || fsa_.state() == State::kFinalizeJoin)) {
      check_joins();
    }
    if (the_dc_) fail_actions_of(peer);
    if (the_dc_ && lost_now_.contains(id)) react_to_peer(peer, false);  // CM-3.5: a change of the state, too
  }
  lost_now_.clear();
  const bool first = !have_membership_;
  have_membership_ = true;
  if (the_dc_) refresh_node_states(false);
  if (first) {
    fsa_.trigger();
    return;
  }
  queue(Input::kNull, Cause::kFsaInternal, "post_cache_update", Action::kElectionCheck);
  Message noop;
  noop.task = Task::kNoop;
  noop.from_dc = the_dc_;
  if (have_peer_data_) send(std::move(noop));
}

// --- processes ---

void Controller::Impl::on_crmd_configuration(const membership::GroupConfiguration& configuration) {
  if (ended_) return;
  if (process_.still()) {
    process_.puts_off([this, copy = KeptConfiguration(configuration)] { on_crmd_configuration(copy.view()); });
    return;
  }
  if (!self_.valid()) self_ = crmd_.group->self().node;
  for (const membership::GroupChange& change : configuration.left) {
    if (Peer* peer = peers_.find(change.member.node)) {
      peer_gone(*peer, change.reason == membership::ChangeReason::kLeave);
    }
  }
  // Whoever is in the group when we join was there before, and counts as joined now.
  for (const membership::GroupMember& member : configuration.members) {
    Peer& peer = peers_.get(member.node);
    if (member.node == self_) peer.name = config_.name;
    if (peer.name.empty()) peer.name = service_.node_name(member.node);
    if (!peer.online) peer_appeared(peer);
  }
}

void Controller::Impl::peer_appeared(Peer& peer) {
  peer.online = true;
  peer.when_online = host_.now().unix_seconds();
  if (peer.id == self_) {
    have_peer_data_ = true;
    lrm_.set_node(config_.name, node_xml_id(self_));
    election_ = std::make_unique<Election>(*this, self_, config_.name, std::string(crm_feature_set(profile_)));
    fsa_.trigger();
    return;
  }
  log(LogPriority::kInfo, "peer_update_callback", fmt::format("Node {} is now a peer", peer.name));
  if (the_dc_) react_to_peer(peer, true);
  const Peer* dc = peers_.find(dc_);
  const bool no_dc = profile_.daemons_renamed && (dc == nullptr || !dc->online);
  if (the_dc_ || no_dc) {
    if (profile_.daemons_renamed) {
      log(LogPriority::kInfo, "te_trigger_stonith_history_sync",
          fmt::format("Fence history will be synchronized cluster-wide within {} seconds", kHistoryDelay.seconds()));
    }
    start_timer(kHistoryTimer, kHistoryDelay);
  }
  Message hello;
  hello.task = Task::kHello;
  send(std::move(hello));
}

// CM-3.4
void Controller::Impl::peer_gone(Peer& peer, bool) {
  peer.online = false;
  peer.when_online = 0;
  if (peer.member) peer.when_member = 1;  // CM-3.5: since some time
  failed_sync_.erase(peer.id);
  if (election_) election_->forget_voter(peer.id, peer.id == dc_);
  if (!cib_.connected() || fsa_.state() == State::kStopping) return;
  log(LogPriority::kInfo, "peer_update_callback", fmt::format("Node {} is no longer a peer", peer.name));
  if (peer.id == self_) {
    log(LogPriority::kError, "peer_update_callback", "Our peer connection failed");
    raise(Input::kError, Cause::kFsaInternal, "peer_update_callback");
    return;
  }
  if (the_dc_ || dc_name_.empty() || peer.id == dc_) erase_transient_attributes(peer);
  if (peer.id == dc_) {
    log(LogPriority::kNotice, "peer_update_callback", fmt::format("Our peer on the DC ({}) is dead", peer.name));
    peer.phase = JoinPhase::kNone;
    queue(Input::kElection, Cause::kStatusCallback, "peer_update_callback");
    return;
  }
  if (the_dc_) {
    react_to_peer(peer, false);
  } else {
    peer.phase = JoinPhase::kNone;
  }
}

// CM-3.5
void Controller::Impl::react_to_peer(Peer& peer, bool appeared) {
  const std::string id = node_xml_id(peer.id);
  const std::uint32_t down = transition_.down_event(id);
  if (appeared && peer.active()) queue_first(Input::kNodeJoin, Cause::kFsaInternal, "peer_update_callback");
  if (appeared) {
    write_node_state(peer, false);
    return;
  }
  if (down != Transition::kNoAction && transition_.action(down).operation == "do_shutdown") {
    peer.phase = JoinPhase::kNone;
    peer.expected = Expected::kDown;
    check_joins();
    const bool complete = !peer.member;
    log(LogPriority::kNotice, "peer_update_callback",
        complete ? fmt::format("do_shutdown of peer {} is complete", peer.name)
                 : fmt::format("do_shutdown of peer {} is in progress", peer.name));
    write_node_state(peer, true);
    return;
  }
  if (down == Transition::kNoAction) {
    // The permission to leave may have been given by a transition that is over.
    const bool asked_to_leave = peer.expected == Expected::kDown;
    if (!asked_to_leave) {
      const bool known = transition_.loaded() && transition_.id() > 0;
      log(known ? LogPriority::kWarning : LogPriority::kInfo, "peer_update_callback",
          fmt::format("Fencing/shutdown of node {} {}", peer.name,
                      known ? "was not expected" : "is unknown to the current DC"));
    }
    peer.phase = JoinPhase::kNone;
    check_joins();
    abort_transition(kInfinity, CompletionAction::kRestart, "Node failure");
    fail_actions_of(peer);
  }
  write_node_state(peer, true);
}

// CM-7.19
void Controller::Impl::fail_actions_of(const Peer& peer) {
  if (!transition_.loaded() || transition_.complete() || !profile_.dead_node_timers_cancelled) return;
  const bool any = transition_.fail_actions_of(node_xml_id(peer.id), [&](const scheduler::GraphAction& action,
                                                                         bool sent) {
    log(sent ? LogPriority::kNotice : LogPriority::kInfo, "fail_incompletable_actions",
        sent ? fmt::format("Action {} ({}) was pending on {} (offline)", action.id, action.operation_key, peer.name)
             : fmt::format("Action {} ({}) is scheduled for {} (offline)", action.id, action.operation_key, peer.name));
  });
  if (!any) return;
  log(LogPriority::kWarning, "fail_incompletable_actions",
      fmt::format("Node {} shutdown resulted in un-runnable actions", peer.name));
  abort_transition(kInfinity, CompletionAction::kRestart, "Node failure");
}

// CM-3.6
void Controller::Impl::watch_pending(const Peer& peer) {
  const auto running = pending_timers_.find(peer.id);
  const bool pending = the_dc_ && peer.when_member > 1 && !peer.online && options_.node_pending_timeout.ns > 0;
  if (pending == (running != pending_timers_.end())) return;
  if (!pending) {
    host_.cancel_timer(running->second);
    pending_timers_.erase(running);
    return;
  }
  const Duration since = host_.now() - Time{seconds(peer.when_member).ns};
  const Duration left = std::max(options_.node_pending_timeout - since, Duration{});
  pending_timers_[peer.id] = host_.start_timer(left, *this, kPendingTimer + peer.id.value);
}

void Controller::Impl::pending_too_long(ClusterNodeId node) {
  pending_timers_.erase(node);
  if (!the_dc_) return;
  log(LogPriority::kWarning, "node_pending_timer_popped",
      fmt::format("Node with id '{}' pending timed out ({}s) on joining the process group", node_xml_id(node),
                  options_.node_pending_timeout.seconds()));
  abort_transition(kInfinity, CompletionAction::kRestart, "Node pending timed out");
}

void Controller::Impl::set_phase(Peer& peer, JoinPhase phase) {
  if (!phase_change_allowed(peer.phase, phase)) {
    log(LogPriority::kWarning, "crm_update_peer_join",
        fmt::format("Rejecting join-{} phase update for node {} because can't go from {} to {}", join_id_, peer.name,
                    join_phase_name(peer.phase), join_phase_name(phase)));
    return;
  }
  peer.phase = phase;
}

// --- what is written about peers ---

// CM-3.7
void Controller::Impl::add_node_state(CibRequest& request, const Peer& peer, bool join_fields) const {
  if (peer.name.empty()) return;
  cib::Document document;
  cib::MutableElement state = document.create_root("node_state");
  state.set_attribute("id", node_xml_id(peer.id));
  state.set_attribute("uname", peer.name);
  if (profile_.peer_times_in_status) {
    state.set_attribute("in_ccm", peer.when_member);
    state.set_attribute("crmd", peer.when_online);
  } else {
    state.set_attribute("in_ccm", peer.member ? "true" : "false");
    state.set_attribute("crmd", peer.online ? "online" : "offline");
  }
  if (join_fields) {
    state.set_attribute("join", static_cast<int>(peer.phase) > 0 ? "member" : "down");
  }
  if (peer.expected != Expected::kUnknown) state.set_attribute("expected", expected_name(peer.expected));
  state.set_attribute("crm-debug-origin", join_fields ? "do_state_transition" : "post_cache_update");
  request.merge({step("status")}, document.root());
}

// CM-6.16: a DC whose own updates are refused cannot go on.
void Controller::Impl::submit(CibRequest request) {
  ++outstanding_;
  cib_.submit(std::move(request), [this](const Result<void>& result) { on_submitted(result); });
}

void Controller::Impl::on_submitted(const Result<void>& result) {
  if (process_.puts_off([this, result] { on_submitted(result); })) return;
  --outstanding_;
  if (result || ended_) return;
  log(LogPriority::kError, "crmd_node_update_complete", fmt::format("Node update failed: {}", result.error().message));
  raise(Input::kError, Cause::kFsaInternal, "crmd_node_update_complete");
}

// Not only the DC does this where the node was the DC, or nobody knows who is. The attribute manager on that node may
// live, and does not write again what it has written before (black-box run of 2.1.5).
void Controller::Impl::erase_transient_attributes(const Peer& peer) {
  const std::string id = node_xml_id(peer.id);
  if (id.empty()) return;
  CibRequest request = controller_request();
  request.remove({step("status"), step("node_state", id), step("transient_attributes")});
  cib_.submit(std::move(request));
}

void Controller::Impl::write_node_state(const Peer& peer, bool join_fields) {
  CibRequest request = controller_request();
  add_node_state(request, peer, join_fields);
  watch_pending(peer);
  if (!request.steps.empty()) submit(std::move(request));
}

void Controller::Impl::refresh_node_states(bool join_fields) {
  CibRequest request = controller_request();
  for (const auto& [id, peer] : peers_) {
    add_node_state(request, peer, join_fields);
    watch_pending(peer);
  }
  if (!request.steps.empty()) submit(std::move(request));
}

// A node that the configuration knows under another id keeps what is configured for it.
void Controller::Impl::add_node_entry(CibRequest& request, const Peer& peer) const {
  if (peer.name.empty()) return;
  const std::string id = node_xml_id(peer.id);
  for (const cib::Element node : cib_.store().configuration().first_child("nodes").children("node")) {
    if (!same_node_name(node.value("uname"), peer.name) || node.id() == id) continue;
    cib::Document renamed;
    cib::MutableElement copy = renamed.create_root("nodes").append_copy(node);
    copy.set_attribute("id", id);
    request.remove({step("configuration"), step("nodes"), step("node", node.id())});
    request.merge({step("configuration"), step("nodes")}, cib::Element(copy));
    return;
  }
  cib::Document document;
  cib::MutableElement node = document.create_root("node");
  node.set_attribute("id", id);
  node.set_attribute("uname", peer.name);
  request.merge({step("configuration"), step("nodes")}, document.root());
}

void Controller::Impl::populate_nodes() {
  CibRequest request = controller_request();
  for (const auto& [id, peer] : peers_) add_node_entry(request, peer);
  if (!request.steps.empty()) submit(std::move(request));
}

// CM-3.8
void Controller::Impl::write_quorum() {
  cib::Document document;
  cib::MutableElement root = document.create_root("cib");
  root.set_attribute("have-quorum", quorate_ ? "1" : "0");
  root.set_attribute("dc-uuid", node_xml_id(self_));
  CibRequest request = controller_request();
  request.set(CibStep::Kind::kAttributes, {}, cib::write_compact(document.root()));
  submit(std::move(request));
}

}  // namespace simcluster::controller
