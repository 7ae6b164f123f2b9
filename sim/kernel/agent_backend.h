// One simulated process that runs a program: the program's window on the simulated kernel.
//
// Every call costs virtual time (KernelKnobs, with the machine's scheduling jitter) and has its effect at the end of
// that time, as one event. Nothing is allocated for a step.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/agents/agent_model.h"
#include "engine/agents/process.h"
#include "engine/agents/system.h"
#include "engine/base/assert.h"
#include "sim/events/event_queue.h"
#include "sim/kernel/agent_runner.h"
#include "sim/kernel/kernel.h"

namespace simcluster::sim {

class ProgramProcess final : public agents::SystemBackend,
                             private agents::ProcessListener,
                             private EventHandler,
                             private EchoClient,
                             private ProbeClient,
                             private Process {
 public:
  struct Start {
    agents::Program program = nullptr;  // nullptr: not installed
    std::shared_ptr<const agents::Environment> environment;
    std::string name;
    std::int32_t group = 0;  // 0: its own
    AgentRunId run;          // none: a background process
    RunListener* listener = nullptr;
    bool trace_output = false;
    std::int32_t parent = 0;  // of a background process
    std::optional<AgentFault> fault;
    Duration start_cost;
  };

  ProgramProcess(AgentRunner& runner, Kernel& kernel, Random& random)
      : runner_(runner), kernel_(kernel), random_(random) {}
  ~ProgramProcess() override;

  void start(Start start);
  // Drops everything at once, without a word to anybody.
  void destroy();
  void on_signal(int signal) override;
  void forget_listener() { start_.listener = nullptr; }

  bool active() const { return pid_ != 0; }
  AgentRunId run() const { return start_.run; }
  RunListener* listener() const { return start_.listener; }
  std::int32_t group() const { return group_; }
  const agents::Environment& environment() const { return *start_.environment; }
  void wake_after_freeze() { on_event(deferred_cookie_); }
  // One that it has spawned is over.
  void child_ended(agents::ChildExit child);

  // agents::SystemBackend
  void forget(agents::PendingReply& reply) override;
  Time now() const override { return kernel_.wall_clock(); }
  std::int32_t pid() const override { return pid_; }
  Duration draw(const agents::ModelTime& time) override { return agents::draw_time(time, runner_.durations_); }
  void close_file(agents::FileHandle file) override;
  void open_file(std::string_view path, agents::Reply<agents::OpenResult>& reply) override;
  void read_piece(agents::FileHandle file, agents::Reply<agents::Piece>& reply) override;
  void write_file(std::string_view path, std::string_view content, agents::Reply<agents::FileError>& reply) override;
  void remove_file(std::string_view path, agents::Reply<agents::FileError>& reply) override;
  void file_exists(std::string_view path, agents::Reply<bool>& reply) override;
  void make_directory(std::string_view path, agents::Reply<agents::FileError>& reply) override;
  void list_addresses(IpAddress::Family family, agents::Reply<agents::AddressListing>& reply) override;
  void add_address(const agents::AddressSpec& spec, agents::Reply<agents::CommandResult>& reply) override;
  void delete_address(const agents::AddressSpec& spec, agents::Reply<agents::CommandResult>& reply) override;
  void show_link(std::string_view device, agents::Reply<agents::LinkListing>& reply) override;
  void set_link_up(std::string_view device, agents::Reply<agents::CommandResult>& reply) override;
  void list_routes(const agents::RouteQuery& query, agents::Reply<agents::RouteListing>& reply) override;
  void flush_route_cache(agents::Reply<agents::CommandResult>& reply) override;
  void update_attribute(const agents::AttributeUpdate& update, agents::Reply<agents::CommandResult>& reply) override;
  void query_attribute(const agents::AttributeQuery& query, agents::Reply<agents::AttributeReply>& reply) override;
  void log(LogPriority priority, std::string_view tag, std::string_view text,
           agents::Reply<agents::Done>& reply) override;
  void execute(std::string_view command_line, agents::Reply<agents::CommandResult>& reply) override;
  void interface_exists(std::string_view device, agents::Reply<bool>& reply) override;
  void read_route_table(agents::Reply<agents::RouteListing>& reply) override;
  void announce_address(std::string_view device, IpAddress address, agents::ArpKind kind,
                        agents::Reply<agents::Done>& reply) override;
  void probe_address(std::string_view device, IpAddress address, Duration wait, agents::Reply<bool>& reply) override;
  void echo_request(std::string_view host, std::int64_t sequence, Duration timeout,
                    agents::Reply<agents::EchoReply>& reply) override;
  void remote_command(const agents::RemoteCommand& command, agents::Reply<agents::RemoteReply>& reply) override;
  void serve(std::span<const agents::ServedAnswer> answers, agents::Reply<agents::ServedCommands>& reply) override;
  void switch_machine(std::string_view machine, agents::PowerWish wish,
                      agents::Reply<agents::PowerReply>& reply) override;
  void sleep(Duration duration, agents::Reply<agents::Done>& reply) override;
  void spawn(const agents::BackgroundProgram& program, agents::Reply<std::int32_t>& reply) override;
  void wait_child(agents::Reply<agents::ChildExit>& reply) override;
  void kill_process(std::int32_t pid, int signal, agents::Reply<bool>& reply) override;
  void list_mounts(agents::Reply<agents::MountListing>& reply) override;
  void mount(const agents::MountEntry& what, agents::Reply<agents::CommandResult>& reply) override;
  void unmount(std::string_view directory, agents::Reply<agents::CommandResult>& reply) override;
  void list_users_of_mount(std::string_view directory, agents::Reply<agents::ProcessListing>& reply) override;
  void read_device(std::string_view device, Duration timeout, agents::Reply<agents::DeviceOutcome>& reply) override;

  // Has a file open at or below the directory.
  bool uses(std::string_view directory) const;

 private:
  enum class Op : std::uint8_t {
    kNone,
    kOpen,
    kRead,
    kWrite,
    kRemove,
    kExists,
    kMakeDirectory,
    kListAddresses,
    kAddAddress,
    kDeleteAddress,
    kShowLink,
    kSetLinkUp,
    kListRoutes,
    kFlushRoutes,
    kAttribute,
    kQueryAttribute,
    kLog,
    kExecute,
    kInterfaceExists,
    kRouteTable,
    kAnnounce,
    kProbe,
    kEcho,
    kRemote,
    kServe,
    kSwitchMachine,
    kSleep,
    kSpawn,
    kWaitChild,
    kKill,
    kListMounts,
    kMount,
    kUnmount,
    kMountUsers,
    kReadDevice,
  };
  // What the running question asks; the views are borrowed until it is answered.
  struct Question {
    Op op = Op::kNone;
    agents::PendingReply* reply = nullptr;
    std::string_view text;
    std::string_view more_text;
    const void* spec = nullptr;
    IpAddress address;
    IpAddress::Family family = IpAddress::Family::kV4;
    agents::FileHandle file;
    std::int64_t number = 0;
    int signal = 0;
  };
  struct OpenFile {
    bool open = false;
    bool proc_net_dev = false;
    ProcNetDevReader reader;
    std::string path;
    std::string content;  // of other files, as it was when opened
    std::size_t position = 0;
    bool by_line = false;
  };
  enum class Stage : std::uint8_t { kFree, kStarting, kFaultDelay, kRunning, kEnding };

  void on_event(std::uint64_t cookie) override;
  void on_process_exit(agents::AgentProcess& process, int exit_code) override;
  void on_echo_reply(const IpAddress& from, std::uint16_t identifier, std::uint16_t sequence) override;
  void on_unreachable(const IpAddress& target, std::uint16_t identifier, std::uint16_t sequence) override;
  void on_address_in_use(const IpAddress& address) override;

  Duration draw(const CostRange& range) { return random_.between(range.least, range.most); }
  Duration shell_cost();
  Duration command_cost();
  void ask(Op op, Duration cost, agents::PendingReply& reply);
  template <class T>
  void answer(T value);
  // A failed assertion inside a program must not tear down the event loop: it ends the run, and is told.
  template <class F>
  void guarded(F&& call);
  void take_step();
  void begin_program();
  void step();
  void finish();
  void end_with(int exit_code, int signal);
  void answer_open();
  void answer_read();
  void answer_addresses();
  void answer_link();
  void answer_routes();
  void answer_route_table();
  void start_echo(std::string_view host);
  void remote_answered();
  void answer_attribute();
  void answer_serve();
  void answer_echo(agents::EchoOutcome outcome, const IpAddress& from);
  void answer_spawn();
  void answer_child();
  agents::CommandResult net_result(NetError error);
  agents::CommandResult change_address(bool add);
  agents::RouteEntry route_entry(const Route& route) const;
  void trace_output();
  void trace_log();
  void report_missed(OpenFile& file);
  std::optional<std::string> kernel_file(std::string_view path) const;
  // Storage. True: the device does not answer now, and the step is taken again later, or never.
  bool waits_for(const Mounts::Attachment* attachment);
  void file_step();
  void command_step();
  void mount_step();
  void unmount_step();
  void answer_mounts();
  void answer_mount_users();
  void read_device_step();

  AgentRunner& runner_;
  Kernel& kernel_;
  Random& random_;
  Start start_;
  Stage stage_ = Stage::kFree;
  std::int32_t pid_ = 0;
  std::int32_t group_ = 0;
  std::optional<agents::AgentProcess> process_;
  Question question_;
  EventId event_;
  std::uint64_t deferred_cookie_ = 0;
  Time echo_sent_;
  std::optional<RemoteAnswer> remote_answer_;
  std::int64_t remote_commands_ = 0;
  AgentResult result_;
  std::size_t traced_output_ = 0;
  std::string error_text_;
  std::vector<OpenFile> files_;
  std::vector<agents::AddressEntry> addresses_;
  std::vector<agents::RouteEntry> routes_;
  std::vector<agents::MountEntry> mounts_;
  std::vector<std::int32_t> pids_;
  std::span<const agents::ServedAnswer> served_;  // of the running question
  std::vector<std::string> commands_;
  std::size_t children_ = 0;  // spawned and not ended
  std::vector<agents::ChildExit> ended_children_;
  bool waits_for_device_ = false;  // state D
  int signal_behind_device_ = 0;
};

template <class T>
void ProgramProcess::answer(T value) {
  auto& reply = static_cast<agents::Reply<T>&>(*question_.reply);
  question_.op = Op::kNone;
  reply.complete(std::move(value));
}

template <class F>
void ProgramProcess::guarded(F&& call) {
  const AgentRunId run = start_.run;
  try {
    call();
  } catch (const AssertionFailure& failure) {
    RunListener* listener = start_.listener;
    destroy();
    runner_.recycle(*this);
    if (listener == nullptr) throw;
    listener->on_program_assertion(run, failure.what());
  }
}

}  // namespace simcluster::sim
