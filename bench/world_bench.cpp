// What simulated time costs: two machines that pass a token eleven times a second and each monitor two IPaddr2
// resources every ten seconds, with everything of the world in use and tracing off. Items are simulated hours.
#include <array>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>

#include "engine/membership/stack.h"
#include "sim/kernel/agent_runner.h"
#include "sim/kernel/kernel.h"
#include "sim/world/world.h"

namespace simcluster::sim {
namespace {

AgentRequest ipaddr2(std::string action, int number) {
  AgentRequest request;
  request.standard = "ocf";
  request.provider = "heartbeat";
  request.type = "IPaddr2";
  request.action = std::move(action);
  request.instance = "vip0" + std::to_string(number);
  request.parameters = {{"ip", "192.168.1.20" + std::to_string(number)}, {"nic", "eth0"}, {"cidr_netmask", "24"}};
  if (request.action == "monitor") request.interval = seconds(10);
  return request;
}

class Load final : public ClusterSoftware, TimerClient, LinkClient, AgentClient {
 public:
  Load(Host& host, const Machine& machine, bool token, bool monitors)
      : host_(host), first_(machine.name() == "node1"), token_on_(token), monitors_(monitors) {}
  Result<void> start() override {
    LinkConfig link;
    link.bind_network = *IpAddress::parse("192.168.1.0");
    link.prefix_length = 24;
    host_.open_link(LinkIndex(0), link, *this);
    if (first_ && token_on_) host_.start_timer(seconds(1), *this, kHold);
    if (first_ && monitors_)
      for (int i = 1; i <= 2; ++i) runs_[static_cast<std::size_t>(i)] = host_.run_agent(ipaddr2("start", i), *this);
    return {};
  }
  void request_stop() override {}
  void on_link_state(LinkIndex, LinkState, const IpAddress&) override {}
  void on_timer(std::uint64_t cookie) override {
    if (cookie == kHold)
      host_.send_to(LinkIndex(0), *IpAddress::parse(first_ ? "192.168.1.2" : "192.168.1.1"), token_);
    else if (cookie >= kMonitor)
      runs_[cookie - kMonitor] = host_.run_agent(ipaddr2("monitor", static_cast<int>(cookie - kMonitor)), *this);
  }
  void on_datagram(LinkIndex, const IpAddress&, std::span<const std::byte>) override {
    host_.cancel_timer(loss_);
    loss_ = host_.start_timer(seconds(1), *this, kLoss);
    host_.start_timer(milliseconds(90), *this, kHold);
  }
  void on_agent_exit(AgentRunId run, const AgentResult&) override {
    for (std::size_t i = 1; i <= 2; ++i)
      if (runs_[i] == run) host_.start_timer(seconds(10), *this, kMonitor + i);
  }

 private:
  static constexpr std::uint64_t kHold = 0;
  static constexpr std::uint64_t kLoss = 1;
  static constexpr std::uint64_t kMonitor = 10;
  Host& host_;
  bool first_;
  bool token_on_;
  bool monitors_;
  TimerId loss_;
  std::array<AgentRunId, 3> runs_;
  std::array<std::byte, 100> token_{};
};

// The real ring protocol, idle.
class Ring final : public ClusterSoftware {
 public:
  Ring(Host& host, const Machine& machine) : host_(host), spec_(machine.spec()) {}
  Result<void> start() override {
    const auto conf = membership::parse_corosync_conf(
        "totem {\n version: 2\n interface {\n  ringnumber: 0\n  bindnetaddr: 192.168.1.0\n"
        "  mcastaddr: 239.255.1.1\n  mcastport: 5405\n }\n}\n",
        "corosync.conf", spec_.profile);
    membership::LocalMachine local;
    local.host_name = spec_.name;
    local.addresses = {spec_.interfaces[0].addresses[0].address};
    stack_ = std::move(membership::Stack::create(*conf, local, host_, spec_.profile).value());
    stack_->start();
    return {};
  }
  void request_stop() override {}

 private:
  Host& host_;
  const MachineSpec& spec_;
  std::unique_ptr<membership::Stack> stack_;
};

void simulated_hours(benchmark::State& state, bool token, bool monitors, bool ring) {
  WorldSpec spec;
  spec.segments.push_back({"lan", SegmentKind::kSwitch, {}});
  for (std::uint32_t i = 1; i <= 2; ++i) {
    MachineSpec machine;
    machine.name = "node" + std::to_string(i);
    machine.profile = make_profile({}).value();
    InterfaceSpec eth0;
    eth0.name = "eth0";
    eth0.segment = "lan";
    eth0.addresses = {{IpAddress::v4(0xc0a8'0100 + i), 24, ""}};
    machine.interfaces = {eth0};
    spec.machines.push_back(std::move(machine));
  }
  auto world =
      World::create(std::move(spec), [=](Host& host, const Machine& machine) -> std::unique_ptr<ClusterSoftware> {
        if (ring) return std::make_unique<Ring>(host, machine);
        return std::make_unique<Load>(host, machine, token, monitors);
      }).value();
  world->start();
  world->run_for(minutes(1));
  const std::uint64_t before = world->events_run();
  for (auto _ : state) world->run_for(hours(1));
  state.SetItemsProcessed(state.iterations());
  state.counters["events"] =
      benchmark::Counter(static_cast<double>(world->events_run() - before), benchmark::Counter::kIsRate);
}
BENCHMARK_CAPTURE(simulated_hours, token_only, true, false, false);
BENCHMARK_CAPTURE(simulated_hours, monitors_only, false, true, false);
BENCHMARK_CAPTURE(simulated_hours, all, true, true, false);
BENCHMARK_CAPTURE(simulated_hours, real_ring, false, false, true);

}  // namespace
}  // namespace simcluster::sim
