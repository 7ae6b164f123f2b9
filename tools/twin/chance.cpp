#include "tools/twin/chance.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace simcluster::twin {

namespace {

constexpr std::string_view kCertain = "1000000";  // of a million frames

std::string_view loss_of(const sim::TimelineItem& item) {
  for (const auto& [key, value] : item.said.parameters)
    if (key == "loss") return value;
  return {};
}

}  // namespace

std::vector<bool> left_to_chance(const sim::Scenario& scenario, Duration settled) {
  std::vector<const sim::TimelineItem*> items;
  for (const auto& item : scenario.timeline)
    if (item.said.name != "note" && item.said.name != "screen") items.push_back(&item);
  std::ranges::stable_sort(items, {}, [](const auto* item) { return item->moment.at; });
  std::vector<bool> chance{false};
  bool lossy = false, unsettled = false;
  std::optional<Duration> last, pulled;
  for (const auto* item : items) {
    const Duration at = item->moment.at;
    if (last != at) {
      if (last && !lossy && at - *last >= settled) unsettled = false;
      chance.push_back(false);
    }
    last = at;
    if (const auto loss = loss_of(*item); !loss.empty()) lossy = loss != "0" && loss != kCertain;
    if (item->said.name == "pull-cable") pulled = at;
    if (item->said.name == "plug-cable" && pulled && at - *pulled < seconds(1)) unsettled = true;
    unsettled = unsettled || lossy;
    chance.back() = unsettled;
  }
  return chance;
}

}  // namespace simcluster::twin
