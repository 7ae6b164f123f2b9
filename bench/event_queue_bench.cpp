// Events per second of the queue: a steady number of pending events, each of which schedules its successor.
#include <benchmark/benchmark.h>

#include "engine/base/random.h"
#include "sim/events/event_queue.h"

namespace simcluster::sim {
namespace {

struct Hold : EventHandler {
  explicit Hold(EventQueue& q) : queue(q), random(1, "bench") {}
  void on_event(std::uint64_t cookie) override {
    queue.schedule_in({static_cast<std::int64_t>(random.next() & 0xfffff)}, *this, cookie);
  }
  EventQueue& queue;
  Random random;
};

void hold(benchmark::State& state) {
  EventQueue queue;
  Hold handler(queue);
  for (std::int64_t i = 0; i < state.range(0); ++i) handler.on_event(static_cast<std::uint64_t>(i));
  for (auto _ : state) queue.run_one();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(hold)->Arg(16)->Arg(128)->Arg(1024)->Arg(16384)->Arg(262144);

// An event that restarts a timer which never runs, as the token does with its timeouts.
struct Restart : EventHandler {
  explicit Restart(EventQueue& q) : queue(q) {}
  void on_event(std::uint64_t) override {
    queue.cancel(timeout);
    timeout = queue.schedule_in(seconds(1), *this, 1);
    queue.schedule_in(milliseconds(90), *this, 0);
  }
  EventQueue& queue;
  EventId timeout;
};

void restart_timer(benchmark::State& state) {
  EventQueue queue;
  Restart handler(queue);
  handler.on_event(0);
  for (auto _ : state) queue.run_one();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(restart_timer);

}  // namespace
}  // namespace simcluster::sim
