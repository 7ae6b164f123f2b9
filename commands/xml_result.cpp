#include "commands/xml_result.h"

#include <utility>

#include <fmt/core.h>

#include "engine/scheduler/history.h"

namespace simcluster::commands {

Result<bool> wants_xml(const ParsedArguments& given) {
  const std::string format = given.value("output-as").value_or("text");
  if (format == "xml") return true;
  if (format == "text" || format == "none") return false;
  return fail(fmt::format("Error creating output format {}: Unknown output format", format));
}

reports::StatusXml xml_form(const Profile& profile) {
  return profile.peer_times_in_status ? reports::StatusXml::k3_0 : reports::StatusXml::k2_1;
}

Outcome as_xml(Outcome outcome, const XmlResult& result, const std::function<void(reports::XmlWriter&)>& content) {
  std::string request(result.tool);
  for (const std::string& argument : result.arguments) request += " " + argument;
  std::string text;
  reports::XmlWriter xml(text);
  xml.open("pacemaker-result", {{"api-version", reports::api_version(xml_form(result.profile))}, {"request", request}});
  if (content) content(xml);
  xml.open("status",
           {{"code", std::to_string(outcome.status)}, {"message", scheduler::exit_status_text(outcome.status)}});
  if (result.with_errors && !outcome.error.empty()) {
    xml.open("errors");
    for (std::string_view rest = outcome.error; !rest.empty();) {
      // What the tool had to do is told with why it failed.
      auto end = rest.find('\n');
      if (end != std::string_view::npos && rest.substr(end + 1).starts_with("Error performing operation:"))
        end = rest.find('\n', end + 1);
      xml.text("error", rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    xml.close();
    outcome.error.clear();
  }
  xml.close();
  xml.close();
  outcome.output = std::move(text);
  return outcome;
}

}  // namespace simcluster::commands
