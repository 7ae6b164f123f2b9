// Network interfaces and their addresses, as the kernel keeps them (AT-2.2, AT-2.3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "sim/network/network.h"

namespace simcluster::sim {

// What a change of interfaces, addresses or routes answers; texts: net_error_text.
enum class NetError : std::uint8_t {
  kNone,
  kNoDevice,     // no such interface
  kExists,       // the address or route is there already
  kNoAddress,    // no such address
  kNoRoute,      // no such route
  kNetworkDown,  // the interface is down
  kUnreachable,  // no way to the destination
  kInvalid,
};

enum class InterfaceKind : std::uint8_t { kLoopback, kEther, kBond };
enum class Scope : std::uint8_t { kGlobal, kLink, kHost };
enum class OperState : std::uint8_t { kUnknown, kUp, kDown, kLowerLayerDown };

struct InterfaceAddress {
  IpAddress address;
  int prefix_length = 32;
  IpAddress broadcast;  // unspecified: none
  Scope scope = Scope::kGlobal;
  std::string label;  // IPv4: the interface's name when no other was given
  bool secondary = false;
  bool no_prefix_route = false;
  bool route_managed = false;  // NetworkManager keeps the connected route, not the kernel (M NM-5)
};

struct InterfaceCounters {
  std::uint64_t rx_packets = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t rx_multicast = 0;
  std::uint64_t tx_carrier_errors = 0;
};

struct Interface {
  int index = 0;  // 1 is lo, then in the order of creation
  std::string name;
  InterfaceKind kind = InterfaceKind::kEther;
  MacAddress mac;
  MacAddress permanent_mac;
  int mtu = 1500;
  bool up = false;
  bool was_up = false;  // ever: until then ip shows qdisc noop
  bool carrier = false;
  PortId port;              // ether only
  int master = 0;           // index of the bond; 0: none
  std::vector<int> slaves;  // of a bond
  int active_slave = 0;     // of a bond; 0: none has a carrier
  std::vector<InterfaceAddress> addresses;
  InterfaceCounters counters;

  // Can carry traffic.
  bool running() const { return up && carrier; }
  OperState oper_state() const;
  const InterfaceAddress* find_address(const IpAddress& address) const;
};

// The words of RTNETLINK answers ("File exists", ...).
std::string_view net_error_text(NetError error);

}  // namespace simcluster::sim
