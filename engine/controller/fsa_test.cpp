#include "engine/controller/fsa.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/controller/messages.h"

namespace simcluster::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// CM B.2, some rows read off the specification by hand.
TEST(FsaTables, NextStates) {
  EXPECT_EQ(next_state(Input::kDcTimeout, State::kPending), State::kElection);
  EXPECT_EQ(next_state(Input::kDcTimeout, State::kIdle), State::kRecovery);
  EXPECT_EQ(next_state(Input::kElectionDc, State::kElection), State::kIntegration);
  EXPECT_EQ(next_state(Input::kIntegrated, State::kIntegration), State::kFinalizeJoin);
  EXPECT_EQ(next_state(Input::kFinalized, State::kFinalizeJoin), State::kPolicyEngine);
  EXPECT_EQ(next_state(Input::kPeSuccess, State::kPolicyEngine), State::kTransitionEngine);
  EXPECT_EQ(next_state(Input::kTeSuccess, State::kTransitionEngine), State::kIdle);
  EXPECT_EQ(next_state(Input::kNotDc, State::kPending), State::kNotDc);
  EXPECT_EQ(next_state(Input::kNotDc, State::kNotDc), State::kNotDc);
  EXPECT_EQ(next_state(Input::kError, State::kStopping), State::kTerminate);
  EXPECT_EQ(next_state(Input::kRouter, State::kIdle), State::kIdle);
}

TEST(FsaTables, Actions) {
  EXPECT_EQ(table_actions(Input::kDcTimeout, State::kPending), ActionSet(Action::kElectionVote) | Action::kWarn);
  EXPECT_EQ(table_actions(Input::kPeSuccess, State::kPolicyEngine), ActionSet(Action::kTeInvoke));
  EXPECT_EQ(table_actions(Input::kRouter, State::kTerminate), ActionSet(Action::kMsgRoute));
  const ActionSet release =
      ActionSet(Action::kDcTimerStop) | Action::kDcRelease | Action::kPeStop | Action::kTeStop | Action::kDcReleased;
  EXPECT_EQ(table_actions(Input::kReleaseDc, State::kIdle), release);
  EXPECT_TRUE(table_actions(Input::kStop, State::kPending).has(Action::kExit0));
}

class Recorder final : public FsaClient {
 public:
  void perform(Action action, const FsaInput& input) override {
    actions.push_back(action);
    if (hook) hook(action, input);
  }
  void on_state_change(State from, State to, const FsaInput&) override {
    changes.push_back(std::string(state_name(from)) + ">" + std::string(state_name(to)));
  }
  void want_run() override { ++wanted; }
  std::vector<Action> actions;
  std::vector<std::string> changes;
  std::function<void(Action, const FsaInput&)> hook;
  int wanted = 0;
};

// CM-2.3, CM-2.14: priority, not order of mention, decides; the state has changed before actions run.
TEST(FsaMachine, ActionsInPriorityOrder) {
  Recorder client;
  Fsa fsa(client);
  client.hook = [&](Action action, const FsaInput&) {
    if (action == Action::kStarted) {
      EXPECT_EQ(fsa.state(), State::kStarting);
    }
  };
  fsa.append({Input::kStartup, Cause::kStartup, "test", {}, {}});
  fsa.run();
  EXPECT_THAT(client.actions, ElementsAre(Action::kLog, Action::kStartup, Action::kCibStart, Action::kHaConnect,
                                          Action::kReadConfig, Action::kLrmConnect, Action::kStarted));
}

// CM-2.4
TEST(FsaMachine, PeCalcIsNotQueuedTwice) {
  Recorder client;
  Fsa fsa(client);
  fsa.append({Input::kPeCalc, Cause::kFsaInternal, "a", {}, {}});
  fsa.append({Input::kPeCalc, Cause::kFsaInternal, "b", {}, {}});
  EXPECT_EQ(client.wanted, 1);
}

// CM-2.5: without a message the action waits for the next run, with one the input is queued again.
TEST(FsaMachine, StallKeepsTheAction) {
  Recorder client;
  Fsa fsa(client);
  bool ready = false;
  client.hook = [&](Action action, const FsaInput&) {
    if (action == Action::kStarted && !ready) fsa.stall(action);
  };
  fsa.append({Input::kStartup, Cause::kStartup, "test", {}, {}});
  fsa.run();
  client.actions.clear();
  fsa.run();
  EXPECT_THAT(client.actions, ElementsAre(Action::kStarted));
  ready = true;
  fsa.run();
  client.actions.clear();
  fsa.run();
  EXPECT_THAT(client.actions, IsEmpty());
}

TEST(FsaMachine, StallWithMessageRequeues) {
  Recorder client;
  Fsa fsa(client);
  int tries = 0;
  client.hook = [&](Action action, const FsaInput& input) {
    if (action != Action::kMsgRoute) return;
    if (++tries == 1) fsa.stall(action);
    if (tries == 2) {
      EXPECT_EQ(input.input, Input::kWaitForEvent);
      EXPECT_TRUE(input.message != nullptr);
    }
  };
  fsa.append({Input::kRouter, Cause::kHaMessage, "test", {}, std::make_shared<Message>()});
  fsa.run();
  EXPECT_EQ(tries, 1);
  fsa.run();
  EXPECT_EQ(tries, 2);
}

// CM-2.9: the error first, then what it interrupted.
TEST(FsaMachine, RaisedInputInterrupts) {
  Recorder client;
  Fsa fsa(client);
  client.hook = [&](Action action, const FsaInput&) {
    if (action == Action::kHaConnect) fsa.raise({Input::kStop, Cause::kFsaInternal, "test", {}, {}});
  };
  fsa.append({Input::kStartup, Cause::kStartup, "test", {}, {}});
  fsa.run();
  EXPECT_THAT(client.changes, ElementsAre("S_STARTING>S_STOPPING"));
  // CM-2.2: what was left of starting is dropped once the node stops.
  EXPECT_EQ(std::count(client.actions.begin(), client.actions.end(), Action::kStarted), 0);
}

}  // namespace
}  // namespace simcluster::controller
