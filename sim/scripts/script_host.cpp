#include "sim/scripts/script_host.h"

#include <array>

#include <fmt/core.h>

#include "engine/base/assert.h"
#include "sim/kernel/kernel.h"
#include "sim/scripts/kernel_files.h"

namespace simcluster::sim {

namespace {

// One spelling for each file: these directories are links to those.
std::string canonical(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kLinks = {
      {{"/var/run/", "/run/"}, {"/var/lock/", "/run/lock/"}}};
  for (const auto& [from, to] : kLinks)
    if (path.starts_with(from)) return std::string(to) + std::string(path.substr(from.size()));
  return std::string(path);
}

// The name under which the machine has a file of the box.
std::string as_on_machine(const FileStore& files, const std::string& path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kLinks = {
      {{"/run/", "/var/run/"}, {"/run/lock/", "/var/lock/"}}};
  for (const auto& [from, to] : kLinks) {
    if (!path.starts_with(from)) continue;
    std::string other = std::string(to) + path.substr(from.size());
    if (files.exists(other)) return other;
  }
  return path;
}

// What belongs to the programs of this computer, or is made by the kernel, is nobody's to write.
bool may_give(std::string_view path) {
  constexpr std::array<std::string_view, 9> kOthers = {"/bin/", "/sbin/", "/lib",   "/proc/", "/sys/",
                                                       "/dev/", "/.sim/", "/.host", "/usr/"};
  if (path.starts_with("/dev/shm/") || path.starts_with("/usr/lib/ocf/") || path.starts_with("/usr/local/"))
    return true;
  for (const std::string_view other : kOthers)
    if (path.starts_with(other)) return false;
  return path.starts_with('/') && path.find("/../") == std::string_view::npos && path != "/";
}

std::vector<std::string> variables(const ScriptEnvironment& e, std::uint64_t random_seed) {
  // AT-1.3, AT-6.5.
  std::vector<std::string> all = {"PATH=/sbin:/bin:/usr/sbin:/usr/bin",
                                  "LC_ALL=C",
                                  "TZ=UTC",
                                  "HOME=/root",
                                  "OCF_ROOT=/usr/lib/ocf",
                                  "OCF_RA_VERSION_MAJOR=1",
                                  fmt::format("OCF_RA_VERSION_MINOR={}", e.profile.old_rc_texts ? 0 : 1),
                                  "HA_LOGFACILITY=daemon",
                                  "HA_logfacility=daemon",
                                  "HA_debug=0",
                                  "PCMK_service=pacemaker-execd",
                                  "BASH_ENV=/.sim/bash_env",
                                  fmt::format("SIMCLUSTER_RANDOM={}", random_seed % 32768),
                                  "OCF_RESOURCE_INSTANCE=" + e.instance,
                                  "OCF_RESOURCE_TYPE=" + e.type,
                                  "OCF_RESOURCE_PROVIDER=" + e.provider};
  for (const auto& [name, value] : e.parameters) all.push_back(fmt::format("OCF_RESKEY_{}={}", name, value));
  if (e.interval.ns > 0 && !e.find("CRM_meta_interval"))
    all.push_back(fmt::format("OCF_RESKEY_CRM_meta_interval={}", e.interval.milliseconds()));
  if (const auto level = e.find("OCF_CHECK_LEVEL")) all.push_back(fmt::format("OCF_CHECK_LEVEL={}", *level));
  return all;
}

}  // namespace

ScriptHost::ScriptHost(Kernel& kernel, const std::vector<AgentScript>& scripts, Tools tools)
    : kernel_(kernel),
      scripts_(scripts),
      tools_(std::move(tools)),
      random_(kernel.context().seed, kernel.context().stream("scripts")) {}

std::optional<AgentSource::Found> ScriptHost::find(const AgentRequest& request) {
  for (const AgentScript& script : scripts_) {
    if (script.standard != request.standard || script.provider != request.provider || script.type != request.type)
      continue;
    auto environment = std::make_shared<ScriptEnvironment>();
    static_cast<agents::Environment&>(*environment) =
        agents::make_environment(request, kernel_.context().name, kernel_.context().profile);
    environment->host = this;
    environment->path = fmt::format("/usr/lib/ocf/resource.d/{}/{}", script.provider, script.type);
    return Found{script_program, std::move(environment)};
  }
  return std::nullopt;
}

void ScriptHost::halt() {
  runs_.clear();
  if (box_) box_->send({"halt"});
}

void ScriptHost::open_box() {
  auto opened = ScriptBox::open(kernel_.context().name, script_command_names());
  if (!opened) throw AssertionFailure(opened.error().message);
  box_ = std::move(*opened);
  box_->send({"write", "/.sim/bash_env", "RANDOM=$SIMCLUSTER_RANDOM\n"});
  for (const AgentScript& script : scripts_)
    box_->send({"write", fmt::format("/usr/lib/ocf/resource.d/{}/{}", script.provider, script.type), script.content});
}

std::string ScriptHost::start(const ScriptEnvironment& environment, std::int32_t pid) {
  if (!box_) open_box();
  const std::string key = std::to_string(next_run_++);
  runs_[key] = {};
  Message message{"start", key, std::to_string(pid), "2", environment.path, environment.action};
  const std::vector<std::string> set = variables(environment, random_.next());
  message.insert(message.end(), set.begin(), set.end());
  give_files();
  box_->send(message);
  return key;
}

ScriptHost::Run* ScriptHost::find_run(const std::string& key) {
  const auto found = runs_.find(key);
  return found == runs_.end() ? nullptr : &found->second;
}

std::vector<std::string> ScriptHost::orphans() const {
  std::vector<std::string> keys;
  for (const auto& [key, run] : runs_)
    if (!run.attended && !run.fresh.empty()) keys.push_back(key);
  return keys;
}

void ScriptHost::leave(const std::string& key, bool killed) {
  Run* run = find_run(key);
  if (run == nullptr) return;
  run->attended = false;
  if (killed && box_) box_->send({"kill", key});
  if (killed) run->fresh.clear();
  forget_if_over(key);
}

void ScriptHost::forget_if_over(const std::string& key) {
  const Run* run = find_run(key);
  if (run != nullptr && !run->attended && run->open.empty() && run->fresh.empty()) runs_.erase(key);
}

void ScriptHost::answer(const ScriptCommand& command, const CommandAnswer& answer) {
  Message message{"answer", std::to_string(command.number), std::to_string(answer.exit_code), answer.output,
                  answer.error};
  message.insert(message.end(), answer.go_on.begin(), answer.go_on.end());
  if (box_) box_->send(message);
  if (Run* run = find_run(command.script)) run->open.erase(command.number);
}

void ScriptHost::drop(const ScriptCommand& command) {
  if (box_) box_->send({"drop", std::to_string(command.number)});
  if (Run* run = find_run(command.script)) run->open.erase(command.number);
  forget_if_over(command.script);
}

void ScriptHost::go_on() {
  give_files();
  const auto happened = box_->run();
  if (!happened) throw AssertionFailure(happened.error().message);
  for (const Message& message : *happened) take(message);
}

void ScriptHost::take(const Message& message) {
  const std::string& what = message[0];
  FileStore& files = kernel_.files();
  if (what == "file" || what == "directory") {
    given_[message[1]] = what == "file" ? "f" + message[2] : "d";
    const std::string path = as_on_machine(files, message[1]);
    if (what == "file")
      files.write(path, message[2]);
    else
      files.make_directory(path);
  } else if (what == "gone") {
    given_.erase(message[1]);
    files.remove(as_on_machine(files, message[1]));
  } else if (what == "output" || what == "error") {
    if (Run* run = find_run(message[1])) (what == "output" ? run->output : run->error) += message[2];
  } else if (what == "closed") {
    const std::uint64_t number = std::stoull(message[1]);
    for (auto& [key, run] : runs_)
      if (run.open.contains(number)) run.closed.push_back(number);
  } else if (what == "exit") {
    if (Run* run = find_run(message[1])) run->exit_code = std::stoi(message[2]);
  } else if (what == "question") {
    ScriptCommand command;
    command.script = message[1];
    command.number = std::stoull(message[2]);
    command.in_group = message[3] == "1";
    command.pid = std::stoi(message[4]);
    command.input = message[5];
    command.name = message[6];
    command.arguments.assign(message.begin() + 7, message.end());
    const auto [run, fresh] = runs_.try_emplace(command.script);
    if (fresh) run->second.attended = false;
    run->second.fresh.push_back(std::move(command));
  }
}

void ScriptHost::give_files() {
  give_kernel_files();
  const FileStore& files = kernel_.files();
  if (revision_ == files.revision()) return;
  std::map<std::string, std::string> wanted;
  for (const auto& [path, entry] : files.entries())
    if (may_give(path)) wanted[canonical(path)] = entry.directory ? "d" : "f" + entry.content;
  // From the deepest, so that directories are empty when they go.
  for (auto it = given_.rbegin(); it != given_.rend(); ++it)
    if (!wanted.contains(it->first)) box_->send({"remove", it->first});
  for (const auto& [path, entry] : wanted) {
    const auto before = given_.find(path);
    if (before != given_.end() && before->second == entry) continue;
    if (entry == "d")
      box_->send({"mkdir", path});
    else
      box_->send({"write", path, entry.substr(1)});
  }
  given_ = std::move(wanted);
  revision_ = files.revision();
}

void ScriptHost::give(const std::string& path, const std::string& content) {
  auto& known = kernel_files_[path];
  if (known == content) return;
  known = content;
  box_->send({"write", path, content});
}

void ScriptHost::give_kernel_files() {
  const std::map<std::string, std::string> made = kernel_files(kernel_);
  for (const auto& [path, content] : made) give(path, content);
  for (auto it = kernel_files_.begin(); it != kernel_files_.end();) {
    if (made.contains(it->first)) {
      ++it;
      continue;
    }
    box_->send({"remove", it->first});
    it = kernel_files_.erase(it);
  }
  // AT-6.1: bytes that look random and are the same in every run.
  std::string bytes;
  while (bytes.size() < 4096) append_number(bytes, random_.next());
  box_->send({"write", "/dev/urandom", bytes});
  box_->send({"write", "/dev/random", bytes});
}

}  // namespace simcluster::sim
