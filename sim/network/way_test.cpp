// Frames along a kept way arrive as those that are looked up one by one, whatever happens to the network in between.
#include <array>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "sim/network/network.h"

namespace simcluster::sim {
namespace {

constexpr std::size_t kPorts = 4;  // the last one is plugged into the second switch
constexpr std::size_t kGroup = kPorts;

class Lan {
 public:
  Lan() {
    segments_[0] = network_.add_segment("a", SegmentKind::kSwitch, {});
    segments_[1] = network_.add_segment("b", SegmentKind::kSwitch, {});
    trunk_ = *network_.add_trunk("t", segments_[0], segments_[1], {});
    for (std::size_t i = 0; i < kPorts; ++i) {
      nics_[i].lan = this;
      ports_[i] = network_.add_port(NodeIndex(static_cast<std::uint16_t>(i)), "eth0", nics_[i]);
      network_.set_port_active(ports_[i], true);
      EXPECT_TRUE(network_.plug(ports_[i], segments_[i < 3 ? 0 : 1]).has_value());
    }
  }

  void send(std::size_t from, std::size_t to, std::size_t sender_mac, bool keeps_ways) {
    FrameRef frame = network_.pool().take(100);
    frame->header.source_mac = mac(sender_mac);
    frame->header.destination_mac = to == kGroup ? MacAddress::make_broadcast() : mac(to);
    if (keeps_ways && sender_mac == from)
      network_.send(ports_[from], std::move(frame), ways_[from][to]);
    else
      network_.send(ports_[from], std::move(frame));
  }

  // One of the things that may happen to a network; the same number and the same stream, the same thing.
  void disturb(std::uint64_t what, Random& random) {
    const PortId port = ports_[random.below(kPorts)];
    const SegmentId segment = segments_[random.below(2)];
    const auto node = [&] { return NodeIndex(static_cast<std::uint16_t>(random.below(kPorts))); };
    LinkQuality quality;
    quality.delay = microseconds(static_cast<std::int64_t>(20 + random.below(40)));
    const bool bad = random.below(2) == 0;
    if (bad) {
      quality.loss = 300'000;
      quality.duplication = 100'000;
      quality.bandwidth = random.below(2) * 10'000'000;
      quality.mtu = static_cast<std::uint32_t>(random.below(2) * 100);
    }
    switch (what) {
      case 0:
        return network_.set_quality(segment, quality);
      case 1:
        return bad ? network_.set_port_quality(port, quality, {}) : network_.clear_port_quality(port);
      case 2:
        return network_.set_port_active(port, random.below(2) == 0);
      case 3:
        return network_.set_segment_power(segment, random.below(4) != 0);
      case 4:
        return network_.set_trunk(trunk_, random.below(4) != 0);
      case 5: {
        const NodeIndex from = node();
        return network_.set_path_loss(from, node(), bad ? 500'000 : 0);
      }
      case 6: {
        const NodeIndex from = node();
        return network_.set_selective_loss(from, node(), {.parts = 500'000, .most = random.below(4)});
      }
      case 7:
        return network_.clear_path_losses();
      default:
        EXPECT_TRUE(network_.plug(port, random.below(8) == 0 ? SegmentId::none() : segment).has_value());
    }
  }
  void heal() {
    for (const SegmentId segment : segments_) {
      network_.set_segment_power(segment, true);
      network_.set_quality(segment, {});
    }
    network_.set_trunk(trunk_, true);
    network_.clear_path_losses();
    for (std::size_t i = 0; i < kPorts; ++i) {
      network_.clear_port_quality(ports_[i]);
      network_.set_port_active(ports_[i], true);
      EXPECT_TRUE(network_.plug(ports_[i], segments_[i < 3 ? 0 : 1]).has_value());
    }
  }
  void wait(Duration time) { queue_.run_until(queue_.now() + time); }

  std::vector<std::tuple<std::int64_t, std::size_t, MacAddress>> arrivals;  // when, where, from whom

  const NetworkCounters& counters() const { return network_.counters(); }

 private:
  struct Nic : PortClient {
    Lan* lan = nullptr;
    void on_frame(PortId port, const FrameRef& frame) override {
      lan->arrivals.emplace_back(lan->queue_.now().ns, port.index(), frame->header.source_mac);
    }
    void on_carrier(PortId, bool) override {}
  };
  static MacAddress mac(std::size_t i) { return {0x0200'0000'0000 + i}; }

  EventQueue queue_;
  Tracer tracer_{queue_};
  Network network_{queue_, tracer_, 11};
  std::array<SegmentId, 2> segments_;
  TrunkId trunk_;
  std::array<Nic, kPorts> nics_;
  std::array<PortId, kPorts> ports_;
  std::array<std::array<Network::Way, kPorts + 1>, kPorts> ways_;
};

TEST(Way, NeverMakesADifference) {
  Lan kept;
  Lan looked_up;
  Random choice(1, "choice");
  for (int round = 0; round < 40000; ++round) {
    if (choice.below(20) == 0) {
      kept.heal();
      looked_up.heal();
    }
    if (choice.below(20) == 0) {
      const std::uint64_t what = choice.below(9);
      const std::uint64_t seed = choice.next();
      Random one(seed, "disturbance");
      Random other(seed, "disturbance");
      kept.disturb(what, one);
      looked_up.disturb(what, other);
    }
    const std::size_t from = choice.below(kPorts);
    const std::size_t to = choice.below(kPorts + 1);
    // Now and then an address turns up elsewhere, as a virtual address does.
    const std::size_t mac = choice.below(20) == 0 ? choice.below(kPorts) : from;
    kept.send(from, to, mac, true);
    looked_up.send(from, to, mac, false);
    const Duration pause = microseconds(static_cast<std::int64_t>(choice.below(100)));
    kept.wait(pause);
    looked_up.wait(pause);
  }
  kept.wait(seconds(1));
  looked_up.wait(seconds(1));
  ASSERT_GT(kept.arrivals.size(), 10000u);
  EXPECT_EQ(kept.arrivals, looked_up.arrivals);
  EXPECT_EQ(kept.counters().sent, looked_up.counters().sent);
  EXPECT_EQ(kept.counters().dropped, looked_up.counters().dropped);
}

}  // namespace
}  // namespace simcluster::sim
