// `crm_mon --output-as=xml` (measured with 2.1.5): everything, whichever sections are asked for.
#pragma once

#include <string>

#include "reports/crm_mon_view.h"

namespace simcluster::reports {

// `request`: the command line.
std::string crm_mon_xml(const ClusterView& view, std::string_view request);

// The elements of fencing operations, newest first.
void write_fence_events(std::span<const FencingRecord> oldest_first, class XmlWriter& xml);

}  // namespace simcluster::reports
