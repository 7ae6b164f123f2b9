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
constexpr std::array<std::string_view, kInputSeriesCount> kSeries = {"pe-input", "pe-warn", "pe-error"};
constexpr std::string_view kSuffix = ".bz2";

struct Input {
  std::size_t series;
  int number;
  bool operator==(const Input&) const = default;
};

std::string name_of(const Input& input) { return fmt::format("{}-{}{}", kSeries[input.series], input.number, kSuffix); }

// As Pacemaker has it beside its inputs: the number that comes next.
std::string last_file(std::size_t series) { return fmt::format("{}.last", kSeries[series]); }

std::optional<int> number_in(std::string_view text) {
  int number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<Input> input_of(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  for (std::size_t series = 0; series < kInputSeriesCount; ++series) {
    if (!name.starts_with(kSeries[series]) || name.size() <= kSeries[series].size() ||
        name[kSeries[series].size()] != '-')
      continue;
    if (const auto number = number_in(name.substr(kSeries[series].size() + 1))) return Input{series, *number};
  }
  return std::nullopt;
}

// Oldest first. Numbers do not tell: they begin again after pe-input-series-max.
std::vector<Input> inputs_by_time(const StoreFiles& files) {
  struct Found {
    std::int64_t at;
    Input input;
  };
  std::vector<Found> found;
  for (const std::string& name : files.list())
    if (const auto input = input_of(name)) found.push_back({files.written_at(name).value_or(0), *input});
  std::ranges::stable_sort(found, {}, [](const Found& f) { return std::pair(f.at, f.input.number); });
  std::vector<Input> inputs;
  inputs.reserve(found.size());
  for (const Found& each : found) inputs.push_back(each.input);
  return inputs;
}

}  // namespace

struct InputArchive::Shared {
  void work();
  Result<void> write(const Input& input, const std::string& xml);
  Result<void> put(const std::string& name, std::string_view content);
  // Notes a new one; the answer are those that must go.
  std::vector<Input> note(const Input& input);

  std::unique_ptr<StoreFiles> files;  // of the thread alone
  std::size_t most = 0;
  mutable std::mutex mutex;  // of all below
  std::condition_variable arrived;
  std::function<void(const std::string&)> complain;  // none: nobody is there any more
  struct Waiting {
    Input input;
    std::string xml;
  };
  std::vector<Input> kept;  // oldest first
  std::vector<Waiting> waiting;
  bool ending = false;
};

InputArchive::InputArchive(std::unique_ptr<StoreFiles> files, std::size_t most,
                           std::function<void(const std::string&)> complain, Duration farewell)
    : farewell_(farewell), shared_(std::make_shared<Shared>()) {
  shared_->files = std::move(files);
  shared_->most = std::max<std::size_t>(most, 1);
  shared_->complain = std::move(complain);
  shared_->kept = inputs_by_time(*shared_->files);
  for (const Input& input : shared_->kept) last_[input.series] = input.number;
  for (std::size_t series = 0; series < kInputSeriesCount; ++series)
    if (const auto next = number_in(shared_->files->read(last_file(series)).value_or(""))) last_[series] = *next - 1;
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
    waiting.push_back({{at, number}, std::move(xml)});
  }
  shared_->arrived.notify_one();
}

std::vector<std::string> InputArchive::kept() const {
  std::vector<std::string> names;
  const std::lock_guard lock(shared_->mutex);
  names.reserve(shared_->kept.size());
  for (const Input& input : shared_->kept) names.push_back(name_of(input));
  return names;
}

void InputArchive::Shared::work() {
  std::unique_lock lock(mutex);
  while (true) {
    arrived.wait(lock, [this] { return ending || !waiting.empty(); });
    if (waiting.empty()) return;
    const Waiting next = std::move(waiting.front());
    waiting.erase(waiting.begin());
    lock.unlock();
    const Result<void> written = write(next.input, next.xml);
    lock.lock();
    if (!written && complain) complain(written.error().message);
  }
}

// The number is noted first: a crash leaves a gap, and replaces nothing that somebody may ask for.
Result<void> InputArchive::Shared::write(const Input& input, const std::string& xml) {
  if (Result<void> noted = put(last_file(input.series), std::to_string(input.number + 1)); !noted) return noted;
  if (Result<void> done = put(name_of(input), cib::compress_bzip2(xml)); !done) return done;
  for (const Input& old : note(input)) static_cast<void>(files->remove(name_of(old)));
  return {};
}

Result<void> InputArchive::Shared::put(const std::string& name, std::string_view content) {
  const std::string unfinished = name + ".new";
  Result<void> done = files->create(unfinished);
  if (done) done = files->write(content);
  files->finish();
  if (done) done = files->rename(unfinished, name);
  if (!done) static_cast<void>(files->remove(unfinished));
  return done;
}

std::vector<Input> InputArchive::Shared::note(const Input& input) {
  const std::lock_guard lock(mutex);
  std::erase(kept, input);
  kept.push_back(input);
  const auto ours = std::ranges::count(kept, input.series, &Input::series);
  std::vector<Input> oldest;
  auto too_many = ours - static_cast<std::ptrdiff_t>(most);
  for (const Input& each : kept)
    if (each.series == input.series && too_many-- > 0) oldest.push_back(each);
  for (const Input& each : oldest) std::erase(kept, each);
  return oldest;
}

}  // namespace simcluster::clusterd
