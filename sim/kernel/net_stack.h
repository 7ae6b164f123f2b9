// The network side of one simulated kernel: interfaces, addresses, routes, neighbours, sockets, bonding.
//
// Calls return at once and take no virtual time; what a command costs is the caller's matter. A packet takes time only
// on the wire, in the local loop, and where the kernel waits for a neighbour.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/random.h"
#include "sim/events/event_queue.h"
#include "sim/kernel/interface.h"
#include "sim/kernel/machine_context.h"
#include "sim/kernel/routes.h"
#include "sim/kernel/sysctls.h"
#include "sim/network/network.h"

namespace simcluster::sim {

using SocketId = Id<struct SocketIdTag>;

class SocketClient {
 public:
  // A datagram for the socket. The frame is shared and may be kept.
  virtual void on_datagram(SocketId socket, const FrameRef& frame) = 0;
  // An ICMP error for what was sent to `to`: the machine is there, but nobody listens on the port.
  virtual void on_unreachable(SocketId socket, const IpAddress& to) {
    static_cast<void>(socket);
    static_cast<void>(to);
  }

 protected:
  ~SocketClient() = default;
};

class EchoClient {
 public:
  virtual void on_echo_reply(const IpAddress& from, std::uint16_t identifier, std::uint16_t sequence) = 0;
  // The next hop does not answer ARP.
  virtual void on_unreachable(const IpAddress& target, std::uint16_t identifier, std::uint16_t sequence) = 0;

 protected:
  ~EchoClient() = default;
};

class ProbeClient {
 public:
  // Somebody on the segment has the address.
  virtual void on_address_in_use(const IpAddress& address) = 0;

 protected:
  ~ProbeClient() = default;
};

// Told about every change of interfaces, carriers, addresses and routes, after it.
class NetObserver {
 public:
  virtual void on_network_change() = 0;

 protected:
  ~NetObserver() = default;
};

enum class NeighbourState : std::uint8_t { kNone, kIncomplete, kReachable, kStale, kDelay, kProbe, kFailed };

// One entry of the neighbour table (AT-2.5), as `ip neigh` shows it.
struct Neighbour {
  IpAddress address;
  int interface = 0;
  MacAddress mac;
  NeighbourState state = NeighbourState::kNone;
  Time reachable_until;
  int probes_left = 0;
  bool moved = false;  // the address went to another MAC and nothing was sent there yet
  EventId timer;
  std::vector<FrameRef> waiting;
};

class NetStack final : private EventHandler {
 public:
  NetStack(const MachineContext& context, const Sysctls& sysctls);
  ~NetStack();
  NetStack(const NetStack&) = delete;
  NetStack& operator=(const NetStack&) = delete;

  // --- hardware; survives power cycles -------------------------------------------------------------------------------
  // Returns the new interface's index.
  int add_ether(std::string_view name, MacAddress mac, int mtu);
  // An active-backup bond of existing interfaces, checked every 100 ms (miimon). Takes the first slave's MAC.
  int add_bond(std::string_view name, std::span<const int> slaves, int mtu);
  // Power: on, every interface but lo is down and has no address; off, all state is gone.
  void power_on();
  void power_off();

  // --- interfaces ----------------------------------------------------------------------------------------------------
  const std::vector<Interface>& interfaces() const { return interfaces_; }
  const Interface* find_interface(std::string_view name) const;
  const Interface& interface(int index) const { return interfaces_[static_cast<std::size_t>(index) - 1]; }
  NetError set_up(std::string_view name, bool up);
  void add_observer(NetObserver& observer) { observers_.push_back(&observer); }
  void remove_observer(NetObserver& observer) { std::erase(observers_, &observer); }

  // --- addresses (AT-2.3) --------------------------------------------------------------------------------------------
  // Scope, label and `secondary` are worked out here; an unspecified broadcast stays none.
  NetError add_address(std::string_view interface_name, const InterfaceAddress& address);
  // Prefix length below 0: whatever it has.
  NetError remove_address(std::string_view interface_name, const IpAddress& address, int prefix_length = -1);
  bool is_local(const IpAddress& address) const {
    if (local_generation_ != generation_ || local_address_ != address) {
      if (!find_local(address)) return false;
      local_generation_ = generation_;
      local_address_ = address;
    }
    return true;
  }

