// A controller against a peer that says whatever a test wants it to say: routing, joins, a DC by hand (CM parts A, E,
// H).
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "engine/base/wire.h"
#include "engine/controller/group_port.h"
#include "engine/controller/messages.h"
#include "engine/controller/peers.h"
#include "engine/controller/testing_cluster.h"

namespace simcluster::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ProtocolTest : public ClusterTest {
 protected:
  // node1 is real; node2 is a member without software.
  void boot_one(std::string_view cib = kCib) {
    profile = profile_of("2.1.5");
    cluster = std::make_unique<membership::TestCluster>(2, true);
    clock.after_each([this] { ASSERT_TRUE(cluster->run()); });
    machines.push_back(std::make_unique<Machine>(*this, 1));
    start(*machines[0], cib);
  }
  // node2 comes into the group of the controllers.
  void join_by_hand() {
    cluster->start(2);
    port_.deliver = [this](const membership::GroupMember& sender, std::span<const std::byte> bytes) {
      if (sender.node.value != 1) return;
      auto message = decode(bytes);
      ASSERT_TRUE(message);
      if (!message->to.valid() || message->to.value == 2) heard_.push_back(std::move(*message));
    };
    port_.group = std::move(*cluster->node(2).join("crmd", 77, port_));
    settle();
  }
  void say(Message message, bool broadcast = false) {
    message.from_name = "node2";
    if (!broadcast && !message.to_dc) message.to = ClusterNodeId(1);
    ASSERT_TRUE(port_.group->multicast(encode(message)));
    settle();
  }
  void settle() {
    ASSERT_TRUE(cluster->run());
    clock.run_for(milliseconds(100));
  }
  // The newest message of that kind; an error when there is none.
  const Message& heard(Task task) const {
    for (auto it = heard_.rbegin(); it != heard_.rend(); ++it)
      if (it->task == task) return *it;
    throw std::runtime_error("nothing of the kind was said");
  }
  std::size_t times_heard(Task task) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(heard_, [&](const Message& message) { return message.task == task; }));
  }
  // node2 takes node1 into its cluster.
  void be_the_dc() {
    Message offer;
    offer.task = Task::kJoinOffer;
    offer.from_dc = true;
    offer.feature_set = crm_feature_set(profile);
    offer.join.id = 1;
    say(offer);
    ASSERT_EQ(times_heard(Task::kJoinRequest), 1U);
    Message ack;
    ack.task = Task::kJoinAckNack;
    ack.from_dc = true;
    ack.join = {1, true, {}, {}};
    say(ack);
    ASSERT_EQ(node(1).controller->state(), State::kNotDc);
  }
  void ask_for_admission() {
    Message answer;
    answer.task = Task::kJoinRequest;
    answer.to_dc = true;
    answer.feature_set = crm_feature_set(profile);
    answer.join.id = heard(Task::kJoinOffer).join.id;
    answer.join.generation = {0, 1, 0, "pacemaker-1.2"};
    say(answer);
  }
  Message wish(std::string_view action, std::string_view shutdown_lock = {}) const {
    Message message;
    message.task = Task::kLrmInvoke;
    message.from_dc = true;
    LrmRequest& request = message.lrm;
    request.resource = "r";
    request.agent = {"ocf", "heartbeat", "Dummy"};
    request.action = action;
    request.timeout = seconds(20);
    request.operation_key = "r_" + std::string(action) + "_0";
    request.transition_key = action == "monitor" ? "1:1:7:uuid" : "1:1:0:uuid";
    request.shutdown_lock = shutdown_lock;
    return message;
  }
  cib::Element resource() { return node(1).controller->cib().find_id("r"); }
  TestingHost& host() { return node(1).host; }

  ~ProtocolTest() override {
    port_.group.reset();
    reset();
  }

  GroupPort port_;
  std::vector<Message> heard_;
};

