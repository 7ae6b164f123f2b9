// Lines and words of crm shell text (AT-7.1).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace simcluster::cib {

// As in crmsh it makes no difference whether a word, or a part of it, was in quotes.
struct CrmWord {
  std::string text;  // without quotes and backslashes
  int line = 0;
  int column = 0;

  bool is_pair() const {
    const std::size_t equals = text.find('=');
    return equals != std::string::npos && equals > 0;
  }
  std::string_view key() const { return std::string_view(text).substr(0, text.find('=')); }
  std::string_view value() const { return std::string_view(text).substr(text.find('=') + 1); }
};

// One statement: a logical line, continuation lines joined.
struct CrmStatement {
  std::vector<CrmWord> words;     // never empty; the first in small letters
  std::string raw;                // as written, continuation backslashes and their line ends left out
  std::vector<CrmWord> comments;  // the comment lines before it, each from its '#' on
};

// Splits text into statements. Comment lines behind the last one and empty lines are dropped, and so is a remark behind
// a continuation backslash ("\ # ...", AT-7.1). Brackets ( ) [ ] { } become words of their own.
Result<std::vector<CrmStatement>> split_crm_text(std::string_view text, std::string_view file_name, int first_line,
                                                 int indent);

}  // namespace simcluster::cib
