// What a node sends to itself over links that do not carry it back: copies of its multicasts, and the tokens of a ring
// of one.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "engine/membership/deadlines.h"
#include "engine/membership/transport.h"

namespace simcluster::membership {

class OwnFrames {
 public:
  OwnFrames(Deadlines& deadlines, TransportClient& client) : deadlines_(deadlines), client_(client) {}

  // Comes back when the present input ends.
  void add(std::span<const std::byte> frame) { looped_.emplace_back(frame.begin(), frame.end()); }
  // Comes back with Deadline::kSelfToken.
  void add_token(std::span<const std::byte> frame, std::size_t ring = 0) {
    tokens_.push_back({ring, {frame.begin(), frame.end()}});
    if (!deadlines_.armed(Deadline::kSelfToken)) deadlines_.arm(Deadline::kSelfToken, kSelfDelay);
  }
  // Deadline::kSelfToken is over: `take` gets each ring and frame.
  template <typename Take>
  void take_tokens(Take take) {
    std::vector<Token> tokens;
    tokens.swap(tokens_);
    for (const Token& token : tokens) take(token.ring, token.frame);
  }
  void on_token_deadline() {
    take_tokens([this](std::size_t, std::span<const std::byte> frame) { client_.on_frame(frame, {}); });
  }
  // `self`: the address that they come from.
  void drain(const IpAddress& self = {}) {
    while (!looped_.empty()) {
      std::vector<std::vector<std::byte>> frames;
      frames.swap(looped_);
      for (const auto& frame : frames) client_.on_frame(frame, self);
    }
  }
  void clear() {
    looped_.clear();
    tokens_.clear();
  }

 private:
  struct Token {
    std::size_t ring = 0;
    std::vector<std::byte> frame;
  };

  Deadlines& deadlines_;
  TransportClient& client_;
  std::vector<std::vector<std::byte>> looped_;
  std::vector<Token> tokens_;
};

}  // namespace simcluster::membership
