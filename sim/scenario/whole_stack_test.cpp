// No judge is trusted that has not been seen to fire at the whole stack: for each name there is a run of the real
// engine in the real world here, with one piece broken, that the judge must find fault with. The same runs without the
// breakage are silent. A new judge without such a run fails the test.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/checks/broken_protocol.h"
#include "sim/scenario/loader.h"
#include "sim/scenario/runner.h"
#include "sim/scenario/watched_cib.h"

namespace simcluster::sim {
namespace {

namespace fs = std::filesystem;

// Two nodes that can switch each other off, and a network between them that may fail.
constexpr const char* kCluster = R"(title: two nodes
until: 10m
start: 2024-05-01 10:00:00
stack: {kernel: 5.10, resource-agents: 4.12.0, corosync: 3.1.7, pacemaker: 2.1.5}
networks: {interconnect: {}, lan: {}}
nodes:
  node1:
    interfaces:
      eth0: {network: interconnect, address: 10.0.0.1/24}
      eth1: {network: lan, address: 10.1.0.1/24}
  node2:
    interfaces:
      eth0: {network: interconnect, address: 10.0.0.2/24}
      eth1: {network: lan, address: 10.1.0.2/24}
hosts:
  bmc1:
    interfaces: {eth1: {network: lan, address: 10.1.0.101/24}}
    management: {service: ipmi, login: admin, password: secret, machines: {bmc: {machine: node1}}}
  bmc2:
    interfaces: {eth1: {network: lan, address: 10.1.0.102/24}}
    management: {service: ipmi, login: admin, password: secret, machines: {bmc: {machine: node2}}}
storage:
  data: {device: /dev/sdb1, file-system: ext4, on: [node1, node2]}
configuration:
  rings: [interconnect]
  crm:
    devices: |
      property no-quorum-policy=ignore stonith-enabled=true
      primitive fence1 stonith:fence_ipmilan \
        params ip=10.1.0.101 username=admin password=secret pcmk_host_list=node1 meta provides=unfencing
      primitive fence2 stonith:fence_ipmilan \
        params ip=10.1.0.102 username=admin password=secret pcmk_host_list=node2 pcmk_delay_base=15s \
        meta provides=unfencing
      location fence1-not-on-node1 fence1 -inf: node1
      location fence2-not-on-node2 fence2 -inf: node2
    services: |
      primitive ip ocf:heartbeat:IPaddr2 params ip=10.1.0.200 nic=eth1 cidr_netmask=24 meta requires=fencing \
        op monitor interval=10s
      primitive fs ocf:heartbeat:Filesystem params device=/dev/sdb1 directory=/data fstype=ext4 \
        meta requires=fencing op monitor interval=20s
      primitive disk ocf:pacemaker:Dummy meta requires=fencing op start interval=0 timeout=30s op monitor interval=10s
      primitive db ocf:pacemaker:Dummy params fake=plain meta requires=unfencing op monitor interval=10s
      location ip-prefers-node1 ip 100: node1
      location fs-prefers-node1 fs 100: node1
      location disk-prefers-node1 disk 100: node1
      order disk-before-db Mandatory: disk db
      colocation db-with-disk inf: db disk
)";

constexpr const char* kHealthy = R"(timeline:
  - {at: 3m, network-down: {network: interconnect}}
  - {at: 5m, network-up: {network: interconnect}}
)";

// A fence device that says that node1 is off and does nothing; then the nodes lose sight of each other.
constexpr const char* kLyingDevice = R"(timeline:
  - {at: 1m, management-fault: {node: bmc1, how: lies}}
  - {at: 3m, network-down: {network: interconnect}}
)";

constexpr const char* kSlowStop = R"(timeline:
  - {at: 1m, agent-fault: {node: node1, resource: db, action: stop, delay: 5s}}
  - {at: 80s, crm: {node: node1, command: node standby node1}}
)";

