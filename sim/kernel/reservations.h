// SCSI-3 persistent reservations of a disk that several machines share (AT-5.9): machines register keys, one of them
// reserves the disk for those that are registered, and whoever is registered can remove another one's key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"

namespace simcluster::sim {

class Mounts;

class Reservations {
 public:
  // False: a write of this machine ends with a reservation conflict.
  bool may_write(NodeIndex machine) const;
  // The keys in the order in which they were registered.
  std::vector<std::string> keys() const;

  // An empty key takes the machine's registration back.
  void enter(NodeIndex machine, std::string_view key);
  // These are refused, as a reservation conflict, to machines that are not registered with `own`.
  bool reserve(NodeIndex machine, std::string_view own);
  bool remove(NodeIndex machine, std::string_view own, std::string_view victim);

 private:
  struct Registration {
    NodeIndex machine;
    std::string key;
  };
  bool registered(NodeIndex machine, std::string_view key) const;

  std::vector<Registration> registrations_;
  bool reserved_ = false;  // write exclusive, registrants only (type 5)
  NodeIndex holder_;
};

struct SgPersistAnswer {
  int exit_code = 0;
  std::string text;
};
// `sg_persist ...` on this machine, with the options that fence_scsi uses.
SgPersistAnswer sg_persist(const Mounts& mounts, NodeIndex machine, std::string_view command_line);

}  // namespace simcluster::sim
