// Every judge of rings and messages is silent about the real protocol, and finds a protocol that is broken on purpose.
// What breaks it stands here, between the protocol and its host or its client.
#include <functional>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/membership/corosync_conf.h"
#include "engine/membership/stack.h"
#include "sim/checks/panel.h"
#include "sim/world/group_traffic.h"
#include "sim/world/world.h"

namespace simcluster::sim {
namespace {

// What is wrong with node 1.
struct Defect {
  bool forgets_ring_sequence = false;                      // the disk loses it
  std::function<bool(std::size_t bytes)> loses_multicast;  // frames of this size never leave
  std::function<void(std::vector<TraceField>&)> lies;      // about its membership
  int drops_message = 0;                                   // the n-th one is not delivered to the process
  int doubles_message = 0;
  int swaps_message = 0;  // with the next one
  int invents_message = 0;
  int renames_sender = 0;
  bool drops_own = false;  // from the third on
  std::uint32_t expected_votes = 0;
};

class BrokenHost final : public Host {
 public:
  BrokenHost(Host& host, const Defect& defect) : host_(host), defect_(defect) {}
  Time now() const override { return host_.now(); }
  Duration uptime() const override { return host_.uptime(); }
  TimerId start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) override {
    return host_.start_timer(delay, client, cookie);
  }
  void cancel_timer(TimerId timer) override { host_.cancel_timer(timer); }
  void open_link(LinkIndex link, const LinkConfig& config, LinkClient& client) override {
    host_.open_link(link, config, client);
  }
  void close_link(LinkIndex link) override { host_.close_link(link); }
  void send_all(LinkIndex link, std::span<const std::byte> bytes) override {
    if (!defect_.loses_multicast || !defect_.loses_multicast(bytes.size())) host_.send_all(link, bytes);
  }
  void send_to(LinkIndex link, const IpAddress& to, std::span<const std::byte> bytes) override {
    host_.send_to(link, to, bytes);
  }
  AgentRunId run_agent(const AgentRequest& request, AgentClient& client) override {
    return host_.run_agent(request, client);
  }
  void signal_agent(AgentRunId run, int signal) override { host_.signal_agent(run, signal); }
  void persist(std::string_view key, std::string bytes, PersistClient& client, std::uint64_t cookie) override {
    host_.persist(key, std::move(bytes), client, cookie);
  }
  std::optional<std::string> load(std::string_view key) const override {
    return defect_.forgets_ring_sequence ? std::nullopt : host_.load(key);
  }
  Random& random(std::string_view purpose) override { return host_.random(purpose); }
  void reset_node(std::string_view reason) override { host_.reset_node(reason); }
  void exit_node(int exit_code, std::string_view reason) override { host_.exit_node(exit_code, reason); }
  void log(LogPriority priority, std::string_view daemon, std::string_view text) override {
    host_.log(priority, daemon, text);
  }
  bool tracing(TraceKind kind) const override { return host_.tracing(kind); }
  void trace(TraceKind kind, std::span<const TraceField> fields) override {
    std::vector<TraceField> copy(fields.begin(), fields.end());
    if (kind == TraceKind::kMembershipChange && defect_.lies) defect_.lies(copy);
    host_.trace(kind, copy);
  }

 private:
  Host& host_;
  const Defect& defect_;
};

// Between the ring and the process.
class BrokenDelivery final : public membership::GroupService, membership::GroupClient {
 public:
  BrokenDelivery(membership::GroupService& service, const Defect& defect) : service_(service), defect_(defect) {}
  ClusterNodeId own_id() const override { return service_.own_id(); }
  std::string node_name(ClusterNodeId node) const override { return service_.node_name(node); }
  Result<std::unique_ptr<membership::Group>> join(std::string_view group, std::uint32_t process,
                                                  membership::GroupClient& client) override {
    client_ = &client;
    return service_.join(group, process, *this);
  }
  void track_quorum(membership::QuorumClient& client) override { service_.track_quorum(client); }
  void untrack_quorum(membership::QuorumClient& client) override { service_.untrack_quorum(client); }
  membership::RingId ring() const override { return service_.ring(); }
  std::span<const ClusterNodeId> members() const override { return service_.members(); }
  bool quorate() const override { return service_.quorate(); }

 private:
  void on_deliver(const membership::GroupMember& sender, std::span<const std::byte> bytes) override {
    const int number = ++delivered_;
    if (defect_.drops_own && sender.node == service_.own_id() && ++own_ > 2) return;
    if (number == defect_.drops_message) return;
    if (number == defect_.swaps_message) {
      kept_.emplace(sender, std::vector<std::byte>(bytes.begin(), bytes.end()));
      return;
    }
    membership::GroupMember from = sender;
    if (number == defect_.renames_sender) from.node = ClusterNodeId(77);
    client_->on_deliver(from, bytes);
    if (number == defect_.doubles_message) client_->on_deliver(sender, bytes);
    if (number == defect_.invents_message) client_->on_deliver(sender, std::as_bytes(std::span("nobody.0/1 ")));
    if (kept_) client_->on_deliver(kept_->first, kept_->second);
    kept_.reset();
  }
  void on_configuration(const membership::GroupConfiguration& configuration) override {
    client_->on_configuration(configuration);
  }

