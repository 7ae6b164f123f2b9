// The processes of one machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"

namespace simcluster::sim {

class Process {
 public:
  // A signal was sent to it. It may end, but not before this call has returned.
  virtual void on_signal(int signal) = 0;

 protected:
  ~Process() = default;
};

struct ProcessEntry {
  std::int32_t pid = 0;
  std::int32_t group = 0;
  std::string_view name;  // owned by the process
  Time started;
  Process* process = nullptr;
};

class ProcessTable {
 public:
  // Process ids count from 1000 to 32767 and then again from 300, without those in use.
  // Group 0: a group of its own. `name` must live as long as the entry.
  std::int32_t add(Process& process, std::string_view name, std::int32_t group, Time now);
  void remove(std::int32_t pid);
  const ProcessEntry* find(std::int32_t pid) const;
  // In the order of their start.
  const std::vector<ProcessEntry>& all() const { return entries_; }
  // kill(2): a negative pid names a group. False when there is nobody.
  bool signal(std::int32_t pid, int signal);
  void clear();

 private:
  std::int32_t next_ = 1000;
  std::vector<ProcessEntry> entries_;
};

}  // namespace simcluster::sim
