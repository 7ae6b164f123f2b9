#include "engine/executor/executor.h"

#include <string>
#include <vector>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/testing_host.h"
#include "engine/executor/exit_codes.h"
#include "engine/executor/operation_run.h"

namespace simcluster::executor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Recorder final : public ExecutorClient {
 public:
  void on_operation_result(const OperationResult& r) override {
    results.push_back(fmt::format("{}_{}_{} call={} status={} rc={}{}", r.resource, r.action, r.interval.milliseconds(),
                                  r.call_id, static_cast<int>(r.status), r.rc, r.changed ? "" : " same"));
    exec_times.push_back(r.exec_time);
    queue_times.push_back(r.queue_time);
    reasons.emplace_back(r.exit_reason);
  }
  std::vector<std::string> results;
  std::vector<Duration> exec_times;
  std::vector<Duration> queue_times;
  std::vector<std::string> reasons;
};

class ExecutorTest : public ::testing::Test {
 protected:
  ExecutorTest() {
    executor.register_resource("a", {"ocf", "heartbeat", "Dummy"});
    executor.register_resource("b", {"ocf", "heartbeat", "Dummy"});
  }

  static Profile profile_of(const char* pacemaker) {
    StackVersions versions;
    versions.pacemaker = pacemaker;
    return make_profile(versions).value();
  }
  static OperationRequest op(const char* resource, const char* action, Duration interval = {},
                             Duration timeout = seconds(20)) {
    OperationRequest request;
    request.resource = resource;
    request.action = action;
    request.interval = interval;
    request.timeout = timeout;
    return request;
  }

  TestingClock clock;
  TestingHost host{clock, "node1"};
  Profile profile = profile_of("2.1.5");
  Recorder client;
  Executor executor{host, profile, client};
};

// CM-8.6: one active operation per resource, in order; resources are independent.
TEST_F(ExecutorTest, QueuesPerResource) {
  host.set_agents([](const AgentRequest& request) {
    TestingHost::Answer answer;
    answer.takes = request.instance == "a" ? seconds(3) : seconds(1);
    return answer;
  });
  executor.execute(op("a", "start"));
  executor.execute(op("a", "monitor"));
  executor.execute(op("b", "start"));
  EXPECT_THAT(host.runs(), ElementsAre("a start 0", "b start 0"));
  clock.run_for(seconds(10));
  EXPECT_THAT(client.results, ElementsAre("b_start_0 call=10 status=0 rc=0", "a_start_0 call=8 status=0 rc=0",
                                          "a_monitor_0 call=9 status=0 rc=0"));
  EXPECT_EQ(client.queue_times[2], seconds(3));  // CM-8.7
  EXPECT_EQ(client.exec_times[2], seconds(3));
}

// CM-8.10: the period is interval plus run time; unchanged results are marked.
TEST_F(ExecutorTest, RecurringReportsChangesOnly) {
  int rc = 0;
  host.set_agents([&rc](const AgentRequest&) {
    TestingHost::Answer answer;
    answer.takes = seconds(1);
    answer.result.exit_code = rc;
    return answer;
  });
  executor.execute(op("a", "monitor", seconds(10)));
  clock.run_for(seconds(21));
  EXPECT_EQ(host.count_runs("a monitor 10000"), 2U);
  rc = 7;
  clock.run_for(seconds(21));
  EXPECT_THAT(client.results,
              ElementsAre("a_monitor_10000 call=8 status=0 rc=0", "a_monitor_10000 call=8 status=0 rc=0 same",
                          "a_monitor_10000 call=8 status=0 rc=7", "a_monitor_10000 call=8 status=0 rc=7 same"));
}

// CM-8.9: a repeated recurring operation takes over call id and runs at once.
TEST_F(ExecutorTest, DuplicateRecurringIsMerged) {
  executor.execute(op("a", "monitor", seconds(10)));
  clock.run_for(seconds(4));
  executor.execute(op("a", "monitor", seconds(10)));
  clock.run_for(seconds(1));
  EXPECT_THAT(client.results,
              ElementsAre("a_monitor_10000 call=8 status=0 rc=0", "a_monitor_10000 call=9 status=0 rc=0"));
  clock.run_for(seconds(9));
  EXPECT_EQ(host.count_runs("a monitor 10000"), 2U);
  clock.run_for(seconds(2));
  EXPECT_EQ(host.count_runs("a monitor 10000"), 3U);
}

