// The trace as JSON lines: one object per event.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/trace.h"

namespace simcluster::reports {

// {"t":<ns since the start>,"node":"node01","kind":"address.added","interface":"bond0",...}. Fields that are called
// like the first three keys get an underscore behind them.
std::string trace_json_line(const TraceEvent& event, Time start, const std::vector<std::string>& node_names);

class TraceJsonWriter final : public TraceSink {
 public:
  // `write` gets whole lines with their newlines, several at a time.
  TraceJsonWriter(Time start, std::vector<std::string> node_names, std::function<void(std::string_view)> write);
  ~TraceJsonWriter() override;
  void on_trace(const TraceEvent& event) override;
  void flush();

 private:
  Time start_;
  std::vector<std::string> node_names_;
  std::function<void(std::string_view)> write_;
  std::string buffer_;
};

}  // namespace simcluster::reports
