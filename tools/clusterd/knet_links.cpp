#include "tools/clusterd/knet_links.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <fmt/core.h>
#include <malloc.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
// It does not say itself that it is C.
extern "C" {
#include <libknet.h>
}

#include "engine/base/assert.h"
#include "tools/clusterd/idle_waits.h"
#include "tools/clusterd/socket_address.h"
#include "tools/clusterd/spare_pages.h"
#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

namespace {

constexpr std::uint32_t kFormat = 0x31444c43;  // "CLD1"
constexpr int kMaxReads = 64;                  // frames in one round of the loop
constexpr std::size_t kShort = 1024;           // bytes of a frame that are sent by the loop itself

// Threads that start while it lives run ahead of others as this one does; the processes of agents do not.
class ThreadsInheritPriority {
 public:
  ThreadsInheritPriority() : policy_(sched_getscheduler(0)) {
    if (sched_getparam(0, &priority_) != 0 || (policy_ & SCHED_RESET_ON_FORK) == 0) policy_ = -1;
    if (policy_ >= 0) sched_setscheduler(0, policy_ & ~SCHED_RESET_ON_FORK, &priority_);
  }
  ~ThreadsInheritPriority() {
    if (policy_ >= 0) sched_setscheduler(0, policy_, &priority_);
  }
  ThreadsInheritPriority(const ThreadsInheritPriority&) = delete;
  ThreadsInheritPriority& operator=(const ThreadsInheritPriority&) = delete;

 private:
  int policy_;
  sched_param priority_{};
};

LogPriority priority_of(std::uint8_t level) {
  switch (level) {
    case KNET_LOG_ERR:
      return LogPriority::kError;
    case KNET_LOG_WARN:
      return LogPriority::kWarning;
    case KNET_LOG_INFO:
      return LogPriority::kInfo;
    default:
      return LogPriority::kDebug;
  }
}

std::uint8_t policy_of(LinkMode mode) {
  switch (mode) {
    case LinkMode::kPassive:
      return KNET_LINK_POLICY_PASSIVE;
    case LinkMode::kActive:
      return KNET_LINK_POLICY_ACTIVE;
    case LinkMode::kRoundRobin:
      return KNET_LINK_POLICY_RR;
  }
  return KNET_LINK_POLICY_PASSIVE;
}

knet_node_id_t knet_id(ClusterNodeId node) { return static_cast<knet_node_id_t>(node.value); }

const NodeLinkConfig* find_link(const NodeLinksConfig& config, LinkIndex number) {
  const auto at = std::find_if(config.links.begin(), config.links.end(),
                               [&](const NodeLinkConfig& link) { return link.number == number; });
  return at == config.links.end() ? nullptr : &*at;
}

std::byte* heap_end() { return static_cast<std::byte*>(sbrk(0)); }

Duration monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

}  // namespace

KnetLinks::KnetLinks(EventLoop& loop, Log log, std::uint64_t life, bool debug)
    : loop_(loop), log_(std::move(log)), life_(life), debug_(debug), out_(kShort), in_(KNET_MAX_PACKET_SIZE) {}

std::size_t KnetLinks::max_frame() const { return KNET_MAX_PACKET_SIZE - sizeof(Head); }

// --- setting up ------------------------------------------------------------------------------------------------------

Result<void> KnetLinks::open(const NodeLinksConfig& config, NodeLinksClient& client) {
  SIMCLUSTER_ASSERT(handle_ == nullptr);
  const NoIdleWaits no_idle_waits;
  client_ = &client;
  config_ = config;
  Result<void> done = make_handle(config);
  if (done && config.crypto.hash != "none") {
    done = load_into_free_slot(config.crypto);
    if (done) use_loaded_crypto();
    forget_old_crypto();
  }
  if (done) done = add_missing_links(config);
  if (done && knet_handle_setfwd(handle_, 1) != 0) done = system_failure("let frames pass");
  if (!done) close();
  return done;
}

