// What the scheduler costs: reading the CIB, scheduling, simulating the transition and printing, each apart, over the
// public corpus and over generated clusters; with memory, and with the exponents between the sizes at the end.
//
//   scheduler_bench --benchmark_filter=schedule/
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <malloc.h>

#include "bench/cluster_families.h"
#include "bench/shared_corpus.h"
#include "engine/cib/upgrade.h"
#include "engine/scheduler/display.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/simulate.h"

namespace {

using namespace simcluster;
using bench::ClusterFamily;

constexpr int kSizes[] = {400, 1600, 6400};
constexpr int kSteadySize = 10'000;  // 8 nodes with a full history: what large sites have

cib::Document parse(const std::string& text) {
  auto document = cib::parse_document(text, "benchmark");
  if (!document) throw std::runtime_error(document.error().text());
  cib::upgrade(*document);
  return std::move(*document);
}

scheduler::Options options_for(const cib::Document& document) {
  scheduler::Options options;
  options.now = scheduler::execution_date(document).value_or(1'700'000'000);
  return options;
}

// --- the four kinds of work ---
void work_parse(const std::string& text) { benchmark::DoNotOptimize(parse(text).element_capacity()); }

void work_schedule(const cib::Document& document) {
  const scheduler::Schedule schedule = scheduler::schedule(document, options_for(document));
  benchmark::DoNotOptimize(schedule.state().graph->synapses.size());
}

// Executes the transition in thought and reads the status that it leaves.
void work_simulate(const cib::Document& document, const scheduler::Schedule& schedule) {
  cib::Document working = document;
  scheduler::SimulationOptions options;
  options.now = options_for(document).now;
  const auto result = scheduler::simulate_transition(*schedule.state().graph, schedule.state(), working, options);
  const scheduler::Schedule revised = scheduler::unpack(working, options_for(document));
  benchmark::DoNotOptimize(result.steps.size() + revised.state().resources.size());
}

void work_print(const scheduler::Schedule& schedule) {
  std::string text;
  scheduler::write_status(*schedule.model, "Current cluster status", {}, text);
  text += scheduler::write_graph(*schedule.state().graph);
  text += scheduler::write_dot(schedule, false, false);
  for (const std::string& line : scheduler::transition_summary(schedule)) text += line;
  benchmark::DoNotOptimize(text.size());
}

// --- memory ---
double status_bytes(const char* key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(key, 0) == 0) return std::stod(line.substr(std::char_traits<char>::length(key))) * 1024;
  }
  return 0;
}

// The most memory that `work` holds at one time, beyond what there was before.
template <class Work>
double peak_memory(const Work& work) {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // resets the high-water mark
  const double before = status_bytes("VmHWM:");
  work();
  return status_bytes("VmHWM:") - before;
}

template <class Work>
void measure(benchmark::State& state, const Work& work) {
  state.counters["memory"] =
      benchmark::Counter(peak_memory(work), benchmark::Counter::kDefaults, benchmark::Counter::kIs1024);
  for (auto _ : state) work();
}

// --- inputs ---
struct Input {
  std::string text;
  cib::Document document;
  scheduler::Schedule schedule;
};

// One input at a time stays in memory: the benchmarks of one input are registered one after the other.
const Input& input_of(const ClusterFamily& family, int size) {
  static std::unique_ptr<Input> input;
  static std::string name;
  const std::string wanted = std::string(family.name) + "/" + std::to_string(size);
  if (name == wanted) return *input;
  input = std::make_unique<Input>();
  input->text = bench::generate_cluster(family.shape(size));
  input->document = parse(input->text);
  input->schedule = scheduler::schedule(input->document, options_for(input->document));
  name = wanted;
  return *input;
}

struct Corpus {
  std::vector<std::string> texts;
  std::vector<cib::Document> documents;
  std::vector<scheduler::Schedule> schedules;
};

