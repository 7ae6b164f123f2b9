#include "engine/agents/ocf.h"

#include <charconv>

#include <fmt/core.h>

namespace simcluster::agents {
namespace {

std::string_view priority_word(LogPriority priority) {
  switch (priority) {
    case LogPriority::kEmergency:
      return "EMERG";
    case LogPriority::kAlert:
      return "ALERT";
    case LogPriority::kCritical:
      return "CRIT";
    case LogPriority::kError:
      return "ERROR";
    case LogPriority::kWarning:
      return "WARNING";
    case LogPriority::kNotice:
      return "NOTICE";
    case LogPriority::kInfo:
      return "INFO";
    case LogPriority::kDebug:
      return "DEBUG";
  }
  return "INFO";
}

}  // namespace

std::string promotion_attribute(const System& system) { return "master-" + system.environment().instance; }

Task<> ocf_log(System& system, LogPriority priority, std::string_view text) {
  const Environment& environment = system.environment();
  const std::size_t longest = environment.profile.ha_log_entity_31 ? 31 : 63;  // CM-13.23
  const std::string entity = fmt::format("{}({})", environment.type, environment.instance).substr(0, longest);
  const std::string tag = fmt::format("{}[{}]", entity, system.pid());
  const std::string line = fmt::format("{}: {}", priority_word(priority), text);
  co_await system.write_log(priority, tag, line);
}

Task<> ocf_exit_reason(System& system, std::string_view text) {
  if (system.environment().profile.ocf_exit_reason) system.print_error(fmt::format("ocf-exit-reason:{}", text));
  co_await ocf_log(system, LogPriority::kError, text);
}

Task<bool> check_binary(System& system, std::string_view name) {
  const std::string command = fmt::format("which {}", name);
  const CommandResult found = co_await system.execute(command);
  if (found.ok()) co_return true;
  const std::string reason = fmt::format("Setup problem: couldn't find command: {}", name);
  co_await ocf_exit_reason(system, reason);
  co_return false;
}

Task<std::optional<std::string>> read_file(System& system, std::string_view path) {
  const OpenResult opened = co_await system.open_file(path);
  if (!opened.file.valid()) co_return std::nullopt;
  std::string content;
  for (;;) {
    const Piece piece = co_await system.read_piece(opened.file);
    if (piece.end) break;
    content += piece.text;
  }
  system.close_file(opened.file);
  co_return content;
}

Task<int> set_promotion_score(System& system, std::int64_t score) {
  const std::string name = promotion_attribute(system);
  const std::string value = std::to_string(score);
  AttributeUpdate update;
  update.name = name;
  update.value = value;
  const CommandResult result = co_await system.update_attribute(update);
  co_return result.exit_code;
}

Task<int> delete_promotion_score(System& system) {
  const std::string name = promotion_attribute(system);
  AttributeUpdate update;
  update.name = name;
  update.remove = true;
  const CommandResult result = co_await system.update_attribute(update);
  co_return result.exit_code;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Duration> parse_time(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_number(text.substr(0, digits));
  if (!number || *number > 1'000'000'000) return std::nullopt;
  const std::string_view unit = text.substr(digits);
  if (unit.empty() || unit == "s" || unit == "sec") return seconds(*number);
  if (unit == "ms" || unit == "msec") return milliseconds(*number);
  if (unit == "us" || unit == "usec") return microseconds(*number);
  if (unit == "m" || unit == "min") return minutes(*number);
  if (unit == "h" || unit == "hr") return hours(*number);
  return std::nullopt;
}

}  // namespace simcluster::agents
