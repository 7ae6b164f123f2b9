#include "engine/controller/transition_key.h"

#include <charconv>

#include <fmt/format.h>

namespace simcluster::controller {

std::string TransitionKey::text() const { return fmt::format("{}:{}:{}:{}", action, transition, target_rc, uuid); }

std::optional<TransitionKey> parse_transition_key(std::string_view text) {
  TransitionKey key;
  for (int* number : {&key.action, &key.transition, &key.target_rc}) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + colon, *number);
    if (error != std::errc() || end != text.data() + colon) return std::nullopt;
    text.remove_prefix(colon + 1);
  }
  if (text.size() != kNoTransitionUuid.size()) return std::nullopt;
  key.uuid = text;
  return key;
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
