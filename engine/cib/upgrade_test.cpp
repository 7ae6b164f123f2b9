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

// S1 C-1.13, measured with 2.1.5: what a start or promote requires by meta-attributes, too; an attribute counts more.
TEST(Upgrade, RequiresOfOperationsSets) {
  const auto primitive = [](std::string_view operations) {
    return upgraded({.schema = "pacemaker-2.10",
                     .resources = "<primitive id='a' class='lsb' type='t'><operations>" + std::string(operations) +
                                  "</operations></primitive>"},
                    "resources");
  };
  constexpr std::string_view kStart =
      "<op id='s' name='start' interval='0'><meta_attributes id='m' score='5'><nvpair id='r' name='requires' "
      "value='nothing'/><nvpair id='t' name='timeout' value='9s'/></meta_attributes></op>";
  constexpr std::string_view kPromote =
      "<op id='p' name='promote' interval='0'><instance_attributes id='i'><nvpair id='q' name='requires' "
      "value='quorum'/></instance_attributes></op>";
  constexpr std::string_view kStartOut =
      "<op id=\"s\" name=\"start\" interval=\"0\"><meta_attributes id=\"m\" score=\"5\"><nvpair id=\"t\" "
      "name=\"timeout\" value=\"9s\"/></meta_attributes></op>";
  EXPECT_EQ(primitive(std::string(kStart) + std::string(kPromote)),
            "<resources><primitive id=\"a\" class=\"lsb\" type=\"t\"><operations>" + std::string(kStartOut) +
                "<op id=\"p\" name=\"promote\" interval=\"0\"/></operations><meta_attributes score=\"5\" "
                "id=\"_2TO3_m\"><nvpair id=\"r\" name=\"requires\" value=\"nothing\"/></meta_attributes>"
                "</primitive></resources>");
  const std::string with_attribute =
      primitive(std::string(kStart) + "<op id='p' name='promote' interval='0' requires='fencing'/>");
  EXPECT_NE(with_attribute.find("_2TO3_p-meta-requires"), std::string::npos);
  EXPECT_EQ(with_attribute.find("_2TO3_m"), std::string::npos);
  EXPECT_EQ(primitive("<op id='m' name='monitor' interval='9'><meta_attributes id='x'><nvpair id='r' name='requires' "
                      "value='nothing'/></meta_attributes></op>")
                .find("requires"),
            std::string::npos);
}

// S1 C-1.13: the pipeline runs only when 3.0 refuses something.
TEST(Upgrade, WhatSuits3StaysAsItIs) {
  const Parts parts = {.schema = "pacemaker-2.10",
                       .resources =
                           "<primitive id='a' class='lsb' type='t'><meta_attributes id='m'><nvpair id='n' "
                           "name='resource-failure-stickiness' value='-INFINITY'/></meta_attributes>"
                           "</primitive>"};
  EXPECT_EQ(upgraded(parts, "resources").find("migration-threshold"), std::string::npos);
  Parts old = parts;
  old.nodes = "<node id='1' uname='n' type='normal'/>";
  EXPECT_NE(upgraded(old, "resources").find("migration-threshold"), std::string::npos);
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
            "<rsc_defaults><meta_attributes id=\"_2TO3_-rsc-defaults\">"
            "<nvpair id=\"n2\" name=\"resource-stickiness\" value=\"7\"/></meta_attributes></rsc_defaults>");
  EXPECT_EQ(upgraded(parts, "nodes"), "<nodes><node id=\"1\" uname=\"n\" type=\"member\"/></nodes>");
  EXPECT_EQ(upgraded(parts, "resources"),
            "<resources><primitive id=\"f\" class=\"stonith\" type=\"t\"><instance_attributes id=\"i\">"
            "<nvpair id=\"p1\" name=\"pcmk_off_action\" value=\"x\"/>"
            "<nvpair id=\"p2\" name=\"pcmk_host_argument\" value=\"plug\"/></instance_attributes>"
            "<operations><op id=\"o\" name=\"start\" interval=\"0\"/></operations><meta_attributes "
            "id=\"_2TO3_f-meta\"><nvpair id=\"_2TO3_o-meta-requires\" name=\"requires\" value=\"nothing\"/>"
            "</meta_attributes></primitive></resources>");
}

