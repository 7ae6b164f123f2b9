// RECOVERY: messages of the old ring that some member misses travel on the new one (M 5.8, 5.12).
#include <algorithm>

#include <fmt/core.h>

#include "engine/membership/srp.h"

namespace simcluster::membership {

// SRP-8.1. Several failed attempts in a row keep the values of the last ring that was operational.
void Srp::save_old_ring() {
  if (saved_) return;
  saved_ = true;
  old_ring_ = ring_;
  saved_aru_ = aru_;
  saved_high_ = high_seq_;
  if (settings_.debug) debug(fmt::format("Saving state aru {:x} high seq received {:x}", aru_, high_seq_));
}

// SRP-8.2.
void Srp::restore_old_ring() {
  aru_ = saved_aru_;
  high_seq_ = saved_high_;
}

// SRP-8.3.
void Srp::enter_recovery() {
  debug("entering RECOVERY state.");
  discard_token_ = false;
  recovery_queue_.reset(1);
  recovery_messages_.clear();
  send_commit_token();
  token_seq_ = 0xffffffff;
  transport_.set_members(new_memb_);
  trans_.clear();
  for (const Processor& m : memb_) {
    const auto at = std::find(new_memb_.begin(), new_memb_.end(), m);
    if (at == new_memb_.end()) continue;
    const auto& entry = commit_token_.entries[static_cast<std::size_t>(at - new_memb_.begin())];
    if (entry.ring == old_ring_) trans_.push_back(m);
  }
  if (settings_.debug) tell_members();
  queue_old_messages();
  aru_ = high_seq_ = install_seq_ = last_released_ = 0;
  aru_stuck_ = seq_unchanged_ = 0;
  retrans_flg_count_ = rotation_count_ = 0;
  arm_token_loss();
  deadlines_.arm(Deadline::kTokenRetransmit, ms(settings_.timers.token_retransmit));
  ++counters_.recovery_entered;
  state_ = SrpState::kRecovery;
  continuous_gather_ = 0;
  trace_state("recovery", {});
}

// SRP-8.3, step 5.
void Srp::tell_members() {
  for (std::size_t i = 0; i < trans_.size(); ++i) debug(fmt::format("TRANS [{}] member {}:", i, id_text(trans_[i])));
  for (std::size_t i = 0; i < new_memb_.size(); ++i) {
    const CommitEntry& entry = commit_token_.entries[i];
    debug(fmt::format("position [{}] member {}:", i, id_text(new_memb_[i])));
    debug(fmt::format("previous ringid ({})", ring_text(entry.ring)));
    debug(fmt::format("aru {:x} high delivered {:x} received flag {}", entry.aru, entry.high_delivered,
                      entry.received_flg));
  }
}

void Srp::queue_old_messages() {
  bool somebody_misses = false;
  std::uint32_t low = saved_high_;
  for (std::size_t i = 0; i < new_memb_.size(); ++i) {
    if (!contains(trans_, new_memb_[i])) continue;
    const CommitEntry& entry = commit_token_.entries[i];
    somebody_misses = somebody_misses || entry.received_flg == 0;
    low = sequence_min(low, entry.aru);
  }
  if (!somebody_misses) return debug("Did not need to originate any messages in recovery.");
  deliver_list_ = trans_;
  if (!sequence_less(low, saved_high_)) return;
  // What is below the window was released because everybody has it.
  if (!regular_queue_.in_range(low + 1)) low = regular_queue_.head() - 1;
  if (settings_.debug) debug(fmt::format("copying all old ring messages from {}-{}.", low + 1, saved_high_));
  for (std::uint32_t seq = low + 1; sequence_less_equal(seq, saved_high_); ++seq)
    if (const MessagePointer& message = regular_queue_.get(seq)) recovery_messages_.push_back(message);
  if (settings_.debug) debug(fmt::format("Originated {} messages in RECOVERY.", recovery_messages_.size()));
}

// REC-1. The words are those of 3.1.7.
void Srp::recovery_progress(OrfToken& token) {
  if (settings_.debug)
    debug(fmt::format("token retrans flag is {} my set retrans flag{} retrans queue empty {} count {}, aru {:x}",
                      token.retrans_flg, set_retrans_ ? 1 : 0, recovery_messages_.empty() ? 1 : 0, retrans_flg_count_,
                      token.aru));
  if (!recovery_messages_.empty()) {
    if (token.retrans_flg == 0) {
      token.retrans_flg = 1;
      set_retrans_ = true;
    }
  } else if (token.retrans_flg != 0 && set_retrans_) {
    token.retrans_flg = 0;
    set_retrans_ = false;
  }
  retrans_flg_count_ = token.retrans_flg == 0 ? retrans_flg_count_ + 1 : 0;
  if (retrans_flg_count_ == 2) install_seq_ = token.seq;
  if (retrans_flg_count_ >= 2 && !received_flg_ && sequence_less_equal(install_seq_, aru_)) {
    received_flg_ = true;
    deliver_list_ = trans_;
  }
  if (retrans_flg_count_ >= 3 && sequence_less_equal(install_seq_, token.aru))
    ++rotation_count_;
  else
    rotation_count_ = 0;
  if (settings_.debug)
    debug(fmt::format("install seq {:x} aru {:x} high seq received {:x}", install_seq_, aru_, high_seq_));
  if (rotation_count_ != 2) return;
  install_ring();
  rotation_count_ = 0;
  retrans_flg_count_ = 0;
}

}  // namespace simcluster::membership
