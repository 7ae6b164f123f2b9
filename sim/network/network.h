// The wires: segments (switches and direct cables) with ports. A frame goes from the port of its sender through the
// segment to one port or all; on the way it may be delayed, lost, doubled, overtaken or damaged.
//
// A switch learns from the source address of every frame which port an address is behind, forwards to that port only,
// and floods group and unknown addresses. The order of frames between two ports is kept unless reordering is asked for.
//
// Trunks join switches. Their ends are ports of the switches like others: a frame goes from switch to switch, each adds
// its delay and learns behind which of its ports an address is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/ids.h"
#include "engine/base/random.h"
#include "sim/events/event_queue.h"
#include "sim/events/tracer.h"
#include "sim/network/frame.h"
#include "sim/network/link_quality.h"

namespace simcluster::sim {

using SegmentId = Id<struct SegmentIdTag>;
using PortId = Id<struct PortIdTag>;
using TrunkId = Id<struct TrunkIdTag>;

enum class SegmentKind : std::uint8_t {
  kSwitch,  // a port has a carrier while the switch works, its cable is plugged and its interface is up
  kCable,   // two ports joined directly: whatever takes the carrier of one end takes it of both (M NM-6)
};

// The network interface behind a port.
class PortClient {
 public:
  // A frame arrived. It is shared: read only.
  virtual void on_frame(PortId port, const FrameRef& frame) = 0;
  virtual void on_carrier(PortId port, bool carrier) = 0;

 protected:
  ~PortClient() = default;
};

struct NetworkCounters {
  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t corrupted = 0;
};

class Network final : private EventHandler {
 public:
  Network(EventQueue& queue, Tracer& tracer, std::uint64_t seed);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  SegmentId add_segment(std::string_view name, SegmentKind kind, const LinkQuality& quality);
  // A port of `machine`, unplugged. `client` must outlive the network.
  PortId add_port(NodeIndex machine, std::string_view interface_name, PortClient& client);
  // None when there is no such segment.
  SegmentId find_segment(std::string_view name) const;
  std::size_t segment_count() const { return segments_.size(); }
  // Joins two switches. Refuses cables, and a trunk that would close a loop: nothing here blocks one (no spanning
  // tree).
  Result<TrunkId> add_trunk(std::string_view name, SegmentId a, SegmentId b, const LinkQuality& quality);
  // None when there is no such trunk.
  TrunkId find_trunk(std::string_view name) const;

  // --- cables and power ----------------------------------------------------------------------------------------------
  // Puts the port's cable into a segment (at most two ports in a direct cable), or pulls it (none). Carrier changes are
  // reported as events of this instant.
  Result<void> plug(PortId port, SegmentId segment);
  // The interface's side of the link: powered and administratively up. Without it there is no carrier.
  void set_port_active(PortId port, bool active);
  void set_segment_power(SegmentId segment, bool on);
  // A cut trunk carries nothing; both switches forget what they have learned behind it.
  void set_trunk(TrunkId trunk, bool whole);
  void set_trunk_quality(TrunkId trunk, const LinkQuality& quality);
  std::size_t trunk_count() const { return trunks_.size(); }
  bool carrier(PortId port) const { return ports_[port.index()].carrier; }
  // The same for the interface's owner, who then knows: only later changes are reported to it.
  bool read_carrier(PortId port) { return ports_[port.index()].reported_carrier = ports_[port.index()].carrier; }
  SegmentId segment_of(PortId port) const { return ports_[port.index()].segment; }

  // --- quality -------------------------------------------------------------------------------------------------------
  void set_quality(SegmentId segment, const LinkQuality& quality);
  // What this port adds when it sends and when it receives.
  void set_port_quality(PortId port, const LinkQuality& sending, const LinkQuality& receiving);
  void clear_port_quality(PortId port);
  // Loses `parts` per million of what `from` sends to `to`; 1000000 cuts the path. In every segment, or in the one that
  // either of them is plugged into.
  void set_path_loss(NodeIndex from, NodeIndex to, std::uint32_t parts, SegmentId segment = SegmentId::none());
  // Besides that, only of some frames; one such loss per path and cast.
  enum class Cast : std::uint8_t { kAny, kUnicast, kMulticast };
  struct SelectiveLoss {
    std::uint32_t parts = 0;
    Cast cast = Cast::kAny;
    std::uint32_t larger_than = 0;           // bytes of payload
    std::uint64_t most = ~std::uint64_t{0};  // so many frames are lost and then no more
  };
  void set_selective_loss(NodeIndex from, NodeIndex to, const SelectiveLoss& loss,
                          SegmentId segment = SegmentId::none());
  void clear_path_losses();

  // How well `to` hears `from` at present; of packets that fit the way, see mtu().
  enum class Hearing : std::uint8_t { kWell, kBadly, kNever };
  Hearing hearing(PortId from, PortId to) const;
  // Bytes of the largest IP packet that the way from one port to the other carries; 0: whatever the interfaces send.
  std::uint32_t mtu(PortId from, PortId to) const;
  // When a piece of network has changed its MTU last; the start of time when none has.
  Time mtu_changed() const { return mtu_changed_; }

  // --- traffic -------------------------------------------------------------------------------------------------------
  FramePool& pool() { return pool_; }
  // Sends; the frame's header must be complete. What cannot go is dropped (and traced).
  void send(PortId port, FrameRef frame);

