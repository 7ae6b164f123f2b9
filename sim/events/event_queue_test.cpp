#include "sim/events/event_queue.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.h"

namespace simcluster::sim {
namespace {

struct Recorder : EventHandler {
  std::vector<std::uint64_t> seen;
  std::function<void(std::uint64_t)> then;
  void on_event(std::uint64_t cookie) override {
    seen.push_back(cookie);
    if (then) then(cookie);
  }
};

using Seen = std::vector<std::uint64_t>;

TEST(EventQueue, RunsByTimeAndTiesByInsertion) {  // determinism rule 3
  EventQueue queue;
  Recorder r;
  queue.schedule({50}, r, 1);
  queue.schedule({10}, r, 2);
  queue.schedule({50}, r, 3);
  queue.schedule({10}, r, 4);
  EXPECT_EQ(queue.size(), 4u);
  EXPECT_EQ(queue.run_until({100}), 4u);
  EXPECT_EQ(r.seen, (Seen{2, 4, 1, 3}));
  EXPECT_EQ(queue.now().ns, 100);
}

TEST(EventQueue, DatagramsComeFirstAtOneInstant) {  // M ARC-3
  EventQueue queue;
  Recorder r;
  queue.schedule({10}, r, 1);
  queue.schedule({10}, r, 2, EventClass::kDatagram);
  r.then = [&](std::uint64_t cookie) {
    if (cookie == 2) {
      queue.schedule({10}, r, 3);
      queue.schedule({10}, r, 4, EventClass::kDatagram);
    }
  };
  queue.run_until({10});
  EXPECT_EQ(r.seen, (Seen{2, 4, 1, 3}));
}

TEST(EventQueue, EventsForNowRunAfterWhatIsDueAlready) {
  EventQueue queue;
  Recorder r;
  r.then = [&](std::uint64_t cookie) {
    if (cookie == 1) queue.schedule({5}, r, 9);  // has passed: now
    if (cookie == 9) queue.schedule_in({0}, r, 10);
  };
  queue.schedule({10}, r, 1);
  queue.schedule({10}, r, 2);
  queue.schedule({11}, r, 3);
  queue.run_until({20});
  EXPECT_EQ(r.seen, (Seen{1, 2, 9, 10, 3}));
}

TEST(EventQueue, CancelsEverywhere) {
  EventQueue queue;
  Recorder r;
  const EventId heap = queue.schedule({10}, r, 1);
  const EventId now = queue.schedule({0}, r, 2);
  queue.schedule({10}, r, 3);
  EXPECT_TRUE(queue.pending(heap));
  EXPECT_TRUE(queue.cancel(heap));
  EXPECT_FALSE(queue.cancel(heap));
  EXPECT_TRUE(queue.cancel(now));
  EXPECT_FALSE(queue.cancel(EventId::none()));
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.next_time()->ns, 10);
  queue.run_until({10});
  EXPECT_EQ(r.seen, (Seen{3}));
  EXPECT_FALSE(queue.next_time().has_value());
}

TEST(EventQueue, AStaleIdDoesNotCancelTheNextUserOfItsSlot) {
  EventQueue queue;
  Recorder r;
  const EventId first = queue.schedule({10}, r, 1);
  queue.cancel(first);
  queue.schedule({10}, r, 2);
  EXPECT_FALSE(queue.cancel(first));
  queue.run_until({10});
  EXPECT_EQ(r.seen, (Seen{2}));
}

TEST(EventQueue, StopsBetweenEvents) {
  EventQueue queue;
  Recorder r;
  r.then = [&](std::uint64_t cookie) {
    if (cookie == 1) queue.stop();
  };
  queue.schedule({1}, r, 1);
  queue.schedule({2}, r, 2);
  queue.run_until({10});
  EXPECT_EQ(queue.now().ns, 1);
  queue.run_until({10});
  EXPECT_EQ(r.seen, (Seen{1, 2}));
}

TEST(EventQueue, RestartedTimersDoNotPileUp) {
  EventQueue queue;
  Recorder r;
  EventId timer;
  for (int i = 0; i < 1'000'000; ++i) {
    queue.cancel(timer);
    timer = queue.schedule_in(hours(1), r, 7);
  }
  EXPECT_EQ(queue.size(), 1u);
  queue.run_until({hours(2).ns});
  EXPECT_EQ(r.seen, (Seen{7}));
}

TEST(EventQueue, PostponedEventsRunAtTheirNewTime) {
  EventQueue queue;
  Recorder r;
  const EventId timer = queue.schedule({10}, r, 1);
  const EventId at_once = queue.schedule({0}, r, 2);
  queue.schedule({30}, r, 3);
  EXPECT_TRUE(queue.postpone(timer, {40}));
  EXPECT_TRUE(queue.postpone(timer, {50}));
  EXPECT_TRUE(queue.postpone(at_once, {20}));
  EXPECT_EQ(queue.next_time()->ns, 20);
  EXPECT_EQ(queue.run_until({20}), 1u);
  EXPECT_EQ(queue.now().ns, 20);
  EXPECT_FALSE(queue.postpone(at_once, {50}));  // has run
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue.run_until({49}), 1u);
  EXPECT_EQ(queue.run_until({100}), 1u);
  EXPECT_EQ(r.seen, (Seen{2, 3, 1}));
}

