// A host for unit tests of agents: interfaces, addresses, routes and files as plain data, virtual time, and a record of
// every command in the order in which they ran. Not the simulator's kernel: only what tests of agents need.
//
//   FakeHost host;
//   host.add_interface("bond0");
//   host.add_address("bond0", "192.168.4.1", 24);
//   FakeProcess& monitor = host.start(ipaddr2, ipaddr2_environment(...));
//   host.run();
//   EXPECT_EQ(monitor.exit_code(), 7);
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/agents/process.h"
#include "engine/agents/system.h"
#include "engine/base/time.h"

namespace simcluster::agents {

class FakeHost;

struct FakeInterface {
  std::string name;
  int index = 0;
  bool up = true;
  bool carrier = true;
  OperationalState state = OperationalState::kUp;
  std::string link_type = "ether";
};

struct FakeAddress {
  std::string device;
  IpAddress address;
  int prefix_length = 24;
  IpAddress broadcast;
  AddressScope scope = AddressScope::kGlobal;
  std::string label;
  bool tentative = false;
  bool dad_failed = false;
};

struct FakeRoute {
  IpAddress destination;  // unspecified: default
  int prefix_length = 0;
  IpAddress gateway;
  std::string device;
  AddressScope scope = AddressScope::kLink;
  IpAddress source;
  std::int64_t metric = 0;
  RouteTable table = RouteTable::kMain;
};

// What happens to the commands that begin with a text (AT-11.1): they fail, or hang for ever.
struct FakeFault {
  int exit_code = 1;
  std::string error;
  bool hangs = false;
};

// One process of a FakeHost.
class FakeProcess final : public SystemBackend, private ProcessListener {
 public:
  FakeProcess(FakeHost& host, std::int32_t pid, Program program, Environment environment);

  // Nothing while it runs, and when it was killed.
  std::optional<int> exit_code() const { return exit_code_; }
  AgentProcess& process() { return process_; }

  void forget(PendingReply& reply) override;
  Time now() const override;
  std::int32_t pid() const override { return pid_; }
  void close_file(FileHandle file) override;
  void on_output(std::string_view line) override;
  void open_file(std::string_view path, Reply<OpenResult>& reply) override;
  void read_piece(FileHandle file, Reply<Piece>& reply) override;
  void write_file(std::string_view path, std::string_view content, Reply<FileError>& reply) override;
  void remove_file(std::string_view path, Reply<FileError>& reply) override;
  void file_exists(std::string_view path, Reply<bool>& reply) override;
  void make_directory(std::string_view path, Reply<FileError>& reply) override;
  void list_addresses(IpAddress::Family family, Reply<AddressListing>& reply) override;
  void add_address(const AddressSpec& spec, Reply<CommandResult>& reply) override;
  void delete_address(const AddressSpec& spec, Reply<CommandResult>& reply) override;
  void show_link(std::string_view device, Reply<LinkListing>& reply) override;
  void set_link_up(std::string_view device, Reply<CommandResult>& reply) override;
  void list_routes(const RouteQuery& query, Reply<RouteListing>& reply) override;
  void flush_route_cache(Reply<CommandResult>& reply) override;
  void update_attribute(const AttributeUpdate& update, Reply<CommandResult>& reply) override;
  void query_attribute(const AttributeQuery& query, Reply<AttributeReply>& reply) override;
  void log(LogPriority priority, std::string_view tag, std::string_view text, Reply<Done>& reply) override;
  void execute(std::string_view command_line, Reply<CommandResult>& reply) override;
  void interface_exists(std::string_view device, Reply<bool>& reply) override;
  void read_route_table(Reply<RouteListing>& reply) override;
  void announce_address(std::string_view device, IpAddress address, ArpKind kind, Reply<Done>& reply) override;
  void probe_address(std::string_view device, IpAddress address, Duration wait, Reply<bool>& reply) override;
  void echo_request(std::string_view host, std::int64_t sequence, Duration timeout, Reply<EchoReply>& reply) override;
  // 127.0.0.1 is the process that serves here; other hosts say what is in FakeHost::remote_answers.
  void remote_command(const RemoteCommand& command, Reply<RemoteReply>& reply) override;
  void serve(std::span<const ServedAnswer> answers, Reply<ServedCommands>& reply) override;
  void sleep(Duration duration, Reply<Done>& reply) override;
  void spawn(const BackgroundProgram& program, Reply<std::int32_t>& reply) override;
  void kill_process(std::int32_t pid, int signal, Reply<bool>& reply) override;
  void list_mounts(Reply<MountListing>& reply) override;
  void mount(const MountEntry& what, Reply<CommandResult>& reply) override;
  void unmount(std::string_view directory, Reply<CommandResult>& reply) override;
  void list_users_of_mount(std::string_view directory, Reply<ProcessListing>& reply) override;
  void read_device(std::string_view device, Duration timeout, Reply<DeviceOutcome>& reply) override;

