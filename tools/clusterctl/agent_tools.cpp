#include "tools/clusterctl/agent_tools.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include <fmt/core.h>

#include "commands/tool.h"
#include "engine/cib/patch.h"
#include "reports/atomic_file.h"
#include "tools/clusterctl/control_client.h"
#include "tools/clusterctl/node_view.h"
#include "tools/clusterctl/wait_idle.h"

namespace simcluster::clusterctl {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kMaster = "crm_master";
constexpr std::string_view kAttribute = "crm_attribute";
constexpr int kDisconnected = 102;  // AT part I
constexpr int kUsage = 64;
constexpr int kMostAttempts = 20;

// "db:0" is an instance of db; its attributes are those of db.
std::string resource_of(std::string_view instance) { return std::string(instance.substr(0, instance.rfind(':'))); }

std::string_view wish_name(commands::Outcome::Write write) {
  using Write = commands::Outcome::Write;
  return write == Write::kBump ? "bump" : write == Write::kErase ? "erase" : "document";
}

// What a tool wants of the daemon besides a new CIB, as requests.
std::vector<Json> requests_of(const commands::Outcome& outcome) {
  std::vector<Json> requests;
  for (const commands::AttributeWish& wish : outcome.attributes) {
    Json request{{"request", "attribute"}, {"name", wish.name}, {"node", wish.node}};
    if (wish.value) request["value"] = *wish.value;
    if (wish.dampen_ms) request["dampen"] = *wish.dampen_ms;
    requests.push_back(std::move(request));
  }
  for (const commands::ForgetWish& wish : outcome.forget)
    requests.push_back({{"request", "crm"},
                        {"command", fmt::format("resource {} {} {}", wish.failed_only ? "cleanup" : "refresh",
                                                wish.resource, wish.node)}});
  return requests;
}

commands::LiveNode live_node(const Json& status) {
  commands::LiveNode live;
  live.name = status.at("node");
  live.id = status.at("node_id");
  live.dc = status.at("dc");
  live.members = status.at("members").get<std::vector<std::string>>();
  live.quorate = status.at("quorate");
  return live;
}

// False when somebody has changed the CIB since the tool saw it.
Result<bool> take_cib(const std::string& socket_path, const commands::Outcome& outcome, std::string_view tool,
                      const cib::Document& seen) {
  auto answer = ask(socket_path, {{"request", "take_cib"},
                                  {"wish", wish_name(outcome.write)},
                                  {"client", outcome.client.empty() ? std::string(tool) : outcome.client},
                                  {"seen", cib::version_of(seen.root()).text()},
                                  {"cib", cib::write_document(outcome.cib)}});
  if (!answer) return tl::unexpected(answer.error());
  return answer->at("taken").get<bool>();
}

// What one attempt came to. None: the CIB was another one already.
Result<std::optional<commands::Outcome>> attempt(const std::string& socket_path, const commands::Tool& tool,
                                                 const std::vector<std::string>& arguments) {
  const auto view = look_at_node(socket_path);
  if (!view) return tl::unexpected(view.error());
  const commands::LiveNode live = live_node(view->status);
  commands::Surroundings surroundings;
  surroundings.connection = commands::Connection::kOpen;
  surroundings.cib = &view->cib;
  surroundings.live = &live;
  surroundings.profile = view->profile;
  surroundings.now = std::time(nullptr);
  surroundings.read = read_file;
  commands::Outcome outcome = tool.run(arguments, surroundings);
  if (outcome.write != commands::Outcome::Write::kNothing) {
    const auto taken = take_cib(socket_path, outcome, tool.name, view->cib);
    if (!taken) return tl::unexpected(taken.error());
    if (!*taken) return std::nullopt;
  }
  for (const Json& request : requests_of(outcome))
    if (const auto done = ask(socket_path, request); !done) return tl::unexpected(done.error());
  for (const auto& [file, text] : outcome.files)
    if (auto written = reports::write_file_atomically(file, text); !written) return tl::unexpected(written.error());
  return outcome;
}

// crm_resource --wait [--timeout SECONDS]: it looks again and again, which the other commands do not.
int wait_as_crm_resource(const std::string& socket_path, const std::vector<std::string>& arguments) {
  constexpr std::string_view kTimeout = "--timeout";
  std::optional<std::chrono::seconds> limit;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    std::string_view value;
    if (word.starts_with("--timeout="))
      value = word.substr(kTimeout.size() + 1);
    else if ((word == kTimeout || word == "-T") && i + 1 < arguments.size())
      value = arguments[++i];
    else
      continue;
    limit = seconds_of(value);
    if (!limit) {
      fmt::print(stderr, "crm_resource: \"{}\" is no time; expected seconds\n", value);
      return kUsage;
    }
  }
  return wait_idle(socket_path, limit, "crm_resource");
}

}  // namespace

Result<std::string> read_file(const std::string& name) {
  if (name.empty()) return std::string(std::istreambuf_iterator<char>(std::cin), {});
  std::ifstream in(name, std::ios::binary);
  if (!in) return fail("cannot be opened", {name, 0, 0});
  return std::string(std::istreambuf_iterator<char>(in), {});
}

bool is_agent_tool(std::string_view name) { return name == kMaster || commands::find_tool(name) != nullptr; }

std::vector<std::string> promotion_arguments(std::string_view name, const std::vector<std::string>& arguments,
                                             std::string_view instance) {
  const bool master = name == kMaster;
  bool promotion = master, lifetime = false;
  std::string resource = resource_of(instance);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const bool more = i + 1 < arguments.size();
    if (word == "--promotion" || (!master && (word == "-p" || word == "-P"))) {
      promotion = true;
    } else if (master && more && (word == "-r" || word == "--resource")) {
      resource = arguments[++i];
    } else {
      lifetime = lifetime || word == "-l" || word.starts_with("--lifetime");
      words.push_back(word);
    }
  }
  if (!promotion) return words;
  words.push_back("--promotion=" + resource);
  if (!lifetime) words.insert(words.end(), {"-l", "reboot"});
  return words;
}

int run_agent_tool(const std::string& socket_path, std::string_view name, std::vector<std::string> arguments,
                   std::string_view instance) {
  if (name == kMaster || name == kAttribute) {
    arguments = promotion_arguments(name, arguments, instance);
    name = kAttribute;
  }
  if (name == "crm_resource" && std::ranges::find(arguments, "--wait") != arguments.end())
    return wait_as_crm_resource(socket_path, arguments);
  const commands::Tool* tool = commands::find_tool(name);
  for (int i = 0; i < kMostAttempts; ++i) {
    const auto outcome = attempt(socket_path, *tool, arguments);
    if (!outcome) {
      fmt::print(stderr, "{}: {}\n", name, outcome.error().text());
      return kDisconnected;
    }
    if (!*outcome) continue;
    fmt::print(stderr, "{}", (*outcome)->error);
    fmt::print("{}", (*outcome)->output);
    return (*outcome)->status;
  }
  fmt::print(stderr, "{}: the CIB changes all the time\n", name);
  return 1;
}

}  // namespace simcluster::clusterctl