// A start that always fails, and may be tried for ever.
constexpr const char* kHopeless = R"(timeline:
  - {at: 0s, agent-fault: {resource: disk, action: start, exit-code: 1, delay: 2s, node: node1}}
  - {at: 0s, agent-fault: {resource: disk, action: start, exit-code: 1, delay: 2s, node: node2}}
  - {at: 2s, crm: {node: node1, command: configure property start-failure-is-fatal=false}}
)";

// A whole CIB carries a digest (CM-6.10), a change of it does not.
constexpr const char* kChange = R"(timeline:
  - {at: 90s, crm: {node: node1, command: configure property cluster-name=amber}}
)";

class Bench {
 public:
  explicit Bench(const char* timeline, Duration until = minutes(8)) : until_(until) {
    const fs::path path =
        fs::path(testing::TempDir()) / ("simcluster_whole_stack_" + std::to_string(getpid()) + ".yaml");
    std::ofstream(path) << kCluster << timeline;
    auto loaded = load_scenario(path.generic_string());
    fs::remove(path);
    if (!loaded) throw std::runtime_error(loaded.error().text());
    scenario_ = std::move(loaded->variants.front());
  }

  // The cluster gets another configuration than the judges.
  Bench& configured(const std::string& from, const std::string& to) {
    for (MachineSpec& machine : scenario_.world.machines) {
      if (!machine.cluster) continue;
      const auto at = machine.initial_cib.find(from);
      if (at == std::string::npos) throw std::runtime_error("no such configuration: " + from);
      machine.initial_cib.replace(at, from.size(), to);
      scenario_.watched_text = watched_text(cib::parse_document(machine.initial_cib, "cib.xml").value());
    }
    return *this;
  }

  // `defect` is that of node2.
  std::vector<std::string> run(const Defect& defect = {}) const {
    const Defect none;
    RunOptions options;
    options.hash = false;
    options.until = until_;
    options.software = [&](Host& host, const Machine& machine) {
      return std::make_unique<NodeOnBrokenHost>(host, machine, machine.name() == "node2" ? defect : none);
    };
    const auto result = run_scenario(scenario_, options);
    if (!result) throw std::runtime_error(result.error().text());
    std::vector<std::string> fired;
    for (const JudgeResult& judge : result->judges)
      if (!judge.findings.empty()) fired.push_back(judge.name);
    return fired;
  }

 private:
  Duration until_;
  Scenario scenario_;
};

// Another text of the same length in whatever comes in.
Defect garbled(const std::string& from, const std::string& to) {
  Defect defect;
  defect.garbles = [=](std::vector<std::byte>& bytes) {
    const auto same = [](std::byte byte, char letter) { return byte == static_cast<std::byte>(letter); };
    auto at = bytes.begin();
    while ((at = std::search(at, bytes.end(), from.begin(), from.end(), same)) != bytes.end())
      at = std::transform(to.begin(), to.end(), at, [](char letter) { return static_cast<std::byte>(letter); });
  };
  return defect;
}

// The tenth monitor of the address tells that it is gone.
Defect deceitful() {
  Defect defect;
  defect.forges = [count = 0](const AgentRequest& request, AgentResult& result) mutable {
    if (request.instance == "ip" && request.action == "monitor" && request.interval > Duration{} && ++count == 10)
      result.exit_code = 7;
  };
  return defect;
}

std::vector<std::string> protocol(const std::function<void(Defect&)>& breaks) {
  Defect defect;
  breaks(defect);
  std::vector<std::string> fired;
  for (const JudgeWord& word : run_protocol(defect)) fired.push_back(word.judge);
  return fired;
}

// The address prefers node2, where agents may lie.
Bench address_on_node2() {
  Bench bench("", minutes(5));
  bench.configured(R"(rsc="ip" score="100" node="node1")", R"(rsc="ip" score="100" node="node2")");
  return bench;
}

using Run = std::function<std::vector<std::string>()>;