// CM-8.11: SIGKILL at once since 1.1.8, status 2, rc 1, exit reason.
TEST_F(ExecutorTest, TimeoutKills) {
  host.set_agents([](const AgentRequest&) { return TestingHost::Answer{{}, seconds(-1), true}; });
  executor.execute(op("a", "stop", {}, seconds(20)));
  clock.run_for(seconds(21));
  EXPECT_THAT(host.signals(), ElementsAre(9));
  EXPECT_THAT(client.results, ElementsAre("a_stop_0 call=8 status=2 rc=1"));
  EXPECT_THAT(client.reasons, ElementsAre("Resource agent did not complete within 20s"));
  EXPECT_EQ(client.exec_times[0], seconds(20));
}

// AT-1.1: before, SIGTERM first and SIGKILL 5 s later; and no exit reason before 2.1.2 (AT-1.5).
TEST(ExecutorOld, TimeoutTerminatesFirst) {
  TestingClock clock;
  TestingHost host(clock, "node1");
  StackVersions versions;
  const Profile profile = make_profile(versions).value();
  Recorder client;
  Executor executor(host, profile, client);
  host.set_agents([](const AgentRequest&) { return TestingHost::Answer{{}, seconds(-1), true}; });
  executor.register_resource("a", {"ocf", "heartbeat", "Dummy"});
  OperationRequest stop;
  stop.resource = "a";
  stop.action = "stop";
  stop.timeout = seconds(20);
  executor.execute(stop);
  clock.run_for(seconds(24));
  EXPECT_THAT(host.signals(), ElementsAre(15));
  EXPECT_THAT(client.results, IsEmpty());
  clock.run_for(seconds(2));
  EXPECT_THAT(host.signals(), ElementsAre(15, 9));
  EXPECT_THAT(client.results, ElementsAre("a_stop_0 call=2 status=2 rc=1"));
  EXPECT_THAT(client.reasons, ElementsAre(""));
}

// CM-8.11: ended by a foreign signal.
TEST_F(ExecutorTest, ForeignSignalIsAnError) {
  host.set_agents([](const AgentRequest&) {
    TestingHost::Answer answer;
    answer.result.signal = 11;
    return answer;
  });
  executor.execute(op("a", "start"));
  clock.run_for(seconds(1));
  EXPECT_THAT(client.results, ElementsAre("a_start_0 call=8 status=4 rc=1"));
  EXPECT_THAT(client.reasons, ElementsAre("Resource agent interrupted by SIGSEGV signal"));
}

// CM-8.9, CM-8.12: a stop cancels the recurring operations first; one that sleeps is gone at once.
TEST_F(ExecutorTest, StopCancelsRecurring) {
  executor.execute(op("a", "monitor", seconds(10)));
  clock.run_for(seconds(1));
  executor.execute(op("a", "stop"));
  clock.run_for(seconds(30));
  EXPECT_THAT(client.results, ElementsAre("a_monitor_10000 call=8 status=0 rc=0",
                                          "a_monitor_10000 call=8 status=1 rc=0", "a_stop_0 call=9 status=0 rc=0"));
  EXPECT_EQ(host.count_runs("a monitor 10000"), 1U);
}

// CM-8.12: one in flight is killed and reported cancelled when it has ended; the stop waits for that.
TEST_F(ExecutorTest, CancelInFlight) {
  host.set_agents([](const AgentRequest& request) {
    return TestingHost::Answer{{}, request.action == "monitor" ? seconds(3) : seconds(1), false};
  });
  executor.execute(op("a", "monitor", seconds(10)));
  clock.run_for(seconds(1));
  EXPECT_EQ(executor.cancel("a", "monitor", seconds(10)), CancelOutcome::kInFlight);
  EXPECT_EQ(executor.cancel("a", "monitor", seconds(10)), CancelOutcome::kUnknown);
  executor.execute(op("a", "stop"));
  clock.run_for(seconds(5));
  EXPECT_THAT(client.results, ElementsAre("a_monitor_10000 call=8 status=1 rc=0", "a_stop_0 call=11 status=0 rc=0"));
  EXPECT_THAT(host.signals(), ElementsAre(9));
}

