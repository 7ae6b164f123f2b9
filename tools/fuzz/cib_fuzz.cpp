// Any bytes as a CIB: parse, upgrade and validate, schedule, print, carry out, schedule again. Whatever comes in, there
// is an answer or an error. What is true of every graph is checked as well.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/cib/crm_shell.h"
#include "engine/cib/upgrade.h"
#include "engine/scheduler/property_checks.h"
#include "tools/fuzz/xml_mutator.h"

using namespace simcluster;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr std::int64_t kNow = 1'700'000'000;

void require(const scheduler::testing::Violations& violations) {
  if (violations.empty()) return;
  for (const std::string& violation : violations) std::fprintf(stderr, "%s\n", violation.c_str());
  std::abort();
}

void schedule_and_simulate(cib::Document& document) {
  for (int round = 0; round < 2; ++round) {
    scheduler::Options options;
    options.now = kNow;
    options.collect_scores = true;
    options.collect_utilization = true;
    const cib::Document before = document;
    scheduler::Schedule schedule = scheduler::unpack(before, options);
    std::string text;
    scheduler::write_status(*schedule.model, "Current cluster status", {.node_attributes = true, .failures = true},
                            text);
    scheduler::run(schedule, options);
    const scheduler::Graph& graph = *schedule.model->graph;
    text += scheduler::write_graph(graph) + scheduler::write_dot(schedule, true, true);
    for (const std::string& line : scheduler::transition_summary(schedule)) text += line;
    require(scheduler::testing::check_inputs(graph, *schedule.model));
    scheduler::simulate_transition(graph, *schedule.model, document, {.failures = {}, .now = kNow});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto document = cib::parse_document(text, "input", {.bytes = 1 << 20, .elements = 20'000});
  if (!document) return 0;
  if (cib::upgrade(*document).outcome != cib::UpgradeOutcome::kValid) return 0;
  cib::write_crm_shell(*document);
  schedule_and_simulate(*document);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  static std::string other;
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::optional<std::string> mutated;
  if (seed % 20 != 0) mutated = fuzz::mutate_xml(text, other, seed);
  if (seed % 7 == 0) other = text;
  if (!mutated || mutated->size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, mutated->data(), mutated->size());
  return mutated->size();
}
