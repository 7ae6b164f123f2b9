#include "sim/kernel/sysctls.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace simcluster::sim {

void Sysctls::set(std::string_view key, std::string_view value) { values_[std::string(key)] = value; }

std::string_view Sysctls::get(std::string_view key) const {
  const auto it = values_.find(key);
  return it == values_.end() ? std::string_view{} : std::string_view(it->second);
}

std::int64_t Sysctls::number(std::string_view key, std::int64_t fallback) const {
  const std::string_view text = get(key);
  std::int64_t value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::int64_t Sysctls::interface_number(std::string_view family, std::string_view device, std::string_view name) const {
  const auto key = [&](std::string_view where) {
    std::string text = "net.";
    return text.append(family).append(".conf.").append(where).append(".").append(name);
  };
  return std::max(number(key("all")), number(key(device)));
}

}  // namespace simcluster::sim
