// What crm_simulate -I adds to its input.
#include "engine/scheduler/unpacked_input.h"

#include <gtest/gtest.h>

#include "engine/scheduler/test_cib.h"

namespace simcluster::scheduler {
namespace {

using testing::TestCib;
using testing::Unpacked;

// The document with the additions; an element's attributes are asked for by id.
struct Annotated {
  Unpacked unpacked;
  cib::Document document;

  explicit Annotated(const TestCib& cib) : unpacked(cib), document(unpacked.document) {
    add_what_unpacking_adds(document, unpacked.model());
  }
  std::string_view value(std::string_view id, std::string_view name) const {
    return document.find_id(id).value(name, "(none)");
  }
};

TEST(UnpackedInput, FailedEntriesNameNodeAndResource) {  // S2 E-11.14
  const Annotated a({.resources = "<clone id=\"c\">" + TestCib::dummy("r") + "</clone>",
                     .states = TestCib::online("n1", TestCib::history("r", "start:2=0 monitor/10000:3=1")) +
                               TestCib::online("n2", TestCib::history("r", "start:2=0"))});
  EXPECT_EQ(a.value("r_monitor_10000_3", "uname"), "n1");
  EXPECT_EQ(a.value("r_monitor_10000_3", "rsc-id"), "r:0");
  EXPECT_EQ(a.value("r_start_0_2", "uname"), "(none)");
}

TEST(UnpackedInput, MaskedProbesNameTheNode) {  // S2 E-11.8: also where the failure is not recorded
  const Annotated a(
      {.resources = TestCib::dummy("r"), .states = TestCib::online("n1", TestCib::history("r", "monitor:3=5"))});
  EXPECT_EQ(a.value("r_monitor_0_3", "uname"), "n1");
}

TEST(UnpackedInput, ExpiredMonitorsGetADigest) {  // S2 E-11.7 step 4
  std::string history = TestCib::history("r", "start:2=0 monitor/10000:3=1");
  history.insert(history.find("operation_key=\"r_monitor"), R"(last-rc-change="1000" )");
  const Annotated a({.resources = TestCib::dummy("r", TestCib::meta("r", "failure-timeout=60")),
                     .states = TestCib::online("n1", history)});
  EXPECT_EQ(a.value("r_monitor_10000_3", "op-restart-digest"), "calculated-failure-timeout");
  EXPECT_EQ(a.value("r_monitor_10000_3", "uname"), "(none)");
}

TEST(UnpackedInput, GuestConnectionsAreAppended) {  // S2 N-3.6, N-3.7
  const Annotated a({.resources = TestCib::dummy("vm", TestCib::meta("vm", "remote-node=g")) + TestCib::dummy("r")});
  const cib::Element connection = a.document.find_id("g");
  ASSERT_TRUE(connection);
  EXPECT_EQ(connection.value("type"), "remote");
  EXPECT_FALSE(connection.next_sibling());
  EXPECT_EQ(a.value("g-meta_attributes-container", "value"), "vm");
}

}  // namespace
}  // namespace simcluster::scheduler
