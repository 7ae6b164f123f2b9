// Replay windows of the datagrams that the engine itself sends and receives (links = udp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "engine/base/ids.h"
#include "engine/membership/frame_guard.h"
#include "tools/clusterd/replay_window.h"

namespace simcluster::clusterd {

class ReplayGuard final : public membership::FrameGuard {
 public:
  // Nodes that are remembered; what others send is dropped.
  static constexpr std::size_t kMaxSenders = 1024;

  // `life`: larger than that of every start before.
  ReplayGuard(ClusterNodeId self, std::uint64_t life) : self_(self), life_(life) {}
  Mark next() override { return {self_.value, life_, ++number_}; }
  bool first_time(const Mark& mark) override;
  // Datagrams that were dropped.
  std::uint64_t replayed() const { return replayed_; }

 private:
  const ClusterNodeId self_;
  const std::uint64_t life_;
  std::uint64_t number_ = 0;
  std::uint64_t replayed_ = 0;
  std::map<std::uint64_t, ReplayWindow> senders_;
};

}  // namespace simcluster::clusterd
