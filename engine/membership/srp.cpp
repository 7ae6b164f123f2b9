#include "engine/membership/srp.h"

#include <utility>

#include <fmt/core.h>

#include "engine/base/assert.h"
#include "engine/membership/wire.h"

namespace simcluster::membership {

namespace {

constexpr std::uint32_t kDiagnosisPeriod = 1500;     // K-14
constexpr std::uint32_t kContinuousGatherLimit = 3;  // K-12

}  // namespace

Srp::Srp(Settings settings, const Profile& profile, Host& host, Transport& transport, Deadlines& deadlines,
         SrpClient& client)
    : settings_(settings),
      profile_(profile),
      host_(host),
      transport_(transport),
      deadlines_(deadlines),
      client_(client),
      codec_(profile.processor_is_address ? Generation::kAddresses : Generation::kNodeIds),
      last_alive_(deadlines.now()),
      last_token_(deadlines.now()) {
  note_timers();
  regular_queue_.reset(1);
  recovery_queue_.reset(1);
}

void Srp::log(LogPriority priority, std::string_view text) {
  host_.log(priority, "corosync", fmt::format("[TOTEM ] {}", text));
}

void Srp::trace_state(std::string_view state, std::string_view why) {
  if (!host_.tracing(TraceKind::kMembershipState)) return;
  host_.trace(TraceKind::kMembershipState, {{"state", state}, {"why", why}, {"ring", ring_text(ring_)}});
}

std::string Srp::id_text(const Processor& p) const {
  return profile_.processor_is_address && p.node_id == 0 ? p.address[0].text() : fmt::format("{}", p.node_id);
}

std::string Srp::ring_text(const Ring& ring) const {
  if (profile_.processor_is_address) return fmt::format("{}:{}", ring.representative.address[0].text(), ring.sequence);
  if (profile_.ring_id_in_decimal) return fmt::format("{}:{}", ring.representative.node_id, ring.sequence);
  return fmt::format("{}.{:x}", ring.representative.node_id, ring.sequence);
}

namespace {

std::string store_key(const Profile& profile, const Processor& me) {
  return profile.processor_is_address ? "ringid_" + me.address[0].text() : fmt::format("ringid_{}", me.node_id);
}

}  // namespace

// SRP-2.2.
void Srp::load_ring_sequence() {
  const std::optional<std::string> stored = host_.load(store_key(profile_, me_));
  ring_ = {};
  ring_.representative = me_;
  if (stored && stored->size() >= 8) {
    Reader r(std::as_bytes(std::span(stored->data(), stored->size())));
    ring_.sequence = r.u64();
  } else {
    store_ring_sequence();
  }
  note_representative();
  if (profile_.ring_sequence_raised_at_start && !profile_.ring_sequence_kept_again) ++ring_.sequence;
  ring_hi_ = ring_.sequence;
  old_ring_ = ring_;
  if (settings_.debug) debug(fmt::format("Created or loaded sequence id {} for this ring.", ring_text(ring_)));
}

void Srp::store_ring_sequence() {
  std::string record;
  for (int i = 0; i < 8; ++i) record.push_back(static_cast<char>(ring_.sequence >> (8 * i) & 0xff));
  host_.persist(store_key(profile_, me_), std::move(record), *this, 0);
}

void Srp::interface_changed(const Processor& me) {
  me_ = me;
  note_representative();
  if (!started_) {
    started_ = true;
    load_ring_sequence();
    deadlines_.arm(Deadline::kDiagnosis, ms(kDiagnosisPeriod));
  } else if (profile_.processor_is_address && !memb_.empty()) {
    // IF-4: the identity changes in place, and entry 0 of the member list with it, whoever was there.
    memb_[0] = me;
  }
  enter_gather(GatherCause::kInterfaceChange);
}

void Srp::leave() {
  if (!started_ || left_) return;
  left_ = true;
  Join join;
  join.header_node_id = 0;
  join.from = me_;
  join.ring_seq = ring_.sequence;
  for (const Processor& p : proc_)
    if (p != me_) join.proc.push_back(p);
  join.failed = difference(fail_, {me_});
  join.failed.push_back(me_);
  debug("sending join/leave message");
  codec_.encode(join, frame_);
  transport_.send_all(frame_, Loop::kNo);
  ++counters_.memb_join_tx;
}

// SRP-5.1, LOG-3. A node that runs gets its host timer in time, or nearly so on a real machine. One that is overdue
// tells of a pause, and the last input before it when the pause began. TM-9 and the scheduler check need no timers of
// their own that way.
void Srp::note_pause() {
  const Duration pause = deadlines_.now() - last_alive_;
  const Duration threshold = ms(settings_.timers.token) * 8 / 10;
  if (!started_ || pause <= threshold || pause_logged_) return;
  pause_logged_ = true;
  log(LogPriority::kWarning,
      fmt::format("Corosync main process was not scheduled (@{}) for {}.{:04} ms (threshold is {}.{:04} ms). "
                  "Consider token timeout increase.",
                  host_.now().ns / 1'000'000, pause.ns / 1'000'000, pause.ns % 1'000'000 / 100,
                  threshold.ns / 1'000'000, threshold.ns % 1'000'000 / 100));
}

void Srp::drop(std::string_view why) {
  ++counters_.rx_msg_dropped;
  if (!why.empty()) log(LogPriority::kWarning, why);
}

void Srp::on_frame(std::span<const std::byte> frame, const IpAddress& from) {
  if (!started_ || left_) return;
  if (codec_.is_token(frame)) [[likely]]
    return receive_token(frame);
  on_other_frame(frame, from);
}

[[gnu::noinline]] void Srp::on_other_frame(std::span<const std::byte> frame, const IpAddress& from) {
  Header header;
  if (const auto error = codec_.decode_header(frame, header); !error.empty()) return drop_foreign(error, frame, from);
  switch (header.type) {
    case MessageType::kOrfToken:
      return receive_token(frame);
    case MessageType::kMcast:
      return receive_mcast(frame);
    case MessageType::kMergeDetect:
      return receive_merge_detect(frame);
    case MessageType::kJoin:
      return receive_join(frame);
    case MessageType::kCommitToken:
      return receive_commit_token(frame);
    case MessageType::kHoldCancel:
      return receive_hold_cancel(frame);
    case MessageType::kRingTest:
    case MessageType::kRingActivate:
      return drop({});  // belong to the redundant rings' transport
  }
}

// WF-3.
void Srp::drop_foreign(std::string_view error, std::span<const std::byte> frame, const IpAddress& from) {
  if (error == "has bad magic number")
    drop(fmt::format("Message received from {} has bad magic number (probably sent by {}).. Ignoring", from.text(),
                     foreign_sender(frame)));
  else if (error == "has unsupported version")
    drop(fmt::format("Message received from {} {} {}... Ignoring", from.text(), error, wrong_number(frame)));
  else if (codec_.generation() == Generation::kNodeIds)
    drop(fmt::format("Message received from {} {} {}.", from.text(), error, wrong_number(frame)));
  else
    drop(fmt::format("{} {}.", error, wrong_number(frame)));
}

// WF-3: a guess at who sends such bytes.
std::string_view Srp::foreign_sender(std::span<const std::byte> frame) {
  const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(frame[i]); };
  if (at(0) == 0xff && at(1) == 0xff) return "Corosync 2.2";
  if (at(0) == 0xfe && at(1) == 0xfe) return "Corosync 2.3+";
  if (at(0) == 1) return "unencrypted Kronosnet";
  if (at(0) <= 5) return "unencrypted Corosync 2.0/2.1/1.x/OpenAIS";
  return "encrypted Kronosnet/Corosync 2.0/2.1/1.x/OpenAIS or unknown";
}

