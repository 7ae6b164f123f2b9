// The second seam: all that a process on a cluster node (an agent's action, a background helper, a monitoring tool) may
// ask of its host. Agents see `System` and await its calls; a host implements `SystemBackend`: the simulated kernel in
// the simulator, the real one in the daemon.
//
// Every awaited call is one step: the agent is suspended until the host answers, and may be delayed, raced or killed
// there. What a step costs is the host's decision; the calls that stand for an external command (fork and exec of ip,
// ping, logger, ...) cost more than those that a shell does itself (open, read, [ -f ]). A host should let the effect
// of a call happen at the end of its cost, and may let every command fail, hang or take longer (AT-11.1).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/agents/environment.h"
#include "engine/agents/reply.h"
#include "engine/agents/task.h"
#include "engine/base/address.h"
#include "engine/base/host.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"

namespace simcluster::agents {

class System;
struct ModelTime;

// What runs as a process: a coroutine that returns the exit code.
using Program = Task<int> (*)(System&);

using FileHandle = Id<struct FileHandleTag>;

enum class FileError : std::uint8_t { kNone, kNotFound, kExists, kPermission, kIo };

struct OpenResult {
  FileHandle file;  // none: it failed
  FileError error = FileError::kNone;
};

// One `read`. The text is borrowed until the next call of the same process.
struct Piece {
  std::string_view text;
  bool end = false;  // nothing was left to read; text is empty
};

// How an external command ended. `error` is what it printed on standard error, borrowed until the next call of the same
// process.
struct CommandResult {
  int exit_code = 0;
  std::string_view error;

