// The seam for explanations: what changed the score of a node for a resource, and why, in the order decided.
//
// Scores are changed through add_to_score() and set_score() below, or under a TableWatch. With a recorder they also
// write a record of that very change, so that an explanation cannot disagree with the decision. Without one
// (Model::recorder is null) each costs one test of a pointer.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/scheduler/ids.h"
#include "engine/scheduler/node_table.h"
#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

struct Node;
struct Resource;

// Why a score changes.
enum class ScoreReason : std::uint8_t {
  kUnknown,
  kNodeScore,           // base score of the node (S3)
  kDefault,             // symmetric-cluster (S3)
  kLocation,            // id: constraint or rule
  kHealth,              // id: the strategy (S3)
  kGroupLocation,       // a member of a collocated group takes part with 0 (S3)
  kStickiness,          // S3
  kFailureThreshold,    // S3
  kExclusiveDiscovery,  // S3
  kShutdownLock,        // S3
  kRemoved,             // in the history, not in the configuration
  kMaskedProbe,         // S2 E-11.8
  kNotInstalled,        // S2 E-11.11
  kHardError,
  kFatalError,
  kFailedStop,  // S2 E-11.15
  kStoppedByFailure,
  kOnFailBan,       // S2
  kUnmanaged,       // stays where it is active (S2)
  kMultiplyActive,  // multiple-active=stop_only
  kTicket,          // id: constraint
  kUndone,          // a colocation would leave no node, so it does not count (S3)
  kColocation,      // with `other`, as dependent (S3)
  kDependents,      // what `other`, which follows, prefers (S3 ); `via`: over the colocations of this one
  kConnectionPin,   // only the node behind its own connection (S3)
  kNoRemoteNodes,   // connections and fence devices stay on cluster nodes
  kWantedStopped,   // next role is Stopped (S3)
  kUtilization,     // id: what is needed and left (S3)
  kCollective,      // the clone or bundle has no room there (S4 CR-3.4)
  kInstanceLimit,   // all instances wanted are placed (S4 CR-3.11)
  kPromotion,       // promotion score (S4 CR-5.1, CR-5.12)
  kBundleNode,      // what belongs to bundle nodes (S4 CR-10.27, CR-10.41)
};

// Values of Reason::id for kCollective.
namespace collective_obstacle {
inline constexpr std::string_view kRemoved = "removed";
inline constexpr std::string_view kUnavailable = "unavailable";
inline constexpr std::string_view kBanned = "banned";
inline constexpr std::string_view kFull = "full";
}  // namespace collective_obstacle

// A reason with what identifies it. Texts are borrowed like those of the model.
struct Reason {
  ScoreReason what = ScoreReason::kUnknown;
  std::string_view id = {};
  ResourceId other = {};
  ResourceId via = {};
  HistoryId history = {};
};

// One change of one resource's score on one node.
struct ScoreRecord {
  ResourceId resource;
  NodeId node;
  Reason reason;
  Score score = 0;  // what was added, or the new value when `replaces`
  Score before = 0;
  Score after = 0;
  bool replaces = false;             // the old value, or its absence, did not count
  std::uint32_t undone_at = kNever;  // tentative; from this record on it does not count any more

  static constexpr std::uint32_t kNever = 0xffffffff;
  // Whether it counts for somebody who looked when `count` records existed.
  bool counts(std::size_t index, std::size_t count) const { return index < count && count <= undone_at; }
};

// How a primitive's node was found.
enum class DecisionKind : std::uint8_t {
  kNowhere,       // no node is left
  kHighestScore,  // better than all others
  kFewest,        // equal scores: fewest resources placed so far (S3)
  kCapacity,      // equal scores: most capacity left
  kCurrent,       // equal scores: it is there already
  kName,          // equal scores: first by name
  kPreferred,     // its clone, bundle or migration asked for this node
  kUnmanaged,     // left alone where it is
  kStopAll,       // stop-all-resources
};

