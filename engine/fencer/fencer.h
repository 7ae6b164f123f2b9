// The fencer of one node: knows the fence devices that this node may use, takes requests to fence a node, finds out
// with the fencers of the other nodes who can do it, and runs the device (CM part J). It knows nothing of the CIB:
// devices are registered by the controller, messages go through FencerTransport.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/ids.h"
#include "engine/base/profile.h"
#include "engine/fencer/agent_description.h"

namespace simcluster::fencer {

// A fence device as configured (CM-10.2).
struct Device {
  std::string id;
  std::string agent;                                            // type of the stonith class, "fence_vbox"
  std::vector<std::pair<std::string, std::string>> parameters;  // pcmk_* included
  // What the agent's description says. The fencer finds it out.
  AgentDescription about = {};
};

// One step of a fencing topology (CM-10.13): all these devices must succeed, in this order.
struct TopologyLevel {
  std::string target;    // a node's name, or a regular expression
  bool pattern = false;  // it is an expression
  int index = 1;         // 1 to 9
  std::vector<std::string> devices;
};

struct FencingRequest {
  std::string target;  // node name
  std::string action;  // reboot, off, on
  Duration timeout;
  Duration delay;           // below 0: no delays at all (CM-10.19)
  std::string client;       // who asked, with its process id: "pacemaker-controld.1006"
  std::string origin = {};  // the node that leads it in another's place (CM-10.5); empty: the one that was asked
};

enum class FencingStatus : std::uint8_t { kDone, kFailed, kTimeout, kNoDevice };

struct FencingResult {
  std::uint32_t call = 0;
  std::string target;
  std::string action;
  FencingStatus status = FencingStatus::kFailed;
  std::string delegate;  // node whose fencer did it; empty: none
  std::string origin;    // node that led it
  std::string client;
  std::string reason;  // why it failed; empty when an agent has just said that it did
  std::string words;   // the last of what that agent said; empty: it did not fail, or said nothing
  std::string event;   // the operation's UUID
  bool own = false;    // this node's fencer was asked
};

// How it has ended, in the words of the controller's log: "OK", "Error", "Timed Out (REASON)", "No fence device".
std::string ending(const FencingResult& result);

// What is remembered of an operation (CM-10.17).
struct HistoryEntry {
  std::string target;
  std::string action;
  bool succeeded = false;
  std::string delegate;
  std::string client;
  std::string origin;
  std::uint32_t call = 0;
  Time completed;
  std::string reason;
  bool pending = false;  // it goes on; nothing is known of its end
};

// Who confirmed by hand that a node is down (CM-10.26).
inline constexpr std::string_view kHuman = "a human";

// What stonith_admin asks about devices (AT-9.5).
struct DeviceQuestion {
  enum class Kind : std::uint8_t {
    kDevices,  // -L, -l NODE: those of this node, or those of them that can fence a node
    kTargets,  // -s DEVICE: whom it says that it can fence
    kStatus,   // -Q DEVICE: does it answer?
  };
  Kind kind = Kind::kDevices;
  std::string subject;  // a node or a device; empty: all devices
};
struct DeviceAnswer {
  bool known = true;  // there is such a device on this node
  bool ok = true;     // it has answered
  std::vector<std::string> names;
  std::string reason;
};

class FencerClient {
 public:
  // Every node hears of every finished operation (CM-10.16).
  virtual void on_fencing_result(const FencingResult& result) = 0;

 protected:
  ~FencerClient() = default;
};

class FencerTransport {
 public:
  // To the fencers of all nodes, this one included, in the order of the group.
  virtual void broadcast_fencer(std::span<const std::byte> bytes) = 0;
  // The same, for what a node's fencer has asked for and can ask for again.
  virtual void answer_fencer(std::string_view asker, std::span<const std::byte> bytes) {
    static_cast<void>(asker);
    broadcast_fencer(bytes);
  }

 protected:
  ~FencerTransport() = default;
};

class Fencer {
 public:
  // Keeps the references; they must outlive the fencer.
  Fencer(Host& host, const Profile& profile, FencerTransport& transport, FencerClient& client);
  ~Fencer();
  Fencer(const Fencer&) = delete;
  Fencer& operator=(const Fencer&) = delete;

  // `client`: how this fencer calls itself where it asks in another's place, "pacemaker-fenced.1002".
  void set_node(std::string name, std::string client);
  // Names of the nodes whose fencers are in the group now, this one included.
  void set_peers(std::vector<std::string> names);

  // Replaces all devices (CM-10.1).
  void set_devices(std::vector<Device> devices);
  std::size_t device_count() const;
  // What others have this node do at a time; beyond that it is dropped, which is told in the log, and counted.
  static constexpr std::size_t kMostOperations = 1000;
  // Operations that this node leads, and those that were merged with others'.
  std::size_t requests() const;
  std::uint64_t dropped() const;
  // Replaces the topology, in the order of the configuration.
  void set_topology(std::vector<TopologyLevel> levels);
  // How long a node with a watchdog takes to reset itself when nobody else can (CM-12.6); 0: nobody relies on that.
  void set_watchdog_timeout(Duration timeout);

  // The device's agent has answered a question of the cluster's (CM-10.2).
  void note_verified(const std::string& device);

  // Returns the call's number; the result comes through the client.
  std::uint32_t request(const FencingRequest& request);
  // Calls `answer` at once or when a device has answered; never when the fencer ends before.
  void ask(const DeviceQuestion& question, std::function<void(const DeviceAnswer&)> answer);
  // `stonith_admin --confirm`: somebody has seen that the node is off (CM-10.26).
  void confirm(std::string_view target, std::string_view client);
  // Newest last. The same on all nodes, but for what ended before a node joined.
  const std::vector<HistoryEntry>& history() const;
  // What has not ended yet, oldest first.
  std::vector<HistoryEntry> pending() const;
  // From now on the history is on the host's disk, too; what is there already is remembered first. Pacemaker has it in
  // memory alone.
  void keep_history();
  // Tells the other fencers what this one remembers.
  void share_history();
  // A message of another fencer, or an own one coming back. `sender` is the node's name.
  void on_message(std::string_view sender, std::span<const std::byte> bytes);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simcluster::fencer
