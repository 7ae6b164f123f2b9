#include "engine/scheduler/node_attributes.h"

#include "engine/scheduler/evaluate.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

void set_standard_attributes(Model& model, Node& node) {
  node.attributes.set("#uname", node.name);
  node.attributes.set("#id", node.id);
  if (!model.dc.valid() && !model.options.dc_uuid.empty() && equal_ignoring_case(node.id, model.options.dc_uuid)) {
    model.dc = node.self;
    node.attributes.set("#is_dc", "true");
  } else if (model.dc != node.self) {
    node.attributes.set("#is_dc", "false");
  }
  if (model.options.cluster_name_set) node.attributes.set("#cluster-name", model.options.cluster_name);
}

void collect_fail_attributes(Node& node) {
  constexpr std::string_view kCount = "fail-count-";
  constexpr std::string_view kTime = "last-failure-";
  node.fail_attributes.clear();
  node.attributes.for_each([&](const AttributeTable::Entry& entry) {
    if (entry.key.starts_with(kCount)) {
      node.fail_attributes.push_back({entry.key.substr(kCount.size()), entry.value, true});
    } else if (entry.key.starts_with(kTime)) {
      node.fail_attributes.push_back({entry.key.substr(kTime.size()), entry.value, false});
    }
  });
}

}  // namespace

void load_node_attributes(Model& model, Node& node, const cib::Element& xml, bool transient) {
  set_standard_attributes(model, node);
  if (xml) {
    EvaluationContext context;
    context.node = &node;
    const cib::Element owners[] = {xml};
    Pairs values;
    evaluate_blocks(model, owners, kInstanceAttributes, context, values);
    for (const auto& [name, value] : values) {
      if (transient) {
        node.attributes.set(name, value);
      } else {
        node.attributes.insert(name, value);
      }
    }
    Pairs capacity;
    evaluate_blocks(model, owners, kUtilization, context, capacity);
    for (const auto& [name, value] : capacity) node.utilization.insert(name, value);
  }
  if (!node.attributes.contains("#site-name")) {
    if (const std::string_view* site = node.attributes.find("site-name")) {
      node.attributes.set("#site-name", *site);
    } else if (model.options.cluster_name_set) {
      node.attributes.set("#site-name", model.options.cluster_name);
    }
  }
  collect_fail_attributes(node);
  if (const std::string_view* set = node.attributes.find("#feature-set")) node.feature_set = *set;
}

}  // namespace simcluster::scheduler
