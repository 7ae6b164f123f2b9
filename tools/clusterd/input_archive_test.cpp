#include "tools/clusterd/input_archive.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/cib/compressed_input.h"
#include "tools/clusterd/testing_disk.h"

namespace simcluster::clusterd {
namespace {

using ::testing::UnorderedElementsAre;
using Names = std::vector<std::string>;

class InputArchiveTest : public ::testing::Test {
 protected:
  InputArchiveTest() : directory_(std::filesystem::temp_directory_path() / fmt::format("inputs_{}", getpid())) {}
  ~InputArchiveTest() override { std::filesystem::remove_all(directory_); }

  // The destructor of an archive waits until all is written.
  std::unique_ptr<InputArchive> open(std::size_t most) {
    auto files = open_store_directory(directory_);
    EXPECT_TRUE(files);
    return std::make_unique<InputArchive>(
        std::move(*files), most, [this](const std::string& sentence) { complaints_.push_back(sentence); },
        seconds(120));
  }
  std::string content(int number) const {
    std::ifstream in(directory_ / fmt::format("pe-input-{}.bz2", number), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    const auto text = cib::decompress(bytes, cib::Compression::kBzip2, "input");
    return text ? *text : text.error().message;
  }

  std::filesystem::path directory_;
  std::vector<std::string> complaints_;
};

TEST_F(InputArchiveTest, NumbersGoOnOverRestarts) {
  {
    const auto archive = open(100);
    EXPECT_EQ(archive->last_number(InputSeries::kInput), -1);
    archive->keep(InputSeries::kInput, 0, "<cib a=\"0\"/>");
    archive->keep(InputSeries::kInput, 1, "<cib a=\"1\"/>");
    EXPECT_EQ(archive->last_number(InputSeries::kInput), 1);
  }
  EXPECT_EQ(content(0), "<cib a=\"0\"/>");
  EXPECT_EQ(content(1), "<cib a=\"1\"/>");
  EXPECT_EQ(open(100)->kept(), (Names{"pe-input-0.bz2", "pe-input-1.bz2"}));
  EXPECT_EQ(open(100)->last_number(InputSeries::kInput), 1);
  EXPECT_TRUE(complaints_.empty());
}

TEST_F(InputArchiveTest, TheOldestGo) {
  for (int number = 0; number < 5; ++number)
    open(3)->keep(InputSeries::kInput, number, fmt::format("<cib a=\"{}\"/>", number));
  EXPECT_EQ(open(100)->kept(), (Names{"pe-input-2.bz2", "pe-input-3.bz2", "pe-input-4.bz2"}));
}

// As runs of 2.1.5 left them: each series counts for itself.
TEST_F(InputArchiveTest, SeriesCountForThemselves) {
  {
    const auto archive = open(1);
    archive->keep(InputSeries::kInput, 0, "<cib a=\"0\"/>");
    archive->keep(InputSeries::kWarning, 0, "<cib a=\"1\"/>");
    archive->keep(InputSeries::kWarning, 1, "<cib a=\"2\"/>");
    archive->keep(InputSeries::kError, 0, "<cib a=\"3\"/>");
  }
  const auto again = open(1);
  EXPECT_EQ(again->last_number(InputSeries::kInput), 0);
  EXPECT_EQ(again->last_number(InputSeries::kWarning), 1);
  EXPECT_EQ(again->last_number(InputSeries::kError), 0);
  // Written within one tick of the clock that files have.
  EXPECT_THAT(again->kept(), UnorderedElementsAre("pe-input-0.bz2", "pe-warn-1.bz2", "pe-error-0.bz2"));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "pe-warn-1.bz2"));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "pe-error-0.bz2"));
}

