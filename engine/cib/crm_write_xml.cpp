// What the crm shell has no words for.
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/cib/crm_roles.h"
#include "engine/cib/crm_writer.h"
#include "engine/cib/element_parts.h"

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

// The notation names a bundle's container before its attributes, and knows no parameters.
bool bundle_has_words(Element bundle) {
  return !bundle.first_child().is("meta_attributes") && !bundle.first_child("instance_attributes");
}

// One set of one resource.
bool is_lone_member(Element constraint) {
  const Element set = constraint.first_child("resource_set");
  return set && members_of_sets(constraint) == 1 && set.value("sequential") != "false" &&
         set.value("require-all") != "false";
}

// Values may be those of parameters or meta attributes: param{name}.
bool value_has_words(Element expression) {
  const std::string_view source = expression.value("value-source");
  return source.empty() ||
         ((source == "param" || source == "meta") && expression.value("value").find(' ') == std::string_view::npos);
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

bool is_inside_other(Element at, Element object) {
  for (; at && at != object; at = at.parent())
    if (is_object(at)) return true;
  return false;
}

// A comment of more than one line cannot be read back.
bool has_long_comment(Element element) {
  const std::vector<std::string_view> comments = element.comments();
  return std::any_of(comments.begin(), comments.end(),
                     [](std::string_view comment) { return comment_text(comment).find('\n') != std::string::npos; });
}

// In document order; what is inside of other objects is none of its parts.
Element next_part(Element at, Element object) {
  do at = at.next_in(object);
  while (is_inside_other(at, object));
  return at;
}

// What a role is read as in a CIB of an old schema.
bool has_converted_roles(Element object) {
  if (!has_old_roles(object.document())) return false;
  for (Element at = object; at; at = next_part(at, object)) {
    if (at.is("nvpair") && names_role(at.value("name")) && old_role(at.value("value")) != at.value("value"))
      return true;
    for (const Attribute& attribute : at.attributes())
      if (names_role(attribute.name) && old_role(attribute.value) != attribute.value) return true;
  }
  return false;
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

class XmlText {
 public:
  std::string write(Element object) {
    text_ = "xml ";
    int depth = 0;
    for (Element up = object.parent(); up; up = up.parent()) ++depth;
    depth_of_object_ = depth;
    append(object, depth, false);
    return std::move(text_);
  }

 private:
  struct Piece {
    ElementPart part;
    int next_depth;  // of what stands behind it in the CIB
  };
  static bool is_comment(const Piece& piece) { return !piece.part.element; }

  // The comments of an object itself stand behind its first part, or before it.
  static std::vector<Piece> pieces(Element element, int depth, bool own) {
    const std::vector<ElementPart> parts = parts_of(element);
    std::vector<Piece> all;
    for (std::size_t i = 0; i < parts.size(); ++i) all.push_back({parts[i], i + 1 < parts.size() ? depth + 1 : depth});
    if (own && !all.empty())
      std::stable_partition(all.begin() + (is_comment(all.front()) ? 0 : 1), all.end(), is_comment);
    return all;
  }

  // Every element on a line of its own, continued with backslashes; what is the default anyway is left out. An element
  // with a comment in it has no lines, but the line end that cibadmin writes behind the comment.
  void append(Element element, int depth, bool inline_already) {
    text_.append("<").append(element.name());
    for (const Attribute& attribute : element.attributes())
      if (!is_default(element, attribute)) append_attribute(text_, attribute.name, attribute.value);
    const bool own = depth == depth_of_object_ || is_object(element);
    const std::vector<Piece> parts = pieces(element, depth, own);
    if (parts.empty()) {
      text_ += "/>";
      return;
    }
    const bool comments = std::any_of(parts.begin(), parts.end(), is_comment);
    const bool is_inline = inline_already || comments;
    text_ += '>';
    for (const Piece& piece : parts) {
      if (!is_inline) begin_line(depth + 1 - depth_of_object_);
      if (is_comment(piece)) {
        text_ += fmt::format("<!--{}-->", in_lines(own ? comment_text(piece.part.comment) : piece.part.comment));
        begin_line(piece.next_depth);
      } else {
        append(piece.part.element, depth + 1, is_inline);
      }
    }
    if (!is_inline) begin_line(depth - depth_of_object_);
    text_.append("</").append(element.name()).append(">");
  }
  void begin_line(int depth) { text_.append(" \\\n").append(2 * static_cast<std::size_t>(depth), ' '); }
  static std::string in_lines(std::string_view comment) {
    std::string lines;
    for (const char c : comment) lines.append(c == '\n' ? " \\\n" : std::string(1, c));
    return lines;
  }

  std::string text_;
  int depth_of_object_ = 0;
};

}  // namespace

// What the notation has no words for: nested rules, conditions on agents and operations, old forms of sets.
bool has_words(Element element) {
  for (Element at = next_part(element, element); at; at = next_part(at, element)) {
    if (at.is("rsc_expression") || at.is("op_expression") || (at.is("rule") && at.parent().is("rule"))) return false;
    if (at.is("rule") && at.value("boolean-op") == "or" && at.child_count() < 2) return false;
    if (at.is("attributes") || at.is("lifetime") || !value_has_words(at)) return false;
    if (at.is("operations") && at.attributes().empty() && !at.first_child()) return false;
    if (at.is("resource_set") && (at.has("id-ref") || at.has("ordering") || at.has("score") || at.has("kind")))
      return false;
  }
  if (element.is("bundle") && !bundle_has_words(element)) return false;
  if (element.is("fencing-topology") && !topology_has_words(element)) return false;
  if ((element.is("rsc_colocation") || element.is("rsc_order")) && is_lone_member(element)) return false;
  if (has_converted_roles(element)) return false;
  if (sets_run_together(element) || has_comments_inside(element) || has_long_comment(element)) return false;
  if (element.is("rsc_colocation")) return element.has("score") && !element.has("influence");
  if (element.is("rsc_order"))
    return !element.has("require-all") && !element.has("score") && is_known_kind(element.value("kind", "Mandatory"));
  if (element.is("node")) return !element.has("score") && is_node_id(element);
  if (element.is("alert"))
    for (const Element recipient : element.children("recipient"))
      if (recipient.has("description")) return false;
  return !is_option_set(element) || is_plain(element);
}

std::string comment_text(std::string_view comment) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = std::min(comment.find_first_not_of(kBlanks), comment.size());
  comment.remove_prefix(begin);
  comment = comment.substr(0, comment.find_last_not_of(kBlanks) + 1);
  return fmt::format("{}{}", comment.starts_with('#') ? "" : "# ", comment);
}

std::string xml_text(Element element) { return XmlText().write(element); }

}  // namespace simcluster::cib::crm
