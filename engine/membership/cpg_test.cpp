// Closed process groups (M 9) on running nodes.
#include "engine/membership/cpg.h"

#include <algorithm>

#include "engine/base/testing_host.h"
#include "engine/membership/testing_vectors.h"

namespace simcluster::membership {
namespace {

using vectors::conf;
using vectors::Net;

// One process: writes down everything that it hears, with its group's name.
class Process final : public GroupClient {
 public:
  Process(TestNetwork& net, std::uint32_t node, std::uint32_t pid, std::string group, std::string* shared = nullptr)
      : group_(std::move(group)), text_(shared != nullptr ? *shared : own_) {
    auto joined = net.stack(node).join(group_, pid, *this);
    if (joined) handle = std::move(*joined);
  }
  void on_deliver(const GroupMember& sender, std::span<const std::byte> bytes) override {
    text_ += fmt::format("{}:{}/{}={} ", group_, sender.node.value, sender.process, bytes.size());
  }
  void on_configuration(const GroupConfiguration& c) override {
    text_ += group_ + "{";
    for (const GroupMember& m : c.members) text_ += fmt::format("{}/{} ", m.node.value, m.process);
    if (text_.back() == ' ') text_.pop_back();
    text_ += "}";
    for (const GroupChange& change : c.joined) text_ += tell('+', change);
    for (const GroupChange& change : c.left) text_ += tell('-', change);
    text_ += " ";
  }
  void on_ring(const RingId&, std::span<const ClusterNodeId> members) override {
    text_ += fmt::format("{}:ring{} ", group_, members.size());
  }
  void send(std::size_t size) {
    const std::vector<std::byte> bytes(size);
    EXPECT_TRUE(handle->multicast(bytes));
  }
  std::string take() { return std::exchange(text_, {}); }
  std::unique_ptr<Group> handle;

