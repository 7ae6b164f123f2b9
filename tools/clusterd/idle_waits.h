// libknet's threads wait for 200 ms at a time, only to see whether they are to end. Four or five of them never have
// anything else to do on an idle node, and wake-ups in vain are most of what such a node costs. So this program
// replaces the C library's epoll_wait, and they wait longer. What arrives wakes them as before.
#pragma once

namespace simcluster::clusterd {

// While it lives they wait as they wish; who waits longer already is woken. For the calls that wait for the threads.
class NoIdleWaits {
 public:
  NoIdleWaits();
  ~NoIdleWaits();
  NoIdleWaits(const NoIdleWaits&) = delete;
  NoIdleWaits& operator=(const NoIdleWaits&) = delete;
};

}  // namespace simcluster::clusterd