// CM-8.12: operations in flight that are not recurring cannot be cancelled; waiting ones can.
TEST_F(ExecutorTest, CancelOfSingleOperations) {
  executor.execute(op("a", "start"));
  executor.execute(op("a", "monitor"));
  EXPECT_EQ(executor.cancel("a", "start", {}), CancelOutcome::kUnknown);
  EXPECT_EQ(executor.cancel("a", "monitor", {}), CancelOutcome::kCancelled);
  EXPECT_EQ(executor.cancel("nobody", "monitor", {}), CancelOutcome::kUnknown);
  clock.run_for(seconds(1));
  EXPECT_THAT(client.results, ElementsAre("a_monitor_0 call=9 status=1 rc=0", "a_start_0 call=8 status=0 rc=0"));
}

// CM-8.8: a start-delay keeps the head and blocks those behind it.
TEST_F(ExecutorTest, StartDelayBlocks) {
  OperationRequest delayed = op("a", "start");
  delayed.start_delay = seconds(5);
  executor.execute(delayed);
  executor.execute(op("a", "monitor"));
  clock.run_for(seconds(4));
  EXPECT_THAT(host.runs(), IsEmpty());
  clock.run_for(seconds(2));
  EXPECT_THAT(client.results, ElementsAre("a_start_0 call=8 status=0 rc=0", "a_monitor_0 call=9 status=0 rc=0"));
  EXPECT_EQ(client.queue_times[0], seconds(5));
}

// CM-8.13: a resource with an active operation stays until it has ended.
TEST_F(ExecutorTest, UnregisterWaitsForActive) {
  executor.execute(op("a", "start"));
  EXPECT_FALSE(executor.unregister_resource("a"));
  clock.run_for(seconds(1));
  EXPECT_TRUE(executor.unregister_resource("a"));
  EXPECT_FALSE(executor.knows("a"));
}

// The client may tear everything down inside its callback.
TEST_F(ExecutorTest, ClientMayUnregisterInCallback) {
  class Remover final : public ExecutorClient {
   public:
    void on_operation_result(const OperationResult& result) override {
      if (result.status == ExecStatus::kDone) gone = executor->unregister_resource(std::string(result.resource));
    }
    Executor* executor = nullptr;
    bool gone = false;
  } remover;
  Executor mine(host, profile, remover);
  remover.executor = &mine;
  mine.register_resource("x", {"ocf", "heartbeat", "Dummy"});
  mine.execute(op("x", "monitor", seconds(10)));
  clock.run_for(minutes(1));
  EXPECT_TRUE(remover.gone);
  EXPECT_EQ(host.count_runs("x monitor 10000"), 1U);
}

// CM-8.15a: a known answer needs no agent but takes its place in the queue.
TEST_F(ExecutorTest, KnownAnswerRunsNoAgent) {
  executor.execute(op("a", "start"));
  OperationRequest stop = op("a", "stop");
  stop.known_rc = 0;
  executor.execute(stop);
  clock.run_for(seconds(1));
  EXPECT_THAT(host.runs(), ElementsAre("a start 0"));
  EXPECT_THAT(client.results, ElementsAre("a_start_0 call=8 status=0 rc=0", "a_stop_0 call=9 status=0 rc=0"));
}

// CM-8.18, counted with 2.1.5: connecting takes a call, registering three; who connects later asks once.
TEST_F(ExecutorTest, CallIds) {
  executor.execute(op("a", "start"));
  executor.execute(op("a", "monitor", seconds(10)));
  clock.run_for(seconds(1));
  executor.cancel_recurring("a");
  executor.execute(op("a", "stop"));
  clock.run_for(seconds(1));
  EXPECT_EQ(client.results.front(), "a_start_0 call=8 status=0 rc=0");
  EXPECT_EQ(client.results.back(), "a_stop_0 call=11 status=0 rc=0");
  Executor next(host, profile, client, executor.next_call_id() - 1);
  next.register_resource("a", {"ocf", "heartbeat", "Dummy"}, true);
  EXPECT_EQ(next.execute(op("a", "monitor")), 14);
}

