// An agent's description of itself as data (AT-1.7).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace simcluster::agents {

struct ParameterMetadata {
  std::string_view name;
  std::string_view type;  // string, integer, boolean, time
  std::string_view default_value;
  bool required = false;
  bool unique = false;
  std::string_view short_text;
  std::string_view long_text;
};

struct ActionMetadata {
  std::string_view name;
  int timeout_seconds = 20;  // advice only: never affects operations (AT-1.7)
  int interval_seconds = 0;
  int depth = 0;
  std::string_view role = {};  // empty: none
  bool on_target = false;      // of fence agents: only the target itself can do it (AT-5.10)
  bool automatic = false;      // of `on`: nodes are unfenced with it before they run anything (AT-5.9)
};

// All views point to static data.
struct AgentMetadata {
  std::string_view standard;
  std::string_view provider;
  std::string_view type;
  std::string_view short_text;
  std::string_view long_text;
  std::span<const ParameterMetadata> parameters;
  std::span<const ActionMetadata> actions;
};

// The XML that the action `meta-data` prints.
std::string metadata_xml(const AgentMetadata& metadata);

}  // namespace simcluster::agents
