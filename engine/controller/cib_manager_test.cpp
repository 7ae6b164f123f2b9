// Replicas of the CIB over an ordered group service.
#include "engine/controller/cib_manager.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/base/testing_host.h"
#include "engine/base/wire.h"
#include "engine/cib/document.h"
#include "engine/membership/testing.h"

namespace simcluster::controller {
namespace {

Profile profile_of(const char* pacemaker) {
  StackVersions versions;
  versions.pacemaker = pacemaker;
  return make_profile(std::move(versions)).value();
}

struct Replica final : public CibClient {
  Replica(TestingClock& clock, const Profile& profile, const char* name)
      : host(clock, name), manager(host, profile, name, *this) {}
  void on_cib_update(const CibUpdate& update) override {
    replaced += update.replaced ? 1 : 0;
    for (const CibChange& change : update.changes) paths.push_back(change.path);
  }
  void on_cib_connected() override {}
  std::string text() const { return cib::write_compact(manager.document().root()); }

  TestingHost host;
  CibManager manager;
  int replaced = 0;
  std::vector<std::string> paths;
};

class CibManagerTest : public ::testing::Test {
 protected:
  explicit CibManagerTest(const char* pacemaker = "2.1.5") : profile_(profile_of(pacemaker)) {}

  static std::string cib_with(const char* value) {
    return fmt::format(
        "<cib validate-with=\"pacemaker-1.2\" admin_epoch=\"0\" epoch=\"7\" num_updates=\"3\"><configuration>"
        "<crm_config><cluster_property_set id=\"s\"><nvpair id=\"o\" name=\"x\" value=\"{}\"/></cluster_property_set>"
        "</crm_config><nodes/><resources/><constraints/></configuration><status/></cib>",
        value);
  }
  void start(Replica& replica, std::uint32_t node, const char* value) {
    cluster_.start(node);
    ASSERT_TRUE(replica.manager.start(cluster_.node(node), 1, cib_with(value)));
    ASSERT_TRUE(cluster_.run());
  }
  void change(Replica& replica) {
    CibRequest request;
    request.merge({step("status")}, fmt::format("<node_state id=\"{}\"/>", ++changes_));
    replica.manager.submit(std::move(request));
    ASSERT_TRUE(cluster_.run());
  }

  TestingClock clock_;
  Profile profile_;
  membership::TestCluster cluster_{2};
  Replica one_{clock_, profile_, "node1"};
  Replica two_{clock_, profile_, "node2"};
  int changes_ = 0;

