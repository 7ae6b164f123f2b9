// Faults of whole networks.
#pragma once

#include <string>
#include <vector>

#include "sim/faults/action.h"
#include "sim/network/link_quality.h"
#include "sim/network/network.h"

namespace simcluster::sim {

class NetworkAction : public Action {
 public:
  void describe(Fields& fields) override;

 protected:
  std::string network_;
};

// The switch loses its power, or gets it back.
class SetNetwork final : public NetworkAction {
 public:
  explicit SetNetwork(bool works) : works_(works) {}
  std::string text() const override;
  Result<void> apply(World& world) const override;

 private:
  bool works_;
};

// A trunk between two switches is cut or mended.
class SetTrunk final : public Action {
 public:
  explicit SetTrunk(bool whole) : whole_(whole) {}
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply(World& world) const override;

 private:
  bool whole_;
  std::string trunk_;
};

class TrunkQuality final : public Action {
 public:
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply(World& world) const override;

 private:
  std::string trunk_;
  LinkQuality quality_;
};

class NetworkQuality final : public NetworkAction {
 public:
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply(World& world) const override;

 private:
  LinkQuality quality_;
};

class Partition final : public Action {
 public:
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply(World& world) const override;

 private:
  std::vector<std::vector<std::string>> groups_;
  std::string network_;
};

class LoseFrames final : public Action {
 public:
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply(World& world) const override;

 private:
  std::string from_;
  std::string to_;
  std::string network_;
  Network::SelectiveLoss loss_;
  bool selective_ = false;
};

class HealNetwork final : public Action {
 public:
  void describe(Fields&) override {}
  std::string text() const override { return "partitions and lossy paths are healed"; }
  Result<void> apply(World& world) const override;
};

}  // namespace simcluster::sim