// CM-1.6: what is for the DC means nothing to others; what is for another node, too.
TEST_F(ProtocolTest, MessagesFindTheirReader) {
  boot_one();
  clock.run_for(seconds(5));
  join_by_hand();
  ASSERT_EQ(node(1).controller->state(), State::kPending);
  Message announce;
  announce.task = Task::kJoinAnnounce;
  announce.to_dc = true;
  say(announce);
  EXPECT_EQ(times_heard(Task::kJoinOffer), 0U);
  EXPECT_EQ(node(1).controller->state(), State::kPending);
  Message elsewhere = wish("start");
  elsewhere.to = ClusterNodeId(3);
  ASSERT_TRUE(port_.group->multicast(encode(elsewhere)));
  settle();
  EXPECT_EQ(host().count_runs("r start 0"), 0U);
  EXPECT_EQ(times_heard(Task::kDirectAck), 0U);
  clock.run_for(minutes(3));  // the one that does not vote is waited for
  ASSERT_TRUE(node(1).controller->is_dc());
  say(announce);
  EXPECT_GE(times_heard(Task::kJoinOffer), 1U);
}

// CM-1.7: who speaks as the DC where another one is starts an election; what it said is lost.
TEST_F(ProtocolTest, TwoDcsAreOneTooMany) {
  boot_one();
  clock.run_for(seconds(40));
  ASSERT_TRUE(node(1).controller->is_dc());
  join_by_hand();
  clock.run_for(seconds(5));
  say(wish("start"));
  EXPECT_TRUE(host().logged("Another DC detected: node2 (op=lrm_invoke)"));
  EXPECT_EQ(node(1).controller->state(), State::kElection);
  EXPECT_EQ(host().count_runs("r start 0"), 0U);
}

// CM-10.31: the DC that was fenced is written down as clean once, not by every election that its successor wins.
TEST_F(ProtocolTest, AFencedDcIsMarkedCleanOnce) {
  boot_one(with_fencing(kDevice));
  clock.run_for(seconds(5));
  join_by_hand();
  be_the_dc();
  ASSERT_TRUE(node(1).controller->fence("node2", "reboot"));
  clock.run_for(seconds(3));
  port_.group.reset();
  cluster->crash(2);
  clock.run_for(minutes(3));
  ASSERT_TRUE(node(1).controller->is_dc());
  const auto marked = [this] {
    return std::ranges::count_if(host().logs(), [](const TestingHost::LogLine& line) {
      return line.text.find("Marking node2, target of a previous fencing action") != std::string::npos;
    });
  };
  EXPECT_EQ(marked(), 1);
  join_by_hand();
  clock.run_for(seconds(5));
  say(wish("start"));
  ASSERT_EQ(node(1).controller->state(), State::kElection);
  clock.run_for(minutes(4));
  ASSERT_TRUE(node(1).controller->is_dc());
  EXPECT_EQ(marked(), 1);
}

// CM-3.2: who says that it has joined and was never asked is not believed.
TEST_F(ProtocolTest, PhasesGoUpOneByOne) {
  EXPECT_TRUE(phase_change_allowed(JoinPhase::kNone, JoinPhase::kWelcomed));
  EXPECT_TRUE(phase_change_allowed(JoinPhase::kFinalized, JoinPhase::kConfirmed));
  EXPECT_FALSE(phase_change_allowed(JoinPhase::kWelcomed, JoinPhase::kFinalized));
  EXPECT_FALSE(phase_change_allowed(JoinPhase::kNone, JoinPhase::kConfirmed));
  EXPECT_FALSE(phase_change_allowed(JoinPhase::kConfirmed, JoinPhase::kIntegrated));
  EXPECT_FALSE(phase_change_allowed(JoinPhase::kNack, JoinPhase::kWelcomed));
  EXPECT_TRUE(phase_change_allowed(JoinPhase::kConfirmed, JoinPhase::kNone));
  EXPECT_TRUE(phase_change_allowed(JoinPhase::kIntegrated, JoinPhase::kNack));
  boot_one();
  clock.run_for(seconds(40));
  join_by_hand();
  Message confirm;
  confirm.task = Task::kJoinConfirm;
  confirm.to_dc = true;
  confirm.join.id = 1;
  say(confirm);
  EXPECT_TRUE(host().logged("Ignoring out-of-sequence join-1 confirmation from node2"));
  EXPECT_EQ(node(1).controller->state(), State::kIntegration);
}

