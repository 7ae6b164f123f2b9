// What crmsh 4.4 was seen to call (AT-11.2).
#include "commands/shell_questions.h"

#include <gtest/gtest.h>

namespace simcluster::commands {
namespace {

using Lines = std::vector<Arguments>;

Lines asked(const std::vector<std::string>& words) { return questions_of_shell(words); }

TEST(ShellQuestions, AreAskedByCrmResource) {
  EXPECT_EQ(asked({"resource", "status"}), (Lines{{"crm_resource", "--list"}}));
  EXPECT_EQ(asked({"resource", "status", "a", "b"}),
            (Lines{{"crm_resource", "--locate", "-r", "a"}, {"crm_resource", "--locate", "-r", "b"}}));
  EXPECT_EQ(asked({"resource", "locate", "a"}), (Lines{{"crm_resource", "--locate", "-r", "a"}}));
  EXPECT_EQ(asked({"resource", "constraints", "a"}), (Lines{{"crm_resource", "-a", "-r", "a"}}));
  EXPECT_EQ(asked({"resource", "operations"}), (Lines{{"crm_resource", "-O"}}));
  EXPECT_EQ(asked({"resource", "operations", "a", "node1"}), (Lines{{"crm_resource", "-O", "-r", "a", "-N", "node1"}}));
}

TEST(ShellQuestions, WhatChangesSomethingIsNone) {
  EXPECT_TRUE(asked({}).empty());
  EXPECT_TRUE(asked({"resource"}).empty());
  EXPECT_TRUE(asked({"resource", "locate"}).empty());
  EXPECT_TRUE(asked({"resource", "constraints"}).empty());
  EXPECT_TRUE(asked({"resource", "stop", "a"}).empty());
  EXPECT_TRUE(asked({"node", "status"}).empty());
}

}  // namespace
}  // namespace simcluster::commands
