#include "sim/kernel/agent_runner.h"

#include <map>

#include <gtest/gtest.h>

#include "engine/agents/ocf.h"
#include "engine/agents/programs.h"
#include "engine/agents/task.h"
#include "sim/kernel/testing.h"

namespace simcluster::sim {
namespace {

AgentRequest request(std::string type, std::string action, std::string instance) {
  return ocf_request("heartbeat", std::move(type), std::move(action), std::move(instance));
}

AgentRequest ipaddr2(std::string action, std::string instance, std::string_view ip) {
  AgentRequest r = request("IPaddr2", std::move(action), std::move(instance));
  r.parameters = {{"ip", std::string(ip)}, {"nic", "eth0"}, {"cidr_netmask", "24"}};
  if (r.action == "monitor") r.interval = seconds(10);
  return r;
}

// cat FILE
agents::Task<int> cat(agents::System& system) {
  const std::string path = system.environment().arguments.front();
  const auto content = co_await agents::read_file(system, path);
  if (!content) co_return 1;
  system.print(std::string_view(*content).substr(0, content->find('\n')));
  co_return 0;
}

class AgentRunnerTest : public testing::Test {
 protected:
  void build(StackVersions versions = {}, std::uint64_t seed = 1) {
    m = std::make_unique<TestMachines>(2, std::move(versions), seed);
    results = std::make_unique<RunResults>(m->queue);
  }
  AgentResult run(const AgentRequest& r) {
    const AgentRunId id = m->kernel(0).agents().run_agent(r, *results);
    m->run(seconds(40));
    EXPECT_TRUE(results->ended.contains(id));
    return results->ended[id];
  }
  // Both monitors every ten seconds, started together; returns how many failed.
  int monitor_pairs(int rounds) {
    int failed = 0;
    for (int i = 0; i < rounds; ++i) {
      const Time begun = m->queue.now();
      const AgentRunId a = m->kernel(0).agents().run_agent(ipaddr2("monitor", "vip01", "192.168.1.200"), *results);
      const AgentRunId b = m->kernel(0).agents().run_agent(ipaddr2("monitor", "vip02", "192.168.1.201"), *results);
      m->queue.run_until(begun + seconds(10));
      for (const AgentRunId id : {a, b}) {
        EXPECT_TRUE(results->ended.contains(id));
        if (results->ended[id].exit_code != 0) {
          EXPECT_EQ(results->ended[id].exit_code, 6);  // AT-3.6
          ++failed;
        }
      }
    }
    return failed;
  }

