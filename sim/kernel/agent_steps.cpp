// What the calls of a program do when their time has come.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "engine/base/assert.h"
#include "sim/kernel/agent_backend.h"
#include "sim/kernel/listing.h"

namespace simcluster::sim {

namespace {

constexpr int kIpError = 2;  // ip(8): the kernel refused
constexpr int kIpUsage = 1;  // ip(8): bad arguments, also an unknown device
constexpr int kNotConnected = 107;
constexpr int kNoSuchDevice = 6;  // crm_attribute: not set
constexpr int kMountFailed = 32;  // mount(8)

agents::AddressScope scope_of(Scope scope) {
  switch (scope) {
    case Scope::kGlobal:
      return agents::AddressScope::kGlobal;
    case Scope::kLink:
      return agents::AddressScope::kLink;
    case Scope::kHost:
      return agents::AddressScope::kHost;
  }
  return agents::AddressScope::kGlobal;
}

FileStore& store_of(Kernel& kernel, const Mounts::Place& place) {
  return place.device == nullptr ? kernel.files() : place.device->files;
}

bool exists(Kernel& kernel, std::string_view path) {
  const Mounts::Place place = kernel.mounts().resolve(path);
  return (place.device != nullptr && place.path == "/") || store_of(kernel, place).exists(place.path);
}

// The one command whose work is done here: test -f FILE, test -e FILE.
int run_command(Kernel& kernel, std::string_view line) {
  if (!line.starts_with("test -f ") && !line.starts_with("test -e ")) return 0;
  return exists(kernel, line.substr(std::string_view("test -f ").size())) ? 0 : 1;
}

std::string_view priority_name(std::int64_t priority) {
  constexpr std::string_view kNames[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};
  return kNames[priority];
}

}  // namespace

void ProgramProcess::step() {
  NetStack& net = kernel_.net();
  switch (question_.op) {
    case Op::kOpen:
      return answer_open();
    case Op::kRead:
      return answer_read();
    case Op::kWrite:
    case Op::kRemove:
    case Op::kMakeDirectory:
      return file_step();
    case Op::kExists:
      return answer(exists(kernel_, question_.text) || kernel_file(question_.text).has_value());
    case Op::kListAddresses:
      return answer_addresses();
    case Op::kAddAddress:
      return answer(change_address(true));
    case Op::kDeleteAddress:
      return answer(change_address(false));
    case Op::kShowLink:
      return answer_link();
    case Op::kSetLinkUp: {
      const NetError error = net.set_up(question_.text, true);
      if (error != NetError::kNoDevice) return answer(net_result(error));
      error_text_ = fmt::format("Cannot find device \"{}\"", question_.text);
      return answer(agents::CommandResult{kIpUsage, error_text_});
    }
    case Op::kListRoutes:
      return answer_routes();
    case Op::kFlushRoutes:
      return answer(agents::CommandResult{});
    case Op::kAttribute: {
      const auto& update = *static_cast<const agents::AttributeUpdate*>(question_.spec);
      if (kernel_.services().update_attribute(update)) return answer(agents::CommandResult{});
      return answer(agents::CommandResult{kNotConnected, "Could not connect to attrd"});
    }
    case Op::kQueryAttribute:
      return answer_attribute();
    case Op::kLog:
      trace_log();
      return answer(agents::Done{});
    case Op::kExecute:
      return command_step();
    case Op::kInterfaceExists:
      return answer(net.find_interface(question_.text) != nullptr);
    case Op::kRouteTable:
      return answer_route_table();
    case Op::kAnnounce:
      net.announce(question_.text, question_.address, question_.number != 0);
      return answer(agents::Done{});
    case Op::kProbe:
      net.cancel_probe(*this);
      return answer(false);
    case Op::kEcho:
      net.forget_echo(*this);
      return answer_echo(question_.signal != 0 ? agents::EchoOutcome::kUnreachable : agents::EchoOutcome::kLost, {});
    case Op::kRemote:
      return remote_answered();
    case Op::kServe:
      return answer_serve();
    case Op::kSwitchMachine: {
      const auto on =
          kernel_.services().switch_machine(question_.text, static_cast<agents::PowerWish>(question_.number));
      return answer(agents::PowerReply{on.has_value(), on.value_or(false)});
    }
    case Op::kSleep:
      return answer(agents::Done{});
    case Op::kSpawn:
      return answer_spawn();
    case Op::kWaitChild:
      return answer_child();
    case Op::kKill:
      return answer(kernel_.processes().signal(static_cast<std::int32_t>(question_.number), question_.signal));
    case Op::kListMounts:
      return answer_mounts();
    case Op::kMount:
      return mount_step();
    case Op::kUnmount:
      return unmount_step();
    case Op::kMountUsers:
      return answer_mount_users();
    case Op::kReadDevice:
      return read_device_step();
    case Op::kNone:
      break;
  }
  SIMCLUSTER_ASSERT(false);
}

// --- files -----------------------------------------------------------------------------------------------------------

// Files that the kernel makes up when they are read (AT-2.13).
std::optional<std::string> ProgramProcess::kernel_file(std::string_view path) const {
  constexpr std::string_view kClassNet = "/sys/class/net/";
  if (path == "/proc/net/dev" || kernel_.mounts().find_device(path) != nullptr) return std::string();
  if (path.starts_with(kClassNet)) {
    const std::string_view rest = path.substr(kClassNet.size());
    const std::size_t slash = rest.find('/');
    const Interface* interface = kernel_.net().find_interface(rest.substr(0, slash));
    if (interface == nullptr) return std::nullopt;
    const std::string_view name = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    if (name.empty()) return std::string();
    if (name == "carrier") return interface->up ? std::string(interface->carrier ? "1\n" : "0\n") : std::string();
    if (name == "address") return interface->mac.text() + "\n";
    if (name == "mtu") return std::to_string(interface->mtu) + "\n";
    if (name != "operstate") return std::nullopt;
    const OperState state = interface->oper_state();
    return std::string(state == OperState::kUp ? "up\n" : state == OperState::kUnknown ? "unknown\n" : "down\n");
  }
  constexpr std::string_view kSys = "/proc/sys/";
  if (path.starts_with(kSys)) {
    std::string key(path.substr(kSys.size()));
    std::ranges::replace(key, '/', '.');
    const std::string_view value = kernel_.sysctls().get(key);
    if (!value.empty()) return std::string(value) + "\n";
  }
  return std::nullopt;
}

void ProgramProcess::answer_open() {
  const std::string_view path = question_.text;
  const Mounts::Place place = kernel_.mounts().resolve(path);
  if (waits_for(place.attachment)) return;
  if (place.attachment != nullptr && place.attachment->state == DeviceState::kFails)
    return answer(agents::OpenResult{{}, agents::FileError::kIo});
  const std::string* stored = store_of(kernel_, place).find(place.path);
  std::optional<std::string> made;
  if (stored == nullptr) made = kernel_file(path);
  if (stored == nullptr && !made) return answer(agents::OpenResult{{}, agents::FileError::kNotFound});
  std::size_t slot = 0;
  while (slot < files_.size() && files_[slot].open) ++slot;
  if (slot == files_.size()) files_.emplace_back();
  OpenFile& file = files_[slot];
  file.open = true;
  file.position = 0;
  file.proc_net_dev = path == "/proc/net/dev";
  file.by_line = path.starts_with("/proc/");
  file.path = path;
  file.content = stored != nullptr ? *stored : std::move(*made);
  if (file.proc_net_dev) kernel_.proc_net_dev().open(file.reader);
  answer(agents::OpenResult{agents::FileHandle(static_cast<std::uint32_t>(slot)), agents::FileError::kNone});
}

void ProgramProcess::answer_read() {
  OpenFile& file = files_[question_.file.index()];
  SIMCLUSTER_ASSERT(file.open);
  if (file.proc_net_dev) {
    const std::string_view line = kernel_.proc_net_dev().read_line(file.reader);
    Tracer& tracer = kernel_.context().tracer;
    if (tracer.wants(TraceKind::kProcRead))
      tracer.emit(kernel_.context().node, TraceKind::kProcRead,
                  {{"pid", pid_}, {"name", start_.name}, {"line", line.substr(0, line.find(':'))}});
    if (line.empty()) report_missed(file);
    return answer(agents::Piece{line, line.empty()});
  }
  const std::string_view rest = std::string_view(file.content).substr(file.position);
  std::size_t length = rest.size();
  if (file.by_line && rest.find('\n') != std::string_view::npos) length = rest.find('\n') + 1;
  file.position += length;
  answer(agents::Piece{rest.substr(0, length), length == 0});
}

void ProgramProcess::report_missed(OpenFile& file) {
  Tracer& tracer = kernel_.context().tracer;
  if (!tracer.wants(TraceKind::kProcTruncated)) return;
  const auto missed = kernel_.proc_net_dev().missed(file.reader);
  if (missed.empty()) return;
  const std::string names = fmt::format("{}", fmt::join(missed, " "));
  tracer.emit(kernel_.context().node, TraceKind::kProcTruncated,
              {{"pid", pid_}, {"name", start_.name}, {"instance", environment().instance}, {"missed", names}});
}

void ProgramProcess::close_file(agents::FileHandle file) {
  if (file.index() < files_.size()) files_[file.index()].open = false;
}

// --- addresses, links, routes ----------------------------------------------------------------------------------------

agents::CommandResult ProgramProcess::net_result(NetError error) {
  if (error == NetError::kNone) return {};
  error_text_ = fmt::format("RTNETLINK answers: {}", net_error_text(error));
  return {kIpError, error_text_};
}

agents::CommandResult ProgramProcess::change_address(bool add) {
  const auto& spec = *static_cast<const agents::AddressSpec*>(question_.spec);
  NetError error = NetError::kNone;
  if (add) {
    InterfaceAddress address;
    address.address = spec.address;
    address.prefix_length = spec.prefix_length;
    address.broadcast = spec.broadcast;
    address.label = spec.label;
    address.no_prefix_route = spec.no_prefix_route;
    error = kernel_.net().add_address(spec.device, address);
  } else {
    error = kernel_.net().remove_address(spec.device, spec.address, spec.prefix_length);
  }
  if (error == NetError::kNoDevice) {
    error_text_ = fmt::format("Cannot find device \"{}\"", spec.device);
    return {kIpUsage, error_text_};
  }
  return net_result(error);
}

void ProgramProcess::answer_addresses() {
  addresses_.clear();
  for (const Interface& interface : kernel_.net().interfaces())
    for (const InterfaceAddress& a : interface.addresses) {
      if (a.address.family != question_.family) continue;
      agents::AddressEntry& entry = addresses_.emplace_back();
      entry.interface_index = interface.index;
      entry.device = interface.name;
      entry.address = a.address;
      entry.prefix_length = a.prefix_length;
      entry.broadcast = a.broadcast;
      entry.scope = scope_of(a.scope);
      entry.label = a.label;
      entry.secondary = a.secondary;
    }
  answer(agents::AddressListing{{}, addresses_});
}

void ProgramProcess::answer_link() {
  agents::LinkListing listing;
  const Interface* interface = kernel_.net().find_interface(question_.text);
  if (interface == nullptr) {
    error_text_ = fmt::format("Device \"{}\" does not exist.", question_.text);
    listing.command = {kIpUsage, error_text_};
    return answer(listing);
  }
  listing.up = interface->up;
  listing.carrier = interface->carrier;
  listing.link_type = interface->kind == InterfaceKind::kLoopback ? "loopback" : "ether";
  switch (interface->oper_state()) {
    case OperState::kUnknown:
      listing.state = agents::OperationalState::kUnknown;
      break;
    case OperState::kUp:
      listing.state = agents::OperationalState::kUp;
      break;
    case OperState::kDown:
      listing.state = agents::OperationalState::kDown;
      break;
    case OperState::kLowerLayerDown:
      listing.state = agents::OperationalState::kLowerLayerDown;
      break;
  }
  answer(listing);
}

agents::RouteEntry ProgramProcess::route_entry(const Route& route) const {
  agents::RouteEntry entry;
  entry.destination = route.destination;
  entry.prefix_length = route.prefix_length;
  entry.gateway = route.via;
  entry.device = kernel_.net().interface(route.interface).name;
  entry.scope = scope_of(route.scope);
  entry.source = route.source;
  entry.metric = route.metric;
  return entry;
}

void ProgramProcess::answer_routes() {
  const auto& query = *static_cast<const agents::RouteQuery*>(question_.spec);
  routes_.clear();
  if (query.table == agents::RouteTable::kLocal) {
    for (const Route& route : local_routes(kernel_))
      if (query.scope == agents::AddressScope::kHost && route.matches(query.address))
        routes_.push_back(route_entry(route));
    return answer(agents::RouteListing{{}, routes_});
  }
  for (const Route& route : kernel_.net().routes().all()) {
    // `match` takes routes that contain the whole of the given prefix.
    const bool contains =
        route.matches(query.address) && (query.prefix_length < 0 || route.prefix_length <= query.prefix_length);
    if (contains && scope_of(route.scope) == query.scope) routes_.push_back(route_entry(route));
  }
  answer(agents::RouteListing{{}, routes_});
}

void ProgramProcess::answer_route_table() {
  routes_.clear();
  for (const Route& route : kernel_.net().routes().all())
    if (route.family == IpAddress::Family::kV4) routes_.push_back(route_entry(route));
  answer(agents::RouteListing{{}, routes_});
}

// --- packets ---------------------------------------------------------------------------------------------------------

void ProgramProcess::start_echo(std::string_view host) {
  std::optional<IpAddress> target = IpAddress::parse(host);
  if (!target) target = kernel_.services().resolve(host);
  echo_sent_ = kernel_.context().queue.now();
  const NetError error = target ? kernel_.net().send_echo(*target, static_cast<std::uint16_t>(pid_),
                                                          static_cast<std::uint16_t>(question_.number), *this)
                                : NetError::kUnreachable;
  if (error == NetError::kNone) return;
  question_.signal = 1;
  kernel_.context().queue.cancel(event_);
  event_ = kernel_.context().queue.schedule_in(shell_cost(), *this, 0);
}

void ProgramProcess::answer_echo(agents::EchoOutcome outcome, const IpAddress& from) {
  agents::EchoReply reply;
  reply.outcome = outcome;
  reply.from = from;
  if (outcome == agents::EchoOutcome::kAnswered) reply.round_trip = kernel_.context().queue.now() - echo_sent_;
  answer(reply);
}

void ProgramProcess::answer_attribute() {
  const auto value = kernel_.services().query_attribute(*static_cast<const agents::AttributeQuery*>(question_.spec));
  error_text_ = value.value_or(std::string());
  answer(agents::AttributeReply{{value ? 0 : kNoSuchDevice, {}}, error_text_});
}

void ProgramProcess::answer_serve() {
  commands_ = kernel_.database().serve(pid_, served_);
  answer(agents::ServedCommands{commands_});
}

void ProgramProcess::remote_answered() {
  kernel_.net().forget_echo(*this);
  agents::RemoteReply reply;
  if (!remote_answer_) {
    reply.outcome = agents::RemoteOutcome::kNoConnection;
  } else if (remote_answer_->silent) {
    reply.outcome = agents::RemoteOutcome::kTimedOut;
  } else {
    reply.outcome = remote_answer_->outcome;
    reply.exit_code = remote_answer_->exit_code;
    error_text_ = remote_answer_->output;
    reply.output = error_text_;
  }
  answer(reply);
}

void ProgramProcess::on_echo_reply(const IpAddress& from, std::uint16_t, std::uint16_t sequence) {
  const bool remote = question_.op == Op::kRemote && !remote_answer_;
  if ((question_.op != Op::kEcho && !remote) || kernel_.frozen()) return;
  if (sequence != static_cast<std::uint16_t>(question_.number)) return;
  if (remote) {
    const auto& command = *static_cast<const agents::RemoteCommand*>(question_.spec);
    remote_answer_ = kernel_.services().run_remote(from, command);
    const bool waits = remote_answer_->silent && command.timeout.ns > 0;
    if (waits) return;
    kernel_.context().queue.cancel(event_);
    if (!remote_answer_->silent)
      event_ = kernel_.context().queue.schedule_in(remote_answer_->duration + shell_cost(), *this, 0);
    return;
  }
  kernel_.context().queue.cancel(event_);
  kernel_.net().forget_echo(*this);
  guarded([&] { answer_echo(agents::EchoOutcome::kAnswered, from); });
}

void ProgramProcess::on_unreachable(const IpAddress&, std::uint16_t, std::uint16_t sequence) {
  if ((question_.op != Op::kEcho && question_.op != Op::kRemote) || kernel_.frozen()) return;
  if (sequence != static_cast<std::uint16_t>(question_.number)) return;
  question_.signal = 1;
  kernel_.context().queue.cancel(event_);
  event_ = kernel_.context().queue.schedule_in({}, *this, 0);
}

void ProgramProcess::on_address_in_use(const IpAddress&) {
  if (question_.op != Op::kProbe || kernel_.frozen()) return;
  kernel_.context().queue.cancel(event_);
  kernel_.net().cancel_probe(*this);
  guarded([&] { answer(true); });
}

// --- storage ---------------------------------------------------------------------------------------------------------

bool ProgramProcess::uses(std::string_view directory) const {
  return std::ranges::any_of(files_, [&](const OpenFile& file) {
    return file.open && file.path.starts_with(directory) &&
           (file.path.size() == directory.size() || file.path[directory.size()] == '/');
  });
}

bool ProgramProcess::waits_for(const Mounts::Attachment* attachment) {
  constexpr Duration kLook = seconds(1);
  const DeviceState state = attachment == nullptr ? DeviceState::kWorks : attachment->state;
  const bool waits = state == DeviceState::kHangs || (state == DeviceState::kBusy && !waits_for_device_);
  waits_for_device_ = waits;
  if (waits) {
    event_ = kernel_.context().queue.schedule_in(state == DeviceState::kHangs ? kLook : attachment->latency, *this, 0);
    return true;
  }
  if (signal_behind_device_ == 0) return false;
  on_signal(std::exchange(signal_behind_device_, 0));
  return true;
}

void ProgramProcess::command_step() {
  if (!question_.text.starts_with("sg_persist "))
    return answer(agents::CommandResult{run_command(kernel_, question_.text), {}});
  SgPersistAnswer done = sg_persist(kernel_.mounts(), kernel_.context().node, question_.text);
  error_text_ = std::move(done.text);
  answer(agents::CommandResult{done.exit_code, error_text_});
}

void ProgramProcess::file_step() {
  const Mounts::Place place = kernel_.mounts().resolve(question_.text);
  if (waits_for(place.attachment)) return;
  if (place.attachment != nullptr && place.attachment->state == DeviceState::kFails)
    return answer(agents::FileError::kIo);
  if (place.device != nullptr && !place.device->reservations.may_write(kernel_.context().node))
    return answer(agents::FileError::kIo);
  FileStore& files = store_of(kernel_, place);
  if (question_.op == Op::kRemove)
    return answer(files.remove(place.path) ? agents::FileError::kNone : agents::FileError::kNotFound);
  if (question_.op == Op::kMakeDirectory)
    return answer(files.make_directory(place.path) ? agents::FileError::kNone : agents::FileError::kExists);
  files.write(place.path, question_.more_text);
  answer(agents::FileError::kNone);
}

void ProgramProcess::answer_mounts() {
  mounts_.clear();
  for (const Mounts::Mount& mount : kernel_.mounts().all())
    mounts_.push_back({mount.device, mount.directory, mount.file_system, mount.options});
  answer(agents::MountListing{mounts_});
}

void ProgramProcess::mount_step() {
  const auto& what = *static_cast<const agents::MountEntry*>(question_.spec);
  if (waits_for(kernel_.mounts().find_device(what.device))) return;
  const auto complaint = kernel_.mounts().mount(what);
  if (!complaint) return answer(agents::CommandResult{});
  error_text_ = *complaint;
  answer(agents::CommandResult{kMountFailed, error_text_});
}

void ProgramProcess::unmount_step() {
  const std::string_view directory = question_.text;
  if (waits_for(kernel_.mounts().resolve(directory).attachment)) return;
  if (!runner_.users_of(directory).empty() || kernel_.mounts().has_mounts_below(directory)) {
    error_text_ = fmt::format("umount: {}: device is busy", directory);
    return answer(agents::CommandResult{1, error_text_});
  }
  if (kernel_.mounts().unmount(directory)) return answer(agents::CommandResult{});
  error_text_ = fmt::format("umount: {}: not mounted", directory);
  answer(agents::CommandResult{1, error_text_});
}

void ProgramProcess::answer_mount_users() {
  pids_ = runner_.users_of(question_.text);
  answer(agents::ProcessListing{pids_});
}

// A device that does not answer in time: the reader gives up, and is not stuck.
void ProgramProcess::read_device_step() {
  const Mounts::Attachment* device = kernel_.mounts().find_device(question_.text);
  if (device == nullptr || device->state == DeviceState::kFails) return answer(agents::DeviceOutcome::kError);
  const Duration timeout{question_.number};
  const bool late =
      device->state == DeviceState::kHangs || (device->state == DeviceState::kBusy && device->latency > timeout);
  if (timeout.ns == 0 || !late) return waits_for(device) ? void() : answer(agents::DeviceOutcome::kRead);
  if (std::exchange(question_.signal, 1) != 0) return answer(agents::DeviceOutcome::kTimedOut);
  event_ = kernel_.context().queue.schedule_in(timeout, *this, 0);
}

// --- processes and logs ----------------------------------------------------------------------------------------------

void ProgramProcess::answer_spawn() {
  const auto& program = *static_cast<const agents::BackgroundProgram*>(question_.spec);
  Start start;
  start.program = program.main;
  start.name = program.name;
  start.group = program.own_session ? 0 : group_;
  start.environment = runner_.plain_environment(program.name, {program.arguments.begin(), program.arguments.end()});
  if (program.environment) start.environment = program.environment;
  start.parent = pid_;
  start.start_cost = command_cost();
  ++children_;
  ProgramProcess& child = runner_.take();
  child.start(std::move(start));
  answer(child.pid());
}

void ProgramProcess::answer_child() {
  if (ended_children_.empty() && children_ > 0) return;  // child_ended() takes this step again
  agents::ChildExit child;
  if (!ended_children_.empty()) {
    child = ended_children_.front();
    ended_children_.erase(ended_children_.begin());
  }
  answer(child);
}

void ProgramProcess::trace_log() {
  Tracer& tracer = kernel_.context().tracer;
  if (!tracer.wants(TraceKind::kLog)) return;
  tracer.emit(
      kernel_.context().node, TraceKind::kLog,
      {{"daemon", question_.text}, {"priority", priority_name(question_.number)}, {"text", question_.more_text}});
}

}  // namespace simcluster::sim
