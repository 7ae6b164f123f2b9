#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/network/network.h"

namespace simcluster::sim {
namespace {

struct Station final : PortClient {
  std::vector<std::int64_t> arrivals;  // microseconds
  std::vector<std::string> heard;
  const EventQueue* queue = nullptr;
  void on_frame(PortId, const FrameRef& frame) override {
    arrivals.push_back(queue->now().ns / 1000);
    heard.emplace_back(reinterpret_cast<const char*>(frame->payload().data()), frame->payload().size());
  }
  void on_carrier(PortId, bool) override {}
};

// Three switches in a row, west - middle - east, with two, no and one machine.
class Trunks : public testing::Test {
 protected:
  Trunks() {
    quality_.delay = microseconds(100);
    quality_.jitter = {};
    trunk_quality_.delay = milliseconds(1);
    trunk_quality_.jitter = {};
    for (const char* name : {"west", "middle", "east"})
      switches_.push_back(network_.add_segment(name, SegmentKind::kSwitch, quality_));
    near_ = network_.add_trunk("near", switches_[0], switches_[1], trunk_quality_).value();
    far_ = network_.add_trunk("far", switches_[1], switches_[2], trunk_quality_).value();
    for (std::size_t i = 0; i < stations_.size(); ++i) {
      stations_[i].queue = &queue_;
      ports_.push_back(network_.add_port(NodeIndex(static_cast<std::uint16_t>(i)), "eth0", stations_[i]));
      network_.set_port_active(ports_[i], true);
      EXPECT_TRUE(network_.plug(ports_[i], switches_[i == 2 ? 2 : 0]).has_value());
    }
    settle();
  }
  static MacAddress mac(std::size_t i) { return {0x0200'0000'0000 + i}; }
  void send(std::size_t from, MacAddress to, std::string_view text) {
    FrameRef frame = network_.pool().take(text.size());
    frame->header.source_mac = mac(from);
    frame->header.destination_mac = to;
    std::memcpy(frame->payload().data(), text.data(), text.size());
    network_.send(ports_[from], std::move(frame));
  }
  void settle() { queue_.run_until(queue_.now() + seconds(1)); }
  std::string refusal(SegmentId a, SegmentId b) {
    const auto added = network_.add_trunk("new", a, b, {});
    return added ? "no error" : added.error().message;
  }

