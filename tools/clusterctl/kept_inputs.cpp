#include "tools/clusterctl/kept_inputs.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace simcluster::clusterctl {

namespace {

constexpr std::string_view kSuffix = ".bz2";

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view without_suffix(std::string_view name) {
  if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
  return name;
}

Result<std::string> counted_from_the_end(const std::vector<std::string>& kept, std::string_view word) {
  std::size_t back = 0;
  const auto parsed = std::from_chars(word.data() + 1, word.data() + word.size(), back);
  if (parsed.ec == std::errc() && back < kept.size()) return kept[kept.size() - 1 - back];
  return fail(fmt::format("{}: only {} inputs are kept", word, kept.size()));
}

}  // namespace

bool names_input(std::string_view word) { return !word.empty() && (word.front() != '-' || all_digits(word.substr(1))); }

Result<std::string> choose_input(const std::vector<std::string>& kept, std::string_view word) {
  if (word.starts_with('-')) return counted_from_the_end(kept, word);
  const std::string_view wanted = without_suffix(word.substr(word.rfind('/') + 1));
  std::vector<std::string> found;
  for (const std::string& name : kept) {
    const std::string_view plain = without_suffix(name);
    const bool meant = all_digits(wanted) ? plain.substr(plain.rfind('-') + 1) == wanted : plain == wanted;
    if (meant) found.push_back(name);
  }
  if (found.size() == 1) return found.front();
  if (found.empty())
    return fail(fmt::format("{} is not kept (clusterctl history lists what is)",
                            all_digits(wanted) ? fmt::format("an input with number {}", wanted) : std::string(word)));
  return fail(fmt::format("{} may be any of {}; expected one of these names", word, fmt::join(found, ", ")));
}

}  // namespace simcluster::clusterctl
