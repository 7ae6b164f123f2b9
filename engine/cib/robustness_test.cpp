// Damaged input: whatever the bytes, there is an answer or an error, and what is accepted can be written and read
// again.
#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/cib/crm_shell.h"
#include "engine/cib/patch.h"
#include "engine/cib/upgrade.h"
#include "engine/cib/validate.h"

namespace simcluster::cib {
namespace {

constexpr std::string_view kCib =
    "<cib validate-with=\"pacemaker-2.5\" admin_epoch=\"0\" epoch=\"1\" num_updates=\"0\"><configuration><crm_config>"
    "<cluster_property_set id=\"o\"><nvpair id=\"o1\" name=\"stonith_enabled\" value=\"true\"/>"
    "<nvpair id=\"o2\" name=\"crmd-transition-delay\" value=\"1s\"/></cluster_property_set></crm_config>"
    "<nodes><node id=\"1\" uname=\"n1\" type=\"ping\"/></nodes><resources><master id=\"m\"><primitive id=\"a\" "
    "class=\"ocf\" provider=\"p\" type=\"t\"><instance_attributes id=\"i\"><nvpair id=\"v\" name=\"x\" value=\"1\"/>"
    "<nvpair id=\"w\" name=\"y\" value=\"2\"/></instance_attributes><operations><op id=\"op\" name=\"start\" "
    "interval=\"0\" "
    "requires=\"quorum\"/></operations></primitive></master><primitive id=\"b\" class=\"upstart\" type=\"u\"/>"
    "</resources><constraints><rsc_location id=\"l\" rsc=\"a\" node=\"n1\" score=\"5\"><lifetime><rule id=\"r\">"
    "<date_expression id=\"d\" operation=\"gt\" start=\"2020-01-01\"/></rule></lifetime></rsc_location>"
    "<rsc_order id=\"q\" first=\"a\" then=\"b\"/><rsc_colocation id=\"k\" score=\"1\"><resource_set id=\"s\">"
    "<resource_ref id=\"b\"/></resource_set></rsc_colocation></constraints></configuration><status/></cib>";

constexpr std::string_view kCrm =
    "node 1: n1 attributes standby=off\nrsc_template t ocf:heartbeat:Dummy\n"
    "primitive a IPaddr2 params ip=\"10.0.0.1\" op monitor interval=10s \\\n op start interval=0 timeout=60s\n"
    "primitive b @t meta target-role=Stopped\ngroup g a b\nclone c d meta interleave=true\nprimitive d Dummy\n"
    "location l g rule $role=master -inf: not_defined pingd or pingd number:lt 100\n"
    "location l2 /^a.*/ 100: n1\ncolocation k inf: ( a b ) [ c:Master ]\norder o Mandatory: a:start c "
    "symmetrical=false\n"
    "rsc_ticket x tk: a loss-policy=fence\nproperty cib-bootstrap-options: no-quorum-policy=ignore\n"
    "fencing_topology n1: a,b c\ntag y: a b\nrole z write meta:a:target-role\nalert w /x to { y meta p=1 }\n"
    "xml <primitive id=\"e\" class=\"lsb\" type=\"f\"/>\n";

// Some bytes changed, inserted, removed or doubled.
std::string damaged(std::string_view text, Random& random) {
  std::string result(text);
  constexpr std::string_view kBytes =
      "<>&\"'=/ \n\\#:@$(){}[]\0\xff"
      "01a-";
  for (std::uint64_t i = 0, count = 1 + random.below(4); i < count && !result.empty(); ++i) {
    const std::size_t at = random.below(result.size());
    const std::size_t length = std::min<std::size_t>(1 + random.below(12), result.size() - at);
    const char byte = kBytes[random.below(kBytes.size())];
    switch (random.below(5)) {
      case 0:
        result[at] = byte;
        break;
      case 1:
        result.insert(result.begin() + static_cast<std::ptrdiff_t>(at), byte);
        break;
      case 2:
        result.erase(at, length);
        break;
      case 3:
        result += result.substr(at, length);
        break;
      default:
        result.insert(at, std::string(result, random.below(result.size()), length));
        break;
    }
  }
  return result;
}

void expect_usable(const Document& document) {
  const std::string text = write_document(document);
  const auto again = parse_document(text, "again");
  ASSERT_TRUE(again) << again.error().text() << "\n" << text;
  EXPECT_TRUE(same_tree(document.root(), again->root())) << text;
}

TEST(Robustness, DamagedXml) {
  Random random(11, "xml");
  const Document whole = *parse_document(kCib, "whole");
  int accepted = 0;
  int upgraded = 0;
  for (int i = 0; i < 4000; ++i) {
    auto document = parse_document(damaged(kCib, random), "damaged");
    if (!document) continue;
    ++accepted;
    expect_usable(*document);
    if (const auto patch = create_patch(whole, *document)) {
      Document patched = whole;
      apply_patch(patched, *patch);
    }
    const UpgradeResult result = upgrade(*document);
    if (result.outcome == UpgradeOutcome::kValid && result.changed) {
      ++upgraded;
      EXPECT_TRUE(validate(*document, Schema::k4).empty());
      expect_usable(*document);
    }
    write_crm_shell(*document);
  }
  EXPECT_GT(accepted, 100);
  EXPECT_GT(upgraded, 50);
}

TEST(Robustness, DamagedCrmShellText) {
  Random random(12, "crm");
  const auto sound = parse_crm_shell(kCrm, "sound");
  ASSERT_TRUE(sound) << sound.error().text();
  int accepted = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto document = parse_crm_shell(damaged(kCrm, random), "damaged");
    if (!document) {
      EXPECT_GT(document.error().place.line, 0) << document.error().text();
      continue;
    }
    ++accepted;
    write_crm_shell(*document);
  }
  EXPECT_GT(accepted, 50);
}

}  // namespace
}  // namespace simcluster::cib