  // What a sender keeps about its way to one address, so that the next frame need not be looked up: the network alone
  // knows what is in it. Good for frames of one port with the same two MAC addresses; may be used for ever, since it is
  // worked out anew after every change of the network.
  class Way {
    friend class Network;
    std::uint64_t as_of = 0;     // the network's changes_ by which it was worked out
    bool plain = false;          // by one switch or cable that only takes time
    EventHandler* to = nullptr;  // null: to all others of the segment
    const LinkQuality* quality = nullptr;
    Time* last_arrival = nullptr;  // at `to`; of a group, at the segment's first port
    const std::vector<PortId>* ports = nullptr;
  };
  void send(PortId port, FrameRef&& frame, Way& way) {
    if (way.as_of != changes_) find_way(port, *frame, way);
    if (way.plain)
      send_plainly(port, std::move(frame), way);
    else
      send(port, std::move(frame));
  }
  const NetworkCounters& counters() const { return counters_; }

 private:
  // Frames that arrive at one port. What is on its way belongs to its event, whose cookie is the frame.
  struct Arrival final : EventHandler {
    Arrival(Network& its_network, PortId its_port) : network(its_network), port(its_port) {}
    void on_event(std::uint64_t frame) override;
    Network& network;
    PortId port;
  };
  struct Port {
    PortClient* client = nullptr;  // none: the end of a trunk
    TrunkId trunk;
    NodeIndex machine;
    std::string name;
    SegmentId segment;
    std::uint32_t place = 0;  // index in the segment's port list
    bool active = false;
    bool carrier = false;
    bool reported_carrier = false;
    bool has_quality = false;
    std::uint32_t learned = 0;  // where the segment's list probably has it
    LinkQuality sending;
    LinkQuality receiving;
    Time busy_until;                   // of the sending side, when bandwidth is limited
    std::unique_ptr<Arrival> arrival;  // none: the end of a trunk
  };
  struct Learned {
    MacAddress mac;
    PortId port;
  };
  struct Segment {
    std::string name;
    SegmentKind kind = SegmentKind::kSwitch;
    LinkQuality quality;
    bool powered = true;
    std::vector<PortId> ports;
    std::vector<Learned> learned;
    // Between ports i and j at [i * ports + j]: when the last frame arrives there.
    std::vector<Time> last_arrival;
  };
  struct Trunk {
    std::string name;
    LinkQuality quality;
    bool whole = true;
    std::array<PortId, 2> ends;
  };
  struct PathLoss {
    NodeIndex from;
    NodeIndex to;
    SegmentId segment;  // none: all
    SelectiveLoss loss;
    bool selective = false;
  };
  // A frame on its way through a trunk.
  struct Flight {
    FrameRef frame;
    PortId origin;  // of the machine that sent it
    PortId to;
    std::uint32_t next_free = 0;
  };

  void on_event(std::uint64_t cookie) override;
  void report_carriers();
  void update_carriers(SegmentId segment);
  void update_carrier(PortId port);
  bool should_have_carrier(const Port& port) const;
  PortId learned_port(Segment& segment, MacAddress mac);
  void learn(Segment& segment, MacAddress mac, PortId id);
  // One frame on its way: what became of it so far.
  struct Journey {
    FrameRef frame;
    PortId origin;  // of the machine that sent it
    Time at;
    std::uint32_t copies = 1;
    bool reordered = false;
  };
  void find_way(PortId from, const Frame& frame, Way& way);
  void send_plainly(PortId from, FrameRef&& frame, const Way& way);
  // `frame` is a released reference.
  void launch_plainly(const LinkQuality& quality, Time& last_arrival, EventHandler& to, std::uint64_t frame);
  bool leave(const Segment& segment, Port& from, Journey& journey);
  void enter(PortId from, Journey journey);
  void forward(Segment& segment, const Port& from, PortId to, Journey journey);
  void launch_in_order(Segment& segment, const Port& from, const Port& to, PortId where, Journey journey);
  bool lost(const Port& from, const Port& to, const Frame& frame);
  // Trunks.
  PortId other_end(const Port& end) const;
  bool cross(Port& end, Journey& journey);
  void update_trunk(Trunk& trunk);
  // The trunks from one switch to another; none: there is no way.
  std::optional<std::vector<TrunkId>> way(SegmentId from, SegmentId to, TrunkId coming = TrunkId::none()) const;
  Hearing way_hearing(SegmentId from, SegmentId to) const;
  void replace(LinkQuality& quality, const LinkQuality& by);
  void forget_path_loss(NodeIndex from, NodeIndex to, SegmentId segment, bool selective, Cast cast);
  // Why it does not arrive; empty: it does.
  std::string_view pass(const LinkQuality& quality, Journey& journey);
  bool wait_for_bandwidth(const LinkQuality& quality, Port& port, const Frame& frame, Time& at);
  void arrive(PortId to, FrameRef frame);
  void launch(Time at, PortId origin, PortId to, FrameRef frame);
  void drop(const Port& port, const Frame& frame, std::string_view reason);
  bool damage(Damage damage, FrameRef& frame);
  void trace_frame(TraceKind kind, const Port& port, const Frame& frame);

  EventQueue& queue_;
  Tracer& tracer_;
  FramePool pool_;
  Random random_;
  std::vector<Port> ports_;
  std::vector<Segment> segments_;
  std::vector<Trunk> trunks_;
  std::vector<PathLoss> path_losses_;
  std::vector<Flight> flights_;
  std::uint32_t free_flight_ = kNoFlight;
  EventId carrier_report_;
  Time mtu_changed_;
  NetworkCounters counters_;
  std::uint64_t changes_ = 1;  // of anything that a plain Way depends on; none crosses a trunk

  static constexpr std::uint32_t kNoFlight = ~std::uint32_t{0};
  static constexpr std::uint64_t kCarrierCookie = ~std::uint64_t{0};
};

std::string_view frame_kind_name(FrameKind kind);

}  // namespace simcluster::sim
