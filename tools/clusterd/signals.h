// Signals as events of the loop.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>

#include "engine/base/error.h"
#include "tools/clusterd/event_loop.h"

namespace simcluster::clusterd {

// Blocks the signals for this thread and all that it starts later, and reports them.
class Signals {
 public:
  static Result<std::unique_ptr<Signals>> catch_all(EventLoop& loop, std::initializer_list<int> signals,
                                                    std::function<void(int signal)> caught);
  ~Signals() { loop_.forget(fd_.get()); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  Signals(EventLoop& loop, FileDescriptor fd) : loop_(loop), fd_(std::move(fd)) {}
  EventLoop& loop_;
  FileDescriptor fd_;
};

}  // namespace simcluster::clusterd
