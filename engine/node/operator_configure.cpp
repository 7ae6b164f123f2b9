// crm configure ... (AT-7.6).
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/cib/cluster_property.h"
#include "engine/cib/crm_shell.h"
#include "engine/cib/nvpairs.h"
#include "engine/cib/values.h"
#include "engine/controller/cib_request.h"
#include "engine/node/operator_agents.h"
#include "engine/node/operator_checks.h"
#include "engine/node/operator_properties.h"
#include "engine/node/operator_shell.h"
#include "engine/node/operator_timeouts.h"
#include "engine/node/operator_words.h"

namespace simcluster::node {

using controller::CibRequest;
using controller::step;

Result<std::string> OperatorShell::configure_command(const Words& words, std::string_view command) {
  if (words.size() < 2) return fail("\"crm configure\" needs a command");
  if (words[1] == "delete") return erase(Words(words.begin() + 2, words.end()));
  if (words[1] == "show" || words[1] == "save") return show(words);
  if (words[1] == "get_property" || words[1] == "get-property")
    return get_property(Words(words.begin() + 2, words.end()));
  if (words[1] == "set" && words.size() == 4) return set_value(words[2], words[3]);
  if (words[1] == "schema" && words.size() == 2)
    return fmt::format("{}\n", controller_.cib().root().value("validate-with"));
  if (words[1] == "template" && words.size() == 3 && words[2] == "list") return list_templates();
  if (words[1] == "ra") return describe_agents(Words(words.begin() + 2, words.end()), profile_, agents_.models.get());
  // Every command is a session of its own: what has changed is committed at its end.
  if (words.size() == 2 && (words[1] == "commit" || words[1] == "refresh")) return std::string();
  if (words[1] == "rename") return rename(words);
  if (words[1] == "verify" && words.size() == 2) return verify();
  if (words[1] == "default-timeouts" || words[1] == "default_timeouts")
    return default_timeouts(Words(words.begin() + 2, words.end()));
  if (words[1] == "modgroup")
    return commit(
        [&](cib::Document& wanted) { return cib::modify_group(wanted, Words(words.begin() + 2, words.end())); });
  if (words[1] == "filter") return edit_text(words, cib::ObjectText::kOneLine);
  if (words[1] == "edit") return edit_text(words, cib::ObjectText::kAsShown);
  if (words[1] == "erase") {  // nodes stay, unless they are named
    cib::Document empty = cib::empty_cib();
    cib::MutableElement nodes = empty.root().first_child("configuration").first_child("nodes");
    const bool keep_nodes = words.size() < 3 || words[2] != "nodes";
    for (const cib::Element node : controller_.cib().find_path("configuration/nodes").children("node"))
      if (keep_nodes) nodes.append_copy(node);
    cib::Document wanted = controller_.cib();
    wanted.root().first_child("configuration").remove();
    wanted.root().insert_copy(std::as_const(empty).root().first_child("configuration"), wanted.root().first_child());
    controller_.change_configuration(wanted, "crmd");
    return {};
  }
  const auto at = command.find("configure") + std::string_view("configure").size();
  return commit(
      [&](cib::Document& wanted) { return cib::apply_crm_shell(wanted, command.substr(at), "crm configure"); });
}

// crm configure default-timeouts RSC...
Result<std::string> OperatorShell::default_timeouts(const Words& ids) {
  TimeoutReport report;
  Result<std::string> committed = commit([&](cib::Document& wanted) -> Result<void> {
    report = set_default_timeouts(wanted, ids, profile_, agents_);
    return {};
  });
  if (!committed) return committed;
  const bool told = committed->ends_with(kShellRefuses);
  return report.text + *committed + std::string(report.failed && !told ? kShellRefuses : "");
}

// crm configure verify: of all objects.
Result<std::string> OperatorShell::verify() const {
  CheckReport report = verify_configuration(controller_.cib(), profile_, agents_, host_.now().unix_seconds());
  return report.refused ? report.text.append(kShellRefuses) : std::move(report.text);
}

// `save -` prints what `show` prints.
Result<std::string> OperatorShell::show(const Words& words) const {
  Words what(words.begin() + 2, words.end());
  if (words[1] == "save" && (what.empty() || what.back() != "-"))
    return fail("only \"crm configure save ... -\" can be had here: a file is not written");
  if (words[1] == "save") what.pop_back();
  return cib::show_crm_objects(controller_.cib(), std::move(what));
}

namespace {

// In two columns, the last one never filled up.
std::string list_properties() {
  constexpr int kColumn = 40;
  std::string text;
  bool left = true;
  for (const KnownProperty& property : known_properties()) {
    text += left ? fmt::format("{:<{}}", property.name, kColumn) : fmt::format("{}\n", property.name);
    left = !left;
  }
  return left ? text : text + "\n";
}

}  // namespace

// crm configure get_property [-t] [NAME]; what is not set has its default.
Result<std::string> OperatorShell::get_property(Words words) const {
  const bool truth = !words.empty() && (words[0] == "-t" || words[0] == "--true");
  if (truth) words.erase(words.begin());
  if (words.empty() && !truth) return list_properties();
  if (words.size() != 1) return fail("expected: crm configure get_property [-t] [NAME]");
  const auto property = cib::find_property(controller_.cib(), words[0]);
  if (truth) {
    const bool yes = property && cib::is_true(property->value);
    return std::string(yes ? "true\n" : "false\n");
  }
  if (property) return property->value + "\n";
  const KnownProperty* known = find_known_property(words[0]);
  if (known == nullptr || known->default_value.empty()) return fail(fmt::format("{}: Property not set", words[0]));
  return fmt::format("{}\n", known->default_value);
}

// crm configure set PATH VALUE: of an attribute that is configured.
Result<std::string> OperatorShell::set_value(std::string_view path, std::string_view value) {
  Words parts;
  for (std::string_view rest = path;;) {
    const auto dot = rest.find('.');
    parts.push_back(rest.substr(0, dot));
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (parts.size() < 2 || parts.size() > 4)
    return fail("expected: crm configure set ID.[OPERATION.[INTERVAL.]]NAME VALUE");
  return commit([&](cib::Document& wanted) -> Result<void> {
    const cib::Element object = std::as_const(wanted).find_id(parts[0]);
    if (!object) return fail(fmt::format("Object {} not found", parts[0]));
    if (parts.size() == 2) {
      for (const std::string_view set : {kParameterSet, kMetaSet, kUtilization})
        if (const cib::Element pair = find_pair(object, set, parts[1])) {
          wanted.edit(pair).set_attribute("value", value);
          return {};
        }
      return fail(fmt::format("Attribute not found: {}", path));
    }
    for (const cib::Element op : object.first_child("operations").children("op")) {
      if (op.value("name") != parts[1] || (parts.size() == 4 && op.value("interval") != parts[2])) continue;
      if (!op.has(parts.back())) break;
      wanted.edit(op).set_attribute(parts.back(), value);
      return {};
    }
    return fail(fmt::format("Attribute not found: {}", path));
  });
}

// CM-13.14: before 1.0.12 the command failed.
Result<std::string> OperatorShell::list_templates() const {
  if (!profile_.crm_shell_lists_templates)
    return std::string(
        "Traceback (most recent call last):\nNameError: a function that lists templates is not defined\n");
  static const std::vector<std::string> kTemplates = {"apache",    "clvm",  "filesystem", "gfs2",
                                                      "gfs2-base", "ocfs2", "sbd",        "virtual-ip"};
  return "Templates:\n" + in_columns(kTemplates) + "\nConfigurations:\n";
}

Result<std::string> OperatorShell::erase(Words ids) {
  const bool force = std::erase_if(ids, [](std::string_view word) { return word == "--force" || word == "-f"; }) > 0;
  if (ids.empty()) return fail("\"crm configure delete\" needs the id of an object");
  for (const std::string_view id : ids)
    for (const cib::Element element : controller_.cib().find_all_id(id))
      // As crmsh 4.4 (black-box run).
      if (!force && cib::is_resource(element.name()) && is_active(element))
        return fail(fmt::format("resource {} is running, can't delete it", id));
  return commit([&](cib::Document& wanted) { return cib::delete_objects(wanted, ids); });
}

Result<std::string> OperatorShell::rename(const Words& words) {
  if (words.size() != 4) return fail("expected: crm configure rename ID NEW-ID");
  // As crmsh 4.4: a group may be renamed while its members run.
  for (const cib::Element element : controller_.cib().find_all_id(words[2]))
    if (element.is("primitive") && is_active(element))
      return fail(fmt::format("cannot rename a running resource ({})", words[2]));
  return commit([&](cib::Document& wanted) { return cib::rename_object(wanted, words[2], words[3]); });
}

// crm configure edit|filter "sed SCRIPT" [ID...]: what an editor or the program does to the text is a script of sed.
Result<std::string> OperatorShell::edit_text(const Words& words, cib::ObjectText form) {
  constexpr std::string_view kSed = "sed ";
  if (words.size() < 3 || !words[2].starts_with(kSed))
    return fail(
        fmt::format("expected: crm configure {} \"sed SCRIPT\" [ID...] (no other program can be run here)", words[1]));
  std::string_view script = words[2].substr(kSed.size());
  if (script.starts_with("-e ")) script.remove_prefix(3);
  constexpr std::string_view kQuotes = "\"'";
  if (script.size() > 1 && kQuotes.find(script.front()) != std::string_view::npos && script.back() == script.front())
    script = script.substr(1, script.size() - 2);
  const Words ids(words.begin() + 3, words.end());
  return commit([&](cib::Document& wanted) { return cib::edit_objects(wanted, ids, script, form); });
}

}  // namespace simcluster::node
