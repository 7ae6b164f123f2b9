// crm_attribute, crm_standby, crm_failcount and attrd_updater (AT-9.3), as 2.1.5 does it.
#include <array>
#include <utility>

#include <fmt/core.h>
#include <regex.h>

#include "commands/arguments.h"
#include "commands/cib_change.h"
#include "commands/exit_status.h"
#include "commands/input.h"
#include "commands/tool_table.h"
#include "commands/xml_result.h"
#include "engine/cib/nvpairs.h"
#include "engine/cib/values.h"

namespace simcluster::commands {

namespace {

using cib::Element;
using Value = OptionSpec::Value;

constexpr std::array<OptionSpec, 20> kOptions = {{
    {'h', "help"},
    {'$', "version"},
    {'V', "verbose"},
    {'q', "quiet"},
    {'Q', "query-quiet"},
    {'n', "name", Value::kRequired},
    {'P', "pattern", Value::kRequired},
    {'p', "promotion", Value::kOptional},
    {'s', "set-name", Value::kRequired},
    {'i', "id", Value::kRequired},
    {'D', "delete"},
    {'G', "query"},
    {'v', "update", Value::kRequired},
    {'d', "default", Value::kRequired},
    {'l', "lifetime", Value::kRequired},
    {'N', "node", Value::kRequired},
    {'U', "uname", Value::kRequired},
    {'t', "type", Value::kRequired},
    {'z', "utilization"},
    {0, "output-as", Value::kRequired},
}};

Outcome refusal(std::string_view tool, int status, std::string_view text) {
  Outcome outcome;
  outcome.status = status;
  outcome.error = fmt::format("{}: {}\n", tool, text);
  return outcome;
}

Outcome not_connected(std::string_view tool, const Surroundings& surroundings) {
  return refusal(tool, status_without_cib(surroundings.connection),
                 fmt::format("Could not connect to the CIB: {}", connection_text(surroundings.connection)));
}

// Where an attribute stands.
struct Scope {
  std::string type;  // crm_config, nodes, status, rsc_defaults, ...
  std::string node;  // empty: of the cluster
  std::string node_id;
  std::string block;  // name of the sets' element
  std::string set;    // id of the set that is made