// S1 C-1.8: the conversion to 3.0 starts from what 2.10 accepts. Which words it knew is measured with 2.1.5.
TEST(Upgrade, OldAndNewWordsDoNotMix) {
  const auto refused = [](Parts parts) {
    parts.schema = "pacemaker-1.2";
    if (parts.resources.empty()) parts.resources = kDummy;
    auto alone = parse_document(text_of(parts), "u.xml");
    EXPECT_EQ(upgrade(*alone).outcome, UpgradeOutcome::kValid) << parts.resources << parts.constraints;
    parts.nodes = "<node id='n' uname='n' type='normal'/>";
    auto mixed = parse_document(text_of(parts), "u.xml");
    const UpgradeResult result = upgrade(*mixed);
    EXPECT_EQ(result.outcome, UpgradeOutcome::kInvalid) << parts.resources << parts.constraints;
    return result.errors.empty() ? "" : result.errors[0].message;
  };
  EXPECT_EQ(refused({.constraints = "<rsc_location id='l' rsc='a' node='n' score='1' role='Promoted'/>"}),
            "element <rsc_location> \"l\": role is \"Promoted\", expected Stopped, Started, Master or Slave");
  EXPECT_EQ(
      refused({.constraints = "<rsc_colocation id='c' rsc='a' with-rsc='a' score='1' influence='1'/>"}),
      "element <rsc_colocation> \"c\": the attribute \"influence\" came with pacemaker-3.0, but other parts of the "
      "configuration were gone then");
  EXPECT_EQ(refused({.resources = "<bundle id='b'><podman image='i'/></bundle>"}),
            "element <podman>: it came with pacemaker-3.0, but other parts of the configuration were gone then");
  EXPECT_NE(refused({.resources = "<bundle id='b'><docker image='i' promoted-max='1'/></bundle>"}), "");
  EXPECT_NE(refused({.resources = "<primitive id='a' class='ocf' provider='p' type='t'><operations><op id='o' "
                                  "name='monitor' interval='1' on-fail='demote'/></operations></primitive>"}),
            "");
}

// The expectations of the next five are what cibadmin --upgrade of 2.1.5 makes of them.

TEST(Upgrade, RequirementsOfOperationsTo3) {
  const auto primitive = [](std::string_view meta, std::string_view operations) {
    return upgraded({.schema = "pacemaker-2.10",
                     .resources = "<primitive id='a' class='lsb' type='t'>" + std::string(meta) + "<operations>" +
                                  std::string(operations) + "</operations></primitive>"},
                    "resources");
  };
  const auto expected = [](std::string_view operations, std::string_view meta) {
    return "<resources><primitive id=\"a\" class=\"lsb\" type=\"t\"><operations>" + std::string(operations) +
           "</operations>" + std::string(meta) + "</primitive></resources>";
  };
  constexpr std::string_view kStart = "<op id='s' name='start' interval='0' requires='fencing'/>";
  constexpr std::string_view kPromote = "<op id='p' name='promote' interval='0' requires='quorum'/>";
  constexpr std::string_view kStartOut = "<op id=\"s\" name=\"start\" interval=\"0\"/>";
  constexpr std::string_view kPromoteOut = "<op id=\"p\" name=\"promote\" interval=\"0\"/>";
  const std::string both = std::string(kStart) + std::string(kPromote);
  EXPECT_EQ(primitive("", "<op id='m' name='monitor' interval='9' requires='quorum'/>"),
            expected("<op id=\"m\" name=\"monitor\" interval=\"9\"/>", ""));
  EXPECT_EQ(primitive("", both),
            expected(std::string(kStartOut) + std::string(kPromoteOut),
                     "<meta_attributes id=\"_2TO3_a-meta\"><nvpair id=\"_2TO3_p-meta-requires\" name=\"requires\" "
                     "value=\"quorum\"/></meta_attributes>"));
  EXPECT_NE(primitive("<meta_attributes id='m'><nvpair id='m1' name='x' value='1'/></meta_attributes>", kStart)
                .find("</operations><meta_attributes id=\"_2TO3_a-meta\"><nvpair id=\"_2TO3_s-meta-requires\""),
            std::string::npos);
  EXPECT_EQ(
      primitive("<meta_attributes id='m'><nvpair id='m1' name='requires' value='nothing'/></meta_attributes>", kStart)
          .find("_2TO3_"),
      std::string::npos);
}

