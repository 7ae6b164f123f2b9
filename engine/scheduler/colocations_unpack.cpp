// `rsc_colocation` (S1 chapter 15).
#include "engine/cib/values.h"
#include "engine/scheduler/constraint_sets.h"
#include "engine/scheduler/constraints_unpack.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

bool is_explicitly_false(std::optional<std::string_view> text) {
  if (!text) return false;
  const auto value = cib::parse_bool(*text);
  return value && !*value;
}

class ColocationReader {
 public:
  ColocationReader(Model& model, const cib::Element& xml) : model_(model), xml_(xml) {}

  void read() {
    bool expanded = false;
    std::vector<ConstraintSet> sets = read_sets(model_, xml_, expanded);
    if (!expanded && !convert_lists(sets)) return;
    const auto text = xml_.attribute(kScore);
    if (text) {
      const auto score = parse_score(*text, model_.options.health);
      if (!score) return;
      score_ = *score;
    }
    if (sets.empty()) {
      read_simple();
      return;
    }
    for (std::size_t i = 0; i < sets.size(); ++i) {
      if (sets[i].id.empty()) continue;
      read_inside(sets[i]);
      if (i > 0) read_between(sets[i - 1], sets[i]);
    }
  }

 private:
  // S1 C-15.5. False: the constraint is ignored.
  bool convert_lists(std::vector<ConstraintSet>& sets) const {
    const auto dependent = xml_.attribute(kRsc);
    const auto primary = xml_.attribute(kWithRsc);
    if (!dependent || !primary) return true;
    const std::vector<std::string_view>* members = nullptr;
    const ReferenceKind first = resolve_constraint_name(model_, *dependent, &members);
    const ReferenceKind second = resolve_constraint_name(model_, *primary, &members);
    if (first == ReferenceKind::kUnknown || second == ReferenceKind::kUnknown) {
      tell_unknown_reference(model_, "unpack_colocation_tags", xml_.id(),
                             first == ReferenceKind::kUnknown ? *dependent : *primary);
      return false;
    }
    if (first == ReferenceKind::kList && second == ReferenceKind::kList) {
      log(model_, LogLevel::kError, "unpack_colocation_tags",
          "Ignoring constraint '{}' because two templates or tags cannot be colocated", xml_.id());
      return false;
    }
    if (first == ReferenceKind::kResource && second == ReferenceKind::kResource) return true;
    sets.push_back(make_set(model_, *dependent, xml_.attribute("rsc-role"), {}));
    sets.push_back(make_set(model_, *primary, xml_.attribute("with-rsc-role"), {}));
    return true;
  }

  bool influence(ResourceId owner) const {
    if (const auto text = xml_.attribute("influence")) {
      if (const auto value = cib::parse_bool(*text)) return *value;
    }
    return model_.resource(owner).critical;
  }

  // S1 C-15.1. False: the role is invalid.
  static bool parse_colocation_role(std::optional<std::string_view> text, Role& role) {
    role = Role::kUnknown;
    if (!text) return true;
    role = parse_role(*text);
    if (role == Role::kUnknown) return equal_ignoring_case(*text, "Unknown");
    if (role == Role::kStarted) role = Role::kUnknown;
    return true;
  }

  void add(std::string_view id, ResourceId dependent, ResourceId primary, Score score,
           std::optional<std::string_view> dependent_role, std::optional<std::string_view> primary_role,
           ResourceId owner, std::string_view attribute = "#uname") {
    Colocation colocation;
    colocation.id = id;
    colocation.dependent = dependent;
    colocation.primary = primary;
    colocation.score = score;
    if (!parse_colocation_role(dependent_role, colocation.dependent_role) ||
        !parse_colocation_role(primary_role, colocation.primary_role)) {
      return;
    }
    colocation.node_attribute = attribute;
    colocation.influence = influence(owner);
    colocation.explicit_ = true;
    add_colocation(model_, colocation);
  }

  // S1 C-15.6.
  void read_simple() {
    const auto rsc = xml_.attribute(kRsc);
    const auto with = xml_.attribute(kWithRsc);
    if (!rsc || !with) return;
    const ResourceId dependent = find_constraint_resource(model_, *rsc);
    const ResourceId primary = find_constraint_resource(model_, *with);
    if (!dependent.valid() || !primary.valid()) return;
    add(xml_.id(), dependent, primary, score_, xml_.attribute("rsc-role"), xml_.attribute("with-rsc-role"), dependent,
        xml_.value("node-attribute", "#uname"));
  }

  // S1 C-15.8.
  void read_inside(const ConstraintSet& set) {
    Score score = score_;
    if (const auto text = set.attribute("score")) {
      const auto own = parse_score(*text, model_.options.health);
      if (!own) return;
      score = *own;
    }
    if (score == 0 || is_explicitly_false(set.sequential)) return;
    const auto ordering = set.attribute("ordering");
    const bool listed = ordering && !equal_ignoring_case(*ordering, "group");
    std::vector<ResourceId> earlier;
    for (const std::string_view name : set.members) {
      const ResourceId member = find_constraint_resource(model_, name);
      if (!member.valid()) return;
      if (score < 0) {
        for (const ResourceId other : earlier) add(set.id, member, other, score, set.role, set.role, member);
      } else if (!earlier.empty()) {
        const ResourceId previous = earlier.back();
        add(set.id, listed ? previous : member, listed ? member : previous, score, set.role, set.role, member);
      }
      earlier.push_back(member);
    }
  }

  // The members that stand for a set towards another one: one end if sequential, else all (S1 C-15.9).
  static std::vector<std::string_view> representatives(const ConstraintSet& set, bool first) {
    if (set.members.empty() || is_explicitly_false(set.sequential)) return set.members;
    return {first ? set.members.front() : set.members.back()};
  }

  void read_between(const ConstraintSet& dependents, const ConstraintSet& primaries) {
    if (score_ == 0) return;
    for (const std::string_view x : representatives(dependents, true)) {
      const ResourceId dependent = find_constraint_resource(model_, x);
      if (!dependent.valid()) return;
      for (const std::string_view y : representatives(primaries, false)) {
        const ResourceId primary = find_constraint_resource(model_, y);
        if (!primary.valid()) return;
        add(xml_.id(), dependent, primary, score_, dependents.role, primaries.role, dependent);
      }
    }
  }

  Model& model_;
  const cib::Element xml_;
  Score score_ = 0;
};

}  // namespace

void unpack_colocation(Model& model, const cib::Element& xml) { ColocationReader(model, xml).read(); }

}  // namespace simcluster::scheduler
