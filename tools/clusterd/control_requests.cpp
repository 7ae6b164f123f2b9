#include "tools/clusterd/control_requests.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include <fmt/format.h>

#include "engine/cib/document.h"
#include "engine/cib/patch.h"
#include "engine/membership/stack.h"
#include "tools/clusterd/unsupported.h"

namespace simcluster::clusterd {

namespace {

using Json = nlohmann::json;

struct Asked {
  const Json& body;
  node::Node& node;
  const Controlled& controlled;
};

// The text under `name`; an error when there is none or it is no text.
Result<std::string> text(const Json& body, const char* name) {
  const auto it = body.find(name);
  if (it == body.end() || !it->is_string()) return fail(fmt::format("\"{}\" is missing; expected a string", name));
  return it->get<std::string>();
}

std::string text_or(const Json& body, const char* name, std::string_view fallback) {
  const auto it = body.find(name);
  return it != body.end() && it->is_string() ? it->get<std::string>() : std::string(fallback);
}

Result<Json> status(const Asked& asked) {
  Json json;
  json["node"] = asked.node.config().name;
  json["node_id"] = asked.node.config().id.valid() ? Json(asked.node.config().id.value) : Json(nullptr);
  json["version"] = SIMCLUSTER_VERSION;
  const StackVersions& releases = asked.controlled.profile.versions;
  json["releases"] = {{"pacemaker", releases.pacemaker}, {"corosync", releases.corosync}};
  json["controller_state"] = asked.node.controller_state();
  json["dc"] = asked.node.dc();
  json["quorate"] = asked.node.has_quorum();
  json["members"] = asked.node.members();
  DroppedFrames dropped = asked.controlled.dropped();
  // Where the engine keeps the links, it does not tell apart why.
  if (const membership::Stack* stack = asked.node.membership()) dropped.unauthenticated += stack->rejected_datagrams();
  const std::size_t bytes = asked.node.cib().content_bytes();
  const controller::CibRoom room = asked.node.cib_room();
  json["cib"] = {{"bytes", bytes}, {"limit", room.in_force}, {"least_limit", room.least}};
  json["warnings"] = Json::array();
  if (room.least != 0 && bytes > room.least)
    json["warnings"].push_back(fmt::format(
        "the CIB has {} KiB, more than the {} KiB that all nodes allow (cib_limit); up to {} KiB are taken until it is "
        "smaller",
        bytes >> 10, room.least >> 10, room.in_force >> 10));
  else if (bytes > room.in_force - room.in_force / 8)
    json["warnings"].push_back(
        fmt::format("the CIB has {} of the {} KiB that all nodes allow (cib_limit)", bytes >> 10, room.in_force >> 10));
  json["unsupported"] = Json::array();
  for (const Error& error : unsupported_in(asked.node.cib())) json["unsupported"].push_back(error.message);
  json["dropped"] = {{"unauthenticated", dropped.unauthenticated},
                     {"malformed", dropped.malformed},
                     {"replayed", dropped.replayed},
                     {"unsent", dropped.unsent},
                     {"requests", asked.node.dropped_requests()}};
  return json;
}

Result<Json> query_cib(const Asked& asked) {
  Json json;
  json["cib"] = cib::write_document(asked.node.cib());
  return json;
}

Result<Json> history(const Asked& asked) {
  Json json;
  json["directory"] = asked.controlled.inputs_directory;
  json["inputs"] = asked.controlled.inputs();
  return json;
}

Result<Json> done(const Result<void>& result) {
  if (!result) return tl::unexpected(result.error());
  return Json::object();
}

// What cannot make the CIB larger than it is: deletions, and a whole that is smaller (XML is some four times as long as
// crm shell text).
bool makes_smaller(const Json& body, std::size_t now) {
  constexpr std::array<std::string_view, 9> kShrinking{
      "configure delete", "configure remove", "configure rm",    "resource cleanup",         "resource clear",
      "resource unmove",  "resource unban",   "node clearstate", "resource failcount delete"};
  const std::string name = text_or(body, "request", ""), change = text_or(body, "change", "");
  if (name == "attribute") return !body.contains("value");
  if (name == "take_cib") return text_or(body, "cib", "").size() < now;
  if (name == "change_cib")
    return change == "delete" ||
           (change == "replace" && text_or(body, "section", "").empty() && text_or(body, "xml", "").size() < now);
  if (name == "load")
    return text_or(body, "method", "update") == "replace" && text_or(body, "text", "").size() < now / 4;
  const std::string command = text_or(body, "command", "");
  const auto begins = [&](std::string_view words) {
    return command == words || command.starts_with(std::string(words) + ' ');
  };
  return name == "crm" && std::ranges::any_of(kShrinking, begins);
}

// Nothing that a client asks for grows without end. The last eighth of the CIB's room is for what the cluster itself
// has to write.
Result<void> room_for(const Controlled& controlled, const Json& body, std::size_t more) {
  if (const std::size_t waiting = controlled.waiting(); waiting > kMostWaiting)
    return fail(fmt::format("{} messages wait for the ring; try again later", waiting));
  const std::size_t limit = controlled.node.cib_room().in_force;
  const std::size_t room = limit - limit / 8, now = controlled.node.cib().content_bytes();
  if (limit != 0 && now + more > room && !makes_smaller(body, now))
    return fail(fmt::format(
        "the CIB would have more than {} KiB, seven eighths of what it may have; what makes it smaller is taken",
        room >> 10));
  return {};
}

Result<Json> crm(const Asked& asked) {
  const auto command = text(asked.body, "command");
  if (!command) return tl::unexpected(command.error());
  const auto output = asked.node.crm(*command);
  if (!output) return tl::unexpected(output.error());
  std::string_view lines = *output;
  const bool refused = lines.ends_with(node::kShellRefuses);
  if (refused) lines.remove_suffix(node::kShellRefuses.size());
  Json json;
  json["output"] = lines;
  json["exit_status"] = refused ? 1 : 0;
  return json;
}

Result<Json> load(const Asked& asked) {
  const auto content = text(asked.body, "text");
  if (!content) return tl::unexpected(content.error());
  const std::string method = text_or(asked.body, "method", "update");
  if (method != "update" && method != "replace")
    return fail(fmt::format("\"{}\" is no method; expected update or replace", method));
  return done(asked.node.load_crm_shell(*content, text_or(asked.body, "file", "request"),
                                        method == "update" ? node::LoadMethod::kUpdate : node::LoadMethod::kReplace));
}

Result<Json> change_cib(const Asked& asked) {
  constexpr std::array<std::string_view, 5> kChanges{"create", "modify", "replace", "delete", "patch"};
  const auto change = text(asked.body, "change");
  const auto xml = text(asked.body, "xml");
  if (!change) return tl::unexpected(change.error());
  if (!xml) return tl::unexpected(xml.error());
  for (std::size_t i = 0; i < kChanges.size(); ++i)
    if (*change == kChanges[i])
      return done(asked.node.change_cib(static_cast<node::CibChange>(i), text_or(asked.body, "section", ""), *xml));
  return fail(fmt::format("\"{}\" is no change; expected one of {}", *change, fmt::join(kChanges, ", ")));
}

Result<Json> attribute(const Asked& asked) {
  const auto name = text(asked.body, "name");
  if (!name) return tl::unexpected(name.error());
  const auto it = asked.body.find("value");
  std::optional<std::string> value;
  if (it != asked.body.end() && it->is_string()) value = it->get<std::string>();
  const auto dampen = asked.body.find("dampen");
  const bool dampened = dampen != asked.body.end() && dampen->is_number_integer();
  asked.node.update_attribute(*name, value, milliseconds(dampened ? dampen->get<std::int64_t>() : 0),
                              text_or(asked.body, "node", ""));
  return Json::object();
}

// What a tool has made of the CIB that it saw. Where somebody was faster it must look again.
Result<Json> take_cib(const Asked& asked) {
  constexpr std::array<std::string_view, 3> kWishes{"document", "bump", "erase"};
  const auto xml = text(asked.body, "cib");
  const auto seen = text(asked.body, "seen");
  if (!xml) return tl::unexpected(xml.error());
  if (!seen) return tl::unexpected(seen.error());
  const auto wish = std::ranges::find(kWishes, text_or(asked.body, "wish", "document"));
  if (wish == kWishes.end()) return fail(fmt::format("no such wish; expected one of {}", fmt::join(kWishes, ", ")));
  const auto wanted = cib::parse_document(*xml, "request");
  if (!wanted) return tl::unexpected(wanted.error());
  Json json;
  json["taken"] = *seen == cib::version_of(asked.node.cib().root()).text();
  if (!json["taken"].get<bool>()) return json;
  const auto taken = asked.node.take_cib(*wanted, static_cast<node::CibWish>(wish - kWishes.begin()),
                                         text_or(asked.body, "client", "cibadmin"));
  if (!taken) return tl::unexpected(taken.error());
  return json;
}

// stonith_admin's words: "--reboot node2", "--confirm node2", "--history node2".
Result<Json> stonith_admin(const Asked& asked) {
  const auto arguments = text(asked.body, "arguments");
  if (!arguments) return tl::unexpected(arguments.error());
  const auto output = asked.node.stonith_admin(*arguments);
  if (!output) return tl::unexpected(output.error());
  Json json;
  json["output"] = *output;
  return json;
}

Result<Json> corosync_tool(const Asked& asked) {
  const auto command = text(asked.body, "command");
  if (!command) return tl::unexpected(command.error());
  const membership::ToolResult result = asked.node.corosync_tool(*command);
  Json json;
  json["output"] = result.output;
  json["error_output"] = result.error;
  json["exit_status"] = result.status;
  return json;
}

Result<Json> shut_down(const Asked& asked) {
  asked.controlled.stop();
  return Json::object();
}

Result<Json> restart(const Asked& asked) {
  asked.controlled.restart();
  return Json::object();
}

struct Request {
  std::string_view name;
  Rights needs;
  bool changes;  // the CIB
  Result<Json> (*answer)(const Asked& asked);
};

constexpr std::array<Request, 12> kRequests{{
    {"status", Rights::kRead, false, status},
    {"cib", Rights::kRead, false, query_cib},
    {"history", Rights::kRead, false, history},
    {"corosync", Rights::kAll, false, corosync_tool},  // some of its commands change things
    {"crm", Rights::kAll, true, crm},
    {"load", Rights::kAll, true, load},
    {"change_cib", Rights::kAll, true, change_cib},
    {"take_cib", Rights::kAll, true, take_cib},
    {"attribute", Rights::kAll, true, attribute},
    {"stonith_admin", Rights::kAll, false, stonith_admin},
    {"shutdown", Rights::kAll, false, shut_down},
    {"restart", Rights::kAll, false, restart},
}};

std::string refusal(std::string_view kind, std::string_view sentence) {
  Json json;
  json["ok"] = false;
  json["error"] = sentence;
  json["kind"] = kind;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string answer_request(std::string_view request, Rights rights, const Controlled& controlled) {
  const Json body = Json::parse(request, nullptr, false);
  if (!body.is_object()) return refusal("request", "expected one JSON object in a line");
  const std::string name = text_or(body, "request", "");
  for (const Request& known : kRequests) {
    if (known.name != name) continue;
    if (rights < known.needs)
      return refusal("rights",
                     fmt::format("you may not ask for \"{}\" here; {} may", name,
                                 acls_are_on(controlled.node.cib()) ? "while enable-acl is on, only root and hacluster"
                                                                    : "root and the control group"));
    const Result<void> room = known.changes ? room_for(controlled, body, request.size()) : Result<void>();
    Result<Json> answer =
        room ? known.answer({body, controlled.node, controlled}) : Result<Json>(tl::unexpected(room.error()));
    if (!answer) return refusal("failed", answer.error().text());
    (*answer)["ok"] = true;
    return answer->dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  std::string names;
  for (const Request& known : kRequests) names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
  return refusal("request", fmt::format("unknown request \"{}\"; expected one of {}", name, names));
}

}  // namespace simcluster::clusterd
