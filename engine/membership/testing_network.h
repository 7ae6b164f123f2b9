// N stacks on one deterministic network with virtual time, loss, delay, duplication, corruption and partitions, for the
// tests and benchmarks of this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/random.h"
#include "engine/membership/stack.h"

namespace simcluster::membership {

struct TestNetworkQuality {
  Duration delay_min = microseconds(100);
  Duration delay_max = microseconds(300);
  std::uint32_t loss = 0;       // in a million
  std::uint32_t duplicate = 0;  // in a million
  std::uint32_t corrupt = 0;    // in a million: one bit flipped
  std::uint32_t cut = 0;        // in a million: the end is missing
};

class TestNetwork {
 public:
  // Addresses are 10.77.<link>.<node>, nodes count from 1. The text may contain anything.
  TestNetwork(std::size_t nodes, std::string_view conf_text, const std::string& corosync_version,
              std::uint64_t seed = 1);
  ~TestNetwork();
  TestNetwork(const TestNetwork&) = delete;
  TestNetwork& operator=(const TestNetwork&) = delete;

  // A nodelist for `nodes` nodes with ids 1..n and `links` addresses each.
  static std::string nodelist(std::size_t nodes, std::size_t links = 1);

  void start(std::uint32_t node);
  void start_all();
  void stop(std::uint32_t node);
  void crash(std::uint32_t node);
  // Frozen: nothing is processed, datagrams wait.
  void pause(std::uint32_t node);
  void resume(std::uint32_t node);

  // Traffic flows only within a side. Nodes that are named nowhere are alone.
  void partition(const std::vector<std::vector<std::uint32_t>>& sides);
  void heal();
  // One direction of one link only (all links: no number).
  void cut(std::uint32_t from, std::uint32_t to, std::optional<std::uint8_t> link = std::nullopt);
  void mend(std::uint32_t from, std::uint32_t to, std::optional<std::uint8_t> link = std::nullopt);
  void remove_address(std::uint32_t node, std::uint8_t link = 0);
  void restore_address(std::uint32_t node, std::uint8_t link = 0);
  // Frames for which this says true are lost.
  std::function<bool(std::uint32_t from, std::uint32_t to, std::span<const std::byte> frame)> drop;
  TestNetworkQuality quality;
  bool trust_links = false;                     // of nodes that start from now on
  bool hosted_links = false;                    // the same: their host keeps the links (node_links.h)
  std::map<std::uint32_t, FrameGuard*> guards;  // the same, by node
  Duration timer_lateness;                      // of every host's timers, as on a real machine
  // Added to the delay of what goes to a node (a slow one).
  std::map<std::uint32_t, Duration> slow;
  // IP packets that are larger are lost on their way; 0: none are.
  std::size_t path_mtu = 0;
  // A datagram out of nowhere.
  void inject(std::uint32_t from, std::uint32_t to, std::uint8_t link, std::span<const std::byte> bytes);
  // With hosted_links: what node `from` thinks of its way to node `to`.
  void set_reachable(std::uint32_t from, std::uint32_t to, bool reachable);
  // With hosted_links: what its host was asked to do with keys.
  const std::string& crypto_steps(std::uint32_t node) const;
  // The wall clock of a node jumps.
  void step_clock(std::uint32_t node, Duration by);

  void run_for(Duration duration);
  // Runs until `done`, at most `limit`. True if it was reached.
  bool run_until(const std::function<bool()>& done, Duration limit);
  Time now() const { return now_; }
  std::uint64_t events() const { return events_; }

  bool running(std::uint32_t node) const;
  Stack& stack(std::uint32_t node);
  std::vector<std::uint32_t> members(std::uint32_t node);
  // True when each side's nodes have one ring of exactly that side.
  bool settled(const std::vector<std::vector<std::uint32_t>>& sides);

  // Log lines of a node since the last call of clear_logs(), without the daemon's name.
  const std::vector<std::string>& logs(std::uint32_t node) const;
  std::size_t count_logs(std::uint32_t node, std::string_view part) const;
  void clear_logs();
  // The text of the configuration that a node is started with.
  void set_conf(std::uint32_t node, std::string text);
  // What the node has on its disk.
  std::map<std::string, std::string>& disk(std::uint32_t node);
  std::optional<int> exit_code(std::uint32_t node) const;
  // Sees every log line the moment it is written.
  std::function<void(std::uint32_t node, std::string_view text)> on_log;
  bool log_to_stdout = false;
  bool keep_logs = true;

 private:
  class NodeHost;
  struct Event {
    enum class Kind : std::uint8_t { kTimer, kDatagram, kLinkState, kUnreachable, kPersisted } kind = Kind::kTimer;
    Time at;
    std::uint64_t serial = 0;
    std::uint32_t node = 0;
    std::uint32_t life = 0;    // of the node that it is for
    std::uint64_t number = 0;  // timer or buffer
    std::uint8_t link = 0;
    IpAddress from;
  };

  NodeHost& host(std::uint32_t node) const;
  void push(Event event);
  void transmit(std::uint32_t from, std::uint8_t link, const IpAddress& to, std::span<const std::byte> bytes);
  void deliver_later(std::uint32_t from, std::uint32_t to, std::uint8_t link, std::span<const std::byte> bytes);
  void process(const Event& event);
  std::uint64_t take_buffer(std::span<const std::byte> bytes);
  static IpAddress address(std::uint32_t node, std::uint8_t link);

  std::string conf_text_;
  Profile profile_;
  Random random_;
  std::uint64_t seed_;
  Time now_{1'600'000'000'000'000'000};
  std::uint64_t serial_ = 0;
  std::uint64_t events_ = 0;
  std::vector<Event> heap_;
  std::vector<std::vector<std::byte>> buffers_;
  std::vector<std::uint64_t> free_buffers_;
  std::vector<std::unique_ptr<NodeHost>> hosts_;
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint8_t>> cuts_;
};

}  // namespace simcluster::membership
