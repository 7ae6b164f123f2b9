#include "engine/cib/rules.h"

#include <string>

#include <fmt/core.h>

#include "engine/cib/values.h"

namespace simcluster::cib {
namespace {

class Evaluation {
 public:
  Evaluation(const RuleContext& context, NextChange& next_change) : context_(context), next_change_(next_change) {}

  bool rule(const Element& element);

 private:
  bool condition(const Element& element);
  bool expression(const Element& element);
  bool date_expression(const Element& element);
  bool date_range(const Element& element);
  bool date_spec(const Element& element);
  bool rsc_expression(const Element& element);
  bool op_expression(const Element& element);

  std::string attribute_name(std::string_view text) const;
  // False when the attribute is there and unreadable.
  bool date(const Element& element, Name name, std::optional<DateTime>& result);

  bool invalid(const Element& element, std::string_view what) {
    if (context_.log) {
      context_.log(MessageLevel::kError,
                   fmt::format("Ignoring {} '{}' because {}", element.name(), element.id(), what));
    }
    return false;
  }

  const RuleContext& context_;
  NextChange& next_change_;
  int depth_ = 0;
};

Element dereference_rule(const Element& rule) {
  const auto reference = rule.attribute(names::kIdRef);
  return reference ? rule.document().find_unique_id(names::kRule, *reference) : rule;
}

// S1 C-7.2
bool Evaluation::rule(const Element& element) {
  constexpr int kDeepest = 100;  // references can form a circle
  const Element rule = dereference_rule(element);
  if (!rule) return invalid(element, "its id-ref does not name a rule");
  const std::string_view operation = rule.value(names::kBooleanOp, "and");
  const bool any = equal_ignoring_case(operation, "or");
  if (!any && !equal_ignoring_case(operation, "and")) return invalid(rule, "boolean-op is neither 'and' nor 'or'");
  if (depth_ == kDeepest) return invalid(rule, "it is nested too deeply");
  ++depth_;
  bool empty = true;
  bool passes = !any;
  for (const Element child : rule.children()) {
    empty = false;
    passes = condition(child);
    if (passes == any) break;
  }
  --depth_;
  if (!empty) return passes;
  if (context_.log) {
    context_.log(MessageLevel::kWarning, fmt::format("Ignoring rule {} because it contains no conditions", rule.id()));
  }
  return true;
}

// S1 C-7.3
bool Evaluation::condition(const Element& element) {
  const Name kind = element.name_id();
  if (kind == names::kExpression) return expression(element);
  if (kind == names::kRule) return rule(element);
  if (kind == names::kDateExpression) return date_expression(element);
  if (kind == names::kRscExpression) return rsc_expression(element);
  if (kind == names::kOpExpression) return op_expression(element);
  return invalid(element, "it is not a condition");
}

// ---- expressions on node attributes (S1 C-7.4) ----

enum class Comparison { kDefined, kNotDefined, kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

std::optional<Comparison> comparison_of(std::string_view text) {
  static constexpr std::pair<std::string_view, Comparison> kWords[] = {
      {"defined", Comparison::kDefined}, {"not_defined", Comparison::kNotDefined},
      {"eq", Comparison::kEqual},        {"ne", Comparison::kNotEqual},
      {"lt", Comparison::kLess},         {"lte", Comparison::kLessOrEqual},
      {"gt", Comparison::kGreater},      {"gte", Comparison::kGreaterOrEqual},
  };
  for (const auto& [word, comparison] : kWords) {
    if (equal_ignoring_case(text, word)) return comparison;
  }
  return std::nullopt;
}

bool is_order(Comparison comparison) { return comparison >= Comparison::kLess; }

enum class ValueType { kString, kInteger, kNumber, kVersion, kUnknown };

ValueType value_type(std::optional<std::string_view> text, Comparison comparison, std::string_view actual,
                     std::string_view reference) {
  if (!text) {
    if (!is_order(comparison)) return ValueType::kString;
    const bool fraction = actual.find('.') != std::string_view::npos || reference.find('.') != std::string_view::npos;
    return fraction ? ValueType::kNumber : ValueType::kInteger;
  }
  if (equal_ignoring_case(*text, "string")) return ValueType::kString;
  if (equal_ignoring_case(*text, "integer")) return ValueType::kInteger;
  if (equal_ignoring_case(*text, "number")) return ValueType::kNumber;
  if (equal_ignoring_case(*text, "version")) return ValueType::kVersion;
  return ValueType::kUnknown;
}

template <class Number>
int three_way(Number a, Number b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

int compare_values(std::string_view a, std::string_view b, ValueType type) {
  if (type == ValueType::kInteger) {
    const auto x = parse_integer(a);
    const auto y = parse_integer(b);
    if (x && y && !x->out_of_range && !y->out_of_range) return three_way(x->value, y->value);
  } else if (type == ValueType::kNumber) {
    const auto x = parse_number(a);
    const auto y = parse_number(b);
    if (x && y) return three_way(*x, *y);
  } else if (type == ValueType::kVersion) {
    return compare_versions(a, b);
  }
  return compare_ignoring_case(a, b);
}

bool holds(Comparison comparison, int order) {
  switch (comparison) {
    case Comparison::kEqual:
      return order == 0;
    case Comparison::kNotEqual:
      return order != 0;
    case Comparison::kLess:
      return order < 0;
    case Comparison::kLessOrEqual:
      return order <= 0;
    case Comparison::kGreater:
      return order > 0;
    case Comparison::kGreaterOrEqual:
      return order >= 0;
    default:
      return false;
  }
}

// "%0" to "%9" stand for submatches of the resource id.
std::string Evaluation::attribute_name(std::string_view text) const {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool reference = text[i] == '%' && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
    if (!reference) {
      name += text[i];
      continue;
    }
    const auto number = static_cast<std::size_t>(text[++i] - '0');
    if (number < context_.submatches->size()) name += (*context_.submatches)[number];
  }
  return name;
}

bool Evaluation::expression(const Element& element) {
  const auto attribute = element.attribute(names::kAttribute);
  if (!element.has(names::kId) || !attribute) return invalid(element, "it has no id or no attribute");
  const auto comparison = comparison_of(element.value(names::kOperation));
  if (!comparison) return invalid(element, "its operation is unknown");
  const std::string_view source = element.value(names::kValueSource, "literal");
  const bool from_parameter = equal_ignoring_case(source, "param");
  const bool from_meta = equal_ignoring_case(source, "meta");
  if (!from_parameter && !from_meta && !equal_ignoring_case(source, "literal")) {
    return invalid(element, "its value-source is unknown");
  }
  const bool about_presence = *comparison == Comparison::kDefined || *comparison == Comparison::kNotDefined;
  const auto value = element.attribute(names::kValue);
  if (value.has_value() == about_presence) {
    return invalid(element, about_presence ? "its operation takes no value" : "its operation needs a value");
  }
  std::optional<std::string_view> reference = value;
  if (from_parameter || from_meta) {
    const Lookup& table = from_parameter ? context_.resource_parameter : context_.resource_meta;
    reference = table && value ? table(*value) : std::nullopt;
  }
  std::optional<std::string_view> actual;
  if (context_.node_attribute) {
    const bool substitute = context_.submatches && attribute->find('%') != std::string_view::npos;
    actual = context_.node_attribute(substitute ? std::string_view(attribute_name(*attribute)) : *attribute);
  }
  const ValueType type =
      value_type(element.attribute(names::kType), *comparison, actual.value_or(""), reference.value_or(""));
  if (type == ValueType::kUnknown) return invalid(element, "its type is unknown");
  if (about_presence) return actual.has_value() == (*comparison == Comparison::kDefined);
  if (!actual || !reference) {
    return !is_order(*comparison) && holds(*comparison, three_way(actual.has_value(), reference.has_value()));
  }
  return holds(*comparison, compare_values(*actual, *reference, type));
}

// ---- dates (S1 C-7.5 to C-7.7) ----

bool Evaluation::date(const Element& element, Name name, std::optional<DateTime>& result) {
  const auto text = element.attribute(name);
  if (!text) return true;
  result = parse_date_time(*text, context_.now, context_.local_offset);
  return result.has_value();
}

bool Evaluation::date_expression(const Element& element) {
  const std::string_view operation = element.value(names::kOperation, "in_range");
  if (equal_ignoring_case(operation, "date_spec")) {
    const Element spec = element.first_child(names::kDateSpec);
    return spec ? date_spec(spec) : invalid(element, "it has no date_spec");
  }
  std::optional<DateTime> bound;
  if (equal_ignoring_case(operation, "gt")) {
    if (!date(element, names::kStart, bound) || !bound) return invalid(element, "its start is missing or invalid");
    if (context_.now > *bound) return true;
    next_change_.offer(bound->to_epoch() + 1);
    return false;
  }
  if (equal_ignoring_case(operation, "lt")) {
    if (!date(element, names::kEnd, bound) || !bound) return invalid(element, "its end is missing or invalid");
    if (context_.now >= *bound) return false;
    next_change_.offer(bound->to_epoch());
    return true;
  }
  if (equal_ignoring_case(operation, "in_range")) return date_range(element);
  return invalid(element, "its operation is unknown");
}

bool add_duration(const Element& duration, DateTime& date) {
  using Add = void (*)(DateTime&, std::int64_t);
  static constexpr std::pair<std::string_view, Add> kParts[] = {
      {"years", [](DateTime& d, std::int64_t n) { d.add_years(n); }},
      {"months", [](DateTime& d, std::int64_t n) { d.add_months(n); }},
      {"weeks", [](DateTime& d, std::int64_t n) { d.add_days(n * 7); }},
      {"days", [](DateTime& d, std::int64_t n) { d.add_days(n); }},
      {"hours", [](DateTime& d, std::int64_t n) { d.add_seconds(n * 3600); }},
      {"minutes", [](DateTime& d, std::int64_t n) { d.add_seconds(n * 60); }},
      {"seconds", [](DateTime& d, std::int64_t n) { d.add_seconds(n); }},
  };
  for (const auto& [name, add] : kParts) {
    const auto text = duration.attribute(name);
    if (!text) continue;
    const auto number = parse_integer(*text);
    if (!number || number->value > 2'147'483'647 || number->value < -2'147'483'648) return false;
    add(date, number->value);
  }
  return true;
}

bool Evaluation::date_range(const Element& element) {
  std::optional<DateTime> start;
  std::optional<DateTime> end;
  if (!date(element, names::kStart, start)) return invalid(element, "its start is invalid");
  if (!date(element, names::kEnd, end)) return invalid(element, "its end is invalid");
  if (const Element duration = element.first_child(names::kDuration); duration && !element.has(names::kEnd)) {
    if (!start) return invalid(element, "a duration needs a start");
    end = start;
    if (!add_duration(duration, *end)) return invalid(element, "its duration is invalid");
  }
  if (!start && !end) return invalid(element, "it has neither start nor end");
  if (start && context_.now < *start) {
    next_change_.offer(start->to_epoch());
    return false;
  }
  if (end && context_.now > *end) return false;
  if (end) next_change_.offer(end->to_epoch() + 1);
  return true;
}

// "N", "N-M", "N-", "-M" (S1 C-2.12). Nothing when invalid.
std::optional<bool> in_range(std::string_view range, std::int64_t value) {
  const auto digits = [&](std::size_t from) { return from < range.size() && range[from] >= '0' && range[from] <= '9'; };
  std::size_t at = 0;
  std::optional<std::int64_t> low;
  std::optional<std::int64_t> high;
  if (digits(0)) {
    const auto number = *parse_integer(range);
    low = number.value;
    at = number.length;
    if (at == range.size()) return value == *low;
  }
  if (at >= range.size() || range[at] != '-') return std::nullopt;
  if (digits(++at)) {
    const auto number = *parse_integer(range.substr(at));
    high = number.value;
    at += number.length;
  }
  if (at != range.size() || (!low && !high)) return std::nullopt;
  return (!low || value >= *low) && (!high || value <= *high);
}

bool Evaluation::date_spec(const Element& element) {
  using Field = int (*)(const DateTime&);
  static constexpr std::pair<std::string_view, Field> kFields[] = {
      {"years", [](const DateTime& d) { return d.year; }},
      {"months", [](const DateTime& d) { return d.month(); }},
      {"monthdays", [](const DateTime& d) { return d.day_of_month(); }},
      {"hours", [](const DateTime& d) { return d.second / 3600; }},
      {"minutes", [](const DateTime& d) { return d.second / 60 % 60; }},
      {"seconds", [](const DateTime& d) { return d.second % 60; }},
      {"yeardays", [](const DateTime& d) { return d.day; }},
      {"weekyears", [](const DateTime& d) { return d.iso_week_year(); }},
      {"weeks", [](const DateTime& d) { return d.iso_week(); }},
      {"weekdays", [](const DateTime& d) { return d.weekday(); }},
  };
  for (const auto& [name, field] : kFields) {
    const auto range = element.attribute(name);
    if (!range) continue;
    const auto inside = in_range(*range, field(context_.now));
    if (!inside) return invalid(element, fmt::format("{} is not a range", name));
    if (!*inside) return false;
  }
  return true;
}

// ---- resource and operation (S1 C-7.8) ----

bool Evaluation::rsc_expression(const Element& element) {
  const auto matches = [&](Name name, std::string_view actual) {
    const auto wanted = element.attribute(name);
    return !wanted || (context_.agent && *wanted == actual);
  };
  const RuleContext::Agent agent = context_.agent.value_or(RuleContext::Agent());
  return matches(names::kClass, agent.standard) && matches(names::kProvider, agent.provider) &&
         matches(names::kType, agent.type);
}

bool Evaluation::op_expression(const Element& element) {
  const auto name = element.attribute(names::kName);
  if (!name) return invalid(element, "it has no name");
  if (!context_.operation || *name != context_.operation->name) return false;
  const auto interval = element.attribute(names::kInterval);
  return !interval || parse_interval(*interval) == context_.operation->interval_ms;
}

}  // namespace

bool evaluate_rule(const Element& rule, const RuleContext& context, NextChange& next_change) {
  return Evaluation(context, next_change).rule(rule);
}

bool depends_on_node(const Element& rule) {
  const Element top = dereference_rule(rule);
  if (!top) return false;
  for (Element at = top.first_child(); at; at = at.next_in(top)) {
    if (at.name_id() == names::kExpression) return true;
    // A reference inside: looking no further is safe, since "may differ" is the careful answer.
    if (at.name_id() == names::kRule && at.has(names::kIdRef)) return true;
  }
  return false;
}

}  // namespace simcluster::cib
