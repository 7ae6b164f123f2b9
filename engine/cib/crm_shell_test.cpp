#include "engine/cib/crm_shell.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "engine/cib/validate.h"

namespace simcluster::cib {
namespace {

std::string section_of(std::string_view text, std::string_view path) {
  const auto cib = parse_crm_shell(text, "cluster.crm");
  if (!cib) return cib.error().text();
  const Element section = cib->find_path(path);
  return section ? write_compact(section) : "absent";
}

std::string error_of(std::string_view text) {
  const auto cib = parse_crm_shell(text, "cluster.crm");
  return cib ? "accepted" : cib.error().text();
}

// The listing that operators of RHEL 5 clusters see, remarks behind the backslashes included (AT-7.1).
TEST(CrmShell, PrimitiveWithIdsAsCrmshMakesThem) {
  EXPECT_EQ(section_of("primitive vip01 ocf:heartbeat:IPaddr2 \\\n"
                       "params ip=\"192.168.4.200\" nic=\"eth3\" cidr_netmask=\"24\" \\\n"
                       "op start interval=\"0\" timeout=\"60s\" \\\n"
                       "op monitor interval=\"10s\" timeout=\"60s\" \\ # the interval\n"
                       "op stop interval=\"0\" timeout=\"60s\"\n",
                       "configuration/resources"),
            "<resources><primitive id=\"vip01\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\">"
            "<instance_attributes id=\"vip01-instance_attributes\">"
            "<nvpair name=\"ip\" value=\"192.168.4.200\" id=\"vip01-instance_attributes-ip\"/>"
            "<nvpair name=\"nic\" value=\"eth3\" id=\"vip01-instance_attributes-nic\"/>"
            "<nvpair name=\"cidr_netmask\" value=\"24\" id=\"vip01-instance_attributes-cidr_netmask\"/>"
            "</instance_attributes><operations>"
            "<op name=\"start\" interval=\"0\" timeout=\"60s\" id=\"vip01-start-0\"/>"
            "<op name=\"monitor\" interval=\"10s\" timeout=\"60s\" id=\"vip01-monitor-10s\"/>"
            "<op name=\"stop\" interval=\"0\" timeout=\"60s\" id=\"vip01-stop-0\"/>"
            "</operations></primitive></resources>");
}

// AT-7.3, AT-7.4.
TEST(CrmShell, OperationsWithoutIntervalAndWithDuplicates) {
  EXPECT_EQ(
      section_of("primitive a Dummy op start timeout=5 op monitor interval=10s op monitor interval=10s role=Master\n"
                 "primitive p ping params host_list=192.168.1.1\n",
                 "configuration/resources"),
      "<resources><primitive id=\"a\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"><operations>"
      "<op name=\"start\" timeout=\"5\" interval=\"0\" id=\"a-start-0\"/>"
      "<op name=\"monitor\" interval=\"10s\" id=\"a-monitor-10s\"/>"
      "<op name=\"monitor\" interval=\"10s\" role=\"Master\" id=\"a-monitor-10s-0\"/></operations></primitive>"
      "<primitive id=\"p\" class=\"ocf\" provider=\"pacemaker\" type=\"ping\">"
      "<instance_attributes id=\"p-instance_attributes\">"
      "<nvpair name=\"host_list\" value=\"192.168.1.1\" id=\"p-instance_attributes-host_list\"/>"
      "</instance_attributes></primitive></resources>");
}

TEST(CrmShell, ContainersTakeTheirMembersInStatementOrder) {
  EXPECT_EQ(section_of("primitive z Dummy\ngroup g a b meta target-role=Stopped\nprimitive a Dummy\nprimitive b Dummy\n"
                       "primitive c Stateful\nms m c meta master-max=1\n",
                       "configuration/resources"),
            "<resources><primitive id=\"z\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/>"
            "<group id=\"g\"><meta_attributes id=\"g-meta_attributes\">"
            "<nvpair name=\"target-role\" value=\"Stopped\" id=\"g-meta_attributes-target-role\"/></meta_attributes>"
            "<primitive id=\"a\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/>"
            "<primitive id=\"b\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/></group>"
            "<master id=\"m\"><meta_attributes id=\"m-meta_attributes\">"
            "<nvpair name=\"master-max\" value=\"1\" id=\"m-meta_attributes-master-max\"/></meta_attributes>"
            "<primitive id=\"c\" class=\"ocf\" provider=\"heartbeat\" type=\"Stateful\"/></master></resources>");
}

TEST(CrmShell, PropertiesAndDefaults) {
  constexpr std::string_view kText =
      "property no-quorum-policy=\"ignore\" \\\n\tstonith-enabled=\"false\"\nrsc_defaults resource-stickiness=INFINITY "
      "\\\n"
      "  migration-threshold=1\nop_defaults $id=\"op-options\" timeout=20s\n";
  EXPECT_EQ(section_of(kText, "configuration/crm_config"),
            "<crm_config><cluster_property_set id=\"cib-bootstrap-options\">"
            "<nvpair name=\"no-quorum-policy\" value=\"ignore\" id=\"cib-bootstrap-options-no-quorum-policy\"/>"
            "<nvpair name=\"stonith-enabled\" value=\"false\" id=\"cib-bootstrap-options-stonith-enabled\"/>"
            "</cluster_property_set></crm_config>");
  EXPECT_EQ(section_of(kText, "configuration/rsc_defaults"),
            "<rsc_defaults><meta_attributes id=\"rsc-options\">"
            "<nvpair name=\"resource-stickiness\" value=\"INFINITY\" id=\"rsc-options-resource-stickiness\"/>"
            "<nvpair name=\"migration-threshold\" value=\"1\" id=\"rsc-options-migration-threshold\"/>"
            "</meta_attributes></rsc_defaults>");
}

TEST(CrmShell, Locations) {
  EXPECT_EQ(
      section_of("primitive a Dummy\nlocation l1 a -inf: node1\n"
                 "location l2 a \\\n rule 200: #uname eq node01 \\\n"
                 " rule -INFINITY: not_defined pingd or pingd number:lt 100\nlocation l3 /^vip/ role=Master 5: n\n",
                 "configuration/constraints"),
      "<constraints><rsc_location id=\"l1\" rsc=\"a\" score=\"-INFINITY\" node=\"node1\"/>"
      "<rsc_location id=\"l2\" rsc=\"a\"><rule score=\"200\" id=\"l2-rule\">"
      "<expression operation=\"eq\" attribute=\"#uname\" value=\"node01\" id=\"l2-rule-expression\"/></rule>"
      "<rule score=\"-INFINITY\" boolean-op=\"or\" id=\"l2-rule-0\">"
      "<expression operation=\"not_defined\" attribute=\"pingd\" id=\"l2-rule-0-expression\"/>"
      "<expression operation=\"lt\" attribute=\"pingd\" type=\"number\" value=\"100\" id=\"l2-rule-0-expression-0\"/>"
      "</rule></rsc_location>"
      "<rsc_location id=\"l3\" rsc-pattern=\"^vip\" role=\"Master\" score=\"5\" node=\"n\"/></constraints>");
}

TEST(CrmShell, ColocationsOrdersAndTickets) {
  EXPECT_EQ(
      section_of("primitive a Dummy\nprimitive b Dummy\nprimitive c Dummy\ncolocation c1 inf: a b:Master\n"
                 "colocation c2 100: a ( b c )\norder o1 Mandatory: a:promote b symmetrical=false\n"
                 "order o2 0: a b\norder o3 a b c\nrsc_ticket t1 tk: a:Master loss-policy=fence\n",
                 "configuration/constraints"),
      "<constraints><rsc_colocation id=\"c1\" score=\"INFINITY\" rsc=\"a\" with-rsc=\"b\" with-rsc-role=\"Master\"/>"
      "<rsc_colocation id=\"c2\" score=\"100\"><resource_set id=\"c2-0\"><resource_ref id=\"a\"/></resource_set>"
      "<resource_set sequential=\"false\" id=\"c2-1\"><resource_ref id=\"b\"/><resource_ref id=\"c\"/>"
      "</resource_set></rsc_colocation>"
      "<rsc_order id=\"o1\" kind=\"Mandatory\" symmetrical=\"false\" first=\"a\" first-action=\"promote\" "
      "then=\"b\"/>"
      "<rsc_order id=\"o2\" kind=\"Optional\" first=\"a\" then=\"b\"/>"
      "<rsc_order id=\"o3\"><resource_set id=\"o3-0\"><resource_ref id=\"a\"/><resource_ref id=\"b\"/>"
      "<resource_ref id=\"c\"/></resource_set></rsc_order>"
      "<rsc_ticket id=\"t1\" ticket=\"tk\" loss-policy=\"fence\" rsc=\"a\" rsc-role=\"Master\"/></constraints>");
}

TEST(CrmShell, NodesTagsTemplatesAndTopology) {
  constexpr std::string_view kText =
      "node 1: node1 attributes site=a\nnode $id=\"22222222-2222-2222-2222-222222222222\" node02\n"
      "rsc_template t ocf:heartbeat:Dummy op monitor interval=5s\nprimitive a @t\nprimitive f stonith:external/ipmi\n"
      "primitive g stonith:fence_vbox\ntag all: a f\nfencing_topology node1: f,g g node02: g\n";
  EXPECT_EQ(section_of(kText, "configuration/nodes"),
            "<nodes><node id=\"1\" uname=\"node1\"><instance_attributes id=\"node1-instance_attributes\">"
            "<nvpair name=\"site\" value=\"a\" id=\"node1-instance_attributes-site\"/></instance_attributes></node>"
            "<node id=\"22222222-2222-2222-2222-222222222222\" uname=\"node02\"/></nodes>");
  EXPECT_EQ(section_of(kText, "configuration/resources"),
            "<resources><template id=\"t\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"><operations>"
            "<op name=\"monitor\" interval=\"5s\" id=\"t-monitor-5s\"/></operations></template>"
            "<primitive id=\"a\" template=\"t\"/><primitive id=\"f\" class=\"stonith\" type=\"external/ipmi\"/>"
            "<primitive id=\"g\" class=\"stonith\" type=\"fence_vbox\"/></resources>");
  EXPECT_EQ(section_of(kText, "configuration/fencing-topology"),
            "<fencing-topology><fencing-level target=\"node1\" index=\"1\" devices=\"f,g\" id=\"fencing\"/>"
            "<fencing-level target=\"node1\" index=\"2\" devices=\"g\" id=\"fencing-0\"/>"
            "<fencing-level target=\"node02\" index=\"1\" devices=\"g\" id=\"fencing-1\"/></fencing-topology>");
  EXPECT_EQ(section_of(kText, "configuration/tags"),
            "<tags><tag id=\"all\"><obj_ref id=\"a\"/><obj_ref id=\"f\"/></tag></tags>");
}

// AT-7.7: editing the interval replaces the operation and keeps everything else, place included.
TEST(CrmShell, UpdateReplacesAnObjectInPlace) {
  auto cib = parse_crm_shell("primitive a Dummy op monitor interval=10s\nprimitive b Dummy\ngroup g a b\n", "x");
  ASSERT_TRUE(cib.has_value());
  ASSERT_TRUE(apply_crm_shell(*cib, "primitive a Dummy op monitor interval=0s\n", "y").has_value());
  EXPECT_EQ(
      write_compact(cib->find_path("configuration/resources")),
      "<resources><group id=\"g\"><primitive id=\"a\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"><operations>"
      "<op name=\"monitor\" interval=\"0s\" id=\"a-monitor-0s\"/></operations></primitive>"
      "<primitive id=\"b\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/></group></resources>");
  const std::string before = write_document(*cib);
  EXPECT_FALSE(apply_crm_shell(*cib, "primitive c Dummy\nprimitive a Dummy op\n", "y").has_value());
  EXPECT_EQ(write_document(*cib), before);
}

TEST(CrmShell, SyntaxErrorsNameThePlaceAndWhatWasExpected) {
  EXPECT_EQ(error_of("# fine\nprimitve a Dummy\n").substr(0, 58),
            "cluster.crm:2:1: \"primitve\" is no statement of the crm she");
  EXPECT_EQ(
      error_of("primitive a ocf:heartbeat:Dummy \\\n  op monitor interval=10s \\\n  foo\n"),
      "cluster.crm:3:3: syntax in primitive: unknown word \"foo\" (expected params, meta, utilization, operations "
      "or op) near \"foo\"");
  EXPECT_EQ(error_of("primitive a Dummy params ip=\"1.2\nprimitive b Dummy"),
            "cluster.crm:1:29: the quotation begun here has no end (expected \" on the same line)");
  EXPECT_EQ(error_of("group g a b\n"), "cluster.crm:1:9: syntax in group: there is no resource \"a\"");
  EXPECT_EQ(error_of("primitive a Dummy\nlocation l a node1\n"),
            "cluster.crm:2:14: syntax in location: expected a score and a colon, as in \"100: node01\", or a rule");
  EXPECT_EQ(error_of("primitive a Dummy\nlocation l a 100:\n"),
            "cluster.crm:2:18: syntax in location: expected the name of a node at the end of the statement");
  EXPECT_EQ(error_of("primitive a Dummy\nprimitive b Dummy\ncolocation c inf: a x\n"),
            "cluster.crm:3:21: syntax in colocation: there is no resource \"x\"");
  EXPECT_EQ(
      error_of("primitive a foo:bar\n"),
      "cluster.crm:1:13: syntax in primitive: \"foo:bar\" is no resource agent (expected class:provider:type, as in "
      "ocf:heartbeat:IPaddr2)");
}

TEST(CrmShell, LinesAndColumnsOfTextInsideAnotherFile) {
  const auto cib = parse_crm_shell("primitive a Dummy\nlocation l b 1: n\n", "race.yaml", 40, 4);
  ASSERT_FALSE(cib.has_value());
  EXPECT_EQ(cib.error().text(), "race.yaml:41:16: syntax in location: there is no resource \"b\"");
}

// As crmsh 4.4 loads it: resources by kind, parts of a resource as in the text, tickets behind other constraints.
TEST(CrmShell, OrderOfAFreshLoad) {
  constexpr std::string_view kText =
      "rsc_ticket t tk: a\nclone c x\ngroup g y\nprimitive a Dummy op monitor interval=1 meta m=1\nprimitive x Dummy\n"
      "primitive y Dummy operations $id=ops op start interval=0\nprimitive b Dummy\nlocation l a 1: n\n";
  EXPECT_EQ(section_of(kText, "configuration/resources"),
            "<resources><primitive id=\"a\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"><operations>"
            "<op name=\"monitor\" interval=\"1\" id=\"a-monitor-1\"/></operations><meta_attributes "
            "id=\"a-meta_attributes\"><nvpair name=\"m\" value=\"1\" id=\"a-meta_attributes-m\"/></meta_attributes>"
            "</primitive><primitive id=\"b\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/><group id=\"g\">"
            "<primitive id=\"y\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"><operations id=\"ops\">"
            "<op name=\"start\" interval=\"0\" id=\"ops-start-0\"/></operations></primitive></group><clone id=\"c\">"
            "<primitive id=\"x\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/></clone></resources>");
  EXPECT_EQ(section_of(kText, "configuration/constraints"),
            "<constraints><rsc_location id=\"l\" rsc=\"a\" score=\"1\" node=\"n\"/>"
            "<rsc_ticket id=\"t\" ticket=\"tk\" rsc=\"a\"/></constraints>");
}

TEST(CrmShell, ElementsKnowTheirStatement) {
  const auto cib = parse_crm_shell("primitive a Dummy\n  location l a 5: n\n", "cluster.crm");
  ASSERT_TRUE(cib.has_value());
  EXPECT_EQ(cib->find_id("l").place().line, 2);
  EXPECT_EQ(cib->find_id("l").place().column, 3);
  EXPECT_EQ(cib->find_id("a").place().file, "cluster.crm");
}

// AT-7.5: the example of the current shell, and reading back what was written.
TEST(CrmShell, ShowReadsBackAsTheSameCib) {
  constexpr std::string_view kShown =
      "node 1: node1\n"
      "node 2: node2\n"
      "primitive fence_node1 stonith:fence_vbox \\\n"
      "\tparams pcmk_host_map=\"node1:CentOS83-1\" ip=192.168.1.1\n"
      "primitive test Dummy \\\n"
      "\top start interval=0s timeout=30s \\\n"
      "\top monitor interval=10s timeout=60s \\\n"
      "\top stop interval=0s timeout=30s on-fail=fence\n"
      "location lo-fence_node1 fence_node1 -inf: node1\n"
      "property cib-bootstrap-options: \\\n"
      "\tstonith-enabled=true \\\n"
      "\tdc-version=2.0.5.linbit-1.0.el8-ba59be712 \\\n"
      "\tcluster-name=\"my cluster\"\n";
  const auto cib = parse_crm_shell(kShown, "shown");
  ASSERT_TRUE(cib.has_value()) << cib.error().text();
  EXPECT_EQ(write_crm_shell(*cib), kShown);
  constexpr std::string_view kRest =
      "primitive a Dummy\nprimitive b ocf:pacemaker:ping\nprimitive c Dummy\ngroup g a c\nclone cl b \\\n\tmeta "
      "interleave=true\n"
      "tag t a b\ncolocation c1 inf: g cl\nlocation l1 g \\\n\trule -inf: not_defined pingd or pingd lt 100\n"
      "order o1 Mandatory: cl g\n";
  const auto second = parse_crm_shell(kRest, "rest");
  ASSERT_TRUE(second.has_value()) << second.error().text();
  EXPECT_EQ(write_crm_shell(*second), kRest);
}

TEST(CrmShell, BundlesAccessControlAndAlerts) {
  constexpr std::string_view kText =
      "primitive a Dummy\n"
      "bundle b \\\n\tdocker image=i replicas=2 \\\n\tnetwork ip-range-start=10.0.0.1 \\\n"
      "\tport-mapping id=p port=80 \\\n\tprimitive a\n"
      "role r \\\n\tread xpath:/cib \\\n\twrite \"xpath://primitive[@id='a']/meta_attributes\"\n"
      "acl_target bob r\n"
      "alert al /usr/bin/x \\\n\tattributes debug=true \\\n\tselect nodes fencing \\\n\tto log\n";
  EXPECT_EQ(section_of(kText, "configuration/resources"),
            "<resources><bundle id=\"b\"><docker image=\"i\" replicas=\"2\"/><network ip-range-start=\"10.0.0.1\">"
            "<port-mapping id=\"p\" port=\"80\"/></network>"
            "<primitive id=\"a\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/></bundle></resources>");
  EXPECT_EQ(section_of("primitive a Dummy\nrole r write meta:a:target-role read status\nacl_group g r\n",
                       "configuration/acls"),
            "<acls><acl_role id=\"r\"><acl_permission kind=\"write\" "
            "xpath=\"//primitive[@id='a']/meta_attributes/nvpair[@name='target-role']\" id=\"r-0\"/>"
            "<acl_permission kind=\"read\" xpath=\"/cib/status\" id=\"r-1\"/></acl_role>"
            "<acl_group id=\"g\"><role id=\"r\"/></acl_group></acls>");
  EXPECT_EQ(section_of(kText, "configuration/alerts"),
            "<alerts><alert id=\"al\" path=\"/usr/bin/x\"><instance_attributes id=\"al-instance_attributes\">"
            "<nvpair name=\"debug\" value=\"true\" id=\"al-instance_attributes-debug\"/></instance_attributes>"
            "<select><select_nodes/><select_fencing/></select>"
            "<recipient id=\"al-recipient-1\" value=\"log\"/></alert></alerts>");
}

TEST(CrmShell, LiteralXml) {
  EXPECT_EQ(
      section_of("xml <primitive id=\"x\" class=\"ocf\" provider=\"p\" type='t'> \\\n  <operations/> \\\n</primitive>\n"
                 "group g x\n",
                 "configuration/resources"),
      "<resources><group id=\"g\"><primitive id=\"x\" class=\"ocf\" provider=\"p\" type=\"t\"><operations/>"
      "</primitive></group></resources>");
  EXPECT_EQ(error_of("xml <banana id='x'/>\n"),
            "cluster.crm:1:5: syntax in xml: <banana> is no object of the configuration (expected a primitive, "
            "rsc_location, ...)");
}

TEST(CrmShell, MistakesInNamesAreFound) {
  EXPECT_EQ(error_of("primitive a Dummy\nprimitive a Dummy\n"),
            "cluster.crm:2:11: syntax in primitive: \"a\" is already defined in line 1");
  EXPECT_EQ(error_of("primitive a Dummy\nprimitive b Dummy\norder o a:begin b\n"),
            "cluster.crm:3:9: syntax in order: unknown action \"begin\" (expected start, stop, promote or demote)");
  EXPECT_EQ(error_of("primitive a Dummy\nprimitive b Dummy\norder o foo: a b\n"),
            "cluster.crm:3:9: syntax in order: unknown kind \"foo:\" (expected Mandatory:, Optional:, Serialize: or a "
            "score)");
}

// As crmsh 4.4 keeps them: first in the object that follows, with their mark; nothing after the last one.
TEST(CrmShell, CommentsStandBeforeTheirObject) {
  constexpr std::string_view kText =
      "# node comment\nnode 1: n1\n# about a\n# second line about a\nprimitive a ocf:pacemaker:Dummy \\\n\tparams x=1\n"
      "## double hash\n#no space\nprimitive b ocf:pacemaker:Dummy \\\n\tmeta priority=1\n# of the group\ngroup g b\n"
      "# order - dash\norder o Mandatory: a g\n# options\nproperty cib-bootstrap-options: \\\n"
      "\tstonith-enabled=false\n# defaults\nrsc_defaults rsc-options: \\\n\tresource-stickiness=1\n";
  const auto document = parse_crm_shell("\n" + std::string(kText) + "  # the end\n", "cluster.crm");
  ASSERT_TRUE(document) << document.error().text();
  EXPECT_EQ(write_crm_shell(*document), kText);
  const auto comments = [&](std::string_view id) { return document->find_id(id).comments(); };
  EXPECT_EQ(comments("a"), (std::vector<std::string_view>{"# about a", "# second line about a"}));
  EXPECT_EQ(comments("b"), (std::vector<std::string_view>{"## double hash", "#no space"}));
  EXPECT_EQ(comments("cib-bootstrap-options"), (std::vector<std::string_view>{"# options"}));
  EXPECT_EQ(comments("rsc-options"), (std::vector<std::string_view>{"# defaults"}));
}

TEST(CrmShell, CommentsOfXml) {
  const auto shown = [](std::string_view primitive) {
    const auto document = parse_document(
        "<cib><configuration><resources>" + std::string(primitive) + "</resources></configuration></cib>", "cib.xml");
    return write_crm_shell(*document);
  };
  EXPECT_EQ(shown("<primitive id='a' class='lsb' type='x'><!-- no mark --><!--#--></primitive>"),
            "# no mark\n#\nprimitive a lsb:x\n");
  EXPECT_EQ(shown("<primitive id='a' class='lsb' type='x'><!-- it's --><meta_attributes id='m'><!-- in\nside -->"
                  "</meta_attributes></primitive>"),
            "xml <primitive id=\"a\" class=\"lsb\" type=\"x\"><!--# it's--> \\\n        <meta_attributes id=\"m\"><!-- "
            "in \\\n"
            "side --> \\\n        </meta_attributes></primitive>\n");
}

TEST(CrmShell, CommentsThatXmlCannotHold) {
  EXPECT_EQ(error_of("# a -- b\nprimitive a Dummy\n"),
            "cluster.crm:1:1: a comment cannot contain \"--\" or end with \"-\"");
  EXPECT_EQ(error_of("primitive a Dummy\n # a-\nprimitive b Dummy\n"),
            "cluster.crm:2:2: a comment cannot contain \"--\" or end with \"-\"");
}

// What is shown reads back as a valid configuration that is shown alike, for every configuration of the corpus.
std::string content(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// What crmsh 4.4 printed of a CIB, and what it made of that text in an empty one.
TEST(CrmShell, AsCrmshDoes) {
  const std::filesystem::path folder = SIMCLUSTER_SOURCE_DIR "/engine/cib/testdata/crmsh_4.4";
  const auto cib = parse_document(content(folder / "cib.xml"), "cib.xml");
  ASSERT_TRUE(cib) << cib.error().text();
  const std::string text = content(folder / "show.txt");
  EXPECT_EQ(write_crm_shell(*cib), text);
  const auto loaded = parse_crm_shell(text, "show.txt");
  ASSERT_TRUE(loaded) << loaded.error().text();
  const auto expected = parse_document(content(folder / "loaded.xml"), "loaded.xml");
  ASSERT_TRUE(expected) << expected.error().text();
  EXPECT_EQ(write_element(loaded->find_path("configuration")), write_element(expected->find_path("configuration")));
}

TEST(CrmShell, CorpusReadsBack) {
  const char* shared = std::getenv("SIMCLUSTER_SHARED");
  const std::filesystem::path folder =
      std::filesystem::path(shared != nullptr ? shared : SIMCLUSTER_SOURCE_DIR "/../shared") / "corpus/scheduler/xml";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no corpus at " << folder;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().stem() == "order-wrong-kind") continue;
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const auto document = parse_document(text.str(), entry.path().stem().string());
    ASSERT_TRUE(document);
    const std::string shown = write_crm_shell(*document);
    Document again = empty_cib();
    again.root().set_attribute("validate-with", document->root().value("validate-with"));
    const auto loaded = apply_crm_shell(again, shown, entry.path().stem().string());
    // crmsh cannot read this back either: it does not tell whose defaults they are.
    if (shown.find("\nxml <meta_attributes") != std::string::npos) {
      EXPECT_FALSE(loaded) << entry.path();
      continue;
    }
    ASSERT_TRUE(loaded) << loaded.error().text();
    // A comment in XML has one line when it has been read.
    if (shown.find("<!--") != std::string::npos) continue;
    EXPECT_EQ(write_crm_shell(again), shown) << entry.path();
    EXPECT_TRUE(validate(again, Schema::kBefore4).empty()) << entry.path();
  }
}

// AT-7.5, as crmsh 4.4 prints it: what would read as something else (black-box runs over the corpora).
TEST(CrmShell, ShowsWhatReadsBack) {
  const std::string head = "primitive a Dummy\nprimitive b Dummy\nprimitive c Dummy\n";
  const std::string constraints =
      "colocation c1 inf: _rsc_set_ a b\n"
      "colocation c2 inf: ( a b )\n"
      "colocation c3 inf: a ( b )\n"
      "location l1 { a:Started b } 1: n\n"
      "location l2 a \\\n\trule date gt \"2025-06-17T15:45:18Z\"\n"
      "order o1 Mandatory: _rsc_set_ ( a ) b:start symmetrical=false\n"
      "order o2 ( a ) ( b )\n"
      "rsc_ticket t1 tk: _rsc_set_ a\n"
      "rsc_ticket t2 tk: a b\n"
      "rsc_ticket t3 tk: a\n";
  const auto cib = parse_crm_shell(head + constraints, "t");
  ASSERT_TRUE(cib) << cib.error().text();
  EXPECT_EQ(write_crm_shell(*cib), head + constraints);
  for (const char* id : {"c1", "c2", "c3", "l1", "o1", "o2", "t1", "t2"})
    EXPECT_TRUE(cib->find_id(id).first_child("resource_set")) << id;
  EXPECT_EQ(cib->find_id("l1-0").value("role"), "Started");
  EXPECT_FALSE(cib->find_id("l1-1").has("role"));
}

TEST(CrmShell, ShowsAsXmlWhatHasNoWords) {
  const auto cib = parse_document(
      "<cib><configuration><crm_config/><nodes/><resources>"
      "<primitive id=\"a\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"><operations/></primitive>"
      "</resources><constraints>"
      "<rsc_colocation id=\"c\" score=\"INFINITY\"><resource_set id=\"c-0\" sequential=\"true\">"
      "<resource_ref id=\"a\"/></resource_set></rsc_colocation>"
      "<rsc_order id=\"o\" first=\"a\" then=\"a\" kind=\"foo\"/></constraints></configuration></cib>",
      "t");
  ASSERT_TRUE(cib);
  EXPECT_EQ(write_crm_shell(*cib),
            "xml <primitive id=\"a\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"> \\\n  <operations/> \\\n"
            "</primitive>\n"
            "xml <rsc_colocation id=\"c\" score=\"INFINITY\"> \\\n  <resource_set id=\"c-0\"> \\\n"
            "    <resource_ref id=\"a\"/> \\\n  </resource_set> \\\n</rsc_colocation>\n"
            "xml <rsc_order id=\"o\" first=\"a\" then=\"a\" kind=\"foo\"/>\n");
}

}  // namespace
}  // namespace simcluster::cib
