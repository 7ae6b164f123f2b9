// soak: many random runs of the membership layer, in parallel; every one that fails with the command that repeats it.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/story.h"
#include "reports/text.h"
#include "sim/soak/soak.h"
#include "tools/simcluster/command.h"
#include "tools/simcluster/options.h"
#include "tools/simcluster/results.h"

namespace simcluster::tools {

namespace {

struct SoakArguments {
  std::optional<std::uint64_t> seeds;
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> jobs;
  std::string nodes = "2-16";
  std::string stack;
  std::string format = "text";
  int verbose = 0;
};

void declare(OptionTable& table, SoakArguments& given) {
  static const std::string stacks =
      fmt::format("this stack in every run: {}; absent: the seed chooses", fmt::join(sim::soak_stacks(), ", "));
  table.number("seeds", "N", "how many seeds, 100 when absent", given.seeds);
  table.number("first", "SEED", "the first of them, 1 when absent", given.first);
  table.number("seed", "SEED", "this seed alone", given.seed);
  table.text("nodes", "A-B", "from A to B nodes, 2-16 when absent", given.nodes);
  table.text("stack", "NAME", stacks.c_str(), given.stack);
  table.number("jobs", "N", "runs at the same time; as many as there are processors when absent", given.jobs);
  table.count("verbose,v", "with --seed: tell the story; twice: with the daemons' log lines and every message",
              given.verbose);
  table.text("output-as", "FORMAT", "text or json (docs/json.md); json tells no story", given.format);
  table.epilogue(
      "Examples:\n"
      "  simcluster soak --seeds 1000\n"
      "  simcluster soak --seed 42 -v\n"
      "  simcluster soak --seeds 200 --nodes 3-5 --stack 3.1.7/knet\n");
}

// "2-16" or "5".
Result<void> read_nodes(const std::string& text, sim::SoakPlan& plan) {
  constexpr std::uint32_t kMost = 64;
  const char* end = text.data() + text.size();
  const auto least = std::from_chars(text.data(), end, plan.least_nodes);
  plan.most_nodes = plan.least_nodes;
  bool good = least.ec == std::errc();
  if (good && least.ptr != end) {
    good = *least.ptr == '-';
    const auto most = std::from_chars(least.ptr + 1, end, plan.most_nodes);
    good = good && most.ec == std::errc() && most.ptr == end;
  }
  if (!good || plan.least_nodes < 2 || plan.most_nodes < plan.least_nodes || plan.most_nodes > kMost)
    return fail(fmt::format("\"{}\" is no range of nodes (expected A-B with 2 <= A <= B <= {})", text, kMost));
  return {};
}

std::string command_for(const sim::SoakPlan& plan) {
  return fmt::format("simcluster soak --seed {} --nodes {}-{}{}{}", plan.seed, plan.least_nodes, plan.most_nodes,
                     plan.stack.empty() ? "" : " --stack ", plan.stack);
}

std::string findings_text(const sim::SoakResult& result) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(kShown, result.findings.size()); ++i) {
    const auto& finding = result.findings[i];
    text += fmt::format("  {} {} {}: {}\n", reports::clock_text(finding.at), finding.node, finding.judge, finding.text);
  }
  if (result.findings.size() > kShown) text += fmt::format("  and {} more\n", result.findings.size() - kShown);
  return text;
}

struct Totals {
  std::uint64_t runs = 0;
  std::uint64_t failed = 0;
  std::uint64_t faults = 0;
  std::uint64_t rings = 0;
  std::uint64_t delivered = 0;
  Duration length;

