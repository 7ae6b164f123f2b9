#include "engine/cib/xpath.h"

#include <string>

#include <gtest/gtest.h>

namespace simcluster::cib {
namespace {

std::string selected(std::string_view expression) {
  const auto document = parse_document(
      R"(<cib><a id="1"><b id="2" name="x"/><c id="3"/></a><!-- b --><b id="4" name="y"/></cib>)", "test.xml");
  std::string ids;
  for (const Element element : select(*document, expression))
    ids += std::string(element.name().substr(0, 1)) + std::string(element.id()) + " ";
  return ids;
}

// AT-9.1: what cibadmin -A finds.
TEST(XPath, Selects) {
  EXPECT_EQ(selected("//b"), "b2 b4 ");
  EXPECT_EQ(selected("//b[@name='y']"), "b4 ");
  EXPECT_EQ(selected("/cib/a/*"), "b2 c3 ");
  EXPECT_EQ(selected("//c | //a"), "a1 c3 ");
  EXPECT_EQ(selected("/"), "c ");
}

TEST(XPath, WhatIsSelectedOfAnElementStandsForIt) { EXPECT_EQ(selected("//a/@id | //b/@*"), "a1 b2 b4 "); }

TEST(XPath, NothingIsFound) {
  EXPECT_EQ(selected("//nope"), "");
  EXPECT_EQ(selected("count(//b)"), "");
  EXPECT_EQ(selected("//b["), "");
  EXPECT_EQ(selected(""), "");
}

}  // namespace
}  // namespace simcluster::cib
