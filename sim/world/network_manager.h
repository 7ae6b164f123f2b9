// NetworkManager, as far as clusters feel it (M 13.7): without its config-server set-up it takes the addresses off an
// interface that has lost its carrier, and gives the configured ones back when the carrier has returned.
#pragma once

#include <vector>

#include "sim/events/event_queue.h"
#include "sim/kernel/kernel.h"
#include "sim/world/world_spec.h"

namespace simcluster::sim {

class NetworkManager final : private EventHandler, private NetObserver {
 public:
  // Watches the interfaces with configured addresses from now on. Kernel and description must outlive it.
  NetworkManager(Kernel& kernel, const MachineSpec& spec);
  ~NetworkManager();
  NetworkManager(const NetworkManager&) = delete;
  NetworkManager& operator=(const NetworkManager&) = delete;

 private:
  struct Connection {
    const InterfaceSpec* spec = nullptr;
    bool carrier = true;
    bool active = true;
    EventId timer;
  };

  void on_network_change() override;
  void on_event(std::uint64_t cookie) override;
  void deactivate(Connection& connection);
  void activate(Connection& connection);
  void log(const Connection& connection, std::string_view text);

  Kernel& kernel_;
  std::vector<Connection> connections_;
};

}  // namespace simcluster::sim
