// Faults of one machine: power, cluster software, processes, clock, agents.
#pragma once

#include "sim/faults/machine_action.h"

namespace simcluster::sim {

// Actions that need nothing but the machine; a table row each.
struct MachineVerb {
  std::string_view name;
  std::string_view help;
  std::string_view text;
  TraceKind kind;
  Result<void> (*apply)(Machine& machine);
};

class SimpleMachineAction final : public MachineAction {
 public:
  explicit SimpleMachineAction(const MachineVerb& verb) : verb_(verb) {}
  void describe(Fields& fields) override { describe_machine(fields); }
  TraceKind kind() const override { return verb_.kind; }
  std::string text() const override { return std::string(verb_.text); }
  // The service, and the command, have other names on other stacks.
  std::string told(const World& world) const override;
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  const MachineVerb& verb_;
};

class ClockJump final : public MachineAction {
 public:
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  Duration by_;
  bool back_ = false;
};

class LoadFault final : public MachineAction {
 public:
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  std::string average_ = "0";
  HostLoad load_;
};

// A file of the machine has another content from now on: another key, another corosync.conf for a reload.
class WriteFile final : public MachineAction {
 public:
  void describe(Fields& fields) override;
  TraceKind kind() const override { return TraceKind::kOperator; }
  std::string text() const override { return "writes " + file_; }
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  std::string file_;
  TextBlock content_;
};

class KillProcess final : public MachineAction {
 public:
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  std::string name_;
  std::int64_t signal_ = 9;
};

// Another process binds a UDP port before the cluster software does, or lets go of it (M V-19).
class TakePort final : public MachineAction {
 public:
  explicit TakePort(bool takes) : takes_(takes) {}
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  bool takes_;
  std::uint16_t port_ = 5405;
};

class ManagementMisbehaves final : public MachineAction {
 public:
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  std::size_t how_ = 0;
};

class DeviceMisbehaves final : public MachineAction {
 public:
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  std::string device_;
  std::size_t how_ = 0;
  Duration latency_ = seconds(10);
};

}  // namespace simcluster::sim
