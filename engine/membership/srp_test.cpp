// One processor of the ring protocol, whose frames the test answers.
#include "engine/membership/srp.h"

#include <gtest/gtest.h>

#include "engine/membership/testing_host.h"

namespace simcluster::membership {
namespace {

Processor processor(std::uint32_t id) {
  Processor p;
  p.node_id = id;
  return p;
}

// Keeps what is sent; what the sender itself hears waits for the test.
struct Wire final : Transport {
  void start() override {}
  void stop() override {}
  void send_mcast(std::span<const std::byte> frame) override { sent.assign(frame.begin(), frame.end()); }
  void send_all(std::span<const std::byte> frame, Loop) override { sent.assign(frame.begin(), frame.end()); }
  void set_token_target(const Processor&) override {}
  void send_token(std::span<const std::byte> frame) override { token.assign(frame.begin(), frame.end()); }
  void set_members(std::span<const Processor>) override {}
  void check_interfaces() override {}
  void on_datagram(LinkIndex, const IpAddress&, std::span<const std::byte>) override {}
  void on_link_state(LinkIndex, bool, const IpAddress&) override {}
  void on_deadline(Deadline) override {}
  void reconfigure(const Plan&) override {}
  std::vector<LinkStatus> status() const override { return {}; }
  void drain_loop() override {}

  std::vector<std::byte> sent, token;
};

struct Quiet final : SrpClient {
  void on_message(const Processor&, std::span<const std::byte>) override {}
  void on_ring_change(const RingChange&) override {}
  void on_buffers_switch() override {}
  void on_token_received() override {}
  void on_token_sent() override {}
  void on_fatal(int, std::string_view) override {}
};

// Node 1 of Corosync 3; the test plays node 2.
struct OneProcessor : testing::Test, TimerClient {
  OneProcessor() { srp.interface_changed(processor(1)); }

  void on_timer(std::uint64_t) override {
    deadlines.begin_input();
    deadlines.on_host_timer();
    while (const auto due = deadlines.next_due()) srp.on_deadline(*due);
    deadlines.settle();
  }
  void frame(std::span<const std::byte> bytes) {
    deadlines.begin_input();
    const std::vector<std::byte> copy(bytes.begin(), bytes.end());
    srp.on_frame(copy, {});
    deadlines.settle();
  }
  void join_of_2(std::uint64_t ring_seq, ProcessorList proc, ProcessorList failed) {
    std::vector<std::byte> bytes;
    codec.encode(Join{2, processor(2), ring_seq, std::move(proc), std::move(failed)}, bytes);
    frame(bytes);
    host.run_for(milliseconds(2));  // what it answers may wait a little (SRP-4.7)
  }
  Join last_join() const {
    Join join;
    EXPECT_EQ(codec.decode(wire.sent, join), "");
    return join;
  }
  CommitToken last_commit_token() const {
    CommitToken token;
    EXPECT_EQ(codec.decode(wire.token, token), "");
    return token;
  }
  // The commit token comes from node 2, which has passed it on.
  std::vector<std::byte> answered(CommitToken token) const {
    if (token.memb_index < token.addr.size()) ++token.memb_index;
    ++token.token_seq;
    std::vector<std::byte> bytes;
    codec.encode(token, 2, bytes);
    return bytes;
  }

  static Profile corosync_3() {
    StackVersions versions;
    versions.corosync = "3.1.7";
    return *make_profile(versions);
  }

  const Profile profile = corosync_3();
  PatientHost host;
  Wire wire;
  Quiet client;
  Deadlines deadlines{host, *this, 0};
  Srp srp{{}, profile, host, wire, deadlines, client};
  Codec codec{Generation::kNodeIds};
};

// SRP-6.2: the ORF token starts when the commit token comes the second time. A resent copy of its first arrival, or the
// one that came by another redundant ring, must not do that: members that wait for the commit token would never get it.
TEST_F(OneProcessor, ACopyOfTheFirstCommitTokenIsNotTheSecond) {
  join_of_2(0, {processor(1), processor(2)}, {});
  frame(wire.sent);
  join_of_2(0, {processor(1), processor(2)}, {});
  ASSERT_EQ(srp.state(), SrpState::kCommit);
  const auto first = answered(last_commit_token());
  frame(first);
  ASSERT_EQ(srp.state(), SrpState::kRecovery);
  frame(first);
  EXPECT_EQ(srp.counters().orf_token_tx, 0U);
  frame(answered(last_commit_token()));
  EXPECT_EQ(srp.counters().orf_token_tx, 1U);
}

// INS-12: a member that has installed the ring has forgotten whom it failed, and so does one that meets it in RECOVERY.
// Otherwise the old list would go round again and two rings keep failing each other.
TEST_F(OneProcessor, FailedOnesAreForgottenWithTheFirstMemberThatInstalls) {
  const ProcessorList three = {processor(1), processor(2), processor(3)};
  join_of_2(0, three, {});
  frame(wire.sent);
  join_of_2(0, three, {});
  host.run_for(milliseconds(1300));  // the consensus timeout: node 3 is silent
  EXPECT_EQ(last_join().failed, ProcessorList{processor(3)});
  frame(wire.sent);
  join_of_2(0, three, {processor(3)});
  ASSERT_EQ(srp.state(), SrpState::kCommit);
  frame(answered(last_commit_token()));
  ASSERT_EQ(srp.state(), SrpState::kRecovery);
  // Node 2 has installed the ring and heard node 3 since.
  join_of_2(srp.ring().sequence, three, {});
  EXPECT_EQ(srp.state(), SrpState::kGather);
  host.run_for(milliseconds(60));
  EXPECT_EQ(last_join().failed, ProcessorList{});
  EXPECT_EQ(last_join().proc.size(), 3U);
}

// The same JOIN from a member that gave the ring up, with its list: node 3 stays failed.
TEST_F(OneProcessor, FailedOnesAreKeptWhenTheRingWasGivenUp) {
  const ProcessorList three = {processor(1), processor(2), processor(3)};
  join_of_2(0, three, {});
  frame(wire.sent);
  join_of_2(0, three, {});
  host.run_for(milliseconds(1300));
  frame(wire.sent);
  join_of_2(0, three, {processor(3)});
  frame(answered(last_commit_token()));
  join_of_2(srp.ring().sequence, three, {processor(3)});
  host.run_for(milliseconds(60));
  EXPECT_EQ(last_join().failed, ProcessorList{processor(3)});
}

// K-1: JOINs never grow beyond what everybody refuses to read.
TEST_F(OneProcessor, AMembershipIsBounded) {
  ProcessorList many;
  for (std::uint32_t id = 1000; id < 1000 + kMaxProcessors; ++id) many.push_back(processor(id));
  join_of_2(0, many, {});
  host.run_for(milliseconds(60));
  EXPECT_EQ(last_join().proc, ProcessorList{processor(1)});
  many.pop_back();
  join_of_2(0, many, {});
  host.run_for(milliseconds(60));
  EXPECT_EQ(last_join().proc.size(), kMaxProcessors);
}

}  // namespace
}  // namespace simcluster::membership