// CM-5.5, CM-5.12: a node that is refused leaves fewer in the join than are active.
TEST_F(ProtocolTest, ARefusedNodeIsCounted) {
  boot_one();
  clock.run_for(seconds(40));
  join_by_hand();
  Message announce;  // so that the DC joins anew, too
  announce.task = Task::kJoinAnnounce;
  announce.to_dc = true;
  say(announce);
  ASSERT_GE(times_heard(Task::kJoinOffer), 1U);
  Message answer;
  answer.task = Task::kJoinRequest;
  answer.to_dc = true;
  answer.join.id = heard(Task::kJoinOffer).join.id;  // without a feature set
  say(answer);
  clock.run_for(seconds(5));
  EXPECT_FALSE(heard(Task::kJoinAckNack).join.flag);
  EXPECT_TRUE(host().logged("Only 1 of 2 active cluster nodes fully joined (0 did not respond to offer)"));
  EXPECT_EQ(node(1).controller->state(), State::kIdle);
}

// CM-5.8: a join that comes while a transition runs is finished when that has ended.
TEST_F(ProtocolTest, JoinsWaitForTheTransition) {
  boot_one();
  clock.run_for(seconds(40));
  join_by_hand();
  ask_for_admission();
  ASSERT_TRUE(heard(Task::kJoinAckNack).join.flag);
  Message confirm;
  confirm.task = Task::kJoinConfirm;
  confirm.to_dc = true;
  confirm.join.id = 1;
  say(confirm);
  clock.run_for(seconds(5));
  ASSERT_EQ(node(1).controller->state(), State::kTransitionEngine);  // node2 answers no probe
  ask_for_admission();                                               // of its own accord: it gets an offer
  ask_for_admission();
  EXPECT_TRUE(host().logged("Delaying join-1 finalization while transition in progress"));
  clock.run_for(seconds(60));
  EXPECT_EQ(times_heard(Task::kJoinAckNack), 1U);
  clock.run_for(seconds(70));  // the probes are given up
  EXPECT_TRUE(host().logged("Finalizing join-1 for 2 nodes (sync'ing CIB"));
  EXPECT_EQ(times_heard(Task::kJoinAckNack), 2U);
}

// CM-8.1: who is not in the cluster does nothing but stop, and says so; nothing of it is recorded.
TEST_F(ProtocolTest, ActionsAreRefused) {
  boot_one();
  clock.run_for(seconds(5));
  join_by_hand();
  say(wish("monitor"));
  EXPECT_TRUE(host().logged("Controller cannot attempt actions at this time"));
  EXPECT_EQ(heard(Task::kDirectAck).ack.status, 9);
  EXPECT_EQ(heard(Task::kDirectAck).ack.rc, 1);
  EXPECT_EQ(host().count_runs("r monitor 0"), 0U);
  EXPECT_FALSE(resource());
  say(wish("stop"));
  EXPECT_EQ(host().count_runs("r stop 0"), 1U);
}

// CM-8.1: and who wants to leave starts nothing, but asks once more to be let go.
TEST_F(ProtocolTest, NothingStartsWhileShuttingDown) {
  boot_one();
  clock.run_for(seconds(5));
  join_by_hand();
  be_the_dc();
  node(1).controller->request_stop();
  settle();
  ASSERT_EQ(times_heard(Task::kShutdownRequest), 1U);
  say(wish("start"));
  EXPECT_TRUE(host().logged("Not attempting start due to shutdown in progress"));
  EXPECT_EQ(heard(Task::kDirectAck).ack.status, 9);
  EXPECT_EQ(host().count_runs("r start 0"), 0U);
  EXPECT_EQ(times_heard(Task::kShutdownRequest), 2U);
  say(wish("stop"));
  EXPECT_EQ(host().count_runs("r stop 0"), 1U);
}

