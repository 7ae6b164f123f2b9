#include "engine/cib/validate.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "engine/base/assert.h"
#include "engine/cib/grammar.h"
#include "engine/cib/values.h"

namespace simcluster::cib {
namespace {

// ---- types of attribute values ----

// Empty when the value is of the type, else what was expected.
using Check = std::string_view (*)(std::string_view value, Schema schema);

bool among(std::initializer_list<std::string_view> words, std::string_view value) {
  return std::find(words.begin(), words.end(), value) != words.end();
}

// Blanks around numbers do not count, as in XML schema types.
std::string_view trimmed(std::string_view value) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = value.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? "" : value.substr(first, value.find_last_not_of(kBlanks) - first + 1);
}

std::string_view check_integer(std::string_view value, Schema) {
  const std::string_view text = trimmed(value);
  const auto number = parse_integer(text);
  return number && number->length == text.size() ? "" : "an integer";
}
std::string_view check_count(std::string_view value, Schema schema) {
  return check_integer(value, schema).empty() && trimmed(value)[0] != '-' ? "" : "an integer from 0";
}
std::string_view check_score(std::string_view value, Schema schema) {
  const bool good =
      among({"INFINITY", "+INFINITY", "-INFINITY"}, trimmed(value)) || check_integer(value, schema).empty();
  return good ? "" : "an integer, INFINITY or -INFINITY";
}
std::string_view check_boolean(std::string_view value, Schema) {
  return among({"true", "false", "1", "0"}, value) ? "" : "true or false";
}
// An XML name without a colon.
std::string_view check_id(std::string_view value, Schema) {
  const auto letter = [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || (static_cast<unsigned char>(c) & 0x80) != 0;
  };
  const bool good = !value.empty() && letter(value[0]) && std::all_of(value.begin(), value.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  return good ? "" : "a letter or _, then letters, digits and _ . -";
}
std::string_view check_role(std::string_view value, Schema schema) {
  if (schema == Schema::k2) {
    return among({"Stopped", "Started", "Master", "Slave"}, value) ? "" : "Stopped, Started, Master or Slave";
  }
  return among({"Stopped", "Started", "Promoted", "Unpromoted", "Master", "Slave"}, value)
             ? ""
             : "Stopped, Started, Promoted, Unpromoted, Master or Slave";
}
std::string_view check_action(std::string_view value, Schema) {
  return among({"start", "stop", "promote", "demote"}, value) ? "" : "start, stop, promote or demote";
}
std::string_view check_kind(std::string_view value, Schema) {
  return among({"Optional", "Mandatory", "Serialize"}, value) ? "" : "Optional, Mandatory or Serialize";
}
std::string_view check_discovery(std::string_view value, Schema) {
  return among({"always", "never", "exclusive"}, value) ? "" : "always, never or exclusive";
}
std::string_view check_loss_policy(std::string_view value, Schema) {
  return among({"stop", "demote", "fence", "freeze"}, value) ? "" : "stop, demote, fence or freeze";
}
std::string_view check_node_type(std::string_view value, Schema schema) {
  if (schema < Schema::k4 && value == "ping") return "";
  if (schema < Schema::kBefore4 && value == "normal") return "";
  return among({"member", "remote"}, value) ? "" : "member or remote";
}
std::string_view check_class(std::string_view value, Schema schema) {
  if (schema < Schema::k4 && among({"upstart", "nagios"}, value)) return "";
  return among({"ocf", "lsb", "heartbeat", "systemd", "service", "stonith"}, value)
             ? ""
             : "ocf, lsb, systemd, service or stonith";
}
std::string_view check_on_fail(std::string_view value, Schema schema) {
  if (schema == Schema::k2 && value == "demote") {
    return "ignore, block, stop, restart, standby, fence or restart-container";
  }
  return among({"ignore", "block", "demote", "stop", "restart", "standby", "fence", "restart-container"}, value)
             ? ""
             : "ignore, block, demote, stop, restart, standby, fence or restart-container";
}
std::string_view check_requires(std::string_view value, Schema) {
  return among({"nothing", "quorum", "fencing", "unfencing"}, value) ? "" : "nothing, quorum, fencing or unfencing";
}
std::string_view check_boolean_op(std::string_view value, Schema) {
  return among({"and", "or"}, value) ? "" : "and or or";
}
std::string_view check_expression(std::string_view value, Schema) {
  return among({"lt", "gt", "lte", "gte", "eq", "ne", "defined", "not_defined"}, value)
             ? ""
             : "lt, gt, lte, gte, eq, ne, defined or not_defined";
}
std::string_view check_date_operation(std::string_view value, Schema) {
  return among({"in_range", "gt", "lt", "date_spec"}, value) ? "" : "in_range, gt, lt or date_spec";
}
std::string_view check_value_type(std::string_view value, Schema schema) {
  if (schema == Schema::k2 && value == "integer") return "string, number or version";
  return among({"string", "integer", "number", "version"}, value) ? "" : "string, integer, number or version";
}
std::string_view check_value_source(std::string_view value, Schema) {
  return among({"literal", "param", "meta"}, value) ? "" : "literal, param or meta";
}
std::string_view check_ordering(std::string_view value, Schema) {
  return among({"group", "listed"}, value) ? "" : "group or listed";
}
std::string_view check_permission(std::string_view value, Schema) {
  return among({"read", "write", "deny"}, value) ? "" : "read, write or deny";
}
std::string_view check_level(std::string_view value, Schema schema) {
  const bool integer = check_integer(value, schema).empty();
  const std::int64_t level = integer ? parse_integer(value)->value : 0;
  return level >= 1 && (schema < Schema::k4 || level <= 9) ? "" : "an integer from 1 to 9";
}
std::string_view check_devices(std::string_view value, Schema) {
  bool open = true;  // an id must follow
  for (const char c : value) {
    const bool inside =
        (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!inside && (c != ',' || open)) return "ids separated by commas";
    open = c == ',';
  }
  return open ? "ids separated by commas" : "";
}
std::string_view check_text(std::string_view, Schema) { return ""; }

constexpr std::pair<std::string_view, Check> kTypes[] = {
    {"", check_text},
    {"id", check_id},
    {"ref", check_text},
    {"integer", check_integer},
    {"count", check_count},
    {"score", check_score},
    {"boolean", check_boolean},
    {"role", check_role},
    {"action", check_action},
    {"kind", check_kind},
    {"discovery", check_discovery},
    {"loss-policy", check_loss_policy},
    {"node-type", check_node_type},
    {"class", check_class},
    {"on-fail", check_on_fail},
    {"requires", check_requires},
    {"boolean-op", check_boolean_op},
    {"expression", check_expression},
    {"date-operation", check_date_operation},
    {"value-type", check_value_type},
    {"value-source", check_value_source},
    {"ordering", check_ordering},
    {"permission", check_permission},
    {"level", check_level},
    {"devices", check_devices},
};

// ---- the grammar, compiled ----

struct AttributeRule {
  std::string_view name;
  Check check = nullptr;
  bool is_id = false;
  bool is_reference = false;
  bool required = false;
  Schema first = Schema::k2;  // not known before this one
  Schema last = Schema::k4;   // not known after this one
};

struct CompiledProduction;

struct ChildRule {
  std::string_view element;
  const CompiledProduction* production = nullptr;
  bool required = false;
  bool single = false;
  Schema first = Schema::k2;
  Schema last = Schema::k4;
};

struct CompiledProduction {
  std::string_view name;
  std::vector<AttributeRule> attributes;
  std::vector<ChildRule> children;
};

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
  const auto* found =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& t) { return t.first == type; });
  SIMCLUSTER_ASSERT(found != std::end(kTypes));
  rule.check = found->second;
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

