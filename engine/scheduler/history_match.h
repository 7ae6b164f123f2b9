// Which resource a history belongs to (S2 chapter 9, S4 1.5).
#pragma once

#include "engine/cib/document.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;

// The primitive that `lrm_resource` on `node` is about. May create clone instances; sets history ids. None: the history
// is that of something no longer configured.
ResourceId match_history(Model& model, std::string_view name, NodeId node);

}  // namespace simcluster::scheduler
