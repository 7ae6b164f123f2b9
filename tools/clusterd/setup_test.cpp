// What clusterd --check tells of a node's setup.
#include "tools/clusterd/setup.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace simcluster::clusterd {
namespace {

class SetupTest : public ::testing::Test {
 protected:
  SetupTest() : directory_(std::filesystem::temp_directory_path() / fmt::format("setup_{}", getpid())) {
    std::filesystem::create_directories(directory_ / "state");
    write("authkey", std::string(256, 'k'));
    std::filesystem::permissions(directory_ / "authkey", std::filesystem::perms::owner_read);
    write("corosync.conf", conf("secauth: on\n"));
  }
  ~SetupTest() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& name, std::string_view text) const {
    std::filesystem::remove(directory_ / name);
    std::ofstream(directory_ / name) << text;
  }
  static std::string conf(std::string_view totem) {
    return fmt::format(
        "totem {{\nversion: 2\ntransport: knet\n{}}}\nnodelist {{\nnode {{\nname: me\nnodeid: 1\nring0_addr: "
        "127.0.0.1\n"
        "}}\nnode {{\nname: other\nnodeid: 2\nring0_addr: 127.0.0.2\n}}\n}}\n"
        "quorum {{\nprovider: corosync_votequorum\n}}\n",
        totem);
  }
  // Problems, then warnings that are about files of this test, a line each.
  std::string check(std::string_view more = "", Look look = Look::kEverything) const {
    write("clusterd.conf",
          fmt::format("node_name = me\ncorosync_conf = {0}/corosync.conf\nauthkey = {0}/authkey\ncib = {0}/cib.xml\n"
                      "state_directory = {0}/state\ncontrol_socket = {0}/socket\ncontrol_group = root\n{1}",
                      directory_.string(), more));
    const SetupReport report = read_setup(directory_ / "clusterd.conf", true, look);
    std::string text;
    for (const std::string& problem : report.problems) text += problem + "\n";
    for (const std::string& warning : report.warnings)
      if (warning.find(directory_.string()) != std::string::npos) text += "warning: " + warning + "\n";
    for (auto at = text.find(directory_.string()); at != std::string::npos; at = text.find(directory_.string()))
      text.erase(at, directory_.string().size() + 1);
    return text;
  }

  std::filesystem::path directory_;
};

TEST_F(SetupTest, NothingToSayOfAGoodOne) { EXPECT_EQ(check(), ""); }

TEST_F(SetupTest, TheKey) {
  write("authkey", "short");
  EXPECT_EQ(check(),
            "authkey: the key has 5 bytes; expected at least 128 (corosync-keygen makes one)\n"
            "warning: authkey: others may read the key; expected mode 0400\n");
  write("corosync.conf", conf(""));
  EXPECT_EQ(check(),
            "corosync.conf: neither secauth nor crypto_hash is on; everybody on the network can join (expected "
            "crypto_cipher and crypto_hash, and a key by corosync-keygen, or allow_unauthenticated = yes in "
            "clusterd.conf)\n");
  EXPECT_EQ(check("allow_unauthenticated = yes\n"),
            "warning: corosync.conf: neither secauth nor crypto_hash is on; everybody on the network can join\n");
}

TEST_F(SetupTest, TransportsWithoutAKey) {
  std::string udpu = conf("");
  udpu.replace(udpu.find("knet"), 4, "udpu");
  write("corosync.conf", udpu);
  EXPECT_EQ(check(),
            "corosync.conf: transport udp and udpu have no key; everybody on the network can join (expected transport "
            "knet with a key, or allow_unauthenticated = yes in clusterd.conf)\n");
  EXPECT_EQ(check("allow_unauthenticated = yes\n"),
            "warning: corosync.conf: transport udp and udpu have no key; everybody on the network can join\n");
}

// CR-2, CF-12: what Corosync itself would refuse.
TEST_F(SetupTest, CorosyncConf) {
  write("corosync.conf", conf("crypto_cipher: aes256\ncrypto_hash: none\n"));
  EXPECT_NE(check().find("crypto_cipher requires crypto_hash with value other than none"), std::string::npos)
      << check();
  write("corosync.conf", conf("secauth: on\nlink_mode: sideways\n"));
  EXPECT_NE(check().find("The Knet link mode \"sideways\" specified is invalid"), std::string::npos) << check();
}

