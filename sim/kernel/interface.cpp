#include "sim/kernel/interface.h"

namespace simcluster::sim {

OperState Interface::oper_state() const {
  if (kind == InterfaceKind::kLoopback) return OperState::kUnknown;
  return running() ? OperState::kUp : OperState::kDown;
}

const InterfaceAddress* Interface::find_address(const IpAddress& address) const {
  for (const InterfaceAddress& a : addresses)
    if (a.address == address) return &a;
  return nullptr;
}

std::string_view net_error_text(NetError error) {
  switch (error) {
    case NetError::kNone:
      return "";
    case NetError::kNoDevice:
      return "No such device";
    case NetError::kExists:
      return "File exists";
    case NetError::kNoAddress:
      return "Cannot assign requested address";
    case NetError::kNoRoute:
      return "No such process";
    case NetError::kNetworkDown:
      return "Network is down";
    case NetError::kUnreachable:
      return "Network is unreachable";
    case NetError::kInvalid:
      return "Invalid argument";
  }
  return "";
}

}  // namespace simcluster::sim
