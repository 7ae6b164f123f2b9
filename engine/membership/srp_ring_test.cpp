// A ring from its commit token to its messages: COMMIT, RECOVERY, installation, the token's visits, flow control,
// retransmission, and the hold of an idle ring (M 5.6 to 5.13, 5.16).
#include "engine/membership/testing_processor.h"

namespace simcluster::membership {
namespace {

struct RingOf : testing::Test, OneProcessor {
  RingOf() : OneProcessor("3.1.7", with_debug()) {}
};

// SRP-6.3, SRP-6.7, TM-1 and TM-3 in COMMIT, GATHER(4): the lists are kept, and the next attempt is four higher.
TEST_F(RingOf, TokenLossInCommit) {
  agree(names({1, 2}));
  EXPECT_EQ(srp.ring().sequence, 5U);
  const int tokens = wire.tokens;
  host.run_for(milliseconds(900));
  EXPECT_EQ(wire.tokens, tokens + 3);  // T-8: after 238, 476 and 714 ms
  host.run_for(milliseconds(101));
  EXPECT_EQ(host.says("entering GATHER state from 4(The token was lost in the COMMIT state.)."), 1U);
  EXPECT_EQ(srp.counters().commit_token_lost, 1U);
  EXPECT_EQ(last_join().proc, names({1, 2}));
  frame(wire.sent);
  join_of(2, 5, names({1, 2}), {});
  ASSERT_EQ(srp.state(), SrpState::kCommit);
  EXPECT_EQ(srp.ring().sequence, 9U);
}

// SRP-6.6, SRP-8.3, REC-1, INS-6, INS-10, INS-14, INS-15: without messages to recover the ring is installed at the
// fourth visit.
TEST_F(RingOf, InstalledAtTheFourthVisit) {
  agree(names({1, 2}));
  frame(answered(last_commit_token()));
  EXPECT_EQ(host.says("entering RECOVERY state."), 1U);
  EXPECT_EQ(host.says("Did not need to originate any messages in recovery."), 1U);
  frame(answered(last_commit_token()));
  EXPECT_EQ(host.says("Sending initial ORF token"), 1U);
  const auto since = host.lines.size();
  const OrfToken first = last_token();
  EXPECT_EQ(first.seq, 0U);        // K-7
  EXPECT_EQ(first.token_seq, 0U);  // K-8
  EXPECT_EQ(first.aru, 0xffffffffU);
  EXPECT_EQ(first.aru_addr, 1U);
  EXPECT_EQ(first.retrans_flg, 0U);
  for (int visit = 0; visit < 3; ++visit) rotate();
  EXPECT_EQ(srp.state(), SrpState::kRecovery);
  rotate();
  EXPECT_EQ(srp.state(), SrpState::kOperational);
  // As recorded from Corosync 3.1.7 with debug: on.
  for (int visit = 0; visit < 4; ++visit) {
    const std::size_t line = since + 2 * static_cast<std::size_t>(visit);
    EXPECT_EQ(host.lines[line],
              fmt::format("[TOTEM ] token retrans flag is 0 my set retrans flag0 retrans queue empty 1 count {}, aru 0",
                          visit));
    EXPECT_EQ(host.lines[line + 1], "[TOTEM ] install seq 0 aru 0 high seq received 0");
  }
  EXPECT_EQ(host.lines[since + 8], "[TOTEM ] Resetting old ring state");
  EXPECT_EQ(host.lines[since + 9], "[TOTEM ] recovery to regular 1-0");
  EXPECT_EQ(host.says("[TOTEM ] got commit token"), 2U);
  EXPECT_EQ(host.says("[MAIN  ] Storing new sequence id for ring 5"), 1U);
  EXPECT_EQ(host.says("[TOTEM ] Created or loaded sequence id 1.1 for this ring."), 1U);
  EXPECT_EQ(client.text, "T{} switch R{1 2}+1+2 ");
  EXPECT_EQ(host.says("[TOTEM ] A new membership (1.5) was formed. Members joined: 1 2"), 1U);
  EXPECT_EQ(srp.members(), names({1, 2}));
}

// V-5: before 2.3.5 the representative starts a second token when it sees the commit token once more.
TEST(Releases, AThirdCommitToken) {
  for (const auto& [version, tokens] : {std::pair("2.3.4", 2U), std::pair("2.3.5", 1U), std::pair("3.1.7", 1U)}) {
    OneProcessor node(version);
    node.agree(node.names({1, 2}));
    node.frame(node.answered(node.last_commit_token()));
    const auto second = node.answered(node.last_commit_token());
    node.frame(second);
    EXPECT_EQ(node.srp.counters().orf_token_tx, 1U) << version;
    node.frame(second);
    EXPECT_EQ(node.srp.counters().orf_token_tx, tokens) << version;
  }
}

struct Three : RingOf {
  Three() {
    form(names({1, 2, 3}));
    client.text.clear();
    wire.mcasts.clear();
  }
  McastHeader header_of(std::size_t sent) const {
    McastHeader header;
    std::span<const std::byte> payload;
    EXPECT_EQ(codec.decode(wire.mcasts[sent], header, payload), "");
    return header;
  }
};

// SRP-16.2, SRP-9.2: messages are delivered in the order of their numbers, the first gap holds up the rest; a second
// copy is no message.
TEST_F(Three, DeliveryInOrder) {
  frame(mcast(2, 1, "a"));
  frame(mcast(3, 3, "c"));
  EXPECT_EQ(client.text, "2:a ");
  frame(mcast(2, 1, "a"));
  frame(mcast(2, 2, "b"));
  EXPECT_EQ(client.text, "2:a 2:b 3:c ");
}

// SRP-9.3, SRP-9.4, step 18 and 21: own messages count as received and are delivered when the token has been passed on.
TEST_F(Three, OwnMessages) {
  say("x");
  say("y");
  EXPECT_EQ(client.text, "");
  rotate();
  EXPECT_EQ(client.text, "1:x 1:y ");
  ASSERT_EQ(wire.mcasts.size(), 2U);
  EXPECT_EQ(header_of(0).seq, 1U);  // K-7
  EXPECT_EQ(header_of(1).seq, 2U);
  EXPECT_EQ(last_token().seq, 2U);
  EXPECT_EQ(last_token().aru, 2U);
  EXPECT_EQ(last_token().aru_addr, 0U);
  frame(wire.mcasts[0]);  // the looped copy
  EXPECT_EQ(client.text, "1:x 1:y ");
}

// SRP-9.4, INS-7, SY-7: what synchronisation sends overtakes what clients have queued, until it is complete.
TEST(Queues, SynchronisationOvertakes) {
  OneProcessor node;
  node.say("client");
  node.agree(node.names({1, 2}));
  node.frame(node.answered(node.last_commit_token()));
  node.frame(node.answered(node.last_commit_token()));
  for (int visit = 0; visit < 4; ++visit) node.rotate();
  ASSERT_EQ(node.srp.state(), SrpState::kOperational);
  EXPECT_TRUE(node.srp.waiting_for_synchronisation());
  EXPECT_EQ(node.srp.queue_free(), node.srp.queue_length()) << "of synchronisation's queue";
  node.client.text.clear();
  const std::string_view text = "sync";
  const auto bytes = std::as_bytes(std::span(text));
  node.srp.queue_message({bytes.begin(), bytes.end()}, true);
  node.rotate();
  EXPECT_EQ(node.client.text, "1:sync ");
  node.rotate();
  EXPECT_EQ(node.client.text, "1:sync ");
  node.srp.transitional_done();
  EXPECT_EQ(node.srp.queue_free(), node.srp.queue_length() - 1);
  node.rotate();
  EXPECT_EQ(node.client.text, "1:sync 1:client ");
}

// Step 10, PG-9: what is queued when the token comes goes with it.
TEST_F(Three, TheTokenFetchesWhatIsStaged) {
  client.on_token = [&] {
    if (wire.mcasts.empty()) say("late");
  };
  rotate();
  EXPECT_EQ(wire.mcasts.size(), 1U);
}

// FC-1, FC-2, FC-3, FC-4, EVS-13, T-5, T-6.
TEST_F(Three, FlowControl) {
  for (int i = 0; i < 40; ++i) say("m");
  rotate();
  EXPECT_EQ(wire.mcasts.size(), 17U);
  EXPECT_EQ(last_token().fcc, 17U);
  EXPECT_EQ(last_token().backlog, 40U);
  // Others have 360 waiting: 50 x 40 / (400 + 23 - 40).
  rotate([](OrfToken& token) { token.backlog += 360; });
  EXPECT_EQ(wire.mcasts.size(), 17U + 5U);
  EXPECT_EQ(last_token().fcc, 5U) << "of the last rotation";
  EXPECT_EQ(last_token().backlog, 400U - 40U + 23U);
  // The others have used 48 of the window.
  rotate([](OrfToken& token) {
    token = {.sender = 2,
             .seq = token.seq,
             .token_seq = token.token_seq,
             .aru = token.aru,
             .ring = token.ring,
             .backlog = 23,
             .fcc = 48,
             .requests = {}};
  });
  EXPECT_EQ(wire.mcasts.size(), 22U + 2U);
}

// RTR-3, T-7: a gap is asked for at the fifth visit that sees it, once.
TEST_F(Three, AGapIsAskedForAtTheFifthVisit) {
  frame(mcast(2, 2, "b"));
  const auto two_sent = [](OrfToken& token) { token.seq = 2; };
  for (int visit = 1; visit <= 4; ++visit) {
    rotate(two_sent);
    EXPECT_EQ(last_token().request_count, 0U) << visit;
  }
  rotate(two_sent);
  ASSERT_EQ(last_token().request_count, 1U);
  EXPECT_EQ(last_token().requests[0].seq, 1U);
  EXPECT_EQ(last_token().requests[0].ring, srp.ring());
  EXPECT_EQ(last_token().aru, 0U);
  EXPECT_EQ(last_token().aru_addr, 1U);
  rotate(two_sent);
  EXPECT_EQ(last_token().request_count, 1U) << "it is on the list";
}

// RTR-3, K-4, EVS-14: never more than 30.
TEST_F(Three, ThirtyRequestsAtMost) {
  frame(mcast(2, 100, "z"));
  for (int visit = 1; visit <= 6; ++visit) rotate([](OrfToken& token) { token.seq = 100; });
  EXPECT_EQ(last_token().request_count, 30U);
  EXPECT_EQ(last_token().requests[29].seq, 30U);
}

// RTR-1, RTR-2: what this node holds is sent again as it was, what it does not is left on the list.
TEST_F(Three, RequestsAreServed) {
  frame(mcast(2, 1, "a"));
  const auto ask = [&](OrfToken& token) {
    token.seq = std::max(token.seq, 1U);
    token.request_count = 3;
    token.requests[0] = {{processor(9), 77}, 1};
    token.requests[1] = {srp.ring(), 1};
    token.requests[2] = {srp.ring(), 0x1b};
  };
  rotate(ask);
  EXPECT_EQ(host.says("[TOTEM ] Retransmit List: 1 1 1b "), 1U);
  EXPECT_EQ(host.says("[TOTEM ] Retransmit List 3"), 1U);
  ASSERT_EQ(wire.mcasts.size(), 1U);
  EXPECT_EQ(header_of(0).from, processor(2));
  EXPECT_EQ(wire.mcasts[0], mcast(2, 1, "a"));
  EXPECT_EQ(last_token().request_count, 2U);
  EXPECT_EQ(last_token().requests[0].ring.representative, processor(9));
  EXPECT_EQ(last_token().requests[1].seq, 0x1bU);
  EXPECT_EQ(last_token().fcc, 1U) << "FC-3: it counts like a new one";
}

// SRP-9.1: freed when two tokens in a row have shown that everybody has it, and served no more.
TEST_F(Three, ReleasedAfterTwoTokens) {
  say("x");
  rotate();
  const auto ask = [&](OrfToken& token) {
    token.request_count = 1;
    token.requests[0] = {srp.ring(), 1};
  };
  rotate(ask);
  EXPECT_EQ(wire.mcasts.size(), 2U) << "sent, and sent again";
  rotate(ask);
  EXPECT_EQ(wire.mcasts.size(), 2U);
}

// SRP-7.1r, TM-3, MV-28 (a): the copy of the token is sent again every token_retransmit; a duplicate is not taken (9).
TEST_F(Three, TheTokenIsResent) {
  rotate();
  const OrfToken mine = last_token();
  int tokens = wire.tokens;
  host.run_for(milliseconds(239));
  EXPECT_EQ(wire.tokens, tokens + 1);
  EXPECT_EQ(last_token().token_seq, mine.token_seq);
  tokens = wire.tokens;
  say("x");
  rotate([](OrfToken& token) { token.token_seq -= 2; });
  EXPECT_EQ(wire.tokens, tokens);
  EXPECT_TRUE(wire.mcasts.empty());
}

// Step 19, T-14, GATHER(6), DEV-1, SRP-5.6 (a): who holds the ring up declares itself failed and goes on alone.
TEST(Receiving, FailsAtLast) {
  Srp::Settings settings = with_debug();
  settings.timers.fail_recv_const = 10;
  OneProcessor node("3.1.7", settings);
  node.form(node.names({1, 2, 3}));
  for (int visit = 1; visit <= 10; ++visit) node.rotate([](OrfToken& token) { token.seq = 5; });
  EXPECT_EQ(node.srp.state(), SrpState::kOperational);
  node.rotate();
  EXPECT_EQ(node.host.says("[TOTEM ] FAILED TO RECEIVE"), 1U);
  EXPECT_EQ(node.host.says("entering GATHER state from 6(failed to receive)."), 1U);
  EXPECT_EQ(node.last_join().failed, node.names({1}));
  node.join_of(2, node.srp.ring().sequence, node.names({1, 2, 3}), node.names({1}));
  node.join_of(3, node.srp.ring().sequence, node.names({1, 2, 3}), node.names({1}));
  ASSERT_EQ(node.srp.state(), SrpState::kCommit);
  EXPECT_EQ(node.last_commit_token().addr, node.names({1}));
}

// SRP-16.6, SRP-7.2r, T-15, TM-4, T-9: the representative keeps the token from the 31st idle visit on, for `hold` each
// time. SRP-16.7, MSG-5: who has something to say calls it off.
TEST_F(Three, AnIdleRingIsHeld) {
  for (int visit = 5; visit <= 30; ++visit) {  // four visits were in RECOVERY
    const int tokens = wire.tokens;
    rotate();
    EXPECT_EQ(wire.tokens, tokens + 1) << visit;
  }
  int tokens = wire.tokens;
  rotate();
  EXPECT_EQ(wire.tokens, tokens) << "held";
  host.run_for(milliseconds(179));
  EXPECT_EQ(wire.tokens, tokens);
  host.run_for(milliseconds(2));
  EXPECT_EQ(wire.tokens, tokens + 1);
  rotate();
  tokens = wire.tokens;
  EXPECT_EQ(srp.counters().token_hold_cancel_tx, 0U);
  say("x");
  EXPECT_EQ(srp.counters().token_hold_cancel_tx, 1U);
  HoldCancel message;
  ASSERT_EQ(codec.decode(wire.sent, message), "");
  EXPECT_EQ(message.ring, srp.ring());
  frame(wire.sent);
  EXPECT_EQ(wire.tokens, tokens + 1) << "the stored token goes at once";
  rotate();
  EXPECT_EQ(client.text, "1:x ");
}

// V-8, T-18, step 14: with cancel_token_hold_on_retransmit the token is not kept while somebody misses something.
TEST(Releases, HoldIsCancelledByRetransmissions) {
  const auto effective = [](const std::string& version) {
    const Profile profile = corosync(version);
    const auto conf =
        parse_corosync_conf("totem {\n version: 2\n cancel_token_hold_on_retransmit: yes\n}\n", "c", profile);
    return totem_timers(*conf, profile)->cancel_token_hold_on_retransmit;
  };
  for (const std::string version : {"1.4.6", "2.3.5", "2.4.5", "3.0.4", "3.1.5"}) EXPECT_FALSE(effective(version));
  for (const std::string version : {"2.4.6", "3.1.6", "3.1.7", "3.2.0"}) EXPECT_TRUE(effective(version)) << version;
  for (const bool cancel : {false, true}) {
    Srp::Settings settings;
    settings.timers.cancel_token_hold_on_retransmit = cancel;
    OneProcessor node("3.1.7", settings);
    node.form(node.names({1, 2}));
    for (int visit = 5; visit <= 30; ++visit) node.rotate();
    const int tokens = node.wire.tokens;
    node.rotate([&](OrfToken& token) {
      token.request_count = 1;
      token.requests[0] = {node.srp.ring(), 99};
    });
    EXPECT_EQ(node.wire.tokens - tokens, cancel ? 1 : 0);
  }
}

// TM-8, T-17, T-30: a heartbeat notices the loss before the token's timeout; one that would be later is switched off.
TEST(Heartbeat, IsFasterThanTheToken) {
  for (const std::uint32_t failures : {0U, 2U, 4U}) {
    Srp::Settings settings = with_debug();
    settings.timers.heartbeat_failures_allowed = failures;
    OneProcessor node("3.1.7", settings);
    node.form(node.names({1, 2}));
    node.rotate();
    node.host.run_for(milliseconds(2 * 238 + 50 - 1));
    EXPECT_EQ(node.srp.state(), SrpState::kOperational) << failures;
    node.host.run_for(milliseconds(2));
    EXPECT_EQ(node.srp.state(), failures == 2 ? SrpState::kGather : SrpState::kOperational) << failures;
  }
}

// A ring of three loses node 3 after it has sent messages that not everybody has.
struct Recovery : Three {
  // Node 2 and this node agree to go on without node 3; of the old ring node 2 has everything up to `aru`.
  void lose_node_3(std::uint32_t aru) {
    host.run_for(milliseconds(1001));
    join_of(2, srp.ring().sequence, names({1, 2, 3}), names({3}));
    frame(wire.sent);
    join_of(2, srp.ring().sequence, names({1, 2, 3}), names({3}));
    ASSERT_EQ(srp.state(), SrpState::kCommit);
    CommitToken token = last_commit_token();
    EXPECT_EQ(token.entries[0].ring, old_ring);
    mine = token.entries[0];
    token.memb_index = 2;
    token.entries[1] = {old_ring, aru, aru, 0};
    ++token.token_seq;
    std::vector<std::byte> bytes;
    codec.encode(token, 2, bytes);
    wire.mcasts.clear();
    client.text.clear();
    frame(bytes);
    ASSERT_EQ(srp.state(), SrpState::kRecovery);
  }
  void install() {
    frame(answered(last_commit_token()));
    for (int visit = 0; visit < 12 && srp.state() != SrpState::kOperational; ++visit, ++visits) rotate();
    ASSERT_EQ(srp.state(), SrpState::kOperational);
  }
  const Ring old_ring = srp.ring();
  CommitEntry mine;
  int visits = 0;
};

// SRP-6.5, SRP-8.1, SRP-8.3, REC-2, INS-1 to INS-5, INS-8, INS-9, INS-13, DEV-2, DEV-6: messages beyond a hole are
// delivered between the two configurations, and only those of members that came along.
TEST_F(Recovery, MessagesBeyondAHole) {
  frame(mcast(3, 1, "a"));
  frame(mcast(3, 3, "c"));
  frame(mcast(2, 4, "d"));
  lose_node_3(1);
  EXPECT_EQ(mine.aru, 1U);
  EXPECT_EQ(mine.high_delivered, 1U);
  EXPECT_EQ(mine.received_flg, 0U) << "2 is missing";
  EXPECT_EQ(host.says("Saving state aru 1 high seq received 4"), 1U);
  EXPECT_EQ(host.says("copying all old ring messages from 2-4."), 1U);
  EXPECT_EQ(host.says("Originated 2 messages in RECOVERY."), 1U);
  EXPECT_EQ(host.says("TRANS [0] member 1:"), 1U);
  EXPECT_EQ(host.says("TRANS [1] member 2:"), 1U);
  EXPECT_EQ(host.says("position [1] member 2:"), 2U) << "on both rings";
  EXPECT_EQ(host.says("aru 1 high delivered 1 received flag 0"), 2U);
  install();
  EXPECT_EQ(visits, 4) << "all went out at the first visit";
  ASSERT_EQ(wire.mcasts.size(), 2U);
  EXPECT_EQ(header_of(0).header.encapsulated, 1U);
  EXPECT_EQ(header_of(0).ring, srp.ring());
  EXPECT_EQ(header_of(0).seq, 1U);
  EXPECT_EQ(header_of(0).from, processor(1)) << "its originator is in the message inside";
  EXPECT_EQ(client.text, "T{1 2}-3 2:d switch R{1 2} ");
  EXPECT_EQ(host.says("Resetting old ring state"), 2U) << "one for each ring";
  EXPECT_EQ(host.says("was formed. Members left: 3"), 1U);
  EXPECT_EQ(host.says("[TOTEM ] Failed to receive the leave message. failed: 3"), 1U);
  // What carried them is not delivered on the new ring (REC-2, INS-13).
  say("new");
  srp.transitional_done();
  rotate();
  EXPECT_EQ(client.text, "T{1 2}-3 2:d switch R{1 2} 1:new ");
}

// INS-2, INS-3: what another member held and this one missed is delivered under the old configuration.
TEST_F(Recovery, WhatWasMissedComesFirst) {
  frame(mcast(3, 2, "b"));
  lose_node_3(2);
  McastHeader header;
  header.header = {MessageType::kMcast, 1, 2};
  header.from = processor(2);
  header.seq = 1;
  header.ring = srp.ring();
  std::vector<std::byte> inner = mcast(3, 1, "a");
  McastHeader old;
  std::span<const std::byte> payload;
  ASSERT_EQ(codec.decode(inner, old, payload), "");
  old.ring = old_ring;
  const std::vector<std::byte> text(payload.begin(), payload.end());
  codec.encode(old, text, inner);
  std::vector<std::byte> carrier;
  codec.encode(header, inner, carrier);
  frame(answered(last_commit_token()));
  frame(carrier);
  for (int visit = 0; visit < 12 && srp.state() != SrpState::kOperational; ++visit)
    rotate([](OrfToken& token) { token.seq = std::max(token.seq, 1U); });
  EXPECT_EQ(client.text, "3:a 3:b T{1 2}-3 switch R{1 2} ");
}

// SRP-8.2, SRP-8.4, GATHER(5), TM-1 in RECOVERY: what was saved is what the next attempt starts from.
TEST_F(Recovery, TokenLossInRecovery) {
  frame(mcast(3, 1, "a"));
  frame(mcast(3, 3, "c"));
  lose_node_3(1);
  host.run_for(milliseconds(1001));
  EXPECT_EQ(host.says("entering GATHER state from 5(The token was lost in the RECOVERY state.)."), 1U);
  EXPECT_EQ(srp.counters().recovery_token_lost, 1U);
  EXPECT_EQ(client.text, "") << "nobody is told of a ring that never was";
  frame(wire.sent);
  join_of(2, srp.ring().sequence, names({1, 2, 3}), names({3}));
  ASSERT_EQ(srp.state(), SrpState::kCommit);
  EXPECT_EQ(last_commit_token().entries[0].ring, old_ring);
  EXPECT_EQ(last_commit_token().entries[0].aru, 1U);
  EXPECT_EQ(host.says("Saving state"), 2U) << "when the ring of three was made, and when it was lost";
}

// SRP-5.3, GATHER(5) and (14): a member's JOIN ends RECOVERY.
TEST_F(Recovery, AJoinEndsIt) {
  lose_node_3(0);
  join_of(2, srp.ring().sequence - 1, names({1, 2}), {});
  EXPECT_EQ(srp.state(), SrpState::kRecovery) << "from before this attempt";
  join_of(3, srp.ring().sequence, names({1, 2, 3}), {});
  EXPECT_EQ(srp.state(), SrpState::kRecovery) << "no member of it";
  join_of(2, srp.ring().sequence, names({1, 2, 3, 4}), names({3}));
  EXPECT_EQ(host.says("entering GATHER state from 14(join during recovery)."), 1U);
}

}  // namespace
}  // namespace simcluster::membership
