#include "engine/base/shell_words.h"

#include <fmt/core.h>

namespace simcluster {

Result<std::vector<std::string>> split_shell_words(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\n";
  constexpr std::string_view kEscapedInQuotes = "\"\\$`";
  std::vector<std::string> words;
  bool inside = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && kBlanks.find(c) != std::string_view::npos) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && i + 1 < line.size() &&
               (quote == 0 || (quote == '"' && kEscapedInQuotes.find(line[i + 1]) != std::string_view::npos))) {
      words.back() += line[++i];
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) return fail(fmt::format("the quotation mark {} is not closed", quote));
  return words;
}

}  // namespace simcluster
