// What crmsh 4.4 made of the same commands on the same configuration (black-box runs, AT-7.6).
#include "engine/cib/crm_edit.h"

#include <gtest/gtest.h>

#include "engine/cib/crm_shell.h"
#include "engine/cib/line_editor.h"

namespace simcluster::cib {
namespace {

constexpr const char* kText = R"(node 1: node1
primitive a Dummy op monitor interval=10s
primitive b Dummy
primitive c Dummy
primitive d Dummy
primitive e Dummy
group g a b
clone cl c
location l-a-n1 d 100: node1
location l2 g rule 50: #uname eq node1
location l3 { a e } 10: node1
order o1 Mandatory: d g
order o2 Mandatory: a e cl
colocation c1 inf: g d
tag t1 a d
tag t2 e
)";

class CrmEdit : public testing::Test {
 protected:
  CrmEdit() : cib(*parse_crm_shell(kText, "t")), before(shown()) {}
  std::string shown() const { return write_crm_shell(cib); }
  // Lines that are new, each with a blank before it.
  std::string news() const { return lines_of(shown(), before); }
  std::string gone() const { return lines_of(before, shown()); }
  static std::string lines_of(std::string_view text, std::string_view other) {
    std::string found;
    while (!text.empty()) {
      const auto line = text.substr(0, text.find('\n') + 1);
      text.remove_prefix(line.size());
      if (("\n" + std::string(other)).find("\n" + std::string(line)) == std::string::npos) found += line;
    }
    return found;
  }
  Document cib;
  std::string before;
};

TEST_F(CrmEdit, RenameTakesConstraintsWithItAndNoTags) {
  ASSERT_TRUE(rename_object(cib, "d", "dd"));
  EXPECT_EQ(news(),
            "primitive dd Dummy\ncolocation c1 inf: g dd\nlocation l-a-n1 dd 100: node1\norder o1 Mandatory: dd g\n");
  EXPECT_NE(shown().find("tag t1 a d\n"), std::string::npos);
}

TEST_F(CrmEdit, RenameOfPartsSetsAndConstraints) {
  ASSERT_TRUE(rename_object(cib, "a", "aa"));
  EXPECT_NE(shown().find("group g aa b\n"), std::string::npos);
  EXPECT_TRUE(cib.find_id("a-monitor-10s"));
  EXPECT_NE(shown().find("order o2 Mandatory: aa e cl\n"), std::string::npos);
  ASSERT_TRUE(rename_object(cib, "o1", "o9"));
  EXPECT_NE(shown().find("order o9 Mandatory: d g\n"), std::string::npos);
}

TEST_F(CrmEdit, RenameRefuses) {
  EXPECT_EQ(rename_object(cib, "zz", "yy").error().message, "object zz does not exist");
  EXPECT_EQ(rename_object(cib, "a", "b").error().message, "b: id is already in use");
  EXPECT_EQ(rename_object(cib, "node1", "node9").error().message, "cannot rename nodes");
  EXPECT_EQ(shown(), before);
}

TEST_F(CrmEdit, WhatIsDeletedTakesItsConstraintsWithIt) {
  ASSERT_TRUE(delete_objects(cib, {"d"}));
  EXPECT_EQ(
      gone(),
      "primitive d Dummy\ntag t1 a d\ncolocation c1 inf: g d\nlocation l-a-n1 d 100: node1\norder o1 Mandatory: d g\n");
  EXPECT_EQ(news(), "tag t1 a\n");
}

TEST_F(CrmEdit, SetsShrink) {
  ASSERT_TRUE(delete_objects(cib, {"e"}));
  EXPECT_EQ(news(), "location l3 { a } 10: node1\norder o2 Mandatory: a cl\n");
  EXPECT_EQ(cib.find_id("o2").value("first"), "a");
  EXPECT_EQ(cib.find_id("o2").value("then"), "cl");
  EXPECT_FALSE(cib.find_id("t2"));
}

TEST_F(CrmEdit, WhatWasSaidOfAGroupIsSaidOfItsFirst) {
  ASSERT_TRUE(delete_objects(cib, {"g"}));
  EXPECT_EQ(news(), "colocation c1 inf: a d\nlocation l2 a \\\norder o1 Mandatory: d a\n");
  EXPECT_TRUE(cib.find_id("a").parent().is("resources"));
}

TEST_F(CrmEdit, AContainerGoesWithItsLastMember) {
  ASSERT_TRUE(delete_objects(cib, {"a", "b"}));
  EXPECT_FALSE(cib.find_id("g"));
  EXPECT_FALSE(cib.find_id("l2"));
  ASSERT_TRUE(delete_objects(cib, {"c"}));
  EXPECT_FALSE(cib.find_id("cl"));
  EXPECT_EQ(delete_objects(cib, {"e", "zz"}).error().message, "object zz does not exist");
  EXPECT_TRUE(cib.find_id("e"));
}

TEST_F(CrmEdit, Modgroup) {
  ASSERT_TRUE(modify_group(cib, {"g", "add", "e"}));
  EXPECT_EQ(news(), "group g a b e\n");
  ASSERT_TRUE(modify_group(cib, {"g", "remove", "e"}));
  EXPECT_EQ(news(), "");
  ASSERT_TRUE(modify_group(cib, {"g", "add", "e", "before", "b"}));
  EXPECT_EQ(news(), "group g a e b\n");
  ASSERT_TRUE(modify_group(cib, {"g", "remove", "a"}));
  ASSERT_TRUE(modify_group(cib, {"g", "add", "a", "after", "e"}));
  EXPECT_EQ(news(), "group g e a b\n");
  EXPECT_EQ(modify_group(cib, {"g", "remove", "zz"}).error().message, "zz is not member of g");
  EXPECT_EQ(modify_group(cib, {"g", "add", "d", "after", "zz"}).error().message, "zz is not member of g");
  EXPECT_EQ(modify_group(cib, {"g", "add", "zz"}).error().message, "g refers to missing object zz");
  EXPECT_EQ(modify_group(cib, {"g", "add", "a"}).error().message, "child a listed more than once in group g");
  EXPECT_EQ(modify_group(cib, {"zz", "add", "a"}).error().message, "group zz does not exist");
  EXPECT_EQ(modify_group(cib, {"g", "frob", "d"}).error().message, "modgroup subcommand frob unknown");
}

// AT-7.7: another interval is another operation.
TEST_F(CrmEdit, EditAndFilter) {
  ASSERT_TRUE(edit_objects(cib, {"a"}, "s/interval=10s/interval=0s/", ObjectText::kAsShown));
  EXPECT_EQ(news(), "\top monitor interval=0s\n");
  EXPECT_TRUE(cib.find_id("a-monitor-0s"));
  EXPECT_FALSE(cib.find_id("a-monitor-10s"));
  ASSERT_TRUE(edit_objects(cib, {}, "/^primitive a/s/=0s/=20s/", ObjectText::kOneLine));
  EXPECT_TRUE(cib.find_id("a-monitor-20s"));
  ASSERT_TRUE(edit_objects(cib, {"d"}, "/d/d", ObjectText::kOneLine));
  EXPECT_FALSE(cib.find_id("o1"));
  EXPECT_EQ(edit_objects(cib, {"zz"}, "d", ObjectText::kOneLine).error().message, "object zz does not exist");
}

TEST(LineEditor, AsSedDoes) {
  EXPECT_EQ(*edit_lines("aa b\naa c\n", "s/a/x/"), "xa b\nxa c\n");
  EXPECT_EQ(*edit_lines("aa b\naa c\n", "/c$/s|a|<&>|g"), "aa b\n<a><a> c\n");
  EXPECT_EQ(*edit_lines("one\ntwo\n", "1d; s/\\(t\\)\\(w\\)/\\2\\1/"), "wto\n");
  EXPECT_EQ(*edit_lines("a/b\n", "s/a\\/b/c/"), "c\n");
  EXPECT_EQ(*edit_lines("abc\n", "s/x*/-/g"), "-a-b-c-\n");
  EXPECT_FALSE(edit_lines("a\n", "s/a/b"));
  EXPECT_FALSE(edit_lines("a\n", "s/\\(/b/"));
  EXPECT_FALSE(edit_lines("a\n", "p"));
  EXPECT_FALSE(edit_lines("a\n", "/a"));
}

}  // namespace
}  // namespace simcluster::cib
