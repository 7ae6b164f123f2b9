#include "engine/cib/validate.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace simcluster::cib {
namespace {

// A small valid document with `resources` and `constraints`; resources begin on line 5.
std::string document_with(std::string_view resources, std::string_view constraints = "") {
  return "<cib validate-with='pacemaker-3.0' admin_epoch='0' epoch='0' "
         "num_updates='0'>\n<configuration>\n<crm_config/>\n"
         "<nodes><node id='1' uname='n1'/></nodes><resources>\n" +
         std::string(resources) + "</resources>\n<constraints>\n" + std::string(constraints) +
         "</constraints></configuration><status/></cib>";
}

std::string first_error(const std::string& xml, Schema schema = Schema::k4) {
  const auto document = parse_document(xml, "v.xml");
  EXPECT_TRUE(document) << xml;
  const std::vector<Error> errors = validate(*document, schema);
  return errors.empty() ? "valid" : errors[0].text();
}

std::string resources(std::string_view text, Schema schema = Schema::k4) {
  return first_error(document_with(text), schema);
}

constexpr std::string_view kDummy = "<primitive id='a' class='ocf' provider='heartbeat' type='Dummy'/>\n";

std::string constraint(std::string_view text, Schema schema = Schema::k4) {
  return first_error(document_with(kDummy, text), schema);
}

// S1 C-1.16
TEST(Validate, StructureAndRequiredAttributes) {
  EXPECT_EQ(resources(kDummy), "valid");
  EXPECT_EQ(first_error("<x/>"), "v.xml:1:1: the root element is <x>, expected <cib>");
  EXPECT_EQ(first_error("<cib validate-with='pacemaker-3.0' admin_epoch='0' epoch='0'><configuration/></cib>"),
            "v.xml:1:1: element <cib>: the attribute \"num_updates\" is missing");
  EXPECT_EQ(resources("<primitive id='a' class='ocf' type='Dummy'/>"),
            "v.xml:5:1: element <primitive> \"a\": an agent of class ocf needs the attribute \"provider\"");
  EXPECT_EQ(resources("<primitive id='a' class='ocf' provider='x' type='Dummy' colour='red'/>"),
            "v.xml:5:1: element <primitive> \"a\": the attribute \"colour\" is not known here");
  EXPECT_EQ(resources("<group id='g'/>"), "v.xml:5:1: element <group> \"g\": <primitive> is missing in it");
  EXPECT_EQ(resources("<clone id='c'/>"),
            "v.xml:5:1: element <clone> \"c\": expected exactly one <primitive> or <group> in it");
  EXPECT_EQ(resources("<banana/>"), "v.xml:5:1: element <banana>: it cannot stand in <resources>");
}

TEST(Validate, Ids) {
  EXPECT_EQ(
      resources("<primitive id='1a' class='lsb' type='x'/>"),
      "v.xml:5:1: element <primitive> \"1a\": id is \"1a\", expected a letter or _, then letters, digits and _ . -");
  EXPECT_EQ(resources(std::string(kDummy) + std::string(kDummy)),
            "v.xml:6:1: element <primitive> \"a\": the id \"a\" is used twice");
}

// What no machine could hold is refused, with its place.
TEST(Validate, CountsOfInstances) {
  const auto clone = [](std::string_view count) {
    return resources("<clone id='c'><meta_attributes id='m'>\n<nvpair id='n' name='clone-max' value='" +
                     std::string(count) + "'/></meta_attributes>" + std::string(kDummy) + "</clone>");
  };
  EXPECT_EQ(clone("100000"), "valid");
  EXPECT_EQ(clone("100001"), "v.xml:6:1: element <nvpair> \"n\": clone-max is \"100001\", expected at most 100000");
  EXPECT_EQ(clone("99999999999999999999"),
            "v.xml:6:1: element <nvpair> \"n\": clone-max is \"99999999999999999999\", expected at most 100000");
  EXPECT_EQ(resources("<bundle id='b'>\n<docker image='i' replicas='2000000000'/></bundle>"),
            "v.xml:6:1: element <docker>: replicas is \"2000000000\", expected at most 100000");
}

TEST(Validate, References) {
  EXPECT_EQ(constraint("<rsc_location id='l' rsc='a' node='n9' score='5'/>"), "valid");  // nodes are plain text
  EXPECT_EQ(constraint("<rsc_location id='l' rsc='b' node='n1' score='5'/>"),
            "v.xml:8:1: element <rsc_location> \"l\": rsc refers to \"b\", but the configuration has no such id");
  EXPECT_EQ(constraint("<rsc_location id='l' rsc='l' node='n1' score='5'/>"), "valid");  // any id counts
  EXPECT_EQ(constraint("<rsc_order id='o' first='a' then='z'/>"),
            "v.xml:8:1: element <rsc_order> \"o\": then refers to \"z\", but the configuration has no such id");
  EXPECT_EQ(constraint("<rsc_order id='o'><resource_set id='s'><resource_ref id='q'/></resource_set></rsc_order>"),
            "v.xml:8:40: element <resource_ref> \"q\": id refers to \"q\", but the configuration has no such id");
  std::string tagged = document_with("");
  tagged.insert(tagged.find("</configuration>"), "\n<tags><tag id='t'><obj_ref id='q'/></tag></tags>");
  EXPECT_EQ(first_error(tagged),
            "v.xml:8:19: element <obj_ref> \"q\": id refers to \"q\", but the configuration has no such id");
}

TEST(Validate, Enumerations) {
  EXPECT_EQ(constraint("<rsc_order id='o' first='a' then='a' kind='foo'/>"),
            "v.xml:8:1: element <rsc_order> \"o\": kind is \"foo\", expected Optional, Mandatory or Serialize");
  EXPECT_EQ(constraint("<rsc_location id='l' rsc='a' node='n1' score='many'/>"),
            "v.xml:8:1: element <rsc_location> \"l\": score is \"many\", expected an integer, INFINITY or -INFINITY");
  EXPECT_EQ(constraint("<rsc_ticket id='t' ticket='k' rsc='a' loss-policy='cry'/>"),
            "v.xml:8:1: element <rsc_ticket> \"t\": loss-policy is \"cry\", expected stop, demote, fence or freeze");
}

// As 2.1.5 refuses them: plain text is dropped before, what only declares a namespace is not in it.
TEST(Validate, TextAndNamespaces) {
  EXPECT_EQ(resources("text"), "valid");
  EXPECT_EQ(resources("<![CDATA[ ]]>"), "valid");
  EXPECT_EQ(resources("\n<![CDATA[text]]>"), "v.xml:6:1: a CDATA section with text cannot stand here");
  EXPECT_EQ(resources("<primitive xmlns:p='urn:x' id='a' class='lsb' type='x'/>"), "valid");
  EXPECT_EQ(resources("<primitive xmlns='' id='a' class='lsb' type='x'/>"), "valid");
  EXPECT_EQ(resources("<primitive xmlns='urn:x' id='a' class='lsb' type='x'/>"),
            "v.xml:5:1: element <primitive> \"a\": it is in the namespace \"urn:x\", expected none");
  EXPECT_EQ(resources("<p:primitive xmlns:p='urn:x' id='a' class='lsb' type='x'/>"),
            "v.xml:5:1: element <p:primitive> \"a\": it cannot stand in <resources>");
}

// Measured with 2.1.5.
TEST(Validate, DatesNeedAnOperation) {
  const auto location = [](std::string_view condition) {
    return constraint("<rsc_location id='l' rsc='a'><rule id='r' score='1'>" + std::string(condition) +
                      "</rule></rsc_location>");
  };
  EXPECT_EQ(location("<date_expression id='d' operation='in_range' end='2020-01-01'/>"), "valid");
  EXPECT_EQ(location("<date_expression id='d' end='2020-01-01'/>"),
            "v.xml:8:53: element <date_expression> \"d\": the attribute \"operation\" is missing");
}

// S1 C-1.11 names all that 4.0 lost; what 3.9 knows of durations is measured with 2.1.5.
TEST(Validate, LostWords) {
  EXPECT_EQ(resources("<primitive id='a' class='heartbeat' type='x'/>"), "valid");
  EXPECT_NE(resources("<primitive id='a' class='upstart' type='x'/>"), "valid");
  const auto in_range = [](std::string_view duration) {
    return constraint(
        "<rsc_location id='l' rsc='a'><rule id='r' score='1'><date_expression id='d' operation='in_range' "
        "start='2020-01-01'><duration id='u' " +
        std::string(duration) + "/></date_expression></rule></rsc_location>");
  };
  EXPECT_EQ(in_range("days='1' monthdays='1' weekdays='1' yearsdays='1' weekyears='1' moon='1'"), "valid");
  EXPECT_NE(in_range("yeardays='1'"), "valid");
}

// Measured with 2.1.5: targets are plain text, groups are ids.
TEST(Validate, AccessControl) {
  const auto acls = [](std::string_view text) {
    return first_error(
        "<cib validate-with='pacemaker-3.0' admin_epoch='0' epoch='0' num_updates='0'><configuration>"
        "<crm_config/><nodes/><resources/><constraints/><acls>\n" +
        std::string(text) + "<acl_role id='r'/></acls></configuration></cib>");
  };
  EXPECT_EQ(acls("<acl_target id='a b'/>"), "valid");
  EXPECT_EQ(acls("<acl_target id='r'/>"), "valid");
  EXPECT_EQ(acls("<acl_group id='a b'/>"),
            "v.xml:2:1: element <acl_group> \"a b\": id is \"a b\", expected a letter or _, then letters, digits and _ "
            ". -");
  EXPECT_EQ(acls("<acl_group id='r'/>"), "v.xml:2:20: element <acl_role> \"r\": the id \"r\" is used twice");
  const auto permission = [&](std::string_view what) {
    return acls("<acl_role id='q'><acl_permission id='p' kind='read' " + std::string(what) + "/></acl_role>");
  };
  EXPECT_EQ(permission("object-type='op' attribute='x'"), "valid");
  EXPECT_EQ(permission("reference='q'"), "valid");
  EXPECT_EQ(permission("reference='q' attribute='x'"),
            "v.xml:2:18: element <acl_permission> \"p\": only object-type takes an attribute");
}

TEST(Validate, Forms) {
  EXPECT_EQ(constraint("<rsc_location id='l' rsc='a'/>"),
            "v.xml:8:1: element <rsc_location> \"l\": expected node and score, or a <rule>");
  EXPECT_EQ(constraint("<rsc_colocation id='c' rsc='a' score='1'/>"),
            "v.xml:8:1: element <rsc_colocation> \"c\": expected rsc and with-rsc, or <resource_set>");
}

// S1 C-1.11: what 4.0 no longer knows.
TEST(Validate, SchemasBefore4) {
  const std::string master = "<master id='m'>" + std::string(kDummy) + "</master>";
  EXPECT_EQ(resources(master, Schema::kBefore4), "valid");
  EXPECT_EQ(resources(master), "v.xml:5:1: element <master> \"m\": it cannot stand in <resources>");
  constexpr std::string_view kLifetime =
      "<rsc_location id='l' rsc='a' node='n1' score='5'><lifetime><rule id='r'><date_expression id='d' operation='gt' "
      "start='2020-01-01'/></rule></lifetime></rsc_location>";
  EXPECT_EQ(constraint(kLifetime, Schema::kBefore4), "valid");
  EXPECT_NE(constraint(kLifetime), "valid");
}

TEST(Validate, StatusMayHoldAnything) {
  EXPECT_EQ(first_error("<cib validate-with='pacemaker-4.0' admin_epoch='0' epoch='0' num_updates='0'><configuration>"
                        "<crm_config/><nodes/><resources/><constraints/></configuration><status x='1'><y id='1'/>"
                        "<y id='1'/></status></cib>"),
            "valid");
}

// S1 C-1.10: every case of the corpus is valid, but the one that exists to test an invalid `kind`.
TEST(Validate, CorpusIsValid) {
  const char* shared = std::getenv("SIMCLUSTER_SHARED");
  const std::filesystem::path folder =
      std::filesystem::path(shared != nullptr ? shared : SIMCLUSTER_SOURCE_DIR "/../shared") / "corpus/scheduler/xml";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no corpus at " << folder;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::string name = entry.path().stem();
    const auto document = parse_document(text.str(), name);
    ASSERT_TRUE(document) << document.error().text();
    const std::vector<Error> errors = validate(*document, declared_schema(*document));
    EXPECT_EQ(errors.empty(), name != "order-wrong-kind") << name << (errors.empty() ? "" : errors[0].text());
    const auto again = parse_document(write_document(*document), name);
    ASSERT_TRUE(again) << name;
    EXPECT_TRUE(same_tree(document->root(), again->root())) << name;
    EXPECT_EQ(write_document(*again), write_document(*document)) << name;
  }
}

