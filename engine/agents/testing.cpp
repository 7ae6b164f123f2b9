#include "engine/agents/testing.h"

#include <fmt/core.h>

#include "engine/base/assert.h"

namespace simcluster::agents {
namespace {

constexpr int kSigkill = 9;
constexpr int kSigterm = 15;
constexpr std::size_t kHeaderLines = 2;

std::string cidr(const AddressSpec& spec) { return fmt::format("{}/{}", spec.address.text(), spec.prefix_length); }

RouteEntry entry_of(const FakeRoute& route) {
  RouteEntry entry;
  entry.destination = route.destination;
  entry.prefix_length = route.prefix_length;
  entry.gateway = route.gateway;
  entry.device = route.device;
  entry.scope = route.scope;
  entry.source = route.source;
  entry.metric = route.metric;
  return entry;
}

bool matches(const FakeRoute& route, const RouteQuery& query) {
  if (route.table != query.table || route.scope != query.scope) return false;
  if (query.prefix_length >= 0 && route.prefix_length > query.prefix_length) return false;
  if (!route.destination.specified()) return true;
  return query.address.network(route.prefix_length) == route.destination.network(route.prefix_length);
}

AddressEntry entry_of(const FakeAddress& address, int index) {
  AddressEntry entry;
  entry.interface_index = index;
  entry.device = address.device;
  entry.address = address.address;
  entry.prefix_length = address.prefix_length;
  entry.broadcast = address.broadcast;
  entry.scope = address.scope;
  entry.label = address.label.empty() ? std::string_view(address.device) : address.label;
  entry.tentative = address.tentative;
  entry.dad_failed = address.dad_failed;
  return entry;
}

}  // namespace

FakeProcess::FakeProcess(FakeHost& host, std::int32_t pid, Program program, Environment environment)
    : host_(host), pid_(pid), process_(program, std::make_shared<Environment>(std::move(environment)), *this, *this) {}

void FakeProcess::on_process_exit(AgentProcess&, int exit_code) { exit_code_ = exit_code; }

template <class T>
void FakeProcess::later(Duration cost, Reply<T>& reply, std::function<T()> answer) {
  reply.cookie = host_.schedule(cost, [&reply, answer = std::move(answer)] { reply.complete(answer()); });
}

void FakeProcess::command(const std::string& line, Reply<CommandResult>& reply, std::function<CommandResult()> answer) {
  host_.commands.push_back(line);
  for (const auto& [beginning, fault] : host_.faults) {
    if (!line.starts_with(beginning)) continue;
    if (fault.hangs) return;
    later<CommandResult>(host_.exec_cost, reply, [&fault = fault] {
      return CommandResult{fault.exit_code, fault.error};
    });
    return;
  }
  later<CommandResult>(host_.exec_cost, reply, std::move(answer));
}

void FakeProcess::forget(PendingReply& reply) { host_.cancel(reply.cookie); }

Time FakeProcess::now() const { return host_.now(); }

void FakeProcess::close_file(FileHandle file) { open_files_.erase(file.value); }

void FakeProcess::on_output(std::string_view line) {
  if (host_.on_output) host_.on_output(*this, line);
}

void FakeProcess::open_file(std::string_view path, Reply<OpenResult>& reply) {
  later<OpenResult>(host_.shell_cost, reply, [this, path = std::string(path)] {
    const bool proc = path == "/proc/net/dev";
    if (!proc && !host_.files.contains(path)) return OpenResult{FileHandle(), FileError::kNotFound};
    if (proc) host_.shared_position_ = 0;
    open_files_[next_file_] = {path, 0};
    return OpenResult{FileHandle(next_file_++), FileError::kNone};
  });
}

void FakeProcess::read_piece(FileHandle file, Reply<Piece>& reply) {
  later<Piece>(host_.shell_cost, reply, [this, file] {
    OpenFile& open = open_files_.at(file.value);
    if (open.path != "/proc/net/dev") {
      if (open.position++ != 0) return Piece{{}, true};
      buffer_ = host_.files[open.path];
      return Piece{buffer_, buffer_.empty()};
    }
    const std::vector<std::string> lines = host_.proc_net_dev();
    std::size_t line = open.position++;
    if (line >= kHeaderLines && host_.proc_net_dev_shared_position) line = kHeaderLines + host_.shared_position_++;
    if (line >= lines.size()) return Piece{{}, true};
    buffer_ = lines[line];
    return Piece{buffer_, false};
  });
}

void FakeProcess::write_file(std::string_view path, std::string_view content, Reply<FileError>& reply) {
  later<FileError>(host_.shell_cost, reply, [this, path, content] {
    if (path.starts_with("/nowhere/")) return FileError::kNotFound;
    host_.files[std::string(path)] = content;
    return FileError::kNone;
  });
}

void FakeProcess::remove_file(std::string_view path, Reply<FileError>& reply) {
  later<FileError>(host_.shell_cost, reply, [this, path] {
    return host_.files.erase(std::string(path)) != 0 ? FileError::kNone : FileError::kNotFound;
  });
}

void FakeProcess::file_exists(std::string_view path, Reply<bool>& reply) {
  later<bool>(host_.shell_cost, reply, [this, path] { return host_.files.contains(std::string(path)); });
}

void FakeProcess::make_directory(std::string_view path, Reply<FileError>& reply) {
  later<FileError>(host_.shell_cost, reply, [this, path] {
    return host_.files.emplace(path, "").second ? FileError::kNone : FileError::kExists;
  });
}

void FakeProcess::list_addresses(IpAddress::Family family, Reply<AddressListing>& reply) {
  host_.commands.push_back(family == IpAddress::Family::kV6 ? "ip -o -f inet6 addr show" : "ip -o -f inet addr show");
  const auto fault = host_.faults.find(host_.commands.back());
  if (fault != host_.faults.end() && fault->second.hangs) return;
  later<AddressListing>(host_.exec_cost, reply, [this, family] {
    address_buffer_.clear();
    for (const FakeInterface& interface : host_.interfaces) {
      for (const FakeAddress& address : host_.addresses) {
        if (address.device != interface.name || address.address.family != family) continue;
        address_buffer_.push_back(entry_of(address, interface.index));
      }
    }
    return AddressListing{{}, address_buffer_};
  });
}

void FakeProcess::add_address(const AddressSpec& spec, Reply<CommandResult>& reply) {
  std::string line = "ip -f inet addr add " + cidr(spec);
  if (spec.broadcast.specified()) line += " brd " + spec.broadcast.text();
  line += fmt::format(" dev {}", spec.device);
  if (!spec.label.empty()) line += fmt::format(" label {}", spec.label);
  command(std::move(line), reply, [this, &spec]() -> CommandResult {
    for (const FakeAddress& address : host_.addresses) {
      if (address.device == spec.device && address.address == spec.address) {
        return {2, "RTNETLINK answers: File exists"};
      }
    }
    FakeAddress address;
    address.device = spec.device;
    address.address = spec.address;
    address.prefix_length = spec.prefix_length;
    address.broadcast = spec.broadcast;
    address.label = spec.label;
    host_.addresses.push_back(address);
    return {};
  });
}

void FakeProcess::delete_address(const AddressSpec& spec, Reply<CommandResult>& reply) {
  command(fmt::format("ip -f inet addr delete {} dev {}", cidr(spec), spec.device), reply,
          [this, &spec]() -> CommandResult {
            const auto removed = std::erase_if(host_.addresses, [&](const FakeAddress& address) {
              return address.device == spec.device && address.address == spec.address &&
                     address.prefix_length == spec.prefix_length;
            });
            if (removed == 0) return {2, "RTNETLINK answers: Cannot assign requested address"};
            return {};
          });
}

void FakeProcess::show_link(std::string_view device, Reply<LinkListing>& reply) {
  host_.commands.push_back(fmt::format("ip link show {}", device));
  later<LinkListing>(host_.exec_cost, reply, [this, device] {
    LinkListing listing;
    for (const FakeInterface& interface : host_.interfaces) {
      if (interface.name != device) continue;
      listing.up = interface.up;
      listing.carrier = interface.carrier;
      listing.state = interface.state;
      listing.link_type = interface.link_type;
      return listing;
    }
    buffer_ = fmt::format("Device \"{}\" does not exist.", device);
    listing.command = {1, buffer_};
    return listing;
  });
}

void FakeProcess::set_link_up(std::string_view device, Reply<CommandResult>& reply) {
  command(fmt::format("ip link set {} up", device), reply, [this, device]() -> CommandResult {
    for (FakeInterface& interface : host_.interfaces) {
      if (interface.name != device) continue;
      interface.up = true;
      return {};
    }
    return {1, "Cannot find device"};
  });
}

void FakeProcess::list_routes(const RouteQuery& query, Reply<RouteListing>& reply) {
  std::string line = "ip -o -f inet route list match " + query.address.text();
  if (query.prefix_length >= 0) line += fmt::format("/{}", query.prefix_length);
  if (query.table == RouteTable::kLocal) line += " table local";
  line += query.scope == AddressScope::kHost ? " scope host" : " scope link";
  host_.commands.push_back(line);
  later<RouteListing>(host_.exec_cost, reply, [this, &query] {
    route_buffer_.clear();
    for (const FakeRoute& route : host_.routes) {
      if (matches(route, query)) route_buffer_.push_back(entry_of(route));
    }
    return RouteListing{{}, route_buffer_};
  });
}

void FakeProcess::flush_route_cache(Reply<CommandResult>& reply) {
  command("ip route flush cache", reply, [] { return CommandResult(); });
}

std::string FakeProcess::attribute_key(std::string_view name, std::string_view node) const {
  const bool own = node.empty() || node == process_.environment().node_name;
  return own ? std::string(name) : fmt::format("{}@{}", name, node);
}

void FakeProcess::query_attribute(const AttributeQuery& query, Reply<AttributeReply>& reply) {
  later<AttributeReply>(host_.exec_cost, reply, [this, &query]() -> AttributeReply {
    const auto found = host_.attributes.find(attribute_key(query.name, query.node));
    if (found == host_.attributes.end()) return {{6, {}}, {}};
    buffer_ = found->second;
    return {{}, buffer_};
  });
}

void FakeProcess::remote_command(const RemoteCommand& command, Reply<RemoteReply>& reply) {
  later<RemoteReply>(host_.exec_cost, reply, [this, &command]() -> RemoteReply {
    if (const auto other = host_.remote_answers.find(std::string(command.host)); other != host_.remote_answers.end()) {
      host_.remote_questions.emplace_back(command.command);
      return {RemoteOutcome::kDone, 0, other->second};
    }
    const FakeProcess* server = host_.find(host_.server_);
    const bool serves = server != nullptr && server->process_.running() && command.host == "127.0.0.1";
    if (!serves) return {};
    host_.served_commands_.emplace_back(command.command);
    for (const auto& [question, answer] : host_.served_)
      if (command.command.starts_with(question)) return {RemoteOutcome::kDone, 0, answer};
    return {RemoteOutcome::kDone, 0, {}};
  });
}

void FakeProcess::serve(std::span<const ServedAnswer> answers, Reply<ServedCommands>& reply) {
  later<ServedCommands>(host_.shell_cost, reply, [this, answers]() -> ServedCommands {
    host_.server_ = pid_;
    host_.served_.clear();
    for (const ServedAnswer& answer : answers) host_.served_.emplace_back(answer.command, answer.answer);
    command_buffer_ = std::exchange(host_.served_commands_, {});
    return {command_buffer_};
  });
}

void FakeProcess::update_attribute(const AttributeUpdate& update, Reply<CommandResult>& reply) {
  std::string line = fmt::format("attrd_updater -n {}", update.name);
  line += update.remove ? " -D" : fmt::format(" -U {}", update.value);
  if (update.dampening != Duration{}) line += fmt::format(" -d {}s", update.dampening.seconds());
  command(std::move(line), reply, [this, &update]() -> CommandResult {
    const std::string key = attribute_key(update.name, update.node);
    if (update.remove) {
      host_.attributes.erase(key);
    } else {
      host_.attributes[key] = update.value;
    }
    return {};
  });
}

void FakeProcess::log(LogPriority, std::string_view tag, std::string_view text, Reply<Done>& reply) {
  later<Done>(host_.exec_cost, reply, [this, tag, text] {
    host_.log.emplace_back(text);
    host_.log_tags.emplace_back(tag);
    return Done();
  });
}

void FakeProcess::execute(std::string_view command_line, Reply<CommandResult>& reply) {
  command(std::string(command_line), reply, [] { return CommandResult(); });
}

void FakeProcess::interface_exists(std::string_view device, Reply<bool>& reply) {
  later<bool>(microseconds(1), reply, [this, device] {
    for (const FakeInterface& interface : host_.interfaces) {
      if (interface.name == device) return true;
    }
    return false;
  });
}

void FakeProcess::read_route_table(Reply<RouteListing>& reply) {
  later<RouteListing>(microseconds(10), reply, [this] {
    route_buffer_.clear();
    for (const FakeRoute& route : host_.routes) {
      if (route.table == RouteTable::kMain) route_buffer_.push_back(entry_of(route));
    }
    return RouteListing{{}, route_buffer_};
  });
}

void FakeProcess::announce_address(std::string_view device, IpAddress address, ArpKind kind, Reply<Done>& reply) {
  later<Done>(microseconds(10), reply, [this, device, address, kind] {
    host_.packets.emplace_back(
        now(), fmt::format("{} {} {}", kind == ArpKind::kRequest ? "request" : "reply", device, address.text()));
    return Done();
  });
}

void FakeProcess::probe_address(std::string_view, IpAddress, Duration wait, Reply<bool>& reply) {
  const bool taken = host_.address_is_taken;
  later<bool>(taken ? milliseconds(1) : wait, reply, [taken] { return taken; });
}

void FakeProcess::echo_request(std::string_view host, std::int64_t, Duration timeout, Reply<EchoReply>& reply) {
  const auto answering = host_.answering_hosts.find(std::string(host));
  if (answering == host_.answering_hosts.end() || answering->second > timeout) {
    later<EchoReply>(timeout, reply, [] { return EchoReply(); });
    return;
  }
  const Duration round_trip = answering->second;
  later<EchoReply>(round_trip, reply, [round_trip] { return EchoReply{EchoOutcome::kAnswered, round_trip, {}}; });
}

void FakeProcess::sleep(Duration duration, Reply<Done>& reply) {
  later<Done>(duration, reply, [] { return Done(); });
}

void FakeProcess::spawn(const BackgroundProgram& program, Reply<std::int32_t>& reply) {
  later<std::int32_t>(host_.shell_cost, reply, [this, &program] {
    Environment environment;
    environment.type = program.name;
    environment.arguments.assign(program.arguments.begin(), program.arguments.end());
    return host_.start(program.main, std::move(environment)).pid();
  });
}

void FakeProcess::kill_process(std::int32_t pid, int signal, Reply<bool>& reply) {
  reply.cookie = host_.schedule(host_.shell_cost, [this, pid, signal, &reply] {
    FakeProcess* target = host_.find(pid);
    if (target == nullptr || !target->process_.running()) {
      reply.complete(false);
      return;
    }
    const bool deaf = target->process_.unkillable();
    const bool known = signal == kSigkill || signal == kSigterm || signal == target->process_.own_end_signal();
    if ((signal == kSigkill && !deaf) || (signal != 0 && known && !target->process_.ignores_termination()))
      target->process_.kill();
    if (process_.running()) reply.complete(true);  // it may have killed itself
  });
}

void FakeProcess::list_mounts(Reply<MountListing>& reply) {
  later<MountListing>(host_.shell_cost, reply, [this] {
    mount_buffer_.clear();
    for (const FakeMount& mounted : host_.mounts) {
      mount_buffer_.push_back({mounted.device, mounted.directory, mounted.file_system, mounted.options});
    }
    return MountListing{mount_buffer_};
  });
}

void FakeProcess::mount(const MountEntry& what, Reply<CommandResult>& reply) {
  command(fmt::format("mount -t {} {} {}", what.file_system, what.device, what.directory), reply, [this, &what] {
    host_.mounts.push_back({std::string(what.device), std::string(what.directory), std::string(what.file_system),
                            std::string(what.options)});
    return CommandResult();
  });
}

void FakeProcess::unmount(std::string_view directory, Reply<CommandResult>& reply) {
  command(fmt::format("umount {}", directory), reply, [this, directory]() -> CommandResult {
    const auto users = host_.mount_users.find(std::string(directory));
    if (users != host_.mount_users.end()) {
      for (const std::int32_t pid : users->second) {
        const FakeProcess* user = host_.find(pid);
        if (user != nullptr && user->process_.running()) return {1, "umount: target is busy."};
      }
    }
    std::erase_if(host_.mounts, [&](const FakeMount& mounted) { return mounted.directory == directory; });
    return {};
  });
}

void FakeProcess::list_users_of_mount(std::string_view directory, Reply<ProcessListing>& reply) {
  later<ProcessListing>(host_.exec_cost, reply, [this, directory] {
    pid_buffer_.clear();
    for (const std::int32_t pid : host_.mount_users[std::string(directory)]) {
      const FakeProcess* user = host_.find(pid);
      if (user != nullptr && user->process_.running()) pid_buffer_.push_back(pid);
    }
    return ProcessListing{pid_buffer_};
  });
}

void FakeProcess::read_device(std::string_view device, Duration timeout, Reply<DeviceOutcome>& reply) {
  const auto found = host_.devices.find(std::string(device));
  const DeviceOutcome outcome = found == host_.devices.end() ? DeviceOutcome::kRead : found->second;
  later<DeviceOutcome>(outcome == DeviceOutcome::kTimedOut ? timeout : host_.shell_cost, reply,
                       [outcome] { return outcome; });
}

FakeHost::FakeHost() {
  add_interface("lo");
  interfaces.back().link_type = "loopback";
  interfaces.back().state = OperationalState::kUnknown;
  FakeAddress loopback;
  loopback.device = "lo";
  loopback.address = IpAddress::v4(0x7f000001);
  loopback.prefix_length = 8;
  loopback.scope = AddressScope::kHost;
  addresses.push_back(loopback);
  FakeRoute local;
  local.destination = IpAddress::v4(0x7f000000);
  local.prefix_length = 8;
  local.device = "lo";
  local.scope = AddressScope::kHost;
  local.table = RouteTable::kLocal;
  routes.push_back(local);
}

FakeHost::~FakeHost() = default;

FakeInterface& FakeHost::add_interface(std::string name) {
  FakeInterface interface;
  interface.name = std::move(name);
  interface.index = static_cast<int>(interfaces.size()) + 1;
  return interfaces.emplace_back(std::move(interface));
}

void FakeHost::add_address(std::string device, std::string_view text, int prefix_length) {
  FakeAddress address;
  address.device = device;
  address.address = IpAddress::parse(text).value();
  address.prefix_length = prefix_length;
  address.broadcast = broadcast_of(address.address, prefix_length);
  FakeRoute route;
  route.destination = address.address.network(prefix_length);
  route.prefix_length = prefix_length;
  route.device = std::move(device);
  route.source = address.address;
  addresses.push_back(address);
  routes.push_back(route);
}

bool FakeHost::has_address(std::string_view device, std::string_view text) const {
  for (const FakeAddress& address : addresses) {
    if (address.device == device && address.address.text() == text) return true;
  }
  return false;
}

FakeProcess& FakeHost::start(Program program, Environment environment) {
  processes_.push_back(std::make_unique<FakeProcess>(*this, next_pid_++, program, std::move(environment)));
  FakeProcess& process = *processes_.back();
  process.process().start();
  return process;
}

void FakeHost::kill(std::int32_t pid) {
  if (FakeProcess* process = find(pid); process != nullptr) process->process().kill();
}

void FakeHost::run() {
  while (!queue_.empty()) run_until(queue_.begin()->first.first);
}

void FakeHost::run_until(Time end) {
  while (!queue_.empty() && queue_.begin()->first.first <= end) {
    auto event = queue_.extract(queue_.begin());
    now_ = event.key().first;
    due_.erase(event.key().second);
    event.mapped()();
  }
  now_ = std::max(now_, end);
}

std::uint64_t FakeHost::schedule(Duration delay, std::function<void()> run) {
  const std::uint64_t number = next_event_++;
  queue_.emplace(std::pair(now_ + delay, number), std::move(run));
  due_.emplace(number, now_ + delay);
  return number;
}

void FakeHost::cancel(std::uint64_t cookie) {
  const auto due = due_.find(cookie);
  if (due == due_.end()) return;
  queue_.erase({due->second, cookie});
  due_.erase(due);
}

FakeProcess* FakeHost::find(std::int32_t pid) {
  for (const auto& process : processes_) {
    if (process->pid() == pid) return process.get();
  }
  return nullptr;
}

std::vector<std::string> FakeHost::proc_net_dev() const {
  std::vector<std::string> lines = {"Inter-|   Receive  |  Transmit\n", " face |bytes    packets\n"};
  for (const FakeInterface& interface : interfaces) lines.push_back(fmt::format("{:>6}:       0\n", interface.name));
  return lines;
}

Environment fake_environment(std::string_view type, std::string_view instance, std::string_view action,
                             Duration interval, std::vector<std::pair<std::string, std::string>> parameters,
                             const Profile& profile) {
  Environment environment;
  environment.standard = "ocf";
  environment.provider = "heartbeat";
  environment.type = type;
  environment.instance = instance;
  environment.action = action;
  environment.interval = interval;
  environment.parameters = std::move(parameters);
  environment.node_name = "node01";
  environment.profile = profile;
  return environment;
}

}  // namespace simcluster::agents
