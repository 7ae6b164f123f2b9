#include "sim/checks/ring_judges.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace simcluster::sim {

namespace {

using Ids = std::vector<std::uint32_t>;

bool holds(const Ids& ids, std::uint32_t id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); }

Ids sorted(Ids ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

Ids without(const Ids& all, const Ids& some) {
  Ids rest;
  for (const std::uint32_t id : all)
    if (!holds(some, id)) rest.push_back(id);
  return sorted(rest);
}

std::string text_of(const Ids& ids) { return ids.empty() ? "nobody" : fmt::format("{}", fmt::join(ids, " ")); }

}  // namespace

bool on_loopback(const TraceEvent& event) { return field_text(event, "ring").starts_with("127."); }

// --- Calm ------------------------------------------------------------------------------------------------------------

void Calm::look(const Truth& truth, Time now) {
  auto groups = truth.groups();
  const Time known = truth.ways_known_from();
  if (groups == groups_ && known == ways_known_from_) return;
  groups_ = std::move(groups);
  ways_known_from_ = known;
  since_ = std::max(now, known);
}

// --- RingAgreement ---------------------------------------------------------------------------------------------------

void RingAgreement::on_event(const Truth& truth, const TraceEvent& event, bool) {
  const bool power_cut = event.kind == TraceKind::kNodeReset ||
                         (event.kind == TraceKind::kNodeStop && field_text(event, "what") == "power off");
  if (power_cut) forget_unwritten(sequences_[event.node], event.at);
  if (event.kind != TraceKind::kMembershipChange || on_loopback(event)) return;
  const std::string ring = field_text(event, "ring");
  const Ids members = sorted(field_ids(event, "members"));
  const std::string text = text_of(members);
  const auto [known, fresh] = rings_.try_emplace(ring, Ring{text, event.node});
  if (!fresh && known->second.members != text)
    found(event.at, event.node,
          fmt::format("ring {} has the members {} here and {} on {}", ring, text, known->second.members,
                      truth.machine_name(known->second.first)));
  const auto self = static_cast<std::uint32_t>(std::stoul("0" + field_text(event, "self")));
  if (!holds(members, self))
    found(event.at, event.node, fmt::format("ring {} is installed without the node itself, {}", ring, self));
  const auto representative = static_cast<std::uint32_t>(field_number(event, "representative"));
  const bool ids_are_identity = ring.find(':') == std::string::npos;
  if (!holds(members, representative) || (ids_are_identity && representative != members.front()))
    found(event.at, event.node, fmt::format("ring {} of {} is represented by {}", ring, text, representative));
  auto& sequences = sequences_[event.node];
  const std::int64_t sequence = field_number(event, "sequence");
  if (!sequences.empty() && sequence <= sequences.back().second)
    found(event.at, event.node, fmt::format("ring sequence {} follows {}", sequence, sequences.back().second));
  sequences.emplace_back(event.at, sequence);
}

void RingAgreement::forget_unwritten(std::vector<std::pair<Time, std::int64_t>>& sequences, Time now) {
  constexpr Duration kOnTheDisk = milliseconds(50);  // a write takes a few milliseconds and waits for those before it
  while (!sequences.empty() && now - sequences.back().first < kOnTheDisk) sequences.pop_back();
}

// --- ConfigurationChange ---------------------------------------------------------------------------------------------

