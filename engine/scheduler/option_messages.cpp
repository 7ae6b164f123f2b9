#include "engine/scheduler/option_messages.h"

#include <array>

#include "engine/cib/values.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

enum class Check : std::uint8_t { kBoolean, kInterval, kNumber, kWords };

struct OptionRow {
  std::string_view name;
  std::string_view legacy;
  Check check;
  std::string_view words;  // separated by blanks
};

// S1 C-5.3, in its order; options that are not checked are left out.
constexpr std::array kOptions = {
    OptionRow{"dc-deadtime", {}, Check::kInterval, {}},
    OptionRow{"cluster-recheck-interval", {}, Check::kInterval, {}},
    OptionRow{"election-timeout", {}, Check::kInterval, {}},
    OptionRow{"shutdown-escalation", {}, Check::kInterval, {}},
    OptionRow{"join-integration-timeout", {}, Check::kInterval, {}},
    OptionRow{"join-finalization-timeout", {}, Check::kInterval, {}},
    OptionRow{"transition-delay", {}, Check::kInterval, {}},
    OptionRow{"no-quorum-policy", {}, Check::kWords, "stop freeze ignore demote fence suicide"},
    OptionRow{"shutdown-lock", {}, Check::kBoolean, {}},
    OptionRow{"shutdown-lock-limit", {}, Check::kInterval, {}},
    OptionRow{"enable-acl", {}, Check::kBoolean, {}},
    OptionRow{"symmetric-cluster", {}, Check::kBoolean, {}},
    OptionRow{"maintenance-mode", {}, Check::kBoolean, {}},
    OptionRow{"start-failure-is-fatal", {}, Check::kBoolean, {}},
    OptionRow{"enable-startup-probes", {}, Check::kBoolean, {}},
    OptionRow{"fence-remote-without-quorum", {}, Check::kBoolean, {}},
    OptionRow{"fencing-enabled", "stonith-enabled", Check::kBoolean, {}},
    OptionRow{"fencing-action", "stonith-action", Check::kWords, "reboot off"},
    OptionRow{"fencing-timeout", "stonith-timeout", Check::kInterval, {}},
    OptionRow{"have-watchdog", {}, Check::kBoolean, {}},
    OptionRow{"concurrent-fencing", {}, Check::kBoolean, {}},
    OptionRow{"startup-fencing", {}, Check::kBoolean, {}},
    OptionRow{"priority-fencing-delay", {}, Check::kInterval, {}},
    OptionRow{"node-pending-timeout", {}, Check::kInterval, {}},
    OptionRow{"cluster-delay", {}, Check::kInterval, {}},
    OptionRow{"node-action-limit", {}, Check::kNumber, {}},
    OptionRow{"batch-limit", {}, Check::kNumber, {}},
    OptionRow{"migration-limit", {}, Check::kNumber, {}},
    OptionRow{"stop-all-resources", {}, Check::kBoolean, {}},
    OptionRow{"stop-removed-resources", "stop-orphan-resources", Check::kBoolean, {}},
    OptionRow{"cancel-removed-actions", "stop-orphan-actions", Check::kBoolean, {}},
    OptionRow{"pe-error-series-max", {}, Check::kNumber, {}},
    OptionRow{"pe-warn-series-max", {}, Check::kNumber, {}},
    OptionRow{"pe-input-series-max", {}, Check::kNumber, {}},
    OptionRow{"node-health-strategy", {}, Check::kWords, "none migrate-on-red only-green progressive custom"},
    OptionRow{"node-health-base", {}, Check::kNumber, {}},
    OptionRow{"node-health-green", {}, Check::kNumber, {}},
    OptionRow{"node-health-yellow", {}, Check::kNumber, {}},
    OptionRow{"node-health-red", {}, Check::kNumber, {}},
    OptionRow{"placement-strategy", {}, Check::kWords, "default utilization minimal balanced"},
};

bool is_one_of(std::string_view words, std::string_view text, bool exact) {
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    if (exact ? word == text : equal_ignoring_case(word, text)) return true;
    words.remove_prefix(std::min(words.size(), word.size() + 1));
  }
  return false;
}

