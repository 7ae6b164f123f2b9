#include "commands/cib_change.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "commands/exit_status.h"
#include "engine/cib/patch.h"
#include "engine/cib/upgrade.h"
#include "engine/cib/validate.h"
#include "engine/cib/values.h"
#include "engine/cib/xpath.h"

namespace simcluster::commands {

namespace {

using cib::Element;
using cib::MutableElement;

struct Section {
  std::string_view name;
  std::string_view path;  // below the root
};
constexpr std::array<Section, 13> kSections = {{
    {"configuration", "configuration"},
    {"status", "status"},
    {"crm_config", "configuration/crm_config"},
    {"nodes", "configuration/nodes"},
    {"resources", "configuration/resources"},
    {"constraints", "configuration/constraints"},
    {"rsc_defaults", "configuration/rsc_defaults"},
    {"op_defaults", "configuration/op_defaults"},
    {"acls", "configuration/acls"},
    {"fencing-topology", "configuration/fencing-topology"},
    {"tags", "configuration/tags"},
    {"alerts", "configuration/alerts"},
    {"cib", ""},
}};

const Section* section_named(std::string_view name) {
  const auto found =
      std::find_if(kSections.begin(), kSections.end(), [&](const Section& section) { return section.name == name; });
  return found == kSections.end() ? nullptr : &*found;
}

bool same_object(const Element& element, const Element& wanted) {
  return element.name() == wanted.name() && element.attribute("id") == wanted.attribute("id");
}

// In document order, the scope itself first.
template <class Fits>
Element find_in(const Element& scope, Fits fits) {
  if (scope && fits(scope)) return scope;
  for (Element at = scope ? scope.next_in(scope) : Element(); at; at = at.next_in(scope))
    if (fits(at)) return at;
  return {};
}

// "name++" and "name+=5" count the old value up (CM-6.6).
std::string counted(const Element& element, std::string_view name, std::string_view value) {
  if (!value.starts_with(name)) return std::string(value);
  const std::string_view rest = value.substr(name.size());
  if (rest != "++" && !rest.starts_with("+=")) return std::string(value);
  const auto before = cib::parse_integer(element.value(name));
  if (!before) return std::string(value);
  const std::int64_t by = rest == "++" ? 1 : cib::parse_integer(rest.substr(2)).value_or(cib::Integer{}).value;
  return std::to_string(std::min<std::int64_t>(before->value + by, cib::kInfinity));
}

void merge(MutableElement target, const Element& data) {
  for (const cib::Attribute attribute : data.attributes())
    target.set_attribute(attribute.name, counted(target, attribute.name, attribute.value));
  for (const Element child : data.children()) {
    MutableElement same;
    for (const MutableElement candidate : target.children(child.name()))
      if (!same && (!child.has("id") || candidate.id() == child.id())) same = candidate;
    if (same) {
      merge(same, child);
    } else {
      target.append_copy(child);
    }
  }
}

// What the data says of one section: a whole CIB, the section, or an object in it.
struct Meant {
  Element data;
  Element section;  // none: there is none, and one is expected
  bool is_section = false;
};

class Change {
 public:
  Change(cib::Document& cib, const CibChange& change) : cib_(cib), change_(change) {}

  CibError apply(std::string& failed) {
    using Kind = CibChange::Kind;
    switch (change_.kind) {
      case Kind::kCreate:
        return create(failed);
      case Kind::kModify:
        return modify();
      case Kind::kReplace:
        return replace();
      case Kind::kDelete:
        return remove();
      case Kind::kPatch:
        return patch();
      case Kind::kErase:
        erase();
        return CibError::kNone;
      case Kind::kUpgrade:
      case Kind::kBump:
        return CibError::kNone;
    }
    return CibError::kNone;
  }

