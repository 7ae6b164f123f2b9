#include "engine/agents/exit_reason.h"

namespace simcluster::agents {

std::string exit_reason_of(std::string_view error_output) {
  constexpr std::string_view kMark = "ocf-exit-reason:";
  std::string_view reason;
  while (!error_output.empty()) {
    const std::size_t end = error_output.find('\n');
    const std::string_view line = error_output.substr(0, end);
    const std::size_t mark = line.find(kMark);
    if (mark != std::string_view::npos) reason = line.substr(mark + kMark.size());
    if (end == std::string_view::npos) break;
    error_output.remove_prefix(end + 1);
  }
  return std::string(reason);
}

}  // namespace simcluster::agents
