// cibadmin (AT-9.1), as 2.1.5 does it on a file.
#include <array>
#include <utility>

#include <fmt/core.h>

#include "commands/arguments.h"
#include "commands/cib_change.h"
#include "commands/cibadmin_usage.h"
#include "commands/exit_status.h"
#include "commands/input.h"
#include "commands/tool_table.h"
#include "engine/cib/digest.h"
#include "engine/cib/xpath.h"

namespace simcluster::commands {

namespace {

using Value = OptionSpec::Value;

constexpr std::array<OptionSpec, 32> kOptions = {{
    {'?', "help"},
    {'$', "version"},
    {'V', "verbose"},
    {'u', "upgrade"},
    {'Q', "query"},
    {'E', "erase"},
    {'B', "bump"},
    {'C', "create"},
    {'M', "modify"},
    {'P', "patch"},
    {'R', "replace"},
    {'D', "delete"},
    {'d', "delete-all"},
    {'a', "empty"},
    {'5', "md5-sum"},
    {'6', "md5-sum-versioned"},
    {'S', "show-access", Value::kOptional},
    {'f', "force"},
    {'t', "timeout", Value::kRequired},
    {'U', "user", Value::kRequired},
    {'s', "sync-call"},
    {'l', "local"},
    {'c', "allow-create"},
    {'n', "no-children"},
    {'X', "xml-text", Value::kRequired},
    {'x', "xml-file", Value::kRequired},
    {'p', "xml-pipe"},
    {'o', "scope", Value::kRequired},
    {'A', "xpath", Value::kRequired},
    {'e', "node-path"},
    {'N', "node", Value::kRequired},
    {0, "sync"},
}};

// The last of these on the command line is what is done.
constexpr std::array<std::string_view, 13> kCommands = {
    "upgrade", "query",  "erase",      "bump",  "create",  "modify",           "patch",
    "replace", "delete", "delete-all", "empty", "md5-sum", "md5-sum-versioned"};

std::string_view command_of(const ParsedArguments& given) {
  std::string_view command;
  for (const GivenOption& option : given.options)
    for (const std::string_view name : kCommands)
      if (option.is(name)) command = name;
  return command;
}

bool is_dangerous(std::string_view command) {
  return command == "upgrade" || command == "erase" || command == "delete-all";
}

Outcome usage(std::string error) {
  Outcome outcome;
  outcome.status = exit_status::kUsage;
  outcome.error = std::move(error) + std::string(cibadmin_usage());
  return outcome;
}

// A manager's name for the request; on a file there is none.
std::string failure_text(std::string_view command, CibError error, const Surroundings& surroundings) {
  if (surroundings.live == nullptr) return fmt::format("Call failed: {}\n", error_text(error));
  const std::string_view name = command == "delete-all" ? "delete" : command == "patch" ? "apply_diff" : command;
  return fmt::format("Call cib_{} failed: {}\n", name, error_text(error));
}

// What -n leaves of an element.
std::string without_children(const cib::Element& element, const Profile& profile, int depth) {
  cib::Document document;
  cib::MutableElement root = document.create_root(element.name());
  for (const cib::Attribute attribute : element.attributes()) root.set_attribute(attribute.name, attribute.value);
  return xml_text(document.root(), profile, depth);
}

Outcome query(const ParsedArguments& given, const Surroundings& surroundings) {
  const cib::Document& cib = *surroundings.cib;
  const Profile& profile = surroundings.profile;
  const auto xpath = given.value("xpath");
  std::vector<cib::Element> found;
  if (xpath) {
    found = cib::select(cib, *xpath);
  } else if (const cib::Element section = find_section(cib, given.value("scope").value_or("")); section) {
    found.push_back(section);
  }
  Outcome outcome;
  if (found.empty()) {
    outcome.status = exit_status::kNoSuchObject;
    outcome.error = failure_text("query", CibError::kNoSuchObject, surroundings);
    return outcome;
  }
  if (given.has("node-path")) {
    if (xpath)
      for (const cib::Element& element : found) outcome.output += path_text(element) + "\n";
    return outcome;
  }
  const bool several = found.size() > 1;
  if (several) outcome.output += "<xpath-query>\n";
  for (const cib::Element& element : found)
    outcome.output += given.has("no-children") ? without_children(element, profile, several ? 1 : 0)
                                               : xml_text(element, profile, several ? 1 : 0);
  if (several) outcome.output += "</xpath-query>\n";
  return outcome;
}

Outcome digest(std::string_view command, const std::optional<Input>& input, const Profile& profile) {
  Outcome outcome;
  if (!input) {
    outcome.status = exit_status::kUsage;
    outcome.error = "Please supply XML to process with -X, -x or -p\n";
    return outcome;
  }
  const cib::Element root = input->document.root();
  if (command == "md5-sum") {
    outcome.error = "Digest: ";
    outcome.output = file_digest(root, profile) + "\n";
  } else {
    outcome.error = fmt::format("Versioned ({}) digest: ", root.attribute("crm_feature_set").value_or("(null)"));
    outcome.output = versioned_digest(root, profile) + "\n";
  }
  return outcome;
}

Outcome empty_cib(const ParsedArguments& given, const Surroundings& surroundings) {
  Outcome outcome;
  const std::string schema = given.rest.empty() ? newest_schema(surroundings.profile) : given.rest.front();
  cib::Document cib;
  cib::MutableElement root = cib.create_root("cib");
  root.set_attribute("crm_feature_set", crm_feature_set(surroundings.profile));
  root.set_attribute("validate-with", schema);
  root.set_attribute("epoch", "1").set_attribute("num_updates", "0").set_attribute("admin_epoch", "0");
  cib::MutableElement configuration = root.append_child("configuration");
  for (const char* section : {"crm_config", "nodes", "resources", "constraints"}) configuration.append_child(section);
  root.append_child("status");
  outcome.output = cib::write_document(cib);
  return outcome;
}

CibChange::Kind kind_of(std::string_view command) {
  using Kind = CibChange::Kind;
  if (command == "create") return Kind::kCreate;
  if (command == "modify") return Kind::kModify;
  if (command == "replace") return Kind::kReplace;
  if (command == "patch") return Kind::kPatch;
  if (command == "bump") return Kind::kBump;
  if (command == "erase") return Kind::kErase;
  if (command == "upgrade") return Kind::kUpgrade;
  return Kind::kDelete;
}

Outcome change(std::string_view command, const ParsedArguments& given, const std::optional<Input>& input,
               const Surroundings& surroundings) {
  CibChange wanted;
  wanted.kind = kind_of(command);
  wanted.section = given.value("scope").value_or("");
  wanted.xpath = given.value("xpath").value_or("");
  if (input) wanted.data = input->document.root();
  wanted.may_create = given.has("allow-create");
  wanted.all = command == "delete-all";
  wanted.feature_set = crm_feature_set(surroundings.profile);
  if (wanted.kind == CibChange::Kind::kUpgrade) wanted.section = newest_schema(surroundings.profile);
  Outcome outcome;
  outcome.cib = *surroundings.cib;
  const CibAnswer answer = change_cib(outcome.cib, wanted);
  outcome.output = answer.failed;
  if (answer.error != CibError::kNone) {
    if (!answer.refused.empty()) outcome.error = numbered_lines(answer.refused);
    outcome.error += failure_text(command, answer.error, surroundings);
    outcome.status = exit_status_of(answer.error);
    return outcome;
  }
  // The file is written anew in any case.
  if (!answer.changed && surroundings.live != nullptr) return outcome;
  outcome.write = wanted.kind == CibChange::Kind::kBump    ? Outcome::Write::kBump
                  : wanted.kind == CibChange::Kind::kErase ? Outcome::Write::kErase
                                                           : Outcome::Write::kDocument;
  return outcome;
}

Result<std::optional<Input>> input_of(const ParsedArguments& given, const Surroundings& surroundings) {
  if (const auto file = given.value("xml-file")) {
    auto input = read_input_file(surroundings, *file);
    if (!input) return fail(fmt::format("Couldn't parse input from {}.\n", *file));
    return std::move(*input);
  }
  if (const auto text = given.value("xml-text")) {
    auto input = read_input_text(*text, "cibadmin -X");
    if (!input) return fail("Couldn't parse input from input string.\n");
    return std::move(*input);
  }
  if (!given.has("xml-pipe")) return std::optional<Input>();
  auto input = read_input_file(surroundings, "");
  if (!input) return fail("Couldn't parse input from STDIN.\n");
  return std::move(*input);
}

}  // namespace

Outcome cibadmin(const Arguments& arguments, const Surroundings& surroundings) {
  const ParsedArguments given = parse_arguments(kOptions, arguments, OptionStyle::kGetopt);
  if (!given.error.empty()) return usage(fmt::format("cibadmin: {}\n", given.error));
  Outcome outcome;
  if (given.has("help")) {
    outcome.output = cibadmin_usage();
    return outcome;
  }
  if (given.has("version")) return version_of_tool(surroundings);
  const std::string_view command = command_of(given);
  if (command == "empty") return empty_cib(given, surroundings);
  if (!given.rest.empty()) {
    outcome = usage("");
    outcome.output = "non-option ARGV-elements: ";
    for (const std::string& word : given.rest) outcome.output += word + " ";
    outcome.output += "\n";
    return outcome;
  }
  if (command.empty()) return usage("");
  if (is_dangerous(command) && !given.has("force")) {
    outcome.status = exit_status::kUnsafe;
    outcome.error =
        "The supplied command is considered dangerous.  To prevent accidental destruction of the cluster, the --force "
        "flag is required in order to proceed.\n";
    return outcome;
  }
  const auto input = input_of(given, surroundings);
  if (!input) {
    outcome.error = input.error().message;
    outcome.status = exit_status::kConfiguration;
    return outcome;
  }
  if (command.starts_with("md5-sum")) return digest(command, *input, surroundings.profile);
  if (const CibError error = connection_error(surroundings.connection); error != CibError::kNone || !surroundings.cib) {
    outcome.status = status_without_cib(surroundings.connection);
    outcome.error =
        fmt::format("Could not connect to the CIB: {}\nInit failed, could not perform requested operations\n",
                    connection_text(surroundings.connection));
    return outcome;
  }
  return command == "query" ? query(given, surroundings) : change(command, given, *input, surroundings);
}

}  // namespace simcluster::commands
