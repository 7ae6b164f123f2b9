// Conversion from pacemaker-3.10 to 4.0 (S1 C-1.11, C-1.12). The numbers are the steps of C-1.12.
//
// The rule expands every id-ref before the other steps and folds the copies again afterwards. Here references stay, and
// only those are expanded whose target the steps have dropped; the result is the same.
#include <algorithm>
#include <unordered_set>

#include <fmt/core.h>

#include "engine/cib/upgrade_steps.h"
#include "engine/cib/values.h"

namespace simcluster::cib {
namespace {

constexpr std::string_view kPrefix = "pcmk__3_10_upgrade-";

bool is_block(const Element& element) {
  return element.is(names::kClusterPropertySet) || element.is(names::kInstanceAttributes) ||
         element.is(names::kMetaAttributes) || element.is(names::kUtilization);
}

bool is_gone_property(std::string_view name) {
  return name == "crmd-finalization-timeout" || name == "crmd-integration-timeout" || name == "crmd-transition-delay" ||
         name == "remove-after-stop";
}

bool is_gone_class(std::string_view text) {
  return equal_ignoring_case(text, "nagios") || equal_ignoring_case(text, "upstart");
}

// A pair whose name the newest schema does not accept where it stands.
bool is_gone_pair(const Element& pair) {
  const Element set = pair.parent();
  const std::string_view name = pair.value(names::kName);
  if (set.is(names::kClusterPropertySet)) {
    return is_gone_property(name) || (name == "stonith-action" && pair.value(names::kValue) == "poweroff");
  }
  if (!set.is(names::kMetaAttributes)) return false;
  const bool of_operation = set.parent().is(names::kOp) || set.parent().is(names::kOpDefaults);
  return of_operation ? name == "can_fail" || name == "role_after_failure" : name == "restart-type";
}

class Converter {
 public:
  explicit Converter(Document& document)
      : original_(document), document_(document), configuration_(document.find_path("configuration")) {}

  void run() {
    separate_named_references();  // 1
    sort_blocks();                // 2
    drop_and_rename();            // 3
    keep_effective_pairs();       // 4
    convert_nodes();
    convert_masters();
    split_locations();
    convert_lifetimes();       // 5
    drop_gone_resources();     // 6
    expand_lost_references();  // 7
  }

 private:
  // Ids of all elements that fit; the document may change while they are worked on.
  template <class Fits>
  std::vector<MutableElement> find(Fits fits) {
    std::vector<MutableElement> found;
    for (Element at = configuration_; at; at = at.next_in(configuration_)) {
      if (fits(at)) found.push_back(document_.edit(at));
    }
    return found;
  }

  void separate_named_references() {
    for (MutableElement pair :
         find([](const Element& e) { return e.is(names::kNvpair) && e.has(names::kIdRef) && e.has(names::kName); })) {
      const std::string reference(pair.value(names::kIdRef));
      const std::string name(pair.value(names::kName));
      const Element target = document_.find_unique_id(names::kNvpair, reference);
      const std::string value(target.value(names::kValue));
      pair.remove_all_attributes();
      pair.set_attribute(names::kId, fmt::format("{}{}-{}", kPrefix, reference, name))
          .set_attribute(names::kName, name);
      if (target.has(names::kValue)) pair.set_attribute(names::kValue, value);
    }
  }

  // The block itself, or the one that it refers to.
  Element resolved(const Element& element) const {
    const auto reference = element.attribute(names::kIdRef);
    return reference ? element.document().find_unique_id(element.name_id(), *reference) : element;
  }

  void sort_blocks() {
    for (MutableElement parent : find([](const Element& e) { return !is_block(e) && e.first_child(); })) {
      std::vector<MutableElement> blocks;
      for (const MutableElement child : parent.children()) {
        if (is_block(child)) blocks.push_back(child);
      }
      const auto rank = [&](const Element& block) {
        const Element real = resolved(block);
        if (real.is(names::kClusterPropertySet) && real.id() == "cib-bootstrap-options") return kInfinity + 1;
        return parse_score(real.value(names::kScore)).value_or(0);
      };
      std::stable_sort(blocks.begin(), blocks.end(),
                       [&](const Element& a, const Element& b) { return rank(a) > rank(b); });
      for (const MutableElement& block : blocks) MutableElement(block).move(parent, Element());
    }
  }

  void drop_and_rename() {
    for (MutableElement e : find([](const Element& x) {
           return x.is(names::kNvpair) || x.is(names::kDateSpec) || x.is(names::kFencingLevel);
         })) {
      if (e.is(names::kDateSpec)) {
        e.remove_attribute("moon");
      } else if (e.is(names::kFencingLevel)) {
        const auto index = parse_integer(e.value("index"));
        if (index && index->value > 9) e.remove();
      } else {
        drop_or_rename_pair(e);
      }
    }
  }

