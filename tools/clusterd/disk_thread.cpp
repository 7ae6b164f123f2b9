#include "tools/clusterd/disk_thread.h"

#include <chrono>
#include <utility>

namespace simcluster::clusterd {

DiskThread::DiskThread(std::function<void()> work)
    : end_(std::make_shared<End>()), thread_([end = end_, work = std::move(work)] {
        work();
        const std::lock_guard lock(end->mutex);
        end->is_there = true;
        end->come.notify_all();
      }) {}

bool DiskThread::finish(Duration patience) {
  {
    std::unique_lock lock(end_->mutex);
    if (!end_->come.wait_for(lock, std::chrono::nanoseconds(patience.ns), [this] { return end_->is_there; })) {
      thread_.detach();
      return false;
    }
  }
  thread_.join();
  return true;
}

}  // namespace simcluster::clusterd
