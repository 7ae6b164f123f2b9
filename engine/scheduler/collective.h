// What clones and bundles do differently, stage by stage (S4). The stages for primitives and groups call these.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "engine/scheduler/action.h"
#include "engine/scheduler/constraints.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;
struct Node;
class NodeTable;
class Propagator;
class GraphBuilder;

// --- clones (clone_assignment.cpp) ---
// S4 CR-3.5: negative when `a` comes first.
int compare_instances(Model& model, ResourceId a, ResourceId b);
// S4 CR-3.11: assigns the instances of a clone or bundle in this order.
void assign_instances(Model& model, Resource& collective, const std::vector<ResourceId>& instances, int total,
                      int per_node);
void assign_clone(Model& model, Resource& clone, NodeId prefer, bool final);
// Sorts a clone's children by instance number.
void sort_by_number(Model& model, Resource& clone);
// The probe of a resource on exactly this node, none when there is none.
ActionId newest_probe(Model& model, ResourceId resource, NodeId node);
void assign_bundle(Model& model, Resource& bundle, NodeId prefer, bool final);

// --- promotion (promotion.cpp) ---
// S4 CR-5.1: promotion scores before placement.
void add_promotion_scores(Model& model, Resource& clone);
// S4 CR-5.8 to CR-5.21: who is promoted.
void set_promotion_roles(Model& model, Resource& clone);

// --- notifications (notifications.cpp) ---
// S4 CR-12.2: the four pseudo-actions around one task of a clone.
void create_notifications(Model& model, Resource& clone, Task task);
// S4 CR-12.4.
void order_stop_notifications(Model& model, const Resource& clone);
void order_demote_notifications(Model& model, const Resource& clone);
// S4 CR-12.10: values and notify actions of all instances.
void fill_notifications(Model& model, Resource& clone);

// --- relations between the parts of a bundle ---
// The instance inside a bundle's container, none when the bundle has no primitive.
ResourceId replica_child(const Model& model, const Resource& container);
// Whether `resource` is (part of) what runs inside the bundle that owns `container` (S3 ).
bool is_inside_bundle_of(const Model& model, const Resource& resource, const Resource& container);
// S4 CR-4.3, bundle row.
bool bundle_contributes_colocations(const Model& model, const Resource& bundle, const Resource& requested);
// The resources that act as instances: a clone's children, a bundle's containers in replica order.
std::vector<ResourceId> instances_of(const Model& model, const Resource& collective);

// --- placement ---
void apply_location_to_bundle(Model& model, Resource& bundle, const Location& location);
// S4 chapter 3 and CR-10.40. Collectives have no assigned node.
void assign_collective(Model& model, Resource& collective, NodeId prefer, bool final);
// S4 CR-4.9, CR-10.45: a colocation with a clone or bundle as primary, applied to the dependent's scores.
// Returns what was added to the dependent's promotion priority.
Score apply_colocation_with_collective(Model& model, Resource& dependent, Resource& primary,
                                       const Colocation& colocation);
// S3 effect `role`, S4 CR-5.10: changes the dependent's promotion priority.
// Returns the change.
Score apply_colocation_to_role(Model& model, Resource& dependent, const Resource& primary,
                               const Colocation& colocation);
// S4 CR-15.2: adds what unassigned instances will use (S3 ).
void add_collective_demand(const Model& model, const Resource& collective, const std::vector<ResourceId>& set,
                           std::vector<std::pair<std::string_view, int>>& demand);

// --- orderings and actions ---
void create_internal_constraints_of_collective(Model& model, Resource& collective);
// True when a probe was made required.
bool create_collective_probe(Model& model, Resource& collective, NodeId node);
void create_collective_actions(Model& model, Resource& collective);
// S5 H-9: an instance's stop is implied by fencing; the others are told.
void notify_fencing_stop(Model& model, Resource& resource, ActionId fencing, ActionId stop);
// S5 G-26, clone and bundle rows.
ActionFlags collective_action_flags(Propagator& propagator, Model& model, Action& action, NodeId node);
// S5 G-24: interleaving applies between these two actions.
bool is_interleaved(const Model& model, const Action& first, const Action& then);
// S5 G-24: the actions of two paired instances that stand for those of their collectives.
ActionId interleaved_action(const Model& model, ActionId first, ResourceId instance, NodeId node);
ActionId interleaved_then_action(const Model& model, Task task, ResourceId instance, NodeId node);
// The `interleave` meta-attribute of a clone; bundles follow their clone (S4).
bool is_interleave(const Model& model, const Resource& collective);
// S5 G-25: none when there is no compatible instance.
ResourceId compatible_instance(Model& model, const Resource& match, const Resource& collective, bool current);
// S4 CR-4.13 in full: the instance must also have the role (kUnknown: any), and with an attribute its value decides
// instead of the node.
ResourceId compatible_instance(Model& model, const Resource& match, const Resource& collective, Role role, bool current,
                               std::string_view attribute);
// S4 CR-0.3.
int per_node_maximum(const Resource& resource);
// The resource or something below it is blocked.
bool has_blocked(const Model& model, const Resource& resource);

// --- output ---
// S5 I-2; notifications are created here (S5 H-4).
void add_collective_to_graph(GraphBuilder& builder, Model& model, Resource& collective);
// S5 I-3: the address of a bundle's connection, the name of its container's host; empty when there is none.
std::string_view connection_address(const Model& model, const Resource& connection);
// S5 K-2: the resources of a collective in the order of the summary.
std::vector<ResourceId> summary_children(const Model& model, const Resource& collective);

}  // namespace simcluster::scheduler
