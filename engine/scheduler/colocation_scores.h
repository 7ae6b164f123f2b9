// How colocations change scores: dependents follow their primaries, primaries respect what their dependents prefer (S3
// sections 6.2 and 6.3).
#pragma once

#include <cstdint>
#include <optional>

#include "engine/scheduler/constraints.h"
#include "engine/scheduler/ids.h"
#include "engine/scheduler/node_table.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// S3: some node of the table is available and has a score of at least 0.
bool any_available(const Model& model, const NodeTable& table);

// S3: applies a colocation to its dependent, assigning the primary first.
void apply_this_with(Model& model, Resource& dependent, ColocationId colocation);
// S3: adds what the colocation's dependent prefers to the primary's scores.
void add_dependent_preferences(Model& model, Resource& primary, ColocationId colocation);
// One colocation, applied by the variant of the primary (S3; S4). Returns what it added to the
// dependent's promotion priority; 0 while the dependent is being placed.
Score apply_colocation(Model& model, Resource& dependent, Resource& primary, const Colocation& colocation);
// S3, the primary being a primitive or one instance that stands for a collective.
Score apply_colocation_with_primitive(Model& model, Resource& dependent, const Resource& primary,
                                      const Colocation& colocation);

namespace merge_flag {
inline constexpr std::uint32_t kActive = 1;
inline constexpr std::uint32_t kNonnegative = 2;
inline constexpr std::uint32_t kThisWith = 4;
}  // namespace merge_flag

// S3: merges the preferences of `source`, and of all that depends on it, into `table` on behalf of
// `target`. The table is unchanged when nothing usable would remain.
void merge_preferences(Model& model, Resource& source, const Resource& target, NodeTable& table,
                       const Colocation& colocation, float factor, std::uint32_t flags);
// The same for the own table of `target`, whose changes are recorded.
void merge_preferences_into(Model& model, Resource& source, Resource& target, const Colocation& colocation,
                            float factor, std::uint32_t flags);
// The same, always walking every path: what merge_preferences() must agree with.
void walk_preferences(Model& model, Resource& source, const Resource& target, NodeTable& table,
                      const Colocation& colocation, float factor, std::uint32_t flags);
// The same without a table: the source's own scores with what it is colocated with (S3 ). Nothing under a loop.
std::optional<NodeTable> own_preferences(Model& model, Resource& source);

}  // namespace simcluster::scheduler