const Grammar& grammar() {
  static const Grammar compiled = compile_grammar();
  return compiled;
}

// ---- walking ----

constexpr std::string_view kCameTooLate =
    "came with pacemaker-3.0, but other parts of the configuration were gone then";

class Validator {
 public:
  Validator(const Document& document, Schema schema, std::size_t limit)
      : document_(document), schema_(schema), limit_(limit) {}

  std::vector<Error> run() {
    const Element root = document_.root();
    if (!root || root.name() != "cib") {
      errors_.push_back({fmt::format("the root element is <{}>, expected <cib>", root ? root.name() : ""),
                         root ? root.place() : SourcePlace{document_.file_name(), 0, 0}});
      return std::move(errors_);
    }
    for (const SourcePlace& place : document_.character_data()) {
      if (!full()) errors_.push_back({"a CDATA section with text cannot stand here", place});
    }
    check(root, grammar().at("cib"));
    for (const auto& [element, name] : references_) {
      if (full()) break;
      const std::string_view target = element.value(name);
      if (!ids_.contains(target)) {
        wrong(element, fmt::format("{} refers to \"{}\", but the configuration has no such id",
                                   document_.name_text(name), target));
      }
    }
    std::stable_sort(errors_.begin(), errors_.end(), [](const Error& a, const Error& b) {
      return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
    return std::move(errors_);
  }

 private:
  bool full() const { return errors_.size() >= limit_; }

  void wrong(const Element& element, const std::string& message) {
    if (full()) return;
    const std::string_view id = element.id();
    errors_.push_back(
        {fmt::format("element <{}>{}: {}", element.name(), id.empty() ? "" : fmt::format(" \"{}\"", id), message),
         element.place()});
  }

  void check(const Element& element, const CompiledProduction& production) {
    if (full()) return;
    check_attributes(element, production);
    if (production.name == "status") return;  // any content
    check_children(element, production);
    check_form(element);
  }

  void check_attributes(const Element& element, const CompiledProduction& production) {
    for (const Attribute attribute : element.attributes()) {
      const auto rule = std::find_if(production.attributes.begin(), production.attributes.end(),
                                     [&](const AttributeRule& r) { return r.name == attribute.name; });
      if (rule != production.attributes.end() && schema_ < rule->first) {
        wrong(element, fmt::format("the attribute \"{}\" {}", attribute.name, kCameTooLate));
        continue;
      }
      if (rule == production.attributes.end() || schema_ > rule->last) {
        // `status` may carry anything but a namespace; declaring one is not using it.
        if (attribute.name == "xmlns" && !attribute.value.empty()) {
          wrong(element, fmt::format("it is in the namespace \"{}\", expected none", attribute.value));
        } else if (production.name != "status" && !attribute.name.starts_with("xmlns")) {
          wrong(element, fmt::format("the attribute \"{}\" is not known here", attribute.name));
        }
        continue;
      }
      if (const std::string_view expected = rule->check(attribute.value, schema_); !expected.empty()) {
        wrong(element, fmt::format("{} is \"{}\", expected {}", attribute.name, attribute.value, expected));
      } else if (rule->is_id && !ids_.insert(attribute.value).second) {
        wrong(element, fmt::format("the id \"{}\" is used twice", attribute.value));
      } else if (rule->is_reference) {
        references_.emplace_back(element, attribute.name_id);
      }
    }
    for (const AttributeRule& rule : production.attributes) {
      if (rule.required && !element.has(rule.name)) {
        wrong(element, fmt::format("the attribute \"{}\" is missing", rule.name));
      }
    }
  }

  void check_children(const Element& element, const CompiledProduction& production) {
    std::vector<std::size_t> counts(production.children.size(), 0);
    for (const Element child : element.children()) {
      const auto rule = std::find_if(production.children.begin(), production.children.end(),
                                     [&](const ChildRule& r) { return r.element == child.name(); });
      if (rule != production.children.end() && schema_ < rule->first) {
        wrong(child, fmt::format("it {}", kCameTooLate));
        continue;
      }
      if (rule == production.children.end() || schema_ > rule->last) {
        wrong(child, fmt::format("it cannot stand in <{}>", element.name()));
        continue;
      }
      std::size_t& count = counts[static_cast<std::size_t>(rule - production.children.begin())];
      if (++count == 2 && rule->single) wrong(child, fmt::format("<{}> can have only one", element.name()));
      check(child, *rule->production);
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0 && production.children[i].required) {
        wrong(element, fmt::format("<{}> is missing in it", production.children[i].element));
      }
    }
  }

  // ---- what goes together ----

  void check_form(const Element& element) {
    const Name name = element.name_id();
    if (name == names::kPrimitive || name == names::kTemplate) return check_agent(element);
    if (name == names::kRscLocation) return check_location(element);
    if (name == names::kRscColocation)
      return check_pair(element, {"rsc", "with-rsc", "rsc-role", "with-rsc-role", "node-attribute"});
    if (name == names::kRscOrder) return check_pair(element, {"first", "then", "first-action", "then-action"});
    if (name == names::kRscTicket) return check_ticket(element);
    if (name == names::kClone || name == names::kMaster) return check_clone(element);
    if (name == names::kBundle) return check_bundle(element);
    if (name == names::kFencingLevel) return check_fencing_level(element);
    if (name == names::kNvpair) return check_nvpair(element);
    if (name == names::kRule) return check_rule(element);
    if (name == names::kDateExpression) return check_date(element);
    if (element.is("port-mapping")) return check_port(element);
    if (element.is("acl_permission")) return check_permission(element);
    if (element.is("acl_user") && element.first_child("role_ref") && !all_children_are(element, "role_ref")) {
      wrong(element, "expected either <role_ref> or permissions");
    }
    if (element.is("storage-mapping") && element.has("source-dir") == element.has("source-dir-root")) {
      wrong(element, "expected one of source-dir and source-dir-root");
    }
    if (name == names::kOp && element.has("start-delay") && element.has("interval-origin")) {
      wrong(element, "it has both start-delay and interval-origin, expected one of them");
    }
    if (name == names::kInstanceAttributes || name == names::kMetaAttributes || name == names::kUtilization ||
        name == names::kClusterPropertySet || name == names::kResourceSet || name == names::kOperations) {
      check_id_or_reference(element, name != names::kOperations);
    }
    if (name == names::kResourceSet && !element.has(names::kIdRef) && !element.first_child()) {
      wrong(element, "it has no <resource_ref>");
    }
  }

  static bool all_children_are(const Element& element, std::string_view name) {
    for (const Element child : element.children()) {
      if (!child.is(name)) return false;
    }
    return true;
  }

  void check_id_or_reference(const Element& element, bool id_required) {
    if (element.has(names::kIdRef)) {
      if (element.has(names::kId)) wrong(element, "it has both id and id-ref, expected one of them");
      if (element.first_child()) wrong(element, "it has id-ref and content, expected one of them");
    } else if (id_required && !element.has(names::kId)) {
      wrong(element, "the attribute \"id\" is missing");
    }
  }

  void check_nvpair(const Element& element) {
    if (element.has(names::kIdRef)) {
      if (element.has(names::kId)) wrong(element, "it has both id and id-ref, expected one of them");
      if (element.has(names::kValue)) wrong(element, "it has both id-ref and value, expected one of them");
      if (schema_ == Schema::k4 && element.has(names::kName)) wrong(element, "it has both id-ref and name");
      return;
    }
    if (!element.has(names::kId)) wrong(element, "the attribute \"id\" is missing");
    if (!element.has(names::kName)) wrong(element, "the attribute \"name\" is missing");
    if (schema_ == Schema::k4 && !element.has(names::kValue)) wrong(element, "the attribute \"value\" is missing");
    if (element.value(names::kName) == "clone-max") check_count(element, "clone-max", element.value(names::kValue));
  }

  void check_count(const Element& element, std::string_view what, std::string_view text) {
    const auto count = parse_integer(text);
    if (count && count->value > kMaxInstances) {
      wrong(element, fmt::format("{} is \"{}\", expected at most {}", what, text, kMaxInstances));
    }
  }

  void check_rule(const Element& element) {
    if (element.has(names::kIdRef)) {
      if (element.has(names::kId)) wrong(element, "it has both id and id-ref, expected one of them");
      return;
    }
    if (!element.has(names::kId)) wrong(element, "the attribute \"id\" is missing");
    if (!element.first_child()) wrong(element, "it has no conditions");
    if (element.has(names::kScore) && element.has("score-attribute")) {
      wrong(element, "it has both score and score-attribute, expected one of them");
    }
  }

  // Wants exactly these attributes and children of those that depend on the operation.
  void check_date(const Element& element) {
    const std::string_view operation = element.value(names::kOperation);
    if (operation.empty()) return;  // missing, which has been said
    const bool range = operation == "in_range";
    const bool spec = operation == "date_spec";
    const bool start = element.has(names::kStart);
    const bool end = element.has(names::kEnd);
    if (operation == "gt" && !start) wrong(element, "the attribute \"start\" is missing");
    if (operation == "lt" && !end) wrong(element, "the attribute \"end\" is missing");
    if (range && !start && !end) wrong(element, "expected start, end or both");
    if (start && !range && operation != "gt") wrong(element, fmt::format("{} takes no start", operation));
    if (end && !range && operation != "lt") wrong(element, fmt::format("{} takes no end", operation));
    const bool has_spec = static_cast<bool>(element.first_child(names::kDateSpec));
    if (spec != has_spec) {
      wrong(element, spec ? "<date_spec> is missing in it" : fmt::format("{} takes no <date_spec>", operation));
    }
    if (!range && element.first_child(names::kDuration))
      wrong(element, fmt::format("{} takes no <duration>", operation));
  }

  void check_port(const Element& element) {
    if (element.has("port") == element.has("range")) wrong(element, "expected one of port and range");
    if (element.has("internal-port") && !element.has("port")) wrong(element, "internal-port needs a port");
  }

  void check_permission(const Element& element) {
    const int forms =
        (element.has("xpath") ? 1 : 0) + (element.has("reference") ? 1 : 0) + (element.has("object-type") ? 1 : 0);
    if (forms != 1) wrong(element, "expected one of xpath, reference and object-type");
    if (element.has(names::kAttribute) && !element.has("object-type")) {
      wrong(element, "only object-type takes an attribute");
    }
  }

  void check_agent(const Element& element) {
    if (element.has(names::kTemplate)) {
      if (element.has(names::kClass) || element.has(names::kType)) {
        wrong(element, "it has both a template and a class, expected one of them");
      }
      return;
    }
    if (!element.has(names::kClass)) {
      return wrong(element, element.is(names::kPrimitive) ? "the attribute \"class\" (or \"template\") is missing"
                                                          : "the attribute \"class\" is missing");
    }
    if (!element.has(names::kType)) wrong(element, "the attribute \"type\" is missing");
    const bool ocf = element.value(names::kClass) == "ocf";
    if (ocf && !element.has(names::kProvider)) wrong(element, "an agent of class ocf needs the attribute \"provider\"");
    if (!ocf && element.has(names::kProvider)) {
      wrong(element, "only agents of class ocf have a provider");
    }
  }

  void check_clone(const Element& element) {
    std::size_t members = 0;
    for (const Element child : element.children()) {
      members += child.is(names::kPrimitive) || child.is(names::kGroup) ? 1U : 0U;
    }
    if (members != 1) wrong(element, "expected exactly one <primitive> or <group> in it");
  }

  void check_bundle(const Element& element) {
    std::size_t runtimes = 0;
    for (const Element child : element.children()) {
      runtimes += child.is("docker") || child.is("podman") || child.is("rkt") ? 1U : 0U;
      for (const std::string_view count : {"replicas", "promoted-max"}) check_count(child, count, child.value(count));
    }
    if (runtimes != 1) wrong(element, "expected exactly one <docker> or <podman> in it");
  }

  void check_fencing_level(const Element& element) {
    const int targets = (element.has("target") ? 1 : 0) + (element.has("target-pattern") ? 1 : 0) +
                        (element.has("target-attribute") ? 1 : 0);
    if (targets != 1) wrong(element, "expected one of target, target-pattern and target-attribute");
    if (element.has("target-attribute") != element.has("target-value")) {
      wrong(element, "target-attribute and target-value belong together");
    }
  }

  void check_location(const Element& element) {
    std::size_t sets = 0;
    std::size_t rules = 0;
    for (const Element child : element.children()) {
      sets += child.is(names::kResourceSet) ? 1U : 0U;
      rules += child.is(names::kRule) ? 1U : 0U;
    }
    const int forms =
        (element.has(names::kRsc) ? 1 : 0) + (element.has(names::kRscPattern) ? 1 : 0) + (sets > 0 ? 1 : 0);
    if (forms != 1) wrong(element, "expected one of rsc, rsc-pattern and <resource_set>");
    check_no_role_beside_sets(element, "role");
    if (rules > 0 && element.has(names::kNode)) wrong(element, "it has both a rule and a node, expected one of them");
    if (rules > 0 && element.has(names::kScore)) wrong(element, "it has both a rule and a score, expected one of them");
    if (rules == 0 && !(element.has(names::kNode) && element.has(names::kScore))) {
      wrong(element, "expected node and score, or a <rule>");
    }
    if (schema_ == Schema::k4 && rules > 1) wrong(element, "expected at most one <rule>");
  }

  // `pair`: the two attributes that make a constraint between two resources, then those that need them.
  void check_pair(const Element& element, std::initializer_list<std::string_view> pair) {
    const std::string_view first = *pair.begin();
    const std::string_view second = *(pair.begin() + 1);
    const bool sets = static_cast<bool>(element.first_child(names::kResourceSet));
    for (const std::string_view name : pair) {
      if (sets && element.has(name))
        return wrong(element, fmt::format("it has both {} and <resource_set>, expected one form", name));
    }
    if (!sets && !(element.has(first) && element.has(second))) {
      wrong(element, fmt::format("expected {} and {}, or <resource_set>", first, second));
    }
    if (element.has(names::kScore) && element.has("kind"))
      wrong(element, "it has both score and kind, expected one of them");
  }

  // Roles of sets are said by the sets.
  void check_no_role_beside_sets(const Element& element, std::string_view name) {
    if (element.has(name) && element.first_child(names::kResourceSet)) {
      wrong(element, fmt::format("it has both {} and <resource_set>, expected one form", name));
    }
  }

  void check_ticket(const Element& element) {
    const bool sets = static_cast<bool>(element.first_child(names::kResourceSet));
    if (sets == element.has(names::kRsc)) wrong(element, "expected either rsc or <resource_set>");
    check_no_role_beside_sets(element, "rsc-role");
  }

  const Document& document_;
  Schema schema_;
  std::size_t limit_;
  std::vector<Error> errors_;
  std::unordered_set<std::string_view> ids_;
  std::vector<std::pair<Element, Name>> references_;
};

}  // namespace

Schema declared_schema(const Document& document) {
  const std::string_view declared = document.root().value(names::kValidateWith);
  if (!declared.starts_with("pacemaker-")) return Schema::kBefore3;
  const std::string_view version = declared.substr(10);
  if (compare_versions(version, "3.0") < 0) return Schema::kBefore3;
  return compare_versions(version, "4.0") < 0 ? Schema::kBefore4 : Schema::k4;
}

std::vector<Error> validate(const Document& document, Schema schema, std::size_t limit) {
  return Validator(document, schema, limit).run();
}

}  // namespace simcluster::cib
