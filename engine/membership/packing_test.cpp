// Messages that come in pieces (M 6).
#include "engine/membership/packing.h"

#include <vector>

#include <gtest/gtest.h>

#include "engine/membership/testing_host.h"
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

// PG-11.3. A peer that never ends a message fills no memory; what it says afterwards is heard again.
TEST(Assembler, WhatNeverEndsIsThrownAway) {
  PatientHost host;
  Counter counter;
  Assembler assembler(host, counter);
  Processor peer;
  peer.node_id = 2;
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

}  // namespace
}  // namespace simcluster::membership