  void SetUp() override {
    clock_.after_each([this] { ASSERT_TRUE(cluster_.run()); });
  }
};

// CM-6.14: what is configured is on the disk, the status is not written for its own sake; CM-6.13: nor taken from
// there.
TEST_F(CibManagerTest, TheConfigurationGoesToDisk) {
  start(one_, 1, "good");
  const auto on_disk = [&] { return one_.host.disk()["cib.xml"]; };
  clock_.run_for(seconds(1));
  const std::string before = on_disk();
  ASSERT_NE(before.find("good"), std::string::npos);
  change(one_);
  clock_.run_for(seconds(1));
  EXPECT_EQ(on_disk(), before);
  CibRequest request;
  request.merge({step("configuration"), step("crm_config"), step("cluster_property_set", "s")},
                std::string("<nvpair id=\"o\" value=\"better\"/>"));
  one_.manager.submit(std::move(request));
  ASSERT_TRUE(cluster_.run());
  clock_.run_for(seconds(1));
  EXPECT_NE(on_disk().find("better"), std::string::npos);
  Replica again(clock_, profile_, "node2");
  again.host.disk()["cib.xml"] = on_disk();
  start(again, 2, "ignored");
  EXPECT_NE(again.text().find("better"), std::string::npos);
}

// CM-6.9: five seconds after the last change the primary asks for the others' digests, and whoever has another content
// gets all of the CIB.
TEST_F(CibManagerTest, AnotherDigestIsMended) {
  start(one_, 1, "good");
  start(two_, 2, "bad");
  one_.manager.set_primary(true);
  change(one_);
  EXPECT_NE(one_.text(), two_.text());
  clock_.run_for(milliseconds(4900));
  EXPECT_NE(one_.text(), two_.text());
  clock_.run_for(milliseconds(200));
  EXPECT_EQ(two_.replaced, 1);
  EXPECT_NE(two_.text().find("good"), std::string::npos);
  EXPECT_TRUE(one_.host.logged("Local CIB 0.7.4."));
  EXPECT_EQ(one_.replaced, 0);
}

// CM-6.11, CM-1.2: every member is told of every change, once and in the same order; of nothing where nothing changes.
TEST_F(CibManagerTest, EverybodyIsToldOfEveryChange) {
  start(one_, 1, "good");
  start(two_, 2, "good");
  one_.paths.clear();
  two_.paths.clear();
  const auto ask = [&](Replica& replica, const char* node) {
    CibRequest request;
    request.merge({step("status")}, fmt::format("<node_state id=\"{}\"/>", node));
    replica.manager.submit(std::move(request));
  };
  ask(one_, "8");
  ask(two_, "9");
  ask(one_, "7");
  ASSERT_TRUE(cluster_.run());
  EXPECT_EQ(one_.paths.size(), 3U);
  EXPECT_EQ(one_.paths, two_.paths);
  ask(two_, "9");  // it is there
  ASSERT_TRUE(cluster_.run());
  EXPECT_EQ(one_.paths.size(), 3U);
  EXPECT_EQ(two_.paths.size(), 3U);
}

// Nobody is asked where there is no primary, and nothing is sent where all is well.
TEST_F(CibManagerTest, EqualReplicasAreLeftAlone) {
  start(one_, 1, "good");
  start(two_, 2, "good");
  change(one_);
  clock_.run_for(seconds(10));
  one_.manager.set_primary(true);
  change(one_);
  clock_.run_for(seconds(10));
  EXPECT_EQ(two_.replaced, 0);
  EXPECT_EQ(one_.text(), two_.text());
}

// Every replica refuses the same change, whoever asks for it, and says so once.
TEST_F(CibManagerTest, NobodyMakesTheCibGrowWithoutEnd) {
  one_.manager.limit(10'000);
  two_.manager.limit(10'000);
  start(one_, 1, "good");
  start(two_, 2, "good");
  const auto ask = [&](Replica& replica, const std::string& id) {
    CibRequest request;
    request.merge({step("status")}, fmt::format("<node_state id=\"{}\" x=\"{}\"/>", id, std::string(1000, 'x')));
    bool taken = false;
    replica.manager.submit(std::move(request), [&](const Result<void>& result) { taken = result.has_value(); });
    EXPECT_TRUE(cluster_.run());
    return taken;
  };
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += ask(i % 2 == 0 ? one_ : two_, std::to_string(i)) ? 1 : 0;
  EXPECT_EQ(taken, 9);
  EXPECT_EQ(one_.text(), two_.text());
  const auto lines = [](const Replica& replica) {
    return std::count_if(replica.host.logs().begin(), replica.host.logs().end(), [](const auto& line) {
      return line.text.find("Refusing changes from node") != std::string::npos;
    });
  };
  EXPECT_EQ(lines(one_), 1);
  EXPECT_EQ(lines(two_), 1);
  changes_ = 1000;
  change(one_);  // a small one
  EXPECT_FALSE(ask(two_, "more"));
  EXPECT_EQ(lines(one_), 2);
}

// Nodes with limits of their own: the least counts for all, so that all refuse alike; also when one comes and goes.
TEST_F(CibManagerTest, TheLeastLimitCountsForAll) {
  one_.manager.limit(100'000);
  two_.manager.limit(10'000);
  start(one_, 1, "good");
  EXPECT_EQ(one_.manager.room().least, 100'000U);
  start(two_, 2, "good");
  EXPECT_EQ(one_.manager.room().least, 10'000U);
  EXPECT_EQ(two_.manager.room().least, 10'000U);
  const auto add = [&](Replica& replica, std::size_t bytes) {
    CibRequest request;
    request.merge({step("status")},
                  fmt::format("<node_state id=\"{}\" x=\"{}\"/>", ++changes_, std::string(bytes, 'x')));
    bool taken = false;
    replica.manager.submit(std::move(request), [&](const Result<void>& result) { taken = result.has_value(); });
    EXPECT_TRUE(cluster_.run());
    return taken;
  };
  EXPECT_TRUE(add(one_, 5'000));
  EXPECT_FALSE(add(one_, 6'000));
  EXPECT_FALSE(add(two_, 6'000));
  EXPECT_EQ(one_.text(), two_.text());
  two_.manager.stop();
  ASSERT_TRUE(cluster_.run());
  EXPECT_EQ(one_.manager.room().least, 100'000U);
  EXPECT_TRUE(add(one_, 6'000));
}

// A CIB that is larger than a node allows which joins: said once; the cluster goes on writing, up to twice the limit
// and alike on all; deletions are taken.
TEST_F(CibManagerTest, ACibAboveTheLimitOfAJoiner) {
  one_.manager.limit(100'000);
  two_.manager.limit(10'000);
  start(one_, 1, "good");
  const auto ask = [&](Replica& replica, CibRequest request) {
    bool taken = false;
    replica.manager.submit(std::move(request), [&](const Result<void>& result) { taken = result.has_value(); });
    EXPECT_TRUE(cluster_.run());
    return taken;
  };
  const auto add = [&](Replica& replica, int id, std::size_t bytes) {
    CibRequest request;
    request.merge({step("status")}, fmt::format("<node_state id=\"{}\" x=\"{}\"/>", id, std::string(bytes, 'x')));
    return ask(replica, std::move(request));
  };
  EXPECT_TRUE(add(one_, 1, 15'000));
  start(two_, 2, "good");
  one_.manager.sync_from(ClusterNodeId(1), {});
  ASSERT_TRUE(cluster_.run());
  ASSERT_EQ(one_.text(), two_.text());
  const auto said = [](const Replica& replica) {
    return std::count_if(replica.host.logs().begin(), replica.host.logs().end(), [](const auto& line) {
      return line.text.find("more than the 9 KiB that all nodes allow; up to 19 KiB are taken") != std::string::npos;
    });
  };
  EXPECT_EQ(said(one_), 1);
  EXPECT_EQ(said(two_), 1);
  EXPECT_TRUE(add(two_, 2, 2'000));
  EXPECT_FALSE(add(one_, 3, 3'000));
  EXPECT_FALSE(add(two_, 3, 3'000));
  EXPECT_EQ(one_.text(), two_.text());
  CibRequest removal;
  removal.remove({step("status"), step("node_state", "1")});
  EXPECT_TRUE(ask(two_, std::move(removal)));
  EXPECT_TRUE(add(one_, 3, 3'000));
  EXPECT_EQ(one_.text(), two_.text());
  one_.manager.sync_from(ClusterNodeId(1), {});  // as the next join does
  ASSERT_TRUE(cluster_.run());
  EXPECT_FALSE(add(one_, 4, 6'000));  // the limit is the least one again
  EXPECT_EQ(one_.text(), two_.text());
}

// A change in between makes the answer worthless; the next quiet time decides.
TEST_F(CibManagerTest, EveryChangePutsTheQuestionOff) {
  start(one_, 1, "good");
  start(two_, 2, "bad");
  one_.manager.set_primary(true);
  for (int i = 0; i < 3; ++i) {
    change(one_);
    clock_.run_for(seconds(4));
  }
  EXPECT_EQ(two_.replaced, 0);
  clock_.run_for(seconds(2));
  EXPECT_EQ(two_.replaced, 1);
}

// CM-6.7, before 1.1.12: the primary makes the changes and sends what has changed.
class OldCibManagerTest : public CibManagerTest {
 protected:
  OldCibManagerTest() : CibManagerTest("1.0.13") {}

  // What the other node asks for, and whether it was answered well.
  bool ask(Replica& replica, CibRequest request) {
    std::optional<bool> answer;
    replica.manager.submit(std::move(request), [&](const Result<void>& result) { answer = result.has_value(); });
    EXPECT_TRUE(cluster_.run());
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(false);
  }
  static CibRequest status(const std::string& xml) {
    CibRequest request;
    request.merge({step("status")}, xml);
    return request;
  }
};

TEST_F(OldCibManagerTest, DiffsLeadToTheSameReplica) {
  start(one_, 1, "good");
  start(two_, 2, "good");
  one_.manager.set_primary(true);
  EXPECT_TRUE(ask(two_, status("<node_state id=\"1\" a=\"1\" b=\"2\"><lrm id=\"1\"><x id=\"y\"/></lrm></node_state>")));
  EXPECT_TRUE(ask(one_, status("<node_state id=\"1\" a=\"3\"/>")));
  CibRequest removal;
  removal.remove({step("status"), step("node_state", "1"), step("lrm", "1"), step("x", "y")});
  EXPECT_TRUE(ask(two_, std::move(removal)));
  EXPECT_EQ(one_.text(), two_.text());
  EXPECT_NE(two_.text().find("<node_state id=\"1\" a=\"3\" b=\"2\"><lrm id=\"1\"/></node_state>"), std::string::npos);
  EXPECT_EQ(two_.replaced, 0);
  EXPECT_EQ(two_.paths.front(), "/cib");
  EXPECT_EQ(two_.paths[1], "/cib/status/node_state[@id='1']");
}

TEST_F(OldCibManagerTest, ThePrimaryRefuses) {
  start(one_, 1, "good");
  start(two_, 2, "good");
  one_.manager.set_primary(true);
  CibRequest request;
  request.set(CibStep::Kind::kModify, {step("status"), step("nobody", "1")}, "<node_state id=\"1\"/>");
  EXPECT_FALSE(ask(two_, std::move(request)));
  EXPECT_EQ(one_.manager.generation().num_updates, 3);
  EXPECT_FALSE(two_.manager.busy());
}

// A replica that a diff does not fit asks for everything.
TEST_F(OldCibManagerTest, AnotherReplicaIsMendedAtOnce) {
  start(one_, 1, "good");
  start(two_, 2, "bad");
  one_.manager.set_primary(true);
  change(one_);
  EXPECT_TRUE(two_.host.logged("Requesting re-sync from peer"));
  EXPECT_EQ(two_.replaced, 1);
  EXPECT_EQ(one_.text(), two_.text());
}

// Without a primary every member applies what it is sent.
TEST_F(OldCibManagerTest, NobodyIsPrimary) {
  start(one_, 1, "good");
  start(two_, 2, "good");
  EXPECT_TRUE(ask(two_, status("<node_state id=\"1\"/>")));
  one_.manager.set_primary(true);
  one_.manager.set_primary(false);
  EXPECT_TRUE(ask(two_, status("<node_state id=\"2\"/>")));
  EXPECT_EQ(one_.text(), two_.text());
}

// What the primary had when it died is asked again of whoever is there.
TEST_F(OldCibManagerTest, ThePrimaryDies) {
  start(one_, 1, "good");
  start(two_, 2, "good");
  one_.manager.set_primary(true);
  ASSERT_TRUE(cluster_.run());
  std::optional<bool> answer;
  one_.manager.die();
  two_.manager.submit(status("<node_state id=\"2\"/>"),
                      [&](const Result<void>& result) { answer = result.has_value(); });
  ASSERT_TRUE(cluster_.run());
  EXPECT_EQ(answer, true);
}

// A request is made once, whoever is primary when it arrives: the role moves while requests of both are under way, in
// every order in which the events can come.
TEST_F(OldCibManagerTest, RequestsAreMadeOnce) {
  start(one_, 1, "good");
  start(two_, 2, "good");
  one_.manager.set_primary(true);
  ASSERT_TRUE(cluster_.run());
  const std::int64_t first = one_.manager.generation().num_updates;
  int asked = 0;
  int answered = 0;
  for (int steps = 0; steps < 12; ++steps) {
    for (const bool farewell : {true, false}) {
      for (Replica* replica : {&one_, &two_, &one_}) {
        replica->manager.submit(status(fmt::format("<node_state id=\"n{}\"/>", ++asked)),
                                [&](const Result<void>& result) { answered += result ? 1 : 0; });
      }
      for (int i = 0; i < steps; ++i) cluster_.step();
      if (farewell) one_.manager.set_primary(false);
      for (int i = 0; i < steps / 2; ++i) cluster_.step();
      two_.manager.set_primary(true);
      ASSERT_TRUE(cluster_.run());
      one_.manager.set_primary(false);
      two_.manager.set_primary(false);
      one_.manager.set_primary(true);
      ASSERT_TRUE(cluster_.run());
      EXPECT_EQ(one_.text(), two_.text()) << steps << farewell;
      EXPECT_EQ(answered, asked) << steps << farewell;
      EXPECT_EQ(one_.manager.generation().num_updates - first, asked) << steps << farewell;
      EXPECT_FALSE(one_.manager.busy());
      EXPECT_FALSE(two_.manager.busy());
    }
  }
}

// CM-6.10: a document that was damaged on its way is not taken, nor an older one.
TEST_F(CibManagerTest, DamagedAndOlderDocumentsAreRefused) {
  start(one_, 1, "good");
  start(two_, 2, "bad");
  change(one_);
  CibRequest bump;
  bump.set(CibStep::Kind::kBump, {}, "");
  ASSERT_TRUE(cluster_.run());
  std::optional<std::string> answer;
  two_.manager.sync_from(ClusterNodeId(1),
                         [&](const Result<void>& result) { answer = result ? std::string() : result.error().message; });
  ASSERT_TRUE(cluster_.run());
  EXPECT_EQ(answer, "");
  EXPECT_EQ(one_.text(), two_.text());
  WireWriter body;
  body.text("0123456789abcdef0123456789abcdef");
  body.text(two_.text());
  WireWriter message;
  message.u8(2);  // a replacement
  message.u32(0);
  message.u32(0);
  message.text("node1");
  message.text(as_text(body.bytes()));
  const std::string had = two_.text();
  two_.manager.on_deliver({ClusterNodeId(1), 1}, message.bytes());
  EXPECT_EQ(two_.text(), had);
  EXPECT_TRUE(two_.host.logged("digest mismatch"));
}

}  // namespace
}  // namespace simcluster::controller
