#pragma once

#include <string_view>

#include "engine/cib/grammar.h"
#include "engine/cib/validate.h"

namespace simcluster::cib {

// Empty when the value is of the type, else what was expected ("an integer from 0"), as in "expected ...".
using ValueCheck = std::string_view (*)(std::string_view value, Schema schema);

// The check of a type by the word the grammar has for it; the word must be one of the grammar's (grammar.h).
ValueCheck value_check(std::string_view type);

}  // namespace simcluster::cib
