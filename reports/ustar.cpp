#include "reports/ustar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fmt/core.h>

namespace simcluster::reports {

namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kLongestPath = 100;

// A header is a row of texts and octal numbers at fixed places.
class Header {
 public:
  Header() { bytes_.fill('\0'); }
  void put(std::size_t at, std::string_view text) { std::ranges::copy(text, bytes_.begin() + static_cast<long>(at)); }
  // `digits` octal digits, and a NUL.
  void put_octal(std::size_t at, int digits, std::uint64_t number) { put(at, fmt::format("{:0{}o}", number, digits)); }
  // The sum of all bytes, with blanks where it is written itself.
  void seal() {
    put(148, "        ");
    unsigned sum = 0;
    for (const char c : bytes_) sum += static_cast<unsigned char>(c);
    put(148, fmt::format("{:06o}", sum));
    bytes_[154] = '\0';
  }
  std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::array<char, kBlock> bytes_;
};

std::string header_of(std::string_view path, std::size_t size, Time modified, std::string_view target = {}) {
  Header header;
  header.put(0, path);
  header.put_octal(100, 7, target.empty() ? 0644 : 0777);
  header.put_octal(108, 7, 0);  // root
  header.put_octal(116, 7, 0);
  header.put_octal(124, 11, size);
  header.put_octal(136, 11, static_cast<std::uint64_t>(std::max<std::int64_t>(modified.unix_seconds(), 0)));
  header.put(156, target.empty() ? "0" : "2");  // a plain file, a symbolic link
  header.put(157, target);
  header.put(257, "ustar");
  header.put(263, "00");
  header.put(265, "root");
  header.put(297, "root");
  header.seal();
  return std::string(header.bytes());
}

}  // namespace

Result<std::string> ustar_archive(const std::map<std::string, std::string>& files, Time modified,
                                  const std::map<std::string, std::string>& links) {
  std::string archive;
  const auto too_long = [](std::string_view path) {
    return fail(fmt::format("\"{}\" is too long a name for an archive", path));
  };
  for (const auto& [path, text] : files) {
    if (path.size() > kLongestPath) return too_long(path);
    archive += header_of(path, text.size(), modified);
    archive += text;
    archive.append((kBlock - text.size() % kBlock) % kBlock, '\0');
  }
  for (const auto& [path, target] : links) {
    if (path.size() > kLongestPath || target.size() > kLongestPath) return too_long(path);
    archive += header_of(path, 0, modified, target);
  }
  archive.append(2 * kBlock, '\0');
  return archive;
}

std::vector<std::string> ustar_names(std::string_view archive) {
  constexpr std::size_t kSizeAt = 124;
  std::vector<std::string> names;
  while (archive.size() >= kBlock && archive.front() != '\0') {
    const std::string_view name = archive.substr(0, kLongestPath);
    names.emplace_back(name.substr(0, name.find('\0')));
    std::size_t size = 0;
    std::from_chars(archive.data() + kSizeAt, archive.data() + kSizeAt + 11, size, 8);
    archive.remove_prefix(std::min(archive.size(), kBlock + (size + kBlock - 1) / kBlock * kBlock));
  }
  return names;
}

}  // namespace simcluster::reports
