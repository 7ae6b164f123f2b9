#include "engine/controller/messages.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/controller/cib_request.h"
#include "engine/controller/transition_key.h"

namespace simcluster::controller {
namespace {

Message sample() {
  Message message;
  message.task = Task::kLrmInvoke;
  message.from_name = "node1";
  message.feature_set = "3.0.1";
  message.to = ClusterNodeId(7);
  message.lrm.resource = "vip01";
  message.lrm.agent = {"ocf", "heartbeat", "IPaddr2"};
  message.lrm.action = "monitor";
  message.lrm.interval = seconds(10);
  message.lrm.parameters = {{"ip", "192.168.4.200"}, {"nic", "bond0"}};
  message.lrm.transition_key = "5:2:0:be2e97d9-05e2-439d-863e-48f7aecab2aa";
  return message;
}

TEST(Messages, RoundTrip) {
  const Message before = sample();
  const auto after = decode(encode(before));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->task, Task::kLrmInvoke);
  EXPECT_EQ(after->to, ClusterNodeId(7));
  EXPECT_EQ(after->lrm.parameters, before.lrm.parameters);
  EXPECT_EQ(after->lrm.interval, seconds(10));
  EXPECT_EQ(after->lrm.transition_key, before.lrm.transition_key);
}

// A cut message is no message, wherever it was cut.
TEST(Messages, CutMessagesAreRefused) {
  const std::vector<std::byte> bytes = encode(sample());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode(std::span(bytes).first(length))) << length;
  }
  std::vector<std::byte> longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(decode(longer));
}

// Wrong bytes may give another message or none, but never reading outside or running away with memory.
TEST(Messages, CorruptedMessagesAreHarmless) {
  Random random(1, "corruption");
  const std::vector<std::byte> bytes = encode(sample());
  CibRequest request;
  request.merge({step("status"), step("node_state", "1")}, std::string("<lrm id=\"1\"/>"));
  const std::vector<std::byte> cib_bytes = encode(request);
  for (int i = 0; i < 2000; ++i) {
    for (std::vector<std::byte> wrong : {bytes, cib_bytes}) {
      wrong[random.below(wrong.size())] = static_cast<std::byte>(random.below(256));
      static_cast<void>(decode(wrong));
      static_cast<void>(decode_cib_request(wrong));
    }
  }
  SUCCEED();
}

// CM-1.5
TEST(TransitionKeys, TextAndBack) {
  const auto key = parse_transition_key("9:2:7:be2e97d9-05e2-439d-863e-48f7aecab2aa");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->action, 9);
  EXPECT_EQ(key->transition, 2);
  EXPECT_EQ(key->target_rc, 7);
  EXPECT_EQ(key->text(), "9:2:7:be2e97d9-05e2-439d-863e-48f7aecab2aa");
  EXPECT_FALSE(parse_transition_key("9:2:be2e97d9-05e2-439d-863e-48f7aecab2aa"));
  EXPECT_FALSE(parse_transition_key("9:2:7:short"));
  Random random(1, "uuid");
  EXPECT_EQ(make_uuid(random).size(), 36U);
}

}  // namespace
}  // namespace simcluster::controller
