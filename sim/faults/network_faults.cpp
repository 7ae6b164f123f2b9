#include "sim/faults/network_faults.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/faults/interface_faults.h"
#include "sim/world/world.h"

namespace simcluster::sim {

void NetworkAction::describe(Fields& fields) {
  fields.reference(required("network", "the network"), network_, Reference::kNetwork);
}

std::string SetNetwork::text() const {
  return fmt::format("the switch of {} {}", network_, works_ ? "works again" : "loses its power");
}

Result<void> SetNetwork::apply(World& world) const {
  return works_ ? world.restore_segment(network_) : world.fail_segment(network_);
}

void NetworkQuality::describe(Fields& fields) {
  NetworkAction::describe(fields);
  describe_quality(fields, quality_);
}

std::string NetworkQuality::text() const { return fmt::format("the network {} changes its quality", network_); }

Result<void> NetworkQuality::apply(World& world) const { return world.set_quality(network_, quality_); }

void Partition::describe(Fields& fields) {
  fields.list(required("groups", "lists of machines that still hear each other"), groups_,
              [&](std::vector<std::string>& group, const std::string&) {
                fields.list({}, group, [&](std::string& name, const std::string&) {
                  fields.reference({}, name, Reference::kMachine);
                });
              });
  fields.reference({"network", "only in this network; absent: in all"}, network_, Reference::kNetwork);
}

std::string Partition::text() const {
  std::string sides;
  for (const auto& group : groups_) sides += fmt::format("{}{}", sides.empty() ? "" : " | ", fmt::join(group, " "));
  return fmt::format("{} is cut: {}", network_.empty() ? "every network" : network_, sides);
}

Result<void> Partition::apply(World& world) const {
  std::vector<std::vector<NodeIndex>> groups;
  for (const auto& names : groups_) {
    auto& group = groups.emplace_back();
    for (const auto& name : names) group.push_back(world.find_machine(name));
  }
  return world.partition(groups, network_);
}

void LoseFrames::describe(Fields& fields) {
  fields.reference(required("from", "the machine that sends"), from_, Reference::kMachine);
  fields.reference(required("to", "the machine that does not hear it"), to_, Reference::kMachine);
  fields.share({"loss", "share of frames, 100% when absent"}, loss_);
  fields.reference({"network", "only in this network; absent: in all"}, network_, Reference::kNetwork);
}

std::string LoseFrames::text() const {
  return fmt::format("{} of 1000000 frames from {} to {} are lost", loss_, from_, to_);
}

Result<void> LoseFrames::apply(World& world) const {
  return world.lose_frames(world.find_machine(from_), world.find_machine(to_), loss_, network_);
}

Result<void> HealNetwork::apply(World& world) const {
  world.heal_network();
  return {};
}

}  // namespace simcluster::sim
