#include "engine/scheduler/node_state.h"

#include <algorithm>
#include <string>

#include "engine/cib/values.h"
#include "engine/scheduler/fencing.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_attributes.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

bool is_true(std::optional<std::string_view> text) { return text && cib::is_true(*text); }

// A flag written as an integer with minimum 0.
bool is_nonzero(std::string_view text) {
  std::int64_t value = 0;
  return parse_leading_integer(text, value) && value > 0;
}

// The attributes of a `node_state` as S2 S-6.6 reads them.
struct PeerState {
  const cib::Element* state = nullptr;
  std::int64_t member_time = -1;  // -1: unknown
  bool member = false;
  bool online = false;
  std::string_view join;
  std::optional<std::string_view> expected;
};

PeerState read_peer_state(const Model& model, const cib::Element& state) {
  PeerState peer;
  peer.state = &state;
  std::int64_t value = 0;
  if (const auto in_ccm = state.attribute(kInCcm)) {
    if (const auto word = cib::parse_bool(*in_ccm)) {
      peer.member_time = *word ? std::max<std::int64_t>(model.now, 1) : 0;  // 1970 began some time ago
    } else if (parse_leading_integer(*in_ccm, value) && value >= 0) {
      peer.member_time = value;
    }
  }
  peer.member = peer.member_time > 0;
  const std::string_view crmd = state.value(kCrmd);
  if (equal_ignoring_case(crmd, "online")) {
    peer.online = true;
  } else if (!equal_ignoring_case(crmd, "offline")) {
    peer.online = parse_leading_integer(crmd, value) && value > 0;
  }
  peer.join = state.value(kJoin);
  peer.expected = state.attribute(kExpected);
  return peer;
}

// S2 S-6.7.
bool is_termination_requested(const Node& node) {
  const auto text = node_attribute(node, "terminate");
  if (!text) return false;
  if (const auto word = cib::parse_bool(*text)) return *word;
  return is_nonzero(*text);
}

// S2 S-6.8.
bool online_without_fencing(Model& model, Node& node, const PeerState& peer) {
  if (!peer.member) return false;
  if (peer.online) return equal_ignoring_case(peer.join, "member");
  if (!node.expected_up) return false;
  request_fencing(model, node.self, "peer is unexpectedly down");
  const auto told = [&](auto name) { return peer.state->attribute(name).value_or("<null>"); };
  log(model, LogLevel::kInfo, "determine_online_status_no_fencing", "in_cluster={} is_peer={} join={} expected={}",
      told(kInCcm), told(kCrmd), told(kJoin), told(kExpected));
  return false;
}

// S2 S-6.10.
void handle_expected_down(Model& model, Node& node, const PeerState& peer) {
  const std::int64_t timeout = whole_seconds(model.options.node_pending_timeout_ms);
  if (timeout > 0 && peer.member && !peer.online) {
    const std::int64_t deadline = peer.member_time + timeout;
    if (model.now >= deadline) {
      request_fencing(model, node.self, "peer pending timed out on joining the process group");
      return;
    }
    update_recheck(model, deadline);
  }
  if (peer.member || peer.online) {
    log(model, LogLevel::kInfo, "determine_online_status_fencing", "- {} is not ready to run resources", node.name);
    node.standby = true;
    node.pending = true;
  }
}

// S2 S-6.9, row by row.
bool online_with_fencing(Model& model, Node& node, const PeerState& peer) {
  if (node.shutdown) return peer.online;
  if (peer.member_time < 0) {
    request_fencing(model, node.self, "peer has not been seen by the cluster");
    return false;
  }
  if (peer.join == "banned") {
    request_fencing(model, node.self, "peer failed Pacemaker membership criteria");
  } else if (is_termination_requested(node)) {
    if (!peer.member && !peer.online && peer.join == "down") return false;
    request_fencing(model, node.self, "fencing was requested");
  } else if (!peer.expected || *peer.expected == "down") {
    handle_expected_down(model, node, peer);
  } else if (!peer.member) {
    request_fencing(model, node.self, "peer is no longer part of the cluster", true);
    return false;
  } else if (!peer.online) {
    request_fencing(model, node.self, "peer process is no longer available");
  } else if (peer.join == "pending" || peer.join == "down") {
    log(model, LogLevel::kInfo, "determine_online_status_fencing", "{} is not ready to run resources", node.name);
    node.standby = true;
    node.pending = true;
  } else if (peer.join == "member") {
    log(model, LogLevel::kInfo, "determine_online_status_fencing", "{} is active", node.name);
  } else {
    request_fencing(model, node.self, "peer was in an unknown state");
  }
  return peer.member;
}