  void add(const sim::SoakResult& result) {
    ++runs;
    failed += result.findings.empty() ? 0 : 1;
    faults += result.faults;
    rings += result.rings;
    delivered += result.delivered;
    length = length + result.length;
  }
  std::string text() const {
    return fmt::format("{} seeds, {} failed; {} virtual, {} faults, {} rings installed, {} messages delivered\n", runs,
                       failed, reports::duration_text(seconds(length.ns / 1'000'000'000)), faults, rings, delivered);
  }
};

int run_one(const sim::SoakPlan& plan, int verbose) {
  reports::StorySettings settings;
  settings.level = verbose > 1 ? 2 : 0;
  if (verbose > 1) settings.hide = {TraceKind::kFrameDropped};
  if (verbose > 1) settings.daemons = {"corosync", "NetworkManager"};
  reports::Story story(settings, Time(), sim::soak_machine_names(plan.most_nodes), false,
                       [](std::string_view line) { fmt::print("{}\n", line); });
  const auto result = sim::soak(plan, verbose > 0 ? &story : nullptr, reports::story_level(settings));
  if (!result) return input_error(result.error());
  Totals totals;
  totals.add(*result);
  fmt::print("seed {}: {} nodes of {}\n{}{}", plan.seed, result->nodes, result->stack, findings_text(*result),
             totals.text());
  return result->findings.empty() ? kAsExpected : kDiffers;
}

SoakOutcome outcome_of(const sim::SoakPlan& plan, const Result<sim::SoakResult>& result) {
  SoakOutcome outcome{plan.seed, command_for(plan), std::nullopt, {}};
  if (result) {
    outcome.result = *result;
  } else {
    outcome.message = result.error().message;
  }
  return outcome;
}

// Workers take the next seed until all are done.
class Soak {
 public:
  Soak(sim::SoakPlan plan, std::uint64_t first, std::uint64_t count, bool json)
      : plan_(std::move(plan)), next_(first), end_(first + count), json_(json) {}

  int run(std::size_t jobs) {
    std::vector<std::thread> workers;
    for (std::size_t i = 1; i < jobs; ++i) workers.emplace_back([this] { work(); });
    work();
    for (auto& worker : workers) worker.join();
    const int status = interrupted() ? kInterrupted : totals_.failed == 0 ? kAsExpected : kDiffers;
    if (json_) {
      std::sort(outcomes_.begin(), outcomes_.end(),
                [](const SoakOutcome& a, const SoakOutcome& b) { return a.seed < b.seed; });
      fmt::print("{}", soak_results(outcomes_, status));
    } else {
      fmt::print("{}", totals_.text());
    }
    return status;
  }

 private:
  void work() {
    while (!interrupted()) {
      sim::SoakPlan plan = plan_;
      plan.seed = next_.fetch_add(1);
      if (plan.seed >= end_) return;
      const auto result = sim::soak(plan);
      const std::lock_guard lock(mutex_);
      if (result) {
        totals_.add(*result);
      } else {
        ++totals_.failed;
      }
      if (json_) {
        outcomes_.push_back(outcome_of(plan, result));
      } else {
        tell(plan, result);
      }
    }
  }

  // What went wrong.
  static void tell(const sim::SoakPlan& plan, const Result<sim::SoakResult>& result) {
    if (!result) {
      fmt::print("{}\n  {}\n", command_for(plan), result.error().message);
    } else if (!result->findings.empty()) {
      fmt::print("{}\n  {} nodes of {}\n{}", command_for(plan), result->nodes, result->stack, findings_text(*result));
      std::fflush(stdout);
    }
  }

  sim::SoakPlan plan_;
  std::atomic<std::uint64_t> next_;
  std::uint64_t end_;
  bool json_;
  std::mutex mutex_;
  Totals totals_;
  std::vector<SoakOutcome> outcomes_;  // for JSON only
};

}  // namespace

int soak_command(const Arguments& arguments) {
  SoakArguments given;
  OptionTable table("soak [OPTION...]",
                    "Runs Corosync alone on random clusters under random faults, with all judges listening.");
  declare(table, given);
  const auto parsed = table.parse(arguments);
  if (!parsed) return usage_error("soak", parsed.error());
  if (!*parsed) return kAsExpected;
  sim::SoakPlan plan;
  if (auto read = read_nodes(given.nodes, plan); !read) return usage_error("soak", read.error());
  const auto stacks = sim::soak_stacks();
  if (!given.stack.empty() && std::find(stacks.begin(), stacks.end(), given.stack) == stacks.end())
    return usage_error("soak", fail(fmt::format("there is no stack \"{}\" (expected one of: {})", given.stack,
                                                fmt::join(stacks, ", ")))
                                   .value());
  plan.stack = given.stack;
  const auto json = wants_json(given.format);
  if (!json) return usage_error("soak", json.error());
  if (given.seed && *json) return Soak(std::move(plan), *given.seed, 1, true).run(1);
  if (given.seed) {
    plan.seed = *given.seed;
    return run_one(plan, given.verbose);
  }
  watch_for_interrupt();
  const std::size_t jobs =
      given.jobs ? static_cast<std::size_t>(*given.jobs) : std::max(1U, std::thread::hardware_concurrency());
  return Soak(std::move(plan), given.first.value_or(1), given.seeds.value_or(100), *json).run(jobs);
}

}  // namespace simcluster::tools
