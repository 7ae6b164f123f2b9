// Validation of the configuration over the tree, in our own code: structure, attributes, enumerations, ids and
// references (S1 C-1.16). No schema files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/cib/document.h"

namespace simcluster::cib {

// What a document may contain: schemas before 3.0 and before 4.0 knew elements and values that are upgraded away
// (S1 C-1.11, C-1.13). k2 is 2.10 as it was: kBefore3 without what came later. A document that has to be converted to
// 3.0 must be valid there (C-1.8).
enum class Schema : std::uint8_t { k2, kBefore3, kBefore4, k4 };

// Bound for input that cannot be trusted: so many instances may a clone or bundle have.
inline constexpr int kMaxInstances = 100'000;

// The schema by the document's validate-with ("none" counts as kBefore3).
Schema declared_schema(const Document& document);

// All mistakes in document order, at most `limit`: one sentence each, with file, line, column and what was expected.
// Empty for a valid document. The content of `status` is not looked at.
std::vector<Error> validate(const Document& document, Schema schema, std::size_t limit = 20);

}  // namespace simcluster::cib