class OldExecutorTest : public ::testing::Test {
 protected:
  // Two monitors of three seconds, and a stop while the second one runs.
  std::vector<std::string> stop_during_monitor(const char* cluster_glue) {
    StackVersions versions;
    versions.cluster_glue = cluster_glue;
    const Profile profile = make_profile(versions).value();
    Executor executor(host, profile, client);
    host.set_agents([](const AgentRequest&) { return TestingHost::Answer{{}, seconds(3), false}; });
    executor.register_resource("a", {"ocf", "heartbeat", "Dummy"});
    OperationRequest request;
    request.resource = "a";
    request.action = "monitor";
    request.interval = seconds(10);
    executor.execute(request);
    clock.run_for(seconds(14));
    executor.cancel_recurring("a");
    request.action = "stop";
    request.interval = {};
    executor.execute(request);
    clock.run_for(minutes(1));
    EXPECT_THAT(host.signals(), IsEmpty());
    EXPECT_EQ(host.count_runs("a monitor 10000"), 2U);
    return client.results;
  }

  TestingClock clock;
  TestingHost host{clock, "node1"};
  Recorder client;
};

// CM-13.22
TEST_F(OldExecutorTest, AMonitorCancelledWhileItRunsIsCancelled) {
  EXPECT_THAT(stop_during_monitor("1.0.9"),
              ElementsAre("a_monitor_10000 call=2 status=0 rc=0", "a_monitor_10000 call=2 status=1 rc=0",
                          "a_stop_0 call=3 status=0 rc=0"));
}
TEST_F(OldExecutorTest, OrItsResultCounts) {
  EXPECT_THAT(stop_during_monitor("1.0.8"),
              ElementsAre("a_monitor_10000 call=2 status=0 rc=0", "a_monitor_10000 call=2 status=0 rc=0",
                          "a_stop_0 call=3 status=0 rc=0"));
}

// CM-8.6
TEST_F(OldExecutorTest, FourPlaces) {
  const Profile profile = make_profile(StackVersions{}).value();
  Executor executor(host, profile, client);
  host.set_agents([](const AgentRequest&) { return TestingHost::Answer{{}, seconds(3), false}; });
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    executor.register_resource(name, {"ocf", "heartbeat", "Dummy"});
    OperationRequest request;
    request.resource = name;
    request.action = "start";
    executor.execute(request);
  }
  EXPECT_EQ(host.runs().size(), 4U);
  clock.run_for(seconds(4));
  EXPECT_EQ(host.runs().size(), 6U);
  clock.run_for(seconds(3));
  EXPECT_EQ(client.results.size(), 6U);
}

// CM-8.19: numbers and texts, as the CIB and crm_mon have them.
TEST(ExitCodes, StatusTexts) {
  const auto texts = [](const char* pacemaker) {
    StackVersions versions;
    versions.pacemaker = pacemaker;
    const Profile profile = make_profile(versions).value();
    std::vector<std::string> all;
    for (int status = -1; status <= 11; ++status)
      all.emplace_back(op_status_text(static_cast<ExecStatus>(status), profile));
    return all;
  };
  EXPECT_THAT(texts("2.1.5"),
              ElementsAre("Pending", "Done", "Cancelled", "Timed out", "Unsupported", "Error", "Hard error",
                          "Fatal error", "Not installed", "Internal communication failure", "Cannot execute now",
                          "No fence device", "CIB secrets unavailable"));
  const std::vector<std::string> old = texts("2.0.5");
  EXPECT_THAT(std::vector(old.begin(), old.begin() + 6),
              ElementsAre("pending", "complete", "Cancelled", "Timed Out", "NOT SUPPORTED", "Error"));
  EXPECT_EQ(old[8], "Not installed");
}

// AT-1.4: LSB scripts say "not running" with 3.
TEST(ExitCodes, LsbTranslation) {
  EXPECT_EQ(to_ocf_exit_code("lsb", "monitor", 3), 7);
  EXPECT_EQ(to_ocf_exit_code("lsb", "monitor", 150), 5);
  EXPECT_EQ(to_ocf_exit_code("lsb", "start", 9), 1);
  EXPECT_EQ(to_ocf_exit_code("ocf", "monitor", 3), 3);
}

