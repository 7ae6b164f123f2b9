// Ordered messages: sending (M 5.9.1), retransmission (M 5.11), delivery.
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/membership/srp.h"

namespace simcluster::membership {

// RTR-1, RTR-2.
std::uint32_t Srp::serve_retransmissions(OrfToken& token, std::uint32_t allowed) {
  std::string list = "Retransmit List: ";
  for (std::size_t i = 0; i < token.request_count; ++i) list += fmt::format("{:x} ", token.requests[i].seq);
  log(LogPriority::kNotice, list);
  if (settings_.debug) debug(fmt::format("Retransmit List {}", token.request_count));
  std::uint32_t resent = 0;
  std::uint32_t kept = 0;
  for (std::size_t i = 0; i < token.request_count; ++i) {
    const RetransmitRequest& request = token.requests[i];
    const bool ours = request.ring == ring_;
    const MessagePointer message = ours ? queue_of_state().get(request.seq) : MessagePointer();
    if (message && resent < allowed) {
      ++resent;
      ++counters_.mcast_retx;
      transport_.send_mcast(message->frame);
      continue;
    }
    token.requests[kept++] = token.requests[i];
  }
  token.request_count = kept;
  return resent;
}

// RTR-3.
void Srp::request_missing(OrfToken& token) {
  SortQueue& queue = queue_of_state();
  for (std::uint32_t seq = aru_ + 1; sequence_less_equal(seq, token.seq); ++seq) {
    if (token.request_count >= kMaxRetransmitRequests || !queue.in_range(seq)) return;
    if (queue.in_use(seq) || queue.miss(seq) < settings_.timers.miss_count_const) continue;
    bool listed = false;
    for (std::size_t i = 0; i < token.request_count; ++i)
      listed = listed || (token.requests[i].seq == seq && token.requests[i].ring == ring_);
    if (!listed) token.requests[token.request_count++] = {ring_, seq};
  }
}

// SRP-9.3.
std::uint32_t Srp::multicast_new(OrfToken& token, std::uint32_t allowed) {
  // The window of numbers that may be in use at once is nearly full.
  if (sequence_less(last_released_ + kSequenceWindow - allowed - settings_.timers.window_size, token.seq)) return 0;
  const bool recovering = state_ == SrpState::kRecovery;
  auto& fresh = queue_in_use();
  std::uint32_t sent = 0;
  while (sent < allowed && something_waits()) {
    auto message = std::make_shared<StoredMessage>();
    McastHeader& header = message->header;
    header.header = {MessageType::kMcast, static_cast<std::uint8_t>(recovering ? 1 : 2), me_.node_id};
    header.from = me_;
    header.seq = ++token.seq;
    header.this_seqno = this_seqno_++;
    header.ring = ring_;
    if (recovering) {
      codec_.encode(header, recovery_messages_.front()->frame, message->frame);
      recovery_messages_.pop_front();
    } else {
      codec_.encode(header, fresh.front(), message->frame);
      fresh.pop_front();
    }
    message->payload_offset = codec_.mcast_header_size();
    transport_.send_mcast(message->frame);
    ++counters_.mcast_tx;
    SortQueue& queue = queue_of_state();
    if (queue.in_range(header.seq)) queue.add(header.seq, std::move(message));
    high_seq_ = token.seq;
    ++sent;
  }
  if (sent != 0) {
    update_aru();
    if (recovering) deadlines_.arm(Deadline::kTokenRetransmit, ms(settings_.timers.token_retransmit));
  }
  return sent;
}

// SRP-16.1, SRP-16.2.
void Srp::receive_mcast(std::span<const std::byte> frame) {
  McastHeader header;
  std::span<const std::byte> payload;
  if (const auto error = codec_.decode(frame, header, payload); !error.empty()) return drop(error);
  ++counters_.mcast_rx;
  if (!(header.ring == ring_))
    return foreign(header.from, GatherCause::kForeignOperational, GatherCause::kForeignGather);
  const bool carries_old = header.header.encapsulated == 1;
  // In GATHER the ring's queue is still the one that the values of SRP-8.1 will be taken from.
  const bool still_ours = state_ == SrpState::kGather && !saved_ && !carries_old;
  if (!in_order_state() && !still_ours) return drop({});
  // REC-3: its sender has installed the ring in this rotation already. It will be asked for again once we have, too.
  if (state_ == SrpState::kRecovery && !carries_old) return drop({});
  SortQueue& queue = queue_of_state();
  if (!queue.in_range(header.seq) || queue.in_use(header.seq)) return;
  auto message = std::make_shared<StoredMessage>();
  message->header = header;
  message->frame.assign(frame.begin(), frame.end());
  message->payload_offset = frame.size() - payload.size();
  queue.add(header.seq, std::move(message));
  if (sequence_less(high_seq_, header.seq)) high_seq_ = header.seq;
  update_aru();
  if (state_ == SrpState::kOperational) deliver_up_to(high_seq_);
}

// SRP-9.2.
void Srp::update_aru() {
  const SortQueue& queue = queue_of_state();
  while (sequence_less(aru_, high_seq_) && queue.in_use(aru_ + 1)) ++aru_;
}

void Srp::deliver_up_to(std::uint32_t end) {
  while (sequence_less(high_delivered_, end)) {
    const MessagePointer message = regular_queue_.get(high_delivered_ + 1);
    if (!message) return;
    ++high_delivered_;
    deliver(*message);
  }
}

// Encapsulated messages of a ring's recovery are not deliverable themselves (REC-2).
void Srp::deliver(const StoredMessage& message) {
  if (message.header.header.encapsulated == 1) return;
  client_.on_message(message.header.from, message.payload());
}

void Srp::queue_message(std::vector<std::byte> payload, bool transitional) {
  (transitional ? new_messages_trans_ : new_messages_).push_back(std::move(payload));
  cancel_hold();
}

std::deque<std::vector<std::byte>> Srp::take_queued_messages() {
  new_messages_trans_.clear();
  return std::exchange(new_messages_, {});
}

void Srp::transitional_done() {
  wait_trans_ack_ = false;
  // Synchronisation's last messages must not wait for the next change.
  while (!new_messages_trans_.empty()) {
    new_messages_.push_front(std::move(new_messages_trans_.back()));
    new_messages_trans_.pop_back();
  }
}

void Srp::set_sequence_for_test(std::uint32_t seq) {
  aru_ = high_seq_ = high_delivered_ = last_released_ = last_aru_ = last_token_msgseq_ = seq;
  regular_queue_.reset(seq + 1);
  if (stored_token_.empty()) return;
  OrfToken token;
  if (!codec_.decode(stored_token_, token).empty()) return;
  token.seq = token.aru = seq;
  codec_.encode(token, stored_token_);
}

}  // namespace simcluster::membership
