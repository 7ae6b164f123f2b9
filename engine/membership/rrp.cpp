#include "engine/membership/rrp.h"

#include <algorithm>

#include <fmt/core.h>

#include "engine/membership/sequence.h"

namespace simcluster::membership {

Rrp::Rrp(RrpMode mode, std::size_t rings, const TotemTimers& timers, const Profile& profile, Host& host,
         Deadlines& deadlines, RrpClient& client)
    : mode_(mode),
      timers_(timers),
      profile_(profile),
      host_(host),
      deadlines_(deadlines),
      client_(client),
      rings_(rings) {
  for (std::size_t i = 0; i < rings; ++i) rings_[i].status = fmt::format("ring {} active with no faults", i);
}

void Rrp::log(LogPriority priority, const std::string& text) { host_.log(priority, "corosync", "[TOTEM ] " + text); }

const std::vector<std::size_t>& Rrp::next_rings(std::size_t& pointer) {
  chosen_.clear();
  if (mode_ == RrpMode::kActive) {
    for (std::size_t i = 0; i < rings_.size(); ++i)
      if (!rings_[i].faulty) chosen_.push_back(i);
  } else {
    for (std::size_t tries = 0; tries < rings_.size() && chosen_.empty(); ++tries) {
      pointer = (pointer + 1) % rings_.size();
      if (!rings_[pointer].faulty) chosen_.push_back(pointer);
    }
  }
  if (chosen_.empty() && profile_.rrp_all_faulty_uses_ring_0) chosen_.push_back(0);
  return chosen_;
}

// RR-6.
void Rrp::on_token(std::size_t ring, std::uint32_t number, std::span<const std::byte> frame, const IpAddress& from) {
  if (mode_ == RrpMode::kNone) return client_.pass_token_up(frame, from);
  if (mode_ == RrpMode::kPassive) {
    monitor(&Health::tokens, ring, timers_.rrp_problem_count_threshold);
    return client_.pass_token_up(frame, from);
  }
  const bool newer = sequence_less(last_token_, number);
  last_token_ = number;
  rings_[ring].token_seen = true;
  // Commit tokens count from 1 again (SRP-6.1). Where a ring still owes its copy of the token before, nothing would
  // ever pass up one whose number is not newer: it is waited for as well. What was passed up already is only resent.
  const bool another = !token_waits_ && !seen_on_all() && !std::ranges::equal(frame, token_);
  if (newer || another) {
    token_.assign(frame.begin(), frame.end());
    token_from_ = from;
    token_waits_ = true;
    for (Health& health : rings_) health.token_seen = false;
    rings_[ring].token_seen = true;
    deadlines_.arm(kTokenExpired, milliseconds(timers_.rrp_token_expired_timeout));
  }
  if (!seen_on_all()) return;
  deadlines_.cancel(kTokenExpired);
  token_waits_ = false;
  client_.pass_token_up(frame, from);
}

bool Rrp::seen_on_all() const {
  return std::ranges::all_of(rings_, [](const Health& health) { return health.faulty || health.token_seen; });
}

void Rrp::on_mcast(std::size_t ring) {
  if (mode_ == RrpMode::kPassive) monitor(&Health::mcasts, ring, timers_.rrp_problem_count_mcast_threshold);
}

// RR-11.
void Rrp::monitor(std::uint32_t Health::*counter, std::size_t ring, std::uint32_t threshold) {
  constexpr std::uint32_t kRebase = 1U << 30;
  std::uint32_t most = ++(rings_[ring].*counter);
  for (const Health& health : rings_) most = std::max(most, health.*counter);
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (rings_[i].faulty || most - rings_[i].*counter <= threshold) continue;
    mark_faulty(i, fmt::format("Marking ringid {} interface {} FAULTY", i, client_.ring_address(i).text()));
  }
  if (most < kRebase) return;
  std::uint32_t least = most;
  for (const Health& health : rings_) least = std::min(least, health.*counter);
  for (Health& health : rings_) health.*counter -= least;
}

void Rrp::mark_faulty(std::size_t ring, std::string text) {
  rings_[ring].faulty = true;
  rings_[ring].status = text;
  log(LogPriority::kError, text);
  if (!deadlines_.armed(kRingTest)) deadlines_.arm(kRingTest, milliseconds(timers_.rrp_autorecovery_check_timeout));
}

void Rrp::on_deadline(Deadline which) {
  if (which == kTokenExpired) return token_expired();
  if (which == kDecrement) return decrement();
  if (which != kRingTest) return;
  bool any = false;
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (!rings_[i].faulty) continue;
    any = true;
    client_.send_ring_test(i);
  }
  if (any) deadlines_.arm(kRingTest, milliseconds(timers_.rrp_autorecovery_check_timeout));
}

// RR-7.
void Rrp::token_expired() {
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    Health& health = rings_[i];
    if (health.token_seen || health.faulty) continue;
    ++health.problems;
    if (!deadlines_.armed(kDecrement) && !decrementer_stuck_)
      deadlines_.arm(kDecrement, milliseconds(timers_.rrp_problem_count_timeout));
    health.status = fmt::format("Incrementing problem counter for seqid {} iface {} to [{} of {}]", last_token_,
                                client_.ring_address(i).text(), health.problems, timers_.rrp_problem_count_threshold);
    log(LogPriority::kWarning, health.status);
  }
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (rings_[i].faulty || rings_[i].problems < timers_.rrp_problem_count_threshold) continue;
    mark_faulty(i, fmt::format("Marking seqid {} ringid {} interface {} FAULTY", last_token_, i,
                               client_.ring_address(i).text()));
    deadlines_.cancel(kDecrement);
    decrementer_stuck_ = !profile_.rrp_decrementer_stops;
  }
  if (!token_waits_) return;
  token_waits_ = false;
  // The ring protocol may receive the next token before this returns.
  const std::vector<std::byte> token = token_;
  client_.pass_token_up(token, token_from_);
}

// RR-8.
void Rrp::decrement() {
  bool any = false;
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    Health& health = rings_[i];
    if (health.problems == 0 || health.faulty) continue;
    any = true;
    --health.problems;
    if (health.problems == 0) {
      health.status = fmt::format("ring {} active with no faults", i);
      log(LogPriority::kWarning, health.status);
    } else {
      health.status = fmt::format("Decrementing problem counter for iface {} to [{} of {}]",
                                  client_.ring_address(i).text(), health.problems, timers_.rrp_problem_count_threshold);
      log(LogPriority::kWarning, health.status);
    }
  }
  // Before 2.3.5 the cancellation at a fault left the decrementer marked as running: it was never started again (RR-8).
  if (any) deadlines_.arm(kDecrement, milliseconds(timers_.rrp_problem_count_timeout));
}

void Rrp::enable(std::size_t ring) {
  Health& health = rings_[ring];
  health.faulty = false;
  health.problems = 0;
  health.status = fmt::format("ring {} active with no faults", ring);
  for (Health& each : rings_) each.tokens = each.mcasts = 0;
}

void Rrp::on_activate(std::size_t ring, std::uint32_t) {
  if (ring >= rings_.size()) return;
  const bool was_faulty = rings_[ring].faulty;
  enable(ring);
  // RR-14: before 2.3.5 the line came with every ACTIVATE.
  if (was_faulty || !profile_.rrp_recovery_logged_once)
    log(LogPriority::kNotice, fmt::format("Automatically recovered ring {}", ring));
}

void Rrp::enable_all() {
  for (std::size_t i = 0; i < rings_.size(); ++i) enable(i);
}

}  // namespace simcluster::membership
