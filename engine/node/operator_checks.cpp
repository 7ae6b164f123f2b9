#include "engine/node/operator_checks.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/agents/agent_models.h"
#include "engine/agents/registry.h"
#include "engine/base/host.h"
#include "engine/cib/crm_edit.h"
#include "engine/cib/values.h"
#include "engine/executor/exit_codes.h"
#include "engine/node/operator_agents.h"
#include "engine/node/operator_properties.h"
#include "engine/node/operator_words.h"
#include "engine/scheduler/verify.h"

namespace simcluster::node {

namespace {

using agents::ActionMetadata;
using agents::AgentMetadata;
using cib::Element;

// --- names that crmsh 4.4 knows ---

constexpr std::array<std::string_view, 16> kMetaAttributes = {
    "target-role",     "is-managed",  "resource-stickiness", "migration-threshold",   "failure-timeout", "priority",
    "multiple-active", "requires",    "allow-migrate",       "maintenance",           "restart-type",    "description",
    "remote-node",     "remote-port", "remote-addr",         "remote-connect-timeout"};
constexpr std::array<std::string_view, 9> kCloneMeta = {"clone-max",  "clone-node-max", "notify",
                                                        "ordered",    "interleave",     "globally-unique",
                                                        "promotable", "promoted-max",   "promoted-node-max"};
constexpr std::array<std::string_view, 2> kMasterMeta = {"master-max", "master-node-max"};
constexpr std::array<std::string_view, 10> kOperationDefaults = {
    "timeout", "interval",    "on-fail",         "enabled", "record-pending",
    "role",    "start-delay", "interval-origin", "name",    "description"};
// Agents of which the simulator knows only the parameters that matter to it.
constexpr std::array<std::string_view, 7> kPartlyKnown = {"Filesystem", "mysql", "nfsserver", "pgsql",
                                                          "ping",       "diskd", "pingd"};

template <class Names>
bool among(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// --- objects ---

bool is_constraint(const Element& element) { return element.parent().is("constraints"); }

bool is_object(const Element& element) {
  return cib::is_resource(element.name()) || element.is("template") || is_constraint(element) ||
         element.parent().is("crm_config") || element.parent().is("rsc_defaults") ||
         element.parent().is("op_defaults") || element.is("fencing-topology");
}

std::string_view name_of(const Element& object) {
  return object.is("fencing-topology") ? std::string_view("fencing_topology") : object.id();
}

// In the order of the document.
std::vector<Element> objects_of(const cib::Document& cib) {
  std::vector<Element> objects;
  const Element configuration = cib.root().first_child("configuration");
  for (Element at = configuration.first_child(); at; at = at.next_in(configuration))
    if (is_object(at)) objects.push_back(at);
  return objects;
}

// The members of a container are objects of their own.
bool same(const Element& a, const Element& b) {
  if (a.name() != b.name() || a.attributes().size() != b.attributes().size()) return false;
  for (const cib::Attribute& attribute : a.attributes())
    if (b.attribute(attribute.name) != attribute.value) return false;
  Element other = b.first_child();
  for (const Element child : a.children()) {
    if (!other) return false;
    const bool is_member = cib::is_resource(child.name());
    if (is_member ? child.name() != other.name() || child.id() != other.id() : !same(child, other)) return false;
    other = other.next_sibling();
  }
  return !other;
}

// --- the checks ---

class Checks {
 public:
  Checks(const cib::Document& wanted, const Profile& profile, const NodeAgents& agents)
      : cib_(wanted), profile_(profile), agents_(agents) {}

  void warn(std::string_view line) { text_ += fmt::format("WARNING: {}\n", line); }
  void complain(std::string_view line) {
    text_ += fmt::format("ERROR: {}\n", line);
    refused_ = true;
  }
  // A line of crm_verify: crmsh takes the first for a warning when it says so, and all others for errors.
  void quote(std::string_view line) {
    const bool warning = text_quoted_ == 0 && line.find("warning:") != std::string_view::npos;
    text_ += fmt::format("{}: {}\n", warning ? "WARNING" : "ERROR", line);
    ++text_quoted_;
  }
  void refuse() { refused_ = true; }

  // An agent that is not there is told of wherever somebody asks for it.
  bool has_agent(const Element& resource) {
    const auto missing = missing_agent(resource);
    if (!missing) return true;
    text_ += fmt::format("ERROR: {}: got no meta-data, does this RA exist?\n", *missing);
    return false;
  }

  void object(const Element& object) {
    if (object.is("primitive") || object.is("template"))
      primitive(object);
    else if (cib::is_resource(object.name()))
      container(object);
    else if (is_constraint(object))
      constraint(object);
    else if (object.is("fencing-topology"))
      topology(object);
    else
      option_set(object);
  }

  CheckReport take() { return {std::move(text_), refused_}; }

 private:
  void container(const Element& object) {
    for (const Element set : object.children(kMetaSet))
      for (const Element pair : set.children("nvpair")) {
        const std::string_view name = pair.value("name");
        const bool of_clone = is_clone(object) && among(kCloneMeta, name);
        const bool of_master = object.is("master") && among(kMasterMeta, name);
        if (!name.empty() && !among(kMetaAttributes, name) && !of_clone && !of_master)
          warn(fmt::format("{}: unknown attribute '{}'", object.id(), name));
      }
  }

  bool is_known_property(std::string_view name) const {
    return find_known_property(name) != nullptr || name == "last-lrm-refresh" ||
           (profile_.pacemaker_has_shell && name == "expected-quorum-votes");
  }

  void option_set(const Element& set) {
    for (const Element pair : set.children("nvpair")) {
      const std::string_view name = pair.value("name");
      const bool known = set.parent().is("crm_config")     ? is_known_property(name)
                         : set.parent().is("rsc_defaults") ? among(kMetaAttributes, name) || name == "interval-origin"
                                                           : among(kOperationDefaults, name);
      if (!known) warn(fmt::format("{}: unknown attribute '{}'", set.id(), name));
    }
  }

  Element template_of(const Element& primitive) const {
    const auto name = primitive.attribute("template");
    return name ? cib_.find_id(cib_.find_name("template"), *name) : Element();
  }

  // What has the class, provider and type: the primitive or its template.
  Element typed(const Element& primitive) const {
    const Element from = template_of(primitive);
    return from ? from : primitive;
  }

  // Kept as long as the checks are.
  const AgentMetadata* metadata_of(const Element& primitive) const {
    auto metadata = installed_metadata(typed(primitive), profile_, agents_);
    if (!metadata) return nullptr;
    metadata_.push_back(std::move(metadata));
    return metadata_.back().get();
  }

  // Nobody misses a plugin of cluster-glue.
  std::optional<std::string> missing_agent(const Element& primitive) const {
    const Element agent = typed(primitive);
    const bool plugin = agent.value("class") == "stonith" && !agent.value("type").starts_with("fence_");
    if (plugin || !agent.has("type") || metadata_of(primitive) != nullptr) return std::nullopt;
    AgentRequest wanted;
    wanted.standard = agent.value("class");
    wanted.provider = agent.value("provider");
    wanted.type = agent.value("type");
    if (agents_.on_disk && agents_.on_disk(wanted)) return std::nullopt;
    return agent_name(agent);
  }

  static bool is_fence_agent(const AgentMetadata& metadata) {
    return metadata.standard == "stonith" && metadata.type.starts_with("fence_");
  }

  void primitive(const Element& object) {
    if (const auto from = object.attribute("template"); from && !template_of(object))
      return complain(fmt::format("{}: no such resource template", *from));
    if (!has_agent(object)) return complain(*missing_agent(object) + ": no such resource agent");
    const AgentMetadata* metadata = metadata_of(object);
    container(object);
    if (metadata == nullptr) return;
    operations(object, *metadata);
    parameters(object, *metadata);
  }

  // Of the template first.
  std::vector<Element> operations_of(const Element& object) const {
    std::vector<Element> all;
    for (const Element& owner : {template_of(object), object})
      if (owner)
        for (const Element op : owner.first_child("operations").children("op")) all.push_back(op);
    // Monitors come first, then the others by the first of their name.
    std::vector<std::string_view> names = {"monitor"};
    for (const Element& op : all)
      if (!among(names, op.value("name"))) names.push_back(op.value("name"));
    const auto rank = [&](const Element& op) {
      return std::find(names.begin(), names.end(), op.value("name")) - names.begin();
    };
    std::stable_sort(all.begin(), all.end(), [&](const Element& a, const Element& b) { return rank(a) < rank(b); });
    return all;
  }

  const ActionMetadata* action_of(const AgentMetadata& metadata, std::string_view name, std::string_view role) const {
    return advised_action(metadata, name, role, profile_);
  }

  void operations(const Element& object, const AgentMetadata& metadata) {
    const std::vector<Element> all = operations_of(object);
    intervals(object, metadata, all);
    for (const Element& op : all) operation(object, metadata, op);
    for (const std::string_view name : {"start", "stop"})
      if (std::none_of(all.begin(), all.end(), [&](const Element& op) { return op.value("name") == name; }))
        timeout(object, metadata, name, {}, {});
  }

  void intervals(const Element& object, const AgentMetadata& metadata, const std::vector<Element>& all) {
    std::vector<std::uint32_t> seen;
    for (const Element& op : all) {
      if (op.value("name") != "monitor") continue;
      const ActionMetadata* action = action_of(metadata, "monitor", op.value("role"));
      const bool advises = action != nullptr && !is_fence_agent(metadata);
      const std::string advised = advises ? fmt::format("{}s", action->interval_seconds) : std::string("None");
      const std::uint32_t interval = cib::parse_interval(op.value("interval")).value_or(0);
      if (interval == 0)
        warn(fmt::format("{}: interval in monitor should be larger than 0, advised is {}", object.id(), advised));
      else if (std::find(seen.begin(), seen.end(), interval) != seen.end())
        warn(fmt::format("{}: interval in monitor must be unique, advised is {}", object.id(), advised));
      seen.push_back(interval);
    }
  }

  void operation(const Element& object, const AgentMetadata& metadata, const Element& op) {
    const std::string_view name = op.value("name");
    if (action_of(metadata, name, {}) == nullptr && name != "start" && name != "stop")
      return warn(fmt::format("{}: action '{}' not found in Resource Agent meta-data", object.id(), name));
    const bool once = name == "start" || name == "stop";
    if (once && !is_fence_agent(metadata) && cib::parse_interval(op.value("interval")).value_or(0) != 0)
      warn(fmt::format("{}: Specified interval for {} is {}, it must be 0", object.id(), name, op.value("interval")));
    timeout(object, metadata, name, op.value("role"), op.attribute("timeout"));
  }

  // No time-out of its own: the default for operations is held against the advice, where one is configured.
  void timeout(const Element& object, const AgentMetadata& metadata, std::string_view name, std::string_view role,
               std::optional<std::string_view> given) {
    const ActionMetadata* action = action_of(metadata, name, role);
    if (action == nullptr || is_fence_agent(metadata)) return;
    const std::string_view kind = given ? "specified" : "default";
    if (!given) given = default_timeout();
    if (!given) return;
    const std::uint32_t milliseconds = cib::parse_timeout(*given).value_or(0);
    constexpr std::uint32_t kMilli = 1000;
    if (milliseconds >= static_cast<std::uint32_t>(action->timeout_seconds) * kMilli) return;
    const std::string_view unit = metadata.standard == "stonith" || profile_.pacemaker_has_shell ? "" : "s";
    warn(fmt::format("{}: {} timeout {} for {} is smaller than the advised {}{}", object.id(), kind, *given, name,
                     action->timeout_seconds, unit));
  }

  std::optional<std::string_view> default_timeout() const {
    for (const Element set : cib_.find_path("configuration/op_defaults").children(kMetaSet))
      for (const Element pair : set.children("nvpair"))
        if (pair.value("name") == "timeout") return pair.attribute("value");
    return std::nullopt;
  }

  // By the scenario, which need not name all parameters.
  bool is_described(const Element& primitive) const {
    const Element agent = typed(primitive);
    return agents::find_agent(agent.value("class"), agent.value("provider"), agent.value("type"), profile_) == nullptr;
  }

  void parameters(const Element& object, const AgentMetadata& metadata) {
    std::vector<std::string_view> given;
    for (const Element& owner : {template_of(object), object})
      if (owner)
        for (const Element set : owner.children(kParameterSet)) {
          if (set.has("id-ref")) return;  // they stand elsewhere
          for (const Element pair : set.children("nvpair")) {
            if (pair.has("id-ref")) return;
            given.push_back(pair.value("name"));
          }
        }
    if (is_fence_agent(metadata)) return;
    const auto parameter = [&](std::string_view name) {
      return std::find_if(metadata.parameters.begin(), metadata.parameters.end(),
                          [&](const agents::ParameterMetadata& known) { return known.name == name; });
    };
    if (object.is("primitive"))
      for (const agents::ParameterMetadata& known : metadata.parameters)
        if (known.required && !among(given, known.name))
          complain(fmt::format("{}: required parameter \"{}\" not defined", object.id(), known.name));
    if (metadata.standard == "stonith" || among(kPartlyKnown, metadata.type) || is_described(object)) return;
    for (const std::string_view name : given)
      if (parameter(name) == metadata.parameters.end() && name != "trace_ra" && name != "trace_file")
        complain(profile_.pacemaker_has_shell ? fmt::format("{}: parameter {} does not exist", object.id(), name)
                                              : fmt::format("{}: parameter \"{}\" is not known", object.id(), name));
  }

  void constraint(const Element& object) {
    if (object.is("rsc_location")) nodes(object);
    if (object.has("rsc-pattern")) warn(fmt::format("{}: resource None does not exist", object.id()));
    for (const std::string_view id : references(object)) {
      const Element resource = find_resource(id);
      if (!resource) {
        warn(fmt::format("{}: resource {} does not exist", object.id(), id));
      } else if (is_clone(resource.parent())) {
        warn(fmt::format("{}: resource {} ambiguous, apply constraints to container", object.id(), id));
      } else if (object.is("rsc_colocation") && resource.parent().is("group")) {
        warn(fmt::format("{}: resource {} is grouped, constraints should apply to the group", object.id(), id));
      }
    }
  }

  void nodes(const Element& location) {
    const auto check = [&](std::string_view node) {
      if (!is_node(node)) warn(fmt::format("{}: referenced node {} does not exist", location.id(), node));
    };
    if (const auto node = location.attribute("node")) check(*node);
    for (Element at = location.first_child(); at; at = at.next_in(location))
      if (at.is("expression") && at.value("attribute") == "#uname" && at.value("operation") == "eq")
        check(at.value("value"));
  }

  static std::vector<std::string_view> references(const Element& constraint) {
    std::vector<std::string_view> ids;
    for (const std::string_view name : {"rsc", "with-rsc", "first", "then"})
      if (const auto id = constraint.attribute(name)) ids.push_back(*id);
    for (const Element set : constraint.children("resource_set"))
      for (const Element reference : set.children("resource_ref")) ids.push_back(reference.id());
    return ids;
  }

  void topology(const Element& object) {
    for (const Element level : object.children("fencing-level"))
      if (const auto target = level.attribute("target"); target && !is_node(*target))
        warn(fmt::format("fencing_topology: target {} not a node", *target));
    for (const Element level : object.children("fencing-level")) {
      std::string_view rest = level.value("devices");
      while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        const std::string_view id = rest.substr(0, comma);
        rest.remove_prefix(std::min(rest.size(), comma + 1));
        const Element device = find_resource(id);
        if (!device)
          warn(fmt::format("fencing_topology: resource {} does not exist", id));
        else if (device.is("primitive") && typed(device).value("class") != "stonith")
          warn(fmt::format("fencing_topology: {} not a stonith resource", id));
      }
    }
  }

  bool is_node(std::string_view name) const {
    for (const Element node : cib_.find_path("configuration/nodes").children("node"))
      if (cib::equal_ignoring_case(node.value("uname"), name)) return true;
    return false;
  }

  Element find_resource(std::string_view id) const {
    for (const Element element : cib_.find_all_id(id))
      if (cib::is_resource(element.name())) return element;
    return {};
  }

  const cib::Document& cib_;
  const Profile& profile_;
  const NodeAgents& agents_;
  mutable std::vector<std::shared_ptr<const AgentMetadata>> metadata_;
  std::string text_;
  int text_quoted_ = 0;
  bool refused_ = false;
};

bool is_changed(const Element& object, const cib::Document& before) {
  if (object.is("fencing-topology")) {
    const Element old = before.find_path("configuration/fencing-topology");
    return !old || !same(object, old);
  }
  for (const Element old : before.find_all_id(object.id()))
    if (old.name() == object.name() && is_object(old)) return !same(object, old);
  return true;
}

// What crm_verify -VV says; it was measured beside Pacemaker 2.1.
void run_crm_verify(Checks& checks, const cib::Document& wanted, const Profile& profile, std::int64_t now) {
  if (profile.old_rc_texts) return;
  scheduler::VerifyOptions options;
  options.verbose = 2;
  options.now = now;
  options.old_words = cib::compare_versions(crm_feature_set(profile), "3.19") < 0;
  options.result_text = [&profile](int rc) { return executor::exit_code_text(rc, profile); };
  cib::Document configuration = wanted;  // that is all of it that crmsh hands over
  if (cib::MutableElement status = configuration.root().first_child("status")) status.remove();
  const scheduler::VerifyReport report = scheduler::verify(std::move(configuration), options);
  const std::string text = report.form + report.messages;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    checks.quote(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  if (!report.errors && !report.warnings) return;
  checks.quote(report.errors ? "crm_verify: Errors found during check: config not valid"
                             : "crm_verify: Warnings found during check: config may not be valid");
  checks.refuse();
}

// `meant`: what is looked at, in the order of the document.
CheckReport run(Checks& checks, const cib::Document& wanted, std::vector<Element> meant, const Profile& profile,
                std::int64_t now) {
  run_crm_verify(checks, wanted, profile, now);
  if (std::any_of(meant.begin(), meant.end(), [](const Element& object) { return object.is("primitive"); }))
    for (const Element& object : objects_of(wanted))
      if (object.is("primitive")) checks.has_agent(object);
  std::stable_sort(meant.begin(), meant.end(),
                   [](const Element& a, const Element& b) { return name_of(a) < name_of(b); });
  for (const Element& object : meant) checks.object(object);
  return checks.take();
}

}  // namespace

CheckReport verify_configuration(const cib::Document& wanted, const Profile& profile, const NodeAgents& agents,
                                 std::int64_t now_seconds) {
  Checks checks(wanted, profile, agents);
  return run(checks, wanted, objects_of(wanted), profile, now_seconds);
}

CheckReport check_commit(const cib::Document& before, const cib::Document& wanted, const Profile& profile,
                         const NodeAgents& agents, std::int64_t now_seconds) {
  std::vector<Element> meant = objects_of(wanted);
  if (std::none_of(meant.begin(), meant.end(), [](const Element& object) { return object.is("primitive"); })) return {};
  std::erase_if(meant, [&](const Element& object) { return !is_changed(object, before); });
  Checks checks(wanted, profile, agents);
  // The statement itself asks for the agent first.
  for (const Element& object : meant)
    if (object.is("primitive") || object.is("template")) checks.has_agent(object);
  return run(checks, wanted, std::move(meant), profile, now_seconds);
}

}  // namespace simcluster::node
