// pe-input-N.bz2: what the scheduler was given, for `clusterctl replay`, simcluster and crm_simulate.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/host.h"
#include "tools/clusterd/store_files.h"

namespace simcluster::clusterd {

// Numbers of the inputs in a directory, ascending.
std::vector<int> kept_inputs(const std::string& directory);

// Compresses and writes in a thread of its own. When the disk does not keep up the oldest that wait are let go: they
// are for people, the cluster does not need them.
class InputArchive final : public SchedulerInputs {
 public:
  // `complain` gets a sentence when a file cannot be written; it is called in the archive's thread. Keeps the last
  // `most` files.
  InputArchive(std::unique_ptr<StoreFiles> files, std::size_t most, std::function<void(const std::string&)> complain);
  // Finishes what waits.
  ~InputArchive();
  InputArchive(const InputArchive&) = delete;
  InputArchive& operator=(const InputArchive&) = delete;

  int last_number() const override { return last_; }
  void keep(int number, std::string xml) override;

 private:
  void work();
  Result<void> write(int number, const std::string& xml);

  std::unique_ptr<StoreFiles> files_;
  std::size_t most_;
  std::function<void(const std::string&)> complain_;
  int last_ = -1;
  std::vector<int> kept_;  // oldest first; only for the thread
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::pair<int, std::string>> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace simcluster::clusterd
