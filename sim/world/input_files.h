// pe-input-3.bz2 and its like on a machine's disk, with the number that comes next in pe-input.last.
#pragma once

#include <string>

#include "engine/base/host.h"
#include "engine/base/profile.h"

namespace simcluster::sim {

class FileStore;

class InputFiles final : public SchedulerInputs {
 public:
  // Without texts the disk has the numbers alone. Both references must outlive the object.
  InputFiles(FileStore& files, const Profile& profile, bool texts) : files_(files), profile_(profile), texts_(texts) {}

  int last_number(InputSeries series) const override;
  bool wants_text() const override { return texts_; }
  void keep(InputSeries series, int number, std::string xml) override;

 private:
  FileStore& files_;
  const Profile& profile_;
  bool texts_;
};

}  // namespace simcluster::sim
