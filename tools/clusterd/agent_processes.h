// Agents as processes: each leads a process group, its output is captured and bounded, its end is reported once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "engine/base/host.h"
#include "tools/clusterd/agent_command.h"
#include "tools/clusterd/event_loop.h"

namespace simcluster::clusterd {

class AgentProcesses {
 public:
  AgentProcesses(EventLoop& loop, AgentPlaces places);
  // Kills what still runs, and does not report it.
  ~AgentProcesses();
  AgentProcesses(const AgentProcesses&) = delete;
  AgentProcesses& operator=(const AgentProcesses&) = delete;

  // An agent that cannot be started ends with "not installed" in the next round.
  AgentRunId run(const AgentRequest& request, AgentClient& client);
  // To the whole group, or to its leader alone (AgentRequest::spares_children); the end is reported when the leader has
  // ended.
  void signal(AgentRunId run, int signal);
  std::size_t running() const { return runs_.size(); }

  // Of standard output and error output each; the rest is read and forgotten.
  static constexpr std::size_t kMaxOutput = std::size_t{256} * 1024;

 private:
  struct Run;
  void start(AgentRunId id, Run& run);
  void watch_output(AgentRunId id, int fd, std::string AgentResult::*text);
  void read_output(AgentRunId id, int fd, std::string AgentResult::*text);
  void write_input(AgentRunId id);
  void close_pipe(FileDescriptor& fd);
  void on_end(AgentRunId id);
  void fail_later(AgentRunId id, std::string reason);
  void report(AgentRunId id);

  EventLoop& loop_;
  AgentPlaces places_;
  std::uint64_t next_ = 0;
  std::map<AgentRunId, std::unique_ptr<Run>> runs_;
  std::shared_ptr<bool> alive_;
};

}  // namespace simcluster::clusterd
