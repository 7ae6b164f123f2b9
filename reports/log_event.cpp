#include "reports/log_event.h"

#include <array>
#include <utility>

namespace simcluster::reports {

namespace {

const TraceField* find(const TraceEvent& event, std::string_view name) {
  for (const TraceField& field : event.fields)
    if (field.name == name) return &field;
  return nullptr;
}

}  // namespace

LogPriority priority_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, LogPriority>, 12> kNames = {
      {{"emerg", LogPriority::kEmergency},
       {"alert", LogPriority::kAlert},
       {"crit", LogPriority::kCritical},
       {"critical", LogPriority::kCritical},
       {"err", LogPriority::kError},
       {"error", LogPriority::kError},
       {"warn", LogPriority::kWarning},
       {"warning", LogPriority::kWarning},
       {"notice", LogPriority::kNotice},
       {"info", LogPriority::kInfo},
       {"debug", LogPriority::kDebug},
       {"emergency", LogPriority::kEmergency}}};
  for (const auto& [text, priority] : kNames)
    if (name == text) return priority;
  return LogPriority::kDebug;
}

std::string_view text_field(const TraceEvent& event, std::string_view name) {
  const TraceField* field = find(event, name);
  return field != nullptr ? field->text : std::string_view();
}

std::int64_t number_field(const TraceEvent& event, std::string_view name) {
  const TraceField* field = find(event, name);
  return field != nullptr ? field->number : 0;
}

std::optional<LogEvent> log_event(const TraceEvent& event) {
  if (event.kind != TraceKind::kLog) return std::nullopt;
  return LogEvent{text_field(event, "daemon"), text_field(event, "function"), text_field(event, "text"),
                  priority_of(text_field(event, "priority")), find(event, "to") != nullptr};
}

}  // namespace simcluster::reports
