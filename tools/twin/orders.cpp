#include "tools/twin/orders.h"

#include <algorithm>
#include <map>
#include <string_view>

#include <fmt/core.h>

namespace simcluster::twin {

namespace {

constexpr std::string_view kResult = "Result of ";
constexpr std::string_view kOperation = " operation for ";
constexpr std::string_view kPeer = "Peer ";
constexpr std::string_view kBefore = " < ";

struct Done {
  std::int64_t ms = 0;
  std::size_t times = 0;
};

}  // namespace

std::string action_name(const std::string& text) {
  if (text.starts_with(kPeer)) return "fence " + text.substr(kPeer.size(), text.find(' ', kPeer.size()) - kPeer.size());
  const auto middle = text.find(kOperation);
  const auto end = text.find(':');
  // The end of a recurring operation is no action of a graph.
  if (!text.starts_with(kResult) || middle == std::string::npos || text.ends_with(": Cancelled")) return {};
  const auto object = middle + kOperation.size();
  return fmt::format("{} {}", text.substr(kResult.size(), middle - kResult.size()), text.substr(object, end - object));
}

OrderCheck check_orders(const std::set<std::string>& orders, const Phase& phase) {
  std::map<std::string, Done> done;
  for (const auto& [node, events] : phase.events)
    for (const Event& event : events) {
      const std::string name = event.change == Change::kAction ? action_name(event.text) : std::string();
      if (name.empty()) continue;
      auto [at, fresh] = done.try_emplace(name, Done{event.ms, 0});
      at->second.ms = std::min(at->second.ms, event.ms);
      // Every node reports a fencing.
      if (fresh || !event.text.starts_with(kPeer)) ++at->second.times;
    }
  OrderCheck check;
  for (const std::string& order : orders) {
    const auto mark = order.find(kBefore);
    if (mark == std::string::npos) continue;
    const auto before = done.find(order.substr(0, mark));
    const auto after = done.find(order.substr(mark + kBefore.size()));
    if (before == done.end() || after == done.end()) continue;
    if (before->second.times != 1 || after->second.times != 1) continue;
    ++check.checked;
    if (after->second.ms < before->second.ms) check.broken.push_back(order);
  }
  return check;
}

}  // namespace simcluster::twin
