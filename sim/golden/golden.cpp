#include "sim/golden/golden.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "reports/atomic_file.h"
#include "reports/diff.h"

namespace simcluster::sim {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kEnding = ".txt";

// scenarios/a/b.yaml -> golden/a/b; anything else: golden/b beside the file.
fs::path base_of(const fs::path& scenario, const std::string& root) {
  const fs::path stem = scenario.parent_path() / scenario.stem();
  fs::path before;
  auto part = stem.begin();
  for (; part != stem.end() && *part != "scenarios"; ++part) before /= *part;
  if (part == stem.end()) return (root.empty() ? scenario.parent_path() / "golden" : fs::path(root)) / stem.filename();
  fs::path base = root.empty() ? before / "golden" : fs::path(root);
  for (++part; part != stem.end(); ++part) base /= *part;
  return base;
}

// The first line in which two texts differ, of each.
std::pair<std::string, std::string> first_difference(std::string_view a, std::string_view b) {
  const auto take = [](std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
  };
  while (!a.empty() || !b.empty()) {
    const auto line_a = take(a);
    const auto line_b = take(b);
    if (line_a != line_b) return {std::string(line_a), std::string(line_b)};
  }
  return {};
}

int digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

GoldenFiles::GoldenFiles(const ScenarioFile& file, const std::string& root)
    : base_(base_of(fs::path(file.path), root).lexically_normal().generic_string()),
      folder_(!file.variants.front().variant.empty()) {}

std::string GoldenFiles::path(const Scenario& scenario) const {
  return (folder_ ? base_ + "/" + scenario.variant : base_) + std::string(kEnding);
}

std::string GoldenFiles::table_path() const { return base_ + "/table.txt"; }

std::optional<std::string> GoldenFiles::read(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  return std::string((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
}

Result<bool> GoldenFiles::update(const std::string& path, const std::string& text) {
  if (read(path) == text) return false;
  if (auto written = reports::write_file_atomically(path, text); !written) return tl::unexpected(written.error());
  return true;
}

std::vector<std::string> GoldenFiles::leftovers(const ScenarioFile& file) const {
  std::vector<std::string> found;
  std::error_code error;
  if (!folder_ || !fs::is_directory(base_, error)) return found;
  std::set<std::string> known = {fs::path(table_path()).filename().generic_string()};
  for (const auto& scenario : file.variants) known.insert(fs::path(path(scenario)).filename().generic_string());
  for (const auto& entry : fs::directory_iterator(base_, error))
    if (entry.path().extension() == kEnding && !known.contains(entry.path().filename().generic_string()))
      found.push_back(entry.path().generic_string());
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<GoldenDifference> compare_golden(const std::string& path, const std::string& golden,
                                               const std::string& actual) {
  if (golden == actual) return std::nullopt;
  auto [expected_line, actual_line] = first_difference(golden, actual);
  return GoldenDifference{reports::unified_diff(golden, actual, path, "this run"), std::move(expected_line),
                          std::move(actual_line)};
}

std::optional<Duration> time_of_line(std::string_view line) {
  std::int64_t days = 0;
  if (const auto d = line.find("d "); d != std::string_view::npos && d < 5) {
    days = digits(line, 0, d);
    line.remove_prefix(d + 2);
  }
  const int hour = digits(line, 0, 2);
  const int minute = digits(line, 3, 2);
  const int second = digits(line, 6, 2);
  const int milli = digits(line, 9, 3);
  if (days < 0 || hour < 0 || minute < 0 || second < 0 || milli < 0) return std::nullopt;
  return hours(days * 24 + hour) + minutes(minute) + seconds(second) + milliseconds(milli);
}

}  // namespace simcluster::sim
