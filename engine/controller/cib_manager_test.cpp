// Replicas of the CIB over an ordered group service.
#include "engine/controller/cib_manager.h"

#include <memory>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/base/testing_host.h"
#include "engine/cib/document.h"
#include "engine/membership/testing.h"

namespace simcluster::controller {
namespace {

struct Replica final : public CibClient {
  Replica(TestingClock& clock, const Profile& profile, const char* name)
      : host(clock, name), manager(host, profile, name, *this) {}
  void on_cib_update(const CibUpdate& update) override { replaced += update.replaced ? 1 : 0; }
  void on_cib_connected() override {}
  std::string text() const { return cib::write_compact(manager.document().root()); }

  TestingHost host;
  CibManager manager;
  int replaced = 0;
};

class CibManagerTest : public ::testing::Test {
 protected:
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
  Profile profile_ = make_profile(StackVersions{}).value();
  membership::TestCluster cluster_{2};
  Replica one_{clock_, profile_, "node1"};
  Replica two_{clock_, profile_, "node2"};
  int changes_ = 0;

  void SetUp() override {
    clock_.after_each([this] { ASSERT_TRUE(cluster_.run()); });
  }
};

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

}  // namespace
}  // namespace simcluster::controller
