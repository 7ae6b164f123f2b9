// Results of requests to the daemon's services, with the numbers and names that the tools print.
#pragma once

#include <cstdint>
#include <string_view>

namespace simcluster::membership {

enum class CsError : std::uint8_t {
  kOk = 1,
  kLibrary = 2,
  kTryAgain = 6,
  kInvalidParam = 7,
  kBadHandle = 9,
  kBusy = 10,
  kAccess = 11,
  kNotExist = 12,
  kNameTooLong = 13,
  kExist = 14,
  kMessageError = 22,
  kNameNotFound = 27,
};

// "CS_ERR_NOT_EXIST".
constexpr std::string_view cs_error_name(CsError error) {
  switch (error) {
    case CsError::kOk:
      return "CS_OK";
    case CsError::kLibrary:
      return "CS_ERR_LIBRARY";
    case CsError::kTryAgain:
      return "CS_ERR_TRY_AGAIN";
    case CsError::kInvalidParam:
      return "CS_ERR_INVALID_PARAM";
    case CsError::kBadHandle:
      return "CS_ERR_BAD_HANDLE";
    case CsError::kBusy:
      return "CS_ERR_BUSY";
    case CsError::kAccess:
      return "CS_ERR_ACCESS";
    case CsError::kNotExist:
      return "CS_ERR_NOT_EXIST";
    case CsError::kNameTooLong:
      return "CS_ERR_NAME_TOO_LONG";
    case CsError::kExist:
      return "CS_ERR_EXIST";
    case CsError::kMessageError:
      return "CS_ERR_MESSAGE_ERROR";
    case CsError::kNameNotFound:
      return "CS_ERR_NAME_NOT_FOUND";
  }
  return "";
}

}  // namespace simcluster::membership
