// The main routing table (AT-2.4).
#pragma once

#include <string>
#include <vector>

#include "engine/base/address.h"
#include "sim/kernel/interface.h"

namespace simcluster::sim {

enum class RouteOrigin : std::uint8_t { kKernel, kStatic };

struct Route {
  IpAddress destination;  // unspecified: default
  int prefix_length = 0;
  IpAddress::Family family = IpAddress::Family::kV4;
  IpAddress via;      // unspecified: on the link
  int interface = 0;  // index
  Scope scope = Scope::kGlobal;
  IpAddress source;  // unspecified: none
  int metric = 0;
  RouteOrigin origin = RouteOrigin::kStatic;

  bool matches(const IpAddress& address) const;
};

class RouteTable {
 public:
  // kExists for a route with the same destination, metric, interface and gateway.
  NetError add(const Route& route);
  // Removes the first route that equals in destination, prefix, metric, interface and gateway.
  NetError remove(const Route& route);
  void remove_interface(int interface);
  void clear() { routes_.clear(); }
  // Longest prefix, then lowest metric, then first inserted; nullptr when there is none.
  const Route* lookup(const IpAddress& address) const;
  // In the order in which ip lists them: by insertion.
  const std::vector<Route>& all() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace simcluster::sim
