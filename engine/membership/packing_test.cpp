// Messages that come in pieces (M 6).
#include "engine/membership/packing.h"

#include <vector>

#include <gtest/gtest.h>

#include "engine/membership/testing_processor.h"
#include "engine/membership/wire.h"

namespace simcluster::membership {
namespace {

class Counter final : public AssemblyClient {
 public:
  std::vector<std::size_t> sizes;

 private:
  void on_group_message(std::string_view, const Processor&, std::span<const std::byte> message) override {
    sizes.push_back(message.size());
  }
};

// One ring message with one piece: `continuation` of what came before, `fragmented` if it goes on.
std::vector<std::byte> packet(std::uint8_t continuation, std::uint8_t fragmented, std::span<const std::byte> piece) {
  std::vector<std::byte> bytes;
  Writer w(bytes, 10 + piece.size());
  w.u16(0);
  w.u16(0);
  w.u8(fragmented);
  w.u8(continuation);
  w.u16(1);
  w.u16(static_cast<std::uint16_t>(piece.size()));
  w.bytes(piece);
  return bytes;
}

// It hears node 2.
struct AssemblerTest : testing::Test {
  AssemblerTest() { peer.node_id = 2; }
  PatientHost host;
  Counter counter;
  Assembler assembler{host, counter};
  Processor peer;
};

// PG-11.3. A peer that never ends a message fills no memory; what it says afterwards is heard again.
TEST_F(AssemblerTest, WhatNeverEndsIsThrownAway) {
  std::vector<std::byte> group;
  {
    Writer w(group, 5);
    w.u16(1);
    w.u16(1);
    w.u8('a');
  }
  const std::vector<std::byte> piece(60'000);
  const auto say = [&](std::size_t pieces) {
    assembler.receive(peer, packet(0, 1, group));
    std::uint8_t number = 1;
    for (std::size_t i = 0; i < pieces; ++i) {
      const auto next = static_cast<std::uint8_t>(number % 255 + 1);
      assembler.receive(peer, packet(number, next, piece));
      number = next;
    }
    assembler.receive(peer, packet(number, 0, {}));
  };
  const std::size_t most = Assembler::kMaxUnfinished / piece.size();
  say(most - 1);
  ASSERT_EQ(counter.sizes.size(), 1U);
  EXPECT_EQ(counter.sizes[0], (most - 1) * piece.size());
  say(most + 300);
  EXPECT_EQ(counter.sizes.size(), 1U);
  say(3);
  ASSERT_EQ(counter.sizes.size(), 2U);
  EXPECT_EQ(counter.sizes[1], 3 * piece.size());
}

// What one ring message holds.
struct Packed {
  int fragmented = 0;
  int continuation = 0;
  std::vector<std::size_t> lengths;
  std::size_t size = 0;
};

// One node's ring of two; what its packer hands over goes out with the token.
struct Packing : testing::Test, OneProcessor {
  Packing() {
    form(names({1, 2}));
    client.on_token = [&] { packer.flush(); };
  }
  void send(std::size_t size) { EXPECT_TRUE(packer.send("a", std::vector<std::byte>(size))); }
  std::vector<Packed> visit() {
    wire.mcasts.clear();
    rotate();
    std::vector<Packed> result;
    for (const auto& frame : wire.mcasts) {
      McastHeader header;
      std::span<const std::byte> payload;
      EXPECT_EQ(codec.decode(frame, header, payload), "");
      Reader r(payload);
      EXPECT_EQ(r.u32(), 0U) << "version and type";
      Packed packed;
      packed.fragmented = r.u8();
      packed.continuation = r.u8();
      const std::size_t count = r.u16();
      for (std::size_t i = 0; i < count; ++i) packed.lengths.push_back(r.u16());
      packed.size = payload.size();
      result.push_back(packed);
    }
    return result;
  }
  static constexpr std::size_t kMtu = 308;  // M = 300
  static constexpr std::size_t kGroup = 5;  // PG-1: one group with a name of one letter
  Packer packer{srp, kMtu};
};

// PG-1, PG-3, PG-5, PG-9: small messages wait for the token and travel together.
TEST_F(Packing, SmallMessagesTravelTogether) {
  for (const std::size_t size : {10U, 20U, 30U}) send(size);
  const auto packets = visit();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].lengths, (std::vector{10 + kGroup, 20 + kGroup, 30 + kGroup}));
  EXPECT_EQ(packets[0].fragmented, 0);
  EXPECT_EQ(packets[0].size, 8U + 3 * 2 + 60 + 3 * kGroup);
  EXPECT_TRUE(visit().empty());
}

// PG-3, PG-4, PG-5: a message that does not fit goes on in the next one, whose continuation names it.
TEST_F(Packing, LargeMessagesAreCut) {
  send(100);
  send(600);
  const auto packets = visit();
  ASSERT_EQ(packets.size(), 3U);
  EXPECT_EQ(packets[0].lengths.size(), 2U) << "the rest of the first packet is used";
  std::size_t bytes = 0;
  for (const Packed& packed : packets) {
    EXPECT_LE(packed.size, kMtu);
    for (const std::size_t length : packed.lengths) bytes += length;
  }
  EXPECT_EQ(bytes, 700 + 2 * kGroup);
  EXPECT_EQ(packets[0].continuation, 0);
  EXPECT_EQ(packets[0].fragmented, 1);
  EXPECT_EQ(packets[1].continuation, 1);
  EXPECT_EQ(packets[1].fragmented, 2);
  EXPECT_EQ(packets[2].continuation, 2);
  EXPECT_EQ(packets[2].fragmented, 0);
}

// PG-6: a message that fills the packet to the last byte is no fragment.
TEST_F(Packing, AFullPacket) {
  const std::size_t room = kMtu - 8 - 2 - 2;
  send(room - kGroup);
  const auto packets = visit();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].lengths, std::vector{room});
  EXPECT_EQ(packets[0].fragmented, 0);
}

