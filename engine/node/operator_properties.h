// The cluster options that crmsh 4.4 knows beside Pacemaker 2.1.5, with their defaults (black-box runs).
#pragma once

#include <span>
#include <string_view>

namespace simcluster::node {

struct KnownProperty {
  std::string_view name;
  std::string_view default_value;  // empty: none
};

// In the order in which `crm configure get_property` lists them.
std::span<const KnownProperty> known_properties();
// None when there is no such option.
const KnownProperty* find_known_property(std::string_view name);

}  // namespace simcluster::node
