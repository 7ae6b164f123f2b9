#include "tools/clusterd/input_archive.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "engine/cib/compressed_output.h"

namespace simcluster::clusterd {

namespace {

constexpr std::size_t kMostWaiting = 16;
constexpr std::string_view kPrefix = "pe-input-";
constexpr std::string_view kSuffix = ".bz2";

std::string name_of(int number) { return fmt::format("{}{}{}", kPrefix, number, kSuffix); }

std::optional<int> number_of(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(std::min(kSuffix.size(), name.size()));
  int number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size() || number < 0) return std::nullopt;
  return number;
}

std::vector<int> numbers_of(const std::vector<std::string>& names) {
  std::vector<int> numbers;
  for (const std::string& name : names)
    if (const auto number = number_of(name)) numbers.push_back(*number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

std::vector<int> kept_inputs(const std::string& directory) {
  const auto files = open_store_directory(directory);
  return files ? numbers_of((*files)->list()) : std::vector<int>();
}

InputArchive::InputArchive(std::unique_ptr<StoreFiles> files, std::size_t most,
                           std::function<void(const std::string&)> complain)
    : files_(std::move(files)), most_(std::max<std::size_t>(most, 1)), complain_(std::move(complain)) {
  kept_ = numbers_of(files_->list());
  if (!kept_.empty()) last_ = kept_.back();
  thread_ = std::thread([this] { work(); });
}

InputArchive::~InputArchive() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

void InputArchive::keep(int number, std::string xml) {
  last_ = number;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMostWaiting) waiting_.erase(waiting_.begin());
    waiting_.emplace_back(number, std::move(xml));
  }
  arrived_.notify_one();
}

void InputArchive::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto [number, xml] = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    lock.unlock();
    if (const auto written = write(number, xml); !written) complain_(written.error().message);
    lock.lock();
  }
}

Result<void> InputArchive::write(int number, const std::string& xml) {
  const std::string name = name_of(number);
  const std::string unfinished = name + ".new";
  Result<void> done = files_->create(unfinished);
  if (done) done = files_->write(cib::compress_bzip2(xml));
  files_->finish();
  if (done) done = files_->rename(unfinished, name);
  if (!done) {
    static_cast<void>(files_->remove(unfinished));
    return done;
  }
  kept_.push_back(number);
  while (kept_.size() > most_) {
    static_cast<void>(files_->remove(name_of(kept_.front())));
    kept_.erase(kept_.begin());
  }
  return {};
}

}  // namespace simcluster::clusterd