// PG-7: a message is taken as a whole or not at all; one slot is kept free. K-6: the queue's length.
TEST_F(Packing, Admission) {
  EXPECT_EQ(srp.queue_length(), 64U);
  const std::size_t slot = kMtu - 8 - 16;
  EXPECT_TRUE(packer.has_room(62 * slot - 8));
  EXPECT_FALSE(packer.has_room(63 * slot - 8));
  EXPECT_FALSE(packer.send("a", std::vector<std::byte>(64 * slot)));
  EXPECT_TRUE(visit().empty());
}

// PG-10, SRP-16.7: a message for an idle ring calls the hold off.
TEST_F(Packing, CallsTheHoldOff) {
  for (int idle = 0; idle < 40; ++idle) {
    rotate();
    host.run_for(milliseconds(181));
  }
  EXPECT_EQ(srp.counters().token_hold_cancel_tx, 0U);
  send(1);
  EXPECT_EQ(srp.counters().token_hold_cancel_tx, 1U);
}

// PG-11: a piece is missing in the middle: what it belonged to is thrown away, what follows is heard.
TEST_F(AssemblerTest, AMissingPiece) {
  std::vector<std::byte> whole;
  {
    Writer w(whole, 15);
    w.u16(1);
    w.u16(1);
    w.u8('a');
    w.bytes(std::vector<std::byte>(10));
  }
  const std::vector<std::byte> piece(20);
  assembler.receive(peer, packet(0, 0, whole));
  EXPECT_EQ(counter.sizes, std::vector<std::size_t>{10});
  assembler.receive(peer, packet(0, 1, whole));
  assembler.receive(peer, packet(2, 3, piece));  // 1 to 2 is lost
  assembler.receive(peer, packet(3, 0, piece));
  EXPECT_EQ(counter.sizes.size(), 1U);
  assembler.receive(peer, packet(0, 0, whole));
  EXPECT_EQ(counter.sizes.size(), 2U);
  // PG-2: the unfinished message of a node that left.
  assembler.receive(peer, packet(0, 1, whole));
  assembler.forget({peer});
  assembler.receive(peer, packet(0, 0, whole));
  EXPECT_EQ(counter.sizes.size(), 3U);
  // PG-11.1.
  auto cut = packet(0, 0, whole);
  cut.pop_back();
  assembler.receive(peer, cut);
  EXPECT_EQ(host.says("Message (totempg_mcast) received from node 2 doesn't have expected length of 25 (has 24) "
                      "bytes...  Ignoring."),
            1U);
  assembler.receive(peer, std::vector<std::byte>(4));
  EXPECT_EQ(host.says("Message (totempg_mcast) received from node 2 is too short...  Ignoring."), 1U);
  EXPECT_EQ(counter.sizes.size(), 3U);
}

}  // namespace
}  // namespace simcluster::membership
