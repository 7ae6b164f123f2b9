#include "sim/scenario/timeline.h"

#include <algorithm>

#include <fmt/core.h>

#include "sim/world/world.h"

namespace simcluster::sim {

Timeline::Timeline(const Scenario& scenario, World& world, std::function<void(bool)> acting)
    : scenario_(scenario), world_(world), acting_(std::move(acting)), start_(world.now()) {
  int level = -1;
  for (const TimelineItem& item : scenario_.timeline) {
    if (item.moment.kind != Moment::Kind::kAfter) continue;
    triggers_.push_back({&item, PatternMatcher(item.moment.event, world_)});
    level = std::max(level, trace_kind_level(item.moment.event.kind));
  }
  if (level >= 0) world_.tracer().add_sink(*this, level);
}

Timeline::~Timeline() {
  if (!triggers_.empty()) world_.tracer().remove_sink(*this);
}

void Timeline::start() {
  for (std::size_t i = 0; i < scenario_.timeline.size(); ++i) {
    // A stream per item: another item in front does not shift it, as long as the order of the random ones stays.
    Random random(world_.seed(), fmt::format("timeline {}", i));
    schedule(scenario_.timeline[i], random);
  }
}

void Timeline::schedule(const TimelineItem& item, Random& random) {
  const Moment& moment = item.moment;
  switch (moment.kind) {
    case Moment::Kind::kAt:
      world_.at(start_ + moment.at, [this, &item] { apply(item); });
      break;
    case Moment::Kind::kEvery:
      repeat(item, start_ + moment.from);
      break;
    case Moment::Kind::kBetween:
      world_.at(start_ + random.between(moment.from, moment.until), [this, &item] { apply(item); });
      break;
    case Moment::Kind::kAfter:
      break;
  }
}

void Timeline::repeat(const TimelineItem& item, Time at) {
  if (at - start_ > item.moment.until) return;
  world_.at(at, [this, &item, at] {
    apply(item);
    repeat(item, at + item.moment.interval);
  });
}

// The event is still on its way through its room: act only when it is over.
void Timeline::on_trace(const TraceEvent& event) {
  for (Trigger& trigger : triggers_) {
    if (!trigger.matcher.hit(event)) continue;
    const TimelineItem& item = *trigger.item;
    world_.at(event.at + item.moment.delay, [this, &item] { apply(item); });
  }
}

void Timeline::apply(const TimelineItem& item) {
  const Action& action = *item.action;
  const TraceKind kind = action.kind();
  acting_(true);
  // Screens tell themselves.
  if (kind != TraceKind::kScreen) {
    const std::string text = action.told(world_);
    world_.tracer().emit(action.machine().empty() ? NodeIndex() : world_.find_machine(action.machine()), kind,
                         {{"text", text}});
  }
  if (auto done = action.apply(world_); !done) {
    errors_.push_back({fmt::format("this could not be done {} s after the start: {}", (world_.now() - start_).seconds(),
                                   done.error().message),
                       item.place});
    world_.tracer().emit(NodeIndex(), TraceKind::kNote, {{"text", "could not be done: " + done.error().message}});
  }
  acting_(false);
}

}  // namespace simcluster::sim
