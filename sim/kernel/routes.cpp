#include "sim/kernel/routes.h"

#include <algorithm>

namespace simcluster::sim {

namespace {

bool same(const Route& a, const Route& b) {
  return a.destination == b.destination && a.prefix_length == b.prefix_length && a.family == b.family &&
         a.metric == b.metric && a.interface == b.interface && a.via == b.via;
}

}  // namespace

bool Route::matches(const IpAddress& address) const {
  if (address.family != family) return false;
  if (family == IpAddress::Family::kV4 && prefix_length > 0 && prefix_length <= 32)
    return (address.v4_value() ^ destination.v4_value()) >> (32 - prefix_length) == 0;
  return !destination.specified() || address.network(prefix_length) == destination;
}

NetError RouteTable::add(const Route& route) {
  if (std::ranges::any_of(routes_, [&](const Route& r) { return same(r, route); })) return NetError::kExists;
  routes_.push_back(route);
  return NetError::kNone;
}

NetError RouteTable::remove(const Route& route) {
  const auto it = std::ranges::find_if(routes_, [&](const Route& r) { return same(r, route); });
  if (it == routes_.end()) return NetError::kNoRoute;
  routes_.erase(it);
  return NetError::kNone;
}

void RouteTable::remove_interface(int interface) {
  std::erase_if(routes_, [&](const Route& r) { return r.interface == interface; });
}

const Route* RouteTable::lookup(const IpAddress& address) const {
  const Route* best = nullptr;
  for (const Route& route : routes_) {
    if (!route.matches(address)) continue;
    if (best == nullptr || route.prefix_length > best->prefix_length ||
        (route.prefix_length == best->prefix_length && route.metric < best->metric))
      best = &route;
  }
  return best;
}

}  // namespace simcluster::sim
