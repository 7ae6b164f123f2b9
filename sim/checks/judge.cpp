#include "sim/checks/judge.h"

#include <array>
#include <charconv>

#include "sim/checks/delivery_judges.h"
#include "sim/checks/manager_judges.h"
#include "sim/checks/resource_judges.h"
#include "sim/checks/ring_judges.h"
#include "sim/checks/service_judges.h"
#include "sim/checks/storage_judges.h"

namespace simcluster::sim {

namespace {

constexpr std::array<std::string_view, 20> kNames = {"two-actives",
                                                     "false-failure",
                                                     "needless-recovery",
                                                     "two-active-resources",
                                                     "start-before-fencing",
                                                     "start-before-unfencing",
                                                     "order",
                                                     "colocation",
                                                     "double-mount",
                                                     "equal-replicas",
                                                     "one-dc",
                                                     "progress",
                                                     "ring-agreement",
                                                     "configuration-change",
                                                     "quorum-overlap",
                                                     "reformation",
                                                     "self-delivery",
                                                     "message-order",
                                                     "message-gaps",
                                                     "virtual-synchrony"};

}  // namespace

std::string field_text(const TraceEvent& event, std::string_view name) {
  for (const TraceField& field : event.fields)
    if (field.name == name) return field.is_number ? std::to_string(field.number) : std::string(field.text);
  return {};
}

std::int64_t field_number(const TraceEvent& event, std::string_view name) {
  for (const TraceField& field : event.fields)
    if (field.name == name && field.is_number) return field.number;
  return 0;
}

std::vector<std::uint32_t> field_ids(const TraceEvent& event, std::string_view name) {
  std::vector<std::uint32_t> ids;
  for (const TraceField& field : event.fields) {
    if (field.name != name) continue;
    std::string_view rest = field.text;
    while (!rest.empty()) {
      std::uint32_t id = 0;
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), id);
      if (error == std::errc()) ids.push_back(id);
      const auto blank = rest.find(' ');
      rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
    }
  }
  return ids;
}

bool ends_life(TraceKind kind) {
  return kind == TraceKind::kNodeReset || kind == TraceKind::kNodeCrash || kind == TraceKind::kNodeStop;
}

std::span<const std::string_view> judge_names() { return kNames; }

std::vector<std::unique_ptr<Judge>> make_judges(const Watch& watch) {
  std::vector<std::unique_ptr<Judge>> judges;
  judges.push_back(std::make_unique<TwoActives>(watch.services));
  judges.push_back(std::make_unique<FalseFailure>(watch.services));
  judges.push_back(std::make_unique<NeedlessRecovery>(watch.services, watch.configuration));
  judges.push_back(std::make_unique<TwoActiveResources>(watch.configuration.single, watch.services));
  judges.push_back(std::make_unique<StartBeforeFencing>(watch.configuration.single));
  judges.push_back(std::make_unique<StartBeforeUnfencing>(watch.configuration.unfenced));
  judges.push_back(std::make_unique<OrderInReality>(watch.configuration.orders));
  judges.push_back(std::make_unique<ColocationInReality>(watch.configuration.colocations));
  judges.push_back(std::make_unique<DoubleMount>());
  judges.push_back(std::make_unique<EqualReplicas>());
  judges.push_back(std::make_unique<OneDc>());
  judges.push_back(std::make_unique<Progress>());
  judges.push_back(std::make_unique<RingAgreement>());
  judges.push_back(std::make_unique<ConfigurationChange>());
  judges.push_back(std::make_unique<QuorumOverlap>(watch.both_sides_quorate));
  judges.push_back(std::make_unique<Reformation>(watch.reformation));
  judges.push_back(std::make_unique<SelfDelivery>(watch.reformation));
  judges.push_back(std::make_unique<MessageOrder>());
  judges.push_back(std::make_unique<MessageGaps>());
  judges.push_back(std::make_unique<VirtualSynchrony>());
  return judges;
}

}  // namespace simcluster::sim
