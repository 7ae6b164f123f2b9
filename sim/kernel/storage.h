// Block devices, and the file systems that are mounted from them. A device may be attached to several machines; a file
// system that was not made for that is damaged when two of them have it mounted and one of them writes (AT-4.6).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agents/system.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "sim/kernel/file_store.h"
#include "sim/kernel/machine_context.h"
#include "sim/kernel/reservations.h"

namespace simcluster::sim {

// One device, for all machines that it is attached to.
struct BlockDevice {
  struct User {
    NodeIndex machine;
    bool writes = true;
  };

  std::string name;
  std::string file_system;  // what it was formatted with
  FileStore files;          // what lies on it, by paths that begin with "/"
  std::vector<User> users;  // machines that have it mounted, in the order of their mounts
  bool damaged = false;
  Reservations reservations;

  // Made to be mounted by several machines at once: ocfs2, gfs, gfs2.
  bool cluster_aware() const;
};

// What one machine gets from a device: fibre and controller are its own.
enum class DeviceState : std::uint8_t {
  kWorks,
  kFails,  // every access ends with an I/O error
  kHangs,  // no access ends
  kBusy,   // every access takes long
};

// The devices and mounts of one machine.
class Mounts {
 public:
  explicit Mounts(const MachineContext& context) : context_(context) {}

  struct Attachment {
    std::string path;  // /dev/sdb1
    BlockDevice* device = nullptr;
    DeviceState state = DeviceState::kWorks;
    Duration latency;  // of one access, while busy
  };
  struct Mount {
    std::string device;
    std::string directory;
    std::string file_system;
    std::string options;
    BlockDevice* block_device = nullptr;  // none for a bind mount
    std::string source;                   // of a bind mount: the directory
  };

  // For the world. The device outlives the machine.
  void attach(std::string path, BlockDevice& device) { attached_.push_back({std::move(path), &device, {}, {}}); }
  // None when nothing of this path is attached.
  const Attachment* find_device(std::string_view path) const;
  bool set_state(std::string_view path, DeviceState state, Duration latency);

  const std::vector<Mount>& all() const { return mounts_; }
  // What mount(8) would complain of; nothing when it is done.
  std::optional<std::string> mount(const agents::MountEntry& what);
  // False when nothing is mounted there.
  bool unmount(std::string_view directory);
  // Something is mounted below the directory.
  bool has_mounts_below(std::string_view directory) const;
  // The machine's kernel is gone.
  void clear();

  // Where a path really lies: on a mounted device, or on the machine itself (no device).
  struct Place {
    BlockDevice* device = nullptr;
    const Attachment* attachment = nullptr;
    std::string path;
  };
  Place resolve(std::string_view path) const;

 private:
  void trace(TraceKind kind, const Mount& mount) const;
  void look_for_damage(BlockDevice& device) const;
  void release(const Mount& mount);

  const MachineContext& context_;
  std::vector<Attachment> attached_;
  std::vector<Mount> mounts_;
};

}  // namespace simcluster::sim
