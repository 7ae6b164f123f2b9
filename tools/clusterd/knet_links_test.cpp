// Two nodes over libknet on this machine, with somebody between them who hears, keeps, changes and sends again.
#include "tools/clusterd/knet_links.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/clusterd/socket_address.h"

namespace simcluster::clusterd {
namespace {

using Bytes = std::vector<std::byte>;

constexpr Duration kPatience = seconds(120);
// A machine that is busy for a while loses no link by that.
constexpr Duration kLongPingTimeout = seconds(20);
constexpr Duration kShortPingTimeout = milliseconds(500);
const std::string kKey(256, 'k');

IpAddress local(int last) { return IpAddress::v4(0x7f000000U + static_cast<std::uint32_t>(last)); }
std::uint16_t port() { return static_cast<std::uint16_t>(20'000 + getpid() % 20'000); }

Bytes bytes_of(std::string_view text) {
  Bytes bytes(text.size());
  std::transform(text.begin(), text.end(), bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

NodeLinksConfig config_of(std::uint32_t own, std::uint32_t other, const IpAddress& other_address) {
  NodeLinksConfig config;
  config.own_id = ClusterNodeId(own);
  config.mtu_interval = seconds(30);
  config.crypto = {"", "aes256", "sha256", kKey};
  NodeLinkConfig& link = config.links.emplace_back();
  link.number = LinkIndex(0);
  link.port = port();
  link.own = local(static_cast<int>(own));
  link.peers[ClusterNodeId(other)] = other_address;
  link.ping_interval = milliseconds(100);
  link.ping_timeout = kLongPingTimeout;
  return config;
}

class Member final : NodeLinksClient {
 public:
  Member(EventLoop& loop, const NodeLinksConfig& config, std::uint64_t life)
      : links(
            loop, [this](LogPriority, std::string_view text) { log += fmt::format("{}\n", text); }, life, true) {
    const auto opened = links.open(config, *this);
    EXPECT_TRUE(opened) << opened.error().text() << log;
  }
  std::size_t count(std::string_view text) const {
    return static_cast<std::size_t>(std::count(frames.begin(), frames.end(), text));
  }

  // Whether a search for the path MTU has begun and ended since `log` had that size. (A change of keys begins one, and
  // another change during it would be more than libknet 1.25 stands.)
  bool knows_mtu(std::size_t since) const {
    const std::size_t begun = log.find("Starting PMTUD", since);
    return begun != std::string::npos && log.find("PMTUD completed", begun) != std::string::npos;
  }

  std::string log;
  std::vector<std::string> frames;
  std::size_t heard = 0;
  bool reaches_other = false;
  KnetLinks links;

 private:
  void on_node_frame(ClusterNodeId, std::span<const std::byte> frame) override {
    ++heard;
    if (frame.size() < 100) frames.emplace_back(reinterpret_cast<const char*>(frame.data()), frame.size());
  }
  void on_node_reachable(ClusterNodeId, bool reachable) override { reaches_other = reachable; }
};

// Node 1 takes 127.0.0.3 for node 2, and node 2 takes 127.0.0.4 for node 1: all that they say comes by here.
class Between {
 public:
  explicit Between(EventLoop& loop) : loop_(loop), to_first_(bind(3)), to_second_(bind(4)) {
    loop_.watch(to_first_.get(), EPOLLIN, [this](std::uint32_t) { pass(to_first_, to_second_, 2, true); });
    loop_.watch(to_second_.get(), EPOLLIN, [this](std::uint32_t) { pass(to_second_, to_first_, 1, false); });
  }
  ~Between() {
    loop_.forget(to_first_.get());
    loop_.forget(to_second_.get());
  }
  void to_second(const Bytes& packet) { send(to_second_, 2, packet); }

  std::vector<Bytes> kept;  // what node 1 said
  bool keep = false;

 private:
  static FileDescriptor bind(int last) {
    FileDescriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const SocketAddress address = socket_address(local(last), port());
    EXPECT_EQ(::bind(fd.get(), address.get(), address.size), 0);
    return fd;
  }
  void pass(const FileDescriptor& from, const FileDescriptor& through, int to, bool first) {
    Bytes packet(65'536);
    while (true) {
      const ssize_t got = ::recv(from.get(), packet.data(), packet.size(), 0);
      if (got < 0) return;
      const Bytes whole(packet.begin(), packet.begin() + got);
      if (first && keep) kept.push_back(whole);
      send(through, to, whole);
    }
  }
  static void send(const FileDescriptor& through, int to, const Bytes& packet) {
    const SocketAddress address = socket_address(local(to), port());
    ::sendto(through.get(), packet.data(), packet.size(), 0, address.get(), address.size);
  }
  EventLoop& loop_;
  FileDescriptor to_first_, to_second_;
};

class KnetLinksTest : public ::testing::Test, TimerClient {
 protected:
  static NodeLinksConfig first_config() { return config_of(1, 2, local(3)); }
  static NodeLinksConfig second_config() { return config_of(2, 1, local(4)); }
  void start_first(std::uint64_t life, const NodeLinksConfig& config = first_config()) {
    first_ = std::make_unique<Member>(*loop_, config, life);
  }
  void start_second(const NodeLinksConfig& config = second_config()) {
    second_ = std::make_unique<Member>(*loop_, config, 1);
  }
  bool run_until(const std::function<bool()>& done) {
    done_ = &done;
    end_ = EventLoop::uptime() + kPatience;
    loop_->start_timer({}, *this, 0);
    loop_->run();
    return done();
  }
  // What came before it has been looked at when `marker` is there: they come in order.
  bool marker(std::string_view text) {
    say(text);
    return run_until([&] { return second_->count(text) == 1; });
  }
  // The other end is gone: `member` is to see it soon.
  bool misses_other(Member& member, NodeLinksConfig config) {
    config.links[0].ping_timeout = kShortPingTimeout;
    EXPECT_TRUE(member.links.reconfigure(config));
    return run_until([&] { return !member.reaches_other; });
  }
  static bool refuses(const Member& member, std::uint64_t packets) {
    return member.links.dropped().unauthenticated >= packets;
  }
  bool both_up() {
    return run_until([this] { return first_->reaches_other && second_->reaches_other; });
  }
  void say(std::string_view text) { first_->links.send_to(ClusterNodeId(2), bytes_of(text)); }

  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::create());
  Between between_{*loop_};
  std::unique_ptr<Member> first_, second_;

 private:
  void on_timer(std::uint64_t) override {
    if ((*done_)() || EventLoop::uptime() > end_) return loop_->stop(0);
    loop_->start_timer(milliseconds(10), *this, 0);
  }
  const std::function<bool()>* done_ = nullptr;
  Duration end_;
};

TEST_F(KnetLinksTest, FramesOfEverySizeArriveOnce) {
  start_first(1);
  start_second();
  ASSERT_TRUE(both_up()) << first_->log;
  EXPECT_TRUE(first_->links.reaches(ClusterNodeId(2)));
  say("one");
  first_->links.send_all(bytes_of("all"));
  first_->links.send_to(ClusterNodeId(2), Bytes(first_->links.max_frame()));  // in pieces
  EXPECT_TRUE(run_until([this] { return second_->heard == 3; })) << second_->heard;
  EXPECT_EQ(second_->count("one"), 1U);
  EXPECT_EQ(second_->count("all"), 1U);
  first_->links.send_to(ClusterNodeId(2), Bytes(first_->links.max_frame() + 1));
  EXPECT_EQ(first_->links.dropped().unsent, 1U);
  const NodeLinkStatus status = first_->links.status(ClusterNodeId(2), LinkIndex(0));
  EXPECT_TRUE(status.connected);
  EXPECT_EQ(status.ups, 1U);
  EXPECT_GT(status.sent.data.packets, 3U);
}

TEST_F(KnetLinksTest, AWrongKeyNeverGetsThrough) {
  start_first(1);
  NodeLinksConfig config = second_config();
  config.crypto.key = std::string(256, 'w');
  start_second(config);
  EXPECT_TRUE(run_until([this] { return refuses(*first_, 5) && refuses(*second_, 5); }));
  EXPECT_FALSE(first_->reaches_other);
  EXPECT_FALSE(second_->reaches_other);
  EXPECT_FALSE(first_->links.reaches(ClusterNodeId(2)));
}

TEST_F(KnetLinksTest, NoKeyAtAllNeverGetsThrough) {
  start_first(1);
  NodeLinksConfig config = second_config();
  config.crypto = {};
  start_second(config);
  EXPECT_TRUE(run_until([this] { return refuses(*first_, 5); }));
  EXPECT_FALSE(first_->reaches_other);
}

TEST_F(KnetLinksTest, WhatWasRecordedIsNotHeardAgain) {
  start_first(1);
  start_second();
  ASSERT_TRUE(both_up());
  between_.keep = true;
  say("old");
  ASSERT_TRUE(run_until([this] { return second_->count("old") == 1; }));
  const std::vector<Bytes> kept = between_.kept;
  between_.keep = false;
  const auto again = [&](std::string_view after) {
    for (const Bytes& packet : kept) between_.to_second(packet);
    EXPECT_TRUE(marker(after));
    EXPECT_EQ(second_->count("old"), 1U);
  };
  again("after that");
  // Far ahead of it: what libknet forgets.
  std::size_t sent = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 100; ++i, ++sent) say("more");
    ASSERT_TRUE(run_until([&] { return second_->count("more") == sent; })) << second_->count("more") << " of " << sent;
  }
  again("after more");
  EXPECT_GT(second_->links.dropped().replayed, 0U) << "libknet has learned to tell: one window is enough then";
  // And in the next life of the sender.
  first_.reset();
  ASSERT_TRUE(misses_other(*second_, second_config()));
  start_first(2);
  ASSERT_TRUE(both_up());
  ASSERT_TRUE(marker("new"));
  again("after new");
}

TEST_F(KnetLinksTest, CutAndChangedAndEndlessPacketsAreDropped) {
  start_first(1);
  start_second();
  ASSERT_TRUE(both_up());
  between_.keep = true;
  say("good");
  ASSERT_TRUE(run_until([this] { return second_->count("good") == 1; }));
  between_.keep = false;
  for (const Bytes& packet : between_.kept) {
    for (std::size_t size = 0; size < packet.size(); ++size)
      between_.to_second(Bytes(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size)));
    for (std::size_t at = 0; at < packet.size(); ++at) {
      Bytes changed = packet;
      changed[at] ^= std::byte{1};
      between_.to_second(changed);
    }
    Bytes endless = packet;
    endless.resize(60'000);
    between_.to_second(endless);
  }
  between_.to_second(Bytes(60'000, std::byte{0xff}));
  EXPECT_TRUE(marker("still there"));
  EXPECT_EQ(second_->heard, 2U);
  EXPECT_GT(second_->links.dropped().unauthenticated, 0U);
}

// CR-6: step by step, and nothing is lost between them.
TEST_F(KnetLinksTest, AnotherKeyWhileTheyTalk) {
  NodeLinksConfig one = first_config(), two = second_config();
  one.mtu_interval = two.mtu_interval = seconds(1);
  start_first(1, one);
  start_second(two);
  std::size_t sent = 0;
  const auto talk = [&] {
    for (int i = 0; i < 20; ++i, ++sent) {
      say("word");
      second_->links.send_to(ClusterNodeId(1), bytes_of("word"));
    }
    EXPECT_TRUE(run_until([&] { return second_->count("word") == sent && first_->count("word") == sent; }));
  };
  const auto change = [&](const NodeLinksCrypto& crypto) {
    ASSERT_TRUE(both_up());
    const std::array<std::size_t, 2> said = {first_->log.size(), second_->log.size()};
    ASSERT_TRUE(run_until([&] { return first_->knows_mtu(said[0]) && second_->knows_mtu(said[1]); }));
    for (Member* member : {first_.get(), second_.get()}) {
      const auto loaded = member->links.load_crypto(crypto);
      EXPECT_TRUE(loaded) << loaded.error().message;
      talk();
    }
    for (Member* member : {first_.get(), second_.get()}) {
      member->links.use_loaded_crypto();
      talk();
    }
    for (Member* member : {first_.get(), second_.get()}) {
      member->links.forget_old_crypto();
      talk();
    }
  };
  change({"", "aes256", "sha256", std::string(256, 'n')});
  EXPECT_FALSE(first_->links.load_crypto({"", "none", "sha512", std::string(256, 'o')}));
  EXPECT_FALSE(first_->links.load_crypto({"", "none", "none", ""}));
  for (Member* member : {first_.get(), second_.get()}) member->links.allow_unauthenticated();
  change({"", "none", "none", ""});
  change({"", "aes128", "sha1", std::string(256, 'p')});
  EXPECT_EQ(first_->links.dropped().unauthenticated, 0U);
  // The old key is worth nothing any more.
  NodeLinksConfig config = second_config();
  second_ = nullptr;
  ASSERT_TRUE(misses_other(*first_, one));
  start_second(config);
  EXPECT_TRUE(run_until([this] { return refuses(*first_, 5); }));
  EXPECT_FALSE(first_->reaches_other);
}

TEST_F(KnetLinksTest, WordsThatAreUnknownAreAnError) {
  NodeLinksConfig config = first_config();
  config.crypto.cipher = "rot13";
  class Nobody final : public NodeLinksClient {
    void on_node_frame(ClusterNodeId, std::span<const std::byte>) override {}
    void on_node_reachable(ClusterNodeId, bool) override {}
  } nobody;
  KnetLinks links(
      *loop_, [](LogPriority, std::string_view) {}, 1, false);
  const auto opened = links.open(config, nobody);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message, "knet_handle_crypto failed (model nss, cipher rot13, hash sha256)");
}

}  // namespace
}  // namespace simcluster::clusterd
