#include "sim/kernel/agent_backend.h"

#include <utility>

#include <fmt/core.h>

#include "engine/agents/exit_reason.h"
#include "engine/agents/process.h"
#include "engine/base/assert.h"

namespace simcluster::sim {

namespace {

constexpr int kSigKill = 9;
constexpr int kSigTerm = 15;
constexpr int kNotInstalled = 5;  // OCF_ERR_INSTALLED
// From the end of a process until its parent has been told.
constexpr CostRange kExitCost{microseconds(40), microseconds(160)};

// How long Linux tries to open a TCP connection: six repetitions of the first packet.
constexpr Duration kConnectTimeout = seconds(127);

}  // namespace

ProgramProcess::~ProgramProcess() { destroy(); }

void ProgramProcess::start(Start start) {
  SIMCLUSTER_ASSERT(stage_ == Stage::kFree);
  start_ = std::move(start);
  stage_ = Stage::kStarting;
  result_ = {};
  children_ = 0;
  ended_children_.clear();
  waits_for_device_ = false;
  signal_behind_device_ = 0;
  traced_output_ = 0;
  question_ = {};
  pid_ = kernel_.processes().add(*this, start_.name, start_.group, kernel_.context().queue.now());
  group_ = start_.group == 0 ? pid_ : start_.group;
  event_ = kernel_.context().queue.schedule_in(start_.start_cost, *this, 0);
  kernel_.context().tracer.wants(TraceKind::kProcessStart)
      ? kernel_.context().tracer.emit(kernel_.context().node, TraceKind::kProcessStart,
                                      {{"pid", pid_},
                                       {"name", start_.name},
                                       {"action", start_.environment->action},
                                       {"instance", start_.environment->instance}})
      : void();
}

void ProgramProcess::destroy() {
  if (stage_ == Stage::kFree) return;
  stage_ = Stage::kFree;
  kernel_.context().queue.cancel(event_);
  process_.reset();
  kernel_.processes().remove(pid_);
  kernel_.database().close(pid_);
  pid_ = 0;
  for (OpenFile& file : files_) file.open = false;  // their texts keep the memory
}

void ProgramProcess::on_event(std::uint64_t cookie) {
  if (kernel_.frozen()) {
    deferred_cookie_ = cookie;
    runner_.deferred_.push_back(this);
    return;
  }
  switch (stage_) {
    case Stage::kStarting:
      if (start_.fault && (start_.fault->hang || start_.fault->delay.ns > 0)) {
        stage_ = Stage::kFaultDelay;
        if (!start_.fault->hang) event_ = kernel_.context().queue.schedule_in(start_.fault->delay, *this, 0);
        return;
      }
      [[fallthrough]];
    case Stage::kFaultDelay:
      begin_program();
      return;
    case Stage::kRunning:
      take_step();
      return;
    case Stage::kEnding:
      finish();
      return;
    case Stage::kFree:
      return;
  }
}

void ProgramProcess::begin_program() {
  if (start_.fault && start_.fault->exit_code) {
    result_.error_output = start_.fault->error_output;
    if (!result_.error_output.empty()) result_.error_output += '\n';
    if (!start_.fault->exit_reason.empty())
      result_.error_output += fmt::format("ocf-exit-reason:{}\n", start_.fault->exit_reason);
    result_.exit_reason = agents::exit_reason_of(result_.error_output);
    end_with(*start_.fault->exit_code, 0);
    return;
  }
  if (start_.program == nullptr) {
    end_with(kNotInstalled, 0);
    return;
  }
  stage_ = Stage::kRunning;
  process_.emplace(start_.program, start_.environment, *this, static_cast<agents::ProcessListener&>(*this));
  take_step();
}

void ProgramProcess::take_step() {
  guarded([&] {
    ++runner_.steps_;
    if (question_.op == Op::kNone)
      process_->start();
    else
      step();
  });
}

void ProgramProcess::on_process_exit(agents::AgentProcess& process, int exit_code) {
  result_ = process.result(exit_code);
  trace_output();
  end_with(exit_code, 0);
}

void ProgramProcess::end_with(int exit_code, int signal) {
  stage_ = Stage::kEnding;
  result_.exit_code = exit_code;
  result_.signal = signal;
  question_ = {};
  kernel_.context().queue.cancel(event_);
  event_ = kernel_.context().queue.schedule_in(draw(kExitCost), *this, 0);
}

void ProgramProcess::finish() {
  Tracer& tracer = kernel_.context().tracer;
  if (tracer.wants(TraceKind::kProcessExit))
    tracer.emit(kernel_.context().node, TraceKind::kProcessExit,
                {{"pid", pid_}, {"name", start_.name}, {"rc", result_.exit_code}, {"signal", result_.signal}});
  RunListener* listener = start_.listener;
  const AgentRunId run = start_.run;
  const AgentResult result = std::move(result_);
  const std::int32_t parent = start_.parent;
  const agents::ChildExit child{pid_, result.signal == 0 ? result.exit_code : 128 + result.signal};
  destroy();
  runner_.recycle(*this);
  if (parent != 0) runner_.child_ended(parent, child);
  // This object may be in use again when the listener returns.
  if (listener != nullptr) listener->on_run_exit(run, result);
}

void ProgramProcess::on_signal(int signal) {
  const bool own = process_ && signal != 0 && process_->own_end_signal() == signal;
  if (signal != kSigKill && signal != kSigTerm && !own) return;
  if (stage_ == Stage::kFree || stage_ == Stage::kEnding) return;
  if (process_ && (process_->unkillable() || (signal == kSigTerm && process_->ignores_termination()))) return;
  if (waits_for_device_) {  // state D: it comes when the device has answered
    signal_behind_device_ = signal;
    return;
  }
  if (process_) {
    process_->kill();
    result_ = process_->result(0);
  }
  end_with(0, signal);
}

void ProgramProcess::forget(agents::PendingReply&) {
  kernel_.context().queue.cancel(event_);
  if (question_.op == Op::kEcho || question_.op == Op::kRemote) kernel_.net().forget_echo(*this);
  if (question_.op == Op::kProbe) kernel_.net().cancel_probe(*this);
  question_ = {};
}

Duration ProgramProcess::shell_cost() { return draw(kernel_.context().knobs.script_step); }
Duration ProgramProcess::command_cost() { return draw(kernel_.context().knobs.command); }

void ProgramProcess::ask(Op op, Duration cost, agents::PendingReply& reply) {
  question_.op = op;
  question_.reply = &reply;
  event_ = kernel_.context().queue.schedule_in(cost, *this, 0);
}

void ProgramProcess::open_file(std::string_view path, agents::Reply<agents::OpenResult>& reply) {
  question_.text = path;
  ask(Op::kOpen, shell_cost(), reply);
}

void ProgramProcess::read_piece(agents::FileHandle file, agents::Reply<agents::Piece>& reply) {
  question_.file = file;
  const KernelKnobs& knobs = kernel_.context().knobs;
  const bool slow = files_[file.index()].proc_net_dev;
  ask(Op::kRead, slow ? knobs.proc_net_dev_line + random_.between({}, knobs.proc_net_dev_jitter) : shell_cost(), reply);
}

void ProgramProcess::write_file(std::string_view path, std::string_view content,
                                agents::Reply<agents::FileError>& reply) {
  question_.text = path;
  question_.more_text = content;
  ask(Op::kWrite, shell_cost(), reply);
}

void ProgramProcess::remove_file(std::string_view path, agents::Reply<agents::FileError>& reply) {
  question_.text = path;
  ask(Op::kRemove, command_cost(), reply);
}

void ProgramProcess::file_exists(std::string_view path, agents::Reply<bool>& reply) {
  question_.text = path;
  ask(Op::kExists, shell_cost(), reply);
}

void ProgramProcess::make_directory(std::string_view path, agents::Reply<agents::FileError>& reply) {
  question_.text = path;
  ask(Op::kMakeDirectory, command_cost(), reply);
}

void ProgramProcess::list_addresses(IpAddress::Family family, agents::Reply<agents::AddressListing>& reply) {
  question_.family = family;
  ask(Op::kListAddresses, command_cost(), reply);
}

void ProgramProcess::add_address(const agents::AddressSpec& spec, agents::Reply<agents::CommandResult>& reply) {
  question_.spec = &spec;
  ask(Op::kAddAddress, command_cost(), reply);
}

void ProgramProcess::delete_address(const agents::AddressSpec& spec, agents::Reply<agents::CommandResult>& reply) {
  question_.spec = &spec;
  ask(Op::kDeleteAddress, command_cost(), reply);
}

void ProgramProcess::show_link(std::string_view device, agents::Reply<agents::LinkListing>& reply) {
  question_.text = device;
  ask(Op::kShowLink, command_cost(), reply);
}

void ProgramProcess::set_link_up(std::string_view device, agents::Reply<agents::CommandResult>& reply) {
  question_.text = device;
  ask(Op::kSetLinkUp, command_cost(), reply);
}

void ProgramProcess::list_routes(const agents::RouteQuery& query, agents::Reply<agents::RouteListing>& reply) {
  question_.spec = &query;
  ask(Op::kListRoutes, command_cost(), reply);
}

void ProgramProcess::flush_route_cache(agents::Reply<agents::CommandResult>& reply) {
  ask(Op::kFlushRoutes, command_cost(), reply);
}

void ProgramProcess::update_attribute(const agents::AttributeUpdate& update,
                                      agents::Reply<agents::CommandResult>& reply) {
  question_.spec = &update;
  ask(Op::kAttribute, command_cost(), reply);
}

void ProgramProcess::query_attribute(const agents::AttributeQuery& query,
                                     agents::Reply<agents::AttributeReply>& reply) {
  question_.spec = &query;
  ask(Op::kQueryAttribute, command_cost(), reply);
}

void ProgramProcess::log(LogPriority priority, std::string_view tag, std::string_view text,
                         agents::Reply<agents::Done>& reply) {
  question_.number = static_cast<std::int64_t>(priority);
  question_.text = tag;
  question_.more_text = text;
  ask(Op::kLog, command_cost(), reply);
}

void ProgramProcess::execute(std::string_view command_line, agents::Reply<agents::CommandResult>& reply) {
  question_.text = command_line;
  ask(Op::kExecute, command_cost(), reply);
}

void ProgramProcess::interface_exists(std::string_view device, agents::Reply<bool>& reply) {
  question_.text = device;
  ask(Op::kInterfaceExists, shell_cost(), reply);
}

void ProgramProcess::read_route_table(agents::Reply<agents::RouteListing>& reply) {
  ask(Op::kRouteTable, shell_cost(), reply);
}

void ProgramProcess::announce_address(std::string_view device, IpAddress address, agents::ArpKind kind,
                                      agents::Reply<agents::Done>& reply) {
  question_.text = device;
  question_.address = address;
  question_.number = kind == agents::ArpKind::kReply ? 1 : 0;
  ask(Op::kAnnounce, shell_cost(), reply);
}

void ProgramProcess::probe_address(std::string_view device, IpAddress address, Duration wait,
                                   agents::Reply<bool>& reply) {
  question_.address = address;
  ask(Op::kProbe, wait, reply);
  if (kernel_.net().probe(device, address, *this) != NetError::kNone) {
    kernel_.context().queue.cancel(event_);
    event_ = kernel_.context().queue.schedule_in(shell_cost(), *this, 0);
  }
}

void ProgramProcess::echo_request(std::string_view host, std::int64_t sequence, Duration timeout,
                                  agents::Reply<agents::EchoReply>& reply) {
  question_.text = host;
  question_.number = sequence;
  ask(Op::kEcho, timeout, reply);
  start_echo(host);
}

// The way to the host and back is one packet each: whoever can ping it can talk to it.
void ProgramProcess::remote_command(const agents::RemoteCommand& command, agents::Reply<agents::RemoteReply>& reply) {
  question_.spec = &command;
  question_.number = ++remote_commands_;
  remote_answer_.reset();
  ask(Op::kRemote, command.timeout.ns > 0 ? command.timeout : kConnectTimeout, reply);
  start_echo(command.host);
}

void ProgramProcess::serve(std::span<const agents::ServedAnswer> answers,
                           agents::Reply<agents::ServedCommands>& reply) {
  served_ = answers;
  ask(Op::kServe, shell_cost(), reply);
}

void ProgramProcess::switch_machine(std::string_view machine, agents::PowerWish wish,
                                    agents::Reply<agents::PowerReply>& reply) {
  question_.text = machine;
  question_.number = static_cast<std::int64_t>(wish);
  ask(Op::kSwitchMachine, command_cost(), reply);
}

void ProgramProcess::sleep(Duration duration, agents::Reply<agents::Done>& reply) {
  trace_output();
  ask(Op::kSleep, duration, reply);
}

void ProgramProcess::spawn(const agents::BackgroundProgram& program, agents::Reply<std::int32_t>& reply) {
  question_.spec = &program;
  ask(Op::kSpawn, shell_cost(), reply);
}

// Waits for no time, but for a child to end.
void ProgramProcess::wait_child(agents::Reply<agents::ChildExit>& reply) { ask(Op::kWaitChild, shell_cost(), reply); }

void ProgramProcess::child_ended(agents::ChildExit child) {
  if (children_ == 0) return;  // of another one that had this process id
  --children_;
  ended_children_.push_back(child);
  if (question_.op != Op::kWaitChild) return;
  kernel_.context().queue.cancel(event_);
  event_ = kernel_.context().queue.schedule_in({}, *this, 0);
}

void ProgramProcess::kill_process(std::int32_t pid, int signal, agents::Reply<bool>& reply) {
  question_.number = pid;
  question_.signal = signal;
  ask(Op::kKill, shell_cost(), reply);
}

void ProgramProcess::list_mounts(agents::Reply<agents::MountListing>& reply) {
  ask(Op::kListMounts, shell_cost(), reply);
}

void ProgramProcess::mount(const agents::MountEntry& what, agents::Reply<agents::CommandResult>& reply) {
  question_.spec = &what;
  ask(Op::kMount, command_cost(), reply);
}

void ProgramProcess::unmount(std::string_view directory, agents::Reply<agents::CommandResult>& reply) {
  question_.text = directory;
  ask(Op::kUnmount, command_cost(), reply);
}

void ProgramProcess::list_users_of_mount(std::string_view directory, agents::Reply<agents::ProcessListing>& reply) {
  question_.text = directory;
  ask(Op::kMountUsers, command_cost(), reply);
}

void ProgramProcess::read_device(std::string_view device, Duration timeout,
                                 agents::Reply<agents::DeviceOutcome>& reply) {
  question_.text = device;
  question_.number = timeout.ns;
  question_.signal = 0;
  ask(Op::kReadDevice, shell_cost(), reply);
}

void ProgramProcess::trace_output() {
  if (!start_.trace_output || !process_ || !kernel_.context().tracer.wants(TraceKind::kPing)) return;
  const std::string_view output = process_->output();
  while (traced_output_ < output.size()) {
    const std::size_t end = std::min(output.find('\n', traced_output_), output.size());
    const std::string_view line = output.substr(traced_output_, end - traced_output_);
    traced_output_ = end + 1;
    kernel_.context().tracer.emit(kernel_.context().node, TraceKind::kPing, {{"text", line}});
  }
}

}  // namespace simcluster::sim
