// The cluster manager of one node: replicated CIB, attribute manager, executor, fencer and the controller's state
// machine (CM parts A to K), above a group service and a host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/host.h"
#include "engine/base/ids.h"
#include "engine/base/profile.h"
#include "engine/base/time.h"
#include "engine/cib/document.h"
#include "engine/controller/cib_request.h"
#include "engine/controller/cib_room.h"
#include "engine/controller/fsa_tables.h"
#include "engine/controller/subdaemon.h"
#include "engine/fencer/fencer.h"
#include "engine/membership/group.h"

namespace simcluster::controller {

struct ControllerConfig {
  std::string name;         // uname
  std::string initial_cib;  // XML; empty: none
  int cores = 4;            // for the limits of CM-7.13
  // Until the CIB manager has answered the question for all of the CIB that every run of the scheduler begins with.
  // What changes meanwhile makes the question obsolete (CM-7.2).
  Duration cib_query_time;
  std::uint32_t generation = 0;  // how often the controller of this manager was started again
  // Of the nodes on the Heartbeat stack, where they take the place of node ids (AT-8.3).
  std::map<ClusterNodeId, std::string> uuids = {};
  std::string start_state = {};  // PCMK_node_start_state: standby, online; else as it was (CM-5.10)
  int node_action_limit = 0;     // PCMK_node_action_limit, which goes before the option; 0: not set
  // After how long sbd lets an unhealthy node be reset (CM-12.5); 0: sbd does not run here.
  Duration sbd_watchdog_timeout = {};
  std::string cluster_name = {};       // as Corosync knows it; empty: it does not (CM-4.9)
  bool keeps_fencing_history = false;  // on the disk; Pacemaker has it in memory alone
  std::size_t cib_limit = 0;           // bytes (CibStore::limit); 0: none, as in Pacemaker
};

class Daemons;

class ControllerClient {
 public:
  // The cluster manager has ended (CM part M: exit codes), or with exit code 1 its controller alone. Nothing is called
  // back afterwards.
  virtual void on_manager_ended(int exit_code, std::string_view reason) = 0;

 protected:
  ~ControllerClient() = default;
};

class Controller {
 public:
  // Keeps the references; they must outlive the controller.
  Controller(Host& host, const Profile& profile, membership::GroupService& service, ControllerConfig config,
             ControllerClient& client);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // Joins the groups and starts the machine. An error is one of the initial CIB.
  Result<void> start();
  // A daemon is killed (SIGKILL): it leaves its group without a word and calls nobody back. Resources stay as they are,
  // agents that run end unheard. What else ends with it is the supervisor's business (CM-11.10).
  void kill(Subdaemon daemon);
  // It stands still (SIGSTOP): it stays in its group, hears, says and does nothing, until it is killed or goes on.
  void freeze(Subdaemon daemon);
  // SIGCONT: what has reached it meanwhile is worked on now, its timers are late.
  void go_on(Subdaemon daemon);
  // A new process takes the place of a dead one.
  void respawn(Subdaemon daemon);
  // Asks the cluster for permission to leave (CM-11.2).
  void request_stop();

  // --- operator ---
  // Any change of the CIB, as `client` ("cibadmin", "crmd", ...) of root.
  void change_cib(CibRequest request, std::string_view client);
  // The same for the crm shell: the configuration becomes that of `wanted`, a changed copy of the CIB.
  void change_configuration(const cib::Document& wanted, std::string_view client);
  // No value: delete. Node empty: this one.
  void update_attribute(std::string_view name, std::optional<std::string_view> value, Duration dampen,
                        std::string_view node);
  // crm_resource --cleanup; resource or node empty: all (CM-9.2).
  void cleanup(std::string_view resource, std::string_view node);
  // crm_resource --refresh: the history goes, the resource is probed again; resource or node empty: all.
  void refresh(std::string_view resource, std::string_view node);
  // crmadmin -S: how a node's controller is; node empty: the DC's. `answer` gets who answers and its state ("S_IDLE"),
  // at once where no DC is known: from nobody (CM-1.6). Nothing comes from a node that is unknown or lost.
  void ping(std::string_view node, std::function<void(std::string_view source, std::string_view state)> answer);
  // stonith_admin -L, -l, -s, -Q: what the devices of this node say, at once or later.
  void ask_devices(const fencer::DeviceQuestion& question, std::function<void(const fencer::DeviceAnswer&)> answer);
  // stonith_admin --confirm: somebody has seen that the node is off (CM-10.26).
  void confirm_off(std::string_view node);
  // stonith_admin --reboot|--off|--on. An error when there is no such action.
  Result<void> fence(std::string_view node, std::string_view action);
  // What this node's fencer remembers, newest last.
  // What goes on comes last.
  std::vector<fencer::HistoryEntry> fencing_history() const;
  // Fencing requests of others that were too many (Fencer::kMostOperations).
  std::uint64_t dropped_fencing_requests() const;

  // --- view ---
  // The controller itself is there.
  bool alive() const { return impl_ != nullptr; }
  const cib::Document& cib() const;
  CibRoom cib_room() const;
  State state() const;
  std::string_view dc() const;
  bool is_dc() const;
  bool has_quorum() const;
  std::vector<std::string> members() const;
  // Id of a node's elements in the CIB; empty when the node is unknown.
  std::string node_xml_id(std::string_view name) const;

 private:
  class Impl;

  void start_controller();

  Host& host_;
  const Profile& profile_;
  membership::GroupService& service_;
  ControllerConfig config_;
  ControllerClient& client_;
  std::unique_ptr<Daemons> daemons_;
  std::vector<std::unique_ptr<Impl>> dead_;  // agents that still run have clients in them
  std::unique_ptr<Impl> impl_;               // none: the controller is dead
};

}  // namespace simcluster::controller
