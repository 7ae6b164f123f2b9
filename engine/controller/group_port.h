// A group with a receiver of its own, so that one class can be in several groups.
#pragma once

#include <functional>
#include <memory>

#include "engine/membership/group.h"

namespace simcluster::controller {

class GroupPort final : public membership::GroupClient {
 public:
  std::function<void(const membership::GroupMember&, std::span<const std::byte>)> deliver;
  std::function<void(const membership::GroupConfiguration&)> configure;
  std::unique_ptr<membership::Group> group;

  void on_deliver(const membership::GroupMember& sender, std::span<const std::byte> bytes) override {
    if (deliver) deliver(sender, bytes);
  }
  void on_configuration(const membership::GroupConfiguration& configuration) override {
    if (configure) configure(configuration);
  }
};

}  // namespace simcluster::controller
