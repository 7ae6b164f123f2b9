// Values on their way to a disk that hangs.
#include "tools/clusterd/state_writer.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tools/clusterd/testing_disk.h"

namespace simcluster::clusterd {
namespace {

class StateWriterTest : public ::testing::Test, public TimerClient {
 protected:
  ~StateWriterTest() override { disk_->hangs = false; }
  void on_timer(std::uint64_t cookie) override {
    if (cookie == kPatience) return loop_->stop(1);
    if (poll_()) return loop_->stop(0);
    loop_->start_timer(milliseconds(1), *this, 0);
  }
  // Lets the loop turn until it is so.
  void until(std::function<bool()> poll) {
    poll_ = std::move(poll);
    const TimerId patience = loop_->start_timer(seconds(120), *this, kPatience);
    loop_->start_timer({}, *this, 0);
    EXPECT_EQ(loop_->run(), 0);
    loop_->cancel_timer(patience);
  }
  void start(Duration farewell, Duration hangs) {
    writer_ = std::move(*StateWriter::start(
        *loop_, std::make_unique<StateStore>(std::make_unique<HangingFiles>(disk_), 2),
        [this](LogPriority, const std::string& sentence) { log_.push_back(sentence); }, farewell, hangs));
  }

  static constexpr std::uint64_t kPatience = 1;
  std::shared_ptr<HangingDisk> disk_ = std::make_shared<HangingDisk>();
  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::create());
  std::vector<std::string> log_;
  std::unique_ptr<StateWriter> writer_;
  std::function<bool()> poll_;
};

TEST_F(StateWriterTest, OneValueOfEachNameWaitsAndWhoWaitsIsToldOnce) {
  constexpr int kChanges = 1000;
  start(seconds(120), seconds(120));
  const int engine = 0, another = 0;
  int told = 0, told_another = 0;
  writer_->put("cib", "first", {&engine, 0}, [&](const Result<void>&) { ++told; });
  disk_->wait_for_writer();
  for (int i = 1; i <= kChanges; ++i)
    writer_->put("cib", std::to_string(i), {&engine, 0}, [&](const Result<void>& written) {
      EXPECT_TRUE(written);
      ++told;
    });
  writer_->put("cib", "last", {&another, 0}, [&](const Result<void>&) { ++told_another; });
  EXPECT_EQ(writer_->waiting(), 3U) << "the one that is being written, one each of the two who wait";
  EXPECT_EQ(writer_->get("cib"), "last");
  EXPECT_EQ(told, 0) << "nothing is durable yet";
  disk_->hangs = false;
  until([&] { return told_another == 1; });
  EXPECT_EQ(told, 2);
  EXPECT_EQ(disk_->created, 2);
  EXPECT_EQ(writer_->waiting(), 0U);
  EXPECT_TRUE(log_.empty());
}

TEST_F(StateWriterTest, ADiskThatHangsIsToldOfOnce) {
  start(seconds(120), milliseconds(1));
  writer_->put("cib", "first", {}, [](const Result<void>&) {});
  until([&] { return !log_.empty(); });
  EXPECT_EQ(log_[0],
            "the disk of the state directory has not written anything for 1 ms: the node goes on, and what changes is "
            "not saved");
  int turns = 0;
  until([&] { return ++turns == 50; });
  EXPECT_EQ(log_.size(), 1U);
  disk_->hangs = false;
  until([&] { return log_.size() > 1; });
  EXPECT_EQ(log_[1], "the disk of the state directory writes again");
}

// Whoever ends does not wait for ever; the thread is left behind and hurts nobody when the disk comes back.
TEST_F(StateWriterTest, TheEndDoesNotWaitForADiskThatHangs) {
  start(milliseconds(1), seconds(120));
  bool told = false;
  writer_->put("cib", "first", {}, [&](const Result<void>&) { told = true; });
  disk_->wait_for_writer();
  writer_.reset();
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_EQ(log_[0], "the disk of the state directory hangs: what waits for it is not saved");
  disk_->hangs = false;
  disk_->wait_for_names(1);
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace simcluster::clusterd
