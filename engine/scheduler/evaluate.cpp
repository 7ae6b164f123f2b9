#include "engine/scheduler/evaluate.h"

#include <algorithm>
#include <vector>

#include "engine/cib/nvpairs.h"
#include "engine/cib/rules.h"
#include "engine/cib/values.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/parameters.h"

namespace simcluster::scheduler {

namespace {

// Builds the context that cib/rules.h wants and hands it to `use`. Everything in it lives until `use` returns.
template <class Use>
void with_rule_context(const Model& model, const EvaluationContext& context, const Use& use) {
  cib::RuleContext rules;
  std::optional<cib::DateTime>& now = model.parameters->now;
  if (!now) now = cib::DateTime::from_epoch(model.now, model.now_offset);
  rules.now = *now;
  rules.local_offset = model.date_offset;
  const auto attribute = [&](std::string_view name) { return node_attribute(*context.node, name); };
  const auto meta = [&](std::string_view name) { return context.meta->get(name); };
  const auto parameter = [&](std::string_view name) { return context.parameters->get(name); };
  if (context.node != nullptr) rules.node_attribute = attribute;
  if (context.meta != nullptr) rules.resource_meta = meta;
  if (context.parameters != nullptr) rules.resource_parameter = parameter;
  if (context.has_agent) rules.agent = {context.agent_class, context.provider, context.type};
  if (context.has_operation) rules.operation = {context.operation, context.interval};
  if (!context.matches.empty()) rules.submatches = context.matches;
  use(rules);
}

Score block_score(const cib::Element& block) { return cib::parse_score(block.value(cib::names::kScore)).value_or(0); }

// A template's blocks stand before those of what uses it, so that at equal score the user's are processed first
// (S1 C-6.2, C-9.6).
std::vector<cib::Element> blocks_of(std::span<const cib::Element> owners, cib::Name kind, const cib::RuleContext& rules,
                                    std::string_view first_id) {
  std::vector<cib::Element> blocks;
  for (const cib::Element& owner : owners) {
    if (!owner.first_child(kind)) continue;
    std::vector<cib::Element> own = cib::blocks_in_order(owner, kind, rules, first_id);
    if (!blocks.empty()) {
      own.insert(own.end(), blocks.begin(), blocks.end());
      std::stable_sort(own.begin(), own.end(),
                       [](const cib::Element& a, const cib::Element& b) { return block_score(a) > block_score(b); });
    }
    blocks = std::move(own);
  }
  return blocks;
}

}  // namespace

bool evaluate_blocks(Model& model, std::span<const cib::Element> owners, cib::Name kind,
                     const EvaluationContext& context, Pairs& out, std::string_view first_id) {
  const bool any = std::any_of(owners.begin(), owners.end(),
                               [&](const cib::Element& owner) { return static_cast<bool>(owner.first_child(kind)); });
  if (!any) return true;
  bool constant = true;
  with_rule_context(model, context, [&](const cib::RuleContext& rules) {
    cib::NextChange change;
    for (const cib::Element& block : blocks_of(owners, kind, rules, first_id)) {
      if (block.first_child(cib::names::kRule)) constant = false;
      cib::visit_block(block, rules, change, [&](std::string_view name, std::string_view value) {
        if (cib::equal_ignoring_case(value, "#default")) {
          out.erase(name);
        } else {
          out.insert(name, value);
        }
      });
    }
    if (change.at()) update_recheck(model, *change.at());
  });
  return constant;
}

bool evaluate_rule(Model& model, const cib::Element& rule, const EvaluationContext& context) {
  bool passed = false;
  with_rule_context(model, context, [&](const cib::RuleContext& rules) {
    cib::NextChange change;
    passed = cib::evaluate_rule(rule, rules, change);
    if (change.at()) update_recheck(model, *change.at());
  });
  return passed;
}

cib::Element resolve_reference(const Model&, const cib::Element& element) {
  if (!element) return element;
  const auto reference = element.attribute(cib::names::kIdRef);
  return reference ? element.document().find_unique_id(element.name_id(), *reference) : element;
}

}  // namespace simcluster::scheduler
