// Resources of the status report.
#pragma once

#include <vector>

#include "engine/scheduler/status_report.h"

namespace simcluster::scheduler {

// Appends a resource of any variant with what is below it. Connections of guests are there, unlike in the text.
void report_resource(const Model& model, const Resource& resource, bool show_pending, std::vector<ResourceReport>& out);

}  // namespace simcluster::scheduler
