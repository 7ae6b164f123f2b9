#include "tools/simcluster/replay_output.h"

namespace simcluster::tools {

namespace {

// --output-as=none.
class NoOutput : public ReplayOutput {
 public:
  void plain(std::string_view) override {}
  bool keep_error(const std::string&) override { return false; }
  void current_status(scheduler::Model&, const scheduler::DisplayOptions&) override {}
  void begin_modifications(const scheduler::Injections&) override {}
  void modification(const scheduler::InjectedItem&) override {}
  void end_modifications() override {}
  void scores(const scheduler::Model&, bool, bool) override {}
  void summary(const scheduler::Schedule&) override {}
  void begin_transition() override {}
  void step(const scheduler::SimulatedStep&) override {}
  void end_transition() override {}
  void revised_status(scheduler::Model&, const scheduler::DisplayOptions&) override {}
  void begin_timings() override {}
  void timing(const std::string&, double) override {}
  void end_timings() override {}
  void version() override {}
  void finish(int) override {}
};

}  // namespace

std::unique_ptr<ReplayOutput> make_replay_output(const OutputSettings& settings) {
  if (settings.format == "text" || settings.format == "console") return make_text_output(settings.quiet);
  if (settings.format == "xml") return make_xml_output(settings.request);
  if (settings.format == "json") return make_json_output(settings.request);
  if (settings.format == "none") return std::make_unique<NoOutput>();
  return nullptr;
}

}  // namespace simcluster::tools