// What it starts with, and does not do.
TEST_F(SetupTest, WhatCorosyncIgnores) {
  std::string text = conf("secauth: on\ntokne: 3000\nblock_unlisted_ips: perhaps\n");
  write("corosync.conf", text);
  EXPECT_EQ(check(),
            "warning: corosync.conf:5: totem.tokne: Corosync knows no such key and ignores it; did you mean token?\n"
            "warning: corosync.conf:6: totem.block_unlisted_ips: \"perhaps\" is neither yes nor no; Corosync takes it "
            "without a word\n");
}

// With what it ends when it starts its services and threads, which "corosync -t" does not look at.
TEST_F(SetupTest, WhatCorosyncEndsWithLater) {
  std::string text = conf("secauth: on\n");
  text.replace(text.find("corosync_votequorum"), 19, "votequorum");
  write("corosync.conf", text);
  EXPECT_EQ(check(), "corosync.conf:19: unknown quorum provider \"votequorum\"; expected corosync_votequorum\n");
  write("corosync.conf", conf("secauth: on\n") + "quorum {\ntwo_node: 1\ndevice {\nmodel: net\n}\n}\n");
  EXPECT_NE(check().find("corosync.conf:19: corosync_votequorum: configuration error: two_node and quorum device"),
            std::string::npos)
      << check();
  write("corosync.conf", conf("secauth: on\n") + "system {\npriority: urgent\n}\n");
  EXPECT_EQ(check(), "corosync.conf:22: Priority value urgent is invalid\n");
  write("corosync.conf", conf("secauth: on\ntoken: 10\n"));
  EXPECT_EQ(check(), "corosync.conf:5: The token timeout parameter (10 ms) may not be less than (30 ms).\n");
}

TEST_F(SetupTest, UsersOfCorosync) {
  write("corosync.conf", conf("secauth: on\n") +
                             "uidgid {\nuid: root\ngid: 12345\n}\nuidgid {\nuid: no-such-user\ngid: "
                             "no-such-group\n}\n");
  EXPECT_EQ(check(),
            "corosync.conf:26: The 'no-such-user' user is not found in /etc/passwd, please read the documentation.\n"
            "corosync.conf:27: The 'no-such-group' group is not found in /etc/group, please read the documentation.\n");
}

// Everything at once, each with the place to look at.
TEST_F(SetupTest, FileAndLine) {
  write("corosync.conf", conf("secauth: on\ntoken: soon\n"));
  write("authkey", "short");
  write("cib.xml",
        "<cib validate-with=\"pacemaker-3.9\" epoch=\"1\" num_updates=\"0\" admin_epoch=\"0\"><configuration>\n"
        "<crm_config/><nodes/><resources>\n<primitive id=\"a\" clas=\"ocf\"/>\n<bundle id=\"b\"/>\n"
        "</resources><constraints/></configuration><status/></cib>");
  const std::string told = check("colour = red\nlog = paper\n");
  for (const char* sentence :
       {"clusterd.conf:8:1: unknown key \"colour\"", "clusterd.conf:9:1: \"paper\" is no value for log",
        "corosync.conf:5: Value of key \"totem.token\" is expected to be integer",
        "cib.xml:3:", "cib.xml:4:1: bundle b"})
    EXPECT_NE(told.find(sentence), std::string::npos) << sentence << "\n" << told;
  write("corosync.conf", conf("secauth: on\ntransport: pigeon\n"));
  EXPECT_NE(check().find("corosync.conf:5: Invalid transport type"), std::string::npos) << check();
  std::string third = conf("secauth: on\n");
  third.replace(third.find("version: 2"), 10, "version: 3");
  write("corosync.conf", third);
  EXPECT_NE(check().find("corosync.conf:2: parse error in config: This totem parser"), std::string::npos) << check();
}

TEST_F(SetupTest, EveryPlaceAtOnce) {
  EXPECT_EQ(check("state_directory = " + (directory_ / "authkey/state").string() +
                  "\nreset_command = /no/such/program\n"
                  "watchdog_device = /no/such/watchdog\nfence_directory = /no/agents\n"),
            "authkey/state: nothing can be written there (authkey)\n"
            "reset_command /no/such/program: cannot be executed\n"
            "watchdog_device /no/such/watchdog: cannot be opened\n");
}

// The start leaves it to the node, which reads it only where it has no other.
TEST_F(SetupTest, TheFirstCibIsParsedOnce) {
  write("cib.xml", "<cib><configuration>");
  EXPECT_NE(check().find("cib.xml:"), std::string::npos) << check();
  EXPECT_EQ(check("", Look::kStart), "");
}

}  // namespace
}  // namespace simcluster::clusterd
