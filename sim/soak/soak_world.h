// The cluster that a soak run disturbs.
#pragma once

#include <string_view>

#include "engine/base/random.h"
#include "sim/soak/soak.h"
#include "sim/world/world_spec.h"

namespace simcluster::sim {

struct SoakStack {
  std::string_view name;
  std::string_view corosync;
  std::string_view transport;  // of totem{}; empty: by interface{} sections
  std::string_view rrp_mode;   // empty: none
  std::uint32_t networks = 1;
  bool ids_from_addresses = false;
};

const SoakStack* find_soak_stack(std::string_view name);
// `random` decides what the configuration leaves open: timers, traffic, NetworkManager.
Result<WorldSpec> soak_world(const SoakStack& stack, std::uint32_t nodes, std::uint64_t seed, Random& random);

}  // namespace simcluster::sim
