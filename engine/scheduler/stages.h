// The stages of the pipeline in their order (S0 GU-2.1, S5 C-1). Each reads what the stages before it left in the model
// and adds its own; scheduler.cpp calls them in exactly this order.
#pragma once

namespace simcluster::scheduler {

struct Model;

// --- configuration (steps 4 to 10) ---
void unpack_options(Model& model);
void unpack_nodes(Model& model);
void create_remote_nodes(Model& model);  // and the implicit connections of guests
void unpack_resources(Model& model);     // with links and the priority sort
void unpack_tags(Model& model);

// --- status (steps 11 to 14) ---
void unpack_status(Model& model);
void count_instances(Model& model);

// --- P1: constraints (steps 16, 17) ---
void apply_node_health(Model& model);
void unpack_constraints(Model& model);

// --- P2: node criteria (step 18): shutdown locks, locations, stickiness, thresholds, exclusive discovery ---
void apply_node_criteria(Model& model);

// --- P3 (step 19) ---
void create_internal_constraints(Model& model);

// --- P4 (step 20): definition changes, clean-up of history ---
void check_configuration_changes(Model& model);

// --- P5 (step 21) ---
void assign_resources(Model& model);

// --- P6 (step 22) ---
void run_deferred_checks(Model& model);

// --- P7 to P11 (steps 23 to 27) ---
void schedule_probes(Model& model);
void clear_failures_of_removed(Model& model);
void create_resource_actions(Model& model);
void order_remote_connections(Model& model);
void schedule_fencing_and_shutdown(Model& model);

// --- P12 (step 28) ---
void apply_orderings(Model& model);

// --- P13, P14 (step 30) ---
void create_graph(Model& model);

}  // namespace simcluster::scheduler
