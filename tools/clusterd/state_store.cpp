#include "tools/clusterd/state_store.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/core.h>

#include "engine/base/hash.h"

namespace simcluster::clusterd {

namespace {

constexpr std::string_view kFormat = "simcluster-state-1";
constexpr std::string_view kUnfinished = ".new";

// Letters, digits, '_' and '-' stay; everything else becomes %XX, so that no key can name a path or a version.
std::string stem_of(std::string_view key) {
  std::string stem;
  for (const char c : key) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-')
      stem += c;
    else
      stem += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return stem;
}

std::string name_of(std::string_view stem, std::uint64_t number) { return fmt::format("{}.{:020}", stem, number); }

std::string head_of(std::string_view value) {
  return fmt::format("{} {:016x} {}\n", kFormat, hash_text(value), value.size());
}

// The value of a file, if its head tells the truth.
std::optional<std::string> value_of(const std::optional<std::string>& file) {
  if (!file) return std::nullopt;
  const std::size_t end = file->find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string value = file->substr(end + 1);
  if (file->compare(0, end + 1, head_of(value)) != 0) return std::nullopt;
  return value;
}

using Versions = std::map<std::string, std::vector<std::uint64_t>, std::less<>>;

// By file stem, oldest first.
Versions versions_in(const std::vector<std::string>& names) {
  Versions versions;
  for (const std::string& name : names) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos) continue;
    std::uint64_t number = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + dot + 1, end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end) versions[name.substr(0, dot)].push_back(number);
  }
  for (auto& [stem, numbers] : versions) std::sort(numbers.begin(), numbers.end());
  return versions;
}

}  // namespace

Result<void> check_store(const StoreFiles& files) {
  for (const auto& [stem, numbers] : versions_in(files.list())) {
    const auto sound = [&, &stem = stem](std::uint64_t number) { return value_of(files.read(name_of(stem, number))); };
    if (std::find_if(numbers.rbegin(), numbers.rend(), sound) != numbers.rend()) continue;
    return fail(
        fmt::format("every version of {0} is damaged ({0}.*, {1} of them); remove them to begin without that value, or "
                    "put a good one there",
                    stem, numbers.size()));
  }
  return {};
}

StateStore::StateStore(std::unique_ptr<StoreFiles> files, std::size_t versions)
    : files_(std::move(files)), keep_(std::max<std::size_t>(versions, 2)) {
  std::vector<std::string> names = files_->list();
  std::erase_if(names, [this](const std::string& name) {
    if (!name.ends_with(kUnfinished)) return false;
    static_cast<void>(files_->remove(name));  // it is tried again at the next start
    return true;
  });
  versions_ = versions_in(names);
}

std::vector<std::uint64_t> StateStore::versions(std::string_view key) const {
  const auto it = versions_.find(stem_of(key));
  return it == versions_.end() ? std::vector<std::uint64_t>() : it->second;
}

std::optional<std::string> StateStore::get_version(std::string_view key, std::uint64_t number) const {
  return value_of(files_->read(name_of(stem_of(key), number)));
}

std::optional<std::string> StateStore::get(std::string_view key, std::vector<std::string>* damaged) const {
  const std::vector<std::uint64_t> numbers = versions(key);
  for (auto it = numbers.rbegin(); it != numbers.rend(); ++it) {
    if (auto value = get_version(key, *it)) return value;
    if (damaged != nullptr)
      damaged->push_back(fmt::format("version {} of {} is damaged; the one before is used", *it, key));
  }
  return std::nullopt;
}

Result<void> StateStore::write(const std::string& name, std::string_view value) {
  const std::string unfinished = name + std::string(kUnfinished);
  const auto steps = [&]() -> Result<void> {
    if (auto done = files_->create(unfinished); !done) return done;
    Result<void> done = files_->write(head_of(value));
    if (done) done = files_->write(value);
    if (done) done = files_->sync();
    files_->finish();
    if (done) done = files_->rename(unfinished, name);
    if (done) done = files_->sync_directory();
    return done;
  };
  const Result<void> done = steps();
  if (!done) static_cast<void>(files_->remove(unfinished));  // a full disk gets its room back
  return done;
}

Result<void> StateStore::put(std::string_view key, std::string_view value) {
  const std::string stem = stem_of(key);
  std::vector<std::uint64_t>& numbers = versions_[stem];
  const std::uint64_t number = numbers.empty() ? 1 : numbers.back() + 1;
  if (auto done = write(name_of(stem, number), value); !done) return done;
  numbers.push_back(number);
  while (numbers.size() > keep_) {
    static_cast<void>(files_->remove(name_of(stem, numbers.front())));  // nothing depends on it
    numbers.erase(numbers.begin());
  }
  return {};
}

}  // namespace simcluster::clusterd
