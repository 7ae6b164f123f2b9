// Making resource objects from XML (S1 chapters 9 and 10, S4 chapters 1 and 10).
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/cib/document.h"
#include "engine/cib/validate.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// Bounds for input that cannot be trusted: a clone or bundle with more instances is invalid, and so is every resource
// that would make the model larger.
using cib::kMaxInstances;
inline constexpr std::size_t kMaxResources = 2'000'000;

// Unpacks an element and all below it; none when the configuration is invalid (S1 C-9.3, C-9.4). `instance_number` is
// that of a clone instance or of a member of one, else -1. The new resource is not yet in any list.
ResourceId unpack_resource(Model& model, const cib::Element& xml, ResourceId parent, int instance_number);

// S4 CR-1.12, CR-1.13: the next instance, appended to the clone's children; removed when there are enough already.
ResourceId create_clone_instance(Model& model, ResourceId clone);

// S2: a resource known only from history. Appended to the resource list.
ResourceId create_removed_resource(Model& model, const cib::Element& lrm_resource);

// Links a top-level remote connection with its node (S2 N-3.9).
void link_remote_connection(Model& model, ResourceId connection);

// Variants; each fills in what it needs. False: invalid.
bool unpack_group(Model& model, ResourceId group);
bool unpack_clone(Model& model, ResourceId clone);
bool unpack_bundle(Model& model, ResourceId bundle);

}  // namespace simcluster::scheduler