// CM-8.20: a lock stays with a resource that is known to be stopped, and with no other.
TEST_F(ProtocolTest, ShutdownLocks) {
  boot_one();
  clock.run_for(seconds(5));
  join_by_hand();
  be_the_dc();
  say(wish("start"));
  EXPECT_FALSE(resource().has("shutdown-lock"));
  say(wish("stop", "1700000000"));
  EXPECT_EQ(resource().value("shutdown-lock"), "1700000000");
  say(wish("monitor", "1700000000"));  // 7
  EXPECT_EQ(resource().value("shutdown-lock"), "1700000000");
  say(wish("start", "1700000000"));
  EXPECT_EQ(resource().value("shutdown-lock"), "0");
  say(wish("monitor", "1700000000"));  // 0
  EXPECT_EQ(resource().value("shutdown-lock"), "0");
}

// CM-8.4: an agent is not run for its meta-data, and what an action takes is the agent's own time.
TEST_F(ProtocolTest, MetaDataTakesNoTime) {
  boot_one();
  clock.run_for(seconds(5));
  join_by_hand();
  be_the_dc();
  node(1).services.takes["start"] = seconds(3);
  say(wish("start"));
  clock.run_for(seconds(5));
  EXPECT_THAT(host().runs(), ElementsAre("r start 0"));
  EXPECT_EQ(resource().first_child("lrm_rsc_op").value("exec-time"), "3000");
}

// CM-3.4, CM-1.6: who comes is greeted, and greets in vain.
TEST_F(ProtocolTest, Greetings) {
  boot_one();
  clock.run_for(seconds(5));
  join_by_hand();
  EXPECT_EQ(heard(Task::kHello).from_name, "node1");
  const State before = node(1).controller->state();
  const std::size_t said = heard_.size();
  Message hello;
  hello.task = Task::kHello;
  say(hello);
  EXPECT_EQ(heard_.size(), said);
  EXPECT_EQ(node(1).controller->state(), before);
}

// CM-4.1, CM-4.2: what a vote says; rounds are counted from 1.
TEST_F(ProtocolTest, Votes) {
  boot_one();
  clock.run_for(seconds(5));
  join_by_hand();
  clock.run_for(seconds(20));
  EXPECT_EQ(node(1).controller->state(), State::kElection);
  const Message vote = heard(Task::kVote);
  EXPECT_EQ(vote.vote.owner, 1U);
  EXPECT_EQ(vote.vote.round, 1U);
  EXPECT_EQ(vote.feature_set, crm_feature_set(profile));
  EXPECT_FALSE(vote.to.valid());
  Message no;
  no.task = Task::kNoVote;
  no.feature_set = crm_feature_set(profile);
  no.vote = vote.vote;
  no.vote.round = 7;  // not the one that was asked for
  say(no);
  EXPECT_FALSE(node(1).controller->is_dc());
  no.vote.round = 1;
  say(no);
  EXPECT_TRUE(node(1).controller->is_dc());
}

