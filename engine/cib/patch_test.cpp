#include "engine/cib/patch.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/cib/digest.h"

namespace simcluster::cib {
namespace {

Document parse(std::string_view xml) {
  auto parsed = parse_document(xml, "p.xml");
  EXPECT_TRUE(parsed) << xml;
  return parsed ? std::move(*parsed) : Document();
}

Document cib(int num_updates, std::string_view content) {
  return parse("<cib admin_epoch='0' epoch='7' num_updates='" + std::to_string(num_updates) + "'>" +
               std::string(content) + "</cib>");
}

// The patch's changes, in short; and it must lead from one document to the other.
std::string changes(const Document& before, const Document& after) {
  const auto patch = create_patch(before, after);
  if (!patch) return "none";
  Document applied = before;
  const PatchResult result = apply_patch(applied, *patch);
  EXPECT_EQ(result.outcome, PatchOutcome::kApplied) << result.reason << "\n" << write_document(*patch);
  EXPECT_EQ(write_compact(applied.root()), write_compact(after.root())) << write_document(*patch);
  std::string text;
  for (const Element change : patch->root().children("change")) {
    if (change.value("path") == "/cib") continue;
    text += std::string(change.value("operation")) + " " + std::string(change.value("path"));
    if (change.has("position")) text += " " + std::string(change.value("position"));
    text += ";";
  }
  return text;
}

// CM-6.2, CM-6.3
TEST(Versions, CompareAndFollow) {
  const Document document = parse("<cib epoch='7' num_updates='3'/>");
  EXPECT_EQ(version_of(document.root()), (CibVersion{0, 7, 3}));
  EXPECT_EQ(version_of(document.root(), -1), (CibVersion{-1, 7, 3}));
  EXPECT_LT((CibVersion{0, 9, 9}), (CibVersion{1, 0, 0}));
  EXPECT_LT((CibVersion{0, 7, 9}), (CibVersion{0, 10, 0}));
  EXPECT_EQ(next_version({0, 7, 3}, ChangeExtent::kConfiguration), (CibVersion{0, 8, 0}));
  EXPECT_EQ(next_version({0, 7, 3}, ChangeExtent::kStatusOnly), (CibVersion{0, 7, 4}));
  EXPECT_EQ(next_version({0, 7, 3}, ChangeExtent::kNothing), (CibVersion{0, 7, 3}));
}

TEST(Versions, ExtentOfAChange) {
  const Document base = cib(0, "<configuration><nodes/></configuration><status/>");
  EXPECT_EQ(extent_of_change(base, cib(5, "<configuration><nodes/></configuration><status/>")), ChangeExtent::kNothing);
  EXPECT_EQ(extent_of_change(base, cib(0, "<configuration><nodes/></configuration><status><x/></status>")),
            ChangeExtent::kStatusOnly);
  EXPECT_EQ(extent_of_change(base, cib(0, "<configuration><nodes a='1'/></configuration><status/>")),
            ChangeExtent::kConfiguration);
  EXPECT_EQ(
      extent_of_change(base, parse("<cib have-quorum='1'><configuration><nodes/></configuration><status/></cib>")),
      ChangeExtent::kStatusOnly);
}

// CM-6.12
TEST(Patch, NamesWhatChanged) {
  const Document before = cib(3, "<status><n id='1' a='x'><l/></n><n id='2'/><n id='3'/></status>");
  EXPECT_EQ(changes(before, before), "none");
  EXPECT_EQ(changes(before, cib(4, "<status><n id='1' a='y'><l/></n><n id='2'/><n id='3'/></status>")),
            "modify /cib/status/n[@id='1'];");
  EXPECT_EQ(changes(before, cib(4, "<status><n id='1' a='x'/><n id='3'/></status>")),
            "delete /cib/status/n[@id='2'];delete /cib/status/n[@id='1']/l;");
  EXPECT_EQ(
      changes(before, cib(4, "<status><n id='9'><q/></n><n id='1' a='x'><l/></n><n id='2'/><n id='3'/></status>")),
      "create /cib/status 0;");
  EXPECT_EQ(changes(before, cib(4, "<status><n id='3'/><n id='1' a='x'><l/></n><n id='2'/></status>")),
            "move /cib/status/n[@id='3'] 0;");
}

TEST(Patch, TextOfAPatch) {
  const auto patch =
      create_patch(cib(3, "<status><n id='1' a='x' b='1'/></status>"), cib(4, "<status><n id='1' a='y'/></status>"));
  ASSERT_TRUE(patch);
  std::string text = write_compact(patch->root());
  text.erase(text.find(" digest="), 42);
  EXPECT_EQ(text,
            "<diff format=\"2\"><version><source admin_epoch=\"0\" epoch=\"7\" num_updates=\"3\"/>"
            "<target admin_epoch=\"0\" epoch=\"7\" num_updates=\"4\"/></version>"
            "<change operation=\"modify\" path=\"/cib\"><change-list>"
            "<change-attr name=\"num_updates\" operation=\"set\" value=\"4\"/></change-list>"
            "<change-result><cib admin_epoch=\"0\" epoch=\"7\" num_updates=\"4\"/></change-result></change>"
            "<change operation=\"modify\" path=\"/cib/status/n[@id='1']\"><change-list>"
            "<change-attr name=\"b\" operation=\"unset\"/><change-attr name=\"a\" operation=\"set\" value=\"y\"/>"
            "</change-list><change-result><n id=\"1\" a=\"y\"/></change-result></change></diff>");
}

TEST(Patch, ElementsWithoutIds) {
  changes(cib(0, "<c><x v='1'/><x v='2'/></c>"), cib(1, "<c><x v='2'/><y/><x v='3'/></c>"));
  changes(cib(0, "<c><x><q/></x></c>"), cib(1, "<c><x/><x/></c>"));
}

// Any document can be reached from any other.
TEST(Patch, RandomDocuments) {
  Random random(7, "patches");
  const auto make = [&](int num_updates) {
    Document document = cib(num_updates, "<status/>");
    std::vector<MutableElement> all = {document.root().first_child()};
    const auto count = random.below(30);
    for (std::uint64_t i = 0; i < count; ++i) {
      MutableElement parent = all[random.below(all.size())];
      MutableElement made = parent.insert_child(random.below(4) == 0 ? "b" : "a",
                                                random.below(2) == 0 ? Element() : parent.first_child());
      if (random.below(5) != 0) made.set_attribute("id", static_cast<std::int64_t>(random.below(12)));
      if (random.below(2) == 0) made.set_attribute("v", static_cast<std::int64_t>(random.below(3)));
      all.push_back(made);
    }
    return document;
  };
  for (int i = 0; i < 500; ++i) changes(make(0), make(1));
}

TEST(Patch, RefusesWhatDoesNotFit) {
  const Document v3 = cib(3, "<status><n id='1'/></status>");
  const Document v4 = cib(4, "<status><n id='1' a='1'/></status>");
  const Document patch = *create_patch(v3, v4);
  const auto outcome = [&](Document document) { return apply_patch(document, patch).outcome; };
  EXPECT_EQ(outcome(v3), PatchOutcome::kApplied);
  EXPECT_EQ(outcome(v4), PatchOutcome::kOldData);
  EXPECT_EQ(outcome(cib(2, "<status><n id='1'/></status>")), PatchOutcome::kNeedsSync);
  EXPECT_EQ(outcome(cib(3, "<status/>")), PatchOutcome::kNeedsSync);                                // path
  EXPECT_EQ(outcome(cib(3, "<status><n id='1'/><n id='2'/></status>")), PatchOutcome::kNeedsSync);  // digest
  Document document = v3;
  EXPECT_EQ(apply_patch(document, parse("<diff format='1'/>")).outcome, PatchOutcome::kMalformed);
  EXPECT_EQ(write_compact(document.root()), write_compact(v3.root()));
}

// What people type is meant for the configuration as it is when it arrives, whatever version that has.
TEST(Patch, WithoutVersion) {
  const Document before = cib(3, "<status><n id='1'/><n id='2'/></status>");
  const Document after = cib(9, "<status><n id='1' a='1'/></status>");
  const auto patch = create_patch_without_version(before, after);
  ASSERT_TRUE(patch);
  Document other = cib(5, "<status><n id='0'/><n id='1'/><n id='2'/></status>");
  EXPECT_EQ(apply_patch(other, *patch).outcome, PatchOutcome::kApplied);
  EXPECT_EQ(write_compact(other.root()), write_compact(cib(5, "<status><n id='0'/><n id='1' a='1'/></status>").root()));
  Document without = cib(5, "<status/>");
  EXPECT_EQ(apply_patch(without, *patch).outcome, PatchOutcome::kNeedsSync);
  EXPECT_EQ(write_compact(without.root()), write_compact(cib(5, "<status/>").root()));
  EXPECT_FALSE(create_patch_without_version(before, cib(4, "<status><n id='1'/><n id='2'/></status>")));
}

}  // namespace
}  // namespace simcluster::cib
