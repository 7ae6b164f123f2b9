// Reading and writing of CIB files for `replay` (S5 M-3, M-4; S1 chapter 1).
#pragma once

#include <optional>
#include <string>

#include "engine/base/error.h"
#include "engine/cib/document.h"
#include "tools/simcluster/replay_options.h"

namespace simcluster::tools {

// Exit codes of the cluster's tools.
namespace exit_status {
inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 64;
inline constexpr int kBadInput = 65;
inline constexpr int kCannotWrite = 74;
inline constexpr int kInvalidConfiguration = 78;
inline constexpr int kNotConnected = 102;
inline constexpr int kNoSuchFile = 105;
}  // namespace exit_status

// The whole file or, for an empty name, standard input.
Result<std::string> read_bytes(const std::string& file);
// False when the file cannot be written; errno tells why.
bool write_file(const std::string& file, const std::string& text);

// A CIB ready to be used, or what to say and with which status to leave.
struct Input {
  std::optional<cib::Document> document;  // of the newest schema
  std::string error;                      // for standard error, may be empty
  std::string notice;                     // for standard error although all is well
  int status = exit_status::kOk;
};
Input read_input(const std::string& program, const std::string& file);
// The same, but the document stays as the file has it.
Input read_input_as_is(const std::string& program, const std::string& file);

}  // namespace simcluster::tools
