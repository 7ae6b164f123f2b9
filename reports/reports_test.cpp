// The small reports: texts, tables, differences, story, JSON lines, JUnit, files.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/atomic_file.h"
#include "reports/diff.h"
#include "reports/junit.h"
#include "reports/story.h"
#include "reports/table.h"
#include "reports/text.h"
#include "reports/trace_json.h"

namespace simcluster::reports {
namespace {

std::string scratch(const std::string& name) {
  const std::string folder = testing::TempDir() + "simcluster_reports_" + std::to_string(getpid());
  std::filesystem::create_directories(folder);
  return folder + "/" + name;
}

std::string content(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

TEST(Text, DurationsAreExactAndShort) {
  EXPECT_EQ(duration_text({}), "0s");
  EXPECT_EQ(duration_text(seconds(90)), "1m30s");
  EXPECT_EQ(duration_text(milliseconds(1500)), "1.5s");
  EXPECT_EQ(duration_text(milliseconds(250)), "250ms");
  EXPECT_EQ(duration_text(microseconds(40)), "40us");
  EXPECT_EQ(duration_text(hours(25)), "1d1h");
  EXPECT_EQ(duration_text(-seconds(1)), "-1s");
}

TEST(Text, ClockAndDate) {
  EXPECT_EQ(clock_text(milliseconds(430'123)), "00:07:10.123");
  EXPECT_EQ(clock_text(hours(25)), "1d 01:00:00.000");
  EXPECT_EQ(date_text(Time{1388049600LL * 1'000'000'000}), "2013-12-26 09:20:00 UTC");
  EXPECT_EQ(date_text(Time{951782400LL * 1'000'000'000}), "2000-02-29 00:00:00 UTC");
}

TEST(Table, AlignsColumnsWithoutBlanksAtTheEnd) {
  EXPECT_EQ(table_text({{"name", Align::kLeft}, {"n", Align::kRight}, {"x", Align::kLeft}},
                       {{"a", "10", ""}, {"bcdef", "1", "y"}}),
            "name    n  x\n"
            "-----  --  -\n"
            "a      10\n"
            "bcdef   1  y\n");
}

TEST(Diff, EqualTextsHaveNone) { EXPECT_EQ(unified_diff("a\nb\n", "a\nb\n", "x", "y"), ""); }

TEST(Diff, ShowsContextAndLineNumbers) {
  EXPECT_EQ(unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "golden", "now", 2),
            "--- golden\n+++ now\n"
            "@@ -3,5 +3,5 @@\n 3\n 4\n-5\n+five\n 6\n 7\n");
}

TEST(Diff, AddedAndRemovedEnds) {
  EXPECT_EQ(unified_diff("", "a\n", "x", "y"), "--- x\n+++ y\n@@ -0,0 +1,1 @@\n+a\n");
  EXPECT_EQ(unified_diff("a\nb\n", "b\n", "x", "y", 1), "--- x\n+++ y\n@@ -1,2 +1,1 @@\n-a\n b\n");
  EXPECT_NE(unified_diff("a\n", "a", "x", "y").find("newline"), std::string::npos);
}

TEST(Diff, TwoHunksWhenFarApart) {
  std::string a;
  for (int i = 0; i < 40; ++i) a += std::to_string(i) + "\n";
  std::string b = a;
  b.replace(b.find("3\n"), 1, "x");
  b.replace(b.find("35\n"), 2, "y");
  const std::string diff = unified_diff(a, b, "x", "y", 3);
  EXPECT_NE(diff.find("@@ -1,7 +1,7 @@"), std::string::npos) << diff;
  EXPECT_NE(diff.find("@@ -33,7 +33,7 @@"), std::string::npos) << diff;
}

TEST(Diff, LargeDifferencesEndInReasonableTime) {
  std::string a;
  std::string b;
  for (int i = 0; i < 20'000; ++i) {
    a += "a" + std::to_string(i) + "\n";
    b += "b" + std::to_string(i) + "\n";
  }
  EXPECT_GT(unified_diff(a, b, "x", "y").size(), a.size() + b.size());
}

TEST(StoryTest, SentencesFallBackToFields) {
  const TraceField known[] = {{"address", "192.168.4.200/24"}, {"interface", "bond0"}};
  EXPECT_EQ(story_text({{}, NodeIndex(0), TraceKind::kAddressAdded, known}), "192.168.4.200/24 is now on bond0");
  const TraceField unknown[] = {{"state", "a b"}, {"n", 3}};
  EXPECT_EQ(story_text({{}, NodeIndex(0), TraceKind::kAddressAdded, unknown}), "address.added: state=\"a b\" n=3");
}

class StoryLines : public testing::Test {
 protected:
  std::string told(StorySettings settings, TraceKind kind, std::span<const TraceField> fields) {
    std::string text;
    Story story(std::move(settings), Time{}, {"n1", "node02"}, false, [&](std::string_view line) {
      text += line;
      text += "\n";
    });
    story.on_trace({Time{} + seconds(61), NodeIndex(0), kind, fields});
    return text;
  }
  std::string log(StorySettings settings, const char* daemon, const char* priority) {
    const TraceField fields[] = {{"daemon", daemon}, {"priority", priority}, {"text", "words"}};
    return told(std::move(settings), TraceKind::kLog, fields);
  }
};

TEST_F(StoryLines, TimeNodeAndText) {
  const TraceField fields[] = {{"text", "hello"}};
  EXPECT_EQ(told({}, TraceKind::kNote, fields), "00:01:01.000 n1      hello\n");
}

TEST_F(StoryLines, ScreensAreIndentedAndKeepTrailingBlanks) {
  const TraceField fields[] = {{"command", "crm_mon -1"}, {"text", "a \n\nb\n"}};
  EXPECT_EQ(told({}, TraceKind::kScreen, fields), "00:01:01.000 n1      # crm_mon -1\n    a \n\n    b\n");
}

TEST_F(StoryLines, ACommandIsToldOnceWithItsOutput) {
  std::string text;
  Story story({}, Time{}, {"n1", "node02"}, false, [&](std::string_view line) { text += fmt::format("{}\n", line); });
  const TraceField command[] = {{"text", "crm status"}};
  const TraceField screen[] = {{"command", "crm status"}, {"text", "fine\n"}};
  story.on_trace({Time{} + seconds(61), NodeIndex(0), TraceKind::kOperator, command});
  story.on_trace({Time{} + seconds(61), NodeIndex(0), TraceKind::kScreen, screen});
  story.on_trace({Time{} + seconds(61), NodeIndex(0), TraceKind::kScreen, screen});
  EXPECT_EQ(text,
            "00:01:01.000 n1      # crm status\n    fine\n"
            "00:01:01.000 n1      # crm status\n    fine\n");
}

TEST_F(StoryLines, AgentsSpeakWithoutProcessIdsAndDaemonsAreQuiet) {
  EXPECT_EQ(log({}, "IPaddr2(vip01)[31269]", "err"), "00:01:01.000 n1      IPaddr2(vip01): words\n");
  EXPECT_EQ(log({}, "IPaddr2(vip01)[31269]", "info"), "");
  EXPECT_EQ(log({}, "crmd", "err"), "");
  StorySettings settings;
  settings.daemons = {"crmd"};
  EXPECT_EQ(log(settings, "crmd", "info"), "00:01:01.000 n1      crmd: words\n");
  settings = {};
  settings.logs = false;
  EXPECT_EQ(log(settings, "IPaddr2", "crit"), "");
}

TEST_F(StoryLines, LevelsShowAndHide) {
  StorySettings settings;
  EXPECT_EQ(told(settings, TraceKind::kPing, {}), "");
  settings.show = {TraceKind::kPing};
  EXPECT_EQ(told(settings, TraceKind::kPing, {}), "00:01:01.000 n1      ping\n");
  EXPECT_EQ(story_level(settings), 1);
  settings.hide = {TraceKind::kPing};
  EXPECT_EQ(told(settings, TraceKind::kPing, {}), "");
}

TEST(TraceJson, LinesAreValidJsonWhateverTheText) {
  const TraceField fields[] = {{"text",
                                "a\"b\\c\n\x01\xff"
                                "é"},
                               {"n", -5},
                               {"node", "x"}};
  const std::string line = trace_json_line({Time{7}, NodeIndex(1), TraceKind::kLog, fields}, Time{2}, {"a", "b"});
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["t"], 5);
  EXPECT_EQ(json["node"], "b");
  EXPECT_EQ(json["kind"], "log");
  EXPECT_EQ(json["text"],
            "a\"b\\c\n\x01\xef\xbf\xbd"
            "é");
  EXPECT_EQ(json["n"], -5);
  EXPECT_EQ(json["node_"], "x");
}

TEST(Junit, CountsAndEscapes) {
  const std::string xml = junit_xml({{"s", "a", 1500, false, false, "", ""},
                                     {"s", "b<", 1, true, false, "not \"so\"", "]]> x\x02"},
                                     {"t", "c", 0, false, true, "no", ""}});
  EXPECT_NE(xml.find("<testsuite name=\"s\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"1.501\">"),
            std::string::npos)
      << xml;
  EXPECT_NE(xml.find("<testcase classname=\"s\" name=\"a\" time=\"1.500\"/>"), std::string::npos) << xml;
  EXPECT_NE(xml.find("name=\"b&lt;\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("<![CDATA[]]]]><![CDATA[> x?]]>"), std::string::npos) << xml;
  EXPECT_NE(xml.find("<error message=\"no\">"), std::string::npos) << xml;
}

TEST(AtomicFile, ReplacesAsAWhole) {
  const std::string path = scratch("deep/er/file.txt");
  ASSERT_TRUE(write_file_atomically(path, "one\n"));
  ASSERT_TRUE(write_file_atomically(path, "two\n"));
  EXPECT_EQ(content(path), "two\n");
}

TEST(AtomicFile, WithoutCommitNothingIsLeft) {
  const std::string path = scratch("pending/file.txt");
  {
    auto file = PendingFile::create(path);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("half"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(std::filesystem::path(path).parent_path()));
}

TEST(AtomicFile, AFolderThatCannotBeMadeIsAnError) {
  ASSERT_TRUE(write_file_atomically(scratch("plain"), "x"));
  const auto written = write_file_atomically(scratch("plain/below"), "x");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("plain"), std::string::npos);
}

}  // namespace
}  // namespace simcluster::reports
