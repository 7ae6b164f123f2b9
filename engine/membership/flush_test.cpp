// What waits in the sockets when a token comes: it is processed first, all but JOINs and LEAVEs (M 5.9 step 4, SRP-5.4,
// V-6).
#include "engine/membership/testing_vectors.h"

namespace simcluster::membership {
namespace {

using vectors::conf;
using vectors::Net;

constexpr std::string_view kThrownAway = "JOIN or LEAVE message was thrown away during flush operation.";
constexpr std::string_view kDiscarded = "Discarding LEAVE message during flush, nodeid=";
constexpr std::string_view kNotSeen = "Failed to receive the leave message.";

// Node 2 stops; node 3 stands still for a moment, and when it goes on the LEAVE waits behind a token.
class Flush : public testing::Test {
 protected:
  void run(const std::string& version) {
    net.emplace(3, conf(3, "", "token: 2000\n"), version);
    net->boot();
    net->clear_logs();
    net->stop(2);
    for (int i = 0; i < 25; ++i) step();  // the LEAVE comes 330 ms after the order to stop
    net->pause(3);
    for (int i = 0; i < 20; ++i) step();
    net->resume(3);
    net->time_until({{1, 3}});
    net->run_for(seconds(1));
    EXPECT_EQ(net->clients[1].order, net->clients[3].order);
    EXPECT_EQ(net->count_logs(3, "Process pause detected"), 0U);
    EXPECT_EQ(net->count_logs(1, kNotSeen), 0U);
  }
  void step() {
    net->send(1, 100);
    net->run_for(milliseconds(10));
  }
  std::optional<Net> net;
};

TEST_F(Flush, LeaveIsDiscardedButRemembered) {
  run("3.1.7");
  EXPECT_EQ(net->count_logs(3, std::string(kDiscarded) + "2"), 1U);
  EXPECT_EQ(net->count_logs(3, kNotSeen), 0U);
}

TEST_F(Flush, LeaveIsThrownAwayAndMissed) {  // M 12.7: the "failure" lines when a system shuts down
  run("2.3.5");
  EXPECT_GE(net->count_logs(3, kThrownAway), 1U);  // and the JOINs that followed it
  EXPECT_EQ(net->count_logs(3, kNotSeen), 1U);
}

TEST_F(Flush, LeaveIsThrownAwaySilently) {
  run("2.3.4");
  EXPECT_EQ(net->count_logs(3, kThrownAway), 0U);
  EXPECT_EQ(net->count_logs(3, kDiscarded), 0U);
}

}  // namespace
}  // namespace simcluster::membership
