// Sets of name/value pairs: instance_attributes, meta_attributes, utilization, cluster_property_set (S1 section 6).
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/cib/document.h"
#include "engine/cib/function_ref.h"
#include "engine/cib/rules.h"
#include "engine/cib/values.h"

namespace simcluster::cib {

// A small table of borrowed texts in the order of first insertion.
class NvTable {
 public:
  using Pair = std::pair<std::string_view, std::string_view>;

  std::optional<std::string_view> get(std::string_view name) const {
    for (const Pair& pair : pairs_) {
      if (pair.first == name) return pair.second;
    }
    return std::nullopt;
  }
  bool contains(std::string_view name) const { return get(name).has_value(); }
  // Keeps an existing value; true when inserted.
  bool insert(std::string_view name, std::string_view value) {
    if (contains(name)) return false;
    pairs_.emplace_back(name, value);
    return true;
  }
  bool erase(std::string_view name) {
    return std::erase_if(pairs_, [&](const Pair& p) { return p.first == name; }) > 0;
  }
  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }
  std::size_t size() const { return pairs_.size(); }
  bool empty() const { return pairs_.empty(); }

 private:
  std::vector<Pair> pairs_;
};

// The blocks of that element name below `owner` with references resolved, in the order in which they are processed:
// the one with id `always_first` (if not empty), then by descending score, among equal scores the last in the document
// first (S1 C-6.1, C-6.2).
std::vector<Element> blocks_in_order(const Element& owner, Name block_name, const RuleContext& context,
                                     std::string_view always_first = {});

// The pair of that name in the first block below `owner` that has one, rules or not; none when there is none.
Element find_pair(const Element& owner, std::string_view block_name, std::string_view name);

// Calls visit(name, value) for each pair of one block when its rule passes (S1 C-6.3). Values are as written,
// `#default` included.
using VisitPair = FunctionRef<void(std::string_view name, std::string_view value)>;
void visit_block(const Element& block, const RuleContext& context, NextChange& next_change, VisitPair visit);
// All blocks of `owner`, in processing order.
void visit_blocks(const Element& owner, Name block_name, const RuleContext& context, NextChange& next_change,
                  VisitPair visit, std::string_view always_first = {});

// Adds the pairs of all blocks to `table`: the first value processed of a name stays, also one that was there before;
// `#default` removes it (S1 C-6.3). Table has insert(name, value) that keeps existing values, and erase(name): NvTable
// or the caller's own.
template <class Table>
void unpack_nvpairs(const Element& owner, Name block_name, const RuleContext& context, NextChange& next_change,
                    Table& table, std::string_view always_first = {}) {
  const auto add = [&](std::string_view name, std::string_view value) {
    if (equal_ignoring_case(value, "#default")) {
      table.erase(name);
    } else {
      table.insert(name, value);
    }
  };
  visit_blocks(owner, block_name, context, next_change, add, always_first);
}

// The result of unpack_nvpairs for this owner and block may differ between nodes: some rule of some block has an
// expression on node attributes. When false, one evaluation serves all nodes (S0 GU-8.8).
bool blocks_depend_on_node(const Element& owner, Name block_name);
// Some block has a rule at all.
bool blocks_have_rules(const Element& owner, Name block_name);

}  // namespace simcluster::cib
