// What crm_resource changes in a CIB (AT-9.2): parameters, and constraints that move a resource.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "commands/cib_change.h"
#include "commands/tool.h"

namespace simcluster::commands {

struct ParameterChange {
  std::string resource;  // an id of the configuration
  std::string kind;      // instance_attributes, meta_attributes or utilization
  std::string name;
  std::optional<std::string> value;  // none: deleted
  std::string set;                   // -s; empty: as found, or as usual
  std::string id;                    // -i
};
// Adds to the outcome what the tool prints, and changes its CIB.
CibError change_parameter(Outcome& outcome, const ParameterChange& change);

struct Placement {
  std::string resource;
  std::string node;
  bool away = false;      // --ban
  bool promoted = false;  // only where it would be promoted
  std::string lifetime;   // ISO 8601; empty: for ever
};
// Error: what is wrong with the lifetime.
Result<CibError> place_resource(Outcome& outcome, const Placement& placement, const Surroundings& surroundings);
// Takes away what place_resource() made; empty node: for all nodes. `quiet`: says nothing.
void clear_placement(Outcome& outcome, std::string_view resource, std::string_view node);

}  // namespace simcluster::commands
