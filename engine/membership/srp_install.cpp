// Installing a ring: recovered messages, the two configuration callbacks, the new ring's queue (M 5.13).
#include <fmt/core.h>

#include "engine/membership/srp.h"

namespace simcluster::membership {

void Srp::install_ring() {
  originated_ = false;  // INS-1
  consensus_.clear();
  saved_ = false;
  debug("Resetting old ring state");
  if (settings_.debug) debug(fmt::format("recovery to regular 1-{:x}", aru_));
  add_recovered_messages();
  deliver_old_ring_contiguous();
  const ProcessorList left = difference(memb_, trans_);  // INS-4
  const ProcessorList joined = difference(new_memb_, trans_);
  memb_ = new_memb_;  // INS-5
  last_released_ = 0;
  set_retrans_ = false;
  static const ProcessorList kNobody;
  client_.on_ring_change({true, &ring_, &trans_, &kNobody, &left});  // INS-6
  wait_trans_ack_ = true;                                            // INS-7
  const bool late = profile_.assembly_switched_late && !profile_.assembly_switched_early_again;
  if (!late) {
    client_.on_buffers_switch();
    // A message of which the first part was delivered before the hole will never be whole.
    if (sequence_less(high_delivered_, saved_high_)) trace_state("torn", "old messages lie beyond a hole");
  }
  deliver_old_ring_rest();
  if (late) client_.on_buffers_switch();                               // INS-9
  client_.on_ring_change({false, &ring_, &memb_, &joined, &kNobody});  // INS-10
  std::swap(regular_queue_, recovery_queue_);                          // INS-11
  recovery_queue_.reset(1);
  last_aru_ = 0;
  proc_ = memb_;  // INS-12
  fail_.clear();
  discard_recovery_messages();
  debug("entering OPERATIONAL state.");  // INS-14
  log_installation(joined, left);
  state_ = SrpState::kOperational;  // INS-15
  ++counters_.operational_entered;
  continuous_gather_ = 0;
  installed_at_ = deadlines_.now();
  visits_ = backlog_sum_ = 0;
  received_flg_ = true;
  old_ring_ = ring_;
  trace_state("operational", {});
}

// INS-2. Messages of other old rings are not ours to deliver.
void Srp::add_recovered_messages() {
  for (std::uint32_t seq = 1; sequence_less_equal(seq, aru_); ++seq) {
    const MessagePointer& carrier = recovery_queue_.get(seq);
    if (!carrier) continue;
    auto message = std::make_shared<StoredMessage>();
    const auto inner = carrier->payload();
    std::span<const std::byte> payload;
    if (!codec_.decode(inner, message->header, payload).empty()) continue;
    const std::uint32_t old_seq = message->header.seq;
    if (!(message->header.ring == old_ring_) || !regular_queue_.in_range(old_seq)) {
      if (settings_.debug) debug(fmt::format("-not adding msg with seq no {:x}", old_seq));
      continue;
    }
    if (regular_queue_.in_use(old_seq)) continue;
    message->frame.assign(inner.begin(), inner.end());
    message->payload_offset = inner.size() - payload.size();
    regular_queue_.add(old_seq, std::move(message));
    if (sequence_less(saved_high_, old_seq)) saved_high_ = old_seq;
  }
}

// INS-3.
void Srp::deliver_old_ring_contiguous() {
  while (sequence_less(high_delivered_, saved_high_)) {
    const MessagePointer message = regular_queue_.get(high_delivered_ + 1);
    if (!message) return;
    ++high_delivered_;
    deliver(*message);
  }
}

// INS-8.
void Srp::deliver_old_ring_rest() {
  while (sequence_less(high_delivered_, saved_high_)) {
    ++high_delivered_;
    const MessagePointer message = regular_queue_.get(high_delivered_);
    if (message && contains(deliver_list_, message->header.from)) deliver(*message);
  }
}

// INS-13. What the new ring has carried so far was the old ring's, delivered above.
void Srp::discard_recovery_messages() {
  std::uint32_t last = 0;
  for (std::uint32_t seq = 1; sequence_less_equal(seq, high_seq_) && regular_queue_.in_range(seq); ++seq)
    if (regular_queue_.in_use(seq)) last = seq;
  high_delivered_ = last;
  if (last != 0) regular_queue_.release_up_to(last);
  last_released_ = last;
}

void Srp::log_installation(const ProcessorList& joined, const ProcessorList& left) {
  const auto names = [&](const ProcessorList& list) {
    std::string text;
    for (const Processor& p : list) text += " " + id_text(p);
    return text;
  };
  if (profile_.ring_id_not_logged) {
    log(LogPriority::kNotice, "A processor joined or left the membership and a new membership was formed.");
  } else {
    log(LogPriority::kNotice,
        fmt::format("A new membership ({}) was formed. Members{}{}{}{}", ring_text(ring_),
                    joined.empty() ? "" : " joined:", names(joined), left.empty() ? "" : " left:", names(left)));
  }
  const ProcessorList silent = difference(left, left_seen_);
  if (!silent.empty() && profile_.leave_reported)
    log(LogPriority::kNotice, fmt::format("Failed to receive the leave message. failed:{}", names(silent)));
  left_seen_.clear();
  if (!host_.tracing(TraceKind::kMembershipChange)) return;
  const auto trimmed = [&](const ProcessorList& list) {
    std::string text = names(list);
    return text.empty() ? text : text.substr(1);
  };
  host_.trace(TraceKind::kMembershipChange, {{"ring", ring_text(ring_)},
                                             {"members", trimmed(memb_)},
                                             {"joined", trimmed(joined)},
                                             {"left", trimmed(left)},
                                             {"transitional", trimmed(trans_)},
                                             {"self", id_text(me_)},
                                             {"representative", ring_.representative.node_id},
                                             {"sequence", static_cast<std::int64_t>(ring_.sequence)}});
}

}  // namespace simcluster::membership
