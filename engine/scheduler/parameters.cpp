#include "engine/scheduler/parameters.h"

#include <vector>

#include "engine/scheduler/evaluate.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

std::uint64_t cache_key(const Resource& resource, NodeId node) {
  return (std::uint64_t{resource.self.value} << 32) | node.value;
}

}  // namespace

const Pairs& resource_parameters(Model& model, const Resource& resource, NodeId node) {
  auto& tables = model.parameters->tables;
  // Without rules the table made first serves every node.
  if (const auto it = tables.find(cache_key(resource, node)); it != tables.end()) return it->second;
  if (const auto it = tables.find(cache_key(resource, NodeId::none()));
      it != tables.end() && !model.parameters->depends_on_node.contains(resource.self)) {
    return it->second;
  }
  EvaluationContext context;
  if (node.valid()) context.node = &model.node(node);
  Pairs parameters;
  bool constant = true;
  for (ResourceId id = resource.self; id.valid(); id = model.resource(id).parent) {
    const Resource& at = model.resource(id);
    std::vector<cib::Element> owners;
    if (at.template_xml) owners.push_back(at.template_xml);
    owners.push_back(at.xml);
    constant = evaluate_blocks(model, owners, cib::names::kInstanceAttributes, context, parameters) && constant;
  }
  if (!constant) model.parameters->depends_on_node.insert(resource.self);
  const std::uint64_t key = cache_key(resource, constant ? NodeId::none() : node);
  return tables.insert_or_assign(key, std::move(parameters)).first->second;
}

}  // namespace simcluster::scheduler
