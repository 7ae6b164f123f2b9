// Actions and the relations between them (S5 chapters B and F): dense ids in the order of creation, which is visible in
// every output, and one hash lookup to find or make an action.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/intern.h"
#include "engine/scheduler/ids.h"
#include "engine/scheduler/key_index.h"
#include "engine/scheduler/operation.h"
#include "engine/scheduler/pairs.h"
#include "engine/scheduler/roles.h"
#include "engine/scheduler/scores.h"
#include "engine/scheduler/task.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;
struct Node;

// Flags of a relation or of an ordering (S0 GU-3.2, S5 F-1). kIfRequiredOnSameNode and kLoad are special only when they
// are the only flag: compare for equality.
using RelationFlags = std::uint32_t;
namespace relation {
inline constexpr RelationFlags kNone = 0;
inline constexpr RelationFlags kOrdered = 1U << 0;                    // o
inline constexpr RelationFlags kFirstImpliesThen = 1U << 1;           // f2t
inline constexpr RelationFlags kThenImpliesFirst = 1U << 2;           // t2f
inline constexpr RelationFlags kPromotedThenImpliesFirst = 1U << 3;   // p
inline constexpr RelationFlags kUnrunnableFirstBlocks = 1U << 4;      // u
inline constexpr RelationFlags kMinRunnable = 1U << 5;                // min
inline constexpr RelationFlags kRestart = 1U << 6;                    // r
inline constexpr RelationFlags kFirstImpliesThenGraphed = 1U << 7;    // fg
inline constexpr RelationFlags kThenImpliesFirstGraphed = 1U << 8;    // tg
inline constexpr RelationFlags kGuestAllowed = 1U << 9;               // g
inline constexpr RelationFlags kIfOnSameNode = 1U << 10;              // sn
inline constexpr RelationFlags kIfRequiredOnSameNode = 1U << 11;      // ifreq
inline constexpr RelationFlags kLoad = 1U << 12;                      // load: if on same node or target
inline constexpr RelationFlags kNestedProbe = 1U << 13;               // n
inline constexpr RelationFlags kThenCancelsFirst = 1U << 14;          // c
inline constexpr RelationFlags kAsymmetric = 1U << 15;                // a
inline constexpr RelationFlags kSerialize = 1U << 16;                 // s
inline constexpr RelationFlags kMigratableThen = 1U << 17;            // m: first needs a runnable, migratable then
inline constexpr RelationFlags kUnmigratableThenReal = 1U << 18;      // e: unrunnable first makes then a real action
inline constexpr RelationFlags kIfFirstUnmigratable = 1U << 19;       // x
inline constexpr RelationFlags kFirstImpliesSameNodeThen = 1U << 20;  // here
}  // namespace relation

using ActionFlags = std::uint32_t;
namespace action_flag {
inline constexpr ActionFlags kPseudo = 1U << 0;
inline constexpr ActionFlags kRunnable = 1U << 1;
inline constexpr ActionFlags kOptional = 1U << 2;
inline constexpr ActionFlags kAlways = 1U << 3;      // in the graph even if optional
inline constexpr ActionFlags kAttributes = 1U << 4;  // operation parameters were evaluated
inline constexpr ActionFlags kMigratable = 1U << 5;
inline constexpr ActionFlags kGraphed = 1U << 6;
inline constexpr ActionFlags kMigrationAbort = 1U << 7;  // stop of a dangling migration
inline constexpr ActionFlags kReschedule = 1U << 8;
inline constexpr ActionFlags kLoop = 1U << 9;
inline constexpr ActionFlags kDeduplicated = 1U << 10;
inline constexpr ActionFlags kOnDc = 1U << 11;
}  // namespace action_flag

// One side of a relation: in the `before` list of the then-action, or in the `after` list of the first action.
struct Relation {
  ActionId action;  // the other one
  RelationFlags flags = relation::kNone;
  RelationId next;  // older; lists are newest first (S5 A-1)
  bool graphed = false;
};

// What walks over actions look at fills one cache line: with thousands of resources most of the time is waiting for
// memory.
struct alignas(64) Action {
  ActionId self;
  ResourceId resource;
  NodeId node;
  ActionFlags flags = 0;
  std::uint32_t interval = 0;  // milliseconds
  Symbol key_task;             // the text between resource id and interval in the key, e.g. "pre_notify_start"
  RelationId before;           // newest
  RelationId after;            // newest
  ActionId next_same_key;      // newer one with the same resource and key
  ActionId older_same_task;    // older one with the same resource and task
  OperationId operation;       // configured definition, may be none
  Score priority = 0;
  int required_before = 0;
  int runnable_before = 0;
  NodeId meta_node;  // node at creation, for which meta-attributes are evaluated
  Task task = Task::kUnspecified;
  Task cancel_task = Task::kUnspecified;  // S5 D-14
  Needs needs = Needs::kNothing;
  bool meta_complete = false;
  std::string_view task_text;  // as printed
  std::string_view cancel_task_text;
  std::string_view key_text;  // key_task as it was first written
  std::string_view name;      // key of an action without resource
  std::string_view reason;    // empty: none
  Pairs meta;                 // values set on the action itself; the definition's are added by action_meta() on demand

  bool has(ActionFlags f) const { return (flags & f) != 0; }
  bool optional() const { return has(action_flag::kOptional); }
  bool required() const { return !optional(); }
  bool runnable() const { return has(action_flag::kRunnable); }
  bool pseudo() const { return has(action_flag::kPseudo); }
};

