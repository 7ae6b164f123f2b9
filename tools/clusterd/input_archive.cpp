#include "tools/clusterd/input_archive.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/compressed_output.h"

namespace simcluster::clusterd {

namespace {

constexpr std::size_t kMostWaiting = 16;
constexpr std::array<std::string_view, kInputSeriesCount> kPrefixes = {"pe-input-", "pe-warn-", "pe-error-"};
constexpr std::string_view kSuffix = ".bz2";

std::string name_of(std::size_t series, int number) {
  return fmt::format("{}{}{}", kPrefixes[series], number, kSuffix);
}

std::optional<int> number_of(std::size_t series, std::string_view name) {
  if (!name.starts_with(kPrefixes[series]) || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_prefix(kPrefixes[series].size());
  name.remove_suffix(std::min(kSuffix.size(), name.size()));
  int number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size() || number < 0) return std::nullopt;
  return number;
}

std::vector<int> numbers_of(std::size_t series, const std::vector<std::string>& names) {
  std::vector<int> numbers;
  for (const std::string& name : names)
    if (const auto number = number_of(series, name)) numbers.push_back(*number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

struct InputArchive::Shared {
  void work();
  Result<void> write(std::size_t series, int number, const std::string& xml);

  std::unique_ptr<StoreFiles> files;  // of the thread alone
  std::size_t most = 0;
  mutable std::mutex mutex;  // of all below
  std::condition_variable arrived;
  std::function<void(const std::string&)> complain;  // none: nobody is there any more
  struct Waiting {
    std::size_t series;
    int number;
    std::string xml;
  };
  std::array<std::vector<int>, kInputSeriesCount> kept;  // oldest first
  std::vector<Waiting> waiting;
  bool ending = false;
};

InputArchive::InputArchive(std::unique_ptr<StoreFiles> files, std::size_t most,
                           std::function<void(const std::string&)> complain, Duration farewell)
    : farewell_(farewell), shared_(std::make_shared<Shared>()) {
  shared_->files = std::move(files);
  shared_->most = std::max<std::size_t>(most, 1);
  shared_->complain = std::move(complain);
  const std::vector<std::string> names = shared_->files->list();
  for (std::size_t series = 0; series < kInputSeriesCount; ++series) {
    shared_->kept[series] = numbers_of(series, names);
    if (!shared_->kept[series].empty()) last_[series] = shared_->kept[series].back();
  }
  thread_ = std::make_unique<DiskThread>([at_work = shared_] { at_work->work(); });
}

InputArchive::~InputArchive() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->ending = true;
  }
  shared_->arrived.notify_one();
  if (thread_->finish(farewell_)) return;
  const std::lock_guard lock(shared_->mutex);
  shared_->complain = nullptr;
}

void InputArchive::keep(InputSeries series, int number, std::string xml) {
  const auto at = static_cast<std::size_t>(series);
  last_[at] = number;
  {
    const std::lock_guard lock(shared_->mutex);
    auto& waiting = shared_->waiting;
    if (waiting.size() >= kMostWaiting) waiting.erase(waiting.begin());
    waiting.push_back({at, number, std::move(xml)});
  }
  shared_->arrived.notify_one();
}

std::vector<int> InputArchive::kept(InputSeries series) const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->kept[static_cast<std::size_t>(series)];
}

void InputArchive::Shared::work() {
  std::unique_lock lock(mutex);
  while (true) {
    arrived.wait(lock, [this] { return ending || !waiting.empty(); });
    if (waiting.empty()) return;
    const Waiting input = std::move(waiting.front());
    waiting.erase(waiting.begin());
    lock.unlock();
    const Result<void> written = write(input.series, input.number, input.xml);
    lock.lock();
    if (!written && complain) complain(written.error().message);
  }
}

Result<void> InputArchive::Shared::write(std::size_t series, int number, const std::string& xml) {
  const std::string name = name_of(series, number);
  const std::string unfinished = name + ".new";
  Result<void> done = files->create(unfinished);
  if (done) done = files->write(cib::compress_bzip2(xml));
  files->finish();
  if (done) done = files->rename(unfinished, name);
  if (!done) {
    static_cast<void>(files->remove(unfinished));
    return done;
  }
  std::vector<int> oldest;
  {
    const std::lock_guard lock(mutex);
    std::vector<int>& ours = kept[series];
    ours.push_back(number);
    const auto keep_from = ours.size() > most ? ours.end() - static_cast<std::ptrdiff_t>(most) : ours.begin();
    oldest.assign(ours.begin(), keep_from);
    ours.erase(ours.begin(), keep_from);
  }
  for (const int old : oldest) static_cast<void>(files->remove(name_of(series, old)));
  return {};
}

}  // namespace simcluster::clusterd
