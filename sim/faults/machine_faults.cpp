#include "sim/faults/machine_faults.h"

#include <array>
#include <optional>

#include <fmt/core.h>

#include "sim/kernel/kernel.h"
#include "sim/kernel/storage.h"
#include "sim/world/management.h"

namespace simcluster::sim {

Result<void> SimpleMachineAction::apply_to(World&, Machine& machine) const { return verb_.apply(machine); }

namespace {

// What somebody types who starts or stops all of the cluster software. Packages of Pacemaker 1.1 stop Corosync with
// Pacemaker, later ones Pacemaker with Corosync.
std::string service_command(const Profile& profile, std::string_view verb) {
  const bool with_pacemaker = has_pacemaker(profile) && !profile.plugin_membership;
  if (profile.heartbeat_stack) return fmt::format("service heartbeat {}", verb);
  if (profile.upstart)
    return with_pacemaker ? fmt::format("initctl {} pacemaker.combined", verb)
                          : fmt::format("service corosync {}", verb);
  const bool names_pacemaker = with_pacemaker && (verb == "start" || !profile.daemons_renamed);
  return fmt::format("systemctl {} {}", verb, names_pacemaker ? "pacemaker" : "corosync");
}

}  // namespace

std::string SimpleMachineAction::told(const World& world) const {
  constexpr std::string_view kService = "service corosync ";
  const NodeIndex index = world.find_machine(node_);
  if (!index.valid() || !verb_.text.starts_with(kService)) return text();
  return service_command(world.machine(index).spec().profile, verb_.text.substr(kService.size()));
}

void ClockJump::describe(Fields& fields) {
  describe_machine(fields);
  fields.duration(required("by", "how far"), by_);
  fields.boolean({"back", "into the past instead of the future"}, back_);
}

std::string ClockJump::text() const {
  return fmt::format("the wall clock jumps {} s {}", by_.seconds(), back_ ? "back" : "ahead");
}

Result<void> ClockJump::apply_to(World&, Machine& machine) const {
  machine.jump_clock(back_ ? -by_ : by_);
  return {};
}

namespace {

// "3.75", in hundredths.
std::optional<std::int64_t> parse_hundredths(std::string_view text) {
  const auto point = text.find('.');
  std::string digits(text.substr(0, point));
  std::string fraction(point == std::string_view::npos ? std::string_view() : text.substr(point + 1));
  if (fraction.size() > 2 || digits.empty() || (point != std::string_view::npos && fraction.empty())) return {};
  fraction.resize(2, '0');
  digits += fraction;
  if (digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos) return {};
  return std::stoll(digits);
}

}  // namespace

void LoadFault::describe(Fields& fields) {
  describe_machine(fields);
  fields.text({"average", "load average of the last minute, such as 3.75; 0 when absent"}, average_);
  if (const auto average = parse_hundredths(average_)) {
    load_.load_average = *average;
  } else {
    fields.fail(fields.place("average"), fmt::format("\"{}\" is no load average (expected such as 3.75)", average_));
  }
  fields.integer({"cib", "what the CIB manager uses of one core, percent; 0 when absent"}, load_.cib_cpu, 0, 100'000);
}

std::string LoadFault::text() const {
  const std::string cib = load_.cib_cpu > 0 ? fmt::format(", the CIB manager uses {}% of a core", load_.cib_cpu) : "";
  return fmt::format("the load average is {}{}", average_, cib);
}

Result<void> LoadFault::apply_to(World&, Machine& machine) const {
  machine.kernel().set_load(load_);
  return {};
}

void WriteFile::describe(Fields& fields) {
  describe_machine(fields);
  fields.text(required("file", "its path, such as /etc/corosync/corosync.conf"), file_);
  fields.block(required("content", "what it contains from now on"), content_);
}

Result<void> WriteFile::apply_to(World&, Machine& machine) const {
  // What lies below a mount lies on its device.
  Kernel& kernel = machine.kernel();
  const Mounts::Place place = kernel.mounts().resolve(file_);
  (place.device == nullptr ? kernel.files() : place.device->files).write(place.path, content_.text);
  return {};
}

void KillProcess::describe(Fields& fields) {
  describe_machine(fields);
  fields.text(required("process", "name of the processes"), name_);
  fields.integer({"signal", "number of the signal, 9 when absent"}, signal_, 1, 64);
}

std::string KillProcess::text() const { return fmt::format("signal {} is sent to {}", signal_, name_); }

Result<void> KillProcess::apply_to(World&, Machine& machine) const {
  if (machine.kill_processes(name_, static_cast<int>(signal_)) == 0)
    return simcluster::fail(fmt::format("no process \"{}\" runs on {}", name_, machine.name()));
  return {};
}

void TakePort::describe(Fields& fields) {
  describe_machine(fields);
  fields.number({"port", "the UDP port, 5405 when absent"}, port_, 1, 65'535);
}

std::string TakePort::text() const {
  return fmt::format("another process {} UDP port {}", takes_ ? "takes" : "lets go of", port_);
}

Result<void> TakePort::apply_to(World&, Machine& machine) const {
  NetStack& net = machine.kernel().net();
  if (!takes_) return net.release_port(port_), Result<void>{};
  if (machine.power() != PowerState::kUp) return simcluster::fail(machine.name() + " is not up");
  if (!net.take_port(port_)) return simcluster::fail(fmt::format("port {} of {} is in use", port_, machine.name()));
  return {};
}

namespace {
constexpr std::array<std::string_view, 4> kMisbehaviours = {"works", "refuses", "hangs", "lies"};
}  // namespace

void ManagementMisbehaves::describe(Fields& fields) {
  describe_machine(fields);
  fields.choice(required("how", "refuses connections, hangs, lies (says done and does nothing), or works again"), how_,
                kMisbehaviours);
}

std::string ManagementMisbehaves::text() const {
  return how_ == 0 ? "the management service works again"
                   : fmt::format("from now on the management service {}", kMisbehaviours[how_]);
}

Result<void> ManagementMisbehaves::apply_to(World&, Machine& machine) const {
  if (machine.management() == nullptr) return simcluster::fail(machine.name() + " is no management host");
  machine.management()->set_fault(static_cast<ManagementFault>(how_));
  return {};
}

namespace {
constexpr std::array<std::string_view, 4> kDeviceStates = {"works", "fails", "hangs", "busy"};
}  // namespace

void DeviceMisbehaves::describe(Fields& fields) {
  describe_machine(fields);
  fields.reference(required("device", "its path, such as /dev/sdb1"), device_, Reference::kDevice);
  fields.choice(required("how", "fails (I/O errors), hangs, is busy, or works again; for this machine alone"), how_,
                kDeviceStates);
  fields.duration({"latency", "of one access while it is busy, 10s when absent"}, latency_);
}

std::string DeviceMisbehaves::text() const {
  switch (static_cast<DeviceState>(how_)) {
    case DeviceState::kWorks:
      return fmt::format("{} works again", device_);
    case DeviceState::kFails:
      return fmt::format("{} answers with I/O errors", device_);
    case DeviceState::kHangs:
      return fmt::format("{} does not answer any more", device_);
    case DeviceState::kBusy:
      break;
  }
  return fmt::format("{} is busy: an access takes {} ms", device_, latency_.milliseconds());
}

Result<void> DeviceMisbehaves::apply_to(World&, Machine& machine) const {
  return machine.set_device_state(device_, static_cast<DeviceState>(how_), latency_);
}

}  // namespace simcluster::sim
