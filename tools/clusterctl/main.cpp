// Commands for the cluster node on this machine.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <unistd.h>

#include "commands/shell_questions.h"
#include "engine/base/profile.h"
#include "engine/cib/document.h"
#include "reports/crm_mon.h"
#include "tools/clusterctl/agent_tools.h"
#include "tools/clusterctl/control_client.h"
#include "tools/clusterctl/kept_inputs.h"
#include "tools/clusterctl/node_view.h"
#include "tools/clusterctl/resource_restart.h"
#include "tools/clusterctl/restart.h"
#include "tools/clusterctl/wait_idle.h"

namespace {

using namespace simcluster;
using Json = nlohmann::json;

constexpr int kFailed = 1;
constexpr int kUnusable = 2;

constexpr std::string_view kHelp =
    "Usage: clusterctl [--socket PATH] [--wait] COMMAND ...\n"
    "\n"
    "Asks clusterd on this node. With --wait (-w) it ends when the cluster has done what\n"
    "follows from the command.\n"
    "\n"
    "  status [OPTIONS]       the cluster as crm_mon shows it, with crm_mon's options\n"
    "                         (-r inactive resources, -A attributes, -f fail counts,\n"
    "                         -n by node, ...); --json for programs; --watch refreshes\n"
    "                         every two seconds\n"
    "  resource ...           as crm resource: start, stop, restart, status, locate, move,\n"
    "                         ban, clear, cleanup, refresh, manage, unmanage, maintenance,\n"
    "                         promote, demote, constraints, operations, meta, failcount\n"
    "  node ...               as crm node: standby, online, maintenance, ready, show, fence,\n"
    "                         clearstate, delete, attribute, status-attr\n"
    "  configure ...          as crm configure: primitive, property, delete, ...\n"
    "  load update|replace F  crm shell text of a file (- for standard input)\n"
    "  cib query              the CIB as XML\n"
    "  cib create|modify|replace|delete F [SECTION]\n"
    "                         changes the CIB as cibadmin does\n"
    "  cib patch F            what crm_diff wrote, as cibadmin --patch\n"
    "  attribute NAME [VALUE] sets a transient attribute of this node; without a value,\n"
    "                         deletes it\n"
    "  fence NODE [off|on|reboot]\n"
    "  fence confirm NODE     somebody has seen that the node is off\n"
    "  fence history NODE\n"
    "  quorum, links          as corosync-quorumtool -s, corosync-cfgtool -s\n"
    "  history                the scheduler's inputs that are kept, oldest first: pe-input-N,\n"
    "                         pe-warn-N (nodes to be fenced), pe-error-N (errors)\n"
    "  replay [INPUT] [OPTIONS]\n"
    "                         the scheduler on an input that was kept, by simcluster replay,\n"
    "                         with its options. INPUT: pe-warn-3; 3 where only one series has\n"
    "                         that number; -1, the one before the last; without it, the last\n"
    "  wait [SECONDS]         until the cluster has nothing more to do, as crm_resource --wait;\n"
    "                         124 and a list of what is left when that takes longer\n"
    "  reload                 all nodes read corosync.conf and the key again\n"
    "  restart [SECONDS]      begins the daemon of this node anew; its resources run on:\n"
    "                         maintenance-mode is on meanwhile, for SECONDS (120) at most;\n"
    "                         a node that is not back then is fenced\n"
    "  shutdown               moves resources away and ends clusterd on this node\n"
    "\n"
    "Exit status: 0 done, 1 refused or failed, 2 unusable arguments.\n";

struct Unusable {
  std::string sentence;
};

struct Command {
  std::string socket = "/run/simcluster/clusterd.sock";
  bool waits = false;  // until the cluster is idle again
  std::vector<std::string> words;

