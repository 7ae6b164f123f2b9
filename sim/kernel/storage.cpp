#include "sim/kernel/storage.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

namespace simcluster::sim {

namespace {

constexpr int kMostBindings = 8;  // bind mounts upon bind mounts

bool has_option(std::string_view options, std::string_view option) {
  return fmt::format(",{},", options).find(fmt::format(",{},", option)) != std::string::npos;
}

// What follows the directory in a path at or below it; nothing for other paths.
std::optional<std::string_view> below(std::string_view path, std::string_view directory) {
  if (!path.starts_with(directory)) return std::nullopt;
  const std::string_view rest = path.substr(directory.size());
  if (!rest.empty() && rest.front() != '/') return std::nullopt;
  return rest;
}

}  // namespace

bool BlockDevice::cluster_aware() const {
  static constexpr std::array<std::string_view, 3> kAware = {"ocfs2", "gfs", "gfs2"};
  return std::ranges::find(kAware, file_system) != kAware.end();
}

const Mounts::Attachment* Mounts::find_device(std::string_view path) const {
  const auto it = std::ranges::find(attached_, path, &Attachment::path);
  return it == attached_.end() ? nullptr : &*it;
}

bool Mounts::set_state(std::string_view path, DeviceState state, Duration latency) {
  const auto it = std::ranges::find(attached_, path, &Attachment::path);
  if (it == attached_.end()) return false;
  it->state = state;
  it->latency = latency;
  return true;
}

std::optional<std::string> Mounts::mount(const agents::MountEntry& what) {
  Mount mount{std::string(what.device),
              std::string(what.directory),
              std::string(what.file_system),
              std::string(what.options),
              nullptr,
              {}};
  const bool busy = std::ranges::find(mounts_, what.directory, &Mount::directory) != mounts_.end();
  if (busy) return fmt::format("mount: {} already mounted or {} busy", what.device, what.directory);
  if (has_option(what.options, "bind")) {
    mount.source = what.device;
    mounts_.push_back(std::move(mount));
    trace(TraceKind::kStorageMounted, mounts_.back());
    return std::nullopt;
  }
  const Attachment* attached = find_device(what.device);
  if (attached == nullptr) return fmt::format("mount: special device {} does not exist", what.device);
  BlockDevice& device = *attached->device;
  const bool conflict = !has_option(what.options, "ro") && !device.reservations.may_write(context_.node);
  if (device.file_system != what.file_system || attached->state == DeviceState::kFails || conflict)
    return fmt::format("mount: wrong fs type, bad option, bad superblock on {}", what.device);
  mount.block_device = &device;
  device.users.push_back({context_.node, !has_option(what.options, "ro")});
  mounts_.push_back(std::move(mount));
  trace(TraceKind::kStorageMounted, mounts_.back());
  look_for_damage(device);
  return std::nullopt;
}

// A reader beside a writer does it, too: it replays the journal under the writer's hands.
void Mounts::look_for_damage(BlockDevice& device) const {
  // Who has no key where keys are wanted cannot replay a journal either.
  std::vector<BlockDevice::User> users = device.users;
  std::erase_if(users, [&](const BlockDevice::User& user) { return !device.reservations.may_write(user.machine); });
  const bool shared =
      std::ranges::any_of(users, [&](const BlockDevice::User& user) { return user.machine != users.front().machine; });
  const bool written = std::ranges::any_of(users, &BlockDevice::User::writes);
  if (device.cluster_aware() || device.damaged || !shared || !written) return;
  device.damaged = true;
  const std::string text = fmt::format("{} does not expect another machine to have it mounted", device.file_system);
  context_.tracer.emit(context_.node, TraceKind::kStorageDamaged, {{"storage", device.name}, {"text", text}});
}

void Mounts::release(const Mount& mount) {
  if (mount.block_device == nullptr) return;
  auto& users = mount.block_device->users;
  const auto own = std::ranges::find(users, context_.node, &BlockDevice::User::machine);
  if (own != users.end()) users.erase(own);
}

bool Mounts::unmount(std::string_view directory) {
  const auto it = std::ranges::find(mounts_, directory, &Mount::directory);
  if (it == mounts_.end()) return false;
  release(*it);
  const Mount gone = std::move(*it);
  mounts_.erase(it);
  trace(TraceKind::kStorageUnmounted, gone);
  return true;
}

bool Mounts::has_mounts_below(std::string_view directory) const {
  return std::ranges::any_of(mounts_, [&](const Mount& mount) {
    const auto rest = below(mount.directory, directory);
    return rest && !rest->empty();
  });
}

void Mounts::clear() {
  for (const Mount& mount : mounts_) release(mount);
  mounts_.clear();
}

Mounts::Place Mounts::resolve(std::string_view path) const {
  Place place{nullptr, nullptr, std::string(path)};
  for (int i = 0; i < kMostBindings; ++i) {
    const Mount* nearest = nullptr;
    for (const Mount& mount : mounts_)
      if (below(place.path, mount.directory) &&
          (nearest == nullptr || mount.directory.size() >= nearest->directory.size()))
        nearest = &mount;
    if (nearest == nullptr) return place;
    const std::string rest(*below(place.path, nearest->directory));
    if (nearest->block_device != nullptr)
      return {nearest->block_device, find_device(nearest->device), rest.empty() ? "/" : rest};
    place.path = nearest->source + rest;
    if (below(place.path, nearest->directory)) return place;  // bound below itself
  }
  return place;
}

void Mounts::trace(TraceKind kind, const Mount& mount) const {
  if (!context_.tracer.wants(kind)) return;
  const std::string_view storage = mount.block_device == nullptr ? "" : std::string_view(mount.block_device->name);
  context_.tracer.emit(context_.node, kind,
                       {{"storage", storage},
                        {"device", mount.device},
                        {"directory", mount.directory},
                        {"file_system", mount.file_system}});
}

}  // namespace simcluster::sim
