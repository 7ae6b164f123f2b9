// The check of totem.config_version at the first merge with others (CM-1 of M 8).
#pragma once

#include <cstdint>
#include <functional>

#include "engine/base/host.h"
#include "engine/membership/service.h"
#include "engine/membership/sync.h"

namespace simcluster::membership {

class ConfigVersion final : public SyncService {
 public:
  // `stop` begins the orderly shutdown of a node whose configuration is older than another's.
  ConfigVersion(std::uint64_t version, Host& host, ServiceSender& sender, std::function<void()> stop)
      : version_(version), host_(host), sender_(sender), stop_(std::move(stop)) {}

  void on_message(std::span<const std::byte> message);
  // The version of the last message.
  std::uint64_t received() const { return received_; }
  // A reload has brought another one.
  void set(std::uint64_t version) { version_ = version; }

  std::int32_t service_id() const override { return kCmapService; }
  std::string_view service_name() const override { return "corosync configuration map access"; }
  void sync_init(const ProcessorList& transitional, const ProcessorList& members, const Ring& ring) override;
  bool sync_process() override;
  void sync_activate() override;

 private:
  std::uint64_t version_;
  Host& host_;
  ServiceSender& sender_;
  std::function<void()> stop_;
  std::uint64_t highest_ = 0;
  std::uint64_t received_ = 0;
  bool together_ = false;  // the transitional set is not empty
  bool checked_ = false;
};

}  // namespace simcluster::membership
