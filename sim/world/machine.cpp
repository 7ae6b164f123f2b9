#include "sim/world/machine.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/agents/programs.h"
#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/cib/document.h"
#include "engine/membership/stack.h"
#include "engine/node/node.h"
#include "sim/kernel/agent_runner.h"
#include "sim/kernel/kernel.h"
#include "sim/world/input_files.h"
#include "sim/world/machine_setup.h"
#include "sim/world/management.h"
#include "sim/world/network_manager.h"
#include "sim/world/sim_host.h"
#include "sim/world/start_limit.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {
constexpr std::string_view kIfcheckd = "ifcheckd";
}  // namespace

// Agents that someone runs in a shell.
class HandRuns final : private RunListener {
 public:
  explicit HandRuns(const MachineContext& context) : context_(context) {}

  void start(AgentRunner& runner, const AgentRequest& request, std::string command, Machine::ResultWords words) {
    commands_[runner.run_agent(request, *this)] = {std::move(command), std::move(words)};
  }
  void forget() { commands_.clear(); }

 private:
  void on_run_exit(AgentRunId run, const AgentResult& result) override {
    const auto command = commands_.extract(run);
    const auto& [typed, words] = command.mapped();
    std::string text = words ? words(result) : result.output + result.error_output;
    if (!words && result.exit_code != 0) text += fmt::format("(exit status {})\n", result.exit_code);
    context_.tracer.emit(context_.node, TraceKind::kScreen, {{"command", typed}, {"text", text}});
  }
  void on_program_assertion(AgentRunId, std::string_view what) override { throw AssertionFailure(std::string(what)); }

  const MachineContext& context_;
  std::map<AgentRunId, std::pair<std::string, Machine::ResultWords>> commands_;
};

struct Machine::Impl final : HostOwner, KernelServices, EventHandler {
  enum class Event : std::uint8_t { kBoot, kPowerOff, kStartCluster, kBury, kWatchdog, kPing };

  Impl(World& the_world, const Machine& the_machine, const MachineContext& the_context, MachineSpec the_spec,
       const SoftwareFactory& the_factory, std::uint64_t& crashes)
      : world(the_world),
        machine(the_machine),
        context(the_context),
        spec(std::move(the_spec)),
        factory(the_factory),
        crash_count(crashes),
        kernel(the_context, *this) {
    if (spec.management) management = std::make_unique<Management>(world, *spec.management);
    for (const AgentFault& fault : spec.agent_faults) kernel.agents().add_fault(fault);
  }
  ~Impl() { drop_software(); }

  // HostOwner
  void on_reset_wanted(std::string_view reason) override;
  void on_software_exit(int exit_code, std::string_view reason) override;
  void on_software_assertion(std::string_view what) override;
  std::map<std::string, std::string, std::less<>>& disk() override { return stored; }
  SchedulerInputs& input_files() override { return inputs; }
  // KernelServices
  bool update_attribute(const agents::AttributeUpdate& update) override;
  std::optional<std::string> query_attribute(const agents::AttributeQuery& query) override;
  std::optional<IpAddress> resolve(std::string_view host) override;
  RemoteAnswer run_remote(const IpAddress& address, const agents::RemoteCommand& command) override;
  RemoteAnswer ask_database(const IpAddress& address, std::string_view command);
  std::optional<bool> switch_machine(std::string_view name, agents::PowerWish wish) override;

  void on_event(std::uint64_t cookie) override;
  EventId schedule(Event event, Duration delay, std::uint64_t index = 0) {
    return context.queue.schedule_in(delay, *this, index << 8 | static_cast<std::uint64_t>(event));
  }
  void trace(TraceKind kind, std::initializer_list<TraceField> fields) {
    if (context.tracer.wants(kind)) context.tracer.emit(context.node, kind, fields);
  }
  void boot(bool first);
  void switch_off();
  Result<void> start_cluster();
  // The software is silent from now on; its objects go by an event of this instant.
  void silence(SimHost::Death death);
  void drop_software();
  void arm_watchdog();
  void feed_watchdog();
  // The software is gone and did not want to: the watchdog runs on, the service manager starts it again.
  void crashed();
  bool signal_daemon(std::string_view process_name, int signal);
  void start_programs();
  void start_ifcheckd();
  void end_ifcheckd();

