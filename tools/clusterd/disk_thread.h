// A thread that works for a disk. A disk may hang for ever, and then nobody must wait for it for ever.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/base/time.h"

namespace simcluster::clusterd {

// How long a daemon that ends waits for what is still to be written.
inline constexpr Duration kDiskFarewell = seconds(10);

class DiskThread {
 public:
  // `work` keeps alive what it uses: it may outlive everybody else.
  explicit DiskThread(std::function<void()> work);
  // finish() comes before.
  ~DiskThread() = default;
  DiskThread(const DiskThread&) = delete;
  DiskThread& operator=(const DiskThread&) = delete;

  // Waits for the end of the work, which was told to end. False: it hangs, and is left behind.
  bool finish(Duration patience);

 private:
  struct End {
    std::mutex mutex;
    std::condition_variable come;
    bool is_there = false;
  };
  std::shared_ptr<End> end_;
  std::thread thread_;
};

}  // namespace simcluster::clusterd
