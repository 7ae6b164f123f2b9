#include "tools/simcluster/log_files.h"

#include <utility>

#include <fmt/core.h>

#include "reports/atomic_file.h"
#include "sim/scenario/records.h"

namespace simcluster::tools {

LogFiles::LogFiles(const sim::Scenario& scenario)
    : scenario_(scenario),
      logs_(sim::logging_machines(scenario), [this](std::size_t machine, std::string_view file, std::string_view line) {
        std::string& text = texts_[fmt::format("{}/{}", scenario_.world.machines[machine].name, file)];
        text.append(line).append("\n");
      }) {}

Result<void> LogFiles::write(const std::string& directory) const {
  const std::string folder = scenario_.variant.empty() ? directory : fmt::format("{}/{}", directory, scenario_.variant);
  for (const auto& [path, text] : texts_) {
    if (auto written = reports::write_file_atomically(fmt::format("{}/{}", folder, path), text); !written)
      return written;
  }
  return {};
}

}  // namespace simcluster::tools