  World& world;
  const Machine& machine;
  MachineContext context;
  MachineSpec spec;
  const SoftwareFactory& factory;
  std::uint64_t& crash_count;
  std::map<std::string, std::string, std::less<>> stored;
  Kernel kernel;
  InputFiles inputs{kernel.files(), context.profile, spec.keeps_inputs};
  PowerState power = PowerState::kOff;
  std::string power_reason;
  bool boots_again = false;
  bool losing_power = false;  // in this instant
  std::uint64_t incarnation = 0;
  bool config_server = context.profile.nm_keeps_addresses;  // on the disk; NetworkManager reads it when it starts
  std::unique_ptr<NetworkManager> network_manager;
  std::unique_ptr<Management> management;
  HandRuns hand_runs{context};
  std::unique_ptr<SimHost> host;
  std::unique_ptr<ClusterSoftware> software;
  std::vector<std::unique_ptr<SimHost>> dead_hosts;
  std::vector<std::unique_ptr<ClusterSoftware>> dead_software;
  EventId boot_event;
  EventId start_event;
  StartLimit start_limit{spec.profile};
  EventId watchdog_event;
  Time watchdog_fed;  // for the first time since the software runs
  bool watchdog_in_use = true;
  std::vector<EventId> ping_events;
};

// --- construction ----------------------------------------------------------------------------------------------------

Machine::Machine(World& world, const MachineContext& context, MachineSpec spec, const SoftwareFactory& factory,
                 std::uint64_t& crashes)
    : impl_(std::make_unique<Impl>(world, *this, context, std::move(spec), factory, crashes)) {}

Machine::~Machine() = default;

const std::string& Machine::name() const { return impl_->spec.name; }
NodeIndex Machine::index() const { return impl_->context.node; }
const MachineSpec& Machine::spec() const { return impl_->spec; }
PowerState Machine::power() const { return impl_->losing_power ? PowerState::kOff : impl_->power; }
Kernel& Machine::kernel() { return impl_->kernel; }
const Kernel& Machine::kernel() const { return impl_->kernel; }
node::Node* Machine::node() { return impl_->software == nullptr ? nullptr : impl_->software->node(); }
membership::Stack* Machine::stack() { return impl_->software == nullptr ? nullptr : impl_->software->stack(); }
const membership::Stack* Machine::stack() const {
  return impl_->software == nullptr ? nullptr : impl_->software->stack();
}
std::vector<PortId> Machine::ring_ports() const {
  return impl_->host == nullptr ? std::vector<PortId>() : impl_->host->ring_ports();
}
std::optional<Machine::ManagerView> Machine::manager() const {
  if (impl_->software == nullptr) return std::nullopt;
  const node::Node* node = impl_->software->node();
  if (node == nullptr || node->controller_state().empty()) return std::nullopt;
  return ManagerView{std::string(node->controller_state()), node->is_dc(), std::string(node->dc()), node->members(),
                     hash_text(cib::write_compact(node->cib().root()))};
}

std::map<ClusterNodeId, std::string> Machine::uuids() const {
  std::map<ClusterNodeId, std::string> uuids;
  for (std::size_t i = 0; i < impl_->world.machine_count(); ++i) {
    const MachineSpec& other = impl_->world.machine(NodeIndex(static_cast<NodeIndex::rep>(i))).spec();
    if (other.cluster && !other.uuid.empty()) uuids[other.cluster_id] = other.uuid;
  }
  return uuids;
}

std::uint64_t Machine::incarnation() const { return impl_->incarnation - 1; }
bool Machine::standing_still() const {
  return impl_->kernel.frozen() || (impl_->host != nullptr && impl_->host->paused());
}
bool Machine::cluster_running() const { return impl_->software != nullptr; }

Result<void> Machine::build() { return build_interfaces(impl_->kernel, impl_->spec); }
void Machine::boot_at_once() { impl_->boot(true); }

// --- power -----------------------------------------------------------------------------------------------------------

void Machine::Impl::boot(bool first) {
  power = PowerState::kUp;
  kernel.boot();
  trace(TraceKind::kNodeBoot, {{"name", spec.name}});
  configure_interfaces(kernel, spec);
  if (context.profile.versions.network_manager != "none")
    network_manager = std::make_unique<NetworkManager>(kernel, spec, config_server);
  start_programs();
  start_limit.forget();
  const bool wanted = first ? spec.start_cluster_at_boot : spec.start_cluster_after_reset;
  if (spec.cluster && wanted) start_event = schedule(Event::kStartCluster, spec.cluster_start_delay);
}

