#include "engine/node/operator_words.h"

#include <fmt/format.h>

namespace simcluster::node {

using controller::CibPath;
using controller::step;

Result<std::vector<std::string>> split_words(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  constexpr std::string_view kEscapedInQuotes = "\"\\$`";
  std::vector<std::string> words;
  bool inside = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
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
    } else if (c == '\\' && i + 1 < text.size() &&
               (quote == 0 || (quote == '"' && kEscapedInQuotes.find(text[i + 1]) != std::string_view::npos))) {
      words.back() += text[++i];
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) return fail(fmt::format("a {} without its end in: {}", quote, text));
  return words;
}

CibPath path_of(cib::Element element) {
  CibPath path;
  for (; element && !element.is("cib"); element = element.parent()) {
    path.insert(path.begin(), element.id().empty() ? step(element.name()) : step(element.name(), element.id()));
  }
  return path;
}

bool is_clone(const cib::Element& element) { return element.is("clone") || element.is("master"); }

cib::Element find_pair(const cib::Element& owner, std::string_view set_name, std::string_view name) {
  for (const cib::Element set : owner.children(set_name))
    for (const cib::Element pair : set.children("nvpair"))
      if (pair.value("name") == name) return pair;
  return {};
}

}  // namespace simcluster::node
