#include "sim/world/world.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "engine/base/assert.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/storage.h"
#include "sim/network/network.h"

namespace simcluster::sim {

struct World::Impl final : EventHandler {
  explicit Impl(WorldSpec the_spec, SoftwareFactory the_factory)
      : spec(std::move(the_spec)),
        factory(std::move(the_factory)),
        queue(spec.start),
        tracer(queue),
        network(queue, tracer, spec.seed) {}
  // Machines end before the network that they are plugged into.
  ~Impl() { machines.clear(); }

  void on_event(std::uint64_t cookie) override {
    const auto action = std::move(actions[cookie]);
    actions[cookie] = nullptr;
    free_actions.push_back(cookie);
    action();
  }
  Result<SegmentId> segment(std::string_view name) const {
    const SegmentId id = network.find_segment(name);
    if (!id.valid()) return fail(fmt::format("there is no network \"{}\"", name));
    return id;
  }
  Result<void> build(World& world);
  Result<void> attach_storage(World& world);
  Result<void> build_trunk(const TrunkSpec& trunk);

  WorldSpec spec;
  SoftwareFactory factory;
  EventQueue queue;
  Tracer tracer;
  Network network;
  std::vector<std::unique_ptr<BlockDevice>> devices;
  std::vector<std::unique_ptr<Machine>> machines;
  std::vector<std::function<void()>> actions;
  std::vector<std::uint64_t> free_actions;
  std::uint64_t crashes = 0;
  bool stop = false;
};

World::World() = default;
World::~World() = default;

Result<std::unique_ptr<World>> World::create(WorldSpec spec, SoftwareFactory factory) {
  std::unique_ptr<World> world(new World());
  world->impl_ = std::make_unique<Impl>(std::move(spec), std::move(factory));
  const auto built = world->impl_->build(*world);
  if (!built) return tl::unexpected<Error>(built.error());
  return world;
}

Result<void> World::Impl::build(World& world) {
  for (const SegmentSpec& segment : spec.segments) {
    if (network.find_segment(segment.name).valid())
      return fail(fmt::format("there are two networks named \"{}\"", segment.name));
    network.add_segment(segment.name, segment.kind, segment.quality);
  }
  for (const TrunkSpec& trunk : spec.trunks)
    if (auto joined = build_trunk(trunk); !joined) return joined;
  std::set<std::string> names;
  for (const MachineSpec& machine : spec.machines) {
    if (machine.name.empty()) return fail("a machine has no name");
    if (!names.insert(machine.name).second) return fail(fmt::format("there are two machines named {}", machine.name));
    const MachineContext context{queue,
                                 tracer,
                                 network,
                                 spec.seed,
                                 NodeIndex(static_cast<std::uint16_t>(machines.size())),
                                 machine.name,
                                 machine.profile,
                                 machine.knobs,
                                 machine.models};
    machines.push_back(std::make_unique<Machine>(world, context, machine, factory, crashes));
    auto built = machines.back()->build();
    if (!built) return built;
  }
  return attach_storage(world);
}

Result<void> World::Impl::attach_storage(World& world) {
  for (const StorageSpec& storage : spec.storage) {
    devices.push_back(std::make_unique<BlockDevice>());
    devices.back()->name = storage.name;
    devices.back()->file_system = storage.file_system;
    for (const std::string& name : storage.machines) {
      const NodeIndex index = world.find_machine(name);
      if (!index.valid()) return fail(fmt::format("{} is attached to \"{}\", which is no machine", storage.name, name));
      Mounts& mounts = world.machine(index).kernel().mounts();
      if (mounts.find_device(storage.device) != nullptr)
        return fail(fmt::format("two devices are {} on {}", storage.device, name));
      mounts.attach(storage.device, *devices.back());
    }
  }
  return {};
}

Result<void> World::Impl::build_trunk(const TrunkSpec& trunk) {
  if (trunk.between.size() != 2) return fail(fmt::format("the trunk \"{}\" must join two switches", trunk.name));
  if (network.find_trunk(trunk.name).valid()) return fail(fmt::format("there are two trunks named \"{}\"", trunk.name));
  const auto first = segment(trunk.between[0]);
  const auto second = segment(trunk.between[1]);
  if (!first) return tl::unexpected<Error>(first.error());
  if (!second) return tl::unexpected<Error>(second.error());
  const auto added = network.add_trunk(trunk.name, *first, *second, trunk.quality);
  if (!added) return tl::unexpected<Error>(added.error());
  return {};
}

void World::start() {
  for (auto& machine : impl_->machines)
    if (machine->spec().power_on) machine->boot_at_once();
}

Time World::now() const { return impl_->queue.now(); }
Duration World::elapsed() const { return now() - impl_->spec.start; }
void World::run_until(Time end) { impl_->queue.run_until(end); }

bool World::run_until(Time end, const std::function<bool()>& done) {
  impl_->stop = false;
  while (!done()) {
    const auto next = impl_->queue.next_time();
    if (impl_->stop) return false;
    if (!next || *next > end) {
      impl_->queue.run_until(end);
      return done();
    }
    impl_->queue.run_one();
  }
  return true;
}

void World::stop_running() {
  impl_->stop = true;
  impl_->queue.stop();
}

void World::at(Time time, std::function<void()> action) {
  std::uint64_t slot = impl_->actions.size();
  if (impl_->free_actions.empty()) {
    impl_->actions.emplace_back();
  } else {
    slot = impl_->free_actions.back();
    impl_->free_actions.pop_back();
  }
  impl_->actions[slot] = std::move(action);
  impl_->queue.schedule(time, *impl_, slot);
}

std::uint64_t World::events_run() const { return impl_->queue.events_run(); }
std::size_t World::machine_count() const { return impl_->machines.size(); }
Machine& World::machine(NodeIndex index) { return *impl_->machines.at(index.index()); }
const Machine& World::machine(NodeIndex index) const { return *impl_->machines.at(index.index()); }

NodeIndex World::find_machine(std::string_view name) const {
  for (const auto& machine : impl_->machines)
    if (machine->name() == name) return machine->index();
  return NodeIndex::none();
}

Network& World::network() { return impl_->network; }
const Network& World::network() const { return impl_->network; }
EventQueue& World::queue() { return impl_->queue; }
Tracer& World::tracer() { return impl_->tracer; }
std::uint64_t World::seed() const { return impl_->spec.seed; }
std::uint64_t World::assertion_crashes() const { return impl_->crashes; }

std::vector<StorageUse> World::storage_uses() const {
  std::vector<StorageUse> uses;
  for (const auto& device : impl_->devices) {
    StorageUse& use = uses.emplace_back(StorageUse{device->name, device->file_system, device->cluster_aware(), {}});
    // Whose key is missing on the disk does not get through to it.
    for (const BlockDevice::User& user : device->users)
      if (device->reservations.may_write(user.machine)) use.users.push_back({user.machine, user.writes});
  }
  return uses;
}

std::vector<World::AddressPlace> World::find_address(const IpAddress& address) const {
  std::vector<AddressPlace> places;
  for (const auto& machine : impl_->machines) {
    if (machine->power() != PowerState::kUp) continue;
    const Kernel& kernel = machine->kernel();
    for (const Interface& interface : kernel.net().interfaces())
      if (interface.up && interface.find_address(address) != nullptr)
        places.push_back({machine->index(), interface.name, interface.carrier, interface.carrier && !kernel.frozen()});
  }
  return places;
}

// --- faults of networks ----------------------------------------------------------------------------------------------

Result<void> World::fail_segment(std::string_view segment) {
  const auto id = impl_->segment(segment);
  if (!id) return tl::unexpected<Error>(id.error());
  impl_->network.set_segment_power(*id, false);
  return {};
}

Result<void> World::restore_segment(std::string_view segment) {
  const auto id = impl_->segment(segment);
  if (!id) return tl::unexpected<Error>(id.error());
  impl_->network.set_segment_power(*id, true);
  return {};
}

Result<void> World::set_quality(std::string_view segment, const LinkQuality& quality) {
  const auto id = impl_->segment(segment);
  if (!id) return tl::unexpected<Error>(id.error());
  impl_->network.set_quality(*id, quality);
  return {};
}

Result<void> World::set_trunk(std::string_view trunk, bool whole) {
  const TrunkId id = impl_->network.find_trunk(trunk);
  if (!id.valid()) return fail(fmt::format("there is no trunk \"{}\"", trunk));
  impl_->network.set_trunk(id, whole);
  return {};
}

Result<void> World::set_trunk_quality(std::string_view trunk, const LinkQuality& quality) {
  const TrunkId id = impl_->network.find_trunk(trunk);
  if (!id.valid()) return fail(fmt::format("there is no trunk \"{}\"", trunk));
  impl_->network.set_trunk_quality(id, quality);
  return {};
}

Result<void> World::partition(const std::vector<std::vector<NodeIndex>>& groups, std::string_view segment) {
  constexpr std::uint32_t kAll = 1'000'000;
  SegmentId where;
  if (!segment.empty()) {
    const auto id = impl_->segment(segment);
    if (!id) return tl::unexpected<Error>(id.error());
    where = *id;
  }
  std::vector<std::size_t> side(impl_->machines.size(), groups.size());
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (const NodeIndex machine : groups[g]) {
      if (machine.index() >= side.size()) return fail("a partition names a machine that does not exist");
      side[machine.index()] = g;
    }
  for (std::size_t a = 0; a < side.size(); ++a)
    for (std::size_t b = 0; b < side.size(); ++b)
      if (side[a] != side[b])
        impl_->network.set_path_loss(impl_->machines[a]->index(), impl_->machines[b]->index(), kAll, where);
  return {};
}

Result<void> World::lose_frames(NodeIndex from, NodeIndex to, std::uint32_t parts, std::string_view segment) {
  if (from.index() >= machine_count() || to.index() >= machine_count())
    return fail("frames cannot be lost between machines that do not exist");
  SegmentId where;
  if (!segment.empty()) {
    const auto id = impl_->segment(segment);
    if (!id) return tl::unexpected<Error>(id.error());
    where = *id;
  }
  impl_->network.set_path_loss(from, to, parts, where);
  return {};
}

Result<void> World::lose_some_frames(NodeIndex from, NodeIndex to, const Network::SelectiveLoss& loss,
                                     std::string_view segment) {
  SegmentId where;
  if (!segment.empty()) {
    const auto id = impl_->segment(segment);
    if (!id) return tl::unexpected<Error>(id.error());
    where = *id;
  }
  impl_->network.set_selective_loss(from, to, loss, where);
  return {};
}

void World::heal_network() { impl_->network.clear_path_losses(); }

}  // namespace simcluster::sim