void Machine::Impl::start_programs() {
  for (const PollerSpec& poller : spec.pollers)
    kernel.agents().run_program(
        poller.name, agents::proc_net_dev_reader,
        {std::to_string(poller.interval.milliseconds()), std::to_string(poller.offset.milliseconds())}, false);
  for (const HolderSpec& holder : spec.holders) {
    static constexpr std::array<const char*, 3> kIgnores = {"nothing", "TERM", "KILL"};
    kernel.agents().run_program(holder.name, agents::mount_holder,
                                {holder.directory, kIgnores[static_cast<std::size_t>(holder.ignores)]}, false);
  }
  ping_events.resize(spec.pings.size());
  for (std::size_t i = 0; i < spec.pings.size(); ++i) ping_events[i] = schedule(Event::kPing, spec.pings[i].offset, i);
}

// On the Heartbeat stack ifcheckd belongs to the cluster software (CM-9.13).
void Machine::Impl::start_ifcheckd() {
  std::vector<std::string> links;
  for (std::size_t i = 0; i < world.machine_count(); ++i) {
    const MachineSpec& other = world.machine(NodeIndex(static_cast<NodeIndex::rep>(i))).spec();
    if (!other.cluster || other.name == spec.name) continue;
    for (const InterfaceSpec& interface : other.interfaces) {
      const auto& names = other.heartbeat_interfaces;
      if (interface.addresses.empty() || std::ranges::find(names, interface.name) == names.end()) continue;
      links.push_back(fmt::format("{}-{}", other.name, interface.name));
      links.push_back(interface.addresses.front().address.text());
    }
  }
  if (!links.empty()) kernel.agents().run_program(kIfcheckd, agents::ifcheckd, std::move(links), false);
}

void Machine::Impl::end_ifcheckd() {
  std::vector<std::int32_t> pids;
  for (const ProcessEntry& entry : kernel.processes().all())
    if (entry.name == kIfcheckd) pids.push_back(entry.pid);
  for (const std::int32_t pid : pids) kernel.processes().signal(pid, 9);
}

void Machine::Impl::switch_off() {
  losing_power = false;
  silence(SimHost::Death::kPower);
  drop_software();
  context.queue.cancel(boot_event);
  context.queue.cancel(start_event);
  context.queue.cancel(watchdog_event);
  for (const EventId event : ping_events) context.queue.cancel(event);
  network_manager = nullptr;
  kernel.halt();
  power = PowerState::kOff;
  if (!boots_again) return;
  boots_again = false;
  power = PowerState::kBooting;
  boot_event = schedule(Event::kBoot, spec.boot_delay);
}

void Machine::power_off(std::string_view reason) {
  if (impl_->power == PowerState::kOff) return;
  impl_->trace(TraceKind::kNodeStop, {{"name", name()}, {"what", "power off"}, {"reason", reason}});
  impl_->silence(SimHost::Death::kPower);
  impl_->boots_again = false;
  impl_->losing_power = true;
  impl_->schedule(Impl::Event::kPowerOff, {});
}

void Machine::power_on() {
  if (impl_->power != PowerState::kOff) return;
  impl_->power = PowerState::kBooting;
  impl_->boot_event = impl_->schedule(Impl::Event::kBoot, impl_->spec.boot_delay);
}

void Machine::reset(std::string_view reason) { impl_->on_reset_wanted(reason); }

void Machine::Impl::on_reset_wanted(std::string_view reason) {
  if (power == PowerState::kOff) return;
  trace(TraceKind::kNodeReset, {{"name", spec.name}, {"reason", reason}});
  silence(SimHost::Death::kPower);
  boots_again = true;
  losing_power = true;
  schedule(Event::kPowerOff, {});
}

void Machine::Impl::on_event(std::uint64_t cookie) {
  const std::size_t index = cookie >> 8;
  switch (static_cast<Event>(cookie & 0xff)) {
    case Event::kBoot:
      return boot(false);
    case Event::kPowerOff:
      return switch_off();
    case Event::kStartCluster: {
      const auto started =
          start_limit.allows(context.queue.now()) ? start_cluster() : Result<void>(fail("the start limit was hit"));
      if (!started)
        trace(
            TraceKind::kNodeStop,
            {{"name", spec.name}, {"what", "cluster software"}, {"reason", std::string_view(started.error().message)}});
      return;
    }
    case Event::kBury:
      dead_software.clear();
      dead_hosts.clear();
      return;
    case Event::kWatchdog:
      return on_reset_wanted("watchdog timeout");
    case Event::kPing: {
      const PingSpec& ping = spec.pings[index];
      kernel.agents().run_program("ping", agents::ping_client, {ping.target.text()}, ping.print);
      return;
    }
  }
}

