// The stories in the README are those of the golden files: every run of indented lines that begins as a story or a
// table does stands in one golden file, line by line in this order.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace simcluster::sim {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

Lines lines_of(const fs::path& file) {
  Lines lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool begins_story(const std::string& line) {
  const bool time = line.size() > 12 && line[2] == ':' && line[5] == ':' && line[8] == '.';
  return time || line.starts_with("variant  ") || line.find(" / ") != std::string::npos;
}

// Without their indentation; blank lines are not compared.
std::vector<Lines> stories(const Lines& readme) {
  std::vector<Lines> found;
  Lines block;
  const auto close = [&] {
    if (!block.empty() && begins_story(block.front())) found.push_back(block);
    block.clear();
  };
  for (const std::string& line : readme) {
    if (line.starts_with("    "))
      block.push_back(line.substr(4));
    else if (!line.empty())
      close();
    else if (!block.empty() && block.back().starts_with("00:"))
      close();
  }
  close();
  return found;
}

bool stands_in(const Lines& story, const Lines& golden) {
  auto at = golden.begin();
  for (const std::string& line : story) {
    at = std::find(at, golden.end(), line);
    if (at == golden.end()) return false;
    ++at;
  }
  return true;
}

TEST(Readme, TellsWhatGoldenFilesTell) {
  const fs::path root = SIMCLUSTER_SOURCE_DIR;
  std::vector<Lines> golden;
  for (const auto& entry : fs::recursive_directory_iterator(root / "golden"))
    if (entry.is_regular_file()) golden.push_back(lines_of(entry.path()));
  const std::vector<Lines> told = stories(lines_of(root / "README.md"));
  EXPECT_GE(told.size(), 10U);
  for (const Lines& story : told)
    EXPECT_TRUE(std::ranges::any_of(golden, [&](const Lines& file) { return stands_in(story, file); }))
        << "no golden file has this story: " << story.front();
}

}  // namespace
}  // namespace simcluster::sim
