// The XML text of a transition graph (S5 I-12).
#include <charconv>
#include <string>

#include "engine/cib/document.h"
#include "engine/scheduler/graph.h"

namespace simcluster::scheduler {

namespace {

class GraphWriter {
 public:
  explicit GraphWriter(const Graph& graph) : graph_(graph) { out_.reserve(graph.synapses.size() * 800 + 500); }

  std::string run() {
    out_ += "<transition_graph";
    attribute("cluster-delay", graph_.cluster_delay);
    attribute("fencing-timeout", graph_.fencing_timeout);
    attribute("failed-stop-offset", "INFINITY");
    attribute("failed-start-offset", graph_.failed_start_offset);
    attribute("batch-limit", graph_.batch_limit);
    attribute("transition_id", graph_.transition_id);
    if (!graph_.migration_limit.empty()) attribute("migration-limit", graph_.migration_limit);
    if (graph_.recheck_by > 0) attribute("recheck-by", graph_.recheck_by);
    if (graph_.synapses.empty()) {
      out_ += "/>\n";
      return std::move(out_);
    }
    out_ += ">\n";
    for (std::size_t i = 0; i < graph_.synapses.size(); ++i) synapse(i);
    out_ += "</transition_graph>\n";
    return std::move(out_);
  }

 private:
  void attribute(std::string_view name, std::string_view value) { cib::append_attribute(out_, name, value); }
  void attribute(std::string_view name, std::int64_t value) {
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    attribute(name, std::string_view(text, static_cast<std::size_t>(end - text)));
  }

  void synapse(std::size_t number) {
    const Synapse& synapse = graph_.synapses[number];
    out_ += "  <synapse";
    attribute("id", static_cast<std::int64_t>(number));
    if (synapse.priority > 0) attribute("priority", synapse.priority);
    out_ += ">\n    <action_set>\n";
    action_with_details(graph_.actions[synapse.action]);
    out_ += "    </action_set>\n";
    if (synapse.inputs.empty()) {
      out_ += "    <inputs/>\n";
    } else {
      out_ += "    <inputs>\n";
      for (const std::uint32_t input : synapse.inputs) {
        out_ += "      <trigger>\n        ";
        start_tag(graph_.actions[input]);
        out_ += "/>\n      </trigger>\n";
      }
      out_ += "    </inputs>\n";
    }
    out_ += "  </synapse>\n";
  }

  static std::string_view element_name(const GraphAction& action) {
    switch (action.kind) {
      case GraphActionKind::kResource:
        return "rsc_op";
      case GraphActionKind::kPseudo:
        return "pseudo_event";
      case GraphActionKind::kCluster:
        return "crm_event";
    }
    return {};
  }

  // Without the closing bracket.
  void start_tag(const GraphAction& action) {
    out_ += '<';
    out_ += element_name(action);
    if (action.mode_cib) attribute("mode", "cib");
    attribute("id", action.id);
    attribute("operation", action.operation);
    attribute("operation_key", action.operation_key);
    if (!action.internal_operation_key.empty()) attribute("internal_operation_key", action.internal_operation_key);
    if (!action.node.empty()) {
      attribute("on_node", action.node);
      attribute("on_node_uuid", action.node_id);
    }
    if (!action.router_node.empty()) attribute("router_node", action.router_node);
  }

  void action_with_details(const GraphAction& action) {
    out_ += "      ";
    start_tag(action);
    if (!action.shutdown_lock.empty()) attribute("shutdown-lock", action.shutdown_lock);
    out_ += ">\n";
    if (action.primitive) primitive(*action.primitive);
    attributes(action);
    downed(action);
    maintenance(action);
    out_ += "      </";
    out_ += element_name(action);
    out_ += ">\n";
  }

  void primitive(const GraphAction::Primitive& primitive) {
    out_ += "        <primitive";
    attribute("id", primitive.id);
    if (!primitive.long_id.empty()) attribute("long-id", primitive.long_id);
    if (!primitive.agent_class.empty()) attribute("class", primitive.agent_class);
    if (!primitive.provider.empty()) attribute("provider", primitive.provider);
    if (!primitive.type.empty()) attribute("type", primitive.type);
    out_ += "/>\n";
  }

  void attributes(const GraphAction& action) {
    out_ += "        <attributes";
    for (const auto& [name, value] : action.attributes) attribute(name, value);
    if (action.named_parameters.empty()) {
      out_ += "/>\n";
      return;
    }
    out_ += ">\n";
    for (const auto& [name, value] : action.named_parameters) {
      out_ += "          <param";
      attribute("name", name);
      attribute("value", value);
      out_ += "/>\n";
    }
    out_ += "        </attributes>\n";
  }

  void downed(const GraphAction& action) {
    if (action.downed.empty()) return;
    out_ += "        <downed>\n";
    for (const std::string_view node : action.downed) {
      out_ += "          <node";
      attribute("id", node);
      out_ += "/>\n";
    }
    out_ += "        </downed>\n";
  }

  void maintenance(const GraphAction& action) {
    if (action.maintenance.empty()) return;
    out_ += "        <maintenance>\n";
    for (const auto& [node, on] : action.maintenance) {
      out_ += "          <node";
      attribute("id", node);
      attribute("node_in_maintenance", on ? "1" : "0");
      out_ += "/>\n";
    }
    out_ += "        </maintenance>\n";
  }

  const Graph& graph_;
  std::string out_;
};

std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::string_view GraphAction::attribute(std::string_view name) const {
  for (const auto& [key, value] : attributes) {
    if (key == name) return value;
  }
  return {};
}

std::uint32_t GraphAction::interval() const { return number(attribute("CRM_meta_interval")); }
std::uint32_t GraphAction::timeout() const { return number(attribute("CRM_meta_timeout")); }

std::string write_graph(const Graph& graph) { return GraphWriter(graph).run(); }

}  // namespace simcluster::scheduler