 private:
  struct OpenFile {
    std::string path;
    std::size_t position = 0;  // lines of a /proc file, otherwise 0 or 1
  };

  void on_process_exit(AgentProcess& process, int exit_code) override;
  std::string attribute_key(std::string_view name, std::string_view node) const;
  template <class T>
  void later(Duration cost, Reply<T>& reply, std::function<T()> answer);
  // An external command: recorded, then answered after the cost of an exec, unless a fault is set for it.
  void command(const std::string& line, Reply<CommandResult>& reply, std::function<CommandResult()> answer);

  FakeHost& host_;
  std::int32_t pid_;
  std::optional<int> exit_code_;
  std::map<std::uint32_t, OpenFile> open_files_;
  std::uint32_t next_file_ = 0;
  std::string buffer_;
  std::vector<AddressEntry> address_buffer_;
  std::vector<RouteEntry> route_buffer_;
  std::vector<MountEntry> mount_buffer_;
  std::vector<std::int32_t> pid_buffer_;
  std::vector<std::string> command_buffer_;
  AgentProcess process_;
};

struct FakeMount {
  std::string device;
  std::string directory;
  std::string file_system;
  std::string options;
};

class FakeHost {
 public:
  FakeHost();
  ~FakeHost();

  FakeInterface& add_interface(std::string name);
  // With the connected route that a kernel makes.
  void add_address(std::string device, std::string_view address, int prefix_length);
  bool has_address(std::string_view device, std::string_view address) const;

  // Starts a process; it lives until the host is gone.
  FakeProcess& start(Program program, Environment environment);
  // SIGKILL from somewhere.
  void kill(std::int32_t pid);
  // Runs until nothing is left to do.
  void run();
  void run_until(Time end);
  Time now() const { return now_; }

  std::vector<FakeInterface> interfaces;  // lo is there from the beginning
  std::vector<FakeAddress> addresses;
  std::vector<FakeRoute> routes;
  std::vector<FakeMount> mounts;
  std::map<std::string, std::vector<std::int32_t>> mount_users;  // directory -> pids
  std::map<std::string, std::string> files;
  std::map<std::string, DeviceOutcome> devices;  // what reading them brings; others are read
  // By name; those of other nodes as "NAME@NODE". Lasting ones are not kept apart.
  std::map<std::string, std::string> attributes;
  std::map<std::string, std::string> remote_answers;  // databases on other hosts: what they say to everything
  std::vector<std::string> remote_questions;          // what they were asked
  std::map<std::string, Duration> answering_hosts;    // ping: host -> round trip
  bool address_is_taken = false;                      // somebody answers duplicate address detection
  bool proc_net_dev_shared_position = false;          // the old kernel's defect (AT-2.12)
  std::map<std::string, FakeFault> faults;            // by the beginning of the command line

  std::function<void(FakeProcess&, std::string_view)> on_output;  // called for each line of standard output

  Duration shell_cost = microseconds(100);
  Duration exec_cost = milliseconds(2);

  std::vector<std::string> commands;  // external commands and packets of all processes, in order
  std::vector<std::string> log;       // texts without tag
  std::vector<std::string> log_tags;  // of the same lines
  std::vector<std::pair<Time, std::string>> packets;

 private:
  friend class FakeProcess;
  std::uint64_t schedule(Duration delay, std::function<void()> run);
  void cancel(std::uint64_t cookie);
  FakeProcess* find(std::int32_t pid);
  std::vector<std::string> proc_net_dev() const;

  Time now_;
  std::uint64_t next_event_ = 1;
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> queue_;
  std::map<std::uint64_t, Time> due_;
  std::size_t shared_position_ = 0;
  std::int32_t server_ = 0;  // pid of the process that serves
  std::vector<std::pair<std::string, std::string>> served_;
  std::vector<std::string> served_commands_;
  std::int32_t next_pid_ = 1000;
  std::vector<std::unique_ptr<FakeProcess>> processes_;
};

// An environment of an OCF agent's action. `interval` as in the operation (0: probe).
Environment fake_environment(std::string_view type, std::string_view instance, std::string_view action,
                             Duration interval, std::vector<std::pair<std::string, std::string>> parameters,
                             const Profile& profile);

}  // namespace simcluster::agents