  bool ok() const { return exit_code == 0; }
};

enum class AddressScope : std::uint8_t { kGlobal, kLink, kHost };

// One line of `ip -o -f inet|inet6 addr show` (AT-2.9). Texts are borrowed until the next call of the same process.
struct AddressEntry {
  int interface_index = 0;
  std::string_view device;
  IpAddress address;
  int prefix_length = 0;
  IpAddress broadcast;  // unspecified: no brd
  AddressScope scope = AddressScope::kGlobal;
  std::string_view label;  // for IPv4 the device name when no other label was given
  bool secondary = false;
  bool tentative = false;
  bool dad_failed = false;
};

struct AddressListing {
  CommandResult command;
  std::span<const AddressEntry> entries;  // in the order of the interfaces, then of the addresses
};

// `ip addr add ADDRESS/PREFIX [brd BROADCAST] dev DEVICE [label LABEL]`.
struct AddressSpec {
  IpAddress address;
  int prefix_length = 32;
  IpAddress broadcast;  // unspecified: none
  std::string_view device;
  std::string_view label;  // empty: none
  bool no_prefix_route = false;
};

enum class OperationalState : std::uint8_t { kUnknown, kUp, kDown, kLowerLayerDown };

// What `ip link show dev DEVICE` says (AT-2.2).
struct LinkListing {
  CommandResult command;  // fails when there is no such device
  bool up = false;        // administratively
  bool carrier = false;
  OperationalState state = OperationalState::kUnknown;
  std::string_view link_type;  // ether, loopback, infiniband
};

enum class RouteTable : std::uint8_t { kMain, kLocal };

// One line of `ip -o -f inet route list ...` (AT-2.4, AT-2.9).
struct RouteEntry {
  IpAddress destination;  // unspecified: default
  int prefix_length = 0;  // 0 for default
  IpAddress gateway;      // unspecified: none
  std::string_view device;
  AddressScope scope = AddressScope::kGlobal;
  IpAddress source;  // unspecified: no src
  std::int64_t metric = 0;
};

struct RouteListing {
  CommandResult command;
  std::span<const RouteEntry> entries;  // in the kernel's order
};

// `ip -o -f inet route list match ADDRESS[/PREFIX] [scope SCOPE] [table TABLE]`.
struct RouteQuery {
  IpAddress address;
  int prefix_length = -1;  // -1: not given
  AddressScope scope = AddressScope::kLink;
  RouteTable table = RouteTable::kMain;
};

// A gratuitous ARP broadcast: sender address = target address (AT-2.5).
enum class ArpKind : std::uint8_t { kRequest, kReply };

enum class EchoOutcome : std::uint8_t { kAnswered, kLost, kUnreachable };

struct EchoReply {
  EchoOutcome outcome = EchoOutcome::kLost;
  Duration round_trip;  // when answered
  IpAddress from;       // when unreachable: the own address that reports it
};

// A change of a node attribute: `attrd_updater -n NAME -U VALUE -d DAMPEN` (-B is the same), or
// `attrd_updater -n NAME -D -d DAMPEN` when `remove` is set; with `forever`, `crm_attribute -l forever`.
struct AttributeUpdate {
  std::string_view name;
  std::string_view value;
  Duration dampening;
  bool remove = false;
  std::string_view node = {};  // empty: this one
  bool forever = false;        // it outlives the cluster's stop; else it is transient
};

// `crm_attribute -G -q -n NAME -N NODE -l reboot|forever`.
struct AttributeQuery {
  std::string_view name;
  std::string_view node;
  bool forever = false;
};

// `value` is borrowed until the next call of the same process; the command fails when there is none.
struct AttributeReply {
  CommandResult command;
  std::string_view value;
};

// A program to be started in the background (`... &`): it belongs to the same process group, goes on when its parent
// has ended, and is killed with the group.
struct BackgroundProgram {
  std::string_view name;  // also the type of its environment
  Program main = nullptr;
  std::span<const std::string> arguments;
  bool own_session = false;  // a daemon: it leaves the process group (setsid)
  // What it is given instead of a plain environment with the arguments; for hosts' own programs.
  std::shared_ptr<const Environment> environment = nullptr;
};

// How a background program ended; pid 0: there is none left.
struct ChildExit {
  std::int32_t pid = 0;
  int exit_code = 0;
};

// What another host offers: a shell (`ssh`), the power of one machine (`ipmitool`), or a database (`psql`; here `login`
// and `password` mean nothing).
enum class RemoteService : std::uint8_t { kShell, kIpmi, kDatabase };

// Logs in to a host and has it run a command there; an empty command only logs in.
struct RemoteCommand {
  std::string_view host;  // an address or a name of /etc/hosts
  RemoteService service = RemoteService::kShell;
  std::string_view login;
  std::string_view password;
  std::string_view command;
  Duration timeout;  // 0: the client waits as long as its TCP does
};

enum class RemoteOutcome : std::uint8_t { kDone, kNoConnection, kRefused, kTimedOut };

// `output` is borrowed until the next call of the same process.
struct RemoteReply {
  RemoteOutcome outcome = RemoteOutcome::kNoConnection;
  int exit_code = 0;
  std::string_view output;
};

// What a server says to commands that begin with `command`.
struct ServedAnswer {
  std::string_view command;
  std::string_view answer;
};

// What came in for a server, in that order; borrowed until the next call of the same process.
struct ServedCommands {
  std::span<const std::string> commands;
};

struct MountEntry {
  std::string_view device;
  std::string_view directory;
  std::string_view file_system;
  std::string_view options;
};

struct MountListing {
  std::span<const MountEntry> entries;
};

// How a read of a block device, past all caches, ended.
enum class DeviceOutcome : std::uint8_t { kRead, kError, kTimedOut };

// What `fuser -m` lists.
struct ProcessListing {
  std::span<const std::int32_t> pids;
};

// What a fence agent without a wire of its own asks of a machine's power supply.
enum class PowerWish : std::uint8_t { kAsk, kOn, kOff };

struct PowerReply {
  bool known = false;  // there is such a machine
  bool on = false;     // now
};

// Implemented by the host, one object for each process. Arguments are borrowed until the reply is completed. Each call
// is answered once, by reply.complete(...), from inside the call (the step takes no time) or later; forget() takes a
// question back. A process has at most one open question.
//
// The backend must outlive the process object. Open files are closed by the backend when the process is gone.
class SystemBackend {
 public:
  virtual ~SystemBackend() = default;

