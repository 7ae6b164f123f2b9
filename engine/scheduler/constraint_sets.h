// Resource sets of constraints, with tags and templates replaced by their members (S1 chapter 12).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/cib/document.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;

// One set; written in the constraint, or made from an attribute that names a tag or template.
struct ConstraintSet {
  std::string_view id;
  cib::Element xml;  // none: made from an attribute
  std::optional<std::string_view> role;
  std::optional<std::string_view> action;
  std::optional<std::string_view> sequential;  // as written
  std::vector<std::string_view> members;

  std::optional<std::string_view> attribute(std::string_view name) const {
    return xml ? xml.attribute(name) : std::nullopt;
  }
};

enum class ReferenceKind : std::uint8_t { kResource, kList, kUnknown };

// Tells the log that a constraint names nothing that exists.
void tell_unknown_reference(const Model& model, std::string_view function, std::string_view constraint,
                            std::string_view name);
// What a name in a constraint stands for; `members` are those of a tag or template (S1 C-12.2, C-12.3).
ReferenceKind resolve_constraint_name(const Model& model, std::string_view name,
                                      const std::vector<std::string_view>** members);

// The constraint's sets (S1 C-12.4, C-12.7). `expanded` tells whether a tag or template was replaced.
std::vector<ConstraintSet> read_sets(const Model& model, const cib::Element& constraint, bool& expanded);

// S1 C-12.5: a set from an attribute's value. A tag or template gives a set that is not sequential.
ConstraintSet make_set(const Model& model, std::string_view name, std::optional<std::string_view> role,
                       std::optional<std::string_view> action);

}  // namespace simcluster::scheduler
