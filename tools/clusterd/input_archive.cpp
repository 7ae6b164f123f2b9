#include "tools/clusterd/input_archive.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

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

struct InputArchive::Shared {
  void work();
  Result<void> write(int number, const std::string& xml);

  std::unique_ptr<StoreFiles> files;  // of the thread alone
  std::size_t most = 0;
  mutable std::mutex mutex;  // of all below
  std::condition_variable arrived;
  std::function<void(const std::string&)> complain;  // none: nobody is there any more
  std::vector<int> kept;                             // oldest first
  std::vector<std::pair<int, std::string>> waiting;
  bool ending = false;
};

InputArchive::InputArchive(std::unique_ptr<StoreFiles> files, std::size_t most,
                           std::function<void(const std::string&)> complain, Duration farewell)
    : farewell_(farewell), shared_(std::make_shared<Shared>()) {
  shared_->files = std::move(files);
  shared_->most = std::max<std::size_t>(most, 1);
  shared_->complain = std::move(complain);
  shared_->kept = numbers_of(shared_->files->list());
  if (!shared_->kept.empty()) last_ = shared_->kept.back();
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

void InputArchive::keep(int number, std::string xml) {
  last_ = number;
  {
    const std::lock_guard lock(shared_->mutex);
    auto& waiting = shared_->waiting;
    if (waiting.size() >= kMostWaiting) waiting.erase(waiting.begin());
    waiting.emplace_back(number, std::move(xml));
  }
  shared_->arrived.notify_one();
}

std::vector<int> InputArchive::kept() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->kept;
}

void InputArchive::Shared::work() {
  std::unique_lock lock(mutex);
  while (true) {
    arrived.wait(lock, [this] { return ending || !waiting.empty(); });
    if (waiting.empty()) return;
    const auto [number, xml] = std::move(waiting.front());
    waiting.erase(waiting.begin());
    lock.unlock();
    const Result<void> written = write(number, xml);
    lock.lock();
    if (!written && complain) complain(written.error().message);
  }
}

Result<void> InputArchive::Shared::write(int number, const std::string& xml) {
  const std::string name = name_of(number);
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
    kept.push_back(number);
    const auto keep_from = kept.size() > most ? kept.end() - static_cast<std::ptrdiff_t>(most) : kept.begin();
    oldest.assign(kept.begin(), keep_from);
    kept.erase(kept.begin(), keep_from);
  }
  for (const int old : oldest) static_cast<void>(files->remove(name_of(old)));
  return {};
}

}  // namespace simcluster::clusterd
