#include "engine/base/hash.h"

#include <fmt/core.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace simcluster {

struct RunningHash::State {
  XXH3_state_t xxh;
};

std::uint64_t hash_text(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

RunningHash::RunningHash() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->xxh); }
RunningHash::~RunningHash() = default;
RunningHash::RunningHash(RunningHash&&) noexcept = default;
RunningHash& RunningHash::operator=(RunningHash&&) noexcept = default;

void RunningHash::add(std::string_view bytes) { XXH3_64bits_update(&state_->xxh, bytes.data(), bytes.size()); }

void RunningHash::add(std::uint64_t number) {
  char bytes[8];
  for (char& byte : bytes) {
    byte = static_cast<char>(number & 0xff);
    number >>= 8;
  }
  XXH3_64bits_update(&state_->xxh, bytes, sizeof bytes);
}

std::uint64_t RunningHash::value() const { return XXH3_64bits_digest(&state_->xxh); }

std::string RunningHash::hex() const { return fmt::format("{:016x}", value()); }

}  // namespace simcluster
