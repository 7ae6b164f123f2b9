// Every judge of rings and messages is silent about the real protocol, and finds a protocol that is broken on purpose.
#include "sim/checks/broken_protocol.h"

#include <string>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace simcluster::sim {
namespace {

class BrokenProtocol : public testing::Test {
 protected:
  void run() {
    for (const JudgeWord& word : run_protocol(defect)) {
      found += fmt::format("{}: {}\n", word.judge, word.text);
      fired.push_back(word.judge);
    }
  }
  // These judges, and no others.
  void expect(const std::vector<std::string>& judges) {
    run();
    EXPECT_EQ(fired, judges) << found;
  }

  Defect defect;
  std::vector<std::string> fired;
  std::string found;
};

TEST_F(BrokenProtocol, TheRealOneKeepsItsPromises) { expect({}); }

TEST_F(BrokenProtocol, RingSequenceForgotten) {  // EVS-3
  defect.forgets_ring_sequence = true;
  expect({"ring-agreement"});
  EXPECT_NE(found.find("ring sequence 5 follows"), std::string::npos) << found;
}

TEST_F(BrokenProtocol, TwoMemberListsOfOneRing) {  // EVS-1
  defect.lies = [](std::vector<TraceField>& fields) {
    for (TraceField& field : fields)
      if (field.name == "members" && field.text == "1 2 3 4") field.text = "1 2 3";
  };
  run();
  EXPECT_TRUE(found.starts_with("ring-agreement: ring 1.")) << found;
}

TEST_F(BrokenProtocol, ANodeThatIsNotInItsOwnRing) {  // EVS-2
  defect.lies = [](std::vector<TraceField>& fields) {
    for (TraceField& field : fields)
      if (field.name == "members" && field.text == "1") field.text = "2";
  };
  run();
  EXPECT_NE(found.find("ring-agreement: ring 1.5 is installed without the node itself, 1"), std::string::npos) << found;
}

TEST_F(BrokenProtocol, ARingNamedAfterAnotherThanTheFirst) {  // EVS-15
  defect.lies = [](std::vector<TraceField>& fields) {
    for (TraceField& field : fields)
      if (field.name == "representative") field = {"representative", 4};
  };
  run();
  EXPECT_NE(found.find(" is represented by 4"), std::string::npos) << found;
}

TEST_F(BrokenProtocol, SomebodyLeavesUnseen) {  // EVS-4
  defect.lies = [](std::vector<TraceField>& fields) {
    for (TraceField& field : fields)
      if (field.name == "left") field.text = "";
  };
  expect({"configuration-change"});
}

TEST_F(BrokenProtocol, ANodeThatCountsItselfAsMajority) {
  defect.expected_votes = 1;
  run();
  EXPECT_NE(found.find("quorum-overlap: the partition"), std::string::npos) << found;
}

TEST_F(BrokenProtocol, ANodeWhoseJoinsAreLost) {  // EVS-12
  defect.loses_multicast = [](std::size_t) { return true; };
  run();
  EXPECT_NE(found.find("reformation: "), std::string::npos) << found;
}

TEST_F(BrokenProtocol, AMessageIsDropped) {  // EVS-6, EVS-7
  defect.drops_message = 600;                // between the cut and its repair
  expect({"message-gaps", "virtual-synchrony"});
}

TEST_F(BrokenProtocol, AMessageComesTwice) {  // EVS-5
  defect.doubles_message = 40;
  run();
  EXPECT_NE(found.find("was delivered twice"), std::string::npos) << found;
}

TEST_F(BrokenProtocol, AMessageThatNobodySent) {  // EVS-5
  defect.invents_message = 40;
  run();
  EXPECT_NE(found.find("self-delivery: nobody.0/1 was delivered, but never sent"), std::string::npos) << found;
}

TEST_F(BrokenProtocol, TwoMessagesAreSwapped) {  // EVS-6
  defect.swaps_message = 41;
  run();
  EXPECT_NE(found.find("message-order: nodes do not agree on the order"), std::string::npos) << found;
}

TEST_F(BrokenProtocol, OwnMessagesAreMissing) {  // EVS-5
  defect.drops_own = true;
  run();
  EXPECT_NE(found.find("was not delivered to it"), std::string::npos) << found;
}

TEST_F(BrokenProtocol, AMessageOfAStranger) {  // EVS-9
  defect.renames_sender = 40;
  run();
  EXPECT_NE(found.find("came from node 77, which is not in its ring"), std::string::npos) << found;
}

}  // namespace
}  // namespace simcluster::sim
