// list, schema, history.
#include <algorithm>
#include <cstdio>

#include <fmt/core.h>

#include "reports/history.h"
#include "reports/table.h"
#include "reports/text.h"
#include "sim/scenario/schema.h"
#include "tools/simcluster/command.h"
#include "tools/simcluster/inputs.h"
#include "tools/simcluster/options.h"
#include "tools/simcluster/results.h"
#include "tools/simcluster/results_schema.h"

namespace simcluster::tools {

namespace {

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string ms_text(std::int64_t ms) { return reports::duration_text(milliseconds(ms)); }

std::string history_table(const std::vector<reports::RunRecord>& runs) {
  using reports::Align;
  std::vector<std::vector<std::string>> rows;
  for (const auto& run : runs)
    rows.push_back({std::to_string(run.id), run.recorded_at, run.scenario, run.variant, std::to_string(run.seed),
                    run.engine_version, run.trace_hash, run.verdict, ms_text(run.downtime_ms), ms_text(run.wall_ms)});
  return reports::table_text({{"run", Align::kRight},
                              {"recorded (UTC)", Align::kLeft},
                              {"scenario", Align::kLeft},
                              {"variant", Align::kLeft},
                              {"seed", Align::kRight},
                              {"version", Align::kLeft},
                              {"trace hash", Align::kLeft},
                              {"verdict", Align::kLeft},
                              {"downtime", Align::kRight},
                              {"took", Align::kRight}},
                             rows);
}

// "downtime 0s -> 12s, verdict ...": what is not as it was.
std::string change_text(const reports::RunRecord& before, const reports::RunRecord& now) {
  std::string text;
  const auto add = [&](std::string_view what, const std::string& a, const std::string& b) {
    if (a != b) text += fmt::format("{}{} {} -> {}", text.empty() ? "" : ", ", what, a, b);
  };
  add("verdict", before.verdict, now.verdict);
  add("downtime", ms_text(before.downtime_ms), ms_text(now.downtime_ms));
  const auto first = [](const reports::RunRecord& run) {
    return run.first_false_failure_ms ? ms_text(*run.first_false_failure_ms) : std::string("none");
  };
  add("first false failure", first(before), first(now));
  add("length", ms_text(before.virtual_ms), ms_text(now.virtual_ms));
  if (text.empty() && before.trace_hash != now.trace_hash) return "other trace, same measures";
  return text.empty() ? "same" : text;
}

int print_comparison(const reports::History& history, const reports::HistoryFilter& filter, bool json) {
  const auto pairs = history.compare(filter);
  if (!pairs) return input_error(pairs.error());
  std::vector<std::string> changes;
  std::vector<std::vector<std::string>> rows;
  bool differs = false;
  for (const auto& pair : *pairs) {
    const std::string change = pair.before ? change_text(*pair.before, pair.now) : "no run before";
    differs = differs || (pair.before && change != "same");
    rows.push_back({pair.now.scenario, pair.now.variant, std::to_string(pair.now.seed),
                    pair.before ? std::to_string(pair.before->id) : "-", std::to_string(pair.now.id), change});
    changes.push_back(change);
  }
  if (json) {
    print(comparison_results(*pairs, changes));
    return differs ? kDiffers : kAsExpected;
  }
  print(reports::table_text({{"scenario"}, {"variant"}, {"seed"}, {"run"}, {"run"}, {"what changed"}}, rows));
  return differs ? kDiffers : kAsExpected;
}

}  // namespace

int list_command(const Arguments& arguments) {
  std::vector<std::string> named;
  bool names_only = false;
  std::string format = "text";
  OptionTable table("list [OPTION...] [DIR|FILE...]",
                    "Lists scenarios and their variants; those below scenarios/ when none is named.");
  table.flag("names", "only the names of the variants, one a line", names_only);
  table.text("output-as", "FORMAT", "text or json (docs/json.md)", format);
  table.rest("DIR|FILE", false, named);
  const auto parsed = table.parse(arguments);
  if (!parsed) return usage_error("list", parsed.error());
  if (!*parsed) return kAsExpected;
  const auto json = wants_json(format);
  if (!json) return usage_error("list", json.error());
  if (named.empty()) named.emplace_back("scenarios");
  const auto paths = scenario_paths(named);
  if (!paths) return input_error(paths.error());
  int unusable = 0;
  const auto files = load_all(*paths, unusable);
  if (*json) {
    print(list_results(files));
    return unusable > 0 ? kUnusable : kAsExpected;
  }
  std::size_t width = 0;
  for (const auto& file : files)
    for (const auto& scenario : file.variants) width = std::max(width, scenario.variant.size());
  for (const auto& file : files) {
    if (!names_only) print(fmt::format("{}\n  {}\n", file.path, file.title));
    for (const auto& scenario : file.variants) {
      if (scenario.variant.empty()) continue;
      std::string line = names_only ? scenario.variant
                                    : fmt::format("    {:<{}}  {}", scenario.variant, width, scenario.variant_title);
      line.erase(line.find_last_not_of(' ') + 1);
      print(line + "\n");
    }
  }
  return unusable > 0 ? kUnusable : kAsExpected;
}

int schema_command(const Arguments& arguments) {
  bool results = false;
  OptionTable table("schema [OPTION]",
                    "Prints the JSON Schema of scenario files. Editors check and complete with it: put this line first "
                    "in a scenario:\n\n"
                    "# yaml-language-server: $schema=scenario.schema.json");
  std::string format = "json";
  table.flag("results", "that of what --output-as=json prints (docs/json.md) instead", results);
  table.text("output-as", "FORMAT", "json, which a schema always is", format);
  const auto parsed = table.parse(arguments);
  if (!parsed) return usage_error("schema", parsed.error());
  if (!*parsed) return kAsExpected;
  if (const auto json = wants_json(format); !json) return usage_error("schema", json.error());
  print(results ? results_schema() : sim::scenario_schema());
  return kAsExpected;
}

int history_command(const Arguments& arguments) {
  std::vector<std::string> files;
  reports::HistoryFilter filter;
  bool compare = false;
  std::optional<std::uint64_t> limit;
  std::string format = "text";
  OptionTable table("history [OPTION...] FILE",
                    "Lists the runs that \"run --history FILE\" and \"check --history FILE\" have recorded, the newest "
                    "first.");
  table.flag("compare", "the newest run of every variant against the one before it; exit status 1 when they differ",
             compare);
  table.text("scenario", "NAME", "only this scenario", filter.scenario);
  table.text("variant", "NAME", "only this variant", filter.variant);
  table.number("limit", "N", "at most this many rows, 50 when absent", limit);
  table.text("output-as", "FORMAT", "text or json (docs/json.md)", format);
  table.rest("FILE", true, files);
  const auto parsed = table.parse(arguments);
  if (!parsed) return usage_error("history", parsed.error());
  if (!*parsed) return kAsExpected;
  const auto json = wants_json(format);
  if (!json) return usage_error("history", json.error());
  if (files.size() > 1) return usage_error("history", Error{"one history at a time", {}});
  if (limit) filter.limit = static_cast<std::size_t>(*limit);
  const auto history = reports::History::open(files.front(), false);
  if (!history) return input_error(history.error());
  if (compare) return print_comparison(*history, filter, *json);
  const auto runs = history->list(filter);
  if (!runs) return input_error(runs.error());
  print(*json ? history_results(*runs) : history_table(*runs));
  return kAsExpected;
}

}  // namespace simcluster::tools
