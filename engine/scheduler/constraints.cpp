#include "engine/scheduler/constraints.h"

#include <algorithm>
#include <initializer_list>

#include "engine/scheduler/constraints_unpack.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/merge_sort.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/stages.h"

namespace simcluster::scheduler {

int compare_colocation_priority(const Model& model, ResourceId a_id, ResourceId b_id) {
  const Resource& a = model.resource(a_id);
  const Resource& b = model.resource(b_id);
  if (a.priority != b.priority) return a.priority > b.priority ? -1 : 1;
  if (a.variant != b.variant) return a.variant > b.variant ? -1 : 1;
  if (a.is_clone() && a.promotable != b.promotable) return a.promotable ? -1 : 1;
  const int order = a.id.compare(b.id);
  return order < 0 ? -1 : (order > 0 ? 1 : 0);
}

namespace {

// S3 for one direction.
void order_leave_before_enter(Model& model, ResourceId first, Role first_role, ResourceId then, Role then_role) {
  std::vector<Task> leave{first_role == Role::kPromoted ? Task::kDemote : Task::kStop};
  if (first_role == Role::kUnpromoted) leave.push_back(Task::kPromote);
  std::vector<Task> enter{then_role == Role::kPromoted ? Task::kPromote : Task::kStart};
  if (then_role == Role::kUnpromoted) enter.push_back(Task::kDemote);
  for (const Task x : leave) {
    for (const Task y : enter) order(model, first, x, then, y, relation::kIfRequiredOnSameNode);
  }
}

}  // namespace

ColocationId add_colocation(Model& model, const Colocation& colocation) {
  if (colocation.score == 0) return ColocationId::none();
  const ColocationId id(static_cast<std::uint32_t>(model.colocations.size()));
  model.colocations.push_back(colocation);
  model.colocations.back().self = id;
  sorted_insert(model.resource(colocation.dependent).this_with, id, [&](ColocationId a, ColocationId b) {
    return compare_colocation_priority(model, model.colocation(a).primary, model.colocation(b).primary);
  });
  sorted_insert(model.resource(colocation.primary).with_this, id, [&](ColocationId a, ColocationId b) {
    return compare_colocation_priority(model, model.colocation(a).dependent, model.colocation(b).dependent);
  });
  if (colocation.score <= -kInfinity) {
    order_leave_before_enter(model, colocation.dependent, colocation.dependent_role, colocation.primary,
                             colocation.primary_role);
    order_leave_before_enter(model, colocation.primary, colocation.primary_role, colocation.dependent,
                             colocation.dependent_role);
  }
  return id;
}

LocationId add_location(Model& model, Location location) {
  const LocationId id(static_cast<std::uint32_t>(model.locations.size()));
  location.self = id;
  model.resource(location.resource).locations.push_back(id);
  model.locations.push_back(std::move(location));
  return id;
}

void unpack_constraints(Model& model) {
  using namespace cib::names;
  const cib::Element constraints = model.cib->find_path("configuration/constraints");
  for (const cib::Element& xml : constraints.children()) {
    if (xml.id().empty()) continue;
    if (xml.is(kRscLocation)) {
      unpack_location(model, xml);
    } else if (xml.is(kRscColocation)) {
      unpack_colocation(model, xml);
    } else if (xml.is(kRscOrder)) {
      unpack_order(model, xml);
    } else if (xml.is(kRscTicket)) {
      unpack_ticket_constraint(model, xml);
    } else {
      log(model, LogLevel::kError, "pcmk__unpack_constraints", "Unsupported constraint type: {}", xml.name());
    }
  }
}

}  // namespace simcluster::scheduler
