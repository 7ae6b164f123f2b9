// Bytes of the messages between nodes: little-endian integers, texts with their length. Everything read is checked
// against what is there: a message may be cut or wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace simcluster {

// The same bytes, as text and as what messages carry. Borrowed.
inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::byte> as_bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

class WireWriter {
 public:
  void u8(std::uint8_t value) { bytes_.push_back(static_cast<std::byte>(value)); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void i64(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
  void flag(bool value) { u8(value ? 1 : 0); }
  void text(std::string_view value);

  std::span<const std::byte> bytes() const { return bytes_; }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void number(std::uint64_t value, int size);

  std::vector<std::byte> bytes_;
};

// After the first reading beyond the end everything reads as 0 or empty and ok() is false.
class WireReader {
 public:
  explicit WireReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  bool flag() { return u8() != 0; }
  std::string_view text();  // borrowed from the bytes

  bool ok() const { return ok_; }
  // True when everything was read and nothing was missing.
  bool complete() const { return ok_ && bytes_.empty(); }
  std::size_t left() const { return bytes_.size(); }
  void spoil() { ok_ = false; }

 private:
  std::uint64_t number(std::size_t size);

  std::span<const std::byte> bytes_;
  bool ok_ = true;
};

}  // namespace simcluster
