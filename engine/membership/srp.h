// The Totem single ring protocol (M 5): one processor's state machine. Inputs are frames, deadlines, queued messages
// and interface events; each is processed to the end before the next (ARC-3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/membership/corosync_conf.h"
#include "engine/membership/deadlines.h"
#include "engine/membership/processor.h"
#include "engine/membership/sequence.h"
#include "engine/membership/sort_queue.h"
#include "engine/membership/srp_messages.h"
#include "engine/membership/transport.h"

namespace simcluster::membership {

enum class SrpState : std::uint8_t { kOperational = 1, kGather = 2, kCommit = 3, kRecovery = 4 };

// Why GATHER was entered (M 5.3).
enum class GatherCause : std::uint8_t {
  kConsensusTimeout = 0,
  kTokenLostOperational = 2,
  kConsensusExpired = 3,
  kTokenLostCommit = 4,
  kTokenLostRecovery = 5,
  kFailedToReceive = 6,
  kForeignOperational = 7,
  kForeignGather = 8,
  kMergeOperational = 9,
  kMergeGather = 10,
  kMergeJoin = 11,
  kJoinOperational = 12,
  kJoinCommit = 13,
  kJoinRecovery = 14,
  kInterfaceChange = 15,
};

// One of the two callbacks of an installation (INS-6, INS-10).
struct RingChange {
  bool transitional = false;
  const Ring* ring = nullptr;
  const ProcessorList* members = nullptr;
  const ProcessorList* joined = nullptr;
  const ProcessorList* left = nullptr;
};

class SrpClient {
 public:
  virtual void on_message(const Processor& originator, std::span<const std::byte> payload) = 0;
  virtual void on_ring_change(const RingChange& change) = 0;
  // INS-9: from here on messages belong to the new configuration.
  virtual void on_buffers_switch() = 0;
  // An accepted token, before new messages go out (PG-9), and after it was passed on (SY-5).
  virtual void on_token_received() = 0;
  virtual void on_token_sent() = 0;
  // The ring id could not be kept, or the protocol cannot go on: the process must end.
  virtual void on_fatal(int exit_code, std::string_view reason) = 0;

 protected:
  ~SrpClient() = default;
};

// Counters of stats.srp (TO-11).
struct SrpCounters {
  std::uint64_t operational_entered = 0, operational_token_lost = 0;
  std::uint64_t gather_entered = 0, gather_token_lost = 0;
  std::uint64_t commit_entered = 0, commit_token_lost = 0;
  std::uint64_t recovery_entered = 0, recovery_token_lost = 0;
  std::uint64_t consensus_timeouts = 0;
  std::uint64_t memb_join_tx = 0, memb_join_rx = 0;
  std::uint64_t orf_token_tx = 0, orf_token_rx = 0;
  std::uint64_t mcast_tx = 0, mcast_rx = 0, mcast_retx = 0;
  std::uint64_t memb_merge_detect_tx = 0, memb_merge_detect_rx = 0;
  std::uint64_t memb_commit_token_tx = 0, memb_commit_token_rx = 0;
  std::uint64_t token_hold_cancel_tx = 0, token_hold_cancel_rx = 0;
  std::uint64_t rx_msg_dropped = 0;
};

class Srp final : public PersistClient {
 public:
  // `mtu` is the payload room of one MCAST frame (PG-4 before the packing header); `queue_length` K-6.
  struct Settings {
    TotemTimers timers;
    std::size_t queue_length = 64;
    bool debug = false;  // logging { debug: on }
    // Who cannot be reached by any link is not waited for in GATHER. Corosync does wait, for the consensus time-out.
    bool trust_links = false;
  };

  Srp(Settings settings, const Profile& profile, Host& host, Transport& transport, Deadlines& deadlines,
      SrpClient& client);

  // A link was enabled, or the own identity changed: loads the ring sequence the first time, then GATHER(15) (SRP-2.2).
  void interface_changed(const Processor& me);
  // `runtime.force_gather`: as if the token had been lost.
  void force_gather();
  // T-31: from the next arming of each timer on.
  void set_timers(const TotemTimers& timers, bool with_debug) {
    settings_.timers = timers;
    settings_.debug = with_debug;
    note_timers();
  }
  // Sends LEAVE (SRP-4.3) and falls silent.
  void leave();

  void on_frame(std::span<const std::byte> frame, const IpAddress& from);
  void on_deadline(Deadline which);
  // Called before each input is handled: tells whether the node was not running (SRP-5.1, LOG-3).
  void note_alive() {
    paused_ = deadlines_.overdue(pause_slack_);
    if (paused_) return note_pause();
    pause_logged_ = flush_logged_ = false;
    last_alive_ = deadlines_.now();
  }

