// The grammar of the CIB's configuration as data. Private to validation (compiled_grammar.h).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace simcluster::cib {

// One production: an element in a context.
//
// Attributes: "name:type" separated by blanks; '!' behind it: required; '<' behind it: only before schema 4.0; '^':
// only before 3.0; '>': not before 3.0. No type: any text. Children: names of productions; '!' exactly one, '?' at most
// one, '+' at least one, '*' any number; '<' behind it: only before schema 4.0; '>': not before 3.0. A production "a/b"
// describes element b in context a.
struct Production {
  std::string_view name;
  std::string_view attributes;
  std::string_view children;
};

std::span<const Production> cib_grammar();

}  // namespace simcluster::cib
