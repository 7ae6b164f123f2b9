// What runs in a machine: the whole cluster node, or Corosync alone.
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/document.h"
#include "engine/membership/corosync_conf.h"
#include "engine/membership/stack.h"
#include "engine/membership/start_lines.h"
#include "engine/node/node.h"
#include "sim/kernel/agent_runner.h"
#include "sim/kernel/kernel.h"
#include "sim/world/group_traffic.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

std::vector<IpAddress> addresses_of(const Machine& machine) {
  std::vector<IpAddress> addresses;
  for (const Interface& interface : machine.kernel().net().interfaces())
    for (const InterfaceAddress& address : interface.addresses) addresses.push_back(address.address);
  return addresses;
}

std::map<IpAddress, std::uint32_t> mtus_of(const Machine& machine) {
  std::map<IpAddress, std::uint32_t> mtus;
  for (const Interface& interface : machine.kernel().net().interfaces())
    for (const InterfaceAddress& address : interface.addresses)
      mtus[address.address] = static_cast<std::uint32_t>(interface.mtu);
  return mtus;
}

// The process that talks in a group, when the machine is to have one. Its messages are named after machine and start.
Result<void> start_traffic(Host& host, membership::GroupService& service, const MachineSpec& spec,
                           std::uint64_t incarnation, std::unique_ptr<GroupTraffic>& traffic) {
  if (!spec.traffic) return {};
  auto started = GroupTraffic::start(host, service, *spec.traffic, fmt::format("{}.{}", spec.name, incarnation));
  if (!started) return tl::unexpected<Error>(started.error());
  traffic = std::move(*started);
  return {};
}

// The files of the scenario as they are now (CR-3).
std::map<std::string, std::string, std::less<>> key_files(const Machine& machine) {
  std::map<std::string, std::string, std::less<>> files;
  for (const auto& [path, content] : machine.spec().files)
    if (const std::string* now = machine.kernel().files().find(path); now != nullptr) files[path] = *now;
  return files;
}

class NodeSoftware final : public ClusterSoftware {
 public:
  NodeSoftware(Host& host, const Machine& machine)
      : host_(host),
        spec_(machine.spec()),
        incarnation_(machine.incarnation()),
        node_(host, machine.spec().profile, config_of(machine)) {}

  Result<void> start() override {
    if (auto started = node_.start(); !started) return started;
    return start_traffic(host_, *node_.membership(), spec_, incarnation_, traffic_);
  }
  void request_stop() override { node_.request_stop(); }
  bool update_attribute(const agents::AttributeUpdate& update) override {
    if (update.forever) return set_forever(update);
    const auto value = update.remove ? std::nullopt : std::optional(update.value);
    node_.update_attribute(update.name, value, update.dampening, update.node);
    return true;
  }
  std::optional<std::string> query_attribute(const agents::AttributeQuery& query) override;
  node::Node* node() override { return &node_; }
  membership::Stack* stack() override { return node_.membership(); }

 private:
  bool set_forever(const agents::AttributeUpdate& update) {
    const std::string_view node = update.node.empty() ? std::string_view(spec_.name) : update.node;
    const std::string what =
        update.remove ? fmt::format("delete {}", update.name) : fmt::format("set {} {}", update.name, update.value);
    return node_.crm(fmt::format("node attribute {} {}", node, what)).has_value();
  }

  static node::NodeConfig config_of(const Machine& machine) {
    const MachineSpec& spec = machine.spec();
    node::NodeConfig config;
    config.name = spec.name;
    config.id = spec.cluster_id;
    config.corosync_conf = spec.corosync_conf;
    config.auth_key = spec.auth_key;
    config.files = key_files(machine);
    config.watchdog = spec.watchdog.has_value();
    config.initial_cib = spec.initial_cib;
    config.cib_query_time = spec.knobs.cib_query;
    config.fail_fast = spec.fail_fast;
    config.agents.models = spec.models;
    config.agents.on_disk = [&machine](const AgentRequest& agent) { return machine.kernel().agents().knows(agent); };
    config.cores = spec.cores;
    config.local_addresses = addresses_of(machine);
    config.mtus = mtus_of(machine);
    config.uuids = machine.uuids();
    return config;
  }

  Host& host_;
  const MachineSpec& spec_;
  std::uint64_t incarnation_;
  node::Node node_;
  std::unique_ptr<GroupTraffic> traffic_;
};

// What the CIB of this node says.
std::optional<std::string> NodeSoftware::query_attribute(const agents::AttributeQuery& query) {
  const std::string_view node = query.node.empty() ? std::string_view(spec_.name) : query.node;
  const cib::Element root = node_.cib().root();
  const cib::Element parent =
      query.forever ? root.first_child("configuration").first_child("nodes") : root.first_child("status");
  for (cib::Element element : parent.children(query.forever ? "node" : "node_state")) {
    if (element.value("uname") != node) continue;
    if (!query.forever) element = element.first_child("transient_attributes");
    for (const cib::Element set : element.children("instance_attributes"))
      for (const cib::Element pair : set.children("nvpair"))
        if (pair.value("name") == query.name) return std::string(pair.value("value"));
  }
  return std::nullopt;
}

class CorosyncSoftware final : public ClusterSoftware, membership::StackClient {
 public:
  CorosyncSoftware(Host& host, const Machine& machine)
      : host_(host), machine_(machine), spec_(machine.spec()), incarnation_(machine.incarnation()) {
    local_.host_name = spec_.name;
    local_.node_id = spec_.cluster_id;
    local_.auth_key = spec_.auth_key;
    local_.files = key_files(machine);
    local_.addresses = addresses_of(machine);
    local_.mtus = mtus_of(machine);
    local_.watchdog = spec_.watchdog.has_value();
  }

  Result<void> start() override {
    const auto conf =
        membership::parse_corosync_conf(spec_.corosync_conf, membership::kCorosyncConfPath, spec_.profile);
    if (!conf) {
      membership::log_refusal(host_, membership::refusal_of(conf.error(), membership::RefusedAt::kParsing));
      return tl::unexpected<Error>(conf.error());
    }
    auto stack = membership::Stack::create(*conf, local_, host_, spec_.profile, this);
    if (!stack) return tl::unexpected<Error>(stack.error());
    stack_ = std::move(*stack);
    stack_->start();
    return start_traffic(host_, *stack_, spec_, incarnation_, traffic_);
  }
  void request_stop() override { stack_->stop(); }
  std::optional<std::string> read_corosync_conf() override {
    const std::string* file = machine_.kernel().files().find(std::string(membership::kCorosyncConfPath));
    return file == nullptr ? spec_.corosync_conf : *file;
  }
  std::optional<std::map<std::string, std::string, std::less<>>> read_files() override { return key_files(machine_); }
  void on_stack_stopped() override { host_.exit_node(0, "clean stop"); }
  membership::Stack* stack() override { return stack_.get(); }

 private:
  Host& host_;
  const Machine& machine_;
  const MachineSpec& spec_;
  std::uint64_t incarnation_;
  membership::LocalMachine local_;
  std::unique_ptr<membership::Stack> stack_;
  std::unique_ptr<GroupTraffic> traffic_;
};

}  // namespace

std::unique_ptr<ClusterSoftware> World::cluster_software(Host& host, const Machine& machine) {
  if (has_pacemaker(machine.spec().profile)) return std::make_unique<NodeSoftware>(host, machine);
  return std::make_unique<CorosyncSoftware>(host, machine);
}

Result<std::unique_ptr<World>> World::create(WorldSpec spec) { return create(std::move(spec), cluster_software); }

}  // namespace simcluster::sim