TEST(ReadableDuration, AsLogsSpellIt) {
  EXPECT_EQ(readable_duration(seconds(20)), "20s");
  EXPECT_EQ(readable_duration(seconds(60)), "1m");
  EXPECT_EQ(readable_duration(seconds(90)), "1m30s");
  EXPECT_EQ(readable_duration(milliseconds(1500)), "1500ms");
  EXPECT_EQ(readable_duration({}), "0s");
}

// CM-8.15: a unit that is starting is asked again after two seconds, or after a tenth of the time-out; it counts as one
// run, under one time-out.
TEST_F(ExecutorTest, UnitsOnTheirWayAreAskedAgain) {
  executor.register_resource("u", {"systemd", "", "httpd"});
  int asked = 0;
  host.set_agents([&asked](const AgentRequest&) {
    TestingHost::Answer answer;
    answer.result.output = ++asked < 4 ? "activating\n" : "active\n";
    answer.result.exit_code = asked < 4 ? 3 : 0;
    return answer;
  });
  executor.execute(op("u", "monitor"));
  clock.run_for(seconds(5));
  EXPECT_EQ(asked, 3);
  EXPECT_THAT(client.results, IsEmpty());
  clock.run_for(seconds(2));
  ASSERT_EQ(client.results.size(), 1U);
  EXPECT_TRUE(client.results[0].ends_with("status=0 rc=0"));
  EXPECT_EQ(client.exec_times[0], milliseconds(6040));

  asked = -100;
  executor.execute(op("u", "monitor", {}, seconds(5)));  // every half second, until its time is over
  clock.run_for(seconds(6));
  EXPECT_EQ(asked, -90);
  ASSERT_EQ(client.results.size(), 2U);
  EXPECT_TRUE(client.results[1].ends_with("status=2 rc=1")) << client.results[1];

  asked = -100;
  executor.execute(op("u", "monitor", seconds(60)));
  clock.run_for(seconds(3));
  EXPECT_EQ(executor.cancel("u", "monitor", seconds(60)), CancelOutcome::kInFlight);
  clock.run_for(seconds(1));
  EXPECT_TRUE(client.results.back().find("status=1") != std::string::npos) << client.results.back();
}

// CM-8.11: with on-fail=block a signal reaches the agent alone.
TEST_F(ExecutorTest, BlockedOperationsKeepTheirChildren) {
  std::vector<bool> spared;
  host.set_agents([&spared](const AgentRequest& request) {
    spared.push_back(request.spares_children);
    return TestingHost::Answer();
  });
  OperationRequest stop = op("a", "stop");
  executor.execute(stop);
  stop.parameters.emplace_back("CRM_meta_on_fail", "block");
  executor.execute(stop);
  stop.parameters.back().second = "fence";
  executor.execute(stop);
  clock.run_for(seconds(1));
  EXPECT_THAT(spared, ElementsAre(false, true, false));
}

// What a peer may make grow.
using ExecutorLimits = ExecutorTest;

TEST_F(ExecutorLimits, OperationsOfOneResource) {
  std::size_t taken = 0;
  for (; executor.has_room_for("a") && taken < 1000; ++taken)
    executor.execute(op("a", "monitor", seconds(static_cast<std::int64_t>(taken) + 10)));
  EXPECT_EQ(taken, Executor::kMostOperationsOfOne);
  EXPECT_TRUE(executor.has_room_for("b")) << "others are not in the way";
  executor.cancel_recurring("a");
  clock.run_for(seconds(5));
  EXPECT_TRUE(executor.has_room_for("a"));
}

TEST_F(ExecutorLimits, Resources) {
  for (std::size_t i = 2; i < Executor::kMostResources; ++i) {
    ASSERT_TRUE(executor.has_room_for("another"));
    executor.register_resource(fmt::format("r{}", i), {"ocf", "heartbeat", "Dummy"});
  }
  EXPECT_FALSE(executor.has_room_for("another"));
  EXPECT_TRUE(executor.has_room_for("a")) << "it is known";
}

}  // namespace
}  // namespace simcluster::executor