  // The process was killed while it waited: never complete this reply. Called from AgentProcess::kill().
  virtual void forget(PendingReply& reply) = 0;

  // Answered at once; no steps.
  virtual Time now() const = 0;
  virtual std::int32_t pid() const = 0;
  virtual void close_file(FileHandle file) = 0;
  // What an action takes that somebody has described (agent_model.h). The default: the least.
  virtual Duration draw(const ModelTime& time);
  // The process printed a line (AgentProcess keeps it too). For tools whose output is shown as it comes.
  virtual void on_output(std::string_view line) { static_cast<void>(line); }

  // Files. Cheap: what a shell does itself.
  virtual void open_file(std::string_view path, Reply<OpenResult>& reply) = 0;
  // One line (with its newline) of a file under /proc, each line a step of its own; all that is left of other files.
  virtual void read_piece(FileHandle file, Reply<Piece>& reply) = 0;
  // Creates or replaces.
  virtual void write_file(std::string_view path, std::string_view content, Reply<FileError>& reply) = 0;
  // `rm`.
  virtual void remove_file(std::string_view path, Reply<FileError>& reply) = 0;
  virtual void file_exists(std::string_view path, Reply<bool>& reply) = 0;
  // `mkdir`: kExists when there is something already.
  virtual void make_directory(std::string_view path, Reply<FileError>& reply) = 0;

  // External commands: each costs a fork and an exec.
  virtual void list_addresses(IpAddress::Family family, Reply<AddressListing>& reply) = 0;
  virtual void add_address(const AddressSpec& spec, Reply<CommandResult>& reply) = 0;
  virtual void delete_address(const AddressSpec& spec, Reply<CommandResult>& reply) = 0;
  virtual void show_link(std::string_view device, Reply<LinkListing>& reply) = 0;
  virtual void set_link_up(std::string_view device, Reply<CommandResult>& reply) = 0;
  virtual void list_routes(const RouteQuery& query, Reply<RouteListing>& reply) = 0;
  virtual void flush_route_cache(Reply<CommandResult>& reply) = 0;
  virtual void update_attribute(const AttributeUpdate& update, Reply<CommandResult>& reply) = 0;
  // The default knows no attribute.
  virtual void query_attribute(const AttributeQuery& query, Reply<AttributeReply>& reply);
  // Writes one line to the system log. `tag` is for example "IPaddr2(vip01)[4711]".
  virtual void log(LogPriority priority, std::string_view tag, std::string_view text, Reply<Done>& reply) = 0;
  // Any other program, whose work follows as calls of its own (findif, ping, arping): only the cost of starting it.
  // Not 0 when it cannot be started (127: no such command).
  virtual void execute(std::string_view command_line, Reply<CommandResult>& reply) = 0;

  // System calls and packets, made by programs that are running already. Cheap.
  // ioctl SIOCGIFFLAGS: is there such an interface?
  virtual void interface_exists(std::string_view device, Reply<bool>& reply) = 0;
  // All rows of /proc/net/route in the kernel's order, read in one go.
  virtual void read_route_table(Reply<RouteListing>& reply) = 0;
  // Sends one gratuitous ARP packet.
  virtual void announce_address(std::string_view device, IpAddress address, ArpKind kind, Reply<Done>& reply) = 0;
  // Duplicate address detection: asks the segment for `address`; true when somebody answers within `wait`.
  virtual void probe_address(std::string_view device, IpAddress address, Duration wait, Reply<bool>& reply) = 0;
  // One ICMP echo request to a host (an address or a name of /etc/hosts). Answered when the reply arrives or after
  // `timeout`.
  virtual void echo_request(std::string_view host, std::int64_t sequence, Duration timeout,
                            Reply<EchoReply>& reply) = 0;

