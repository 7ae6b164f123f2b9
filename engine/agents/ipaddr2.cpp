#include "engine/agents/ipaddr2.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "engine/agents/findif.h"
#include "engine/agents/ocf.h"
#include "engine/agents/programs.h"

namespace simcluster::agents {
namespace {

constexpr std::size_t kLongestLabel = 15;
constexpr int kSigterm = 15;

// What ip_init finds out for every action.
struct Vip {
  IpAddress ip;
  std::string ip_text;
  std::string nic;
  int prefix_length = 0;
  IpAddress broadcast;
  std::string label;  // "<nic>:<iflabel>", or empty

  std::string cidr() const { return fmt::format("{}/{}", ip_text, prefix_length); }
};

// ip_served (AT-3.7).
enum class Served : std::uint8_t { kOk, kNo, kLabelMissing, kLinkDown };

std::string_view served_word(Served served) {
  switch (served) {
    case Served::kOk:
      return "ok";
    case Served::kNo:
      return "no";
    case Served::kLabelMissing:
      return "partial3";
    case Served::kLinkDown:
      return "down";
  }
  return "no";
}

bool runs_findif_program(const System& system) { return system.environment().profile.ipaddr2_findif_binary; }
bool is_newest(const System& system) { return system.environment().profile.ipaddr2_checks_link_status; }

Task<FoundInterface> findif(System& system) {
  const Profile& profile = system.environment().profile;
  if (profile.ipaddr2_findif_binary) return findif_program(system);
  if (profile.ipaddr2_reads_proc_net_dev) return findif_by_proc_net_dev(system);
  return findif_by_link(system);
}

// What a failed finder means for the action (AT-3.6).
Task<int> findif_failed(System& system, int finder_exit_code) {
  const Environment& environment = system.environment();
  const std::string_view text = runs_findif_program(system) ? "[findif -C] failed" : "[findif] failed";
  if (environment.is_probe()) {
    co_await ocf_log(system, LogPriority::kInfo, text);
    co_return kOcfNotRunning;
  }
  if (environment.action == "stop") {
    co_await ocf_log(system, LogPriority::kWarning, text);
    co_return kOcfSuccess;
  }
  co_await ocf_exit_reason(system, text);
  co_return is_newest(system) && environment.action == "start" ? kOcfErrInstalled : finder_exit_code;
}

std::string send_arp_pid_file(const System& system, const Vip& vip) {
  return fmt::format("{}/send_arp-{}", system.environment().state_directory, vip.ip_text);
}

Task<Served> ip_served(System& system, const Vip& vip) {
  const AddressListing listing = co_await system.list_addresses(vip.ip.family);
  Served served = Served::kNo;
  for (const AddressEntry& entry : listing.entries) {
    if (entry.address != vip.ip || entry.prefix_length != vip.prefix_length || entry.device != vip.nic) continue;
    // 4.12 does not mind another label.
    served = vip.label.empty() || entry.label == vip.label || !is_newest(system) ? Served::kOk : Served::kLabelMissing;
    break;
  }
  if (served != Served::kOk || !is_newest(system) || !system.environment().is_true("check_link_status", true)) {
    co_return served;
  }
  const LinkListing link = co_await system.show_link(vip.nic);
  const bool down = link.state == OperationalState::kDown || link.state == OperationalState::kLowerLayerDown;
  co_return down ? Served::kLinkDown : Served::kOk;
}

// A sender of an earlier start may still be at work.
Task<> kill_running_send_arp(System& system, const Vip& vip) {
  const std::string pid_file = send_arp_pid_file(system, vip);
  const auto content = co_await read_file(system, pid_file);
  if (!content) co_return;
  const auto pid = parse_number(content->substr(0, content->find('\n')));
  bool killed = false;
  if (pid) killed = co_await system.kill_process(static_cast<std::int32_t>(*pid), kSigterm);
  if (killed) {
    co_await ocf_log(system, LogPriority::kInfo, fmt::format("killed previously running send_arp for {}", vip.ip_text));
  }
  co_await system.remove_file(pid_file);
}

// AT-3.9: tells the neighbours; in the background, so that start does not wait for it.
Task<> run_send_arp(System& system, const Vip& vip) {
  co_await kill_running_send_arp(system, vip);
  const Environment& environment = system.environment();
  const std::vector<std::string> arguments = {"-i",      std::string(environment.get("arp_interval", "200")),
                                              "-r",      std::string(environment.get("arp_count", "5")),
                                              "-p",      send_arp_pid_file(system, vip),
                                              vip.nic,   vip.ip_text,
                                              "auto",    "not_used",
                                              "not_used"};
  std::string command =
      runs_findif_program(system) ? "/usr/lib64/heartbeat/send_arp" : "/usr/libexec/heartbeat/send_arp";
  for (const std::string& argument : arguments) command += " " + argument;
  co_await ocf_log(system, LogPriority::kInfo, command);
  BackgroundProgram program;
  program.name = "send_arp";
  program.main = send_arp;
  program.arguments = arguments;
  const std::int32_t pid = co_await system.spawn(program);
  if (environment.is_true("arp_bg", true)) co_return;
  for (;;) {
    const bool at_work = co_await system.kill_process(pid, 0);
    if (!at_work) break;
    co_await system.sleep(milliseconds(100));
  }
}

Task<> log_add(System& system, const Vip& vip, const AddressSpec& spec) {
  const std::string broadcast = spec.broadcast.text();
  std::string text;
  if (runs_findif_program(system)) {
    text = fmt::format("ip -f inet addr add {} brd {} dev {}", vip.cidr(), broadcast, vip.nic);
    if (!vip.label.empty()) text += " label " + vip.label;
  } else {
    text = fmt::format("Adding {} address {}", vip.ip.family == IpAddress::Family::kV6 ? "inet6" : "inet", vip.cidr());
    if (spec.broadcast.specified()) text += fmt::format(" with broadcast address {}", broadcast);
    text += fmt::format(" to device {}", vip.nic);
    if (!vip.label.empty()) text += fmt::format(" (with label {})", vip.label);
    if (spec.no_prefix_route) text += " (with noprefixroute)";
  }
  co_await ocf_log(system, LogPriority::kInfo, text);
}

// add_interface: the address, then the device up (AT-3.8 5 and 6).
Task<int> add_interface(System& system, const Vip& vip) {
  AddressSpec spec;
  spec.address = vip.ip;
  spec.prefix_length = vip.prefix_length;
  spec.broadcast = vip.broadcast;
  spec.device = vip.nic;
  spec.label = vip.label;
  spec.no_prefix_route = system.environment().is_true("noprefixroute", false);
  co_await log_add(system, vip, spec);
  const CommandResult added = co_await system.add_address(spec);
  if (!added.ok()) co_return added.exit_code;

  co_await ocf_log(system, LogPriority::kInfo, fmt::format("Bringing device {} up", vip.nic));
  const CommandResult up = co_await system.set_link_up(vip.nic);
  co_return up.exit_code;
}

// lvs_support: the address may stand on the loopback device while this node is only a real server.
Task<> remove_loopback_alias(System& system, const Vip& vip) {
  const AddressListing listing = co_await system.list_addresses(vip.ip.family);
  AddressSpec alias;
  for (const AddressEntry& entry : listing.entries) {
    if (entry.address != vip.ip || entry.device != "lo") continue;
    alias.address = entry.address;
    alias.prefix_length = entry.prefix_length;
    alias.device = "lo";
  }
  if (alias.address.specified()) co_await system.delete_address(alias);
}

Task<> restore_loopback_alias(System& system, const Vip& vip) {
  AddressSpec alias;
  alias.address = vip.ip;
  alias.device = "lo";
  co_await system.add_address(alias);
}

// AT-3.8 4: false when somebody else has the address already.
Task<bool> no_collision(System& system, const Vip& vip) {
  if (!system.environment().is_true("run_arping", false)) co_return true;
  const std::string command = fmt::format("arping -q -c 2 -w 3 -D -I {} {}", vip.nic, vip.ip_text);
  co_await system.execute(command);
  const bool answered = co_await system.probe_address(vip.nic, vip.ip, seconds(3));
  if (answered) {
    co_await ocf_log(system, LogPriority::kError, fmt::format("IPv4 address collision {} [DAD]", vip.ip_text));
  }
  co_return !answered;
}

// AT-3.8 9 for IPv6: waits until the kernel has found the address to be unique.
Task<int> wait_for_ipv6_dad(System& system, const Vip& vip) {
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    const AddressListing listing = co_await system.list_addresses(IpAddress::Family::kV6);
    bool tentative = false;
    bool failed = false;
    for (const AddressEntry& entry : listing.entries) {
      if (entry.address != vip.ip || entry.device != vip.nic) continue;
      tentative = entry.tentative;
      failed = entry.dad_failed;
    }
    if (failed) {
      co_await ocf_exit_reason(system, fmt::format("IPv6 address collision {} [DAD]", vip.ip_text));
      co_return kOcfErrGeneric;
    }
    if (!tentative) break;
    co_await system.sleep(milliseconds(500));
  }
  co_return kOcfSuccess;
}

Task<int> start_refused(System& system, const Vip& vip, Served served) {
  if (served == Served::kLabelMissing) {
    co_await ocf_exit_reason(system, fmt::format("IP {} available, but label missing", vip.ip_text));
    co_return kOcfErrGeneric;
  }
  co_await ocf_exit_reason(system, fmt::format("IP {} available, but device has status down", vip.ip_text));
  co_return kOcfErrInstalled;
}

// AT-3.8.
Task<int> ip_start(System& system, const Vip& vip) {
  const Environment& environment = system.environment();
  if (vip.nic.empty()) {
    co_await ocf_exit_reason(system, "No nic found or specified");
    co_return kOcfErrConfigured;
  }
  const Served served = co_await ip_served(system, vip);
  if (served == Served::kOk) co_return kOcfSuccess;
  if (served != Served::kNo) co_return co_await start_refused(system, vip, served);

  if (environment.is_true("lvs_support", false)) co_await remove_loopback_alias(system, vip);
  const bool unique = co_await no_collision(system, vip);
  if (!unique) co_return kOcfErrGeneric;
  const int added = co_await add_interface(system, vip);
  if (added != 0) {
    co_await ocf_exit_reason(system, fmt::format("Failed to add {}", vip.ip_text));
    co_return kOcfErrGeneric;
  }
  if (environment.is_true("flush_routes", false)) co_await system.flush_route_cache();
  if (is_newest(system)) {
    const Served now_served = co_await ip_served(system, vip);
    if (now_served != Served::kOk) {
      co_await ocf_exit_reason(system,
                               fmt::format("Failed to add {} with error {}", vip.ip_text, served_word(now_served)));
      co_return kOcfErrGeneric;
    }
  }
  if (vip.nic.starts_with("lo")) co_return kOcfSuccess;
  if (vip.ip.family == IpAddress::Family::kV6) co_return co_await wait_for_ipv6_dad(system, vip);
  co_await run_send_arp(system, vip);
  co_return kOcfSuccess;
}

// AT-3.10.
Task<int> ip_stop(System& system, const Vip& vip) {
  co_await kill_running_send_arp(system, vip);
  const Served served = co_await ip_served(system, vip);
  // Generation 3 tells it of an address that is not there, too (measured with 4.12).
  if (served != Served::kNo || system.environment().profile.ipaddr2_checks_interface_by_ip)
    co_await ocf_log(system, LogPriority::kInfo, fmt::format("IP status = {}, IP_CIP=", served_word(served)));
  if (served == Served::kNo) co_return kOcfSuccess;
  AddressSpec spec;
  spec.address = vip.ip;
  spec.prefix_length = vip.prefix_length;
  spec.device = vip.nic;
  const CommandResult deleted = co_await system.delete_address(spec);
  if (!deleted.ok()) {
    co_await ocf_exit_reason(system, fmt::format("Unable to remove IP [{}] from interface [{}]", vip.ip_text, vip.nic));
    co_return kOcfErrGeneric;
  }
  if (system.environment().is_true("lvs_support", false)) co_await restore_loopback_alias(system, vip);
  co_return kOcfSuccess;
}

// AT-3.7, and arp_count_refresh (AT-3.9).
Task<int> ip_monitor(System& system, const Vip& vip) {
  const Served served = co_await ip_served(system, vip);
  if (served == Served::kLabelMissing) co_return kOcfErrGeneric;
  if (served != Served::kOk) co_return kOcfNotRunning;
  const std::int64_t refresh = parse_number(system.environment().get("arp_count_refresh", "0")).value_or(0);
  for (std::int64_t i = 0; i < refresh; ++i) co_await system.announce_address(vip.nic, vip.ip, ArpKind::kReply);
  co_return kOcfSuccess;
}

// AT-3.13: the address is given, senders of ARP are known, numbers are numbers. Texts of 4.12.
Task<int> check_parameters(System& system) {
  const Environment& environment = system.environment();
  if (environment.profile.ocf_exit_reason && environment.get("ip").empty() && environment.action != "stop") {
    co_await ocf_exit_reason(system, "IP address (the ip parameter) is mandatory");
    co_return kOcfErrConfigured;
  }
  static constexpr std::array<std::string_view, 5> kSenders = {"", "send_arp", "ipoibarping", "iputils_arping",
                                                               "libnet_arping"};
  const std::string_view sender = environment.get("arp_sender");
  if (std::ranges::find(kSenders, sender) == kSenders.end()) {
    co_await ocf_exit_reason(system, fmt::format("unrecognized arp_sender value: {}", sender));
    co_return kOcfErrConfigured;
  }
  static constexpr std::array<std::string_view, 3> kNumbers = {"arp_interval", "arp_count", "arp_count_refresh"};
  for (const std::string_view name : kNumbers) {
    const std::string_view value = system.environment().get(name);
    if (value.empty() || parse_number(value)) continue;
    co_await ocf_exit_reason(system, fmt::format("Invalid OCF_RESKEY_{} [{}]", name, value));
    co_return kOcfErrConfigured;
  }
  co_return kOcfSuccess;
}

// ip_init's last part: the label, and the kind of link for the choice of the ARP sender.
Task<int> finish_init(System& system, Vip& vip) {
  const std::string_view label = system.environment().get("iflabel");
  if (!label.empty()) vip.label = fmt::format("{}:{}", vip.nic, label);
  if (vip.label.size() > kLongestLabel) {
    co_await ocf_exit_reason(
        system, fmt::format("Interface label [{}] exceeds maximum character limit of {}", vip.label, kLongestLabel));
    co_return kOcfErrConfigured;
  }
  if (!runs_findif_program(system)) co_await system.show_link(vip.nic);
  co_return kOcfSuccess;
}

// AT-3.11: with unique_clone_address every instance has an address of its own, the last octet and its number.
IpAddress address_of_instance(const Environment& environment) {
  IpAddress ip = IpAddress::parse(environment.get("ip")).value_or(IpAddress());
  if (ip.family != IpAddress::Family::kV4 || !environment.is_true("unique_clone_address", false)) return ip;
  ip.bytes[3] = static_cast<std::uint8_t>(ip.bytes[3] + parse_number(environment.get("CRM_meta_clone")).value_or(0));
  return ip;
}

bool is_known_action(std::string_view action) {
  static constexpr std::array<std::string_view, 5> kActions = {"start", "stop", "monitor", "status", "validate-all"};
  for (const std::string_view known : kActions) {
    if (known == action) return true;
  }
  return false;
}

Task<int> run_action(System& system, const Vip& vip) {
  const std::string_view action = system.environment().action;
  if (action == "start") return ip_start(system, vip);
  if (action == "stop") return ip_stop(system, vip);
  return ip_monitor(system, vip);
}

AgentMetadata metadata_of(const Profile& profile) {
  if (profile.ipaddr2_checks_link_status) return ipaddr2_newest_metadata();
  return profile.ocf_exit_reason ? ipaddr2_current_metadata() : ipaddr2_metadata();
}

constexpr std::string_view kUsage = "usage: IPaddr2 {start|stop|status|monitor|validate-all|meta-data}";

}  // namespace

Task<int> ipaddr2(System& system) {
  const Environment& environment = system.environment();
  if (environment.action == "meta-data") {
    system.print(metadata_xml(metadata_of(environment.profile)));
    co_return kOcfSuccess;
  }
  if (!is_known_action(environment.action)) {
    system.print(kUsage);
    co_return environment.action == "usage" || environment.action == "help" ? kOcfSuccess : kOcfErrUnimplemented;
  }

  const bool has_ip = co_await check_binary(system, "ip");
  if (!has_ip) co_return kOcfErrInstalled;
  const int checked = co_await check_parameters(system);
  if (checked != kOcfSuccess) co_return checked;

  const FoundInterface found = co_await findif(system);
  if (found.exit_code != 0) co_return co_await findif_failed(system, found.exit_code);

  Vip vip;
  vip.ip = address_of_instance(environment);
  vip.ip_text = vip.ip.text();
  vip.nic = found.nic;
  vip.prefix_length = found.prefix_length;
  vip.broadcast = found.broadcast;
  const int initialised = co_await finish_init(system, vip);
  if (initialised != kOcfSuccess) co_return initialised;
  if (environment.action == "validate-all") co_return kOcfSuccess;
  co_return co_await run_action(system, vip);
}

}  // namespace simcluster::agents
