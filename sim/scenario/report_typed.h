// hb_report of cluster-glue and crm report of crmsh, typed on a node: the archive comes to lie on its disk (AT-9.7).
#pragma once

#include <string_view>

#include "engine/base/error.h"

namespace simcluster::sim {

class Machine;
class World;

// "hb_report ...", "crm_report ..." or "crm report ...".
bool is_report_command(std::string_view command);
// Packs what it reaches, and tells what the command prints. An error: the command line cannot be split into words.
Result<void> run_report(World& world, Machine& machine, std::string_view command);

}  // namespace simcluster::sim
