// What happened to resources, in the words of crm_mon of Pacemaker 2.0 and later (AT-8.5 to AT-8.8).
#pragma once

#include <string>

#include "reports/crm_mon_view.h"

namespace simcluster::reports {

// "rsc1: migration-threshold=1000000 fail-count=1 ...": the heading of a resource's history.
std::string history_text(const ClusterView& view, const ShownHistory& history);

// "(5) monitor: interval="10000ms" ...": one operation below it, with times when they are asked for.
std::string operation_text(const ClusterView& view, const ShownOperation& operation);

// One failed action: a sentence, or all its fields in old releases and with -R.
std::string failure_text(const ClusterView& view, const ShownFailure& failure);

}  // namespace simcluster::reports
