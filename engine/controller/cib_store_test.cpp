#include "engine/controller/cib_store.h"

#include <utility>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/cib/patch.h"
#include "engine/controller/cib_diff.h"

namespace simcluster::controller {
namespace {

constexpr std::string_view kCib =
    "<cib validate-with=\"pacemaker-1.2\" admin_epoch=\"0\" epoch=\"7\" num_updates=\"3\"><configuration><crm_config/>"
    "<nodes/><resources><primitive id=\"a\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/></resources>"
    "<constraints/></configuration><status><node_state id=\"1\" uname=\"node1\"/></status></cib>";

class CibStoreTest : public ::testing::Test {
 protected:
  CibStoreTest() { EXPECT_TRUE(store.load(kCib, "test")); }
  CibUpdate apply(const CibRequest& request) {
    const auto update = store.apply(request, Time{1'322'758'521LL * 1'000'000'000});
    EXPECT_TRUE(update) << update.error().text();
    return update.value_or(CibUpdate());
  }
  std::string version() const {
    const Generation g = store.generation();
    return std::to_string(g.admin_epoch) + "." + std::to_string(g.epoch) + "." + std::to_string(g.num_updates);
  }
  CibStore store;
};

// CM-6.13
TEST_F(CibStoreTest, StatusIsEmptiedAtStart) { EXPECT_FALSE(store.status().first_child()); }

// CM-6.1: the sections in their order, in a CIB that nobody has configured, and after a replacement.
TEST_F(CibStoreTest, SectionsHaveAnOrder) {
  const auto sections = [](const CibStore& of) {
    std::string names;
    for (const cib::Element part : of.document().root().children()) {
      names += std::string(part.name()) + "(";
      for (const cib::Element section : part.children()) names += std::string(section.name()) + " ";
      names += ")";
    }
    return names;
  };
  const CibStore empty;
  EXPECT_EQ(sections(empty), "configuration(crm_config nodes resources constraints )status()");
  for (const std::string_view name : {"crm_feature_set", "validate-with", "epoch", "num_updates", "admin_epoch"})
    EXPECT_TRUE(empty.document().root().has(name)) << name;
  EXPECT_EQ(version_text(empty.generation()), "0.0.0");  // CM-6.13
  const std::string before = sections(store);
  CibRequest request;
  request.set(CibStep::Kind::kReplace, {step("configuration"), step("resources")}, "<resources/>");
  apply(request);
  EXPECT_EQ(sections(store), before);
}

// What has no room is not begun; what makes room always is.
TEST_F(CibStoreTest, SoMuchAndNoMore) {
  const auto with = [](std::size_t bytes) {
    CibRequest request;
    return request.merge({step("status")}, fmt::format("<node_state id=\"1\" x=\"{}\"/>", std::string(bytes, 'x')));
  };
  const std::size_t bytes = store.document().content_bytes();
  store.limit(bytes + 1000);
  apply(with(900));
  const std::string before = cib::write_compact(store.document().root());
  const auto refused = store.apply(with(1100), {});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(is_too_large(refused.error()));
  EXPECT_EQ(refused.error().message, fmt::format("The CIB would have more than {} bytes", bytes + 1000));
  EXPECT_EQ(cib::write_compact(store.document().root()), before);
  // The limit is lower than what is there: less is welcome, more is not.
  store.limit(100);
  EXPECT_FALSE(store.apply(with(901), {}));
  apply(with(800));
  EXPECT_TRUE(store.replace(before, "node2", CibStore::Older::kTake)) << "what the others have";
  EXPECT_FALSE(store.apply(with(901), {}));
  store.limit(0);
  apply(with(100'000));
}

// CM-6.3: status raises num_updates, the configuration raises epoch, nothing changed raises nothing.
TEST_F(CibStoreTest, Versions) {
  CibRequest request;
  request.merge({step("status")}, std::string("<node_state id=\"1\" uname=\"node1\" crmd=\"online\"/>"));
  EXPECT_TRUE(apply(request).changed());
  EXPECT_EQ(version(), "0.7.4");
  EXPECT_FALSE(apply(request).changed());
  EXPECT_EQ(version(), "0.7.4");
  CibRequest configuration;
  configuration.origin = "node1";
  configuration.client = "cibadmin";
  configuration.merge({step("configuration"), step("nodes")}, std::string("<node id=\"1\" uname=\"node1\"/>"));
  EXPECT_TRUE(apply(configuration).configuration_changed);
  EXPECT_EQ(version(), "0.8.0");
  // CM-6.4
  EXPECT_EQ(store.document().root().value("cib-last-written"), "Thu Dec  1 16:55:21 2011");
  EXPECT_EQ(store.document().root().value("update-origin"), "node1");
  EXPECT_EQ(store.document().root().value("update-client"), "cibadmin");
  EXPECT_FALSE(store.document().root().has("update-user"));
  configuration = controller_request();
  configuration.merge({step("configuration"), step("nodes")}, std::string("<node id=\"2\" uname=\"node2\"/>"));
  apply(configuration);
  EXPECT_EQ(store.document().root().value("update-client"), "crmd");
  EXPECT_EQ(store.document().root().value("update-user"), "hacluster");
  configuration = {};
  configuration.client = "crmd";  // somebody else of that name
  configuration.merge({step("configuration"), step("nodes")}, std::string("<node id=\"3\" uname=\"node3\"/>"));
  apply(configuration);
  EXPECT_FALSE(store.document().root().has("update-user"));
}

// Whoever keeps something that was made from the document asks whether it may have changed.
TEST_F(CibStoreTest, CountsWhatMayHaveChangedIt) {
  std::uint64_t seen = store.changes();
  const auto grown = [&] { return std::exchange(seen, store.changes()) < store.changes(); };
  EXPECT_FALSE(grown());
  EXPECT_TRUE(store.replace(kCib, "node2"));
  EXPECT_TRUE(grown());
  CibRequest request;
  request.merge({step("status")}, std::string("<node_state id=\"1\" uname=\"node1\" crmd=\"online\"/>"));
  apply(request);
  EXPECT_TRUE(grown());
  CibUpdate update;
  store.apply_diff("<diff/>", update);
  EXPECT_TRUE(grown());
  EXPECT_TRUE(store.load(kCib, "test"));
  EXPECT_TRUE(grown());
}

// CM-6.6: what is replaced stays where it stood; a CIB with the status first is none to a schema.
TEST_F(CibStoreTest, ReplacedSectionsKeepTheirPlace) {
  CibRequest request;
  request.set(CibStep::Kind::kReplace, {step("configuration")},
              "<configuration><crm_config/><nodes/><resources/><constraints/></configuration>");
  EXPECT_TRUE(apply(request).configuration_changed);
  EXPECT_TRUE(store.document().root().first_child().is("configuration"));
  EXPECT_TRUE(store.document().root().first_child().next_sibling().is("status"));
}

// CM-6.6: merging by name and id, with paths of what changed (CM-6.12).
TEST_F(CibStoreTest, MergeNotesChanges) {
  CibRequest request;
  request.merge({step("status")}, std::string("<node_state id=\"1\" uname=\"node1\"><lrm id=\"1\"/></node_state>"));
  const CibUpdate first = apply(request);
  ASSERT_EQ(first.changes.size(), 1U);
  EXPECT_EQ(first.changes[0].kind, CibChange::Kind::kCreate);
  EXPECT_EQ(first.changes[0].path, "/cib/status/node_state[@id='1']");
  CibRequest more;
  more.merge({step("status")},
             std::string("<node_state id=\"1\" crmd=\"online\"><lrm id=\"1\"><x id=\"2\"/></lrm></node_state>"));
  const CibUpdate second = apply(more);
  ASSERT_EQ(second.changes.size(), 2U);
  EXPECT_EQ(second.changes[0].kind, CibChange::Kind::kModify);
  EXPECT_EQ(second.changes[1].path, "/cib/status/node_state[@id='1']/lrm[@id='1']/x[@id='2']");
  CibRequest gone;
  gone.remove({step("status"), step("node_state", "1"), step("lrm")});
  const CibUpdate third = apply(gone);
  ASSERT_EQ(third.changes.size(), 1U);
  EXPECT_EQ(third.changes[0].kind, CibChange::Kind::kDelete);
  EXPECT_EQ(third.changes[0].name, "lrm");
  EXPECT_FALSE(apply(gone).changed());  // deleting what is not there is success
}

// CM-6.6: values that count up, with the results of Pacemaker 2.1.5.
TEST_F(CibStoreTest, ValuesCountUp) {
  const auto merged = [&](std::string_view value, const char* id = "x") {
    CibRequest request;
    request.merge({step("status")}, fmt::format("<nvpair id=\"{}\" value=\"{}\"/>", id, value));
    apply(request);
    return std::string(store.document().find_id(id).value("value"));
  };
  EXPECT_EQ(merged("4"), "4");
  EXPECT_EQ(merged("value++"), "5");
  EXPECT_EQ(merged("value+=5"), "10");
  EXPECT_EQ(merged("value+=-3"), "7");
  EXPECT_EQ(merged("value+=INFINITY"), "1000000");
  EXPECT_EQ(merged("value++"), "1000000");
  EXPECT_EQ(merged("value+=-INFINITY"), "0");
  EXPECT_EQ(merged("value+=7"), "7");
  EXPECT_EQ(merged("value+=abc"), "7");
  EXPECT_EQ(merged("x++"), "x++");  // the name of another attribute
  EXPECT_EQ(merged("value++"), "1");
  EXPECT_EQ(merged("value++", "new"), "1");
  CibRequest replace;
  replace.set(CibStep::Kind::kReplace, {step("status"), step("nvpair", "x")}, "<nvpair id=\"x\" value=\"value+=4\"/>");
  apply(replace);
  EXPECT_EQ(store.document().find_id("x").value("value"), "4");
}

// CM-6.8: all or nothing.
TEST_F(CibStoreTest, FailedTransactionChangesNothing) {
  const std::string before = cib::write_document(store.document());
  CibRequest request;
  request.merge({step("status")}, std::string("<node_state id=\"9\"/>"));
  request.set(CibStep::Kind::kModify, {step("configuration"), step("resources")}, "<primitive id=\"nobody\"/>");
  const auto update = store.apply(request, Time{});
  ASSERT_FALSE(update);
  EXPECT_EQ(update.error().message, "No such device or address");
  EXPECT_EQ(cib::write_document(store.document()), before);
}

// CM-6.8: what is modified must exist, its parts need not.
TEST_F(CibStoreTest, ModifiedObjectGetsNewParts) {
  CibRequest request;
  request.merge({step("status")}, std::string("<node_state id=\"9\"><lrm id=\"9\"/></node_state>"));
  apply(request);
  CibRequest modify;
  modify.set(CibStep::Kind::kModify, {step("status")},
             "<node_state id=\"9\"><transient_attributes id=\"9\"/></node_state>");
  EXPECT_TRUE(store.apply(modify, Time{}));
  EXPECT_TRUE(store.document().find_id("9").first_child("transient_attributes"));
  EXPECT_TRUE(store.document().find_id("9").first_child("lrm"));
}

// CM-6.10: older data is refused, equal and newer is taken over.
TEST_F(CibStoreTest, ReplaceNeedsNewerData) {
  EXPECT_FALSE(store.replace("<cib admin_epoch=\"0\" epoch=\"6\" num_updates=\"9\"/>", "node2"));
  EXPECT_EQ(version(), "0.7.3");
  EXPECT_TRUE(store.replace("<cib admin_epoch=\"0\" epoch=\"7\" num_updates=\"3\"/>", "node2"));
  EXPECT_FALSE(store.replace("<cib admin_epoch=\"0\" epoch=\"8\"", "node2"));
}

// CM-6.5: what people type must conform.
TEST_F(CibStoreTest, InvalidChangeIsRefused) {
  CibRequest request;
  request.user = "root";
  request.merge({step("configuration"), step("resources")}, std::string("<nonsense id=\"x\"/>"));
  const auto update = store.apply(request, Time{});
  ASSERT_FALSE(update);
  EXPECT_TRUE(update.error().message.starts_with("Update does not conform to the configured schema"));
  EXPECT_EQ(version(), "0.7.3");
}

// CM-6.5, for the cluster's own writes as well; status is not looked at, nor what was wrong before.
TEST_F(CibStoreTest, WhatWasWrongMayStay) {
  CibRequest request;
  request.merge({step("configuration"), step("resources")}, std::string("<nonsense id=\"x\"/>"));
  EXPECT_FALSE(store.apply(request, Time{}));
  CibRequest status;
  status.merge({step("status")}, std::string("<nonsense id=\"x\"/>"));
  EXPECT_TRUE(apply(status).changed());
  ASSERT_TRUE(
      store.load("<cib validate-with=\"pacemaker-1.2\" epoch=\"1\"><configuration><crm_config/><nodes/>"
                 "<resources><nonsense id=\"y\"/></resources><constraints/></configuration></cib>",
                 "test"));
  EXPECT_TRUE(apply(request).configuration_changed);
}

// CM-6.5: nobody goes back, and nobody takes what a newer release has written.
TEST_F(CibStoreTest, OlderAndNewerDataAreRefused) {
  const auto replace_all = [](std::string_view attributes) {
    CibRequest request;
    request.set(CibStep::Kind::kReplace, {},
                "<cib validate-with=\"pacemaker-1.2\" num_updates=\"0\" " + std::string(attributes) +
                    "><configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>");
    return request;
  };
  CibStore local("3.0.9");
  ASSERT_TRUE(local.load(kCib, "test"));
  const auto older = local.apply(replace_all("admin_epoch=\"0\" epoch=\"6\""), Time{});
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().message, "Update was older than existing configuration");
  const auto newer = local.apply(replace_all("admin_epoch=\"0\" epoch=\"8\" crm_feature_set=\"3.0.10\""), Time{});
  ASSERT_FALSE(newer);
  EXPECT_TRUE(newer.error().message.find("3.0.10") != std::string::npos) << newer.error().message;
  EXPECT_TRUE(local.apply(replace_all("admin_epoch=\"0\" epoch=\"9\" crm_feature_set=\"3.0.9\""), Time{}));
  EXPECT_EQ(local.generation().epoch, 10);
  EXPECT_FALSE(local.configuration().first_child("resources").first_child());
  EXPECT_TRUE(local.apply(replace_all("admin_epoch=\"1\" epoch=\"0\""), Time{}));
}

// CM-6.3: erasing leaves the sections and raises admin_epoch; a bump raises epoch; replacing by the same does nothing.
TEST_F(CibStoreTest, EraseAndBump) {
  CibRequest bump;
  bump.set(CibStep::Kind::kBump, {}, "");
  EXPECT_TRUE(apply(bump).configuration_changed);
  EXPECT_EQ(version(), "0.8.0");
  CibRequest same;
  same.set(CibStep::Kind::kReplace, {step("configuration"), step("nodes")}, "<nodes/>");
  EXPECT_FALSE(apply(same).changed());
  EXPECT_EQ(version(), "0.8.0");
  CibRequest erase;
  erase.set(CibStep::Kind::kErase, {}, "");
  EXPECT_TRUE(apply(erase).configuration_changed);
  EXPECT_EQ(version(), "1.9.0");
  EXPECT_FALSE(store.configuration().first_child("resources").first_child());
}

// CM-6.12 as a request (cib_apply_diff): paths of what changed; what does not fit changes nothing.
TEST_F(CibStoreTest, Patches) {
  const cib::Document before = store.document();
  cib::Document wanted = before;
  cib::MutableElement resources = wanted.find_path("configuration/resources");
  resources.first_child().remove();
  resources.append_child("primitive").set_attribute("id", "b").set_attribute("class", "lsb").set_attribute("type", "x");
  wanted.find_path("configuration/nodes").append_child("node").set_attribute("id", "1").set_attribute("uname", "node1");
  CibRequest request;
  request.set(CibStep::Kind::kPatch, {}, cib::write_compact(cib::create_patch_without_version(before, wanted)->root()));
  const CibUpdate update = apply(request);
  EXPECT_TRUE(update.configuration_changed);
  ASSERT_EQ(update.changes.size(), 3U);
  EXPECT_EQ(update.changes[0].kind, CibChange::Kind::kDelete);
  EXPECT_EQ(update.changes[0].path, "/cib/configuration/resources/primitive[@id='a']");
  EXPECT_EQ(update.changes[1].path, "/cib/configuration/nodes/node[@id='1']");
  EXPECT_EQ(update.changes[2].path, "/cib/configuration/resources/primitive[@id='b']");
  EXPECT_TRUE(cib::same_tree(store.configuration(), wanted.root().first_child("configuration")));
  EXPECT_EQ(version(), "0.8.0");

  cib::Document version_9 = before;
  cib::set_version(version_9.root(), {0, 7, 4});
  version_9.find_path("configuration/resources").first_child().set_attribute("description", "later");
  CibRequest old_data;
  old_data.set(CibStep::Kind::kPatch, {}, cib::write_compact(cib::create_patch(before, version_9)->root()));
  const auto refused = store.apply(old_data, Time{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "Update was older than existing configuration");
  CibRequest nowhere;
  nowhere.set(
      CibStep::Kind::kPatch, {},
      "<diff format=\"2\"><change operation=\"create\" path=\"/cib/status/x\" position=\"0\"><y/></change></diff>");
  EXPECT_FALSE(store.apply(nowhere, Time{}));
  EXPECT_EQ(version(), "0.8.0");
}

// CM-6.7, before 1.1.12: a diff tells of everything that one request did, and of nothing else.
TEST_F(CibStoreTest, DiffsTellWhatOneRequestDid) {
  CibStore other;
  ASSERT_TRUE(other.load(kCib, "test"));
  const auto both = [&](const CibRequest& request) {
    std::string diff;
    ASSERT_TRUE(store.apply(request, Time{}, &diff));
    CibUpdate update;
    const cib::PatchResult result = other.apply_diff(diff, update);
    EXPECT_EQ(result.outcome, cib::PatchOutcome::kApplied) << result.reason << "\n" << diff;
    EXPECT_EQ(content_digest(store.document()), content_digest(other.document())) << diff;
  };
  CibRequest request;
  for (int i = 0; i < 40; ++i)
    request.merge({step("status")},
                  "<node_state id=\"" + std::to_string(i) + "\"><lrm id=\"1\"><x/></lrm></node_state>");
  both(request);
  CibRequest several;  // changed and removed, removed and made again, made and removed
  several.merge({step("status")}, std::string("<node_state id=\"3\" a=\"1\"><lrm id=\"1\" b=\"2\"/></node_state>"));
  several.remove({step("status"), step("node_state", "3"), step("lrm", "1")});
  several.remove({step("status"), step("node_state", "39")});
  several.merge({step("status")}, std::string("<node_state id=\"39\" c=\"1\"/>"));
  several.merge({step("status")}, std::string("<node_state id=\"40\"/>"));
  several.remove({step("status"), step("node_state", "40")});
  several.remove({step("status"), step("node_state", "7"), step("lrm", "1"), step("x")});
  several.remove({step("status"), step("node_state", "7")});
  both(several);
  std::string diff;
  CibRequest one;
  one.merge({step("status")}, std::string("<node_state id=\"5\" a=\"1\"/>"));
  ASSERT_TRUE(store.apply(one, Time{}, &diff));
  EXPECT_LT(diff.size(), 600U) << diff;
  CibRequest nothing = one;
  ASSERT_TRUE(store.apply(nothing, Time{}, &diff));
  EXPECT_TRUE(diff.empty());
}

}  // namespace
}  // namespace simcluster::controller
