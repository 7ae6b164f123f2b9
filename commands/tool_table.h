// The tools, one function each.
#pragma once

#include "commands/tool.h"

namespace simcluster::commands {

Outcome cibadmin(const Arguments& arguments, const Surroundings& surroundings);
Outcome attrd_updater(const Arguments& arguments, const Surroundings& surroundings);
Outcome crm_attribute(const Arguments& arguments, const Surroundings& surroundings);
Outcome crm_failcount(const Arguments& arguments, const Surroundings& surroundings);
Outcome crm_node(const Arguments& arguments, const Surroundings& surroundings);
Outcome crm_standby(const Arguments& arguments, const Surroundings& surroundings);
Outcome crmadmin(const Arguments& arguments, const Surroundings& surroundings);
Outcome crm_resource(const Arguments& arguments, const Surroundings& surroundings);
Outcome crm_verify(const Arguments& arguments, const Surroundings& surroundings);
Outcome ptest(const Arguments& arguments, const Surroundings& surroundings);

}  // namespace simcluster::commands