  void drop_or_rename_pair(MutableElement pair) {
    if (!pair.has(names::kIdRef) && !pair.has(names::kValue)) return pair.remove();
    if (!is_gone_pair(pair)) return;
    const std::string_view name = pair.value(names::kName);
    if (name == "crmd-finalization-timeout") {
      pair.set_attribute(names::kName, "join-finalization-timeout");
    } else if (name == "crmd-integration-timeout") {
      pair.set_attribute(names::kName, "join-integration-timeout");
    } else if (name == "crmd-transition-delay") {
      pair.set_attribute(names::kName, "transition-delay");
    } else if (name == "stonith-action") {
      pair.set_attribute(names::kValue, "off");
    } else {
      pair.remove();
    }
  }

  // Of the pairs of one name in a set: the first behind the last #default, else that #default, else the first.
  void keep_effective_pairs() {
    for (MutableElement set : find([](const Element& e) { return is_block(e); })) {
      std::vector<MutableElement> pairs;
      for (const MutableElement child : set.children(names::kNvpair)) pairs.push_back(child);
      std::unordered_set<std::string_view> done;
      for (const MutableElement& first : pairs) {
        const std::string_view name = resolved(first).value(names::kName);
        if (!done.insert(name).second) continue;
        MutableElement keep;
        bool keep_is_default = false;
        for (const MutableElement& pair : pairs) {
          const Element real = resolved(pair);
          if (!real || real.value(names::kName) != name) continue;
          const bool is_default = equal_ignoring_case(real.value(names::kValue), "#default");
          if (!keep || is_default || keep_is_default) {
            keep = pair;
            keep_is_default = is_default;
          }
        }
        for (const MutableElement& pair : pairs) {
          if (pair != keep && resolved(pair).value(names::kName) == name) lost_.push_back(pair);
        }
      }
      for (MutableElement& pair : lost_) pair.remove();
      lost_.clear();
    }
  }

  void convert_nodes() {
    for (MutableElement node :
         find([](const Element& e) { return e.is(names::kNode) && e.value(names::kType) == "ping"; })) {
      node.set_attribute(names::kType, "member");
      const std::string uname(node.value(names::kUname));
      MutableElement(configuration_.first_child(names::kConstraints))
          .append_child(names::kRscLocation)
          .set_attribute(names::kId, fmt::format("{}ping-node-ban-{}", kPrefix, uname))
          .set_attribute(names::kRscPattern, ".*")
          .set_attribute(names::kNode, uname)
          .set_attribute(names::kScore, "-INFINITY")
          .set_attribute("resource-discovery", "never");
    }
  }

  void convert_masters() {
    for (MutableElement master : find([](const Element& e) { return e.is(names::kMaster); })) {
      master.rename("clone");
      Element first_block = master.first_child();
      while (first_block && !is_block(first_block)) first_block = first_block.next_sibling();
      MutableElement set = master.insert_child("meta_attributes", first_block);
      const std::string id = fmt::format("{}promotable-legacy-{}-meta_attributes", kPrefix, master.id());
      set.set_attribute(names::kId, id).set_attribute(names::kScore, "INFINITY");
      set.append_child(names::kNvpair)
          .set_attribute(names::kId, fmt::format("{}-promotable", id))
          .set_attribute(names::kName, "promotable")
          .set_attribute(names::kValue, "true");
    }
    for (MutableElement container :
         find([](const Element& e) { return e.parent().is(names::kBundle) && e.has("masters"); })) {
      const std::string value(container.value("masters"));
      container.remove_attribute("masters");
      if (!container.has("promoted-max")) container.set_attribute("promoted-max", value);
    }
  }

  // Several rules: one constraint each. Sets and lifetimes of the later ones refer to those of the first.
  void split_locations() {
    const auto several_rules = [](const Element& e) {
      if (!e.is(names::kRscLocation)) return false;
      const Element first = e.first_child(names::kRule);
      return first && first.next_sibling(names::kRule);
    };
    for (MutableElement location : find(several_rules)) {
      std::vector<MutableElement> rules;
      for (const MutableElement rule : location.children(names::kRule)) rules.push_back(rule);
      const std::string id(location.id());
      MutableElement parent = location.parent();
      for (std::size_t i = 0; i < rules.size(); ++i) {
        MutableElement made = parent.insert_child("rsc_location", location);
        for (const Attribute attribute : location.attributes()) made.set_attribute(attribute.name_id, attribute.value);
        made.set_attribute(names::kId, fmt::format("{}{}-{}", kPrefix, id, i + 1));
        for (const MutableElement child : location.children()) {
          if (child.is(names::kRule)) continue;
          copy_or_refer(made, child, i == 0);
        }
        rules[i].move(made, Element());
      }
      location.remove();
    }
  }

  void copy_or_refer(MutableElement owner, const Element& source, bool copy) {
    if (copy || !source.has(names::kId)) {
      MutableElement made = owner.append_copy(source);
      if (copy) return;
      for (const MutableElement rule : made.children(names::kRule)) {
        const std::string id(rule.id());
        MutableElement(rule).remove();
        made.append_child(names::kRule).set_attribute(names::kIdRef, id);
      }
      return;
    }
    owner.append_child(source.name()).set_attribute(names::kIdRef, source.id());
  }

