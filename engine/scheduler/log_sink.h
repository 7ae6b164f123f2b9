// Where messages about a run go.
#pragma once

#include <cstdint>
#include <string_view>

namespace simcluster::scheduler {

enum class LogLevel : std::uint8_t { kCritical, kError, kWarning, kNotice, kInfo, kDebug };

class LogSink {
 public:
  virtual ~LogSink() = default;
  // Messages beyond it are not wanted.
  virtual LogLevel level() const = 0;
  virtual void write(LogLevel level, std::string_view function, std::string_view text) = 0;
  // For what is worth saying once in a process.
  virtual void write_once(LogLevel level, std::string_view function, std::string_view text) = 0;
};

}  // namespace simcluster::scheduler