  std::unique_ptr<TestMachines> m;
  std::unique_ptr<RunResults> results;
};

TEST_F(AgentRunnerTest, IPaddr2StartsMonitorsAndStops) {  // AT-3.8, AT-3.10
  build();
  TraceLines lines;
  m->tracer.add_sink(lines, 1);
  const IpAddress vip = *IpAddress::parse("192.168.1.200");
  EXPECT_EQ(run(ipaddr2("monitor", "vip01", "192.168.1.200")).exit_code, 7);
  EXPECT_EQ(run(ipaddr2("start", "vip01", "192.168.1.200")).exit_code, 0);
  ASSERT_NE(m->net(0).find_interface("eth0")->find_address(vip), nullptr);
  EXPECT_TRUE(m->net(0).find_interface("eth0")->find_address(vip)->secondary);
  EXPECT_EQ(lines.count("arp.gratuitous"), 10u);  // 5 rounds, request and reply (AT-3.9)
  EXPECT_EQ(run(ipaddr2("monitor", "vip01", "192.168.1.200")).exit_code, 0);
  EXPECT_EQ(run(ipaddr2("stop", "vip01", "192.168.1.200")).exit_code, 0);
  EXPECT_EQ(m->net(0).find_interface("eth0")->find_address(vip), nullptr);
  EXPECT_TRUE(m->kernel(0).processes().all().empty());
}

// Requests that come again share their environment; a changed one gets its own.
TEST_F(AgentRunnerTest, EveryRunHasTheParametersOfItsRequest) {
  build();
  EXPECT_EQ(run(ipaddr2("start", "vip", "192.168.1.200")).exit_code, 0);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(run(ipaddr2("monitor", "vip", "192.168.1.200")).exit_code, 0);
    for (int other = 0; other < 20; ++other)
      EXPECT_EQ(run(ipaddr2("monitor", "vip", "192.168.1." + std::to_string(210 + other))).exit_code, 7);
  }
  AgentRequest probe = ipaddr2("monitor", "vip", "192.168.1.200");
  probe.interval = {};
  probe.parameters[1].second = "eth7";
  EXPECT_EQ(run(probe).exit_code, 7);  // a monitor with an interval ends with 6 (AT-3.6)
  probe.interval = seconds(10);
  EXPECT_EQ(run(probe).exit_code, 6);
}

TEST_F(AgentRunnerTest, UnknownAgentIsNotInstalled) {  // AT-1.4
  build();
  TraceLines lines;
  m->tracer.add_sink(lines, 1);
  EXPECT_EQ(run(request("NoSuchAgent", "start", "x")).exit_code, 5);
  EXPECT_EQ(run(request("NoSuchAgent", "start", "x")).exit_code, 5);
  m->tracer.remove_sink(lines);
  EXPECT_EQ(lines.count("ocf:heartbeat:NoSuchAgent is not one of the agents that are simulated"), 1u);
}

TEST_F(AgentRunnerTest, RaceFailsMonitorsOnTheOldKernelOnly) {  // AT-2.12, S-1, S-2, S-3, S-4
  struct Case {
    const char* kernel;
    const char* agents;
    bool race;
  };
  for (const Case& c : {Case{"rhel5.9", "3.9.5-1", true}, Case{"rhel5.10", "3.9.5-1", false},
                        Case{"rhel5.9", "3.9.5-1.310", false}, Case{"rhel5.9", "3.9.4", false}}) {
    StackVersions versions;
    versions.kernel = c.kernel;
    versions.resource_agents = c.agents;
    build(versions);
    TraceLines lines;
    m->tracer.add_sink(lines, 1);
    run(ipaddr2("start", "vip01", "192.168.1.200"));
    run(ipaddr2("start", "vip02", "192.168.1.201"));
    const int failed = monitor_pairs(720);  // two hours
    if (c.race) {
      EXPECT_GT(failed, 0);
      EXPECT_LT(failed, 360);  // now and then, not always
      EXPECT_GE(lines.count("ERROR: Unknown interface [eth0] No such device."), static_cast<std::size_t>(failed));
      EXPECT_EQ(lines.count("ERROR: [findif] failed"), static_cast<std::size_t>(failed));
      EXPECT_GE(lines.count("proc.truncated"), static_cast<std::size_t>(failed));
    } else {
      EXPECT_EQ(failed, 0) << c.kernel << " " << c.agents;
      EXPECT_EQ(lines.count("proc.truncated"), 0u);
    }
  }
}

TEST_F(AgentRunnerTest, OneMonitorAloneIsNeverCheated) {  // AT-2.12, S-6
  build();
  run(ipaddr2("start", "vip01", "192.168.1.200"));
  for (int i = 0; i < 500; ++i) EXPECT_EQ(run(ipaddr2("monitor", "vip01", "192.168.1.200")).exit_code, 0);
}

TEST_F(AgentRunnerTest, ForeignReaderIsEnoughForTheRace) {  // AT-2.12, S-5
  build();
  run(ipaddr2("start", "vip01", "192.168.1.200"));
  m->kernel(0).agents().run_program("poller", agents::proc_net_dev_reader, {"1000", "0"}, false);
  int failed = 0;
  for (int i = 0; i < 5000 && failed == 0; ++i) {
    const AgentRunId id = m->kernel(0).agents().run_agent(ipaddr2("monitor", "vip01", "192.168.1.200"), *results);
    while (!results->ended.contains(id)) m->queue.run_one();
    if (results->ended[id].exit_code == 6) ++failed;
    m->run(seconds(10));
  }
  EXPECT_EQ(failed, 1);
}

TEST_F(AgentRunnerTest, SharedPositionShowsEachReaderAPart) {  // AT-2.12
  build();
  ProcNetDev old(m->net(0), true, true);
  ProcNetDevReader a;
  ProcNetDevReader b;
  old.open(a);
  for (int i = 0; i < 2; ++i) old.read_line(a);
  EXPECT_EQ(old.read_line(a).substr(0, 7), "    lo:");
  old.open(b);
  for (int i = 0; i < 2; ++i) old.read_line(b);
  EXPECT_EQ(old.read_line(b).substr(0, 7), "    lo:");
  EXPECT_EQ(old.read_line(b).substr(0, 7), "  eth0:");
  EXPECT_TRUE(old.read_line(a).empty());
  EXPECT_EQ(old.missed(a), std::vector<std::string_view>{"eth0"});
  EXPECT_TRUE(old.missed(b).empty());

  ProcNetDev mended(m->net(0), false, false);
  mended.open(a);
  mended.open(b);
  for (int i = 0; i < 4; ++i) {
    mended.read_line(a);
    mended.read_line(b);
  }
  EXPECT_TRUE(mended.missed(a).empty());
  EXPECT_TRUE(mended.missed(b).empty());
}

TEST_F(AgentRunnerTest, ProcNetDevHasItsOldColumns) {  // AT-2.11
  build();
  EXPECT_NE(m->kernel(0).proc_net_dev().whole().find(
                "    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     "
                "0       0          0\n"),
            std::string::npos)
      << m->kernel(0).proc_net_dev().whole();
}

TEST_F(AgentRunnerTest, DelayFaultIsKilledByTheTimeout) {  // AT-4.1, S-17
  build();
  run(request("Dummy", "start", "test"));
  AgentFault fault;
  fault.agent = "Dummy";
  fault.action = "stop";
  fault.delay = seconds(32);
  fault.times = 1;
  m->kernel(0).agents().add_fault(fault);
  const AgentRunId id = m->kernel(0).agents().run_agent(request("Dummy", "stop", "test"), *results);
  m->run(seconds(30));
  EXPECT_FALSE(results->ended.contains(id));
  m->kernel(0).agents().signal_run(id, 9);
  EXPECT_FALSE(results->ended.contains(id));  // never from inside the call
  m->run(milliseconds(10));
  ASSERT_TRUE(results->ended.contains(id));
  EXPECT_EQ(results->ended[id].signal, 9);
  EXPECT_EQ(run(request("Dummy", "monitor", "test")).exit_code, 0);  // nothing was stopped
  EXPECT_EQ(run(request("Dummy", "stop", "test")).exit_code, 0);     // once only
}

TEST_F(AgentRunnerTest, FaultsDecideExitCodesAndHang) {  // AT-11.1
  build();
  AgentFault fault;
  fault.instance = "test";
  fault.exit_code = 1;
  fault.error_output = "ocf-exit-reason:broken";
  m->kernel(0).agents().add_fault(fault);
  EXPECT_EQ(run(request("Dummy", "start", "test")).exit_code, 1);
  EXPECT_EQ(run(request("Dummy", "start", "other")).exit_code, 0);
  m->kernel(0).agents().clear_faults();
  fault.exit_code.reset();
  fault.hang = true;
  m->kernel(0).agents().add_fault(fault);
  const AgentRunId id = m->kernel(0).agents().run_agent(request("Dummy", "start", "test"), *results);
  m->run(hours(1));
  EXPECT_FALSE(results->ended.contains(id));
}

TEST_F(AgentRunnerTest, RebootEndsProcessesAndEmptiesTemporaryFiles) {  // AT-1.6
  build();
  run(request("Dummy", "start", "test"));
  m->kernel(0).files().write("/etc/motd", "hello");
  const AgentRunId id = m->kernel(0).agents().run_agent(request("Dummy", "monitor", "test"), *results);
  m->run(milliseconds(1));
  EXPECT_EQ(m->kernel(0).processes().all().size(), 1u);
  m->kernel(0).halt();
  EXPECT_TRUE(m->kernel(0).processes().all().empty());
  m->run(seconds(1));
  EXPECT_FALSE(results->ended.contains(id));
  m->kernel(0).boot();
  EXPECT_EQ(run(request("Dummy", "monitor", "test")).exit_code, 7);
  EXPECT_TRUE(m->kernel(0).files().exists("/etc/motd"));
}

TEST_F(AgentRunnerTest, FrozenProcessesGoOnLater) {
  build();
  const AgentRunId id = m->kernel(0).agents().run_agent(request("Dummy", "monitor", "test"), *results);
  m->kernel(0).freeze();
  m->run(seconds(20));
  EXPECT_FALSE(results->ended.contains(id));
  m->kernel(0).thaw();
  m->run(seconds(20));
  EXPECT_TRUE(results->ended.contains(id));
}

agents::Task<int> failing_program(agents::System& system) {
  co_await system.sleep(milliseconds(1));
  SIMCLUSTER_ASSERT(system.pid() == 0);
  co_return 0;
}

TEST_F(AgentRunnerTest, FailedAssertionOfAPlainProgramIsNotHidden) {
  build();
  m->kernel(0).agents().run_program("broken", failing_program, {}, false);
  EXPECT_THROW(m->run(seconds(1)), AssertionFailure);
  EXPECT_TRUE(m->kernel(0).processes().all().empty());
}

TEST_F(AgentRunnerTest, PingPrintsItsLines) {  // AT-2.6
  build();
  TraceLines lines;
  m->tracer.add_sink(lines, 1);
  m->kernel(0).agents().run_program("ping", agents::ping_client, {"192.168.1.2", "3"}, true);
  m->run(seconds(10));
  EXPECT_EQ(lines.count("ping text=PING 192.168.1.2 (192.168.1.2) 56(84) bytes of data."), 1u);
  EXPECT_EQ(lines.count("ping text=64 bytes from 192.168.1.2: icmp_seq="), 3u);
}

TEST(ProcessTable, CountsFromAThousandAndAgainFromThreeHundred) {
  struct P : Process {
    int got = 0;
    void on_signal(int signal) override { got = signal; }
  } p;
  ProcessTable table;
  EXPECT_EQ(table.add(p, "a", 0, {}), 1000);
  EXPECT_EQ(table.add(p, "b", 1000, {}), 1001);
  EXPECT_TRUE(table.signal(-1000, 15));
  EXPECT_EQ(p.got, 15);
  EXPECT_TRUE(table.signal(1001, 0));
  EXPECT_FALSE(table.signal(99, 9));
  for (std::int32_t pid = 1002; pid <= 32'767; ++pid) {
    EXPECT_EQ(table.add(p, "c", 0, {}), pid);
    table.remove(pid);
  }
  EXPECT_EQ(table.add(p, "d", 0, {}), 300);
}

// AT-11.1: which runs a fault is about, and when it begins.
TEST_F(AgentRunnerTest, FaultsHaveTheirRunsAndTheirTurn) {
  build();
  AgentRunner& runner = m->kernel(0).agents();
  AgentFault fault;
  fault.agent = "ocf:heart*:Dummy";
  fault.action = "recurring-monitor";
  fault.after = 1;
  fault.times = 2;
  fault.exit_code = 1;
  fault.exit_reason = "no answer";
  runner.add_fault(fault);
  EXPECT_EQ(run(request("Dummy", "start", "d")).exit_code, 0);
  EXPECT_EQ(run(request("Dummy", "monitor", "d")).exit_code, 0);  // a probe
  AgentRequest monitor = request("Dummy", "monitor", "d");
  monitor.interval = seconds(10);
  EXPECT_EQ(run(monitor).exit_code, 0);
  const AgentResult first = run(monitor);
  EXPECT_EQ(first.exit_code, 1);
  EXPECT_EQ(first.exit_reason, "no answer");  // AT-1.5
  EXPECT_EQ(run(monitor).exit_code, 1);
  EXPECT_EQ(run(monitor).exit_code, 0);
  fault = {};
  fault.agent = "Delay";
  fault.exit_code = 4;
  runner.add_fault(fault);
  EXPECT_EQ(run(monitor).exit_code, 0);
  fault = {};
  fault.action = "probe";
  fault.exit_code = 5;
  runner.add_fault(fault);
  EXPECT_EQ(run(monitor).exit_code, 0);
  EXPECT_EQ(run(request("Dummy", "monitor", "d")).exit_code, 5);
  runner.clear_faults();
  EXPECT_EQ(run(request("Dummy", "monitor", "d")).exit_code, 0);
}

// AT-2.1: the same machine, asked the same, takes the same steps at the same times.
TEST_F(AgentRunnerTest, AMachineFollowsFromItsSeed) {
  const auto story = [&](std::uint64_t seed) {
    build({}, seed);
    TraceLines lines;
    m->tracer.add_sink(lines, 1);
    run(ipaddr2("start", "vip01", "192.168.1.200"));
    run(ipaddr2("monitor", "vip01", "192.168.1.200"));
    m->tracer.remove_sink(lines);
    return std::pair(lines.lines, lines.times);
  };
  const auto once = story(7);
  EXPECT_EQ(story(7), once);
  EXPECT_NE(story(8).second, once.second);
}

// AT-2.13: what the kernel makes up when it is read.
TEST_F(AgentRunnerTest, FilesOfTheKernel) {
  build();
  m->kernel(0).sysctls().set("net.ipv4.conf.all.promote_secondaries", "1");
  const auto content = [&](std::string path) {
    std::string text = "none";
    TraceLines lines;
    m->tracer.add_sink(lines, 1);
    m->kernel(0).agents().run_program("cat", cat, {std::move(path)}, true);
    m->run(seconds(1));
    for (const std::string& line : lines.lines)
      if (const auto at = line.find("text="); line.starts_with("ping") && at != std::string::npos)
        text = line.substr(at + 5);
    m->tracer.remove_sink(lines);
    return text;
  };
  EXPECT_EQ(content("/sys/class/net/eth0/carrier"), "1");
  EXPECT_EQ(content("/sys/class/net/eth0/operstate"), "up");
  EXPECT_EQ(content("/sys/class/net/lo/operstate"), "unknown");
  EXPECT_EQ(content("/sys/class/net/eth0/mtu"), "1500");
  EXPECT_EQ(content("/sys/class/net/eth0/address"), m->net(0).find_interface("eth0")->mac.text());
  EXPECT_EQ(content("/sys/class/net/eth7/mtu"), "none");
  EXPECT_EQ(content("/proc/sys/net/ipv4/conf/all/promote_secondaries"), "1");
  m->net(0).set_up("eth0", false);
  EXPECT_EQ(content("/sys/class/net/eth0/operstate"), "down");
}

}  // namespace
}  // namespace simcluster::sim
