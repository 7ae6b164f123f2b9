// What a test breaks on purpose between the cluster software and its host: the software itself stays as it is.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/host.h"
#include "sim/world/machine.h"
#include "sim/world/world.h"

namespace simcluster::sim {

// What is wrong with one node.
struct Defect {
  // --- of its host
  bool forgets_ring_sequence = false;                             // the disk loses it
  std::function<bool(std::size_t bytes)> loses_multicast;         // frames of this size never leave
  std::function<void(std::vector<TraceField>&)> lies;             // about its membership
  std::function<void(std::vector<std::byte>&)> garbles;           // datagrams that come in
  std::function<void(const AgentRequest&, AgentResult&)> forges;  // what agents say
  // --- of what carries messages from the ring to a process
  int drops_message = 0;  // the n-th one is not delivered to the process
  int doubles_message = 0;
  int swaps_message = 0;  // with the next one
  int invents_message = 0;
  int renames_sender = 0;
  bool drops_own = false;  // from the third on
  // --- of its configuration
  std::uint32_t expected_votes = 0;
};

class GarbledLink final : public LinkClient {
 public:
  GarbledLink(LinkClient& client, const Defect& defect) : client_(client), defect_(defect) {}
  void on_datagram(LinkIndex link, const IpAddress& from, std::span<const std::byte> bytes) override {
    std::vector<std::byte> copy(bytes.begin(), bytes.end());
    if (defect_.garbles) defect_.garbles(copy);
    client_.on_datagram(link, from, copy);
  }
  void on_link_state(LinkIndex link, LinkState state, const IpAddress& own_address) override {
    client_.on_link_state(link, state, own_address);
  }
  void on_unreachable(LinkIndex link, const IpAddress& to) override { client_.on_unreachable(link, to); }

 private:
  LinkClient& client_;
  const Defect& defect_;
};

class BrokenHost final : public Host, private AgentClient {
 public:
  BrokenHost(Host& host, const Defect& defect) : host_(host), defect_(defect) {}
  Time now() const override { return host_.now(); }
  Duration uptime() const override { return host_.uptime(); }
  TimerId start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) override {
    return host_.start_timer(delay, client, cookie);
  }
  bool postpone_timer(TimerId timer, Duration delay) override { return host_.postpone_timer(timer, delay); }
  void cancel_timer(TimerId timer) override { host_.cancel_timer(timer); }
  void open_link(LinkIndex link, const LinkConfig& config, LinkClient& client) override {
    auto& garbled = links_[link];
    garbled = std::make_unique<GarbledLink>(client, defect_);
    host_.open_link(link, config, *garbled);
  }
  void close_link(LinkIndex link) override { host_.close_link(link); }
  void send_all(LinkIndex link, std::span<const std::byte> bytes) override {
    if (!defect_.loses_multicast || !defect_.loses_multicast(bytes.size())) host_.send_all(link, bytes);
  }
  void send_to(LinkIndex link, const IpAddress& to, std::span<const std::byte> bytes) override {
    host_.send_to(link, to, bytes);
  }
  AgentRunId run_agent(const AgentRequest& request, AgentClient& client) override {
    const AgentRunId run = host_.run_agent(request, *this);
    agents_.insert_or_assign(run, std::pair(request, &client));
    return run;
  }
  void signal_agent(AgentRunId run, int signal) override { host_.signal_agent(run, signal); }
  void persist(std::string_view key, std::string bytes, PersistClient& client, std::uint64_t cookie) override {
    host_.persist(key, std::move(bytes), client, cookie);
  }
  std::optional<std::string> load(std::string_view key) const override {
    return defect_.forgets_ring_sequence ? std::nullopt : host_.load(key);
  }
  HostLoad load() const override { return host_.load(); }
  SchedulerInputs* scheduler_inputs() override { return host_.scheduler_inputs(); }
  NodeLinks* node_links() override { return host_.node_links(); }
  Random& random(std::string_view purpose) override { return host_.random(purpose); }
  void reset_node(std::string_view reason) override { host_.reset_node(reason); }
  void exit_node(int exit_code, std::string_view reason) override { host_.exit_node(exit_code, reason); }
  void log(LogPriority priority, std::string_view daemon, std::string_view text) override {
    host_.log(priority, daemon, text);
  }
  bool tracing(TraceKind kind) const override { return host_.tracing(kind); }
  void trace(TraceKind kind, std::span<const TraceField> fields) override {
    std::vector<TraceField> copy(fields.begin(), fields.end());
    if (kind == TraceKind::kMembershipChange && defect_.lies) defect_.lies(copy);
    host_.trace(kind, copy);
  }

 private:
  void on_agent_exit(AgentRunId run, const AgentResult& result) override {
    const auto node = agents_.extract(run);
    const auto& [request, client] = node.mapped();
    AgentResult told = result;
    if (defect_.forges) defect_.forges(request, told);
    client->on_agent_exit(run, told);
  }

  Host& host_;
  const Defect& defect_;
  std::map<LinkIndex, std::unique_ptr<GarbledLink>> links_;
  std::map<AgentRunId, std::pair<AgentRequest, AgentClient*>> agents_;
};

// The real cluster node above a broken host.
class NodeOnBrokenHost final : public ClusterSoftware {
 public:
  NodeOnBrokenHost(Host& host, const Machine& machine, const Defect& defect)
      : host_(host, defect), software_(World::cluster_software(host_, machine)) {}
  Result<void> start() override { return software_->start(); }
  void request_stop() override { software_->request_stop(); }
  bool update_attribute(const agents::AttributeUpdate& update) override { return software_->update_attribute(update); }
  std::optional<std::string> query_attribute(const agents::AttributeQuery& query) override {
    return software_->query_attribute(query);
  }
  node::Node* node() override { return software_->node(); }
  membership::Stack* stack() override { return software_->stack(); }

 private:
  BrokenHost host_;
  std::unique_ptr<ClusterSoftware> software_;
};

}  // namespace simcluster::sim