  // Takes one packed message (SRP-9.4) for synchronisation's queue or the ordinary one. Callers see to the limit
  // (queue_free()).
  void queue_message(std::vector<std::byte> payload, bool transitional);
  // A new ring: hands back what waits in the ordinary queue, and forgets what an aborted synchronisation left.
  std::deque<std::vector<std::byte>> take_queued_messages();
  std::size_t ordinary_queue_size() const { return new_messages_.size(); }
  std::size_t queue_free() const {
    return settings_.queue_length > queue_in_use().size() ? settings_.queue_length - queue_in_use().size() : 0;
  }
  std::size_t queue_length() const { return settings_.queue_length; }
  // Somebody waits for the next token (SRP-16.7).
  void cancel_hold();
  // Service synchronisation is complete (SY-7).
  void transitional_done();
  bool waiting_for_synchronisation() const { return wait_trans_ack_; }

  SrpState state() const { return state_; }
  bool takes_tokens() const { return !discard_token_; }
  const Processor& me() const { return me_; }
  const Ring& ring() const { return ring_; }
  const ProcessorList& members() const { return memb_; }
  const SrpCounters& counters() const { return counters_; }
  const Codec& codec() const { return codec_; }
  void clear_counters() { counters_ = {}; }
  // Entries into GATHER by consensus timeouts in a row, and whether that is a reason to complain (LOG-2).
  std::uint32_t continuous_gather() const { return continuous_gather_; }
  bool cannot_form_ring() const;
  Time last_token() const { return last_token_; }
  // Milliseconds between two tokens, and messages waiting at a token, both since the ring was installed.
  std::uint32_t mean_token_interval() const;
  std::uint32_t mean_backlog() const;
  // The ring id as the profile's version writes it (M 5.14).
  std::string ring_text(const Ring& ring) const;
  std::string id_text(const Processor& p) const;
  // MV-40: continues the running ring's numbers as if so many messages had been sent before. Every member at once.
  void set_sequence_for_test(std::uint32_t seq);

  void on_persisted(std::uint64_t) override {}

 private:
  // srp.cpp
  void log(LogPriority priority, std::string_view text);
  void debug(std::string_view text) {
    if (settings_.debug) log(LogPriority::kDebug, text);
  }
  void trace_state(std::string_view state, std::string_view why);
  void load_ring_sequence();
  void store_ring_sequence();
  void token_lost();
  void note_pause();
  void diagnose();
  // Known ahead: every input asks for it.
  void note_timers() { pause_slack_ = ms(settings_.timers.token) / 10; }
  // Known ahead: every token asks for it.
  void note_representative() { leads_ = ring_.representative == me_; }
  bool representative() const { return !memb_.empty() && leads_; }
  bool in_order_state() const { return state_ == SrpState::kOperational || state_ == SrpState::kRecovery; }
  Duration ms(std::uint32_t count) const { return milliseconds(count); }
  void drop(std::string_view why);
  void on_other_frame(std::span<const std::byte> frame, const IpAddress& from);
  void drop_foreign(std::string_view error, std::span<const std::byte> frame, const IpAddress& from);
  static std::string_view foreign_sender(std::span<const std::byte> frame);
  std::size_t wrong_number(std::span<const std::byte> frame) const;

  // srp_gather.cpp
  void enter_gather(GatherCause cause, bool nothing_learned = false);
  void send_join();
  void send_join_now();
  void receive_join(std::span<const std::byte> frame);
  bool join_passes_gate(const Join& join);
  void discard_join(const Join& join);
  bool installed_by_sender(const Join& join) const;
  void process_join(const Join& join);
  bool agreed();
  void consensus_reached(const Processor& p) {
    add(consensus_, p);
    shorten_consensus();
  }
  void shorten_consensus();
  void consensus_timeout();
  void receive_merge_detect(std::span<const std::byte> frame);
  void send_merge_detect();
  void foreign(const Processor& sender, GatherCause operational, GatherCause gather);

  // srp_commit.cpp
  void create_commit_token();
  void enter_commit();
  void fill_own_commit_entry();
  void send_commit_token();
  void receive_commit_token(std::span<const std::byte> frame);
  void send_first_token();

  // srp_recovery.cpp
  void save_old_ring();
  void restore_old_ring();
  void enter_recovery();
  void queue_old_messages();
  void tell_members();
  void recovery_progress(OrfToken& token);

