// What the crm shell has no words for.
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/cib/crm_writer.h"

namespace simcluster::cib::crm {

namespace {

// An id that is read as one when a colon follows.
bool takes_colon(std::string_view id) {
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// It stands before the node's name, or is the name, or has a colon and so needs the keyword $id.
bool is_node_id(Element node) {
  const std::string_view id = node.id();
  return id == node.value("uname") || id.find(':') != std::string_view::npos || takes_colon(id);
}

// Two sets without brackets, one behind the other, would be read as one.
bool sets_run_together(Element constraint) {
  const auto bare = [](Element set) {
    return set && set.value("sequential") != "false" && set.value("require-all") != "false";
  };
  for (const Element set : constraint.children("resource_set")) {
    const Element next = set.next_sibling(set.name_id());
    if (bare(set) && bare(next) && set.value("role") == next.value("role") &&
        set.value("action") == next.value("action"))
      return true;
  }
  return false;
}

// The notation names a bundle's container, network and storage before its attributes.
bool attributes_come_first(Element bundle) {
  bool attributes_seen = false;
  for (const Element child : bundle.children()) {
    const bool is_set = child.is("meta_attributes") || child.is("instance_attributes");
    if (attributes_seen && !is_set) return true;
    attributes_seen = attributes_seen || is_set;
  }
  return false;
}

// One set of one resource.
bool is_lone_member(Element constraint) {
  const Element set = constraint.first_child("resource_set");
  return set && members_of_sets(constraint) == 1 && set.value("sequential") != "false" &&
         set.value("require-all") != "false";
}

bool is_known_kind(std::string_view kind) { return kind == "Mandatory" || kind == "Optional" || kind == "Serialize"; }

bool is_option_set(Element element) {
  return element.is("cluster_property_set") || element.parent().is("rsc_defaults") ||
         element.parent().is("op_defaults");
}

// Sets of options have no words for a score, and their rule stands in front.
bool is_plain(Element set) {
  bool pair_seen = false;
  for (const Element child : set.children()) {
    if (child.is("rule") && pair_seen) return false;
    pair_seen = pair_seen || child.is("nvpair");
  }
  return !set.has("score") && takes_colon(set.id());
}

bool is_object(Element element) {
  return element.is("primitive") || element.is("group") || element.is("clone") || element.is("master") ||
         element.is("bundle");
}

// Those of objects inside are shown with them.
bool has_comments_inside(Element element) {
  for (const Element child : element.children()) {
    if (!is_object(child) && (!child.comments().empty() || has_comments_inside(child))) return true;
  }
  return false;
}

bool is_default(Element element, const Attribute& attribute) {
  if (element.is("rule")) return attribute.name == "boolean-op" && attribute.value == "and";
  if (element.is("expression")) return attribute.name == "type" && attribute.value == "string";
  return element.is("resource_set") && attribute.name == "sequential" && attribute.value == "true";
}

// Every element on a line of its own, continued with backslashes; what is the default anyway is left out.
void append_xml(Element element, int depth, std::string& text) {
  text.append(static_cast<std::size_t>(2 * depth), ' ').append("<").append(element.name());
  for (const Attribute& attribute : element.attributes()) {
    if (is_default(element, attribute)) continue;
    append_attribute(text, attribute.name, attribute.value);
  }
  const std::vector<std::string_view> comments = element.comments();
  if (!element.first_child() && comments.empty()) {
    text += "/>";
    return;
  }
  text += '>';
  for (const std::string_view comment : comments) {
    text.append(" \\\n").append(static_cast<std::size_t>(2 * depth + 2), ' ');
    std::string line = depth == 0 ? comment_text(comment) : std::string(comment);
    std::replace(line.begin(), line.end(), '\n', ' ');
    text += fmt::format("<!--{}-->", line);
  }
  for (const Element child : element.children()) {
    text += " \\\n";
    append_xml(child, depth + 1, text);
  }
  text.append(" \\\n").append(static_cast<std::size_t>(2 * depth), ' ');
  text.append("</").append(element.name()).append(">");
}

}  // namespace

// What the notation has no words for: nested rules, conditions on agents and operations, old forms of sets.
bool has_words(Element element) {
  for (Element at = element.first_child(); at; at = at.next_in(element)) {
    if (at.is("rsc_expression") || at.is("op_expression") || (at.is("rule") && at.parent().is("rule"))) return false;
    if (at.is("rule") && at.value("boolean-op") == "or" && at.child_count() < 2) return false;
    if (at.is("attributes") || at.is("lifetime") || at.has("value-source")) return false;
    if (at.is("operations") && at.attributes().empty() && !at.first_child()) return false;
    if (at.is("resource_set") && (at.has("id-ref") || at.has("ordering") || at.has("score"))) return false;
  }
  if (element.is("bundle") && attributes_come_first(element)) return false;
  if ((element.is("rsc_colocation") || element.is("rsc_order")) && is_lone_member(element)) return false;
  if (sets_run_together(element) || has_comments_inside(element)) return false;
  if (element.is("rsc_colocation")) return element.has("score") && !element.has("influence");
  if (element.is("rsc_order"))
    return !element.has("require-all") && !element.has("score") && is_known_kind(element.value("kind", "Mandatory"));
  if (element.is("node")) return !element.has("score") && !element.has("description") && is_node_id(element);
  return !is_option_set(element) || is_plain(element);
}

std::string comment_text(std::string_view comment) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = std::min(comment.find_first_not_of(kBlanks), comment.size());
  comment.remove_prefix(begin);
  comment = comment.substr(0, comment.find_last_not_of(kBlanks) + 1);
  std::string text(comment.starts_with('#') ? "" : "# ");
  for (const char c : comment) text.append(c == '\n' ? "\n# " : std::string(1, c));
  return text;
}

std::string xml_text(Element element) {
  std::string text = "xml ";
  append_xml(element, 0, text);
  return text;
}

}  // namespace simcluster::cib::crm
