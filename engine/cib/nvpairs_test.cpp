#include "engine/cib/nvpairs.h"

#include <gtest/gtest.h>

namespace simcluster::cib {
namespace {

std::string unpacked(std::string_view xml, std::string_view first = {}, NvTable table = {}) {
  const auto document = parse_document(xml, "n.xml");
  EXPECT_TRUE(document) << xml;
  const RuleContext context;
  NextChange change;
  unpack_nvpairs(document->root().first_child(), names::kMetaAttributes, context, change, table, first);
  std::string text;
  for (const auto& [name, value] : table) text += std::string(name) + "=" + std::string(value) + " ";
  return text;
}

// S1 C-6.2: among equal scores the last block wins.
TEST(Nvpairs, OrderOfBlocks) {
  constexpr std::string_view kTwo =
      "<r><p><meta_attributes id='m1'><nvpair id='1' name='a' value='first'/></meta_attributes>"
      "<meta_attributes id='m2'><nvpair id='2' name='a' value='second'/></meta_attributes></p></r>";
  EXPECT_EQ(unpacked(kTwo), "a=second ");
  EXPECT_EQ(unpacked(kTwo, "m1"), "a=first ");
  EXPECT_EQ(
      unpacked("<r><p><meta_attributes id='m1' score='5'><nvpair id='1' name='a' value='first'/></meta_attributes>"
               "<meta_attributes id='m2'><nvpair id='2' name='a' value='second'/></meta_attributes>"
               "<meta_attributes id='m3' score='5'><nvpair id='3' name='a' value='third'/>"
               "</meta_attributes></p></r>"),
      "a=third ");
}

// S1 C-6.3
TEST(Nvpairs, FirstProcessedWinsAndDefaultErases) {
  EXPECT_EQ(
      unpacked("<r><p><meta_attributes id='m'><nvpair id='1' name='a' value='x'/><nvpair id='2' name='a' value='y'/>"
               "<nvpair id='3' name='b' value='x'/><nvpair id='4' name='b' value='#Default'/>"
               "<nvpair id='5' name='c'/><nvpair id='6' value='v'/></meta_attributes></p></r>"),
      "a=x ");
  EXPECT_EQ(unpacked("<r><p><meta_attributes id='m'><nvpair id='1' name='a' value='#default'/>"
                     "<nvpair id='2' name='a' value='y'/></meta_attributes></p></r>"),
            "a=y ");
  NvTable before;
  before.insert("a", "kept");
  EXPECT_EQ(unpacked("<r><p><meta_attributes id='m'><nvpair id='1' name='a' value='x'/></meta_attributes></p></r>", {},
                     before),
            "a=kept ");
}

// S1 C-6.1, C-6.3, C-6.5
TEST(Nvpairs, ReferencesAndOldStyle) {
  EXPECT_EQ(unpacked("<r><p><meta_attributes id-ref='m'/></p>"
                     "<q><meta_attributes id='m'><nvpair id='n' name='a' value='x'/></meta_attributes></q></r>"),
            "a=x ");
  EXPECT_EQ(unpacked("<r><p><meta_attributes id-ref='nothing'/></p></r>"), "");
  EXPECT_EQ(unpacked("<r><p><meta_attributes id='m'><nvpair id-ref='n' name='ignored'/></meta_attributes></p>"
                     "<q><nvpair id='n' name='a' value='x'/></q></r>"),
            "a=x ");
  EXPECT_EQ(unpacked("<r><p><meta_attributes id='m'><attributes><nvpair id='1' name='a' value='x'/></attributes>"
                     "<nvpair id='2' name='b' value='y'/></meta_attributes></p></r>"),
            "a=x ");
}

TEST(Nvpairs, OnlyTheFirstRuleCounts) {
  constexpr std::string_view kRules =
      "<r><p><meta_attributes id='m'><rule id='r1'><expression id='e1' attribute='x' operation='{}'/></rule>"
      "<rule id='r2'><expression id='e2' attribute='x' operation='defined'/></rule>"
      "<nvpair id='1' name='a' value='x'/></meta_attributes></p></r>";
  const auto with = [&](std::string_view operation) {
    std::string text(kRules);
    return text.replace(text.find("{}"), 2, operation);
  };
  EXPECT_EQ(unpacked(with("not_defined")), "a=x ");
  EXPECT_EQ(unpacked(with("defined")), "");
  const auto document = *parse_document(with("defined"), "n.xml");
  EXPECT_TRUE(blocks_depend_on_node(document.root().first_child(), names::kMetaAttributes));
  EXPECT_TRUE(blocks_have_rules(document.root().first_child(), names::kMetaAttributes));
  EXPECT_FALSE(blocks_have_rules(document.root().first_child(), names::kUtilization));
}

}  // namespace
}  // namespace simcluster::cib
