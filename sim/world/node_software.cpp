// The cluster node as the software of a machine.
#include <memory>
#include <utility>

#include "engine/node/node.h"
#include "sim/kernel/kernel.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

class NodeSoftware final : public ClusterSoftware {
 public:
  NodeSoftware(Host& host, const Machine& machine) : node_(host, machine.spec().profile, config_of(machine)) {}

  Result<void> start() override { return node_.start(); }
  void request_stop() override { node_.request_stop(); }
  bool update_attribute(std::string_view name, std::optional<std::string_view> value, Duration dampening) override {
    node_.update_attribute(name, value, dampening);
    return true;
  }
  node::Node* node() override { return &node_; }

 private:
  static node::NodeConfig config_of(const Machine& machine) {
    const MachineSpec& spec = machine.spec();
    node::NodeConfig config;
    config.name = spec.name;
    config.id = spec.cluster_id;
    config.corosync_conf = spec.corosync_conf;
    config.initial_cib = spec.initial_cib;
    for (const Interface& interface : machine.kernel().net().interfaces())
      for (const InterfaceAddress& address : interface.addresses) config.local_addresses.push_back(address.address);
    return config;
  }

  node::Node node_;
};

}  // namespace

Result<std::unique_ptr<World>> World::create(WorldSpec spec) {
  return create(std::move(spec), [](Host& host, const Machine& machine) -> std::unique_ptr<ClusterSoftware> {
    return std::make_unique<NodeSoftware>(host, machine);
  });
}

}  // namespace simcluster::sim
