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

struct ServiceText {
  std::string_view description;
  int id;
  std::string_view server;  // name of its IPC server; empty: none
};

constexpr ServiceText kCmap{"corosync configuration map access", 0, "cmap"};
constexpr ServiceText kCfg{"corosync configuration service", 1, "cfg"};
constexpr ServiceText kCpg{"corosync cluster closed process group service v1.01", 2, "cpg"};
constexpr ServiceText kPload{"corosync profile loading service", 4, ""};
constexpr ServiceText kMon{"corosync resource monitoring service", 6, ""};
constexpr ServiceText kWd{"corosync watchdog service", 7, ""};
constexpr ServiceText kVotes{"corosync vote quorum service v1.0", 5, "votequorum"};
constexpr ServiceText kQuorum{"corosync cluster quorum service v0.1", 3, "quorum"};

void log(Host& host, LogPriority priority, std::string_view text) { host.log(priority, "corosync", text); }

void loaded(Host& host, const ServiceText& service) {
  log(host, LogPriority::kNotice,
      fmt::format("[SERV  ] Service engine loaded: {} [{}]", service.description, service.id));
  if (!service.server.empty()) log(host, LogPriority::kInfo, fmt::format("[QB    ] server name: {}", service.server));
}

void unloaded(Host& host, const ServiceText& service) {
  if (!service.server.empty()) log(host, LogPriority::kInfo, "[QB    ] withdrawing server sockets");
  log(host, LogPriority::kNotice, fmt::format("[SERV  ] Service engine unloaded: {}", service.description));
}

}  // namespace

void log_refusal(Host& host, const Refusal& refusal) {
  for (const std::string& line : refusal.lines)
    log(host, line.starts_with("[QUORUM]") ? LogPriority::kCritical : LogPriority::kError, line);
}

void log_start(Host& host, const Profile& profile, const Plan& plan, const CorosyncConf& conf) {
  const std::string& version = profile.versions.corosync;
  if (profile.knet_transport)
    log(host, LogPriority::kNotice, fmt::format("[MAIN  ] Corosync Cluster Engine {} starting up", version));
  else
    log(host, LogPriority::kNotice,
        fmt::format("[MAIN  ] Corosync Cluster Engine ('{}'): started and ready to provide service.", version));
  for (const std::string& warning : plan.warnings) log(host, LogPriority::kWarning, "[MAIN  ] " + warning);
  log(host, LogPriority::kNotice, fmt::format("[TOTEM ] Initializing transport ({}).", transport_name(plan.transport)));
  if (plan.transport == TransportKind::kKnet) {
    const auto mtu = conf.totem.numbers.find("knet_mtu");
    log(host, LogPriority::kInfo, "[TOTEM ] totemknet initialized");
    log(host, LogPriority::kInfo,
        fmt::format("[KNET  ] pmtud: MTU manually set to: {}", mtu == conf.totem.numbers.end() ? 0 : mtu->second));
  } else if (profile.processor_is_address && !profile.ring_id_not_logged) {
    const auto word = [&](const std::string& given, const char* by_default) {
      return !plan.authenticated ? "none" : given.empty() ? by_default : given;
    };
    log(host, LogPriority::kNotice,
        fmt::format("[TOTEM ] Initializing transmit/receive security (NSS) crypto: {} hash: {}",
                    word(conf.totem.crypto_cipher, "aes256"), word(conf.totem.crypto_hash, "sha1")));
  }
}

void log_services(Host& host, const Profile& profile, bool votequorum) {
  if (profile.ring_id_not_logged) return;  // Corosync 1 has other services
  for (const ServiceText& service : {kCmap, kCfg, kCpg, kPload}) loaded(host, service);
  if (!profile.processor_is_address) {
    loaded(host, kMon);
    loaded(host, kWd);
  }
  if (votequorum) {
    log(host, LogPriority::kNotice, "[QUORUM] Using quorum provider corosync_votequorum");
    loaded(host, kVotes);
  }
  loaded(host, kQuorum);
}

void log_links(Host& host, const Plan& plan) {
  for (const PlannedLink& link : plan.links) {
    log(host, LogPriority::kInfo, fmt::format("[TOTEM ] Configuring link {}", link.number));
    if (plan.transport != TransportKind::kKnet) continue;
    log(host, LogPriority::kInfo,
        fmt::format("[TOTEM ] Configured link number {}: local addr: {}, port={}", link.number,
                    link.config.bind_network.text(), link.config.port));
  }
}

void log_unloading(Host& host, const Profile& profile, bool votequorum) {
  log(host, LogPriority::kNotice, "[SERV  ] Unloading all Corosync service engines.");
  if (profile.ring_id_not_logged) return;
  if (votequorum) unloaded(host, kVotes);
  for (const ServiceText& service : {kCmap, kCfg, kCpg, kQuorum, kPload}) unloaded(host, service);
  if (profile.processor_is_address) return;
  unloaded(host, kMon);
  unloaded(host, kWd);
}

}  // namespace simcluster::membership
