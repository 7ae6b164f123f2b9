// engine/base/host.h on a real machine.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/host.h"
#include "tools/clusterd/agent_processes.h"
#include "tools/clusterd/event_loop.h"
#include "tools/clusterd/input_archive.h"
#include "tools/clusterd/interfaces.h"
#include "tools/clusterd/journal.h"
#include "tools/clusterd/knet_links.h"
#include "tools/clusterd/machine_load.h"
#include "tools/clusterd/replay_guard.h"
#include "tools/clusterd/settings.h"
#include "tools/clusterd/state_writer.h"
#include "tools/clusterd/udp_links.h"

namespace simcluster::clusterd {

class LinuxHost final : public Host {
 public:
  // Told when the software has ended; the loop goes on until somebody stops it.
  using Ended = std::function<void(int exit_code, std::string_view reason)>;
  static Result<std::unique_ptr<LinuxHost>> create(EventLoop& loop, const Settings& settings, const Journal& journal,
                                                   Ended ended);
  ~LinuxHost() override;

  Time now() const override;
  Duration uptime() const override { return EventLoop::uptime(); }
  TimerId start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) override;
  bool postpone_timer(TimerId timer, Duration delay) override { return loop_.postpone_timer(timer, delay); }
  void cancel_timer(TimerId timer) override { loop_.cancel_timer(timer); }
  void open_link(LinkIndex link, const LinkConfig& config, LinkClient& client) override;
  void close_link(LinkIndex link) override { links_.close(link); }
  void send_all(LinkIndex link, std::span<const std::byte> bytes) override { links_.send_all(link, bytes); }
  void send_to(LinkIndex link, const IpAddress& to, std::span<const std::byte> bytes) override {
    links_.send_to(link, to, bytes);
  }
  std::size_t waiting_datagrams() const override { return links_.waiting(); }
  NodeLinks* node_links() override { return knet_.get(); }
  // Of the links that the host keeps; of the engine's own what it does not know itself.
  DroppedFrames dropped() const;
  // A guard for datagrams of the engine's own links. Once; lives as long as the host.
  membership::FrameGuard& guard_frames_of(ClusterNodeId self);
  AgentRunId run_agent(const AgentRequest& request, AgentClient& client) override;
  void signal_agent(AgentRunId run, int signal) override { agents_.signal(run, signal); }
  void persist(std::string_view key, std::string bytes, PersistClient& client, std::uint64_t cookie) override;
  std::optional<std::string> load(std::string_view key) const override;
  HostLoad load() const override { return load_.sample(); }
  SchedulerInputs* scheduler_inputs() override { return inputs_.get(); }
  std::vector<std::string> kept_inputs() const { return inputs_->kept(); }
  Random& random(std::string_view purpose) override;
  void reset_node(std::string_view reason) override;
  void exit_node(int exit_code, std::string_view reason) override;
  void log(LogPriority priority, std::string_view daemon, std::string_view text) override;
  bool tracing(TraceKind) const override { return false; }
  void trace(TraceKind, std::span<const TraceField>) override {}

 private:
  LinuxHost(EventLoop& loop, const Settings& settings, const Journal& journal, Ended ended);
  std::uint64_t begin_life();

  EventLoop& loop_;
  const Settings& settings_;
  const Journal& journal_;
  Ended ended_;
  std::unique_ptr<StateWriter> state_;
  std::unique_ptr<InputArchive> inputs_;
  std::unique_ptr<InterfaceWatch> interfaces_;
  UdpLinks links_;
  std::unique_ptr<KnetLinks> knet_;
  std::uint64_t life_ = 0;
  std::optional<ReplayGuard> guard_;
  AgentProcesses agents_;
  std::uint64_t seed_ = 0;
  std::map<std::string, Random, std::less<>> streams_;
  mutable MachineLoad load_;
  std::shared_ptr<bool> alive_;
};

}  // namespace simcluster::clusterd
