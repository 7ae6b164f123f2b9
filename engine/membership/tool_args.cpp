#include "engine/membership/tool_args.h"

#include <algorithm>

#include <fmt/core.h>

namespace simcluster::membership {

std::vector<std::string> shell_words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = 0;
  for (const char c : line) {
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) words.push_back(std::move(word));
  return words;
}

bool ToolArgs::has(char letter) const {
  return std::any_of(options.begin(), options.end(), [&](const Option& option) { return option.letter == letter; });
}

std::string_view ToolArgs::value(char letter) const {
  std::string_view found;
  for (const Option& option : options)
    if (option.letter == letter) found = option.value;
  return found;
}

namespace {

// One cluster of short options. False when the rest of the line means nothing any more.
bool take_cluster(ToolArgs& args, const std::vector<std::string>& words, std::size_t& at, std::string_view letters) {
  const std::string& word = words[at];
  for (std::size_t i = 1; i < word.size(); ++i) {
    const auto known = letters.find(word[i]);
    if (known == std::string_view::npos || word[i] == ':') {
      args.complaint = fmt::format("{}: invalid option -- '{}'\n", words[0], word[i]);
      return false;
    }
    const bool wants_value = known + 1 < letters.size() && letters[known + 1] == ':';
    if (!wants_value) {
      args.options.push_back({word[i], {}});
      continue;
    }
    if (i + 1 < word.size()) {
      args.options.push_back({word[i], word.substr(i + 1)});
    } else if (at + 1 < words.size()) {
      args.options.push_back({word[i], words[++at]});
    } else {
      args.complaint = fmt::format("{}: option requires an argument -- '{}'\n", words[0], word[i]);
      return false;
    }
    return true;
  }
  return true;
}

}  // namespace

ToolArgs parse_tool_args(const std::vector<std::string>& words, std::string_view letters,
                         const std::vector<LongOption>& longs) {
  ToolArgs args;
  bool only_others = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (only_others || word.size() < 2 || word[0] != '-') {
      args.others.push_back(word);
      continue;
    }
    if (word == "--") {
      only_others = true;
      continue;
    }
    const auto named = std::find_if(longs.begin(), longs.end(), [&](const LongOption& l) { return l.name == word; });
    if (named != longs.end()) {
      args.options.push_back({named->letter, {}});
      continue;
    }
    if (word.starts_with("--")) {
      args.complaint = fmt::format("{}: unrecognized option '{}'\n", words[0], word);
      return args;
    }
    if (!take_cluster(args, words, i, letters)) return args;
  }
  return args;
}

}  // namespace simcluster::membership
