#include "engine/scheduler/history.h"

namespace simcluster::scheduler {

std::string_view exec_status_text(int status) {
  switch (status) {
    case -1:
      return "Pending";
    case 0:
      return "Done";
    case 1:
      return "Cancelled";
    case 2:
      return "Timed out";
    case 3:
      return "Unsupported";
    case 4:
      return "Error";
    case 5:
      return "Hard error";
    case 6:
      return "Fatal error";
    case 7:
      return "Not installed";
    case 8:
      return "Internal communication failure";
    case 9:
      return "Cannot execute now";
    case 10:
      return "No fence device";
    case 11:
      return "CIB secrets unavailable";
    default:
      return "Unrecognized status (bug?)";
  }
}

namespace {

struct ExitText {
  int code;
  std::string_view text;
};

constexpr ExitText kExitTexts[] = {
    {0, "OK"},
    {1, "Error occurred"},
    {2, "Invalid parameter"},
    {3, "Unimplemented"},
    {4, "Insufficient privileges"},
    {5, "Not installed"},
    {6, "Not configured"},
    {7, "Not running"},
    {8, "Promoted"},
    {9, "Failed in promoted role"},
    {64, "Incorrect usage"},
    {65, "Invalid data given"},
    {66, "Input file not available"},
    {67, "User does not exist"},
    {68, "Host does not exist"},
    {69, "Necessary service unavailable"},
    {70, "Internal software bug"},
    {71, "Operating system error occurred"},
    {72, "System file not available"},
    {73, "Cannot create output file"},
    {74, "I/O error occurred"},
    {75, "Temporary failure, try again"},
    {76, "Protocol violated"},
    {77, "Insufficient privileges"},
    {78, "Invalid configuration"},
    {100, "Fatal error occurred, will not respawn"},
    {101, "System panic required"},
    {102, "Not connected"},
    {103, "Update was older than existing configuration"},
    {104, "Digest mismatch"},
    {105, "No such object"},
    {106, "Quorum required"},
    {107, "Operation not safe"},
    {108, "Requested item already exists"},
    {109, "Multiple items match request"},
    {110, "Requested item has expired"},
    {111, "Requested item is not yet in effect"},
    {112, "Could not determine status"},
    {113, "Not applicable under current conditions"},
    {114, "DC is not yet elected"},
    {124, "Timeout occurred"},
    {190, "Service is active but might fail soon"},
    {191, "Service is promoted but might fail soon"},
    {193, "No exit status available"},
    {255, "Error occurred"},
};

}  // namespace

std::string_view exit_status_text(int rc) {
  for (const ExitText& entry : kExitTexts) {
    if (entry.code == rc) return entry.text;
  }
  return rc >= 129 && rc <= 254 ? "Interrupted by signal" : "Unknown exit status";
}

bool is_maskable_probe_failure(const HistoryEntry& entry) {
  return entry.is_probe() && (entry.rc == kOcfErrInstalled || entry.rc == kOcfErrArgs ||
                              entry.status == static_cast<int>(ExecStatus::kNotInstalled));
}

}  // namespace simcluster::scheduler
