#include "engine/executor/exit_codes.h"

#include <array>

namespace simcluster::executor {

namespace {

struct CodeText {
  int code;
  std::string_view old_text;
  std::string_view new_text;
};

constexpr std::array kCodeTexts = {
    CodeText{0, "ok", "ok"},
    CodeText{1, "unknown error", "error"},
    CodeText{2, "invalid parameter", "invalid parameter"},
    CodeText{3, "unimplemented feature", "unimplemented feature"},
    CodeText{4, "insufficient privileges", "insufficient privileges"},
    CodeText{5, "not installed", "not installed"},
    CodeText{6, "not configured", "not configured"},
    CodeText{7, "not running", "not running"},
    CodeText{8, "master", "promoted"},
    CodeText{9, "master (failed)", "promoted (failed)"},
    CodeText{190, "OCF_DEGRADED", "degraded"},
    CodeText{191, "OCF_DEGRADED_MASTER", "promoted (degraded)"},
    CodeText{193, "unknown", "pending"},
};

int from_lsb_status(int exit_code) {
  switch (exit_code) {
    case 0:
      return kOcfSuccess;
    case 1:
    case 2:
    case 3:
      return kOcfNotRunning;
    case 150:
      return kOcfErrInstalled;
    case 151:
      return kOcfErrPerm;
    default:
      return kOcfErrGeneric;
  }
}

}  // namespace

int to_ocf_exit_code(std::string_view standard, std::string_view action, int exit_code) {
  if (standard != "lsb" && standard != "service") return exit_code;
  if (action == "monitor" || action == "status") return from_lsb_status(exit_code);
  return exit_code >= 0 && exit_code <= 7 ? exit_code : kOcfErrGeneric;
}

std::string_view exit_code_text(int rc, const Profile& profile) {
  for (const CodeText& entry : kCodeTexts) {
    if (entry.code == rc) return profile.old_rc_texts ? entry.old_text : entry.new_text;
  }
  return "unknown";
}

std::string_view op_status_text(ExecStatus status, const Profile& profile) {
  const bool old = profile.old_rc_texts;
  switch (status) {
    case ExecStatus::kPending:
      return old ? "pending" : "Pending";
    case ExecStatus::kDone:
      return old ? "complete" : "Done";
    case ExecStatus::kCancelled:
      return "Cancelled";
    case ExecStatus::kTimedOut:
      return old ? "Timed Out" : "Timed out";
    case ExecStatus::kNotSupported:
      return old ? "NOT SUPPORTED" : "Unsupported";
    case ExecStatus::kError:
      return "Error";
    case ExecStatus::kHardError:
      return "Hard error";
    case ExecStatus::kFatalError:
      return "Fatal error";
    case ExecStatus::kNotInstalled:
      return "Not installed";
    case ExecStatus::kNotConnected:
      return "Internal communication failure";
    case ExecStatus::kInvalid:
      return "Cannot execute now";
    case ExecStatus::kNoFenceDevice:
      return "No fence device";
    case ExecStatus::kNoSecrets:
      return "CIB secrets unavailable";
  }
  return "unknown";
}

}  // namespace simcluster::executor