const Corpus& corpus() {
  static const Corpus all = [] {
    Corpus read;
    for (const auto& path : bench::corpus_files()) {
      std::ifstream file(path);
      std::ostringstream text;
      text << file.rdbuf();
      read.texts.push_back(text.str());
      read.documents.push_back(parse(read.texts.back()));
    }
    for (const cib::Document& document : read.documents) {
      read.schedules.push_back(scheduler::schedule(document, options_for(document)));
    }
    return read;
  }();
  return all;
}

template <class Work>
void register_corpus(const char* phase, Work work) {
  benchmark::RegisterBenchmark((std::string(phase) + "/corpus").c_str(), [work](benchmark::State& state) {
    if (corpus().documents.empty()) {
      state.SkipWithError("there is no scheduler corpus (set SIMCLUSTER_SHARED to the folder with corpus/)");
      return;
    }
    measure(state, [&] {
      for (std::size_t i = 0; i < corpus().documents.size(); ++i) work(corpus(), i);
    });
    state.counters["files"] = static_cast<double>(corpus().documents.size());
  })->Unit(benchmark::kMillisecond);
}

template <class Work>
void register_input(const char* phase, const ClusterFamily& family, int size, Work work) {
  const std::string name = std::string(phase) + "/" + std::string(family.name) + "/" + std::to_string(size);
  benchmark::RegisterBenchmark(name.c_str(),
                               [&family, size, work](benchmark::State& state) {
                                 const Input& input = input_of(family, size);
                                 measure(state, [&] { work(input); });
                               })
      ->Unit(benchmark::kMillisecond)
      ->MinTime(0.2);
}

void register_input(const ClusterFamily& family, int size) {
  register_input("parse", family, size, [](const Input& input) { work_parse(input.text); });
  register_input("schedule", family, size, [](const Input& input) { work_schedule(input.document); });
  register_input("simulate", family, size, [](const Input& input) { work_simulate(input.document, input.schedule); });
  register_input("print", family, size, [](const Input& input) { work_print(input.schedule); });
}

void register_all() {
  register_corpus("parse", [](const Corpus& all, std::size_t i) { work_parse(all.texts[i]); });
  register_corpus("schedule", [](const Corpus& all, std::size_t i) { work_schedule(all.documents[i]); });
  register_corpus("simulate",
                  [](const Corpus& all, std::size_t i) { work_simulate(all.documents[i], all.schedules[i]); });
  register_corpus("print", [](const Corpus& all, std::size_t i) { work_print(all.schedules[i]); });
  for (const ClusterFamily& family : bench::cluster_families()) {
    for (const int size : kSizes) register_input(family, size);
    if (family.name == "steady") register_input(family, kSteadySize);
  }
}

// Prints as usual and keeps the CPU times, to tell at the end how they grow.
class ExponentReporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.error_occurred || run.run_type != Run::RT_Iteration) continue;
      const std::string name = run.benchmark_name();
      const std::size_t first = name.find('/');
      const std::size_t second = name.find('/', first + 1);
      if (second == std::string::npos) continue;
      times_[name.substr(0, second)][std::stoi(name.substr(second + 1))] = run.GetAdjustedCPUTime();
    }
  }
  void Finalize() override {
    ConsoleReporter::Finalize();
    std::printf("\nCPU time grows with the size to the power of\n%-46s %10s %10s\n", "", "400-1600", "1600-6400");
    for (const auto& [name, by_size] : times_) {
      std::printf("%-46s %10s %10s\n", name.c_str(), exponent(by_size, 0).c_str(), exponent(by_size, 1).c_str());
    }
  }

 private:
  static std::string exponent(const std::map<int, double>& by_size, int from) {
    const auto low = by_size.find(kSizes[from]);
    const auto high = by_size.find(kSizes[from + 1]);
    if (low == by_size.end() || high == by_size.end()) return "-";
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", std::log(high->second / low->second) / std::log(4.0));
    return text;
  }

  std::map<std::string, std::map<int, double>> times_;  // by phase and family, then by size
};

}  // namespace

int main(int argc, char** argv) {
  // As the simulator does (tools/simcluster/main.cpp): one pass works with the memory of the one before.
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  register_all();
  ExponentReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  return 0;
}