// S1 C-1.13: names that 2.10 still knew, measured with 2.1.5.
TEST(Validate, NamesThatWentWith3) {
  const auto pair = [](std::string_view set, std::string_view name) {
    return "<" + std::string(set) + " id='s'><nvpair id='n' name='" + std::string(name) + "' value='1'/></" +
           std::string(set) + ">";
  };
  const auto primitive = [&](std::string_view inside) {
    return "<primitive id='a' class='lsb' type='t'>" + std::string(inside) + "</primitive>";
  };
  const std::string isolation = primitive(pair("meta_attributes", "isolation-host"));
  EXPECT_EQ(resources(isolation),
            "v.xml:5:64: element <nvpair> \"n\": the name \"isolation-host\" went with pacemaker-3.0");
  EXPECT_NE(resources(isolation, Schema::kBefore4), "valid");
  EXPECT_EQ(resources(isolation, Schema::kBefore3), "valid");
  const auto operation = [&](std::string_view set) {
    return primitive("<operations><op id='o' name='start' interval='0'>" + pair(set, "requires") +
                     "</op></operations>");
  };
  EXPECT_NE(resources(operation("meta_attributes")), "valid");
  EXPECT_EQ(resources(operation("instance_attributes")), "valid");
  const auto property = [&](std::string_view name, Schema schema) {
    return first_error(
        "<cib validate-with='pacemaker-3.0' admin_epoch='0' epoch='0' num_updates='0'><configuration>"
        "<crm_config>" +
            pair("cluster_property_set", name) +
            "</crm_config><nodes/><resources/><constraints/></configuration><status/></cib>",
        schema);
  };
  for (const std::string_view name : {"is-managed-default", "default_action_timeout", "no_quorum_policy",
                                      "transition_idle_timeout", "notification-agent", "expected-quorum-votes"}) {
    EXPECT_NE(property(name, Schema::kBefore4), "valid") << name;
    EXPECT_EQ(property(name, Schema::kBefore3), "valid") << name;
  }
  EXPECT_EQ(property("no-quorum-policy", Schema::kBefore4), "valid");
}

}  // namespace
}  // namespace simcluster::cib
