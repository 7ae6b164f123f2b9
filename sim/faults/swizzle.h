// FoundationDB's swizzle: the links of some machines stop one by one and come back one by one in another order. Finds
// what a protocol does in the many half-broken states between whole and dead.
#pragma once

#include <string>
#include <vector>

#include "engine/base/random.h"
#include "sim/faults/action.h"
#include "sim/world/world.h"

namespace simcluster::sim {

// One end of a link: the cable of an interface.
struct LinkEnd {
  NodeIndex machine;
  std::string interface_name;
};

enum class LinkStop : std::uint8_t {
  kCable,
  kSilence
};  // the cable is pulled; frames are lost while the carrier stays

// Puts it into the world's queue, from now on: stops spread over `stopping`, then repairs over `healing`. Each step is
// traced as a fault. Returns when the last link is back.
Time swizzle(World& world, std::vector<LinkEnd> links, LinkStop how, Duration stopping, Duration healing,
             Random& random);

class Swizzle final : public Action {
 public:
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply(World& world) const override;

 private:
  std::string network_;  // empty: all
  std::vector<std::string> nodes_;
  Duration stopping_ = seconds(10);
  Duration healing_ = seconds(10);
  std::size_t how_ = 0;
};

}  // namespace simcluster::sim
