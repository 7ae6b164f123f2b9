#include "engine/agents/ra_info.h"

#include <iterator>

#include <fmt/core.h>

namespace simcluster::agents {
namespace {

std::string_view stripped(std::string_view line) {
  const auto first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t") - first + 1);
}

// Each line of `text` on its own, without what surrounds it.
template <typename Use>
void for_each_line(std::string_view text, Use use) {
  while (true) {
    const auto end = text.find('\n');
    use(stripped(text.substr(0, end)));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

void add_parameter(std::string& out, const ParameterMetadata& parameter) {
  out += parameter.name;
  if (parameter.required) out += '*';
  fmt::format_to(std::back_inserter(out), " ({}", parameter.type);
  if (!parameter.default_value.empty()) fmt::format_to(std::back_inserter(out), ", [{}]", parameter.default_value);
  fmt::format_to(std::back_inserter(out), "): {}\n", parameter.short_text);
  // Empty lines are indented like the others.
  for_each_line(parameter.long_text,
                [&](std::string_view line) { fmt::format_to(std::back_inserter(out), "    {}\n", line); });
  out += '\n';
}

bool is_operation(const ActionMetadata& action) {
  return action.name != "meta-data" && action.name != "metadata" && action.name != "validate-all";
}

void add_action(std::string& out, const ActionMetadata& action) {
  fmt::format_to(std::back_inserter(out), "    {:<13} timeout={}s", action.name, action.timeout_seconds);
  if (action.interval_seconds != 0)
    fmt::format_to(std::back_inserter(out), " interval={}s depth={}", action.interval_seconds, action.depth);
  if (!action.role.empty()) fmt::format_to(std::back_inserter(out), " role={}", action.role);
  out += '\n';
}

}  // namespace

std::string ra_info(const AgentMetadata& metadata, RaInfoWords words) {
  const std::string name = metadata.provider.empty()
                               ? fmt::format("{}:{}", metadata.standard, metadata.type)
                               : fmt::format("{}:{}:{}", metadata.standard, metadata.provider, metadata.type);
  std::string out = fmt::format("{} ({})\n\n", metadata.short_text, name);
  for_each_line(metadata.long_text,
                [&](std::string_view line) { fmt::format_to(std::back_inserter(out), "{}\n", line); });
  out += words == RaInfoWords::kOld ? "\nParameters (* denotes required, [] the default):\n\n"
                                    : "\nParameters (*: required, []: default):\n\n";
  for (const ParameterMetadata& parameter : metadata.parameters) add_parameter(out, parameter);
  out += "Operations' defaults (advisory minimum):\n\n";
  for (const ActionMetadata& action : metadata.actions)
    if (is_operation(action)) add_action(out, action);
  return out;
}

AgentName agent_name(std::string_view name) {
  AgentName parts;
  const auto first = name.find(':');
  const auto last = name.rfind(':');
  parts.type = last == std::string_view::npos ? name : name.substr(last + 1);
  if (first != std::string_view::npos) parts.standard = name.substr(0, first);
  if (first != last) parts.provider = name.substr(first + 1, last - first - 1);
  if (parts.provider.empty() && parts.standard == "ocf") parts.provider = "heartbeat";
  return parts;
}

}  // namespace simcluster::agents