// The number that a header complaint ends with: the length, the version or the type.
std::size_t Srp::wrong_number(std::span<const std::byte> frame) const {
  if (frame.size() < codec_.header_size()) return frame.size();
  if (codec_.generation() == Generation::kAddresses) return std::to_integer<std::size_t>(frame[0]);
  const auto version = std::to_integer<std::size_t>(frame[2]);
  return version != 3 ? version : std::to_integer<std::size_t>(frame[3]);
}

void Srp::on_deadline(Deadline which) {
  if (!started_ || left_) return;
  switch (which) {
    case Deadline::kTokenLoss:
    case Deadline::kHeartbeat:
      return token_lost();
    case Deadline::kTokenWarning:
      log(LogPriority::kNotice,
          fmt::format("Token has not been received in {} ms", (deadlines_.now() - last_token_).milliseconds()));
      deadlines_.arm(Deadline::kTokenWarning, ms(settings_.timers.token_warning * settings_.timers.token / 100));
      return;
    case Deadline::kTokenRetransmit:
      if (state_ == SrpState::kGather) return;
      resend_token();
      deadlines_.arm(Deadline::kTokenRetransmit, ms(settings_.timers.token_retransmit));
      return;
    case Deadline::kHoldRetransmit:
      if (in_order_state()) resend_token();
      return;
    case Deadline::kJoin:
      if (state_ != SrpState::kGather && state_ != SrpState::kCommit) return;
      send_join();
      deadlines_.arm(Deadline::kJoin, ms(settings_.timers.join));
      shorten_consensus();
      return;
    case Deadline::kDelayedJoin:
      return send_join_now();
    case Deadline::kConsensus:
      return consensus_timeout();
    case Deadline::kMergeDetect:
      return send_merge_detect();
    case Deadline::kDiagnosis:
      return diagnose();
    default:
      SIMCLUSTER_ASSERT(false && "a deadline of another layer");
  }
}

