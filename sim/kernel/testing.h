// Two machines on one switch, for tests of the kernel.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/events/event_queue.h"
#include "sim/events/tracer.h"
#include "sim/kernel/agent_runner.h"
#include "sim/kernel/kernel.h"
#include "sim/network/network.h"

namespace simcluster::sim {

struct TestServices : KernelServices {
  std::vector<std::string> attributes;
  bool update_attribute(const agents::AttributeUpdate& update) override {
    attributes.push_back(std::string(update.name) + "=" + std::string(update.value));
    return true;
  }
  std::optional<IpAddress> resolve(std::string_view) override { return std::nullopt; }
};

// What became of runs of agents.
struct RunResults : RunListener {
  explicit RunResults(const EventQueue& q) : queue(q) {}
  std::map<AgentRunId, AgentResult> ended;
  std::map<AgentRunId, Time> at;
  std::vector<std::string> assertions;
  const EventQueue& queue;
  void on_run_exit(AgentRunId run, const AgentResult& result) override {
    ended[run] = result;
    at[run] = queue.now();
  }
  void on_program_assertion(AgentRunId, std::string_view what) override { assertions.emplace_back(what); }
};

AgentRequest ocf_request(std::string provider, std::string type, std::string action, std::string instance);

// Machines n1, n2, ... with eth0 = 192.168.1.<number>/24 on the switch "lan", all up.
class TestMachines {
 public:
  explicit TestMachines(std::size_t count, StackVersions versions = {}, std::uint64_t seed = 1);
  Kernel& kernel(std::size_t i) { return *kernels[i]; }
  NetStack& net(std::size_t i) { return kernels[i]->net(); }
  void run(Duration span) { queue.run_until(queue.now() + span); }
  static IpAddress address(std::size_t i) { return IpAddress::v4(0xc0a8'0101 + static_cast<std::uint32_t>(i)); }

  EventQueue queue;
  Tracer tracer{queue};
  Network network;
  SegmentId lan;
  TestServices services;
  std::vector<std::unique_ptr<Kernel>> kernels;
};

// Collects what happens as "kind field=value ..." lines.
struct TraceLines : TraceSink {
  std::vector<std::string> lines;
  std::vector<std::int64_t> times;
  void on_trace(const TraceEvent& event) override;
  std::size_t count(std::string_view part) const;
};

}  // namespace simcluster::sim
