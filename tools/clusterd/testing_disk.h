// For tests: a disk that hangs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tools/clusterd/store_files.h"

namespace simcluster::clusterd {

// The first file that is made on it waits until it is let go.
struct HangingDisk {
  std::atomic<bool> hangs = true;
  std::atomic<int> created = 0;
  std::vector<std::string> written;    // names; of the thread that writes
  std::atomic<std::size_t> names = 0;  // how many these are

  void wait_for_writer() const {
    while (created == 0) std::this_thread::yield();
  }
  void wait_for_names(std::size_t count) const {
    while (names < count) std::this_thread::yield();
  }
};

class HangingFiles final : public StoreFiles {
 public:
  explicit HangingFiles(std::shared_ptr<HangingDisk> disk) : disk_(std::move(disk)) {}
  Result<void> create(const std::string&) override {
    ++disk_->created;
    while (disk_->hangs) std::this_thread::yield();
    return {};
  }
  Result<void> write(std::string_view) override { return {}; }
  Result<void> sync() override { return {}; }
  void finish() override {}
  Result<void> rename(const std::string&, const std::string& to) override {
    disk_->written.push_back(to);
    ++disk_->names;
    return {};
  }
  Result<void> sync_directory() override { return {}; }
  Result<void> remove(const std::string&) override { return {}; }
  std::vector<std::string> list() const override { return {}; }
  std::optional<std::int64_t> written_at(const std::string&) const override { return std::nullopt; }
  std::optional<std::string> read(const std::string&) const override { return std::nullopt; }

 private:
  std::shared_ptr<HangingDisk> disk_;
};

}  // namespace simcluster::clusterd
