// Interfaces up and down, carriers, bonding.
#include "sim/kernel/net_stack.h"

namespace simcluster::sim {

namespace {
constexpr Duration kMiimon = milliseconds(100);
}

void NetStack::Nic::on_carrier(PortId, bool carrier) { stack->on_carrier(index, carrier); }

void NetStack::apply_activity(const Interface& interface) {
  if (interface.port.valid()) context_.network.set_port_active(interface.port, powered_ && interface.up);
}

NetError NetStack::set_up(std::string_view name, bool up) {
  Interface* interface = find(name);
  if (interface == nullptr) return NetError::kNoDevice;
  if (interface->up == up) return NetError::kNone;
  interface->up = up;
  interface->was_up = interface->was_up || up;
  trace(up ? TraceKind::kInterfaceUp : TraceKind::kInterfaceDown, {{"interface", interface->name}});
  if (interface->kind == InterfaceKind::kLoopback) interface->carrier = up;
  if (up) {
    for (const InterfaceAddress& address : interface->addresses) add_connected_route(*interface, address);
    // Enslaving brings the slaves up, as ifenslave does.
    for (const int slave : interface->slaves) set_up(at(slave).name, true);
  } else {
    routes_.remove_interface(interface->index);
    drop_neighbours(interface->index);
  }
  apply_activity(*interface);
  if (interface->port.valid()) on_carrier(interface->index, context_.network.read_carrier(interface->port));
  if (interface->kind == InterfaceKind::kBond) check_bond(*interface);
  changed();
  return NetError::kNone;
}

void NetStack::on_carrier(int index, bool carrier) {
  if (!powered_) return;
  Interface& interface = at(index);
  if (interface.carrier == carrier) return;
  set_carrier(interface, carrier);
  if (interface.master != 0) schedule_bond_check(at(interface.master));
  changed();
}

void NetStack::set_carrier(Interface& interface, bool carrier) {
  interface.carrier = carrier;
  trace(carrier ? TraceKind::kCarrierFound : TraceKind::kCarrierLost, {{"interface", interface.name}});
}

// The bonding driver looks at its slaves every miimon, counted from boot.
void NetStack::schedule_bond_check(const Interface& bond) {
  EventId& check = bond_checks_[static_cast<std::size_t>(bond.index) - 1];
  if (context_.queue.pending(check)) return;
  const Duration since_boot = context_.queue.now() - booted_;
  const Duration next = kMiimon * (since_boot.ns / kMiimon.ns + 1);
  check =
      context_.queue.schedule(booted_ + next, *this, cookie(Timer::kBond, static_cast<std::size_t>(bond.index) - 1));
}

void NetStack::check_bond(Interface& bond) {
  const int before = bond.active_slave;
  const bool keep = before != 0 && at(before).running();
  if (!keep) {
    bond.active_slave = 0;
    for (const int slave : bond.slaves) {
      if (!at(slave).running()) continue;
      bond.active_slave = slave;
      break;
    }
    if (before != 0)
      kernel_log("bonding: " + bond.name + ": link status definitely down for interface " + at(before).name +
                 ", disabling it");
  }
  const bool carrier = bond.up && bond.active_slave != 0;
  if (carrier != bond.carrier) {
    set_carrier(bond, carrier);
  }
  if (bond.active_slave != before) {
    if (bond.active_slave != 0)
      kernel_log("bonding: " + bond.name + ": making interface " + at(bond.active_slave).name + " the new active one.");
    // num_grat_arp: the switch and the neighbours learn the new way.
    if (before != 0 && carrier)
      for (const InterfaceAddress& address : bond.addresses) announce(bond.name, address.address, false);
  }
  changed();
}

const Interface* NetStack::wire_of(const Interface& interface) const {
  if (interface.kind != InterfaceKind::kBond) return &interface;
  return interface.active_slave == 0 ? nullptr : &interfaces_[static_cast<std::size_t>(interface.active_slave) - 1];
}

}  // namespace simcluster::sim
