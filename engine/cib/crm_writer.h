// Parts of write_crm_shell: each function turns one element into its statement, without the newline. Internal to the
// crm shell's writer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/cib/document.h"

namespace simcluster::cib::crm {

// Begins a line inside a statement.
inline constexpr std::string_view kContinuation = " \\\n\t";

// crm_write_words.cpp: values, rules and attribute sets, the same in all statements.
std::string quoted(std::string_view value);
// name=value
std::string pair_text(std::string_view name, std::string_view value);
std::string lower_score(std::string_view score);
std::string rule_text(Element rule);
std::string nvpair_text(Element pair);
// The content of a set behind its keyword.
std::string set_text(Element set);
// A set on a line of its own behind its keyword, an empty one, too.
std::string set_line(std::string_view keyword, Element set);

// crm_write_xml.cpp: what the notation has no words for is shown as XML; so is what has comments inside its parts.
bool has_words(Element element);
// A comment of an object as a line of its own before the statement begins with "#".
std::string comment_text(std::string_view comment);
std::string xml_text(Element element);

// crm_write_constraints.cpp: how many resources its sets have.
std::size_t members_of_sets(Element constraint);

// crm_write_resources.cpp
std::string node_text(Element node);
std::string primitive_text(Element element);  // of templates, too
std::string container_text(Element element);
std::string bundle_text(Element element);

// crm_write_constraints.cpp
std::string constraint_text(Element constraint);
std::string ticket_text(Element element);

// crm_write_other.cpp
std::string tag_text(Element tag);
// As many targets with the same levels as there are nodes are shown as all nodes, and must be these.
bool topology_has_words(Element topology);
std::string topology_text(Element topology);
std::string property_text(std::string_view keyword, Element set);
std::string acl_role_text(Element role);
std::string acl_subject_text(Element subject);
std::string alert_text(Element alert);

}  // namespace simcluster::cib::crm
