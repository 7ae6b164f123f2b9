#include "engine/controller/cib_store.h"

#include <utility>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace simcluster::controller
