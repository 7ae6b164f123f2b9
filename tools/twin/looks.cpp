#include "tools/twin/looks.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "sim/faults/machine_action.h"
#include "sim/scenario/screen.h"

namespace simcluster::twin {

namespace {

constexpr Duration kSettled = seconds(4);
constexpr Duration kBefore = seconds(1);

class Look final : public sim::MachineAction {
 public:
  explicit Look(const std::string& machine) { node_ = machine; }
  void describe(sim::Fields&) override {}
  TraceKind kind() const override { return TraceKind::kScreen; }
  std::string text() const override { return kLook; }
  Result<void> apply_to(sim::World& world, sim::Machine& machine) const override {
    // Nobody can type anything there, or nobody answers.
    if (machine.power() != sim::PowerState::kUp || machine.standing_still()) return emit(world, machine, {});
    const auto output = sim::screen_text(world, machine, kLook);
    return output ? emit(world, machine, *output) : tl::unexpected<Error>(output.error());
  }

 private:
  static Result<void> emit(sim::World& world, const sim::Machine& machine, const std::string& text) {
    world.tracer().emit(machine.index(), TraceKind::kScreen, {{"command", kLook}, {"text", text}});
    return {};
  }
};

// Without the date; and each daemon has its own words for not being there.
std::string comparable(const std::string& line) {
  if (line.starts_with("Date: ")) return "Date:             -";
  if (line.starts_with("clusterctl: clusterd does not answer")) return "Cannot initialize CMAP service";
  return line;
}

// "Ring ID:          1.16": the sequence number is left out.
std::string without_sequence(const std::string& text) {
  const auto begin = text.find("Ring ID: ");
  if (begin == std::string::npos) return text;
  const auto number = text.find_first_of("./", begin);
  const auto end = text.find('\n', begin);
  return number < end ? text.substr(0, number) + text.substr(end) : text;
}

// By node and command, in order.
using Screens = std::map<std::pair<std::string, std::string>, std::vector<std::string>>;

Screens screens_of(const Lines& run) {
  constexpr std::string_view kScreen = "screen ";
  Screens screens;
  std::string* screen = nullptr;
  const std::string* node = nullptr;
  for (const Line& line : run) {
    if (line.kind == Line::Kind::kOutput && screen != nullptr && *node == line.node) {
      if (!line.text.starts_with("(exit status ")) *screen += comparable(line.text) + "\n";
      continue;
    }
    if (line.kind != Line::Kind::kDone) continue;
    screen = nullptr;
    const std::string begin = fmt::format("{}{} corosync-", kScreen, line.node);
    if (!line.text.starts_with(begin)) continue;
    auto& list = screens[{line.node, line.text.substr(kScreen.size() + line.node.size() + 1)}];
    screen = &list.emplace_back();
    node = &line.node;
  }
  return screens;
}

}  // namespace

std::vector<Duration> look_times(const sim::Scenario& scenario) {
  std::vector<Duration> deeds;
  for (const auto& item : scenario.timeline)
    if (item.said.name != "note") deeds.push_back(item.moment.at);
  std::ranges::stable_sort(deeds);
  std::vector<Duration> times;
  Duration last;
  for (const Duration at : deeds) {
    if (at - last > kSettled) times.push_back(at - kBefore);
    last = at;
  }
  times.push_back(scenario.until);
  return times;
}

sim::Scenario with_looks(sim::Scenario scenario) {
  for (const Duration at : look_times(scenario))
    for (const auto& machine : scenario.world.machines) {
      if (!machine.cluster) continue;
      sim::TimelineItem item;
      item.moment.at = at;
      item.action = std::make_shared<Look>(machine.name);
      item.said.name = "note";  // nothing is done
      item.place = scenario.place;
      scenario.timeline.push_back(std::move(item));
    }
  return scenario;
}

void compare_looks(const Recording& recording, const Lines& simulated, bool only_last, Comparison& result) {
  std::vector<Screens> real;
  for (const Lines& run : recording.runs) real.push_back(screens_of(run));
  std::size_t same = 0, renumbered = 0;
  for (const auto& [key, mine] : screens_of(simulated))
    for (std::size_t i = only_last ? mine.size() - 1 : 0; i < mine.size(); ++i) {
      std::set<std::string> theirs;
      for (const Screens& run : real)
        if (const auto at = run.find(key); at != run.end() && i < at->second.size()) theirs.insert(at->second[i]);
      if (theirs.empty()) continue;  // recorded before there was such a screen
      if (theirs.contains(mine[i])) {
        ++same;
        continue;
      }
      if (std::ranges::any_of(theirs,
                              [&](const auto& t) { return without_sequence(t) == without_sequence(mine[i]); })) {
        ++renumbered;
        continue;
      }
      result.good = false;
      result.rows.push_back({fmt::format("{}, time {}", key.second, i + 1), key.first, *theirs.begin(), mine[i], "", "",
                             "", "another text", false});
    }
  if (same + renumbered == 0) return;
  result.rows.push_back(
      {"screens of Corosync's tools", "all", fmt::format("{} screens", same + renumbered),
       renumbered == 0 ? "the same" : fmt::format("the same, {} with another ring number", renumbered), "", "", "",
       "yes", true});
}

}  // namespace simcluster::twin
