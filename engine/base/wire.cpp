#include "engine/base/wire.h"

namespace simcluster {

void WireWriter::number(std::uint64_t value, int size) {
  constexpr std::size_t kUsual = 128;  // of a message: most never grow beyond it
  if (bytes_.capacity() < kUsual) bytes_.reserve(kUsual);
  for (int i = 0; i < size; ++i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
}

void WireWriter::text(std::string_view value) {
  u32(static_cast<std::uint32_t>(value.size()));
  const auto* data = reinterpret_cast<const std::byte*>(value.data());
  bytes_.insert(bytes_.end(), data, data + value.size());
}

std::uint64_t WireReader::number(std::size_t size) {
  if (!ok_ || bytes_.size() < size) {
    ok_ = false;
    return 0;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= std::to_integer<std::uint64_t>(bytes_[i]) << (8 * i);
  bytes_ = bytes_.subspan(size);
  return value;
}

std::string_view WireReader::text() {
  const std::uint32_t size = u32();
  if (!ok_ || bytes_.size() < size) {
    ok_ = false;
    return {};
  }
  const std::string_view value(reinterpret_cast<const char*>(bytes_.data()), size);
  bytes_ = bytes_.subspan(size);
  return value;
}

}  // namespace simcluster
