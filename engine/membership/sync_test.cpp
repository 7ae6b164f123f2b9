// Service synchronisation (M 8): one node's engine, with services and other members played by the test.
#include "engine/membership/sync.h"

#include <deque>
#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/membership/testing_processor.h"

namespace simcluster::membership {
namespace {

struct Service final : SyncService {
  Service(std::int32_t id, std::string& text, int again = 0) : id_(id), text_(text), again_(again) {}
  std::int32_t service_id() const override { return id_; }
  std::string_view service_name() const override { return "some service"; }
  void sync_init(const ProcessorList& transitional, const ProcessorList& members, const Ring&) override {
    text_ += fmt::format("init{} {}of{} ", id_, transitional.size(), members.size());
  }
  bool sync_process() override {
    text_ += fmt::format("process{} ", id_);
    return again_-- <= 0;
  }
  void sync_activate() override { text_ += fmt::format("activate{} ", id_); }
  void sync_abort() override { text_ += fmt::format("abort{} ", id_); }

  std::int32_t id_;
  std::string& text_;
  int again_;
};

// Node 1 of {1, 2}. Both have services 2 and 5; the ring returns what is sent when the test says so.
struct Synchronisation : SyncClient {
  explicit Synchronisation(const std::string& version = "3.1.7") : profile(corosync(version)) {}

  bool send_sync(std::span<const std::byte> message) override {
    if (full) return false;
    sent.emplace_back(message.begin(), message.end());
    return true;
  }
  void on_sync_complete() override { text += "complete "; }
  void want_token() override { ++wanted; }

  void start(std::uint64_t sequence) {
    sync.save_transitional({processor(1)});
    sync.start({processor(1), processor(2)}, {processor(1), sequence});
  }
  // The oldest message comes round, from this node and then the same from node 2.
  void come_round() {
    const auto message = sent.front();
    sent.pop_front();
    sync.on_message(processor(1), message);
    text += ". ";
    sync.on_message(processor(2), message);
  }

  const Profile profile;
  PatientHost host;
  const Codec codec{Generation::kNodeIds};
  std::string text;
  std::deque<std::vector<std::byte>> sent;
  bool full = false;
  int wanted = 0;
  Service cpg{2, text}, votes{5, text, 1};
  Sync sync{{&cpg, &votes}, profile, host, codec, *this, true};
};

// SY-2 to SY-7: one service after the other, each ended by a barrier.
TEST(Sync, OneServiceAfterTheOther) {
  Synchronisation s;
  s.start(8);
  EXPECT_EQ(s.text, "init2 1of2 init5 1of2 ") << "SY-3: at once, in their order";
  EXPECT_EQ(s.sent.front().size(), 16U + 40U + 4U + 4U * 128U);
  EXPECT_TRUE(s.sync.running());
  s.text.clear();
  s.come_round();
  EXPECT_EQ(s.text, ". ") << "SY-4, SY-5: not before the next token";
  EXPECT_EQ(s.wanted, 1);
  s.sync.on_token_sent();
  EXPECT_EQ(s.text, ". process2 ");
  s.sync.on_token_sent();
  EXPECT_EQ(s.text, ". process2 ") << "at its barrier";
  s.come_round();
  EXPECT_EQ(s.text, ". process2 . activate2 ") << "SY-6: when the last barrier has come";
  EXPECT_EQ(s.host.says("[SYNC  ] Committing synchronization for some service"), 1U);
  s.sync.on_token_sent();
  EXPECT_TRUE(s.sent.empty()) << "SY-5: \"again\"";
  s.sync.on_token_sent();
  s.come_round();
  EXPECT_EQ(s.text, ". process2 . activate2 process5 process5 . activate5 complete ");
  EXPECT_FALSE(s.sync.running());
}

// SY-4: a service that only others have is waited for, with nothing to do here.
TEST(Sync, ServicesOfOthers) {
  Synchronisation s;
  s.start(8);
  const auto own = s.sent.front();
  auto theirs = own;
  theirs[16 + 40] = std::byte{3};
  theirs[16 + 40 + 4 + 8] = std::byte{3};  // service 3, between the two
  s.sync.on_message(processor(1), own);
  s.sync.on_message(processor(2), theirs);
  s.sent.clear();
  s.text.clear();
  for (int service = 0; service < 3; ++service) {
    s.sync.on_token_sent();
    s.sync.on_token_sent();
    ASSERT_EQ(s.sent.size(), 1U) << service;
    s.come_round();
  }
  EXPECT_EQ(s.text, "process2 . activate2 . process5 process5 . activate5 complete ");
}

// SY-5: a barrier for which the ring has no room goes with a later token.
TEST(Sync, WaitsForRoom) {
  Synchronisation s;
  s.start(8);
  s.come_round();
  s.full = true;
  s.sync.on_token_sent();
  EXPECT_TRUE(s.sent.empty());
  s.full = false;
  s.sync.on_token_sent();
  EXPECT_EQ(s.sent.size(), 1U);
}

// SY-2, SY-9: what belongs to another ring is discarded, and so are late barriers of one that was given up.
TEST(Sync, OtherRings) {
  Synchronisation s;
  s.start(8);
  const auto old = s.sent.front();
  s.come_round();
  s.sync.on_token_sent();
  const auto barrier = s.sent.front();
  s.sync.abort();
  s.start(12);
  s.text.clear();
  s.sync.on_message(processor(2), old);
  EXPECT_EQ(s.host.says("[SYNC  ] service build for old ring - discarding"), 1U);
  s.sync.on_message(processor(2), barrier);
  EXPECT_EQ(s.host.says("[SYNC  ] barrier for old ring - discarding"), 1U);
  EXPECT_EQ(s.text, "");
}

// SY-3, CC-2: members that were there in all of a fast sequence of rings.
TEST(Sync, TransitionalSetsAreIntersected) {
  Synchronisation s;
  s.sync.save_transitional({processor(1), processor(2)});
  s.start(8);
  EXPECT_EQ(s.text, "init2 1of2 init5 1of2 ");
  s.sync.abort();
  s.sync.save_transitional({processor(1), processor(2)});
  s.text.clear();
  s.sync.start({processor(1), processor(2)}, {processor(1), 12});
  EXPECT_EQ(s.text, "init2 1of2 init5 1of2 ") << "node 2 was away for one of them";
}

// SY-9, V-16: a service that works is told of the end; one that waits at its barrier only in the development line.
TEST(Sync, Abort) {
  for (const auto& [version, at_barrier] : {std::pair("3.1.10", ""), std::pair("3.2.0", "abort2 ")}) {
    Synchronisation s(version);
    s.start(8);
    s.text.clear();
    s.sync.abort();
    EXPECT_EQ(s.text, "") << "nobody works yet";
    s.start(12);
    s.sent.pop_front();
    s.come_round();
    s.text.clear();
    s.sync.abort();
    EXPECT_EQ(s.text, "abort2 ") << "its turn, waiting for the token";
    s.start(16);
    s.come_round();
    s.sync.on_token_sent();
    s.text.clear();
    s.sync.abort();
    EXPECT_EQ(s.text, at_barrier) << version;
  }
}

}  // namespace
}  // namespace simcluster::membership