  // What the sets stand in; none when it is not there.
  Element owner(const cib::Document& cib) const {
    if (type == "nodes") return cib.find_path("configuration/nodes").child_with_id(cib::names::kNode, node_id);
    if (type == "status")
      return cib.find_path("status").child_with_id(cib::names::kNodeState, node_id).first_child("transient_attributes");
    const Element section = find_section(cib, type);
    return section.is(type) ? section : Element();
  }
  // The payload around a set, for merging.
  cib::MutableElement make(cib::Document& data) const {
    if (type == "nodes") {
      cib::MutableElement root = data.create_root("nodes").append_child("node");
      return root.set_attribute("id", node_id);
    }
    if (type == "status") {
      cib::MutableElement state = data.create_root("status").append_child("node_state");
      state.set_attribute("id", node_id);
      cib::MutableElement attributes = state.append_child("transient_attributes");
      return attributes.set_attribute("id", node_id);
    }
    if (type == "crm_config") return data.create_root(type);
    return data.create_root("configuration").append_child(type);
  }
  std::string_view noun() const { return node.empty() ? "option" : "attribute"; }
};

Scope scope_of(const ParsedArguments& given, std::string type, const std::string& node, const std::string& node_id) {
  Scope scope;
  scope.type = std::move(type);
  scope.node_id = node_id;
  const bool of_node = scope.type == "nodes" || scope.type == "status";
  if (of_node) scope.node = node;
  const bool utilization = given.has("utilization") && scope.type == "nodes";
  scope.block = utilization                  ? "utilization"
                : of_node                    ? "instance_attributes"
                : scope.type == "crm_config" ? "cluster_property_set"
                                             : "meta_attributes";
  scope.set = given.value("set-name")
                  .value_or(utilization                  ? fmt::format("nodes-{}-utilization", node_id)
                            : of_node                    ? fmt::format("{}-{}", scope.type, node_id)
                            : scope.type == "crm_config" ? std::string("cib-bootstrap-options")
                                                         : fmt::format("{}-options", scope.type));
  return scope;
}

std::vector<Element> pairs_of(const Scope& scope, const cib::Document& cib, const ParsedArguments& given,
                              std::optional<std::string_view> name) {
  std::vector<Element> found;
  for (const Element set : scope.owner(cib).children(scope.block)) {
    if (given.has("set-name") && set.id() != scope.set) continue;
    for (const Element pair : set.children("nvpair")) {
      if (name && pair.value("name") != *name) continue;
      if (given.has("id") && pair.id() != *given.value("id")) continue;
      found.push_back(pair);
    }
  }
  return found;
}

// -P: all attributes whose names it finds.
class NamePattern {
 public:
  explicit NamePattern(const std::string& text) {
    good_ = regcomp(&regex_, text.c_str(), REG_EXTENDED | REG_NOSUB) == 0;
  }
  ~NamePattern() {
    if (good_) regfree(&regex_);
  }
  NamePattern(const NamePattern&) = delete;
  NamePattern& operator=(const NamePattern&) = delete;
  bool finds(std::string_view name) const {
    return good_ && regexec(&regex_, std::string(name).c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t regex_ = {};
  bool good_ = false;
};

class CrmAttribute {
 public:
  struct Shown {
    std::string name;
    std::string value;
  };

  CrmAttribute(const ParsedArguments& given, const Surroundings& surroundings)
      : given_(given), surroundings_(surroundings), name_(given.value("name")) {
    outcome_.cib = *surroundings.cib;
    outcome_.client = "crm_attribute";  // crm_standby calls it
  }

  Outcome run() {
    if (const auto resource = given_.value("promotion")) name_ = "master-" + *resource;
    std::string type = given_.value("type").value_or("");
    std::string node = given_.value("node").value_or(given_.value("uname").value_or(""));
    const std::string lifetime = given_.value("lifetime").value_or("");
    const bool of_node = !node.empty() || given_.has("promotion") || !lifetime.empty();
    if (type.empty()) type = !of_node ? "crm_config" : lifetime == "reboot" ? "status" : "nodes";
    if (type == "status" && !lifetime.empty() && lifetime != "reboot") type = "nodes";
    std::string node_id;
    if (type != "crm_config" && type != "tickets") {
      if (node.empty()) node = surroundings_.live != nullptr ? surroundings_.live->name : surroundings_.host_name;
      node_id = id_of(node);
      if (node_id.empty())
        return refusal("crm_attribute", exit_status::kNoSuchObject,
                       fmt::format("Could not map name={} to a UUID", node));
    }
    scope_ = scope_of(given_, type, node, node_id);
    if (given_.has("pattern")) {
      with_pattern();
    } else if (given_.has("update")) {
      update();
    } else if (given_.has("delete")) {
      remove();
    } else {
      query();
    }
    return std::move(outcome_);
  }
  // What was asked for and is there, and where.
  const std::vector<Shown>& shown() const { return shown_; }
  const std::string& scope() const { return scope_.type; }

 private:
  std::string id_of(std::string_view name) const {
    for (const Element node : surroundings_.cib->find_path("configuration/nodes").children("node"))
      if (cib::equal_ignoring_case(node.value("uname"), name)) return std::string(node.id());
    for (const Element state : surroundings_.cib->find_path("status").children("node_state"))
      if (cib::equal_ignoring_case(state.value("uname"), name)) return std::string(state.id());
    return {};
  }

  void fail_with(CibError error, std::string_view refused = {}) {
    if (error == CibError::kNone) return;
    if (!refused.empty()) outcome_.error += numbered_lines(refused);
    outcome_.error += fmt::format("crm_attribute: Error performing operation: {}\n", error_text(error));
    outcome_.status = exit_status_of(error);
  }

  void tell(std::string_view name, std::string_view value) {
    shown_.push_back({std::string(name), std::string(value)});
    outcome_.output += given_.has("quiet") ? fmt::format("{}\n", value)
                                           : fmt::format("scope={}  name={} value={}\n", scope_.type, name, value);
  }

  void query() {
    const auto name = name_ ? std::optional<std::string_view>(*name_) : std::nullopt;
    const std::vector<Element> found = pairs_of(scope_, *surroundings_.cib, given_, name);
    for (const Element& pair : found) tell(pair.value("name"), pair.value("value"));
    if (!found.empty()) return;
    if (const auto fallback = given_.value("default"); fallback && name_) return tell(*name_, *fallback);
    fail_with(CibError::kNoSuchObject);
  }

  // A query is wrong where there are no attributes at all, not where none is found; changes are made by attribute
  // managers.
  void with_pattern() {
    const bool changes = given_.has("update") || given_.has("delete");
    if (changes && scope_.type != "status") {
      outcome_.error +=
          "crm_attribute: Error: pattern can only be used with query, or with till-reboot update or delete\n";
      outcome_.status = exit_status::kUsage;
      return;
    }
    const NamePattern pattern(*given_.value("pattern"));
    const std::vector<Element> pairs = pairs_of(scope_, *surroundings_.cib, given_, std::nullopt);
    if (pairs.empty() && !changes) return fail_with(CibError::kNoSuchObject);
    for (const Element& pair : pairs) {
      if (!pattern.finds(pair.value("name"))) continue;
      if (!changes) {
        tell(pair.value("name"), pair.value("value"));
      } else if (by_attribute_manager()) {
        outcome_.attributes.push_back({std::string(pair.value("name")), scope_.node, given_.value("update"), {}});
      }
    }
  }

  bool by_attribute_manager() const { return scope_.type == "status" && surroundings_.live != nullptr; }

  void update() {
    if (!name_) return fail_with(CibError::kInvalid);
    if (by_attribute_manager()) {
      outcome_.attributes.push_back({*name_, scope_.node, given_.value("update"), {}});
      return;
    }
    const std::vector<Element> found = pairs_of(scope_, *surroundings_.cib, given_, *name_);
    const std::string set = found.empty() ? scope_.set : std::string(found.front().parent().id());
    const std::string id = found.empty() ? given_.value("id").value_or(fmt::format("{}-{}", set, *name_))
                                         : std::string(found.front().id());
    cib::Document data;
    cib::MutableElement payload = scope_.make(data).append_child(scope_.block);
    payload.set_attribute("id", set);
    payload.append_child("nvpair")
        .set_attribute("id", id)
        .set_attribute("name", *name_)
        .set_attribute("value", *given_.value("update"));
    change({CibChange::Kind::kModify, {}, {}, std::as_const(data).root()}, {});
  }

  void remove() {
    if (!name_) return fail_with(CibError::kInvalid);
    if (by_attribute_manager()) {
      outcome_.attributes.push_back({*name_, scope_.node, std::nullopt, {}});
      return;
    }
    const std::vector<Element> found = pairs_of(scope_, *surroundings_.cib, given_, *name_);
    if (found.empty()) return;
    cib::Document data;
    data.create_root("nvpair").set_attribute("id", found.front().id());
    change({CibChange::Kind::kDelete, scope_.type, {}, std::as_const(data).root()},
           fmt::format("Deleted {} {}: id={} name={}\n", scope_.type, scope_.noun(), found.front().id(), *name_));
  }

  void change(const CibChange& wanted, std::string_view told) {
    const CibAnswer answer = change_cib(outcome_.cib, wanted);
    if (answer.error != CibError::kNone) return fail_with(answer.error, answer.refused);
    outcome_.write = Outcome::Write::kDocument;
    outcome_.output += told;
  }

  const ParsedArguments& given_;
  const Surroundings& surroundings_;
  std::optional<std::string> name_;
  Scope scope_;
  std::vector<Shown> shown_;
  Outcome outcome_;
};

// What stands behind an option of the wrapper.
Arguments with(Arguments words, std::initializer_list<std::string> more) {
  words.insert(words.end(), more);
  return words;
}

}  // namespace

Outcome crm_attribute(const Arguments& arguments, const Surroundings& surroundings) {
  const ParsedArguments given = parse_arguments(kOptions, arguments, OptionStyle::kGlib);
  if (!given.error.empty()) return refusal("crm_attribute", exit_status::kUsage, given.error);
  if (given.has("version")) return version_of_tool(surroundings);
  if (given.has("help")) {
    Outcome outcome;
    outcome.output =
        "Usage:\n  crm_attribute [OPTION?]\n\n"
        "  -n, --name=NAME, -P, --pattern=PATTERN, -p, --promotion=RESOURCE, -N, --node=NODE, -t, --type=SECTION,\n"
        "  -l, --lifetime=reboot|forever, -z, --utilization, -s, --set-name=ID, -i, --id=ID\n"
        "  -G, --query [-d, --default=VALUE] [-q, --quiet]\n"
        "  -v, --update=VALUE\n"
        "  -D, --delete\n"
        "  --output-as=text|xml\n";
    return outcome;
  }
  const auto xml = wants_xml(given);
  if (!xml) return refusal("crm_attribute", exit_status::kError, xml.error().message);
  const XmlResult frame{"crm_attribute", arguments, surroundings.profile};
  if (surroundings.cib == nullptr) {
    Outcome outcome = not_connected("crm_attribute", surroundings);
    return *xml ? as_xml(std::move(outcome), frame) : outcome;
  }
  CrmAttribute tool(given, surroundings);
  Outcome outcome = tool.run();
  if (!*xml) return outcome;
  return as_xml(std::move(outcome), frame, [&](reports::XmlWriter& writer) {
    for (const CrmAttribute::Shown& one : tool.shown())
      writer.leaf("attribute", {{"name", one.name}, {"value", one.value}, {"scope", tool.scope()}});
  });
}

Outcome crm_standby(const Arguments& arguments, const Surroundings& surroundings) {
  const ParsedArguments given = parse_arguments(kOptions, arguments, OptionStyle::kGlib);
  if (!given.error.empty()) return refusal("crm_standby", exit_status::kUsage, given.error);
  if (given.has("version")) return version_of_tool(surroundings);
  Arguments words = with({}, {"-n", "standby"});
  if (given.has("quiet")) words.emplace_back("-q");
  const auto node = given.value("node");
  if (node || surroundings.live != nullptr)
    words = with(words, {"-N", node.value_or(surroundings.live ? surroundings.live->name : "")});
  const auto lifetime = given.value("lifetime");
  if (given.has("update"))
    return crm_attribute(with(words, {"-v", *given.value("update"), "-l", lifetime.value_or("forever")}), surroundings);
  if (given.has("delete")) return crm_attribute(with(words, {"-D", "-l", lifetime.value_or("forever")}), surroundings);
  if (lifetime) return crm_attribute(with(words, {"-G", "-l", *lifetime}), surroundings);
  // For ever, until the next start, or not at all.
  Outcome forever = crm_attribute(with(words, {"-G", "-l", "forever"}), surroundings);
  if (forever.status == exit_status::kOk) return forever;
  return crm_attribute(with(words, {"-G", "-l", "reboot", "-d", "off"}), surroundings);
}

namespace {

constexpr std::array<OptionSpec, 11> kFailcountOptions = {{
    {0, "help"},
    {0, "version"},
    {'V', "verbose"},
    {'q', "quiet"},
    {'G', "query"},
    {'D', "delete"},
    {'r', "resource", Value::kRequired},
    {'n', "operation", Value::kRequired},
    {'I', "interval", Value::kRequired},
    {'N', "node", Value::kRequired},
    {'U', "uname", Value::kRequired},
}};

// Over all operations, or of the one whose name was asked for.
std::string fail_count(const cib::Document& cib, std::string_view node, const std::string& name) {
  std::int32_t sum = 0;
  for (const Element state : cib.find_path("status").children("node_state")) {
    if (!cib::equal_ignoring_case(state.value("uname"), node)) continue;
    for (const Element set : state.first_child("transient_attributes").children("instance_attributes"))
      for (const Element pair : set.children("nvpair")) {
        const std::string_view at = pair.value("name");
        if (at != name && !at.starts_with(name + "#")) continue;
        sum = cib::add_scores(sum, cib::parse_score(pair.value("value")).value_or(0));
      }
  }
  return cib::score_text(sum);
}

}  // namespace

Outcome crm_failcount(const Arguments& arguments, const Surroundings& surroundings) {
  const ParsedArguments given = parse_arguments(kFailcountOptions, arguments, OptionStyle::kGetopt);
  if (!given.error.empty()) return refusal("crm_failcount", exit_status::kUsage, given.error);
  if (given.has("version")) return version_of_tool(surroundings);
  if (!given.has("query") && !given.has("delete")) {
    Outcome outcome;
    outcome.status = exit_status::kUsage;
    outcome.error = "error: must specify a command\n";
    return outcome;
  }
  if (!given.has("resource")) return refusal("crm_failcount", exit_status::kUsage, "error: must specify a resource");
  if (surroundings.cib == nullptr) return not_connected("crm_failcount", surroundings);
  const std::string resource = *given.value("resource");
  const std::string node = given.value("node").value_or(
      given.value("uname").value_or(surroundings.live != nullptr ? surroundings.live->name : surroundings.host_name));
  if (given.has("delete")) return crm_resource({"--cleanup", "-r", resource, "-N", node}, surroundings);
  std::string name = "fail-count-" + resource;
  if (const auto operation = given.value("operation")) {
    const auto interval = cib::parse_interval(given.value("interval").value_or("0"));
    name += fmt::format("#{}_{}", *operation, interval.value_or(0));
  }
  Outcome outcome;
  const std::string value = fail_count(*surroundings.cib, node, name);
  outcome.output = given.has("quiet") ? value + "\n" : fmt::format("scope=status  name={} value={}\n", name, value);
  return outcome;
}

namespace {

constexpr std::array<OptionSpec, 16> kUpdaterOptions = {{
    {'h', "help"},
    {'$', "version"},
    {'V', "verbose"},
    {'n', "name", Value::kRequired},
    {'U', "update", Value::kRequired},
    {'B', "update-both", Value::kRequired},
    {'Y', "update-delay"},
    {'Q', "query"},
    {'D', "delete"},
    {'R', "refresh"},
    {'d', "delay", Value::kRequired},
    {'s', "set", Value::kRequired},
    {'N', "node", Value::kRequired},
    {'A', "all"},
    {'p', "private"},
    {'l', "lifetime", Value::kRequired},
}};

// As far as the managers have written it.
std::optional<std::string> transient_value(const Element& state, std::string_view name) {
  if (const Element pair = find_pair(state.first_child("transient_attributes"), "instance_attributes", name))
    return std::string(pair.value("value"));
  return std::nullopt;
}

Outcome query_attribute(const std::string& name, const ParsedArguments& given, const Surroundings& surroundings) {
  Outcome outcome;
  const auto wanted = given.value("node");
  bool known = false;
  for (const Element state : surroundings.cib->find_path("status").children("node_state")) {
    const auto value = transient_value(state, name);
    known |= value.has_value();
    if (wanted ? state.value("uname") == *wanted : value.has_value())
      outcome.output +=
          fmt::format("name=\"{}\" host=\"{}\" value=\"{}\"\n", name, state.value("uname"), value.value_or(""));
  }
  if (known) return outcome;
  return refusal("attrd_updater", exit_status::kConfiguration,
                 fmt::format("Could not query value of {}: attribute does not exist", name));
}

}  // namespace

Outcome attrd_updater(const Arguments& arguments, const Surroundings& surroundings) {
  const ParsedArguments given = parse_arguments(kUpdaterOptions, arguments, OptionStyle::kGlib);
  if (!given.error.empty()) return refusal("attrd_updater", exit_status::kUsage, given.error);
  if (given.has("version")) return version_of_tool(surroundings);
  const auto name = given.value("name");
  if (!name && !given.has("refresh"))
    return refusal("attrd_updater", exit_status::kUsage, "Command requires --name argument");
  auto value = given.value("update-both");
  if (!value) value = given.value("update");
  if (surroundings.live == nullptr || surroundings.cib == nullptr) {
    if (value)
      return refusal("attrd_updater", exit_status::kDisconnected,
                     fmt::format("Could not update {}={}: Connection refused (111)", *name, *value));
    return refusal("attrd_updater", exit_status::kDisconnected, "Could not connect to attrd: Connection refused");
  }
  if (given.has("query")) return query_attribute(*name, given, surroundings);
  Outcome outcome;
  if (!value && !given.has("delete")) return outcome;
  AttributeWish wish{*name, given.value("node").value_or(""), value, {}};
  if (const auto delay = given.value("delay"))
    if (const auto ms = cib::parse_interval(*delay)) wish.dampen_ms = *ms;
  outcome.attributes.push_back(std::move(wish));
  return outcome;
}

}  // namespace simcluster::commands
