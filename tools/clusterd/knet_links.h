// engine/base/node_links.h over libknet. Its threads touch nothing of the daemon: what they have to say comes through
// descriptors into the event loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/host.h"
#include "engine/base/node_links.h"
#include "tools/clusterd/event_loop.h"
#include "tools/clusterd/file_descriptor.h"
#include "tools/clusterd/replay_window.h"

struct knet_handle;

namespace simcluster::clusterd {

// What was not passed on, by reason.
struct DroppedFrames {
  std::uint64_t unauthenticated = 0;  // wrong key, or none
  std::uint64_t malformed = 0;        // cut, too long, or of somebody else
  std::uint64_t replayed = 0;
  std::uint64_t unsent = 0;  // could not be handed over to libknet
};

class KnetLinks final : public NodeLinks {
 public:
  using Log = std::function<void(LogPriority priority, std::string_view text)>;
  // `life`: larger than at every start of this node before. `debug`: libknet tells all that it does.
  KnetLinks(EventLoop& loop, Log log, std::uint64_t life, bool debug);
  ~KnetLinks() override { close(); }
  KnetLinks(const KnetLinks&) = delete;
  KnetLinks& operator=(const KnetLinks&) = delete;

  Result<void> open(const NodeLinksConfig& config, NodeLinksClient& client) override;
  Result<void> reconfigure(const NodeLinksConfig& config) override;
  Result<void> load_crypto(const NodeLinksCrypto& crypto) override;
  void use_loaded_crypto() override;
  void forget_old_crypto() override;
  void close() override;
  void send_all(std::span<const std::byte> frame) override { send(kAll, frame); }
  void send_to(ClusterNodeId node, std::span<const std::byte> frame) override {
    send(static_cast<std::uint16_t>(node.value), frame);
  }
  // Without it, a key that is in force cannot be given up for none.
  void allow_unauthenticated() { unauthenticated_allowed_ = true; }
  std::size_t max_frame() const override;
  bool reaches(ClusterNodeId node) const override;
  NodeLinkStatus status(ClusterNodeId node, LinkIndex link) const override;

  DroppedFrames dropped() const;

 private:
  static constexpr std::uint16_t kAll = 0;  // no node has this id
  // In front of every frame, in the byte order of the machine: all nodes run the same program.
  struct Head {
    std::uint16_t from = 0;
    std::uint16_t to = kAll;
    std::uint32_t format = 0;
    std::uint64_t life = 0;
    std::uint64_t number = 0;
  };
  struct Peer {
    bool reachable = false;
    ReplayWindow seen;
  };

  Result<void> make_handle(const NodeLinksConfig& config);
  void spare_memory_since(std::byte* heap);
  Result<void> load_into_free_slot(const NodeLinksCrypto& crypto);
  Result<void> set_crypto(const NodeLinksCrypto& crypto, std::uint8_t slot);
  Result<void> add_missing_links(const NodeLinksConfig& config);
  Result<void> set_link(ClusterNodeId node, const NodeLinkConfig& link, const IpAddress& address);
  void remove_links(const NodeLinksConfig& kept);
  void send(std::uint16_t to, std::span<const std::byte> frame);
  bool goes_out_directly(std::uint16_t to, std::span<const std::byte> frame);
  void send_directly(const Head& head, std::span<const std::byte> frame);
  void receive();
  void read_log();
  void look_who_is_there();
  // Where a frame goes; called by libknet's threads.
  static int route(void* data, const unsigned char* bytes, ssize_t size, std::uint8_t direction, std::uint16_t self,
                   std::uint16_t source, std::int8_t* channel, std::uint16_t* targets, std::size_t* count);

  EventLoop& loop_;
  const Log log_;
  const std::uint64_t life_;
  const bool debug_;
  bool unauthenticated_allowed_ = false;
  std::uint64_t number_ = 0;
  NodeLinksConfig config_;
  NodeLinksClient* client_ = nullptr;
  knet_handle* handle_ = nullptr;
  // libknet's slots for crypto: 1 or 2; 0: nothing is sealed.
  std::uint8_t crypto_slot_ = 0, loaded_slot_ = 0;
  int data_ = -1;  // libknet's own
  FileDescriptor log_read_, log_write_;
  FileDescriptor changed_;  // an eventfd
  std::map<ClusterNodeId, Peer> peers_;
  std::set<std::pair<ClusterNodeId, LinkIndex>> links_;  // set up in libknet
  DroppedFrames dropped_;
  std::atomic<std::uint64_t> misrouted_ = 0;  // counted by libknet's threads
  bool queued_for_all_ = false;               // the frame sent last went to all, through libknet's queue
  std::vector<std::byte> out_, in_;
};

}  // namespace simcluster::clusterd
