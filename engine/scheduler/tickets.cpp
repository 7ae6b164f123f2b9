// Tickets and `rsc_ticket` (S1 chapter 16, S3 13.4).
#include "engine/scheduler/tickets.h"

#include "engine/scheduler/constraint_sets.h"
#include "engine/scheduler/constraints_unpack.h"
#include "engine/scheduler/fencing.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_scores.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

// S1 C-16.4 for a primitive whose ticket is lost or in standby.
void apply_missing_ticket(Model& model, Resource& resource, const Ticket& ticket, Role role, LossPolicy policy) {
  if (!resource.children.empty()) {
    for (const ResourceId child : resource.children) {
      apply_missing_ticket(model, model.resource(child), ticket, role, policy);
    }
    return;
  }
  const bool promoted_only = role == Role::kPromoted;
  if (ticket.granted || resource.active.empty()) {
    if (!promoted_only || policy == LossPolicy::kStop) adjust_score_everywhere(model, resource.self, -kInfinity);
    return;
  }
  const bool role_concerned = role == Role::kUnknown || role == resource.original_role;
  switch (policy) {
    case LossPolicy::kStop:
      adjust_score_everywhere(model, resource.self, -kInfinity);
      return;
    case LossPolicy::kDemote:
      if (!promoted_only) adjust_score_everywhere(model, resource.self, -kInfinity);
      return;
    case LossPolicy::kFence:
      if (!role_concerned) return;
      adjust_score_everywhere(model, resource.self, -kInfinity);
      for (const NodeId node : resource.active) request_fencing(model, node, "deadman ticket was lost");
      return;
    case LossPolicy::kFreeze:
      if (!role_concerned) return;
      resource.managed = false;
      resource.blocked = true;
      return;
  }
}

LossPolicy parse_loss_policy(const Model& model, std::string_view text, Role role, std::string_view ticket) {
  if (equal_ignoring_case(text, "fence")) {
    if (model.options.fencing_enabled) return LossPolicy::kFence;
    log(model, LogLevel::kError, "rsc_ticket_new",
        "Resetting 'loss-policy' for ticket '{}' to 'stop' because fencing is not configured", ticket);
    return LossPolicy::kStop;
  }
  if (equal_ignoring_case(text, "freeze")) return LossPolicy::kFreeze;
  if (equal_ignoring_case(text, "demote")) return LossPolicy::kDemote;
  if (equal_ignoring_case(text, "stop")) return LossPolicy::kStop;
  return role == Role::kPromoted ? LossPolicy::kDemote : LossPolicy::kStop;
}

class TicketReader {
 public:
  TicketReader(Model& model, const cib::Element& xml) : model_(model), xml_(xml) {}

  void read() {
    const std::string_view name = xml_.value(kTicket);
    if (name.empty()) return;
    ticket_ = find_or_create_ticket(model_, name);
    bool expanded = false;
    std::vector<ConstraintSet> sets = read_sets(model_, xml_, expanded);
    const auto rsc = xml_.attribute(kRsc);
    if (!expanded && rsc) {
      const std::vector<std::string_view>* members = nullptr;
      const ReferenceKind kind = resolve_constraint_name(model_, *rsc, &members);
      if (kind == ReferenceKind::kUnknown) {
        tell_unknown_reference(model_, "unpack_rsc_ticket_tags", xml_.id(), *rsc);
        return;
      }
      if (kind == ReferenceKind::kList) sets.push_back(make_set(model_, *rsc, xml_.attribute("rsc-role"), {}));
    }
    if (sets.empty() && rsc) {
      add(xml_.id(), find_constraint_resource(model_, *rsc), xml_.attribute("rsc-role"));
    }
    for (const ConstraintSet& set : sets) {
      for (const std::string_view member : set.members) {
        const ResourceId resource = find_constraint_resource(model_, member);
        if (!resource.valid()) return;
        add(set.id, resource, set.role);
      }
    }
  }

 private:
  void add(std::string_view id, ResourceId resource, std::optional<std::string_view> role_text) {
    if (!resource.valid()) return;
    Role role = Role::kUnknown;
    if (role_text) {
      role = parse_role(*role_text);
      if (role == Role::kUnknown && !equal_ignoring_case(*role_text, "Unknown")) return;
      if (role == Role::kStarted) role = Role::kUnknown;
    }
    const LossPolicy policy = parse_loss_policy(model_, xml_.value("loss-policy"), role, xml_.value(kTicket));
    Resource& dependent = model_.resource(resource);
    dependent.tickets.push_back({id, ticket_, role, policy});
    const Because because(model_.recorder.get(), {ScoreReason::kTicket, id});
    const Ticket& ticket = model_.tickets[ticket_.index()];
    if (!ticket.granted || ticket.standby) apply_missing_ticket(model_, dependent, ticket, role, policy);
  }

  Model& model_;
  const cib::Element xml_;
  TicketId ticket_;
};

}  // namespace

TicketId find_or_create_ticket(Model& model, std::string_view id) {
  const auto [it, is_new] =
      model.lookups->ticket_index.try_emplace(id, TicketId(static_cast<std::uint32_t>(model.tickets.size())));
  if (is_new) model.tickets.emplace_back().id = id;
  return it->second;
}

void unpack_ticket_constraint(Model& model, const cib::Element& xml) { TicketReader(model, xml).read(); }

}  // namespace simcluster::scheduler