  // Other hosts. Hosts that have no network of their own for this answer that there is no connection; the default does.
  virtual void remote_command(const RemoteCommand& command, Reply<RemoteReply>& reply);
  // From now on this process is the database server of its host: a RemoteCommand for it is answered at once by the
  // first fitting answer, until the next call or the end of the process. The reply has what came in since the last
  // call. The default serves nobody.
  virtual void serve(std::span<const ServedAnswer> answers, Reply<ServedCommands>& reply);

  // Switches a machine by its name (agent_model.h). The default knows none.
  virtual void switch_machine(std::string_view machine, PowerWish wish, Reply<PowerReply>& reply);

  // Processes and time.
  virtual void sleep(Duration duration, Reply<Done>& reply) = 0;
  // Answers with the pid of the new process.
  virtual void spawn(const BackgroundProgram& program, Reply<std::int32_t>& reply) = 0;
  // `wait`: answered when one of the programs that this process has spawned has ended, each told once. The default
  // knows of none.
  virtual void wait_child(Reply<ChildExit>& reply);
  // `kill -SIGNAL PID`; signal 0 only asks. False when there is no such process.
  virtual void kill_process(std::int32_t pid, int signal, Reply<bool>& reply) = 0;

  // Storage, for the agents that need it. A host without it answers that nothing is mounted and that the commands are
  // missing (127); these defaults do so.
  virtual void list_mounts(Reply<MountListing>& reply);
  virtual void mount(const MountEntry& what, Reply<CommandResult>& reply);
  virtual void unmount(std::string_view directory, Reply<CommandResult>& reply);
  virtual void list_users_of_mount(std::string_view directory, Reply<ProcessListing>& reply);
  // Reads 4 KiB of a device (O_DIRECT). `timeout` 0: waits as long as the device does. The default reads at once.
  virtual void read_device(std::string_view device, Duration timeout, Reply<DeviceOutcome>& reply);
};

// What an agent sees: its environment, its output, and the host's calls as awaitables with the meaning given above.
class System {
  template <auto Method, class T, class... Args>
  Call<Method, T, Args...> call(Args... args) {
    return Call<Method, T, Args...>(process_, backend_, std::forward<Args>(args)...);
  }

 public:
  System(AgentProcess& process, SystemBackend& backend, const Environment& environment)
      : process_(process), backend_(backend), environment_(environment) {}
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  const Environment& environment() const { return environment_; }
  Time now() const { return backend_.now(); }
  std::int32_t pid() const { return backend_.pid(); }
  Duration draw(const ModelTime& time) const { return backend_.draw(time); }
  // Appends one line to standard output or standard error.
  void print(std::string_view line);
  void print_error(std::string_view line);
  // `trap ... TERM`: from now on SIGTERM does not end the process.
  void ignore_termination();
  // A server that ends of its own accord when it gets this signal, which would not end others (SIGWINCH of httpd).
  void end_on(int signal);
  // Stuck in a system call (state D): from now on no signal ends the process.
  void become_unkillable();

  auto open_file(std::string_view path) { return call<&SystemBackend::open_file, OpenResult>(path); }
  auto read_piece(FileHandle file) { return call<&SystemBackend::read_piece, Piece>(file); }
  void close_file(FileHandle file) { backend_.close_file(file); }
  auto write_file(std::string_view path, std::string_view content) {
    return call<&SystemBackend::write_file, FileError>(path, content);
  }
  auto remove_file(std::string_view path) { return call<&SystemBackend::remove_file, FileError>(path); }
  auto file_exists(std::string_view path) { return call<&SystemBackend::file_exists, bool>(path); }
  auto make_directory(std::string_view path) { return call<&SystemBackend::make_directory, FileError>(path); }