  std::string rest(std::size_t from) const {
    std::string line;
    for (std::size_t i = from; i < words.size(); ++i) line += (line.empty() ? "" : " ") + words[i];
    return line;
  }
  const std::string& word(std::size_t i, std::string_view expected) const {
    if (i >= words.size()) throw Unusable{fmt::format("{} is missing", expected)};
    return words[i];
  }
};

Json ask(const Command& command, const Json& request) {
  auto answer = clusterctl::ask(command.socket, request);
  if (!answer) throw std::runtime_error(answer.error().text());
  return std::move(*answer);
}

std::string content_of(const std::string& file) {
  auto content = clusterctl::read_file(file == "-" ? "" : file);
  if (!content) throw Unusable{fmt::format("{} cannot be read", file)};
  return std::move(*content);
}

std::string screen(const Command& command, const std::string& options) {
  const auto parsed = reports::parse_crm_mon_command("crm_mon -1 " + options);
  if (!parsed) throw Unusable{parsed.error().text()};
  const auto view = clusterctl::look_at_node(command.socket);
  if (!view) throw std::runtime_error(view.error().text());
  for (const Json& warning : view->status.value("warnings", Json::array()))
    fmt::print(stderr, "clusterctl: {}\n", warning.get<std::string>());
  const std::string node = view->status.at("node");
  const reports::CrmMonContext context{Time{} + seconds(std::time(nullptr)), view->profile, node};
  return reports::crm_mon_text(view->cib, *parsed, context);
}

int show_status(const Command& command) {
  std::string options;
  bool watch = false;
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    if (command.words[i] == "--json") {
      fmt::print("{}\n", ask(command, {{"request", "status"}}).dump(2));
      return 0;
    }
    if (command.words[i] == "--watch")
      watch = true;
    else
      options += command.words[i] + " ";
  }
  while (true) {
    const std::string text = screen(command, options);
    fmt::print("{}{}", watch ? "\033[H\033[2J" : "", text);
    std::fflush(stdout);
    if (!watch) return 0;
    std::this_thread::sleep_for(std::chrono::seconds(2));
  }
}

int crm(const Command& command) {
  const Json answer = ask(command, {{"request", "crm"}, {"command", command.rest(0)}});
  const bool refused = answer.value("exit_status", 0) != 0;
  fmt::print(refused ? stderr : stdout, "{}", answer.value("output", ""));
  return refused ? kFailed : 0;
}

// What crmsh answers by asking crm_resource, and a restart that waits; the rest is the daemon's.
int resource(const Command& command) {
  if (command.words.size() > 2 && command.words[1] == "restart") {
    const auto done = clusterctl::restart_resources(command.socket, std::span(command.words).subspan(2));
    if (!done) throw std::runtime_error(done.error().text());
    return 0;
  }
  const std::vector<commands::Arguments> questions = commands::questions_of_shell(command.words);
  if (questions.empty()) return crm(command);
  bool answered = true;
  for (const commands::Arguments& question : questions)
    answered =
        clusterctl::run_agent_tool(command.socket, question[0], {question.begin() + 1, question.end()}, "") == 0 &&
        answered;
  return answered ? 0 : kFailed;
}

int load(const Command& command) {
  const std::string& method = command.word(1, "update or replace");
  const std::string& file = command.word(2, "a file");
  ask(command, {{"request", "load"}, {"method", method}, {"file", file}, {"text", content_of(file)}});
  return 0;
}

int cib(const Command& command) {
  const std::string& change = command.word(1, "query, create, modify, replace, delete or patch");
  if (change == "query") {
    fmt::print("{}", ask(command, {{"request", "cib"}}).at("cib").get<std::string>());
    return 0;
  }
  const std::string& file = command.word(2, "a file");
  ask(command, {{"request", "change_cib"},
                {"change", change},
                {"section", command.words.size() > 3 ? command.words[3] : ""},
                {"xml", content_of(file)}});
  return 0;
}

int attribute(const Command& command) {
  Json request{{"request", "attribute"}, {"name", command.word(1, "the attribute's name")}};
  if (command.words.size() > 2) request["value"] = command.words[2];
  ask(command, request);
  return 0;
}

int fence(const Command& command) {
  const std::string& first = command.word(1, "a node");
  std::string arguments;
  if (first == "confirm" || first == "history")
    arguments = fmt::format("--{} {}", first, command.word(2, "a node"));
  else
    arguments = fmt::format("--{} {}", command.words.size() > 2 ? command.words[2] : "reboot", first);
  fmt::print("{}", ask(command, {{"request", "stonith_admin"}, {"arguments", arguments}}).value("output", ""));
  return 0;
}

int corosync(const Command& command, std::string_view tool) {
  const Json answer = ask(command, {{"request", "corosync"}, {"command", tool}});
  fmt::print("{}", answer.value("output", ""));
  fmt::print(stderr, "{}", answer.value("error_output", ""));
  return answer.value("exit_status", 0) == 0 ? 0 : kFailed;
}

int history(const Command& command) {
  const Json answer = ask(command, {{"request", "history"}});
  for (const Json& name : answer.at("inputs"))
    fmt::print("{}/{}\n", answer.at("directory").get<std::string>(), name.get<std::string>());
  return 0;
}

