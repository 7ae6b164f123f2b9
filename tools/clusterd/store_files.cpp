#include "tools/clusterd/store_files.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/clusterd/file_descriptor.h"
#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

namespace {

class DirectoryFiles final : public StoreFiles {
 public:
  DirectoryFiles(std::string path, FileDescriptor directory)
      : path_(std::move(path)), directory_(std::move(directory)) {}

  Result<void> create(const std::string& name) override {
    file_ = FileDescriptor(
        openat(directory_.get(), name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file_) return system_failure(fmt::format("create {}/{}", path_, name));
    return {};
  }
  Result<void> write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t done = ::write(file_.get(), bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return system_failure(fmt::format("write to {}", path_));
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return {};
  }
  Result<void> sync() override {
    if (fsync(file_.get()) != 0) return system_failure(fmt::format("write to {}", path_));
    return {};
  }
  void finish() override { file_.reset(); }
  Result<void> rename(const std::string& from, const std::string& to) override {
    if (renameat(directory_.get(), from.c_str(), directory_.get(), to.c_str()) != 0)
      return system_failure(fmt::format("rename {0}/{1} to {0}/{2}", path_, from, to));
    return {};
  }
  Result<void> sync_directory() override {
    if (fsync(directory_.get()) != 0) return system_failure(fmt::format("write directory {}", path_));
    return {};
  }
  Result<void> remove(const std::string& name) override {
    if (unlinkat(directory_.get(), name.c_str(), 0) != 0)
      return system_failure(fmt::format("remove {}/{}", path_, name));
    return {};
  }
  std::vector<std::string> list() const override {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path_, error))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::optional<std::int64_t> written_at(const std::string& name) const override {
    struct stat status {};
    if (fstatat(directory_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    return status.st_mtim.tv_sec * std::int64_t{1'000'000'000} + status.st_mtim.tv_nsec;
  }
  std::optional<std::string> read(const std::string& name) const override {
    const FileDescriptor file(openat(directory_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return std::nullopt;
    std::string text;
    std::array<char, 65'536> piece;
    while (true) {
      const ssize_t got = ::read(file.get(), piece.data(), piece.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return std::nullopt;
      if (got == 0) return text;
      text.append(piece.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  std::string path_;
  FileDescriptor directory_;
  FileDescriptor file_;
};

}  // namespace

Result<std::unique_ptr<StoreFiles>> open_store_directory(const std::string& path) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) return system_failure(fmt::format("create {}", path), error.value());
  if (made) ::chmod(path.c_str(), 0700);
  FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return system_failure(fmt::format("open {}", path));
  return std::make_unique<DirectoryFiles>(path, std::move(directory));
}

}  // namespace simcluster::clusterd
