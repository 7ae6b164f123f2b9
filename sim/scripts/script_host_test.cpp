// Scripts as agents of the simulated machine. The tests need namespaces, and are skipped where there are none.
#include "sim/scripts/script_host.h"

#include <chrono>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "sim/kernel/kernel.h"
#include "sim/kernel/testing.h"

namespace simcluster::sim {
namespace {

std::string read_test_file(const std::string& name) {
  std::ifstream file(std::string(SIMCLUSTER_SOURCE_DIR "/sim/scripts/testdata/") + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

AgentRequest request(std::string action, std::string type = "everything") {
  AgentRequest r = ocf_request("test", std::move(type), std::move(action), "it");
  r.parameters = {{"color", "blue"}};
  return r;
}

StackVersions versions() {
  StackVersions v;
  v.kernel = "6.1";
  v.resource_agents = "4.12.0";
  v.corosync = "3.1.7";
  v.pacemaker = "2.1.5";
  return v;
}

// A machine with scripts, and all that happened on it.
class Bench {
 public:
  explicit Bench(std::uint64_t seed = 1) : machines(1, versions(), seed), results(machines.queue) {
    machines.tracer.add_sink(trace, 3);
    machines.tracer.set_hash_level(3);
    host = std::make_unique<ScriptHost>(kernel(), scripts, ScriptHost::Tools{});
    kernel().agents().set_source(host.get());
  }
  ~Bench() { machines.tracer.remove_sink(trace); }
  Kernel& kernel() { return machines.kernel(0); }
  AgentRunId start(const AgentRequest& r) { return kernel().agents().run_agent(r, results); }
  AgentResult run(const AgentRequest& r, Duration span = seconds(60)) {
    const AgentRunId id = start(r);
    machines.run(span);
    EXPECT_TRUE(results.ended.contains(id)) << r.action;
    for (const std::string& what : results.assertions) ADD_FAILURE() << what;
    return results.ended[id];
  }
  bool has_address(std::string_view text) {
    for (const Interface& interface : kernel().net().interfaces())
      if (interface.find_address(*IpAddress::parse(text)) != nullptr) return true;
    return false;
  }

  std::vector<AgentScript> scripts = {{"ocf", "test", "everything", "everything", read_test_file("everything")},
                                      {"ocf", "test", "lost", "lost", "#!/no/such/shell\n"}};
  std::unique_ptr<ScriptHost> host;  // outlives the machine's processes
  TestMachines machines;
  RunResults results;
  TraceLines trace;
};

class ScriptHostTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!why_no_scripts().empty()) GTEST_SKIP() << "no scripts here: " << why_no_scripts();
  }
};

// AT-1.3, AT-1.5
TEST_F(ScriptHostTest, GetsItsEnvironmentAndSaysWhy) {
  Bench bench;
  AgentRequest monitor = request("environment");
  monitor.interval = seconds(10);
  const AgentResult result = bench.run(monitor);
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_EQ(result.exit_reason, "the blue one");
  EXPECT_EQ(result.output,
            "instance it type everything provider test\n"
            "color blue interval 10000\n"
            "node n1 n1 kernel 6.1\n");
}

// AT-6.2: ip, logger; AT-6.3
TEST_F(ScriptHostTest, ChangesTheSimulatedMachine) {
  Bench bench;
  EXPECT_EQ(bench.run(request("monitor")).exit_code, 7);
  EXPECT_EQ(bench.run(request("start")).exit_code, 0);
  EXPECT_TRUE(bench.has_address("192.168.1.77"));
  EXPECT_EQ(bench.trace.count("text=INFO: started"), 1U);
  EXPECT_EQ(bench.run(request("monitor")).exit_code, 0);
  const AgentResult again = bench.run(request("start"));
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_EQ(again.error_output, "Error: ipv4: Address already assigned.\n");
  bench.kernel().net().remove_address("eth0", *IpAddress::parse("192.168.1.77"));
  EXPECT_EQ(bench.run(request("monitor")).exit_code, 1);
  EXPECT_EQ(bench.run(request("stop")).exit_code, 0);
  EXPECT_EQ(bench.run(request("monitor")).exit_code, 7);
}

// AT-6.2: sleep and date are those of the virtual clock.
TEST_F(ScriptHostTest, SleepsInVirtualTime) {
  Bench bench;
  const Time begun = bench.machines.queue.now();
  const auto real = std::chrono::steady_clock::now();
  const AgentRunId id = bench.start(request("sleep"));
  bench.machines.run(seconds(60));
  EXPECT_EQ(bench.results.ended[id].output, "slept 20\n");
  EXPECT_GE(bench.results.at[id] - begun, milliseconds(20'500));
  EXPECT_LT(bench.results.at[id] - begun, milliseconds(20'600));
  EXPECT_LT(std::chrono::steady_clock::now() - real, std::chrono::seconds(15));
}

// AT-6.5
TEST_F(ScriptHostTest, AKilledScriptDoesNothingMore) {
  Bench bench;
  const AgentRunId id = bench.start(request("sleep"));
  bench.machines.run(seconds(10));
  bench.kernel().agents().signal_run(id, 9);
  bench.machines.run(seconds(60));
  EXPECT_EQ(bench.results.ended[id].signal, 9);
  EXPECT_EQ(bench.run(request("monitor")).exit_code, 7);
  EXPECT_FALSE(bench.kernel().files().exists("/run/resource-agents/awake"));
  EXPECT_TRUE(bench.kernel().processes().all().empty());
}

TEST_F(ScriptHostTest, WaitsUntilItIsKilledForWhatNeverComes) {
  Bench bench;
  const AgentRunId id = bench.start(request("wait-for-ever"));
  bench.machines.run(seconds(30));
  EXPECT_FALSE(bench.results.ended.contains(id));
  bench.kernel().agents().signal_run(id, 9);
  bench.machines.run(seconds(1));
  EXPECT_EQ(bench.results.ended[id].signal, 9);
}

TEST_F(ScriptHostTest, WhatItLeavesInTheBackgroundGoesOn) {
  Bench bench;
  EXPECT_EQ(bench.run(request("background"), seconds(2)).exit_code, 0);
  EXPECT_FALSE(bench.has_address("192.168.1.78"));
  bench.machines.run(seconds(5));
  EXPECT_TRUE(bench.has_address("192.168.1.78"));
  bench.machines.run(seconds(1));
  EXPECT_TRUE(bench.kernel().processes().all().empty());
}

TEST_F(ScriptHostTest, EndsItsOwnChildren) {
  Bench bench;
  EXPECT_EQ(bench.run(request("regret")).output, "child ended with 143\n");
  EXPECT_FALSE(bench.has_address("192.168.1.79"));
}

TEST_F(ScriptHostTest, CommandsRunAtTheSameTime) {
  Bench bench;
  const Time begun = bench.machines.queue.now();
  const AgentRunId id = bench.start(request("together"));
  bench.machines.run(seconds(60));
  EXPECT_EQ(bench.results.ended[id].output, "mtu 1500\n");
  EXPECT_GE(bench.results.at[id] - begun, seconds(3));
  EXPECT_LT(bench.results.at[id] - begun, milliseconds(3100));
}

// AT-6.3: files of the kernel that are read by redirection.
TEST_F(ScriptHostTest, ReadsTheKernelsFiles) {
  Bench bench;
  EXPECT_EQ(bench.run(request("kernel-files")).output, "interface lo\ninterface eth0\nup\n1\n");
  bench.kernel().net().set_up("eth0", false);
  EXPECT_EQ(bench.run(request("kernel-files")).output, "interface lo\ninterface eth0\ndown\n1\n");
}

// What lies on the simulated machine lies there for the script, and the other way round.
TEST_F(ScriptHostTest, FilesAreThoseOfTheMachine) {
  Bench bench;
  EXPECT_EQ(bench.run(request("start")).exit_code, 0);
  const std::string state = "/run/resource-agents/everything-it";
  ASSERT_NE(bench.kernel().files().find(state), nullptr);
  EXPECT_EQ(bench.kernel().files().find(state)->substr(0, 2), "10");  // a process id of the machine
  bench.kernel().files().remove(state);
  EXPECT_EQ(bench.run(request("monitor")).exit_code, 7);
  bench.kernel().files().write("/var/run/resource-agents/everything-it", "1000\n");
  EXPECT_EQ(bench.run(request("monitor")).exit_code, 0);
  bench.kernel().halt();
  bench.kernel().boot();
  bench.kernel().net().set_up("eth0", true);
  EXPECT_EQ(bench.run(request("monitor")).exit_code, 7);
}

TEST_F(ScriptHostTest, SeesNothingOfThisComputer) {
  Bench bench;
  EXPECT_EQ(bench.run(request("host")).output, "no systemctl\nno files of others\n");
}

TEST_F(ScriptHostTest, TellsWhatIsMissing) {
  Bench bench;
  EXPECT_EQ(bench.run(request("unknown-command")).exit_code, 127);
  EXPECT_EQ(bench.run(request("start", "lost")).exit_code, 5);
  EXPECT_EQ(bench.run(request("start", "nobody")).exit_code, 5);
}

// AT-6.5
TEST_F(ScriptHostTest, TheSameSeedGivesTheSameRun) {
  const auto story = [](std::uint64_t seed) {
    Bench bench(seed);
    std::string text;
    for (const char* action : {"chance", "start", "together", "regret", "background", "chance", "stop"})
      text += bench.run(request(action)).output;
    return std::pair(text, bench.machines.tracer.hash());
  };
  const auto first = story(1);
  EXPECT_EQ(first, story(1));
  EXPECT_NE(first.second, story(2).second);
}

}  // namespace
}  // namespace simcluster::sim
