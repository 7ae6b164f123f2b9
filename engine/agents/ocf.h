// What the library of the shell agents (ocf-shellfuncs) gives to every agent (AT-1.4 to AT-1.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/agents/system.h"
#include "engine/agents/task.h"
#include "engine/base/ocf.h"

namespace simcluster::agents {

// ocf_log: "<PRIORITY>: <text>" with the tag "<script>(<instance>)[<pid>]" (AT-1.6), in which the name has the length
// that ha_log allows (CM-13.23).
Task<> ocf_log(System& system, LogPriority priority, std::string_view text);
// ocf_exit_reason: the reason on standard error and in the log. Agents of releases without exit reasons only log it
// (switch ocf_exit_reason).
Task<> ocf_exit_reason(System& system, std::string_view text);
// check_binary: true when the command is there; otherwise gives the exit reason, and the agent returns
// kOcfErrInstalled.
Task<bool> check_binary(System& system, std::string_view name);
// The content of a file, piece by piece; nothing when it cannot be opened.
Task<std::optional<std::string>> read_file(System& system, std::string_view path);
// The attribute with this instance's promotion score.
std::string promotion_attribute(const System& system);
// crm_master: sets or deletes this instance's promotion score on this node.
Task<int> set_promotion_score(System& system, std::int64_t score);
Task<int> delete_promotion_score(System& system);

// Decimal digits only; nothing for other text or what does not fit.
std::optional<std::int64_t> parse_number(std::string_view text);
// Seconds with a unit as the cluster writes times: "5", "5s", "300ms", "2min" ("m"), "1h".
std::optional<Duration> parse_time(std::string_view text);

}  // namespace simcluster::agents
