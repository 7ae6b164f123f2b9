// pe-input-N.bz2, pe-warn-N.bz2 and pe-error-N.bz2: what the scheduler was given, for `clusterctl replay`, simcluster
// and crm_simulate.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/host.h"
#include "tools/clusterd/disk_thread.h"
#include "tools/clusterd/store_files.h"

namespace simcluster::clusterd {

// Compresses and writes in a thread of its own. When the disk does not keep up the oldest that wait are let go: they
// are for people, the cluster does not need them. Nobody but that thread touches the disk.
class InputArchive final : public SchedulerInputs {
 public:
  // `complain` gets a sentence when a file cannot be written; it is called in the archive's thread. Keeps the last
  // `most` files of each series, whatever their numbers are; the CIB may ask for fewer (pe-input-series-max).
  InputArchive(std::unique_ptr<StoreFiles> files, std::size_t most, std::function<void(const std::string&)> complain,
               Duration farewell = kDiskFarewell);
  // Finishes what waits; `farewell` long where the disk hangs.
  ~InputArchive();
  InputArchive(const InputArchive&) = delete;
  InputArchive& operator=(const InputArchive&) = delete;

  int last_number(InputSeries series) const override { return last_[static_cast<std::size_t>(series)]; }
  void keep(InputSeries series, int number, std::string xml) override;
  // Names of the inputs that are on the disk, of all series, oldest first: "pe-input-3.bz2".
  std::vector<std::string> kept() const;

 private:
  struct Shared;
  const Duration farewell_;
  std::array<int, kInputSeriesCount> last_{-1, -1, -1};
  std::shared_ptr<Shared> shared_;  // with the thread
  std::unique_ptr<DiskThread> thread_;
};

}  // namespace simcluster::clusterd
