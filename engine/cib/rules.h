// Rules: conditions on node attributes, dates, the resource's agent and the operation (S1 section 7). Pure functions of
// the element and a context.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/cib/dates.h"
#include "engine/cib/document.h"
#include "engine/cib/function_ref.h"

namespace simcluster::cib {

enum class MessageLevel : std::uint8_t { kError, kWarning, kNotice, kInfo, kDebug };

// Answers the value of a name, or nothing.
using Lookup = FunctionRef<std::optional<std::string_view>(std::string_view name)>;
using MessageSink = FunctionRef<void(MessageLevel level, std::string_view text)>;

// What a rule may look at (S1 C-7.1). Members that are left out do not exist for the rule: conditions on them behave as
// the spec says for "no context". Everything is borrowed for the call.
struct RuleContext {
  DateTime now = {};
  int local_offset = 0;  // for dates in the rule that have no offset of their own

  Lookup node_attribute = {};      // of the node that the rule is evaluated for
  Lookup resource_parameter = {};  // value-source="param"
  Lookup resource_meta = {};       // value-source="meta"

  struct Agent {
    std::string_view standard;  // "class" in the CIB
    std::string_view provider;
    std::string_view type;
  };
  std::optional<Agent> agent = {};

  struct Operation {
    std::string_view name;
    std::uint32_t interval_ms = 0;
  };
  std::optional<Operation> operation = {};

  // With rsc-pattern: the submatches of the resource id, [0] the whole match, empty where one took no part.
  std::optional<std::span<const std::string_view>> submatches = {};

  MessageSink log = {};  // configuration errors and warnings; may be none
};

// The earliest epoch second at which some evaluated date expression may give another answer (S1 C-7.9). The
// caller keeps it only if it is later than now (S1 C-4.5).
class NextChange {
 public:
  void offer(std::int64_t epoch) {
    if (!at_ || epoch < *at_) at_ = epoch;
  }
  std::optional<std::int64_t> at() const { return at_; }

 private:
  std::optional<std::int64_t> at_;
};

// True when the `rule` element (or the one that its id-ref names) passes.
bool evaluate_rule(const Element& rule, const RuleContext& context, NextChange& next_change);

// The rule's answer may differ between nodes: it contains, at any depth, an expression on node attributes.
bool depends_on_node(const Element& rule);

}  // namespace simcluster::cib
