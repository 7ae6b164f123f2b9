// The CIB as crm shell text (AT-7.5): `crm configure show` of current crmsh.
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/cib/crm_shell.h"

namespace simcluster::cib {

namespace {

constexpr std::string_view kContinuation = " \\\n\t";

std::string in_quotes(std::string_view value) {
  std::string text = "\"";
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char next = i + 1 < value.size() ? value[i + 1] : '"';
    if (value[i] == '"' || (value[i] == '\\' && (next == '"' || next == '\\'))) text += '\\';
    text += value[i];
  }
  return text + '"';
}

// Values are quoted but for plain words, as crmsh 4.4 does.
std::string quoted(std::string_view value) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
  return plain && !value.empty() ? std::string(value) : in_quotes(value);
}

// Words of rules are quoted only where they would not be read as one word.
std::string rule_word(std::string_view value) {
  const bool plain = value.find_first_of(" \t\r\n\"'\\()[]{}=") == std::string_view::npos;
  return plain && !value.empty() && value != "and" && value != "or" ? std::string(value) : in_quotes(value);
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
      return text + fmt::format("{} {}", operation, rule_word(expression.value(operation == "gt" ? "start" : "end")));
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
  return fmt::format("{} {}{} {}", rule_word(expression.value("attribute")), type, operation,
                     rule_word(expression.value("value")));
}

