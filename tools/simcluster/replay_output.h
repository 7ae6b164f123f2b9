// What `replay` tells, step by step, in one of several formats (S5 M-5, M-9). The run calls the steps in their order;
// nothing is printed before the program asks for the text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/scheduler/display.h"
#include "engine/scheduler/explanation.h"
#include "engine/scheduler/inject.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/simulate.h"

namespace simcluster::tools {

class ReplayOutput {
 public:
  virtual ~ReplayOutput() = default;

  // True: what --quiet leaves out is to be left out. Formats for programs have everything always.
  virtual bool obeys_quiet() const { return false; }

  // A line about the run itself.
  virtual void plain(std::string_view line) = 0;
  // Something went wrong, yet the run goes on. False: the format has no place for it, so it belongs on standard error.
  virtual bool keep_error(const std::string& text) = 0;
  virtual void current_status(scheduler::Model& model, const scheduler::DisplayOptions& options) = 0;
  virtual void begin_modifications(const scheduler::Injections& injections) = 0;
  virtual void modification(const scheduler::InjectedItem& item) = 0;
  virtual void end_modifications() = 0;
  virtual void scores(const scheduler::Model& model, bool scores, bool utilization) = 0;
  virtual void summary(const scheduler::Schedule& schedule) = 0;
  // --why; crm_simulate has no such thing, nor has its XML.
  virtual void explanations(const std::vector<scheduler::Explanation>&) {}
  virtual void begin_transition() = 0;
  virtual void step(const scheduler::SimulatedStep& step) = 0;
  virtual void end_transition() = 0;
  virtual void revised_status(scheduler::Model& model, const scheduler::DisplayOptions& options) = 0;
  // One file of --profile; begin and end frame them.
  virtual void begin_timings() = 0;
  virtual void timing(const std::string& file, double seconds) = 0;
  virtual void end_timings() = 0;
  virtual void version() = 0;
  // The last call: the exit status of the program.
  virtual void finish(int status) = 0;

  // What there is to print since the last call.
  std::string take() { return std::exchange(out_, {}); }

 protected:
  std::string out_;
};

// What all formats know about the call.
struct OutputSettings {
  std::string format;   // --output-as
  std::string request;  // the command line
  bool quiet = false;
};

// Nothing for an unknown format.
std::unique_ptr<ReplayOutput> make_replay_output(const OutputSettings& settings);
std::unique_ptr<ReplayOutput> make_text_output(bool quiet);
std::unique_ptr<ReplayOutput> make_xml_output(const std::string& request);
std::unique_ptr<ReplayOutput> make_json_output(const std::string& request);

}  // namespace simcluster::tools