  void convert_lifetimes() {
    for (MutableElement lifetime : find([](const Element& e) { return e.is("lifetime"); })) {
      const MutableElement constraint = lifetime.parent();
      if (constraint.is(names::kRscLocation)) convert_location_lifetime(constraint, lifetime);
      lifetime.remove();
    }
  }

  void convert_location_lifetime(MutableElement location, MutableElement lifetime) {
    const std::string id(location.id());
    const auto new_rule = [&](MutableElement owner, std::string_view suffix, std::string_view operation) {
      MutableElement rule = owner.append_child(names::kRule);
      rule.set_attribute(names::kId, fmt::format("{}{}-{}", kPrefix, id, suffix));
      if (!operation.empty()) rule.set_attribute(names::kBooleanOp, operation);
      return rule;
    };
    MutableElement existing = location.first_child(names::kRule);
    MutableElement outer = new_rule(location, "lifetime-and-rule", "and");
    std::vector<MutableElement> rules;
    for (const MutableElement rule : lifetime.children(names::kRule)) rules.push_back(rule);
    MutableElement owner = rules.size() > 1 ? new_rule(outer, "lifetime-or-rule", "or") : outer;
    for (MutableElement& rule : rules) rule.move(owner, Element());
    if (existing) {
      existing.move(outer, Element());
      return;
    }
    MutableElement rule = new_rule(outer, "node-score-rule", "");
    rule.set_attribute(names::kScore, std::string(location.value(names::kScore)));
    rule.append_child(names::kExpression)
        .set_attribute(names::kId, fmt::format("{}{}-node-score-expr", kPrefix, id))
        .set_attribute(names::kAttribute, "#uname")
        .set_attribute(names::kOperation, "eq")
        .set_attribute(names::kValue, std::string(location.value(names::kNode)));
    location.remove_attribute(names::kScore);
    location.remove_attribute(names::kNode);
  }

  void drop_gone_resources() {
    std::unordered_set<std::string> gone;
    const auto drop = [&](MutableElement element) {
      for (Element at = element; at; at = at.next_in(element)) gone.emplace(at.id());
      element.remove();
    };
    for (MutableElement e :
         find([](const Element& x) { return x.is(names::kTemplate) && is_gone_class(x.value(names::kClass)); }))
      drop(e);
    const auto is_gone = [&](const Element& e) {
      if (e.is(names::kBundle)) return static_cast<bool>(e.first_child("rkt"));
      return e.is(names::kPrimitive) &&
             (is_gone_class(e.value(names::kClass)) || gone.contains(std::string(e.value(names::kTemplate))));
    };
    for (MutableElement e : find(is_gone)) {
      if (e.parent()) drop(e);
    }
    for (const Name kind : {names::kGroup, names::kClone}) {
      for (MutableElement e : find([&](const Element& x) {
             return x.is(kind) && !x.first_child(names::kPrimitive) && !x.first_child(names::kGroup);
           }))
        drop(e);
    }
    gone.erase("");
    if (!gone.empty()) drop_references_to(gone);
  }

  void drop_references_to(const std::unordered_set<std::string>& gone) {
    for (MutableElement e : find([](const Element& x) { return x.is(names::kResourceRef) || x.is(names::kObjRef); })) {
      if (!gone.contains(std::string(e.id()))) continue;
      MutableElement owner = e.parent();
      e.remove();
      while (owner && !owner.first_child() &&
             (owner.is(names::kResourceSet) || owner.is(names::kTag) || owner.parent().is(names::kConstraints))) {
        MutableElement above = owner.parent();
        owner.remove();
        owner = above;
      }
    }
    const MutableElement constraints = configuration_.first_child(names::kConstraints);
    for (const MutableElement constraint : constraints.children()) {
      for (const Name name : {names::kRsc, names::kWithRsc, names::kFirst, names::kThen}) {
        if (!constraint.has(name) || !gone.contains(std::string(constraint.value(name)))) continue;
        MutableElement(constraint).remove();
        break;
      }
    }
  }

  void expand_lost_references() {
    for (MutableElement element : find([](const Element& e) { return e.has(names::kIdRef); })) {
      const std::string reference(element.value(names::kIdRef));
      if (document_.find_id(element.name_id(), reference)) continue;
      const Element target = original_.find_id(original_.find_name(element.name()), reference);
      if (!target) continue;
      MutableElement parent = element.parent();
      parent.insert_copy(target, element);
      element.remove();
    }
  }

  const Document original_;
  Document& document_;
  MutableElement configuration_;
  std::vector<MutableElement> lost_;
};

}  // namespace

bool has_names_gone_in_4_0(const Document& document) {
  const Element configuration = document.find_path("configuration");
  for (Element at = configuration; at; at = at.next_in(configuration)) {
    if (at.is(names::kNvpair) && is_gone_pair(at)) return true;
  }
  return false;
}

void convert_to_4_0(Document& document) { Converter(document).run(); }

}  // namespace simcluster::cib
