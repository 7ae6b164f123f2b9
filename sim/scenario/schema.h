// The JSON Schema of scenario files, written from the same declaration that drives the loader.
#pragma once

#include <string>

namespace simcluster::sim {

// Draft 7, which editors understand best; self-contained, formatted, ends with a newline.
std::string scenario_schema();

}  // namespace simcluster::sim
