#include "engine/cib/compiled_grammar.h"

#include <algorithm>
#include <unordered_map>

#include "engine/base/assert.h"

namespace simcluster::cib {
namespace {

using Grammar = std::unordered_map<std::string_view, CompiledProduction>;

template <class Visit>
void each_word(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool take_mark(std::string_view& word, char mark) {
  if (word.back() != mark) return false;
  word.remove_suffix(1);
  return true;
}

Schema take_first(std::string_view& word) { return take_mark(word, '>') ? Schema::kBefore3 : Schema::k2; }

Schema take_last(std::string_view& word) {
  if (take_mark(word, '^')) return Schema::kBefore3;
  return take_mark(word, '<') ? Schema::kBefore4 : Schema::k4;
}

AttributeRule compile_attribute(std::string_view word) {
  AttributeRule rule;
  rule.first = take_first(word);
  rule.last = take_last(word);
  rule.required = take_mark(word, '!');
  const std::size_t colon = std::min(word.find(':'), word.size());
  rule.name = word.substr(0, colon);
  const std::string_view type = word.substr(std::min(colon + 1, word.size()));
  rule.check = value_check(type);
  rule.is_id = type == "id";
  rule.is_reference = type == "ref";
  return rule;
}

Grammar compile_grammar() {
  Grammar grammar;
  for (const Production& production : cib_grammar()) grammar[production.name].name = production.name;
  for (const Production& production : cib_grammar()) {
    CompiledProduction& compiled = grammar[production.name];
    each_word(production.attributes,
              [&](std::string_view word) { compiled.attributes.push_back(compile_attribute(word)); });
    each_word(production.children, [&](std::string_view word) {
      ChildRule rule;
      rule.first = take_first(word);
      rule.last = take_last(word);
      const char count = word.back();
      word.remove_suffix(1);
      rule.required = count == '!' || count == '+';
      rule.single = count == '!' || count == '?';
      const auto found = grammar.find(word);
      SIMCLUSTER_ASSERT(found != grammar.end());
      rule.production = &found->second;
      rule.element = word.substr(word.rfind('/') + 1);
      compiled.children.push_back(rule);
    });
  }
  return grammar;
}

}  // namespace

const CompiledProduction& compiled_production(std::string_view name) {
  static const Grammar compiled = compile_grammar();
  return compiled.at(name);
}

}  // namespace simcluster::cib
