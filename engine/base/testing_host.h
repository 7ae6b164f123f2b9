// A world for unit tests of what stands above Host: virtual time, agents answered by a script, nothing random but the
// seed. No links: tests of the membership layer have their own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"

namespace simcluster {

// Virtual time shared by all hosts of a test. Events at the same instant come in the order in which they were made.
class TestingClock {
 public:
  Time now() const { return now_; }
  // Runs the next event; false when there is none.
  bool step();
  // Runs everything that is due until `duration` from now, then stands there.
  void run_for(Duration duration);
  // Called after every event, e.g. to deliver group messages.
  void after_each(std::function<void()> call) { after_each_ = std::move(call); }

  std::uint64_t at(Time when, std::function<void()> call);
  void cancel(std::uint64_t id);

 private:
  struct Key {
    Time when;
    std::uint64_t id;
    auto operator<=>(const Key&) const = default;
  };
  void run_next();

  Time now_{1'700'000'000'000'000'000};
  std::uint64_t last_id_ = 0;
  std::size_t at_this_instant_ = 0;
  std::map<Key, std::function<void()>> events_;
  std::map<std::uint64_t, Time> when_;
  std::function<void()> after_each_;
};

class TestingHost final : public Host {
 public:
  // How an agent answers. `takes` below 0: it hangs until a signal ends it.
  struct Answer {
    AgentResult result;
    Duration takes = milliseconds(10);
    bool ignores_terminate = false;
  };
  struct LogLine {
    LogPriority priority;
    std::string daemon;
    std::string text;
  };
  struct Traced {
    Time at;
    TraceKind kind;
    std::string text;  // "name=value name=value"
  };

  TestingHost(TestingClock& clock, std::string name, std::uint64_t seed = 1);
  ~TestingHost() override;

  // Asked at the start of every run. Without a script every action succeeds.
  void set_agents(std::function<Answer(const AgentRequest&)> script) { agents_ = std::move(script); }
  // The machine is gone: nothing that was asked for is ever answered.
  void power_off();

  const std::vector<LogLine>& logs() const { return logs_; }
  const std::vector<Traced>& traces() const { return traces_; }
  bool logged(std::string_view part) const;
  std::size_t traced(TraceKind kind, std::string_view part = {}) const;
  // "resource action interval-ms", one per agent run, in order.
  const std::vector<std::string>& runs() const { return runs_; }
  std::size_t count_runs(std::string_view run) const;
  // Signals sent to agents, in order.
  const std::vector<int>& signals() const { return signals_; }
  std::optional<int> exit_code() const { return exit_code_; }
  const std::string& end_reason() const { return end_reason_; }
  bool was_reset() const { return reset_; }
  void set_tracing(bool on) { tracing_ = on; }
  // Where inputs of the scheduler go; must outlive the host.
  void keep_scheduler_inputs(SchedulerInputs& inputs) { inputs_ = &inputs; }
  std::map<std::string, std::string, std::less<>>& disk() { return disk_; }

  Time now() const override { return clock_.now(); }
  Duration uptime() const override { return clock_.now() - booted_; }
  TimerId start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) override;
  void cancel_timer(TimerId timer) override;
  void open_link(LinkIndex, const LinkConfig&, LinkClient&) override {}
  void close_link(LinkIndex) override {}
  void send_all(LinkIndex, std::span<const std::byte>) override {}
  void send_to(LinkIndex, const IpAddress&, std::span<const std::byte>) override {}
  AgentRunId run_agent(const AgentRequest& request, AgentClient& client) override;
  void signal_agent(AgentRunId run, int signal) override;
  void persist(std::string_view key, std::string bytes, PersistClient& client, std::uint64_t cookie) override;
  std::optional<std::string> load(std::string_view key) const override;
  SchedulerInputs* scheduler_inputs() override { return inputs_; }
  Random& random(std::string_view purpose) override;
  void reset_node(std::string_view reason) override;
  void exit_node(int exit_code, std::string_view reason) override;
  void log(LogPriority priority, std::string_view daemon, std::string_view text) override;
  bool tracing(TraceKind) const override { return tracing_; }
  void trace(TraceKind kind, std::span<const TraceField> fields) override;
  using Host::trace;

 private:
  struct Run {
    AgentClient* client = nullptr;
    Answer answer;
    std::uint64_t event = 0;
  };
  std::uint64_t later(Duration delay, std::function<void()> call);
  void finish(AgentRunId run, int signal);

  TestingClock& clock_;
  std::string name_;
  std::uint64_t seed_;
  Time booted_;
  bool on_ = true;
  bool reset_ = false;
  bool tracing_ = true;
  SchedulerInputs* inputs_ = nullptr;
  std::optional<int> exit_code_;
  std::string end_reason_;
  std::function<Answer(const AgentRequest&)> agents_;
  std::map<std::uint64_t, Run> agent_runs_;
  std::uint64_t last_run_ = 0;
  std::vector<std::uint64_t> events_;
  std::map<std::string, std::string, std::less<>> disk_;
  std::map<std::string, Random, std::less<>> random_;
  std::vector<LogLine> logs_;
  std::vector<Traced> traces_;
  std::vector<std::string> runs_;
  std::vector<int> signals_;
  std::shared_ptr<bool> alive_;
};

}  // namespace simcluster
