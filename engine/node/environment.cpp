#include "engine/node/environment.h"

#include <set>

namespace simcluster::node {

namespace {

constexpr std::string_view kExport = "export ";

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value[0];
  return quoted ? value.substr(1, value.size() - 2) : value;
}

}  // namespace

std::map<std::string, std::string, std::less<>> read_environment(std::string_view text, const Profile& profile) {
  std::map<std::string, std::string, std::less<>> assigned;
  std::set<std::string, std::less<>> exported;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const bool exports = line.starts_with(kExport);
    if (exports && !profile.sysconfig_is_script) continue;  // no assignment for the service manager
    if (exports) line = trimmed(line.substr(kExport.size()));
    const auto equals = line.find('=');
    const std::string name(line.substr(0, equals));
    if (exports) exported.insert(name);
    if (equals != std::string_view::npos) assigned[name] = unquoted(trimmed(line.substr(equals + 1)));
  }
  if (profile.sysconfig_is_script) std::erase_if(assigned, [&](const auto& a) { return !exported.contains(a.first); });
  return assigned;
}

}  // namespace simcluster::node
