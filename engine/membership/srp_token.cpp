// The token's visit (M 5.9), flow control (M 5.10), the token's retransmission (M 5.7) and the idle ring's hold
// (M 5.16).
#include <algorithm>

#include <fmt/core.h>

#include "engine/membership/srp.h"

namespace simcluster::membership {

// Every hop of the token comes through here: in one piece.
[[gnu::flatten]] void Srp::receive_token(std::span<const std::byte> frame) {
  OrfToken& token = token_;
  if (const auto error = codec_.decode(frame, token); !error.empty()) return drop(error);  // step 1
  ++counters_.orf_token_rx;
  if (discard_token_) return;  // step 2
  detect_idle(token);
  held_ = leads_ ? seq_unchanged_ > settings_.timers.seqno_unchanged_const
                 : seq_unchanged_ >= settings_.timers.seqno_unchanged_const;  // step 5
  forward_ = !(held_ && leads_);
  if (state_ == SrpState::kCommit) return heartbeat_housekeeping();  // step 6
  if (!(token.ring == ring_)) return heartbeat_housekeeping();       // step 8
  if (sequence_less_equal(token.token_seq, token_seq_)) return;      // step 9
  // Step 7. Not before the duplicate check: two copies of one token are not the two successive tokens of SRP-9.1, and a
  // message could be freed that somebody still misses. In RECOVERY the old ring's queue is needed in full.
  if (state_ == SrpState::kOperational) release_messages(token.aru);
  visit(token);
  heartbeat_housekeeping();
}

// Step 3. Retransmitted and foreign tokens count too.
void Srp::detect_idle(const OrfToken& token) {
  if (token.seq == last_token_msgseq_) {
    // Only the representative has something to do when this expires (SRP-16.4).
    if (leads_ && !deadlines_.armed(Deadline::kMergeDetect) && transport_.may_have_outsiders())
      deadlines_.arm(Deadline::kMergeDetect, ms(settings_.timers.merge));
    ++seq_unchanged_;
  } else {
    deadlines_.cancel(Deadline::kMergeDetect);
    deadlines_.cancel(Deadline::kHoldRetransmit);
    seq_unchanged_ = 0;
  }
  last_token_msgseq_ = token.seq;
}

// Steps 10 to 21.
void Srp::visit(OrfToken& token) {
  last_token_ = deadlines_.now();
  ++visits_;
  client_.on_token_received();
  const std::uint32_t prev = last_aru_;
  last_aru_ = token.aru;
  // On most visits nobody has anything to send.
  const bool busy = token.request_count != 0 || something_waits();
  cbl_ = 0;
  const std::uint32_t allowance = busy ? transmit_allowance(token) : 0;
  const std::uint32_t resent = token.request_count == 0 ? 0 : serve_retransmissions(token, allowance);
  if (aru_ != token.seq) request_missing(token);
  if (settings_.timers.cancel_token_hold_on_retransmit && held_ && (token.request_count != 0 || resent != 0)) {
    held_ = false;
    forward_ = true;
  }
  const std::uint32_t sent = busy && something_waits() ? multicast_new(token, allowance - resent) : 0;
  if ((resent | sent | trc_ | cbl_ | pbl_) != 0) update_flow_control(token, resent + sent);
  if (token.aru_addr != 0 || aru_ != token.aru || aru_ != token.seq) update_token_aru(token);
  aru_stuck_ = token.aru == prev && token.aru_addr != 0 ? aru_stuck_ + 1 : 0;
  if (aru_stuck_ > settings_.timers.fail_recv_const && token.aru_addr == me_.node_id) {  // step 19
    log(LogPriority::kError, "FAILED TO RECEIVE");
    failed_to_recv_ = true;
    add(fail_, me_);
    return enter_gather(GatherCause::kFailedToReceive);
  }
  token_seq_ = token.token_seq;  // step 20
  ++token.token_seq;
  if (state_ == SrpState::kRecovery) recovery_progress(token);
  pass_token(token);
}

// FC-1, FC-2.
std::uint32_t Srp::transmit_allowance(const OrfToken& token) {
  const TotemTimers& t = settings_.timers;
  if (state_ == SrpState::kRecovery)
    cbl_ = static_cast<std::uint32_t>(recovery_messages_.size());
  else
    cbl_ = in_order_state() && !queue_in_use().empty() ? static_cast<std::uint32_t>(queue_in_use().size()) : 0;
  backlog_sum_ += cbl_;
  const std::uint32_t room = token.fcc < t.window_size ? t.window_size - token.fcc : 0;
  std::uint32_t allowed = std::min(t.max_messages, room);
  const std::uint32_t total_backlog = token.backlog + cbl_ - pbl_;
  if (total_backlog != 0) {
    const std::uint32_t share = t.window_size * pbl_ / total_backlog;
    if (share > 0 && allowed > share) allowed = share;
  }
  return allowed;
}

// FC-3.
void Srp::update_flow_control(OrfToken& token, std::uint32_t sent) {
  token.fcc += sent - trc_;
  token.backlog += cbl_ - pbl_;
  trc_ = sent;
  pbl_ = cbl_;
}

// Step 18.
void Srp::update_token_aru(OrfToken& token) {
  if (!sequence_less(aru_, token.aru) && token.aru_addr != me_.node_id && token.aru_addr != 0) return;
  token.aru = aru_;
  token.aru_addr = aru_ == token.seq ? 0 : me_.node_id;
}

// Step 21.
void Srp::pass_token(OrfToken& token) {
  token.sender = me_.node_id;
  codec_.encode(token, stored_token_);
  if (forward_) {
    ++counters_.orf_token_tx;
    transport_.send_token(stored_token_);
  }
  if (state_ == SrpState::kOperational && high_delivered_ != high_seq_) deliver_up_to(high_seq_);
  arm_token_loss();
  deadlines_.arm(Deadline::kTokenRetransmit, ms(settings_.timers.token_retransmit));
  if (held_ && leads_ && !deadlines_.armed(Deadline::kHoldRetransmit))
    deadlines_.arm(Deadline::kHoldRetransmit, ms(settings_.timers.hold));
  client_.on_token_sent();
}

void Srp::arm_token_loss() {
  deadlines_.arm(Deadline::kTokenLoss, ms(settings_.timers.token));
  if (settings_.timers.token_warning != 0)
    deadlines_.arm(Deadline::kTokenWarning, ms(settings_.timers.token_warning * settings_.timers.token / 100));
}

// Step 22.
void Srp::heartbeat_housekeeping() {
  const TotemTimers& t = settings_.timers;
  if (t.heartbeat_failures_allowed == 0) return;
  const std::uint32_t timeout = t.heartbeat_failures_allowed * t.token_retransmit + t.max_network_delay;  // T-30
  if (timeout >= t.token) return;
  if (forward_)
    deadlines_.arm(Deadline::kHeartbeat, ms(timeout));
  else
    deadlines_.cancel(Deadline::kHeartbeat);
}

void Srp::resend_token() {
  if (stored_token_.empty()) return;
  transport_.send_token(stored_token_);
}

// SRP-9.1. Freed only when two successive tokens show that everyone has it.
void Srp::release_messages(std::uint32_t token_aru) {
  if (last_released_ == high_delivered_) return;  // nothing was delivered since
  const std::uint32_t up_to = sequence_min(sequence_min(token_aru, last_aru_), high_delivered_);
  if (!sequence_less(last_released_, up_to)) return;
  regular_queue_.release_up_to(up_to);
  last_released_ = up_to;
}

// SRP-16.7.
void Srp::cancel_hold() {
  if (!held_) return;
  held_ = false;
  codec_.encode(HoldCancel{ring_}, me_.node_id, frame_);
  ++counters_.token_hold_cancel_tx;
  transport_.send_all(frame_, Loop::kYes);
}

void Srp::receive_hold_cancel(std::span<const std::byte> frame) {
  HoldCancel message;
  if (const auto error = codec_.decode(frame, message); !error.empty()) return drop(error);
  if (!(message.ring == ring_)) return;
  ++counters_.token_hold_cancel_rx;
  seq_unchanged_ = 0;
  if (!leads_ || !in_order_state()) return;
  resend_token();
  deadlines_.arm(Deadline::kTokenRetransmit, ms(settings_.timers.token_retransmit));
}

}  // namespace simcluster::membership
