// Commands that change or ask the network.
#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "engine/agents/icmp.h"
#include "engine/agents/ocf.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/listing.h"
#include "sim/scripts/commands.h"

namespace simcluster::sim {

namespace {

using agents::System;
using agents::Task;

std::int64_t number_of(std::string_view text, std::int64_t fallback) {
  return agents::parse_number(text).value_or(fallback);
}

// The cost of starting it; nothing when it could not be.
Task<std::optional<CommandAnswer>> begin(System& system, const ScriptCommand& command) {
  const std::string line = command_line(command);
  const agents::CommandResult started = co_await system.execute(line);
  if (started.ok()) co_return std::nullopt;
  co_return CommandAnswer{started.exit_code, "", std::string(started.error) + "\n", {}};
}

Task<CommandAnswer> run_ip(System& system, ScriptHost& host, const ScriptCommand& command) {
  const auto refused = co_await begin(system, command);
  if (refused) co_return *refused;
  co_return ip_command(host.kernel(), command.arguments);
}

Task<CommandAnswer> run_ifconfig(System& system, ScriptHost& host, const ScriptCommand& command) {
  const auto refused = co_await begin(system, command);
  if (refused) co_return *refused;
  const std::string device = command.arguments.empty() || command.arguments[0] == "-a" ? "" : command.arguments[0];
  if (!device.empty() && host.kernel().net().find_interface(device) == nullptr)
    co_return CommandAnswer{
        1, "", fmt::format("{}: error fetching interface information: Device not found\n", device), {}};
  co_return CommandAnswer{0, ifconfig(host.kernel(), device), "", {}};
}

Task<CommandAnswer> run_sysctl(System& system, ScriptHost& host, const ScriptCommand& command) {
  const auto refused = co_await begin(system, command);
  if (refused) co_return *refused;
  const Words words = split_words(command.arguments, "");
  CommandAnswer answer;
  for (const std::string& word : words.operands) {
    const std::size_t equals = word.find('=');
    std::string key = word.substr(0, equals);
    std::ranges::replace(key, '/', '.');
    if (equals != std::string::npos) host.kernel().sysctls().set(key, word.substr(equals + 1));
    const std::string value(host.kernel().sysctls().get(key));
    if (value.empty()) {
      std::string path = key;
      std::ranges::replace(path, '.', '/');
      answer.error += fmt::format("sysctl: cannot stat /proc/sys/{}: No such file or directory\n", path);
      answer.exit_code = 255;
    } else if (!words.has('q')) {
      answer.output += words.has('n') ? value + "\n" : fmt::format("{} = {}\n", key, value);
    }
  }
  co_return answer;
}

struct PingOptions {
  std::int64_t count = 0;  // for ever
  Duration wait = seconds(10);
  Duration interval = seconds(1);
  std::optional<Duration> deadline;
  bool quiet = false;
};

PingOptions ping_options(const Words& words) {
  PingOptions options;
  options.count = number_of(words.value('c'), 0);
  if (words.has('W')) options.wait = sleep_time(words.value('W')).value_or(options.wait);
  if (words.has('i')) options.interval = sleep_time(words.value('i')).value_or(options.interval);
  if (words.has('w')) options.deadline = sleep_time(words.value('w'));
  options.quiet = words.has('q');
  return options;
}

// AT-4.5, AT-2.6.
Task<CommandAnswer> run_ping(System& system, ScriptHost&, const ScriptCommand& command) {
  const Words words = split_words(command.arguments, "cWwisIQtTpmMlSFO");
  const auto refused = co_await begin(system, command);
  if (refused) co_return *refused;
  if (words.operands.empty()) co_return CommandAnswer{1, "", "ping: usage error: Destination address required\n", {}};
  const std::string target = words.operands.back();
  const PingOptions options = ping_options(words);
  std::string text = fmt::format("PING {0} ({0}) 56(84) bytes of data.\n", target);
  const Time begun = system.now();
  std::int64_t sent = 0;
  std::int64_t received = 0;
  std::int64_t errors = 0;
  std::vector<Duration> times;
  for (std::int64_t sequence = 1; options.count == 0 || sequence <= options.count; ++sequence) {
    const Time sent_at = system.now();
    if (options.deadline && sent_at - begun >= *options.deadline) break;
    const bool last = sequence == options.count;
    Duration wait = last ? options.wait : options.interval;
    if (options.deadline) wait = std::min(wait, *options.deadline - (sent_at - begun));
    const agents::EchoReply reply = co_await system.echo_request(target, sequence, wait);
    ++sent;
    if (reply.outcome == agents::EchoOutcome::kAnswered) {
      ++received;
      times.push_back(reply.round_trip);
      if (!options.quiet)
        text += fmt::format("64 bytes from {}: icmp_seq={} ttl=64 time={} ms\n", target, sequence,
                            agents::ping_time_text(reply.round_trip));
    } else if (reply.outcome == agents::EchoOutcome::kUnreachable && !reply.from.specified()) {
      co_return CommandAnswer{2, "", "ping: connect: Network is unreachable\n", {}};
    } else if (reply.outcome == agents::EchoOutcome::kUnreachable) {
      ++errors;
      if (!options.quiet)
        text += fmt::format("From {} icmp_seq={} Destination Host Unreachable\n", reply.from.text(), sequence);
    }
    const Duration left = options.interval - (system.now() - sent_at);
    if (!last && left > Duration{}) co_await system.sleep(left);
  }
  const std::int64_t elapsed = (system.now() - begun).milliseconds();
  text +=
      fmt::format("\n--- {} ping statistics ---\n{} packets transmitted, {} received, {}{}% packet loss, time {}ms\n",
                  target, sent, received, errors > 0 ? fmt::format("+{} errors, ", errors) : "",
                  sent == 0 ? 0 : (sent - received) * 100 / sent, elapsed);
  if (!times.empty()) {
    Duration sum;
    for (const Duration one : times) sum = sum + one;
    const Duration average{sum.ns / static_cast<std::int64_t>(times.size())};
    std::int64_t spread = 0;
    for (const Duration one : times) spread += std::abs(one.ns - average.ns);
    const auto ms = [](Duration time) { return fmt::format("{}.{:03}", time.ns / 1'000'000, time.ns / 1000 % 1000); };
    text += fmt::format("rtt min/avg/max/mdev = {}/{}/{}/{} ms\n", ms(*std::ranges::min_element(times)), ms(average),
                        ms(*std::ranges::max_element(times)), ms({spread / static_cast<std::int64_t>(times.size())}));
  } else {
    text += "\n";
  }
  co_return CommandAnswer{received > 0 ? 0 : 1, text, "", {}};
}

// arping(8) of iputils: -U and -A announce the own address, -D looks for another owner of it; otherwise it asks who has
// the address.
Task<CommandAnswer> run_arping(System& system, ScriptHost& host, const ScriptCommand& command) {
  const Words words = split_words(command.arguments, "cwIsi");
  const auto refused = co_await begin(system, command);
  if (refused) co_return *refused;
  const std::string device = words.value('I');
  const auto address = words.operands.empty() ? std::nullopt : IpAddress::parse(words.operands.back());
  if (host.kernel().net().find_interface(device) == nullptr)
    co_return CommandAnswer{2, "", fmt::format("arping: Interface \"{}\" is not available\n", device), {}};
  if (!address) co_return CommandAnswer{2, "", "arping: invalid address\n", {}};
  const std::int64_t count = number_of(words.value('c'), 1);
  const bool announces = words.has('U') || words.has('A');
  std::int64_t answers = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    if (announces) {
      if (i > 0) co_await system.sleep(seconds(1));
      const auto kind = words.has('A') ? agents::ArpKind::kReply : agents::ArpKind::kRequest;
      co_await system.announce_address(device, *address, kind);
      continue;
    }
    const bool answered = co_await system.probe_address(device, *address, seconds(1));
    if (answered) ++answers;
    if (answered && (words.has('D') || words.has('f'))) break;
  }
  std::string text =
      fmt::format("ARPING {} from {} {}\nSent {} probes ({} broadcast(s))\nReceived {} response(s)\n", address->text(),
                  announces ? address->text() : "0.0.0.0", device, count, count, answers);
  if (words.has('q')) text.clear();
  const bool good = words.has('D') ? answers == 0 : announces || answers > 0;
  co_return CommandAnswer{good ? 0 : 1, text, "", {}};
}

// send_arp of resource-agents (AT-3.9): -i MILLISECONDS -r COUNT -p PIDFILE DEVICE ADDRESS ...
Task<CommandAnswer> run_send_arp(System& system, ScriptHost& host, const ScriptCommand& command) {
  const Words words = split_words(command.arguments, "irp");
  const auto refused = co_await begin(system, command);
  if (refused) co_return *refused;
  const auto address = words.operands.size() < 2 ? std::nullopt : IpAddress::parse(words.operands[1]);
  if (!address) co_return CommandAnswer{1, "", "send_arp: usage error\n", {}};
  const std::string device = words.operands[0];
  const std::string pid_file = words.value('p');
  if (!pid_file.empty()) host.kernel().files().write(pid_file, fmt::format("{}\n", command.pid));
  const std::int64_t count = number_of(words.value('r'), 1);
  const Duration interval = milliseconds(number_of(words.value('i'), 500));
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0) co_await system.sleep(interval);
    co_await system.announce_address(device, *address, agents::ArpKind::kRequest);
    co_await system.announce_address(device, *address, agents::ArpKind::kReply);
  }
  if (!pid_file.empty()) host.kernel().files().remove(pid_file);
  co_return CommandAnswer{};
}

// send_ua: an unsolicited neighbour advertisement.
Task<CommandAnswer> run_send_ua(System& system, ScriptHost&, const ScriptCommand& command) {
  const Words words = split_words(command.arguments, "icp");
  const auto refused = co_await begin(system, command);
  if (refused) co_return *refused;
  const auto address = words.operands.size() < 3 ? std::nullopt : IpAddress::parse(words.operands[0]);
  if (!address) co_return CommandAnswer{1, "", "send_ua: usage error\n", {}};
  const std::int64_t count = number_of(words.value('c'), 1);
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0) co_await system.sleep(milliseconds(number_of(words.value('i'), 1000)));
    co_await system.announce_address(words.operands[2], *address, agents::ArpKind::kReply);
  }
  co_return CommandAnswer{};
}

}  // namespace

std::vector<NamedCommand> network_commands() {
  return {{"ip", run_ip},      {"ifconfig", run_ifconfig}, {"sysctl", run_sysctl},     {"ping", run_ping},
          {"ping6", run_ping}, {"arping", run_arping},     {"send_arp", run_send_arp}, {"send_ua", run_send_ua}};
}

}  // namespace simcluster::sim
