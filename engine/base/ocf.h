// How an operation ended: the exit status of the agent, and the execution status that the cluster puts beside it.
#pragma once

#include <cstdint>

namespace simcluster {

// Exit status of an OCF agent (AT-1.4, S2 V-1.3), attribute `rc-code` in the history.
inline constexpr int kOcfSuccess = 0;
inline constexpr int kOcfErrGeneric = 1;
inline constexpr int kOcfErrArgs = 2;
inline constexpr int kOcfErrUnimplemented = 3;
inline constexpr int kOcfErrPerm = 4;
inline constexpr int kOcfErrInstalled = 5;
inline constexpr int kOcfErrConfigured = 6;
inline constexpr int kOcfNotRunning = 7;
inline constexpr int kOcfRunningPromoted = 8;
inline constexpr int kOcfFailedPromoted = 9;
inline constexpr int kOcfDegraded = 190;
inline constexpr int kOcfDegradedPromoted = 191;
inline constexpr int kOcfUnknown = 193;  // what a pending operation has

// Execution status, attribute `op-status` in the history (S2 V-1.2, CM-8.19).
enum class ExecStatus : std::int8_t {
  kPending = -1,
  kDone = 0,
  kCancelled = 1,
  kTimedOut = 2,
  kNotSupported = 3,
  kError = 4,
  kHardError = 5,
  kFatalError = 6,
  kNotInstalled = 7,
  kNotConnected = 8,
  kInvalid = 9,
  kNoFenceDevice = 10,
  kNoSecrets = 11,
};

}  // namespace simcluster
