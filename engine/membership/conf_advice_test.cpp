// What nobody can have meant, and Corosync 3.1.7 was seen to start with.
#include "engine/membership/conf_advice.h"

#include <string>
#include <string_view>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/membership/corosync_conf.h"

namespace simcluster::membership {
namespace {

Profile profile(const char* corosync) {
  StackVersions versions;
  versions.corosync = corosync;
  return make_profile(versions).value();
}

// "LINE: SENTENCE", a line each.
std::string advice(std::string_view text, const char* corosync = "3.1.7") {
  std::string told;
  for (const Error& error : conf_advice(text, "c", profile(corosync)))
    told += fmt::format("{}: {}\n", error.place.line, error.message);
  return told;
}

constexpr std::string_view kGood =
    "totem {\n version: 2\n cluster_name: lab\n transport: knet\n token: 3000\n crypto_cipher: aes256\n crypto_hash: "
    "sha256\n interface {\n  linknumber: 0\n  knet_ping_interval: 200\n }\n interface {\n  linknumber: 1\n  "
    "knet_transport: udp\n }\n}\n"
    "nodelist {\n node {\n  ring0_addr: 10.0.0.1\n  ring1_addr: 10.0.1.1\n  name: n1\n  nodeid: 1\n  quorum_votes: 1\n "
    "}\n node {\n  ring0_addr: 10.0.0.2\n  ring1_addr: 10.0.1.2\n  name: n2\n  nodeid: 2\n }\n}\n"
    "quorum {\n provider: corosync_votequorum\n two_node: 1\n device {\n  model: net\n  net {\n   host: q\n   "
    "algorithm: ffsplit\n  }\n  heuristics {\n   mode: on\n   exec_ping: /bin/ping q\n  }\n }\n}\n"
    "logging {\n to_syslog: yes\n timestamp: hires\n logger_subsys {\n  subsys: QUORUM\n  debug: off\n }\n}\n"
    "system {\n priority: max\n state_dir: /var/lib/corosync\n}\nresources {\n system {\n  memory_used {\n   max: 80\n "
    " "
    "}\n }\n watchdog_device: off\n}\n";

TEST(ConfAdvice, NothingToSayOfAGoodFile) {
  EXPECT_EQ(advice(kGood), "");
  EXPECT_EQ(
      advice("totem {\n version: 2\n rrp_mode: passive\n rrp_problem_count_threshold: 9\n interface {\n  "
             "ringnumber: 0\n  bindnetaddr: 10.0.0.0\n  mcastaddr: 239.1.1.1\n }\n}\nservice {\n name: pacemaker\n "
             "ver: 0\n}\n",
             "1.4.7"),
      "");
}

TEST(ConfAdvice, KeysAndSectionsThatAreNotKnown) {
  EXPECT_EQ(advice("foo: bar\ntotem {\n version: 2\n tokne: 3000\n Token: 4000\n colour: red\n interface {\n  "
                   "knet_ping_intervall: 200\n }\n}\nqourum {\n provider: corosync_votequorum\n anything: goes\n}\n"
                   "Logging {\n}\nnodelist {\n name: x\n node {\n  ring0_addr: 10.0.0.1\n  nodeId: 1\n }\n}\n"),
            "1: foo: a key outside of all sections; Corosync ignores it\n"
            "4: totem.tokne: Corosync knows no such key and ignores it; did you mean token?\n"
            "5: totem.Token: Corosync knows no such key and ignores it; did you mean token?\n"
            "6: totem.colour: Corosync knows no such key and ignores it\n"
            "8: totem.interface.knet_ping_intervall: Corosync knows no such key and ignores it; did you mean "
            "knet_ping_interval?\n"
            "11: qourum: Corosync knows no such section and ignores it; did you mean quorum?\n"
            "15: Logging: Corosync knows no such section and ignores it; did you mean logging?\n"
            "18: nodelist.name: Corosync knows no such key and ignores it\n"
            "21: nodelist.node.nodeId: Corosync knows no such key and ignores it; did you mean nodeid?\n");
}

TEST(ConfAdvice, WhatOtherReleasesKnow) {
  EXPECT_EQ(advice("totem {\n version: 2\n rrp_mode: active\n}\nservice {\n ver: 1\n}\n"),
            "3: totem.rrp_mode: Corosync knows no such key and ignores it\n"
            "5: service: Corosync knows no such section and ignores it\n");
  EXPECT_EQ(advice("totem {\n version: 2\n link_mode: active\n knet_mtu: 1400\n}\n", "2.4.6"),
            "3: totem.link_mode: Corosync knows no such key and ignores it\n"
            "4: totem.knet_mtu: Corosync knows no such key and ignores it; did you mean netmtu?\n");
}

// CF-7
TEST(ConfAdvice, WhatIsGivenTwice) {
  EXPECT_EQ(advice("totem {\n version: 2\n token: 3000\n token: 4000\n}\ntotem {\n token: 5000\n}\n"),
            "4: totem.token: given before in line 3; Corosync takes this one\n"
            "7: totem.token: given before in line 4; Corosync takes this one\n");
  EXPECT_EQ(
      advice("nodelist {\n node {\n  ring0_addr: 10.0.0.1\n  name: a\n }\n node {\n  ring0_addr: 10.0.0.1\n  name: "
             "a\n }\n}\n"),
      "7: nodelist.node.ring0_addr: 10.0.0.1 is that of the node in line 2, too\n"
      "8: nodelist.node.name: a is that of the node in line 2, too\n");
}

TEST(ConfAdvice, ValuesThatNobodyLooksAt) {
  EXPECT_EQ(
      advice("totem {\n version: 2\n secauth: maybe\n block_unlisted_ips: off\n}\nquorum {\n two_node: 2\n}\nlogging "
             "{\n logger_subsys {\n  subsys: QURUM\n }\n}\n"),
      "3: totem.secauth: \"maybe\" is neither on nor off; Corosync takes it without a word\n"
      "4: totem.block_unlisted_ips: \"off\" is neither yes nor no; Corosync takes it without a word\n"
      "7: quorum.two_node: \"2\" is neither 0 nor 1; Corosync takes it without a word\n"
      "11: logging.logger_subsys.subsys: Corosync has no subsystem QURUM; did you mean QUORUM?\n");
}

TEST(ConfAdvice, ANodeWithoutAnAddress) {
  EXPECT_EQ(advice("nodelist {\n node {\n  ring_addr: 10.0.0.1\n  nodeid: 1\n }\n}\n"),
            "2: nodelist.node: no ringX_addr; Corosync leaves the node out\n"
            "3: nodelist.node.ring_addr: Corosync knows no such key and ignores it; did you mean ring0_addr?\n");
}

TEST(ConfAdvice, ConsensusBelowItsLeast) {
  EXPECT_EQ(advice("totem {\n version: 2\n token: 3000\n consensus: 3500\n}\n"),
            "4: totem.consensus: 3500 ms is less than 1.2 times the token time-out (3600 ms)\n");
  EXPECT_EQ(advice("totem {\n version: 2\n token: 3000\n consensus: 3600\n}\n"), "");
}

}  // namespace
}  // namespace simcluster::membership
