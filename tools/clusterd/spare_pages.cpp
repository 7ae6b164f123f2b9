#include "tools/clusterd/spare_pages.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/clusterd/file_descriptor.h"
#include "tools/clusterd/system_error.h"

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24  // Linux 5.18
#endif

namespace simcluster::clusterd {

namespace {

constexpr std::size_t kBlockPages = 64;

// From protect() to release() nobody may write to the block, this thread included: no allocation, no log.
class Spare {
 public:
  explicit Spare(std::span<std::byte> memory)
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))), block_(kBlockPages * page_) {
    const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
    const std::uintptr_t first = (begin + page_ - 1) / page_ * page_;
    const std::uintptr_t end = (begin + memory.size()) / page_ * page_;
    begin_ = memory.data() + (first - begin);
    size_ = end > first ? end - first : 0;
  }

  Result<std::size_t> run() {
    if (size_ == 0) return 0;
    if (auto opened = open(); !opened) return tl::unexpected(opened.error());
    // Else the kernel would fill whole huge pages again at the first touch.
    madvise(begin_, size_, MADV_NOHUGEPAGE);
    for (std::size_t at = 0; at < size_; at += block_) look_at(begin_ + at, std::min(block_, size_ - at));
    return freed_;
  }

 private:
  Result<void> open() {
    faults_ = FileDescriptor(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK)));
    if (!faults_) return system_failure("watch memory (userfaultfd)");
    uffdio_api api{};
    api.api = UFFD_API;
    api.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP;
    if (ioctl(faults_.get(), UFFDIO_API, &api) != 0) return system_failure("watch memory (UFFDIO_API)");
    uffdio_register range{};
    range.range = range_of(begin_, size_);
    range.mode = UFFDIO_REGISTER_MODE_WP;
    if (ioctl(faults_.get(), UFFDIO_REGISTER, &range) != 0) return system_failure("watch memory (UFFDIO_REGISTER)");
    return {};
  }

  static uffdio_range range_of(const std::byte* begin, std::size_t size) {
    return {reinterpret_cast<std::uintptr_t>(begin), size};
  }

  bool set_protection(const std::byte* begin, std::size_t size, bool on) {
    uffdio_writeprotect protection{};
    protection.range = range_of(begin, size);
    protection.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0;
    return ioctl(faults_.get(), UFFDIO_WRITEPROTECT, &protection) == 0;
  }

  void look_at(std::byte* begin, std::size_t size) {
    std::array<unsigned char, kBlockPages> resident{};
    if (mincore(begin, size, resident.data()) != 0) return;
    if (!set_protection(begin, size, true)) return;
    if (repeats(begin, size, resident.data()) && map_pattern(begin)) {
      // No range of ours any more; who waits for it does so still.
      uffdio_range range = range_of(begin, size);
      ioctl(faults_.get(), UFFDIO_WAKE, &range);
      return;
    }
    drop_zeros(begin, size, resident.data());
    set_protection(begin, size, false);
  }

  // Pages without memory, in runs: a call for each page would cost more than it gives.
  void drop_zeros(std::byte* begin, std::size_t size, const unsigned char* resident) {
    const std::size_t pages = size / page_;
    for (std::size_t i = 0; i < pages;) {
      std::size_t end = i;
      while (end < pages && (resident[end] & 1) != 0 && is_zero(begin + end * page_)) ++end;
      if (end > i && drop(begin + i * page_, (end - i) * page_)) freed_ += (end - i) * page_;
      i = end > i ? end : i + 1;
    }
  }
  bool is_zero(const std::byte* page) const {
    return page[0] == std::byte{} && std::memcmp(page, page + 1, page_ - 1) == 0;
  }
  static bool drop(std::byte* begin, std::size_t size) {
    return madvise(begin, size, MADV_DONTNEED_LOCKED) == 0 || madvise(begin, size, MADV_DONTNEED) == 0;
  }

  bool repeats(const std::byte* begin, std::size_t size, const unsigned char* resident) const {
    if (size != block_ || is_zero(begin)) return false;
    for (std::size_t i = 0; i < kBlockPages; ++i)
      if ((resident[i] & 1) == 0) return false;
    return std::memcmp(begin, begin + page_, block_ - page_) == 0;
  }

  // The same bytes from one file that every such block shares; who writes gets a page of his own.
  bool map_pattern(std::byte* begin) {
    const bool first = !pattern_;
    if (first && !keep_pattern(begin)) return false;
    if (!first && std::memcmp(begin, page_of_pattern_.data(), page_) != 0) return false;
    const int flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE;
    if (mmap(begin, block_, PROT_READ | PROT_WRITE, flags, pattern_.get(), 0) == MAP_FAILED) return false;
    if (!first) freed_ += block_;  // the first one's memory is the file's now
    return true;
  }
  bool keep_pattern(const std::byte* block) {
    if (page_ > page_of_pattern_.size()) return false;
    pattern_ = FileDescriptor(memfd_create("repeated", MFD_CLOEXEC));
    if (!pattern_ || pwrite(pattern_.get(), block, block_, 0) != static_cast<ssize_t>(block_)) return false;
    std::memcpy(page_of_pattern_.data(), block, page_);
    return true;
  }

  const std::size_t page_, block_;
  std::byte* begin_ = nullptr;
  std::size_t size_ = 0;
  FileDescriptor faults_;   // closing it lets everybody go on
  FileDescriptor pattern_;  // kBlockPages times the page that repeats
  std::array<std::byte, 4096> page_of_pattern_{};
  std::size_t freed_ = 0;
};

}  // namespace

Result<std::size_t> spare_pages(std::span<std::byte> memory) { return Spare(memory).run(); }

}  // namespace simcluster::clusterd
