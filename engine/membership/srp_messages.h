// The messages of the ring protocol and their encodings (M 3, 17.2, 17.3, 17.5). Both generations have the same fields
// in the same order; identities are node ids in Corosync 3 and addresses before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "engine/membership/processor.h"

namespace simcluster::membership {

enum class Generation : std::uint8_t { kAddresses, kNodeIds };

enum class MessageType : std::uint8_t {
  kOrfToken = 0,
  kMcast = 1,
  kMergeDetect = 2,
  kJoin = 3,
  kCommitToken = 4,
  kHoldCancel = 5,
  kRingTest = 6,  // redundant rings (RR-13)
  kRingActivate = 7,
};

inline constexpr std::size_t kMaxRetransmitRequests = 30;  // K-4
inline constexpr std::size_t kMaxTokenSize = 1500;
inline constexpr std::size_t kMaxJoinSize = 40000;  // SRP-4.4

struct Header {
  MessageType type = MessageType::kOrfToken;
  std::uint8_t encapsulated = 0;
  std::uint32_t node_id = 0;  // sender; 0 in LEAVE
};

struct RetransmitRequest {
  Ring ring;
  std::uint32_t seq = 0;
};

struct OrfToken {
  std::uint32_t sender = 0;
  std::uint32_t seq = 0;
  std::uint32_t token_seq = 0;
  std::uint32_t aru = 0;
  std::uint32_t aru_addr = 0;
  Ring ring;
  std::uint32_t backlog = 0;
  std::uint32_t fcc = 0;
  std::uint32_t retrans_flg = 0;
  std::uint32_t request_count = 0;
  std::array<RetransmitRequest, kMaxRetransmitRequests> requests;
};

struct McastHeader {
  Header header;
  Processor from;  // originator
  std::uint32_t seq = 0;
  std::uint32_t this_seqno = 0;
  Ring ring;
};

struct MergeDetect {
  Processor from;
  Ring ring;
};

struct Join {
  std::uint32_t header_node_id = 0;  // 0: this is a LEAVE
  Processor from;
  std::uint64_t ring_seq = 0;
  ProcessorList proc;
  ProcessorList failed;

  bool leave() const { return header_node_id == 0; }
};

struct CommitEntry {
  Ring ring;
  std::uint32_t aru = 0;
  std::uint32_t high_delivered = 0;
  std::uint32_t received_flg = 0;
};

struct CommitToken {
  std::uint32_t token_seq = 0;
  Ring ring;
  std::uint32_t retrans_flg = 0;
  std::uint32_t memb_index = 0;
  ProcessorList addr;
  std::vector<CommitEntry> entries;  // one per addr
};

struct HoldCancel {
  Ring ring;
};

// RR-13: TEST and ACTIVATE of one redundant ring.
struct RingTest {
  MessageType type = MessageType::kRingTest;
  std::uint32_t ring_number = 0;
  std::uint32_t originator = 0;
};

// WF-4: a JOIN with more processors than a membership may have (K-1).
inline constexpr std::string_view kTooManyEntries =
    "Received memb_join message list_entries exceeds the maximum allowed value...  ignoring.";

// Encodes and decodes one generation's frames. encode() replaces the buffer's content. decode() returns an empty text,
// or the words of WF-3/WF-4 for a frame that must be dropped.
class Codec {
 public:
  explicit Codec(Generation generation);

  Generation generation() const { return generation_; }
  std::size_t header_size() const;
  std::size_t mcast_header_size() const;
  std::size_t join_size(std::size_t entries) const;

  void encode(const OrfToken& token, std::vector<std::byte>& out) const;
  void encode(const McastHeader& mcast, std::span<const std::byte> payload, std::vector<std::byte>& out) const;
  void encode(const MergeDetect& message, std::vector<std::byte>& out) const;
  void encode(const Join& join, std::vector<std::byte>& out) const;
  void encode(const CommitToken& token, std::uint32_t sender, std::vector<std::byte>& out) const;
  void encode(const HoldCancel& message, std::uint32_t sender, std::vector<std::byte>& out) const;
  void encode(const RingTest& message, std::vector<std::byte>& out) const;

  // Nearly every frame is one: its header is right and says so. Others are decode_header()'s to judge.
  bool is_token(std::span<const std::byte> frame) const {
    constexpr std::size_t kLongestHeader = 13;
    return frame.size() >= kLongestHeader && std::memcmp(frame.data(), token_start_.data(), token_start_.size()) == 0;
  }
  // Reads the common header. On failure `detail` is the number that the text of WF-3 ends with, if it has one.
  std::string_view decode_header(std::span<const std::byte> frame, Header& header) const;
  // Each takes the whole frame, whose header was decoded before.
  std::string_view decode(std::span<const std::byte> frame, OrfToken& token) const;
  std::string_view decode(std::span<const std::byte> frame, McastHeader& mcast,
                          std::span<const std::byte>& payload) const;
  std::string_view decode(std::span<const std::byte> frame, MergeDetect& message) const;
  std::string_view decode(std::span<const std::byte> frame, Join& join) const;
  std::string_view decode(std::span<const std::byte> frame, CommitToken& token) const;
  std::string_view decode(std::span<const std::byte> frame, HoldCancel& message) const;
  std::string_view decode(std::span<const std::byte> frame, RingTest& message) const;

 private:
  Generation generation_;
  std::array<std::byte, 4> token_start_;
};

}  // namespace simcluster::membership