// All actions and relations of one run.
class ActionTable {
 public:
  ActionTable();

  std::size_t size() const { return size_; }
  // References stay valid as long as the table.
  Action& operator[](ActionId id) { return blocks_[id.index() / kBlock][id.index() % kBlock]; }
  const Action& operator[](ActionId id) const { return blocks_[id.index() / kBlock][id.index() % kBlock]; }
  Relation& relation(RelationId id) { return relations_[id.index()]; }
  const Relation& relation(RelationId id) const { return relations_[id.index()]; }

  // The oldest action with this key; follow next_same_key for newer ones. `resource` none: actions without resource.
  ActionId oldest(ResourceId resource, Symbol key_task, std::uint32_t interval) const;

  // The newest action of a resource with this task; follow older_same_task.
  ActionId newest(ResourceId resource, Task task) const;
  // Changes the task (S5 D-14 only) and its chain.
  void change_task(ActionId action, Task task);

  // Interns the part of a key between resource id and interval. Keys compare without case (S5 A-7).
  Symbol key_task(std::string_view text);
  Symbol key_task(Task task) const { return known_tasks_[static_cast<std::size_t>(task)]; }
  Symbol find_key_task(std::string_view text) const;
  std::string_view key_task_text(Symbol symbol) const { return key_tasks_.text(symbol); }

  // Raw creation: gives the id and links the key index. Use request_action() and friends.
  Action& add(ResourceId resource, Symbol key_task, std::uint32_t interval, Task task);
  // S5 F-2. False when nothing was added.
  bool relate(ActionId first, ActionId then, RelationFlags flags);

 private:
  struct Chain {
    ActionId oldest;
    ActionId newest;
  };
  static constexpr std::size_t kBlock = 64;

  std::vector<std::unique_ptr<Action[]>> blocks_;
  std::size_t size_ = 0;
  std::vector<Relation> relations_;
  StringPool key_tasks_;
  std::array<Symbol, kTaskCount> known_tasks_;
  KeyIndex<Chain> by_key_;
  KeyIndex<ActionId> by_task_;
  KeyIndex<RelationFlags> related_;  // (first, then) to the flags ever added
};

// --- finding and making actions (S5 B.2, B.3) ---

// The key of an action as text: RSC_TASK_INTERVAL, or the name of one without resource (S5 A-3).
std::string_view action_key(Model& model, const Action& action);
// The same, appended.
void append_action_key(const Model& model, const Action& action, std::string& out);
// S5 B-3: finds by key and node, else creates; applies the optional request and recomputes whether it can run.
Action& request_action(Model& model, ResourceId resource, std::string_view task, std::uint32_t interval, NodeId node,
                       bool optional);
Action& request_action(Model& model, ResourceId resource, Task task, NodeId node, bool optional);
// The same for a notification key RSC_TYPE_notify_OPERATION_0; task is notify or notified (S5 A-4).
Action& request_notification(Model& model, ResourceId resource, std::string_view type, std::string_view operation,
                             Task task, NodeId node, bool optional);
// S5 B-4: an action without resource, by name; optional, runnable pseudo-action when new.
Action& request_pseudo(Model& model, std::string_view name);
// An action without resource and its own task: stonith, do_shutdown, maintenance_nodes.
Action& request_cluster_action(Model& model, std::string_view name, Task task, NodeId node, bool optional);
// S5 B-13: pseudo-action of a group, clone or bundle.
Action& request_collective(Model& model, ResourceId resource, Task task, bool optional, bool runnable);
// S5 F.3: load_stopped_NODE, required, with its node.
Action& request_load_stopped(Model& model, NodeId node);

// S5 B-5 `first(list, task, node)`: the newest action of the resource with that task; with a node only one on it.
ActionId newest_action(const Model& model, const Resource& resource, Task task, NodeId node = NodeId());
ActionId newest_action(const Model& model, const Resource& resource, std::string_view task_text, NodeId node);
// S5 B-5 `all(list, key, node)`, oldest first. Gives node-less actions the node when one is asked for.
void all_actions(Model& model, ResourceId resource, std::string_view task, std::uint32_t interval, NodeId node,
                 std::vector<ActionId>& out);
void all_actions(Model& model, ResourceId resource, Task task, NodeId node, std::vector<ActionId>& out);
// S5 B-5 `all-exact`: only actions on exactly that node, oldest first.
void all_exact_actions(const Model& model, ResourceId resource, std::string_view task, std::uint32_t interval,
                       NodeId node, std::vector<ActionId>& out);

// S5 B-8: all meta-attributes of an action; what was set on it wins over its definition.
Pairs& action_meta(Model& model, Action& action);
// S5 B-12.
void set_reason(Action& action, std::string_view reason, bool overwrite);
// S5 D-14: makes the recurring action a cancellation.
Action& request_cancel(Model& model, ResourceId resource, std::string_view task, std::uint32_t interval, NodeId node);
// S5 D-15: from history, with its call id, after any stop of the resource.
Action& schedule_cancel(Model& model, ResourceId resource, std::string_view task, std::uint32_t interval, NodeId node,
                        int call_id);

// Fencing actions are in fencing.h, clearing of fail counts in failcount.h.

}  // namespace simcluster::scheduler
