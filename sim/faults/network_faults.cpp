#include "sim/faults/network_faults.h"

#include <array>

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

void SetTrunk::describe(Fields& fields) {
  fields.reference(required("trunk", "the trunk between two switches"), trunk_, Reference::kTrunk);
}

std::string SetTrunk::text() const { return fmt::format("the trunk {} is {}", trunk_, whole_ ? "mended" : "cut"); }

Result<void> SetTrunk::apply(World& world) const { return world.set_trunk(trunk_, whole_); }

void TrunkQuality::describe(Fields& fields) {
  fields.reference(required("trunk", "the trunk between two switches"), trunk_, Reference::kTrunk);
  describe_quality(fields, quality_);
}

std::string TrunkQuality::text() const { return fmt::format("the trunk {} changes its quality", trunk_); }

Result<void> TrunkQuality::apply(World& world) const { return world.set_trunk_quality(trunk_, quality_); }

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
  static constexpr std::array<std::string_view, 3> kCasts = {"all", "unicast", "multicast"};
  fields.reference(required("from", "the machine that sends"), from_, Reference::kMachine);
  fields.reference(required("to", "the machine that does not hear it"), to_, Reference::kMachine);
  loss_.parts = 1'000'000;
  fields.share({"loss", "share of frames, 100% when absent"}, loss_.parts);
  std::size_t cast = 0;
  fields.choice({"frames", "all (when absent), unicast (tokens of rings by UDP) or multicast (their messages)"}, cast,
                kCasts);
  loss_.cast = static_cast<Network::Cast>(cast);
  fields.number({"larger-than", "only frames with more payload than so many bytes"}, loss_.larger_than, 1, 65'535);
  fields.number({"count", "so many frames are lost and then no more"}, loss_.most, 1, 1'000'000'000);
  selective_ = fields.given("frames") || fields.given("larger-than") || fields.given("count");
  fields.reference({"network", "only in this network; absent: in all"}, network_, Reference::kNetwork);
}

std::string LoseFrames::text() const {
  std::string which = loss_.cast == Network::Cast::kAny       ? "frames"
                      : loss_.cast == Network::Cast::kUnicast ? "unicast frames"
                                                              : "multicast frames";
  if (loss_.larger_than > 0) which += fmt::format(" of more than {} bytes", loss_.larger_than);
  const std::string share = loss_.parts == 1'000'000    ? std::string("all")
                            : loss_.parts % 10'000 == 0 ? fmt::format("{}% of", loss_.parts / 10'000)
                                                        : fmt::format("{} of 1000000", loss_.parts);
  const std::string many = loss_.most == ~std::uint64_t{0} ? share : fmt::format("the next {}", loss_.most);
  return fmt::format("{} {} from {} to {} are lost", many, which, from_, to_);
}

Result<void> LoseFrames::apply(World& world) const {
  const NodeIndex from = world.find_machine(from_);
  const NodeIndex to = world.find_machine(to_);
  if (selective_) return world.lose_some_frames(from, to, loss_, network_);
  return world.lose_frames(from, to, loss_.parts, network_);
}

Result<void> HealNetwork::apply(World& world) const {
  world.heal_network();
  return {};
}

}  // namespace simcluster::sim
