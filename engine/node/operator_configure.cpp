// crm configure ... (AT-7.6).
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/cib/crm_shell.h"
#include "engine/controller/cib_request.h"
#include "engine/node/operator_shell.h"
#include "engine/node/operator_words.h"

namespace simcluster::node {

using controller::CibRequest;
using controller::step;

Result<std::string> OperatorShell::configure_command(const Words& words, std::string_view command) {
  if (words.size() < 2) return fail("\"crm configure\" needs a command");
  if (words[1] == "delete") return erase(Words(words.begin() + 2, words.end()));
  if (words[1] == "rename") return rename(words);
  if (words[1] == "modgroup")
    return silent(
        edit([&](cib::Document& wanted) { return cib::modify_group(wanted, Words(words.begin() + 2, words.end())); }));
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
  return silent(load(command.substr(at), "crm configure", LoadMethod::kUpdate));
}

Result<std::string> OperatorShell::erase(Words ids) {
  const bool force = std::erase_if(ids, [](std::string_view word) { return word == "--force" || word == "-f"; }) > 0;
  if (ids.empty()) return fail("\"crm configure delete\" needs the id of an object");
  for (const std::string_view id : ids)
    for (const cib::Element element : controller_.cib().find_all_id(id))
      // As crmsh 4.4 (black-box run).
      if (!force && cib::is_resource(element.name()) && is_active(element))
        return fail(fmt::format("resource {} is running, can't delete it", id));
  return silent(edit([&](cib::Document& wanted) { return cib::delete_objects(wanted, ids); }));
}

Result<std::string> OperatorShell::rename(const Words& words) {
  if (words.size() != 4) return fail("expected: crm configure rename ID NEW-ID");
  // As crmsh 4.4: a group may be renamed while its members run.
  for (const cib::Element element : controller_.cib().find_all_id(words[2]))
    if (element.is("primitive") && is_active(element))
      return fail(fmt::format("cannot rename a running resource ({})", words[2]));
  return silent(edit([&](cib::Document& wanted) { return cib::rename_object(wanted, words[2], words[3]); }));
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
  return silent(edit([&](cib::Document& wanted) { return cib::edit_objects(wanted, ids, script, form); }));
}

}  // namespace simcluster::node
