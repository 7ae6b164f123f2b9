// What a node needs before it can start: settings, corosync.conf, key, first CIB. Read and checked as a whole, so that
// every problem is told at once.
#pragma once

#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/profile.h"
#include "engine/node/node.h"
#include "tools/clusterd/settings.h"

namespace simcluster::clusterd {

struct Setup {
  Settings settings;
  Profile profile;
  node::NodeConfig node;
};

struct SetupReport {
  Setup setup;
  std::vector<std::string> problems;  // the node cannot start
  std::vector<std::string> warnings;
};

// What is looked at: for a start, what the start itself does not look at anyhow.
enum class Look : unsigned char { kStart, kEverything };

// `settings_path` must exist only if it was given by the user.
SetupReport read_setup(const std::string& settings_path, bool must_exist, Look look);

// Brings corosync.conf, key and environment in `node` to what the machine has now; what cannot be read stays.
void reread_files(const Settings& settings, const Profile& profile, node::NodeConfig& node);

// The whole file; an error says why not.
Result<std::string> read_file(const std::string& path);

}  // namespace simcluster::clusterd
