// What the tools say when they end (AT part I).
#pragma once

#include <string_view>

namespace simcluster::commands::exit_status {

inline constexpr int kOk = 0;
inline constexpr int kError = 1;
inline constexpr int kUnimplemented = 3;
inline constexpr int kUsage = 64;
inline constexpr int kNoInput = 66;
inline constexpr int kUnavailable = 69;
inline constexpr int kSoftware = 70;
inline constexpr int kProtocol = 76;
inline constexpr int kConfiguration = 78;
inline constexpr int kDisconnected = 102;
inline constexpr int kOld = 103;
inline constexpr int kNoSuchObject = 105;
inline constexpr int kUnsafe = 107;
inline constexpr int kExists = 108;
inline constexpr int kMultiple = 109;
inline constexpr int kTimeout = 124;

}  // namespace simcluster::commands::exit_status
