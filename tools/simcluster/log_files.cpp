#include "tools/simcluster/log_files.h"

#include <utility>

#include <fmt/format.h>

#include "reports/atomic_file.h"

namespace simcluster::tools {

namespace {

std::vector<reports::LoggingMachine> machines_of(const sim::Scenario& scenario) {
  std::vector<reports::LoggingMachine> machines;
  for (const sim::MachineSpec& machine : scenario.world.machines) machines.push_back({machine.name, machine.profile});
  return machines;
}

}  // namespace

LogFiles::LogFiles(const sim::Scenario& scenario, Time from, Time to)
    : scenario_(scenario),
      from_(from),
      to_(to),
      logs_(machines_of(scenario), [this](std::size_t machine, std::string_view file, std::string_view line) {
        if (now_ < from_ || now_ > to_) return;
        std::string& text = texts_[fmt::format("{}/{}", scenario_.world.machines[machine].name, file)];
        text.append(line).append("\n");
      }) {}

void LogFiles::on_trace(const TraceEvent& event) {
  now_ = event.at;
  logs_.on_trace(event);
}

Result<void> LogFiles::write(const std::string& directory) const {
  const std::string folder = scenario_.variant.empty() ? directory : fmt::format("{}/{}", directory, scenario_.variant);
  for (const auto& [path, text] : texts_) {
    if (auto written = reports::write_file_atomically(fmt::format("{}/{}", folder, path), text); !written)
      return written;
  }
  return {};
}

}  // namespace simcluster::tools
