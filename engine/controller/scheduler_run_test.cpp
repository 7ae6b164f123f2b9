// The scheduler as releases run it: what a history means to the old and to the new one.
#include "engine/controller/scheduler_run.h"

#include <string>
#include <string_view>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/cib/document.h"

namespace simcluster::controller {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

Profile profile_of(const char* pacemaker) {
  StackVersions versions;
  versions.pacemaker = pacemaker;
  return make_profile(versions).value();
}

std::string operation(std::string_view id, std::string_view name, int interval, int call, int rc, int expected) {
  return fmt::format(
      "<lrm_rsc_op id=\"m_{0}\" operation_key=\"m_{1}_{2}\" operation=\"{1}\" crm_feature_set=\"3.0.1\" "
      "transition-key=\"1:1:{5}:u\" transition-magic=\"0:{4};1:1:{5}:u\" call-id=\"{3}\" rc-code=\"{4}\" "
      "op-status=\"0\" interval=\"{2}\"/>",
      id, name, interval, call, rc, expected);
}

// One node with one instance of a multi-state resource whose monitor blocks when it fails, and this history.
std::vector<std::string> plan(const char* pacemaker, const std::string& history) {
  const std::string text = fmt::format(
      "<cib validate-with=\"pacemaker-1.2\" admin_epoch=\"0\" epoch=\"1\" num_updates=\"0\" have-quorum=\"1\" "
      "dc-uuid=\"1\"><configuration><crm_config><cluster_property_set id=\"o\"><nvpair id=\"o1\" "
      "name=\"stonith-enabled\" value=\"false\"/></cluster_property_set></crm_config><nodes><node id=\"1\" "
      "uname=\"node1\"/></nodes><resources><clone id=\"ms\"><meta_attributes id=\"ms-m\"><nvpair id=\"ms-p\" "
      "name=\"promotable\" value=\"true\"/></meta_attributes><primitive id=\"m\" class=\"ocf\" provider=\"pacemaker\" "
      "type=\"Stateful\"><operations><op id=\"m-mon\" name=\"monitor\" interval=\"10s\" on-fail=\"block\"/>"
      "</operations></primitive></clone></resources><constraints/></configuration><status><node_state id=\"1\" "
      "uname=\"node1\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\"><lrm id=\"1\">"
      "<lrm_resources><lrm_resource id=\"m\" class=\"ocf\" provider=\"pacemaker\" type=\"Stateful\">{}</lrm_resource>"
      "</lrm_resources></lrm></node_state></status></cib>",
      history);
  auto document = cib::parse_document(text, "test");
  EXPECT_TRUE(document) << document.error().text();
  ToldOnce told;
  return run_scheduler(*document, profile_of(pacemaker), Time{}, 1, {1, 1, 1}, true, told).summary;
}

// CM-13.11: a failure, and then a probe that finds nothing, without the stop between them: 1.0.11 goes by the failure.
TEST(PartialHistory, AProbeThatFindsNothingClearsFailures) {
  const std::string failure = operation("last_failure_0", "monitor", 10'000, 5, 1, 0);
  const std::string nothing_found = operation("last_0", "monitor", 0, 7, 7, 7);
  const std::string stopped = operation("last_0", "stop", 0, 7, 0, 0);
  EXPECT_THAT(plan("1.0.11", failure), IsEmpty());  // blocked
  EXPECT_THAT(plan("1.0.12", failure), IsEmpty());
  EXPECT_THAT(plan("1.0.11", failure + stopped), SizeIs(1));
  EXPECT_THAT(plan("1.0.12", failure + stopped), SizeIs(1));
  EXPECT_THAT(plan("1.0.11", failure + nothing_found), IsEmpty());
  EXPECT_THAT(plan("1.0.12", failure + nothing_found), SizeIs(1));
}

// Two nodes; the second is as `state` says, and what runs there in `history` of d.
SchedulerRun filed(const char* pacemaker, std::string_view state, std::string_view first, std::string_view second,
                   const InputNumbers& numbers = {11, 22, 33}) {
  const auto resource = [](std::string_view operations) {
    return fmt::format(
        "<lrm id=\"1\"><lrm_resources><lrm_resource id=\"m\" class=\"ocf\" provider=\"pacemaker\" "
        "type=\"Dummy\">{}</lrm_resource></lrm_resources></lrm>",
        operations);
  };
  const std::string text = fmt::format(
      "<cib validate-with=\"pacemaker-1.2\" admin_epoch=\"0\" epoch=\"1\" num_updates=\"0\" have-quorum=\"1\" "
      "dc-uuid=\"1\"><configuration><crm_config><cluster_property_set id=\"o\"><nvpair id=\"o1\" "
      "name=\"stonith-enabled\" value=\"true\"/><nvpair id=\"o2\" name=\"no-quorum-policy\" value=\"rubbish\"/>"
      "</cluster_property_set></crm_config><nodes><node id=\"1\" uname=\"node1\"/><node id=\"2\" uname=\"node2\"/>"
      "</nodes><resources><primitive id=\"f\" class=\"stonith\" type=\"external/ssh\"/><primitive id=\"m\" "
      "class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/></resources><constraints/></configuration><status>"
      "<node_state id=\"1\" uname=\"node1\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\">{}"
      "</node_state><node_state id=\"2\" uname=\"node2\" {}>{}</node_state></status></cib>",
      resource(first), state, resource(second));
  auto document = cib::parse_document(text, "test");
  EXPECT_TRUE(document) << document.error().text();
  ToldOnce told;
  return run_scheduler(*document, profile_of(pacemaker), Time{}, 7, numbers, true, told);
}

// Measured with 2.1.5: what is deprecated makes the first input of a scheduler's process one of pe-warn, a value that
// makes no sense every one, and most words about the configuration none.
TEST(InputSeries, OfWhatIsDeprecated) {
  const auto asked = [](std::string_view options, std::string_view resources, ToldOnce& told) {
    const std::string text = fmt::format(
        "<cib validate-with=\"pacemaker-3.9\" admin_epoch=\"0\" epoch=\"1\" num_updates=\"0\" have-quorum=\"1\" "
        "dc-uuid=\"1\"><configuration><crm_config><cluster_property_set id=\"o\"><nvpair id=\"o1\" "
        "name=\"stonith-enabled\" value=\"false\"/>{}</cluster_property_set></crm_config><nodes><node id=\"1\" "
        "uname=\"node1\"/></nodes><resources>{}</resources><constraints/></configuration><status><node_state id=\"1\" "
        "uname=\"node1\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\"/></status></cib>",
        options, resources);
    const auto document = cib::parse_document(text, "test");
    const Profile profile = profile_of("2.1.5");
    return run_scheduler(*document, profile, Time{}, 7, {1, 1, 1}, true, told, deprecated_options(*document, profile));
  };
  const auto with_meta = [](std::string_view name, std::string_view value) {
    return fmt::format(
        "<group id=\"g\"><meta_attributes id=\"m\"><nvpair id=\"m1\" name=\"{}\" value=\"{}\"/></meta_attributes>"
        "<primitive id=\"d\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/></group>",
        name, value);
  };
  constexpr std::string_view kPowerOff = "<nvpair id=\"o2\" name=\"stonith-action\" value=\"poweroff\"/>";
  ToldOnce told;
  const SchedulerRun first = asked("", with_meta("ordered", "false"), told);
  EXPECT_EQ(first.series, InputSeries::kWarning);
  EXPECT_EQ(
      first.lines.front().text,
      "Support for the 'ordered' group meta-attribute is deprecated and will be removed in a future release (use a "
      "resource set instead)");
  EXPECT_EQ(asked("", with_meta("ordered", "false"), told).series, InputSeries::kInput);
  EXPECT_EQ(asked("", with_meta("collocated", "false"), told).series, InputSeries::kWarning);
  EXPECT_EQ(asked(kPowerOff, "", told).series, InputSeries::kWarning);
  EXPECT_EQ(asked(kPowerOff, "", told).series, InputSeries::kInput);
  EXPECT_EQ(asked("", with_meta("multiple-active", "rubbish"), told).series, InputSeries::kWarning);
  EXPECT_EQ(asked("", with_meta("multiple-active", "rubbish"), told).series, InputSeries::kWarning);
  EXPECT_EQ(asked("", with_meta("requires", "fencing"), told).series, InputSeries::kInput);
  ToldOnce of_the_next_process;
  EXPECT_EQ(asked("", with_meta("ordered", "false"), of_the_next_process).series, InputSeries::kWarning);
}

// Runs of 2.1.5: an input goes to pe-error when a resource is active twice, to pe-warn when a node must be fenced, and
// neither for a mistake in the configuration nor for a failed operation. Each series has numbers of its own.
TEST(InputSeries, ByWhatTheSchedulerMet) {
  constexpr std::string_view kOnline = "in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\"";
  constexpr std::string_view kLost = "in_ccm=\"false\" crmd=\"offline\" join=\"down\" expected=\"member\"";
  const std::string started = operation("last_0", "start", 0, 5, 0, 0);
  const std::string stopped = operation("last_0", "monitor", 0, 5, 7, 7);
  const std::string failed = operation("last_failure_0", "monitor", 10'000, 6, 7, 0);
  struct Case {
    std::string_view state;
    std::string first, second;
    InputSeries series;
    std::string_view file, old_text, new_text;
  };
  const std::vector<Case> cases = {
      {kOnline, started + failed, stopped, InputSeries::kInput, "pe-input-11.bz2", "PEngine Input stored in", ","},
      {kLost, stopped, started, InputSeries::kWarning, "pe-warn-22.bz2",
       "WARNINGs found during PE processing. PEngine Input stored in", " (with warnings),"},
      {kOnline, started, started, InputSeries::kError, "pe-error-33.bz2",
       "ERRORs found during PE processing. PEngine Input stored in", " (with errors),"}};
  for (const Case& each : cases) {
    const SchedulerRun old = filed("1.0.13", each.state, each.first, each.second);
    const SchedulerRun current = filed("2.1.5", each.state, each.first, each.second);
    EXPECT_EQ(old.series, each.series) << each.file;
    EXPECT_EQ(current.series, each.series) << each.file;
    EXPECT_EQ(old.input_file, fmt::format("/var/lib/pengine/{}", each.file));
    EXPECT_EQ(old.lines.back().text, fmt::format("Transition 7: {}: {}", each.old_text, old.input_file));
    EXPECT_EQ(current.lines.back().text,
              fmt::format("Calculated transition 7{} saving inputs in /var/lib/pacemaker/pengine/{}", each.new_text,
                          each.file));
    const LogPriority expected = each.series == InputSeries::kInput     ? LogPriority::kNotice
                                 : each.series == InputSeries::kWarning ? LogPriority::kWarning
                                                                        : LogPriority::kError;
    EXPECT_EQ(current.lines.back().priority, expected);
  }
}

// Runs of 2.1.5 with pe-input-series-max at 3, 0, 6, -1 and lowered from no bound to 4.
TEST(InputSeries, NumbersBeginAgainAtTheirBound) {
  EXPECT_EQ(next_input_number(-1, 3), 0);
  EXPECT_EQ(next_input_number(1, 3), 2);
  EXPECT_EQ(next_input_number(2, 3), 0);
  EXPECT_EQ(next_input_number(9, 4), 0);
  EXPECT_EQ(next_input_number(9, -1), 10);
  EXPECT_EQ(next_input_number(-1, 1), 0);
  EXPECT_EQ(next_input_number(0, 1), 0);
  EXPECT_LT(next_input_number(5, 0), 0);
}

TEST(InputSeries, OneThatIsNotKeptHasNoFile) {
  const SchedulerRun run =
      filed("2.1.5", "in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\"", "", "", {-1, 22, 33});
  EXPECT_EQ(run.input_file, "");
  EXPECT_EQ(run.lines.back().text, "Calculated transition 7");
}

}  // namespace
}  // namespace simcluster::controller