void Srp::force_gather() {
  if (started_ && !left_) token_lost();
}

// TM-1 and TM-8.
void Srp::token_lost() {
  switch (state_) {
    case SrpState::kOperational:
      debug("The token was lost in the OPERATIONAL state.");
      if (profile_.failure_text_names_timeouts && !profile_.failure_text_plain_again)
        log(LogPriority::kNotice,
            fmt::format("A processor failed, forming new configuration: token timed out ({}ms), waiting {}ms for "
                        "consensus.",
                        settings_.timers.token, settings_.timers.consensus));
      else
        log(LogPriority::kNotice, "A processor failed, forming new configuration.");
      transport_.check_interfaces();
      ++counters_.operational_token_lost;
      return enter_gather(GatherCause::kTokenLostOperational);
    case SrpState::kGather:
      debug(fmt::format("The consensus timeout expired ({}ms).", settings_.timers.consensus));
      consensus_timeout();
      ++counters_.gather_token_lost;
      return enter_gather(GatherCause::kConsensusExpired);
    case SrpState::kCommit:
      ++counters_.commit_token_lost;
      return enter_gather(GatherCause::kTokenLostCommit);
    case SrpState::kRecovery:
      restore_old_ring();
      ++counters_.recovery_token_lost;
      enter_gather(GatherCause::kTokenLostRecovery);
      discard_token_ = true;
      return;
  }
}

bool Srp::cannot_form_ring() const { return continuous_gather_ > kContinuousGatherLimit; }

std::uint32_t Srp::mean_token_interval() const {
  if (visits_ == 0) return 0;
  return static_cast<std::uint32_t>((last_token_ - installed_at_).milliseconds() / static_cast<std::int64_t>(visits_));
}

std::uint32_t Srp::mean_backlog() const {
  return visits_ == 0 ? 0 : static_cast<std::uint32_t>(backlog_sum_ / visits_);
}

// LOG-2.
void Srp::diagnose() {
  deadlines_.arm(Deadline::kDiagnosis, ms(kDiagnosisPeriod));
  if (!cannot_form_ring()) return;
  log(LogPriority::kWarning,
      fmt::format(
          "Totem is unable to form a cluster because of an operating system or network fault{}. The most common "
          "cause of this message is that the local firewall is configured improperly.",
          profile_.processor_is_address ? "" : " (reason: totem is continuously in gather state)"));
}

}  // namespace simcluster::membership
