#include "engine/cib/rules.h"

#include <map>

#include <gtest/gtest.h>

namespace simcluster::cib {
namespace {

using Table = std::map<std::string, std::string, std::less<>>;

// A rule around `conditions`, evaluated at `now`; the tables may be given or not.
struct Case {
  Table node = {};
  Table parameters = {};
  Table meta = {};
  bool has_node = true;
  std::string now = "2020-06-01";
  std::string boolean_op = {};
  std::optional<RuleContext::Agent> agent = {};
  std::optional<RuleContext::Operation> operation = {};
  std::vector<std::string_view> submatches = {};
  std::optional<std::int64_t> next = {};

  bool passes(std::string_view conditions) {
    const std::string rule = "<rule id='r'" + (boolean_op.empty() ? "" : " boolean-op='" + boolean_op + "'") + ">";
    const auto document = parse_document(rule + std::string(conditions) + "</rule>", "r.xml");
    EXPECT_TRUE(document) << conditions;
    RuleContext context;
    context.now = *parse_date_time(now, DateTime());
    const auto in = [](const Table& table) {
      return [&table](std::string_view name) -> std::optional<std::string_view> {
        const auto found = table.find(name);
        return found == table.end() ? std::nullopt : std::optional<std::string_view>(found->second);
      };
    };
    const auto node_lookup = in(node);
    const auto parameter_lookup = in(parameters);
    const auto meta_lookup = in(meta);
    if (has_node) context.node_attribute = node_lookup;
    context.resource_parameter = parameter_lookup;
    context.resource_meta = meta_lookup;
    context.agent = agent;
    context.operation = operation;
    if (!submatches.empty()) context.submatches = submatches;
    NextChange change;
    const bool result = evaluate_rule(document->root(), context, change);
    next = change.at();
    return result;
  }
  bool expression(std::string_view attributes) {
    return passes("<expression id='e' " + std::string(attributes) + "/>");
  }
  bool date(std::string_view text) { return passes("<date_expression id='d' " + std::string(text)); }
};

// S1 C-7.4
TEST(Rules, PresenceOfAttributes) {
  Case c{.node = {{"a", "1"}}};
  EXPECT_TRUE(c.expression("attribute='a' operation='defined'"));
  EXPECT_FALSE(c.expression("attribute='a' operation='not_defined'"));
  EXPECT_TRUE(c.expression("attribute='b' operation='Not_Defined'"));
  EXPECT_FALSE(c.expression("attribute='a' operation='defined' value='1'"));
  EXPECT_FALSE(c.expression("attribute='a' operation='eq'"));
  EXPECT_FALSE(c.expression("attribute='a' operation='like' value='1'"));
  EXPECT_FALSE(c.passes("<expression attribute='a' operation='defined'/>"));  // no id
  c.has_node = false;
  EXPECT_FALSE(c.expression("attribute='a' operation='defined'"));
}

TEST(Rules, AbsentValuesCompareLower) {
  Case c{.node = {{"a", "1"}}};
  EXPECT_TRUE(c.expression("attribute='b' operation='ne' value='1'"));
  EXPECT_FALSE(c.expression("attribute='b' operation='eq' value='1'"));
  EXPECT_FALSE(c.expression("attribute='b' operation='lt' value='1'"));
  EXPECT_TRUE(c.expression("attribute='b' operation='eq' value='p' value-source='param'"));  // both absent
  EXPECT_FALSE(c.expression("attribute='a' operation='eq' value='p' value-source='param'"));
}

TEST(Rules, TypesOfComparison) {
  Case c{.node = {{"n", "10"}, {"f", "9.5"}, {"s", "Abc"}, {"v", "1.10"}, {"text", "x"}}};
  EXPECT_TRUE(c.expression("attribute='n' operation='gt' value='9'"));                  // integer by default
  EXPECT_FALSE(c.expression("attribute='n' operation='gt' value='9' type='string'"));   // "10" < "9"
  EXPECT_TRUE(c.expression("attribute='f' operation='lt' value='9.6'"));                // number because of the point
  EXPECT_FALSE(c.expression("attribute='f' operation='lt' value='9' type='integer'"));  // 9 and 9
  EXPECT_TRUE(c.expression("attribute='s' operation='eq' value='aBC'"));
  EXPECT_TRUE(c.expression("attribute='v' operation='gt' value='1.9' type='version'"));
  EXPECT_TRUE(c.expression("attribute='v' operation='lt' value='1.9' type='number'"));
  EXPECT_TRUE(c.expression("attribute='text' operation='gt' value='9'"));  // not integers: as strings
  EXPECT_TRUE(c.expression("attribute='n' operation='gte' value='10'"));
  EXPECT_TRUE(c.expression("attribute='n' operation='lte' value='10'"));
  EXPECT_FALSE(c.expression("attribute='n' operation='eq' value='10' type='strange'"));
}

TEST(Rules, ValueSources) {
  Case c{.node = {{"a", "blue"}}, .parameters = {{"p", "blue"}}, .meta = {{"p", "red"}}};
  EXPECT_TRUE(c.expression("attribute='a' operation='eq' value='p' value-source='param'"));
  EXPECT_FALSE(c.expression("attribute='a' operation='eq' value='p' value-source='meta'"));
  EXPECT_TRUE(c.expression("attribute='a' operation='ne' value='p' value-source='literal'"));
  EXPECT_FALSE(c.expression("attribute='a' operation='eq' value='p' value-source='other'"));
}

TEST(Rules, SubmatchesInAttributeNames) {
  Case c{.node = {{"has-vip-1", "yes"}, {"x", "yes"}}, .submatches = {"vip-1", "1", ""}};
  EXPECT_TRUE(c.expression("attribute='has-%0' operation='eq' value='yes'"));
  EXPECT_TRUE(c.expression("attribute='has-vip-%1' operation='defined'"));
  EXPECT_TRUE(c.expression("attribute='x%2%7' operation='defined'"));
}

// S1 C-7.2
TEST(Rules, AndOrAndNesting) {
  constexpr std::string_view kYes = "<expression id='e' attribute='a' operation='defined'/>";
  constexpr std::string_view kNo = "<expression id='f' attribute='a' operation='not_defined'/>";
  Case c{.node = {{"a", "1"}}};
  const auto join = [](std::string_view a, std::string_view b) { return std::string(a) + std::string(b); };
  EXPECT_FALSE(c.passes(join(kYes, kNo)));
  EXPECT_TRUE(c.passes(join(kYes, kYes)));
  c.boolean_op = "OR";
  EXPECT_TRUE(c.passes(join(kNo, kYes)));
  EXPECT_FALSE(c.passes(join(kNo, kNo)));
  EXPECT_TRUE(c.passes(join(kNo, "<rule id='i'>" + join(kYes, kYes) + "</rule>")));
  EXPECT_TRUE(c.passes(""));
  c.boolean_op = "xor";
  EXPECT_FALSE(c.passes(kYes));
  c.boolean_op = "";
  EXPECT_FALSE(c.passes("<unknown/>"));
}

TEST(Rules, CircularReferencesEnd) {
  Case c;
  EXPECT_FALSE(c.passes("<rule id-ref='r'/>"));
}

// S1 C-7.5, the verified example
TEST(Rules, DateRange) {
  Case c;
  constexpr std::string_view kRange = "operation='in_range' start='2020-01-01' end='2020-12-31'/>";
  c.now = "2019-06-01";
  EXPECT_FALSE(c.date(kRange));
  EXPECT_EQ(c.next, 1577836800);
  for (const auto* inside : {"2020-06-01", "2020-12-31"}) {
    c.now = inside;
    EXPECT_TRUE(c.date(kRange));
    EXPECT_EQ(c.next, 1609372801);
  }
  c.now = "2020-12-31 00:00:01";
  EXPECT_FALSE(c.date(kRange));
  EXPECT_EQ(c.next, std::nullopt);
}

TEST(Rules, DateBounds) {
  Case c{.now = "2020-01-01"};
  EXPECT_FALSE(c.date("operation='gt' start='2020-01-01'/>"));
  EXPECT_EQ(c.next, 1577836801);
  EXPECT_FALSE(c.date("operation='lt' end='2020-01-01'/>"));
  EXPECT_EQ(c.next, std::nullopt);
  EXPECT_TRUE(c.date("operation='lt' end='2020-01-02'/>"));
  EXPECT_EQ(c.next, 1577836800 + 86400);
  EXPECT_TRUE(c.date("start='2019-12-31'/>"));
  EXPECT_EQ(c.next, std::nullopt);
  EXPECT_FALSE(c.date("operation='in_range'/>"));
  EXPECT_FALSE(c.date("operation='gt' start='nonsense'/>"));
}

// S1 C-7.6
TEST(Rules, DateDuration) {
  Case c{.now = "2020-02-29"};
  EXPECT_TRUE(c.date("start='2020-01-31'><duration id='u' months='1'/></date_expression>"));
  EXPECT_EQ(c.next, 1582934400 + 1);
  EXPECT_FALSE(c.date("start='2020-01-31'><duration id='u' days='28'/></date_expression>"));
  EXPECT_FALSE(c.date("start='2020-01-31'><duration id='u' days='many'/></date_expression>"));
  EXPECT_FALSE(c.date("><duration id='u' days='28'/></date_expression>"));
}

// S1 C-7.7
TEST(Rules, DateSpec) {
  const auto spec = [](std::string_view attributes, std::string_view now) {
    Case c{.now = std::string(now)};
    return c.date("operation='date_spec'><date_spec id='s' " + std::string(attributes) + "/></date_expression>");
  };
  EXPECT_TRUE(spec("hours='9-16' weekdays='1-5'", "2005-01-20 12:30"));
  EXPECT_FALSE(spec("hours='9-11'", "2005-01-20 12:30"));
  EXPECT_TRUE(spec("hours='12-'", "2005-01-20 12:30"));
  EXPECT_TRUE(spec("hours='-12'", "2005-01-20 12:30"));
  EXPECT_TRUE(spec("years='2005' yeardays='20' weeks='3' minutes='30'", "2005-01-20 12:30"));
  EXPECT_FALSE(spec("weekdays='6'", "2005-01-20"));
  EXPECT_FALSE(spec("hours='12x'", "2005-01-20 12:30"));
  EXPECT_FALSE(spec("hours='x'", "2005-01-20 12:30"));
  EXPECT_TRUE(spec("", "2005-01-20"));
  EXPECT_TRUE(spec("hours='12'", "2005-01-20 12:30 +05:00"));  // fields as given, not in UTC
}

// S1 C-7.9: what is not looked at gives no change; what fails does.
TEST(Rules, NextChangeIsTheEarliestLookedAt) {
  Case c{.now = "2020-01-01"};
  EXPECT_FALSE(
      c.passes("<date_expression id='a' operation='gt' start='2021-01-01'/>"
               "<date_expression id='b' operation='lt' end='2020-02-01'/>"));
  EXPECT_EQ(c.next, 1609459200 + 1);
  c.boolean_op = "or";
  EXPECT_TRUE(
      c.passes("<date_expression id='a' operation='gt' start='2021-01-01'/>"
               "<date_expression id='b' operation='lt' end='2020-02-01'/>"));
  EXPECT_EQ(c.next, 1580515200);
}

// S1 C-7.8
TEST(Rules, AgentsAndOperations) {
  Case c{.agent = RuleContext::Agent{"ocf", "heartbeat", "IPaddr2"},
         .operation = RuleContext::Operation{"monitor", 10'000}};
  EXPECT_TRUE(c.passes("<rsc_expression id='x' class='ocf' type='IPaddr2'/>"));
  EXPECT_FALSE(c.passes("<rsc_expression id='x' class='OCF'/>"));
  EXPECT_TRUE(c.passes("<op_expression id='x' name='monitor'/>"));
  EXPECT_TRUE(c.passes("<op_expression id='x' name='monitor' interval='10s'/>"));
  EXPECT_FALSE(c.passes("<op_expression id='x' name='monitor' interval='11s'/>"));
  EXPECT_FALSE(c.passes("<op_expression id='x' interval='10s'/>"));
  c.agent.reset();
  c.operation.reset();
  EXPECT_TRUE(c.passes("<rsc_expression id='x'/>"));
  EXPECT_FALSE(c.passes("<rsc_expression id='x' class='ocf'/>"));
  EXPECT_FALSE(c.passes("<op_expression id='x' name='monitor'/>"));
}

}  // namespace
}  // namespace simcluster::cib
