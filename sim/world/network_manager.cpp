#include "sim/world/network_manager.h"

#include <string>

#include "sim/world/machine_setup.h"

namespace simcluster::sim {

namespace {
constexpr Duration kCarrierGrace = seconds(4);  // M NM-3: nm_carrier_grace_ms
constexpr Duration kReactivation = seconds(1);  // M NM-3: nm_reactivate_ms, static addresses
}  // namespace

NetworkManager::NetworkManager(Kernel& kernel, const MachineSpec& spec, bool ignores_carrier)
    : kernel_(kernel), ignores_carrier_(ignores_carrier) {
  for (const InterfaceSpec& interface : spec.interfaces) {
    if (interface.addresses.empty() || !interface.up) continue;
    Connection connection;
    connection.spec = &interface;
    connections_.push_back(connection);
  }
  kernel_.net().add_observer(*this);
}

NetworkManager::~NetworkManager() {
  kernel_.net().remove_observer(*this);
  for (const Connection& connection : connections_) kernel_.context().queue.cancel(connection.timer);
}

void NetworkManager::on_network_change() {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    Connection& connection = connections_[i];
    const Interface* interface = kernel_.net().find_interface(connection.spec->name);
    if (interface->carrier == connection.carrier) continue;
    connection.carrier = interface->carrier;
    consider(i);
  }
}

void NetworkManager::consider(std::size_t index) {
  EventQueue& queue = kernel_.context().queue;
  Connection& connection = connections_[index];
  queue.cancel(connection.timer);
  const bool wanted = connection.carrier || ignores_carrier_;
  if (wanted == connection.active) return;
  connection.timer = queue.schedule_in(wanted ? kReactivation : kCarrierGrace, *this, index);
}

void NetworkManager::restart(bool ignores_carrier) {
  ignores_carrier_ = ignores_carrier;
  for (std::size_t i = 0; i < connections_.size(); ++i) consider(i);
}

void NetworkManager::on_event(std::uint64_t cookie) {
  Connection& connection = connections_[cookie];
  if (!connection.active)
    activate(connection);
  else
    deactivate(connection);
}

// Addresses and routes go, whoever had set them; the flag UP stays.
void NetworkManager::deactivate(Connection& connection) {
  connection.active = false;
  log(connection, "carrier is gone, the connection is deactivated");
  const Interface* interface = kernel_.net().find_interface(connection.spec->name);
  while (!interface->addresses.empty()) {
    const InterfaceAddress& last = interface->addresses.back();
    const IpAddress address = last.address;
    kernel_.net().remove_address(connection.spec->name, address, last.prefix_length);
  }
}

void NetworkManager::activate(Connection& connection) {
  connection.active = true;
  log(connection, connection.carrier ? "carrier is back, the connection is activated" : "the connection is activated");
  for (const AddressSpec& address : connection.spec->addresses)
    kernel_.net().add_address(connection.spec->name,
                              configured_address(address.address, address.prefix_length, address.label, true));
}

void NetworkManager::log(const Connection& connection, std::string_view text) {
  const MachineContext& context = kernel_.context();
  if (!context.tracer.wants(TraceKind::kLog)) return;
  const std::string line = connection.spec->name + ": " + std::string(text);
  context.tracer.emit(context.node, TraceKind::kLog,
                      {{"daemon", "NetworkManager"}, {"priority", "info"}, {"text", line}});
}

}  // namespace simcluster::sim
