// The few file operations that the state store is made of, so that tests can break them one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace simcluster::clusterd {

// One directory. Names have no slashes. What was written is durable after sync(); what was renamed or removed, after
// sync_directory().
class StoreFiles {
 public:
  virtual ~StoreFiles() = default;
  // A new, empty file, for write(), sync() and finish(); one at a time.
  virtual Result<void> create(const std::string& name) = 0;
  virtual Result<void> write(std::string_view bytes) = 0;
  virtual Result<void> sync() = 0;
  virtual void finish() = 0;
  // Replaces what is there.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> sync_directory() = 0;
  virtual Result<void> remove(const std::string& name) = 0;
  // Sorted.
  virtual std::vector<std::string> list() const = 0;
  // When its content was written, in nanoseconds since 1970; none: it cannot be looked at.
  virtual std::optional<std::int64_t> written_at(const std::string& name) const = 0;
  // None: it cannot be read.
  virtual std::optional<std::string> read(const std::string& name) const = 0;
};

// A directory of the machine; made (mode 0700) when it is not there. Files have mode 0600.
Result<std::unique_ptr<StoreFiles>> open_store_directory(const std::string& path);

}  // namespace simcluster::clusterd
