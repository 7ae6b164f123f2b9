// The adapter fence_legacy, through which the fencer calls the STONITH plugins of cluster-glue (AT-5.11).
#pragma once

#include <string>
#include <string_view>

#include "engine/agents/system.h"
#include "engine/agents/task.h"

namespace simcluster::agents {

struct PluginResult {
  int exit_code = 0;
  std::string error;
};

// A plugin: called with gethosts, on, off, reset or status, and a host for those that need one.
using Plugin = Task<PluginResult> (*)(System& system, std::string_view command, std::string_view host);

// Translates the fencer's action, calls the plugin and prints what the adapter prints.
Task<int> run_plugin(System& system, Plugin plugin);

}  // namespace simcluster::agents