// Numbers that begin again replace what had them; the order is that of time, also after a restart. Whatever the clock
// says the next number is known.
TEST_F(InputArchiveTest, TheOrderIsThatOfTime) {
  {
    const auto archive = open(100);
    for (const int number : {0, 1, 2})
      archive->keep(InputSeries::kInput, number, fmt::format("<cib a=\"{}\"/>", number));
    archive->keep(InputSeries::kWarning, 0, "<cib/>");
    archive->keep(InputSeries::kInput, 0, "<cib a=\"again\"/>");
  }
  EXPECT_EQ(content(0), "<cib a=\"again\"/>");
  const auto written = std::filesystem::last_write_time(directory_ / "pe-input-1.bz2");
  int later = 0;
  for (const char* name : {"pe-input-1.bz2", "pe-input-2.bz2", "pe-warn-0.bz2", "pe-input-0.bz2"})
    std::filesystem::last_write_time(directory_ / name, written + std::chrono::seconds(++later));
  const auto again = open(100);
  EXPECT_EQ(again->kept(), (Names{"pe-input-1.bz2", "pe-input-2.bz2", "pe-warn-0.bz2", "pe-input-0.bz2"}));
  EXPECT_EQ(again->last_number(InputSeries::kInput), 0);
  std::filesystem::last_write_time(directory_ / "pe-input-0.bz2", written - std::chrono::hours(1));
  EXPECT_EQ(open(100)->last_number(InputSeries::kInput), 0);
  std::filesystem::remove(directory_ / "pe-input.last");
  EXPECT_EQ(open(100)->last_number(InputSeries::kInput), 2);
}

TEST(InputArchive, FewWaitForADiskThatHangs) {
  const auto disk = std::make_shared<HangingDisk>();
  auto archive = std::make_unique<InputArchive>(
      std::make_unique<HangingFiles>(disk), 100, [](const std::string&) {}, seconds(120));
  archive->keep(InputSeries::kInput, 0, "<cib/>");
  disk->wait_for_writer();
  for (int number = 1; number < 100; ++number) archive->keep(InputSeries::kInput, number, "<cib/>");
  disk->hangs = false;
  archive.reset();
  // The newest sixteen, and the one that the disk had.
  std::erase(disk->written, "pe-input.last");
  ASSERT_EQ(disk->written.size(), 17U);
  EXPECT_EQ(disk->written.front(), "pe-input-0.bz2");
  EXPECT_EQ(disk->written[1], "pe-input-84.bz2");
  EXPECT_EQ(disk->written.back(), "pe-input-99.bz2");
}

TEST(InputArchive, TheEndDoesNotWaitForADiskThatHangs) {
  const auto disk = std::make_shared<HangingDisk>();
  auto archive = std::make_unique<InputArchive>(
      std::make_unique<HangingFiles>(disk), 100, [](const std::string&) {}, milliseconds(1));
  archive->keep(InputSeries::kInput, 7, "<cib/>");
  disk->wait_for_writer();
  EXPECT_TRUE(archive->kept().empty());
  archive.reset();
  disk->hangs = false;
  disk->wait_for_names(2);
}

TEST_F(InputArchiveTest, OtherFilesAreLeftAlone) {
  std::filesystem::create_directories(directory_);
  for (const char* name : {"pe-input-x.bz2", "pe-input-.bz2", "pe-notes-7.bz2", "notes"})
    std::ofstream(directory_ / name);
  EXPECT_EQ(open(1)->last_number(InputSeries::kInput), -1);
  open(1)->keep(InputSeries::kInput, 0, "<cib/>");
  open(1)->keep(InputSeries::kInput, 1, "<cib/>");
  EXPECT_EQ(open(100)->kept(), Names{"pe-input-1.bz2"});
  EXPECT_TRUE(std::filesystem::exists(directory_ / "notes"));
}

TEST_F(InputArchiveTest, WhatCannotBeWrittenIsSaid) {
  auto archive = open(3);
  std::filesystem::create_directories(directory_ / "pe-input-0.bz2.new");  // in the way of the file
  archive->keep(InputSeries::kInput, 0, "<cib/>");
  archive.reset();
  ASSERT_EQ(complaints_.size(), 1U);
  EXPECT_EQ(complaints_[0].rfind("cannot create ", 0), 0U) << complaints_[0];
}

}  // namespace
}  // namespace simcluster::clusterd
