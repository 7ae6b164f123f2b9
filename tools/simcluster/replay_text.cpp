// The text output: crm_simulate's own (S5 M-5, S2 D-20.6).
#include <cstdio>

#include "engine/scheduler/graph.h"
#include "tools/simcluster/replay_output.h"

namespace simcluster::tools {

namespace {

class TextOutput : public ReplayOutput {
 public:
  explicit TextOutput(bool quiet) : quiet_(quiet) {}

  bool obeys_quiet() const override { return quiet_; }

  void plain(std::string_view line) override {
    if (quiet_) return;
    out_ += line;
    out_ += '\n';
  }

  bool keep_error(const std::string&) override { return false; }

  void current_status(scheduler::Model& model, const scheduler::DisplayOptions& options) override {
    if (model.options.maintenance_mode) {
      out_ +=
          "\n              *** Resource management is DISABLED ***\n"
          "  The cluster will not attempt to start, stop or recover services\n";
      printed_ = true;
    }
    if (const std::string counts = scheduler::counts_line(model); !counts.empty()) {
      spacer();
      plain(counts);
      printed_ = true;
    }
    spacer();
    scheduler::write_status(model, "Current cluster status", options, out_);
    printed_ = true;
  }

  void begin_modifications(const scheduler::Injections&) override {
    spacer();
    heading("Performing Requested Modifications");
  }
  void modification(const scheduler::InjectedItem& item) override {
    if (!quiet_) list_item(item.text);
  }
  void end_modifications() override {}

  void scores(const scheduler::Model& model, bool scores, bool utilization) override {
    spacer();
    heading(scores && utilization ? "Assignment Scores and Utilization Information"
            : scores              ? "Assignment Scores"
                                  : "Utilization Information");
    for (const scheduler::ScoreLine& line : model.score_lines) {
      if (line.kind == scheduler::ScoreLine::Kind::kPlain) {
        plain(line.label);
      } else if (line.kind != scheduler::ScoreLine::Kind::kBundleCapacity) {
        list_item(scheduler::score_line_text(line));
      }
    }
  }

  void summary(const scheduler::Schedule& schedule) override {
    spacer();
    heading("Transition Summary");
    for (const std::string& line : scheduler::transition_summary(schedule)) list_item(line);
  }

  void explanations(const std::vector<scheduler::Explanation>& explanations) override {
    if (!quiet_) spacer();
    heading("Explanation");
    for (const scheduler::Explanation& explanation : explanations) out_ += scheduler::explanation_text(explanation);
  }

  void begin_transition() override {
    spacer();
    heading("Executing Cluster Transition");
  }
  void step(const scheduler::SimulatedStep& step) override {
    if (step.kind == scheduler::SimulatedStep::Kind::kPlain) {
      plain(step.text);
    } else if (!quiet_) {
      list_item(step.text);
    }
  }
  void end_transition() override {}

  void revised_status(scheduler::Model& model, const scheduler::DisplayOptions& options) override {
    spacer();
    scheduler::write_status(model, "Revised Cluster Status", options, out_);
  }

  void begin_timings() override { out_ += "Timings:\n"; }
  void timing(const std::string& file, double seconds) override {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", seconds);
    out_ += "  * Testing " + file + " ... " + text + " secs\n";
  }
  void end_timings() override {}

  void version() override {
    out_ += "Pacemaker 3.0.2\nWritten by Andrew Beekhof and the Pacemaker project contributors\n";
  }

  void finish(int) override {}

 private:
  // An empty line between parts.
  void spacer() {
    if (printed_) out_ += '\n';
  }
  void heading(std::string_view text) {
    printed_ = true;
    if (quiet_) return;
    out_ += text;
    out_ += ":\n";
  }
  void list_item(std::string_view text) {
    if (!quiet_) out_ += "  * ";
    out_ += text;
    out_ += '\n';
  }

  bool quiet_;
  bool printed_ = false;
};

}  // namespace

std::unique_ptr<ReplayOutput> make_text_output(bool quiet) { return std::make_unique<TextOutput>(quiet); }

}  // namespace simcluster::tools
