// A process that can stand still (SIGSTOP) and go on (SIGCONT), between a daemon and its host: what reaches it
// meanwhile waits, in order - timers, the ends of its agents, and the calls and messages that its daemon puts off.
// Agents that it would start meanwhile are started when it goes on.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "engine/base/host.h"
#include "engine/membership/group.h"

namespace simcluster::controller {

class Standstill final : public Host, private TimerClient, private AgentClient {
 public:
  // Keeps `host`, which must outlive it. Timers end with it; agents must have ended, or are never heard of.
  explicit Standstill(Host& host) : host_(host) {}
  ~Standstill() override;
  Standstill(const Standstill&) = delete;
  Standstill& operator=(const Standstill&) = delete;

  void stop() { still_ = true; }
  // Everything that waits happens now. It may stop again under way.
  void go_on();
  // It does not stand still any more, and what has waited is lost.
  void forget();
  // It is dead: nothing happens any more.
  void end();
  bool still() const { return still_; }
  // True, where it stands still: `call` comes when it goes on. What the call uses must live as long as this object.
  bool puts_off(std::function<void()> call);

  Time now() const override { return host_.now(); }
  Duration uptime() const override { return host_.uptime(); }
  TimerId start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) override;
  bool postpone_timer(TimerId timer, Duration delay) override;
  void cancel_timer(TimerId timer) override;
  void open_link(LinkIndex link, const LinkConfig& config, LinkClient& client) override {
    host_.open_link(link, config, client);
  }
  void close_link(LinkIndex link) override { host_.close_link(link); }
  void send_all(LinkIndex link, std::span<const std::byte> bytes) override { host_.send_all(link, bytes); }
  void send_to(LinkIndex link, const IpAddress& to, std::span<const std::byte> bytes) override {
    host_.send_to(link, to, bytes);
  }
  std::size_t waiting_datagrams() const override { return host_.waiting_datagrams(); }
  NodeLinks* node_links() override { return host_.node_links(); }
  AgentRunId run_agent(const AgentRequest& request, AgentClient& client) override;
  void signal_agent(AgentRunId run, int signal) override;
  void persist(std::string_view key, std::string bytes, PersistClient& client, std::uint64_t cookie) override {
    host_.persist(key, std::move(bytes), client, cookie);
  }
  std::optional<std::string> load(std::string_view key) const override { return host_.load(key); }
  HostLoad load() const override { return host_.load(); }
  SchedulerInputs* scheduler_inputs() override { return host_.scheduler_inputs(); }
  Random& random(std::string_view purpose) override { return host_.random(purpose); }
  void reset_node(std::string_view reason) override { host_.reset_node(reason); }
  void exit_node(int exit_code, std::string_view reason) override { host_.exit_node(exit_code, reason); }
  void log(LogPriority priority, std::string_view daemon, std::string_view text) override {
    host_.log(priority, daemon, text);
  }
  bool tracing(TraceKind kind) const override { return host_.tracing(kind); }
  void trace(TraceKind kind, std::span<const TraceField> fields) override { host_.trace(kind, fields); }
  using Host::trace;

 private:
  struct Timer {
    TimerClient* client = nullptr;
    std::uint64_t cookie = 0;
    TimerId inner;
  };
  struct Run {
    AgentClient* client = nullptr;
    AgentRunId inner;
  };

  void on_timer(std::uint64_t number) override;
  void on_agent_exit(AgentRunId inner, const AgentResult& result) override;
  void start_run(std::uint64_t number, const AgentRequest& request);

  Host& host_;
  bool still_ = false;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, Timer> timers_;  // by number, which the daemon knows as their id
  std::map<std::uint64_t, Run> runs_;
  std::map<AgentRunId, std::uint64_t> numbers_;  // of runs
  std::deque<std::function<void()>> waiting_;
};

// Copies of what is borrowed for a call.
class KeptConfiguration {
 public:
  explicit KeptConfiguration(const membership::GroupConfiguration& given)
      : members_(given.members.begin(), given.members.end()),
        joined_(given.joined.begin(), given.joined.end()),
        left_(given.left.begin(), given.left.end()) {}
  membership::GroupConfiguration view() const { return {members_, joined_, left_}; }

 private:
  std::vector<membership::GroupMember> members_;
  std::vector<membership::GroupChange> joined_;
  std::vector<membership::GroupChange> left_;
};

inline std::vector<std::byte> kept(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace simcluster::controller
