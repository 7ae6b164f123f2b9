#include "engine/membership/srp_messages.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"

namespace simcluster::membership {
namespace {

Processor processor(Generation generation, std::uint32_t id) {
  Processor p;
  p.node_id = id;
  if (generation == Generation::kAddresses) p.address[0] = IpAddress::v4(0x0a4d0000 + id);
  return p;
}

class CodecTest : public testing::TestWithParam<Generation> {
 protected:
  Codec codec_{GetParam()};
  Processor p(std::uint32_t id) const { return processor(GetParam(), id); }
  Ring ring(std::uint32_t id, std::uint64_t sequence) const { return {p(id), sequence}; }
  bool old() const { return GetParam() == Generation::kAddresses; }
  std::vector<std::byte> frame_;
};

// M 17.2, 17.3: MSG-0 to MSG-5.
TEST_P(CodecTest, SizesAreThoseOfTheWire) {
  OrfToken token;
  token.ring = ring(1, 5);
  token.request_count = 2;
  token.requests[0] = {ring(1, 5), 7};
  token.requests[1] = {ring(1, 5), 8};
  codec_.encode(token, frame_);
  EXPECT_EQ(frame_.size(), old() ? 70U + 2 * 34 : 57U + 2 * 16);
  EXPECT_EQ(codec_.mcast_header_size(), old() ? 99U : 45U);
  codec_.encode(MergeDetect{p(1), ring(1, 5)}, frame_);
  EXPECT_EQ(frame_.size(), old() ? 83U : 29U);
  Join join;
  join.header_node_id = 1;
  join.from = p(1);
  join.proc = {p(1), p(2)};
  join.failed = {p(3)};
  codec_.encode(join, frame_);
  EXPECT_EQ(frame_.size(), old() ? 69U + 3 * 45 : 33U + 3 * 4);
  CommitToken commit;
  commit.ring = ring(1, 5);
  commit.addr = {p(1), p(2)};
  commit.entries.resize(2);
  codec_.encode(commit, 1, frame_);
  EXPECT_EQ(frame_.size(), old() ? 54U + 2 * 87 : 41U + 2 * 28);
  codec_.encode(HoldCancel{ring(1, 5)}, 1, frame_);
  EXPECT_EQ(frame_.size(), old() ? 38U : 25U);
}

TEST_P(CodecTest, WhatIsWrittenIsRead) {
  OrfToken token;
  token.sender = 2;
  token.seq = 0xfffffff0;
  token.token_seq = 77;
  token.aru = 5;
  token.aru_addr = 3;
  token.ring = ring(1, 0x100000003);
  token.backlog = 9;
  token.fcc = 4;
  token.retrans_flg = 1;
  token.request_count = 1;
  token.requests[0] = {ring(1, 0x100000003), 6};
  codec_.encode(token, frame_);
  OrfToken read;
  ASSERT_EQ(codec_.decode(frame_, read), "");
  EXPECT_EQ(read.seq, token.seq);
  EXPECT_EQ(read.token_seq, 77U);
  EXPECT_EQ(read.aru_addr, 3U);
  EXPECT_TRUE(read.ring == token.ring);
  EXPECT_EQ(read.requests[0].seq, 6U);

  Join join;
  join.header_node_id = 0;
  join.from = p(4);
  join.ring_seq = 12;
  join.proc = {p(1), p(9)};
  join.failed = {p(4)};
  codec_.encode(join, frame_);
  Join read_join;
  ASSERT_EQ(codec_.decode(frame_, read_join), "");
  EXPECT_TRUE(read_join.leave());
  EXPECT_TRUE(read_join.proc == join.proc);
  EXPECT_TRUE(read_join.failed == join.failed);
  EXPECT_EQ(read_join.ring_seq, 12U);
}

// WF-4: a cut frame is too short, whatever it was.
TEST_P(CodecTest, CutFramesAreRefused) {
  Join join;
  join.header_node_id = 1;
  join.from = p(1);
  join.proc = {p(1), p(2)};
  codec_.encode(join, frame_);
  for (std::size_t size = codec_.header_size(); size < frame_.size(); ++size) {
    Join read;
    EXPECT_EQ(codec_.decode(std::span(frame_).first(size), read),
              "Received memb_join message is too short...  ignoring.");
  }
  OrfToken token;
  token.ring = ring(1, 5);
  codec_.encode(token, frame_);
  OrfToken read;
  EXPECT_EQ(codec_.decode(std::span(frame_).first(frame_.size() - 1), read),
            "Received orf_token message is too short...  ignoring.");
  frame_.resize(kMaxTokenSize + 1);
  EXPECT_EQ(codec_.decode(frame_, read), "Received orf_token message is too long...  ignoring.");
}

// WF-3.
TEST_P(CodecTest, ForeignHeadersAreRefused) {
  const Codec other(old() ? Generation::kNodeIds : Generation::kAddresses);
  other.encode(MergeDetect{processor(other.generation(), 1), {processor(other.generation(), 1), 4}}, frame_);
  Header header;
  EXPECT_NE(codec_.decode_header(frame_, header), "");
  EXPECT_NE(codec_.decode_header(std::span(frame_).first(3), header), "");
}

// Nothing that arrives may do harm: every decoder on random bytes behind a good header, and on damaged good frames.
TEST_P(CodecTest, RandomBytesDoNoHarm) {
  Random random(1, "fuzz");
  CommitToken commit;
  commit.ring = ring(1, 5);
  commit.addr = {p(1), p(2), p(3)};
  commit.entries.resize(3);
  for (int round = 0; round < 20000; ++round) {
    codec_.encode(commit, 1, frame_);
    frame_.resize(codec_.header_size() + random.below(frame_.size()));
    for (std::uint64_t i = random.below(20); i > 0; --i)
      frame_[codec_.header_size() + random.below(frame_.size() - codec_.header_size() + 1) - 1] =
          static_cast<std::byte>(random.next());
    OrfToken token;
    McastHeader mcast;
    MergeDetect merge;
    Join join;
    CommitToken read;
    HoldCancel hold;
    std::span<const std::byte> payload;
    Header header;
    codec_.decode_header(frame_, header);
    codec_.decode(frame_, mcast, payload);
    codec_.decode(frame_, merge);
    codec_.decode(frame_, hold);
    if (codec_.decode(frame_, token).empty()) {
      EXPECT_LE(token.request_count, kMaxRetransmitRequests);
    }
    if (codec_.decode(frame_, join).empty()) {
      EXPECT_LE(join.proc.size() + join.failed.size(), 2 * kMaxProcessors);
    }
    if (codec_.decode(frame_, read).empty()) {
      EXPECT_EQ(read.addr.size(), read.entries.size());
      EXPECT_LE(read.memb_index, read.addr.size());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Generations, CodecTest, testing::Values(Generation::kAddresses, Generation::kNodeIds));

}  // namespace
}  // namespace simcluster::membership
