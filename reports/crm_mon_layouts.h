// The layouts of crm_mon, one for each family of releases.
#pragma once

#include <string>

#include "reports/crm_mon_view.h"

namespace simcluster::reports {

// Pacemaker 1.0: a header between rulers (AT-8.2, AT-8.3).
std::string crm_mon_with_rulers(const ClusterView& view);
// Pacemaker 1.1.14: the same body, a header of plain lines (AT-8.4).
std::string crm_mon_plain(const ClusterView& view);
// Pacemaker 2.0 and later: sections of nested lists (AT-8.5 to AT-8.8).
std::string crm_mon_lists(const ClusterView& view);

}  // namespace simcluster::reports
