// One processor of the ring protocol, whose frames the test answers: it plays all the other processors. For tests only.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/membership/srp.h"
#include "engine/membership/testing_host.h"

namespace simcluster::membership {

inline Profile corosync(const std::string& version) {
  StackVersions versions;
  versions.corosync = version;
  return *make_profile(versions);
}

// Node `id` as this release names it (V-2): by its address 10.77.0.<id>, or by its number.
inline Processor processor(std::uint32_t id, bool by_address = false) {
  Processor p;
  p.node_id = id;
  if (by_address) p.address[0] = *IpAddress::parse(fmt::format("10.77.0.{}", id));
  return p;
}

inline Srp::Settings with_debug() {
  Srp::Settings settings;
  settings.debug = true;
  return settings;
}

// Keeps what is sent; what the sender itself hears waits for the test.
struct Wire final : Transport {
  void start() override {}
  void stop() override {}
  void send_mcast(std::span<const std::byte> frame) override { mcasts.emplace_back(frame.begin(), frame.end()); }
  void send_all(std::span<const std::byte> frame, Loop) override {
    sent.assign(frame.begin(), frame.end());
    ++sendings;
  }
  void set_token_target(const Processor& to) override { target = to; }
  void send_token(std::span<const std::byte> frame) override {
    token.assign(frame.begin(), frame.end());
    ++tokens;
  }
  void set_members(std::span<const Processor>) override {}
  void check_interfaces() override { ++interface_checks; }
  void on_datagram(LinkIndex, const IpAddress&, std::span<const std::byte>) override {}
  void on_link_state(LinkIndex, bool, const IpAddress&) override {}
  void on_deadline(Deadline) override {}
  void reconfigure(const Plan&) override {}
  std::vector<LinkStatus> status() const override { return {}; }
  void drain_loop() override {}

  std::vector<std::byte> sent, token;
  std::vector<std::vector<std::byte>> mcasts;
  Processor target;
  int sendings = 0, tokens = 0, interface_checks = 0;
};

// Writes down what it is told: "T{1 2}-3 R{1 2}+3 switch 2:text ".
struct Heard final : SrpClient {
  void on_message(const Processor& originator, std::span<const std::byte> payload) override {
    text += fmt::format("{}:{} ", originator.node_id,
                        std::string_view(reinterpret_cast<const char*>(payload.data()), payload.size()));
  }
  void on_ring_change(const RingChange& change) override {
    text += change.transitional ? "T{" : "R{";
    for (const Processor& p : *change.members) text += fmt::format("{} ", p.node_id);
    if (text.back() == ' ') text.pop_back();
    text += '}';
    for (const Processor& p : *change.joined) text += fmt::format("+{}", p.node_id);
    for (const Processor& p : *change.left) text += fmt::format("-{}", p.node_id);
    text += ' ';
  }
  void on_buffers_switch() override { text += "switch "; }
  void on_token_received() override {
    if (on_token) on_token();
  }
  void on_token_sent() override {}
  void on_fatal(int code, std::string_view) override { fatal = code; }

  std::string text;
  std::function<void()> on_token;
  int fatal = 0;
};

// Node 1; the test plays the others.
struct OneProcessor : TimerClient {
  explicit OneProcessor(const std::string& version = "3.1.7", Srp::Settings settings = {})
      : profile(corosync(version)), srp(settings, profile, host, wire, deadlines, client) {
    host.run_for(seconds(1));
    deadlines.begin_input();
    srp.interface_changed(named(1));
    deadlines.settle();
  }

  void on_timer(std::uint64_t) override {
    deadlines.begin_input();
    deadlines.on_host_timer();
    while (const auto due = deadlines.next_due()) srp.on_deadline(*due);
    deadlines.settle();
  }
  void frame(std::span<const std::byte> bytes) {
    deadlines.begin_input();
    const std::vector<std::byte> copy(bytes.begin(), bytes.end());
    srp.on_frame(copy, {});
    deadlines.settle();
  }
  Processor named(std::uint32_t id) const { return processor(id, profile.processor_is_address); }
  ProcessorList names(std::initializer_list<std::uint32_t> ids) const {
    ProcessorList list;
    for (const std::uint32_t id : ids) list.push_back(named(id));
    return list;
  }

