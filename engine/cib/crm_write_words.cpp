// Values, rules and attribute sets as crmsh 4.4 writes them (AT-7.5).
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/cib/crm_writer.h"

namespace simcluster::cib::crm {

namespace {

std::string in_quotes(std::string_view value) {
  std::string text = "\"";
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char next = i + 1 < value.size() ? value[i + 1] : '"';
    if (value[i] == '"' || (value[i] == '\\' && (next == '"' || next == '\\'))) text += '\\';
    text += value[i];
  }
  return text + '"';
}

// Words of rules are quoted only where they would not be read as one word.
std::string rule_word(std::string_view value) {
  const bool plain = value.find_first_of(" \t\r\n\"'\\()[]{}=") == std::string_view::npos;
  return plain && !value.empty() ? std::string(value) : in_quotes(value);
}

std::string expression_text(Element expression) {
  if (expression.is("date_expression")) {
    const std::string_view operation = expression.value("operation");
    std::string text = "date ";
    if (operation == "date_spec") {
      text += "spec";
      for (const Attribute& part : expression.first_child("date_spec").attributes())
        if (part.name != "id") text += " " + pair_text(part.name, part.value);
      return text;
    }
    if (operation == "gt" || operation == "lt")
      return text + fmt::format("{} {}", operation, quoted(expression.value(operation == "gt" ? "start" : "end")));
    text += "in";
    for (const std::string_view bound : {"start", "end"})
      if (expression.has(bound)) text += " " + pair_text(bound, expression.value(bound));
    for (const Element duration : expression.children("duration"))
      for (const Attribute& part : duration.attributes())
        if (part.name != "id") text += " " + pair_text(part.name, part.value);
    return text;
  }
  const std::string_view operation = expression.value("operation");
  if (operation == "defined" || operation == "not_defined")
    return fmt::format("{} {}", operation, rule_word(expression.value("attribute")));
  const std::string_view given_type = expression.value("type");
  const std::string type = given_type.empty() || given_type == "string" ? "" : fmt::format("{}:", given_type);
  const std::string_view source = expression.value("value-source");
  const std::string value = source.empty() ? rule_word(expression.value("value"))
                                           : fmt::format("{}{{{}}}", source, expression.value("value"));
  return fmt::format("{} {}{} {}", rule_word(expression.value("attribute")), type, operation, value);
}

bool is_referred_to(Element element) {
  const Element configuration = element.document().root().first_child("configuration");
  for (Element at = configuration.first_child(); at; at = at.next_in(configuration))
    if (at.name_id() == element.name_id() && at.value("id-ref") == element.id()) return true;
  return false;
}

}  // namespace

// Values are quoted but for plain words, as crmsh 4.4 does.
std::string quoted(std::string_view value) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
  return plain && !value.empty() ? std::string(value) : in_quotes(value);
}

std::string pair_text(std::string_view name, std::string_view value) {
  return fmt::format("{}={}", name, quoted(value));
}

std::string lower_score(std::string_view score) {
  if (score == "INFINITY") return "inf";
  if (score == "+INFINITY") return "+inf";
  if (score == "-INFINITY") return "-inf";
  return std::string(score);
}

std::string rule_text(Element rule) {
  if (rule.has("id-ref")) return fmt::format("rule $id-ref={}", rule.value("id-ref"));
  std::string text = "rule";
  if (is_referred_to(rule)) text += fmt::format(" $id={}", rule.id());
  if (rule.has("role")) text += fmt::format(" $role={}", rule.value("role"));
  const std::string score = lower_score(rule.value("score"));
  if (rule.has("score") && score != "inf") text += fmt::format(" {}:", score);
  if (rule.has("score-attribute")) text += fmt::format(" {}:", rule.value("score-attribute"));
  const std::string joint = rule.value("boolean-op") == "or" ? " or " : " and ";
  bool first = true;
  for (const Element expression : rule.children()) {
    text += first ? " " : joint;
    text += expression_text(expression);
    first = false;
  }
  return text;
}

std::string nvpair_text(Element pair) {
  if (!pair.has("id-ref")) {
    // AT-7.4: crmsh's pattern is passw*.
    const bool secret = pair.value("name").starts_with("passw");
    return secret ? fmt::format("{}=\"******\"", pair.value("name"))
                  : pair_text(pair.value("name"), pair.value("value"));
  }
  std::string text = fmt::format("@{}", pair.value("id-ref"));
  if (pair.has("name")) text += fmt::format(":{}", pair.value("name"));
  return text;
}

std::string set_text(Element set) {
  if (set.has("id-ref")) return fmt::format(" $id-ref={}", set.value("id-ref"));
  std::string text;
  if (set.has("score")) text += fmt::format(" {}:", lower_score(set.value("score")));
  for (const Element rule : set.children("rule")) text += " " + rule_text(rule);
  for (const Element pair : set.children("nvpair")) text += " " + nvpair_text(pair);
  return text;
}

// The set on a line of its own, an empty one, too.
std::string set_line(std::string_view keyword, Element set) {
  return fmt::format("{}{}{}", kContinuation, keyword, set_text(set));
}

}  // namespace simcluster::cib::crm
