#include "engine/controller/election.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

namespace simcluster::controller {

namespace {

constexpr Duration kLossDampening = seconds(2);           // CM-4.5
constexpr Duration kStormWindow = seconds(2);             // CM-4.7
constexpr std::string_view kOldestFeatureSet = "3.0.14";  // of a peer that sends none (CM-1.4)

int take_component(std::string_view& text) {
  int value = 0;
  const auto dot = text.find('.');
  const std::string_view part = text.substr(0, dot);
  std::from_chars(part.data(), part.data() + part.size(), value);
  text = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  return value;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool name_greater(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(b.begin(), b.end(), a.begin(), a.end(),
                                      [](char x, char y) { return lower(x) < lower(y); });
}

}  // namespace

int compare_feature_sets(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const int x = take_component(a);
    const int y = take_component(b);
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

bool feature_sets_compatible(std::string_view dc, std::string_view joiner) {
  if (joiner.empty()) joiner = kOldestFeatureSet;
  if (dc.empty()) dc = kOldestFeatureSet;
  if (take_component(dc) != take_component(joiner)) return false;
  return take_component(dc) <= take_component(joiner);
}

void Election::start_round() {
  if (!client_.is_active(self_)) return;
  votes_.clear();
  in_progress_ = true;
  ++round_;
  const ElectionAge age = client_.election_age();
  client_.broadcast_vote({self_.value, round_, age.seconds, age.microseconds});
  client_.start_vote_timer();
}

Election::Judgement Election::compare(std::string_view sender_name, std::string_view sender_feature_set,
                                      const Vote& vote) const {
  const int version = compare_feature_sets(sender_feature_set, feature_set_);
  if (version < 0) return {Verdict::kLose, "Version"};
  if (version > 0) return {Verdict::kWin, "Version"};
  const ElectionAge ours = client_.election_age();
  const ElectionAge theirs{vote.age_seconds, vote.age_microseconds};
  if (ours < theirs) return {Verdict::kLose, "Uptime"};
  if (ours > theirs) return {Verdict::kWin, "Uptime"};
  return {name_greater(own_name_, sender_name) ? Verdict::kLose : Verdict::kWin, "Host name"};
}

// The first rule that applies decides (CM-4.4).
Election::Judgement Election::judge(ClusterNodeId sender, std::string_view sender_name,
                                    std::string_view sender_feature_set, bool no_vote, const Vote& vote,
                                    bool eligible) {
  const bool ours = vote.owner == self_.value;
  if (!eligible) return {Verdict::kLose, "Not eligible"};
  if (!client_.is_active(self_)) return {Verdict::kLose, "We are not part of the cluster"};
  if (ours && vote.round != round_) return {Verdict::kIgnore, "Superseded"};
  if (!client_.is_active(sender)) return {Verdict::kIgnore, "Peer is not part of our cluster"};
  if (no_vote || sender == self_) {
    if (!ours || !in_progress_) return {Verdict::kIgnore, "Unexpected"};
    return {Verdict::kRecord, "Recorded"};
  }
  return compare(sender_name, sender_feature_set, vote);
}

ElectionResult Election::count(ClusterNodeId sender, std::string_view sender_name, std::string_view sender_feature_set,
                               bool no_vote, const Vote& vote, bool eligible, Time now) {
  const Judgement judgement = judge(sender, sender_name, sender_feature_set, no_vote, vote, eligible);
  // Our own vote of an election that we may not win says nothing to anybody.
  if (judgement.verdict == Verdict::kLose && sender == self_) return ElectionResult::kNothing;
  switch (judgement.verdict) {
    case Verdict::kIgnore:
      return ElectionResult::kNothing;
    case Verdict::kRecord:
      votes_[sender] = !no_vote;
      return ElectionResult::kNothing;
    case Verdict::kWin:
      if (!has_lost_ || now - last_loss_ >= kLossDampening) log_outcome("pass", sender_name, vote, judgement.reason);
      return win(sender_name, vote, now);
    case Verdict::kLose:
      if (!no_vote) log_outcome("lost", sender_name, vote, judgement.reason);
      return no_vote ? ElectionResult::kNothing : lose(sender, vote, now);
  }
  return ElectionResult::kNothing;
}

void Election::log_outcome(std::string_view outcome, std::string_view sender_name, const Vote& vote,
                           std::string_view reason) {
  client_.log_election(false, fmt::format("Election round {} (started by node ID {}) {}: vote from {} ({})", vote.round,
                                          vote.owner, outcome, sender_name, reason));
}

ElectionResult Election::win(std::string_view sender_name, const Vote& vote, Time now) {
  if (has_lost_ && now - last_loss_ < kLossDampening) {
    client_.log_election(false, fmt::format("Ignoring election round {} (started by node ID {}) pass vs {} because we "
                                            "lost less than {}s ago",
                                            vote.round, vote.owner, sender_name, kLossDampening.seconds()));
    return lose(ClusterNodeId(vote.owner), vote, last_loss_);
  }
  has_lost_ = false;
  client_.stop_vote_timer();
  note_win(now);
  return ElectionResult::kWinRound;
}

// CM-4.7
void Election::note_win(Time now) {
  if (now - storm_window_ > kStormWindow) {
    storm_window_ = now;
    wins_ = 0;
  }
  ++wins_;
  const std::size_t nodes = client_.active_members() + 1;
  if (wins_ != nodes * nodes + 1) return;
  client_.log_election(
      true, fmt::format("Election storm detected: {} wins in {} seconds", wins_, (now - storm_window_).seconds()));
}

ElectionResult Election::lose(ClusterNodeId sender, const Vote& vote, Time now) {
  has_lost_ = true;
  last_loss_ = now;
  reset();
  client_.send_no_vote(sender, vote);
  return ElectionResult::kLost;
}

bool Election::check_won() {
  if (!in_progress_) return false;
  const std::size_t members = client_.active_members();
  if (members == 0 || votes_.size() < members) return false;
  if (votes_.size() > members) client_.log_election(true, "Received too many votes in election");
  reset();
  return true;
}

bool Election::on_timeout() {
  if (!in_progress_) return false;
  client_.log_election(false, "Declaring local node as winner after election timed out");
  reset();
  return true;
}

void Election::forget_voter(ClusterNodeId node, bool was_leader) {
  votes_.erase(node);
  if (was_leader) has_lost_ = false;
}

void Election::reset() {
  in_progress_ = false;
  votes_.clear();
  client_.stop_vote_timer();
}

}  // namespace simcluster::controller
