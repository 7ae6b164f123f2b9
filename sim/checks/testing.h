// A truth that a test makes up, for judges.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/checks/judge.h"

namespace simcluster::sim {

class FakeTruth final : public Truth {
 public:
  std::vector<Place> places(const IpAddress&) const override { return where; }
  std::string machine_name(NodeIndex machine) const override { return "node" + std::to_string(machine.value); }
  std::optional<std::vector<std::vector<NodeIndex>>> groups() const override { return group_list; }
  Time ways_known_from() const override { return known_from; }
  std::vector<Manager> managers() const override { return manager_list; }
  std::vector<StorageUse> storage_uses() const override { return storage; }

  std::vector<Place> where;
  std::optional<std::vector<std::vector<NodeIndex>>> group_list;
  Time known_from;
  std::vector<Manager> manager_list;
  std::vector<StorageUse> storage;
};

}  // namespace simcluster::sim
