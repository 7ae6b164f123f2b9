// The run history on disk.
#include "reports/history.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace simcluster::reports {
namespace {

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() : path_(testing::TempDir() + "history_" + std::to_string(getpid()) + ".sqlite") { clean(); }
  ~HistoryTest() override { clean(); }
  void clean() const {
    for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + ending);
  }
  static RunRecord run(const std::string& variant, const std::string& hash) {
    RunRecord record;
    record.scenario = "s";
    record.variant = variant;
    record.seed = 0xfedcba9876543210U;
    record.engine_version = "1";
    record.trace_hash = hash;
    record.verdict = "as expected";
    record.downtime_ms = 12;
    return record;
  }
  std::string path_;
};

TEST_F(HistoryTest, KeepsWhatWasAdded) {
  auto history = History::open(path_, true);
  ASSERT_TRUE(history) << history.error().message;
  RunRecord with_failure = run("b", "02");
  with_failure.first_false_failure_ms = 77;
  ASSERT_TRUE(history->add({run("a", "01"), with_failure}));
  const auto rows = History::open(path_, false)->list({});
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ(rows->front().variant, "b");
  EXPECT_EQ(rows->front().first_false_failure_ms, 77);
  EXPECT_EQ(rows->back().seed, 0xfedcba9876543210U);
  EXPECT_EQ(rows->back().first_false_failure_ms, std::nullopt);
  EXPECT_FALSE(rows->back().recorded_at.empty());
}

TEST_F(HistoryTest, ComparesTheNewestWithTheOneBefore) {
  auto history = History::open(path_, true);
  ASSERT_TRUE(history->add({run("a", "01"), run("b", "0b"), run("a", "02"), run("a", "03")}));
  const auto pairs = history->compare({});
  ASSERT_TRUE(pairs);
  ASSERT_EQ(pairs->size(), 2U);
  EXPECT_EQ((*pairs)[0].now.trace_hash, "03");
  EXPECT_EQ((*pairs)[0].before->trace_hash, "02");
  EXPECT_FALSE((*pairs)[1].before);
}

TEST_F(HistoryTest, FiltersAndLimits) {
  auto history = History::open(path_, true);
  ASSERT_TRUE(history->add({run("a", "01"), run("b", "0b"), run("a", "02")}));
  EXPECT_EQ(history->list({"", "a", 50})->size(), 2U);
  EXPECT_EQ(history->list({"", "", 1})->size(), 1U);
  EXPECT_EQ(history->list({"other", "", 50})->size(), 0U);
}

TEST_F(HistoryTest, TwoWritersDoNotLoseRows) {
  auto one = History::open(path_, true);
  auto two = History::open(path_, true);
  ASSERT_TRUE(one && two);
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(one->add({run("a", "01")}));
    ASSERT_TRUE(two->add({run("b", "02")}));
  }
  EXPECT_EQ(one->list({"", "", 100})->size(), 40U);
}

TEST_F(HistoryTest, AMissingOrForeignFileIsAnError) {
  const auto missing = History::open(path_, false);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("does not exist"), std::string::npos);
  std::ofstream(path_) << "this is no database, but it is long enough to look like a file of some kind";
  EXPECT_FALSE(History::open(path_, true));
}

}  // namespace
}  // namespace simcluster::reports
