#include "tools/clusterd/setup.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cib/document.h"
#include "engine/cib/validate.h"
#include "engine/membership/conf_advice.h"
#include "engine/membership/conf_reader.h"
#include "engine/membership/corosync_conf.h"
#include "engine/membership/plan.h"
#include "engine/membership/votequorum.h"
#include "engine/node/environment.h"
#include "tools/clusterd/file_descriptor.h"
#include "tools/clusterd/interfaces.h"
#include "tools/clusterd/machine_load.h"
#include "tools/clusterd/state_store.h"
#include "tools/clusterd/system_error.h"
#include "tools/clusterd/unsupported.h"

namespace simcluster::clusterd {

namespace {

constexpr std::size_t kMaxFile = 256UL << 20;

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

// What the setting names stands for Corosync's own place; the file of the cluster goes before (CR-3).
const std::string& key_path(const Settings& settings, const std::string& key_file) {
  return key_file.empty() ? settings.authkey : key_file;
}

class Reader {
 public:
  Reader(const std::string& path, bool must_exist, Look look) : settings_path_(path) {
    read_settings(path, must_exist);
    make_the_profile();
    read_corosync_conf();
    read_cib(look);
    look_at_agents();
    reread_files(settings(), report_.setup.profile, report_.setup.node);
    report_.setup.node.refresh = [settings = settings(), profile = report_.setup.profile](node::NodeConfig& node) {
      reread_files(settings, profile, node);
    };
    if (look == Look::kEverything) look_at_places();
  }
  SetupReport take() { return std::move(report_); }

 private:
  void problem(const Error& error) { report_.problems.push_back(error.text()); }

  void read_settings(const std::string& path, bool must_exist) {
    if (!must_exist && !exists(path)) return;
    const auto text = read_file(path);
    if (!text) return problem(text.error());
    auto read = parse_settings(*text, path);
    for (const Error& error : read.problems) problem(error);
    report_.setup.settings = std::move(read.settings);
  }

  void make_the_profile() {
    StackVersions versions;
    versions.kernel = "6.1";
    versions.resource_agents = "4.12.0";
    versions.corosync = settings().corosync;
    versions.pacemaker = settings().pacemaker;
    auto profile = make_profile(std::move(versions));
    if (!profile) return problem(profile.error());
    report_.setup.profile = std::move(*profile);
  }

  void read_corosync_conf() {
    node::NodeConfig& node = report_.setup.node;
    node.trust_links = settings().trust_links;
    node.cores = usable_cores();
    node.name = settings().node_name.empty() ? host_name() : settings().node_name;
    for (const LocalAddress& local : list_addresses()) node.local_addresses.push_back(local.address);
    const auto text = read_file(settings().corosync_conf);
    if (!text) return problem(text.error());
    node.corosync_conf = *text;
    const auto conf = membership::parse_corosync_conf(*text, settings().corosync_conf, report_.setup.profile);
    if (!conf) return problem(conf.error());
    for (const Error& advice : membership::conf_advice(*text, settings().corosync_conf, report_.setup.profile))
      report_.warnings.push_back(advice.text());
    look_at_users(*text);
    const auto timers = membership::totem_timers(*conf, report_.setup.profile);
    if (!timers) problem(with_line(timers.error(), *conf));
    find_this_node(*conf);
    look_at_plan(*conf, timers);
  }

  // The links and the key that this machine would take (M 14.6, CR-3).
  void look_at_plan(const membership::CorosyncConf& conf, const Result<membership::TotemTimers>& timers) {
    if (!timers) return;
    node::NodeConfig& node = report_.setup.node;
    membership::LocalMachine machine;
    machine.host_name = node.name;
    machine.addresses = node.local_addresses;
    machine.node_id = node.id;
    machine.auth_key = "not read yet";
    const auto plan = membership::make_plan(conf, timers, machine, report_.setup.profile);
    if (!plan) return problem(with_line(plan.error(), conf));
    if (const auto priority = membership::check_process_priority(conf, report_.setup.profile); !priority)
      problem(priority.error());
    look_at_quorum(conf, plan->local_votes);
    for (const std::string& warning : plan->warnings)
      report_.warnings.push_back(fmt::format("{}: {}", settings().corosync_conf, warning));
    if (conf.quorum.device)
      report_.warnings.push_back(Error{
          fmt::format("quorum device ({}): clusterd asks none; its votes are missing", conf.quorum.device_model),
          {settings().corosync_conf, line_of(conf, "quorum.device.model"),
           0}}.text());
    if (plan->authenticated && plan->key == machine.auth_key) read_key(key_path(settings(), conf.totem.key_file));
    if (!plan->authenticated) look_at_missing_key(plan->transport);
  }

