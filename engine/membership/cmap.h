// The configuration map (CF-2, TO-10): dotted keys with typed values, who may write them, and who watches them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/membership/cs_error.h"

namespace simcluster::membership {

enum class CmapType : std::uint8_t { kI8, kU8, kI16, kU16, kI32, kU32, kI64, kU64, kFloat, kDouble, kString, kBinary };

// "u32", "str", ...
std::string_view cmap_type_name(CmapType type);

struct CmapValue {
  CmapType type = CmapType::kString;
  std::string text;  // as corosync-cmapctl prints it
  bool operator==(const CmapValue&) const = default;
};

CmapValue cmap_u8(std::uint64_t value);
CmapValue cmap_u32(std::uint64_t value);
CmapValue cmap_u64(std::uint64_t value);
CmapValue cmap_string(std::string value);

using CmapEntries = std::map<std::string, CmapValue, std::less<>>;

// CF-3: true for names of at most 255 characters out of a-z A-Z 0-9 . _ - / :.
bool cmap_name_valid(std::string_view key);
// Keys that clients must not write or delete.
bool cmap_read_only(std::string_view key);

class Cmap {
 public:
  enum class Change : std::uint8_t { kAdd, kModify, kDelete };
  // Called for every change of a key that starts with the prefix. `value` is the new one, or the deleted one.
  using Watcher = std::function<void(Change, std::string_view key, const CmapValue& value)>;

  // By the daemon itself. kNameTooLong for a name that is too long or has other characters, as the tools show it.
  CsError set(std::string_view key, CmapValue value);
  CsError erase(std::string_view key);
  // By a client: kAccess for keys that are read-only.
  CsError set_by_client(std::string_view key, CmapValue value);
  CsError erase_by_client(std::string_view key);

  // Null when there is no such key. Valid until the key changes.
  const CmapValue* find(std::string_view key) const;
  const CmapEntries& entries() const { return entries_; }

  // Returns a number for unwatch().
  std::uint64_t watch(std::string prefix, Watcher watcher);
  void unwatch(std::uint64_t number) { watchers_.erase(number); }

 private:
  struct Watch {
    std::string prefix;
    Watcher watcher;
  };
  void tell(Change change, std::string_view key, const CmapValue& value);

  CmapEntries entries_;
  std::map<std::uint64_t, Watch> watchers_;
  std::uint64_t next_watch_ = 1;
};

}  // namespace simcluster::membership
