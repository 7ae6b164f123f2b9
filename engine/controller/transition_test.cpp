// A transition alone: graphs by hand, a client that writes down what it is asked for (CM G.2).
#include "engine/controller/transition.h"

#include <string>
#include <vector>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace simcluster::controller {
namespace {

using scheduler::GraphAction;
using scheduler::GraphActionKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TransitionTest : public ::testing::Test, public TransitionClient {
 protected:
  // An action with a synapse of its own; its id is its place, from 1 on.
  std::uint32_t add(GraphActionKind kind, std::string_view operation, std::string_view node,
                    std::vector<std::uint32_t> inputs = {}, int priority = 0) {
    GraphAction action;
    action.kind = kind;
    action.id = static_cast<int>(graph_.actions.size()) + 1;
    action.operation = operation;
    action.node = action.node_id = node;
    const auto index = static_cast<std::uint32_t>(graph_.actions.size());
    graph_.actions.push_back(action);
    graph_.synapses.push_back({priority, index, std::move(inputs)});
    return index;
  }
  std::uint32_t start(std::string_view node, std::vector<std::uint32_t> inputs = {}, int priority = 0) {
    return add(GraphActionKind::kResource, "start", node, std::move(inputs), priority);
  }
  std::uint32_t migration(std::string_view operation, std::string_view source, std::string_view target) {
    const std::uint32_t index = add(GraphActionKind::kResource, operation, operation == "migrate_to" ? source : target);
    graph_.actions[index].attributes = {{"CRM_meta_migrate_source", source}, {"CRM_meta_migrate_target", target}};
    return index;
  }
  void load(int batch_limit = 0, int migration_limit = -1) {
    transition_.load(std::move(graph_), batch_limit, migration_limit, seconds(60));
    wanted_ = true;
    settle();
  }
  // Runs as often as is asked for.
  void settle() {
    for (int i = 0; wanted_ && i < 100; ++i) {
      wanted_ = false;
      transition_.run();
    }
  }
  void done(std::uint32_t action) {
    transition_.confirm(action);
    settle();
  }

  FireOutcome fire(std::uint32_t action) override {
    fired_.push_back(transition_.action(action).id);
    return action == broken_ ? FireOutcome::kFailed : FireOutcome::kSent;
  }
  void start_action_timer(std::uint32_t, Duration) override {}
  void cancel_action_timer(std::uint32_t) override {}
  void want_graph_run() override { wanted_ = true; }
  int job_limit(std::string_view) override { return job_limit_; }
  int batch_limit(int configured) override { return configured; }
  void on_graph_run(const RunCounts&, GraphStatus status) override { status_ = status; }

  scheduler::Graph graph_;
  Transition transition_{*this};
  std::vector<int> fired_;  // ids
  std::uint32_t broken_ = Transition::kNoAction;
  int job_limit_ = 0;
  bool wanted_ = false;
  GraphStatus status_ = GraphStatus::kActive;
};

// CM-7.7, CM-7.8, CM-7.9: what waits for others comes after them, what has been aborted does not come.
TEST_F(TransitionTest, InputsComeFirst) {
  const std::uint32_t first = start("a");
  const std::uint32_t second = start("b", {first});
  load();
  EXPECT_THAT(fired_, ElementsAre(1));
  done(first);
  EXPECT_THAT(fired_, ElementsAre(1, 2));
  EXPECT_EQ(status_, GraphStatus::kActive);
  done(second);
  EXPECT_EQ(status_, GraphStatus::kComplete);
  EXPECT_TRUE(transition_.complete());
}

// CM-7.11: pseudo events are done at once, also for those that stand before them in the document.
TEST_F(TransitionTest, PseudoEventsAreDoneAtOnce) {
  const std::uint32_t waits = start("a", {1});
  add(GraphActionKind::kPseudo, "all_stopped", "");
  load();
  EXPECT_THAT(fired_, ElementsAre(1));
  done(waits);
  EXPECT_EQ(status_, GraphStatus::kComplete);
}

// CM-7.11: what cannot be initiated is confirmed and failed, and nothing else begins.
TEST_F(TransitionTest, WhatCannotBeInitiatedEndsTheTransition) {
  broken_ = start("nowhere");
  start("a", {broken_});
  load();
  EXPECT_THAT(fired_, ElementsAre(1));
  EXPECT_TRUE(transition_.confirmed(broken_));
  EXPECT_TRUE(transition_.failed(broken_));
  EXPECT_TRUE(transition_.complete());
}

// CM-7.12: jobs of a node; fencing and pseudo events are none.
TEST_F(TransitionTest, JobsOfANodeAreLimited) {
  job_limit_ = 1;
  const std::uint32_t first = start("a");
  const std::uint32_t second = start("a");
  start("b");
  add(GraphActionKind::kCluster, "stonith", "a");
  load();
  EXPECT_THAT(fired_, ElementsAre(1, 3, 4));
  done(first);
  EXPECT_THAT(fired_, ElementsAre(1, 3, 4, 2));
  done(second);
  EXPECT_EQ(status_, GraphStatus::kActive);
}

// CM-7.12: a migration is a job of both its nodes.
TEST_F(TransitionTest, AMigrationIsAJobOfBothNodes) {
  job_limit_ = 1;
  const std::uint32_t moves = migration("migrate_to", "a", "b");
  start("b");
  start("c");
  load();
  EXPECT_THAT(fired_, ElementsAre(1, 3));
  done(moves);
  EXPECT_THAT(fired_, ElementsAre(1, 3, 2));
}

// CM-7.12: migration-limit, in which other actions do not count; 0 and less is none.
TEST_F(TransitionTest, MigrationsAreLimited) {
  for (const int limit : {1, 0, -1}) {
    fired_.clear();
    graph_ = scheduler::Graph();
    const std::uint32_t first = migration("migrate_to", "a", "b");
    migration("migrate_to", "a", "c");
    start("a");
    load(0, limit);
    if (limit > 0) {
      EXPECT_THAT(fired_, ElementsAre(1, 3));
    } else {
      EXPECT_THAT(fired_, ElementsAre(1, 2, 3));
    }
    done(first);
    EXPECT_EQ(fired_.size(), 3U);
  }
}

// CM-7.21, CM-7.22: of several reasons the greatest decides what follows, and the first of that rank is told.
TEST_F(TransitionTest, TheGreatestCompletionActionWins) {
  const std::uint32_t only = start("a");
  load();
  EXPECT_EQ(transition_.completion_action(), CompletionAction::kDone);
  EXPECT_TRUE(transition_.abort(0, CompletionAction::kRestart, "first"));
  EXPECT_TRUE(transition_.abort(kInfinity, CompletionAction::kWait, "smaller"));  // its priority counts
  EXPECT_FALSE(transition_.abort(kInfinity, CompletionAction::kRestart, "as great"));
  EXPECT_EQ(transition_.completion_action(), CompletionAction::kRestart);
  EXPECT_EQ(transition_.completion_reason(), "first");
  EXPECT_TRUE(transition_.abort(0, CompletionAction::kShutdown, "last"));
  EXPECT_EQ(transition_.completion_reason(), "last");
  done(only);
  EXPECT_TRUE(transition_.complete());
  transition_.clear_completion();
  EXPECT_EQ(transition_.completion_action(), CompletionAction::kDone);
  EXPECT_EQ(transition_.completion_reason(), "");
}

// CM-7.8, CM-7.9: after an abort only what is more urgent begins.
TEST_F(TransitionTest, UrgentActionsOutliveAnAbort) {
  const std::uint32_t first = start("a");
  start("a", {first});
  const std::uint32_t urgent = start("a", {first}, kInfinity);
  load();
  transition_.abort(100, CompletionAction::kRestart, "why");
  done(first);
  EXPECT_THAT(fired_, ElementsAre(1, 3));
  done(urgent);
  EXPECT_EQ(status_, GraphStatus::kStopped);
}

// CM-7.9, CM-7.23: a failure satisfies nobody but those of the highest priority; who waits in vain ends the transition.
TEST_F(TransitionTest, AFailureSatisfiesNobody) {
  const std::uint32_t first = start("a");
  start("a", {first});
  load();
  transition_.fail(first);
  settle();
  EXPECT_THAT(fired_, ElementsAre(1));
  EXPECT_EQ(status_, GraphStatus::kTerminated);
}

}  // namespace
}  // namespace simcluster::controller
