// Constraints as crm shell text (AT-7.5).
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/cib/crm_writer.h"

namespace simcluster::cib::crm {

namespace {

bool has_brackets(Element set) { return set.value("require-all") == "false" || set.value("sequential") == "false"; }

// As many members as the plain form has, and none behind in brackets: it would read as that (runs of crmsh 4.4).
bool reads_as_plain(Element constraint) {
  Element last;
  for (const Element set : constraint.children("resource_set")) last = set;
  if (constraint.is("rsc_ticket")) return last && members_of_sets(constraint) == 1;
  return last && !has_brackets(last) && members_of_sets(constraint) == 2;
}

std::string sets_text(Element constraint, std::string_view suffix_attribute) {
  std::string text;
  for (const Element set : constraint.children("resource_set")) {
    const bool any = set.value("require-all") == "false";
    const bool parallel = set.value("sequential") == "false";
    const bool in_order = any && !parallel;
    if (any || parallel) text += any ? " [" : " (";
    for (const Element member : set.children("resource_ref")) {
      text += fmt::format(" {}", member.id());
      if (set.has(suffix_attribute)) text += fmt::format(":{}", set.value(suffix_attribute));
    }
    if (in_order) text += " sequential=true";
    if (any || parallel) text += any ? " ]" : " )";
  }
  return text;
}

std::string resource_sets(Element constraint, std::string_view suffix_attribute) {
  return (reads_as_plain(constraint) ? " _rsc_set_" : "") + sets_text(constraint, suffix_attribute);
}

std::string with_suffix(Element element, std::string_view name, std::string_view suffix) {
  std::string text(element.value(name));
  if (element.has(suffix)) text += fmt::format(":{}", element.value(suffix));
  return text;
}

std::string location_text(Element element) {
  std::string text = fmt::format("location {}", element.id());
  if (element.has("rsc-pattern")) text += fmt::format(" /{}/", element.value("rsc-pattern"));
  if (element.has("rsc")) text += fmt::format(" {}", element.value("rsc"));
  if (element.first_child("resource_set")) text += fmt::format(" {{{} }}", sets_text(element, "role"));
  for (const std::string_view name : {"role", "resource-discovery"})
    if (element.has(name)) text += " " + pair_text(name, element.value(name));
  if (element.has("node")) text += fmt::format(" {}: {}", lower_score(element.value("score")), element.value("node"));
  for (const Element rule : element.children("rule")) text += fmt::format("{}{}", kContinuation, rule_text(rule));
  return text;
}

std::string colocation_text(Element element) {
  std::string text = fmt::format("colocation {} {}:", element.id(), lower_score(element.value("score")));
  if (element.has("rsc"))
    text += fmt::format(" {} {}", with_suffix(element, "rsc", "rsc-role"),
                        with_suffix(element, "with-rsc", "with-rsc-role"));
  text += resource_sets(element, "role");
  if (element.has("node-attribute")) text += " " + pair_text("node-attribute", element.value("node-attribute"));
  return text;
}

std::string order_text(Element element) {
  std::string text = fmt::format("order {}", element.id());
  if (element.has("kind")) text += fmt::format(" {}:", element.value("kind"));
  if (!element.has("kind") && element.has("score")) text += fmt::format(" {}:", lower_score(element.value("score")));
  if (element.has("first"))
    text += fmt::format(" {} {}", with_suffix(element, "first", "first-action"),
                        with_suffix(element, "then", "then-action"));
  text += resource_sets(element, "action");
  if (element.has("symmetrical")) text += " " + pair_text("symmetrical", element.value("symmetrical"));
  return text;
}

}  // namespace

std::size_t members_of_sets(Element constraint) {
  std::size_t members = 0;
  for (const Element set : constraint.children("resource_set")) members += set.child_count();
  return members;
}

std::string constraint_text(Element constraint) {
  if (constraint.is("rsc_colocation")) return colocation_text(constraint);
  return constraint.is("rsc_order") ? order_text(constraint) : location_text(constraint);
}

std::string ticket_text(Element element) {
  std::string text = fmt::format("rsc_ticket {} {}:", element.id(), element.value("ticket"));
  if (element.has("rsc")) text += " " + with_suffix(element, "rsc", "rsc-role");
  text += resource_sets(element, "role");
  if (element.has("loss-policy")) text += " " + pair_text("loss-policy", element.value("loss-policy"));
  return text;
}

}  // namespace simcluster::cib::crm
