#include "tools/twin/recording.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

namespace simcluster::twin {

namespace {

constexpr std::string_view kScenario = "scenario ";
constexpr std::string_view kVersion = "package ";
constexpr std::string_view kCommand = "$ ";
constexpr std::string_view kRun = "run ";

constexpr std::array<char, 4> kMarks = {'!', ':', '|', '<'};

std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

// "15.003 node3 ! power_off node3"
bool parse_line(std::string_view text, Line& line) {
  const std::string_view time = next_word(text);
  const auto dot = time.find('.');
  if (dot == std::string_view::npos || time.size() != dot + 4) return false;
  std::int64_t whole = 0;
  std::int64_t part = 0;
  const auto number = [](std::string_view digits, std::int64_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  if (!number(time.substr(0, dot), whole) || !number(time.substr(dot + 1), part)) return false;
  line.ms = whole * 1000 + part;
  line.node = next_word(text);
  const std::string_view mark = next_word(text);
  const auto kind = mark.size() == 1 ? std::find(kMarks.begin(), kMarks.end(), mark[0]) : kMarks.end();
  if (kind == kMarks.end()) return false;
  line.kind = static_cast<Line::Kind>(kind - kMarks.begin());
  line.text = text;
  return true;
}

}  // namespace

void sort_lines(Lines& run) {
  std::stable_sort(run.begin(), run.end(), [](const Line& a, const Line& b) { return a.ms < b.ms; });
}

std::string write_recording(const Recording& recording) {
  std::string text = fmt::format("{}{}\n", kScenario, recording.scenario);
  for (const auto& version : recording.versions) text += fmt::format("{}{}\n", kVersion, version);
  for (std::string_view rest = recording.script; !rest.empty();)
    text += fmt::format("{}{}\n", kCommand, next_line(rest));
  for (std::size_t i = 0; i < recording.runs.size(); ++i) {
    text += fmt::format("{}{}\n", kRun, i + 1);
    for (const Line& line : recording.runs[i])
      text += fmt::format("{:5}.{:03} {} {}{}{}\n", line.ms / 1000, line.ms % 1000, line.node,
                          kMarks[static_cast<std::size_t>(line.kind)], line.text.empty() ? "" : " ", line.text);
  }
  return text;
}

Result<Recording> parse_recording(std::string_view text, const std::string& path) {
  Recording recording;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = next_line(text);
    const auto after = [&](std::string_view prefix) { return std::string(line.substr(prefix.size())); };
    Line seen;
    if (line.starts_with(kScenario)) {
      recording.scenario = after(kScenario);
    } else if (line.starts_with(kVersion)) {
      recording.versions.push_back(after(kVersion));
    } else if (line.starts_with(kCommand)) {
      recording.script += after(kCommand) + "\n";
    } else if (line.starts_with(kRun)) {
      recording.runs.emplace_back();
    } else if (!recording.runs.empty() && parse_line(line, seen)) {
      recording.runs.back().push_back(std::move(seen));
    } else {
      return fail("this is no line of a recording", SourcePlace{path, number, 1});
    }
  }
  if (recording.runs.empty()) return fail("the recording has no run", SourcePlace{path, 1, 1});
  return recording;
}

}  // namespace simcluster::twin