  // --- routes (AT-2.4) -----------------------------------------------------------------------------------------------
  const RouteTable& routes() const { return routes_; }
  NetError add_route(const Route& route);
  NetError remove_route(const Route& route);

  // --- neighbours (AT-2.5) -------------------------------------------------------------------------------------------
  // Entries in use, in the order of their making.
  std::vector<const Neighbour*> neighbours() const;
  void flush_neighbours();
  // One gratuitous ARP broadcast, request or reply (AT-2.5).
  NetError announce(std::string_view interface_name, const IpAddress& address, bool as_reply);
  // Asks the segment for an address without having one (duplicate address detection). Answers come until cancel_probe.
  NetError probe(std::string_view interface_name, const IpAddress& address, ProbeClient& client);
  void cancel_probe(ProbeClient& client);

  // --- UDP -----------------------------------------------------------------------------------------------------------
  // Unspecified address: all of this machine's. The address need not exist (free bind).
  SocketId open_socket(SocketClient& client, const IpAddress& address, std::uint16_t port);
  void close_socket(SocketId socket);
  // Another process binds a UDP port of all addresses, until it lets go or the machine goes down. False: somebody has
  // it.
  bool take_port(std::uint16_t port);
  void release_port(std::uint16_t port) { std::erase(taken_ports_, port); }
  // By such a process: a socket that is opened for this port would not be bound.
  bool port_taken(std::uint16_t port) const { return std::ranges::find(taken_ports_, port) != taken_ports_.end(); }
  // Receives what arrives for the group on this interface; sends to groups leave there.
  void join_group(SocketId socket, const IpAddress& group, int interface);
  // Sends one datagram from the socket's address; an error means that nothing was sent.
  NetError send(SocketId socket, const IpAddress& to, std::uint16_t port, std::span<const std::byte> bytes);

  // --- ICMP ----------------------------------------------------------------------------------------------------------
  // `identifier` comes back with the answer.
  NetError send_echo(const IpAddress& to, std::uint16_t identifier, std::uint16_t sequence, EchoClient& client);
  void forget_echo(EchoClient& client);

  // Frozen: frames that arrive are lost, timers wait. For a machine that stands still.
  void freeze();
  void thaw();

 private:
  struct Nic : PortClient {
    NetStack* stack = nullptr;
    int index = 0;
    void on_frame(PortId port, const FrameRef& frame) override;
    void on_carrier(PortId port, bool carrier) override;
  };
  // How to send to one destination, kept as long as nothing changes.
  struct Flow {
    IpAddress to;
    std::uint64_t generation = 0;
    Time valid_until;
    int interface = 0;
    PortId port;
    std::size_t whole = 0;  // so many bytes go in one packet
    FrameHeader header;     // of its packets
    Network::Way way;
  };
  struct Group {
    IpAddress address;
    int interface = 0;
  };
  struct Socket {
    SocketClient* client = nullptr;  // nullptr: closed
    IpAddress address;
    std::uint16_t port = 0;
    std::vector<Group> groups;
    std::vector<Flow> flows;
  };
  struct Echo {
    EchoClient* client = nullptr;
    std::uint16_t identifier = 0;
  };
  struct Probe {
    ProbeClient* client = nullptr;
    IpAddress address;
  };
  struct LocalFlight {
    FrameRef frame;
    bool used = false;
  };
  // Where the last datagram went, if to a single socket: the next one is nearly always for the same. One for addresses
  // of this machine and one for groups. Forgotten when sockets change.
  struct LastDelivery {
    IpAddress to;
    std::uint16_t port = 0;
    int interface = 0;
    std::uint64_t generation = 0;
    SocketId socket;
    SocketClient* client = nullptr;
  };
  enum class Timer : std::uint8_t { kNeighbour, kLocal, kBond, kLater };

  void on_event(std::uint64_t cookie) override;
  static std::uint64_t cookie(Timer timer, std::size_t index) {
    return std::uint64_t{index} << 8 | static_cast<std::uint64_t>(timer);
  }

  Interface& at(int index) { return interfaces_[static_cast<std::size_t>(index) - 1]; }
  Interface* find(std::string_view name);
  // Where an interface's traffic really goes: the active slave of a bond.
  const Interface* wire_of(const Interface& interface) const;
  void changed();
  void trace(TraceKind kind, std::initializer_list<TraceField> fields) {
    if (context_.tracer.wants(kind)) context_.tracer.emit(context_.node, kind, fields);
  }
  void kernel_log(std::string_view text);

