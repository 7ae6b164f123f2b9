// What every part of one simulated machine is given by the world.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/base/ids.h"
#include "engine/base/profile.h"
#include "sim/events/event_queue.h"
#include "sim/events/tracer.h"
#include "sim/kernel/knobs.h"
#include "sim/network/network.h"

namespace simcluster::agents {
class AgentModels;
}

namespace simcluster::sim {

struct MachineContext {
  EventQueue& queue;
  Tracer& tracer;
  Network& network;
  std::uint64_t seed = 0;
  NodeIndex node;
  std::string name;
  Profile profile;
  KernelKnobs knobs;
  // Agents that are described for it; null: none.
  std::shared_ptr<const agents::AgentModels> models = nullptr;

  // The seed text of one of this machine's random streams.
  std::string stream(std::string_view purpose) const { return name + "/" + std::string(purpose); }
};

}  // namespace simcluster::sim
