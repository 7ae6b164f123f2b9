#include "engine/membership/deadlines.h"

#include <functional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/membership/testing_host.h"

namespace simcluster::membership {
namespace {

struct Sleeper final : TimerClient {
  void on_timer(std::uint64_t) override {
    ++woken;
    deadlines.begin_input();
    deadlines.on_host_timer();
    while (const auto due = deadlines.next_due()) fired.emplace_back(*due, host.uptime());
    if (then) then();
    deadlines.settle();
  }
  void arm(Deadline which, Duration delay) {
    deadlines.begin_input();
    deadlines.arm(which, delay);
    deadlines.settle();
  }

  PatientHost host;
  Deadlines deadlines{host, *this, 0};
  int woken = 0;
  std::function<void()> then;  // before the host is told when to wake us
  std::vector<std::pair<Deadline, Duration>> fired;
};

using Fired = std::vector<std::pair<Deadline, Duration>>;

// The retransmit timer of a processor that gets the token of an idle ring (TM-3).
TEST(Deadlines, ATimerThatIsArmedAgainInTimeNeverWakesTheHost) {
  Sleeper s;
  for (int i = 0; i < 100; ++i) {
    s.arm(Deadline::kTokenRetransmit, milliseconds(238));
    s.host.run_for(milliseconds(180));
  }
  EXPECT_EQ(s.woken, 0);
  EXPECT_EQ(s.host.started, 1);
  s.host.run_for(seconds(1));
  EXPECT_EQ(s.fired, (Fired{{Deadline::kTokenRetransmit, milliseconds(99 * 180 + 238)}}));
}

TEST(Deadlines, ManyTokensInARowDoNotTouchTheHostTimer) {
  Sleeper s;
  for (int i = 0; i < 1000; ++i) {
    s.arm(Deadline::kTokenRetransmit, milliseconds(238));
    s.host.run_for(microseconds(100));
  }
  EXPECT_EQ(s.host.started, 1);
  EXPECT_EQ(s.host.postponed, 0);
}

TEST(Deadlines, FireInTheirOrderWhateverTheHostCanDo) {  // ARC-3
  Fired seen[2];
  for (const bool can_postpone : {false, true}) {
    Sleeper s;
    s.host.can_postpone = can_postpone;
    s.arm(Deadline::kTokenLoss, milliseconds(1000));
    s.arm(Deadline::kTokenRetransmit, milliseconds(238));
    s.host.run_for(milliseconds(200));
    s.arm(Deadline::kTokenRetransmit, milliseconds(238));
    s.arm(Deadline::kMergeDetect, milliseconds(200));
    s.arm(Deadline::kHoldRetransmit, milliseconds(200));
    s.host.run_for(seconds(2));
    seen[can_postpone ? 1 : 0] = s.fired;
  }
  EXPECT_EQ(seen[0], (Fired{{Deadline::kMergeDetect, milliseconds(400)},
                            {Deadline::kHoldRetransmit, milliseconds(400)},
                            {Deadline::kTokenRetransmit, milliseconds(438)},
                            {Deadline::kTokenLoss, milliseconds(1000)}}));
  EXPECT_EQ(seen[1], seen[0]);
}

// What next_due() saw coming is used for the host timer only while it is still the next.
TEST(Deadlines, AChangeAfterTheLastOneThatWasDueIsHeeded) {
  for (const bool nearer : {false, true}) {
    Sleeper s;
    s.arm(Deadline::kHoldRetransmit, milliseconds(100));
    s.arm(Deadline::kMergeDetect, milliseconds(200));
    s.arm(Deadline::kTokenLoss, milliseconds(1000));
    s.then = [&] {
      s.then = nullptr;
      if (nearer)
        s.deadlines.arm(Deadline::kJoin, milliseconds(50));
      else
        s.deadlines.cancel(Deadline::kMergeDetect);
    };
    s.host.run_for(seconds(2));
    const auto second = nearer ? std::pair{Deadline::kJoin, Duration(milliseconds(150))}
                               : std::pair{Deadline::kTokenLoss, Duration(milliseconds(1000))};
    ASSERT_GE(s.fired.size(), 2u);
    EXPECT_EQ(s.fired[0], (std::pair{Deadline::kHoldRetransmit, Duration(milliseconds(100))}));
    EXPECT_EQ(s.fired[1], second);
    EXPECT_EQ(s.fired.size(), nearer ? 4u : 2u);
    EXPECT_EQ(s.woken, nearer ? 4 : 2);
  }
}

}  // namespace
}  // namespace simcluster::membership
