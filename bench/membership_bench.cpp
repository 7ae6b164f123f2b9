// Token rotations and ordered messages per second of one core, on the membership layer's own little network.
#include <array>
#include <string>

#include <benchmark/benchmark.h>

#include "engine/membership/testing_network.h"

namespace simcluster::membership {
namespace {

std::string conf(std::size_t nodes) {
  return "totem {\n version: 2\n transport: udp\n cluster_name: bench\n}\n" + TestNetwork::nodelist(nodes) +
         "quorum {\n provider: corosync_votequorum\n}\n";
}

bool one_ring(TestNetwork& net, std::size_t nodes) {
  for (std::uint32_t node = 1; node <= nodes; ++node)
    if (net.members(node).size() != nodes) return false;
  return true;
}

// One simulated hour of an idle ring per iteration.
void idle_hour(benchmark::State& state) {
  const auto nodes = static_cast<std::size_t>(state.range(0));
  TestNetwork net(nodes, conf(nodes), "1.4.6");
  net.keep_logs = false;
  net.start_all();
  net.run_until([&] { return one_ring(net, nodes); }, seconds(60));
  const std::uint64_t events = net.events();
  for (auto _ : state) net.run_for(hours(1));
  state.counters["events"] =
      benchmark::Counter(static_cast<double>(net.events() - events), benchmark::Counter::kIsRate);
  state.counters["hours"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(idle_hour)->Arg(2)->Arg(3)->Arg(8)->Arg(32)->Unit(benchmark::kMillisecond);

class Counting final : public GroupClient {
 public:
  void on_deliver(const GroupMember&, std::span<const std::byte>) override { ++delivered; }
  void on_configuration(const GroupConfiguration&) override {}
  std::uint64_t delivered = 0;
};

// Messages of 1 KiB from one sender, delivered everywhere.
void multicast(benchmark::State& state) {
  const auto nodes = static_cast<std::size_t>(state.range(0));
  TestNetwork net(nodes, conf(nodes), "2.4.6");
  net.keep_logs = false;
  net.start_all();
  net.run_until([&] { return one_ring(net, nodes); }, seconds(60));
  net.run_for(seconds(1));
  Counting last;
  auto receiver = net.stack(static_cast<std::uint32_t>(nodes)).join("g", 1, last);
  Counting first;
  auto sender = net.stack(1).join("g", 2, first);
  net.run_for(seconds(1));
  const std::array<std::byte, 1024> payload{};
  for (auto _ : state) {
    const std::uint64_t target = last.delivered + 1000;
    for (int i = 0; i < 1000; ++i) benchmark::DoNotOptimize((*sender)->multicast(payload).has_value());
    net.run_until([&] { return last.delivered >= target; }, seconds(60));
  }
  state.counters["messages"] =
      benchmark::Counter(1000.0 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(multicast)->Arg(2)->Arg(8)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace simcluster::membership
