#include "sim/checks/panel.h"

#include <algorithm>
#include <utility>

#include "engine/membership/corosync_conf.h"
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
    for (const auto& place : world_.find_address(address))
      places.push_back({place.machine, place.carrier, place.answers});
    return places;
  }
  std::string machine_name(NodeIndex machine) const override { return world_.machine(machine).name(); }
  std::optional<std::vector<std::vector<NodeIndex>>> groups() const override { return world_.ring_groups(); }
  Time ways_known_from() const override { return world_.ways_known_from(); }
  std::vector<Manager> managers() const override {
    std::vector<Manager> all;
    for (std::size_t i = 0; i < world_.machine_count(); ++i) {
      const NodeIndex index(static_cast<NodeIndex::rep>(i));
      const auto view = world_.machine(index).manager();
      if (view) all.push_back({index, view->state, view->is_dc, view->dc, view->members, view->cib});
    }
    return all;
  }
  std::vector<StorageUse> storage_uses() const override { return world_.storage_uses(); }

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
    case TraceKind::kOperator:
    case TraceKind::kMembershipChange:
    case TraceKind::kStorageMounted:
    case TraceKind::kStorageUnmounted:
      return true;
    default:
      return false;
  }
}

// A node whose rings are all FAULTY may be heard by nobody any more (RR-16).
bool marks_ring(const TraceEvent& event) {
  return event.kind == TraceKind::kLog && field_text(event, "text").starts_with("[TOTEM ] Marking ");
}

// M 20.2: a ring is lost after the token's timeout and formed again a consensus timeout later (B-2); where several
// nodes or partitions come together, some of that comes more than once. Links of Corosync 3 are up after three pongs
// (B-5), and a young link that is dead is found out ten times as late as an old one (KN-6).
Duration reformation_bound(const membership::TotemTimers& timers, std::size_t nodes, bool links) {
  const auto ms = [](std::uint64_t count) { return milliseconds(static_cast<std::int64_t>(count)); };
  return ms(6ULL * timers.token + 5ULL * timers.consensus + nodes * timers.merge) +
         (links ? ms(6ULL * timers.token) : Duration{}) + seconds(2);
}

Watch watch_for(const World& world, WatchedCluster watched) {
  Watch watch;
  watch.configuration = std::move(watched.configuration);
  watch.services = std::move(watched.services);
  Duration bound;
  for (std::size_t i = 0; i < world.machine_count(); ++i) {
    const MachineSpec& spec = world.machine(NodeIndex(static_cast<NodeIndex::rep>(i))).spec();
    if (!spec.cluster) continue;
    const auto conf = membership::parse_corosync_conf(spec.corosync_conf, "corosync.conf", spec.profile);
    if (!conf) continue;
    if (conf->quorum.two_node.value_or(false)) watch.both_sides_quorate = true;
    const bool links = membership::effective_transport(*conf, spec.profile) == membership::TransportKind::kKnet;
    if (const auto timers = membership::totem_timers(*conf, spec.profile))
      bound = std::max(bound, reformation_bound(*timers, world.machine_count(), links));
  }
  if (bound.ns > 0) watch.reformation = bound;
  return watch;
}

bool has_traffic(const World& world) {
  for (std::size_t i = 0; i < world.machine_count(); ++i)
    if (world.machine(NodeIndex(static_cast<NodeIndex::rep>(i))).spec().traffic) return true;
  return false;
}

}  // namespace

Panel::Panel(World& world, WatchedCluster watched, ConfigurationReader reader)
    : world_(world),
      reader_(std::move(reader)),
      watch_(watch_for(world, std::move(watched))),
      truth_(std::make_unique<WorldTruth>(world)),
      judges_(make_judges(watch_)),
      reported_(judges_.size(), 0),
      meter_(watch_.services, watch_.configuration.single),
      run_meter_(watch_.configuration.single) {
  world_.tracer().add_sink(*this, has_traffic(world) ? trace_kind_level(TraceKind::kMessageDelivered) : kPanelLevel);
}

Panel::~Panel() { world_.tracer().remove_sink(*this); }

void Panel::on_trace(const TraceEvent& event) {
  if (event.kind == TraceKind::kCheckViolation) return;
  if (event.kind == TraceKind::kTransitionStart && reader_) read_configuration(event);
  run_meter_.on_event(event);
  if (meter_.on_event(event)) run_meter_.on_services(meter_.measures(), event.at);
  diagnosis_.on_event(*truth_, event);
  for (const auto& judge : judges_) judge->on_event(*truth_, event, acting_);
  if (settling_ || (!changes_truth(event.kind) && !marks_ring(event) && !something_new())) return;
  settling_ = true;
  world_.at(world_.now(), [this] { settle(); });
}

void Panel::read_configuration(const TraceEvent& event) {
  auto now = reader_(event.node);
  if (!now) return;
  watch_.services = std::move(now->services);
  watch_.configuration = std::move(now->configuration);
  meter_.on_configuration(watch_.services, watch_.configuration.single, event.at);
  run_meter_.on_configuration(watch_.configuration.single);
  for (const auto& judge : judges_) judge->on_configuration(watch_);
}

void Panel::settle() {
  settling_ = false;
  meter_.settle(*truth_, world_.now());
  run_meter_.on_services(meter_.measures(), world_.now());
  for (const auto& judge : judges_) judge->on_settled(*truth_, world_.now());
  report_new();
}

void Panel::finish() {
  settle();
  meter_.finish(world_.now());
  for (const auto& judge : judges_) judge->on_end(*truth_, world_.now());
  report_new();
}

bool Panel::something_new() const {
  for (std::size_t i = 0; i < judges_.size(); ++i)
    if (reported_[i] < judges_[i]->findings().size()) return true;
  return false;
}

// Findings go into the trace when the instant is over, so that the story tells them after their cause.
void Panel::report_new() {
  for (const auto& [node, text] : diagnosis_.take()) world_.tracer().emit(node, TraceKind::kNote, {{"text", text}});
  for (std::size_t i = 0; i < judges_.size(); ++i)
    for (; reported_[i] < judges_[i]->findings().size(); ++reported_[i]) {
      const Finding& finding = judges_[i]->findings()[reported_[i]];
      world_.tracer().emit(finding.node, TraceKind::kCheckViolation,
                           {{"judge", judges_[i]->name()}, {"text", finding.text}});
    }
}

}  // namespace simcluster::sim