 private:
  static std::string tell(char sign, const GroupChange& change) {
    static constexpr std::string_view kReasons[] = {"undefined", "join", "leave", "nodedown", "nodeup", "procdown"};
    return fmt::format("{}{}/{}({})", sign, change.member.node.value, change.member.process,
                       kReasons[static_cast<std::size_t>(change.reason)]);
  }
  std::string group_;
  std::string own_;
  std::string& text_;
};

struct Groups : testing::Test {
  Groups() {
    net.start_all();
    EXPECT_TRUE(net.run_until([&] { return net.settled({{1, 2, 3}}); }, seconds(10)));
    pass();
  }
  void pass() { net.run_for(seconds(2)); }
  Net net{3, conf(3)};
};

// CPG-3, CPG-4, CPG-5: one event for each that comes or goes, in the total order, to the one concerned as well.
TEST_F(Groups, ComeAndGo) {
  Process a(net, 1, 10, "g");
  pass();
  EXPECT_EQ(a.take(), "g{1/10}+1/10(join) ");
  Process b(net, 3, 5, "g");
  Process other(net, 2, 7, "h");
  pass();
  EXPECT_EQ(a.take(), "g{1/10 3/5}+3/5(join) ");
  EXPECT_EQ(b.take(), "g{1/10 3/5}+3/5(join) ");
  EXPECT_EQ(other.take(), "h{2/7}+2/7(join) ");
  b.handle->leave();
  pass();
  EXPECT_EQ(a.take(), "g{1/10}-3/5(leave) ");
  EXPECT_EQ(b.take(), "g{1/10}-3/5(leave) ") << "who leaves hears it";
  Process c(net, 3, 6, "g");
  pass();
  a.take();
  c.handle.reset();  // CPG-2: the process is gone without a word
  pass();
  EXPECT_EQ(a.take(), "g{1/10}-3/6(procdown) ");
  EXPECT_EQ(b.take(), "") << "nobody's any more";
}

// CPG-1: what may be asked in which state. CPG-16: whom one asks.
TEST_F(Groups, States) {
  Process a(net, 1, 10, "g");
  EXPECT_EQ(a.handle->self().process, 10U);
  EXPECT_TRUE(a.handle->members().empty());
  a.send(3);  // JOIN_STARTED may send
  EXPECT_FALSE(Process(net, 1, 10, "g").handle) << "EXIST";
  EXPECT_TRUE(Process(net, 1, 11, "g").handle);
  EXPECT_TRUE(Process(net, 1, 10, std::string(128, 'n')).handle);
  EXPECT_FALSE(Process(net, 1, 10, std::string(129, 'n')).handle) << "NAME_TOO_LONG";
  pass();
  ASSERT_EQ(a.handle->members().size(), 1U);
  EXPECT_EQ(a.handle->members()[0], a.handle->self());
  a.handle->leave();
  const std::vector<std::byte> bytes(4);
  EXPECT_FALSE(a.handle->multicast(bytes)) << "NOT_EXIST";
  a.handle->leave();
  pass();
  const std::string heard = a.take();
  EXPECT_EQ(heard.find("(leave)"), heard.rfind("(leave)")) << heard;
  EXPECT_FALSE(a.handle->multicast(bytes));
}

// CPG-6, CPG-13: messages go to the members of the group, the sender among them, in one order of all groups; who joins
// hears only what is ordered after its own join.
TEST_F(Groups, Messages) {
  std::string node_1;
  Process a(net, 1, 10, "g", &node_1);
  Process x(net, 1, 11, "h", &node_1);
  Process b(net, 2, 20, "g");
  Process y(net, 2, 21, "h");
  pass();
  node_1.clear();
  b.take();
  y.take();
  a.send(1);
  x.send(2);
  a.send(3);
  pass();
  EXPECT_EQ(node_1, "g:1/10=1 h:1/11=2 g:1/10=3 ");
  EXPECT_EQ(b.take(), "g:1/10=1 g:1/10=3 ");
  EXPECT_EQ(y.take(), "h:1/11=2 ");
  Process late(net, 3, 30, "g");
  late.send(9);
  pass();
  EXPECT_EQ(late.take(), "g{1/10 2/20 3/30}+3/30(join) g:3/30=9 ");
  EXPECT_EQ(b.take(), "g{1/10 2/20 3/30}+3/30(join) g:3/30=9 ");
}

// CPG-14: the groups work without quorum, too.
TEST_F(Groups, WithoutQuorum) {
  Process a(net, 3, 10, "g");
  net.partition({{1, 2}, {3}});
  net.time_until({{1, 2}, {3}});
  pass();
  ASSERT_FALSE(net.stack(3).quorate());
  a.take();
  a.send(6);
  pass();
  EXPECT_EQ(a.take(), "g:3/10=6 ");
}

// CPG-7 to CPG-10: one event of each group for all that are gone, groups in the order of their names, then the ring;
// after a merge one event for all that came, at every node the same.
TEST_F(Groups, PartitionAndMerge) {
  std::string node_1;
  Process z(net, 1, 1, "zz", &node_1);
  Process a(net, 1, 2, "aa", &node_1);
  std::vector<std::unique_ptr<Process>> others;
  for (const std::uint32_t node : {2U, 3U})
    for (const char* group : {"zz", "aa"}) {
      others.push_back(std::make_unique<Process>(net, node, 7, group));
      others.push_back(std::make_unique<Process>(net, node, 8, group));
    }
  pass();
  node_1.clear();
  net.partition({{1}, {2, 3}});
  net.time_until({{1}, {2, 3}});
  pass();
  EXPECT_EQ(node_1,
            "aa{1/2}-2/7(nodedown)-2/8(nodedown)-3/7(nodedown)-3/8(nodedown) "
            "zz{1/1}-2/7(nodedown)-2/8(nodedown)-3/7(nodedown)-3/8(nodedown) zz:ring1 aa:ring1 ");
  node_1.clear();
  for (auto& other : others) other->take();
  net.heal();
  net.time_until({{1, 2, 3}});
  pass();
  EXPECT_EQ(others[0]->take(), "zz{1/1 2/7 2/8 3/7 3/8}+1/1(nodeup) zz:ring3 ");
  // Of node 1's own processes nothing is said; lists come in the reverse order of their arrival.
  EXPECT_EQ(node_1.find("-"), std::string::npos) << node_1;
  EXPECT_TRUE(node_1.starts_with("aa{1/2 2/7 2/8 3/7 3/8}+")) << node_1;
  EXPECT_TRUE(node_1.ends_with(" zz:ring3 aa:ring3 ")) << node_1;
}

// CPG-9.2: up to 3.0.1 every process is an event of its own.
TEST(GroupsOfReleases, OneByOne) {
  for (const auto& [version, events] : {std::pair("3.0.1", 2), std::pair("3.0.2", 1), std::pair("3.1.7", 1)}) {
    Net net(2, conf(2), version);
    net.start_all();
    net.time_until({{1, 2}});
    Process mine(net, 1, 1, "g");
    Process first(net, 2, 7, "g");
    Process second(net, 2, 8, "g");
    net.run_for(seconds(2));
    net.partition({{1}, {2}});
    net.time_until({{1}, {2}});
    net.run_for(seconds(2));
    mine.take();
    net.heal();
    net.time_until({{1, 2}});
    net.run_for(seconds(2));
    const std::string heard = mine.take();
    EXPECT_EQ(std::ranges::count(heard, '{'), events) << version << ": " << heard;
  }
}

// CPG-9, CPG-10: who was paused until the others gave it up sees them leave and come back.
TEST_F(Groups, Paused) {
  Process a(net, 1, 1, "g");
  Process b(net, 3, 3, "g");
  pass();
  net.pause(3);
  net.time_until({{1, 2}});
  pass();
  a.handle->leave();  // nobody tells node 3
  pass();
  Process successor(net, 1, 4, "g");
  pass();
  b.take();
  net.resume(3);
  net.time_until({{1, 2, 3}});
  pass();
  EXPECT_EQ(b.take(), "g{3/3}-1/1(nodedown) g{1/4 3/3}+1/4(nodeup) g:ring3 ");
}

// CPG-11, CPG-12: what somebody said before it left is heard by all who stay, or by none.
TEST_F(Groups, LastWords) {
  Process a(net, 1, 1, "g");
  Process b(net, 2, 2, "g");
  Process c(net, 3, 3, "g");
  pass();
  a.take();
  b.take();
  for (int i = 1; i <= 40; ++i) c.send(static_cast<std::size_t>(i));
  net.run_for(microseconds(1200));
  c.handle.reset();
  net.crash(3);
  net.time_until({{1, 2}});
  pass();
  EXPECT_EQ(a.take(), b.take());
}

// Not a rule of Corosync: a node that joins without end is heard up to a limit.
class CrowdTest : public ::testing::Test, public ServiceSender, public GroupClient {
 protected:
  bool send_service(std::span<const std::byte>) override {
    sent_ += ring_takes_ ? 1 : 0;
    return ring_takes_;
  }
  void on_client_request() override {}
  void on_deliver(const GroupMember&, std::span<const std::byte>) override { ++delivered_; }
  void on_configuration(const GroupConfiguration& configuration) override { members_ = configuration.members.size(); }