  // srp_install.cpp
  void install_ring();
  void add_recovered_messages();
  void deliver_old_ring_contiguous();
  void deliver_old_ring_rest();
  void discard_recovery_messages();
  void log_installation(const ProcessorList& joined, const ProcessorList& left);

  // srp_token.cpp
  void receive_token(std::span<const std::byte> frame);
  void visit(OrfToken& token);
  void detect_idle(const OrfToken& token);
  void update_token_aru(OrfToken& token);
  bool aru_stuck(const OrfToken& token);
  void pass_token(OrfToken& token);
  void arm_token_loss();
  void resend_token();
  void release_messages(std::uint32_t token_aru);
  void receive_hold_cancel(std::span<const std::byte> frame);
  void heartbeat_housekeeping();

  // srp_multicast.cpp
  std::uint32_t transmit_allowance(const OrfToken& token);
  std::uint32_t serve_retransmissions(OrfToken& token, std::uint32_t allowed);
  void request_missing(OrfToken& token);
  std::uint32_t multicast_new(OrfToken& token, std::uint32_t allowed);
  void update_flow_control(OrfToken& token, std::uint32_t sent);
  void receive_mcast(std::span<const std::byte> frame);
  void update_aru();
  void deliver_up_to(std::uint32_t end);
  void deliver(const StoredMessage& message);
  bool something_waits() const {
    return state_ == SrpState::kRecovery ? !recovery_messages_.empty() : !queue_in_use().empty();
  }
  SortQueue& queue_of_state() { return state_ == SrpState::kRecovery ? recovery_queue_ : regular_queue_; }
  std::deque<std::vector<std::byte>>& queue_in_use() { return wait_trans_ack_ ? new_messages_trans_ : new_messages_; }
  const std::deque<std::vector<std::byte>>& queue_in_use() const {
    return wait_trans_ack_ ? new_messages_trans_ : new_messages_;
  }

  Settings settings_;
  const Profile& profile_;
  Host& host_;
  Transport& transport_;
  Deadlines& deadlines_;
  SrpClient& client_;
  Codec codec_;
  SrpCounters counters_;

  SrpState state_ = SrpState::kOperational;
  bool started_ = false;
  bool left_ = false;
  Processor me_;
  Ring ring_, old_ring_;
  bool leads_ = false;  // ring_.representative == me_
  std::uint64_t ring_hi_ = 0;

  ProcessorList proc_, fail_, memb_, new_memb_, trans_, deliver_list_, left_seen_, consensus_;
  bool consensus_shortened_ = false;  // in this GATHER

  std::uint32_t aru_ = 0;
  std::uint32_t high_seq_ = 0;
  std::uint32_t high_delivered_ = 0;
  std::uint32_t last_released_ = 0;
  std::uint32_t last_aru_ = 0;

  bool saved_ = false;
  std::uint32_t saved_aru_ = 0;
  std::uint32_t saved_high_ = 0;

  std::uint32_t install_seq_ = 0;
  std::uint32_t retrans_flg_count_ = 0;
  std::uint32_t rotation_count_ = 0;
  bool set_retrans_ = false;
  bool received_flg_ = true;

  std::uint32_t token_seq_ = 0xffffffff;
  std::uint32_t last_token_msgseq_ = 0;
  std::uint32_t seq_unchanged_ = 0;
  bool held_ = false;
  bool forward_ = true;
  std::uint32_t aru_stuck_ = 0;
  bool failed_to_recv_ = false;
  std::uint32_t trc_ = 0, pbl_ = 0, cbl_ = 0;
  bool discard_token_ = false;
  bool originated_ = false;
  bool wait_trans_ack_ = true;
  std::uint32_t this_seqno_ = 0;
  std::uint32_t continuous_gather_ = 0;

  Duration pause_slack_;  // an overdue host timer tells of a pause
  Time last_alive_;
  Time last_token_;
  Time installed_at_;
  std::uint64_t visits_ = 0;       // of the token on this ring
  std::uint64_t backlog_sum_ = 0;  // over these visits
  Time last_join_;
  int hurried_joins_ = 0;  // in a row
  bool paused_ = false;    // this input waited while the node was not running
  bool pause_logged_ = false;
  bool flush_logged_ = false;

  SortQueue regular_queue_, recovery_queue_;
  std::deque<std::vector<std::byte>> new_messages_, new_messages_trans_;
  std::deque<MessagePointer> recovery_messages_;

  OrfToken token_;  // reused for every visit
  CommitToken commit_token_;
  Join join_;                            // reused for every JOIN received
  std::vector<std::byte> frame_;         // reused for what is sent
  std::vector<std::byte> stored_token_;  // the retransmit copy (SRP-7.1r)
};

}  // namespace simcluster::membership
