#include "sim/soak/havoc.h"

#include <fmt/core.h>

#include "engine/membership/stack.h"
#include "sim/faults/swizzle.h"
#include "sim/kernel/kernel.h"
#include "sim/network/network.h"

namespace simcluster::sim {

namespace {

constexpr std::uint32_t kAll = 1'000'000;
constexpr std::string_view kReason = "soak";

// A fault that finds nothing to break is no error of the run.
void attempt(const Result<void>& result) { static_cast<void>(result); }

}  // namespace

Havoc::Havoc(World& world, std::uint64_t seed, Kinds kinds) : world_(world), random_(seed, "havoc"), kinds_(kinds) {}

void Havoc::say(NodeIndex machine, const std::string& text) {
  world_.tracer().emit(machine, TraceKind::kFault, {{"text", text}});
}

Machine& Havoc::any_machine() {
  return world_.machine(NodeIndex(static_cast<NodeIndex::rep>(random_.below(world_.machine_count()))));
}

std::string Havoc::any_network() { return fmt::format("net{}", random_.below(world_.network().segment_count())); }

void Havoc::strike() {
  ++strikes_;
  Machine& machine = any_machine();
  const auto& interfaces = machine.spec().interfaces;
  switch (random_.below(5)) {
    case 0:
    case 1:
      return strike_machine(machine);
    case 2:
    case 3:
      return strike_interface(machine, interfaces[random_.below(interfaces.size())]);
    default:
      return strike_network();
  }
}

void Havoc::strike_machine(Machine& machine) {
  const NodeIndex index = machine.index();
  switch (random_.below(12)) {
    case 0:
      say(index, "the cluster software is killed");
      return machine.kill_cluster(kReason);
    case 1:
      say(index, "corosync stops");
      return machine.stop_cluster();
    case 2:
      say(index, "is reset");
      return machine.reset(kReason);
    case 3:
      say(index, "loses its power");
      return machine.power_off(kReason);
    case 4:
      say(index, "the cluster software stands still");
      return machine.pause_cluster();
    case 5:
      say(index, "stands still");
      return machine.pause();
    case 6:
    case 7:
      say(index, "goes on");
      machine.resume();
      return machine.resume_cluster();
    case 8: {
      const bool back = random_.below(2) == 0;
      const Duration by = milliseconds(random_.between(1, 7'200'000));
      say(index, fmt::format("the wall clock jumps {} ms {}", by.milliseconds(), back ? "back" : "ahead"));
      return machine.jump_clock(back ? -by : by);
    }
    default:
      say(index, "is switched on, corosync starts");
      machine.power_on();
      return attempt(machine.start_cluster());
  }
}

void Havoc::strike_interface(Machine& machine, const InterfaceSpec& interface) {
  const NodeIndex index = machine.index();
  const AddressSpec& address = interface.addresses.front();
  std::uint64_t what = random_.below(10);
  const bool takes_address = what == 3 || what == 6;
  if (takes_address && !kinds_.addresses) what = 0;
  switch (what) {
    case 0:
      say(index, fmt::format("the cable of {} is pulled", interface.name));
      return attempt(machine.set_cable(interface.name, false));
    case 1:
    case 2:
      say(index, fmt::format("the cable of {} is plugged in", interface.name));
      return attempt(machine.set_cable(interface.name, true));
    case 3:
      say(index, fmt::format("{} is set down", interface.name));
      return attempt(machine.set_interface_up(interface.name, false));
    case 4:
    case 5:
      say(index, fmt::format("{} is set up", interface.name));
      return attempt(machine.set_interface_up(interface.name, true));
    case 6:
      if (machine.power() != PowerState::kUp) return;
      say(index, fmt::format("{} is removed from {}", address.address.text(), interface.name));
      return attempt(machine.remove_address(interface.name, address.address));
    case 7:
      if (machine.power() != PowerState::kUp) return;
      say(index, fmt::format("{} is added to {}", address.address.text(), interface.name));
      return attempt(machine.add_address(interface.name, address.address, address.prefix_length));
    case 8:
      say(index, fmt::format("the link of {} gets worse", interface.name));
      return attempt(machine.set_quality(interface.name, bad_quality(), bad_quality()));
    default:
      say(index, fmt::format("the link of {} is good", interface.name));
      return attempt(machine.set_quality(interface.name, {}, {}));
  }
}

LinkQuality Havoc::bad_quality() {
  LinkQuality quality;
  const auto rarely = [&](std::uint64_t most) {
    return static_cast<std::uint32_t>(random_.below(3) == 0 ? random_.below(most) : 0);
  };
  quality.loss = random_.below(6) == 0 ? kAll : rarely(300'000);
  quality.duplication = rarely(300'000);
  quality.reordering = rarely(500'000);
  quality.reordering_delay = milliseconds(random_.between(1, 30));
  quality.corruption = rarely(50'000);
  if (kinds_.damaged_frames) quality.damage = static_cast<Damage>(random_.below(3));
  if (random_.below(3) == 0) quality.delay = milliseconds(random_.between(1, 40));
  if (random_.below(3) == 0) quality.jitter = milliseconds(random_.between(1, 30));
  if (random_.below(4) == 0) quality.bandwidth = static_cast<std::uint64_t>(random_.between(200'000, 10'000'000));
  return quality;
}

void Havoc::strike_network() {
  switch (random_.below(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return strike_segment(any_network());
    case 4:
      return split();
    case 5: {
      Machine& from = any_machine();
      Machine& to = any_machine();
      const auto parts = static_cast<std::uint32_t>(random_.below(2) == 0 ? kAll : random_.below(kAll));
      say(NodeIndex(), fmt::format("{} of 1000000 frames from {} to {} are lost", parts, from.name(), to.name()));
      return attempt(world_.lose_frames(from.index(), to.index(), parts));
    }
    case 6:
      return swizzle_links();
    case 7:
      return strike_trunk();
    default:
      say(NodeIndex(), "partitions and lossy paths are healed");
      return world_.heal_network();
  }
}

void Havoc::strike_segment(const std::string& network) {
  switch (random_.below(5)) {
    case 0:
      say(NodeIndex(), fmt::format("the switch of {} loses its power", network));
      return attempt(world_.fail_segment(network));
    case 1:
      say(NodeIndex(), fmt::format("the switch of {} works again", network));
      return attempt(world_.restore_segment(network));
    case 2:
      say(NodeIndex(), fmt::format("the network {} gets worse", network));
      return attempt(world_.set_quality(network, bad_quality()));
    case 3: {
      const LinkQuality quality = narrow();
      say(NodeIndex(), fmt::format("the network {} carries packets of {} bytes", network, quality.mtu));
      return attempt(world_.set_quality(network, quality));
    }
    default:
      say(NodeIndex(), fmt::format("the network {} is good", network));
      return attempt(world_.set_quality(network, {}));
  }
}

void Havoc::strike_trunk() {
  const std::size_t trunks = world_.network().trunk_count();
  if (trunks == 0) return;
  const std::string trunk = fmt::format("trunk{}", random_.below(trunks));
  switch (random_.below(6)) {
    case 0:
      say(NodeIndex(), fmt::format("the {} is cut", trunk));
      return attempt(world_.set_trunk(trunk, false));
    case 1:
    case 2:
      say(NodeIndex(), fmt::format("the {} is mended", trunk));
      return attempt(world_.set_trunk(trunk, true));
    case 3:
      say(NodeIndex(), fmt::format("the {} gets worse", trunk));
      return attempt(world_.set_trunk_quality(trunk, bad_quality()));
    case 4: {
      const LinkQuality quality = narrow();
      say(NodeIndex(), fmt::format("the {} carries packets of {} bytes", trunk, quality.mtu));
      return attempt(world_.set_trunk_quality(trunk, quality));
    }
    default:
      say(NodeIndex(), fmt::format("the {} is good", trunk));
      return attempt(world_.set_trunk_quality(trunk, {}));
  }
}

// Where nodes find out what their ways carry, never less than what they send before (M KN-16, with authentication).
LinkQuality Havoc::narrow() {
  LinkQuality quality;
  quality.mtu = static_cast<std::uint32_t>(random_.between(kinds_.finds_mtu ? 700 : 200, 1600));
  return quality;
}

void Havoc::swizzle_links() {
  if (world_.now() < swizzled_until_) return;
  std::vector<LinkEnd> links;
  for (std::size_t i = 0; i < world_.machine_count(); ++i) {
    const Machine& machine = world_.machine(NodeIndex(static_cast<NodeIndex::rep>(i)));
    for (const InterfaceSpec& interface : machine.spec().interfaces)
      if (random_.below(2) == 0) links.push_back({machine.index(), interface.name});
  }
  const LinkStop how = random_.below(2) == 0 ? LinkStop::kCable : LinkStop::kSilence;
  swizzled_until_ = swizzle(world_, std::move(links), how, milliseconds(random_.between(100, 4000)),
                            milliseconds(random_.between(100, 4000)), random_);
}

void Havoc::split() {
  std::vector<std::vector<NodeIndex>> sides(random_.between(2, 4));
  std::string text;
  for (std::size_t i = 0; i < world_.machine_count(); ++i)
    sides[random_.below(sides.size())].push_back(NodeIndex(static_cast<NodeIndex::rep>(i)));
  for (const auto& side : sides) {
    if (!text.empty()) text += " |";
    for (const NodeIndex node : side) text += " " + world_.machine(node).name();
  }
  const std::string network = random_.below(2) == 0 ? any_network() : "";
  say(NodeIndex(), fmt::format("{} is cut: {}", network.empty() ? "every network" : network, text));
  attempt(world_.partition(sides, network));
}

void Havoc::repair() {
  say(NodeIndex(), "everything is repaired");
  world_.heal_network();
  for (std::size_t i = 0; i < world_.network().segment_count(); ++i) {
    const std::string network = fmt::format("net{}", i);
    attempt(world_.restore_segment(network));
    attempt(world_.set_quality(network, {}));
  }
  for (std::size_t i = 0; i < world_.network().trunk_count(); ++i) {
    const std::string trunk = fmt::format("trunk{}", i);
    attempt(world_.set_trunk(trunk, true));
    attempt(world_.set_trunk_quality(trunk, {}));
  }
  for (std::size_t i = 0; i < world_.machine_count(); ++i) {
    Machine& machine = world_.machine(NodeIndex(static_cast<NodeIndex::rep>(i)));
    machine.resume();
    machine.resume_cluster();
    machine.power_on();
    for (const InterfaceSpec& interface : machine.spec().interfaces) {
      attempt(machine.set_cable(interface.name, true));
      attempt(machine.set_interface_up(interface.name, true));
      attempt(machine.set_quality(interface.name, {}, {}));
      const AddressSpec& address = interface.addresses.front();
      const Interface* there = machine.kernel().net().find_interface(interface.name);
      if (machine.power() == PowerState::kUp && there->find_address(address.address) == nullptr)
        attempt(machine.add_address(interface.name, address.address, address.prefix_length));
    }
  }
}

void Havoc::start_missing() {
  for (std::size_t i = 0; i < world_.machine_count(); ++i) {
    Machine& machine = world_.machine(NodeIndex(static_cast<NodeIndex::rep>(i)));
    if (machine.power() == PowerState::kUp && !machine.cluster_running()) attempt(machine.start_cluster());
  }
}

void Havoc::enable_rings() {
  for (std::size_t i = 0; i < world_.machine_count(); ++i) {
    membership::Stack* stack = world_.machine(NodeIndex(static_cast<NodeIndex::rep>(i))).stack();
    if (stack != nullptr && stack->mute()) stack->run_tool("corosync-cfgtool -r");
  }
}

}  // namespace simcluster::sim
