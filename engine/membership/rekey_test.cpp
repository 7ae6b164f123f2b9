// Keys and hashes of knet's packets, and another key by a reload (M 15: CR-6; KN-16). Texts and sizes as recorded from
// Corosync 3.1.7.
#include <gtest/gtest.h>

#include "engine/membership/testing_network.h"

namespace simcluster::membership {
namespace {

std::string conf(char key, std::string_view cipher = "aes256", std::string_view hash = "sha256") {
  return "totem {\n version: 2\n cluster_name: mb\n transport: knet\n token: 1000\n crypto_cipher: " +
         std::string(cipher) + "\n crypto_hash: " + std::string(hash) + "\n key: " + std::string(200, key) + "\n}\n" +
         TestNetwork::nodelist(3) + "quorum {\n provider: corosync_votequorum\n}\nlogging {\n debug: on\n}\n";
}

class Net : public TestNetwork {
 public:
  explicit Net(const std::string& text) : TestNetwork(3, text, "3.1.7") {
    start_all();
    run_for(seconds(8));
  }
  void reload(const std::string& first, const std::string& second, const std::string& third) {
    clear_logs();
    set_conf(1, first);
    set_conf(2, second);
    set_conf(3, third);
    stack(1).run_tool("corosync-cfgtool -R");
  }
};

// CR-6: nobody notices.
TEST(Rekey, AllNodesHaveTheNewKey) {
  Net net(conf('a'));
  ASSERT_TRUE(net.settled({{1, 2, 3}}));
  const RingId ring = net.stack(1).ring();
  net.reload(conf('b'), conf('b'), conf('b'));
  net.run_for(seconds(20));
  EXPECT_EQ(net.stack(1).ring(), ring);
  for (const std::uint32_t node : {1U, 2U, 3U}) {
    EXPECT_EQ(net.count_logs(node, "[TOTEM ] kronosnet crypto reconfigured on index 2: nss/aes256/sha256"), 1U);
    EXPECT_EQ(net.count_logs(node, "[CFG   ] Crypto reconfiguration phase 1"), 1U);
    EXPECT_EQ(net.count_logs(node, "[CFG   ] Crypto reconfiguration phase 2"), 1U);
    EXPECT_EQ(net.count_logs(node, "Digest does not match"), 0U);
    EXPECT_EQ(net.count_logs(node, "pmtud: Global data MTU changed to: 1397"), 1U);
  }
  // The old key is worth nothing any more, the new one is.
  net.crash(3);
  net.set_conf(3, conf('a'));
  net.start(3);
  net.run_for(seconds(10));
  EXPECT_TRUE(net.settled({{1, 2}, {3}}));
  net.crash(3);
  net.set_conf(3, conf('b'));
  net.start(3);
  net.run_for(seconds(10));
  EXPECT_TRUE(net.settled({{1, 2, 3}}));
}

// The next reload uses the first slot again.
TEST(Rekey, AgainAndWithAnotherCipher) {
  Net net(conf('a'));
  net.reload(conf('b'), conf('b'), conf('b'));
  net.run_for(seconds(2));
  net.reload(conf('b', "none", "sha512"), conf('b', "none", "sha512"), conf('b', "none", "sha512"));
  net.run_for(seconds(2));
  EXPECT_EQ(net.count_logs(2, "kronosnet crypto reconfigured on index 1: nss/none/sha512"), 1U);
  EXPECT_TRUE(net.settled({{1, 2, 3}}));
}

// As recorded: the others go over to the new key, and who has none reads nothing any more.
TEST(Rekey, WhoWasForgottenIsAlone) {
  Net net(conf('a'));
  net.reload(conf('b'), conf('b'), conf('a'));
  net.run_for(seconds(12));
  EXPECT_TRUE(net.settled({{1, 2}, {3}}));
  EXPECT_GE(net.count_logs(3, "[KNET  ] nsscrypto: Digest does not match. Check crypto key and configuration."), 1U);
}

// KN-16.
TEST(Rekey, MtuOfEncryptedLinks) {
  Net net(conf('a'));
  EXPECT_EQ(net.count_logs(1, "[KNET  ] pmtud: PMTUD link change for host: 2 link: 0 from 469 to 1397"), 1U);
  EXPECT_EQ(net.count_logs(1, "[KNET  ] pmtud: Global data MTU changed to: 1397"), 1U);
  EXPECT_EQ(net.count_logs(1, "[KNET  ] common: crypto_nss.so has been loaded from"), 1U);
}

}  // namespace
}  // namespace simcluster::membership
