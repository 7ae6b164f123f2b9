#include "engine/scheduler/node_list.h"

#include <algorithm>
#include <string>

#include "engine/scheduler/log.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_attributes.h"
#include "engine/scheduler/stages.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

// The guest node that a primitive's meta-attributes ask for, read literally (S2 N-3.6).
struct GuestRequest {
  std::string_view node;
  std::optional<std::string_view> address, port, migrate, managed;
  std::string_view connect_timeout = "60s";
};

GuestRequest read_guest_request(const cib::Element& primitive) {
  GuestRequest request;
  for (const cib::Element& block : primitive.children(kMetaAttributes)) {
    for (const cib::Element& pair : block.children(kNvpair)) {
      const std::string_view name = pair.value(kName);
      const auto value = pair.attribute(kValue);
      if (!value) continue;
      if (name == "remote-node") request.node = *value;
      if (name == "remote-addr") request.address = value;
      if (name == "remote-port") request.port = value;
      if (name == "remote-connect-timeout") request.connect_timeout = *value;
      if (name == "remote-allow-migrate") request.migrate = value;
      if (name == "is-managed") request.managed = value;
    }
  }
  return request;
}

void add_pair(cib::MutableElement& block, std::string_view name, std::string_view value) {
  cib::MutableElement pair = block.append_child(kNvpair);
  pair.set_attribute(kId, std::string(block.id()) + "-" + std::string(name));
  pair.set_attribute(kName, name);
  pair.set_attribute(kValue, value);
}

void add_operation(cib::MutableElement& operations, std::string_view id, std::string_view name,
                   std::string_view interval, std::string_view timeout) {
  cib::MutableElement op = operations.append_child(kOp);
  op.set_attribute(kId, id);
  op.set_attribute(kInterval, interval);
  op.set_attribute(kName, name);
  op.set_attribute(kTimeout, timeout);
}

// S2 N-3.7.
void add_guest_connection(Model& model, std::string_view container, const GuestRequest& request) {
  const std::string name(request.node);
  cib::MutableElement root = model.implicit.root();
  cib::MutableElement primitive = root.ensure_child("guest_connections").append_child(kPrimitive);
  primitive.set_attribute(kId, name);
  primitive.set_attribute(kClass, "ocf");
  primitive.set_attribute(kProvider, "pacemaker");
  primitive.set_attribute(kType, "remote");
  cib::MutableElement meta = primitive.append_child(kMetaAttributes);
  meta.set_attribute(kId, name + "-meta_attributes");
  add_pair(meta, "internal_rsc", "true");
  add_pair(meta, "container", container);
  if (request.migrate) add_pair(meta, "allow-migrate", *request.migrate);
  if (request.managed) add_pair(meta, "is-managed", *request.managed);
  if (request.address || request.port) {
    cib::MutableElement attributes = primitive.append_child(kInstanceAttributes);
    attributes.set_attribute(kId, name + "-instance_attributes");
    if (request.address) add_pair(attributes, "addr", *request.address);
    if (request.port) add_pair(attributes, "port", *request.port);
  }
  cib::MutableElement operations = primitive.append_child(kOperations);
  add_operation(operations, name + "-monitor-30s", "monitor", "30s", "30s");
  add_operation(operations, name + "-start-0", "start", "0", request.connect_timeout);
}

void ensure_remote_node(Model& model, std::string_view name) {
  model.have_remote_nodes = true;
  if (!find_node(model, name).valid()) create_node(model, name, name, NodeVariant::kRemote, 0);
}

void create_guest(Model& model, const cib::Element& primitive) {
  const GuestRequest request = read_guest_request(primitive);
  if (request.node.empty()) return;
  add_guest_connection(model, primitive.id(), request);
  ensure_remote_node(model, request.node);
}

// S3, in front of equal ones; names have a total order, so there is no need to pass all of them.
void insert_by_name(const Model& model, std::vector<NodeId>& list, NodeId node) {
  const auto place = std::partition_point(list.begin(), list.end(), [&](NodeId other) {
    return compare_node_names(model.node(node).name, model.node(other).name) > 0;
  });
  list.insert(place, node);
}

NodeId add_node(Model& model, std::string_view id, std::string_view name, NodeVariant variant, Score score) {
  const NodeId self(static_cast<std::uint32_t>(model.nodes.size()));
  Node& node = model.nodes.emplace_back();
  node.self = self;
  node.id = id;
  node.name = name;
  node.variant = variant;
  node.score = score;
  node.attributes.set("#kind", variant == NodeVariant::kRemote ? "remote" : "cluster");
  model.shapes.add_node(self, id);
  insert_by_name(model, model.node_order, self);
  // Of equal names the newest stands first in the list, so it is the one that is found.
  model.lookups->node_by_name[lower_case(name)] = self;
  model.lookups->node_by_id.try_emplace(lower_case(id), self);
  return self;
}

}  // namespace

NodeId create_node(Model& model, std::string_view id, std::string_view name, NodeVariant variant, Score score) {
  const NodeId node = add_node(model, id, name, variant, score);
  insert_by_name(model, model.probed_nodes, node);
  return node;
}

NodeId create_bundle_node(Model& model, std::string_view id) {
  model.shapes.begin_rare_nodes();
  return add_node(model, id, id, NodeVariant::kRemote, -kInfinity);
}

void apply_startup_fencing(const Model& model, Node& node) {
  if (node.is_remote_variant() && !node.connection.valid()) return;
  node.unclean = model.options.startup_fencing;
}

void unpack_nodes(Model& model) {
  const cib::Element nodes = model.cib->find_unique(kNodes);
  for (const cib::Element& xml : nodes.children(kNode)) {
    if (xml.id().empty()) {
      log(model, LogLevel::kError, "unpack_nodes", "Ignoring <node> entry in configuration without id");
      continue;
    }
    const std::string_view type = xml.value(kType, "member");
    const bool remote = equal_ignoring_case(type, "remote");
    if (!remote && !equal_ignoring_case(type, "member")) return;  // S2 N-3.3: the rest is not read
    const Score score = parse_score(xml.value(kScore), model.options.health).value_or(0);
    if (find_node(model, xml.value(kUname)).valid()) {
      log(model, LogLevel::kWarning, "pe_create_node", "More than one node entry has name '{}'", xml.value(kUname));
    }
    const NodeId id =
        create_node(model, xml.id(), xml.value(kUname), remote ? NodeVariant::kRemote : NodeVariant::kCluster, score);
    if (remote) model.have_remote_nodes = true;
    Node& node = model.node(id);
    apply_startup_fencing(model, node);
    load_node_attributes(model, node, xml, false);
  }
}

void create_remote_nodes(Model& model) {
  const cib::Element resources = model.cib->find_path("configuration/resources");
  for (const cib::Element& xml : resources.children()) {
    if (equal_ignoring_case(xml.value(kType), "remote") && equal_ignoring_case(xml.value(kClass), "ocf") &&
        equal_ignoring_case(xml.value(kProvider), "pacemaker")) {
      if (!xml.id().empty()) ensure_remote_node(model, xml.id());
    } else if (xml.is(kPrimitive)) {
      create_guest(model, xml);
    } else if (xml.is(kGroup)) {
      for (const cib::Element& member : xml.children(kPrimitive)) create_guest(model, member);
    }
  }
}

}  // namespace simcluster::scheduler
