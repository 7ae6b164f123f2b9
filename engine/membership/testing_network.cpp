#include "engine/membership/testing_network.h"

#include <algorithm>
#include <cstdio>

#include <fmt/core.h>

#include "engine/base/assert.h"
#include "engine/membership/testing_links.h"

namespace simcluster::membership {

namespace {

constexpr std::size_t kSocketBuffer = 512;  // datagrams that wait for a frozen node

bool later(Time a, std::uint64_t a_serial, Time b, std::uint64_t b_serial) {
  return a != b ? a > b : a_serial > b_serial;
}

}  // namespace

class TestNetwork::NodeHost final : public Host, public StackClient {
 public:
  NodeHost(TestNetwork& network, std::uint32_t id) : network_(network), id_(id) {}

  Time now() const override { return network_.now_ + clock_offset; }
  Duration uptime() const override { return network_.now_ - booted; }

  TimerId start_timer(Duration delay, TimerClient& client, std::uint64_t cookie) override {
    std::uint64_t slot = 0;
    if (free_timers.empty()) {
      slot = timers.size();
      timers.push_back({});
    } else {
      slot = free_timers.back();
      free_timers.pop_back();
    }
    Timer& timer = timers[slot];
    timer.client = &client;
    timer.cookie = cookie;
    const std::uint64_t number = timer.generation << 16 | slot;
    Event event;
    event.at = network_.now_ + std::max(delay, Duration{}) + network_.timer_lateness;
    event.node = id_;
    event.number = number;
    network_.push(event);
    return TimerId(number);
  }
  void cancel_timer(TimerId id) override { take_timer(id.value); }

  void open_link(LinkIndex link, const LinkConfig& config, LinkClient& client) override {
    if (links.size() <= link.index()) links.resize(link.index() + 1);
    links[link.index()].config = config;
    links[link.index()].client = &client;
    report(static_cast<std::uint8_t>(link.value));
  }
  void close_link(LinkIndex link) override {
    if (link.index() < links.size()) links[link.index()].client = nullptr;
  }
  void send_all(LinkIndex link, std::span<const std::byte> bytes) override {
    const Link& l = links[link.index()];
    if (l.config.multicast.specified()) {
      for (std::uint32_t node = 1; node <= network_.hosts_.size(); ++node)
        if (node != id_) network_.transmit(id_, link.value, address(node, link.value), bytes);
      return;
    }
    for (const IpAddress& peer : l.config.peers) network_.transmit(id_, link.value, peer, bytes);
  }
  void send_to(LinkIndex link, const IpAddress& to, std::span<const std::byte> bytes) override {
    network_.transmit(id_, link.value, to, bytes);
  }

  NodeLinks* node_links() override { return network_.hosted_links ? &node_links_ : nullptr; }

  std::size_t waiting_datagrams() const override { return waiting.size() + thawed; }

  AgentRunId run_agent(const AgentRequest&, AgentClient&) override { return AgentRunId(0); }
  void signal_agent(AgentRunId, int) override {}
  void persist(std::string_view key, std::string bytes, PersistClient&, std::uint64_t) override {
    disk[std::string(key)] = std::move(bytes);
  }
  std::optional<std::string> load(std::string_view key) const override {
    const auto at = disk.find(std::string(key));
    return at == disk.end() ? std::nullopt : std::optional<std::string>(at->second);
  }
  Random& random(std::string_view purpose) override {
    const auto [at, fresh] =
        randoms.try_emplace(std::string(purpose), network_.seed_, fmt::format("{}.{}", id_, purpose));
    return at->second;
  }
  void reset_node(std::string_view) override { dying = true; }
  void exit_node(int code, std::string_view reason) override {
    exit_code = code;
    log(LogPriority::kError, "host", fmt::format("exit {}: {}", code, reason));
    dying = true;
  }
  void log(LogPriority, std::string_view, std::string_view text) override {
    if (network_.on_log) network_.on_log(id_, text);
    if (network_.keep_logs) logs.emplace_back(text);
    if (network_.log_to_stdout)
      std::printf("%12.6f n%u %.*s\n", static_cast<double>(network_.now_.ns - 1'600'000'000'000'000'000) / 1e9, id_,
                  static_cast<int>(text.size()), text.data());
  }
  bool tracing(TraceKind) const override { return false; }
  void trace(TraceKind, std::span<const TraceField>) override {}

  void on_stack_stopped() override { dying = true; }
  std::optional<std::string> read_corosync_conf() override { return conf; }

  struct Timer {
    TimerClient* client = nullptr;
    std::uint64_t cookie = 0;
    std::uint64_t generation = 0;
  };
  struct Link {
    LinkConfig config;
    LinkClient* client = nullptr;
  };

