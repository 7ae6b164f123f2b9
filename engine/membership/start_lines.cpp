#include "engine/membership/start_lines.h"

#include <fmt/format.h>

namespace simcluster::membership {

namespace {

const char* transport_name(TransportKind kind) {
  switch (kind) {
    case TransportKind::kUdp:
      return "UDP/IP Multicast";
    case TransportKind::kUdpu:
      return "UDP/IP Unicast";
    case TransportKind::kKnet:
      return "Kronosnet";
  }
  return "";
}

}  // namespace

void log_start(Host& host, const Profile& profile, const Plan& plan, bool votequorum) {
  const auto notice = [&](const std::string& text) { host.log(LogPriority::kNotice, "corosync", text); };
  const std::string& version = profile.versions.corosync;
  if (profile.knet_transport)
    notice(fmt::format("[MAIN  ] Corosync Cluster Engine {} starting up", version));
  else
    notice(fmt::format("[MAIN  ] Corosync Cluster Engine ('{}'): started and ready to provide service.", version));
  notice(fmt::format("[TOTEM ] Initializing transport ({}).", transport_name(plan.transport)));
  if (votequorum) notice("[QUORUM] Using quorum provider corosync_votequorum");
}

}  // namespace simcluster::membership