  void join_of(std::uint32_t id, std::uint64_t ring_seq, ProcessorList proc, ProcessorList failed) {
    std::vector<std::byte> bytes;
    codec.encode(Join{id, named(id), ring_seq, std::move(proc), std::move(failed)}, bytes);
    frame(bytes);
    host.run_for(milliseconds(2));  // what it answers may wait a little (SRP-4.7)
  }
  void join_of_2(std::uint64_t ring_seq, ProcessorList proc, ProcessorList failed) {
    join_of(2, ring_seq, std::move(proc), std::move(failed));
  }
  void leave_of(std::uint32_t id, ProcessorList proc) {
    std::vector<std::byte> bytes;
    codec.encode(Join{0, named(id), srp.ring().sequence, std::move(proc), names({id})}, bytes);
    frame(bytes);
    host.run_for(milliseconds(2));
  }
  Join last_join() const {
    Join join;
    EXPECT_EQ(codec.decode(wire.sent, join), "");
    return join;
  }
  CommitToken last_commit_token() const {
    CommitToken token;
    EXPECT_EQ(codec.decode(wire.token, token), "");
    return token;
  }
  // The commit token has been passed on by all the others.
  std::vector<std::byte> answered(CommitToken token) const {
    const auto others = static_cast<std::uint32_t>(token.addr.size() - 1);
    if (token.memb_index < token.addr.size()) {
      for (std::size_t i = token.memb_index; i < token.entries.size(); ++i) {
        token.entries[i] = token.entries[0];
        token.entries[i].received_flg = 1;
      }
      token.memb_index += others;
    }
    token.token_seq += others;
    std::vector<std::byte> bytes;
    codec.encode(token, 2, bytes);
    return bytes;
  }
  OrfToken last_token() const {
    OrfToken token;
    EXPECT_EQ(codec.decode(wire.token, token), "");
    return token;
  }
  // The token comes back; the others have changed what `change` does.
  template <class Change>
  void rotate(Change&& change) {
    OrfToken token = last_token();
    ++token.token_seq;
    token.sender = 2;
    change(token);
    std::vector<std::byte> bytes;
    codec.encode(token, bytes);
    frame(bytes);
  }
  void rotate() {
    rotate([](OrfToken&) {});
  }
  // A message of node `from` on the ring.
  std::vector<std::byte> mcast(std::uint32_t from, std::uint32_t seq, std::string_view text) const {
    McastHeader header;
    header.header = {MessageType::kMcast, 2, from};
    header.from = named(from);
    header.seq = seq;
    header.ring = srp.ring();
    std::vector<std::byte> bytes;
    codec.encode(header, std::as_bytes(std::span(text)), bytes);
    return bytes;
  }
  void say(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    srp.queue_message({bytes.begin(), bytes.end()}, false);
  }

  // Everybody agrees on `members`, of which this node is the first; the ring's commit token is out.
  void agree(const ProcessorList& members) {
    for (const Processor& p : members)
      if (p.node_id != 1) join_of(p.node_id, 0, members, {});
    frame(wire.sent);
    for (const Processor& p : members)
      if (p.node_id != 1) join_of(p.node_id, 0, members, {});
    ASSERT_EQ(srp.state(), SrpState::kCommit);
  }
  // ... and the ring is installed.
  void form(const ProcessorList& members) {
    agree(members);
    frame(answered(last_commit_token()));
    ASSERT_EQ(srp.state(), SrpState::kRecovery);
    frame(answered(last_commit_token()));
    for (int visit = 0; visit < 4; ++visit) rotate();
    ASSERT_EQ(srp.state(), SrpState::kOperational);
    srp.transitional_done();
  }

  const Profile profile;
  PatientHost host;
  Wire wire;
  Heard client;
  Deadlines deadlines{host, *this, 0};
  Srp srp;
  Codec codec{profile.processor_is_address ? Generation::kAddresses : Generation::kNodeIds};
};

}  // namespace simcluster::membership
