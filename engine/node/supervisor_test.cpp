#include "engine/node/supervisor.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/testing_host.h"

namespace simcluster::node {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SupervisorTest : public ::testing::Test, public SupervisorClient {
 protected:
  Supervisor& make(const char* pacemaker, bool fail_fast) {
    StackVersions versions;
    versions.pacemaker = pacemaker;
    profile_ = make_profile(versions).value();
    supervisor_ = std::make_unique<Supervisor>(host_, profile_, fail_fast, *this);
    return *supervisor_;
  }
  bool is_dc() const override { return dc_; }
  void kill_manager() override { done_.emplace_back("kill"); }
  void restart_manager() override { done_.emplace_back("restart"); }

  TestingClock clock_;
  TestingHost host_{clock_, "node1"};
  Profile profile_;
  std::unique_ptr<Supervisor> supervisor_;
  std::vector<std::string> done_;
  bool dc_ = false;
};

// CM A.1
TEST_F(SupervisorTest, NamesOfTheVersions) {
  EXPECT_THAT(make("1.0.13", false).daemons(), ElementsAre("cib", "stonithd", "lrmd", "attrd", "pengine", "crmd"));
  EXPECT_THAT(make("1.1.14", false).daemons(),
              ElementsAre("pacemakerd", "cib", "stonithd", "lrmd", "attrd", "pengine", "crmd"));
  EXPECT_THAT(make("2.1.5", false).daemons(),
              ElementsAre("pacemakerd", "pacemaker-based", "pacemaker-fenced", "pacemaker-execd", "pacemaker-attrd",
                          "pacemaker-schedulerd", "pacemaker-controld"));
  EXPECT_FALSE(make("2.1.5", false).child_died("crmd", 9));
}

// CM-14.21: with PCMK_fail_fast every daemon's death resets the machine.
TEST_F(SupervisorTest, FailFastResets) {
  EXPECT_TRUE(make("1.1.13", true).child_died("attrd", 9));
  EXPECT_TRUE(host_.was_reset());
  EXPECT_TRUE(host_.logged("Rebooting system because of attrd"));
}

// CM-11.10: which daemons take the controller with them.
TEST_F(SupervisorTest, WhatARespawnMeans) {
  for (const char* daemon : {"attrd", "stonithd", "pengine"}) {
    make("1.1.13", false).child_died(daemon, 9);
    clock_.run_for(seconds(1));
    EXPECT_THAT(done_, IsEmpty()) << daemon;
    EXPECT_TRUE(host_.logged(std::string("Respawning failed child process: ") + daemon));
  }
  dc_ = true;
  make("1.1.13", false).child_died("pengine", 9);
  clock_.run_for(seconds(1));
  EXPECT_THAT(done_, ElementsAre("kill", "restart"));
  done_.clear();
  make("1.1.13", false).child_died("crmd", 9);
  clock_.run_for(seconds(1));
  EXPECT_THAT(done_, ElementsAre("kill", "restart"));
  EXPECT_FALSE(host_.was_reset());
}

// CM-14.20: pacemakerd alone comes back and finds the others; 1.1.14 takes stonithd for dead.
TEST_F(SupervisorTest, TheDeathOfPacemakerd) {
  for (const char* version : {"1.1.13", "1.1.15", "2.1.5"}) {
    make(version, true).child_died("pacemakerd", 9);
    clock_.run_for(seconds(20));
    EXPECT_FALSE(host_.was_reset()) << version;
  }
  make("1.1.14", true).child_died("pacemakerd", 9);
  clock_.run_for(seconds(4));
  EXPECT_FALSE(host_.was_reset());
  clock_.run_for(seconds(2));
  EXPECT_TRUE(host_.was_reset());
  EXPECT_TRUE(host_.logged("Rebooting system because of stonith-ng"));
}

// A daemon that dies while nobody watches is noticed by the next supervisor.
TEST_F(SupervisorTest, DeathsWithoutASupervisor) {
  Supervisor& supervisor = make("1.1.13", false);
  supervisor.child_died("pacemakerd", 9);
  supervisor.child_died("crmd", 9);
  EXPECT_THAT(done_, IsEmpty());
  clock_.run_for(seconds(1));
  EXPECT_THAT(done_, ElementsAre("kill", "restart"));
}

// CM-11.7: nothing is started again while the node stops.
TEST_F(SupervisorTest, NoRespawnWhileStopping) {
  Supervisor& supervisor = make("1.1.13", true);
  supervisor.stop();
  EXPECT_TRUE(supervisor.child_died("crmd", 9));
  EXPECT_FALSE(supervisor.controller_failed());
  clock_.run_for(seconds(1));
  EXPECT_FALSE(host_.was_reset());
  EXPECT_THAT(done_, IsEmpty());
}

}  // namespace
}  // namespace simcluster::node