  // net_addresses.cpp
  bool find_local(const IpAddress& address) const;
  void add_connected_route(const Interface& interface, const InterfaceAddress& address);
  void remove_connected_route(const Interface& interface, const InterfaceAddress& address);
  void promote_or_drop_secondaries(Interface& interface, const InterfaceAddress& removed, std::size_t position);
  void trace_address(TraceKind kind, const Interface& interface, const InterfaceAddress& address,
                     std::string_view reason = {});

  // net_links.cpp
  void on_carrier(int index, bool carrier);
  void set_carrier(Interface& interface, bool carrier);
  void check_bond(Interface& bond);
  void schedule_bond_check(const Interface& bond);
  void apply_activity(const Interface& interface);

  // net_neighbours.cpp
  Neighbour* find_neighbour(const IpAddress& address, int interface);
  Neighbour& take_neighbour(const IpAddress& address, int interface);
  void learn(const IpAddress& address, int interface, MacAddress mac, bool solicited, bool create);
  void confirm(Neighbour& neighbour);
  void on_neighbour_timer(std::size_t slot);
  void fail_neighbour(Neighbour& neighbour);
  void ask(const Neighbour& neighbour, MacAddress to);
  void arm(Neighbour& neighbour, Duration delay);
  void send_arp(FrameKind kind, const Interface& interface, MacAddress to, const IpAddress& sender,
                const IpAddress& target, MacAddress target_mac);
  void receive_arp(Interface& interface, const Frame& frame);
  void drop_neighbours(int interface);

  // net_output.cpp
  NetError make_flow(const Socket& socket, const IpAddress& to, Flow& flow);
  NetError route_out(FrameRef frame, IpAddress bound);
  void send_on_link(int interface, const IpAddress& next_hop, FrameRef frame);
  void transmit(const Interface& interface, FrameRef frame);
  void loop(FrameRef frame, Duration delay);
  void later(Duration delay, FrameRef frame);
  IpAddress source_for(const Interface& interface, const Route* route, const IpAddress& to) const;
  NetError send_first(SocketId socket, const IpAddress& to, std::uint16_t port, std::span<const std::byte> bytes);
  void send_along(Flow& flow, std::uint16_t port, std::span<const std::byte> bytes);
  static std::size_t room_in(int mtu);
  static void fragment(FrameHeader& header, int mtu, std::size_t payload);
  void no_answer(const FrameRef& frame);

  // net_input.cpp
  void receive(int index, const FrameRef& frame);
  void receive_ip(int index, const FrameRef& frame);
  void deliver_udp(int index, const FrameRef& frame);
  const LastDelivery* same_as_before(int index, const FrameHeader& header) const;
  void refuse_udp(const FrameRef& frame);
  void deliver_unreachable(const FrameRef& frame);
  void forward_ip(const FrameRef& frame);
  std::size_t put_local(FrameRef frame);

  MachineContext context_;
  const Sysctls& sysctls_;
  Random neighbour_random_;
  Random delay_random_;
  bool powered_ = false;
  bool frozen_ = false;
  Time booted_;
  std::uint64_t generation_ = 1;  // of interfaces, addresses, routes and neighbours
  // The local address that was asked for last: nearly every packet is for the same one.
  mutable IpAddress local_address_;
  mutable std::uint64_t local_generation_ = 0;
  std::array<LastDelivery, 2> last_deliveries_;
  std::vector<Interface> interfaces_;
  std::vector<std::unique_ptr<Nic>> nics_;
  RouteTable routes_;
  std::vector<std::unique_ptr<Neighbour>> neighbours_;
  std::vector<Socket> sockets_;
  std::vector<std::uint16_t> taken_ports_;
  std::vector<Echo> echoes_;
  std::vector<Probe> probes_;
  std::vector<LocalFlight> local_;
  std::vector<std::size_t> free_local_;
  std::vector<EventId> bond_checks_;  // by interface
  std::vector<NetObserver*> observers_;
  std::vector<std::uint64_t> frozen_events_;
};

}  // namespace simcluster::sim