// Becomes simcluster: its output and exit status are those of the replay.
int replay(const Command& command) {
  const Json answer = ask(command, {{"request", "history"}});
  const auto kept = answer.at("inputs").get<std::vector<std::string>>();
  if (kept.empty()) throw std::runtime_error("no scheduler input is kept yet");
  std::string name = kept.back();
  std::size_t options = 1;
  if (command.words.size() > 1 && clusterctl::names_input(command.words[1])) {
    auto chosen = clusterctl::choose_input(kept, command.words[1]);
    if (!chosen) throw Unusable{chosen.error().text()};
    name = std::move(*chosen);
    options = 2;
  }
  std::vector<std::string> words = {"simcluster", "replay", "--xml-file",
                                    fmt::format("{}/{}", answer.at("directory").get<std::string>(), name)};
  words.insert(words.end(), command.words.begin() + static_cast<std::ptrdiff_t>(options), command.words.end());
  if (options == command.words.size()) words.emplace_back("--simulate");
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  throw std::runtime_error("simcluster cannot be executed (is it in the PATH?)");
}

int wait(const Command& command) {
  std::optional<std::chrono::seconds> limit;
  if (command.words.size() > 1) {
    limit = clusterctl::seconds_of(command.words[1]);
    if (!limit) throw Unusable{fmt::format("\"{}\" is no time; expected seconds", command.words[1])};
  }
  return clusterctl::wait_idle(command.socket, limit, "clusterctl");
}

int restart(const Command& command) {
  constexpr std::int64_t kLeast = 10, kLimit = 120;
  std::int64_t limit = kLimit;
  if (command.words.size() > 1) {
    const std::string& word = command.words[1];
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), limit);
    if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size() || limit < kLeast)
      throw Unusable{fmt::format("\"{}\" is no time; expected at least {} seconds", word, kLeast)};
  }
  if (const auto done = clusterctl::restart(command.socket, limit); !done)
    throw std::runtime_error(done.error().text());
  return 0;
}

int run(const Command& command) {
  static const std::map<std::string_view, int (*)(const Command&)> kCommands = {
      {"status", show_status},
      {"resource", resource},
      {"node", crm},
      {"configure", crm},
      {"load", load},
      {"cib", cib},
      {"attribute", attribute},
      {"fence", fence},
      {"history", history},
      {"replay", replay},
      {"quorum", [](const Command& c) { return corosync(c, "corosync-quorumtool -s"); }},
      {"links", [](const Command& c) { return corosync(c, "corosync-cfgtool -s"); }},
      {"reload", [](const Command& c) { return corosync(c, "corosync-cfgtool -R"); }},
      {"wait", wait},
      {"restart", restart},
      {"shutdown",
       [](const Command& c) {
         ask(c, {{"request", "shutdown"}});
         return 0;
       }},
  };
  const auto found = kCommands.find(command.word(0, "a command (clusterctl --help lists them)"));
  if (found == kCommands.end())
    throw Unusable{fmt::format("unknown command \"{}\" (clusterctl --help lists them)", command.words[0])};
  const int status = found->second(command);
  return status == 0 && command.waits ? clusterctl::wait_idle(command.socket, std::nullopt, "clusterctl") : status;
}

// As a tool of the cluster, which an agent calls: clusterd says where it is reached.
int run_as_tool(std::string_view name, int argc, char** argv) {
  const char* socket = std::getenv("CLUSTERD_SOCKET");
  const char* instance = std::getenv("OCF_RESOURCE_INSTANCE");
  try {
    return clusterctl::run_agent_tool(socket != nullptr ? socket : Command().socket, name, {argv + 1, argv + argc},
                                      instance != nullptr ? instance : "");
  } catch (const std::exception& failure) {
    fmt::print(stderr, "{}: {}\n", name, failure.what());
    return kFailed;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view called = argv[0];
  const std::string_view name = called.substr(called.rfind('/') + 1);
  if (clusterctl::is_agent_tool(name)) return run_as_tool(name, argc, argv);
  Command command;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (command.words.empty() && (word == "--help" || word == "-h")) {
      fmt::print("{}", kHelp);
      return 0;
    }
    if (command.words.empty() && word == "--version") {
      fmt::print("clusterctl {}\n", SIMCLUSTER_VERSION);
      return 0;
    }
    if (command.words.empty() && (word == "--wait" || word == "-w"))
      command.waits = true;
    else if (command.words.empty() && word == "--socket" && i + 1 < argc)
      command.socket = argv[++i];
    else
      command.words.emplace_back(word);
  }
  try {
    return run(command);
  } catch (const Unusable& unusable) {
    fmt::print(stderr, "clusterctl: {}\n", unusable.sentence);
    return kUnusable;
  } catch (const std::exception& failure) {
    fmt::print(stderr, "clusterctl: {}\n", failure.what());
    return kFailed;
  }
}
