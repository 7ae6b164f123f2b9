// The inside of the controller, spread over controller_*.cpp by subject.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/controller/controller.h"
#include "engine/controller/daemons.h"
#include "engine/controller/election.h"
#include "engine/controller/fsa.h"
#include "engine/controller/group_port.h"
#include "engine/controller/logs.h"
#include "engine/controller/lrm.h"
#include "engine/controller/messages.h"
#include "engine/controller/options.h"
#include "engine/controller/peers.h"
#include "engine/controller/scheduler_run.h"
#include "engine/controller/standstill.h"
#include "engine/controller/throttle.h"
#include "engine/controller/transition.h"
#include "engine/controller/transition_key.h"
#include "engine/fencer/fencer.h"

namespace simcluster::controller {

class Controller::Impl final : public FsaClient,
                               public membership::QuorumClient,
                               public DaemonsClient,
                               public TransitionClient,
                               public ElectionClient,
                               public LrmClient,
                               public TimerClient {
 public:
  Impl(Host& host, const Profile& profile, membership::GroupService& service, Daemons& daemons, ControllerConfig config,
       ControllerClient& client);
  ~Impl();

  // controller.cpp: life, actions of the machine, logs
  void start();
  void request_stop();
  void die();
  // They stand still, see Controller::freeze(), and go on.
  void freeze() { process_.stop(); }
  void go_on() { process_.go_on(); }
  Lrm& lrm() { return lrm_; }
  // A daemon that it cannot do without is dead (CM-11.10): `text` tells so. It gives up, and is dead for all others
  // when the supervisor notices.
  void lose(std::string_view text, std::string_view origin);
  void freeze_scheduler() { scheduler_frozen_ = true; }
  void continue_scheduler();
  // What it was asked for is lost.
  void forget_scheduler();
  void perform(Action action, const FsaInput& input) override;
  void want_run() override;

  // controller_states.cpp
  void on_state_change(State from, State to, const FsaInput& input) override;

  // controller_timers.cpp
  void on_timer(std::uint64_t cookie) override;

  // controller_peers.cpp: membership, quorum, node states
  void on_quorum(const membership::QuorumView& view) override;
  void on_nodes(const membership::NodesView& view) override;
  std::string node_name(ClusterNodeId node) const;
  std::string peer_name(ClusterNodeId node) const override { return node_name(node); }
  std::string node_xml_id(ClusterNodeId node) const;
  ClusterNodeId find_node(std::string_view name) const;

  // controller_election.cpp
  void broadcast_vote(const Vote& vote) override;
  void send_no_vote(ClusterNodeId to, const Vote& vote) override;
  ElectionAge election_age() const override;
  std::size_t active_members() const override;
  bool is_active(ClusterNodeId node) const override;
  void start_vote_timer() override;
  void stop_vote_timer() override;
  void log_election(bool warning, std::string_view text) override;

  // controller_events.cpp: changes of the CIB
  void on_cib_update(const CibUpdate& update) override;
  void on_cib_connected() override;

  // controller_transition.cpp: scheduler and transition
  FireOutcome fire(std::uint32_t action) override;
  void start_action_timer(std::uint32_t action, Duration delay) override;
  void cancel_action_timer(std::uint32_t action) override;
  void want_graph_run() override;
  int job_limit(std::string_view node) override;
  int batch_limit(int configured) override;
  void on_graph_run(const RunCounts& counts, GraphStatus status) override;

  // controller_messages.cpp
  std::string_view refusal(std::string_view action) override;
  void send_direct_ack(const DirectAck& ack) override;
  void on_lrm_idle() override;
  void on_device_verified(const std::string& device) override;

  // controller_fencing.cpp
  void on_fencing_result(const fencer::FencingResult& result) override;
  void on_fencer_lost() override;
  void on_fencer_started() override;

  // controller_operator.cpp
  void change_cib(CibRequest request, std::string_view client_name);
  void change_configuration(const cib::Document& wanted, std::string_view client_name);
  void update_attribute(std::string_view name, std::optional<std::string_view> value, Duration dampen,
                        std::string_view node);
  void cleanup(std::string_view resource, std::string_view node);
  using PingAnswer = std::function<void(std::string_view source, std::string_view state)>;
  void ping(std::string_view node, PingAnswer answer);
  void refresh(std::string_view resource, std::string_view node);
  Result<void> fence(std::string_view node, std::string_view action);
  std::vector<fencer::HistoryEntry> fencing_history() const { return daemons_.fencer().history(); }
  void clear_fail_counts(std::string_view resource, ClusterNodeId node);
  std::set<std::string> failed_resources(std::string_view resource, ClusterNodeId node) const;

  const CibManager& cib() const { return cib_; }
  State state() const { return fsa_.state(); }
  std::string_view dc_name() const { return dc_name_; }
  bool is_dc() const { return the_dc_; }
  bool quorate() const { return quorate_; }
  std::vector<std::string> member_names() const;

 private:
  // Cookies of FSA and other timers; action timers are kActionTimer + index of the action.
  enum Timer : std::uint64_t {
    kRunTimer,
    kGraphTimer,
    kDcTimer,
    kIntegrationTimer,
    kFinalizationTimer,
    kDelayTimer,
    kRecheckTimer,
    kEscalationTimer,
    kVoteTimer,
    kQuorumTimer,
    kJoinPauseTimer,
    kCibPauseTimer,
    kSchedulerRetryTimer,
    kQueryTimer,
    kReplyTimer,
    kEndTimer,
    kHistoryTimer,
    kThrottleTimer,
    kTimerCount,
    kActionTimer = 1000,
    kPendingTimer = std::uint64_t{1} << 40,  // + node id
  };

  // --- controller_timers.cpp
  void start_timer(Timer timer, Duration delay);
  bool stop_timer(Timer timer);
  bool timer_running(Timer timer) const { return timers_[timer].valid(); }
  void timer_popped(Timer timer);
  void log_popped(std::string_view name, Input input, Duration period) const;
  // Of a timer that nobody wants to see pop.
  void log_overdue(std::string_view name, Input input, Duration period) const;

  // --- controller_states.cpp
  void enter_state(State from, State to, const FsaInput& input);

  // --- controller.cpp
  void log(LogPriority priority, std::string_view function, std::string_view text) const;
  void queue(Input input, Cause cause, std::string_view origin, ActionSet extra = {},
             std::shared_ptr<const Message> message = {});
  void queue_first(Input input, Cause cause, std::string_view origin);
  void raise(Input input, Cause cause, std::string_view origin);
  void perform_basic(Action action, const FsaInput& input);
  void log_input(LogPriority priority, const FsaInput& input);
  void finish_start();
  void connect_cib();
  void query_join();
  void dc_timer_start();
  void set_shutdown();
  void shutdown_request();
  void disconnect_lrm();
  void end(int exit_code, std::string_view reason);
  // The same; with the fatal status and its own reason when it is to stay down.
  void exit(int exit_code, std::string_view reason);
  void read_config();

  // --- controller_peers.cpp
  void on_crmd_configuration(const membership::GroupConfiguration& configuration);
  void update_membership(const membership::RingId& ring, std::span<const ClusterNodeId> members);
  void membership_event();
  void member_lost(Peer& peer);
  void peer_appeared(Peer& peer);
  void peer_gone(Peer& peer, bool left_cleanly);
  void react_to_peer(Peer& peer, bool appeared);
  void set_phase(Peer& peer, JoinPhase phase);
  void write_node_state(const Peer& peer, bool join_fields);
  // A change whose answer the scheduler waits for (CM-7.2).
  void submit(CibRequest request);
  void on_submitted(const Result<void>& result);
  void erase_transient_attributes(const Peer& peer);
  void refresh_node_states(bool join_fields);
  void populate_nodes();
  void add_node_state(CibRequest& request, const Peer& peer, bool join_fields) const;
  void add_node_entry(CibRequest& request, const Peer& peer) const;
  void write_quorum();
  void fail_actions_of(const Peer& peer);
  void watch_pending(const Peer& peer);
  void pending_too_long(ClusterNodeId node);

  // --- controller_election.cpp
  void vote();
  void count_vote(const FsaInput& input);
  void check_election();
  void take_over();
  void add_properties(CibRequest& request) const;
  void release_dc(const FsaInput& input);
  void unset_dc();
  void set_dc(ClusterNodeId node, std::string_view name);

  // --- controller_join.cpp
  void offer_all();
  void offer_one(const FsaInput& input);
  void make_offer(Peer& peer, bool only_unknown);
  void join_request(const FsaInput& input);
  void process_request(const FsaInput& input);
  bool judge_request(Peer& peer, const Message& message);
  bool check_joins();
  void finalize_join();
  void synced(std::uint32_t join_id, const Result<void>& result);
  void finalize_node(Peer& peer);
  void join_result(const FsaInput& input);
  void apply_start_state();
  void process_confirm(const FsaInput& input);
  void on_confirmed(const Result<void>& result);
  void remove_history(CibRequest& request, const std::string& node_id) const;
  void join_final();
  void check_join_counts();
  void announce_join();

  // --- controller_messages.cpp
  void on_crmd_message(const membership::GroupMember& sender, std::span<const std::byte> bytes);
  void route(std::shared_ptr<const Message> message);
  void route_dc(const std::shared_ptr<const Message>& message);
  void send(Message message);
  void send_to(ClusterNodeId node, Message message);
  // To a node that may ask for it again (membership::Group::answer).
  void answer_to(ClusterNodeId node, Message message);
  std::vector<std::byte> sealed(Message& message) const;
  void handle_shutdown_request(const Message& message);
  void handle_permission(const Message& message);
  void answer_ping(const Message& message);
  void note_ping_answer(const Message& message);

  // --- controller_transition.cpp
  void invoke_scheduler();
  void upgrade_for_scheduler(cib::Document& input);
  void ask_scheduler(const cib::Document& input);
  void tell_watchdog(cib::Document& input) const;
  void calculate();
  void scheduler_answered();
  void scheduler_silent();
  void start_transition(const FsaInput& input);
  void halt_transition(Action action);
  void cancel_transition(Action action);
  // `cause` and `detail` are for the log only: what did it ("operation a_start_0 'create' on node1"), and "magic=...".
  void abort_transition(int priority, CompletionAction action, std::string_view reason, std::string_view cause = {},
                        std::string_view detail = {});
  void new_transition_wanted(std::string_view origin);
  FireOutcome fire_resource(std::uint32_t index);
  FireOutcome fire_cluster(std::uint32_t index);
  FireOutcome fire_shutdown(const scheduler::GraphAction& action);
  FireOutcome fire_clear_failcount(const scheduler::GraphAction& action);
  LrmRequest lrm_request(const scheduler::GraphAction& action) const;
  void action_lost(std::uint32_t index);
  Duration time_of(const scheduler::GraphAction& action) const;
  void transition_over(const RunCounts& counts, GraphStatus status);
  void log_initiating(const scheduler::GraphAction& action, bool local, bool waiting) const;
  void trace_action_end(std::uint32_t index, int rc, std::string_view outcome) const;
  TransitionKey key_of(const scheduler::GraphAction& action) const;

  // --- controller_events.cpp
  void process_changes(const CibUpdate& update);
  bool process_change(const CibChange& change);
  void process_deletion(const CibChange& change);
  // `event`: what has happened to the elements, "create" or "modify".
  void process_operations(const cib::Element& element, std::string_view event);
  void process_operation(const cib::Element& operation, std::string_view event);
  void process_foreign(const cib::Element& operation, const TransitionKey& key, std::string_view node,
                       std::string_view event);
  void confirm_operation(const cib::Element& operation, const TransitionKey& key, std::string_view node,
                         std::string_view event);
  // A reason to abort that stands in the CIB (CM-7.21).
  void abort_by_change(std::string_view reason, const CibChange& change);
  void abort_by_operation(int priority, std::string_view reason, const cib::Element& operation, std::string_view node,
                          std::string_view event);
  std::string cib_version() const;
  void log_confirmation(const scheduler::GraphAction& action, const TransitionKey& key, std::string_view node, int rc,
                        int call_id) const;
  void log_fenced(const fencer::FencingResult& result) const;
  void log_unexpected(const TransitionKey& key, std::string_view operation_key, std::string_view node, int rc,
                      std::int64_t call_id, std::string_view event) const;
  void process_ack(const DirectAck& ack);
  void count_failure(std::string_view resource, std::string_view task, std::int64_t interval_ms, std::string_view node,
                     int rc, int target_rc, bool unexpected_probe, bool ignored);
  bool expected_down(std::string_view node_id) const;

  // --- controller_throttle.cpp
  static constexpr Duration kThrottlePeriod = seconds(30);
  int most_jobs() const;
  void sample_load();
  void note_load(const Message& message);

  // --- controller_fencing.cpp
  FireOutcome fire_fencing(std::uint32_t index);
  std::uint32_t process_id() const;
  void mark_unfenced(const scheduler::GraphAction& action);
  void mark_fenced(const std::string& target);
  void update_devices();
  Duration watchdog_timeout() const;
  void check_watchdog();
  void note_own_fencing(const fencer::FencingResult& result);
  void conclude_fencing(const fencer::FencingResult& result);

  Standstill process_;
  Host& host_;
  const Profile& profile_;
  membership::GroupService& service_;
  ControllerConfig config_;
  ControllerClient& client_;

  Daemons& daemons_;
  CibManager& cib_;  // when it dies the controller ends (CM-11.10)
  Lrm lrm_;
  Fsa fsa_;
  std::unique_ptr<Election> election_;
  Transition transition_;
  PeerCache peers_;
  GroupPort crmd_;
  ControllerOptions options_;

  ClusterNodeId self_;
  std::array<TimerId, kTimerCount> timers_{};
  std::map<std::uint32_t, TimerId> action_timers_;
  std::map<ClusterNodeId, TimerId> pending_timers_;  // members whose controller is still to come
  mutable bool age_read_ = false;
  mutable Time age_read_at_;
  mutable std::int64_t age_sample_ = 0;

  // Register of conditions (CM B.5).
  bool the_dc_ = false;
  bool shutting_down_ = false;
  std::string_view stay_down_;  // why the supervisor must not restart us (STAYDOWN); empty: it may
  bool have_cib_ = false;
  bool have_membership_ = false;
  bool have_peer_data_ = false;
  bool config_read_ = false;
  bool scheduler_connected_ = false;
  bool scheduler_frozen_ = false;
  bool in_recovery_ = false;
  bool lost_ = false;  // a daemon that it needs
  bool ended_ = false;
  bool paused_ = false;
  bool pause_over_ = false;
  bool cib_asked_ = false;
  bool leaving_ = false;

  bool quorate_ = false;
  bool ever_quorate_ = false;
  membership::RingId ring_;
  std::set<ClusterNodeId> lost_now_;  // by the membership change that is being worked on
  ClusterNodeId dc_;
  std::string dc_name_;
  int dc_timer_pops_ = 0;

  // Join (CM part E).
  std::uint32_t join_id_ = 0;
  std::uint64_t offers_ring_ = 0;
  Generation best_;
  ClusterNodeId best_node_;
  std::set<ClusterNodeId> failed_sync_;
  bool first_join_ = true;

  // Scheduler.
  std::string transition_uuid_;
  int last_transition_id_ = -1;
  InputNumbers last_inputs_{-1, -1, -1};
  ToldOnce scheduler_told_;                // by its process
  std::vector<std::string> deprecated_;    // in what the scheduler is asked about
  std::string input_text_;                 // what the scheduler is asked with, where it is kept
  std::string input_file_;                 // of the running transition
  std::uint64_t scheduler_reference_ = 0;  // expected; 0: none
  std::uint64_t last_reference_ = 0;
  std::unique_ptr<SchedulerRun> answer_;
  std::unique_ptr<cib::Document> asked_;  // a scheduler that stands still
  std::string newest_schema_at_;          // version of the configuration that needs no upgrade
  std::string upgraded_state_;            // what upgraded_ was made from: changes of the store, attributes of the root
  cib::Document upgraded_;
  std::uint64_t answer_reference_ = 0;
  std::int64_t recheck_by_ = 0;
  int outstanding_ = 0;           // own CIB requests with an answer still to come
  bool query_overtakes_ = false;  // the question for all of the CIB was asked while there were some

  // Throttling.
  ThrottleRecords loads_;
  std::optional<Throttle> told_load_;  // the last one that was sent

  std::uint32_t last_ping_ = 0;
  std::map<std::string, PingAnswer, std::less<>> pings_;  // by the number of the question

  // Fencing.
  std::map<std::uint32_t, std::pair<int, std::uint32_t>> fencing_calls_;  // call to transition and action
  std::map<std::string, int> fencing_failures_;
  std::set<std::string> cleanup_;
};

}  // namespace simcluster::controller
