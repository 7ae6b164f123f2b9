#include "engine/node/operator_shell.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "engine/base/shell_words.h"
#include "engine/base/time_text.h"
#include "engine/cib/crm_shell.h"
#include "engine/cib/patch.h"
#include "engine/controller/cib_request.h"
#include "engine/node/operator_agents.h"
#include "engine/node/operator_checks.h"
#include "engine/node/operator_words.h"

namespace simcluster::node {

using controller::CibPath;
using controller::CibRequest;
using controller::CibStep;
using controller::step;

namespace {

constexpr std::array<std::string_view, 9> kConfigurationSections = {"crm_config",  "nodes",        "resources",
                                                                    "constraints", "rsc_defaults", "op_defaults",
                                                                    "acls",        "tags",         "fencing-topology"};

Result<CibPath> section_path(std::string_view section) {
  if (section.empty()) return CibPath{};
  if (section == "configuration" || section == "status") return CibPath{step(section)};
  if (section == "alerts" || std::find(kConfigurationSections.begin(), kConfigurationSections.end(), section) !=
                                 kConfigurationSections.end()) {
    return CibPath{step("configuration"), step(section)};
  }
  return fail(
      fmt::format("\"{}\" is not a section of the CIB; expected configuration, status, nodes, resources, "
                  "constraints, crm_config, rsc_defaults, op_defaults, acls, tags, fencing-topology or alerts",
                  section));
}

}  // namespace

Result<std::string> OperatorShell::crm(std::string_view command) {
  const Result<std::vector<std::string>> split = split_shell_words(command);
  if (!split) return tl::unexpected(split.error());
  Words words(split->begin(), split->end());
  forced_ = !words.empty() && (words[0] == "-F" || words[0] == "--force");
  if (forced_) words.erase(words.begin());
  if (words.empty()) return fail("an empty crm command");
  if (words[0] == "resource") return resource_command(words);
  if (words[0] == "node") return node_command(words);
  if (words[0] == "configure") return configure_command(words, command);
  if (words[0] == "ra") return describe_agents(Words(words.begin() + 1, words.end()), profile_, agents_.models.get());
  if (words[0] == "maintenance" && words.size() == 2 && (words[1] == "on" || words[1] == "off"))
    return silent(
        load(fmt::format("property maintenance-mode={}", words[1] == "on"), "crm maintenance", LoadMethod::kUpdate));
  return fail(
      fmt::format("\"crm {}\" is not known; expected resource, node, configure, ra or maintenance on|off", words[0]));
}

// AT part I: the manual ways of fencing.
Result<std::string> OperatorShell::stonith_admin(std::string_view arguments) {
  const Result<std::vector<std::string>> split = split_shell_words(arguments);
  if (!split) return tl::unexpected(split.error());
  const Words words(split->begin(), split->end());
  const std::string_view verb = words.empty() ? std::string_view() : words[0];
  if (words.size() != 2)
    return fail(
        fmt::format("\"stonith_admin {}\" is not known; expected --confirm, --reboot, --off, --on or "
                    "--history and a node",
                    arguments));
  const std::string_view node = words[1];
  if (verb == "--confirm" || verb == "-C") {
    controller_.confirm_off(node);
    return std::string();
  }
  if (verb == "--history" || verb == "-H") {
    std::string text;
    for (const fencer::HistoryEntry& entry : controller_.fencing_history()) {
      if (entry.pending || (node != "*" && entry.target != node)) continue;
      text += fmt::format("{} was {} to {} node {} on behalf of {} from {} at {}\n",
                          entry.delegate.empty() ? "Nobody" : entry.delegate, entry.succeeded ? "able" : "not able",
                          entry.action, entry.target, entry.client, entry.origin, ctime_text(entry.completed));
    }
    return text;
  }
  if (!verb.starts_with("--")) return fail(fmt::format("\"{}\" is no option of stonith_admin", verb));
  const auto asked = controller_.fence(node, verb.substr(2));
  if (!asked) return tl::unexpected(asked.error());
  return std::string();
}

Result<std::string> OperatorShell::commit(const std::function<Result<void>(cib::Document&)>& change) {
  cib::Document wanted = controller_.cib();
  if (Result<void> changed = change(wanted); !changed) return tl::unexpected(changed.error());
  CheckReport report = check_commit(controller_.cib(), wanted, profile_, agents_, host_.now().unix_seconds());
  if (report.refused && !forced_) return report.text.append(kShellRefuses);
  if (report.refused) report.text += "INFO: commit forced\n";
  controller_.change_configuration(wanted, "cibadmin");
  return std::move(report.text);
}

// crmsh computes the new configuration.
Result<void> OperatorShell::edit(const std::function<Result<void>(cib::Document&)>& change) {
  cib::Document wanted = controller_.cib();
  if (Result<void> changed = change(wanted); !changed) return changed;
  controller_.change_configuration(wanted, "cibadmin");
  return {};
}

Result<void> OperatorShell::load(std::string_view text, std::string_view file_name, LoadMethod method) {
  const auto how = method == LoadMethod::kUpdate ? cib::CrmLoad::kUpdate : cib::CrmLoad::kReplace;
  return edit([&](cib::Document& wanted) { return cib::apply_crm_shell(wanted, text, file_name, how); });
}

// --- cibadmin ---

Result<void> OperatorShell::change(CibChange change, std::string_view section, std::string_view xml) {
  Result<CibPath> path = section_path(section);
  if (!path) return tl::unexpected(path.error());
  const Result<cib::Document> payload = cib::parse_document(xml, "cibadmin -X");
  if (!payload) return tl::unexpected(payload.error());
  const cib::Element given = payload->root();
  const bool names_section = !path->empty() && path->back().element == given.name();
  CibRequest request;
  switch (change) {
    case CibChange::kPatch: {
      // Tried here, to say what is wrong with it; it counts what the CIB is when the request's turn comes (CM-6.12).
      cib::Document wanted = controller_.cib();
      const cib::PatchResult tried = cib::apply_patch(wanted, *payload);
      if (tried.outcome != cib::PatchOutcome::kApplied)
        return fail(fmt::format("the difference does not fit the CIB: {}", tried.reason));
      request.set(CibStep::Kind::kPatch, {}, cib::write_compact(given));
      break;
    }
    case CibChange::kCreate:
    case CibChange::kModify:
      if (names_section) path->pop_back();
      request.set(change == CibChange::kCreate ? CibStep::Kind::kCreate : CibStep::Kind::kModify, *path,
                  cib::write_compact(given));
      break;
    case CibChange::kReplace:
      if (!names_section && !given.is("cib"))
        path->push_back(given.id().empty() ? step(given.name()) : step(given.name(), given.id()));
      request.set(CibStep::Kind::kReplace, *path, cib::write_compact(given));
      break;
    case CibChange::kDelete:
      if (!names_section) {
        cib::Element found;
        for (const cib::Element element : controller_.cib().find_all_id(given.id())) {
          if (element.name() == given.name()) found = element;
        }
        if (!found) return {};  // deleting what is not there is success (CM-6.6)
        request.remove(path_of(found));
      } else {
        request.remove(*path);
      }
      break;
  }
  controller_.change_cib(std::move(request), "cibadmin");
  return {};
}

// A difference goes without a version, since it is meant for the CIB as it then is.
void OperatorShell::take(const cib::Document& wanted, CibWish wish, std::string_view client, bool whole_sections) {
  CibRequest request;
  if (wish != CibWish::kDocument) {
    request.set(wish == CibWish::kBump ? CibStep::Kind::kBump : CibStep::Kind::kErase, {}, {});
  } else if (whole_sections) {
    for (const std::string_view section : {"configuration", "status"}) {
      const cib::Element given = wanted.root().first_child(section);
      const std::string text = given ? cib::write_compact(given) : std::string();
      if (given && text != cib::write_compact(controller_.cib().root().first_child(section)))
        request.set(CibStep::Kind::kReplace, {step(section)}, text);
    }
    if (request.steps.empty()) return;
  } else {
    const auto patch = cib::create_patch_without_version(controller_.cib(), wanted);
    if (!patch) return;
    request.set(CibStep::Kind::kPatch, {}, cib::write_compact(patch->root()));
  }
  controller_.change_cib(std::move(request), client);
}

}  // namespace simcluster::node
