#include "commands/pending_actions.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/cib/document.h"

namespace simcluster::commands {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One node with a resource, and these operations in its history.
cib::Document cib_with(const std::string& operations) {
  return cib::parse_document(
             fmt::format(
                 "<cib validate-with=\"pacemaker-3.9\" admin_epoch=\"0\" epoch=\"1\" num_updates=\"0\" "
                 "have-quorum=\"1\" "
                 "dc-uuid=\"1\"><configuration><crm_config><cluster_property_set id=\"o\"><nvpair id=\"o1\" "
                 "name=\"stonith-enabled\" value=\"false\"/></cluster_property_set></crm_config><nodes><node id=\"1\" "
                 "uname=\"node1\"/></nodes><resources><primitive id=\"d\" class=\"ocf\" provider=\"pacemaker\" "
                 "type=\"Dummy\"><operations><op id=\"d-m\" name=\"monitor\" "
                 "interval=\"60s\"/></operations></primitive>"
                 "</resources><constraints/></configuration><status><node_state id=\"1\" uname=\"node1\" "
                 "in_ccm=\"true\" "
                 "crmd=\"online\" join=\"member\" expected=\"member\"><lrm id=\"1\"><lrm_resources><lrm_resource "
                 "id=\"d\" "
                 "class=\"ocf\" provider=\"pacemaker\" "
                 "type=\"Dummy\">{}</lrm_resource></lrm_resources></lrm></node_state>"
                 "</status></cib>",
                 operations),
             "test")
      .value();
}

// With the digests of a resource without parameters, and of its monitor with the default time-out.
std::string operation(const char* id, const char* name, int interval, int rc, int status) {
  const bool recurring = interval != 0;
  return fmt::format(
      "<lrm_rsc_op id=\"d_{0}\" operation_key=\"d_{1}_{2}\" operation=\"{1}\" crm_feature_set=\"3.16.1\" "
      "transition-key=\"1:1:0:u\" transition-magic=\"{4}:{3};1:1:0:u\" op-digest=\"{6}\" call-id=\"{5}\" "
      "rc-code=\"{3}\" op-status=\"{4}\" interval=\"{2}\"/>",
      id, name, interval, rc, status,
      status < 0  ? -1
      : recurring ? 6
                  : 5,
      recurring ? "4811cef7f7f94e3a35a70be7916cb2fd" : "f2317cad3d54cec5d7d7aa7d0bf35cf8");
}

std::vector<std::string> pending(const cib::Document& cib) {
  StackVersions versions;
  versions.pacemaker = "2.1.5";
  return pending_actions(cib, make_profile(std::move(versions)).value(), 1'700'000'000, true);
}

// In the words and the order of crm_resource 2.1.5.
TEST(PendingActions, WhatTheSchedulerWouldDo) {
  EXPECT_THAT(pending(cib_with("")), ElementsAre("Action 3: d_monitor_60000\ton node1", "Action 2: d_start_0\ton node1",
                                                 "Action 1: d_monitor_0\ton node1"));
  EXPECT_THAT(
      pending(cib_with(operation("last_0", "start", 0, 0, 0) + operation("monitor_60000", "monitor", 60000, 0, 0))),
      IsEmpty());
}

TEST(PendingActions, WhatIsUnderWay) {
  const cib::Document busy =
      cib_with(operation("last_0", "start", 0, 0, 0) + operation("monitor_60000", "monitor", 60000, -1, -1));
  EXPECT_THAT(running_operations(busy), ElementsAre("Action 0: d_monitor_60000\ton node1"));
  EXPECT_FALSE(pending(busy).empty());
}

}  // namespace
}  // namespace simcluster::commands
