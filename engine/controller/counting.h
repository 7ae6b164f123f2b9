// Values that count up: "NAME++" and "NAME+=N", as they are written into the CIB and told the attribute manager.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/cib/values.h"

namespace simcluster::controller {

inline constexpr std::int64_t kMostCounted = cib::kInfinity;

// What `given` makes of the old value: a number within +-kMostCounted; an old value or a step that is no score is 0.
// None: `given` does not count up `name`, it is a value like any other. CM-6.6, CM-9.4
std::optional<std::int64_t> counted_up(std::string_view name, std::string_view given, std::string_view old);

}  // namespace simcluster::controller
