#include "engine/membership/corosync_conf.h"

#include <fstream>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "engine/membership/plan.h"
#include "engine/membership/votequorum.h"

namespace simcluster::membership {
namespace {

Profile profile(const std::string& version) {
  StackVersions versions;
  versions.corosync = version;
  return *make_profile(versions);
}

std::string error_of(std::string_view text, const std::string& version = "3.1.7") {
  const auto conf = parse_corosync_conf(text, "corosync.conf", profile(version));
  return conf ? "" : conf.error().text();
}

// CF-4 to CF-6.
TEST(CorosyncConf, GrammarErrorsNameTheLine) {
  EXPECT_EQ(error_of("totem {\n version: 2\n"), "corosync.conf:2: Missing closing brace");
  EXPECT_EQ(error_of("}\n"), "corosync.conf:1: Unexpected closing brace");
  EXPECT_EQ(error_of("{\n}\n"), "corosync.conf:1: Missing section name before opening bracket '{'");
  EXPECT_EQ(error_of("interface { ringnumber: 0 }\n"), "corosync.conf:1: Extra characters after opening bracket '{'");
  EXPECT_EQ(error_of("totem {\n : 2\n}\n", "3.1.9"), "corosync.conf:2: Key name can't be empty");
  EXPECT_EQ(error_of("totem {\n hello\n}\n"), "corosync.conf:2: Line is not opening or closing section or key value");
  EXPECT_EQ(error_of("totem {\n} x\n"), "corosync.conf:2: Extra characters before or after closing bracket '}'");
  EXPECT_EQ(error_of(std::string(600, 'a')), "corosync.conf:1: Line too long");
}

// CF-9, K-10, 14.4.
TEST(CorosyncConf, ValueErrors) {
  EXPECT_EQ(
      error_of("totem {\n token: soon\n}\n"),
      "corosync.conf:2: Value of key \"totem.token\" is expected to be integer in range (0..4294967295), but \"soon\" "
      "was given");
  EXPECT_EQ(error_of("totem {\n interface {\n mcastport: 70000\n }\n}\n"),
            "corosync.conf:3: Value of key \"totem.interface.mcastport\" is expected to be integer in range "
            "(0..65535), but \"70000\" "
            "was given");
  EXPECT_EQ(error_of("totem {\n interface {\n ringnumber: 2\n }\n}\n", "2.3.5"),
            "corosync.conf:3: interface ring number 2 is bigger than allowed maximum 1");
}

// CF-10, CF-11.
TEST(CorosyncConf, OtherNumbers) {
  EXPECT_EQ(
      error_of("totem {\n config_version: soon\n}\n"),
      "corosync.conf:2: Value of key \"totem.config_version\" is expected to be unsigned integer, but \"soon\" was "
      "given");
  const auto dscp = [](const std::string& value, const std::string& version = "3.1.8") {
    return error_of("totem {\n ip_dscp: " + value + "\n}\n", version);
  };
  for (const char* value : {"0", "63", "0x2e", "077", "cs0", "cs7", "af11", "af43", "ef"}) EXPECT_EQ(dscp(value), "");
  for (const char* value : {"64", "af44", "cs8", "-1"}) EXPECT_NE(dscp(value), "") << value;
  EXPECT_EQ(
      dscp("64"),
      "corosync.conf:2: Value of key \"totem.ip_dscp\" is expected to be number (0..63) or symbolical dscp value, "
      "but \"64\" was given");
  EXPECT_EQ(dscp("64", "3.1.7"), "") << "not read yet";
}

// CF-8, CF-7: unknown keys are kept, empty values are legal, a '#' inside a line belongs to the value.
TEST(CorosyncConf, UnknownKeysAreStored) {
  const auto conf = parse_corosync_conf("# comment\nfoo {\n bar: a#b\n empty:\n}\n", "corosync.conf", profile("3.1.7"));
  ASSERT_TRUE(conf);
  ASSERT_EQ(conf->map.size(), 2U);
  EXPECT_EQ(conf->map.at("foo.bar").text, "a#b");
  EXPECT_EQ(conf->map.at("foo.empty").text, "");
}

std::string nodes(int count) {
  std::string text = "nodelist {\n";
  for (int i = 1; i <= count; ++i)
    text += fmt::format(" node {{\n ring0_addr: 10.0.0.{}\n nodeid: {}\n name: n{}\n }}\n", i, i, i);
  return text + "}\n";
}

TotemTimers timers_of(const std::string& text, const std::string& version) {
  const Profile p = profile(version);
  return *totem_timers(*parse_corosync_conf(text, "c", p), p);
}

// T-2a, T-8, T-9, T-11 with their measured values.
TEST(TotemTimers, DerivedValues) {
  const TotemTimers old = timers_of("totem {\n version: 2\n}\n", "1.4.6");
  EXPECT_EQ(old.token, 1000U);
  EXPECT_EQ(old.token_retransmit, 238U);
  EXPECT_EQ(old.hold, 180U);
  EXPECT_EQ(old.consensus, 1200U);
  const TotemTimers fresh = timers_of("totem {\n version: 2\n}\n" + nodes(2), "3.1.7");
  EXPECT_EQ(fresh.token, 3000U);
  EXPECT_EQ(fresh.token_retransmit, 714U);
  EXPECT_EQ(fresh.hold, 561U);
  EXPECT_EQ(fresh.consensus, 3600U);
  const TotemTimers three = timers_of("totem {\n version: 2\n}\n" + nodes(3), "3.1.7");
  EXPECT_EQ(three.token, 3650U);
  EXPECT_EQ(three.token_retransmit, 869U);
  EXPECT_EQ(three.hold, 685U);
  EXPECT_EQ(three.consensus, 4380U);
  EXPECT_EQ(timers_of("totem {\n version: 2\n}\n" + nodes(3), "2.3.3").token, 1000U);  // V-1
}

// T-1 to T-23, T-2a.
TEST(TotemTimers, Defaults) {
  const TotemTimers t = timers_of("totem {\n version: 2\n}\n", "2.3.5");
  EXPECT_EQ(t.token_retransmits_before_loss_const, 4U);
  EXPECT_EQ(t.token, 1000U);
  EXPECT_EQ(t.token_warning, 0U) << "from 3.0 on (V-7)";
  EXPECT_EQ(t.max_network_delay, 50U);
  EXPECT_EQ(t.window_size, 50U);
  EXPECT_EQ(t.max_messages, 17U);
  EXPECT_EQ(t.miss_count_const, 5U);
  EXPECT_EQ(t.join, 50U);
  EXPECT_EQ(t.merge, 200U);
  EXPECT_EQ(t.downcheck, 1000U);
  EXPECT_EQ(t.fail_recv_const, 2500U);
  EXPECT_EQ(t.seqno_unchanged_const, 30U);
  EXPECT_EQ(t.send_join, 0U);
  EXPECT_EQ(t.heartbeat_failures_allowed, 0U);
  EXPECT_FALSE(t.cancel_token_hold_on_retransmit);
  EXPECT_EQ(t.rrp_problem_count_timeout, 2000U);
  EXPECT_EQ(t.rrp_problem_count_threshold, 10U);
  EXPECT_EQ(t.rrp_problem_count_mcast_threshold, 100U);
  EXPECT_EQ(t.rrp_token_expired_timeout, 238U) << "that of the token's retransmission";
  EXPECT_EQ(t.rrp_autorecovery_check_timeout, 1000U);
  EXPECT_EQ(timers_of("totem {\n version: 2\n}\n", "3.1.7").token_warning, 75U);
  EXPECT_EQ(timers_of("totem {\n version: 2\n token_warning: 0\n}\n", "3.1.7").token_warning, 0U) << "off";
  const std::string coefficient = "totem {\n version: 2\n token: 2000\n token_coefficient: ";
  EXPECT_EQ(timers_of(coefficient + "0\n}\n" + nodes(5), "3.1.7").token, 2000U);
  EXPECT_EQ(timers_of(coefficient + "100\n}\n" + nodes(5), "3.1.7").token, 2300U);
  EXPECT_EQ(timers_of("totem {\n version: 2\n rrp_problem_count_threshold: 4\n}\n", "2.3.5")
                .rrp_problem_count_mcast_threshold,
            40U);
}

// T-32, K-15 to K-17, 14.6 (d).
TEST(TotemTimers, MinimumRules) {
  const auto error = [](const std::string& totem) {
    const Profile p = profile("3.1.7");
    const auto timers = totem_timers(*parse_corosync_conf("totem {\n" + totem + "}\n", "c", p), p);
    return timers ? "" : timers.error().message;
  };
  EXPECT_EQ(error("token: 20\n"), "The token timeout parameter (20 ms) may not be less than (30 ms).");
  EXPECT_EQ(error("token: 100\n"), "Not appropriate token or token_retransmits_before_loss_const value set");
  EXPECT_EQ(error("token_warning: 101\n"), "The token warning parameter (101%) must be between 0 (disabled) and 100.");
  EXPECT_EQ(error("join: 5000\nconsensus: 4000\n"),
            "The consensus timeout parameter (4000 ms) may not be less than join timeout (5000 ms).");
  EXPECT_EQ(error("consensus: 1000\n"), "");  // lower than 1.2 x token is accepted
}

std::string plan_error(const std::string& text, const std::string& version) {
  const Profile p = profile(version);
  const auto conf = parse_corosync_conf(text, "c", p);
  if (!conf) return conf.error().message;
  LocalMachine local;
  local.host_name = "n1";
  local.addresses = {*IpAddress::parse("10.0.0.1")};
  const auto plan = make_plan(*conf, totem_timers(*conf, p), local, p);
  return plan ? "" : plan.error().message;
}

std::string two_rings(const std::string& mode, const std::string& second_address, int second_port) {
  return "totem {\n version: 2\n" + mode +
         " interface {\n ringnumber: 0\n bindnetaddr: 192.168.33.0\n mcastaddr: 239.255.1.1\n mcastport: 5405\n }\n" +
         " interface {\n ringnumber: 1\n bindnetaddr: 192.168.34.0\n mcastaddr: " + second_address +
         fmt::format("\n mcastport: {}\n }}\n}}\n", second_port);
}

// Every case of the recording: the same verdict, the same words.
TEST(CorosyncConf, AsRecorded) {
  std::ifstream file(SIMCLUSTER_SOURCE_DIR "/engine/membership/testdata/corosync_conf_3.1.7.txt");
  ASSERT_TRUE(file);
  const Profile p = profile("3.1.7");
  LocalMachine local;
  local.host_name = "elsewhere";
  local.addresses = {*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")};
  const auto verdict = [&](const std::string& text) {
    const auto conf = parse_corosync_conf(text, "corosync.conf", p);
    if (!conf) {
      const Refusal refusal = refusal_of(conf.error(), RefusedAt::kParsing);
      return fmt::format("{} {}", refusal.exit_status, refusal.lines.front().substr(9));
    }
    const auto plan = make_plan(*conf, totem_timers(*conf, p), local, p);
    if (plan) return fmt::format("0 {}", fmt::join(plan->warnings, "\n"));
    return fmt::format("{} {}", refusal_of(plan.error(), RefusedAt::kChecking).exit_status, plan.error().message);
  };
  std::string line, name, text, expected;
  bool told = false;
  int cases = 0;
  const auto check = [&] {
    if (!told) return;
    ++cases;
    EXPECT_EQ(verdict(text), expected) << name << "\n" << text;
    told = false;
    text.clear();
  };
  while (std::getline(file, line)) {
    if (line.starts_with("#### ")) {
      check();
      name = line.substr(5);
      text.clear();
    } else if (line.starts_with("####> ")) {
      told = true;
      expected = line.substr(6) + " ";
    } else if (told && line.starts_with("> ")) {
      // A refusal's warnings come before it.
      if (!expected.starts_with("0 "))
        expected = expected.substr(0, 2) + line.substr(2);
      else
        expected += (expected.size() > 2 ? "\n" : "") + line.substr(2);
    } else {
      text += line + "\n";
    }
  }
  check();
  EXPECT_GT(cases, 150);
}

// RR-1, RR-2, MV-49.
TEST(Plan, TwoRings) {
  const std::string differ = "parse error in config: Interfaces multicast address/port pair must differ";
  EXPECT_EQ(plan_error(two_rings("rrp_mode: active\n", "239.255.1.2", 5407), "2.3.5"), "");
  EXPECT_EQ(plan_error(two_rings("rrp_mode: active\n", "239.255.1.1", 5405), "2.3.5"), differ);
  EXPECT_EQ(plan_error(two_rings("rrp_mode: active\n", "239.255.1.1", 5406), "2.4.6"), differ);
  EXPECT_EQ(plan_error(two_rings("rrp_mode: active\n", "239.255.1.1", 5407), "2.3.5"), "");
  EXPECT_EQ(plan_error(two_rings("rrp_mode: active\n", "239.255.1.2", 5405), "2.3.5"), "");
  EXPECT_EQ(plan_error(two_rings("rrp_mode: active\n", "239.255.1.1", 5405), "2.3.4"), "");
  EXPECT_EQ(plan_error(two_rings("", "239.255.1.2", 5407), "2.3.5"),
            "parse error in config: 2 is too many configured interfaces for the rrp_mode setting none.");
  EXPECT_EQ(plan_error(two_rings("rrp_mode: both\n", "239.255.1.2", 5407), "2.3.5"),
            "parse error in config: The RRP mode \"both\" specified is invalid.  It must be none, active, or passive.");
}

// 14.6 (b), (c), (e).
TEST(Plan, RefusedConfigurations) {
  EXPECT_EQ(plan_error("totem {\n version: 2\n}\n", "3.1.7"), "parse error in config: No interfaces defined");
  EXPECT_EQ(plan_error("totem {\n version: 1\n}\n" + nodes(2), "3.1.7"),
            "parse error in config: This totem parser can only parse version 2 configurations.");
  EXPECT_EQ(plan_error("totem {\n version: 2\n}\nnodelist {\n node {\n ring0_addr: 10.0.0.1\n }\n}\n", "3.1.7"),
            "Knet requires an explicit nodeid for the local node");
  EXPECT_EQ(
      plan_error("totem {\n version: 2\n}\nnodelist {\n node {\n ring0_addr: 10.0.0.7\n nodeid: 3\n }\n}\n", "3.1.7"),
      "parse error in config: No valid name found for local host");
  EXPECT_EQ(plan_error("totem {\n version: 2\n interface {\n bindnetaddr: 10.0.0.0\n }\n}\n", "2.4.6"),
            "parse error in config: No multicast address specified");
  EXPECT_EQ(
      plan_error("totem {\n version: 2\n interface {\n bindnetaddr: 10.0.0.0\n mcastaddr: 10.0.0.9\n }\n}\n", "2.4.6"),
      "parse error in config: mcastaddr is not a correct multicast address.");
}

// Starts of 3.1.7: a node without any address is left out; any other must have as many as the local one.
TEST(Plan, NodesWithoutAddresses) {
  const auto list = [](const std::vector<std::string>& links) {
    std::string text = "totem {\n version: 2\n}\nnodelist {\n";
    for (std::size_t i = 0; i < links.size(); ++i) {
      text += fmt::format(" node {{\n  name: n{0}\n  nodeid: {0}\n", i + 1);
      for (const char link : links[i]) text += fmt::format("  ring{0}_addr: 10.0.{0}.{1}\n", link, i + 1);
      text += " }\n";
    }
    return text + "}\n";
  };
  const std::string short_of = "parse error in config: Not all nodes have the same number of links";
  EXPECT_EQ(plan_error(list({"0", "0", ""}), "3.1.7"), "");
  EXPECT_EQ(plan_error(list({"0", "", "0"}), "3.1.7"), "");
  EXPECT_EQ(plan_error(list({"01", "01", ""}), "3.1.7"), "");
  EXPECT_EQ(plan_error(list({"01", "01", "0"}), "3.1.7"), short_of);
  EXPECT_EQ(plan_error(list({"01", "01", "1"}), "3.1.7"), short_of);
}

// Starts of 3.1.7 with each of them.
TEST(ProcessPriority, WordsAndNumbers) {
  const auto refused = [](const std::string& value, const char* corosync = "3.1.7") {
    const Profile p = profile(corosync);
    const auto conf = parse_corosync_conf("system {\n priority: " + value + "\n}\n", "c", p);
    const auto checked = check_process_priority(*conf, p);
    return checked ? "" : checked.error().text();
  };
  for (const char* good : {"", "max", "min", "19", "-20", "+5", "100", "-99"}) EXPECT_EQ(refused(good), "") << good;
  for (const char* bad : {"MAX", "0x5", "5x", "5 6", "99999999999", "huge"})
    EXPECT_EQ(refused(bad), fmt::format("c:2: Priority value {} is invalid", bad));
  EXPECT_EQ(refused("huge", "2.4.6"), "");
}

// CF-26: c=99 l=108 u=117 s=115 t=116 e=101 r=114 1=49.
TEST(Plan, DerivedMulticastAddress) {
  const Profile p = profile("3.1.7");
  const auto conf =
      parse_corosync_conf("totem {\n version: 2\n transport: udp\n cluster_name: a\n}\n" + nodes(2), "c", p);
  LocalMachine local;
  local.host_name = "n1";
  const auto plan = make_plan(*conf, totem_timers(*conf, p), local, p);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->links[0].config.multicast.text(), "239.192.0.97");
  EXPECT_EQ(plan->node_id, 1U);
}

std::string vote_error(const std::string& quorum, int count, const std::string& version = "3.1.7") {
  const Profile p = profile(version);
  const auto conf = parse_corosync_conf(nodes(count) + "quorum {\n" + quorum + "}\n", "c", p);
  const auto settings = vote_settings(*conf, count == 0 ? std::nullopt : std::optional<std::uint32_t>(1), p);
  return settings ? "" : settings.error().message;
}

// VQ-3.
TEST(VoteSettings, Checks) {
  EXPECT_EQ(vote_error("", 0), "configuration error: nodelist or quorum.expected_votes must be configured!");
  EXPECT_EQ(vote_error("two_node: 1\ndevice {\nmodel: net\n}\n", 2),
            "configuration error: two_node and quorum device cannot be configured at the same time!");
  EXPECT_EQ(vote_error("auto_tie_breaker: 1\nlast_man_standing: 1\n", 3),
            "configuration error: auto_tie_breaker & last_man_standing not available in odd sized cluster");
  EXPECT_EQ(vote_error("wait_for_all: 1\ndevice {\nmodel: net\n}\n", 4, "2.3.5"),
            "configuration error: quorum.device is not compatible with wait_for_all");
  EXPECT_EQ(vote_error("wait_for_all: 1\ndevice {\nmodel: net\n}\n", 4, "3.1.7"), "");
}

}  // namespace
}  // namespace simcluster::membership
