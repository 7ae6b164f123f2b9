#include "engine/membership/conf_logging.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/core.h>

namespace simcluster::membership {

namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 4> kYesNo = {"yes", "no", "on", "off"};  // as 3.1.7 reads them
constexpr std::array<std::string_view, 2> kOnOff = {"on", "off"};
constexpr std::array<std::string_view, 3> kDebug = {"on", "off", "trace"};
constexpr std::array<std::string_view, 3> kTimestamp = {"on", "off", "hires"};
constexpr std::array<std::string_view, 8> kPriorities = {"alert", "crit", "debug",  "emerg",
                                                         "err",   "info", "notice", "warning"};
constexpr std::array<std::string_view, 20> kFacilities = {
    "auth", "authpriv", "cron",   "daemon", "ftp",    "kern",   "lpr",    "mail",   "news",   "syslog",
    "user", "uucp",     "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"};

bool among(Words words, std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

// Corosync's complaint; empty when the value is right.
std::string complaint(std::string_view key, const std::string& value, const Profile& profile) {
  const auto unknown = [&](Words words) {
    return among(words, value) ? std::string() : fmt::format("parse error in config: unknown value for {}.", key);
  };
  if (key == "to_stderr" || key == "to_logfile" || key == "to_syslog") return unknown(kYesNo);
  if (key == "fileline" || key == "function_name" || key == "blackbox") return unknown(kOnOff);
  if (key == "debug") return unknown(kDebug);
  if (key == "timestamp") return unknown(profile.processor_is_address ? Words(kOnOff) : Words(kTimestamp));
  if (key == "syslog_facility" && !among(kFacilities, value))
    return "parse error in config: unknown syslog facility specified.";
  if (key == "syslog_priority" && !among(kPriorities, value))
    return "parse error in config: unknown syslog priority specified.";
  if (key == "logfile_priority" && !among(kPriorities, value))
    return "parse error in config: unknown logfile priority specified.";
  return {};
}

}  // namespace

std::optional<Error> check_logging(const CmapEntries& map, const std::map<std::string, int, std::less<>>& lines,
                                   std::string_view file_name, const Profile& profile) {
  constexpr std::string_view kPrefix = "logging.";
  for (auto at = map.lower_bound(kPrefix); at != map.end() && at->first.starts_with(kPrefix); ++at) {
    const std::string_view key = std::string_view(at->first).substr(at->first.rfind('.') + 1);
    const std::string text = complaint(key, at->second.text, profile);
    if (text.empty()) continue;
    const auto line = lines.find(at->first);
    return Error{text, SourcePlace{std::string(file_name), line == lines.end() ? 0 : line->second, 0}};
  }
  return std::nullopt;
}

}  // namespace simcluster::membership