TEST(EventQueue, PostponedEventsKeepTheirPlaceByInsertion) {
  EventQueue queue;
  Recorder r;
  const EventId first = queue.schedule({10}, r, 1);
  queue.schedule({20}, r, 2);
  EXPECT_TRUE(queue.postpone(first, {20}));
  EXPECT_TRUE(queue.pending(first));
  queue.run_until({20});
  EXPECT_EQ(r.seen, (Seen{1, 2}));
  const EventId gone = queue.schedule({30}, r, 3);
  EXPECT_TRUE(queue.postpone(gone, {40}));
  EXPECT_TRUE(queue.cancel(gone));
  EXPECT_FALSE(queue.run_one());
}

// Against an ordered map, with random times, events cancelled and postponed, and events that make events.
TEST(EventQueue, AgreesWithASortedModel) {
  EventQueue queue;
  Random random(1, "event queue model");
  std::map<std::pair<std::int64_t, std::uint64_t>, EventId> model;
  std::uint64_t next = 0;
  Recorder r;
  const auto add = [&] {
    const std::int64_t at = queue.now().ns + static_cast<std::int64_t>(random.below(200));
    model[{at, next}] = queue.schedule({at}, r, next);
    ++next;
  };
  bool right = true;
  r.then = [&](std::uint64_t cookie) {
    right = right && !model.empty() && model.begin()->first == std::pair{queue.now().ns, cookie};
    if (!model.empty()) model.erase(model.begin());
    for (std::uint64_t i = random.below(3); i > 0 && next < 60'000; --i) add();
    if (!model.empty() && random.below(4) == 0) {
      auto it = model.lower_bound({queue.now().ns + static_cast<std::int64_t>(random.below(200)), 0});
      if (it != model.end()) {
        right = right && queue.cancel(it->second);
        model.erase(it);
      }
    }
    if (!model.empty() && random.below(4) == 0) {
      const auto it =
          std::next(model.begin(), static_cast<std::ptrdiff_t>(random.below(std::min<std::size_t>(model.size(), 8))));
      const auto [at, number] = it->first;
      const EventId event = it->second;
      const std::int64_t later = at + static_cast<std::int64_t>(random.below(100));
      right = right && queue.postpone(event, {later});
      model.erase(it);
      model[{later, number}] = event;
    }
  };
  for (int i = 0; i < 500; ++i) add();
  while (queue.run_one()) {
  }
  EXPECT_TRUE(right);
  EXPECT_TRUE(model.empty());
  EXPECT_GT(queue.events_run(), 500u);
}

}  // namespace
}  // namespace simcluster::sim
