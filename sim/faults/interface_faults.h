// Faults of one machine's addresses, interfaces and cables.
#pragma once

#include "sim/faults/machine_action.h"
#include "sim/network/link_quality.h"

namespace simcluster::sim {

// The keys of a link's quality; used for networks, too.
void describe_quality(Fields& fields, LinkQuality& quality);

class AddressChange : public MachineAction {
 public:
  void describe(Fields& fields) override;

 protected:
  std::string interface_;
  AddressPrefix address_;
};

class RemoveAddress final : public AddressChange {
 public:
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;
};

class AddAddress final : public AddressChange {
 public:
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;
};

class InterfaceAction : public MachineAction {
 public:
  void describe(Fields& fields) override;

 protected:
  std::string interface_;
};

// ip link set ... up|down.
class SetInterface final : public InterfaceAction {
 public:
  explicit SetInterface(bool up) : up_(up) {}
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  bool up_;
};

// Pulls or plugs the cable.
class SetCable final : public InterfaceAction {
 public:
  explicit SetCable(bool plugged) : plugged_(plugged) {}
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  bool plugged_;
};

// A bad port or cable: delay, loss and so on of one interface, in both directions or one.
class LinkFault final : public InterfaceAction {
 public:
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  std::size_t direction_ = 0;  // both, sending, receiving
  LinkQuality quality_;
};

}  // namespace simcluster::sim
