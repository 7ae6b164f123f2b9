#include "sim/kernel/file_store.h"

#include <algorithm>
#include <array>

namespace simcluster::sim {

const std::string* FileStore::find(std::string_view path) const {
  const auto it = entries_.find(path);
  return it == entries_.end() || it->second.directory ? nullptr : &it->second.content;
}

void FileStore::write(std::string_view path, std::string_view content) {
  ++revision_;
  const auto it = entries_.find(path);
  if (it != entries_.end())
    it->second.content = content;
  else
    entries_.emplace(std::string(path), Entry{std::string(content), false});
}

void FileStore::append(std::string_view path, std::string_view content) {
  const auto it = entries_.find(path);
  if (it != entries_.end())
    it->second.content += content;
  else
    write(path, content);
}

std::vector<std::string> FileStore::list(std::string_view prefix) const {
  std::vector<std::string> paths;
  for (auto it = entries_.lower_bound(prefix); it != entries_.end() && it->first.starts_with(prefix); ++it)
    if (!it->second.directory) paths.push_back(it->first);
  return paths;
}

bool FileStore::remove(std::string_view path) {
  ++revision_;
  const auto it = entries_.find(path);
  if (it == entries_.end()) return false;
  entries_.erase(it);
  return true;
}

bool FileStore::exists(std::string_view path) const { return entries_.find(path) != entries_.end(); }

bool FileStore::make_directory(std::string_view path) {
  ++revision_;
  return entries_.emplace(std::string(path), Entry{{}, true}).second;
}

void FileStore::clear_temporary() {
  ++revision_;
  constexpr std::array<std::string_view, 5> kTemporary = {"/run/", "/var/run/", "/tmp/", "/dev/shm/", "/var/lock/"};
  std::erase_if(entries_, [&](const auto& entry) {
    return std::ranges::any_of(kTemporary, [&](std::string_view prefix) { return entry.first.starts_with(prefix); });
  });
}

}  // namespace simcluster::sim
