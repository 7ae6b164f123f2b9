// What runs for an agent that somebody has described (AT-4.12).
#include <string>

#include <fmt/core.h>

#include "engine/agents/agent_model.h"
#include "engine/agents/daemon.h"
#include "engine/agents/ocf.h"
#include "engine/base/assert.h"

namespace simcluster::agents {
namespace {

// The role of something active, as the state file of kFile says it; kMemory has a file beside the one with the pid.
constexpr std::string_view kPromotedWord = "promoted\n";
constexpr std::string_view kUnpromotedWord = "unpromoted\n";
constexpr int kLsbNotRunning = 3;

bool speaks_lsb(const Environment& environment) {
  return environment.standard == "lsb" || environment.standard == "service";
}

class ModelRun {
 public:
  explicit ModelRun(System& system)
      : system_(system), environment_(system.environment()), model_(*environment_.model) {}

  // Logs what is to be logged and takes its time.
  Task<> take_time(std::string_view action) {
    const ModelAction* described = model_.action(action);
    if (described == nullptr) co_return;
    for (const ModelLine& line : described->lines) {
      if (environment_.standard == "ocf") {
        co_await ocf_log(system_, line.priority, line.text);
      } else {
        const std::string tag = fmt::format("{}[{}]", environment_.type, system_.pid());
        co_await system_.write_log(line.priority, tag, line.text);
      }
    }
    const Duration time = system_.draw(described->takes);
    if (time.ns > 0) co_await system_.sleep(time);
  }

  // 0, 7 or 8.
  Task<int> role() {
    if (model_.state == ModelState::kMemory) {
      const DaemonState daemon = co_await look_at_daemon(system_, pid_file());
      if (!daemon.pid) co_return kOcfNotRunning;
    }
    const std::string path = role_file();
    const auto word = co_await read_file(system_, path);
    if (!word) co_return model_.state == ModelState::kMemory ? kOcfSuccess : kOcfNotRunning;
    co_return model_.promotable&&* word == kPromotedWord ? kOcfRunningPromoted : kOcfSuccess;
  }

  Task<int> start() {
    const int before = co_await role();
    if (before == kOcfNotRunning) {
      co_await take_time(environment_.action);
      const bool begun = co_await begin();
      if (!begun) co_return kOcfErrGeneric;
    }
    if (model_.promotable && before != kOcfRunningPromoted)
      co_await set_promotion_score(system_, model_.promotable->unpromoted);
    co_return kOcfSuccess;
  }

  Task<int> stop() {
    if (model_.promotable) co_await delete_promotion_score(system_);
    const int before = co_await role();
    if (before == kOcfNotRunning) co_return kOcfSuccess;
    co_await take_time(environment_.action);
    if (model_.state == ModelState::kMemory) co_await end_daemon(system_, pid_file());
    const std::string path = role_file();
    co_await system_.remove_file(path);
    co_return kOcfSuccess;
  }

  Task<int> monitor() {
    const bool own_words = environment_.is_probe() && model_.action("probe") != nullptr;
    co_await take_time(own_words ? "probe" : "monitor");
    const int now = co_await role();
    // As the agents do: who finds it active without having started it says what it is worth here (AT-4.4).
    if (model_.promotable && environment_.is_probe() && now != kOcfNotRunning)
      co_await set_promotion_score(
          system_, now == kOcfRunningPromoted ? model_.promotable->promoted : model_.promotable->unpromoted);
    co_return now == kOcfNotRunning&& speaks_lsb(environment_) ? kLsbNotRunning : now;
  }

  Task<int> change_role(bool promote) {
    if (!model_.promotable) co_return kOcfErrUnimplemented;
    const int before = co_await role();
    if (before == kOcfNotRunning) co_return kOcfNotRunning;
    co_await take_time(environment_.action);
    const std::string path = role_file();
    const FileError error = co_await system_.write_file(path, promote ? kPromotedWord : kUnpromotedWord);
    if (error != FileError::kNone) co_return kOcfErrGeneric;
    co_await set_promotion_score(system_, promote ? model_.promotable->promoted : model_.promotable->unpromoted);
    co_return kOcfSuccess;
  }

  // Whatever changes nothing but needs it active.
  Task<int> reload() {
    const int now = co_await role();
    if (now == kOcfNotRunning) co_return kOcfNotRunning;
    co_await take_time(environment_.action);
    co_return kOcfSuccess;
  }

 private:
  // What an init script or a unit controls is the same for all who ask; of an OCF agent every resource has its own.
  std::string state_name() const {
    if (environment_.standard != "ocf") return environment_.type;
    return fmt::format("{}-{}", environment_.type, environment_.instance);
  }
  std::string pid_file() const { return fmt::format("{}/{}.pid", environment_.state_directory, state_name()); }
  std::string role_file() const {
    return fmt::format("{}/{}.state",
                       model_.state == ModelState::kFile ? "/var/lib/resource-agents" : environment_.state_directory,
                       state_name());
  }

  Task<bool> begin() {
    const std::string path = role_file();
    const FileError error = co_await system_.write_file(path, kUnpromotedWord);
    if (error != FileError::kNone) co_return false;
    if (model_.state == ModelState::kFile) co_return true;
    BackgroundProgram daemon;
    daemon.name = model_.process.empty() ? std::string_view(environment_.type) : std::string_view(model_.process);
    daemon.main = plain_server;
    co_return co_await start_daemon(system_, daemon, pid_file());
  }

  System& system_;
  const Environment& environment_;
  const AgentModel& model_;
};

}  // namespace

Task<int> model_agent(System& system) {
  const Environment& environment = system.environment();
  SIMCLUSTER_ASSERT(environment.model != nullptr);
  const std::string_view action = environment.action;
  if (action == "meta-data") {
    const ModelMetadata description(*environment.model, environment.provider, environment.type);
    system.print(metadata_xml(description.metadata()));
    co_return kOcfSuccess;
  }
  ModelRun run(system);
  if (action == "start" || action == "migrate_from") co_return co_await run.start();
  if (action == "stop" || action == "migrate_to") co_return co_await run.stop();
  if (action == "monitor" || action == "status") co_return co_await run.monitor();
  if (action == "promote" || action == "demote") co_return co_await run.change_role(action == "promote");
  if (action == "reload" || action == "reload-agent") co_return co_await run.reload();
  if (action != "notify" && action != "validate-all") co_return kOcfErrUnimplemented;
  co_await run.take_time(action);
  co_return kOcfSuccess;
}

}  // namespace simcluster::agents
