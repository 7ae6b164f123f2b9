// As crmsh 4.4 beside Pacemaker 2.1.5 (black-box runs).
#include "engine/node/operator_timeouts.h"

#include <gtest/gtest.h>

#include "engine/cib/crm_shell.h"

namespace simcluster::node {
namespace {

class OperatorTimeoutsTest : public ::testing::Test {
 protected:
  OperatorTimeoutsTest() {
    StackVersions versions;
    versions.pacemaker = "2.1.5";
    versions.resource_agents = "4.12";
    profile = make_profile(versions).value();
    auto parsed = cib::parse_crm_shell(
        "rsc_template t Dummy op monitor interval=9\n"
        "primitive a Dummy op monitor interval=10s timeout=5s op start interval=0 timeout=100 "
        "op monitor interval=11s role=Slave op reload interval=0\n"
        "primitive b ocf:pacemaker:Stateful op promote\n"
        "primitive c @t op stop interval=0 timeout=5\n"
        "primitive e ocf:heartbeat:nosuch\n"
        "group g a\n",
        "base.crm");
    EXPECT_TRUE(parsed) << parsed.error().text();
    cib = std::move(*parsed);
  }
  std::string said(const std::vector<std::string_view>& ids) {
    const TimeoutReport report = set_default_timeouts(cib, ids, profile, {});
    return report.text + (report.failed ? "failed" : "");
  }
  std::string operations(std::string_view id) const {
    std::string text;
    for (const cib::Element op : cib.find_id(id).first_child("operations").children()) text += cib::write_compact(op);
    return text;
  }

  Profile profile;
  cib::Document cib;
};

TEST_F(OperatorTimeoutsTest, AdviceReplacesWhatIsThere) {
  EXPECT_EQ(said({"a"}), "");
  EXPECT_EQ(operations("a"),
            "<op name=\"monitor\" interval=\"10s\" timeout=\"20s\" id=\"a-monitor-10s\"/>"
            "<op name=\"start\" interval=\"0\" timeout=\"20s\" id=\"a-start-0\"/>"
            "<op name=\"monitor\" interval=\"11s\" role=\"Slave\" id=\"a-monitor-11s\"/>"
            "<op name=\"reload\" interval=\"0\" id=\"a-reload-0\"/>"
            "<op name=\"stop\" timeout=\"20s\" interval=\"0\" id=\"a-stop-0\"/>");
}

TEST_F(OperatorTimeoutsTest, StartAndStopAreAdded) {
  EXPECT_EQ(said({"b", "c"}), "");
  EXPECT_EQ(operations("b"),
            "<op name=\"promote\" interval=\"0\" id=\"b-promote-0\"/>"
            "<op name=\"start\" timeout=\"20s\" interval=\"0\" id=\"b-start-0\"/>"
            "<op name=\"stop\" timeout=\"20s\" interval=\"0\" id=\"b-stop-0\"/>");
  EXPECT_EQ(operations("c"),
            "<op name=\"stop\" interval=\"0\" timeout=\"5\" id=\"c-stop-0\"/>"
            "<op name=\"start\" timeout=\"20s\" interval=\"0\" id=\"c-start-0\"/>");
}

TEST_F(OperatorTimeoutsTest, WhatHasNoTimeouts) {
  EXPECT_EQ(said({"g"}), "WARNING: element g is not a primitive\nfailed");
  EXPECT_EQ(said({"nosuch", "b"}), "ERROR: object nosuch does not exist\nfailed");
  EXPECT_NE(operations("b").find("b-start-0"), std::string::npos);
  EXPECT_EQ(said({"e"}),
            "ERROR: ocf:heartbeat:nosuch: got no meta-data, does this RA exist?\n"
            "ERROR: ocf:heartbeat:nosuch: no resource agent found for e\n");
}

}  // namespace
}  // namespace simcluster::node
