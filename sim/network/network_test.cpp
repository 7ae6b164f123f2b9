#include "sim/network/network.h"

#include <cstring>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace simcluster::sim {
namespace {

struct Nic : PortClient {
  std::vector<std::pair<std::int64_t, std::string>> frames;  // time, payload
  std::vector<bool> carriers;
  EventQueue* queue = nullptr;
  void on_frame(PortId, const FrameRef& frame) override {
    const auto bytes = frame->payload();
    frames.emplace_back(queue->now().ns, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  void on_carrier(PortId, bool carrier) override { carriers.push_back(carrier); }
};

class NetworkTest : public testing::Test {
 protected:
  NetworkTest() {
    quality_.delay = microseconds(100);
    quality_.jitter = {};
  }
  void build(SegmentKind kind, std::size_t count) {
    network_ = std::make_unique<Network>(queue_, tracer_, 7);
    segment_ = network_->add_segment("lan", kind, quality_);
    nics_ = std::vector<Nic>(count);
    for (std::size_t i = 0; i < count; ++i) {
      nics_[i].queue = &queue_;
      ports_.push_back(network_->add_port(NodeIndex(static_cast<std::uint16_t>(i)), "eth0", nics_[i]));
      network_->set_port_active(ports_[i], true);
      ASSERT_TRUE(network_->plug(ports_[i], segment_).has_value());
    }
    queue_.run_until(queue_.now());
  }
  static MacAddress mac(std::size_t i) { return {0x0200'0000'0000 + i}; }
  void send(std::size_t from, MacAddress to, std::string_view text) {
    FrameRef frame = network_->pool().take(text.size());
    frame->header.source_mac = mac(from);
    frame->header.destination_mac = to;
    std::memcpy(frame->payload().data(), text.data(), text.size());
    network_->send(ports_[from], std::move(frame));
  }
  void settle() { queue_.run_until(queue_.now() + seconds(1)); }

  EventQueue queue_;
  Tracer tracer_{queue_};
  LinkQuality quality_;
  std::unique_ptr<Network> network_;
  SegmentId segment_;
  std::vector<Nic> nics_;
  std::vector<PortId> ports_;
};

TEST_F(NetworkTest, SwitchFloodsUntilItHasLearned) {  // AT-2.5
  build(SegmentKind::kSwitch, 3);
  send(0, mac(1), "a");
  settle();
  EXPECT_EQ(nics_[1].frames.size(), 1u);
  EXPECT_EQ(nics_[2].frames.size(), 1u);
  send(1, mac(0), "b");
  settle();
  EXPECT_EQ(nics_[0].frames.size(), 1u);
  EXPECT_EQ(nics_[2].frames.size(), 1u);
  // The address moves: the next frame from there tells the switch.
  FrameRef frame = network_->pool().take(0);
  frame->header.source_mac = mac(1);
  frame->header.destination_mac = MacAddress::make_broadcast();
  network_->send(ports_[2], std::move(frame));
  send(0, mac(1), "c");
  settle();
  EXPECT_EQ(nics_[2].frames.size(), 2u);
  EXPECT_EQ(nics_[2].frames.back().second, "c");
}

TEST_F(NetworkTest, DirectCableLosesTheCarrierOfBothEnds) {  // M NM-6
  build(SegmentKind::kCable, 2);
  EXPECT_EQ(nics_[0].carriers, std::vector<bool>{true});
  ASSERT_TRUE(network_->plug(ports_[1], SegmentId::none()).has_value());
  settle();
  EXPECT_EQ(nics_[0].carriers, (std::vector<bool>{true, false}));
  EXPECT_EQ(nics_[1].carriers, (std::vector<bool>{true, false}));
  ASSERT_TRUE(network_->plug(ports_[1], segment_).has_value());
  network_->set_port_active(ports_[0], false);  // one end without power
  settle();
  EXPECT_FALSE(network_->carrier(ports_[1]));
}

TEST_F(NetworkTest, SwitchPortLosesOnlyItsOwnCarrier) {  // M NM-6
  build(SegmentKind::kSwitch, 3);
  ASSERT_TRUE(network_->plug(ports_[1], SegmentId::none()).has_value());
  EXPECT_TRUE(network_->carrier(ports_[0]));
  EXPECT_FALSE(network_->carrier(ports_[1]));
  network_->set_segment_power(segment_, false);
  EXPECT_FALSE(network_->carrier(ports_[0]));
}

TEST_F(NetworkTest, FramesOnTheWayAreLostWithTheCarrier) {
  build(SegmentKind::kSwitch, 2);
  send(0, mac(1), "a");
  ASSERT_TRUE(network_->plug(ports_[1], SegmentId::none()).has_value());
  settle();
  EXPECT_TRUE(nics_[1].frames.empty());
  EXPECT_EQ(network_->counters().dropped, 1u);
  EXPECT_EQ(network_->pool().in_use(), 0u);
}

TEST_F(NetworkTest, KeepsTheOrderUnderJitter) {
  quality_.jitter = milliseconds(5);
  build(SegmentKind::kSwitch, 2);
  for (int i = 0; i < 200; ++i) send(0, mac(1), std::string(1, static_cast<char>('A' + i % 26)));
  settle();
  ASSERT_EQ(nics_[1].frames.size(), 200u);
  for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(nics_[1].frames[i].second[0], static_cast<char>('A' + i % 26));
}

// M WF-5: a checksum finds damage out unless the test says otherwise.
TEST_F(NetworkTest, DamagedFramesAreLostWrongOrCut) {
  quality_.corruption = 1'000'000;
  for (const auto& [damage, arrived] :
       {std::pair{Damage::kDropped, 0U}, {Damage::kBitFlip, 1U}, {Damage::kTruncated, 1U}}) {
    quality_.damage = damage;
    build(SegmentKind::kSwitch, 2);
    nics_[1].frames.clear();
    send(0, mac(1), "twelve bytes");
    settle();
    ASSERT_EQ(nics_[1].frames.size(), arrived);
    if (arrived == 0) continue;
    const std::string& got = nics_[1].frames[0].second;
    EXPECT_NE(got, "twelve bytes");
    EXPECT_EQ(got.size() == 12, damage == Damage::kBitFlip);
  }
}

TEST_F(NetworkTest, LosesDoublesReordersAndDamages) {
  quality_.loss = 100'000;
  quality_.duplication = 100'000;
  quality_.reordering = 200'000;
  quality_.corruption = 50'000;
  build(SegmentKind::kSwitch, 2);
  for (int i = 0; i < 2000; ++i) {
    send(0, mac(1), std::string(1, static_cast<char>(i % 100)));
    queue_.run_until(queue_.now() + microseconds(50));
  }
  settle();
  const NetworkCounters& n = network_->counters();
  EXPECT_NEAR(static_cast<double>(n.dropped), 290, 70);  // damaged ones among them
  EXPECT_NEAR(static_cast<double>(n.duplicated), 180, 60);
  EXPECT_NEAR(static_cast<double>(n.corrupted), 90, 40);
  EXPECT_EQ(nics_[1].frames.size(), 2000 - n.dropped + n.duplicated);
  EXPECT_EQ(network_->pool().in_use(), 0u);
}

TEST_F(NetworkTest, BandwidthDelaysAndItsQueueOverflows) {
  quality_.bandwidth = 8'000'000;  // one byte per microsecond
  quality_.queue_bytes = 3'000;
  build(SegmentKind::kSwitch, 2);
  const std::string text(958, 'x');  // 1000 bytes on the wire
  for (int i = 0; i < 8; ++i) send(0, mac(1), text);
  settle();
  ASSERT_EQ(nics_[1].frames.size(), 4u);
  EXPECT_EQ(nics_[1].frames[0].first, 1'100'000);
  EXPECT_EQ(nics_[1].frames[3].first, 4'100'000);
}

TEST_F(NetworkTest, PathsAreCutOneWay) {
  build(SegmentKind::kSwitch, 3);
  network_->set_path_loss(NodeIndex(0), NodeIndex(1), 1'000'000);
  send(0, MacAddress::make_broadcast(), "a");
  send(1, MacAddress::make_broadcast(), "b");
  settle();
  EXPECT_EQ(nics_[1].frames.size(), 0u);
  EXPECT_EQ(nics_[2].frames.size(), 2u);
  EXPECT_EQ(nics_[0].frames.size(), 1u);
  network_->clear_path_losses();
  send(0, MacAddress::make_broadcast(), "c");
  settle();
  EXPECT_EQ(nics_[1].frames.size(), 1u);
}

TEST_F(NetworkTest, FramesComeFromThePoolAgain) {
  build(SegmentKind::kSwitch, 2);
  for (int i = 0; i < 1000; ++i) {
    send(0, mac(1), "hello");
    settle();
  }
  EXPECT_EQ(network_->pool().allocated(), 1u);
}

TEST(MacAddress, ReadsAndWritesText) {
  const auto mac = MacAddress::parse("00:16:3E:39:91:0a");
  ASSERT_TRUE(mac.has_value());
  EXPECT_EQ(mac->text(), "00:16:3e:39:91:0a");
  EXPECT_FALSE(MacAddress::parse("00:16:3e:39:91").has_value());
  EXPECT_FALSE(MacAddress::parse("00-16-3e-39-91-0a").has_value());
  EXPECT_EQ(MacAddress::of_multicast(*IpAddress::parse("239.192.129.3")).text(), "01:00:5e:40:81:03");
  EXPECT_EQ(MacAddress::of_multicast(*IpAddress::parse("ff15::1:2")).text(), "33:33:00:01:00:02");
}

TEST_F(NetworkTest, SelectiveLossTakesWhatItNames) {
  build(SegmentKind::kSwitch, 2);
  send(1, mac(0), "here I am");
  settle();
  Network::SelectiveLoss loss;
  loss.parts = 1'000'000;
  loss.cast = Network::Cast::kMulticast;
  loss.larger_than = 5;
  loss.most = 2;
  network_->set_selective_loss(NodeIndex(0), NodeIndex(1), loss);
  send(0, mac(1), "unicast");
  send(0, MacAddress::make_broadcast(), "tiny");
  send(0, MacAddress::make_broadcast(), "lost one");
  send(0, MacAddress::make_broadcast(), "lost two");
  send(0, MacAddress::make_broadcast(), "heard again");
  settle();
  std::vector<std::string> heard;
  for (const auto& [at, text] : nics_[1].frames) heard.push_back(text);
  EXPECT_EQ(heard, (std::vector<std::string>{"unicast", "tiny", "heard again"}));
  // A plain loss of the same path is another one, and so is its repair.
  network_->set_path_loss(NodeIndex(0), NodeIndex(1), 1'000'000);
  send(0, mac(1), "cut");
  settle();
  EXPECT_EQ(nics_[1].frames.size(), 3U);
}

TEST_F(NetworkTest, HearingIsWellBadlyOrNever) {
  using Hearing = Network::Hearing;
  build(SegmentKind::kSwitch, 2);
  const auto hearing = [&] { return network_->hearing(ports_[0], ports_[1]); };
  EXPECT_EQ(hearing(), Hearing::kWell);
  network_->set_path_loss(NodeIndex(0), NodeIndex(1), 10'000);
  EXPECT_EQ(hearing(), Hearing::kBadly);
  EXPECT_EQ(network_->hearing(ports_[1], ports_[0]), Hearing::kWell);
  network_->set_path_loss(NodeIndex(0), NodeIndex(1), 1'000'000);
  EXPECT_EQ(hearing(), Hearing::kNever);
  network_->clear_path_losses();
  LinkQuality slow;
  slow.delay = milliseconds(50);
  network_->set_quality(segment_, slow);
  EXPECT_EQ(hearing(), Hearing::kBadly);
  network_->set_quality(segment_, {});
  ASSERT_TRUE(network_->plug(ports_[1], SegmentId::none()).has_value());
  EXPECT_EQ(hearing(), Hearing::kNever);
}

TEST_F(NetworkTest, PacketsLargerThanTheMtuAreLost) {
  quality_.mtu = 128;
  build(SegmentKind::kSwitch, 2);
  send(1, mac(0), "here I am");
  send(0, mac(1), std::string(100, 'a'));  // and 28 bytes of headers
  send(0, mac(1), std::string(101, 'b'));
  settle();
  ASSERT_EQ(nics_[1].frames.size(), 1U);
  EXPECT_EQ(nics_[1].frames[0].second, std::string(100, 'a'));
  EXPECT_EQ(network_->mtu(ports_[0], ports_[1]), 128U);
  // A datagram that its sender has cut is as large as its largest piece.
  FrameRef cut = network_->pool().take(300);
  cut->header.destination_mac = mac(1);
  cut->header.fragments = 3;
  cut->header.fragment_size = 129;
  const FrameRef small = network_->pool().copy(*cut);
  small->header.fragment_size = 128;
  network_->send(ports_[0], cut);
  settle();
  EXPECT_EQ(nics_[1].frames.size(), 1U);
  network_->send(ports_[0], small);
  settle();
  EXPECT_EQ(nics_[1].frames.size(), 2U);
}

}  // namespace
}  // namespace simcluster::sim