// --- cluster software ------------------------------------------------------------------------------------------------

Result<void> Machine::Impl::start_cluster() {
  if (!spec.cluster) return fail(fmt::format("{} has no cluster software", spec.name));
  if (power != PowerState::kUp || losing_power) return fail(fmt::format("{} is not up", spec.name));
  if (software != nullptr) return fail(fmt::format("the cluster software of {} runs already", spec.name));
  feed_watchdog();
  context.queue.cancel(start_event);  // the service manager has nothing left to start
  host = std::make_unique<SimHost>(kernel, *this, incarnation++);
  Result<void> result;
  host->guarded([&] {
    software = factory(*host, machine);
    result = software->start();
    const membership::Stack* stack = software->stack();
    watchdog_in_use = stack == nullptr || stack->feeds_watchdog();
  });
  if (!result) {
    silence(SimHost::Death::kProcess);
    return result;
  }
  if (spec.profile.heartbeat_stack && spec.profile.ifcheckd) start_ifcheckd();
  return {};
}

Result<void> Machine::start_cluster() { return impl_->start_cluster(); }

void Machine::stop_cluster() {
  if (impl_->software == nullptr) return;
  ClusterSoftware& software = *impl_->software;
  impl_->host->guarded([&] { software.request_stop(); });
}

void Machine::kill_cluster(std::string_view reason) {
  if (impl_->software == nullptr) return;
  impl_->trace(TraceKind::kNodeCrash, {{"name", name()}, {"reason", reason}});
  impl_->silence(SimHost::Death::kProcess);
  impl_->crashed();
}

void Machine::Impl::silence(SimHost::Death death) {
  context.queue.cancel(start_event);
  if (host == nullptr) return;
  if (spec.profile.heartbeat_stack) end_ifcheckd();
  host->die(death);
  if (software != nullptr) dead_software.push_back(std::move(software));
  dead_hosts.push_back(std::move(host));
  software = nullptr;
  host = nullptr;
  schedule(Event::kBury, {});
}

void Machine::Impl::drop_software() {
  if (host != nullptr) host->die(SimHost::Death::kPower);
  software = nullptr;
  host = nullptr;
}

void Machine::Impl::on_software_exit(int exit_code, std::string_view reason) {
  constexpr int kStaysDown = 100;  // CM part M: a success for the service manager; Corosync was stopped in order
  const bool crash = exit_code != 0 && exit_code != kStaysDown;
  const std::string why = exit_code == kStaysDown ? fmt::format("stays down: {}", reason) : std::string(reason);
  trace(crash ? TraceKind::kNodeCrash : TraceKind::kNodeStop,
        {{"name", spec.name}, {"what", "cluster software"}, {"reason", why}, {"rc", exit_code}});
  silence(SimHost::Death::kProcess);
  if (crash) crashed();
}

void Machine::Impl::on_software_assertion(std::string_view what) {
  ++crash_count;
  trace(TraceKind::kNodeCrash, {{"name", spec.name}, {"what", "assertion"}, {"reason", what}});
  silence(SimHost::Death::kProcess);
  crashed();
}

void Machine::Impl::crashed() {
  arm_watchdog();
  if (!spec.restart_after_crash) return;
  context.queue.cancel(start_event);
  start_event = schedule(Event::kStartCluster, *spec.restart_after_crash);
}

// The device counts from the last time that it was fed, which Corosync does twice in its time-out (CM-12.1, CM-12.2).
void Machine::Impl::arm_watchdog() {
  context.queue.cancel(watchdog_event);
  if (!spec.watchdog || !watchdog_in_use) return;
  const std::int64_t interval = std::max<std::int64_t>(spec.watchdog->ns / 2, 1);
  const Duration hungry{(context.queue.now() - watchdog_fed).ns % interval};
  watchdog_event = schedule(Event::kWatchdog, *spec.watchdog - hungry);
}

// From now on, every half of its time-out.
void Machine::Impl::feed_watchdog() {
  context.queue.cancel(watchdog_event);
  watchdog_fed = context.queue.now();
}

void Machine::pause_cluster() {
  if (impl_->host == nullptr) return;
  impl_->host->pause();
  impl_->arm_watchdog();
}

