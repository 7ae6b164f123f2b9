#include "engine/membership/config_version.h"

#include <algorithm>

#include <fmt/core.h>

namespace simcluster::membership {

void ConfigVersion::sync_init(const ProcessorList& transitional, const ProcessorList&, const Ring&) {
  highest_ = 0;
  together_ = !transitional.empty();
}

bool ConfigVersion::sync_process() {
  ServiceMessage message(kCmapService, 0);
  return sender_.send_service(message.build([&](Writer& w) { w.u64(version_); }));
}

void ConfigVersion::on_message(std::span<const std::byte> message) {
  Reader r(message);
  r.bytes(kServiceHeaderSize);
  const std::uint64_t version = r.u64();
  if (r.failed()) return;
  received_ = version;
  highest_ = std::max(highest_, version);
}

// Once in the life of the daemon.
void ConfigVersion::sync_activate() {
  if (!together_ || checked_) return;
  checked_ = true;
  if (version_ == 0 || version_ == highest_) return;
  host_.log(LogPriority::kError, "corosync",
            fmt::format("[CMAP  ] Received config version ({}) is different than my config version ({})! Exiting",
                        highest_, version_));
  stop_();
}

}  // namespace simcluster::membership
