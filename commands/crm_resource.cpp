// crm_resource (AT-9.2), as 2.1.5 does it.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "commands/arguments.h"
#include "commands/cluster_state.h"
#include "commands/exit_status.h"
#include "commands/input.h"
#include "commands/resource_changes.h"
#include "commands/resource_queries.h"
#include "commands/resource_waits.h"
#include "commands/resource_xml.h"
#include "commands/tool_table.h"
#include "commands/xml_result.h"
#include "engine/cib/values.h"
#include "engine/scheduler/history.h"

namespace simcluster::commands {

namespace {

using Value = OptionSpec::Value;

constexpr std::array<OptionSpec, 61> kOptions = {{
    {'h', "help"},
    {0, "help-all"},
    {'$', "version"},
    {'V', "verbose"},
    {'Q', "quiet"},
    {0, "output-as", Value::kRequired},
    {0, "output-to", Value::kRequired},
    {'L', "list"},
    {'l', "list-raw"},
    {'O', "list-operations"},
    {'o', "list-all-operations"},
    {'c', "list-cts"},
    {0, "list-standards"},
    {0, "list-ocf-providers"},
    {0, "list-agents", Value::kRequired},
    {0, "list-ocf-alternatives", Value::kRequired},
    {0, "show-metadata", Value::kRequired},
    {'q', "query-xml"},
    {'w', "query-xml-raw"},
    {'g', "get-parameter", Value::kRequired},
    {'G', "get-property", Value::kRequired},
    {'S', "set-property", Value::kRequired},
    {'W', "locate"},
    {'a', "constraints"},
    {'A', "stack"},
    {'Y', "why"},
    {0, "validate", Value::kOptional},
    {'C', "cleanup"},
    {'R', "refresh"},
    {'P', "reprobe"},
    {'p', "set-parameter", Value::kRequired},
    {'d', "delete-parameter", Value::kRequired},
    {'M', "move"},
    {'B', "ban"},
    {'U', "clear"},
    {'e', "expired"},
    {'u', "lifetime", Value::kRequired},
    {0, "promoted"},
    {0, "master"},
    {'D', "delete"},
    {'F', "fail"},
    {0, "restart"},
    {0, "wait"},
    {0, "digests"},
    {0, "force-demote"},
    {0, "force-stop"},
    {0, "force-start"},
    {0, "force-promote"},
    {0, "force-check"},
    {'N', "node", Value::kRequired},
    {0, "recursive"},
    {'r', "resource", Value::kRequired},
    {'t', "resource-type", Value::kRequired},
    {'v', "parameter-value", Value::kRequired},
    {'m', "meta"},
    {'z', "utilization"},
    {'n', "operation", Value::kRequired},
    {'I', "interval", Value::kRequired},
    {'s', "set-name", Value::kRequired},
    {'i', "nvpair", Value::kRequired},
    {'T', "timeout", Value::kRequired},
}};
constexpr OptionSpec kForce = {'f', "force"};

// The last of these is what is done.
constexpr std::array<std::string_view, 38> kCommands = {"list",
                                                        "list-raw",
                                                        "list-operations",
                                                        "list-all-operations",
                                                        "list-cts",
                                                        "list-standards",
                                                        "list-ocf-providers",
                                                        "list-agents",
                                                        "list-ocf-alternatives",
                                                        "show-metadata",
                                                        "query-xml",
                                                        "query-xml-raw",
                                                        "get-parameter",
                                                        "get-property",
                                                        "set-property",
                                                        "locate",
                                                        "constraints",
                                                        "stack",
                                                        "why",
                                                        "validate",
                                                        "cleanup",
                                                        "refresh",
                                                        "reprobe",
                                                        "set-parameter",
                                                        "delete-parameter",
                                                        "move",
                                                        "ban",
                                                        "clear",
                                                        "delete",
                                                        "fail",
                                                        "restart",
                                                        "wait",
                                                        "digests",
                                                        "force-stop",
                                                        "force-promote",
                                                        "force-demote",
                                                        "force-start",
                                                        "force-check"};
constexpr std::array<std::string_view, 12> kWithoutResource = {
    "list",    "list-raw", "list-operations", "list-all-operations", "list-cts", "why", "cleanup", "refresh",
    "reprobe", "wait",     "list-standards",  "list-ocf-providers"};

// These know the instances of a unique clone, and not what they are instances of.
constexpr std::array<std::string_view, 7> kOfInstances = {"locate", "constraints", "stack", "why",
                                                          "move",   "ban",         "clear"};

constexpr std::string_view kHelp =
    "Usage:\n"
    "  crm_resource [OPTION?]\n\n"
    "crm_resource - perform tasks related to Pacemaker cluster resources\n\n"
    "Queries:\n"
    "  -L, --list                        List all cluster resources with status\n"
    "  -l, --list-raw                    List the ids of all instances\n"
    "  -O, --list-operations             List operations of active resources\n"
    "  -o, --list-all-operations         List all operations in the history\n"
    "  -q, --query-xml                   Show the configuration of a resource\n"
    "  -w, --query-xml-raw               The same, before templates are filled in\n"
    "  -g, --get-parameter=PARAM         Show a parameter (with -m meta, with -z utilization)\n"
    "  -W, --locate                      Show where a resource is running\n"
    "  -a, --constraints                 Show the constraints of a resource\n"
    "  -A, --stack                       The same, and of what they name\n"
    "  -Y, --why                         Show why resources are not running\n\n"
    "Commands:\n"
    "  -C, --cleanup                     Forget failures\n"
    "  -R, --refresh                     Forget the whole history\n"
    "  -p, --set-parameter=PARAM         Set a parameter to the value of -v\n"
    "  -d, --delete-parameter=PARAM      Delete a parameter\n"
    "  -M, --move                        Move a resource (-N, -u, --promoted)\n"
    "  -B, --ban                         Keep a resource off a node (-N, -u, --promoted)\n"
    "  -U, --clear                       Remove what --move and --ban have made\n"
    "  -D, --delete                      Delete a resource (-t)\n"
    "  --restart                         Stop a resource, and start it again\n"
    "  --wait                            Wait until the cluster has nothing to do\n"
    "  --force-start, --force-stop, --force-promote, --force-demote, --force-check, --validate\n"
    "                                    Run the agent on this node\n\n"
    "Options:\n"
    "  -r, --resource=ID, -N, --node=NAME, -f, --force, -u, --lifetime=DURATION,\n"
    "  -T, --timeout=TIME, -s, --set-name=ID, -i, --nvpair=ID, -t, --resource-type=TYPE, -Q, --quiet\n";

bool among(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class CrmResource {
 public:
  CrmResource(const ParsedArguments& given, const Surroundings& surroundings)
      : given_(given),
        surroundings_(surroundings),
        state_(*surroundings.cib, surroundings),
        name_(given.value("resource").value_or("")),
        node_(given.value("node").value_or("")) {
    outcome_.cib = *surroundings.cib;
  }

  Outcome run(std::string_view command) {
    if (!name_.empty() && !among(std::array<std::string_view, 2>{"list-operations", "list-all-operations"}, command)) {
      resource_ = state_.resource(name_);
      const bool hidden =
          resource_ != nullptr && resource_->id != name_ && resource_->unique && among(kOfInstances, command);
      if (resource_ == nullptr || hidden) return not_found(fmt::format("Resource '{}' not found", name_));
    }
    if (!node_.empty() && state_.node(node_) == nullptr) return not_found(fmt::format("Node '{}' not found", node_));
    if (!query(command) && !change(command) && !in_steps(command)) refuse(command);
    return std::move(outcome_);
  }

 private:
  bool query(std::string_view command) {
    std::string& out = outcome_.output;
    if (command == "list") {
      out = resource_list(state_);
    } else if (command == "list-raw") {
      out = raw_list(state_);
    } else if (command == "list-operations" || command == "list-all-operations") {
      out = operation_list(state_, name_, node_, command == "list-operations");
    } else if (command == "query-xml" || command == "query-xml-raw") {
      const ClusterState active(*surroundings_.cib, surroundings_, false);
      out = resource_xml(active, *active.resource(name_), *surroundings_.cib, surroundings_.profile,
                         command == "query-xml-raw");
    } else if (command == "locate") {
      locate();
    } else if (command == "constraints" || command == "stack") {
      const bool all = command == "stack" || given_.has("recursive");
      const ClusterState with_constraints(*surroundings_.cib, surroundings_, true, true);
      out = constraint_list(with_constraints, *with_constraints.resource(name_), given_.has("force"), all);
    } else if (command == "why") {
      out = reasons(state_, resource_, node_);
    } else if (command == "get-parameter") {
      get_parameter();
    } else if (command == "get-property") {
      get_property();
    } else {
      return false;
    }
    return true;
  }

  bool change(std::string_view command) {
    if (command == "set-parameter" || command == "delete-parameter") {
      parameter(command);
    } else if (command == "move") {
      move();
    } else if (command == "ban") {
      ban();
    } else if (command == "clear") {
      clear_placement(outcome_, resource_->xml_id, node_);
      if (surroundings_.live == nullptr) outcome_.write = Outcome::Write::kDocument;  // a file is written in any case
    } else if (command == "delete") {
      remove();
    } else if (command == "set-property") {
      set_property();
    } else if (command == "cleanup" || command == "refresh" || command == "reprobe") {
      forget(command == "cleanup");
    } else {
      return false;
    }
    return true;
  }

  bool in_steps(std::string_view command) {
    if (!surroundings_.can_wait) return false;
    if (command == "restart") {
      outcome_ = restart_resource({name_, node_, given_.has("promoted") || given_.has("master"), timeout()}, state_,
                                  surroundings_);
    } else if (command == "wait") {
      outcome_ = wait_for_cluster(timeout());
    } else if (command.starts_with("force-") || command == "validate") {
      outcome_ = run_agent_here(command, *resource_, name_, given_.has("force"), state_);
    } else {
      return false;
    }
    return true;
  }

  std::optional<std::int64_t> timeout() const {
    const auto text = given_.value("timeout");
    const auto ms = text ? cib::parse_interval(*text) : std::nullopt;
    return ms ? std::optional<std::int64_t>(*ms) : std::nullopt;
  }

  // What is done in a running cluster only.
  void refuse(std::string_view command) {
    outcome_.status = exit_status::kUnavailable;
    outcome_.error +=
        fmt::format("crm_resource: --{} is not available here: it runs agents or waits for a cluster\n", command);
  }

  Outcome not_found(std::string_view text) {
    complain(text);
    perform_error("No such object", exit_status::kNoSuchObject);
    return std::move(outcome_);
  }
  void complain(std::string_view text) { outcome_.error += fmt::format("crm_resource: {}\n", text); }
  void perform_error(std::string_view text, int status) {
    outcome_.error += fmt::format("Error performing operation: {}\n", text);
    outcome_.status = status;
  }
  void end_with(CibError error) {
    if (error == CibError::kNone) return;
    outcome_.write = Outcome::Write::kNothing;
    outcome_.error += fmt::format("crm_resource: Error performing operation: {}\n",
                                  error == CibError::kSchema ? "Invalid configuration" : error_text(error));
    outcome_.status = exit_status_of(error);
  }

  void change_all(const CibChange& change) {
    const CibAnswer answer = change_cib(outcome_.cib, change);
    if (!answer.refused.empty()) outcome_.error += numbered_lines(answer.refused);
    outcome_.write = Outcome::Write::kDocument;
    end_with(answer.error);
  }

  void locate() {
    const std::vector<std::string> places = locations(state_, *resource_, name_);
    for (const std::string& place : places)
      outcome_.output +=
          given_.has("quiet") ? place + "\n" : fmt::format("resource {} is running on: {}\n", name_, place);
    if (places.empty() && !given_.has("quiet")) outcome_.error = fmt::format("resource {} is NOT running\n", name_);
  }

  std::string kind() const {
    return given_.has("meta") ? "meta_attributes" : given_.has("utilization") ? "utilization" : "instance_attributes";
  }

  void get_parameter() {
    const std::string name = *given_.value("get-parameter");
    if (resource_->is_primitive() && resource_->active.size() > 1)
      outcome_.error +=
          fmt::format("{} is active on more than one node, returning the default value for {}\n", name_, name);
    if (const auto value = parameter_value(state_, *resource_, kind(), name)) {
      outcome_.output = *value + "\n";
    } else {
      outcome_.error += fmt::format("Attribute '{}' not found for '{}'\n", name, resource_->id);
    }
  }

  void get_property() {
    const std::string name = *given_.value("get-property");
    auto value = resource_->xml.attribute(name);
    if (resource_->template_xml) {
      if (!value) value = resource_->template_xml.attribute(name);
      if (name == "template") value.reset();
    }
    if (value) {
      outcome_.output = fmt::format("{}\n", *value);
    } else {
      outcome_.error = fmt::format("Attribute '{}' not found for '{}'\n", name, resource_->id);
    }
  }

  void parameter(std::string_view command) {
    ParameterChange change;
    change.resource = resource_->xml_id;
    change.kind = kind();
    change.name = *given_.value(command);
    if (command == "set-parameter") {
      change.value = given_.value("parameter-value");
      if (!change.value) {
        outcome_.status = exit_status::kUsage;
        return complain("You need to supply a value with the -v option");
      }
    }
    change.set = given_.value("set-name").value_or("");
    change.id = given_.value("nvpair").value_or("");
    end_with(change_parameter(outcome_, change));
  }

  // --promoted, for a move where that makes sense.
  bool promoted(bool away) {
    if (!given_.has("promoted") && !given_.has("master")) return false;
    if (away || resource_->promotable) return true;
    outcome_.output += fmt::format("Ignoring --promoted option: {} is not promotable\n", name_);
    return false;
  }

  void place(std::string_view node, bool away) { place(node, away, promoted(away)); }
  void place(std::string_view node, bool away, bool as_promoted) {
    const Placement placement{std::string(name_), std::string(node), away, as_promoted,
                              given_.value("lifetime").value_or("")};
    const auto placed = place_resource(outcome_, placement, surroundings_);
    if (!placed) {
      complain(placed.error().message);
      outcome_.status = exit_status::kUsage;
      return;
    }
    end_with(*placed);
  }

  // Away from where it is, if that is one place.
  void ban_current() {
    const std::vector<std::string> active = active_nodes(state_, *resource_);
    const std::vector<std::string> promoted_on = promoted_nodes(state_, *resource_);
    if (active.size() == 1) return place(active.front(), true);
    if (resource_->promotable && promoted_on.size() == 1) return place(promoted_on.front(), true);
    outcome_.status = exit_status::kUsage;
    const std::string_view id = name_;
    if (resource_->promotable && resource_->variant == scheduler::Variant::kClone) {
      complain(
          fmt::format("Resource '{}' not moved: active in {} locations (promoted in {}).\n"
                      "To prevent '{}' from running on a specific location, specify a node."
                      "To prevent '{}' from being promoted at a specific location, specify a node and the "
                      "--promoted option.",
                      id, active.size(), promoted_on.size(), id, id));
    } else {
      complain(
          fmt::format("Resource '{}' not moved: active in {} locations.\n"
                      "To prevent '{}' from running on a specific location, specify a node.",
                      id, active.size(), id));
    }
  }

  void ban() { node_.empty() ? ban_current() : place(node_, true); }

  void move() {
    if (node_.empty()) return ban_current();
    const std::string target(state_.node(node_)->name);
    const bool as_promoted = promoted(false);
    const std::vector<std::string> active = active_nodes(state_, *resource_);
    const bool there = std::find(active.begin(), active.end(), target) != active.end();
    if (there && active.size() == 1 && !given_.has("force")) {
      outcome_.status = exit_status::kExists;
      complain(fmt::format("Error performing operation: Requested item already exists"));
      return;
    }
    if (resource_->is_primitive() && active.size() > 1) {
      outcome_.status = exit_status::kMultiple;
      return complain("Error performing operation: Multiple items match request");
    }
    // What an earlier move has left gives way.
    std::string before = std::move(outcome_.output);
    clear_placement(outcome_, resource_->xml_id, target);
    outcome_.output = std::move(before);
    place(target, false, as_promoted);
    if (outcome_.status != exit_status::kOk || !given_.has("force")) return;
    for (const std::string& node : active)
      if (node != target && active.size() == 1) place(node, true);
  }

  void remove() {
    const auto type = given_.value("resource-type");
    if (!type) {
      complain("You need to specify a resource type with -t");
      return perform_error("No such object", exit_status::kNoSuchObject);
    }
    cib::Document data;
    data.create_root(*type).set_attribute("id", name_);
    CibChange change;
    change.kind = CibChange::Kind::kDelete;
    change.section = "resources";
    change.data = std::as_const(data).root();
    change_all(change);
  }

  void set_property() {
    const auto type = given_.value("resource-type");
    if (!type) {
      complain("Must specify -t with resource type");
      return perform_error("No such object", exit_status::kNoSuchObject);
    }
    cib::Document data;
    data.create_root(*type)
        .set_attribute("id", name_)
        .set_attribute(*given_.value("set-property"), given_.value("parameter-value").value_or(""));
    CibChange change;
    change.section = "resources";
    change.data = std::as_const(data).root();
    change_all(change);
  }

  void forget(bool failed_only) {
    const std::vector<Forgotten> all = forgotten(state_, resource_, given_.has("force"), node_);
    if (surroundings_.live == nullptr) return forget_nothing(all, failed_only);
    const std::vector<Forgotten> meant = failed_only ? failed_among(state_, all) : all;
    if (resource_ == nullptr) {
      if (failed_only)
        outcome_.output += fmt::format("Cleaned up all resources on {}\n", node_.empty() ? "all nodes" : node_);
      if (node_.empty()) outcome_.forget.push_back({failed_only, {}, {}});
      if (!node_.empty()) forget_each(meant, failed_only);
      return wait_for_replies(failed_only ? meant.size() : 1);
    }
    for (const Forgotten& one : all) outcome_.output += fmt::format("Cleaned up {} on {}\n", one.shown, one.node);
    forget_each(meant, failed_only);
    wait_for_replies(meant.size());
  }

  void forget_each(const std::vector<Forgotten>& all, bool failed_only) {
    for (const Forgotten& one : all) outcome_.forget.push_back({failed_only, one.resource, one.node});
  }

  // On a file.
  void forget_nothing(const std::vector<Forgotten>& all, bool failed_only) {
    if (resource_ == nullptr && !failed_only)
      outcome_.output +=
          fmt::format("Dry run: skipping clean-up of {} due to CIB_file\n", node_.empty() ? "all nodes" : node_);
    if (resource_ == nullptr) return;
    for (const Forgotten& one : all)
      outcome_.error += fmt::format("Dry run: skipping clean-up of {} on {} due to CIB_file\n", one.shown, one.node);
  }

  void wait_for_replies(std::size_t replies) {
    if (replies == 0) return;
    outcome_.output +=
        fmt::format("Waiting for {} {} from the controller\n", replies, replies == 1 ? "reply" : "replies");
    for (std::size_t i = 0; i < replies; ++i)
      outcome_.output += i + 1 == replies ? "... got reply (done)\n" : "... got reply\n";
  }

  const ParsedArguments& given_;
  const Surroundings& surroundings_;
  ClusterState state_;
  std::string name_;
  std::string node_;
  const scheduler::Resource* resource_ = nullptr;
  Outcome outcome_;
};

}  // namespace

Outcome crm_resource(const Arguments& arguments, const Surroundings& surroundings) {
  Outcome outcome;
  const auto refuse = [&](int status, std::string_view text) {
    outcome.status = status;
    outcome.error += fmt::format("crm_resource: {}\n", text);
    return outcome;
  };
  std::vector<OptionSpec> options(kOptions.begin(), kOptions.end());
  options.push_back(kForce);
  const ParsedArguments given = parse_arguments(options, arguments, OptionStyle::kGlib);
  if (!given.error.empty()) return refuse(exit_status::kUsage, given.error);
  if (given.has("help") || given.has("help-all")) {
    outcome.output = kHelp;
    return outcome;
  }
  if (given.has("version")) return version_of_tool(surroundings);
  if (!given.rest.empty()) {
    std::string words = "non-option ARGV-elements:\n";
    for (std::size_t i = 0; i < given.rest.size(); ++i)
      words += fmt::format("[{} of {}] {}\n", i + 1, given.rest.size(), given.rest[i]);
    return refuse(exit_status::kUsage, words);
  }
  const auto xml = wants_xml(given);
  if (!xml) return refuse(exit_status::kError, xml.error().message + "\nError performing operation: Error occurred");
  std::string_view command = "list";
  for (const GivenOption& option : given.options)
    for (const std::string_view name : kCommands)
      if (option.is(name)) command = name;
  if (*xml && !has_xml_form(command))
    return refuse(exit_status::kUnavailable, fmt::format("--output-as=xml is not available here for --{}", command));
  const XmlResult frame{"crm_resource", arguments, surroundings.profile};
  if (!given.has("resource") && !among(kWithoutResource, command)) {
    outcome = refuse(exit_status::kUsage, "Must supply a resource id with -r");
    return *xml ? as_xml(std::move(outcome), frame) : outcome;
  }
  if (surroundings.cib == nullptr) {
    outcome.status = status_without_cib(surroundings.connection);
    outcome.error = fmt::format("crm_resource: Could not connect to the CIB: {}\nError performing operation: {}\n",
                                connection_text(surroundings.connection), scheduler::exit_status_text(outcome.status));
    return outcome;
  }
  Outcome result = CrmResource(given, surroundings).run(command);
  if (!*xml) return result;
  if (command == "locate" && result.status == exit_status::kOk) result.error.clear();
  if (result.status != exit_status::kOk) return as_xml(std::move(result), frame);
  const ClusterState state(*surroundings.cib, surroundings);
  const std::string resource = given.value("resource").value_or("");
  const std::string node = given.value("node").value_or("");
  const std::string name = given.value(command).value_or("");
  std::string value = result.output;
  if (value.ends_with('\n')) value.pop_back();
  const ResourceQuestion question{command, resource.empty() ? nullptr : state.resource(resource), resource, node, name,
                                  value};
  return as_xml(std::move(result), frame, [&](reports::XmlWriter& writer) {
    write_resource_answer(question, state, surroundings.profile, writer);
  });
}

}  // namespace simcluster::commands
