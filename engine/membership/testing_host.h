// A host of timers only, on a clock that the test turns. For tests of single parts of this folder.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/host.h"
#include "engine/base/random.h"

namespace simcluster::membership {

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
  void log(LogPriority, std::string_view, std::string_view text) override { lines.emplace_back(text); }
  bool tracing(TraceKind kind) const override { return kind == TraceKind::kNote; }
  void trace(TraceKind, std::span<const TraceField> fields) override { notes.emplace_back(fields.front().text); }
  std::size_t says(std::string_view text) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(lines, [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }

  std::vector<std::string> lines;  // logged
  std::vector<std::string> notes;  // traced

  bool can_postpone = true;
  int started = 0;
  int postponed = 0;

 private:
  Time now_;
  Time at_;
  TimerClient* client_ = nullptr;
  Random random_{1, "deadlines"};
};

}  // namespace simcluster::membership
