// What happened, as data. Every room reports through Host::trace; the text log, the JSON lines, the story, the run
// history and the trace hash are all made from these events.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>

#include "engine/base/ids.h"
#include "engine/base/time.h"

namespace simcluster {

// kind, name in JSON and in scenario expectations, level: 0 always part of the story, 1 with --verbose,
// 2 with --verbose --verbose, 3 only in --trace files.
#define SIMCLUSTER_TRACE_KINDS(X)                                                        \
  X(kRunStart, "run.start", 1)                                                           \
  X(kRunEnd, "run.end", 1)                                                               \
  X(kScreen, "screen", 0) /* output of a tool */                                         \
  X(kNote, "note", 0)     /* the scenario's own words */                                 \
  X(kFault, "fault", 0)                                                                  \
  X(kOperator, "operator", 0) /* a command typed by someone */                           \
  X(kCheckViolation, "check.violation", 0)                                               \
  X(kLog, "log", 1) /* a daemon's or agent's log line */                                 \
  X(kNodeBoot, "node.boot", 0)                                                           \
  X(kNodeReset, "node.reset", 0)                                                         \
  X(kNodeCrash, "node.crash", 0)                                                         \
  X(kNodeStop, "node.stop", 0)                                                           \
  X(kProcessStart, "process.start", 2)                                                   \
  X(kProcessExit, "process.exit", 2)                                                     \
  X(kInterfaceUp, "interface.up", 0)                                                     \
  X(kInterfaceDown, "interface.down", 0)                                                 \
  X(kCarrierLost, "carrier.lost", 0)                                                     \
  X(kCarrierFound, "carrier.found", 0)                                                   \
  X(kAddressAdded, "address.added", 0)                                                   \
  X(kAddressRemoved, "address.removed", 0)                                               \
  X(kGratuitousArp, "arp.gratuitous", 1)                                                 \
  X(kStorageMounted, "storage.mounted", 1) /* a file system of a block device */         \
  X(kStorageUnmounted, "storage.unmounted", 1)                                           \
  X(kStorageDamaged, "storage.damaged", 0) /* ... was written by two machines at once */ \
  X(kProcRead, "proc.read", 3)             /* one step of reading a /proc file */        \
  X(kProcTruncated, "proc.truncated", 1)   /* a reader was cheated of lines */           \
  X(kFrameSent, "frame.sent", 3)                                                         \
  X(kFrameDropped, "frame.dropped", 2)                                                   \
  X(kFrameDelivered, "frame.delivered", 3)                                               \
  X(kTimer, "timer", 3)                                                                  \
  X(kMembershipState, "membership.state", 2)                                             \
  X(kMembershipChange, "membership.change", 0)                                           \
  X(kQuorum, "quorum", 0)                                                                \
  X(kGroupJoined, "group.joined", 2) /* a process is in its process group */             \
  X(kGroupLeft, "group.left", 2)                                                         \
  X(kMessageSent, "message.sent", 2)           /* ... gives it a message */              \
  X(kMessageDelivered, "message.delivered", 2) /* ... gets one, in total order */        \
  X(kElection, "election", 2)                                                            \
  X(kDcElected, "dc.elected", 0)                                                         \
  X(kControllerState, "controller.state", 1)                                             \
  X(kJoin, "join", 2)                                                                    \
  X(kCibUpdate, "cib.update", 2)                                                         \
  X(kAttribute, "attribute", 1)                                                          \
  X(kFailCount, "failcount", 0)                                                          \
  X(kTransitionStart, "transition.start", 0)                                             \
  X(kTransitionAbort, "transition.abort", 1)                                             \
  X(kTransitionEnd, "transition.end", 0)                                                 \
  X(kActionStart, "action.start", 1) /* the DC sends an action */                        \
  X(kActionEnd, "action.end", 1)                                                         \
  X(kOperationStart, "operation.start", 2) /* an executor runs an agent */               \
  X(kOperationEnd, "operation.end", 1)                                                   \
  X(kOperationFailed, "operation.failed", 0)                                             \
  X(kResourceStarted, "resource.started", 0)                                             \
  X(kResourceStopped, "resource.stopped", 0)                                             \
  X(kFencingRequest, "fencing.request", 0)                                               \
  X(kFencingResult, "fencing.result", 0)                                                 \
  X(kPing, "ping", 1)

enum class TraceKind : std::uint8_t {
#define SIMCLUSTER_TRACE_ENUM(kind, name, level) kind,
  SIMCLUSTER_TRACE_KINDS(SIMCLUSTER_TRACE_ENUM)
#undef SIMCLUSTER_TRACE_ENUM
};

inline constexpr std::size_t kTraceKindCount = 0
#define SIMCLUSTER_TRACE_ONE(kind, name, level) +1
    SIMCLUSTER_TRACE_KINDS(SIMCLUSTER_TRACE_ONE)
#undef SIMCLUSTER_TRACE_ONE
    ;

std::string_view trace_kind_name(TraceKind kind);
int trace_kind_level(TraceKind kind);
// Finds a kind by its name; returns false when there is none.
bool trace_kind_from_name(std::string_view name, TraceKind& kind);

// One named value of an event: a text or an integer. The text is borrowed for the duration of the call.
struct TraceField {
  std::string_view name;
  std::string_view text;
  std::int64_t number = 0;
  bool is_number = false;

  TraceField(std::string_view n, std::string_view t) : name(n), text(t) {}
  TraceField(std::string_view n, const char* t) : name(n), text(t) {}
  template <class T>
  requires std::is_integral_v<T> TraceField(std::string_view n, T value)
      : name(n), number(static_cast<std::int64_t>(value)), is_number(true) {}
};

// All views are borrowed: a sink that keeps an event copies it.
struct TraceEvent {
  Time at;
  NodeIndex node;  // none: the world
  TraceKind kind = TraceKind::kNote;
  std::span<const TraceField> fields;
};

class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void on_trace(const TraceEvent& event) = 0;
};

}  // namespace simcluster
