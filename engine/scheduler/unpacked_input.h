// The input as reading its status leaves it: what crm_simulate -I writes (S1 C-1.5, S2 section 22 point 18).
#pragma once

#include "engine/cib/document.h"

namespace simcluster::scheduler {

struct Model;

// Adds to `document`, which is the one that `model` was unpacked from or a copy of it: `uname` and `rsc-id` to failed
// entries of the history (S2 E-11.14), `op-restart-digest` to expired ones (S2 E-11.7), and the implicit connections of
// guest nodes at the end of `resources` (S2 N-3.6).
void add_what_unpacking_adds(cib::Document& document, const Model& model);

}  // namespace simcluster::scheduler