  EventQueue queue_;
  Tracer tracer_{queue_};
  LinkQuality quality_;
  LinkQuality trunk_quality_;
  Network network_{queue_, tracer_, 7};
  std::vector<SegmentId> switches_;
  TrunkId near_;
  TrunkId far_;
  std::vector<Station> stations_{3};
  std::vector<PortId> ports_;
};

TEST_F(Trunks, EverySwitchAndTrunkAddsItsDelay) {
  const std::int64_t sent = queue_.now().ns / 1000;
  send(0, MacAddress::make_broadcast(), "hello");
  settle();
  EXPECT_EQ(stations_[0].heard.size(), 0U);
  EXPECT_EQ(stations_[1].arrivals, std::vector{sent + 100});
  EXPECT_EQ(stations_[2].arrivals, std::vector{sent + 3 * 100 + 2 * 1000});
}

TEST_F(Trunks, SwitchesLearnAcrossTrunks) {
  send(2, MacAddress::make_broadcast(), "here I am");
  settle();
  stations_[1].heard.clear();
  send(0, mac(2), "for you alone");
  settle();
  EXPECT_EQ(stations_[2].heard, std::vector<std::string>{"for you alone"});
  EXPECT_TRUE(stations_[1].heard.empty());
  // What is behind the port that it came from does not cross: the far switch hears nothing of neighbours.
  send(1, mac(0), "neighbour");
  settle();
  EXPECT_EQ(stations_[0].heard.back(), "neighbour");
  EXPECT_EQ(stations_[2].heard.size(), 1U);
}

TEST_F(Trunks, ACutTrunkPartitionsTheSwitches) {
  using Hearing = Network::Hearing;
  send(2, MacAddress::make_broadcast(), "here I am");
  settle();
  EXPECT_EQ(network_.hearing(ports_[0], ports_[2]), Hearing::kWell);
  send(0, mac(2), "on its way");
  queue_.run_until(queue_.now() + milliseconds(1));
  network_.set_trunk(far_, false);
  settle();
  send(0, MacAddress::make_broadcast(), "all");
  send(0, mac(2), "you");
  settle();
  EXPECT_TRUE(stations_[2].heard.empty());
  EXPECT_EQ(stations_[1].heard.size(), 2U);  // the middle has forgotten the address, the west not
  EXPECT_TRUE(network_.carrier(ports_[2]));
  EXPECT_EQ(network_.hearing(ports_[0], ports_[2]), Hearing::kNever);
  EXPECT_EQ(network_.hearing(ports_[0], ports_[1]), Hearing::kWell);
  network_.set_trunk(far_, true);
  send(0, mac(2), "again");
  settle();
  EXPECT_EQ(stations_[2].heard, std::vector<std::string>{"again"});
}

TEST_F(Trunks, ASwitchWithoutPowerCarriesNothingAcross) {
  network_.set_segment_power(switches_[1], false);
  send(0, MacAddress::make_broadcast(), "a");
  settle();
  EXPECT_TRUE(stations_[2].heard.empty());
  EXPECT_EQ(network_.hearing(ports_[0], ports_[2]), Network::Hearing::kNever);
  network_.set_segment_power(switches_[1], true);
  send(0, MacAddress::make_broadcast(), "b");
  settle();
  EXPECT_EQ(stations_[2].heard, std::vector<std::string>{"b"});
}

TEST_F(Trunks, LossesOfAPathReachAcross) {
  network_.set_path_loss(NodeIndex(0), NodeIndex(2), 1'000'000, switches_[2]);
  send(0, MacAddress::make_broadcast(), "a");
  send(1, MacAddress::make_broadcast(), "b");
  settle();
  EXPECT_EQ(stations_[2].heard, std::vector<std::string>{"b"});
  EXPECT_EQ(network_.hearing(ports_[0], ports_[2]), Network::Hearing::kNever);
}

TEST_F(Trunks, ATrunkHasAQualityOfItsOwn) {
  const SegmentId annex = network_.add_segment("annex", SegmentKind::kSwitch, quality_);
  LinkQuality narrow = trunk_quality_;
  narrow.mtu = 128;
  ASSERT_TRUE(network_.add_trunk("narrow", switches_[2], annex, narrow).has_value());
  ASSERT_TRUE(network_.plug(ports_[1], annex).has_value());
  send(0, MacAddress::make_broadcast(), std::string(101, 'x'));
  send(0, MacAddress::make_broadcast(), "small");
  settle();
  EXPECT_EQ(stations_[1].heard, std::vector<std::string>{"small"});
  EXPECT_EQ(stations_[2].heard.size(), 2U);
  EXPECT_EQ(network_.mtu(ports_[0], ports_[1]), 128U);
}

// The narrowest piece counts; what is too large for it gets lost there.
TEST_F(Trunks, TheNarrowestPieceOfAWay) {
  EXPECT_EQ(network_.mtu(ports_[0], ports_[2]), 0U);
  const Time before = network_.mtu_changed();
  quality_.mtu = 1400;
  network_.set_quality(switches_[2], quality_);
  EXPECT_EQ(network_.mtu_changed(), queue_.now());
  EXPECT_NE(network_.mtu_changed(), before);
  trunk_quality_.mtu = 60;
  network_.set_trunk_quality(far_, trunk_quality_);
  EXPECT_EQ(network_.mtu(ports_[0], ports_[2]), 60U);
  EXPECT_EQ(network_.mtu(ports_[0], ports_[1]), 0U);
  EXPECT_EQ(network_.hearing(ports_[0], ports_[2]), Network::Hearing::kWell);
  send(0, mac(2), std::string(33, 'x'));
  send(0, mac(2), "small");
  settle();
  EXPECT_EQ(stations_[2].heard, std::vector<std::string>{"small"});
}

TEST_F(Trunks, LoopsAndCablesAreRefused) {
  EXPECT_EQ(refusal(switches_[0], switches_[2]),
            "the trunk \"new\" closes a loop: \"west\" and \"east\" are joined already through \"near\" \"far\"");
  EXPECT_EQ(refusal(switches_[0], switches_[0]), "the trunk \"new\" joins the switch \"west\" with itself: a loop");
  const SegmentId cable = network_.add_segment("direct", SegmentKind::kCable, quality_);
  EXPECT_EQ(refusal(switches_[0], cable),
            "the trunk \"new\" cannot end at \"direct\": that is a cable, trunks join switches");
  // A cut trunk may be mended: it is in the way of a loop all the same.
  network_.set_trunk(near_, false);
  EXPECT_NE(refusal(switches_[0], switches_[2]), "no error");
}

}  // namespace
}  // namespace simcluster::sim
