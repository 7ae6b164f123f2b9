#include "engine/cib/upgrade.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/cib/validate.h"

namespace simcluster::cib {
namespace {

struct Parts {
  std::string_view schema = "pacemaker-3.10";
  std::string_view properties = "";
  std::string_view nodes = "";
  std::string_view resources = "";
  std::string_view constraints = "";
  std::string_view more = "";
};

std::string text_of(const Parts& parts) {
  const auto section = [](std::string_view name, std::string_view content) {
    return "<" + std::string(name) + ">" + std::string(content) + "</" + std::string(name) + ">";
  };
  return "<cib validate-with='" + std::string(parts.schema) +
         "' admin_epoch='0' epoch='0' num_updates='0'><configuration>" + section("crm_config", parts.properties) +
         section("nodes", parts.nodes) + section("resources", parts.resources) +
         section("constraints", parts.constraints) + std::string(parts.more) + "</configuration><status/></cib>";
}

// One section of the upgraded document.
std::string upgraded(const Parts& parts, std::string_view section) {
  auto document = parse_document(text_of(parts), "u.xml");
  EXPECT_TRUE(document) << document.error().text();
  const UpgradeResult result = upgrade(*document);
  if (result.outcome != UpgradeOutcome::kValid) return result.errors[0].text() + "\n" + result.summary;
  EXPECT_EQ(document->root().value("validate-with"), kNewestSchema);
  EXPECT_TRUE(validate(*document, Schema::k4).empty());
  return write_compact(document->find_path("configuration").first_child(section));
}

constexpr std::string_view kDummy = "<primitive id='a' class='ocf' provider='p' type='t'/>";
constexpr std::string_view kDummyOut = "<primitive id=\"a\" class=\"ocf\" provider=\"p\" type=\"t\"/>";

UpgradeResult result_of(const std::string& text) {
  auto document = parse_document(text, "u.xml");
  EXPECT_TRUE(document);
  const std::string before = write_document(*document);
  const UpgradeResult result = upgrade(*document);
  EXPECT_EQ(write_document(*document) == before, !result.changed);
  return result;
}

// S1 C-1.4, C-1.7
TEST(Upgrade, Outcomes) {
  EXPECT_EQ(result_of("<cib/>").outcome, UpgradeOutcome::kUnknownSchema);
  EXPECT_EQ(result_of("<x validate-with='none'/>").outcome, UpgradeOutcome::kUnknownSchema);
  EXPECT_EQ(result_of(text_of({.schema = "pacemaker-9.9"})).outcome, UpgradeOutcome::kUnknownSchema);
  EXPECT_EQ(result_of(text_of({.schema = "none", .resources = "<banana/>"})).outcome, UpgradeOutcome::kValid);
  EXPECT_EQ(result_of(text_of({.schema = "pacemaker-4.0"})).outcome, UpgradeOutcome::kValid);
  EXPECT_EQ(result_of(text_of({.schema = "pacemaker-4.0", .resources = "<banana/>"})).outcome,
            UpgradeOutcome::kInvalid);
  const UpgradeResult invalid = result_of(text_of({.schema = "pacemaker-2.5", .resources = "<banana/>"}));
  EXPECT_EQ(invalid.outcome, UpgradeOutcome::kInvalid);
  EXPECT_EQ(
      invalid.summary,
      "Cannot upgrade configuration (claiming pacemaker-2.5 schema) to at least pacemaker-4.0 because it does not "
      "validate with any schema from pacemaker-2.5 to the latest");
}

// S1 C-1.7: every generation from 1.0 on is known by its exact name, and ends as the newest.
TEST(Upgrade, Generations) {
  std::vector<std::string> known = {"pacemaker-1.0", "pacemaker-1.2", "pacemaker-1.3", "pacemaker-4.0"};
  for (int i = 0; i <= 10; ++i) {
    known.push_back("pacemaker-2." + std::to_string(i));
    known.push_back("pacemaker-3." + std::to_string(i));
  }
  for (const std::string& name : known) {
    EXPECT_TRUE(is_known_schema(name)) << name;
    EXPECT_EQ(upgraded({.schema = name, .resources = kDummy}, "resources"),
              "<resources>" + std::string(kDummyOut) + "</resources>")
        << name;
  }
  for (const std::string_view name :
       {"pacemaker-0.6", "pacemaker-0.7", "transitional-0.6", "pacemaker-1.1", "pacemaker-2.11", "pacemaker-3.11",
        "pacemaker-4.1", "pacemaker-next", "Pacemaker-3.0", "pacemaker-3", "3.0", " pacemaker-3.0", ""}) {
    EXPECT_FALSE(is_known_schema(name)) << name;
    const UpgradeResult result = result_of(text_of({.schema = name, .resources = kDummy}));
    EXPECT_EQ(result.outcome, UpgradeOutcome::kUnknownSchema) << name;
    ASSERT_EQ(result.errors.size(), 1U) << name;
  }
}

// S1 C-1.8: what is valid as it stands is not converted.
TEST(Upgrade, ValidDocumentsKeepTheirShape) {
  const Parts parts = {.schema = "pacemaker-2.5",
                       .resources =
                           "<primitive id='a' class='ocf' provider='p' type='t'><meta_attributes id='m'/>"
                           "<operations/></primitive>"};
  EXPECT_EQ(upgraded(parts, "resources"),
            "<resources><primitive id=\"a\" class=\"ocf\" provider=\"p\" type=\"t\"><meta_attributes id=\"m\"/>"
            "<operations/></primitive></resources>");
}

// S1 C-1.12 steps 2 to 4
TEST(Upgrade, PropertiesTo4) {
  EXPECT_EQ(
      upgraded({.properties = "<cluster_property_set id='x' score='5'><nvpair id='1a' name='a' value='1'/>"
                              "</cluster_property_set>"},
               "crm_config"),
      "u.xml:1:145: element <nvpair> \"1a\": id is \"1a\", expected a letter or _, then letters, digits and _ . -\n"
      "Cannot upgrade configuration (claiming pacemaker-3.10 schema) to at least pacemaker-4.0 because it does not "
      "validate with any schema from pacemaker-3.10 to the latest");
  EXPECT_EQ(
      upgraded({.properties = "<cluster_property_set id='x' score='5'>"
                              "<nvpair id='n1' name='crmd-transition-delay' value='1'/>"
                              "<nvpair id='n2' name='stonith-action' value='poweroff'/>"
                              "<nvpair id='n3' name='remove-after-stop' value='true'/>"
                              "<nvpair id='n4' name='valueless'/></cluster_property_set>"
                              "<cluster_property_set id='cib-bootstrap-options'/>"},
               "crm_config"),
      "<crm_config><cluster_property_set id=\"cib-bootstrap-options\"/><cluster_property_set id=\"x\" score=\"5\">"
      "<nvpair id=\"n1\" name=\"transition-delay\" value=\"1\"/>"
      "<nvpair id=\"n2\" name=\"stonith-action\" value=\"off\"/></cluster_property_set></crm_config>");
}

constexpr std::string_view kTrigger =
    "<cluster_property_set id='x'><nvpair id='n1' name='crmd-transition-delay' value='1'/></cluster_property_set>";

TEST(Upgrade, EffectivePairsAndSortedBlocks) {
  EXPECT_EQ(
      upgraded({.properties = kTrigger,
                .resources = "<primitive id='a' class='ocf' provider='p' type='t'>"
                             "<meta_attributes id='m1'><nvpair id='p1' name='k' value='1'/>"
                             "<nvpair id='p2' name='k' value='2'/><nvpair id='p3' name='d' value='1'/>"
                             "<nvpair id='p4' name='d' value='#default'/><nvpair id='p5' name='e' value='#default'/>"
                             "<nvpair id='p6' name='e' value='3'/></meta_attributes>"
                             "<meta_attributes id='m2' score='-INFINITY'/><meta_attributes id='m3' score='INFINITY'/>"
                             "<operations/></primitive>"},
               "resources"),
      "<resources><primitive id=\"a\" class=\"ocf\" provider=\"p\" type=\"t\"><operations/>"
      "<meta_attributes id=\"m3\" score=\"INFINITY\"/>"
      "<meta_attributes id=\"m1\"><nvpair id=\"p1\" name=\"k\" value=\"1\"/>"
      "<nvpair id=\"p4\" name=\"d\" value=\"#default\"/><nvpair id=\"p6\" name=\"e\" value=\"3\"/></meta_attributes>"
      "<meta_attributes id=\"m2\" score=\"-INFINITY\"/></primitive></resources>");
}

// S1 C-1.12 step 1
TEST(Upgrade, NamedReferencesBecomePairs) {
  EXPECT_EQ(upgraded({.resources = "<primitive id='a' class='ocf' provider='p' type='t'><instance_attributes id='i'>"
                                   "<nvpair id='v' name='ip' value='1.2.3.4'/><nvpair id-ref='v' name='addr'/>"
                                   "</instance_attributes></primitive>"},
                     "resources"),
            "<resources><primitive id=\"a\" class=\"ocf\" provider=\"p\" type=\"t\"><instance_attributes id=\"i\">"
            "<nvpair id=\"v\" name=\"ip\" value=\"1.2.3.4\"/>"
            "<nvpair id=\"pcmk__3_10_upgrade-v-addr\" name=\"addr\" value=\"1.2.3.4\"/></instance_attributes>"
            "</primitive></resources>");
}

// S1 C-1.12 step 4
TEST(Upgrade, MastersBecomeClones) {
  EXPECT_EQ(upgraded({.resources = "<master id='ms'><meta_attributes id='m'/>"
                                   "<primitive id='a' class='ocf' provider='p' type='t'/></master>"},
                     "resources"),
            "<resources><clone id=\"ms\">" + std::string(kDummyOut) +
                "<meta_attributes id=\"pcmk__3_10_upgrade-promotable-legacy-ms-meta_attributes\" score=\"INFINITY\">"
                "<nvpair id=\"pcmk__3_10_upgrade-promotable-legacy-ms-meta_attributes-promotable\" name=\"promotable\" "
                "value=\"true\"/></meta_attributes><meta_attributes id=\"m\"/></clone></resources>");
}

TEST(Upgrade, PingNodesAndSplitLocations) {
  EXPECT_EQ(upgraded({.nodes = "<node id='1' uname='gw' type='ping'/>"}, "constraints"),
            "<constraints><rsc_location id=\"pcmk__3_10_upgrade-ping-node-ban-gw\" rsc-pattern=\".*\" node=\"gw\" "
            "score=\"-INFINITY\" resource-discovery=\"never\"/></constraints>");
  EXPECT_EQ(upgraded({.resources = kDummy,
                      .constraints = "<rsc_location id='l' rsc='a'><rule id='r1' score='1'><expression id='e1' "
                                     "attribute='x' operation='defined'/></rule><rule id='r2' score='2'><expression "
                                     "id='e2' attribute='y' operation='defined'/></rule></rsc_location>"},
                     "constraints"),
            "<constraints><rsc_location id=\"pcmk__3_10_upgrade-l-1\" rsc=\"a\"><rule id=\"r1\" score=\"1\">"
            "<expression id=\"e1\" attribute=\"x\" operation=\"defined\"/></rule></rsc_location>"
            "<rsc_location id=\"pcmk__3_10_upgrade-l-2\" rsc=\"a\"><rule id=\"r2\" score=\"2\">"
            "<expression id=\"e2\" attribute=\"y\" operation=\"defined\"/></rule></rsc_location></constraints>");
}

// S1 C-1.12 step 5
TEST(Upgrade, Lifetimes) {
  constexpr std::string_view kLifetime =
      "<lifetime><rule id='r' score='0'><date_expression id='d' operation='gt' start='2020-01-01'/></rule></lifetime>";
  EXPECT_EQ(
      upgraded({.resources = kDummy,
                .constraints =
                    "<rsc_location id='l' rsc='a' node='n' score='5'>" + std::string(kLifetime) + "</rsc_location>"},
               "constraints"),
      "<constraints><rsc_location id=\"l\" rsc=\"a\"><rule id=\"pcmk__3_10_upgrade-l-lifetime-and-rule\" "
      "boolean-op=\"and\"><rule id=\"r\" score=\"0\"><date_expression id=\"d\" operation=\"gt\" "
      "start=\"2020-01-01\"/></rule><rule id=\"pcmk__3_10_upgrade-l-node-score-rule\" score=\"5\">"
      "<expression id=\"pcmk__3_10_upgrade-l-node-score-expr\" attribute=\"#uname\" operation=\"eq\" value=\"n\"/>"
      "</rule></rule></rsc_location></constraints>");
  EXPECT_EQ(upgraded({.resources = kDummy,
                      .constraints = "<rsc_order id='o' first='a' then='a'>" + std::string(kLifetime) + "</rsc_order>"},
                     "constraints"),
            "<constraints><rsc_order id=\"o\" first=\"a\" then=\"a\"/></constraints>");
}

// S1 C-1.12 step 6
TEST(Upgrade, RetiredClassesTakeTheirConstraintsAlong) {
  const Parts parts = {.resources =
                           "<primitive id='n' class='nagios' type='t'/>"
                           "<group id='g'><primitive id='u' class='upstart' type='t'/></group>"
                           "<primitive id='a' class='ocf' provider='p' type='t'/>",
                       .constraints =
                           "<rsc_order id='o' first='a' then='g'/><rsc_location id='l' rsc='n' node='x' "
                           "score='1'/><rsc_colocation id='c' score='1'><resource_set id='s'>"
                           "<resource_ref id='a'/><resource_ref id='u'/></resource_set></rsc_colocation>"
                           "<rsc_ticket id='t' ticket='k'><resource_set id='s2'><resource_ref id='n'/>"
                           "</resource_set></rsc_ticket>"};
  EXPECT_EQ(upgraded(parts, "resources"), "<resources>" + std::string(kDummyOut) + "</resources>");
  EXPECT_EQ(upgraded(parts, "constraints"),
            "<constraints><rsc_colocation id=\"c\" score=\"1\"><resource_set id=\"s\"><resource_ref id=\"a\"/>"
            "</resource_set></rsc_colocation></constraints>");
}

// S1 C-1.12 step 7: the target of a reference went away with its class.
TEST(Upgrade, LostTargetsAreCopied) {
  EXPECT_EQ(upgraded({.resources = "<primitive id='n' class='nagios' type='t'><instance_attributes id='i'>"
                                   "<nvpair id='v' name='x' value='1'/></instance_attributes></primitive>"
                                   "<primitive id='a' class='ocf' provider='p' type='t'>"
                                   "<instance_attributes id-ref='i'/></primitive>"},
                     "resources"),
            "<resources><primitive id=\"a\" class=\"ocf\" provider=\"p\" type=\"t\"><instance_attributes id=\"i\">"
            "<nvpair id=\"v\" name=\"x\" value=\"1\"/></instance_attributes></primitive></resources>");
}

// S1 C-1.13
TEST(Upgrade, RetiredNamesTo3) {
  const Parts parts = {.schema = "pacemaker-2.3",
                       .properties =
                           "<cluster_property_set id='x'><nvpair id='n1' name='stonith_enabled' value='true'/>"
                           "<nvpair id='n2' name='default-resource-stickiness' value='7'/>"
                           "<nvpair id='n3' name='expected-quorum-votes' value='2'/></cluster_property_set>",
                       .nodes = "<node id='1' uname='n' type='normal'/>",
                       .resources =
                           "<primitive id='f' class='stonith' type='t'><instance_attributes id='i'>"
                           "<nvpair id='p1' name='pcmk_off_cmd' value='x'/>"
                           "<nvpair id='p2' name='pcmk_arg_map' value='port:plug'/></instance_attributes>"
                           "<operations><op id='o' name='start' interval='0' requires='nothing'/></operations>"
                           "</primitive>"};
  EXPECT_EQ(upgraded(parts, "crm_config"),
            "<crm_config><cluster_property_set id=\"x\"><nvpair id=\"n1\" name=\"stonith-enabled\" value=\"true\"/>"
            "</cluster_property_set></crm_config>");
  EXPECT_EQ(upgraded(parts, "rsc_defaults"),
            "<rsc_defaults><meta_attributes id=\"rsc_defaults-meta_attributes\">"
            "<nvpair id=\"rsc_defaults-meta_attributes-resource-stickiness\" name=\"resource-stickiness\" value=\"7\"/>"
            "</meta_attributes></rsc_defaults>");
  EXPECT_EQ(upgraded(parts, "nodes"), "<nodes><node id=\"1\" uname=\"n\" type=\"member\"/></nodes>");
  EXPECT_EQ(upgraded(parts, "resources"),
            "<resources><primitive id=\"f\" class=\"stonith\" type=\"t\"><instance_attributes id=\"i\">"
            "<nvpair id=\"p1\" name=\"pcmk_off_action\" value=\"x\"/>"
            "<nvpair id=\"p2\" name=\"pcmk_host_argument\" value=\"plug\"/></instance_attributes>"
            "<operations><op id=\"o\" name=\"start\" interval=\"0\"/></operations><meta_attributes "
            "id=\"f-meta_attributes\"><nvpair id=\"f-meta_attributes-requires\" name=\"requires\" value=\"nothing\"/>"
            "</meta_attributes></primitive></resources>");
}

// S1 C-1.14
TEST(Upgrade, AccessControlLists) {
  EXPECT_EQ(upgraded({.schema = "pacemaker-1.2",
                      .more = "<acls><acl_role id='ro'><read id='p1' xpath='/cib'/></acl_role><acl_user id='u'>"
                              "<role_ref id='ro'/></acl_user></acls>"},
                     "acls"),
            "<acls><acl_role id=\"ro\"><acl_permission id=\"p1\" xpath=\"/cib\" kind=\"read\"/></acl_role>"
            "<acl_target id=\"u\"><role id=\"ro\"/></acl_target></acls>");
}

}  // namespace
}  // namespace simcluster::cib
