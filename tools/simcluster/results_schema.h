// The JSON Schema of what --output-as=json prints; docs/json.md tells what the keys mean.
#pragma once

#include <string>

namespace simcluster::tools {

// Draft 2020-12, of the results of all subcommands.
std::string results_schema();

}  // namespace simcluster::tools
