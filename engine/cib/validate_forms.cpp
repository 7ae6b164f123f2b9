#include "engine/cib/validate_forms.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/upgrade_steps.h"
#include "engine/cib/values.h"

namespace simcluster::cib {
namespace {

class FormCheck {
 public:
  FormCheck(Schema schema, Findings& findings) : schema_(schema), findings_(findings) {}

  void check(const Element& element) {
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

 private:
  void wrong(const Element& element, const std::string& message) { findings_.wrong(element, message); }

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
    if (schema_ >= Schema::kBefore4 && gone_with_3_0(element)) {
      wrong(element, fmt::format("the name \"{}\" went with pacemaker-3.0", element.value(names::kName)));
    }
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

  Schema schema_;
  Findings& findings_;
};

}  // namespace

void Findings::wrong(const Element& element, const std::string& message) {
  const std::string_view id = element.id();
  add({fmt::format("element <{}>{}: {}", element.name(), id.empty() ? "" : fmt::format(" \"{}\"", id), message),
       element.place()});
}

void Findings::add(Error error) {
  if (!full()) errors_.push_back(std::move(error));
}

std::vector<Error> Findings::sorted() && {
  std::stable_sort(errors_.begin(), errors_.end(), [](const Error& a, const Error& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  return std::move(errors_);
}

void check_form(const Element& element, Schema schema, Findings& findings) {
  FormCheck(schema, findings).check(element);
}

}  // namespace simcluster::cib
