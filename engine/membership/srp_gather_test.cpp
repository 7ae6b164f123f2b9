// GATHER: what JOINs say, whom they teach, and when everybody agrees (M 5.3 to 5.5, 5.15, 5.16).
#include "engine/membership/testing_processor.h"

namespace simcluster::membership {
namespace {

struct Gathering : testing::Test, OneProcessor {
  Gathering() : OneProcessor("3.1.7", with_debug()) {}
};

// SRP-3.2, SRP-3.3, SRP-3.4, SRP-3.8, SRP-4.1, SRP-4.6, TM-5, T-10: the first JOIN is sent at once, and again every 50
// ms.
TEST_F(Gathering, StartsWithAJoin) {
  EXPECT_EQ(srp.state(), SrpState::kGather);
  EXPECT_EQ(host.says("entering GATHER state from 15(interface change)."), 1U);
  EXPECT_EQ(wire.sendings, 1);
  EXPECT_EQ(last_join().from, processor(1));
  EXPECT_EQ(last_join().proc, names({1}));
  EXPECT_EQ(last_join().failed, names({}));
  EXPECT_EQ(last_join().ring_seq, 1U);  // SRP-2.2: nothing stored, and one more at the start (V-4)
  host.run_for(milliseconds(151));
  EXPECT_EQ(wire.sendings, 4);
}

// SRP-3.7, SRP-4.2, SRP-5.6 (b), SRP-5.9, SRP-6.1: consensus counts when a JOIN is received; then the smallest id makes
// the commit token, four above every ring that it has heard of.
TEST_F(Gathering, TheSmallestIdMakesTheCommitToken) {
  join_of(3, 40, names({3, 1}), {});
  EXPECT_EQ(host.says("from 11(merge during join)."), 1U);  // SRP-5.8a
  EXPECT_EQ(last_join().proc, names({1, 3}));
  EXPECT_EQ(last_join().ring_seq, 1U) << "the ring installed last, not the highest seen";
  frame(wire.sent);
  EXPECT_EQ(srp.state(), SrpState::kGather) << "node 3 has not agreed";
  join_of(3, 40, names({1, 3}), {});
  ASSERT_EQ(srp.state(), SrpState::kCommit);
  EXPECT_EQ(host.says("Creating commit token because I am the rep."), 1U);
  const CommitToken token = last_commit_token();
  EXPECT_EQ(token.ring.sequence, 44U);  // SRP-5.2, K-9
  EXPECT_EQ(token.addr, names({1, 3}));
  EXPECT_EQ(token.memb_index, 1U);
  EXPECT_EQ(token.token_seq, 1U);  // SRP-6.4
  EXPECT_EQ(wire.target, processor(3));
}

// SRP-5.6 (c): who is not the smallest waits for the commit token, whether it has heard every JOIN or not (SRP-6.2).
TEST_F(Gathering, OthersTakeTheCommitTokenOfTheSmallest) {
  Processor zero = processor(0x00010000);  // larger than 1: node 1 would be the first
  CommitToken token;
  token.addr = {processor(1), zero};
  token.entries.resize(2);
  token.ring = {processor(1), 400};
  join_of(zero.node_id, 0, token.addr, {});
  std::vector<std::byte> bytes;
  token.memb_index = 1;  // not our entry: damaged
  codec.encode(token, zero.node_id, bytes);
  frame(bytes);
  EXPECT_EQ(srp.state(), SrpState::kGather);
  token.memb_index = 0;
  token.addr.push_back(processor(9));  // not the members that we know
  token.entries.resize(3);
  codec.encode(token, zero.node_id, bytes);
  frame(bytes);
  EXPECT_EQ(srp.state(), SrpState::kGather);
  token.addr.pop_back();
  token.entries.resize(2);
  token.ring.sequence = 1;  // not above ours
  codec.encode(token, zero.node_id, bytes);
  frame(bytes);
  EXPECT_EQ(srp.state(), SrpState::kGather);
  token.ring.sequence = 400;
  codec.encode(token, zero.node_id, bytes);
  frame(bytes);
  EXPECT_EQ(srp.state(), SrpState::kCommit) << "no JOIN of ours was heard back";
}

// SRP-5.7: a JOIN that knows less teaches nothing and is not answered.
TEST_F(Gathering, LessIsNotAnswered) {
  join_of(2, 0, names({1, 2, 3}), {});
  const int sendings = wire.sendings;
  join_of(3, 0, names({3}), {});
  EXPECT_EQ(wire.sendings, sendings);
  EXPECT_EQ(last_join().proc, names({1, 2, 3}));
}

// SRP-5.8a, DEV-4: whom a stranger fails counts nothing; who fails us is failed.
TEST_F(Gathering, StrangersAreNotBelieved) {
  join_of(2, 0, names({1, 2, 3}), names({3}));
  EXPECT_EQ(last_join().failed, names({}));
  join_of(3, 0, names({1, 2, 3}), names({1}));
  EXPECT_EQ(last_join().failed, names({3}));
  join_of(3, 0, names({1, 2, 3, 4}), {});  // SRP-5.8: it is failed, and heard no more
  EXPECT_EQ(last_join().proc, names({1, 2, 3}));
}

// SRP-5.11 (b), TM-6, T-11, GATHER(0): the silent ones are failed in the order of the list.
TEST_F(Gathering, TheSilentAreFailed) {
  join_of(2, 0, names({4, 2, 3, 1}), {});
  frame(wire.sent);
  join_of(2, 0, names({1, 2, 3, 4}), {});
  host.run_for(milliseconds(1190));
  EXPECT_EQ(last_join().failed, names({}));
  host.run_for(milliseconds(12));
  EXPECT_EQ(last_join().failed, names({4, 3}));
  EXPECT_EQ(host.says("from 0(consensus timeout)."), 1U);
  EXPECT_EQ(srp.counters().consensus_timeouts, 1U);
}

// SRP-5.11 (a), SRP-5.12, SRP-3.9, LOG-2, K-12, K-14: a node that agrees with itself but does not hear itself. The
// token's timeout runs from the consensus timeout on; more than three of that, and the diagnosis speaks every 1.5 s.
TEST_F(Gathering, NotEvenHeardByItself) {
  host.run_for(milliseconds(2150));
  EXPECT_EQ(srp.counters().gather_entered, 1U);
  host.run_for(milliseconds(100));
  EXPECT_EQ(host.says("The consensus timeout expired (1200ms)."), 1U);
  EXPECT_EQ(host.says("entering GATHER state from 3(The consensus timeout expired.)."), 1U);
  EXPECT_EQ(srp.counters().gather_token_lost, 1U);
  constexpr std::string_view kUnable =
      "Totem is unable to form a cluster because of an operating system or network fault (reason: totem is "
      "continuously in gather state). The most common cause of this message is that the local firewall is configured "
      "improperly.";
  host.run_for(milliseconds(4600));
  EXPECT_EQ(host.says(kUnable), 0U) << "three";
  host.run_for(milliseconds(5000));
  EXPECT_GE(host.says(kUnable), 1U);
  OneProcessor old("2.3.5");
  old.host.run_for(seconds(12));
  EXPECT_GE(old.host.says("operating system or network fault. The most common cause"), 1U);
}

// SRP-4.5, ARC-5: with send_join a JOIN is late by a random time below it, and never sent twice meanwhile.
TEST(Join, IsLateWithSendJoin) {
  Srp::Settings settings;
  settings.timers.send_join = 40;
  OneProcessor node("3.1.7", settings);
  EXPECT_EQ(node.wire.sendings, 0);
  node.host.run_for(milliseconds(40));
  EXPECT_EQ(node.wire.sendings, 1);
}

// SRP-4.7: nothing limits JOINs but what a host manages. After 300 in a row the run says what it is.
TEST_F(Gathering, AJoinStormIsNamed) {
  for (int i = 0; i < 290; ++i) join_of(2, 0, names({1, 2}), names({9}));
  EXPECT_TRUE(host.notes.empty());
  for (int i = 0; i < 2000 && host.notes.empty(); ++i) {
    std::vector<std::byte> bytes;
    codec.encode(Join{2, processor(2), 0, names({1, 2}), names({9})}, bytes);
    frame(bytes);
    host.run_for(microseconds(500));
  }
  ASSERT_EQ(host.notes.size(), 1U);
  EXPECT_EQ(host.notes[0], "JOIN storm: 300 JOINs without rest; totem.send_join would spread them");
  EXPECT_LE(wire.sendings, 1300) << "one in a millisecond";
}

// SRP-4.3, MSG-3: the LEAVE names the leaver last among the failed and nowhere else; its header has no node id.
TEST_F(Gathering, Leave) {
  join_of(2, 0, names({1, 2, 3}), {});
  srp.leave();
  const Join leave = last_join();
  EXPECT_TRUE(leave.leave());
  EXPECT_EQ(leave.proc, names({2, 3}));
  EXPECT_EQ(leave.failed, names({1}));
  EXPECT_EQ(leave.from, processor(1));
  const int sendings = wire.sendings;
  host.run_for(seconds(3));
  EXPECT_EQ(wire.sendings, sendings) << "and then it is silent";
}

struct OnARing : Gathering {
  OnARing() { form(names({1, 2, 3})); }
};

// SRP-5.3: on a ring, who is failed by a JOIN does not listen to it, nor to one from before this ring.
TEST_F(OnARing, OldAndHostileJoinsAreIgnored) {
  join_of(2, srp.ring().sequence, names({2, 3}), names({1}));
  EXPECT_EQ(srp.state(), SrpState::kOperational);
  join_of(2, srp.ring().sequence - 1, names({1, 2, 3, 4}), {});
  EXPECT_EQ(srp.state(), SrpState::kOperational);
  join_of(4, srp.ring().sequence - 1, names({4}), {});
  EXPECT_EQ(srp.state(), SrpState::kGather) << "a stranger's may be old";
}

// SRP-5.10, GATHER(12): a member's JOIN that says nothing new still ends the ring.
TEST_F(OnARing, AnyJoinOfAMemberEndsTheRing) {
  join_of(2, srp.ring().sequence, names({1, 2}), {});
  EXPECT_EQ(host.says("entering GATHER state from 12(join during operational state)."), 1U);
}

// SRP-5.8a: a member of the ring is believed.
TEST_F(OnARing, MembersAreBelieved) {
  join_of(2, srp.ring().sequence, names({1, 2, 3}), names({3}));
  EXPECT_EQ(last_join().failed, names({3}));
}

// SRP-5.5, INS-14: a LEAVE is remembered until the next ring is installed.
TEST_F(OnARing, ALeaveIsSeen) {
  leave_of(3, names({1, 2}));
  EXPECT_EQ(host.says("Received LEAVE message from 3"), 1U);
  frame(wire.sent);
  join_of(2, srp.ring().sequence, names({1, 2, 3}), names({3}));
  ASSERT_EQ(srp.state(), SrpState::kCommit);
  frame(answered(last_commit_token()));
  frame(answered(last_commit_token()));
  for (int visit = 0; visit < 4; ++visit) rotate();
  EXPECT_EQ(host.says("was formed. Members left: 3"), 1U);
  EXPECT_EQ(host.says("Failed to receive the leave message"), 0U);
}

// SRP-16.1, GATHER(7) and (8): a message of another ring. In COMMIT it is dropped and counted.
TEST_F(OnARing, ForeignMessages) {
  const auto foreign = [&](std::uint32_t from) {
    McastHeader header;
    header.header = {MessageType::kMcast, 2, from};
    header.from = processor(from);
    header.seq = 1;
    header.ring = {processor(from), 900};
    std::vector<std::byte> bytes;
    codec.encode(header, {}, bytes);
    frame(bytes);
    host.run_for(milliseconds(2));
  };
  foreign(7);
  EXPECT_EQ(host.says("entering GATHER state from 7(foreign message in operational state)."), 1U);
  EXPECT_TRUE(contains(last_join().proc, processor(7)));
  foreign(7);
  EXPECT_EQ(host.says("entering GATHER state from 8("), 0U) << "known";
  foreign(8);
  EXPECT_EQ(host.says("entering GATHER state from 8(foreign message in gather state)."), 1U);
  EXPECT_TRUE(contains(last_join().proc, processor(8)));
}

// SRP-16.3, GATHER(9) and (10), MSG-2.
TEST_F(OnARing, MergeDetect_) {
  const auto detect = [&](std::uint32_t from, const Ring& ring) {
    std::vector<std::byte> bytes;
    codec.encode(MergeDetect{processor(from), ring}, bytes);
    frame(bytes);
    host.run_for(milliseconds(2));
  };
  detect(2, srp.ring());
  EXPECT_EQ(srp.state(), SrpState::kOperational);
  detect(7, {processor(7), 900});
  EXPECT_EQ(host.says("entering GATHER state from 9(merge during operational state)."), 1U);
  detect(8, {processor(8), 900});
  EXPECT_EQ(host.says("entering GATHER state from 10(merge during gather state)."), 1U);
}

// SRP-16.4, TM-7, T-12: the representative tells others of an idle ring after 200 ms.
TEST_F(OnARing, TheRepresentativeOfAnIdleRingIsLoud) {
  const int sendings = wire.sendings;
  rotate();
  host.run_for(milliseconds(199));
  EXPECT_EQ(wire.sendings, sendings);
  host.run_for(milliseconds(2));
  EXPECT_EQ(wire.sendings, sendings + 1);
  MergeDetect message;
  EXPECT_EQ(codec.decode(wire.sent, message), "");
  EXPECT_EQ(message.ring, srp.ring());
}

// LOG-1, TM-1, IF-1 (b), GATHER(2), SRP-3.1, SRP-3.6: the token is lost.
TEST_F(OnARing, TheTokenIsLost) {
  host.run_for(milliseconds(1001));
  EXPECT_EQ(host.says("The token was lost in the OPERATIONAL state."), 2U) << "the line, and GATHER's reason";
  EXPECT_EQ(host.says("A processor failed, forming new configuration: token timed out (1000ms), waiting 1200ms for "
                      "consensus."),
            1U);
  EXPECT_EQ(wire.interface_checks, 1);
  EXPECT_EQ(srp.counters().operational_token_lost, 1U);
  const int tokens = wire.tokens;
  host.run_for(milliseconds(700));
  EXPECT_EQ(wire.tokens, tokens) << "no token is sent in GATHER";
}

}  // namespace
}  // namespace simcluster::membership
