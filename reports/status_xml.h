// The cluster's state as elements: nodes, resources, node attributes and failed actions, as crm_simulate and crm_mon
// print them with --output-as=xml (S5 M-9).
#pragma once

#include <vector>

#include "engine/scheduler/status_report.h"
#include "reports/xml_writer.h"

namespace simcluster::reports {

enum class StatusXml : unsigned char {
  k2_1,  // as 2.1.5 prints it: resources say nothing of maintenance
  k3_0,
};

std::string_view api_version(StatusXml form);

void write_nodes_xml(const std::vector<scheduler::NodeReport>& nodes, XmlWriter& xml);
// Nothing when there are none.
void write_resources_xml(const std::vector<scheduler::ResourceReport>& resources, StatusXml form, XmlWriter& xml);
void write_attributes_xml(const std::vector<scheduler::NodeAttributes>& nodes, XmlWriter& xml);
void write_failures_xml(const std::vector<scheduler::FailureReport>& failures, XmlWriter& xml);

}  // namespace simcluster::reports