Result<void> KnetLinks::make_handle(const NodeLinksConfig& config) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return system_failure("make a pipe");
  log_read_ = FileDescriptor(ends[0]);
  log_write_ = FileDescriptor(ends[1]);
  changed_ = FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!changed_) return system_failure("make an event descriptor");
  const ThreadsInheritPriority inherit;
  const std::uint64_t flags = geteuid() == 0 ? KNET_HANDLE_FLAG_PRIVILEGED : 0;
  std::byte* const heap = heap_end();
  handle_ =
      knet_handle_new_ex(knet_id(config.own_id), log_write_.get(), debug_ ? KNET_LOG_DEBUG : KNET_LOG_INFO, flags);
  if (handle_ == nullptr) return system_failure("start libknet");
  spare_memory_since(heap);
  if (knet_log_set_loglevel(handle_, KNET_SUB_RX, KNET_LOG_DEBUG) != 0)
    return system_failure("set libknet's log level");
  if (knet_handle_enable_access_lists(handle_, config.block_unlisted ? 1 : 0) != 0)
    return system_failure("keep unlisted addresses out");
  if (knet_handle_enable_filter(handle_, this, route) != 0) return system_failure("set libknet's filter");
  // Both ends are ours: nothing happens to them.
  const auto ignore = [](void*, int, std::int8_t, std::uint8_t, int, int) {};
  if (knet_handle_enable_sock_notify(handle_, this, ignore) != 0) return system_failure("watch libknet's descriptor");
  const auto notify = [](void* self, knet_node_id_t, std::uint8_t, std::uint8_t, std::uint8_t) {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(static_cast<KnetLinks*>(self)->changed_.get(), &one, sizeof one));
  };
  if (knet_host_enable_status_change_notify(handle_, this, notify) != 0) return system_failure("watch libknet's links");
  if (knet_handle_pmtud_setfreq(handle_, static_cast<unsigned>(config.mtu_interval.milliseconds() / 1000)) != 0)
    return system_failure("set knet_pmtud_interval");
  if (config.mtu != 0 && knet_handle_pmtud_set(handle_, config.mtu) != 0) return system_failure("set knet_mtu");
  std::int8_t channel = 0;
  data_ = 0;
  if (knet_handle_add_datafd(handle_, &data_, &channel) != 0) {
    data_ = -1;
    return system_failure("get a descriptor of libknet");
  }
  // A frame that cannot be handed over at once is lost, as on a network.
  if (fcntl(data_, F_SETFL, fcntl(data_, F_GETFL) | O_NONBLOCK) != 0)
    return system_failure("set up libknet's descriptor");
  loop_.watch(data_, EPOLLIN, [this](std::uint32_t) { receive(); });
  loop_.watch(log_read_.get(), EPOLLIN, [this](std::uint32_t) { read_log(); });
  loop_.watch(changed_.get(), EPOLLIN, [this](std::uint32_t) { look_who_is_there(); });
  return {};
}

// Of its buffers and tables it uses a few; the others are as it filled them.
void KnetLinks::spare_memory_since(std::byte* heap) {
  const auto table = std::span(reinterpret_cast<std::byte*>(handle_), malloc_usable_size(handle_));
  const auto buffers = heap < heap_end() ? std::span(heap, heap_end()) : std::span<std::byte>();
  for (const auto memory : {buffers, table})
    if (const auto freed = spare_pages(memory); !freed)
      log_(LogPriority::kDebug, fmt::format("[KNET  ] some MiB of memory are not spared: {}", freed.error().message));
}

Result<void> KnetLinks::add_missing_links(const NodeLinksConfig& config) {
  for (const NodeLinkConfig& link : config.links)
    for (const auto& [node, address] : link.peers) {
      if (!peers_.contains(node)) {
        if (knet_host_add(handle_, knet_id(node)) != 0) return system_failure(fmt::format("add node {}", node.value));
        peers_[node];
      }
      if (knet_host_set_policy(handle_, knet_id(node), policy_of(config.mode)) != 0)
        return system_failure("set link_mode");
      if (auto set = set_link(node, link, address); !set) return set;
    }
  return {};
}

Result<void> KnetLinks::set_link(ClusterNodeId node, const NodeLinkConfig& link, const IpAddress& address) {
  const auto what = [&](std::string_view deed) {
    return system_failure(fmt::format("{} link {} to node {}", deed, link.number.value, node.value));
  };
  const knet_node_id_t id = knet_id(node);
  const auto number = link.number.value;
  const bool known = links_.contains({node, link.number});
  if (!known) {
    SocketAddress from = socket_address(link.own, link.port);
    SocketAddress to = socket_address(address, link.port);
    if (knet_link_set_config(handle_, id, number, KNET_TRANSPORT_UDP, &from.storage, &to.storage,
                             KNET_LINK_FLAG_TRAFFICHIPRIO) != 0)
      return what("set up");
  }
  if (knet_link_set_priority(handle_, id, number, link.priority) != 0) return what("set the priority of");
  if (knet_link_set_ping_timers(handle_, id, number, link.ping_interval.milliseconds(),
                                link.ping_timeout.milliseconds(), link.ping_precision) != 0)
    return what("set the ping times of");
  if (knet_link_set_pong_count(handle_, id, number, static_cast<std::uint8_t>(link.pong_count)) != 0)
    return what("set knet_pong_count of");
  if (!known && knet_link_set_enable(handle_, id, number, 1) != 0) return what("enable");
  links_.emplace(node, link.number);
  return {};
}

