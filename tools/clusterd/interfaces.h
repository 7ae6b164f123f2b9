// The machine's interfaces and addresses, and word of their changes (rtnetlink).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/error.h"
#include "tools/clusterd/event_loop.h"

namespace simcluster::clusterd {

struct LocalAddress {
  std::string interface;
  unsigned interface_index = 0;
  IpAddress address;
  int prefix_length = 0;
  bool up = false;  // the interface is administratively up
};

// All addresses of all interfaces, in the kernel's order.
std::vector<LocalAddress> list_addresses();

// The address that a link of `wanted` is bound to: itself where an interface has it, else the first that lies with it
// in one network under the interface's own netmask (M IF-2).
std::optional<LocalAddress> match_address(std::span<const LocalAddress> addresses, const IpAddress& wanted);

// Calls `changed` after interfaces or addresses have changed.
class InterfaceWatch {
 public:
  static Result<std::unique_ptr<InterfaceWatch>> start(EventLoop& loop, std::function<void()> changed);
  ~InterfaceWatch();
  InterfaceWatch(const InterfaceWatch&) = delete;
  InterfaceWatch& operator=(const InterfaceWatch&) = delete;

 private:
  InterfaceWatch(EventLoop& loop, FileDescriptor socket) : loop_(loop), socket_(std::move(socket)) {}
  EventLoop& loop_;
  FileDescriptor socket_;
};

}  // namespace simcluster::clusterd
