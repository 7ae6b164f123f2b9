#include "engine/membership/start_lines.h"

#include <cstdlib>

#include <fmt/core.h>

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

// Null: the key is not there.
const std::string* text_of(const CorosyncConf& conf, const std::string& key) {
  const auto at = conf.map.find(key);
  return at == conf.map.end() ? nullptr : &at->second.text;
}

// WD-6: what is watched has `key`. False: nothing is.
bool log_resources(Host& host, const CorosyncConf& conf, std::string_view service, std::string_view key) {
  bool any = false;
  for (const std::string_view name : {"load_15min", "memory_used"}) {
    if (text_of(conf, fmt::format("resources.system.{}.{}", name, key)) != nullptr) {
      any = true;
      log(host, LogPriority::kInfo,
          fmt::format(R"([{}] Fsm:{} event "config_changed", state "stopped" --> "running")", service, name));
    } else if (key == "recovery") {
      log(host, LogPriority::kWarning, fmt::format("[{}] resource {} missing a recovery key.", service, name));
    }
  }
  return any;
}

// WD-1, WD-2; levels as of 3.1.7.
void log_watchdog(Host& host, const CorosyncConf& conf, bool there) {
  const std::string* timeout = text_of(conf, "resources.watchdog_timeout");
  if (timeout != nullptr) {
    const long value = std::strtol(timeout->c_str(), nullptr, 10);
    if (value < 2 || value > 120) {
      log(host, LogPriority::kWarning, "[WD    ] Set watchdog_timeout is out of range (2..120).");
      log(host, LogPriority::kInfo, "[WD    ] use default value 6 seconds.");
    }
  }
  const std::string* device = text_of(conf, "resources.watchdog_device");
  if (device == nullptr)
    log(host, LogPriority::kWarning, "[WD    ] Watchdog not enabled by configuration");
  else if (device->empty() || *device == "off")
    log(host, LogPriority::kWarning, "[WD    ] Watchdog disabled by configuration");
  else if (!there)
    log(host, LogPriority::kWarning, fmt::format("[WD    ] No watchdog {}, try modprobe <a watchdog>", *device));
  else
    log(host, LogPriority::kInfo, fmt::format("[WD    ] Watchdog {} is now being tickled by corosync.", *device));
  if (!log_resources(host, conf, "WD    ", "recovery"))
    log(host, LogPriority::kInfo, "[WD    ] no resources configured.");
}

}  // namespace

bool configured_to_feed(const CorosyncConf& conf, const Profile& profile) {
  if (!profile.watchdog_needs_configuration) return true;
  const std::string* device = text_of(conf, "resources.watchdog_device");
  return device != nullptr && !device->empty() && *device != "off";
}

void log_refusal(Host& host, const Refusal& refusal) {
  for (const std::string& line : refusal.lines)
    log(host, line.starts_with("[QUORUM]") ? LogPriority::kCritical : LogPriority::kError, line);
}

void log_start(Host& host, const Profile& profile, const Plan& plan) {
  const std::string& version = profile.versions.corosync;
  if (profile.knet_transport) {
    log(host, LogPriority::kNotice, fmt::format("[MAIN  ] Corosync Cluster Engine {} starting up", version));
    // Of Debian's packages.
    log(host, LogPriority::kInfo,
        "[MAIN  ] Corosync built-in features: dbus monitoring watchdog augeas systemd xmlconf vqsim nozzle snmp pie "
        "relro bindnow");
  } else {
    log(host, LogPriority::kNotice,
        fmt::format("[MAIN  ] Corosync Cluster Engine ('{}'): started and ready to provide service.", version));
  }
  for (const std::string& warning : plan.warnings) log(host, LogPriority::kWarning, "[MAIN  ] " + warning);
  log(host, LogPriority::kNotice, fmt::format("[TOTEM ] Initializing transport ({}).", transport_name(plan.transport)));
  if (profile.processor_is_address && !profile.ring_id_not_logged) {
    log(host, LogPriority::kNotice,
        fmt::format("[TOTEM ] Initializing transmit/receive security (NSS) crypto: {} hash: {}", plan.crypto_cipher,
                    plan.crypto_hash));
  }
}

void log_services(Host& host, const Profile& profile, const CorosyncConf& conf, bool watchdog, bool votequorum) {
  if (profile.ring_id_not_logged) return;  // Corosync 1 has other services
  for (const ServiceText& service : {kCmap, kCfg, kCpg, kPload}) loaded(host, service);
  if (!profile.processor_is_address) {
    log_resources(host, conf, "MON   ", "max");
    loaded(host, kMon);
    log_watchdog(host, conf, watchdog);
    loaded(host, kWd);
  }
  if (votequorum) log(host, LogPriority::kNotice, "[QUORUM] Using quorum provider corosync_votequorum");
}

void log_quorum_services(Host& host, const Profile& profile, bool votequorum) {
  if (profile.ring_id_not_logged) return;
  if (votequorum) loaded(host, kVotes);
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

void log_unloading(Host& host, const Profile& profile, bool votequorum, bool feeds_watchdog) {
  log(host, LogPriority::kNotice, "[SERV  ] Unloading all Corosync service engines.");
  if (profile.ring_id_not_logged) return;
  if (votequorum) unloaded(host, kVotes);
  for (const ServiceText& service : {kCmap, kCfg, kCpg, kQuorum, kPload}) unloaded(host, service);
  if (profile.processor_is_address) return;
  unloaded(host, kMon);
  if (feeds_watchdog) log(host, LogPriority::kInfo, "[WD    ] magically closing the watchdog.");
  unloaded(host, kWd);
}

}  // namespace simcluster::membership