  auto list_addresses(IpAddress::Family family) { return call<&SystemBackend::list_addresses, AddressListing>(family); }
  auto add_address(const AddressSpec& spec) {
    return call<&SystemBackend::add_address, CommandResult, const AddressSpec&>(spec);
  }
  auto delete_address(const AddressSpec& spec) {
    return call<&SystemBackend::delete_address, CommandResult, const AddressSpec&>(spec);
  }
  auto show_link(std::string_view device) { return call<&SystemBackend::show_link, LinkListing>(device); }
  auto set_link_up(std::string_view device) { return call<&SystemBackend::set_link_up, CommandResult>(device); }
  auto list_routes(const RouteQuery& query) {
    return call<&SystemBackend::list_routes, RouteListing, const RouteQuery&>(query);
  }
  auto flush_route_cache() { return call<&SystemBackend::flush_route_cache, CommandResult>(); }
  auto update_attribute(const AttributeUpdate& update) {
    return call<&SystemBackend::update_attribute, CommandResult, const AttributeUpdate&>(update);
  }
  auto query_attribute(const AttributeQuery& query) {
    return call<&SystemBackend::query_attribute, AttributeReply, const AttributeQuery&>(query);
  }
  auto write_log(LogPriority priority, std::string_view tag, std::string_view text) {
    return call<&SystemBackend::log, Done>(priority, tag, text);
  }
  auto execute(std::string_view command_line) { return call<&SystemBackend::execute, CommandResult>(command_line); }

  auto interface_exists(std::string_view device) { return call<&SystemBackend::interface_exists, bool>(device); }
  auto read_route_table() { return call<&SystemBackend::read_route_table, RouteListing>(); }
  auto announce_address(std::string_view device, IpAddress address, ArpKind kind) {
    return call<&SystemBackend::announce_address, Done>(device, address, kind);
  }
  auto probe_address(std::string_view device, IpAddress address, Duration wait) {
    return call<&SystemBackend::probe_address, bool>(device, address, wait);
  }
  auto echo_request(std::string_view host, std::int64_t sequence, Duration timeout) {
    return call<&SystemBackend::echo_request, EchoReply>(host, sequence, timeout);
  }

  auto remote_command(const RemoteCommand& command) {
    return call<&SystemBackend::remote_command, RemoteReply, const RemoteCommand&>(command);
  }
  auto serve(std::span<const ServedAnswer> answers) { return call<&SystemBackend::serve, ServedCommands>(answers); }

  auto switch_machine(std::string_view machine, PowerWish wish) {
    return call<&SystemBackend::switch_machine, PowerReply>(machine, wish);
  }

  auto sleep(Duration duration) { return call<&SystemBackend::sleep, Done>(duration); }
  auto spawn(const BackgroundProgram& program) {
    return call<&SystemBackend::spawn, std::int32_t, const BackgroundProgram&>(program);
  }
  auto wait_child() { return call<&SystemBackend::wait_child, ChildExit>(); }
  auto kill_process(std::int32_t pid, int signal) { return call<&SystemBackend::kill_process, bool>(pid, signal); }

  auto list_mounts() { return call<&SystemBackend::list_mounts, MountListing>(); }
  auto mount(const MountEntry& what) { return call<&SystemBackend::mount, CommandResult, const MountEntry&>(what); }
  auto unmount(std::string_view directory) { return call<&SystemBackend::unmount, CommandResult>(directory); }
  auto list_users_of_mount(std::string_view directory) {
    return call<&SystemBackend::list_users_of_mount, ProcessListing>(directory);
  }
  auto read_device(std::string_view device, Duration timeout) {
    return call<&SystemBackend::read_device, DeviceOutcome>(device, timeout);
  }

 private:
  AgentProcess& process_;
  SystemBackend& backend_;
  const Environment& environment_;
};

template <auto Method, class T, class... Args>
Call<Method, T, Args...>::~Call() {
  if (this->state_ == PendingReply::State::kWaiting) backend_.forget(*this);
}

template <auto Method, class T, class... Args>
bool Call<Method, T, Args...>::await_suspend(std::coroutine_handle<> handle) {
  this->waiting_ = handle;
  this->state_ = PendingReply::State::kAsking;
  std::apply([this](auto&&... args) { (backend_.*Method)(args..., *this); }, args_);
  if (this->state_ == PendingReply::State::kAnsweredInCall) return false;
  this->state_ = PendingReply::State::kWaiting;
  return true;
}

}  // namespace simcluster::agents