void Machine::resume_cluster() {
  if (impl_->host == nullptr) return;
  impl_->feed_watchdog();
  impl_->host->resume();
}

void Machine::pause() { impl_->kernel.freeze(); }

void Machine::resume() {
  impl_->kernel.thaw();
  if (impl_->host != nullptr) impl_->host->wake();
}

void Machine::jump_clock(Duration by) { impl_->kernel.jump_clock(by); }

bool Machine::Impl::update_attribute(const agents::AttributeUpdate& update) {
  if (software == nullptr || host == nullptr) return false;
  // Heartbeat starts ifcheckd with everything else: what it says before there is a cluster is lost, and it says it
  // again.
  const node::Node* running = software->node();
  if (spec.profile.heartbeat_stack && running != nullptr && running->dc().empty()) return false;
  bool taken = false;
  ClusterSoftware& target = *software;
  host->guarded([&] { taken = target.update_attribute(update); });
  return taken;
}

std::optional<std::string> Machine::Impl::query_attribute(const agents::AttributeQuery& query) {
  return software == nullptr ? std::nullopt : software->query_attribute(query);
}

// /etc/hosts of every machine names all machines by the first address that was configured for them.
std::optional<IpAddress> Machine::Impl::resolve(std::string_view name) {
  const NodeIndex other = world.find_machine(name);
  if (!other.valid()) return std::nullopt;
  for (const InterfaceSpec& interface : world.machine(other).spec().interfaces)
    if (!interface.addresses.empty()) return interface.addresses.front().address;
  return std::nullopt;
}

// The server that listens where this address is; at a loopback address, the own one.
RemoteAnswer Machine::Impl::ask_database(const IpAddress& address, std::string_view command) {
  const auto answer_of = [&](Kernel& at) {
    const auto answer = at.frozen() ? std::nullopt : at.database().ask(command);
    return RemoteAnswer{answer ? agents::RemoteOutcome::kDone : agents::RemoteOutcome::kNoConnection,
                        0,
                        answer.value_or(std::string()),
                        {},
                        false};
  };
  const auto places = world.find_address(address);
  const bool here = std::ranges::any_of(places, [&](const auto& place) { return place.machine == context.node; });
  if (here) return answer_of(kernel);
  for (const World::AddressPlace& place : places)
    if (RemoteAnswer answer = answer_of(world.machine(place.machine).kernel());
        answer.outcome == agents::RemoteOutcome::kDone)
      return answer;
  return {agents::RemoteOutcome::kNoConnection, 0, {}, {}, false};
}

RemoteAnswer Machine::Impl::run_remote(const IpAddress& address, const agents::RemoteCommand& command) {
  if (command.service == agents::RemoteService::kDatabase) return ask_database(address, command.command);
  for (const World::AddressPlace& place : world.find_address(address))
    if (Management* found = world.machine(place.machine).management(); found != nullptr) return found->answer(command);
  return {agents::RemoteOutcome::kNoConnection, 0, {}, {}, false};
}

std::optional<bool> Machine::Impl::switch_machine(std::string_view name, agents::PowerWish wish) {
  const NodeIndex index = world.find_machine(name);
  if (!index.valid()) return std::nullopt;
  Machine& other = world.machine(index);
  if (wish == agents::PowerWish::kOn) other.power_on();
  if (wish == agents::PowerWish::kOff) other.power_off("a fence agent");
  return other.power() != PowerState::kOff;
}

Result<void> Machine::configure_network_manager(bool config_server) {
  if (impl_->context.profile.versions.network_manager == "none") return fail(name() + " has no NetworkManager");
  impl_->config_server = config_server;
  return {};
}

Result<void> Machine::restart_network_manager() {
  if (impl_->network_manager == nullptr) return fail("NetworkManager does not run on " + name());
  impl_->network_manager->restart(impl_->config_server);
  return {};
}

Management* Machine::management() { return impl_->management.get(); }

// --- interfaces ------------------------------------------------------------------------------------------------------

namespace {

Result<void> net_result(NetError error, std::string_view machine, std::string_view what) {
  if (error == NetError::kNone) return {};
  return fail(fmt::format("{}: {}: {}", machine, what, net_error_text(error)));
}

}  // namespace

Result<void> Machine::add_address(std::string_view interface_name, const IpAddress& address, int prefix_length) {
  return net_result(impl_->kernel.net().add_address(interface_name, configured_address(address, prefix_length, {})),
                    name(), fmt::format("{}/{} cannot be added to {}", address.text(), prefix_length, interface_name));
}

