#include "engine/cib/crm_shell.h"

#include <array>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/crm_builder.h"

namespace simcluster::cib {

namespace {

struct Keyword {
  std::string_view text;
  int pass;
};

// What is XML has the turn of its kind: a container has members that are statements of their own.
constexpr std::array<std::pair<std::string_view, int>, 6> kXmlPasses = {
    {{"<group ", 3}, {"<bundle ", 3}, {"<clone ", 4}, {"<master ", 4}, {"<rsc_ticket", 7}, {"<rsc_", 6}}};

// Containers come after what they contain, constraints after resources.
constexpr std::array kKeywords = {
    Keyword{"node", 0},        Keyword{"property", 0},         Keyword{"rsc_defaults", 0},
    Keyword{"op_defaults", 0}, Keyword{"rsc_template", 0},     Keyword{"xml", 0},
    Keyword{"role", 0},        Keyword{"primitive", 1},        Keyword{"monitor", 2},
    Keyword{"group", 3},       Keyword{"bundle", 3},           Keyword{"clone", 4},
    Keyword{"ms", 4},          Keyword{"master", 4},           Keyword{"tag", 5},
    Keyword{"location", 6},    Keyword{"colocation", 6},       Keyword{"collocation", 6},
    Keyword{"order", 6},       Keyword{"rsc_ticket", 7},       Keyword{"acl_target", 6},
    Keyword{"acl_group", 6},   Keyword{"fencing_topology", 6}, Keyword{"alert", 6},
};

}  // namespace

// --- CrmCursor ---

bool CrmCursor::accept(std::string_view keyword) {
  if (!next_is(keyword)) return false;
  ++at_;
  return true;
}

const CrmWord& CrmCursor::take(std::string_view expected) {
  if (done()) fail_here(fmt::format("expected {}", expected));
  return words_[at_++];
}

void CrmCursor::fail_at(const CrmWord& word, std::string_view message) const {
  throw CrmSyntaxError{
      {fmt::format("syntax in {}: {}", words_.front().text, message), {std::string(file_), word.line, word.column}}};
}

void CrmCursor::fail_here(std::string_view message) const {
  if (!done()) fail_at(peek(), fmt::format("{} near \"{}\"", message, peek().text));
  CrmWord behind = words_.back();
  behind.column += static_cast<int>(behind.text.size());
  fail_at(behind, fmt::format("{} at the end of the statement", message));
}

// --- CrmBuilder ---

int CrmBuilder::pass_of(const CrmStatement& statement) {
  const std::string_view keyword = statement.words.front().text;
  for (const auto& [head, pass] : kXmlPasses)
    if (keyword == "xml" && statement.raw.find(head) == statement.raw.find('<')) return pass;
  for (const Keyword& known : kKeywords)
    if (known.text == keyword) return known.pass;
  return -1;
}

void CrmBuilder::apply(const CrmStatement& statement, std::size_t position) {
  const std::size_t first_new = cib_.element_capacity();
  read(statement, position);
  const CrmWord& keyword = statement.words.front();
  for (std::size_t i = first_new; i < cib_.element_capacity(); ++i) {
    const ElementId id(static_cast<ElementId::rep>(i));
    cib_.edit(cib_.element(id)).set_place(keyword.line, keyword.column);
  }
  if (!statement.comments.empty()) keep_comments(statement.comments, first_new);
}

// As crmsh does: they stand first in the object, with their mark.
void CrmBuilder::keep_comments(const std::vector<CrmWord>& comments, std::size_t first_new) {
  for (const CrmWord& comment : comments) {
    if (comment.text.find("--") == std::string::npos && !comment.text.ends_with('-')) continue;
    throw CrmSyntaxError{{"a comment cannot contain \"--\" or end with \"-\"", {file_, comment.line, comment.column}}};
  }
  MutableElement object = object_made(first_new);
  if (!object) return;
  for (auto comment = comments.rbegin(); comment != comments.rend(); ++comment) object.prepend_comment(comment->text);
}

// The object that has got what was made from that element on: sections and parts are none.
MutableElement CrmBuilder::object_made(std::size_t first_new) {
  for (std::size_t i = first_new; i < cib_.element_capacity(); ++i) {
    Element at = cib_.element(ElementId(static_cast<ElementId::rep>(i)));
    const auto is_section = [](const Element& element) { return element.parent().is("configuration"); };
    if (is_section(at) && !at.is("fencing-topology")) continue;
    const auto is_part = [&](const Element& element) {
      for (const std::string_view part :
           {"nvpair", "instance_attributes", "meta_attributes", "utilization", "op", "operations", "fencing-level"}) {
        if (element.is(part)) return !is_section(element.parent()) || element.is("fencing-level");
      }
      return false;
    };
    while (at.parent() && is_part(at)) at = at.parent();
    return cib_.edit(at);
  }
  return {};
}

void CrmBuilder::read(const CrmStatement& statement, std::size_t position) {
  position_ = position;
  CrmCursor in(statement, file_);
  const std::string_view keyword = in.take("a keyword").text;
  if (keyword == "node") return node(in);
  if (keyword == "primitive") return primitive(in, "primitive");
  if (keyword == "rsc_template") return primitive(in, "template");
  if (keyword == "group" || keyword == "clone") return container(in, keyword);
  if (keyword == "ms" || keyword == "master") return container(in, "master");
  if (keyword == "monitor") return monitor(in);
  if (keyword == "tag") return tag(in);
  if (keyword == "location") return location(in);
  if (keyword == "colocation" || keyword == "collocation") return colocation(in);
  if (keyword == "order") return order(in);
  if (keyword == "rsc_ticket") return rsc_ticket(in);
  if (keyword == "fencing_topology") return fencing_topology(in);
  if (keyword == "property") return property_set(in, "crm_config", "cluster_property_set", "cib-bootstrap-options");
  if (keyword == "rsc_defaults") return property_set(in, "rsc_defaults", "meta_attributes", "rsc-options");
  if (keyword == "op_defaults") return property_set(in, "op_defaults", "meta_attributes", "op-options");
  if (keyword == "bundle") return bundle(in);
  if (keyword == "role") return acl_role(in);
  if (keyword == "acl_target" || keyword == "acl_group") return acl_subject(in, keyword);
  if (keyword == "alert") return alert(in);
  if (keyword == "xml") return xml(in);
  in.fail_at(in.keyword(), "expected another kind of statement");
}

// --- public functions ---

Document empty_cib() {
  Document cib;
  MutableElement root = cib.create_root("cib");
  root.set_attribute("validate-with", "pacemaker-1.2").set_attribute("admin_epoch", "0").set_attribute("epoch", "0");
  root.set_attribute("num_updates", "0");
  MutableElement configuration = root.append_child("configuration");
  for (const std::string_view name : {"crm_config", "nodes", "resources", "constraints"})
    configuration.append_child(name);
  root.append_child("status");
  return cib;
}

namespace {

void clear_configuration(Document& cib) {
  MutableElement configuration = cib.root().ensure_child("configuration");
  // Nodes that are not mentioned stay.
  for (MutableElement section : configuration.children())
    if (!section.is("nodes")) section.remove_children();
}

Result<void> check_keywords(const std::vector<CrmStatement>& statements, std::string_view file) {
  for (const CrmStatement& statement : statements)
    if (const CrmWord& word = statement.words.front(); CrmBuilder::pass_of(statement) < 0)
      return fail(fmt::format("\"{}\" is no statement of the crm shell (expected node, primitive, group, clone, ms, "
                              "location, colocation, order, property, rsc_defaults, ...)",
                              word.text),
                  {std::string(file), word.line, word.column});
  return {};
}

}  // namespace

Result<void> apply_crm_shell(Document& cib, std::string_view text, std::string_view file_name, CrmLoad method,
                             int first_line, int indent) {
  auto statements = split_crm_text(text, file_name, first_line, indent);
  if (!statements) return tl::unexpected<Error>(statements.error());
  if (auto known = check_keywords(*statements, file_name); !known) return known;
  Document changed = cib;
  if (method == CrmLoad::kReplace) clear_configuration(changed);
  CrmBuilder builder(changed, file_name);
  try {
    constexpr int kPasses = 8;
    for (int pass = 0; pass < kPasses; ++pass)
      for (std::size_t i = 0; i < statements->size(); ++i)
        if (CrmBuilder::pass_of((*statements)[i]) == pass) builder.apply((*statements)[i], i);
    builder.finish();
  } catch (const CrmSyntaxError& error) {
    return tl::unexpected<Error>(error.error);
  }
  cib = std::move(changed);
  return {};
}

Result<Document> parse_crm_shell(std::string_view text, std::string_view file_name, int first_line, int indent) {
  Document cib = empty_cib();
  cib.set_file_name(file_name);
  if (auto applied = apply_crm_shell(cib, text, file_name, CrmLoad::kUpdate, first_line, indent); !applied)
    return tl::unexpected<Error>(applied.error());
  return cib;
}

}  // namespace simcluster::cib
