// Kernel parameters (AT-2.13).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace simcluster::sim {

class Sysctls {
 public:
  void set(std::string_view key, std::string_view value);
  // Empty when nobody has set it.
  std::string_view get(std::string_view key) const;
  std::int64_t number(std::string_view key, std::int64_t fallback = 0) const;
  // net.<family>.conf.{all|<device>}.<name>: the greater of the two, as the kernel takes it.
  std::int64_t interface_number(std::string_view family, std::string_view device, std::string_view name) const;
  void clear() { values_.clear(); }
  const std::map<std::string, std::string, std::less<>>& all() const { return values_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace simcluster::sim
