// Reading and writing packed little-endian fields with length checks.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace simcluster::membership {

template <class T>
constexpr T to_little_endian(T value) {
  static_assert(std::is_unsigned_v<T>);
  if constexpr (std::endian::native == std::endian::little) return value;
  T result = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) result = static_cast<T>(result << 8 | (value >> (8 * i) & 0xff));
  return result;
}

// Put one field at `at`, or take it from there, and move on.
template <class T>
void store_field(std::byte*& at, T value) {
  const T little = to_little_endian(value);
  std::memcpy(at, &little, sizeof(T));
  at += sizeof(T);
}
template <class T>
T load_field(const std::byte*& at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  at += sizeof(T);
  return to_little_endian(value);
}

// Appends to a buffer that the caller reuses: after the first frames nothing is allocated any more.
class Writer {
 public:
  // `size` is what will be written in all; it is allowed to be too small.
  Writer(std::vector<std::byte>& out, std::size_t size) : out_(out) {
    out_.resize(size);
    at_ = out_.data();
    end_ = at_ + size;
  }
  ~Writer() {
    if (at_ != end_) out_.resize(used());
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void u8(std::uint8_t value) { put(value); }
  void u16(std::uint16_t value) { put(value); }
  void u32(std::uint32_t value) { put(value); }
  void u64(std::uint64_t value) { put(value); }
  void bytes(std::span<const std::byte> data) {
    if (data.empty()) return;
    reserve(data.size());
    std::memcpy(at_, data.data(), data.size());
    at_ += data.size();
  }
  void text(std::string_view data) { bytes(std::as_bytes(std::span(data.data(), data.size()))); }
  void zeros(std::size_t count) {
    if (count == 0) return;
    reserve(count);
    std::memset(at_, 0, count);
    at_ += count;
  }

 private:
  std::size_t used() const { return static_cast<std::size_t>(at_ - out_.data()); }
  void reserve(std::size_t count) {
    if (static_cast<std::size_t>(end_ - at_) < count) grow(count);
  }
  [[gnu::noinline]] void grow(std::size_t count) {
    const std::size_t offset = used();
    out_.resize(offset + count);
    at_ = out_.data() + offset;
    end_ = at_ + count;
  }
  template <class T>
  void put(T value) {
    reserve(sizeof(T));
    store_field(at_, value);
  }

  std::vector<std::byte>& out_;
  std::byte* at_;
  std::byte* end_;
};

// The same fields where the room is known to be there: nothing is checked. For what is written and read at every hop.
class PlainWriter {
 public:
  explicit PlainWriter(std::byte* at) : at_(at) {}

  void u8(std::uint8_t value) { store_field(at_, value); }
  void u16(std::uint16_t value) { store_field(at_, value); }
  void u32(std::uint32_t value) { store_field(at_, value); }
  void u64(std::uint64_t value) { store_field(at_, value); }
  template <std::size_t N>
  void bytes(std::span<const std::byte, N> data) {
    static_assert(N != std::dynamic_extent);
    std::memcpy(at_, data.data(), N);
    at_ += N;
  }
  // Where the next field goes.
  std::byte* at() const { return at_; }

 private:
  std::byte* at_;
};

class PlainReader {
 public:
  explicit PlainReader(const std::byte* at) : at_(at) {}

  std::uint8_t u8() { return load_field<std::uint8_t>(at_); }
  std::uint16_t u16() { return load_field<std::uint16_t>(at_); }
  std::uint32_t u32() { return load_field<std::uint32_t>(at_); }
  std::uint64_t u64() { return load_field<std::uint64_t>(at_); }
  std::span<const std::byte> bytes(std::size_t count) {
    at_ += count;
    return {at_ - count, count};
  }
  static constexpr bool failed() { return false; }

 private:
  const std::byte* at_;
};

// Takes fields off the front. Reading past the end gives zeros and makes failed() true for good.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> data) : at_(data.data()), end_(data.data() + data.size()) {}

  std::uint8_t u8() { return get<std::uint8_t>(); }
  std::uint16_t u16() { return get<std::uint16_t>(); }
  std::uint32_t u32() { return get<std::uint32_t>(); }
  std::uint64_t u64() { return get<std::uint64_t>(); }
  std::span<const std::byte> bytes(std::size_t count) {
    if (count > left()) {
      fail();
      return {};
    }
    const std::span<const std::byte> result(at_, count);
    at_ += count;
    return result;
  }
  std::string_view text(std::size_t count) {
    const auto data = bytes(count);
    return {reinterpret_cast<const char*>(data.data()), data.size()};
  }
  std::span<const std::byte> rest() { return bytes(left()); }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool failed() const { return failed_; }

 private:
  void fail() {
    failed_ = true;
    at_ = end_;
  }
  template <class T>
  T get() {
    if (sizeof(T) > left()) {
      fail();
      return 0;
    }
    return load_field<T>(at_);
  }

  const std::byte* at_;
  const std::byte* end_;
  bool failed_ = false;
};

}  // namespace simcluster::membership
