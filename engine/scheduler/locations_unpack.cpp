// `rsc_location` (S1 chapter 13).
#include <algorithm>
#include <array>
#include <string>

#include <regex.h>

#include "engine/scheduler/constraint_sets.h"
#include "engine/scheduler/constraints_unpack.h"
#include "engine/scheduler/evaluate.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

// S1 C-13.6. False: invalid.
bool parse_location_role(std::optional<std::string_view> text, Role& role) {
  role = Role::kUnknown;
  if (!text) return true;
  const Role parsed = parse_role(*text);
  if (parsed == Role::kUnknown) return false;
  if (parsed == Role::kStopped || parsed == Role::kPromoted) role = parsed;
  return true;
}

ProbeMode parse_discovery(std::string_view text) {
  if (equal_ignoring_case(text, "never")) return ProbeMode::kNever;
  return equal_ignoring_case(text, "exclusive") ? ProbeMode::kExclusive : ProbeMode::kAlways;
}

// %0 to %9 in names stand for submatches (S1 C-7.4 step 2).
std::string expand_submatches(std::string_view text, std::span<const std::string_view> matches) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9' && !matches.empty()) {
      const auto number = static_cast<std::size_t>(text[++i] - '0');
      if (number < matches.size()) result += matches[number];
    } else {
      result += text[i];
    }
  }
  return result;
}

using Submatches = std::span<const std::string_view>;

// One location element applied to the resources it names.
class LocationReader {
 public:
  LocationReader(Model& model, const cib::Element& xml) : model_(model), xml_(xml) {
    discovery_ = parse_discovery(xml.value("resource-discovery"));
  }

  void read() {
    bool expanded = false;
    std::vector<ConstraintSet> sets = read_sets(model_, xml_, expanded);
    const auto rsc = xml_.attribute(kRsc);
    std::optional<std::string_view> constraint_role = xml_.attribute(kRole);
    if (!expanded && rsc) {
      const std::vector<std::string_view>* members = nullptr;
      const ReferenceKind kind = resolve_constraint_name(model_, *rsc, &members);
      if (kind == ReferenceKind::kUnknown) {
        tell_unknown_reference(model_, "unpack_location_tags", xml_.id(), *rsc);
        return;
      }
      if (kind == ReferenceKind::kList) sets.push_back(make_set(model_, *rsc, constraint_role, {}));
    }
    if (!sets.empty()) {
      read_from_sets(sets);
      return;
    }
    if (rsc) add(find_constraint_resource(model_, *rsc), {}, {}, {});
    if (const auto pattern = xml_.attribute(kRscPattern)) read_pattern(*pattern);
  }

 private:
  void read_from_sets(const std::vector<ConstraintSet>& sets) {
    for (const ConstraintSet& set : sets) {
      for (const std::string_view name : set.members) {
        const ResourceId resource = find_constraint_resource(model_, name);
        if (!resource.valid()) {
          log(model_, LogLevel::kError, "unpack_location_set", "{}: No resource found for {}", set.id, name);
          return;
        }
        add(resource, set.role, set.attribute("score"), {});
      }
    }
  }

  // S1 C-13.3.
  void read_pattern(std::string_view pattern) {
    const bool invert = pattern.starts_with('!');
    if (invert) pattern.remove_prefix(1);
    regex_t regex;
    if (regcomp(&regex, std::string(pattern).c_str(), REG_EXTENDED) != 0) return;
    for (const ResourceId id : model_.top_level) {
      const std::string_view name = model_.resource(id).id;
      std::array<regmatch_t, 10> found{};
      const bool matched = regexec(&regex, std::string(name).c_str(), found.size(), found.data(), 0) == 0;
      if (matched == invert) continue;
      std::array<std::string_view, 10> texts{};
      for (std::size_t i = 0; matched && i < found.size(); ++i) {
        if (found[i].rm_so < 0) continue;
        texts[i] = name.substr(static_cast<std::size_t>(found[i].rm_so),
                               static_cast<std::size_t>(found[i].rm_eo - found[i].rm_so));
      }
      add(id, {}, {}, matched ? Submatches(texts) : Submatches());
    }
    regfree(&regex);
  }

