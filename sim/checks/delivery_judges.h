// The judges over what processes of a group send and get (kMessageSent, kMessageDelivered): extended virtual synchrony
// as M 5.18 states it. There is no judge of safe delivery, because Corosync has none: every message is delivered as
// agreed (DEV-5, EVS-8).
//
// A message is named SENDER/NUMBER; a sender is one life of one process and counts its messages from 1.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sim/checks/judge.h"
#include "sim/checks/ring_judges.h"

namespace simcluster::sim {

// Nothing is delivered that was not sent, nothing twice; a process gets all of its own messages, at the latest when the
// network has been at rest for `bound` (EVS-5).
class SelfDelivery final : public Judge {
 public:
  explicit SelfDelivery(Duration bound) : bound_(bound) {}
  std::string_view name() const override { return "self-delivery"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_settled(const Truth& truth, Time now) override { calm_.look(truth, now); }
  void on_end(const Truth& truth, Time now) override;

 private:
  struct Life {
    std::deque<std::pair<Time, std::string>> own;  // sent and not yet delivered here
    std::unordered_set<std::string> delivered;
  };
  void on_delivered(Life& life, const TraceEvent& event);

  Duration bound_;
  Calm calm_;
  std::unordered_set<std::string> sent_;
  std::map<NodeIndex, Life> lives_;
};

// There is one order of all messages with which every process agrees, and in which a message comes after those that its
// sender had got before (EVS-6, EVS-10).
class MessageOrder final : public Judge {
 public:
  std::string_view name() const override { return "message-order"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_end(const Truth& truth, Time now) override;

 private:
  std::uint32_t number_of(const std::string& message);

  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
  std::vector<std::vector<std::uint32_t>> followers_;  // at some process it came directly, or was sent, after
  std::map<NodeIndex, std::uint32_t> last_;            // delivered to the node's present life
};

// As long as receiver and sender go from ring to ring together, the receiver gets the sender's messages one by one
// (EVS-6); it gets none from nodes that are not in its ring (EVS-9).
class MessageGaps final : public Judge {
 public:
  std::string_view name() const override { return "message-gaps"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;

 private:
  struct Stream {
    std::uint32_t from = 0;
    std::uint64_t last = 0;
    bool parted = false;  // since then the two were not in one ring all the time
  };
  struct Life {
    std::map<std::string, Stream> streams;
    std::vector<std::uint32_t> members;
  };
  void on_delivered(const Truth& truth, Life& life, const TraceEvent& event);

  std::map<NodeIndex, Life> lives_;
};

// Those who go from one ring to the next together have got the same messages in between (EVS-7).
class VirtualSynchrony final : public Judge {
 public:
  std::string_view name() const override { return "virtual-synchrony"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;

 private:
  struct Life {
    bool joined = false;
    std::string ring;  // empty: none, or the process was not there from its beginning
    std::vector<std::string> delivered;
  };
  struct Step {
    NodeIndex node;
    std::uint32_t self = 0;
    std::vector<std::uint32_t> together;
    std::vector<std::string> delivered;  // sorted
  };
  void on_ring(const Truth& truth, Life& life, const TraceEvent& event);

  std::map<NodeIndex, Life> lives_;
  std::map<std::pair<std::string, std::string>, std::vector<Step>> steps_;
};

}  // namespace simcluster::sim
