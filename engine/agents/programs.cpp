#include "engine/agents/programs.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "engine/agents/icmp.h"
#include "engine/agents/ocf.h"

namespace simcluster::agents {
namespace {

std::int64_t number_argument(const System& system, std::size_t index, std::int64_t fallback) {
  const std::vector<std::string>& arguments = system.environment().arguments;
  if (index >= arguments.size()) return fallback;
  return parse_number(arguments[index]).value_or(fallback);
}

// The value after an option such as "-i".
std::string_view option(const std::vector<std::string>& arguments, std::string_view name) {
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == name) return arguments[i + 1];
  }
  return {};
}

void print_echo(System& system, std::string_view host, std::int64_t sequence, const EchoReply& reply) {
  if (reply.outcome == EchoOutcome::kAnswered) {
    system.print(fmt::format("64 bytes from {}: icmp_seq={} ttl=64 time={} ms", host, sequence,
                             ping_time_text(reply.round_trip)));
  }
}

}  // namespace

Task<int> proc_net_dev_reader(System& system) {
  const Duration interval = milliseconds(number_argument(system, 0, 1000));
  const Duration initial_delay = milliseconds(number_argument(system, 1, 0));
  if (initial_delay > Duration{}) co_await system.sleep(initial_delay);
  for (;;) {
    const Time begun = system.now();
    co_await read_file(system, "/proc/net/dev");
    const Duration left = interval - (system.now() - begun);
    co_await system.sleep(left > Duration{} ? left : Duration{1});
  }
}

Task<int> ping_client(System& system) {
  const std::vector<std::string>& arguments = system.environment().arguments;
  SIMCLUSTER_ASSERT(!arguments.empty());
  const std::string& host = arguments[0];
  const std::int64_t count = number_argument(system, 1, 0);  // 0: for ever
  system.print(fmt::format("PING {0} ({0}) 56(84) bytes of data.", host));
  std::int64_t received = 0;
  for (std::int64_t sequence = 1; count == 0 || sequence <= count; ++sequence) {
    const Time sent_at = system.now();
    const EchoReply reply = co_await system.echo_request(host, sequence, seconds(1));
    print_echo(system, host, sequence, reply);
    if (reply.outcome == EchoOutcome::kUnreachable) {
      system.print(fmt::format("From {} icmp_seq={} Destination Host Unreachable", reply.from.text(), sequence));
    }
    if (reply.outcome == EchoOutcome::kAnswered) ++received;
    const Duration left = seconds(1) - (system.now() - sent_at);
    if (sequence != count && left > Duration{}) co_await system.sleep(left);
  }
  co_return received > 0 ? 0 : 1;
}

Task<int> mount_holder(System& system) {
  const std::vector<std::string>& arguments = system.environment().arguments;
  SIMCLUSTER_ASSERT(arguments.size() == 2);
  const std::string& directory = arguments[0];
  const std::string file = fmt::format("{}/.{}", directory, system.environment().type);
  if (arguments[1] != "nothing") system.ignore_termination();
  for (;;) {
    const MountListing listing = co_await system.list_mounts();
    const bool mounted =
        std::ranges::any_of(listing.entries, [&](const MountEntry& e) { return e.directory == directory; });
    if (mounted) break;
    co_await system.sleep(milliseconds(100));
  }
  co_await system.write_file(file, "");
  const OpenResult open = co_await system.open_file(file);
  if (!open.file.valid()) co_return 1;
  if (arguments[1] == "KILL") system.become_unkillable();
  for (;;) co_await system.sleep(hours(1));
}

namespace {

// Heartbeat's defaults: a packet every two seconds, a link is dead after thirty without one.
constexpr Duration kKeepalive = seconds(2);
constexpr Duration kDeadtime = seconds(30);

struct HeartbeatLink {
  std::string attribute;
  std::string address;
  Time heard;
  std::string_view told;  // what the attribute was set to
};

}  // namespace

Task<int> ifcheckd(System& system) {
  const std::vector<std::string>& arguments = system.environment().arguments;
  std::vector<HeartbeatLink> links;
  for (std::size_t i = 0; i + 1 < arguments.size(); i += 2)
    links.push_back({arguments[i], arguments[i + 1], system.now(), {}});
  for (std::int64_t sequence = 1;; ++sequence) {
    const Time round = system.now();
    for (HeartbeatLink& link : links) {
      const EchoReply reply = co_await system.echo_request(link.address, sequence, seconds(1));
      const bool first = link.told.empty();
      const bool heard = reply.outcome == EchoOutcome::kAnswered;
      if (heard) link.heard = system.now();
      const std::string_view state = heard || (!first && system.now() - link.heard < kDeadtime) ? "up" : "dead";
      if (state == link.told || (!heard && first && system.now() - link.heard < kDeadtime)) continue;
      AttributeUpdate update;
      update.name = link.attribute;
      update.value = state;
      const CommandResult updated = co_await system.update_attribute(update);
      if (updated.ok()) link.told = state;
    }
    const Duration left = kKeepalive - (system.now() - round);
    if (left > Duration{}) co_await system.sleep(left);
  }
}

Task<int> send_arp(System& system) {
  const std::vector<std::string>& arguments = system.environment().arguments;
  const Duration interval = milliseconds(parse_number(option(arguments, "-i")).value_or(200));
  const std::int64_t count = parse_number(option(arguments, "-r")).value_or(5);
  const std::string_view pid_file = option(arguments, "-p");
  SIMCLUSTER_ASSERT(arguments.size() >= 11);
  const std::string& device = arguments[6];
  const auto address = IpAddress::parse(arguments[7]);
  SIMCLUSTER_ASSERT(address.has_value());

  const std::string own_pid = fmt::format("{}\n", system.pid());
  co_await system.write_file(pid_file, own_pid);
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0) co_await system.sleep(interval);
    co_await system.announce_address(device, *address, ArpKind::kRequest);
    co_await system.announce_address(device, *address, ArpKind::kReply);
  }
  co_await system.remove_file(pid_file);
  co_return 0;
}

}  // namespace simcluster::agents
