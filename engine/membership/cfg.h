// The configuration service (M 17.4, service 1): requests that concern every node go round in total order.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/membership/service.h"

namespace simcluster::membership {

class CfgClient {
 public:
  virtual void on_reload(ClusterNodeId from) = 0;
  virtual void on_kill(ClusterNodeId from, ClusterNodeId victim, std::string_view reason) = 0;
  virtual void on_ring_reenable() = 0;
  // CR-6.
  virtual void on_crypto_phase(ClusterNodeId from, std::uint32_t phase) = 0;

 protected:
  ~CfgClient() = default;
};

class Cfg {
 public:
  Cfg(ServiceSender& sender, CfgClient& client) : sender_(sender), client_(client) {}

  void request_reload();
  void request_kill(ClusterNodeId victim, std::string_view reason);
  void request_ring_reenable();
  void request_crypto_phase(std::uint32_t phase);
  // Sends what waits.
  void pump() {
    if (!waiting_.empty()) send_waiting();
  }
  void on_message(ClusterNodeId from, std::uint16_t function, std::span<const std::byte> message);

 private:
  void queue(std::span<const std::byte> message);
  void send_waiting();

  ServiceSender& sender_;
  CfgClient& client_;
  std::deque<std::vector<std::byte>> waiting_;
};

}  // namespace simcluster::membership