 private:
  Meant meant() const {
    Meant result{change_.data, find_section(cib_, change_.section), false};
    const Section* wanted = section_named(change_.section);
    if (wanted == nullptr) wanted = section_named(result.data.name());
    if (wanted != nullptr && result.data.is("cib") && !wanted->path.empty()) {
      Element inner = result.data;
      for (std::string_view path = wanted->path; inner && !path.empty();) {
        const auto slash = path.find('/');
        inner = inner.first_child(path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
      }
      result.data = inner;
    }
    if (wanted != nullptr && result.data.is(wanted->name)) {
      result.section = find_section(cib_, wanted->name);
      result.is_section = true;
    }
    return result;
  }

  CibError create_object(const Element& section, const Element& object) {
    if (!section) return CibError::kInvalid;
    if (object.has("id"))
      for (const Element child : section.children(object.name()))
        if (child.id() == object.id()) return CibError::kExists;
    cib_.edit(section).append_copy(object);
    return CibError::kNone;
  }

  CibError create(std::string& failed) {
    if (!change_.data) return CibError::kInvalid;
    if (change_.section.empty() && change_.xpath.empty() && section_named(change_.data.name()) == nullptr)
      return CibError::kNoSuchObject;
    const Meant what = meant();
    if (what.data.is("cib")) {
      merge(cib_.root(), what.data);
      return CibError::kNone;
    }
    std::vector<Element> objects;
    if (what.is_section) {
      for (const Element child : what.data.children()) objects.push_back(child);
    } else {
      objects.push_back(what.data);
    }
    for (const Element& object : objects) {
      const CibError error = create_object(what.section, object);
      if (error == CibError::kNone) continue;
      cib::Document told;
      MutableElement update = told.create_root("failed").append_child("failed_update");
      if (object.has("id")) update.set_attribute("id", object.id());
      update.set_attribute("object_type", object.name());
      update.set_attribute("operation", "cib_create");
      update.set_attribute("reason", error_text(error));
      update.append_copy(object);
      failed = cib::write_document(told);
      return error;
    }
    return CibError::kNone;
  }

  CibError modify() {
    if (!change_.data) return CibError::kInvalid;
    const Meant what = meant();
    if (!what.data) return CibError::kInvalid;
    Element scope = what.section ? what.section : cib_.root();
    if (!change_.xpath.empty()) {
      const auto found = cib::select(cib_, change_.xpath);
      if (found.empty()) return CibError::kNoSuchObject;
      scope = found.front();
    }
    const Element target = find_in(scope, [&](const Element& e) { return same_object(e, what.data); });
    if (target) {
      merge(cib_.edit(target), what.data);
      return CibError::kNone;
    }
    if (!change_.may_create || !change_.xpath.empty()) return CibError::kNoSuchObject;
    cib_.edit(scope).append_copy(what.data);
    return CibError::kNone;
  }

  CibError replace_by_xpath() {
    const auto found = cib::select(cib_, change_.xpath);
    if (found.empty()) return CibError::kNoSuchObject;
    if (!found.front().parent()) return replace_all(change_.data);
    const MutableElement parent = cib_.edit(found.front().parent());
    cib_.edit(found.front()).remove();
    if (change_.data) cib_.edit(parent).append_copy(change_.data);
    return CibError::kNone;
  }

  CibError replace_all(const Element& data) {
    if (cib::version_of(data) < cib::version_of(cib_.root())) return CibError::kOld;
    cib::Document whole;
    const MutableElement root = whole.create_root(data.name());
    MutableElement copy = root;
    for (const cib::Attribute attribute : data.attributes()) copy.set_attribute(attribute.name, attribute.value);
    for (const Element child : data.children()) copy.append_copy(child);
    cib_ = std::move(whole);
    return CibError::kNone;
  }

  CibError replace() {
    if (!change_.xpath.empty()) return replace_by_xpath();
    if (!change_.data) return CibError::kInvalid;
    const Meant what = meant();
    if (!what.data) return CibError::kInvalid;
    if (what.data.is("cib")) return replace_all(what.data);
    const Element scope = what.section ? what.section : cib_.root();
    const Element target = find_in(scope, [&](const Element& e) { return same_object(e, what.data); });
    if (!target) return CibError::kNoSuchObject;
    const MutableElement old = cib_.edit(target);
    old.parent().insert_copy(what.data, old);
    cib_.edit(target).remove();
    return CibError::kNone;
  }

  CibError remove() {
    if (!change_.xpath.empty()) {
      auto found = cib::select(cib_, change_.xpath);
      if (!change_.all && found.size() > 1) found.resize(1);
      // From the end, so that what stands in another goes first.
      for (auto at = found.rbegin(); at != found.rend(); ++at)
        if (at->parent()) cib_.edit(*at).remove();
      return CibError::kNone;
    }
    if (!change_.data) return CibError::kInvalid;
    const Meant what = meant();
    if (!what.data) return CibError::kInvalid;
    const Element scope = what.section ? what.section : cib_.root();
    const Element target = find_in(scope, [&](const Element& element) {
      if (element.name() != what.data.name()) return false;
      for (const cib::Attribute attribute : what.data.attributes())
        if (element.attribute(attribute.name) != attribute.value) return false;
      return true;
    });
    if (target && target.parent()) cib_.edit(target).remove();
    return CibError::kNone;
  }

  CibError patch() {
    if (!change_.data || !change_.data.is("diff") || !change_.data.first_child()) return CibError::kNone;
    cib::Document difference;
    MutableElement root = difference.create_root("diff");
    for (const cib::Attribute attribute : change_.data.attributes())
      root.set_attribute(attribute.name, attribute.value);
    for (const Element child : change_.data.children()) root.append_copy(child);
    switch (cib::apply_patch(cib_, difference).outcome) {
      case cib::PatchOutcome::kApplied:
        return CibError::kNone;
      case cib::PatchOutcome::kOldData:
        return CibError::kOld;
      default:
        return CibError::kInvalid;
    }
  }

  // An empty CIB, with what the old one's root says.
  void erase() {
    cib::Document empty;
    MutableElement root = empty.create_root("cib");
    for (const char* name : {"crm_feature_set", "validate-with", "epoch", "num_updates", "admin_epoch"})
      root.set_attribute(name, cib_.root().value(name));
    for (const cib::Attribute attribute : cib_.root().attributes()) root.set_attribute(attribute.name, attribute.value);
    if (root.value("crm_feature_set").empty()) root.set_attribute("crm_feature_set", change_.feature_set);
    MutableElement configuration = root.append_child("configuration");
    for (const char* section : {"crm_config", "nodes", "resources", "constraints"}) configuration.append_child(section);
    root.append_child("status");
    const cib::CibVersion before = cib::version_of(root);
    cib::set_version(root, {before.admin_epoch + 1, before.epoch, before.num_updates});
    cib_ = std::move(empty);
  }

  cib::Document& cib_;
  const CibChange& change_;
};

// Nothing but the version of the root may be older than before.
CibError upgrade_schema(cib::Document& cib, const cib::CibVersion& before, std::string_view newest, bool& changed) {
  const Element root = std::as_const(cib).root();
  if (root.value("validate-with") == "none" || root.value("validate-with") == newest) return CibError::kNone;
  const std::string declared(root.value("validate-with"));
  if (cib::upgrade(cib).outcome != cib::UpgradeOutcome::kValid) return CibError::kSchema;
  cib.root().set_attribute("validate-with", newest);
  cib::set_version(cib.root(), {before.admin_epoch + 1, 1, 2});
  changed = true;
  return CibError::kNone;
}

bool newer_feature_set(const cib::Document& cib, std::string_view known) {
  return !known.empty() && cib::compare_versions(cib.root().value("crm_feature_set"), known) > 0;
}

// An object made by "modify" counts as an update only, wherever it stands.
bool made_by_modify(const CibChange& change, const cib::Document& before, const cib::Document& after) {
  return change.kind == CibChange::Kind::kModify && change.may_create && change.data &&
         std::as_const(before).find_id(change.data.id()).index() !=
             std::as_const(after).find_id(change.data.id()).index();
}

}  // namespace

std::string_view error_text(CibError error) {
  static constexpr std::array<std::string_view, 7> kTexts = {
      "OK",
      "No such device or address",
      "File exists",
      "Invalid argument",
      "Update does not conform to the configured schema",
      "Update was older than existing configuration",
      "Protocol not supported",
  };
  return kTexts[static_cast<std::size_t>(error)];
}

int exit_status_of(CibError error) {
  static constexpr std::array<int, 7> kStatuses = {
      exit_status::kOk,       exit_status::kNoSuchObject,  exit_status::kExists,
      exit_status::kSoftware, exit_status::kConfiguration, exit_status::kOld,
      exit_status::kProtocol,
  };
  return kStatuses[static_cast<std::size_t>(error)];
}

CibAnswer change_cib(cib::Document& cib, const CibChange& change) {
  CibAnswer answer;
  cib::Document wanted = cib;
  const cib::CibVersion before = cib::version_of(cib.root());
  if (change.kind == CibChange::Kind::kUpgrade) {
    answer.error = upgrade_schema(wanted, before, change.section, answer.changed);
    if (answer.changed) cib = std::move(wanted);
    return answer;
  }
  answer.error = Change(wanted, change).apply(answer.failed);
  if (answer.error != CibError::kNone) return answer;
  if (cib::version_of(wanted.root()) < before) {
    answer.error = CibError::kOld;
    return answer;
  }
  // What is taken out and put in again counts as new.
  const bool put_anew = change.kind == CibChange::Kind::kReplace && !change.xpath.empty();
  if (change.kind != CibChange::Kind::kBump && !put_anew && cib::write_document(wanted) == cib::write_document(cib))
    return answer;
  if (newer_feature_set(wanted, change.feature_set)) {
    answer.error = CibError::kFeatureSet;
    return answer;
  }
  cib::CibVersion version = cib::version_of(wanted.root());
  if (change.kind == CibChange::Kind::kBump) {
    version = {version.admin_epoch, version.epoch + 1, version.num_updates + 1};
  } else if (put_anew || (cib::extent_of_change(cib, wanted) == cib::ChangeExtent::kConfiguration &&
                          !made_by_modify(change, cib, wanted))) {
    version = cib::next_version(version, cib::ChangeExtent::kConfiguration);
  } else {
    version = cib::next_version(version, cib::ChangeExtent::kStatusOnly);
  }
  cib::set_version(wanted.root(), version);
  if (wanted.root().value("validate-with") != "none" &&
      !cib::validate(wanted, cib::declared_schema(wanted), 1).empty()) {
    answer.error = CibError::kSchema;
    answer.refused = cib::write_document(wanted);
    return answer;
  }
  answer.changed = true;
  cib = std::move(wanted);
  return answer;
}

Element find_section(const cib::Document& cib, std::string_view section) {
  const Section* known = section_named(section);
  if (known == nullptr || known->path.empty()) return cib.root();
  return cib.find_path(known->path);
}

std::string path_text(const Element& element) {
  std::string path;
  for (Element at = element; at; at = at.parent()) {
    std::string step = fmt::format("/{}", at.name());
    if (!at.id().empty()) step += fmt::format("[@id='{}']", at.id());
    path.insert(0, step);
  }
  return path;
}

}  // namespace simcluster::commands
