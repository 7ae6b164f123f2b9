// What a quorum device's client on this node may ask (VQ-24): it registers, then polls with its vote. Its own network
// and its algorithm are not part of the membership layer.
#pragma once

#include <string_view>

#include "engine/membership/cs_error.h"
#include "engine/membership/group.h"

namespace simcluster::membership {

class QuorumDevice {
 public:
  // The first name wins in the whole cluster. kExist: the device has another name; kAccess: the configuration has no
  // device, or one that was refused.
  virtual CsError register_device(std::string_view name) = 0;
  // Clears all flags of the device. kNotExist: none is registered, or under another name.
  virtual CsError unregister_device(std::string_view name) = 0;
  // "I am alive, and vote (or do not) for the partition that has `ring`." kMessageError: the ring is not that of the
  // last synchronisation, the poll is ignored.
  virtual CsError poll_device(std::string_view name, bool cast_vote, const RingId& ring) = 0;
  // The partition with the device wins though it has too few votes.
  virtual CsError set_master_wins(std::string_view name, bool wins) = 0;
  // The device has another name from now on, on every node.
  virtual CsError rename_device(std::string_view old_name, std::string_view new_name) = 0;

 protected:
  ~QuorumDevice() = default;
};

}  // namespace simcluster::membership
