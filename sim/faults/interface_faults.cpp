#include "sim/faults/interface_faults.h"

#include <array>

#include <fmt/core.h>

namespace simcluster::sim {

namespace {

constexpr std::array<std::string_view, 3> kDamages = {"dropped", "bit-flip", "truncated"};
constexpr std::array<std::string_view, 3> kDirections = {"both", "sending", "receiving"};

}  // namespace

void describe_quality(Fields& fields, LinkQuality& quality) {
  fields.duration({"delay", "time of a frame on its way"}, quality.delay);
  fields.duration({"jitter", "random addition to the delay, up to this"}, quality.jitter);
  fields.share({"loss", "share of frames that are lost"}, quality.loss);
  fields.share({"duplication", "share of frames that arrive twice"}, quality.duplication);
  fields.share({"reordering", "share of frames that may be overtaken"}, quality.reordering);
  fields.duration({"reordering-delay", "how long such a frame is held back at most"}, quality.reordering_delay);
  fields.share({"corruption", "share of frames that are damaged"}, quality.corruption);
  auto damage = static_cast<std::size_t>(quality.damage);
  fields.choice({"damage",
                 "what becomes of them: dropped (when absent, a checksum finds out), bit-flip (a wrong bit arrives) or "
                 "truncated (only a part arrives)"},
                damage, kDamages);
  quality.damage = static_cast<Damage>(damage);
  fields.number({"bandwidth", "bits per second, 0: unlimited"}, quality.bandwidth, 0, 1'000'000'000'000);
  fields.number({"mtu", "bytes of an IP packet: larger ones are lost, and nobody is told; absent: no limit"},
                quality.mtu, 68, 65'535);
}

void AddressChange::describe(Fields& fields) {
  describe_machine(fields);
  fields.reference(required("interface", "the interface, such as bond0"), interface_, Reference::kInterface);
  fields.prefix(required("address", "the address with its prefix length"), address_);
}

std::string RemoveAddress::text() const {
  return fmt::format("{}/{} is removed from {}", address_.address.text(), address_.length, interface_);
}

Result<void> RemoveAddress::apply_to(World&, Machine& machine) const {
  return machine.remove_address(interface_, address_.address);
}

std::string AddAddress::text() const {
  return fmt::format("{}/{} is added to {}", address_.address.text(), address_.length, interface_);
}

Result<void> AddAddress::apply_to(World&, Machine& machine) const {
  return machine.add_address(interface_, address_.address, address_.length);
}

void InterfaceAction::describe(Fields& fields) {
  describe_machine(fields);
  fields.reference(required("interface", "the interface, such as eth0"), interface_, Reference::kInterface);
}

std::string SetInterface::text() const { return fmt::format("{} is set {}", interface_, up_ ? "up" : "down"); }

Result<void> SetInterface::apply_to(World&, Machine& machine) const {
  return machine.set_interface_up(interface_, up_);
}

std::string SetCable::text() const {
  return fmt::format("the cable of {} is {}", interface_, plugged_ ? "plugged in" : "pulled");
}

Result<void> SetCable::apply_to(World&, Machine& machine) const { return machine.set_cable(interface_, plugged_); }

void LinkFault::describe(Fields& fields) {
  InterfaceAction::describe(fields);
  fields.choice({"direction", "which frames are concerned, seen from the machine"}, direction_, kDirections);
  describe_quality(fields, quality_);
}

std::string LinkFault::text() const {
  return fmt::format("the link of {} changes its quality ({})", interface_, kDirections[direction_]);
}

Result<void> LinkFault::apply_to(World&, Machine& machine) const {
  const LinkQuality good;
  return machine.set_quality(interface_, direction_ == 2 ? good : quality_, direction_ == 1 ? good : quality_);
}

}  // namespace simcluster::sim
