// Words and options of a command line, as a shell and getopt take them apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace simcluster::membership {

// Blanks separate; single and double quotes keep blanks together.
std::vector<std::string> shell_words(std::string_view line);

struct ToolArgs {
  struct Option {
    char letter = 0;
    std::string value;  // empty for options without one
  };
  std::vector<Option> options;      // in the order given
  std::vector<std::string> others;  // what is no option
  std::string complaint;            // getopt's line about the first wrong option; empty when there is none

  bool has(char letter) const;
  // The last value given; empty without.
  std::string_view value(char letter) const;
};

// `letters` as for getopt: a letter that takes a value is followed by a colon. Long options that are in `longs`
// ("--force") become the letter beside them.
struct LongOption {
  std::string_view name;
  char letter = 0;
};
ToolArgs parse_tool_args(const std::vector<std::string>& words, std::string_view letters,
                         const std::vector<LongOption>& longs = {});

}  // namespace simcluster::membership
