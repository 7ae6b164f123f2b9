// Messages about a run for people who ask for more (crm_simulate -V). Formatting costs nothing unless somebody listens.
//
// The functions named in messages are the ones that support desks know from the logs of clusters.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

inline bool logs(const Model& model, LogLevel level) { return model.log != nullptr && level <= model.log->level(); }

template <class... Args>
void log(const Model& model, LogLevel level, std::string_view function, fmt::format_string<Args...> format,
         Args&&... args) {
  if (logs(model, level)) model.log->write(level, function, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace simcluster::scheduler
