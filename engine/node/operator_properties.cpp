#include "engine/node/operator_properties.h"

#include <algorithm>
#include <array>

namespace simcluster::node {

namespace {

constexpr std::array kProperties = {
    KnownProperty{"dc-version", "none"},
    KnownProperty{"cluster-infrastructure", "corosync"},
    KnownProperty{"cluster-name", ""},
    KnownProperty{"dc-deadtime", "20s"},
    KnownProperty{"cluster-recheck-interval", "15min"},
    KnownProperty{"load-threshold", "80%"},
    KnownProperty{"node-action-limit", "0"},
    KnownProperty{"fence-reaction", "stop"},
    KnownProperty{"election-timeout", "2min"},
    KnownProperty{"shutdown-escalation", "20min"},
    KnownProperty{"join-integration-timeout", "3min"},
    KnownProperty{"join-finalization-timeout", "30min"},
    KnownProperty{"transition-delay", "0s"},
    KnownProperty{"stonith-watchdog-timeout", "0"},
    KnownProperty{"stonith-max-attempts", "10"},
    KnownProperty{"no-quorum-policy", "stop"},
    KnownProperty{"shutdown-lock", "false"},
    KnownProperty{"symmetric-cluster", "true"},
    KnownProperty{"maintenance-mode", "false"},
    KnownProperty{"start-failure-is-fatal", "true"},
    KnownProperty{"enable-startup-probes", "true"},
    KnownProperty{"shutdown-lock-limit", "0"},
    KnownProperty{"stonith-enabled", "true"},
    KnownProperty{"stonith-action", "reboot"},
    KnownProperty{"stonith-timeout", "60s"},
    KnownProperty{"have-watchdog", "false"},
    KnownProperty{"concurrent-fencing", "false"},
    KnownProperty{"startup-fencing", "true"},
    KnownProperty{"priority-fencing-delay", "0"},
    KnownProperty{"cluster-delay", "60s"},
    KnownProperty{"batch-limit", "0"},
    KnownProperty{"migration-limit", "-1"},
    KnownProperty{"stop-all-resources", "false"},
    KnownProperty{"stop-orphan-resources", "true"},
    KnownProperty{"stop-orphan-actions", "true"},
    KnownProperty{"remove-after-stop", "false"},
    KnownProperty{"pe-error-series-max", "-1"},
    KnownProperty{"pe-warn-series-max", "5000"},
    KnownProperty{"pe-input-series-max", "4000"},
    KnownProperty{"node-health-strategy", "none"},
    KnownProperty{"node-health-base", "0"},
    KnownProperty{"node-health-green", "0"},
    KnownProperty{"node-health-yellow", "0"},
    KnownProperty{"node-health-red", "-INFINITY"},
    KnownProperty{"placement-strategy", "default"},
    KnownProperty{"enable-acl", "false"},
    KnownProperty{"cluster-ipc-limit", "500"},
};

}  // namespace

std::span<const KnownProperty> known_properties() { return kProperties; }

const KnownProperty* find_known_property(std::string_view name) {
  const auto* found = std::find_if(kProperties.begin(), kProperties.end(),
                                   [&](const KnownProperty& property) { return property.name == name; });
  return found == kProperties.end() ? nullptr : found;
}

}  // namespace simcluster::node
