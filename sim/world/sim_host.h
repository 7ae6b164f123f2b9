// The simulated machine as the cluster software sees it: engine/base/host.h on the event queue, the simulated kernel
// and the simulated disk. One object for each start of the software; when that ends the object turns deaf and is
// destroyed by an event of its own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "sim/events/event_queue.h"
#include "sim/kernel/agent_runner.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/net_stack.h"

namespace simcluster::sim {

// What becomes of the software is decided by the machine.
class HostOwner {
 public:
  virtual void on_reset_wanted(std::string_view reason) = 0;
  virtual void on_software_exit(int exit_code, std::string_view reason) = 0;
  virtual void on_software_assertion(std::string_view what) = 0;
  // The machine's disk: what survives a power cut.
  virtual std::map<std::string, std::string, std::less<>>& disk() = 0;
  // What the scheduler was asked with, in files of the machine.
  virtual SchedulerInputs& input_files() = 0;

 protected:
  ~HostOwner() = default;
};

class SimHost final : public Host,
                      private EventHandler,
                      private SocketClient,
                      private NetObserver,
                      private RunListener {
 public:
  // `incarnation` tells the starts of the software on this machine apart; each has random streams of its own.
  SimHost(Kernel& kernel, HostOwner& owner, std::uint64_t incarnation);
  ~SimHost() override;

  // Turns deaf: nothing that was asked for comes any more, every call does nothing. What was given to persist() is with
  // the kernel already and survives the death of a process, but not the loss of power.
  enum class Death : std::uint8_t { kProcess, kPower };
  void die(Death death);
  bool dead() const { return dead_; }
  // SIGSTOP, SIGCONT: timers and datagrams wait.
  void pause();
  void resume();
  // Hands on what has waited while the machine stood still.
  void wake();
  bool paused() const { return paused_; }
  // Calls into the software with failed assertions turned into a crash of the node.
  template <class F>
  void guarded(F&& call);
  // By link: the port behind which its bound address is; none where the interface cannot carry traffic.
  std::vector<PortId> ring_ports() const;

  Time now() const override { return kernel_.wall_clock(); }
  Duration uptime() const override { return kernel_.uptime(); }
  HostLoad load() const override { return kernel_.load(); }
  TimerId start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) override;
  bool postpone_timer(TimerId timer, Duration delay) override;
  void cancel_timer(TimerId timer) override;
  void open_link(LinkIndex link, const LinkConfig& config, LinkClient& client) override;
  void close_link(LinkIndex link) override;
  void send_all(LinkIndex link, std::span<const std::byte> bytes) override;
  void send_to(LinkIndex link, const IpAddress& to, std::span<const std::byte> bytes) override;
  std::size_t waiting_datagrams() const override { return waiting_frames_.size() + replayed_frames_; }
  AgentRunId run_agent(const AgentRequest& request, AgentClient& client) override;
  void signal_agent(AgentRunId run, int signal) override;
  void persist(std::string_view key, std::string bytes, PersistClient& client, std::uint64_t cookie) override;
  std::optional<std::string> load(std::string_view key) const override;
  Random& random(std::string_view purpose) override;
  SchedulerInputs* scheduler_inputs() override { return &owner_.input_files(); }
  void reset_node(std::string_view reason) override;
  void exit_node(int exit_code, std::string_view reason) override;
  void log(LogPriority priority, std::string_view daemon, std::string_view text) override;
  bool tracing(TraceKind kind) const override { return kernel_.context().tracer.wants(kind); }
  void trace(TraceKind kind, std::span<const TraceField> fields) override;
  using Host::trace;

 private:
  enum class Event : std::uint8_t { kTimer, kLinkState, kPersist, kLoop, kResume };
  Duration late();  // of the next wake-up
  struct Timer {
    TimerClient* client = nullptr;  // nullptr: free
    std::uint64_t cookie = 0;
    EventId event;
    Time due;  // on the world's clock
    std::uint32_t generation = 0;
    std::uint32_t next_free = 0;
  };
  struct Link {
    LinkClient* client = nullptr;  // nullptr: closed
    LinkConfig config;
    SocketId socket;
    IpAddress own;
    int interface = 0;
    LinkState state = LinkState::kAddressLost;
    EventId report;
    bool port_taken = false;
    bool reported = false;
    LinkState reported_state = LinkState::kAddressLost;
    IpAddress reported_own;
  };
  struct Write {
    std::string key;
    std::string bytes;
    PersistClient* client = nullptr;
    std::uint64_t cookie = 0;
    bool used = false;
    EventId event;
  };
  struct Run {
    AgentRunId id;
    AgentClient* client = nullptr;
  };
  struct Looped {
    FrameRef frame;
    LinkIndex link;
    EventId event;
  };

  void on_event(std::uint64_t cookie) override;
  void on_datagram(SocketId socket, const FrameRef& frame) override;
  void on_unreachable(SocketId socket, const IpAddress& to) override;
  void on_network_change() override;
  void on_run_exit(AgentRunId run, const AgentResult& result) override;
  void on_program_assertion(AgentRunId run, std::string_view what) override;

  EventId schedule(Event event, std::uint64_t index, Duration delay, EventClass event_class = EventClass::kNormal);
  void fire_timer(std::size_t slot);
  Timer* find_timer(TimerId id);
  void report_link(std::size_t link);
  void finish_write(std::size_t slot);
  void deliver(std::size_t link, const FrameRef& frame);
  void hand_over(LinkClient& client, LinkIndex link, const FrameRef& frame);
  void keep_waiting(std::size_t link, const FrameRef& frame);
  void replay();
  struct Match {
    IpAddress address;
    int interface = 0;
    bool up = false;
  };
  std::optional<Match> find_match(const LinkConfig& config) const;
  void bind(Link& link, const std::optional<Match>& match);
  void examine(std::size_t index);
  void loop_back(LinkIndex link, std::span<const std::byte> bytes);

  Kernel& kernel_;
  HostOwner& owner_;
  std::string stream_prefix_;
  bool dead_ = false;
  bool paused_ = false;
  std::vector<Timer> timers_;
  std::uint32_t free_timer_ = kNoTimer;
  std::vector<Link> links_;
  std::vector<Write> writes_;
  Time disk_ready_;
  Random disk_random_;
  Random timer_random_;
  std::vector<Run> runs_;
  std::vector<Looped> loops_;
  std::map<std::string, Random, std::less<>> streams_;
  std::vector<std::uint64_t> waiting_events_;  // while paused
  std::vector<Looped> waiting_frames_;
  std::size_t waiting_bytes_ = 0;
  std::size_t replayed_frames_ = 0;  // that are still to come
  EventId resume_event_;

  static constexpr std::uint32_t kNoTimer = ~std::uint32_t{0};
};

template <class F>
void SimHost::guarded(F&& call) {
  if (dead_) return;
  try {
    call();
  } catch (const AssertionFailure& failure) {
    owner_.on_software_assertion(failure.what());
  }
}

// The name that logs show for a priority ("err", "info", ...).
std::string_view log_priority_name(LogPriority priority);

}  // namespace simcluster::sim
