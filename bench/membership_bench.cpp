// Token rotations and ordered messages per second, of virtual time and of one core, on the membership layer's own
// little network; and how much memory a node takes.
#include <array>
#include <string>

#include <benchmark/benchmark.h>
#include <malloc.h>

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

// A ring that has just come together, and counts the tokens that its first node passes on.
struct BenchRing {
  BenchRing(std::size_t nodes, const std::string& version) : net(nodes, conf(nodes), version) {
    net.keep_logs = false;
    const bool old = !version.starts_with("3.");
    // The message's type (M 3); a frame that is looked at here is never dropped.
    net.drop = [this, old](std::uint32_t from, std::uint32_t, std::span<const std::byte> frame) {
      const std::size_t type = old ? 0 : 3;
      if (from == 1 && frame.size() > type && frame[type] == std::byte{0}) ++rotations;
      return false;
    };
    net.start_all();
    net.run_until([&] { return one_ring(net, nodes); }, seconds(60));
    net.run_for(seconds(10));
    rotations = 0;
    began = net.now();
  }

  // `what` happened so often since the beginning: per second of this core, and per virtual second.
  void count(benchmark::State& state, const std::string& what, std::uint64_t times) const {
    const auto number = static_cast<double>(times);
    const double elapsed = static_cast<double>((net.now() - began).ns) / 1e9;
    state.counters[what] = benchmark::Counter(number, benchmark::Counter::kIsRate);
    state.counters[what + "_virtual"] = benchmark::Counter(elapsed > 0 ? number / elapsed : 0);
  }

  TestNetwork net;
  std::uint64_t rotations = 0;
  Time began;
};

// One simulated hour of an idle ring per iteration.
void idle_hour(benchmark::State& state) {
  const auto nodes = static_cast<std::size_t>(state.range(0));
  BenchRing ring(nodes, "1.4.6");
  const std::uint64_t events = ring.net.events();
  for (auto _ : state) ring.net.run_for(hours(1));
  state.counters["events"] =
      benchmark::Counter(static_cast<double>(ring.net.events() - events), benchmark::Counter::kIsRate);
  ring.count(state, "rotations", ring.rotations);
}
BENCHMARK(idle_hour)->Arg(2)->Arg(3)->Arg(8)->Arg(32)->Unit(benchmark::kMillisecond);

// The goal: under two seconds.
void idle_day(benchmark::State& state) {
  BenchRing ring(static_cast<std::size_t>(state.range(0)), "1.4.6");
  for (auto _ : state) ring.net.run_for(hours(24));
}
BENCHMARK(idle_day)->Arg(3)->Unit(benchmark::kMillisecond)->Iterations(1);

std::size_t allocated() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// What a node of a standing ring has allocated, its share of the little network included.
void memory(benchmark::State& state) {
  const auto nodes = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    const std::size_t before = allocated();
    const BenchRing ring(nodes, "2.4.6");
    state.counters["bytes_per_node"] = static_cast<double>(allocated() - before) / static_cast<double>(nodes);
  }
}
BENCHMARK(memory)->Arg(2)->Arg(8)->Arg(32)->Unit(benchmark::kMillisecond)->Iterations(1);

class Counting final : public GroupClient {
 public:
  void on_deliver(const GroupMember&, std::span<const std::byte>) override { ++delivered; }
  void on_configuration(const GroupConfiguration&) override {}
  std::uint64_t delivered = 0;
};

// Messages of 1 KiB from one sender, delivered everywhere.
void multicast(benchmark::State& state) {
  const auto nodes = static_cast<std::size_t>(state.range(0));
  BenchRing ring(nodes, "2.4.6");
  Counting last;
  auto receiver = ring.net.stack(static_cast<std::uint32_t>(nodes)).join("g", 1, last);
  Counting first;
  auto sender = ring.net.stack(1).join("g", 2, first);
  ring.net.run_for(seconds(1));
  ring.rotations = 0;
  ring.began = ring.net.now();
  const std::uint64_t delivered = last.delivered;
  const std::array<std::byte, 1024> payload{};
  for (auto _ : state) {
    const std::uint64_t target = last.delivered + 1000;
    for (int i = 0; i < 1000; ++i) benchmark::DoNotOptimize((*sender)->multicast(payload).has_value());
    ring.net.run_until([&] { return last.delivered >= target; }, seconds(60));
  }
  ring.count(state, "messages", last.delivered - delivered);
  ring.count(state, "rotations", ring.rotations);
}
BENCHMARK(multicast)->Arg(2)->Arg(8)->Arg(32)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace simcluster::membership
