#include "engine/scheduler/unfencing.h"

#include <string>

#include "engine/scheduler/fencing.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

bool depends_on_unfencing(const Model& model, const Resource& resource) {
  return resource.fence_device ? model.options.unfencing_in_use : resource.needs_unfencing();
}

void relate_unfencing(Model& model, Resource& resource, NodeId node, ActionId action, RelationFlags flags) {
  if (!depends_on_unfencing(model, resource)) return;
  const ActionId unfencing = fence_action(model, node, "on", true, {}, false);
  model.actions.relate(unfencing, action, flags);
  if (is_unfenced(model.node(node))) return;
  std::string reason = "required by ";
  reason += resource.id;
  reason += ' ';
  reason += model.actions[action].task_text;
  trigger_unfencing(model, ResourceId(), node, reason);
}

}  // namespace simcluster::scheduler
