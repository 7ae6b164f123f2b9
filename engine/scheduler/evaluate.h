// Evaluating name/value blocks and rules of the configuration for the model: glue between cib/nvpairs.h, cib/rules.h
// and nodes, resources and the effective time (S1 chapters 6 and 7).
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "engine/cib/document.h"
#include "engine/scheduler/node.h"
#include "engine/scheduler/pairs.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// What rules may look at (S1 C-7.1). The time is always the model's.
struct EvaluationContext {
  const Node* node = nullptr;
  bool has_agent = false;  // class, provider and type are known
  std::string_view agent_class;
  std::string_view provider;
  std::string_view type;
  bool has_operation = false;
  std::string_view operation;
  std::uint32_t interval = 0;
  const Pairs* meta = nullptr;
  const Pairs* parameters = nullptr;
  // Submatches of `rsc-pattern`: %0 to %9. Empty: none.
  std::span<const std::string_view> matches;
};

// Collects the blocks named `kind` of the owners (in document order: a template before what uses it) into `out`, first
// processed value of a name wins; values already in `out` are kept, except that `#default` removes them (S1 C-6).
// Blocks whose id is `first_id` come first. Returns false when a rule was met that could tell nodes or times apart.
bool evaluate_blocks(Model& model, std::span<const cib::Element> owners, cib::Name kind,
                     const EvaluationContext& context, Pairs& out, std::string_view first_id = {});

// S1 C-7.2: whether the rule passes; the earliest change it reports goes into the recheck time.
bool evaluate_rule(Model& model, const cib::Element& rule, const EvaluationContext& context);

// An element with `id-ref` stands for the element of the same name with that id; none when there is none (S1 C-6.1).
cib::Element resolve_reference(const Model& model, const cib::Element& element);

}  // namespace simcluster::scheduler
