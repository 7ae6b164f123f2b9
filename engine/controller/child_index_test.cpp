#include "engine/controller/child_index.h"

#include <string>

#include <gtest/gtest.h>

namespace simcluster::controller {
namespace {

// With the table and without it the first of a name and id is meant, and what is added is found.
TEST(ChildIndex, FindsTheFirst) {
  cib::Document document =
      *cib::parse_document("<r><a id='1' n='first'/><a id='1' n='second'/><b id='1'/><a n='bare'/></r>", "test");
  for (const std::size_t lookups : {std::size_t{1}, std::size_t{100}}) {
    ChildIndex index(document.root(), lookups);
    EXPECT_EQ(index.find("a", "1").value("n"), "first");
    EXPECT_EQ(index.find("a", "").value("n"), "bare");
    EXPECT_TRUE(index.find("b", "1").is("b"));
    EXPECT_FALSE(index.find("b", "2"));
    const std::string id = "new" + std::to_string(lookups);
    cib::MutableElement added = document.root().append_child("a");
    added.set_attribute("id", id);
    index.add(added);
    EXPECT_EQ(index.find("a", id), added);
  }
}

}  // namespace
}  // namespace simcluster::controller
