#include "engine/controller/transition_key.h"

#include <fmt/core.h>

#include "engine/scheduler/history_sort.h"

namespace simcluster::controller {

std::string TransitionKey::text() const { return fmt::format("{}:{}:{}:{}", action, transition, target_rc, uuid); }

std::optional<TransitionKey> parse_transition_key(std::string_view text) {
  scheduler::TransitionKey key;
  if (!scheduler::parse_transition_key(text, key) || key.uuid.size() != kNoTransitionUuid.size()) return std::nullopt;
  return TransitionKey{key.action, key.transition, key.target_rc, std::string(key.uuid)};
}

std::string make_uuid(Random& random) {
  const std::uint64_t high = (random.next() & 0xffffffffffff0fffULL) | 0x4000ULL;
  const std::uint64_t low = (random.next() & 0x3fffffffffffffffULL) | 0x8000000000000000ULL;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff, high & 0xffff, low >> 48,
                     low & 0xffffffffffffULL);
}

std::string operation_key(std::string_view resource, std::string_view operation, Duration interval) {
  return fmt::format("{}_{}_{}", resource, operation, interval.milliseconds());
}

}  // namespace simcluster::controller
