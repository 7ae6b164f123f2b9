#include "engine/membership/deadlines.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/host.h"

namespace simcluster::membership {
namespace {

// Timers only, on a clock that the test turns.
class PatientHost final : public Host {
 public:
  void run_for(Duration duration) {
    const Time end = now_ + duration;
    while (client_ != nullptr && at_ <= end) {
      now_ = at_;
      std::exchange(client_, nullptr)->on_timer(0);
    }
    now_ = end;
  }

  Time now() const override { return now_; }
  Duration uptime() const override { return now_ - Time{}; }
  TimerId start_timer(Duration delay, TimerClient& client, std::uint64_t) override {
    EXPECT_EQ(client_, nullptr) << "one timer is enough";
    client_ = &client;
    at_ = now_ + delay;
    return TimerId(static_cast<std::uint64_t>(++started));
  }
  bool postpone_timer(TimerId timer, Duration delay) override {
    if (!can_postpone || client_ == nullptr || timer.value != static_cast<std::uint64_t>(started)) return false;
    EXPECT_GE(now_ + delay, at_);
    at_ = now_ + delay;
    ++postponed;
    return true;
  }
  void cancel_timer(TimerId timer) override {
    if (timer.valid() && timer.value == static_cast<std::uint64_t>(started)) client_ = nullptr;
  }
  void open_link(LinkIndex, const LinkConfig&, LinkClient&) override {}
  void close_link(LinkIndex) override {}
  void send_all(LinkIndex, std::span<const std::byte>) override {}
  void send_to(LinkIndex, const IpAddress&, std::span<const std::byte>) override {}
  AgentRunId run_agent(const AgentRequest&, AgentClient&) override { return AgentRunId::none(); }
  void signal_agent(AgentRunId, int) override {}
  void persist(std::string_view, std::string, PersistClient&, std::uint64_t) override {}
  std::optional<std::string> load(std::string_view) const override { return std::nullopt; }
  Random& random(std::string_view) override { return random_; }
  void reset_node(std::string_view) override {}
  void exit_node(int, std::string_view) override {}
  void log(LogPriority, std::string_view, std::string_view) override {}
  bool tracing(TraceKind) const override { return false; }
  void trace(TraceKind, std::span<const TraceField>) override {}

  bool can_postpone = true;
  int started = 0;
  int postponed = 0;

 private:
  Time now_;
  Time at_;
  TimerClient* client_ = nullptr;
  Random random_{1, "deadlines"};
};

struct Sleeper final : TimerClient {
  void on_timer(std::uint64_t) override {
    ++woken;
    deadlines.begin_input();
    deadlines.on_host_timer();
    while (const auto due = deadlines.next_due()) fired.emplace_back(*due, host.uptime());
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

}  // namespace
}  // namespace simcluster::membership
