// The daemons beside the controller: CIB manager, attribute manager and fencer, and what the executor keeps in mind.
// Each of them can die and be started again while the others go on (CM-11.7, CM-11.10).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/profile.h"
#include "engine/controller/attribute_manager.h"
#include "engine/controller/cib_manager.h"
#include "engine/controller/logs.h"
#include "engine/controller/lrm.h"
#include "engine/fencer/fencer.h"
#include "engine/membership/group.h"

namespace simcluster::controller {

// Asks the fencer in an operator's name.
inline constexpr std::string_view kFencingTool = "stonith_admin";

// The controller, as the daemons see it.
class DaemonsClient {
 public:
  virtual void on_cib_update(const CibUpdate& update) = 0;
  virtual void on_cib_connected() = 0;
  virtual void on_fencing_result(const fencer::FencingResult& result) = 0;
  // The name that a node has told, where no node list has it; empty: none yet.
  virtual std::string peer_name(ClusterNodeId node) const = 0;
  // The connection to the fencer is lost: what it was asked for will not be answered.
  virtual void on_fencer_lost() = 0;
  // A fencer that knows no devices yet.
  virtual void on_fencer_started() = 0;

 protected:
  ~DaemonsClient() = default;
};

class Daemons final : public CibClient, public NodeDirectory {
 public:
  // Keeps the references; they must outlive the object. `uuids`: see ControllerConfig.
  Daemons(Host& host, const Profile& profile, membership::GroupService& service, std::string name,
          std::string initial_cib, std::map<ClusterNodeId, std::string> uuids);
  ~Daemons();
  Daemons(const Daemons&) = delete;
  Daemons& operator=(const Daemons&) = delete;

  // Starts them all. An error is one of the initial CIB.
  Result<void> start();
  // They leave their groups in order.
  void stop();
  // The fencer that starts next, and all after it, have their history on the disk.
  void keep_fencing_history() { keeps_fencing_history_ = true; }
  // Of the CIB manager, and of all after it (CibStore::limit).
  void limit_cib(std::size_t bytes);
  // None: there is no controller at the moment.
  void set_client(DaemonsClient* client) { client_ = client; }

  // SIGKILL, and a new process. What a dead daemon is asked for has no effect.
  void kill_cib();
  void start_cib();
  // The next one remembers nothing.
  void kill_executor() { executor_memory_ = {executor_memory_.life + 1, 0, {}, {}}; }
  void kill_attributes();
  void start_attributes();
  void kill_fencer();
  // It stays in its group, and hears, says and answers nothing until it goes on.
  void freeze_fencer();
  void continue_fencer();
  void start_fencer();

  CibManager& cib() { return *cib_; }
  AttributeManager& attributes() { return *attributes_; }
  fencer::Fencer& fencer();
  // How a tool that is called now is known to the daemons: its name and process id (AT-10.5).
  std::string new_tool(std::string_view name);
  // It was started at this very moment, and does not answer yet (CM-2.14).
  bool cib_is_new() const { return cib_started_ == host_.now(); }
  ExecutorMemory& executor_memory() { return executor_memory_; }

  void on_cib_update(const CibUpdate& update) override;
  void on_cib_connected() override;
  std::string node_name(ClusterNodeId node) const override;
  std::string node_xml_id(ClusterNodeId node) const override;

 private:
  class FencerProcess;

  Result<void> join_cib();
  Result<void> join_attributes();
  Result<void> join_fencer();
  std::uint32_t next_process(std::uint32_t first) { return first + kProcessesPerLife * lives_[first]++; }

  Host& host_;
  const Profile& profile_;
  membership::GroupService& service_;
  std::string name_;
  std::string initial_cib_;
  std::map<ClusterNodeId, std::string> uuids_;
  DaemonsClient* client_ = nullptr;
  bool keeps_fencing_history_ = false;
  std::size_t cib_limit_ = 0;
  std::map<std::uint32_t, std::uint32_t> lives_;  // by the process id of the first one
  std::uint32_t last_tool_ = 2000;
  Time cib_started_;
  // Agents and requests on their way may still speak to the dead: they are kept.
  std::vector<std::unique_ptr<CibManager>> dead_cibs_;
  std::vector<std::unique_ptr<AttributeManager>> dead_attributes_;
  std::vector<std::unique_ptr<FencerProcess>> dead_fencers_;
  std::unique_ptr<CibManager> cib_;
  std::unique_ptr<AttributeManager> attributes_;
  std::unique_ptr<FencerProcess> fencer_;
  ExecutorMemory executor_memory_;
  mutable std::map<ClusterNodeId, std::string> names_;  // as told by peers
};

}  // namespace simcluster::controller
