// What all agents of fence-agents have in common (AT-5.2 to AT-5.6): the actions, their words and their exit statuses.
// An agent only knows how to log in to its device, to ask for a plug's state, and to switch a plug.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agents/system.h"
#include "engine/agents/task.h"
#include "engine/base/time.h"

namespace simcluster::agents {

enum class PowerState : std::uint8_t {
  kOn,
  kOff,
  kUnknown,      // the device did not say
  kUnreachable,  // nobody answers, or not in time
};

struct Plug {
  std::string name;
  std::string alias;
  bool on = false;
};

// The options every agent takes, from standard input (AT-5.3). Old and new names are alike.
struct FenceOptions {
  std::string address;
  std::string login;
  std::string password;
  std::string plug;
  Duration login_timeout = seconds(5);   // 0: none
  Duration shell_timeout = seconds(3);   // 0: none
  Duration power_timeout = seconds(20);  // 0: none
  Duration power_wait;
  Duration delay;
  int retry_on = 1;
  bool missing_as_off = false;
};

FenceOptions read_fence_options(const Environment& environment);

class FenceDevice {
 public:
  virtual ~FenceDevice() = default;
  // False: `Unable to connect/login to fencing device`.
  virtual Task<bool> log_in(System& system) = 0;
  // The state of the configured plug.
  virtual Task<PowerState> state(System& system) = 0;
  virtual Task<bool> set(System& system, bool on) = 0;
  // All plugs; only asked of devices that have them.
  virtual Task<std::vector<Plug>> list(System& system) = 0;
  virtual bool has_plugs() const = 0;
  // What an unknown plug is answered with.
  virtual std::string_view unknown_plug() const = 0;
};

// What the library says of keys on standard input that neither it nor the agent knows (AT-5.2); `own` are the agent's.
void warn_of_unknown_options(System& system, std::span<const std::string_view> own);

// The error of a call that cannot be carried out, with the hint that follows it; returns the exit status (AT-5.5).
int usage_error(System& system, std::string_view text);

// Of a device that nobody logs in to: on, off, reboot and status of a plug (AT-5.6).
Task<int> run_power_action(System& system, FenceDevice& device, const FenceOptions& options);

// Prints all plugs as `list` or `list-status` do; returns the exit status.
Task<int> list_plugs(System& system, FenceDevice& device, std::string_view action);

// Runs the action of the environment and returns the exit status (AT-5.4 to AT-5.6).
Task<int> run_fence_agent(System& system, FenceDevice& device, const FenceOptions& options);

}  // namespace simcluster::agents
