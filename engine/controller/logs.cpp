#include "engine/controller/logs.h"

#include <array>

#include <fmt/core.h>

#include "engine/base/log_tag.h"

namespace simcluster::controller {

namespace {
struct Names {
  std::string_view old_name;
  std::string_view new_name;
};
constexpr std::array<Names, 7> kNames = {{{"crmd", "pacemaker-controld"},
                                          {"pengine", "pacemaker-schedulerd"},
                                          {"cib", "pacemaker-based"},
                                          {"attrd", "pacemaker-attrd"},
                                          {"lrmd", "pacemaker-execd"},
                                          {"stonith-ng", "pacemaker-fenced"},
                                          {"pacemakerd", "pacemakerd"}}};
}  // namespace

std::string_view daemon_name(Daemon daemon, const Profile& profile) {
  const Names& names = kNames[static_cast<std::size_t>(daemon)];
  if (profile.logs_with_function && daemon == Daemon::kFencer) return "stonithd";
  return profile.daemons_renamed ? names.new_name : names.old_name;
}

void log_line(Host& host, const Profile& profile, LogPriority priority, Daemon daemon, std::string_view function,
              std::string_view text) {
  const std::string_view name = daemon_name(daemon, profile);
  if (!profile.logs_with_function) {
    host.log(priority, log_tag(name, function), text);
    return;
  }
  host.log(priority, name, fmt::format("{}: {}", function, text));
}

}  // namespace simcluster::controller
