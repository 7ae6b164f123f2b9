// Keys that tie a result to the action that asked for it (CM-1.5), and operation keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/random.h"
#include "engine/base/time.h"

namespace simcluster::controller {

struct TransitionKey {
  int action = -1;
  int transition = -1;
  int target_rc = 0;
  std::string uuid;

  // "9:2:7:be2e97d9-05e2-439d-863e-48f7aecab2aa"
  std::string text() const;
};

std::optional<TransitionKey> parse_transition_key(std::string_view text);

// Of results that no transition asked for.
inline constexpr std::string_view kNoTransitionUuid = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

// A random UUID of version 4.
std::string make_uuid(Random& random);

// RSC_OPERATION_INTERVAL in milliseconds.
std::string operation_key(std::string_view resource, std::string_view operation, Duration interval);

}  // namespace simcluster::controller
