#include <array>
#include <string>

#include <fmt/core.h>

#include "engine/agents/dummy.h"
#include "engine/agents/ocf.h"

namespace simcluster::agents {
namespace {

constexpr int kPromotedScore = 10;
constexpr int kUnpromotedScore = 5;

constexpr std::array kParameters = {
    ParameterMetadata{"state", "string", "", false, true, "State file", "Location to store the resource state in."},
};

constexpr std::array kActions = {
    ActionMetadata{"start", 20},
    ActionMetadata{"stop", 20},
    ActionMetadata{"monitor", 20, 10, 0, "Master"},
    ActionMetadata{"monitor", 20, 11, 0, "Slave"},
    ActionMetadata{"promote", 20},
    ActionMetadata{"demote", 20},
    ActionMetadata{"validate-all", 20},
    ActionMetadata{"meta-data", 5},
};

// What the state file says in each role (AT-4.4).
struct RoleWords {
  std::string_view promoted;
  std::string_view unpromoted;
};

RoleWords role_words(const Environment& environment) {
  const bool new_words = environment.provider == "pacemaker" && !environment.profile.old_rc_texts;
  return new_words ? RoleWords{"Promoted", "Unpromoted"} : RoleWords{"master", "slave"};
}

std::string state_file(const Environment& environment) {
  const std::string_view given = environment.get("state");
  if (!given.empty()) return std::string(given);
  return fmt::format("{}/Stateful-{}.state", environment.state_directory, environment.instance);
}

Task<int> enter_role(System& system, std::string_view file, std::string_view word, int score) {
  const FileError error = co_await system.write_file(file, word);
  if (error != FileError::kNone) co_return kOcfErrGeneric;
  co_await set_promotion_score(system, score);
  co_return kOcfSuccess;
}

Task<int> current_role(System& system, std::string_view file, RoleWords words) {
  const auto content = co_await read_file(system, file);
  if (!content) co_return kOcfNotRunning;
  const std::string_view word = std::string_view(*content).substr(0, content->find('\n'));
  if (word == words.promoted) co_return kOcfRunningPromoted;
  if (word == words.unpromoted) co_return kOcfSuccess;
  co_await ocf_exit_reason(system, fmt::format("unexpected state '{}'", word));
  co_return kOcfErrGeneric;
}

Task<int> stateful_monitor(System& system, std::string_view file, RoleWords words) {
  const int role = co_await current_role(system, file, words);
  if (system.environment().is_probe() && role == kOcfSuccess) co_await set_promotion_score(system, kUnpromotedScore);
  if (system.environment().is_probe() && role == kOcfRunningPromoted)
    co_await set_promotion_score(system, kPromotedScore);
  co_return role;
}

Task<int> stateful_stop(System& system, std::string_view file) {
  co_await delete_promotion_score(system);
  const bool active = co_await system.file_exists(file);
  if (active) co_await system.remove_file(file);
  co_return kOcfSuccess;
}

// Promote and demote need a running instance.
Task<int> change_role(System& system, std::string_view file, RoleWords words, bool promote) {
  const int role = co_await current_role(system, file, words);
  if (role != kOcfSuccess && role != kOcfRunningPromoted) co_return role;
  if (promote) co_return co_await enter_role(system, file, words.promoted, kPromotedScore);
  co_return co_await enter_role(system, file, words.unpromoted, kUnpromotedScore);
}

Task<int> stateful_start(System& system, std::string_view file, RoleWords words) {
  const int role = co_await current_role(system, file, words);
  if (role == kOcfRunningPromoted) {
    co_await set_promotion_score(system, kPromotedScore);
    co_return kOcfRunningPromoted;
  }
  co_return co_await enter_role(system, file, words.unpromoted, kUnpromotedScore);
}

AgentMetadata stateful_metadata(std::string_view provider) {
  AgentMetadata metadata;
  metadata.standard = "ocf";
  metadata.provider = provider;
  metadata.type = "Stateful";
  metadata.short_text = "Example stateful resource agent";
  metadata.long_text = "A resource with two roles that does nothing but remember them.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace

Task<int> stateful(System& system) {
  const Environment& environment = system.environment();
  const std::string_view action = environment.action;
  if (action == "meta-data") {
    system.print(metadata_xml(stateful_metadata(environment.provider)));
    co_return kOcfSuccess;
  }
  const RoleWords words = role_words(environment);
  const std::string file = state_file(environment);
  if (action == "start") co_return co_await stateful_start(system, file, words);
  if (action == "stop") co_return co_await stateful_stop(system, file);
  if (action == "promote") co_return co_await change_role(system, file, words, true);
  if (action == "demote") co_return co_await change_role(system, file, words, false);
  if (action == "monitor" || action == "status") co_return co_await stateful_monitor(system, file, words);
  co_return action == "validate-all" || action == "notify" ? kOcfSuccess : kOcfErrUnimplemented;
}

AgentMetadata heartbeat_stateful_metadata() { return stateful_metadata("heartbeat"); }
AgentMetadata pacemaker_stateful_metadata() { return stateful_metadata("pacemaker"); }

}  // namespace simcluster::agents
