#include "engine/cib/nvpairs.h"

#include <algorithm>

#include <fmt/core.h>

namespace simcluster::cib {
namespace {

Element referenced_block(const Element& block, Name name, const RuleContext& context) {
  const auto reference = block.attribute(names::kIdRef);
  if (!reference) return block;
  const Element found = block.document().find_unique_id(name, *reference);
  if (!found && context.log) {
    context.log(MessageLevel::kError,
                fmt::format("Ignoring invalid {} configuration: id-ref '{}' does not reference a valid object",
                            block.name(), *reference));
  }
  return found;
}

}  // namespace

std::vector<Element> blocks_in_order(const Element& owner, Name block_name, const RuleContext& context,
                                     std::string_view always_first) {
  std::vector<Element> blocks;
  for (const Element child : owner.children(block_name)) {
    if (const Element block = referenced_block(child, block_name, context)) blocks.push_back(block);
  }
  if (blocks.size() < 2) return blocks;
  std::reverse(blocks.begin(), blocks.end());
  const bool plain = always_first.empty() && std::none_of(blocks.begin(), blocks.end(), [](const Element& block) {
                       return block.has(names::kScore);
                     });
  if (plain) return blocks;  // nearly always
  const auto rank = [&](const Element& block) {
    const bool first = !always_first.empty() && block.id() == always_first;
    return first ? kInfinity + 1 : parse_score(block.value(names::kScore)).value_or(0);
  };
  std::stable_sort(blocks.begin(), blocks.end(), [&](const Element& a, const Element& b) { return rank(a) > rank(b); });
  return blocks;
}

void visit_block(const Element& block, const RuleContext& context, NextChange& next_change, VisitPair visit) {
  if (const Element rule = block.first_child(names::kRule); rule && !evaluate_rule(rule, context, next_change)) return;
  Element holder = block;
  if (const Element first = block.first_child(); first.is(names::kAttributes)) holder = first;  // S1 C-6.5
  for (Element pair : holder.children(names::kNvpair)) {
    if (const auto reference = pair.attribute(names::kIdRef)) {
      pair = pair.document().find_unique_id(names::kNvpair, *reference);
    }
    const auto name = pair.attribute(names::kName);
    const auto value = pair.attribute(names::kValue);
    if (name && value) visit(*name, *value);
  }
}

Element find_pair(const Element& owner, std::string_view block_name, std::string_view name) {
  for (const Element block : owner.children(block_name))
    for (const Element pair : block.children("nvpair"))
      if (pair.value("name") == name) return pair;
  return {};
}

void visit_blocks(const Element& owner, Name block_name, const RuleContext& context, NextChange& next_change,
                  VisitPair visit, std::string_view always_first) {
  for (const Element& block : blocks_in_order(owner, block_name, context, always_first)) {
    visit_block(block, context, next_change, visit);
  }
}

bool blocks_have_rules(const Element& owner, Name block_name) {
  for (const Element child : owner.children(block_name)) {
    const Element block = referenced_block(child, block_name, {});
    if (block && block.first_child(names::kRule)) return true;
  }
  return false;
}

bool blocks_depend_on_node(const Element& owner, Name block_name) {
  for (const Element child : owner.children(block_name)) {
    const Element block = referenced_block(child, block_name, {});
    const Element rule = block ? block.first_child(names::kRule) : Element();
    if (rule && depends_on_node(rule)) return true;
  }
  return false;
}

}  // namespace simcluster::cib