const std::map<std::string_view, Run> kBrokenRuns = {
    {"two-actives", [] { return Bench(kLyingDevice, minutes(5)).run(); }},
    {"two-active-resources", [] { return Bench(kLyingDevice, minutes(5)).run(); }},
    {"start-before-fencing", [] { return Bench(kLyingDevice, minutes(5)).run(); }},
    {"double-mount", [] { return Bench(kLyingDevice, minutes(5)).run(); }},
    {"false-failure", [] { return address_on_node2().run(deceitful()); }},
    {"needless-recovery", [] { return address_on_node2().run(deceitful()); }},
    {"start-before-unfencing",
     [] {
       return Bench("", minutes(2))
           .configured(R"(name="requires" value="unfencing")", R"(name="requires" value="fencing")")
           .run();
     }},
    {"order",
     [] {
       return Bench(kSlowStop, minutes(2))
           .configured(R"(kind="Mandatory" first="disk")", R"(kind="Mandatory" first="ip")")
           .run();
     }},
    {"colocation",
     [] {
       return Bench("", minutes(2))
           .configured(R"(score="INFINITY" rsc="db" with-rsc="disk")", R"(score="-INFINITY" rsc="db" with-rsc="disk")")
           .run();
     }},
    {"equal-replicas", [] { return Bench(kChange, minutes(3)).run(garbled("amber", "amble")); }},
    // For far too long nobody wants to be it.
    {"one-dc",
     [] {
       return Bench("", minutes(3))
           .configured(R"(<nvpair name="stonith-enabled")",
                       R"(<nvpair name="dc-deadtime" value="10min" id="late"/><nvpair name="stonith-enabled")")
           .run();
     }},
    {"progress", [] { return Bench(kHopeless, minutes(6)).run(); }},
    {"ring-agreement", [] { return protocol([](Defect& defect) { defect.forgets_ring_sequence = true; }); }},
    {"configuration-change",
     [] {
       return protocol([](Defect& defect) {
         defect.lies = [](std::vector<TraceField>& fields) {
           for (TraceField& field : fields)
             if (field.name == "left") field.text = "";
         };
       });
     }},
    {"quorum-overlap", [] { return protocol([](Defect& defect) { defect.expected_votes = 1; }); }},
    {"reformation",
     [] { return protocol([](Defect& defect) { defect.loses_multicast = [](std::size_t) { return true; }; }); }},
    {"self-delivery", [] { return protocol([](Defect& defect) { defect.drops_own = true; }); }},
    {"message-order", [] { return protocol([](Defect& defect) { defect.swaps_message = 41; }); }},
    {"message-gaps", [] { return protocol([](Defect& defect) { defect.drops_message = 600; }); }},
    {"virtual-synchrony", [] { return protocol([](Defect& defect) { defect.drops_message = 600; }); }},
};

TEST(WholeStack, IsSilentWhenNothingIsBroken) {
  EXPECT_EQ(Bench(kHealthy).run(), std::vector<std::string>());
  EXPECT_EQ(Bench(kSlowStop, minutes(2)).run(), std::vector<std::string>());
  EXPECT_EQ(Bench(kChange, minutes(3)).run(), std::vector<std::string>());
  EXPECT_EQ(protocol([](Defect&) {}), std::vector<std::string>());
}

TEST(WholeStack, EveryJudgeHasFired) {
  for (const std::string_view judge : judge_names()) {
    const auto broken = kBrokenRuns.find(judge);
    if (broken == kBrokenRuns.end()) {
      ADD_FAILURE() << "no run of the whole stack makes the judge \"" << judge << "\" fire";
      continue;
    }
    SCOPED_TRACE(judge);
    const std::vector<std::string> fired = broken->second();
    EXPECT_TRUE(std::ranges::find(fired, judge) != fired.end())
        << judge << " is silent; " << testing::PrintToString(fired);
  }
  EXPECT_EQ(kBrokenRuns.size(), judge_names().size()) << "a run for a judge that does not exist";
}

}  // namespace
}  // namespace simcluster::sim
