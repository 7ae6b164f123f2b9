// Agents that somebody describes in place of the real ones (AT-4.12): how long their actions take, where they keep
// their state, what they log, whether they have two roles, on which machines they are installed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/agents/metadata.h"
#include "engine/agents/system.h"
#include "engine/base/host.h"
#include "engine/base/random.h"
#include "engine/base/time.h"

namespace simcluster::agents {

// What an action takes: `least` and up to `jitter` more, drawn anew each time; `slow_parts` times in a million `slow`
// instead.
struct ModelTime {
  Duration least;
  Duration jitter;
  std::uint32_t slow_parts = 0;
  Duration slow;
};

// A time of this kind, with two numbers of the stream, whatever comes out.
Duration draw_time(const ModelTime& time, Random& random);

struct ModelLine {
  LogPriority priority = LogPriority::kInfo;
  std::string text;
};

struct ModelAction {
  std::string name;
  ModelTime takes;
  // Advice of the metadata (AT-1.7); none: that of the usual agents.
  std::optional<int> timeout_seconds;
  std::optional<int> interval_seconds;
  std::vector<ModelLine> lines;  // logged before it does its work
};

struct ModelParameter {
  std::string name;
  std::string type = "string";
  std::string default_value;
  bool required = false;
  bool unique = false;
  std::string text;
};

enum class ModelState : std::uint8_t {
  kMemory,  // a process, which dies with its machine
  kFile,    // on the disk: what was active before a reboot is active after it
};

struct ModelScores {
  std::int64_t promoted = 10;
  std::int64_t unpromoted = 5;
};

struct AgentModel {
  // Names of which any part may have a `*` for any text. The provider is empty for classes without one.
  std::string standard;
  std::string provider;
  std::string type;
  std::string short_text;
  std::string long_text;
  std::vector<ModelParameter> parameters;
  std::vector<ModelAction> actions;
  ModelState state = ModelState::kMemory;
  std::string process;                               // name of the process of kMemory; empty: the type
  std::optional<ModelScores> promotable;             // with two roles
  std::optional<std::vector<std::string>> machines;  // where it is installed; none: everywhere
  // Of fence agents: which machine a plug switches. A plug that is not here is the machine of that name.
  std::vector<std::pair<std::string, std::string>> plugs;

  bool is_pattern() const;
  bool fits(std::string_view wanted_standard, std::string_view wanted_provider, std::string_view wanted_type) const;
  bool installed_on(std::string_view machine) const;
  // Null: nothing was said about the action.
  const ModelAction* action(std::string_view name) const;
};

// What the agent of that type says of itself. The metadata borrows from this object, which does not move.
class ModelMetadata {
 public:
  ModelMetadata(const AgentModel& model, std::string_view provider, std::string_view type);
  ModelMetadata(const ModelMetadata&) = delete;
  ModelMetadata& operator=(const ModelMetadata&) = delete;

  const AgentMetadata& metadata() const { return metadata_; }

 private:
  AgentModel model_;
  std::string provider_;
  std::string type_;
  std::vector<ParameterMetadata> parameters_;
  std::vector<ActionMetadata> actions_;
  AgentMetadata metadata_;
};

// The agent of a model: main program of every process that runs one (Environment::model).
Task<int> model_agent(System& system);
// The same for `stonith`: a fence agent that switches machines without any wire between (AT-5.9).
Task<int> model_fence_agent(System& system);

// `*` in the pattern stands for any text.
bool fits_pattern(std::string_view pattern, std::string_view text);

}  // namespace simcluster::agents
