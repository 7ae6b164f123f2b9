// Tells when nothing in the box runs any more.
#pragma once

#include <map>
#include <string>

#include <sys/types.h>

namespace script_box {

class Rest {
 public:
  // True when, at one moment during this call, every process but this one slept. Nobody but the simulator can wake any
  // of them: there are no timers, no network and no other processes in the box.
  bool reached();

 private:
  // Process id to its number of context switches; who has slept all the time between two looks has the same in both.
  using Look = std::map<pid_t, std::string>;
  static bool look(Look& seen);
};

}  // namespace script_box