bool is_valid(const OptionRow& row, std::string_view value) {
  std::int64_t number = 0;
  switch (row.check) {
    case Check::kBoolean:
      return cib::parse_bool(value).has_value();
    case Check::kInterval:
      return cib::parse_interval(value).has_value();
    case Check::kNumber:
      return value == "INFINITY" || value == "+INFINITY" || value == "-INFINITY" ||
             parse_leading_integer(value, number);
    case Check::kWords:
      return is_one_of(row.words, value, row.name == "fencing-action");
  }
  return true;
}

void check_values(const Model& model, const Pairs& values) {
  for (const OptionRow& row : kOptions) {
    const std::string_view* value = values.find(row.name);
    if (value == nullptr && !row.legacy.empty()) {
      value = values.find(row.legacy);
      if (value != nullptr && logs(model, LogLevel::kWarning)) {
        model.log->write_once(LogLevel::kWarning, "cluster_option_value",
                              fmt::format("Support for legacy name '{}' for cluster option '{}' is deprecated and will "
                                          "be removed in a future release",
                                          row.legacy, row.name));
      }
    }
    if (value != nullptr && !is_valid(row, *value)) {
      log(model, LogLevel::kError, "cluster_option_value",
          "Using default value for cluster option '{}' because '{}' is invalid", row.name, *value);
    }
  }
}

bool is_off(const Pairs& values, std::string_view name, std::string_view legacy) {
  const std::string_view* value = values.find(name);
  if (value == nullptr && !legacy.empty()) value = values.find(legacy);
  return value != nullptr && cib::parse_bool(*value) == false;
}

// S1 C-5.9.
void tell_deprecated(const Model& model, const Pairs& values) {
  if (!logs(model, LogLevel::kWarning)) return;
  const auto tell = [&](std::string_view name, std::string_view legacy, std::string_view more) {
    if (!is_off(values, name, legacy)) return;
    model.log->write_once(LogLevel::kWarning, "unpack_config",
                          fmt::format("Support for the {} cluster property is deprecated and will be removed (and "
                                      "behave as true) in a future release.{}",
                                      name, more));
  };
  tell("enable-startup-probes", {}, " Use a resource-discovery=never location constraint instead.");
  tell("concurrent-fencing", {}, {});
  tell("stop-removed-resources", "stop-orphan-resources", {});
  tell("cancel-removed-actions", "stop-orphan-actions", {});
}

// S1 C-5.5.
void tell_about_quorum(const Model& model, const Pairs& values) {
  const ClusterOptions& options = model.options;
  const std::string_view* policy = values.find("no-quorum-policy");
  const bool fence =
      policy != nullptr && (equal_ignoring_case(*policy, "fence") || equal_ignoring_case(*policy, "suicide"));
  if (fence && !options.fencing_enabled) {
    log(model, LogLevel::kError, "unpack_config", "Resetting no-quorum-policy to 'stop' because fencing is disabled");
  } else if (fence && options.no_quorum_policy == NoQuorumPolicy::kStop) {
    log(model, LogLevel::kNotice, "unpack_config",
        "Resetting no-quorum-policy to 'stop': cluster has never had quorum");
  }
  if (options.no_quorum_policy == NoQuorumPolicy::kFence) {
    log(model, LogLevel::kNotice, "unpack_config", "On loss of quorum: Fence all remaining nodes");
  } else if (options.no_quorum_policy == NoQuorumPolicy::kIgnore) {
    log(model, LogLevel::kNotice, "unpack_config", "On loss of quorum: Ignore");
  }
}

}  // namespace

void tell_about_options(const Model& model, const Pairs& values) {
  if (model.log == nullptr) return;
  check_values(model, values);
  if (model.options.have_watchdog) {
    log(model, LogLevel::kInfo, "unpack_config",
        "Watchdog-based self-fencing will be performed via SBD if fencing is required and stonith-watchdog-timeout is "
        "nonzero");
  }
  tell_about_quorum(model, values);
  tell_deprecated(model, values);
  if (!model.options.startup_fencing && logs(model, LogLevel::kWarning)) {
    model.log->write_once(LogLevel::kWarning, "unpack_config", "Blind faith: not fencing unseen nodes");
  }
  if (!model.options.quorate && model.options.no_quorum_policy != NoQuorumPolicy::kIgnore) {
    log(model, LogLevel::kWarning, "cluster_status", "Fencing and resource management disabled due to lack of quorum");
  }
}

}  // namespace simcluster::scheduler
