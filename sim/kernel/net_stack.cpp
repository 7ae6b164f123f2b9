#include "sim/kernel/net_stack.h"

#include <algorithm>

#include "engine/base/assert.h"

namespace simcluster::sim {

NetStack::NetStack(const MachineContext& context, const Sysctls& sysctls)
    : context_(context),
      sysctls_(sysctls),
      neighbour_random_(context.seed, context.stream("neighbours")),
      delay_random_(context.seed, context.stream("packets")) {
  Interface lo;
  lo.index = 1;
  lo.name = "lo";
  lo.kind = InterfaceKind::kLoopback;
  lo.mtu = context.profile.loopback_mtu_16436 ? 16'436 : 65'536;
  interfaces_.push_back(std::move(lo));
  bond_checks_.emplace_back();
}

NetStack::~NetStack() { power_off(); }

int NetStack::add_ether(std::string_view name, MacAddress mac, int mtu) {
  Interface eth;
  eth.index = static_cast<int>(interfaces_.size()) + 1;
  eth.name = name;
  eth.mac = mac;
  eth.permanent_mac = mac;
  eth.mtu = mtu;
  nics_.push_back(std::make_unique<Nic>());
  nics_.back()->stack = this;
  nics_.back()->index = eth.index;
  eth.port = context_.network.add_port(context_.node, name, *nics_.back());
  interfaces_.push_back(std::move(eth));
  bond_checks_.emplace_back();
  return interfaces_.back().index;
}

int NetStack::add_bond(std::string_view name, std::span<const int> slaves, int mtu) {
  SIMCLUSTER_ASSERT(!slaves.empty());
  Interface bond;
  bond.index = static_cast<int>(interfaces_.size()) + 1;
  bond.name = name;
  bond.kind = InterfaceKind::kBond;
  bond.mtu = mtu;
  bond.slaves.assign(slaves.begin(), slaves.end());
  bond.mac = at(slaves[0]).permanent_mac;
  bond.permanent_mac = bond.mac;
  for (const int slave : slaves) {
    at(slave).master = bond.index;
    at(slave).mac = bond.mac;
  }
  interfaces_.push_back(std::move(bond));
  bond_checks_.emplace_back();
  return interfaces_.back().index;
}

void NetStack::power_on() {
  SIMCLUSTER_ASSERT(!powered_);
  powered_ = true;
  booted_ = context_.queue.now();
  set_up("lo", true);
  InterfaceAddress loopback;
  loopback.address = IpAddress::v4(0x7f00'0001);
  loopback.prefix_length = 8;
  add_address("lo", loopback);
}

void NetStack::power_off() {
  powered_ = false;
  frozen_ = false;
  frozen_events_.clear();
  for (auto& neighbour : neighbours_) {
    context_.queue.cancel(neighbour->timer);
    *neighbour = Neighbour();
  }
  for (EventId& check : bond_checks_) context_.queue.cancel(check);
  for (Interface& interface : interfaces_) {
    interface.up = false;
    interface.was_up = false;
    interface.addresses.clear();
    interface.counters = {};
    interface.active_slave = 0;
    if (interface.port.valid()) {
      context_.network.set_port_active(interface.port, false);
      // What the network reports later is no news to a machine without power.
      interface.carrier = false;
    } else {
      interface.carrier = false;
    }
  }
  routes_.clear();
  sockets_.clear();
  taken_ports_.clear();
  echoes_.clear();
  probes_.clear();
  for (LocalFlight& flight : local_) flight.frame = FrameRef();
  observers_.clear();
  ++generation_;
}

const Interface* NetStack::find_interface(std::string_view name) const {
  for (const Interface& interface : interfaces_)
    if (interface.name == name) return &interface;
  return nullptr;
}

Interface* NetStack::find(std::string_view name) {
  for (Interface& interface : interfaces_)
    if (interface.name == name) return &interface;
  return nullptr;
}

void NetStack::changed() {
  ++generation_;
  // By index: an observer may go while it is told.
  for (std::size_t i = 0; i < observers_.size(); ++i) observers_[i]->on_network_change();
}

void NetStack::kernel_log(std::string_view text) {
  trace(TraceKind::kLog, {{"daemon", "kernel"}, {"priority", "info"}, {"text", text}});
}

void NetStack::freeze() { frozen_ = true; }

void NetStack::thaw() {
  frozen_ = false;
  const std::vector<std::uint64_t> events = std::move(frozen_events_);
  frozen_events_.clear();
  for (const std::uint64_t event : events) context_.queue.schedule_in({}, *this, event);
}

void NetStack::on_event(std::uint64_t cookie) {
  const auto timer = static_cast<Timer>(cookie & 0xff);
  const std::size_t index = cookie >> 8;
  if (frozen_) {
    frozen_events_.push_back(cookie);
    return;
  }
  switch (timer) {
    case Timer::kNeighbour:
      on_neighbour_timer(index);
      return;
    case Timer::kBond:
      check_bond(interfaces_[index]);
      return;
    case Timer::kLocal:
    case Timer::kLater:
      break;
  }
  const FrameRef frame = std::move(local_[index].frame);
  local_[index].used = false;
  free_local_.push_back(index);
  if (!frame || !powered_) return;
  if (timer == Timer::kLater)
    route_out(frame, frame->header.source);
  else if (interfaces_[0].up)
    receive_ip(1, frame);
}

}  // namespace simcluster::sim