  // uidgid: Corosync looks the names up while it reads, and takes numbers as they are.
  void look_at_users(const std::string& text) {
    const auto is_number = [](const std::string& id) {
      return !id.empty() && id.find_first_not_of("0123456789") == std::string::npos;
    };
    for (const membership::ConfSection& section : membership::read_conf(text, settings().corosync_conf).top.sections) {
      if (section.name != "uidgid") continue;
      for (const membership::ConfKey& key : section.keys) {
        const bool user = key.name == "uid";
        const bool known = is_number(key.value) ||
                           (user ? getpwnam(key.value.c_str()) != nullptr : getgrnam(key.value.c_str()) != nullptr);
        if (!known)
          problem(Error{fmt::format("The '{}' {} is not found in /etc/{}, please read the documentation.", key.value,
                                    user ? "user" : "group", user ? "passwd" : "group"),
                        {settings().corosync_conf, key.line, 0}});
      }
    }
  }

  // What Corosync ends for when it starts its services (VQ-1 to VQ-7).
  void look_at_quorum(const membership::CorosyncConf& conf, std::optional<std::uint32_t> local_votes) {
    const std::string& provider = conf.quorum.provider;
    const auto here = [&](std::string text) {
      problem(Error{std::move(text), {settings().corosync_conf, line_of(conf, "quorum.provider"), 0}});
    };
    if (!provider.empty() && provider != "corosync_votequorum")
      return here(fmt::format("unknown quorum provider \"{}\"; expected corosync_votequorum", provider));
    if (provider.empty()) return;
    const auto votes = membership::vote_settings(conf, local_votes, report_.setup.profile);
    if (!votes) here(fmt::format("corosync_votequorum: {}", votes.error().message));
  }

  static int line_of(const membership::CorosyncConf& conf, std::string_view key) {
    const auto line = conf.lines.find(key);
    return line == conf.lines.end() ? 0 : line->second;
  }

  // Corosync's own words name no line; they are about these keys.
  static Error with_line(Error error, const membership::CorosyncConf& conf) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kKeys = {
        {{"transport", "totem.transport"},
         {"version 2", "totem.version"},
         {"crypto_cipher", "totem.crypto_cipher"},
         {"crypto_hash", "totem.crypto_hash"},
         {"link mode", "totem.link_mode"},
         {"Knet transport", "totem.transport"},
         {"max_network_delay", "totem.max_network_delay"},
         {"token warning", "totem.token_warning"},
         {"token retransmit", "totem.token_retransmit"},
         {"token hold", "totem.hold"},
         {"token", "totem.token"},
         {"consensus", "totem.consensus"},
         {"join", "totem.join"},
         {"merge", "totem.merge"},
         {"downcheck", "totem.downcheck"}}};
    for (const auto& [words, key] : kKeys)
      if (error.place.line == 0 && error.message.find(words) != std::string::npos)
        error.place.line = line_of(conf, key);
    return error;
  }

  // Whoever joins may fence the others: somebody must have wanted that.
  void look_at_missing_key(membership::TransportKind transport) {
    const bool knet = transport == membership::TransportKind::kKnet;
    const std::string open =
        fmt::format("{}: {}; everybody on the network can join", settings().corosync_conf,
                    knet ? "neither secauth nor crypto_hash is on" : "transport udp and udpu have no key");
    if (settings().allow_unauthenticated) return report_.warnings.push_back(open);
    report_.problems.push_back(
        fmt::format("{} (expected {}, or allow_unauthenticated = yes in {})", open,
                    knet ? "crypto_cipher and crypto_hash, and a key by corosync-keygen" : "transport knet with a key",
                    settings_path_));
  }

  // The cluster knows a node by the name in the nodelist (CM-1.3).
  void find_this_node(const membership::CorosyncConf& conf) {
    node::NodeConfig& node = report_.setup.node;
    const membership::NodeConf* own = nullptr;
    for (const membership::NodeConf& candidate : conf.nodes) {
      bool local = !candidate.name.empty() && candidate.name == node.name;
      for (const std::string& text : candidate.addresses) {
        const auto address = IpAddress::parse(text);
        for (const IpAddress& mine : node.local_addresses) local = local || (address && *address == mine);
        local = local || (!text.empty() && text == node.name);
      }
      if (local && own == nullptr) own = &candidate;
    }
    if (own == nullptr) {
      if (!conf.nodes.empty())
        report_.problems.push_back(
            fmt::format("{}: no node of the nodelist is this machine ({})", settings().corosync_conf, node.name));
      return;
    }
    if (!own->name.empty()) node.name = own->name;
    if (own->node_id) node.id = ClusterNodeId(*own->node_id);
  }

  void read_key(const std::string& path) {
    const auto key = read_file(path);
    if (!key) return problem(key.error());
    if (key->size() < 128)
      report_.problems.push_back(fmt::format(
          "{}: the key has {} bytes; expected at least 128 (corosync-keygen makes one)", path, key->size()));
    struct stat status {};
    if (stat(path.c_str(), &status) == 0 && (status.st_mode & 077) != 0)
      report_.warnings.push_back(fmt::format("{}: others may read the key; expected mode 0400", path));
  }

