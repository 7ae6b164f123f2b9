// A log event of the trace, taken apart.
#pragma once

#include <optional>
#include <string_view>

#include "engine/base/host.h"
#include "engine/base/trace.h"

namespace simcluster::reports {

struct LogEvent {
  std::string_view daemon;    // "crmd", or an agent's tag: "IPaddr2(vip)[1002]"
  std::string_view function;  // empty: not known, or part of the text
  std::string_view text;
  LogPriority priority = LogPriority::kDebug;
  bool detail_only = false;  // syslog does not get it (CM-14.14)
};

// None: it is another kind of event. Views last as long as the event.
std::optional<LogEvent> log_event(const TraceEvent& event);

// "err", "warning" and so on; what is unknown is a debug message.
LogPriority priority_of(std::string_view name);

// A field's value; empty when there is none.
std::string_view text_field(const TraceEvent& event, std::string_view name);
std::int64_t number_field(const TraceEvent& event, std::string_view name);

}  // namespace simcluster::reports
