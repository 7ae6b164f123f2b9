// Rings and messages with one node that is broken on purpose.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/membership/corosync_conf.h"
#include "engine/membership/stack.h"
#include "sim/checks/broken_host.h"
#include "sim/checks/panel.h"
#include "sim/world/group_traffic.h"
#include "sim/world/world.h"

namespace simcluster::sim {

// Between the ring and the process.
class BrokenDelivery final : public membership::GroupService, membership::GroupClient {
 public:
  BrokenDelivery(membership::GroupService& service, const Defect& defect) : service_(service), defect_(defect) {}
  ClusterNodeId own_id() const override { return service_.own_id(); }
  std::string node_name(ClusterNodeId node) const override { return service_.node_name(node); }
  Result<std::unique_ptr<membership::Group>> join(std::string_view group, std::uint32_t process,
                                                  membership::GroupClient& client) override {
    client_ = &client;
    return service_.join(group, process, *this);
  }
  void track_quorum(membership::QuorumClient& client) override { service_.track_quorum(client); }
  void untrack_quorum(membership::QuorumClient& client) override { service_.untrack_quorum(client); }
  membership::RingId ring() const override { return service_.ring(); }
  std::span<const ClusterNodeId> members() const override { return service_.members(); }
  bool quorate() const override { return service_.quorate(); }

 private:
  void on_deliver(const membership::GroupMember& sender, std::span<const std::byte> bytes) override {
    const int number = ++delivered_;
    if (defect_.drops_own && sender.node == service_.own_id() && ++own_ > 2) return;
    if (number == defect_.drops_message) return;
    if (number == defect_.swaps_message) {
      kept_.emplace(sender, std::vector<std::byte>(bytes.begin(), bytes.end()));
      return;
    }
    membership::GroupMember from = sender;
    if (number == defect_.renames_sender) from.node = ClusterNodeId(77);
    client_->on_deliver(from, bytes);
    if (number == defect_.doubles_message) client_->on_deliver(sender, bytes);
    if (number == defect_.invents_message) client_->on_deliver(sender, std::as_bytes(std::span("nobody.0/1 ")));
    if (kept_) client_->on_deliver(kept_->first, kept_->second);
    kept_.reset();
  }
  void on_configuration(const membership::GroupConfiguration& configuration) override {
    client_->on_configuration(configuration);
  }

  membership::GroupService& service_;
  const Defect& defect_;
  membership::GroupClient* client_ = nullptr;
  int delivered_ = 0;
  int own_ = 0;
  std::optional<std::pair<membership::GroupMember, std::vector<std::byte>>> kept_;
};

class BrokenSoftware final : public ClusterSoftware, membership::StackClient {
 public:
  BrokenSoftware(Host& host, const Machine& machine, const Defect& defect)
      : spec_(machine.spec()),
        name_(fmt::format("{}.{}", spec_.name, machine.incarnation())),
        defect_(defect),
        host_(host, defect) {}
  Result<void> start() override {
    std::string text = spec_.corosync_conf;
    if (defect_.expected_votes != 0)
      text += fmt::format("quorum {{\n expected_votes: {}\n}}\n", defect_.expected_votes);
    const auto conf = membership::parse_corosync_conf(text, "corosync.conf", spec_.profile);
    if (!conf) return tl::unexpected<Error>(conf.error());
    membership::LocalMachine local;
    local.host_name = spec_.name;
    local.node_id = spec_.cluster_id;
    for (const InterfaceSpec& interface : spec_.interfaces) local.addresses.push_back(interface.addresses[0].address);
    auto stack = membership::Stack::create(*conf, local, host_, spec_.profile, this);
    if (!stack) return tl::unexpected<Error>(stack.error());
    stack_ = std::move(*stack);
    stack_->start();
    delivery_ = std::make_unique<BrokenDelivery>(*stack_, defect_);
    traffic_ = std::move(*GroupTraffic::start(host_, *delivery_, *spec_.traffic, name_));
    return {};
  }
  void request_stop() override { stack_->stop(); }
  void on_stack_stopped() override { host_.exit_node(0, "stopped"); }

