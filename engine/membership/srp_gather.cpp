// GATHER: JOINs until everybody reachable agrees (M 5.3 to 5.5), and what makes a ring notice others (M 5.16).

#include <algorithm>

#include <fmt/core.h>

#include "engine/membership/srp.h"

namespace simcluster::membership {

namespace {

// What one JOIN costs a real host: 31 534 GATHER entries in 8 s were counted in a storm on five nodes (SRP-4.7).
constexpr Duration kJoinSpacing = milliseconds(1);
// So many JOINs in a row that had to wait for the one before are a storm.
constexpr int kStorm = 8;
// So many are worth a remark: at least 0.3 s without rest. Corosync itself tells of it in debug lines only.
constexpr int kLongStorm = 300;
// What a daemon that is begun anew at once needs beyond the token time-out until its links are up: its start takes half
// a second, the links' own time is less than the token time-out (T-24, T-27). Measured with clusterd over libknet.
constexpr Duration kRestartGrace = milliseconds(500);
constexpr int kAbortedStatus = 134;  // 128 + SIGABRT

std::string_view cause_text(GatherCause cause) {
  switch (cause) {
    case GatherCause::kConsensusTimeout:
      return "consensus timeout";
    case GatherCause::kTokenLostOperational:
      return "The token was lost in the OPERATIONAL state.";
    case GatherCause::kConsensusExpired:
      return "The consensus timeout expired.";
    case GatherCause::kTokenLostCommit:
      return "The token was lost in the COMMIT state.";
    case GatherCause::kTokenLostRecovery:
      return "The token was lost in the RECOVERY state.";
    case GatherCause::kFailedToReceive:
      return "failed to receive";
    case GatherCause::kForeignOperational:
      return "foreign message in operational state";
    case GatherCause::kForeignGather:
      return "foreign message in gather state";
    case GatherCause::kMergeOperational:
      return "merge during operational state";
    case GatherCause::kMergeGather:
      return "merge during gather state";
    case GatherCause::kMergeJoin:
      return "merge during join";
    case GatherCause::kJoinOperational:
      return "join during operational state";
    case GatherCause::kJoinCommit:
      return "join during commit state";
    case GatherCause::kJoinRecovery:
      return "join during recovery";
    case GatherCause::kInterfaceChange:
      return "interface change";
  }
  return "MISSING";
}

}  // namespace

// SRP-3.1 to SRP-3.9.
void Srp::enter_gather(GatherCause cause, bool nothing_learned) {
  const bool was_gathering = state_ == SrpState::kGather;
  discard_token_ = true;
  originated_ = false;
  add(proc_, me_);
  send_join();
  deadlines_.arm(Deadline::kJoin, ms(settings_.timers.join));
  // Strangers whose failed lists differ answer each other's JOINs for ever (SRP-4.7). The consensus timer that prunes
  // them must run on while nobody learns anything.
  if (!nothing_learned || !was_gathering || !deadlines_.armed(Deadline::kConsensus))
    deadlines_.arm(Deadline::kConsensus, ms(settings_.timers.consensus));
  deadlines_.cancel(Deadline::kTokenRetransmit);
  deadlines_.cancel(Deadline::kTokenLoss);
  deadlines_.cancel(Deadline::kTokenWarning);
  deadlines_.cancel(Deadline::kMergeDetect);
  deadlines_.cancel(Deadline::kHeartbeat);
  consensus_.assign(1, me_);
  consensus_shortened_ = false;
  if (settings_.debug)
    debug(fmt::format("entering GATHER state from {}({}).", static_cast<int>(cause), cause_text(cause)));
  if (cause == GatherCause::kConsensusExpired) ++continuous_gather_;
  ++counters_.gather_entered;
  state_ = SrpState::kGather;
  trace_state("gather", cause_text(cause));
  shorten_consensus();
}

// When all who are missing are known to be out of reach, two rounds of JOINs are time enough to be proven wrong. A
// daemon that crashed and was begun anew at once needs more: its links come up some tenths of a second after the token
// was lost, and in one ring with the others it is a member that was never away. Otherwise its machine would be fenced.
void Srp::shorten_consensus() {
  if (!settings_.trust_links || state_ != SrpState::kGather || consensus_shortened_) return;
  bool missing = false;
  for (const Processor& p : proc_) {
    if (contains(fail_, p) || contains(consensus_, p)) continue;
    if (transport_.reaches(p)) return;
    missing = true;
  }
  if (!missing) return;
  consensus_shortened_ = true;
  deadlines_.arm(Deadline::kConsensus,
                 std::min(std::max(ms(2 * settings_.timers.join), kRestartGrace), ms(settings_.timers.consensus)));
}

void Srp::send_join() {
  if (deadlines_.armed(Deadline::kDelayedJoin)) return;
  if (settings_.timers.send_join != 0) {
    // SRP-4.5. The real daemon sleeps here; what it would have done meanwhile is done, only the JOIN is late.
    const auto delay = host_.random("totem.send_join").below(settings_.timers.send_join);
    deadlines_.arm(Deadline::kDelayedJoin, milliseconds(static_cast<std::int64_t>(delay)));
    return;
  }
  Time earliest = last_join_ + kJoinSpacing;
  if (deadlines_.now() >= earliest) {
    hurried_joins_ = 0;
    return send_join_now();
  }
  // No host keeps time to the microsecond under such a load. Two that did would accuse each other in step for ever:
  // each JOIN would find the other one gathering, never with its ring installed, where SRP-5.3 ends it.
  if (++hurried_joins_ > kStorm) earliest = earliest + host_.random("totem.join_storm").between({}, kJoinSpacing);
  deadlines_.arm(Deadline::kDelayedJoin, earliest - deadlines_.now());
  if (hurried_joins_ == kLongStorm && host_.tracing(TraceKind::kNote))
    host_.trace(TraceKind::kNote, {{"text", fmt::format("JOIN storm: {} JOINs without rest; totem.send_join would "
                                                        "spread them",
                                                        kLongStorm)}});
}

void Srp::send_join_now() {
  if (codec_.join_size(proc_.size() + fail_.size()) > kMaxJoinSize)
    return log(LogPriority::kWarning, "memb_join_message too long. Ignoring message.");
  Join join;
  join.header_node_id = me_.node_id;
  join.from = me_;
  last_join_ = deadlines_.now();
  join.ring_seq = ring_.sequence;
  join.proc = proc_;
  join.failed = fail_;
  codec_.encode(join, frame_);
  ++counters_.memb_join_tx;
  transport_.send_all(frame_, Loop::kYes);  // SRP-4.2
}

void Srp::receive_join(std::span<const std::byte> frame) {
  if (const auto error = codec_.decode(frame, join_); !error.empty()) return drop(error);
  if (paused_) {
    const Duration pause = deadlines_.now() - last_alive_;
    if (pause > ms(settings_.timers.token / 2)) {
      // SRP-5.1, until the overdue timer has been seen.
      if (!flush_logged_)
        log(LogPriority::kNotice,
            fmt::format("Process pause detected for {} ms, flushing membership messages.", pause.milliseconds()));
      flush_logged_ = true;
      if (transport_.drain()) return drop({});
    }
  }
  ++counters_.memb_join_rx;
  ring_hi_ = std::max(ring_hi_, join_.ring_seq);  // SRP-5.2
  if (!join_passes_gate(join_)) return;
  if (transport_.flushing()) return discard_join(join_);
  if (join_.leave()) {
    add(left_seen_, join_.failed.back());
    debug(fmt::format("Received LEAVE message from {}", id_text(join_.failed.back())));
  }
  const SrpState before = state_;
  if (installed_by_sender(join_)) {
    proc_ = new_memb_;  // INS-12
    fail_.clear();
  }
  process_join(join_);
  if (before == SrpState::kCommit) {
    enter_gather(GatherCause::kJoinCommit);
  } else if (before == SrpState::kRecovery) {
    restore_old_ring();
    enter_gather(GatherCause::kTokenLostRecovery);
    ++counters_.recovery_token_lost;
    enter_gather(GatherCause::kJoinRecovery);
  }
}

// SRP-5.4. It was sent before the token that is to be processed now.
void Srp::discard_join(const Join& join) {
  if (join.leave()) add(left_seen_, join.failed.back());
  log(LogPriority::kWarning,
      fmt::format("Discarding {} message during flush, nodeid={}", join.leave() ? "LEAVE" : "JOIN",
                  id_text(join.leave() ? join.failed.back() : join.from)));
}

// SRP-5.3.
bool Srp::join_passes_gate(const Join& join) {
  switch (state_) {
    case SrpState::kOperational:
      if (contains(join.failed, me_)) return false;
      return !(contains(memb_, join.from) && join.ring_seq < ring_.sequence);
    case SrpState::kGather:
      return true;
    case SrpState::kCommit:
    case SrpState::kRecovery:
      return contains(new_memb_, join.from) && join.ring_seq >= ring_.sequence;
  }
  return false;
}

// In RECOVERY: the sender has installed this ring already, and that was the end of whom we failed to agree on it. To
// keep them failed would teach it our list again (SRP-5.8a), and two rings whose messages meet while each is being
// installed would go on failing each other for ever.
bool Srp::installed_by_sender(const Join& join) const {
  if (state_ != SrpState::kRecovery || join.leave() || join.ring_seq != ring_.sequence) return false;
  return difference(fail_, join.failed).size() == fail_.size() && subset(new_memb_, join.proc);
}

// SRP-5.6 to SRP-5.10.
void Srp::process_join(const Join& join) {
  if (same_set(join.proc, proc_) && same_set(join.failed, fail_)) {
    if (!join.leave()) consensus_reached(join.from);
    if (agreed()) {
      if (failed_to_recv_) {
        failed_to_recv_ = false;
        proc_.assign(1, me_);
        fail_.clear();
        create_commit_token();
        return enter_commit();
      }
      const ProcessorList present = difference(proc_, fail_);
      if (*std::min_element(present.begin(), present.end()) == me_) {
        create_commit_token();
        return enter_commit();
      }
    }
  } else if (!(subset(join.proc, proc_) && subset(join.failed, fail_)) && !contains(fail_, join.from)) {
    const std::size_t known = proc_.size() + fail_.size();
    // K-1. A longer list would be refused by everybody, this node included, for ever.
    if (proc_.size() + difference(join.proc, proc_).size() > kMaxProcessors) return drop(kTooManyEntries);
    add_all(proc_, join.proc);
    if (contains(join.failed, me_))
      add(fail_, join.from);
    else if (contains(memb_, join.from))
      add_all(fail_, join.failed);
    return enter_gather(GatherCause::kMergeJoin, known == proc_.size() + fail_.size());
  }
  if (state_ == SrpState::kOperational) enter_gather(GatherCause::kJoinOperational);
}

// SRP-5.9. A set that is empty counts as agreed only for a processor that declared itself failed.
bool Srp::agreed() {
  bool any = false;
  for (const Processor& p : proc_) {
    if (contains(fail_, p)) continue;
    any = true;
    if (!contains(consensus_, p)) return false;
  }
  if (any || failed_to_recv_) return true;
  // IF-9a: a node whose identity left and came back finds itself among those that it had failed.
  if (profile_.processor_is_address && contains(fail_, me_))
    client_.on_fatal(kAbortedStatus,
                     "totemsrp.c:1324: memb_consensus_agreed: Assertion `token_memb_entries >= 1' failed.");
  return false;
}

// SRP-5.11.
void Srp::consensus_timeout() {
  if (state_ != SrpState::kGather) return;
  ++counters_.consensus_timeouts;
  if (agreed()) {
    consensus_.assign(1, me_);
    arm_token_loss();
    return;
  }
  for (const Processor& p : proc_)
    if (!contains(consensus_, p)) add(fail_, p);
  enter_gather(GatherCause::kConsensusTimeout);
}

// SRP-16.1, SRP-16.3.
void Srp::foreign(const Processor& sender, GatherCause operational, GatherCause gather) {
  switch (state_) {
    case SrpState::kOperational:
      add(proc_, sender);
      return enter_gather(operational);
    case SrpState::kGather:
      if (contains(proc_, sender)) return;
      add(proc_, sender);
      return enter_gather(gather);
    case SrpState::kCommit:
    case SrpState::kRecovery:
      return drop({});
  }
}

void Srp::receive_merge_detect(std::span<const std::byte> frame) {
  MergeDetect message;
  if (const auto error = codec_.decode(frame, message); !error.empty()) return drop(error);
  ++counters_.memb_merge_detect_rx;
  if (message.ring == ring_) return;
  foreign(message.from, GatherCause::kMergeOperational, GatherCause::kMergeGather);
}

// TM-7, SRP-16.4.
void Srp::send_merge_detect() {
  if (state_ != SrpState::kOperational || !representative()) return;
  codec_.encode(MergeDetect{me_, ring_}, frame_);
  ++counters_.memb_merge_detect_tx;
  transport_.send_all(frame_, Loop::kNo);
}

}  // namespace simcluster::membership