  // The timer if it is still wanted; it is over then.
  std::optional<Timer> take_timer(std::uint64_t number) {
    const std::uint64_t slot = number & 0xffff;
    if (slot >= timers.size() || timers[slot].generation != number >> 16 || timers[slot].client == nullptr) return {};
    const Timer timer = timers[slot];
    timers[slot] = {nullptr, 0, timer.generation + 1};
    free_timers.push_back(slot);
    return timer;
  }

  void report(std::uint8_t link) {
    Event event;
    event.kind = Event::Kind::kLinkState;
    event.at = network_.now_;
    event.node = id_;
    event.link = link;
    network_.push(event);
  }

  void die() {
    stack.reset();
    links.clear();
    for (std::size_t i = 0; i < timers.size(); ++i)
      if (timers[i].client != nullptr) take_timer(timers[i].generation << 16 | i);
    waiting.clear();
    late.clear();
    thawed = 0;
    paused = dying = false;
    ++life;
  }

  TestNetwork& network_;
  std::uint32_t id_;
  std::string conf;
  std::unique_ptr<Stack> stack;
  Time booted;
  Duration clock_offset;
  std::uint32_t life = 0;
  bool paused = false;
  bool dying = false;
  std::optional<int> exit_code;
  std::vector<Timer> timers;
  std::vector<std::uint64_t> free_timers;
  std::vector<Link> links;
  std::set<std::uint8_t> lost_addresses;
  std::map<std::string, std::string> disk;
  std::map<std::string, Random> randoms;
  std::vector<std::string> logs;
  std::vector<Event> waiting;  // datagrams for a frozen node
  std::size_t thawed = 0;      // datagrams that have waited so and are still to come
  std::vector<Event> late;     // other events for it
  TestingLinks node_links_{*this};
};

TestNetwork::TestNetwork(std::size_t nodes, std::string_view conf_text, const std::string& corosync_version,
                         std::uint64_t seed)
    : conf_text_(conf_text), random_(seed, "network"), seed_(seed) {
  StackVersions versions;
  versions.corosync = corosync_version;
  profile_ = *make_profile(versions);
  for (std::uint32_t id = 1; id <= nodes; ++id) {
    hosts_.push_back(std::make_unique<NodeHost>(*this, id));
    hosts_.back()->conf = conf_text_;
  }
}

TestNetwork::~TestNetwork() {
  for (const auto& h : hosts_) h->die();
}

std::string TestNetwork::nodelist(std::size_t nodes, std::size_t links) {
  std::string text = "nodelist {\n";
  for (std::size_t id = 1; id <= nodes; ++id) {
    text += fmt::format("  node {{\n    name: n{}\n    nodeid: {}\n", id, id);
    for (std::size_t link = 0; link < links; ++link)
      text += fmt::format("    ring{}_addr: 10.77.{}.{}\n", link, link, id);
    text += "  }\n";
  }
  return text + "}\n";
}

IpAddress TestNetwork::address(std::uint32_t node, std::uint8_t link) {
  return IpAddress::v4(10U << 24 | 77U << 16 | std::uint32_t{link} << 8 | node);
}

TestNetwork::NodeHost& TestNetwork::host(std::uint32_t node) const {
  SIMCLUSTER_ASSERT(node >= 1 && node <= hosts_.size());
  return *hosts_[node - 1];
}

void TestNetwork::push(Event event) {
  event.serial = ++serial_;
  event.life = host(event.node).life;
  heap_.push_back(event);
  std::push_heap(heap_.begin(), heap_.end(),
                 [](const Event& a, const Event& b) { return later(a.at, a.serial, b.at, b.serial); });
}

std::uint64_t TestNetwork::take_buffer(std::span<const std::byte> bytes) {
  std::uint64_t number = buffers_.size();
  if (free_buffers_.empty()) {
    buffers_.emplace_back();
  } else {
    number = free_buffers_.back();
    free_buffers_.pop_back();
  }
  buffers_[number].assign(bytes.begin(), bytes.end());
  return number;
}

void TestNetwork::transmit(std::uint32_t from, std::uint8_t link, const IpAddress& to,
                           std::span<const std::byte> bytes) {
  const std::uint32_t target = to.v4_value() & 0xff;
  if (target == 0 || target > hosts_.size() || host(from).lost_addresses.contains(link)) return;
  if (target == from || to != address(target, link)) return;
  if (!running(target)) {
    // Nobody listens on the port: the machine, which is still there, answers with an ICMP error (KN-8).
    Event event;
    event.kind = Event::Kind::kUnreachable;
    event.at = now_ + quality.delay_max * 2;
    event.node = from;
    event.link = link;
    event.from = to;
    if (!cuts_.contains({from, target, link}) && !cuts_.contains({target, from, link})) push(event);
    return;
  }
  if (host(target).lost_addresses.contains(link)) return;
  if (!cuts_.empty() && cuts_.contains({from, target, link})) return;
  if (path_mtu != 0 && bytes.size() + 28 > path_mtu) return;
  if (drop && drop(from, target, bytes)) return;
  if (quality.loss != 0 && random_.one_in_million(quality.loss)) return;
  deliver_later(from, target, link, bytes);
  if (quality.duplicate != 0 && random_.one_in_million(quality.duplicate)) deliver_later(from, target, link, bytes);
}

void TestNetwork::deliver_later(std::uint32_t from, std::uint32_t to, std::uint8_t link,
                                std::span<const std::byte> bytes) {
  Event event;
  event.kind = Event::Kind::kDatagram;
  event.at = now_ + (quality.delay_min == quality.delay_max ? quality.delay_min
                                                            : random_.between(quality.delay_min, quality.delay_max));
  if (const auto at = slow.find(to); at != slow.end()) event.at = event.at + at->second;
  event.node = to;
  event.link = link;
  event.from = address(from, link);
  event.number = take_buffer(bytes);
  auto& buffer = buffers_[event.number];
  if (quality.corrupt != 0 && !buffer.empty() && random_.one_in_million(quality.corrupt)) {
    const std::uint64_t bit = random_.below(buffer.size() * 8);
    buffer[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
  }
  if (quality.cut != 0 && !buffer.empty() && random_.one_in_million(quality.cut))
    buffer.resize(random_.below(buffer.size()));
  push(event);
}

void TestNetwork::inject(std::uint32_t from, std::uint32_t to, std::uint8_t link, std::span<const std::byte> bytes) {
  deliver_later(from, to, link, bytes);
}

void TestNetwork::set_reachable(std::uint32_t from, std::uint32_t to, bool reachable) {
  if (reachable)
    host(from).node_links_.unreachable.erase(ClusterNodeId(to));
  else
    host(from).node_links_.unreachable.insert(ClusterNodeId(to));
}

const std::string& TestNetwork::crypto_steps(std::uint32_t node) const { return host(node).node_links_.crypto_steps; }

void TestNetwork::step_clock(std::uint32_t node, Duration by) { host(node).clock_offset += by; }

void TestNetwork::process(const Event& event) {
  NodeHost& h = host(event.node);
  if (event.life != h.life || h.stack == nullptr) {
    if (event.kind == Event::Kind::kDatagram) free_buffers_.push_back(event.number);
    return;
  }
  if (h.paused) {
    if (event.kind != Event::Kind::kDatagram) {
      h.late.push_back(event);
    } else if (h.waiting.size() < kSocketBuffer) {
      h.waiting.push_back(event);
    } else {
      free_buffers_.push_back(event.number);
    }
    return;
  }
  ++events_;
  switch (event.kind) {
    case Event::Kind::kTimer:
      if (const auto timer = h.take_timer(event.number)) timer->client->on_timer(timer->cookie);
      break;
    case Event::Kind::kDatagram: {
      if (h.thawed > 0) --h.thawed;
      // The buffer list may grow while the stack sends.
      std::vector<std::byte> bytes = std::move(buffers_[event.number]);
      if (event.link < h.links.size() && h.links[event.link].client != nullptr)
        h.links[event.link].client->on_datagram(LinkIndex(event.link), event.from, bytes);
      buffers_[event.number] = std::move(bytes);
      free_buffers_.push_back(event.number);
      break;
    }
    case Event::Kind::kLinkState:
      if (event.link < h.links.size() && h.links[event.link].client != nullptr)
        h.links[event.link].client->on_link_state(
            LinkIndex(event.link), h.lost_addresses.contains(event.link) ? LinkState::kAddressLost : LinkState::kUp,
            address(event.node, event.link));
      break;
    case Event::Kind::kUnreachable:
      if (event.link < h.links.size() && h.links[event.link].client != nullptr)
        h.links[event.link].client->on_unreachable(LinkIndex(event.link), event.from);
      break;
    case Event::Kind::kPersisted:
      break;
  }
  if (h.dying) h.die();
}

void TestNetwork::run_for(Duration duration) {
  const Time end = now_ + duration;
  run_until([] { return false; }, duration);
  now_ = end;
}

bool TestNetwork::run_until(const std::function<bool()>& done, Duration limit) {
  const Time end = now_ + limit;
  if (done()) return true;
  while (!heap_.empty() && heap_.front().at <= end) {
    std::pop_heap(heap_.begin(), heap_.end(),
                  [](const Event& a, const Event& b) { return later(a.at, a.serial, b.at, b.serial); });
    const Event event = heap_.back();
    heap_.pop_back();
    now_ = event.at;
    process(event);
    if (done()) return true;
  }
  now_ = end;
  return false;
}

void TestNetwork::start(std::uint32_t node) {
  NodeHost& h = host(node);
  SIMCLUSTER_ASSERT(h.stack == nullptr);
  const auto conf = parse_corosync_conf(h.conf, "corosync.conf", profile_);
  if (!conf) throw std::runtime_error(conf.error().text());
  LocalMachine local;
  local.trust_links = trust_links;
  local.host_name = fmt::format("n{}", node);
  for (std::uint8_t link = 0; link < kMaxLinks; ++link) local.addresses.push_back(address(node, link));
  local.auth_key = conf->totem.key;
  if (const auto guard = guards.find(node); guard != guards.end()) local.frame_guard = guard->second;
  h.booted = now_;
  h.exit_code.reset();
  auto stack = Stack::create(*conf, local, h, profile_, &h);
  if (!stack) throw std::runtime_error(stack.error().text());
  h.stack = std::move(*stack);
  h.stack->start();
}

void TestNetwork::start_all() {
  for (std::uint32_t node = 1; node <= hosts_.size(); ++node) start(node);
}

void TestNetwork::stop(std::uint32_t node) { host(node).stack->stop(); }
void TestNetwork::crash(std::uint32_t node) { host(node).die(); }
void TestNetwork::pause(std::uint32_t node) { host(node).paused = true; }

void TestNetwork::resume(std::uint32_t node) {
  NodeHost& h = host(node);
  if (!h.paused) return;
  h.paused = false;
  h.thawed = h.waiting.size();
  for (auto* list : {&h.waiting, &h.late}) {
    for (Event event : *list) {
      event.at = now_;
      push(event);
    }
    list->clear();
  }
}

void TestNetwork::partition(const std::vector<std::vector<std::uint32_t>>& sides) {
  heal();
  std::vector<std::size_t> side_of(hosts_.size() + 1, 0);
  for (std::uint32_t node = 1; node <= hosts_.size(); ++node) side_of[node] = 1000 + node;
  for (std::size_t side = 0; side < sides.size(); ++side)
    for (const std::uint32_t node : sides[side]) side_of[node] = side;
  for (std::uint32_t a = 1; a <= hosts_.size(); ++a)
    for (std::uint32_t b = 1; b <= hosts_.size(); ++b)
      if (side_of[a] != side_of[b]) cut(a, b);
}

void TestNetwork::heal() { cuts_.clear(); }

void TestNetwork::cut(std::uint32_t from, std::uint32_t to, std::optional<std::uint8_t> link) {
  for (std::uint8_t l = 0; l < kMaxLinks; ++l)
    if (!link || *link == l) cuts_.insert({from, to, l});
}

void TestNetwork::mend(std::uint32_t from, std::uint32_t to, std::optional<std::uint8_t> link) {
  for (std::uint8_t l = 0; l < kMaxLinks; ++l)
    if (!link || *link == l) cuts_.erase({from, to, l});
}

void TestNetwork::remove_address(std::uint32_t node, std::uint8_t link) {
  host(node).lost_addresses.insert(link);
  if (host(node).stack != nullptr) host(node).report(link);
}

void TestNetwork::restore_address(std::uint32_t node, std::uint8_t link) {
  host(node).lost_addresses.erase(link);
  if (host(node).stack != nullptr) host(node).report(link);
}

bool TestNetwork::running(std::uint32_t node) const { return host(node).stack != nullptr; }
Stack& TestNetwork::stack(std::uint32_t node) { return *host(node).stack; }

std::vector<std::uint32_t> TestNetwork::members(std::uint32_t node) {
  std::vector<std::uint32_t> ids;
  if (!running(node)) return ids;
  for (const ClusterNodeId id : stack(node).members()) ids.push_back(id.value);
  return ids;
}

bool TestNetwork::settled(const std::vector<std::vector<std::uint32_t>>& sides) {
  for (const auto& side : sides)
    for (const std::uint32_t node : side)
      if (members(node) != side || stack(node).ring() != stack(side.front()).ring()) return false;
  return true;
}

const std::vector<std::string>& TestNetwork::logs(std::uint32_t node) const { return host(node).logs; }

std::size_t TestNetwork::count_logs(std::uint32_t node, std::string_view part) const {
  const auto& lines = logs(node);
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [&](const std::string& line) { return line.find(part) != std::string::npos; }));
}

void TestNetwork::clear_logs() {
  for (const auto& h : hosts_) h->logs.clear();
}

void TestNetwork::set_conf(std::uint32_t node, std::string text) { host(node).conf = std::move(text); }
std::map<std::string, std::string>& TestNetwork::disk(std::uint32_t node) { return host(node).disk; }
std::optional<int> TestNetwork::exit_code(std::uint32_t node) const { return host(node).exit_code; }

}  // namespace simcluster::membership