void ConfigurationChange::on_event(const Truth&, const TraceEvent& event, bool) {
  if (ends_life(event.kind)) {
    members_.erase(event.node);
    return;
  }
  // What an interface report makes of the member list of Corosync up to 2 is nobody's promise (IF-4).
  if (event.kind == TraceKind::kLog && field_text(event, "text").find("The network interface ") != std::string::npos)
    members_.erase(event.node);
  if (event.kind != TraceKind::kMembershipChange) return;
  if (on_loopback(event)) {
    members_.erase(event.node);
    return;
  }
  const Ids members = sorted(field_ids(event, "members"));
  const auto known = members_.find(event.node);
  if (known != members_.end()) {
    const Ids& old = known->second;
    const Ids stay = sorted(field_ids(event, "transitional"));
    const std::string ring = field_text(event, "ring");
    for (const std::uint32_t id : stay)
      if (!holds(old, id) || !holds(members, id))
        found(event.at, event.node,
              fmt::format("{} goes over to ring {} without being in both configurations", id, ring));
    if (sorted(field_ids(event, "left")) != without(old, stay))
      found(event.at, event.node,
            fmt::format("ring {}: {} have left, but {} do not come along", ring, text_of(field_ids(event, "left")),
                        text_of(without(old, stay))));
    if (sorted(field_ids(event, "joined")) != without(members, stay))
      found(event.at, event.node,
            fmt::format("ring {}: {} have joined, but {} are new", ring, text_of(field_ids(event, "joined")),
                        text_of(without(members, stay))));
  }
  members_[event.node] = members;
}

// --- QuorumOverlap ---------------------------------------------------------------------------------------------------

void QuorumOverlap::on_event(const Truth& truth, const TraceEvent& event, bool) {
  if (ends_life(event.kind)) quorate_.erase(event.node);
  if (event.kind != TraceKind::kQuorum) return;
  if (field_number(event, "quorate") == 0) {
    quorate_.erase(event.node);
    return;
  }
  const Ids& mine = quorate_[event.node] = field_ids(event, "members");
  if (allowed_) return;
  for (const auto& [other, theirs] : quorate_) {
    const bool common = std::any_of(mine.begin(), mine.end(), [&](std::uint32_t id) { return holds(theirs, id); });
    if (common || mine.empty()) continue;
    found(event.at, event.node,
          fmt::format("the partition {} is quorate while {} sees the quorate partition {}", text_of(mine),
                      truth.machine_name(other), text_of(theirs)));
    return;
  }
}

// --- Reformation -----------------------------------------------------------------------------------------------------

void Reformation::on_event(const Truth& truth, const TraceEvent& event, bool) {
  judge(truth, event.at);
  if (ends_life(event.kind)) {
    views_.erase(event.node);
    calm_.forget();
  }
  if (event.kind != TraceKind::kMembershipChange) return;
  views_[event.node] = {static_cast<std::uint32_t>(std::stoul("0" + field_text(event, "self"))),
                        field_text(event, "ring"), sorted(field_ids(event, "members"))};
}

void Reformation::on_settled(const Truth& truth, Time now) {
  const Time before = calm_.since();
  calm_.look(truth, now);
  if (calm_.since() != before) told_ = false;
}

void Reformation::on_end(const Truth& truth, Time now) { judge(truth, now); }

void Reformation::judge(const Truth& truth, Time now) {
  if (told_ || !calm_.groups() || now - calm_.since() <= bound_) return;
  for (const auto& group : *calm_.groups()) {
    const std::string text = trouble(truth, group);
    if (text.empty()) continue;
    if (truth.groups() != calm_.groups()) return;  // it has just changed
    told_ = true;
    found(now, group.front(),
          fmt::format("{} ms after the network has come to rest {}", (now - calm_.since()).milliseconds(), text));
    return;
  }
}

std::string Reformation::trouble(const Truth& truth, const std::vector<NodeIndex>& group) const {
  Ids ids;
  for (const NodeIndex node : group) {
    if (!views_.contains(node)) return fmt::format("{} has no ring", truth.machine_name(node));
    ids.push_back(views_.at(node).self);
  }
  const View& first = views_.at(group.front());
  for (const NodeIndex node : group) {
    const View& view = views_.at(node);
    if (view.members != sorted(ids))
      return fmt::format("{} is in a ring of {} instead of {}", truth.machine_name(node), text_of(view.members),
                         text_of(sorted(ids)));
    if (view.ring != first.ring)
      return fmt::format("{} is in ring {}, {} in {}", truth.machine_name(node), view.ring,
                         truth.machine_name(group.front()), first.ring);
  }
  return {};
}

}  // namespace simcluster::sim
