// What the simulator and the private world of a machine's scripts (tools/script_box) say to each other: lists of
// strings, each list with its length in front. Both programs are of one build, so there are no versions.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace simcluster::sim {

using Message = std::vector<std::string>;

inline void append_number(std::string& bytes, std::size_t number) {
  const auto small = static_cast<std::uint32_t>(number);
  bytes.append(reinterpret_cast<const char*>(&small), sizeof small);
}

inline void append_message(std::string& bytes, const Message& message) {
  std::size_t length = sizeof(std::uint32_t);
  for (const std::string& field : message) length += sizeof(std::uint32_t) + field.size();
  append_number(bytes, length);
  append_number(bytes, message.size());
  for (const std::string& field : message) {
    append_number(bytes, field.size());
    bytes += field;
  }
}

// Takes the first message off `bytes`. False: it is not there as a whole yet.
inline bool take_message(std::string& bytes, Message& message) {
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return static_cast<std::size_t>(value);
  };
  constexpr std::size_t kNumber = sizeof(std::uint32_t);
  if (bytes.size() < kNumber || bytes.size() < kNumber + number(0)) return false;
  const std::size_t end = kNumber + number(0);
  message.clear();
  for (std::size_t at = 2 * kNumber; at < end;) {
    const std::size_t length = number(at);
    message.push_back(bytes.substr(at + kNumber, length));
    at += kNumber + length;
  }
  bytes.erase(0, end);
  return true;
}

}  // namespace simcluster::sim
