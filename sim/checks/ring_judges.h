// The judges over rings and quorum: what M 5.18 promises of configurations, for every run.
//
// A ring on 127.0.0.1 (Corosync up to 2 after the loss of the own address) is left out: nodes that share an identity
// there break these promises by design (IF-4, IF-5).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/checks/judge.h"

namespace simcluster::sim {

// The ring of a membership change is one on 127.0.0.1.
bool on_loopback(const TraceEvent& event);

// Since when the groups of nodes that hear each other have been what they are.
class Calm {
 public:
  void look(const Truth& truth, Time now);
  // Something has changed; nothing is known until the next look.
  void forget() { groups_.reset(); }
  // None: the network is in between.
  const std::optional<std::vector<std::vector<NodeIndex>>>& groups() const { return groups_; }
  // In the future while nodes may still be finding out what their ways carry.
  Time since() const { return since_; }

 private:
  std::optional<std::vector<std::vector<NodeIndex>>> groups_;
  Time ways_known_from_;
  Time since_;
};

// One ring id means one list of members everywhere, with the node itself in it (EVS-1, EVS-2); a node's ring sequences
// grow, across its restarts, too (EVS-3); the ring is named after a member, from Corosync 3 on the one with the lowest
// id (EVS-15).
class RingAgreement final : public Judge {
 public:
  std::string_view name() const override { return "ring-agreement"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;

 private:
  struct Ring {
    std::string members;
    NodeIndex first;
  };
  // The daemon hands its sequence to the disk and goes on (SRP-2.2): what a power cut overtakes is not there any more.
  static void forget_unwritten(std::vector<std::pair<Time, std::int64_t>>& sequences, Time now);

  std::map<std::string, Ring> rings_;
  std::map<NodeIndex, std::vector<std::pair<Time, std::int64_t>>> sequences_;  // of the rings a node was in
};

// Who stays, who leaves and who joins add up: the transitional members are old and new members, the others of the old
// ones have left, the others of the new ones have joined (EVS-4).
class ConfigurationChange final : public Judge {
 public:
  std::string_view name() const override { return "configuration-change"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;

 private:
  std::map<NodeIndex, std::vector<std::uint32_t>> members_;
};

// Never two quorate partitions without a common member, unless the configuration asks for it.
class QuorumOverlap final : public Judge {
 public:
  explicit QuorumOverlap(bool allowed) : allowed_(allowed) {}
  std::string_view name() const override { return "quorum-overlap"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;

 private:
  bool allowed_;
  std::map<NodeIndex, std::vector<std::uint32_t>> quorate_;  // nodes that believe so, and their partitions
};

// Nodes that hear each other and nobody else are one ring of exactly these, at most `bound` after the network has come
// to rest (EVS-11, EVS-12).
class Reformation final : public Judge {
 public:
  explicit Reformation(Duration bound) : bound_(bound) {}
  std::string_view name() const override { return "reformation"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_settled(const Truth& truth, Time now) override;
  void on_end(const Truth& truth, Time now) override;

 private:
  struct View {
    std::uint32_t self = 0;
    std::string ring;
    std::vector<std::uint32_t> members;
  };
  // Once per calm: everything must be as it has to be, from the end of the bound to `now`.
  void judge(const Truth& truth, Time now);
  std::string trouble(const Truth& truth, const std::vector<NodeIndex>& group) const;

  Duration bound_;
  Calm calm_;
  bool told_ = false;
  std::map<NodeIndex, View> views_;
};

}  // namespace simcluster::sim