Result<void> Machine::remove_address(std::string_view interface_name, const IpAddress& address) {
  return net_result(impl_->kernel.net().remove_address(interface_name, address), name(),
                    fmt::format("{} cannot be removed from {}", address.text(), interface_name));
}

Result<void> Machine::set_interface_up(std::string_view interface_name, bool up) {
  if (impl_->power != PowerState::kUp) return fail(fmt::format("{} is not up", name()));
  return net_result(impl_->kernel.net().set_up(interface_name, up), name(),
                    fmt::format("{} cannot be set {}", interface_name, up ? "up" : "down"));
}

Result<void> Machine::set_cable(std::string_view interface_name, bool plugged) {
  const Interface* interface = impl_->kernel.net().find_interface(interface_name);
  if (interface == nullptr || !interface->port.valid())
    return fail(fmt::format("{} has no cable at \"{}\"", name(), interface_name));
  Network& network = impl_->context.network;
  if (!plugged) return network.plug(interface->port, SegmentId::none());
  for (const InterfaceSpec& spec : impl_->spec.interfaces)
    if (spec.name == interface_name) return network.plug(interface->port, network.find_segment(spec.segment));
  return {};
}

Result<void> Machine::set_quality(std::string_view interface_name, const LinkQuality& sending,
                                  const LinkQuality& receiving) {
  const Interface* interface = impl_->kernel.net().find_interface(interface_name);
  if (interface == nullptr || !interface->port.valid())
    return fail(fmt::format("{} has no interface \"{}\" with a cable", name(), interface_name));
  impl_->context.network.set_port_quality(interface->port, sending, receiving);
  return {};
}

Result<void> Machine::set_device_state(std::string_view device, DeviceState state, Duration latency) {
  if (impl_->kernel.mounts().set_state(device, state, latency)) return {};
  return fail(fmt::format("{} has no device {}", name(), device));
}

// --- processes and agents --------------------------------------------------------------------------------------------

// A daemon of the cluster gets a signal. True when there is one of this name.
bool Machine::Impl::signal_daemon(std::string_view process_name, int signal) {
  constexpr int kStop = 19;
  constexpr int kContinue = 18;
  if (software == nullptr || host == nullptr) return false;
  node::Node* node = software->node();
  const std::vector<std::string> daemons = node == nullptr ? std::vector<std::string>() : node->daemons();
  const bool manager = std::ranges::find(daemons, process_name) != daemons.end();
  if (process_name != "corosync" && !manager) return false;
  if (manager && (signal == kStop || signal == kContinue)) {  // it alone
    host->guarded([&] { signal == kStop ? node->daemon_stopped(process_name) : node->daemon_continued(process_name); });
    return true;
  }
  if (signal == kStop || signal == kContinue) {  // Corosync, and who depends on it
    signal == kStop ? host->pause() : host->resume();
    if (signal == kStop) arm_watchdog();
    if (signal == kContinue) feed_watchdog();
    return true;
  }
  if (manager) {
    host->guarded([&] { node->daemon_died(process_name, signal); });
    return true;
  }
  trace(TraceKind::kNodeCrash,
        {{"name", spec.name}, {"reason", fmt::format("{} got signal {}", process_name, signal)}});
  silence(SimHost::Death::kProcess);
  crashed();
  return true;
}

std::size_t Machine::kill_processes(std::string_view process_name, int signal) {
  if (impl_->signal_daemon(process_name, signal)) return 1;
  std::vector<std::int32_t> pids;
  for (const ProcessEntry& entry : impl_->kernel.processes().all())
    if (entry.name == process_name) pids.push_back(entry.pid);
  for (const std::int32_t pid : pids) impl_->kernel.processes().signal(pid, signal);
  return pids.size();
}

Result<void> Machine::run_by_hand(const AgentRequest& request, std::string command, ResultWords words) {
  if (impl_->power != PowerState::kUp) return fail(fmt::format("{} is not up", name()));
  impl_->hand_runs.start(impl_->kernel.agents(), request, std::move(command), std::move(words));
  return {};
}

void Machine::add_agent_fault(AgentFault fault) { impl_->kernel.agents().add_fault(std::move(fault)); }
void Machine::clear_agent_faults() { impl_->kernel.agents().clear_faults(); }

}  // namespace simcluster::sim
