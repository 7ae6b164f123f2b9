#include "tools/clusterctl/kept_inputs.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace simcluster::clusterctl {
namespace {

// Numbers of pe-input have begun again.
const std::vector<std::string> kKept = {"pe-input-2.bz2", "pe-warn-1.bz2",  "pe-input-3.bz2", "pe-error-7.bz2",
                                        "pe-input-0.bz2", "pe-input-1.bz2", "pe-error-8.bz2"};

TEST(ChooseInput, ByNameNumberAndFromTheEnd) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"pe-warn-1", "pe-warn-1.bz2"},
      {"pe-error-7.bz2", "pe-error-7.bz2"},
      {"/var/lib/simcluster/pengine/pe-input-1.bz2", "pe-input-1.bz2"},
      {"3", "pe-input-3.bz2"},
      {"8", "pe-error-8.bz2"},
      {"0", "pe-input-0.bz2"},
      {"-0", "pe-error-8.bz2"},
      {"-1", "pe-input-1.bz2"},
      {"-6", "pe-input-2.bz2"},
  };
  for (const auto& [word, name] : cases) {
    EXPECT_TRUE(names_input(word)) << word;
    const auto chosen = choose_input(kKept, word);
    ASSERT_TRUE(chosen) << chosen.error().text();
    EXPECT_EQ(*chosen, name) << word;
  }
}

TEST(ChooseInput, WhatIsNotThereOrNotClearIsSaid) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"1", "1 may be any of pe-warn-1.bz2, pe-input-1.bz2; expected one of these names"},
      {"4", "an input with number 4 is not kept (clusterctl history lists what is)"},
      {"pe-warn-3", "pe-warn-3 is not kept (clusterctl history lists what is)"},
      {"pe-input", "pe-input is not kept (clusterctl history lists what is)"},
      {"-7", "-7: only 7 inputs are kept"},
      {"-99999999999999999999999", "-99999999999999999999999: only 7 inputs are kept"},
  };
  for (const auto& [word, sentence] : cases) {
    const auto chosen = choose_input(kKept, word);
    ASSERT_FALSE(chosen) << *chosen;
    EXPECT_EQ(chosen.error().text(), sentence);
  }
}

TEST(ChooseInput, OptionsAreNoInputs) {
  for (const char* word : {"", "-", "-S", "--simulate", "-x1"}) EXPECT_FALSE(names_input(word)) << word;
}

}  // namespace
}  // namespace simcluster::clusterctl
