#include "tools/simcluster/inputs.h"

#include <algorithm>
#include <filesystem>

#include <fmt/core.h>

#include "sim/scenario/loader.h"
#include "tools/simcluster/options.h"

namespace simcluster::tools {

namespace fs = std::filesystem;

namespace {

bool is_scenario(const fs::path& path) {
  const std::string name = path.filename().generic_string();
  return (name.ends_with(".yaml") || name.ends_with(".yml")) && name.find(".inc.") == std::string::npos;
}

}  // namespace

Result<std::vector<std::string>> scenario_paths(const std::vector<std::string>& named) {
  std::vector<std::string> paths;
  for (const auto& name : named) {
    std::error_code error;
    if (!fs::exists(name, error)) return fail(fmt::format("the file or folder \"{}\" does not exist", name));
    if (!fs::is_directory(name, error)) {
      paths.push_back(name);
      continue;
    }
    std::vector<std::string> below;
    for (const auto& entry : fs::recursive_directory_iterator(name, error))
      if (entry.is_regular_file() && is_scenario(entry.path())) below.push_back(entry.path().generic_string());
    if (below.empty()) return fail(fmt::format("there is no scenario (*.yaml) in \"{}\"", name));
    std::sort(below.begin(), below.end());
    paths.insert(paths.end(), below.begin(), below.end());
  }
  return paths;
}

std::vector<sim::ScenarioFile> load_all(const std::vector<std::string>& paths, int& unusable) {
  std::vector<sim::ScenarioFile> files;
  for (const auto& path : paths) {
    auto file = sim::load_scenario(path);
    if (file) {
      files.push_back(std::move(*file));
    } else {
      input_error(file.error());
      ++unusable;
    }
  }
  return files;
}

}  // namespace simcluster::tools
