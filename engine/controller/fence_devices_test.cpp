// Which fence devices a node may use (CM-10.1).
#include "engine/controller/fence_devices.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace simcluster::controller {
namespace {

std::vector<std::string> devices_of(std::string_view node, std::string_view resources, std::string_view constraints,
                                    std::string_view options = "", std::string_view status = "") {
  const std::string text = fmt::format(
      "<cib><configuration><crm_config>{}</crm_config><nodes>"
      "<node id=\"1\" uname=\"node1\"><instance_attributes id=\"n1\">"
      "<nvpair id=\"n1-site\" name=\"site\" value=\"east\"/></instance_attributes></node>"
      "<node id=\"2\" uname=\"node2\"/></nodes><resources>{}</resources><constraints>{}</constraints></configuration>"
      "<status>{}</status></cib>",
      options, resources, constraints, status);
  const auto document = cib::parse_document(text, "test");
  EXPECT_TRUE(document) << document.error().text();
  const cib::Element root = document->root();
  std::vector<std::string> ids;
  for (const fencer::Device& device :
       usable_devices(root.first_child("configuration"), root.first_child("status"), node, Time{}))
    ids.push_back(device.id);
  return ids;
}

constexpr std::string_view kOne = R"(<primitive id="f" class="stonith" type="fence_vbox"/>)";

TEST(FenceDevices, LocationOfTheNode) {
  constexpr std::string_view kNotOnNode1 = R"(<rsc_location id="l" rsc="f" node="node1" score="-1"/>)";
  EXPECT_THAT(devices_of("node1", kOne, ""), testing::ElementsAre("f"));
  EXPECT_THAT(devices_of("node1", kOne, kNotOnNode1), testing::IsEmpty());
  EXPECT_THAT(devices_of("NODE1", kOne, kNotOnNode1), testing::IsEmpty());
  EXPECT_THAT(devices_of("node2", kOne, kNotOnNode1), testing::ElementsAre("f"));
}

TEST(FenceDevices, ScoresAddUp) {
  EXPECT_THAT(devices_of("node1", kOne,
                         R"(<rsc_location id="l" rsc="f" node="node1" score="-10"/>
                            <rsc_location id="m" rsc="f" node="node1" score="20"/>)"),
              testing::ElementsAre("f"));
  EXPECT_THAT(devices_of("node1", kOne,
                         R"(<rsc_location id="l" rsc="f" node="node1" score="-INFINITY"/>
                            <rsc_location id="m" rsc="f" node="node1" score="INFINITY"/>)"),
              testing::IsEmpty());
}

TEST(FenceDevices, RulesOfLocations) {
  constexpr std::string_view kRule = R"(<rsc_location id="l" rsc="f"><rule id="r" score="-INFINITY">
      <expression id="e" attribute="site" operation="eq" value="east"/></rule></rsc_location>)";
  EXPECT_THAT(devices_of("node1", kOne, kRule), testing::IsEmpty());
  EXPECT_THAT(devices_of("node2", kOne, kRule), testing::ElementsAre("f"));
}

TEST(FenceDevices, TransientAttributesCountInRules) {
  constexpr std::string_view kRule = R"(<rsc_location id="l" rsc="f"><rule id="r" score="-INFINITY">
      <expression id="e" attribute="pingd" operation="not_defined"/></rule></rsc_location>)";
  constexpr std::string_view kStatus = R"(<node_state id="1" uname="node1"><transient_attributes id="1">
      <instance_attributes id="s"><nvpair id="s-p" name="pingd" value="100"/></instance_attributes>
      </transient_attributes></node_state>)";
  EXPECT_THAT(devices_of("node1", kOne, kRule, "", kStatus), testing::ElementsAre("f"));
  EXPECT_THAT(devices_of("node2", kOne, kRule, "", kStatus), testing::IsEmpty());
}

TEST(FenceDevices, AGroupsScoreCountsForItsMembers) {
  constexpr std::string_view kGroup = R"(<group id="g"><primitive id="f" class="stonith" type="fence_vbox"/>
      <primitive id="h" class="stonith" type="fence_vbox"/></group>)";
  constexpr std::string_view kNotOnNode1 = R"(<rsc_location id="l" rsc="g" node="node1" score="-INFINITY"/>)";
  EXPECT_THAT(devices_of("node1", kGroup, kNotOnNode1), testing::IsEmpty());
  EXPECT_THAT(devices_of("node2", kGroup, kNotOnNode1), testing::ElementsAre("f", "h"));
}

TEST(FenceDevices, DisabledOnesAreNotUsed) {
  constexpr std::string_view kStopped = R"(<group id="g"><meta_attributes id="m">
      <nvpair id="m-t" name="target-role" value="stopped"/></meta_attributes>
      <primitive id="f" class="stonith" type="fence_vbox"/></group>)";
  EXPECT_THAT(devices_of("node1", kStopped, ""), testing::IsEmpty());
}

TEST(FenceDevices, PatternsAndAsymmetricClusters) {
  constexpr std::string_view kPattern = R"(<rsc_location id="l" rsc-pattern="^f" node="node1" score="-INFINITY"/>)";
  EXPECT_THAT(devices_of("node1", kOne, kPattern), testing::IsEmpty());
  constexpr std::string_view kAsymmetric = R"(<cluster_property_set id="o">
      <nvpair id="o-s" name="symmetric-cluster" value="false"/></cluster_property_set>)";
  constexpr std::string_view kOnNode1 = R"(<rsc_location id="l" rsc="f" node="node1" score="0"/>)";
  EXPECT_THAT(devices_of("node1", kOne, kOnNode1, kAsymmetric), testing::ElementsAre("f"));
  EXPECT_THAT(devices_of("node2", kOne, kOnNode1, kAsymmetric), testing::IsEmpty());
}

}  // namespace
}  // namespace simcluster::controller