std::string rule_text(Element rule) {
  if (rule.has("id-ref")) return fmt::format("rule $id-ref={}", rule.value("id-ref"));
  std::string text = "rule";
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

// The content of an attribute set behind its keyword, on one line.
std::string set_text(Element set) {
  if (set.has("id-ref")) return fmt::format(" $id-ref={}", set.value("id-ref"));
  std::string text;
  if (set.has("score")) text += fmt::format(" {}:", lower_score(set.value("score")));
  for (const Element rule : set.children("rule")) text += " " + rule_text(rule);
  for (const Element pair : set.children("nvpair")) text += " " + nvpair_text(pair);
  return text;
}

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

// What the notation has no words for: nested rules, conditions on agents and operations, old forms of sets.
bool has_words(Element element) {
  for (Element at = element.first_child(); at; at = at.next_in(element)) {
    if (at.is("rsc_expression") || at.is("op_expression") || (at.is("rule") && at.parent().is("rule"))) return false;
    if (at.is("rule") && at.value("boolean-op") == "or" && at.child_count() < 2) return false;
    if (at.is("attributes") || at.is("lifetime") || at.has("value-source")) return false;
    if (at.is("resource_set") && (at.has("id-ref") || at.has("ordering") || at.has("score"))) return false;
  }
  if (sets_run_together(element)) return false;
  if (element.is("rsc_colocation")) return element.has("score") && !element.has("influence");
  if (element.is("rsc_order")) return !element.has("require-all") && !element.has("score");
  if (element.is("node")) return !element.has("score") && !element.has("description") && is_node_id(element);
  return !is_option_set(element) || is_plain(element);
}

// Every element on a line of its own, continued with backslashes; what is the default anyway is left out.
void append_xml(Element element, int depth, std::string& text) {
  text.append(static_cast<std::size_t>(2 * depth), ' ').append("<").append(element.name());
  for (const Attribute& attribute : element.attributes()) {
    if (attribute.name == "boolean-op" && attribute.value == "and") continue;
    append_attribute(text, attribute.name, attribute.value);
  }
  if (!element.first_child()) {
    text += "/>";
    return;
  }
  text += '>';
  for (const Element child : element.children()) {
    text += " \\\n";
    append_xml(child, depth + 1, text);
  }
  text.append(" \\\n").append(static_cast<std::size_t>(2 * depth), ' ');
  text.append("</").append(element.name()).append(">");
}

std::string xml_text(Element element) {
  std::string text = "xml ";
  append_xml(element, 0, text);
  return text;
}

// The set on a line of its own, an empty one, too.
std::string set_line(std::string_view keyword, Element set) {
  return fmt::format("{}{}{}", kContinuation, keyword, set_text(set));
}

std::string operation_text(Element op) {
  std::string text = fmt::format("{}op {}", kContinuation, op.value("name"));
  for (const Attribute& attribute : op.attributes())
    if (attribute.name != "id" && attribute.name != "name") text += " " + pair_text(attribute.name, attribute.value);
  for (const Element set : op.children("instance_attributes")) text += set_line("op_params", set);
  for (const Element set : op.children("meta_attributes")) text += set_line("op_meta", set);
  return text;
}

std::string type_text(Element element) {
  if (element.has("template")) return fmt::format("@{}", element.value("template"));
  const std::string_view standard = element.value("class");
  const std::string_view provider = element.value("provider");
  if (standard == "ocf" && provider == "heartbeat") return std::string(element.value("type"));
  if (provider.empty()) return fmt::format("{}:{}", standard, element.value("type"));
  return fmt::format("{}:{}:{}", standard, provider, element.value("type"));
}

std::string_view set_keyword(Element set) {
  if (set.is("instance_attributes")) return "params";
  if (set.is("meta_attributes")) return "meta";
  return set.is("utilization") ? "utilization" : "";
}

// Attribute sets and operations, in their order.
std::string parts_text(Element element) {
  std::string text;
  if (element.has("description")) text.append(kContinuation) += pair_text("description", element.value("description"));
  for (const Element part : element.children()) {
    if (const std::string_view keyword = set_keyword(part); !keyword.empty()) text += set_line(keyword, part);
    if (!part.is("operations")) continue;
    for (const std::string_view name : {"id", "id-ref"})
      if (part.has(name)) text += fmt::format("{}operations ${}={}", kContinuation, name, quoted(part.value(name)));
    for (const Element op : part.children("op")) text += operation_text(op);
  }
  return text;
}

std::string primitive_text(Element element) {
  return fmt::format("{} {} {}", element.is("template") ? "rsc_template" : "primitive", element.id(),
                     type_text(element)) +
         parts_text(element);
}

std::string container_text(Element element) {
  std::string text = fmt::format("{} {}", element.is("master") ? std::string_view("ms") : element.name(), element.id());
  for (const Element child : element.children())
    if (child.is("primitive") || child.is("group")) text += fmt::format(" {}", child.id());
  return text + parts_text(element);
}

std::string node_text(Element node) {
  std::string text = "node ";
  if (node.id().find(':') != std::string_view::npos)
    text += fmt::format("$id=\"{}\" ", node.id());
  else if (node.id() != node.value("uname"))
    text += fmt::format("{}: ", node.id());
  text += node.value("uname");
  if (node.has("type")) text += fmt::format(":{}", node.value("type"));
  for (const Element set : node.children()) text += set_line(set.is("utilization") ? "utilization" : "attributes", set);
  return text;
}

std::string resource_sets(Element constraint, std::string_view suffix_attribute) {
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

std::string with_suffix(Element element, std::string_view name, std::string_view suffix) {
  std::string text(element.value(name));
  if (element.has(suffix)) text += fmt::format(":{}", element.value(suffix));
  return text;
}

std::string location_text(Element element) {
  std::string text = fmt::format("location {}", element.id());
  if (element.has("rsc-pattern")) text += fmt::format(" /{}/", element.value("rsc-pattern"));
  if (element.has("rsc")) text += fmt::format(" {}", element.value("rsc"));
  for (const Element set : element.children("resource_set")) {
    text += " {";
    for (const Element member : set.children("resource_ref")) text += fmt::format(" {}", member.id());
    text += " }";
  }
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

std::string ticket_text(Element element) {
  std::string text = fmt::format("rsc_ticket {} {}:", element.id(), element.value("ticket"));
  if (element.has("rsc")) text += " " + with_suffix(element, "rsc", "rsc-role");
  text += resource_sets(element, "role");
  if (element.has("loss-policy")) text += " " + pair_text("loss-policy", element.value("loss-policy"));
  return text;
}

// Whom a level is for, as it stands before the devices.
std::string target_text(Element level) {
  if (level.has("target")) return fmt::format("{}:", level.value("target"));
  if (level.has("target-pattern")) return fmt::format("pattern:{}", level.value("target-pattern"));
  if (!level.has("target-attribute")) return {};
  return fmt::format("attr:{}", pair_text(level.value("target-attribute"), level.value("target-value")));
}

using Levels = std::vector<std::pair<std::string, std::string>>;  // target, devices of all its levels

Levels levels_of(Element topology) {
  Levels levels;
  for (const Element level : topology.children("fencing-level")) {
    const std::string target = target_text(level);
    auto at = std::find_if(levels.begin(), levels.end(), [&](const auto& known) { return known.first == target; });
    if (at == levels.end()) at = levels.insert(levels.end(), {target, {}});
    at->second.append(" ").append(level.value("devices"));
  }
  return levels;
}

// AT-7.4: without targets when every node has the same levels.
bool same_for_all(const Levels& levels, Element nodes) {
  if (levels.empty() || levels.size() != nodes.child_count()) return false;
  for (const Element node : nodes.children("node")) {
    const std::string target = fmt::format("{}:", node.value("uname"));
    const auto at =
        std::find_if(levels.begin(), levels.end(), [&](const auto& known) { return known.first == target; });
    if (at == levels.end() || at->second != levels.front().second) return false;
  }
  return true;
}

std::string topology_text(Element topology, Element nodes) {
  const Levels levels = levels_of(topology);
  if (same_for_all(levels, nodes)) return fmt::format("fencing_topology{}", levels.front().second);
  std::string text = "fencing_topology";
  for (const auto& [target, devices] : levels) text += fmt::format("{}{}{}", kContinuation, target, devices);
  return text;
}

std::string property_text(std::string_view keyword, Element set) {
  std::string text = fmt::format("{} {}:", keyword, set.id());
  for (const Element rule : set.children("rule")) text += fmt::format("{}{}", kContinuation, rule_text(rule));
  for (const Element pair : set.children("nvpair")) text += fmt::format("{}{}", kContinuation, nvpair_text(pair));
  return text;
}

std::string named_values(Element element) {
  std::string text;
  for (const Attribute& attribute : element.attributes()) text += " " + pair_text(attribute.name, attribute.value);
  return text;
}

std::string bundle_text(Element element) {
  std::string text = fmt::format("bundle {}", element.id());
  for (const Element child : element.children()) {
    if (child.is("docker") || child.is("podman") || child.is("rkt"))
      text += fmt::format("{}{}{}", kContinuation, child.name(), named_values(child));
    if (child.is("network") || child.is("storage")) {
      text += fmt::format("{}{}{}", kContinuation, child.name(), named_values(child));
      for (const Element mapping : child.children())
        text += fmt::format(" {}{}", mapping.name(), named_values(mapping));
    }
    if (child.is("primitive")) text += fmt::format("{}primitive {}", kContinuation, child.id());
  }
  return text + parts_text(element);
}

// The shortcut for an XPath, as AT-7.4 lists them; empty when there is none.
std::string acl_shortcut(std::string_view path) {
  if (path == "/cib") return "cib";
  if (path == "/cib/status") return "status";
  constexpr std::string_view kPrimitive = "//primitive[@id='";
  constexpr std::string_view kPair = "/nvpair[@name='";
  if (!path.starts_with(kPrimitive)) return {};
  path.remove_prefix(kPrimitive.size());
  const std::size_t id_end = path.find("']/");
  if (id_end == std::string_view::npos) return {};
  const std::string_view id = path.substr(0, id_end);
  path.remove_prefix(id_end + 3);
  for (const auto& [set, keyword] : {std::pair<std::string_view, std::string_view>{"meta_attributes", "meta"},
                                     {"instance_attributes", "params"},
                                     {"utilization", "utilization"}}) {
    if (!path.starts_with(set)) continue;
    const std::string_view rest = path.substr(set.size());
    if (rest.empty()) return fmt::format("{}:{}", keyword, id);
    if (!rest.starts_with(kPair) || !rest.ends_with("']")) return {};
    return fmt::format("{}:{}:{}", keyword, id, rest.substr(kPair.size(), rest.size() - kPair.size() - 2));
  }
  return {};
}

std::string acl_role_text(Element role) {
  std::string text = fmt::format("role {}", role.id());
  for (const Element permission : role.children("acl_permission")) {
    text += fmt::format("{}{}", kContinuation, permission.value("kind"));
    if (const std::string shortcut = acl_shortcut(permission.value("xpath")); !shortcut.empty()) {
      text += " " + shortcut;
      continue;
    }
    for (const auto& [name, keyword] : {std::pair<std::string_view, std::string_view>{"xpath", "xpath"},
                                        {"reference", "ref"},
                                        {"object-type", "type"},
                                        {"attribute", "attribute"}})
      if (permission.has(name)) text += " " + quoted(fmt::format("{}:{}", keyword, permission.value(name)));
  }
  return text;
}

std::string acl_subject_text(Element subject) {
  std::string text = fmt::format("{} {}", subject.name(), subject.id());
  for (const Element role : subject.children("role")) text += fmt::format("{}{}", kContinuation, role.id());
  return text;
}

std::string alert_sets(Element element) {
  std::string text;
  for (const Element set : element.children("instance_attributes")) text += set_line("attributes", set);
  for (const Element set : element.children("meta_attributes")) text += set_line("meta", set);
  return text;
}

std::string alert_text(Element alert) {
  std::string text = fmt::format("alert {} {}{}", alert.id(), quoted(alert.value("path")), alert_sets(alert));
  for (const Element select : alert.children("select")) {
    text += fmt::format("{}select", kContinuation);
    for (const Element kind : select.children()) text += fmt::format(" {}", kind.name().substr(7));
  }
  for (const Element recipient : alert.children("recipient")) {
    const std::string sets = alert_sets(recipient);
    text += fmt::format("{}to {}", kContinuation, sets.empty() ? "" : "{ ");
    text += quoted(recipient.value("value")) + sets + (sets.empty() ? "" : " }");
  }
  return text;
}

class Writer {
 public:
  explicit Writer(const Document& cib) : cib_(cib) {}

  std::string run() {
    each("configuration/nodes", "node", node_text, true);
    resources("template", primitive_text);
    resources("primitive", primitive_text);
    resources("bundle", bundle_text);
    resources("group", container_text);
    resources("master", container_text);
    resources("clone", container_text);
    each("configuration/tags", "tag", tag_text, true);
    constraints();
    each("configuration/constraints", "rsc_ticket", ticket_text, true);
    if (const Element topology = cib_.find_path("configuration/fencing-topology"))
      add(topology_text(topology, cib_.find_path("configuration/nodes")));
    sets("configuration/crm_config", "cluster_property_set", "property");
    sets("configuration/rsc_defaults", "meta_attributes", "rsc_defaults");
    sets("configuration/op_defaults", "meta_attributes", "op_defaults");
    each("configuration/acls", "acl_role", acl_role_text, true);
    each("configuration/acls", "acl_target", acl_subject_text, true);
    each("configuration/acls", "acl_group", acl_subject_text, true);
    each("configuration/alerts", "alert", alert_text, true);
    return std::move(out_);
  }

 private:
  using Text = std::string (*)(Element);

  static std::string tag_text(Element tag) {
    std::string text = fmt::format("tag {}", tag.id());
    for (const Element member : tag.children("obj_ref")) text += fmt::format(" {}", member.id());
    return text;
  }

  void add(const std::string& text) {
    out_ += text;
    out_ += '\n';
  }

  void collect(Element parent, std::string_view name, std::vector<Element>& found) {
    for (const Element child : parent.children()) {
      if (child.is(name)) found.push_back(child);
      if (child.is("group") || child.is("clone") || child.is("master") || child.is("bundle"))
        collect(child, name, found);
    }
  }

  void write_sorted(std::vector<Element>& elements, Text text, bool sorted) {
    if (sorted)
      std::stable_sort(elements.begin(), elements.end(), [](Element a, Element b) { return a.id() < b.id(); });
    for (const Element element : elements) add(has_words(element) ? text(element) : xml_text(element));
  }

  // Resources of any depth, alphabetical.
  void resources(std::string_view name, Text text) {
    const Element top = cib_.find_path("configuration/resources");
    if (!top) return;
    std::vector<Element> found;
    collect(top, name, found);
    write_sorted(found, text, true);
  }

  // All kinds among each other.
  void constraints() {
    std::vector<Element> found;
    for (const Element child : cib_.find_path("configuration/constraints").children())
      if (!child.is("rsc_ticket")) found.push_back(child);
    write_sorted(found, constraint_text, true);
  }

  static std::string constraint_text(Element constraint) {
    if (constraint.is("rsc_colocation")) return colocation_text(constraint);
    return constraint.is("rsc_order") ? order_text(constraint) : location_text(constraint);
  }

  void each(std::string_view path, std::string_view name, Text text, bool sorted) {
    std::vector<Element> found;
    for (const Element child : cib_.find_path(path).children(name)) found.push_back(child);
    write_sorted(found, text, sorted);
  }

  void sets(std::string_view path, std::string_view name, std::string_view keyword) {
    std::vector<Element> found;
    for (const Element set : cib_.find_path(path).children(name)) found.push_back(set);
    std::stable_sort(found.begin(), found.end(), [](Element a, Element b) { return a.id() < b.id(); });
    for (const Element set : found) add(has_words(set) ? property_text(keyword, set) : xml_text(set));
  }

  const Document& cib_;
  std::string out_;
};

}  // namespace

std::string write_crm_shell(const Document& cib) { return Writer(cib).run(); }

}  // namespace simcluster::cib
