// One cluster node: membership, CIB, controller, executor, fencer and attribute manager, wired together behind
// host.h. The host creates it when the cluster software starts and destroys it when the machine is reset or the
// software has ended.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/error.h"
#include "engine/base/host.h"
#include "engine/base/ids.h"
#include "engine/base/profile.h"
#include "engine/base/time.h"
#include "engine/controller/cib_room.h"
#include "engine/membership/tools.h"
#include "engine/node/node_agents.h"

namespace simcluster::cib {
class Document;
}

namespace simcluster::fencer {
struct DeviceAnswer;
struct DeviceQuestion;
struct HistoryEntry;
}  // namespace simcluster::fencer

namespace simcluster::membership {
class FrameGuard;
class Stack;
}  // namespace simcluster::membership

namespace simcluster::node {

struct NodeConfig {
  std::string name;           // uname, as in the CIB
  ClusterNodeId id;           // Corosync node id; the node's XML id is its decimal text (CM-1.3)
  std::string corosync_conf;  // text of corosync.conf
  // Addresses of all interfaces of the machine when the software starts (CF-24).
  std::vector<IpAddress> local_addresses;
  std::map<IpAddress, std::uint32_t> mtus;  // as in membership::LocalMachine
  std::string auth_key;                     // as in membership::LocalMachine
  // Of the machine, by path: where totem.keyfile and /etc/sysconfig/pacemaker (environment.h) are looked for.
  std::map<std::string, std::string, std::less<>> files;
  // The CIB (XML, formatted or not) of a node that has none on its disk; empty: an empty CIB. What was persisted
  // before (Host::load) goes first (CM-6.13).
  std::string initial_cib;
  // What it costs to ask the CIB manager for everything, before every run of the scheduler (CM-7.2).
  Duration cib_query_time;
  int cores = 4;  // of the machine
  // PCMK_fail_fast=yes: when a daemon of the manager fails, the machine is reset (CM-11.7).
  bool fail_fast = false;
  // Of all nodes, on the Heartbeat stack; elsewhere none.
  std::map<ClusterNodeId, std::string> uuids;
  NodeAgents agents;
  bool watchdog = false;  // as in membership::LocalMachine
  // As in membership::LocalMachine: quicker than Corosync where the links tell enough.
  bool trust_links = false;
  membership::FrameGuard* frame_guard = nullptr;  // as in membership::LocalMachine
  bool keeps_fencing_history = false;             // on the disk; Pacemaker has it in memory alone
  std::size_t cib_limit = 0;                      // as in ControllerConfig
  // Brings `corosync_conf` and `files` to what the machine has now; called before a reload (CF-27, CR-6). Empty: they
  // stay as they are.
  std::function<void(NodeConfig&)> refresh;
};

// The last line of what crmsh prints of a change that it does not commit (AT-7.8).
inline constexpr std::string_view kShellRefuses = "(exit status 1)\n";

// How `crm configure load` treats objects that exist already.
enum class LoadMethod : unsigned char { kUpdate, kReplace };

// Where a cibadmin-like change goes (CM-6.6, AT-9.1).
enum class CibChange : unsigned char { kCreate, kModify, kReplace, kDelete, kPatch };

// What a tool that has worked out a CIB of its own asks for.
enum class CibWish : unsigned char {
  kDocument,  // what is different from this node's replica
  kBump,      // a higher epoch
  kErase,     // an empty CIB
};

class Node {
 public:
  // Keeps `host`; it must outlive the node. Does nothing yet.
  Node(Host& host, const Profile& profile, NodeConfig config);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Starts the cluster software. An error is one about the configuration (corosync.conf, initial CIB): then nothing
  // runs.
  Result<void> start();
  // Clean stop, as `service pacemaker stop` (CM-11.1): resources move away first. Ends with Host::exit_node(0, ...).
  void request_stop();

  // A daemon of the cluster manager was killed by a signal; the others go on. False: no daemon of that name runs here.
  bool daemon_died(std::string_view daemon, int signal);
  // It was stopped (SIGSTOP), or goes on (SIGCONT). False: as above.
  bool daemon_stopped(std::string_view daemon);
  bool daemon_continued(std::string_view daemon);
  // A remote client is connected to the CIB manager. `alive`: its end of the connection is still there. A manager
  // before 1.0.12 that stops waits for clients that have gone without a word (CM-13.1).
  void connect_remote_client(std::function<bool()> alive);
  // Names of the manager's daemons, as this version calls them.
  std::vector<std::string> daemons() const;

  // --- what an operator types on this node -------------------------------------------------------------------------
  // One crm shell command without the leading "crm": "resource cleanup vip01 [node]", "resource start|stop|manage|
  // unmanage|move|ban|clear R ...", "node standby|online|maintenance|ready [N]", "configure property x=y",
  // "configure delete ID...", "configure primitive ..." (AT-11.2). An error says what was wrong with it; what crmsh
  // refuses after its checks ends with a line kShellRefuses.
  Result<std::string> crm(std::string_view command);
  // `crm configure load update|replace`: crm shell text; `file_name` is for errors.
  Result<void> load_crm_shell(std::string_view text, std::string_view file_name, LoadMethod method);
  // `cibadmin --create|--modify|--replace|--delete -o SECTION -X XML`, or `--patch -X XML` with what crm_diff wrote.
  Result<void> change_cib(CibChange change, std::string_view section, std::string_view xml);
  // The CIB is to become that of a tool; `client` is the tool.
  Result<void> take_cib(const cib::Document& wanted, CibWish wish, std::string_view client);
  // `attrd_updater -n NAME -U VALUE [-d DAMPEN] [-N NODE]`; no value: delete; empty node: this one (CM-9.4).
  void update_attribute(std::string_view name, std::optional<std::string_view> value, Duration dampen = {},
                        std::string_view node = {});

  // stonith_admin -L, -l, -s, -Q: what the devices of this node say, at once or later. An error where the manager does
  // not run.
  Result<void> ask_devices(const fencer::DeviceQuestion& question,
                           std::function<void(const fencer::DeviceAnswer&)> answer);
  // `stonith_admin --confirm|--reboot|--off|--on NODE` or `--history NODE`; returns what it prints.
  Result<std::string> stonith_admin(std::string_view arguments);

  // What corosync-quorumtool, corosync-cfgtool or corosync-cmapctl does and prints on this node (M 18).
  membership::ToolResult corosync_tool(std::string_view command);

  // --- what screens and checks look at -------------------------------------------------------------------------------
  const NodeConfig& config() const;
  // This node's replica of the CIB. The reference stays valid, its content changes.
  const cib::Document& cib() const;
  controller::CibRoom cib_room() const;
  // "S_IDLE", "S_NOT_DC", ... (CM B.1); "" before start().
  std::string_view controller_state() const;
  // What its fencer remembers, oldest first (CM-10.17).
  std::vector<fencer::HistoryEntry> fencing_history() const;
  // What other nodes have asked for and was dropped, because too much of it waited: answers and fencing requests.
  std::uint64_t dropped_requests() const;
  // Name of the DC that this node knows; empty: none.
  std::string_view dc() const;
  bool is_dc() const;
  bool has_quorum() const;
  // The membership layer below; nullptr before start().
  const membership::Stack* membership() const;
  membership::Stack* membership();
  // Names of the nodes in this node's partition, by ascending node id.
  std::vector<std::string> members() const;
  // True after a clean stop or a fatal end.
  bool stopped() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simcluster::node
