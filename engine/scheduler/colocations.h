// Which colocations matter for a resource, and what one of them does now (S3 sections 5.3 and 5.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/scheduler/constraints.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;
struct Node;

using ColocationList = std::vector<ColocationId>;

// The effective lists: own colocations merged with those of parents and members (S3; S4 CR-4.3).
// this: with the resource as dependent; with: as primary.
ColocationList this_with_colocations(const Model& model, const Resource& resource);
ColocationList with_this_colocations(const Model& model, const Resource& resource);

// S3. `primary` is the configured one unless an instance stands for it.
bool has_influence(const Model& model, const Colocation& colocation, const Resource& primary);
bool has_influence(const Model& model, const Colocation& colocation);

enum class ColocationEffect : std::uint8_t { kNothing, kLocation, kRole };
// S3. With `preview` the state of assignment does not matter.
ColocationEffect colocation_effect(const Model& model, const Resource& dependent, const Resource& primary,
                                   const Colocation& colocation, bool preview);

// S3: nothing when the node has no such attribute.
std::optional<std::string_view> colocation_value(const Model& model, const Resource& resource, const Node& node,
                                                 std::string_view attribute);

}  // namespace simcluster::scheduler
