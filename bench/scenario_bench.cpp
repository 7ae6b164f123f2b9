// How fast whole clusters run: the ipaddr2_race scenario, one simulated hour, one day and one week.
#include <benchmark/benchmark.h>

#include "sim/scenario/loader.h"
#include "sim/scenario/runner.h"

namespace {

using namespace simcluster;

const sim::Scenario& scenario() {
  static const auto file = sim::load_scenario(SIMCLUSTER_SOURCE_DIR "/scenarios/ipaddr2_race.yaml");
  // The kernel of RHEL 5.10: both addresses are monitored all the time.
  for (const auto& variant : file->variants)
    if (variant.variant == "kernel-5.10") return variant;
  return file->variants.front();
}

void run(benchmark::State& state, Duration length, bool tracing) {
  std::uint64_t events = 0;
  for (auto _ : state) {
    sim::RunOptions options;
    options.until = length;
    options.hash = tracing;
    options.judges = tracing;
    options.watch = tracing;
    const auto result = sim::run_scenario(scenario(), options);
    if (!result) {
      state.SkipWithError(result.error().text().c_str());
      return;
    }
    events += result->events;
  }
  state.counters["events"] = benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
  state.counters["virtual"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(length.seconds()), benchmark::Counter::kIsRate);
}

void cluster_hour(benchmark::State& state) { run(state, hours(1), true); }
BENCHMARK(cluster_hour)->Unit(benchmark::kMillisecond);

void cluster_day_tracing_off(benchmark::State& state) { run(state, hours(24), false); }
BENCHMARK(cluster_day_tracing_off)->Unit(benchmark::kMillisecond)->Iterations(3);

// The goal: under two seconds.
void cluster_week_tracing_off(benchmark::State& state) { run(state, hours(24 * 7), false); }
BENCHMARK(cluster_week_tracing_off)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
