// The vote that finds one among the members of a group: the DC, the writer of attributes (CM part D, CM-9.6).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/controller/messages.h"

namespace simcluster::controller {

struct ElectionAge {
  std::int64_t seconds = 0;
  std::int64_t microseconds = 0;
  auto operator<=>(const ElectionAge&) const = default;
};

// What an election asks of its surroundings and tells them.
class ElectionClient {
 public:
  virtual void broadcast_vote(const Vote& vote) = 0;
  virtual void send_no_vote(ClusterNodeId to, const Vote& vote) = 0;
  // CM-4.3.
  virtual ElectionAge election_age() const = 0;
  virtual std::size_t active_members() const = 0;
  virtual bool is_active(ClusterNodeId node) const = 0;
  // (Re)starts and stops the vote timer; on_timeout() is to be called when it fires.
  virtual void start_vote_timer() = 0;
  virtual void stop_vote_timer() = 0;
  // A line in the log; `warning`: else info.
  virtual void log_election(bool warning, std::string_view text) = 0;

 protected:
  ~ElectionClient() = default;
};

enum class ElectionResult : std::uint8_t {
  kNothing,   // ignored or recorded
  kWinRound,  // we would win: vote ourselves (CM-4.5)
  kLost,      // we are out (CM-4.5)
};

class Election {
 public:
  Election(ElectionClient& client, ClusterNodeId self, std::string own_name, std::string feature_set)
      : client_(client), self_(self), own_name_(std::move(own_name)), feature_set_(std::move(feature_set)) {}

  // CM-4.2. Does nothing when this node is not active.
  void start_round();
  // A vote or no-vote arrived (CM-4.4). `eligible`: this node may win.
  ElectionResult count(ClusterNodeId sender, std::string_view sender_name, std::string_view sender_feature_set,
                       bool no_vote, const Vote& vote, bool eligible, Time now);
  // True when every active member has voted for us (CM-4.6). Ends the round.
  bool check_won();
  // The vote timer has fired: we are the winner (CM-4.6). False when no round was going on.
  bool on_timeout();
  // CM-4.8.
  void forget_voter(ClusterNodeId node, bool was_leader);
  // Ends the round without result.
  void reset();
  bool in_progress() const { return in_progress_; }
  std::uint32_t round() const { return round_; }

 private:
  enum class Verdict : std::uint8_t { kIgnore, kRecord, kWin, kLose };
  struct Judgement {
    Verdict verdict;
    std::string_view reason;
  };
  Judgement judge(ClusterNodeId sender, std::string_view sender_name, std::string_view sender_feature_set, bool no_vote,
                  const Vote& vote, bool eligible);
  Judgement compare(std::string_view sender_name, std::string_view sender_feature_set, const Vote& vote) const;
  ElectionResult lose(ClusterNodeId sender, const Vote& vote, Time now);
  ElectionResult win(std::string_view sender_name, const Vote& vote, Time now);
  void note_win(Time now);
  void log_outcome(std::string_view outcome, std::string_view sender_name, const Vote& vote, std::string_view reason);

  ElectionClient& client_;
  ClusterNodeId self_;
  std::string own_name_;
  std::string feature_set_;
  std::uint32_t round_ = 0;
  bool in_progress_ = false;
  std::map<ClusterNodeId, bool> votes_;
  bool has_lost_ = false;
  Time last_loss_;
  Time storm_window_;     // its beginning
  std::size_t wins_ = 0;  // in the window
};

// CM-1.4: negative, 0, positive; component by component.
int compare_feature_sets(std::string_view a, std::string_view b);
// CM-1.4: may a joiner with `joiner` join a DC with `dc`?
bool feature_sets_compatible(std::string_view dc, std::string_view joiner);

}  // namespace simcluster::controller