TEST(Upgrade, ParametersOfOperationsTo3) {
  const auto operation = [](std::string_view sets) {
    return upgraded({.schema = "pacemaker-2.10",
                     .resources = "<primitive id='a' class='lsb' type='t'><operations><op id='o' name='monitor' "
                                  "interval='5s'>" +
                                  std::string(sets) + "</op></operations></primitive>"},
                    "resources");
  };
  const auto expected = [](std::string_view sets) {
    return "<resources><primitive id=\"a\" class=\"lsb\" type=\"t\"><operations><op id=\"o\" name=\"monitor\" "
           "interval=\"5s\">" +
           std::string(sets) + "</op></operations></primitive></resources>";
  };
  EXPECT_EQ(operation("<instance_attributes id='i'><nvpair id='i1' name='timeout' value='5'/>"
                      "<nvpair id='i2' name='x' value='1'/></instance_attributes>"),
            expected("<instance_attributes id=\"i\"><nvpair id=\"i2\" name=\"x\" value=\"1\"/></instance_attributes>"
                     "<meta_attributes id=\"_2TO3_o-meta\"><nvpair id=\"i1\" name=\"timeout\" value=\"5\"/>"
                     "</meta_attributes>"));
  EXPECT_EQ(operation("<instance_attributes id='i'><nvpair id='i1' name='timeout' value='5'/></instance_attributes>"
                      "<meta_attributes id='m'><nvpair id='m1' name='timeout' value='7'/></meta_attributes>"),
            expected("<meta_attributes id=\"m\"><nvpair id=\"m1\" name=\"timeout\" value=\"7\"/><nvpair id=\"i1\" "
                     "name=\"timeout\" value=\"5\"/></meta_attributes>"));
  EXPECT_EQ(operation("<instance_attributes id='i'><nvpair id='i1' name='timeout' value='5'/></instance_attributes>"
                      "<instance_attributes id='j'><nvpair id='j1' name='role' value='Started'/><nvpair id='j2' "
                      "name='timeout' value='6'/></instance_attributes>"),
            expected("<meta_attributes id=\"_2TO3_o-meta\"><nvpair id=\"j1\" name=\"role\" value=\"Started\"/>"
                     "<nvpair id=\"j2\" name=\"timeout\" value=\"6\"/></meta_attributes>"));
}

TEST(Upgrade, PropertiesBecomeDefaultsOf3) {
  const auto defaults = [](std::string_view there) {
    return upgraded({.schema = "pacemaker-2.10",
                     .properties = "<cluster_property_set id='o'><nvpair id='p1' name='default-resource-stickiness' "
                                   "value='3'/><nvpair id='p2' name='default_resource_stickiness' value='4'/>"
                                   "<nvpair id='p3' name='default-resource-failure-stickiness' value='-INFINITY'/>"
                                   "</cluster_property_set>",
                     .more = there},
                    "rsc_defaults");
  };
  EXPECT_EQ(defaults(""),
            "<rsc_defaults><meta_attributes id=\"_2TO3_-rsc-defaults\"><nvpair id=\"p1\" name=\"resource-stickiness\" "
            "value=\"3\"/><nvpair id=\"p2\" name=\"resource-stickiness\" value=\"4\"/><nvpair id=\"p3\" "
            "name=\"migration-threshold\" value=\"1\"/></meta_attributes></rsc_defaults>");
  EXPECT_EQ(defaults("<rsc_defaults/>"), "<rsc_defaults/>");
  EXPECT_EQ(defaults("<rsc_defaults><meta_attributes id='r'><nvpair id='r1' name='resource-stickiness' value='9'/>"
                     "</meta_attributes></rsc_defaults>"),
            "<rsc_defaults><meta_attributes id=\"r\"><nvpair id=\"r1\" name=\"resource-stickiness\" value=\"9\"/>"
            "<nvpair id=\"p3\" name=\"migration-threshold\" value=\"1\"/></meta_attributes></rsc_defaults>");
}