void KnetLinks::remove_links(const NodeLinksConfig& kept) {
  const auto wanted = [&](ClusterNodeId node, LinkIndex number) {
    const NodeLinkConfig* link = find_link(kept, number);
    return link != nullptr && link->peers.contains(node);
  };
  std::erase_if(links_, [&](const auto& link) {
    const auto& [node, number] = link;
    if (wanted(node, number)) return false;
    knet_link_set_enable(handle_, knet_id(node), number.value, 0);
    knet_link_clear_config(handle_, knet_id(node), number.value);
    return true;
  });
  std::erase_if(peers_, [&](const auto& peer) {
    const bool stays = std::any_of(kept.links.begin(), kept.links.end(),
                                   [&](const NodeLinkConfig& link) { return link.peers.contains(peer.first); });
    if (!stays) knet_host_remove(handle_, knet_id(peer.first));
    return !stays;
  });
}

Result<void> KnetLinks::reconfigure(const NodeLinksConfig& config) {
  if (handle_ == nullptr) return {};
  const NoIdleWaits no_idle_waits;
  remove_links(config);
  config_.links = config.links;
  config_.mode = config.mode;
  return add_missing_links(config);
}

void KnetLinks::close() {
  if (handle_ != nullptr) {
    const NoIdleWaits no_idle_waits;
    // Waits until what was sent is out.
    knet_handle_setfwd(handle_, 0);
    remove_links({});
    if (data_ >= 0) {
      loop_.forget(data_);
      knet_handle_remove_datafd(handle_, data_);
      loop_.forget(log_read_.get());
      loop_.forget(changed_.get());
    }
    knet_handle_free(handle_);
  }
  handle_ = nullptr;
  crypto_slot_ = loaded_slot_ = 0;
  data_ = -1;
  client_ = nullptr;
  peers_.clear();
  links_.clear();
  log_read_.reset();
  log_write_.reset();
  changed_.reset();
}

// --- traffic ---------------------------------------------------------------------------------------------------------

int KnetLinks::route(void* data, const unsigned char* bytes, ssize_t size, std::uint8_t direction, std::uint16_t self,
                     std::uint16_t source, std::int8_t*, std::uint16_t* targets, std::size_t* count) {
  constexpr int kDrop = -1, kOne = 0, kEverybody = 1;
  Head head;
  const bool whole = size >= static_cast<ssize_t>(sizeof head);
  if (whole) std::memcpy(&head, bytes, sizeof head);
  if (direction == KNET_NOTIFY_RX) {
    if (!whole || head.format != kFormat || head.from != source || (head.to != kAll && head.to != self)) {
      ++static_cast<KnetLinks*>(data)->misrouted_;
      return kDrop;
    }
    return kEverybody;
  }
  if (!whole) return kDrop;
  if (head.to == kAll) return kEverybody;
  targets[0] = head.to;
  *count = 1;
  return kOne;
}

void KnetLinks::send(std::uint16_t to, std::span<const std::byte> frame) {
  if (handle_ == nullptr) return;
  if (frame.size() > max_frame()) {
    ++dropped_.unsent;
    return;
  }
  const Head head{static_cast<std::uint16_t>(config_.own_id.value), to, kFormat, life_, ++number_};
  if (goes_out_directly(to, frame)) return send_directly(head, frame);
  iovec parts[2] = {{const_cast<Head*>(&head), sizeof head}, {const_cast<std::byte*>(frame.data()), frame.size()}};
  if (writev(data_, parts, 2) < 0) ++dropped_.unsent;
}

// A token that follows a token: nothing waits in libknet's queue that it could overtake, and waking the thread there
// costs more than doing its work. On an idle ring that is every one.
bool KnetLinks::goes_out_directly(std::uint16_t to, std::span<const std::byte> frame) {
  const bool queue_is_empty = !std::exchange(queued_for_all_, to == kAll);
  return queue_is_empty && to != kAll && sizeof(Head) + frame.size() <= out_.size();
}

void KnetLinks::send_directly(const Head& head, std::span<const std::byte> frame) {
  std::memcpy(out_.data(), &head, sizeof head);
  std::copy(frame.begin(), frame.end(), out_.begin() + sizeof head);
  const int sent = knet_send_sync(handle_, reinterpret_cast<const char*>(out_.data()), sizeof head + frame.size(), 0);
  // Who is not there gets nothing, in either way.
  if (sent != 0 && errno != EHOSTDOWN) ++dropped_.unsent;
}

