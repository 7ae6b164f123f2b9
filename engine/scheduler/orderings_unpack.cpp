// `rsc_order` (S1 chapter 14, S5 F.2).
#include <algorithm>
#include <string>

#include "engine/cib/values.h"
#include "engine/scheduler/constraint_sets.h"
#include "engine/scheduler/constraints_unpack.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

enum class Kind : std::uint8_t { kMandatory, kOptional, kSerialize };
enum class Mode : std::uint8_t { kAsymmetric, kSymmetric, kInverse };

using OptionalText = std::optional<std::string_view>;

// S1 C-14.2. Nothing: neither kind nor score is given.
std::optional<Kind> own_kind(const Model& model, std::string_view id, OptionalText kind, OptionalText score) {
  if (kind) {
    if (*kind == "Optional") return Kind::kOptional;
    if (*kind == "Serialize") return Kind::kSerialize;
    if (*kind != "Mandatory") {
      log(model, LogLevel::kError, "get_ordering_type",
          "Resetting 'kind' for constraint {} to 'Mandatory' because '{}' is not valid", id, *kind);
    }
    return Kind::kMandatory;
  }
  if (!score) return std::nullopt;
  return parse_score(*score, model.options.health).value_or(0) == 0 ? Kind::kOptional : Kind::kMandatory;
}

// S1 C-14.3.
Mode symmetry(const Model& model, std::string_view id, Kind kind, OptionalText own, OptionalText inherited) {
  std::optional<bool> symmetrical;
  if (own) {
    symmetrical = cib::is_true(own);
  } else if (inherited) {
    symmetrical = cib::is_true(inherited);
  }
  if (kind == Kind::kSerialize) {
    if (symmetrical.value_or(false)) {
      log(model, LogLevel::kWarning, "get_ordering_symmetry",
          "Ignoring symmetrical for '{}' because not valid with kind of 'Serialize'", id);
    }
    return Mode::kAsymmetric;
  }
  return symmetrical.value_or(true) ? Mode::kSymmetric : Mode::kAsymmetric;
}

// S1 C-14.4.
RelationFlags flags_for(Kind kind, std::string_view first_action, Mode mode) {
  if (kind == Kind::kOptional) return relation::kOrdered;
  if (kind == Kind::kSerialize) return relation::kSerialize;
  if (mode == Mode::kAsymmetric) return relation::kOrdered | relation::kAsymmetric;
  if (mode == Mode::kInverse) return relation::kOrdered | relation::kThenImpliesFirst;
  RelationFlags flags = relation::kOrdered | relation::kFirstImpliesThen;
  if (first_action == "start" || first_action == "promote" || first_action == "migrate_from") {
    flags |= relation::kUnrunnableFirstBlocks;
  }
  return flags;
}

// S1 C-14.5; empty: none.
std::string_view inverse(std::string_view action) {
  static constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
      {"start", "stop"}, {"promote", "demote"}, {"promoted", "demoted"}, {"running", "stopped"}};
  for (const auto& [a, b] : kPairs) {
    if (action == a) return b;
    if (action == b) return a;
  }
  return {};
}

class OrderReader {
 public:
  OrderReader(Model& model, const cib::Element& xml)
      : model_(model),
        xml_(xml),
        kind_(own_kind(model, xml.id(), xml.attribute("kind"), xml.attribute(kScore)).value_or(Kind::kMandatory)),
        mode_(symmetry(model, xml.id(), kind_, xml.attribute("symmetrical"), {})) {}

  void read() {
    bool expanded = false;
    std::vector<ConstraintSet> sets = read_sets(model_, xml_, expanded);
    if (!expanded && !convert_lists(sets)) return;
    if (sets.empty()) {
      read_simple();
      return;
    }
    const Members* previous = nullptr;
    std::vector<Members> resolved;
    resolved.reserve(sets.size());
    for (const ConstraintSet& set : sets) {
      resolved.push_back({&set, {}});
      if (!resolve(resolved.back())) return;
      read_inside(resolved.back());
      if (previous != nullptr) {
        read_between(*previous, resolved.back(), mode_);
        if (mode_ == Mode::kSymmetric) read_between(resolved.back(), *previous, Mode::kInverse);
      }
      previous = &resolved.back();
    }
  }

