// What must survive a power cut: CIB, ring sequence, votes, fencing history. Values by key, each kept in several
// versions. A kill or power cut at any instant leaves the last version for which put() returned, or a newer one, never
// a torn one; a damaged version is passed over for the one before.
//
// A version is a file "KEY.NUMBER": one line of head (format, XXH3 of the value, its length) and the value. It is
// written under another name, synced, renamed, and the directory synced, before put() returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "tools/clusterd/store_files.h"

namespace simcluster::clusterd {

// Changes nothing. An error when a value has versions and none of them is sound: it would be taken for one that was
// never there.
Result<void> check_store(const StoreFiles& files);

class StateStore {
 public:
  // Keeps `versions` versions of every value, at least 2. Removes what an interrupted put() has left behind.
  StateStore(std::unique_ptr<StoreFiles> files, std::size_t versions);

  // The newest sound version; none: there is none. Sentences about versions that were passed over go to `damaged`.
  std::optional<std::string> get(std::string_view key, std::vector<std::string>* damaged = nullptr) const;
  // Adds a version. On an error the last one stays.
  Result<void> put(std::string_view key, std::string_view value);
  // Numbers of the versions of a value, oldest first.
  std::vector<std::uint64_t> versions(std::string_view key) const;
  std::optional<std::string> get_version(std::string_view key, std::uint64_t number) const;

 private:
  Result<void> write(const std::string& name, std::string_view value);
  std::unique_ptr<StoreFiles> files_;
  std::size_t keep_;
  std::map<std::string, std::vector<std::uint64_t>, std::less<>> versions_;  // by file stem
};

}  // namespace simcluster::clusterd