void KnetLinks::receive() {
  for (int i = 0; i < kMaxReads && handle_ != nullptr; ++i) {
    const ssize_t got = ::recv(data_, in_.data(), in_.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (got < 0) return;
    Head head;
    if (got < static_cast<ssize_t>(sizeof head) || got > static_cast<ssize_t>(in_.size())) {
      ++dropped_.malformed;
      continue;
    }
    std::memcpy(&head, in_.data(), sizeof head);
    const auto peer = peers_.find(ClusterNodeId(head.from));
    if (peer == peers_.end()) {
      ++dropped_.malformed;
    } else if (!peer->second.seen.first_time(head.life, head.number)) {
      ++dropped_.replayed;
    } else {
      client_->on_node_frame(ClusterNodeId(head.from),
                             std::span(in_).subspan(sizeof head, static_cast<std::size_t>(got) - sizeof head));
    }
  }
}

void KnetLinks::read_log() {
  knet_log_msg message;
  while (log_read_ && ::read(log_read_.get(), &message, sizeof message) == sizeof message) {
    const std::string_view text(message.msg, strnlen(message.msg, sizeof message.msg));
    // libknet has no counter of them. With two keys it complains of the first before it tries the second.
    const bool two_keys = loaded_slot_ != crypto_slot_;
    if (!two_keys && message.subsystem == KNET_SUB_RX && text.starts_with("Unable to decrypt/auth packet"))
      ++dropped_.unauthenticated;
    if (message.msglevel == KNET_LOG_DEBUG && !debug_) continue;
    log_(priority_of(message.msglevel),
         fmt::format("[KNET  ] {}: {}", knet_log_get_subsystem_name(message.subsystem), text));
  }
}

void KnetLinks::look_who_is_there() {
  std::uint64_t count = 0;
  static_cast<void>(!::read(changed_.get(), &count, sizeof count));
  read_log();
  std::vector<std::pair<ClusterNodeId, bool>> changes;
  for (auto& [node, peer] : peers_) {
    knet_host_status status{};
    if (knet_host_get_status(handle_, knet_id(node), &status) != 0) continue;
    if (peer.reachable != (status.reachable != 0)) changes.emplace_back(node, status.reachable != 0);
    peer.reachable = status.reachable != 0;
  }
  for (const auto& [node, reachable] : changes)
    if (client_ != nullptr) client_->on_node_reachable(node, reachable);
}

DroppedFrames KnetLinks::dropped() const {
  DroppedFrames dropped = dropped_;
  dropped.malformed += misrouted_;
  return dropped;
}

// --- status ----------------------------------------------------------------------------------------------------------

bool KnetLinks::reaches(ClusterNodeId node) const {
  if (handle_ == nullptr) return false;
  return std::any_of(config_.links.begin(), config_.links.end(), [&](const NodeLinkConfig& link) {
    knet_link_status status{};
    if (!link.peers.contains(node) ||
        knet_link_get_status(handle_, knet_id(node), link.number.value, &status, sizeof status) != 0 ||
        status.connected == 0)
      return false;
    const Duration heard = seconds(status.pong_last.tv_sec) + nanoseconds(status.pong_last.tv_nsec);
    return monotonic_now() - heard < link.ping_timeout + link.ping_interval;
  });
}

NodeLinkStatus KnetLinks::status(ClusterNodeId node, LinkIndex link) const {
  NodeLinkStatus result;
  knet_link_status status{};
  if (handle_ == nullptr || knet_link_get_status(handle_, knet_id(node), link.value, &status, sizeof status) != 0) {
    result.enabled = false;
    return result;
  }
  const knet_link_stats& stats = status.stats;
  result.enabled = status.enabled != 0;
  result.connected = status.connected != 0;
  result.mtu = status.mtu;
  result.ups = stats.up_count;
  result.downs = stats.down_count;
  result.latency = microseconds(stats.latency_ave);
  result.latency_min = microseconds(stats.latency_min);
  result.latency_max = microseconds(stats.latency_max);
  result.samples = stats.latency_samples;
  result.sent = {{stats.tx_data_packets, stats.tx_data_bytes},
                 {stats.tx_ping_packets, stats.tx_ping_bytes},
                 {stats.tx_pong_packets, stats.tx_pong_bytes},
                 {stats.tx_pmtu_packets, stats.tx_pmtu_bytes}};
  result.received = {{stats.rx_data_packets, stats.rx_data_bytes},
                     {stats.rx_ping_packets, stats.rx_ping_bytes},
                     {stats.rx_pong_packets, stats.rx_pong_bytes},
                     {stats.rx_pmtu_packets, stats.rx_pmtu_bytes}};
  return result;
}

}  // namespace simcluster::clusterd
