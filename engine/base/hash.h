// xxHash, for trace hashes and stream seeds. Not for anything that must resist an attacker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace simcluster {

// XXH3, 64 bits.
std::uint64_t hash_text(std::string_view bytes);

// A running XXH3 (64 bits) over everything added so far.
class RunningHash {
 public:
  RunningHash();
  ~RunningHash();
  RunningHash(RunningHash&&) noexcept;
  RunningHash& operator=(RunningHash&&) noexcept;

  void add(std::string_view bytes);
  // Adds the integer as eight little-endian bytes, on every machine.
  void add(std::uint64_t number);
  // The hash of what was added until now; more may be added afterwards.
  std::uint64_t value() const;
  // value() as 16 lower-case hexadecimal digits.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace simcluster
