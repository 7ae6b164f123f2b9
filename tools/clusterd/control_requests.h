// What can be asked over the control socket: docs/clusterd.md describes every request.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/profile.h"
#include "engine/node/node.h"
#include "tools/clusterd/control_server.h"
#include "tools/clusterd/knet_links.h"

namespace simcluster::clusterd {

// What requests are about.
struct Controlled {
  node::Node& node;
  const Profile& profile;
  std::function<void()> stop;                        // for a shutdown
  std::function<void()> restart;                     // the same, and the program begins anew
  std::string inputs_directory;                      // where pe-input-N.bz2, pe-warn-N.bz2 and pe-error-N.bz2 are
  std::function<std::vector<std::string>()> inputs;  // their names, oldest first
  std::function<DroppedFrames()> dropped;
  std::function<std::size_t()> waiting;  // messages that the ring has not taken yet
};

// What a client can make grow: a change is refused while that much waits for the ring.
inline constexpr std::size_t kMostWaiting = 1000;

// Answers one request.
std::string answer_request(std::string_view request, Rights rights, const Controlled& controlled);

}  // namespace simcluster::clusterd
