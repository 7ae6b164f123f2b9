// Messages between controllers (CM A.2), as structs and as bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/controller/throttle.h"
#include "engine/executor/operation.h"

namespace simcluster::controller {

// crm_task.
enum class Task : std::uint8_t {
  kNoop,
  kHello,
  kJoinAnnounce,
  kJoinOffer,
  kJoinRequest,
  kJoinAckNack,
  kJoinConfirm,
  kVote,
  kNoVote,
  kShutdownRequest,  // ask to leave
  kDoShutdown,       // permission to leave
  kLrmInvoke,
  kDirectAck,  // result of an operation that is not recorded
  kLrmDelete,
  kClearFailcount,
  kThrottle,
  kPing,        // how are you?
  kPingAnswer,  // the number of the question and a state
};
inline constexpr std::uint8_t kTaskCount = 18;
// "join_offer" (CM A.2).
std::string_view task_name(Task task);

struct Vote {
  std::uint32_t owner = 0;
  std::uint32_t round = 0;
  std::int64_t age_seconds = 0;
  std::int64_t age_microseconds = 0;
};

// Attributes of the root of a CIB (CM-5.5).
struct Generation {
  std::int64_t admin_epoch = -1;
  std::int64_t epoch = -1;
  std::int64_t num_updates = -1;
  std::string schema;

  bool known() const { return epoch >= 0; }
  // Lexicographic by the three numbers.
  bool newer_than(const Generation& other) const;
  bool same_version(const Generation& other) const;
};

struct Join {
  std::uint32_t id = 0;
  bool flag = false;  // offer: the DC is leaving; ack: admitted
  Generation generation;
  std::vector<std::byte> history;  // an encoded `lrm` element (confirm)
};

// What the DC wants of an executor (CM-7.15).
struct LrmRequest {
  enum class Kind : std::uint8_t { kExecute, kCancel, kDelete, kRefresh };
  Kind kind = Kind::kExecute;
  std::string resource;
  executor::AgentName agent;
  std::string action;
  Duration interval;
  Duration timeout;
  Duration start_delay;
  executor::Parameters parameters;
  std::string operation_key;
  std::string transition_key;
  std::string on_fail;
  std::string shutdown_lock;  // seconds since 1970 as text; empty: none (CM-8.20)
};

// Result of an operation that leaves no history (CM-8.1, CM-8.12).
struct DirectAck {
  std::string resource;
  std::string operation_key;
  std::string transition_key;
  int status = 0;
  int rc = 0;
};

// How loaded a node is, and how many actions it may have in flight (CM-7.13).
struct Throttle {
  ThrottleMode mode = ThrottleMode::kNone;
  std::uint32_t most_jobs = 0;
};

struct Message {
  Task task = Task::kNoop;
  // Envelope. The group tells the sender's node; the name is what it calls itself.
  ClusterNodeId from;
  std::string from_name;
  std::string feature_set;
  bool from_dc = false;
  bool to_dc = false;
  ClusterNodeId to;  // none: everybody

  // Payload, by task.
  Vote vote;
  Join join;
  LrmRequest lrm;
  DirectAck ack;
  Throttle throttle;
  std::string text;  // resource of kLrmDelete and kClearFailcount, number of kPing, reason of others
};

std::vector<std::byte> encode(const Message& message);
// Nothing when the bytes are not a message.
std::optional<Message> decode(std::span<const std::byte> bytes);

}  // namespace simcluster::controller
