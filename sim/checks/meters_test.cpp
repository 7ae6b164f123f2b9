// Measures of a run against values that were worked out by hand from two golden stories.
#include <vector>

#include <gtest/gtest.h>

#include "sim/checks/run_meter.h"
#include "sim/checks/service_meter.h"
#include "sim/checks/testing.h"

namespace simcluster::sim {
namespace {

constexpr NodeIndex kNode1 = NodeIndex(0);
constexpr NodeIndex kNode2 = NodeIndex(1);

class Meters : public testing::Test {
 protected:
  void event(Duration at, NodeIndex node, TraceKind kind, const std::vector<TraceField>& fields) {
    const TraceEvent event{Time{} + at, node, kind, fields};
    run_.on_event(event);
    if (services_.on_event(event)) run_.on_services(services_.measures(), event.at);
  }
  void done(Duration at, NodeIndex node, const char* operation) {
    event(at, node, TraceKind::kOperationEnd,
          {{"resource", "test"}, {"operation", operation}, {"interval", 0}, {"rc", 0}, {"status", 0}});
  }
  void fails(Duration at, NodeIndex node, const char* operation, int interval) {
    event(at, node, TraceKind::kOperationFailed,
          {{"resource", "test"}, {"operation", operation}, {"interval", interval}, {"rc", 1}});
  }
  void power_off(Duration at, NodeIndex node) {
    event(at, node, TraceKind::kNodeStop, {{"name", "node1"}, {"what", "power off"}});
  }
  const ServiceMeasure& service() const { return services_.measures().front(); }

  ServiceMeter services_{{}, {"test"}};
  RunMeter run_{{"test"}};
};

// golden/dummy_failover/crash.txt: 2:02.073 - 2:00, 2:03.108 - 2:00.
TEST_F(Meters, ACrash) {
  done(milliseconds(23'072), kNode1, "start");
  event(minutes(2), kNode1, TraceKind::kFault, {});
  power_off(minutes(2), kNode1);
  event(milliseconds(122'073), kNode2, TraceKind::kMembershipChange, {{"members", "2"}});
  done(milliseconds(123'108), kNode2, "start");
  services_.finish(Time{} + minutes(5));
  EXPECT_EQ(run_.measures().detection, milliseconds(2'073));
  EXPECT_EQ(run_.measures().fencing, std::nullopt);
  EXPECT_EQ(run_.measures().service, milliseconds(3'108));
  EXPECT_EQ(run_.measures().failovers, 1);
  EXPECT_EQ(service().down, milliseconds(3'108));
  EXPECT_EQ(service().outages, 1);
}

// golden/fencing/stonith_vbox/as-delivered.txt: the stop fails at 17:30.012, the power is off from 17:31.797 on,
// fencing is complete at 17:38.311, the service runs at 17:39.346.
TEST_F(Meters, AStopThatTakesTooLong) {
  const auto at = [](int minute, int ms) { return minutes(minute) + milliseconds(ms); };
  done(at(0, 25'000), kNode1, "start");
  event(at(1, 0), kNode1, TraceKind::kFencingResult, {{"target", "node1"}, {"operation", "on"}, {"ok", 1}});
  event(at(16, 0), kNode1, TraceKind::kFault, {});
  event(at(16, 1), kNode1, TraceKind::kFencingResult, {{"target", "node1"}, {"operation", "on"}, {"ok", 1}});
  fails(at(17, 30'012), kNode1, "stop", 0);
  event(at(17, 30'024), kNode1, TraceKind::kFencingRequest, {{"target", "node1"}, {"operation", "reboot"}});
  power_off(at(17, 31'797), kNode1);
  event(at(17, 38'311), kNode2, TraceKind::kFencingResult, {{"target", "node1"}, {"operation", "reboot"}, {"ok", 1}});
  done(at(17, 39'346), kNode2, "start");
  services_.finish(Time{} + minutes(21));
  EXPECT_EQ(run_.measures().detection, milliseconds(90'012));
  EXPECT_EQ(run_.measures().fencing, milliseconds(98'311));
  EXPECT_EQ(run_.measures().service, milliseconds(99'346));
  EXPECT_EQ(run_.measures().failovers, 1);
  EXPECT_EQ(service().down, milliseconds(7'549));
}

// A resource that only its agent can see is down from the report of its monitor on.
TEST_F(Meters, AFailedMonitor) {
  done(seconds(10), kNode1, "start");
  fails(seconds(20), kNode1, "monitor", 10'000);
  EXPECT_FALSE(service().up);
  done(seconds(21), kNode1, "stop");
  done(seconds(23), kNode1, "start");
  fails(seconds(30), kNode1, "monitor", 0);  // a probe
  EXPECT_TRUE(service().up);
  services_.finish(Time{} + minutes(1));
  EXPECT_EQ(service().down, seconds(3));
  EXPECT_EQ(service().outages, 1);
}

// A resource that someone configures while the cluster runs is measured from then on; one that someone takes out is
// stopped without an outage, and what it had had before stays.
TEST_F(Meters, TheConfigurationChanges) {
  const auto configure = [&](Duration at, const std::vector<std::string>& resources) {
    services_.on_configuration({}, resources, Time{} + at);
    run_.on_configuration(resources);
  };
  const auto done_by = [&](Duration at, const char* resource, const char* operation) {
    event(at, kNode1, TraceKind::kOperationEnd,
          {{"resource", resource}, {"operation", operation}, {"interval", 0}, {"rc", 0}, {"status", 0}});
  };
  done_by(seconds(1), "late", "start");  // nobody knows it yet
  done(seconds(10), kNode1, "start");
  done(seconds(20), kNode1, "stop");
  configure(seconds(25), {"late"});  // "test" is no longer wanted: its outage ends
  EXPECT_EQ(services_.measures().size(), 2U);
  EXPECT_FALSE(service().wanted);
  EXPECT_EQ(service().down, seconds(5));
  done_by(seconds(30), "late", "start");
  done_by(seconds(40), "late", "stop");
  done_by(seconds(42), "late", "start");
  configure(seconds(50), {"test"});
  done_by(seconds(51), "late", "stop");  // taken out first: no outage
  done(seconds(60), kNode2, "start");
  services_.finish(Time{} + minutes(2));
  const ServiceMeasure& late = services_.measures().back();
  EXPECT_EQ(late.first_up, Time{} + seconds(30));
  EXPECT_EQ(late.outages, 1);
  EXPECT_EQ(late.down, seconds(2));
  EXPECT_EQ(service().outages, 1);
  EXPECT_EQ(service().down, seconds(5));
  EXPECT_EQ(run_.measures().failovers, 1);  // "test" was at home on node1
}

}  // namespace
}  // namespace simcluster::sim