  // The node itself parses it when it has no other.
  void read_cib(Look look) {
    if (!exists(settings().cib)) return;  // an empty one then
    auto text = read_file(settings().cib);
    if (!text) return problem(text.error());
    if (look == Look::kEverything) look_at_cib(*text);
    report_.setup.node.initial_cib = std::move(*text);
  }

  void look_at_cib(const std::string& text) {
    const auto document = cib::parse_document(text, settings().cib);
    if (!document) return problem(document.error());
    std::vector<Error> errors = cib::validate(*document, cib::declared_schema(*document));
    for (Error& error : unsupported_in(*document)) errors.push_back(std::move(error));
    for (Error& error : errors) {
      error.place.file = settings().cib;
      report_.warnings.push_back(error.text());
    }
  }

  // Agents call the tools of this node's own daemon, not those of a Pacemaker that may be installed, too.
  // What a change of the configuration may name.
  void tell_of_agents() {
    node::NodeAgents& agents = report_.setup.node.agents;
    agents.native = false;
    agents.on_disk = [places = settings().agents](const AgentRequest& agent) {
      return agent_command(agent, places).has_value();
    };
  }

  void find_agent_tools() {
    AgentPlaces& agents = report_.setup.settings.agents;
    agents.control_socket = settings().control_socket;
    if (!agents.agent_tools.empty()) return;
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::string beside = program.parent_path() / "agent-tools";
    if (!error && exists(beside)) agents.agent_tools = beside;
  }

  void look_at_agents() {
    find_agent_tools();
    tell_of_agents();
    if (settings().agents.agent_tools.empty())
      report_.warnings.emplace_back(
          "agent-tools: not beside clusterd, and no agent_tools is set; agents find no crm_attribute");
    if (!exists(settings().agents.ocf_root + "/resource.d"))
      report_.warnings.push_back(fmt::format(
          "{}/resource.d: not there; OCF agents cannot be run (package resource-agents)", settings().agents.ocf_root));
    if (geteuid() != 0) report_.warnings.emplace_back("not root: agents and fencing will lack rights");
  }

  // What a start would stumble over, or worse, what would be missed later.
  void look_at_places() {
    const auto writable = [&](const std::string& path) {
      std::filesystem::path place = path;
      while (!place.empty() && place != place.root_path() && !exists(place)) place = place.parent_path();
      if (!std::filesystem::is_directory(place) || access(place.c_str(), W_OK | X_OK) != 0)
        report_.problems.push_back(fmt::format("{}: nothing can be written there ({})", path, place.string()));
    };
    writable(settings().state_directory);
    writable(std::filesystem::path(settings().control_socket).parent_path());
    look_at_state();
    if (getgrnam(settings().control_group.c_str()) == nullptr)
      report_.warnings.push_back(
          fmt::format("control_group {}: no such group; only root may command", settings().control_group));
    const std::string& reset = settings().reset_command;
    if (!reset.empty() && access(reset.c_str(), X_OK) != 0)
      report_.problems.push_back(fmt::format("reset_command {}: cannot be executed", reset));
    const std::string& watchdog = settings().watchdog_device;
    if (!watchdog.empty() && access(watchdog.c_str(), W_OK) != 0)
      report_.problems.push_back(fmt::format("watchdog_device {}: cannot be opened", watchdog));
    if (!exists(settings().agents.fence_directory))
      report_.warnings.push_back(
          fmt::format("fence_directory {}: not there; fence agents cannot be run", settings().agents.fence_directory));
  }

  void look_at_state() {
    if (!std::filesystem::is_directory(settings().state_directory)) return;
    const auto files = open_store_directory(settings().state_directory);
    if (!files) return problem(files.error());
    if (const auto sound = check_store(**files); !sound)
      report_.problems.push_back(fmt::format("{}: {}", settings().state_directory, sound.error().message));
  }

  const Settings& settings() const { return report_.setup.settings; }
  const std::string settings_path_;
  SetupReport report_;
};

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return system_failure(fmt::format("open {}", path));
  std::string text;
  std::array<char, 65'536> piece;
  while (true) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(fmt::format("read {}", path));
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > kMaxFile) return fail(fmt::format("{} is larger than {} MiB", path, kMaxFile >> 20));
  }
}

void reread_files(const Settings& settings, const Profile& profile, node::NodeConfig& node) {
  if (auto text = read_file(settings.corosync_conf)) node.corosync_conf = std::move(*text);
  const auto conf = membership::parse_corosync_conf(node.corosync_conf, settings.corosync_conf, profile);
  const std::string key_file = conf ? conf->totem.key_file : std::string();
  if (auto key = read_file(key_path(settings, key_file)))
    node.files[key_file.empty() ? std::string(membership::kAuthKeyPath) : key_file] = std::move(*key);
  std::string environment;
  for (const std::string& path : settings.environment_files)
    if (const auto text = read_file(path)) environment += *text + '\n';
  node.files[std::string(node::kSysconfigFile)] = std::move(environment);
}

SetupReport read_setup(const std::string& settings_path, bool must_exist, Look look) {
  return Reader(settings_path, must_exist, look).take();
}

}  // namespace simcluster::clusterd
