// The controller's state machine as data: states, inputs, actions and the two tables of CM B.2.
#pragma once

#include <cstdint>
#include <string_view>

namespace simcluster::controller {

enum class State : std::uint8_t {
  kStarting,
  kPending,
  kElection,
  kIntegration,
  kFinalizeJoin,
  kPolicyEngine,
  kTransitionEngine,
  kIdle,
  kNotDc,
  kReleaseDc,
  kRecovery,
  kStopping,
  kTerminate,
};
inline constexpr std::size_t kStateCount = 13;

enum class Input : std::uint8_t {
  kNull,
  kDcTimeout,
  kElection,
  kPeCalc,
  kReleaseDc,
  kElectionDc,
  kError,
  kFail,
  kIntegrated,
  kFinalized,
  kNodeJoin,
  kNotDc,
  kReleaseSuccess,
  kTeSuccess,
  kRouter,
  kShutdown,
  kStop,
  kTerminate,
  kStartup,
  kPeSuccess,
  kJoinOffer,
  kJoinRequest,
  kJoinResult,
  kWaitForEvent,
  kPending,
};
inline constexpr std::size_t kInputCount = 25;

enum class Cause : std::uint8_t {
  kStartup,
  kIpcMessage,
  kHaMessage,
  kStatusCallback,
  kTimerPopped,
  kShutdown,
  kFsaInternal,
  kUnknown,
};

// In the order of priority (CM-2.3): of several actions the first is done first.
enum class Action : std::uint8_t {
  kError,
  kWarn,
  kLog,
  kExit1,
  kStartup,
  kCibStart,
  kHaConnect,
  kReadConfig,
  kLrmConnect,
  kTeStart,
  kPeStart,
  kDcTimerStop,
  kIntegrateTimerStop,
  kIntegrateTimerStart,
  kFinalizeTimerStop,
  kFinalizeTimerStart,
  kMsgRoute,
  kRecover,
  kClJoinResult,
  kClJoinRequest,
  kShutdownReq,
  kElectionVote,
  kElectionCount,
  kStarted,
  kClJoinQuery,
  kDcTimerStart,
  kDcTakeover,
  kDcRelease,
  kDcJoinFinal,
  kElectionCheck,
  kElectionStart,
  kDcJoinOfferAll,
  kDcJoinOfferOne,
  kDcJoinProcessReq,
  kDcJoinProcessAck,
  kDcJoinFinalize,
  kClJoinAnnounce,
  kTeHalt,
  kTeCancel,
  kPeInvoke,
  kTeInvoke,
  kDcReleased,
  kPeStop,
  kTeStop,
  kShutdown,
  kLrmDisconnect,
  kHaDisconnect,
  kCibStop,
  kStop,
  kExit0,
};
inline constexpr std::size_t kActionCount = 50;

// A set of actions; taking the first gives the order of CM-2.3.
struct ActionSet {
  std::uint64_t bits = 0;

  constexpr ActionSet() = default;
  constexpr ActionSet(Action action) : bits(std::uint64_t{1} << static_cast<unsigned>(action)) {}
  constexpr ActionSet operator|(ActionSet other) const { return from(bits | other.bits); }
  constexpr ActionSet without(ActionSet other) const { return from(bits & ~other.bits); }
  constexpr bool has(Action action) const { return (bits & ActionSet(action).bits) != 0; }
  constexpr bool empty() const { return bits == 0; }
  constexpr bool operator==(const ActionSet&) const = default;
  static constexpr ActionSet from(std::uint64_t bits) {
    ActionSet set;
    set.bits = bits;
    return set;
  }
};

// CM-2.2: what stopping takes off the pending set.
ActionSet startup_actions();

State next_state(Input input, State state);
ActionSet table_actions(Input input, State state);

// "S_IDLE", "I_PE_CALC", "C_FSA_INTERNAL".
std::string_view state_name(State state);
std::string_view input_name(Input input);
std::string_view cause_name(Cause cause);

}  // namespace simcluster::controller
