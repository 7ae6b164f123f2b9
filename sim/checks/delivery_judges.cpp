#include "sim/checks/delivery_judges.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

namespace simcluster::sim {

namespace {

bool holds(const std::vector<std::uint32_t>& ids, std::uint32_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// Beyond a hole that somebody who is gone has left nothing is promised (EVS-5): releases with switch V-12 off lose what
// was cut into parts there.
bool messages_torn(const TraceEvent& event) {
  return event.kind == TraceKind::kMembershipState && field_text(event, "state") == "torn";
}

}  // namespace

// --- SelfDelivery ----------------------------------------------------------------------------------------------------

void SelfDelivery::on_event(const Truth&, const TraceEvent& event, bool) {
  if (ends_life(event.kind)) {
    lives_.erase(event.node);
    return;
  }
  if (messages_torn(event)) lives_[event.node].own.clear();
  if (event.kind == TraceKind::kMessageSent) {
    const std::string message = field_text(event, "message");
    sent_.insert(message);
    lives_[event.node].own.emplace_back(event.at, message);
  }
  if (event.kind == TraceKind::kMessageDelivered) on_delivered(lives_[event.node], event);
}

void SelfDelivery::on_delivered(Life& life, const TraceEvent& event) {
  const std::string message = field_text(event, "message");
  if (!sent_.contains(message)) found(event.at, event.node, fmt::format("{} was delivered, but never sent", message));
  if (!life.delivered.insert(message).second)
    found(event.at, event.node, fmt::format("{} was delivered twice", message));
  if (!life.own.empty() && life.own.front().second == message) life.own.pop_front();
}

void SelfDelivery::on_end(const Truth&, Time now) {
  if (!calm_.groups()) return;
  const Time deadline = now - bound_;
  if (calm_.since() > deadline) return;
  for (const auto& group : *calm_.groups())
    for (const NodeIndex node : group) {
      const Life& life = lives_[node];
      if (life.own.empty() || life.own.front().first > deadline) continue;
      found(now, node, fmt::format("its own message {} was not delivered to it", life.own.front().second));
    }
}

// --- MessageOrder ----------------------------------------------------------------------------------------------------

std::uint32_t MessageOrder::number_of(const std::string& message) {
  const auto [known, fresh] = numbers_.try_emplace(message, static_cast<std::uint32_t>(names_.size()));
  if (fresh) {
    names_.push_back(message);
    followers_.emplace_back();
  }
  return known->second;
}

void MessageOrder::on_event(const Truth&, const TraceEvent& event, bool) {
  if (ends_life(event.kind)) {
    last_.erase(event.node);
    return;
  }
  const bool delivered = event.kind == TraceKind::kMessageDelivered;
  if (!delivered && event.kind != TraceKind::kMessageSent) return;
  const std::uint32_t message = number_of(field_text(event, "message"));
  const auto last = last_.find(event.node);
  if (last != last_.end()) {
    auto& followers = followers_[last->second];
    if (last->second != message && std::find(followers.begin(), followers.end(), message) == followers.end())
      followers.push_back(message);
  }
  if (delivered) last_[event.node] = message;
}

// Messages are taken away as soon as nothing comes before them any more; what cannot be taken away goes in a circle.
void MessageOrder::on_end(const Truth&, Time now) {
  std::vector<std::uint32_t> before(names_.size(), 0);
  for (const auto& followers : followers_)
    for (const std::uint32_t follower : followers) ++before[follower];
  std::vector<std::uint32_t> free;
  for (std::uint32_t i = 0; i < before.size(); ++i)
    if (before[i] == 0) free.push_back(i);
  std::size_t taken = 0;
  while (!free.empty()) {
    const std::uint32_t message = free.back();
    free.pop_back();
    ++taken;
    for (const std::uint32_t follower : followers_[message])
      if (--before[follower] == 0) free.push_back(follower);
  }
  if (taken == names_.size()) return;
  std::string circle;
  std::size_t shown = 0;
  for (std::uint32_t i = 0; i < before.size() && shown < 4; ++i)
    if (before[i] > 0) circle += fmt::format("{}{}", shown++ == 0 ? "" : ", ", names_[i]);
  found(now, NodeIndex(), fmt::format("nodes do not agree on the order of {} and others", circle));
}

// --- MessageGaps -----------------------------------------------------------------------------------------------------

void MessageGaps::on_event(const Truth& truth, const TraceEvent& event, bool) {
  if (ends_life(event.kind)) {
    lives_.erase(event.node);
    return;
  }
  if (messages_torn(event))
    for (auto& [sender, stream] : lives_[event.node].streams) stream.parted = true;
  if (event.kind == TraceKind::kMembershipChange) {
    Life& life = lives_[event.node];
    life.members = field_ids(event, "members");
    const auto together = field_ids(event, "transitional");
    for (auto& [sender, stream] : life.streams)
      if (!holds(together, stream.from) || on_loopback(event)) stream.parted = true;
  }
  if (event.kind == TraceKind::kMessageDelivered) on_delivered(truth, lives_[event.node], event);
}

void MessageGaps::on_delivered(const Truth&, Life& life, const TraceEvent& event) {
  const std::string message = field_text(event, "message");
  const auto slash = message.find('/');
  std::uint64_t number = 0;
  if (slash != std::string::npos) std::from_chars(message.data() + slash + 1, message.data() + message.size(), number);
  const auto from = static_cast<std::uint32_t>(field_number(event, "from"));
  if (!life.members.empty() && !holds(life.members, from))
    found(event.at, event.node, fmt::format("{} came from node {}, which is not in its ring", message, from));
  const auto [known, fresh] = life.streams.try_emplace(message.substr(0, slash), Stream{from, number, false});
  if (fresh) return;
  Stream& stream = known->second;
  if (number <= stream.last)
    found(event.at, event.node, fmt::format("{} came after number {} of its sender", message, stream.last));
  else if (number != stream.last + 1 && !stream.parted)
    found(event.at, event.node, fmt::format("{} came directly after number {} of its sender", message, stream.last));
  stream.last = number;
  stream.parted = false;
}

// --- VirtualSynchrony ------------------------------------------------------------------------------------------------

void VirtualSynchrony::on_event(const Truth& truth, const TraceEvent& event, bool) {
  if (ends_life(event.kind)) {
    lives_.erase(event.node);
    return;
  }
  switch (event.kind) {
    case TraceKind::kGroupJoined:
      lives_[event.node].joined = true;
      return;
    case TraceKind::kGroupLeft:
      lives_[event.node] = {};
      return;
    case TraceKind::kMessageDelivered:
      lives_[event.node].delivered.push_back(field_text(event, "message"));
      return;
    case TraceKind::kMembershipChange:
      return on_ring(truth, lives_[event.node], event);
    default:
      return;
  }
}

void VirtualSynchrony::on_ring(const Truth& truth, Life& life, const TraceEvent& event) {
  const std::string ring = field_text(event, "ring");
  if (!life.ring.empty()) {
    Step step{event.node, static_cast<std::uint32_t>(std::stoul("0" + field_text(event, "self"))),
              field_ids(event, "transitional"), std::move(life.delivered)};
    std::sort(step.delivered.begin(), step.delivered.end());
    auto& steps = steps_[{life.ring, ring}];
    for (const Step& other : steps) {
      if (!holds(step.together, other.self) || !holds(other.together, step.self)) continue;
      if (other.delivered == step.delivered) continue;
      const auto [mine, theirs] =
          std::mismatch(step.delivered.begin(), step.delivered.end(), other.delivered.begin(), other.delivered.end());
      const bool missing = mine == step.delivered.end() || (theirs != other.delivered.end() && *theirs < *mine);
      found(event.at, event.node,
            fmt::format("from ring {} to {} {} got {}, {} did not", life.ring, ring,
                        truth.machine_name(missing ? other.node : step.node), missing ? *theirs : *mine,
                        truth.machine_name(missing ? step.node : other.node)));
      break;
    }
    steps.push_back(std::move(step));
  }
  life.delivered.clear();
  life.ring = life.joined && !on_loopback(event) ? ring : "";
}

}  // namespace simcluster::sim
