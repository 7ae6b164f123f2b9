#include "engine/scheduler/parameters.h"

#include <vector>

#include "engine/scheduler/evaluate.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

const Pairs& resource_parameters(Model& model, const Resource& resource, NodeId node) {
  ParameterCache& cache = *model.parameters;
  const std::size_t at_resource = resource.self.index();
  if (at_resource >= cache.of_resource.size()) cache.of_resource.resize(model.resources.size(), 0);
  if (const std::uint32_t number = cache.of_resource[at_resource]; number != 0) return cache.tables[number - 1];
  if (const std::uint32_t* number = cache.of_node.find(resource.self.value, node.value)) {
    return cache.tables[*number - 1];
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
  cache.tables.push_back(std::move(parameters));
  const auto number = static_cast<std::uint32_t>(cache.tables.size());
  (constant ? cache.of_resource[at_resource] : cache.of_node(resource.self.value, node.value)) = number;
  return cache.tables.back();
}

}  // namespace simcluster::scheduler