// A node as it was at the decision.
struct NodeVerdict {
  NodeId node;
  bool allowed = false;  // in the table at all
  Score score = 0;
  bool online = false;
  bool shutdown = false;
  bool unclean = false;
  bool pending = false;
  bool standby = false;
  bool maintenance = false;
  int assigned = 0;  // resources placed there before
};

struct Decision {
  ResourceId resource;
  NodeId chosen;  // none: stays or becomes stopped
  DecisionKind kind = DecisionKind::kNowhere;
  NodeId runner_up;                // the node that lost the tie
  std::size_t records = 0;         // how many records existed then
  std::vector<NodeVerdict> nodes;  // in name order
  bool undone = false;             // tentative
};

// One action's flag was cleared because of another action (S5 G-18).
struct ActionCause {
  ActionId action;
  ActionId because;
  bool required = false;  // else: it cannot run
};

// A configured ordering, for the names of causes.
struct OrderingName {
  std::string_view id;
  ResourceId first;
  ResourceId then;
};

// A moment at which -s prints the scores of a resource.
struct ScoreSnapshot {
  ResourceId resource;
  std::string_view label;
  std::size_t records = 0;
};

class Recorder {
 public:
  Reason reason;  // of the changes that follow; set by Because
  // While preferences are merged: whose table the result is for, none: nobody's.
  ResourceId merge_target;

  std::vector<ScoreRecord> records;
  std::vector<Decision> decisions;
  std::vector<ActionCause> causes;
  std::vector<OrderingName> orderings;
  std::vector<ScoreSnapshot> snapshots;
  std::vector<ResourceId> redefined;  // whose parameters are others than those of their history (S2 U-18)

  void added(ResourceId resource, NodeId node, Score score, Score before, Score after) {
    records.push_back({resource, node, reason, score, before, after, false, ScoreRecord::kNever});
  }
  void replaced(ResourceId resource, NodeId node, Score before, Score after) {
    records.push_back({resource, node, reason, after, before, after, true, ScoreRecord::kNever});
  }
  // `label` outlives the recorder.
  void note_scores(const Resource& resource, std::string_view label);
  // All that was recorded about these resources since `mark` records and `decision_mark` decisions was tentative.
  void undo(const std::vector<ResourceId>& resources, std::size_t mark, std::size_t decision_mark);
};

// Names the reason of changes until the end of the block.
class Because {
 public:
  Because(Recorder* recorder, const Reason& reason) : recorder_(recorder) {
    if (recorder_ != nullptr) saved_ = std::exchange(recorder_->reason, reason);
  }
  ~Because() {
    if (recorder_ != nullptr) recorder_->reason = saved_;
  }
  Because(const Because&) = delete;
  Because& operator=(const Because&) = delete;

 private:
  Recorder* recorder_;
  Reason saved_;
};

// Records the difference that a block makes to a resource's table, under the reason of the moment of its end.
class TableWatch {
 public:
  TableWatch(Recorder* recorder, ResourceId resource, const NodeTable& table);
  ~TableWatch();
  TableWatch(const TableWatch&) = delete;
  TableWatch& operator=(const TableWatch&) = delete;

 private:
  Recorder* recorder_;
  ResourceId resource_;
  const NodeTable& table_;
  NodeTable before_;
};

// S3 applied to one entry of a resource's table.
inline void add_to_score(Recorder* recorder, ResourceId resource, NodeId node, NodeEntry& entry, Score score) {
  const Score before = entry.score;
  entry.score = add_scores(before, score);
  if (recorder != nullptr) recorder->added(resource, node, score, before, entry.score);
}

inline void set_score(Recorder* recorder, ResourceId resource, NodeId node, NodeEntry& entry, Score score) {
  if (recorder != nullptr && entry.score != score) recorder->replaced(resource, node, entry.score, score);
  entry.score = score;
}

// A node came into the table with this score.
inline void record_new_entry(Recorder* recorder, ResourceId resource, NodeId node, Score score) {
  if (recorder != nullptr) recorder->replaced(resource, node, 0, score);
}

// How the node looks now.
NodeVerdict verdict_on(const Node& node, const NodeTable& table);

}  // namespace simcluster::scheduler
