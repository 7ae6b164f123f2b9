// Orderings and colocations that follow from what one resource is (S5 F-10).
#pragma once

namespace simcluster::scheduler {

struct Model;
struct Resource;

// For the resource and everything below it, by variant.
void create_internal_constraints(Model& model, Resource& resource);

}  // namespace simcluster::scheduler
