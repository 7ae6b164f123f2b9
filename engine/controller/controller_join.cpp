// How nodes are admitted (CM part E). The DC's side and the client's side.
#include <fmt/core.h>

#include "engine/controller/controller_impl.h"

namespace simcluster::controller {

namespace {
std::string_view plural(std::size_t count) { return count == 1 ? "" : "s"; }
}  // namespace

// --- the DC ---

// CM-5.1
void Controller::Impl::offer_all() {
  if (++join_id_ == 0) join_id_ = 1;
  for (auto& [id, peer] : peers_) peer.phase = JoinPhase::kNone;
  best_ = {};
  best_node_ = ClusterNodeId::none();
  have_cib_ = false;
  unset_dc();
  for (auto& [id, peer] : peers_) make_offer(peer, false);
  const std::size_t outstanding = peers_.count(JoinPhase::kWelcomed);
  log(LogPriority::kInfo, "do_dc_join_offer_all",
      fmt::format("Waiting on join-{} requests from {} outstanding node{}", join_id_, outstanding,
                  plural(outstanding)));
}

// CM-5.2
void Controller::Impl::make_offer(Peer& peer, bool only_unknown) {
  if (!peer.active()) {
    log(LogPriority::kInfo, "join_make_offer",
        fmt::format("Not making join-{} offer to inactive node {}", join_id_, peer.name));
    if (peer.expected == Expected::kUnknown && !peer.member) peer.expected = Expected::kDown;
    return;
  }
  if (peer.name.empty()) return;
  if (offers_ring_ != ring_.sequence) {
    offers_ring_ = ring_.sequence;
    log(LogPriority::kInfo, "join_make_offer",
        fmt::format("Making join-{} offers based on membership event {}", join_id_, ring_.sequence));
  }
  if (only_unknown && static_cast<int>(peer.phase) > 0) {
    log(LogPriority::kInfo, "join_make_offer",
        fmt::format("Not making join-{} offer to already known node {} ({})", join_id_, peer.name,
                    join_phase_name(peer.phase)));
    return;
  }
  set_phase(peer, JoinPhase::kNone);
  Message message;
  message.task = Task::kJoinOffer;
  message.from_dc = true;
  message.join.id = join_id_;
  message.join.flag = shutting_down_;
  answer_to(peer.id, std::move(message));
  log(LogPriority::kInfo, "join_make_offer", fmt::format("Sending join-{} offer to {}", join_id_, peer.name));
  set_phase(peer, JoinPhase::kWelcomed);
  cleanup_.erase(peer.name);
}

// CM-5.3
void Controller::Impl::offer_one(const FsaInput& input) {
  if (!input.message || (input.message->task != Task::kJoinAnnounce && input.message->task != Task::kJoinRequest)) {
    for (auto& [id, peer] : peers_) make_offer(peer, true);
    check_joins();
    return;
  }
  const Message& message = *input.message;
  Peer& peer = peers_.get(message.from);
  peer.phase = JoinPhase::kNone;
  make_offer(peer, false);
  if (message.from != self_) {
    Peer& own = peers_.get(self_);
    own.phase = JoinPhase::kNone;
    make_offer(own, false);
  }
  abort_transition(kInfinity, CompletionAction::kRestart, "Node join");
}

// CM-5.5
bool Controller::Impl::judge_request(Peer& peer, const Message& message) {
  if (failed_sync_.contains(peer.id) || !peer.active() || !message.join.generation.known()) return false;
  if (message.feature_set.empty() || !feature_sets_compatible(crm_feature_set(profile_), message.feature_set)) {
    log(LogPriority::kError, "do_dc_join_filter_offer",
        fmt::format("Node {} has feature set {}, which is incompatible with ours ({})", peer.name, message.feature_set,
                    crm_feature_set(profile_)));
    return false;
  }
  const Generation& generation = message.join.generation;
  const bool better =
      !best_node_.valid() || generation.newer_than(best_) || (generation.same_version(best_) && peer.id == self_);
  if (better) {
    best_ = generation;
    best_node_ = peer.id;
  }
  return true;
}

void Controller::Impl::process_request(const FsaInput& input) {
  if (!input.message || input.message->task != Task::kJoinRequest) return;
  const Message& message = *input.message;
  Peer& peer = peers_.get(message.from);
  if (message.join.id != join_id_) {
    log(LogPriority::kInfo, "do_dc_join_filter_offer",
        fmt::format("Ignoring join-{} request from {} because we are on join-{}", message.join.id, peer.name,
                    join_id_));
    check_joins();
    return;
  }
  if (judge_request(peer, message)) {
    set_phase(peer, JoinPhase::kIntegrated);
    peer.expected = Expected::kMember;
  } else {
    set_phase(peer, JoinPhase::kNack);
    peer.expected = Expected::kBanned;
  }
  if (host_.tracing(TraceKind::kJoin)) {
    host_.trace(TraceKind::kJoin, {{"join", join_id_}, {"target", peer.name}, {"phase", join_phase_name(peer.phase)}});
  }
  check_joins();
}

// CM-5.7
bool Controller::Impl::check_joins() {
  if (!the_dc_) return false;
  if (ring_.sequence != offers_ring_) {
    if (ring_.sequence > offers_ring_) queue_first(Input::kNodeJoin, Cause::kFsaInternal, "check_join_state");
    offers_ring_ = ring_.sequence;
    return false;
  }
  if (fsa_.state() == State::kIntegration) {
    if (peers_.count(JoinPhase::kWelcomed) > 0) return false;
    log(LogPriority::kInfo, "check_join_state",
        fmt::format("Integration of {} peer{} complete", peers_.count(JoinPhase::kIntegrated),
                    plural(peers_.count(JoinPhase::kIntegrated))));
    queue_first(Input::kIntegrated, Cause::kFsaInternal, "check_join_state");
    return true;
  }
  if (fsa_.state() != State::kFinalizeJoin) return false;
  if (!have_cib_) return true;
  if (peers_.count(JoinPhase::kWelcomed) > 0 || peers_.count(JoinPhase::kIntegrated) > 0 ||
      peers_.count(JoinPhase::kFinalized) > 0) {
    return false;
  }
  log(LogPriority::kInfo, "check_join_state", fmt::format("join-{} complete", join_id_));
  queue(Input::kFinalized, Cause::kFsaInternal, "check_join_state");
  return true;
}

// CM-5.8
void Controller::Impl::finalize_join() {
  if (peers_.count(JoinPhase::kWelcomed) > 0) return;
  const std::size_t count = peers_.count(JoinPhase::kIntegrated) + peers_.count(JoinPhase::kNack);
  if (count == 0) {
    check_joins();
    return;
  }
  have_cib_ = !best_node_.valid() || best_node_ == self_;
  if (!transition_.complete()) {
    log(LogPriority::kWarning, "do_dc_join_finalize",
        fmt::format("Delaying join-{} finalization while transition in progress", join_id_));
    fsa_.stall(Action::kDcJoinFinalize);
    return;
  }
  const ClusterNodeId best = best_node_.valid() ? best_node_ : self_;
  log(LogPriority::kNotice, "do_dc_join_finalize",
      fmt::format("Finalizing join-{} for {} node{} (sync'ing CIB {}.{}.{} with schema {} and feature set {} from {})",
                  join_id_, count, plural(count), best_.admin_epoch, best_.epoch, best_.num_updates, best_.schema,
                  crm_feature_set(profile_), node_name(best)));
  cib_.sync_from(best, [this, join_id = join_id_](const Result<void>& result) { synced(join_id, result); });
}

// CM-5.9
void Controller::Impl::synced(std::uint32_t join_id, const Result<void>& result) {
  if (process_.puts_off([this, join_id, result] { synced(join_id, result); })) return;
  if (ended_) return;
  if (!the_dc_ || join_id != join_id_) return;
  if (!result) {
    log(LogPriority::kError, "finalize_sync_callback",
        fmt::format("Could not sync CIB from {} in join-{}: {}", node_name(best_node_), join_id_,
                    result.error().message));
    if (!is_old_data(result.error()) && best_node_.valid()) failed_sync_.insert(best_node_);
    raise(Input::kElectionDc, Cause::kFsaInternal, "finalize_sync_callback");
    return;
  }
  if (fsa_.state() != State::kFinalizeJoin) return;
  have_cib_ = true;
  if (check_joins()) return;
  for (auto& [id, peer] : peers_) finalize_node(peer);
}

void Controller::Impl::finalize_node(Peer& peer) {
  if (peer.phase != JoinPhase::kIntegrated && peer.phase != JoinPhase::kNack) return;
  CibRequest request = controller_request();
  add_node_entry(request, peer);
  if (!request.steps.empty()) cib_.submit(std::move(request));
  if (!peer.active()) {
    peer.expected = Expected::kPending;
    return;
  }
  const bool admitted = peer.phase == JoinPhase::kIntegrated;
  Message message;
  message.task = Task::kJoinAckNack;
  message.from_dc = true;
  message.join.id = join_id_;
  message.join.flag = admitted;
  answer_to(peer.id, std::move(message));
  if (!admitted) return;
  set_phase(peer, JoinPhase::kFinalized);
  peer.expected = Expected::kMember;
}

// With shutdown-lock the locks stay, and nothing else (CM-5.11; black-box run of 2.1.5): a locked resource waits for
// this node.
void Controller::Impl::remove_history(CibRequest& request, const std::string& node_id) const {
  const CibPath lrm = {step("status"), step("node_state", node_id), step("lrm")};
  if (!options_.shutdown_lock) {
    request.remove(lrm);
    return;
  }
  for (const cib::Element state : cib_.store().status().children("node_state")) {
    if (state.id() != node_id) continue;
    for (const cib::Element entry : state.first_child("lrm").first_child("lrm_resources").children("lrm_resource")) {
      CibPath path = lrm;
      path.push_back(step("lrm_resources"));
      path.push_back(step("lrm_resource", entry.id()));
      if (!entry.has("shutdown-lock")) {
        request.remove(std::move(path));
        continue;
      }
      for (const cib::Element op : entry.children("lrm_rsc_op")) {
        CibPath of_op = path;
        of_op.push_back(step("lrm_rsc_op", op.id()));
        request.remove(std::move(of_op));
      }
    }
  }
}

// CM-5.11
void Controller::Impl::process_confirm(const FsaInput& input) {
  if (!input.message || input.message->task != Task::kJoinConfirm) return;
  const Message& message = *input.message;
  Peer& peer = peers_.get(message.from);
  if (peer.phase != JoinPhase::kFinalized || message.join.id != join_id_) {
    log(LogPriority::kInfo, "do_dc_join_ack",
        fmt::format("Ignoring out-of-sequence join-{} confirmation from {} (currently {} not finalized)",
                    message.join.id, peer.name, join_phase_name(peer.phase)));
    return;
  }
  set_phase(peer, JoinPhase::kConfirmed);
  if (host_.tracing(TraceKind::kJoin)) {
    host_.trace(TraceKind::kJoin, {{"join", join_id_}, {"target", peer.name}, {"phase", "confirmed"}});
  }
  const std::string id = node_xml_id(peer.id);
  const std::string history = peer.id == self_ ? lrm_.history_xml()
                                               : std::string(reinterpret_cast<const char*>(message.join.history.data()),
                                                             message.join.history.size());
  CibRequest request = controller_request();
  remove_history(request, id);
  add_node_state(request, peer, true);
  if (!history.empty()) request.merge({step("status"), step("node_state", id)}, history);
  ++outstanding_;
  cib_.submit(std::move(request), [this](const Result<void>& result) { on_confirmed(result); });
}

void Controller::Impl::on_confirmed(const Result<void>& result) {
  if (process_.puts_off([this, result] { on_confirmed(result); })) return;
  --outstanding_;
  if (ended_) return;
  if (result) {
    check_joins();
    return;
  }
  log(LogPriority::kError, "join_update_complete_callback",
      fmt::format("Join update failed: {}", result.error().message));
  raise(Input::kError, Cause::kFsaInternal, "join_update_complete_callback");
}

// CM-5.13
void Controller::Impl::join_final() { write_quorum(); }

// CM-5.12
void Controller::Impl::check_join_counts() {
  if (const std::size_t late = peers_.count(JoinPhase::kFinalized); late > 0) {
    log(LogPriority::kError, "crmd_join_phase_log",
        fmt::format("{} cluster node{} failed to confirm join", late, plural(late)));
    return;
  }
  const std::size_t confirmed = peers_.count(JoinPhase::kConfirmed);
  const std::size_t active = peers_.active_count();
  if (confirmed == active) return;
  if (confirmed > active) {
    log(LogPriority::kError, "crmd_join_phase_log", "More cluster nodes confirmed the join than are active");
    queue(Input::kElection, Cause::kFsaInternal, "check_join_counts");
  } else if (ring_.sequence != offers_ring_) {
    queue_first(Input::kNodeJoin, Cause::kFsaInternal, "check_join_counts");
  } else {
    log(LogPriority::kWarning, "crmd_join_phase_log",
        fmt::format("Only {} of {} active cluster nodes fully joined ({} did not respond to offer)", confirmed, active,
                    peers_.count(JoinPhase::kWelcomed)));
  }
}

// --- the client ---

// CM-5.4
void Controller::Impl::join_request(const FsaInput& input) {
  if (!input.message || input.message->task != Task::kJoinOffer) return;
  const Message& message = *input.message;
  if (!feature_sets_compatible(message.feature_set, crm_feature_set(profile_))) {
    log(LogPriority::kError, "do_cl_join_offer_respond",
        fmt::format("Local feature set ({}) is incompatible with DC's ({})", crm_feature_set(profile_),
                    message.feature_set));
    stay_down_ = "incompatible feature set";
    exit(0, {});
    return;
  }
  if (dc_.valid() && dc_ != message.from) {
    log(LogPriority::kWarning, "do_cl_join_offer_respond",
        fmt::format("New DC {} is not {}", message.from_name, dc_name_));
    unset_dc();
    announce_join();
    dc_timer_start();
    return;
  }
  set_dc(message.from, message.from_name);
  if (message.join.flag) peers_.get(message.from).expected = Expected::kDown;
  Message answer;
  answer.task = Task::kJoinRequest;
  answer.to_dc = true;
  answer.join.id = message.join.id;
  answer.join.generation = cib_.generation();
  answer_to(message.from, std::move(answer));
  stop_timer(kDcTimer);
}

// CM-5.10
void Controller::Impl::join_result(const FsaInput& input) {
  if (!input.message || input.message->task != Task::kJoinAckNack) return;
  const Message& message = *input.message;
  if (!message.join.flag) {
    log(LogPriority::kError, "do_cl_join_finalize_respond",
        fmt::format("Shutting down because cluster join with leader {} failed | join-{} NACK'd", message.from_name,
                    message.join.id));
    stay_down_ = "refused by the DC";
    raise(Input::kError, Cause::kFsaInternal, "do_cl_join_finalize_respond");
    return;
  }
  set_dc(message.from, message.from_name);
  if (!profile_.old_rc_texts) {
    daemons_.attributes().update("#feature-set", crm_feature_set(profile_), {}, self_);
  }
  const std::string history = lrm_.history_xml();
  Message answer;
  answer.task = Task::kJoinConfirm;
  answer.to_dc = true;
  answer.join.id = message.join.id;
  const auto* data = reinterpret_cast<const std::byte*>(history.data());
  answer.join.history.assign(data, data + history.size());
  answer_to(message.from, std::move(answer));
  if (first_join_) apply_start_state();
  first_join_ = false;
  if (!the_dc_) queue_first(Input::kNotDc, Cause::kFsaInternal, "do_cl_join_finalize_respond");
}

// PCMK_node_start_state (CM-5.10)
void Controller::Impl::apply_start_state() {
  const bool standby = config_.start_state == "standby";
  if (!standby && config_.start_state != "online") return;
  const std::string id = node_xml_id(self_);
  const std::string set = fmt::format("nodes-{}", id);
  cib::Document pair;
  pair.create_root("nvpair")
      .set_attribute("id", set + "-standby")
      .set_attribute("name", "standby")
      .set_attribute("value", standby ? "on" : "off");
  CibRequest request = controller_request();
  request.merge({step("configuration"), step("nodes"), step("node", id), step("instance_attributes", set)},
                pair.root());
  cib_.submit(std::move(request));
}

}  // namespace simcluster::controller
