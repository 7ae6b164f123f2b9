#include "engine/base/random.h"

#include "engine/base/hash.h"

namespace simcluster {

namespace {

std::uint64_t splitmix(std::uint64_t& x) {
  x += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = x;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view purpose) {
  std::uint64_t x = seed ^ hash_text(purpose);
  for (auto& word : state_) word = splitmix(x);
}

}  // namespace simcluster
