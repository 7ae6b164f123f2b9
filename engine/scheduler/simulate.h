// Executes a transition graph in thought: every action completes at once, its result goes into a copy of the CIB (S5
// chapter L).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/cib/document.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/injected_attribute.h"

namespace simcluster::scheduler {

struct Model;

// What one step of the simulation says.
struct SimulatedStep {
  enum class Kind : std::uint8_t { kPseudo, kResource, kFencing, kCluster, kPlain, kInjectedAttribute, kError };
  Kind kind = Kind::kPlain;
  std::string text;  // the line without bullet
  // Parts of the line, for other output formats.
  std::string task;
  std::string node;
  std::string resource;
  std::uint32_t interval = 0;
  std::optional<InjectedAttribute> attribute;
};

struct SimulationOptions {
  std::vector<std::string> failures;  // RSC_TASK_INTERVAL@NODE=RC
  std::int64_t now = 0;               // seconds since 1970
  bool create_nodes = false;          // --node-up was given
};

struct SimulationResult {
  std::vector<SimulatedStep> steps;
  bool complete = true;  // false: some actions could never happen, though nothing failed
  bool aborted = false;  // an operation failed as requested
  std::size_t done = 0;  // actions
  std::size_t left = 0;
};

// `cib` is changed; it must be a copy of (or become different from) the document the model was made from. The model is
// only asked for names of resources.
SimulationResult simulate_transition(const Graph& graph, const Model& model, cib::Document& cib,
                                     const SimulationOptions& options);

}  // namespace simcluster::scheduler
