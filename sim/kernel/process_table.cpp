#include "sim/kernel/process_table.h"

#include <algorithm>

namespace simcluster::sim {

std::int32_t ProcessTable::add(Process& process, std::string_view name, std::int32_t group, Time now) {
  constexpr std::int32_t kLast = 32'767;
  constexpr std::int32_t kFirstAgain = 300;
  while (find(next_) != nullptr) next_ = next_ == kLast ? kFirstAgain : next_ + 1;
  const std::int32_t pid = next_;
  next_ = next_ == kLast ? kFirstAgain : next_ + 1;
  entries_.push_back({pid, group == 0 ? pid : group, name, now, &process});
  return pid;
}

void ProcessTable::remove(std::int32_t pid) {
  std::erase_if(entries_, [&](const ProcessEntry& e) { return e.pid == pid; });
}

const ProcessEntry* ProcessTable::find(std::int32_t pid) const {
  for (const ProcessEntry& entry : entries_)
    if (entry.pid == pid) return &entry;
  return nullptr;
}

bool ProcessTable::signal(std::int32_t pid, int signal) {
  std::vector<Process*> targets;
  for (const ProcessEntry& entry : entries_)
    if (pid < 0 ? entry.group == -pid : entry.pid == pid) targets.push_back(entry.process);
  if (signal != 0)
    for (Process* process : targets) process->on_signal(signal);
  return !targets.empty();
}

void ProcessTable::clear() {
  entries_.clear();
  next_ = 1000;
}

}  // namespace simcluster::sim
