#include "sim/scenario/records.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/core.h>

#include "engine/base/time_text.h"
#include "sim/kernel/kernel.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

constexpr std::int64_t kSecondsOfDay = 86'400;
constexpr std::size_t kStampLength = 15;  // "Dec  1 17:16:45"

// Seconds since the year began, counting every month as one of 31 days: enough to compare.
std::optional<std::int64_t> stamp_rank(std::string_view line) {
  static constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (line.size() < kStampLength) return std::nullopt;
  const auto month = std::find(kMonths.begin(), kMonths.end(), line.substr(0, 3));
  const auto number = [&](std::size_t at) {
    int value = 0;
    const std::size_t from = line[at] == ' ' ? at + 1 : at;
    const auto read = std::from_chars(line.data() + from, line.data() + at + 2, value);
    return read.ec == std::errc() && read.ptr == line.data() + at + 2 ? value : -1;
  };
  const std::array<int, 4> parts = {number(4), number(7), number(10), number(13)};
  if (month == kMonths.end() || std::ranges::any_of(parts, [](int part) { return part < 0; })) return std::nullopt;
  const std::int64_t days = (month - kMonths.begin()) * 31 + parts[0];
  return days * kSecondsOfDay + parts[1] * 3600 + parts[2] * 60 + parts[3];
}

std::int64_t rank_of(Time at) { return stamp_rank(ctime_text(at).substr(4, kStampLength)).value_or(0); }

// How long before `now` a stamp was, on the scale of ranks.
std::int64_t age(std::int64_t rank, std::int64_t now) {
  constexpr std::int64_t kYear = 12 * 31 * kSecondsOfDay;
  return rank <= now ? now - rank : now - rank + kYear;
}

template <class Take>
void for_each_line(std::string_view text, const Take& take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    take(text.substr(0, end));
    text.remove_prefix(end);
  }
}

}  // namespace

std::vector<reports::LoggingMachine> logging_machines(const Scenario& scenario) {
  std::vector<reports::LoggingMachine> machines;
  for (const MachineSpec& machine : scenario.world.machines) machines.push_back({machine.name, machine.profile});
  for (std::size_t i = 0; i < std::min(machines.size(), scenario.story.watch.size()); ++i)
    machines[i].watch = scenario.story.watch[i];
  return machines;
}

bool needs_records(const Scenario& scenario) {
  return std::ranges::any_of(scenario.timeline, [](const TimelineItem& item) { return item.action->needs_records(); });
}

DiskLogs::DiskLogs(const Scenario& scenario, World& world)
    : logs_(logging_machines(scenario), [&world](std::size_t index, std::string_view file, std::string_view line) {
        Machine& machine = world.machine(NodeIndex(static_cast<NodeIndex::rep>(index)));
        machine.kernel().files().append(log_path(machine.spec().profile, file), std::string(line) + "\n");
      }) {}

std::string log_path(const Profile& profile, std::string_view file) {
  if (file == "pacemaker.log" && profile.daemons_renamed) return "/var/log/pacemaker/pacemaker.log";
  if (file == "corosync.log") return "/var/log/cluster/corosync.log";
  return fmt::format("/var/log/{}", file);
}

std::string lines_of_time(std::string_view log, Time from, Time to) {
  const std::int64_t last = rank_of(to);
  const std::int64_t longest = age(rank_of(from), last);
  std::string lines;
  bool within = false;
  for_each_line(log, [&](std::string_view line) {
    // A line without a stamp belongs to the one before.
    if (const auto rank = stamp_rank(line)) within = age(*rank, last) <= longest;
    if (within) lines += line;
  });
  return lines;
}

std::string merged_by_time(const std::vector<std::string>& logs, Time now) {
  struct Line {
    std::int64_t age;
    std::string_view text;
  };
  std::vector<Line> lines;
  for (const std::string& log : logs)
    for_each_line(log, [&](std::string_view text) {
      const auto rank = stamp_rank(text);
      lines.push_back({rank ? age(*rank, rank_of(now)) : lines.empty() ? 0 : lines.back().age, text});
    });
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.age > b.age; });
  std::string merged;
  for (const Line& line : lines) merged += line.text;
  return merged;
}

}  // namespace simcluster::sim
