// fence_scsi: keys of SCSI-3 persistent reservations on shared disks (AT-5.9). A node registers its own key (`on`,
// which only it can run); whoever wants to cut it off removes that key (`off`), and its writes fail from then on.
#include <array>

#include <fmt/core.h>

#include "engine/agents/fence.h"
#include "engine/agents/fence_agents.h"
#include "engine/base/hash.h"

namespace simcluster::agents {
namespace {

// Where a node keeps the key that it has registered; it does not outlive the node's boot.
constexpr std::string_view kKeyFile = "/var/run/cluster/fence_scsi.key";

// Beside those of the library (AT-5.2).
constexpr std::array<std::string_view, 12> kOptions = {
    "aptpl",           "devices",         "key",          "readonly",
    "suppress-errors", "suppress_errors", "logfile",      "corosync_cmap_path",
    "key_value",       "sg_persist_path", "sg_turs_path", "vgs_path"};

constexpr std::array kParameters = {
    ParameterMetadata{"devices", "string", "", true, false, "Shared disks", "Separated by commas."},
    ParameterMetadata{"key", "string", "", false, false, "Key", "Of the node; made of its name when absent."},
    ParameterMetadata{"plug", "string", "", false, false, "Node", "Name of the node whose key it is."},
    ParameterMetadata{"port", "string", "", false, false, "Node", "Older name of plug."},
    ParameterMetadata{"delay", "integer", "0", false, false, "Wait before fencing", "In seconds."},
};

constexpr std::array kActions = {
    ActionMetadata{"on", 20, 0, 0, {}, true, true},
    ActionMetadata{"off"},
    ActionMetadata{"status"},
    ActionMetadata{"monitor"},
    ActionMetadata{"metadata"},
    ActionMetadata{"validate-all"},
};

// Keys are hexadecimal numbers.
std::string key_of(std::string_view node) { return fmt::format("{:08x}", hash_text(node) >> 32); }

std::vector<std::string> split_devices(std::string_view text) {
  std::vector<std::string> devices;
  while (!text.empty()) {
    const auto end = text.find_first_of(", ");
    if (end != 0) devices.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return devices;
}

class Reservations final : public FenceDevice {
 public:
  Reservations(std::vector<std::string> devices, std::string key)
      : devices_(std::move(devices)), key_(std::move(key)) {}

  Task<bool> log_in(System&) override { co_return true; }

  Task<PowerState> state(System& system) override {
    bool registered = false;
    for (const std::string& device : devices_) {
      const std::string command = fmt::format("sg_persist -n -i -k -d {}", device);
      const CommandResult listed = co_await system.execute(command);
      if (!listed.ok()) co_return PowerState::kUnreachable;
      registered = registered || listed.error.find("0x" + key_) != std::string_view::npos;
    }
    co_return registered ? PowerState::kOn : PowerState::kOff;
  }

  Task<bool> set(System& system, bool on) override {
    if (on) co_return co_await enrol(system);
    const std::string own = co_await read_own_key(system);
    if (own.empty()) co_return false;
    bool done = true;
    for (const std::string& device : devices_) {
      const std::string command = fmt::format("sg_persist -n -o -A -T 5 -K {} -S {} -d {}", own, key_, device);
      const CommandResult removed = co_await system.execute(command);
      done = done && removed.ok();
    }
    co_return done;
  }

  Task<std::vector<Plug>> list(System&) override { co_return std::vector<Plug>(); }
  bool has_plugs() const override { return false; }
  std::string_view unknown_plug() const override {
    return "Failed: Unable to obtain correct plug status or plug is not available";
  }

 private:
  // The key is kept before it is registered: who has a key on a disk can always be found out.
  Task<bool> enrol(System& system) {
    co_await system.write_file(kKeyFile, key_);
    bool done = true;
    for (const std::string& device : devices_) {
      const std::string enter = fmt::format("sg_persist -n -o -I -S {} -d {}", key_, device);
      const CommandResult entered = co_await system.execute(enter);
      const bool is_in = entered.ok();
      const std::string reserve = fmt::format("sg_persist -n -o -R -T 5 -K {} -d {}", key_, device);
      const CommandResult reserved = co_await system.execute(reserve);
      constexpr int kConflict = 24;  // somebody else holds it: as good, for all that are registered may write
      done = done && is_in && (reserved.ok() || reserved.exit_code == kConflict);
    }
    co_return done;
  }

  static Task<std::string> read_own_key(System& system) {
    const OpenResult opened = co_await system.open_file(kKeyFile);
    if (opened.error != FileError::kNone) {
      system.print_error(fmt::format("Failed: Cannot open file \"{}\"", kKeyFile));
      co_return std::string();
    }
    const FileHandle file = opened.file;
    const Piece piece = co_await system.read_piece(file);
    std::string key(piece.text);
    system.close_file(file);
    co_return key;
  }

  std::vector<std::string> devices_;
  std::string key_;
};

}  // namespace

Task<int> fence_scsi(System& system) {
  const Environment& environment = system.environment();
  const std::string action(environment.action);
  if (action == "metadata") {
    system.print(metadata_xml(fence_scsi_metadata()));
    co_return 0;
  }
  warn_of_unknown_options(system, kOptions);
  const FenceOptions options = read_fence_options(environment);
  const std::string_view node = environment.get("nodename", options.plug);
  std::vector<std::string> devices = split_devices(environment.get("devices"));
  if (devices.empty()) co_return usage_error(system, "Failed: You have to enter the devices");
  if (action == "validate-all") co_return 0;
  const std::string_view key = environment.get("key");
  if (key.empty() && node.empty() && action != "monitor")
    co_return usage_error(system, "Failed: nodename or key is required");
  Reservations reservations(std::move(devices), key.empty() ? key_of(node) : std::string(key));
  if (action == "monitor") {  // the disks answer; whose keys are on them is not asked
    const PowerState state = co_await reservations.state(system);
    co_return state == PowerState::kUnreachable ? 1 : 0;
  }
  co_return co_await run_power_action(system, reservations, options);
}

AgentMetadata fence_scsi_metadata() {
  AgentMetadata metadata;
  metadata.standard = "stonith";
  metadata.type = "fence_scsi";
  metadata.short_text = "Fence agent for SCSI persistent reservations";
  metadata.long_text = "Takes the right to write to shared disks away from a node.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace simcluster::agents