TEST(Upgrade, RetiredMetaAttributesOfPrimitivesTo3) {
  const auto meta = [](std::string_view element, std::string_view pairs, std::string_view content) {
    return upgraded({.schema = "pacemaker-2.10",
                     .nodes = "<node id='1' uname='n' type='normal'/>",
                     .resources = "<" + std::string(element) + "><meta_attributes id='m'>" + std::string(pairs) +
                                  "</meta_attributes>" + std::string(content) + "</" +
                                  std::string(element.substr(0, element.find(' '))) + ">"},
                    "resources");
  };
  EXPECT_EQ(meta("primitive id='a' class='lsb' type='t'",
                 "<nvpair id='m1' name='isolation' value='x'/><nvpair id='m2' name='isolation-host' value='x'/>"
                 "<nvpair id='m3' name='resource-failure-stickiness' value='-INFINITY'/>"
                 "<nvpair id='m4' name='resource-failure-stickiness' value='-5'/>",
                 ""),
            "<resources><primitive id=\"a\" class=\"lsb\" type=\"t\"><meta_attributes id=\"m\"><nvpair id=\"m1\" "
            "name=\"target-role\" value=\"Stopped\"/><nvpair id=\"m3\" name=\"migration-threshold\" value=\"1\"/>"
            "</meta_attributes></primitive></resources>");
  EXPECT_NE(
      meta("group id='g'", "<nvpair id='m1' name='isolation' value='x'/>", "<primitive id='a' class='lsb' type='t'/>")
          .find("name=\"isolation\""),
      std::string::npos);
}

TEST(Upgrade, FencingParametersTo3) {
  const auto value = [](std::string_view map) {
    const std::string text =
        upgraded({.schema = "pacemaker-2.10",
                  .resources = "<primitive id='f' class='stonith' type='t'><instance_attributes id='i'><nvpair id='p' "
                               "name='pcmk_arg_map' value='" +
                               std::string(map) + "'/></instance_attributes></primitive>"},
                 "resources");
    const std::size_t at = text.find("pcmk_host_argument\" value=\"");
    return at == std::string::npos ? "none" : text.substr(at + 27, text.find('"', at + 27) - at - 27);
  };
  EXPECT_EQ(value("port:a"), "a");
  EXPECT_EQ(value("port:a;b:c"), "a;b:c");
  EXPECT_EQ(value("port:a,b:c"), "none");
  EXPECT_EQ(value("port"), "none");
  EXPECT_EQ(value("Port:a"), "none");
}

// S1 C-1.14
TEST(Upgrade, AccessControlLists) {
  EXPECT_EQ(upgraded({.schema = "pacemaker-1.2",
                      .more = "<acls><acl_role id='ro'><read id='p1' xpath='/cib'/></acl_role><acl_user id='u'>"
                              "<role_ref id='ro'/></acl_user></acls>"},
                     "acls"),
            "<acls><acl_role id=\"ro\"><acl_permission id=\"p1\" xpath=\"/cib\" kind=\"read\"/></acl_role>"
            "<acl_target id=\"u\"><role id=\"ro\"/></acl_target></acls>");
  EXPECT_EQ(upgraded({.schema = "pacemaker-1.2",
                      .resources = kDummy,
                      .more = "<acls><acl_user id='u'><write id='a1' ref='a' attribute='id'/><deny id='a2' tag='op' "
                              "attribute='x'/><deny id='a3' xpath='/y' attribute='z'/></acl_user><acl_user id='v'/>"
                              "</acls>"},
                     "acls"),
            "<acls><acl_target id=\"u\"><role id=\"auto-u\"/></acl_target><acl_role id=\"auto-u\">"
            "<acl_permission id=\"a1\" kind=\"write\" reference=\"a\"/>"
            "<acl_permission id=\"a2\" attribute=\"x\" kind=\"deny\" object-type=\"op\"/>"
            "<acl_permission id=\"a3\" xpath=\"/y[@z]\" kind=\"deny\"/></acl_role><acl_target id=\"v\"/></acls>");
  EXPECT_NE(upgraded({.schema = "pacemaker-1.2",
                      .more = "<acls><acl_role id='r'/><acl_user id='u'><role_ref id='r'/><read id='p' xpath='/cib'/>"
                              "</acl_user></acls>"},
                     "acls")
                .find("expected either"),
            std::string::npos);
}

}  // namespace
}  // namespace simcluster::cib
