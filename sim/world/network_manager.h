// NetworkManager, as far as clusters feel it (M 13.7): without its config-server set-up it takes the addresses off an
// interface that has lost its carrier, and gives the configured ones back when the carrier has returned. With it
// (ignore-carrier=*) the carrier does not matter.
#pragma once

#include <vector>

#include "sim/events/event_queue.h"
#include "sim/kernel/kernel.h"
#include "sim/world/world_spec.h"

namespace simcluster::sim {

class NetworkManager final : private EventHandler, private NetObserver {
 public:
  // Watches the interfaces with configured addresses from now on. Kernel and description must outlive it.
  NetworkManager(Kernel& kernel, const MachineSpec& spec, bool ignores_carrier);
  ~NetworkManager();
  NetworkManager(const NetworkManager&) = delete;
  NetworkManager& operator=(const NetworkManager&) = delete;

  // systemctl restart NetworkManager: reads its set-up anew (M NM-4). Connections that should be there by it and are
  // not are activated; addresses that are there stay, a missing carrier is noticed afresh.
  void restart(bool ignores_carrier);

 private:
  struct Connection {
    const InterfaceSpec* spec = nullptr;
    bool carrier = true;
    bool active = true;
    EventId timer;
  };

  void on_network_change() override;
  void on_event(std::uint64_t cookie) override;
  // Waits as long as the new state of the carrier has to last, or forgets what it waited for.
  void consider(std::size_t index);
  void deactivate(Connection& connection);
  void activate(Connection& connection);
  void log(const Connection& connection, std::string_view text);

  Kernel& kernel_;
  bool ignores_carrier_;
  std::vector<Connection> connections_;
};

}  // namespace simcluster::sim
