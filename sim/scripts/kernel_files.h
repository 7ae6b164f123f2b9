// The files that the simulated kernel makes: /proc and /sys as scripts read them.
#pragma once

#include <map>
#include <string>

namespace simcluster::sim {

class Kernel;

// By path, as they are now.
std::map<std::string, std::string> kernel_files(Kernel& kernel);

}  // namespace simcluster::sim
