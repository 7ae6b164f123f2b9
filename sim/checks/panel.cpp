#include "sim/checks/panel.h"

#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

// Levels 0 and 1 have all that the judges look at.
constexpr int kPanelLevel = 1;

class WorldTruth final : public Truth {
 public:
  explicit WorldTruth(const World& world) : world_(world) {}
  std::vector<Place> places(const IpAddress& address) const override {
    std::vector<Place> places;
    for (const auto& place : world_.find_address(address)) places.push_back({place.machine, place.carrier});
    return places;
  }
  std::string machine_name(NodeIndex machine) const override { return world_.machine(machine).name(); }

 private:
  const World& world_;
};

// Nothing else changes where an address can be reached.
bool changes_truth(TraceKind kind) {
  switch (kind) {
    case TraceKind::kNodeBoot:
    case TraceKind::kNodeReset:
    case TraceKind::kNodeCrash:
    case TraceKind::kNodeStop:
    case TraceKind::kInterfaceUp:
    case TraceKind::kInterfaceDown:
    case TraceKind::kCarrierLost:
    case TraceKind::kCarrierFound:
    case TraceKind::kAddressAdded:
    case TraceKind::kAddressRemoved:
    case TraceKind::kFault:
      return true;
    default:
      return false;
  }
}

}  // namespace

Panel::Panel(World& world, const std::vector<WatchedService>& services)
    : world_(world),
      truth_(std::make_unique<WorldTruth>(world)),
      judges_(make_judges(services)),
      reported_(judges_.size(), 0),
      meter_(services) {
  world_.tracer().add_sink(*this, kPanelLevel);
}

Panel::~Panel() { world_.tracer().remove_sink(*this); }

void Panel::on_trace(const TraceEvent& event) {
  if (event.kind == TraceKind::kCheckViolation) return;
  for (const auto& judge : judges_) judge->on_event(*truth_, event, acting_);
  if (settling_ || (!changes_truth(event.kind) && !something_new())) return;
  settling_ = true;
  world_.at(world_.now(), [this] { settle(); });
}

void Panel::settle() {
  settling_ = false;
  meter_.settle(*truth_, world_.now());
  for (const auto& judge : judges_) judge->on_settled(*truth_, world_.now());
  report_new();
}

void Panel::finish() {
  settle();
  meter_.finish(world_.now());
}

bool Panel::something_new() const {
  for (std::size_t i = 0; i < judges_.size(); ++i)
    if (reported_[i] < judges_[i]->findings().size()) return true;
  return false;
}

// Findings go into the trace when the instant is over, so that the story tells them after their cause.
void Panel::report_new() {
  for (std::size_t i = 0; i < judges_.size(); ++i)
    for (; reported_[i] < judges_[i]->findings().size(); ++reported_[i]) {
      const Finding& finding = judges_[i]->findings()[reported_[i]];
      world_.tracer().emit(finding.node, TraceKind::kCheckViolation,
                           {{"judge", judges_[i]->name()}, {"text", finding.text}});
    }
}

}  // namespace simcluster::sim