 private:
  const MachineSpec& spec_;
  std::string name_;
  const Defect& defect_;
  BrokenHost host_;
  std::unique_ptr<membership::Stack> stack_;
  std::unique_ptr<BrokenDelivery> delivery_;
  std::unique_ptr<GroupTraffic> traffic_;
};

// What a judge says first about a run.
struct JudgeWord {
  std::string judge;
  std::string text;
};

inline void cut(World& world, const std::vector<std::vector<NodeIndex>>& sides) {
  static_cast<void>(world.partition(sides));
  world.tracer().emit(NodeIndex(), TraceKind::kFault, {{"text", "cut"}});
}

inline void heal(World& world) {
  world.heal_network();
  world.tracer().emit(NodeIndex(), TraceKind::kFault, {{"text", "healed"}});
}

// Four nodes with Corosync alone, n1 to n4, each with a process that talks.
inline WorldSpec four_talking_nodes() {
  WorldSpec spec;
  spec.segments.push_back({"net", SegmentKind::kSwitch, {}});
  StackVersions versions;
  versions.corosync = "3.1.7";
  versions.pacemaker = kNoPacemaker;
  std::string conf =
      "totem {\n version: 2\n token: 400\n token_coefficient: 0\n transport: udpu\n cluster_name: c\n}\n"
      "nodelist {\n";
  for (std::uint32_t id = 1; id <= 4; ++id)
    conf += fmt::format(" node {{\n  nodeid: {0}\n  name: n{0}\n  ring0_addr: 10.77.0.{0}\n }}\n", id);
  conf += "}\nquorum {\n provider: corosync_votequorum\n}\n";
  for (std::uint32_t id = 1; id <= 4; ++id) {
    MachineSpec machine;
    machine.name = fmt::format("n{}", id);
    machine.profile = *make_profile(versions);
    machine.cluster_id = ClusterNodeId(id);
    machine.corosync_conf = conf;
    machine.traffic = TrafficSpec{2, milliseconds(50), milliseconds(10) * id, 64, {}};
    InterfaceSpec eth0;
    eth0.name = "eth0";
    eth0.segment = "net";
    eth0.addresses = {{IpAddress::v4(10U << 24 | 77U << 16 | id), 24, {}}};
    machine.interfaces = {eth0};
    spec.machines.push_back(std::move(machine));
  }
  return spec;
}

// A restart, a split and its repair; `defect` is that of n1. What every judge that found something says first, in the
// order of the judges.
inline std::vector<JudgeWord> run_protocol(const Defect& defect) {
  const Defect none;
  const auto world = World::create(four_talking_nodes(), [&](Host& host, const Machine& machine) {
                       return std::make_unique<BrokenSoftware>(host, machine, machine.name() == "n1" ? defect : none);
                     }).value();
  Panel panel(*world);
  world->start();
  world->run_for(seconds(3));
  cut(*world, {{NodeIndex(0), NodeIndex(1), NodeIndex(2)}, {NodeIndex(3)}});
  world->run_for(seconds(3));
  heal(*world);
  world->run_for(seconds(2));
  world->machine(NodeIndex(0)).kill_cluster("test");
  world->run_for(seconds(3));
  static_cast<void>(world->machine(NodeIndex(0)).start_cluster());
  world->run_for(seconds(4));
  cut(*world, {{NodeIndex(0)}, {NodeIndex(1), NodeIndex(2), NodeIndex(3)}});
  world->run_for(seconds(5));
  heal(*world);
  world->run_for(panel.watch().reformation * 2);
  panel.finish();
  std::vector<JudgeWord> words;
  for (const auto& judge : panel.judges())
    if (!judge->findings().empty()) words.push_back({std::string(judge->name()), judge->findings().front().text});
  return words;
}

}  // namespace simcluster::sim
