#include "engine/cib/document.h"

#include <gtest/gtest.h>

namespace simcluster::cib {
namespace {

Document parsed(std::string_view xml) {
  auto document = parse_document(xml, "cib.xml");
  EXPECT_TRUE(document.has_value()) << document.error().text();
  return std::move(*document);
}

constexpr std::string_view kSmall =
    "<cib epoch=\"1\"><configuration>\n<resources><!-- two -->\n<primitive id=\"a\"/><primitive id=\"b\" "
    "description=\"x &lt; &quot;y&quot;\"/></resources></configuration></cib>";

TEST(Document, ReadsInOrderAndSkipsComments) {
  const Document document = parsed(kSmall);
  const Element resources = document.root().descend({"configuration", "resources"});
  ASSERT_TRUE(resources.valid());
  std::string ids;
  for (const Element child : resources.children("primitive")) ids += child.xml_id();
  EXPECT_EQ(ids, "ab");
  EXPECT_EQ(document.find("b").attribute_or("description"), "x < \"y\"");
  EXPECT_EQ(document.find("b").line(), 3);
  EXPECT_FALSE(document.find("c").valid());
  EXPECT_TRUE(resources.children("group").empty());
  EXPECT_EQ(document.find("a").parent(), resources);
}

// S5 I-12.
TEST(Document, WritesAsTheToolsDo) {
  const Document document = parsed(kSmall);
  EXPECT_EQ(write_document(document),
            "<cib epoch=\"1\">\n"
            "  <configuration>\n"
            "    <resources>\n"
            "      <!-- two -->\n"
            "      <primitive id=\"a\"/>\n"
            "      <primitive id=\"b\" description=\"x &lt; &quot;y&quot;\"/>\n"
            "    </resources>\n"
            "  </configuration>\n"
            "</cib>\n");
  Document controls;
  controls.set_attribute(controls.set_root("a"), "v", "1\n2\t3\xc3\xa9");
  EXPECT_EQ(write_document(controls, Layout::kOneLine), "<a v=\"1&#x0A;2&#x09;3\xc3\xa9\"/>");
}

TEST(Document, ChangesStayInOrder) {
  Document document = parsed(kSmall);
  const Element a = document.find("a");
  const Element between = document.insert_before(document.find("b"), "group");
  document.set_attribute(between, "id", "g");
  document.move_before(document.find("b"), a);
  document.set_attribute(a, "class", "ocf");
  document.set_attribute(a, "type", "Dummy");
  document.set_attribute(a, "class", "lsb");
  document.remove_attribute(a, "id");
  EXPECT_FALSE(document.find("a").valid());
  EXPECT_EQ(write_element(document.root().descend({"configuration", "resources"}), Layout::kOneLine),
            "<resources><!-- two --><primitive id=\"b\" description=\"x &lt; &quot;y&quot;\"/><primitive class=\"lsb\" "
            "type=\"Dummy\"/><group id=\"g\"/></resources>");
  document.remove(document.find("g"));
  EXPECT_FALSE(document.find("g").valid());
}

TEST(Document, CopiesAreIndependent) {
  Document first = parsed(kSmall);
  Document second = first;
  second.set_attribute(second.find("a"), "id", "z");
  second.remove(second.find("b"));
  EXPECT_TRUE(first.find("a").valid());
  EXPECT_TRUE(first.find("b").valid());
  EXPECT_TRUE(second.find("z").valid());
  EXPECT_FALSE(second.find("b").valid());
  const Element copied = first.append_copy(first.find("a"), second.find("z"));
  EXPECT_EQ(copied.xml_id(), "z");
  EXPECT_FALSE(same_subtree(first.root(), second.root()));
  EXPECT_TRUE(same_subtree(second.root(), Document(second).root()));
}

TEST(Document, CompactKeepsContent) {
  Document document = parsed(kSmall);
  for (int i = 0; i < 100; ++i) document.set_attribute(document.find("a"), "n", std::to_string(i));
  document.remove(document.find("b"));
  const std::string before = write_document(document);
  EXPECT_GT(document.garbage(), 100U);
  document.compact();
  EXPECT_EQ(write_document(document), before);
  EXPECT_EQ(document.garbage(), 0U);
  EXPECT_TRUE(document.find("a").valid());
}

std::string error_of(std::string_view xml) {
  const auto document = parse_document(xml, "cib.xml");
  return document ? "accepted" : document.error().text();
}

TEST(Document, BadXmlIsOneErrorWithItsPlace) {
  EXPECT_EQ(error_of(""), "cib.xml: the document is empty (expected XML)");
  EXPECT_EQ(error_of("<cib>\n<a></b></cib>").rfind("cib.xml:2:", 0), 0U) << error_of("<cib>\n<a></b></cib>");
  EXPECT_NE(error_of("<!DOCTYPE cib [<!ENTITY a \"b\">]><cib/>").find("document type declarations"), std::string::npos);
  EXPECT_NE(error_of("plain text").find("invalid XML"), std::string::npos);
  EXPECT_NE(error_of("<cib a=\"1\" a=\"2\"/>").find("invalid XML"), std::string::npos);
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "<a>";
  EXPECT_NE(error_of(deep).find("nested too deeply"), std::string::npos) << error_of(deep);
}

}  // namespace
}  // namespace simcluster::cib
