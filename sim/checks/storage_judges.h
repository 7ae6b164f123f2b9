// The judge over shared storage.
#pragma once

#include <set>
#include <string>

#include "sim/checks/judge.h"

namespace simcluster::sim {

// A file system that was not made for it is mounted on two machines, and one of them may write (AT-4.6). Judged by the
// mounts of the kernels; what the device became of it is not asked.
class DoubleMount final : public Judge {
 public:
  std::string_view name() const override { return "double-mount"; }
  void on_settled(const Truth& truth, Time now) override;

 private:
  std::set<std::string> doubled_;  // told already, by storage
};

}  // namespace simcluster::sim
