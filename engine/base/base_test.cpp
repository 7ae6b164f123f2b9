#include <gtest/gtest.h>

#include "engine/base/address.h"
#include "engine/base/assert.h"
#include "engine/base/error.h"
#include "engine/base/hash.h"
#include "engine/base/host.h"
#include "engine/base/intern.h"
#include "engine/base/random.h"
#include "engine/base/shell_words.h"

namespace simcluster {
namespace {

TEST(Error, TextLeavesOutWhatIsUnknown) {
  EXPECT_EQ((Error{"no such node", {}}.text()), "no such node");
  EXPECT_EQ((Error{"no such node", {"a.yaml", 0, 0}}.text()), "a.yaml: no such node");
  EXPECT_EQ((Error{"no such node", {"a.yaml", 3, 0}}.text()), "a.yaml:3: no such node");
  EXPECT_EQ((Error{"no such node", {"a.yaml", 3, 7}}.text()), "a.yaml:3:7: no such node");
}

TEST(StringPool, EqualTextsShareASymbol) {
  StringPool pool;
  const Symbol a = pool.intern("vip01");
  EXPECT_EQ(pool.intern("vip01"), a);
  EXPECT_NE(pool.intern("vip02"), a);
  EXPECT_EQ(pool.text(a), "vip01");
  EXPECT_FALSE(pool.find("vip03").valid());
  EXPECT_EQ(pool.intern("").index(), 2U);
}

TEST(StringPool, ViewsSurviveGrowth) {
  StringPool pool;
  const std::string_view first = pool.text(pool.intern("first"));
  for (int i = 0; i < 20000; ++i) pool.intern("text number " + std::to_string(i));
  EXPECT_EQ(first, "first");
  EXPECT_EQ(pool.store(std::string(200000, 'x')).size(), 200000U);
}

TEST(Random, StreamsDependOnSeedAndPurposeOnly) {
  Random a(1, "network");
  Random b(1, "network");
  Random c(1, "agents");
  Random d(2, "network");
  const auto first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
  EXPECT_NE(first, d.next());
}

// Fixed numbers: a change here changes every trace there is.
TEST(Random, NumbersAreTheSameOnEveryMachine) {
  Random random(42, "test");
  EXPECT_EQ(hash_text(""), 0x2d06800538d394c2ULL);
  const auto value = random.between(-5, 5);
  EXPECT_GE(value, -5);
  EXPECT_LE(value, 5);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(7), 7U);
}

TEST(RunningHash, IsTheHashOfTheWhole) {
  RunningHash running;
  running.add("abc");
  running.add("def");
  EXPECT_EQ(running.value(), hash_text("abcdef"));
  EXPECT_EQ(running.hex().size(), 16U);
}

TEST(IpAddress, ParsesAndPrints) {
  EXPECT_EQ(IpAddress::parse("192.168.4.200")->text(), "192.168.4.200");
  EXPECT_EQ(IpAddress::parse("fe80::1:0:0:2")->text(), "fe80::1:0:0:2");
  EXPECT_EQ(IpAddress::parse("::")->text(), "::");
  EXPECT_EQ(IpAddress::parse("2001:db8:0:0:1:0:0:1")->text(), "2001:db8::1:0:0:1");
  EXPECT_EQ(IpAddress::parse("::ffff:10.0.0.1")->text(), "::ffff:a00:1");
  for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "a", ":", "1:2", "::1::", "0001.2.3.4"})
    EXPECT_FALSE(IpAddress::parse(bad).has_value()) << bad;
}

TEST(IpAddress, NetworkAndBroadcast) {
  const IpAddress a = *IpAddress::parse("192.168.4.200");
  EXPECT_EQ(a.network(24).text(), "192.168.4.0");
  EXPECT_EQ(a.network(26).text(), "192.168.4.192");
  EXPECT_EQ(broadcast_of(a, 24).text(), "192.168.4.255");
  EXPECT_EQ(broadcast_of(a, 32).text(), "192.168.4.200");
}

TEST(Assert, NamesThePlaceWithoutTheBuildFolder) {
  try {
    SIMCLUSTER_ASSERT(1 == 2);
    FAIL();
  } catch (const AssertionFailure& failure) {
    EXPECT_EQ(std::string(failure.what()).rfind("engine/base/base_test.cpp:", 0), 0U) << failure.what();
  }
}

TEST(Trace, NamesFindTheirKinds) {
  TraceKind kind{};
  ASSERT_TRUE(trace_kind_from_name("operation.failed", kind));
  EXPECT_EQ(kind, TraceKind::kOperationFailed);
  EXPECT_EQ(trace_kind_name(TraceKind::kPing), "ping");
  EXPECT_FALSE(trace_kind_from_name("no.such", kind));
}

TEST(ShellWords, AreThoseOfAPosixShell) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(*split_shell_words("a  'b c' \"d 'e'\"f g\\ h ''"), (Words{"a", "b c", "d 'e'f", "g h", ""}));
  EXPECT_EQ(*split_shell_words(R"("\"x\" \n" '\')"), (Words{R"("x" \n)", "\\"}));
  EXPECT_EQ(*split_shell_words(" "), Words{});
  EXPECT_EQ(split_shell_words("a 'b").error().message, "the quotation mark ' is not closed");
}

}  // namespace
}  // namespace simcluster
