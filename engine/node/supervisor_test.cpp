#include "engine/node/supervisor.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/testing_host.h"

namespace simcluster::node {
namespace {

using ::testing::ElementsAre;

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
  void kill(controller::Subdaemon daemon) override { done_.push_back("kill " + name(daemon)); }
  void freeze(controller::Subdaemon daemon) override { done_.push_back("freeze " + name(daemon)); }
  void go_on(controller::Subdaemon daemon) override { done_.push_back("continue " + name(daemon)); }
  void respawn(controller::Subdaemon daemon) override { done_.push_back("start " + name(daemon)); }
  static std::string name(controller::Subdaemon daemon) {
    static constexpr std::array<const char*, 6> kNames = {"cib",        "fencer",    "executor",
                                                          "attributes", "scheduler", "controller"};
    return kNames[static_cast<std::size_t>(daemon)];
  }

  TestingClock clock_;
  TestingHost host_{clock_, "node1"};
  Profile profile_;
  std::unique_ptr<Supervisor> supervisor_;
  std::vector<std::string> done_;
  bool dc_ = false;
};

// CM A.1, CM-11.6: in the order of their start.
TEST_F(SupervisorTest, NamesOfTheVersions) {
  EXPECT_THAT(make("1.0.13", false).daemons(), ElementsAre("cib", "stonithd", "lrmd", "attrd", "pengine", "crmd"));
  EXPECT_THAT(make("1.1.14", false).daemons(),
              ElementsAre("pacemakerd", "cib", "stonithd", "lrmd", "attrd", "pengine", "crmd"));
  EXPECT_THAT(make("2.1.5", false).daemons(),
              ElementsAre("pacemakerd", "pacemaker-based", "pacemaker-fenced", "pacemaker-execd", "pacemaker-attrd",
                          "pacemaker-schedulerd", "pacemaker-controld"));
  EXPECT_FALSE(make("2.1.5", false).child_died("crmd", 9));
}

// CM-14.21, CM-11.9: with PCMK_fail_fast every daemon's death is a panic, which resets the machine.
TEST_F(SupervisorTest, FailFastResets) {
  EXPECT_TRUE(make("1.1.13", true).child_died("attrd", 9));
  EXPECT_TRUE(host_.was_reset());
  EXPECT_TRUE(host_.logged("Rebooting system because of attrd"));
}

// CM-11.10, CM-6.16: which daemons take others with them (nobody goes on without the CIB manager); they come back in
// the order of their start.
TEST_F(SupervisorTest, WhatARespawnMeans) {
  const auto dies = [&](const char* daemon) {
    done_.clear();
    make("1.1.13", false).child_died(daemon, 9);
    clock_.run_for(seconds(1));
    EXPECT_TRUE(host_.logged(std::string("Respawning failed child process: ") + daemon));
    return done_;
  };
  EXPECT_THAT(dies("attrd"), ElementsAre("kill attributes", "start attributes"));
  EXPECT_THAT(dies("stonithd"), ElementsAre("kill fencer", "start fencer"));
  EXPECT_THAT(dies("pengine"), ElementsAre("kill scheduler", "start scheduler"));
  EXPECT_THAT(dies("crmd"), ElementsAre("kill controller", "start controller"));
  EXPECT_THAT(dies("lrmd"), ElementsAre("kill executor", "kill controller", "start executor", "start controller"));
  EXPECT_THAT(dies("cib"), ElementsAre("kill cib", "kill fencer", "kill attributes", "kill controller", "start cib",
                                       "start fencer", "start attributes", "start controller"));
  dc_ = true;
  EXPECT_THAT(dies("pengine"), ElementsAre("kill scheduler", "kill controller", "start scheduler", "start controller"));
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

// AT-10.5, CM-11.7: process ids are told, and a daemon that is started again has another one.
TEST_F(SupervisorTest, ProcessIdsAreLogged) {
  Supervisor& supervisor = make("2.1.5", false);
  supervisor.start();
  EXPECT_TRUE(host_.logged("Starting Pacemaker 2.1.5"));
  EXPECT_TRUE(host_.logged("Forked child 1001 for process pacemaker-based"));
  supervisor.child_died("pacemaker-attrd", 9);
  EXPECT_TRUE(host_.logged("pacemaker-attrd[1004] terminated with signal 9 (Killed)"));
  clock_.run_for(seconds(1));
  EXPECT_TRUE(host_.logged("Forked child 1014 for process pacemaker-attrd"));
  supervisor.log_stopped();
  EXPECT_TRUE(host_.logged("Stopping pacemaker-attrd | sent signal 15 to process 1014"));
  EXPECT_TRUE(host_.logged("pacemaker-attrd[1014] exited with status 0 (OK)"));
}

// A daemon that dies while nobody watches is noticed by the next supervisor.
TEST_F(SupervisorTest, DeathsWithoutASupervisor) {
  Supervisor& supervisor = make("1.1.13", false);
  supervisor.child_died("pacemakerd", 9);
  supervisor.child_died("crmd", 9);
  EXPECT_THAT(done_, ElementsAre("kill controller"));
  clock_.run_for(seconds(1));
  EXPECT_THAT(done_, ElementsAre("kill controller", "start controller"));
}

// CM-11.8: six daemons are asked in turn, one a second, and a silent one keeps the others waiting for a second, so that
// it is asked every seven (as with 2.1.5); whoever is silent five times in a row is killed.
TEST_F(SupervisorTest, SilentDaemonsAreKilled) {
  EXPECT_TRUE(make("2.1.5", false).child_stopped("pacemaker-attrd"));
  clock_.run_for(seconds(28));
  EXPECT_THAT(done_, ElementsAre("freeze attributes"));
  EXPECT_TRUE(host_.logged("pacemaker-attrd[1004] is unresponsive to ipc after 4 tries"));
  clock_.run_for(seconds(8));
  EXPECT_THAT(done_, ElementsAre("freeze attributes", "kill attributes", "start attributes"));
  EXPECT_TRUE(host_.logged("pacemaker-attrd[1004] is unresponsive to ipc after 5 tries but we found the pid"));
  EXPECT_FALSE(supervisor_->child_stopped("attrd"));
  clock_.run_for(minutes(2));
  EXPECT_EQ(done_.size(), 3U);
  done_.clear();
  make("2.0.5", false).child_stopped("pacemaker-attrd");  // nobody asks
  clock_.run_for(minutes(2));
  EXPECT_THAT(done_, ElementsAre("freeze attributes"));
  done_.clear();
  Supervisor& unwatched = make("2.1.5", false);
  unwatched.child_stopped("pacemaker-controld");
  unwatched.child_stopped("pacemakerd");
  clock_.run_for(minutes(2));
  EXPECT_THAT(done_, ElementsAre("freeze controller"));
}

// CM-11.8: who goes on in time is left alone, and counted anew when it stops again.
TEST_F(SupervisorTest, StoppedDaemonsGoOn) {
  Supervisor& supervisor = make("2.1.5", false);
  supervisor.child_stopped("pacemaker-attrd");
  clock_.run_for(seconds(28));
  EXPECT_TRUE(host_.logged("pacemaker-attrd[1004] is unresponsive to ipc after 4 tries"));
  EXPECT_TRUE(supervisor.child_continued("pacemaker-attrd"));
  clock_.run_for(minutes(2));
  supervisor.child_stopped("pacemaker-attrd");
  clock_.run_for(seconds(25));
  EXPECT_TRUE(supervisor.child_continued("pacemaker-attrd"));
  EXPECT_TRUE(supervisor.child_continued("pacemaker-attrd"));  // once more does nothing
  EXPECT_FALSE(supervisor.child_continued("attrd"));
  clock_.run_for(minutes(2));
  EXPECT_THAT(done_,
              ElementsAre("freeze attributes", "continue attributes", "freeze attributes", "continue attributes"));
}

// A supervisor that goes on notices what it has missed, and watches again.
TEST_F(SupervisorTest, TheSupervisorGoesOn) {
  Supervisor& supervisor = make("2.1.5", false);
  supervisor.child_stopped("pacemakerd");
  EXPECT_FALSE(supervisor.present());
  supervisor.child_died("pacemaker-attrd", 9);
  supervisor.child_stopped("pacemaker-fenced");
  clock_.run_for(minutes(2));
  EXPECT_THAT(done_, ElementsAre("kill attributes", "freeze fencer"));
  supervisor.child_continued("pacemakerd");
  EXPECT_TRUE(supervisor.present());
  clock_.run_for(seconds(1));
  EXPECT_EQ(done_.back(), "start attributes");
  clock_.run_for(minutes(1));
  EXPECT_EQ(done_.back(), "start fencer");
  // What it had to start again when it was stopped comes late.
  done_.clear();
  supervisor.child_died("pacemaker-attrd", 9);
  supervisor.child_stopped("pacemakerd");
  clock_.run_for(seconds(10));
  EXPECT_THAT(done_, ElementsAre("kill attributes"));
  supervisor.child_continued("pacemakerd");
  clock_.run_for(seconds(1));
  EXPECT_THAT(done_, ElementsAre("kill attributes", "start attributes"));
}

// CM-11.7: nothing is started again while the node stops.
TEST_F(SupervisorTest, NoRespawnWhileStopping) {
  Supervisor& supervisor = make("1.1.13", true);
  supervisor.stop();
  EXPECT_TRUE(supervisor.child_died("crmd", 9));
  EXPECT_FALSE(supervisor.controller_failed());
  clock_.run_for(seconds(1));
  EXPECT_FALSE(host_.was_reset());
  EXPECT_THAT(done_, ElementsAre("kill controller"));
}

}  // namespace
}  // namespace simcluster::node
