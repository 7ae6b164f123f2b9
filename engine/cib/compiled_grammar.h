#pragma once

#include <string_view>
#include <vector>

#include "engine/cib/grammar.h"
#include "engine/cib/validate.h"
#include "engine/cib/value_types.h"

namespace simcluster::cib {

// The productions of grammar.h as validation walks them: words taken apart, children resolved.

struct AttributeRule {
  std::string_view name;
  ValueCheck check = nullptr;
  bool is_id = false;
  bool is_reference = false;
  bool required = false;
  Schema first = Schema::k2;  // not known before this one
  Schema last = Schema::k4;   // not known after this one
};

struct CompiledProduction;

struct ChildRule {
  std::string_view element;
  const CompiledProduction* production = nullptr;
  bool required = false;
  bool single = false;
  Schema first = Schema::k2;
  Schema last = Schema::k4;
};

struct CompiledProduction {
  std::string_view name;
  std::vector<AttributeRule> attributes;
  std::vector<ChildRule> children;
};

// Made at the first call, for the whole process; "cib" is where documents start.  The name must be a production's.
const CompiledProduction& compiled_production(std::string_view name);

}  // namespace simcluster::cib