void tell_online(const Model& model, const Node& node) {
  const char* function = "determine_online_status";
  if (node.unclean) {
    log(model, LogLevel::kWarning, function, "{} is unclean", node.name);
  } else if (node.online) {
    log(model, LogLevel::kInfo, function, "{} is {}", node.name,
        node.shutdown      ? "shutting down"
        : node.pending     ? "pending"
        : node.standby     ? "standby"
        : node.maintenance ? "maintenance"
                           : "online");
  }
}

void determine_online(Model& model, Node& node, const cib::Element& state) {
  const PeerState peer = read_peer_state(model, state);
  node.shutdown = is_shutdown_requested(node);
  if (!node.shutdown && peer.expected && equal_ignoring_case(*peer.expected, "member")) node.expected_up = true;
  const bool online = model.options.fencing_enabled ? online_with_fencing(model, node, peer)
                                                    : online_without_fencing(model, node, peer);
  node.online = online;
  tell_online(model, node);
  if (!online || node.shutdown) node.score = -kInfinity;
}

}  // namespace

bool is_shutdown_requested(const Node& node) {
  const auto text = node_attribute(node, "shutdown");
  return text && *text != "0";
}

void unpack_node_state(Model& model, Node& node, const cib::Element& state) {
  if (node.is_remote_variant()) {
    node.remote_fenced = is_nonzero(state.value("node_fenced"));
    return;
  }
  load_node_attributes(model, node, state.first_child(kTransientAttributes), true);
  if (node.attributes.contains("resource-discovery-enabled")) {
    log(model, LogLevel::kWarning, "unpack_transient_attributes",
        "Ignoring resource-discovery-enabled attribute for {} because disabling resource discovery is not allowed for "
        "cluster nodes",
        node.name);
  }
  if (is_true(node_attribute(node, "standby"))) {
    log(model, LogLevel::kInfo, "unpack_transient_attributes", "{} is in standby mode", node.name);
    node.standby = true;
  }
  if (is_true(node_attribute(node, "maintenance"))) {
    log(model, LogLevel::kInfo, "unpack_transient_attributes", "{} is in maintenance mode", node.name);
    node.maintenance = true;
  }
  node.unclean = false;
  node.seen = true;
  determine_online(model, node, state);
  if (!model.options.quorate && node.online && model.options.no_quorum_policy == NoQuorumPolicy::kFence) {
    request_fencing(model, node.self, "cluster does not have quorum");
  }
}

void determine_remote_online(Model& model, Node& node) {
  if (!node.connection.valid()) {
    node.online = false;
    return;
  }
  const Resource& connection = model.resource(node.connection);
  const Resource* launcher = connection.launcher.valid() ? &model.resource(connection.launcher) : nullptr;
  const Node* host =
      launcher != nullptr && connection.active.size() == 1 ? &model.node(connection.active.front()) : nullptr;
  if (connection.original_role == Role::kStarted) {
    node.online = true;
    if (connection.next_role == Role::kStopped) node.shutdown = true;
  }
  if (launcher != nullptr && launcher->failed) {
    node.online = false;
    node.remote_reset = true;
  } else if (connection.failed) {
    node.online = false;
  } else if (connection.original_role == Role::kStopped ||
             (launcher != nullptr && launcher->original_role == Role::kStopped)) {
    node.online = false;
    node.remote_reset = false;
  } else if (host != nullptr && !host->online && host->unclean) {
    node.online = false;
    node.remote_reset = true;
  }
}

void unpack_remote_node_state(Model& model, Node& node, const cib::Element& state) {
  node.remote_maintenance = is_nonzero(state.value("node_in_maintenance"));
  if (!node.remote_reset) {
    node.unclean = false;
    node.seen = true;
  }
  load_node_attributes(model, node, state.first_child(kTransientAttributes), true);
  if (is_shutdown_requested(node)) node.shutdown = true;
  if (is_true(node_attribute(node, "standby"))) node.standby = true;
  const bool unmanaged = node.connection.valid() && !model.resource(node.connection).managed;
  if (is_true(node_attribute(node, "maintenance")) || unmanaged) node.maintenance = true;
  const auto discovery = node_attribute(node, "resource-discovery-enabled");
  if (discovery && !is_true(discovery)) {
    if (is_guest(model, node) || model.options.fencing_enabled) {
      log(model, LogLevel::kInfo, "unpack_handle_remote_attrs", "{} has resource discovery disabled", node.name);
      node.probes_allowed = false;
    }
  }
}

}  // namespace simcluster::scheduler