  static std::vector<std::byte> message(std::uint16_t function, std::uint32_t process, std::string_view group) {
    ServiceMessage message(kCpgService, function);
    const auto bytes = message.build([&](Writer& w) {
      w.u32(process);
      w.u32(static_cast<std::uint32_t>(ChangeReason::kJoin));
      w.u16(static_cast<std::uint16_t>(group.size()));
      w.text(group);
    });
    return {bytes.begin(), bytes.end()};
  }

  TestingClock clock_;
  TestingHost host_{clock_, "node1"};
  Profile profile_;
  std::size_t members_ = 0;
  int delivered_ = 0;
  bool ring_takes_ = true;
  std::size_t sent_ = 0;
  Cpg cpg_{host_, profile_, *this};
};

TEST_F(CrowdTest, SoManyOfANodeAndNoMore) {
  constexpr std::uint16_t kJoin = 0, kMessage = 3;
  const ClusterNodeId own(1), crowd(2), late(3);
  cpg_.set_own_id(own);
  const auto handle = cpg_.join("g", 1, *this);
  ASSERT_TRUE(handle);
  cpg_.on_message(own, kJoin, message(kJoin, 1, "g"));
  EXPECT_EQ(members_, 1U);
  for (std::uint32_t i = 0; i < 10 * Cpg::kMostOfNode; ++i) cpg_.on_message(crowd, kJoin, message(kJoin, i, "g"));
  EXPECT_EQ(members_, 1 + Cpg::kMostOfNode);
  cpg_.on_message(late, kJoin, message(kJoin, 1, "g"));
  EXPECT_EQ(members_, 2 + Cpg::kMostOfNode) << "others are not in the way";
  for (std::uint32_t node = 4; node < 200; ++node)
    for (std::uint32_t i = 0; i < Cpg::kMostOfNode; ++i)
      cpg_.on_message(ClusterNodeId(node), kJoin, message(kJoin, i, "g"));
  EXPECT_EQ(members_, Cpg::kMostOfAll);
  cpg_.on_message(late, kMessage, message(kMessage, 1, "g"));
  EXPECT_EQ(delivered_, 1);
}

// Who asks faster than the ring carries is not answered; others are, and what the node itself has to say is sent.
TEST_F(CrowdTest, SoManyAnswersToANodeAndNoMore) {
  const ClusterNodeId own(1), crowd(2), other(3);
  cpg_.set_own_id(own);
  const auto handle = cpg_.join("g", 1, *this);
  ASSERT_TRUE(handle);
  cpg_.set_open(true);
  cpg_.pump();
  ring_takes_ = false;
  const std::vector<std::byte> little(10), much(Cpg::kMostAnswerBytes);
  for (std::size_t i = 0; i < 3 * Cpg::kMostAnswers; ++i) EXPECT_TRUE((*handle)->answer(crowd, little));
  EXPECT_EQ(cpg_.waiting(), Cpg::kMostAnswers);
  EXPECT_EQ(cpg_.dropped_answers(), 2 * Cpg::kMostAnswers);
  const auto told = [](const TestingHost::LogLine& line) {
    return line.text.find("node 2 asks faster than the ring carries") != std::string::npos;
  };
  EXPECT_EQ(std::ranges::count_if(host_.logs(), told), 1);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE((*handle)->answer(other, much));
  EXPECT_EQ(cpg_.waiting(), Cpg::kMostAnswers + 1) << "a large one, whatever its size, and no other beside it";
  EXPECT_TRUE((*handle)->multicast(much));
  EXPECT_EQ(cpg_.waiting(), Cpg::kMostAnswers + 2);
  const std::uint64_t dropped = cpg_.dropped_answers();
  ring_takes_ = true;
  sent_ = 0;
  cpg_.pump();
  EXPECT_EQ(sent_, Cpg::kMostAnswers + 2);
  ring_takes_ = false;
  EXPECT_TRUE((*handle)->answer(crowd, little));
  EXPECT_TRUE((*handle)->answer(other, much));
  EXPECT_EQ(cpg_.waiting(), 2U) << "there is room again";
  EXPECT_EQ(cpg_.dropped_answers(), dropped);
}

// The same after a synchronisation, where a node tells all of them at once, and more than once.
TEST_F(CrowdTest, SoManyOfAJoinList) {
  constexpr std::uint16_t kJoin = 0, kJoinList = 2;
  const ClusterNodeId own(1), crowd(2);
  cpg_.set_own_id(own);
  const auto handle = cpg_.join("g", 1, *this);
  ASSERT_TRUE(handle);
  cpg_.on_message(own, kJoin, message(kJoin, 1, "g"));
  cpg_.sync_init({}, {}, {});
  for (std::uint32_t turn = 0; turn < 3; ++turn) {
    ServiceMessage list(kCpgService, kJoinList);
    cpg_.on_message(crowd, kJoinList, list.build([&](Writer& w) {
      const std::uint32_t count = 10 * Cpg::kMostOfNode;
      w.u32(count);
      for (std::uint32_t i = 0; i < count; ++i) {
        w.u32(turn * count + i);
        w.u32(static_cast<std::uint32_t>(ChangeReason::kNodeUp));
        w.u16(1);
        w.text("g");
      }
    }));
  }
  cpg_.sync_activate();
  EXPECT_EQ(members_, 1 + Cpg::kMostOfNode);
}

TEST_F(CrowdTest, SoManyOfItsOwn) {
  std::vector<std::unique_ptr<Group>> handles;
  for (std::uint32_t i = 0; i < Cpg::kMostOfNode; ++i) {
    auto handle = cpg_.join("g", i, *this);
    ASSERT_TRUE(handle);
    handles.push_back(std::move(*handle));
  }
  EXPECT_FALSE(cpg_.join("h", 1, *this));
  handles.pop_back();
  EXPECT_TRUE(cpg_.join("h", 1, *this));
}

}  // namespace
}  // namespace simcluster::membership
