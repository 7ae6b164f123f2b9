#include "engine/cib/validate.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/compiled_grammar.h"
#include "engine/cib/validate_forms.h"
#include "engine/cib/values.h"

namespace simcluster::cib {
namespace {

constexpr std::string_view kCameTooLate =
    "came with pacemaker-3.0, but other parts of the configuration were gone then";

class Validator {
 public:
  Validator(const Document& document, Schema schema, std::size_t limit)
      : document_(document), schema_(schema), findings_(limit) {}

  std::vector<Error> run() {
    const Element root = document_.root();
    if (!root || root.name() != "cib") {
      findings_.add({fmt::format("the root element is <{}>, expected <cib>", root ? root.name() : ""),
                     root ? root.place() : SourcePlace{document_.file_name(), 0, 0}});
      return std::move(findings_).sorted();
    }
    for (const SourcePlace& place : document_.character_data()) {
      findings_.add({"a CDATA section with text cannot stand here", place});
    }
    check(root, compiled_production("cib"));
    for (const auto& [element, name] : references_) {
      if (findings_.full()) break;
      const std::string_view target = element.value(name);
      if (!ids_.contains(target)) {
        wrong(element, fmt::format("{} refers to \"{}\", but the configuration has no such id",
                                   document_.name_text(name), target));
      }
    }
    return std::move(findings_).sorted();
  }

 private:
  void wrong(const Element& element, const std::string& message) { findings_.wrong(element, message); }

  void check(const Element& element, const CompiledProduction& production) {
    if (findings_.full()) return;
    check_attributes(element, production);
    if (production.name == "status") return;  // any content
    check_children(element, production);
    check_form(element, schema_, findings_);
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

  const Document& document_;
  Schema schema_;
  Findings findings_;
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
