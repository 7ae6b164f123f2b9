#include "tools/clusterd/agent_command.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include <fmt/core.h>
#include <unistd.h>

#include "engine/executor/exit_codes.h"

namespace simcluster::clusterd {

namespace {

bool executable(const std::string& path) { return access(path.c_str(), X_OK) == 0; }

// One component of a path: nothing that leads elsewhere, nothing that a program could take for an option.
bool plain_name(std::string_view name) {
  if (name.empty() || name.front() == '.' || name.front() == '-') return false;
  return std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("._-@:+").find(c) != std::string_view::npos;
  });
}

// What every child is given: of the daemon's own environment only what is harmless.
std::vector<std::string> common_environment(std::string_view first_path = {}) {
  std::vector<std::string> environment{
      fmt::format("PATH={}{}/usr/sbin:/usr/bin:/sbin:/bin", first_path, first_path.empty() ? "" : ":"), "LC_ALL=C"};
  for (const char* name : {"HA_LOGFACILITY", "HA_LOGFILE", "HA_debug", "OCF_TRACE_RA", "OCF_TRACE_FILE", "TZ"})
    if (const char* value = getenv(name)) environment.push_back(fmt::format("{}={}", name, value));
  return environment;
}

// A name that the environment can hold; agents read them in shell.
std::string variable(std::string_view name) {
  std::string result(name);
  for (char& c : result)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') c = '_';
  return result;
}

// What the cluster says of an operation is nothing to a fence agent, which refuses what it does not know.
bool for_the_cluster(std::string_view name) {
  return name.starts_with("CRM_meta_") || name.starts_with("pcmk_") || name == "crm_feature_set";
}

void without_newlines(std::string& value) { std::ranges::replace(value, '\n', ' '); }

Result<AgentCommand> ocf(const AgentRequest& request, const AgentPlaces& places) {
  if (!plain_name(request.provider) || !plain_name(request.type))
    return fail(fmt::format("\"{}:{}\" is no name of an agent", request.provider, request.type));
  AgentCommand command;
  const std::string path = fmt::format("{}/resource.d/{}/{}", places.ocf_root, request.provider, request.type);
  if (!executable(path)) return fail(fmt::format("{} is not installed", path));
  command.arguments = {path, request.action};
  command.environment = common_environment(places.agent_tools);
  const auto set = [&](std::string_view name, std::string_view value) {
    command.environment.push_back(fmt::format("{}={}", name, value));
  };
  set("OCF_ROOT", places.ocf_root);
  if (!places.agent_tools.empty()) {
    set("HA_SBIN_DIR", places.agent_tools);  // where agents look for crm_attribute
    set("CLUSTERD_SOCKET", places.control_socket);
  }
  set("OCF_RA_VERSION_MAJOR", "1");
  set("OCF_RA_VERSION_MINOR", "1");
  set("OCF_RESOURCE_INSTANCE", request.instance);
  set("OCF_RESOURCE_TYPE", request.type);
  set("OCF_RESOURCE_PROVIDER", request.provider);
  set("PCMK_service", "pacemaker-execd");
  for (const auto& [name, value] : request.parameters) {
    set(fmt::format("OCF_RESKEY_{}", variable(name)), value);
    if (name == "OCF_CHECK_LEVEL") set(name, value);
  }
  return command;
}

Result<AgentCommand> fence_agent(const AgentRequest& request, const AgentPlaces& places) {
  if (!plain_name(request.type)) return fail(fmt::format("\"{}\" is no name of a fence agent", request.type));
  AgentCommand command;
  const std::string path = fmt::format("{}/{}", places.fence_directory, request.type);
  if (!executable(path)) return fail(fmt::format("{} is not installed", path));
  command.arguments = {path};
  command.environment = common_environment();
  command.environment.emplace_back("PCMK_service=pacemaker-fenced");
  const bool told = std::ranges::any_of(request.parameters, [](const auto& p) { return p.first == "action"; });
  if (!told) command.input = fmt::format("action={}\n", request.action);
  for (const auto& [name, text] : request.parameters) {
    if (for_the_cluster(name)) continue;
    std::string value = text;
    without_newlines(value);  // a value must not bring options of its own
    command.input += fmt::format("{}={}\n", name, value);
  }
  return command;
}

Result<AgentCommand> init_script(const AgentRequest& request, const AgentPlaces& places) {
  if (!plain_name(request.type)) return fail(fmt::format("\"{}\" is no name of a service", request.type));
  AgentCommand command;
  const std::string path = fmt::format("{}/{}", places.init_directory, request.type);
  if (!executable(path)) return fail(fmt::format("{} is not installed", path));
  const bool status = request.action == "monitor" || request.action == "status";
  command.arguments = {path, status ? "status" : request.action};
  command.environment = common_environment();
  return command;
}

Result<AgentCommand> unit(const AgentRequest& request) {
  if (!plain_name(request.type)) return fail(fmt::format("\"{}\" is no name of a unit", request.type));
  AgentCommand command;
  const std::string program = "/usr/bin/systemctl";
  if (!executable(program)) return fail("there is no systemd on this machine");
  const bool status = request.action == "monitor" || request.action == "status";
  command.arguments = {program, status ? "is-active" : request.action, "--", request.type};
  command.environment = common_environment();
  return command;
}

}  // namespace

Result<AgentCommand> agent_command(const AgentRequest& request, const AgentPlaces& places) {
  if (request.standard == "ocf") return ocf(request, places);
  if (request.standard == "stonith") return fence_agent(request, places);
  if (request.standard == "lsb") return init_script(request, places);
  if (request.standard == "systemd") return unit(request);
  if (request.standard == "service") {  // the first of these that there is (AT-1.1)
    auto script = init_script(request, places);
    return script ? script : unit(request);
  }
  return fail(fmt::format("agents of class \"{}\" are not run by clusterd", request.standard));
}

int exit_code_for_executor(const AgentRequest& request, int exit_code) {
  if (request.standard != "systemd") return exit_code;
  return executor::to_ocf_exit_code("lsb", request.action, exit_code);
}

}  // namespace simcluster::clusterd