  // S1 C-13.4.
  void add(ResourceId resource, std::optional<std::string_view> set_role, std::optional<std::string_view> set_score,
           Submatches matches) {
    const std::optional<std::string_view> score_text = set_score ? set_score : xml_.attribute(kScore);
    const auto node_name = xml_.attribute(kNode);
    if (!node_name || !score_text) {
      add_rule(resource, matches);
      return;
    }
    const NodeId node = find_node(model_, *node_name);
    const std::optional<Score> score = parse_score(*score_text, model_.options.health);
    Role role = Role::kUnknown;
    if (!node.valid() || !score || !parse_location_role(set_role ? set_role : xml_.attribute(kRole), role)) return;
    Location location{xml_.id(), resource, role, discovery_, {{node, *score}}, {}};
    store(std::move(location));
  }

  // S1 C-13.5.
  void add_rule(ResourceId resource, Submatches matches) {
    const cib::Element first = xml_.first_child(kRule);
    const cib::Element rule = resolve_reference(model_, first);
    if (!rule) {
      log(model_, LogLevel::kError, "unpack_rsc_location", "Ignoring constraint '{}' because it contains no rules",
          xml_.id());
      return;
    }
    Role role = Role::kUnknown;
    if (!parse_location_role(rule.attribute(kRole), role)) return;
    const std::string_view boolean_op = rule.value(kBooleanOp, "and");
    if (!equal_ignoring_case(boolean_op, "and") && !equal_ignoring_case(boolean_op, "or")) return;
    const auto attribute = rule.attribute("score-attribute");
    const auto text = rule.attribute(kScore);
    std::optional<Score> score;
    if (!attribute) {
      if (!text) {
        log(model_, LogLevel::kError, "generate_location_rule",
            "Ignoring location constraint rule {} because neither score nor score-attribute was specified", rule.id());
      }
      if (!text || !(score = parse_score(*text, model_.options.health))) return;
    }
    Location location{rule.id(), resource, role, discovery_, {}, {}};
    const std::string attribute_name = attribute ? expand_submatches(*attribute, matches) : std::string();
    for (const NodeId node : model_.node_order) {
      if (!passes(rule, resource, node, matches)) continue;
      const std::optional<Score> node_score = attribute ? score_from(attribute_name, resource, node) : score;
      if (node_score) location.nodes.emplace_back(node, *node_score);
    }
    std::reverse(location.nodes.begin(), location.nodes.end());  // matching nodes are prepended
    store(std::move(location));
  }

  bool passes(const cib::Element& rule, ResourceId id, NodeId node, Submatches matches) {
    const Resource& resource = model_.resource(id);
    EvaluationContext context;
    context.node = &model_.node(node);
    context.meta = &resource.meta;
    context.parameters = &resource_parameters(model_, resource, node);
    context.matches = matches;
    return evaluate_rule(model_, rule, context);
  }

  // S3: the value of a node attribute, of the host for guests where the resource wants it.
  std::optional<Score> score_from(const std::string& name, ResourceId id, NodeId node_id) {
    const Resource& resource = model_.resource(id);
    const Node* node = &model_.node(node_id);
    const std::string_view* target = resource.meta.find("container-attribute-target");
    if (target != nullptr && equal_ignoring_case(*target, "host") && is_guest(model_, *node)) {
      const Resource& launcher = model_.resource(model_.resource(node->connection).launcher);
      if (launcher.active.empty()) return std::nullopt;
      node = &model_.node(launcher.active.front());
    }
    const auto value = node_attribute(*node, name);
    if (!value || value->empty()) return std::nullopt;
    return parse_score(*value, model_.options.health);
  }

  void store(Location location) {
    if (discovery_ == ProbeMode::kExclusive) model_.resource(location.resource).exclusive_discovery = true;
    add_location(model_, std::move(location));
  }

  Model& model_;
  const cib::Element xml_;
  ProbeMode discovery_ = ProbeMode::kAlways;
};

}  // namespace

void unpack_location(Model& model, const cib::Element& xml) { LocationReader(model, xml).read(); }

}  // namespace simcluster::scheduler
