#include "tools/clusterd/machine_load.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>

#include <sched.h>
#include <sys/resource.h>

#include "tools/clusterd/event_loop.h"

namespace simcluster::clusterd {

namespace {

Duration of(const timeval& time) { return seconds(time.tv_sec) + microseconds(time.tv_usec); }

Duration cpu_time_of_this_thread() {
  rusage usage{};
  if (getrusage(RUSAGE_THREAD, &usage) != 0) return {};
  return of(usage.ru_utime) + of(usage.ru_stime);
}

}  // namespace

std::int64_t load_average_of(std::string_view loadavg) {
  const std::size_t point = loadavg.find('.');
  if (point == std::string_view::npos || loadavg.size() < point + 3) return 0;
  const std::string digits = std::string(loadavg.substr(0, point)).append(loadavg.substr(point + 1, 2));
  std::int64_t hundredths = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, hundredths);
  return error == std::errc() && stopped == end ? std::max<std::int64_t>(hundredths, 0) : 0;
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? std::max(CPU_COUNT(&set), 1) : 1;
}

MachineLoad::MachineLoad() : sampled_at_(EventLoop::uptime()), used_(cpu_time_of_this_thread()) {}

HostLoad MachineLoad::sample() {
  const Duration now = EventLoop::uptime();
  const Duration passed = now - sampled_at_;
  if (passed < seconds(1)) return last_;
  const Duration used = cpu_time_of_this_thread();
  last_.cib_cpu = (used - used_).ns * 100 / passed.ns;
  sampled_at_ = now;
  used_ = used;
  std::ifstream file("/proc/loadavg");
  std::string line;
  std::getline(file, line);
  last_.load_average = load_average_of(line);
  return last_;
}

}  // namespace simcluster::clusterd
