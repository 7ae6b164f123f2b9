// Meta-attributes of resources and the flags that follow from them (S1 9.4 and 9.5).
#pragma once

namespace simcluster::scheduler {

struct Model;
struct Resource;

// S1 C-9.9: fills the table; the parent's table must be final.
void collect_meta(Model& model, Resource& resource);
// S1 C-9.11 to C-9.21, in that order.
void unpack_meta_flags(Model& model, Resource& resource);

}  // namespace simcluster::scheduler
