// One processor of the ring protocol, whose frames the test answers.
#include "engine/membership/testing_processor.h"

namespace simcluster::membership {
namespace {

struct Protocol : testing::Test, OneProcessor {};

// SRP-6.2: the ORF token starts when the commit token comes the second time. A resent copy of its first arrival, or the
// one that came by another redundant ring, must not do that: members that wait for the commit token would never get it.
TEST_F(Protocol, ACopyOfTheFirstCommitTokenIsNotTheSecond) {
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
TEST_F(Protocol, FailedOnesAreForgottenWithTheFirstMemberThatInstalls) {
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
TEST_F(Protocol, FailedOnesAreKeptWhenTheRingWasGivenUp) {
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
TEST_F(Protocol, AMembershipIsBounded) {
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
