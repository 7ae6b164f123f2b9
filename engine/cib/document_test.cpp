#include "engine/cib/document.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/base/random.h"

namespace simcluster::cib {
namespace {

Document parse(std::string_view xml) {
  auto parsed = parse_document(xml, "t.xml");
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().text());
  return parsed ? std::move(*parsed) : Document();
}

std::string error_of(std::string_view xml, const ParseLimits& limits = {}) {
  const auto parsed = parse_document(xml, "t.xml", limits);
  return parsed ? "accepted" : parsed.error().text();
}

constexpr std::string_view kSample =
    "<?xml version=\"1.0\"?>\n"
    "<cib epoch=\"1\">\n"
    "  <configuration>\n"
    "    <!-- kept -->\n"
    "    <nodes>\n"
    "      <node id=\"1\"\n"
    "            uname=\"a &amp; b\"/> <node id=\"2\" uname=\"c\"/>\n"
    "    </nodes>\n"
    "  </configuration>\n"
    "  <status/>\n"
    "</cib>\n";

TEST(Document, KeepsElementsAttributesAndPlaces) {
  const Document document = parse(kSample);
  EXPECT_EQ(document.root().name(), "cib");
  const Element nodes = document.find_path("configuration/nodes");
  ASSERT_TRUE(nodes);
  std::string seen;
  for (const Element node : nodes.children(names::kNode)) {
    seen += fmt::format("{}={} at {}:{};", node.id(), node.value("uname"), node.line(), node.column());
  }
  EXPECT_EQ(seen, "1=a & b at 6:7;2=c at 7:33;");
  EXPECT_EQ(document.find_id("2").value(names::kUname), "c");
  EXPECT_FALSE(document.find_id("3"));
  EXPECT_EQ(document.find_unique(names::kStatus).place().line, 10);
  EXPECT_EQ(Element().value("x", "none"), "none");
}

// S1 C-1.3: comments are kept, blank text is not.
TEST(Document, WritesAsTheToolsDo) {
  EXPECT_EQ(write_document(parse(kSample)),
            "<cib epoch=\"1\">\n"
            "  <configuration>\n"
            "    <!-- kept -->\n"
            "    <nodes>\n"
            "      <node id=\"1\" uname=\"a &amp; b\"/>\n"
            "      <node id=\"2\" uname=\"c\"/>\n"
            "    </nodes>\n"
            "  </configuration>\n"
            "  <status/>\n"
            "</cib>\n");
  EXPECT_EQ(write_compact(parse("<a> <!--x--><b c='\"'/>text<d><!--y--></d></a>").root()),
            "<a><b c=\"&quot;\"/><d/></a>");
}

TEST(Document, EditsKeepOrder) {
  Document document = parse("<a x='1' y='2' z='3'><b id='1'/><c/><b id='2'/></a>");
  const MutableElement root = document.root();
  MutableElement(root).set_attribute("y", "two").set_attribute("w", 4);
  EXPECT_TRUE(MutableElement(root).remove_attribute("x"));
  EXPECT_FALSE(MutableElement(root).remove_attribute("x"));
  root.first_child(std::string_view("c")).remove();
  MutableElement made = MutableElement(root).insert_child("d", root.first_child());
  made.append_child("e").set_attribute("f", "");
  EXPECT_EQ(write_compact(root), "<a y=\"two\" z=\"3\" w=\"4\"><d><e f=\"\"/></d><b id=\"1\"/><b id=\"2\"/></a>");
  made.move(root, Element());
  document.edit(document.find_id("1")).move(made, Element());
  EXPECT_EQ(write_compact(root), "<a y=\"two\" z=\"3\" w=\"4\"><b id=\"2\"/><d><e f=\"\"/><b id=\"1\"/></d></a>");
  document.compact();
  EXPECT_EQ(write_compact(document.root()),
            "<a y=\"two\" z=\"3\" w=\"4\"><b id=\"2\"/><d><e f=\"\"/><b id=\"1\"/></d></a>");
}

TEST(Document, RemovingWhileIterating) {
  Document document = parse("<a><b n='1'/><c/><b n='2'/><b n='3'/></a>");
  for (const MutableElement b : document.root().children("b")) {
    if (b.value("n") != "2") MutableElement(b).remove();
  }
  EXPECT_EQ(write_compact(document.root()), "<a><c/><b n=\"2\"/></a>");
}

TEST(Document, CopiesAreIndependentAndKeepNumbers) {
  Document first = parse("<a><b id='x' v='1'/></a>");
  Document second = first;
  const Element b = first.find_id("x");
  const std::string_view old = b.value("v");
  second.edit(b).set_attribute("v", "2").set_attribute("unheard-of", "3");
  first.edit(b).set_attribute("v", "9");
  EXPECT_EQ(write_compact(first.root()), "<a><b id=\"x\" v=\"9\"/></a>");
  EXPECT_EQ(write_compact(second.root()), "<a><b id=\"x\" v=\"2\" unheard-of=\"3\"/></a>");
  EXPECT_EQ(old, "1");  // views outlive changes
  first = Document();
  EXPECT_EQ(second.find_id("x").value("v"), "2");
}

TEST(Document, CopiesSubtreesBetweenDocuments) {
  const Document from = parse("<a><strange id='s'><inner q='1'/><inner q='2'><deep/></inner></strange><other/></a>");
  Document to = parse("<r><x/></r>");
  to.root().insert_copy(from.find_id("s"), to.root().first_child());
  to.root().append_copy(to.find_id("s"));
  EXPECT_EQ(write_compact(to.root()),
            "<r><strange id=\"s\"><inner q=\"1\"/><inner q=\"2\"><deep/></inner></strange><x/>"
            "<strange id=\"s\"><inner q=\"1\"/><inner q=\"2\"><deep/></inner></strange></r>");
  EXPECT_TRUE(same_tree(from.find_id("s"), to.find_id("s")));
  EXPECT_FALSE(to.find_unique_id(to.find_name("strange"), "s"));
  EXPECT_EQ(to.find_all_id("s").size(), 2u);
}

TEST(Document, IndexFollowsChanges) {
  Document document = parse("<a/>");
  EXPECT_FALSE(document.find_id("n1"));
  for (int i = 0; i < 500; ++i) document.root().append_child("n").set_attribute("id", fmt::format("n{}", i));
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(document.find_id(fmt::format("n{}", i))) << i;
  document.edit(document.find_id("n7")).set_attribute("id", "m7");
  EXPECT_FALSE(document.find_id("n7"));
  EXPECT_TRUE(document.find_id("m7"));
  document.edit(document.find_id("m7")).remove();
  EXPECT_FALSE(document.find_id("m7"));
}

TEST(Document, SameTreeIgnoresAttributeOrderAndComments) {
  const Document a = parse("<a x='1' y='2'><b/><c/></a>");
  EXPECT_TRUE(same_tree(a.root(), parse("<a y='2' x='1'><!-- z --><b/> <c/></a>").root()));
  EXPECT_FALSE(same_tree(a.root(), parse("<a x='1' y='2'><c/><b/></a>").root()));
  EXPECT_FALSE(same_tree(a.root(), parse("<a x='1' y='2'><b/><c/><c/></a>").root()));
  EXPECT_FALSE(same_tree(a.root(), parse("<a x='1' y='2'><b/><c><d/></c></a>").root()));
  EXPECT_FALSE(same_tree(a.root(), parse("<a x='1' y='3'><b/><c/></a>").root()));
}

TEST(Document, BadInputIsOneSentenceWithAPlace) {
  EXPECT_EQ(error_of(""), "t.xml: the document is empty, expected XML");
  EXPECT_EQ(error_of("<a>\n  <b>\n</a>"),
            "t.xml:3:5: not well-formed XML: Opening and ending tag mismatch: b line 2 and a");
  EXPECT_NE(error_of("hello").find("t.xml:1:1: not well-formed XML: Start tag expected"), std::string::npos);
  EXPECT_NE(error_of("<a b='1' b='2'/>").find("redefined"), std::string::npos);
  EXPECT_NE(error_of("<a>&nope;</a>").find("nope"), std::string::npos);
  EXPECT_EQ(error_of("<!DOCTYPE a [\n<!ENTITY x 'y'>]>\n<a>&x;</a>"),
            "t.xml:3:1: the entity \"x\" is not expanded, expected plain text");
  EXPECT_EQ(error_of("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a b='&x;'/>"),
            "t.xml:1:55: the entity \"x\" is not expanded, expected plain text");
  EXPECT_NE(error_of(std::string_view("<a b='\xff\xfe'/>")).find("t.xml:1:"), std::string::npos);
}

// What a DOCTYPE declares is not used, so it changes nothing (as 2.1.5 reads it).
TEST(Document, DeclarationsAreSkipped) {
  EXPECT_EQ(write_compact(parse("<!DOCTYPE a [<!ENTITY x 'y'><!ATTLIST a c CDATA 'd'>]><a b='&lt;&#65;'/>").root()),
            "<a b=\"&lt;A\"/>");
  EXPECT_EQ(write_compact(parse("<!DOCTYPE b SYSTEM '/nothing.dtd'><a/>").root()), "<a/>");
}

TEST(Document, CharacterDataIsNotedOutsideOfTheStatus) {
  const auto count = [](std::string_view text) { return parse(text).character_data().size(); };
  EXPECT_EQ(count("<cib>text<a><![CDATA[ \n]]></a></cib>"), 0u);
  EXPECT_EQ(count("<cib><status><![CDATA[x]]><a><![CDATA[x]]></a></status></cib>"), 0u);
  const Document document = parse("<cib>\n <a><![CDATA[<x>\n]]></a><a><![CDATA[y]]></a></cib>");
  ASSERT_EQ(document.character_data().size(), 2u);
  EXPECT_EQ(document.character_data()[0].line, 2);
  EXPECT_EQ(document.character_data()[1].line, 3);
}

TEST(Document, LimitsAreErrors) {
  ParseLimits limits;
  limits.depth = 3;
  EXPECT_EQ(error_of("<a><b>\n <c><d/></c></b></a>", limits), "t.xml:2:5: elements are nested deeper than 3");
  limits = {};
  limits.attributes_of_one_element = 2;
  EXPECT_EQ(error_of("<a><b x='' y='' z=''/></a>", limits), "t.xml:1:4: an element has more than 2 attributes");
  limits = {};
  limits.elements = 2;
  EXPECT_EQ(error_of("<a><b/><c/></a>", limits), "t.xml:1:8: there are more than 2 elements");
  limits = {};
  limits.bytes = 5;
  EXPECT_EQ(error_of("<a><b/></a>", limits), "t.xml: the document is larger than 5 bytes");
}

// Large inputs are ordinary: the parser's own bounds are off, ours are not.
TEST(Document, LargeAndDeepInputs) {
  std::string text = "<a>";
  for (int i = 0; i < 200'000; ++i)
    text += "<b id='some-long-enough-id-" + std::to_string(i) + "' value='some text'/>\n";
  text += "</a>";
  ASSERT_GT(text.size(), 10'500'000u);
  const Document document = parse(text);
  EXPECT_EQ(document.root().child_count(), 200'000u);
  EXPECT_EQ(document.find_id("some-long-enough-id-199999").line(), 200'000);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_EQ(error_of(deep), "t.xml:1:601: elements are nested deeper than 200");
}

// S1 C-18.2
TEST(Document, EscapesAndReadsBack) {
  Document document = parse("<a/>");
  document.root().set_attribute("v", "<>&\"' \n\t\x7f é");
  const std::string text = write_compact(document.root());
  EXPECT_EQ(text, "<a v=\"&lt;&gt;&amp;&quot;' &#x0A;&#x09;&#x7F; é\"/>");
  EXPECT_EQ(parse(text).root().value("v"), "<>&\"' \n\t\x7f é");
}

// Comments have no name that the other document would know.
TEST(Document, CopiesCommentsIntoOtherDocuments) {
  const Document source = *parse_document("<a><!-- why --><b x='1'><!-- how --></b></a>", "source");
  Document target;
  target.create_root("r").append_copy(source.root());
  const std::string text = write_document(target);
  EXPECT_NE(text.find("<!-- why -->"), std::string::npos) << text;
  EXPECT_NE(text.find("<!-- how -->"), std::string::npos) << text;
  target.compact();
  EXPECT_EQ(target.root().first_child().first_child().name(), "b");
}

// One change of a random element: attributes, children, its place, or all of it.
void change_something(Document& document, Random& random) {
  std::vector<MutableElement> all;
  for (Element at = document.root(); at; at = at.next_in(document.root())) all.push_back(document.edit(at));
  MutableElement at = all[random.below(all.size())];
  const std::string number = std::to_string(random.below(4));
  switch (random.below(7)) {
    case 0:
      at.set_attribute("a" + number, std::to_string(random.below(100)));
      break;
    case 1:
      at.set_attribute("id", "x" + number);
      break;
    case 2:
      at.remove_attribute("a" + number);
      break;
    case 3:
      at.remove_all_attributes();
      break;
    case 4:
      at.append_child("c" + number).set_attribute("id", "x" + number);
      break;
    case 5:
      at.insert_copy(all[random.below(all.size())], at.first_child());
      break;
    default:
      if (at.parent()) at.remove();
      break;
  }
}

// What was noted is taken back, shown and shown again, whatever it was.
TEST(Document, ChangesAreTakenBack) {
  Random random(11, "journal");
  Document document = parse("<cib a1='1'><x id='x1' a1='2' a2='3'><y/></x><x id='x2'/><z id='x3' a3='4'/></cib>");
  for (int round = 0; round < 300; ++round) {
    const std::string before = write_document(document);
    EXPECT_EQ(document.find_id("x1"), parse(before).find_id("x1") ? document.find_id("x1") : Element());
    document.begin_changes();
    for (std::uint64_t i = random.below(12); i > 0 && before.size() < 4000; --i) change_something(document, random);
    const std::string after = write_document(document);
    document.swap_changes();
    EXPECT_EQ(write_document(document), before);
    document.swap_changes();
    EXPECT_EQ(write_document(document), after);
    if (random.below(2) == 0) {
      document.keep_changes();
      continue;
    }
    document.take_back_changes();
    EXPECT_EQ(write_document(document), before);
    const Element found = document.find_id("x2");
    EXPECT_EQ(static_cast<bool>(found), before.find("id=\"x2\"") != std::string::npos);
  }
}

// Copies are of their own: they note nothing, and keep what the original takes back.
// What a document says of its size is what the same content has when it is read anew.
TEST(Document, TheSizeIsThatOfTheContent) {
  const auto is_true = [](const Document& document) {
    EXPECT_EQ(document.content_bytes(), parse(write_document(document)).content_bytes()) << write_document(document);
  };
  EXPECT_EQ(parse("<a><!-- x --><b c=\"de\"/></a>").content_bytes(),
            std::string_view("<a><!-- x --><b c=\"de\"></b></a>").size());
  Document document = parse(kSample);
  is_true(document);
  const std::size_t before = document.content_bytes();
  for (const bool kept : {false, true}) {
    document.begin_changes();
    MutableElement nodes = document.find_path("configuration/nodes");
    nodes.first_child().set_attribute("uname", "longer than before").set_attribute("type", "member");
    is_true(document);
    nodes.append_copy(nodes.first_child());
    nodes.rename("knots");
    is_true(document);
    nodes.first_child().remove_attribute("uname");
    nodes.parent().prepend_comment("one more");
    is_true(document);
    nodes.append_child("x").append_copy(document.find_path("configuration"));
    is_true(document);
    nodes.first_child().remove_all_attributes();
    is_true(document);
    if (kept) {
      document.keep_changes();
    } else {
      document.swap_changes();
      EXPECT_EQ(document.content_bytes(), before);
      document.swap_changes();
      document.take_back_changes();
      EXPECT_EQ(document.content_bytes(), before);
    }
    is_true(document);
  }
  document.find_path("configuration").remove();
  is_true(document);
  document.compact();
  is_true(document);
  EXPECT_EQ(Document(document).content_bytes(), document.content_bytes());
}

TEST(Document, CopiesNoteNothing) {
  Document document = parse("<a v='1'/>");
  document.begin_changes();
  document.root().set_attribute("v", "2");
  Document copy = document;
  document.take_back_changes();
  EXPECT_EQ(document.root().value("v"), "1");
  EXPECT_EQ(copy.root().value("v"), "2");
  copy.begin_changes();
  copy.keep_changes();
}

}  // namespace
}  // namespace simcluster::cib
