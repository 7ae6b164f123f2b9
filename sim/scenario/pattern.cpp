#include "sim/scenario/pattern.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

// Every "*" stands for any text, also none.
bool text_fits(std::string_view pattern, std::string_view text) {
  auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  while ((star = pattern.find('*')) != std::string_view::npos) {
    const auto found = text.find(pattern.substr(0, star));
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + star);
    pattern.remove_prefix(star + 1);
  }
  return text.ends_with(pattern);
}

bool field_fits(const TraceField& field, std::string_view pattern) {
  if (!field.is_number) return text_fits(pattern, field.text);
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, field.number).ptr;
  return text_fits(pattern, std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

}  // namespace

PatternMatcher::PatternMatcher(const EventPattern& pattern, const World& world) : pattern_(pattern) {
  if (!pattern.node.empty()) node_ = world.find_machine(pattern.node);
}

bool PatternMatcher::fits(const TraceEvent& event) const {
  if (event.kind != pattern_.kind || (node_.valid() && event.node != node_)) return false;
  return std::all_of(pattern_.where.begin(), pattern_.where.end(), [&](const auto& wanted) {
    return std::any_of(event.fields.begin(), event.fields.end(), [&](const TraceField& field) {
      return field.name == wanted.first && field_fits(field, wanted.second);
    });
  });
}

bool PatternMatcher::hit(const TraceEvent& event) { return fits(event) && ++seen_ == pattern_.nth; }

std::string pattern_text(const EventPattern& pattern) {
  std::string text(trace_kind_name(pattern.kind));
  if (!pattern.node.empty()) text += " on " + pattern.node;
  for (std::size_t i = 0; i < pattern.where.size(); ++i)
    text += fmt::format("{}{}={}", i == 0 ? " with " : ", ", pattern.where[i].first, pattern.where[i].second);
  if (pattern.nth != 1) text += fmt::format(" (number {})", pattern.nth);
  return text;
}

}  // namespace simcluster::sim
