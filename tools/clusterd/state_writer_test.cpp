// Values on their way to a disk that hangs.
#include "tools/clusterd/state_writer.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tools/clusterd/testing_disk.h"

namespace simcluster::clusterd {
namespace {

class StateWriterTest : public ::testing::Test, public TimerClient {
 protected:
  void on_timer(std::uint64_t) override { loop_->stop(1); }

  HangingDisk disk_;
  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::create());
  std::unique_ptr<StateWriter> writer_ =
      std::move(*StateWriter::start(*loop_, std::make_unique<StateStore>(std::make_unique<HangingFiles>(disk_), 2)));
};

TEST_F(StateWriterTest, OneValueOfEachNameWaitsAndAllAreToldOfIt) {
  constexpr int kChanges = 1000;
  int told = 0;
  writer_->put("cib", "first", [&](const Result<void>&) { ++told; });
  disk_.wait_for_writer();
  for (int i = 1; i <= kChanges; ++i)
    writer_->put("cib", std::to_string(i), [&](const Result<void>& written) {
      EXPECT_TRUE(written);
      if (++told == kChanges + 1) loop_->stop(0);
    });
  EXPECT_EQ(told, 0) << "nothing is durable yet";
  disk_.hangs = false;
  loop_->start_timer(seconds(120), *this, 0);
  EXPECT_EQ(loop_->run(), 0);
  EXPECT_EQ(told, kChanges + 1);
  EXPECT_EQ(disk_.created, 2);
}

}  // namespace
}  // namespace simcluster::clusterd
