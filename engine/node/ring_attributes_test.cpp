#include "engine/node/ring_attributes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/testing_host.h"

namespace simcluster::node {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr const char* kUp =
    "Printing ring status.\nLocal node ID 1\nRING ID 0\n\tid\t= 10.0.0.1\n\tstatus\t= ring 0 active with no faults\n"
    "RING ID 1\n\tid\t= 10.0.1.1\n\tstatus\t= ring 1 active with no faults\n";
constexpr const char* kFaulty =
    "Printing ring status.\nLocal node ID 1\nRING ID 0\n\tid\t= 10.0.0.1\n\tstatus\t= ring 0 active with no faults\n"
    "RING ID 1\n\tid\t= 10.0.1.1\n\tstatus\t= Marking ringid 1 interface 10.0.1.1 FAULTY\n";

// CM-9.14
TEST(RingAttributes, OfTheTool) {
  EXPECT_THAT(ring_attributes(kUp),
              ElementsAre(Pair("ringnumber_0", "10.0.0.1 is UP"), Pair("ringnumber_1", "10.0.1.1 is UP")));
  EXPECT_THAT(ring_attributes(kFaulty),
              ElementsAre(Pair("ringnumber_0", "10.0.0.1 is UP"), Pair("ringnumber_1", "10.0.1.1 is FAULTY")));
  EXPECT_THAT(ring_attributes("Could not initialize corosync configuration API error 2\n"), IsEmpty());
}

// CM-9.14: told when they change, deleted when pacemakerd goes, told again when it is back.
TEST(RingAttributes, AreToldOnce) {
  TestingClock clock;
  TestingHost host(clock, "node1");
  std::string status = kUp;
  bool there = true;
  std::vector<std::string> told;
  RingAttributes rings(host, {[&] { return status; }, [&] { return there; },
                              [&](std::string_view name, std::optional<std::string_view> value) {
                                told.push_back(std::string(name) + "=" + std::string(value.value_or("-")));
                              }});
  rings.start();
  clock.run_for(seconds(10));
  EXPECT_THAT(told, ElementsAre("ringnumber_0=10.0.0.1 is UP", "ringnumber_1=10.0.1.1 is UP"));
  told.clear();
  status = kFaulty;
  clock.run_for(seconds(10));
  EXPECT_THAT(told, ElementsAre("ringnumber_1=10.0.1.1 is FAULTY"));
  told.clear();
  there = false;
  clock.run_for(seconds(10));
  EXPECT_THAT(told, ElementsAre("ringnumber_0=-", "ringnumber_1=-"));
  told.clear();
  there = true;
  clock.run_for(seconds(10));
  EXPECT_THAT(told, ElementsAre("ringnumber_0=10.0.0.1 is UP", "ringnumber_1=10.0.1.1 is FAULTY"));
}

}  // namespace
}  // namespace simcluster::node