 private:
  struct Members {
    const ConstraintSet* set;
    std::vector<ResourceId> resources;
  };

  // S1 C-14.6. False: the constraint is ignored.
  bool convert_lists(std::vector<ConstraintSet>& sets) const {
    const auto first = xml_.attribute(kFirst);
    const auto then = xml_.attribute(kThen);
    if (!first || !then) return true;
    const std::vector<std::string_view>* members = nullptr;
    const ReferenceKind a = resolve_constraint_name(model_, *first, &members);
    const ReferenceKind b = resolve_constraint_name(model_, *then, &members);
    if (a == ReferenceKind::kUnknown || b == ReferenceKind::kUnknown) {
      tell_unknown_reference(model_, "unpack_order_tags", xml_.id(), a == ReferenceKind::kUnknown ? *first : *then);
      return false;
    }
    if (a == ReferenceKind::kResource && b == ReferenceKind::kResource) return true;
    sets.push_back(make_set(model_, *first, {}, xml_.attribute("first-action")));
    sets.push_back(make_set(model_, *then, {}, xml_.attribute("then-action")));
    return true;
  }

  bool resolve(Members& members) const {
    for (const std::string_view name : members.set->members) {
      const ResourceId id = find_constraint_resource(model_, name);
      if (!id.valid()) {
        log(model_, LogLevel::kError, "unpack_order_set", "{}: No resource found for {}", members.set->id, name);
        return false;
      }
      members.resources.push_back(id);
    }
    return true;
  }

  void add(ResourceId first, std::string_view first_action, ResourceId then, std::string_view then_action,
           RelationFlags flags) {
    if (model_.recorder) model_.recorder->orderings.push_back({xml_.id(), first, then});
    order(model_, side(model_, first, first_action), side(model_, then, then_action), flags);
  }

  // S1 C-14.7: how many instances of the first must run; 0: no such rule.
  int minimum_instances(const Resource& first) const {
    if (!first.is_clone()) return 0;
    if (first.meta.contains("clone-min")) return first.clone->clone_min;
    const auto require_all = xml_.attribute("require-all");
    if (!require_all) return 0;
    if (logs(model_, LogLevel::kWarning)) {
      model_.log->write_once(LogLevel::kWarning, "get_minimum_first_instances",
                             "Support for require-all in ordering constraints is deprecated and will be removed in a "
                             "future release (use clone-min clone meta-attribute instead)");
    }
    return cib::is_true(require_all) ? 0 : 1;
  }

  void read_simple() {
    const auto first_name = xml_.attribute(kFirst);
    const auto then_name = xml_.attribute(kThen);
    if (!first_name || !then_name) return;
    const ResourceId first = find_constraint_resource(model_, *first_name);
    const ResourceId then = find_constraint_resource(model_, *then_name);
    if (!first.valid() || !then.valid()) return;
    const std::string_view first_action = xml_.value("first-action", "start");
    const std::string_view then_action = xml_.value("then-action", first_action);
    const RelationFlags flags = flags_for(kind_, first_action, mode_);
    const int minimum = minimum_instances(model_.resource(first));
    if (minimum > 0) {
      const ActionId pseudo = make_pseudo("clone-one-or-more:" + std::string(xml_.id()), minimum);
      order_any_of(model_.resource(first).children, first_action, pseudo);
      order(model_, side(model_, pseudo), side(model_, then, then_action), flags | relation::kUnrunnableFirstBlocks);
    } else {
      add(first, first_action, then, then_action, flags);
    }
    if (mode_ != Mode::kSymmetric) return;
    const std::string_view back_first = inverse(then_action);
    const std::string_view back_then = inverse(first_action);
    if (back_first.empty() || back_then.empty()) {
      log(model_, LogLevel::kWarning, "inverse_ordering",
          "Cannot invert constraint '{}' (please specify inverse manually)", xml_.id());
      return;
    }
    add(then, back_first, first, back_then, flags_for(kind_, back_first, Mode::kInverse));
  }

