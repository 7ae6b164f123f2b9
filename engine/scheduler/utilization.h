// Capacity of nodes and demand of resources (S3 chapter 9).
#pragma once

#include <string_view>

#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;
struct Node;

// S3: the leading integer of a text, clipped to 32 bits; 0 when there is none.
int utilization_value(std::string_view text);
// S3: sign -1 takes the resource's demand from the node, +1 gives it back.
void change_capacity(Model& model, Node& node, const Resource& resource, int sign);
// S3: negative when `a` has more free capacity, by count of attributes.
int compare_capacity(const Node& a, const Node& b);
// S3: bans nodes that cannot take what is colocated. Returns the node to prefer, or none.
NodeId ban_insufficient_nodes(Model& model, Resource& resource);
// S3: lines of all nodes; `comment` is "Original" or "Remaining".
void print_capacities(Model& model, const char* comment);
// S3.
void print_utilization(Model& model, const Resource& resource, const Node& node);

}  // namespace simcluster::scheduler