// CM-2.13: who falls back to S_PENDING waits for another DC, for the whole of its time.
TEST_F(ProtocolTest, TheDcTimerStartsAgain) {
  boot_one();
  clock.run_for(seconds(5));
  join_by_hand();
  be_the_dc();
  clock.run_for(seconds(30));
  ASSERT_EQ(node(1).controller->state(), State::kNotDc);
  Message vote;
  vote.task = Task::kVote;
  vote.feature_set = "3.0.1";  // an older one wins (CM-4.4)
  vote.vote = {2, 1, 0, 0};
  say(vote, true);
  ASSERT_EQ(node(1).controller->state(), State::kPending);
  EXPECT_EQ(heard(Task::kNoVote).vote.owner, 2U);
  clock.run_for(milliseconds(19'800));
  EXPECT_EQ(node(1).controller->state(), State::kPending);
  clock.run_for(milliseconds(200));
  EXPECT_EQ(node(1).controller->state(), State::kElection);
}

// CM-5.9, CM-5.5: a node whose CIB was the best and cannot be had is not asked a second time, and not admitted.
TEST_F(ProtocolTest, ACibThatCannotBeHad) {
  boot_one();
  clock.run_for(seconds(40));
  ASSERT_TRUE(node(1).controller->is_dc());
  join_by_hand();
  GroupPort cib;  // a CIB manager that answers with something else
  const auto answer = [&](std::uint32_t call) {
    WireWriter body;
    body.text("no digest");
    body.text("<cib/>");
    WireWriter out;
    out.u8(2);
    out.u32(call);
    out.u32(1);
    out.text("node2");
    const auto bytes = body.take();
    out.text({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    ASSERT_TRUE(cib.group->multicast(out.take()));
  };
  cib.deliver = [&](const membership::GroupMember&, std::span<const std::byte> bytes) {
    WireReader in(bytes);
    const std::uint8_t kind = in.u8();
    const std::uint32_t call = in.u32();
    if (kind == 1 && in.u32() == 2) answer(call);
  };
  cib.group = std::move(*cluster->node(2).join("cib", 78, cib));
  settle();
  Message announce;  // so that the DC joins anew, too
  announce.task = Task::kJoinAnnounce;
  announce.to_dc = true;
  say(announce);
  const auto ask = [&] {
    Message request;
    request.task = Task::kJoinRequest;
    request.to_dc = true;
    request.feature_set = crm_feature_set(profile);
    request.join.id = heard(Task::kJoinOffer).join.id;
    request.join.generation = {0, 99, 0, "pacemaker-1.2"};
    say(request);
  };
  ask();
  clock.run_for(seconds(1));
  EXPECT_TRUE(host().logged("Could not sync CIB from node2 in join-1: "));
  EXPECT_EQ(heard(Task::kJoinOffer).join.id, 2U);
  ask();
  clock.run_for(seconds(1));
  EXPECT_FALSE(heard(Task::kJoinAckNack).join.flag);
  EXPECT_FALSE(host().logged("Could not sync CIB from node2 in join-2"));
  cib.group.reset();
}

// CM-1.6: pings are answered by whoever is asked, in any state; where there is no DC its question is answered at home,
// by nobody; nodes that nobody knows are not asked.
TEST_F(ProtocolTest, Pings) {
  boot_one();
  clock.run_for(seconds(5));
  join_by_hand();
  std::string source = "none";
  std::string state;
  const auto note = [&](std::string_view from, std::string_view says) {
    source = from;
    state = says;
  };
  node(1).controller->ping("", note);
  EXPECT_EQ(source, "");
  EXPECT_EQ(state, "S_PENDING");
  node(1).controller->ping("node7", note);
  EXPECT_TRUE(host().logged("Ignoring message ping because node node7 is unknown"));
  Message question;
  question.task = Task::kPing;
  question.text = "5";
  say(question);
  EXPECT_EQ(heard(Task::kPingAnswer).text, "5 S_PENDING");
  node(1).controller->ping("NODE2", note);
  settle();
  Message answer;
  answer.task = Task::kPingAnswer;
  answer.text = "77 S_IDLE";  // nobody has asked that
  say(answer);
  EXPECT_EQ(source, "");
  answer.text = heard(Task::kPing).text + " S_IDLE";
  say(answer);
  EXPECT_EQ(source, "node2");
  EXPECT_EQ(state, "S_IDLE");
}

// CM-5.5: who does not say what it speaks is not admitted.
TEST_F(ProtocolTest, ARequestWithoutFeatureSet) {
  boot_one();
  clock.run_for(seconds(40));
  join_by_hand();
  Message announce;
  announce.task = Task::kJoinAnnounce;
  announce.to_dc = true;
  say(announce);
  Message request;
  request.task = Task::kJoinRequest;
  request.to_dc = true;
  request.join.id = heard(Task::kJoinOffer).join.id;
  request.join.generation = {0, 1, 0, "pacemaker-1.2"};
  say(request);
  clock.run_for(seconds(1));
  EXPECT_FALSE(heard(Task::kJoinAckNack).join.flag);
}

// CM-3.3, CM-1.7: after a change of the ring everybody says something, so that two DCs find each other.
TEST_F(ProtocolTest, AChangedRingIsFollowedByAWord) {
  boot_one();
  clock.run_for(seconds(40));
  join_by_hand();
  const std::size_t words = times_heard(Task::kNoop);
  cluster->partition({{1}, {2}});
  settle();
  cluster->heal();
  settle();
  EXPECT_GT(times_heard(Task::kNoop), words);
  EXPECT_TRUE(heard(Task::kNoop).from_dc);
}

}  // namespace
}  // namespace simcluster::controller
