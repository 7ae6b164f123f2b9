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
  void add_token(std::span<const std::byte> frame) {
    tokens_.emplace_back(frame.begin(), frame.end());
    if (!deadlines_.armed(Deadline::kSelfToken)) deadlines_.arm(Deadline::kSelfToken, kSelfDelay);
  }
  void on_token_deadline() {
    std::vector<std::vector<std::byte>> tokens;
    tokens.swap(tokens_);
    for (const auto& token : tokens) client_.on_frame(token, {});
  }
  void drain() {
    while (!looped_.empty()) {
      std::vector<std::vector<std::byte>> frames;
      frames.swap(looped_);
      for (const auto& frame : frames) client_.on_frame(frame, {});
    }
  }
  void clear() {
    looped_.clear();
    tokens_.clear();
  }

 private:
  Deadlines& deadlines_;
  TransportClient& client_;
  std::vector<std::vector<std::byte>> looped_;
  std::vector<std::vector<std::byte>> tokens_;
};

}  // namespace simcluster::membership
