// COMMIT: the commit token collects what every member of the proposed ring has (M 5.6).
#include <algorithm>

#include <fmt/core.h>

#include "engine/membership/srp.h"

namespace simcluster::membership {

// SRP-6.1.
void Srp::create_commit_token() {
  debug("Creating commit token because I am the rep.");
  commit_token_ = {};
  commit_token_.ring.representative = me_;
  commit_token_.ring.sequence = ring_hi_ + 4;
  commit_token_.addr = difference(proc_, fail_);
  std::sort(commit_token_.addr.begin(), commit_token_.addr.end());
  commit_token_.entries.resize(commit_token_.addr.size());
}

// SRP-6.3, with the token in commit_token_.
void Srp::enter_commit() {
  save_old_ring();
  fill_own_commit_entry();
  transport_.set_token_target(commit_token_.addr[commit_token_.memb_index % commit_token_.addr.size()]);
  send_commit_token();
  deadlines_.cancel(Deadline::kJoin);
  deadlines_.cancel(Deadline::kDelayedJoin);
  deadlines_.cancel(Deadline::kConsensus);
  ring_ = commit_token_.ring;
  note_representative();
  if (settings_.debug)
    host_.log(LogPriority::kDebug, "corosync",
              fmt::format("[MAIN  ] Storing new sequence id for ring {:x}", ring_.sequence));
  store_ring_sequence();
  ring_hi_ = ring_.sequence;
  debug("entering COMMIT state.");
  ++counters_.commit_entered;
  state_ = SrpState::kCommit;
  deadlines_.arm(Deadline::kTokenRetransmit, ms(settings_.timers.token_retransmit));
  arm_token_loss();
  continuous_gather_ = 0;
  trc_ = pbl_ = cbl_ = 0;
  trace_state("commit", {});
}

// SRP-6.5.
void Srp::fill_own_commit_entry() {
  const std::size_t own = commit_token_.memb_index;
  auto& entries = commit_token_.entries;
  received_flg_ = aru_ == high_seq_;
  entries[own] = {old_ring_, saved_aru_, high_delivered_, received_flg_ ? 1U : 0U};
  std::uint32_t highest = saved_aru_;
  for (std::size_t i = 0; i <= own; ++i)
    if (entries[i].ring == old_ring_ && sequence_less(highest, entries[i].aru)) highest = entries[i].aru;
  for (std::size_t i = 0; i <= own; ++i) {
    if (!(entries[i].ring == old_ring_) || !sequence_less(entries[i].aru, highest)) continue;
    entries[i].received_flg = 0;
    if (i == own) received_flg_ = false;
  }
  ++commit_token_.memb_index;
  new_memb_ = commit_token_.addr;
}

// SRP-6.4.
void Srp::send_commit_token() {
  ++commit_token_.token_seq;
  codec_.encode(commit_token_, me_.node_id, stored_token_);
  ++counters_.memb_commit_token_tx;
  transport_.send_token(stored_token_);
  deadlines_.arm(Deadline::kTokenRetransmit, ms(settings_.timers.token_retransmit));
}

// SRP-6.2.
void Srp::receive_commit_token(std::span<const std::byte> frame) {
  CommitToken token;
  if (const auto error = codec_.decode(frame, token); !error.empty()) return drop(error);
  ++counters_.memb_commit_token_rx;
  debug("got commit token");
  switch (state_) {
    case SrpState::kOperational:
      return;
    case SrpState::kGather:
      if (!same_set(token.addr, difference(proc_, fail_)) || token.ring.sequence <= ring_.sequence) return;
      // The entry to fill must be ours; anything else was damaged on its way.
      if (token.memb_index >= token.addr.size() || token.addr[token.memb_index] != me_) return drop({});
      commit_token_ = std::move(token);
      return enter_commit();
    case SrpState::kCommit:
      if (!(token.ring == ring_) || token.memb_index != token.addr.size() || token.addr != new_memb_) return;
      commit_token_ = std::move(token);
      return enter_recovery();
    case SrpState::kRecovery:
      // Its second arrival only: another copy of the first (resent, or by way of another redundant ring) would have the
      // ORF token overtake the commit token, which nobody resends from then on.
      if (!(token.ring == ring_) || !leads_ || token.token_seq < commit_token_.token_seq) return;
      if (originated_ && profile_.second_commit_token_ignored) return;
      originated_ = true;
      return send_first_token();
  }
}

// SRP-6.6.
void Srp::send_first_token() {
  debug("Sending initial ORF token");
  OrfToken& token = token_;
  token.sender = me_.node_id;
  token.seq = 0;
  token.token_seq = 0;
  token.aru = 0xffffffff;
  token.aru_addr = me_.node_id;
  token.ring = ring_;
  token.backlog = token.fcc = 0;
  token.request_count = 0;
  set_retrans_ = !recovery_messages_.empty();
  token.retrans_flg = set_retrans_ ? 1 : 0;
  codec_.encode(token, stored_token_);
  ++counters_.orf_token_tx;
  transport_.send_token(stored_token_);
  arm_token_loss();
  deadlines_.arm(Deadline::kTokenRetransmit, ms(settings_.timers.token_retransmit));
}

}  // namespace simcluster::membership
