#include "tools/twin/simulate.h"

#include "sim/golden/transcript.h"
#include "sim/scenario/runner.h"
#include "tools/twin/looks.h"
#include "tools/twin/real_run.h"

namespace simcluster::twin {

namespace {

std::string_view field(const TraceEvent& event, std::string_view name) {
  for (const TraceField& field : event.fields)
    if (field.name == name) return field.text;
  return {};
}

class Collector final : public TraceSink {
 public:
  Collector(Time start, std::vector<std::string> names) : start_(start), names_(std::move(names)) {}

  void on_trace(const TraceEvent& event) override {
    switch (event.kind) {
      case TraceKind::kFault:
      case TraceKind::kOperator:
        return add(event, Line::Kind::kDone, field(event, "text"));
      case TraceKind::kLog:
        return add_log(event, field(event, "daemon"), field(event, "text"));
      case TraceKind::kScreen:
        // What a command answers belongs to the command.
        if (!run_.empty() && run_.back().text == field(event, "command")) return;
        add(event, Line::Kind::kDone,
            "screen " + names_[event.node.index()] + " " + std::string(field(event, "command")));
        return add_lines(event, Line::Kind::kOutput, field(event, "text"));
      case TraceKind::kTransitionStart:
        return add_lines(event, Line::Kind::kOrder, field(event, "order"));
      default:
        return;
    }
  }
  Lines take() { return std::move(run_); }

 private:
  void add(const TraceEvent& event, Line::Kind kind, std::string_view text) {
    run_.push_back({(event.at - start_).milliseconds(), event.node.valid() ? names_[event.node.index()] : "-", kind,
                    std::string(text)});
  }
  void add_log(const TraceEvent& event, std::string_view daemon, std::string_view text) {
    if (daemon == "corosync" && is_kept(text)) add(event, Line::Kind::kLog, text);
    // The controller is called by its name in the profile's version: crmd, pacemaker-controld.
    if (const std::string kept = manager_text(text); !kept.empty() && daemon != "corosync")
      add(event, Line::Kind::kLog, kept);
  }
  void add_lines(const TraceEvent& event, Line::Kind kind, std::string_view text) {
    while (!text.empty()) {
      const auto end = text.find('\n');
      add(event, kind, text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  }

  Time start_;
  std::vector<std::string> names_;
  Lines run_;
};

}  // namespace

Result<Lines> simulate(const sim::Scenario& scenario) {
  Collector collector(scenario.world.start, sim::machine_names(scenario));
  sim::RunOptions options;
  options.hash = false;
  options.judges = false;
  options.watch = false;
  options.listeners.push_back({&collector, 1});
  const auto result = sim::run_scenario(with_looks(scenario), options);
  if (!result) return tl::unexpected(result.error());
  if (!result->problems.empty()) return tl::unexpected(result->problems.front());
  return collector.take();
}

}  // namespace simcluster::twin
