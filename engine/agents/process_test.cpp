// Coroutine processes: steps, kill, nested tasks, failed assertions.
#include "engine/agents/process.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "engine/agents/frame_pool.h"
#include "engine/agents/ocf.h"
#include "engine/agents/testing.h"

namespace simcluster::agents {
namespace {

Task<int> sum_of_two(System& system, int a, int b) {
  co_await system.sleep(seconds(1));
  co_return a + b;
}

Task<int> sum(System& system) {
  const int first = co_await sum_of_two(system, 1, 2);
  const int second = co_await sum_of_two(system, first, 4);
  co_return second;
}

Task<int> no_step(System&) { co_return 5; }

struct Counted {
  static int alive;
  Counted() { ++alive; }
  ~Counted() { --alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
};
int Counted::alive = 0;

Task<int> inner_sleeper(System& system) {
  const Counted counted;
  const std::string held(1000, 'x');
  co_await system.sleep(seconds(10));
  co_return static_cast<int>(held.size());
}

Task<int> outer_sleeper(System& system) {
  const Counted counted;
  co_return co_await inner_sleeper(system);
}

Task<int> fails_assertion(System& system) {
  co_await system.sleep(seconds(1));
  SIMCLUSTER_ASSERT(system.pid() < 0);
  co_return 0;
}

Task<int> assertion_below(System& system) {
  const Counted counted;
  co_return co_await fails_assertion(system);
}

Task<int> tells_why(System& system) {
  system.print("started");
  system.print_error("ocf-exit-reason:first");
  system.print_error("noise");
  system.print_error("ocf-exit-reason:second");
  co_return 1;
}

Task<int> suicide(System& system) {
  const Counted counted;
  co_await system.kill_process(system.pid(), 9);
  co_return 3;
}

Task<int> prints_and_sleeps(System& system) {
  const Counted counted;
  system.print("hello");
  co_await system.sleep(seconds(1));
  co_return 0;
}

TEST(AgentProcess, RunsStepByStep) {
  FakeHost host;
  FakeProcess& process = host.start(sum, {});
  EXPECT_TRUE(process.process().running());
  host.run_until(Time{} + milliseconds(1500));
  EXPECT_FALSE(process.exit_code().has_value());
  host.run();
  EXPECT_EQ(process.exit_code(), 7);
  EXPECT_EQ(host.now(), Time{} + seconds(2));
}

TEST(AgentProcess, MayEndWithoutAnyStep) {
  FakeHost host;
  EXPECT_EQ(host.start(no_step, {}).exit_code(), 5);
}

// AT-1.1: SIGKILL ends it at the step where it stands.
TEST(AgentProcess, KillDropsTheWholeChainOfFrames) {
  const std::int64_t before = live_frames();
  FakeHost host;
  FakeProcess& process = host.start(outer_sleeper, {});
  EXPECT_EQ(Counted::alive, 2);
  EXPECT_EQ(live_frames(), before + 2);
  process.process().kill();
  EXPECT_EQ(Counted::alive, 0);
  EXPECT_EQ(live_frames(), before);
  EXPECT_FALSE(process.process().running());
  host.run();  // the forgotten question must not come back
  EXPECT_FALSE(process.exit_code().has_value());
}

TEST(AgentProcess, DestructionKills) {
  const std::int64_t before = live_frames();
  {
    FakeHost host;
    host.start(outer_sleeper, {});
  }
  EXPECT_EQ(Counted::alive, 0);
  EXPECT_EQ(live_frames(), before);
}

TEST(AgentProcess, MayKillItself) {
  const std::int64_t before = live_frames();
  FakeHost host;
  FakeProcess& process = host.start(suicide, {});
  host.run();
  EXPECT_FALSE(process.process().running());
  EXPECT_FALSE(process.exit_code().has_value());
  EXPECT_EQ(Counted::alive, 0);
  EXPECT_EQ(live_frames(), before);
}

TEST(AgentProcess, KillFromInsideAStepHappensAtItsEnd) {
  const std::int64_t before = live_frames();
  FakeHost host;
  int alive_after_kill = 0;
  host.on_output = [&](FakeProcess& process, std::string_view) {
    process.process().kill();
    alive_after_kill = Counted::alive;
  };
  FakeProcess& process = host.start(prints_and_sleeps, {});
  EXPECT_EQ(alive_after_kill, 1);
  EXPECT_EQ(Counted::alive, 0);
  EXPECT_FALSE(process.process().running());
  host.run();
  EXPECT_FALSE(process.exit_code().has_value());
  EXPECT_EQ(live_frames(), before);
}

TEST(AgentProcess, FailedAssertionLeavesThroughTheEventLoop) {
  const std::int64_t before = live_frames();
  {
    FakeHost host;
    host.start(assertion_below, {});
    EXPECT_THROW(host.run(), AssertionFailure);
  }
  EXPECT_EQ(Counted::alive, 0);
  EXPECT_EQ(live_frames(), before);
}

// AT-1.5, CM-8.14: the last ocf-exit-reason line wins.
TEST(AgentProcess, LastExitReasonWins) {
  FakeHost host;
  FakeProcess& process = host.start(tells_why, {});
  const AgentResult result = process.process().result(*process.exit_code());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.exit_reason, "second");
  EXPECT_EQ(result.output, "started\n");
}

// AT-1.6: what counts as true.
TEST(Environment, OcfIsTrue) {
  for (const char* text : {"yes", "true", "1", "YES", "TRUE", "True", "ja", "on", "ON"}) EXPECT_TRUE(ocf_is_true(text));
  for (const char* text : {"no", "false", "0", "", "Yes", "y"}) EXPECT_FALSE(ocf_is_true(text));
}

TEST(Environment, ProbeIsAMonitorWithoutInterval) {
  const Profile profile;
  EXPECT_TRUE(fake_environment("Dummy", "d", "monitor", {}, {}, profile).is_probe());
  EXPECT_FALSE(fake_environment("Dummy", "d", "monitor", seconds(10), {}, profile).is_probe());
  EXPECT_FALSE(fake_environment("Dummy", "d", "start", {}, {}, profile).is_probe());
}

// AT-1.6: "<PRIO>: <msg>" under the tag "<script>(<instance>)[<pid>]".
Task<int> logs(System& system) {
  co_await ocf_log(system, LogPriority::kError, "one");
  co_await ocf_log(system, LogPriority::kWarning, "two");
  co_await ocf_log(system, LogPriority::kInfo, "three");
  co_return 0;
}

TEST(OcfLog, LineAndTag) {
  FakeHost host;
  host.start(logs, fake_environment("IPaddr2", "prmIPaddr", "monitor", {}, {}, Profile()));
  host.run();
  EXPECT_EQ(host.log, (std::vector<std::string>{"ERROR: one", "WARNING: two", "INFO: three"}));
  EXPECT_EQ(host.log_tags[0], "IPaddr2(prmIPaddr)[1000]");
}

TEST(ParseTime, Units) {
  EXPECT_EQ(parse_time("5"), seconds(5));
  EXPECT_EQ(parse_time("5s"), seconds(5));
  EXPECT_EQ(parse_time("300ms"), milliseconds(300));
  EXPECT_EQ(parse_time("2min"), minutes(2));
  EXPECT_EQ(parse_time("1h"), hours(1));
  EXPECT_FALSE(parse_time("").has_value());
  EXPECT_FALSE(parse_time("5 parsecs").has_value());
}

}  // namespace
}  // namespace simcluster::agents
