// What a frame costs: through a switch between two ports, and as a datagram from socket to socket through two kernels.
#include <array>
#include <memory>

#include <benchmark/benchmark.h>

#include "sim/kernel/testing.h"
#include "sim/network/network.h"

namespace simcluster::sim {
namespace {

struct Sink : PortClient {
  std::uint64_t frames = 0;
  void on_frame(PortId, const FrameRef&) override { ++frames; }
  void on_carrier(PortId, bool) override {}
};

void frame_through_switch(benchmark::State& state) {
  EventQueue queue;
  Tracer tracer(queue);
  Network network(queue, tracer, 1);
  const SegmentId lan = network.add_segment("lan", SegmentKind::kSwitch, {});
  std::vector<Sink> sinks(static_cast<std::size_t>(state.range(0)));
  std::vector<PortId> ports;
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    ports.push_back(network.add_port(NodeIndex(static_cast<std::uint16_t>(i)), "eth0", sinks[i]));
    network.set_port_active(ports[i], true);
    static_cast<void>(network.plug(ports[i], lan));
    FrameRef hello = network.pool().take(0);
    hello->header.source_mac = {i + 1};
    hello->header.destination_mac = MacAddress::make_broadcast();
    network.send(ports[i], std::move(hello));
  }
  queue.run_until({seconds(1).ns});
  for (auto _ : state) {
    FrameRef frame = network.pool().take(100);
    frame->header.source_mac = {1};
    frame->header.destination_mac = {2};
    network.send(ports[0], std::move(frame));
    queue.run_one();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(frame_through_switch)->Arg(2)->Arg(32);

struct Echo : SocketClient {
  NetStack* net = nullptr;
  SocketId own;
  IpAddress peer;
  std::array<std::byte, 100> token{};
  void on_datagram(SocketId, const FrameRef& frame) override {
    benchmark::DoNotOptimize(frame->payload().data());
    net->send(own, peer, 5405, token);
  }
};

void token_between_kernels(benchmark::State& state) {
  TestMachines machines(2);
  std::array<Echo, 2> ends;
  for (std::size_t i = 0; i < 2; ++i) {
    ends[i].net = &machines.net(i);
    ends[i].own = machines.net(i).open_socket(ends[i], TestMachines::address(i), 5405);
    ends[i].peer = TestMachines::address(1 - i);
  }
  machines.net(0).send(ends[0].own, ends[0].peer, 5405, ends[0].token);
  machines.run(seconds(1));
  const std::uint64_t before = machines.network.counters().delivered;
  for (auto _ : state) machines.queue.run_one();
  state.SetItemsProcessed(static_cast<std::int64_t>(machines.network.counters().delivered - before));
}
BENCHMARK(token_between_kernels);

}  // namespace
}  // namespace simcluster::sim
