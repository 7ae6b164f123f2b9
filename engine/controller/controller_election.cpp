// Election of the DC, taking over and giving up (CM part D).
#include <fmt/core.h>

#include "engine/controller/controller_impl.h"

namespace simcluster::controller {

namespace {
constexpr Duration kAgeWindow = seconds(2);  // CM-4.3
}

void Controller::Impl::broadcast_vote(const Vote& vote) {
  Message message;
  message.task = Task::kVote;
  message.vote = vote;
  send(std::move(message));
}

void Controller::Impl::send_no_vote(ClusterNodeId to, const Vote& vote) {
  Message message;
  message.task = Task::kNoVote;
  message.vote = vote;
  answer_to(to, std::move(message));
}

// CM-4.3, the substitute for processor time. A sample is used again while one reading follows the other within two
// seconds: else two nodes that compare their present age with the other's past one would both win.
ElectionAge Controller::Impl::election_age() const {
  const Time now = host_.now();
  if (!age_read_ || now - age_read_at_ > kAgeWindow) age_sample_ = static_cast<std::int64_t>(fsa_.inputs_taken() * 100);
  age_read_ = true;
  age_read_at_ = now;
  return {0, age_sample_};
}

std::size_t Controller::Impl::active_members() const { return peers_.active_count(); }

bool Controller::Impl::is_active(ClusterNodeId node) const {
  const Peer* peer = peers_.find(node);
  return peer != nullptr && peer->active();
}

void Controller::Impl::start_vote_timer() { start_timer(kVoteTimer, options_.election_timeout); }
void Controller::Impl::stop_vote_timer() { stop_timer(kVoteTimer); }

void Controller::Impl::log_election(bool warning, std::string_view text) {
  log(warning ? LogPriority::kWarning : LogPriority::kInfo, "election_count_vote", text);
}

// CM-4.2
void Controller::Impl::vote() {
  const State state = fsa_.state();
  if (state == State::kStarting || state == State::kRecovery || state == State::kStopping ||
      state == State::kTerminate) {
    log(LogPriority::kWarning, "do_election_vote",
        fmt::format("Not voting in election, we're in state {}", state_name(state)));
    queue(the_dc_ ? Input::kReleaseDc : Input::kPending, Cause::kFsaInternal, "do_election_vote");
    return;
  }
  if (!election_) return;
  election_->start_round();
  if (host_.tracing(TraceKind::kElection)) {
    host_.trace(TraceKind::kElection, {{"event", "vote"}, {"round", election_->round()}});
  }
}

void Controller::Impl::count_vote(const FsaInput& input) {
  if (!input.message || !election_) return;
  const Message& message = *input.message;
  if (message.task != Task::kVote && message.task != Task::kNoVote) return;
  const bool eligible = fsa_.state() != State::kStarting;
  switch (election_->count(message.from, message.from_name, message.feature_set, message.task == Task::kNoVote,
                           message.vote, eligible, host_.now())) {
    case ElectionResult::kNothing:
      return;
    case ElectionResult::kWinRound:
      election_->reset();
      queue(Input::kElection, Cause::kFsaInternal, "do_election_count_vote");
      return;
    case ElectionResult::kLost:
      if (the_dc_) {
        queue(Input::kReleaseDc, Cause::kFsaInternal, "do_election_count_vote");
      } else if (fsa_.state() != State::kStarting) {
        queue(Input::kPending, Cause::kFsaInternal, "do_election_count_vote");
      }
      unset_dc();
      return;
  }
}

void Controller::Impl::check_election() {
  if (fsa_.state() != State::kElection || !election_) return;
  if (!election_->check_won()) return;
  log(LogPriority::kInfo, "election_check", "Election won by local node");
  queue(Input::kElectionDc, Cause::kFsaInternal, "do_election_check");
}

void Controller::Impl::unset_dc() {
  dc_ = ClusterNodeId::none();
  if (!dc_name_.empty())
    log(LogPriority::kInfo, "update_dc",
        profile_.daemons_renamed ? fmt::format("Unset DC (was {})", dc_name_)
                                 : fmt::format("Unset DC. Was {}", dc_name_));
  dc_name_.clear();
}

void Controller::Impl::set_dc(ClusterNodeId node, std::string_view name) {
  if (dc_ == node) return;
  dc_ = node;
  dc_name_ = name;
  log(LogPriority::kInfo, "update_dc", fmt::format("Set DC to {} ({})", name, crm_feature_set(profile_)));
}

// CM-4.9
void Controller::Impl::take_over() {
  log(LogPriority::kInfo, "do_dc_takeover", "Taking over DC status for this partition");
  the_dc_ = true;
  cib_.set_primary(true);
  if (transition_uuid_.empty()) transition_uuid_ = make_uuid(host_.random("transition-uuid"));
  host_.trace(TraceKind::kDcElected, {{"dc", config_.name}, {"members", peers_.active_count()}});

  CibRequest request = controller_request();
  cib::Document root;
  root.create_root("cib").set_attribute("crm_feature_set", crm_feature_set(profile_));
  request.set(CibStep::Kind::kAttributes, {}, cib::write_compact(root.root()));
  add_properties(request);
  cib_.submit(std::move(request));

  for (const std::string& target : cleanup_) {  // CM-10.31
    log(LogPriority::kNotice, "do_dc_takeover",
        fmt::format("Marking {}, target of a previous fencing action, as clean", target));
    mark_fenced(target);
  }
  cleanup_.clear();
  read_config();
}

// CM-4.9, in the order of saved CIBs.
void Controller::Impl::add_properties(CibRequest& request) const {
  cib::Document properties;
  cib::MutableElement set = properties.create_root("cluster_property_set");
  set.set_attribute("id", "cib-bootstrap-options");
  const auto add = [&](std::string_view name, std::string_view value) {
    set.append_child("nvpair")
        .set_attribute("id", fmt::format("cib-bootstrap-options-{}", name))
        .set_attribute("name", name)
        .set_attribute("value", value);
  };
  const bool corosync = !profile_.plugin_membership && !profile_.heartbeat_stack;
  if (corosync) add("have-watchdog", config_.sbd_watchdog_timeout.ns > 0 ? "true" : "false");  // CM-12.5
  add("dc-version", profile_.versions.pacemaker);
  const std::string_view stack = profile_.plugin_membership ? "openais" : "corosync";
  add("cluster-infrastructure", profile_.heartbeat_stack ? "Heartbeat" : stack);
  // Nobody counts votes with Heartbeat.
  if (profile_.plugin_membership && !profile_.heartbeat_stack)
    add("expected-quorum-votes", fmt::format("{}", peers_.size()));
  if (corosync && !config_.cluster_name.empty() && options_.cluster_name.empty())
    add("cluster-name", config_.cluster_name);
  request.merge({step("configuration"), step("crm_config")}, properties.root());
}

// CM-4.10
void Controller::Impl::release_dc(const FsaInput&) {
  if (!the_dc_) return;
  log(LogPriority::kInfo, "do_dc_release", "DC role released");
  the_dc_ = false;
  cib_.set_primary(false);
  scheduler_reference_ = 0;
  answer_.reset();
  stop_timer(kReplyTimer);
  stop_timer(kSchedulerRetryTimer);
  stop_timer(kDelayTimer);
  stop_timer(kQuorumTimer);
  if (dc_ == self_) unset_dc();
  if (!shutting_down_) return;
  Peer& own = peers_.get(self_);
  own.expected = Expected::kDown;
  write_node_state(own, false);
}

}  // namespace simcluster::controller
