#include "engine/agents/metadata.h"

#include <iterator>

#include <fmt/core.h>

namespace simcluster::agents {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

void add_parameter(std::string& xml, const ParameterMetadata& parameter) {
  fmt::format_to(std::back_inserter(xml), "<parameter name=\"{}\" unique=\"{}\" required=\"{}\">\n", parameter.name,
                 parameter.unique ? 1 : 0, parameter.required ? 1 : 0);
  fmt::format_to(std::back_inserter(xml), "<longdesc lang=\"en\">\n{}\n</longdesc>\n", escaped(parameter.long_text));
  fmt::format_to(std::back_inserter(xml), "<shortdesc lang=\"en\">{}</shortdesc>\n", escaped(parameter.short_text));
  fmt::format_to(std::back_inserter(xml), "<content type=\"{}\"", parameter.type);
  if (!parameter.default_value.empty()) {
    fmt::format_to(std::back_inserter(xml), " default=\"{}\"", escaped(parameter.default_value));
  }
  xml += " />\n</parameter>\n";
}

void add_action(std::string& xml, const ActionMetadata& action) {
  fmt::format_to(std::back_inserter(xml), "<action name=\"{}\" timeout=\"{}s\"", action.name, action.timeout_seconds);
  if (action.interval_seconds != 0) {
    fmt::format_to(std::back_inserter(xml), " interval=\"{}s\" depth=\"{}\"", action.interval_seconds, action.depth);
  }
  if (action.on_target) xml += " on_target=\"1\"";
  if (action.automatic) xml += " automatic=\"1\"";
  if (!action.role.empty()) fmt::format_to(std::back_inserter(xml), " role=\"{}\"", action.role);
  xml += " />\n";
}

}  // namespace

std::string metadata_xml(const AgentMetadata& metadata) {
  std::string xml = "<?xml version=\"1.0\"?>\n<!DOCTYPE resource-agent SYSTEM \"ra-api-1.dtd\">\n";
  fmt::format_to(std::back_inserter(xml), "<resource-agent name=\"{}\" version=\"1.0\">\n<version>1.0</version>\n",
                 metadata.type);
  fmt::format_to(std::back_inserter(xml), "<longdesc lang=\"en\">\n{}\n</longdesc>\n", escaped(metadata.long_text));
  fmt::format_to(std::back_inserter(xml), "<shortdesc lang=\"en\">{}</shortdesc>\n<parameters>\n",
                 escaped(metadata.short_text));
  for (const ParameterMetadata& parameter : metadata.parameters) add_parameter(xml, parameter);
  xml += "</parameters>\n<actions>\n";
  for (const ActionMetadata& action : metadata.actions) add_action(xml, action);
  xml += "</actions>\n</resource-agent>";
  return xml;
}

}  // namespace simcluster::agents