  ActionId make_pseudo(const std::string& name, int minimum) {
    Action& pseudo = request_pseudo(model_, name);
    pseudo.required_before = minimum;
    return pseudo.self;
  }

  void order_any_of(const std::vector<ResourceId>& firsts, std::string_view action, ActionId pseudo) {
    for (const ResourceId first : firsts) {
      order(model_, side(model_, first, action), side(model_, pseudo),
            relation::kMinRunnable | relation::kFirstImpliesThenGraphed);
    }
  }

  // S1 C-14.9.
  void read_inside(const Members& members) {
    const ConstraintSet& set = *members.set;
    const std::vector<ResourceId>& list = members.resources;
    if (list.size() < 2) return;
    const std::string_view action = set.action.value_or("start");
    const std::optional<Kind> own = own_kind(model_, set.id, set.attribute("kind"), set.attribute("score"));
    const Kind kind = own_kind(model_, set.id, set.attribute("kind"), {}).value_or(kind_);
    const Mode mode =
        symmetry(model_, set.id, own.value_or(kind_), set.attribute("symmetrical"), xml_.attribute("symmetrical"));
    const bool sequential = !set.sequential || cib::is_true(set.sequential);
    const RelationFlags flags = flags_for(kind, action, mode);
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (kind == Kind::kSerialize) {
        for (std::size_t j = i + 1; j < list.size(); ++j) add(list[i], action, list[j], action, flags);
      } else if (sequential && i > 0) {
        add(list[i - 1], action, list[i], action, flags);
      }
    }
    const std::string_view back = inverse(action);
    if (mode == Mode::kAsymmetric || !sequential || back.empty()) return;
    const RelationFlags back_flags = flags_for(kind, back, Mode::kInverse);
    for (std::size_t i = 1; i < list.size(); ++i) add(list[i], back, list[i - 1], back, back_flags);
  }

  // S1 C-14.10: members that stand for a set.
  static std::vector<ResourceId> representatives(const Members& members, bool last) {
    const auto sequential = members.set->sequential;
    if (members.resources.empty() || !sequential || !cib::is_true(sequential)) return members.resources;
    return {last ? members.resources.back() : members.resources.front()};
  }

  void read_between(const Members& x, const Members& y, Mode mode) {
    std::string_view x_action = x.set->action.value_or("start");
    std::string_view y_action = y.set->action.value_or("start");
    if (mode == Mode::kInverse) {
      x_action = inverse(x_action);
      y_action = inverse(y_action);
      if (x_action.empty() || y_action.empty()) return;
    }
    bool require_all = true;
    if (const auto text = x.set->attribute("require-all")) require_all = cib::parse_bool(*text).value_or(true);
    if (x_action == "stop" || x_action == "demote") require_all = true;
    const RelationFlags flags = flags_for(kind_, x_action, mode);
    if (!require_all) {
      const ActionId pseudo = make_pseudo("one-or-more:" + std::string(x.set->id), 1);
      order_any_of(x.resources, x_action, pseudo);
      for (const ResourceId then : y.resources) {
        order(model_, side(model_, pseudo), side(model_, then, y_action), flags | relation::kUnrunnableFirstBlocks);
      }
      return;
    }
    const bool forward = mode != Mode::kInverse;
    const std::vector<ResourceId> thens = representatives(y, !forward);
    for (const ResourceId first : representatives(x, forward)) {
      for (const ResourceId then : thens) add(first, x_action, then, y_action, flags);
    }
  }

  Model& model_;
  const cib::Element xml_;
  const Kind kind_;
  const Mode mode_;
};

}  // namespace

void unpack_order(Model& model, const cib::Element& xml) { OrderReader(model, xml).read(); }

}  // namespace simcluster::scheduler
