// Any bytes as corosync.conf.
#include <cstdint>
#include <string_view>

#include "engine/membership/corosync_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const simcluster::Profile profile = *simcluster::make_profile({});
  const auto conf = simcluster::membership::parse_corosync_conf(text, "input", profile);
  if (conf) (void)simcluster::membership::totem_timers(*conf, profile);
  return 0;
}