  membership::GroupService& service_;
  const Defect& defect_;
  membership::GroupClient* client_ = nullptr;
  int delivered_ = 0;
  int own_ = 0;
  std::optional<std::pair<membership::GroupMember, std::vector<std::byte>>> kept_;
};

class BrokenSoftware final : public ClusterSoftware, membership::StackClient {
 public:
  BrokenSoftware(Host& host, const Machine& machine, const Defect& defect)
      : spec_(machine.spec()),
        name_(fmt::format("{}.{}", spec_.name, machine.incarnation())),
        defect_(defect),
        host_(host, defect) {}
  Result<void> start() override {
    std::string text = spec_.corosync_conf;
    if (defect_.expected_votes != 0)
      text += fmt::format("quorum {{\n expected_votes: {}\n}}\n", defect_.expected_votes);
    const auto conf = membership::parse_corosync_conf(text, "corosync.conf", spec_.profile);
    if (!conf) return tl::unexpected<Error>(conf.error());
    membership::LocalMachine local;
    local.host_name = spec_.name;
    local.node_id = spec_.cluster_id;
    for (const InterfaceSpec& interface : spec_.interfaces) local.addresses.push_back(interface.addresses[0].address);
    auto stack = membership::Stack::create(*conf, local, host_, spec_.profile, this);
    if (!stack) return tl::unexpected<Error>(stack.error());
    stack_ = std::move(*stack);
    stack_->start();
    delivery_ = std::make_unique<BrokenDelivery>(*stack_, defect_);
    traffic_ = std::move(*GroupTraffic::start(host_, *delivery_, *spec_.traffic, name_));
    return {};
  }
  void request_stop() override { stack_->stop(); }
  void on_stack_stopped() override { host_.exit_node(0, "stopped"); }

 private:
  const MachineSpec& spec_;
  std::string name_;
  const Defect& defect_;
  BrokenHost host_;
  std::unique_ptr<membership::Stack> stack_;
  std::unique_ptr<BrokenDelivery> delivery_;
  std::unique_ptr<GroupTraffic> traffic_;
};

class BrokenProtocol : public testing::Test {
 protected:
  // Four nodes that talk; a restart, a split and its repair.
  void run() {
    WorldSpec spec;
    spec.segments.push_back({"net", SegmentKind::kSwitch, {}});
    StackVersions versions;
    versions.corosync = "3.1.7";
    versions.pacemaker = kNoPacemaker;
    std::string conf =
        "totem {\n version: 2\n token: 400\n token_coefficient: 0\n transport: udpu\n cluster_name: c\n}\n"
        "nodelist {\n";
    for (std::uint32_t id = 1; id <= 4; ++id)
      conf += fmt::format(" node {{\n  nodeid: {0}\n  name: n{0}\n  ring0_addr: 10.77.0.{0}\n }}\n", id);
    conf += "}\nquorum {\n provider: corosync_votequorum\n}\n";
    for (std::uint32_t id = 1; id <= 4; ++id) {
      MachineSpec machine;
      machine.name = fmt::format("n{}", id);
      machine.profile = *make_profile(versions);
      machine.cluster_id = ClusterNodeId(id);
      machine.corosync_conf = conf;
      machine.traffic = TrafficSpec{2, milliseconds(50), milliseconds(10) * id, 64, {}};
      InterfaceSpec eth0;
      eth0.name = "eth0";
      eth0.segment = "net";
      eth0.addresses = {{IpAddress::v4(10U << 24 | 77U << 16 | id), 24, {}}};
      machine.interfaces = {eth0};
      spec.machines.push_back(std::move(machine));
    }
    world = World::create(std::move(spec), [&](Host& host, const Machine& machine) {
              return std::make_unique<BrokenSoftware>(host, machine, machine.name() == "n1" ? defect : none);
            }).value();
    Panel panel(*world, {});
    world->start();
    world->run_for(seconds(3));
    cut({{NodeIndex(0), NodeIndex(1), NodeIndex(2)}, {NodeIndex(3)}});
    world->run_for(seconds(3));
    heal();
    world->run_for(seconds(2));
    world->machine(NodeIndex(0)).kill_cluster("test");
    world->run_for(seconds(3));
    ASSERT_TRUE(world->machine(NodeIndex(0)).start_cluster().has_value());
    world->run_for(seconds(4));
    cut({{NodeIndex(0)}, {NodeIndex(1), NodeIndex(2), NodeIndex(3)}});
    world->run_for(seconds(5));
    heal();
    world->run_for(panel.watch().reformation * 2);
    panel.finish();
    for (const auto& judge : panel.judges())
      if (!judge->findings().empty()) found += fmt::format("{}: {}\n", judge->name(), judge->findings().front().text);
  }
  void cut(const std::vector<std::vector<NodeIndex>>& sides) {
    ASSERT_TRUE(world->partition(sides).has_value());
    world->tracer().emit(NodeIndex(), TraceKind::kFault, {{"text", "cut"}});
  }
  void heal() {
    world->heal_network();
    world->tracer().emit(NodeIndex(), TraceKind::kFault, {{"text", "healed"}});
  }
  // These judges, and no others.
  void expect(std::vector<std::string> judges) {
    run();
    std::vector<std::string> fired;
    for (std::size_t at = 0; at < found.size(); at = found.find('\n', at) + 1)
      fired.push_back(found.substr(at, found.find(':', at) - at));
    EXPECT_EQ(fired, judges) << found;
  }

  Defect defect;
  const Defect none;
  std::unique_ptr<World> world;
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
