// Files that are either there as a whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace simcluster::reports {

// Writes to a temporary file beside `path`, syncs it, and renames it. Makes missing folders. An interrupt at any moment
// leaves the old content or the new one.
Result<void> write_file_atomically(const std::string& path, std::string_view text);

// A temporary file that grows, and becomes `path` by commit(). Without commit() it vanishes.
class PendingFile {
 public:
  static Result<PendingFile> create(const std::string& path);
  ~PendingFile();
  PendingFile(PendingFile&& other) noexcept;
  PendingFile& operator=(PendingFile&&) = delete;

  Result<void> write(std::string_view bytes);
  Result<void> commit();

 private:
  PendingFile(std::string path, std::string temporary, int descriptor);

  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
};

}  // namespace simcluster::reports
