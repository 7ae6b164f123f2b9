// Any bytes as a frame of the ring protocol or a packet of the transport. What is decoded as a token or a join can be
// encoded again.
#include <cstdint>
#include <span>
#include <vector>

#include "engine/membership/knet_packets.h"
#include "engine/membership/srp_messages.h"

using namespace simcluster::membership;

namespace {

template <class Message>
bool decodes(const Codec& codec, std::span<const std::byte> frame, Message& message) {
  return codec.decode(frame, message).empty();
}

void decode_all(const Codec& codec, std::span<const std::byte> frame) {
  Header header;
  if (!codec.decode_header(frame, header).empty()) return;
  std::vector<std::byte> out;
  std::span<const std::byte> payload;
  OrfToken token;
  McastHeader mcast;
  MergeDetect merge;
  Join join;
  CommitToken commit;
  HoldCancel cancel;
  RingTest test;
  switch (header.type) {
    case MessageType::kOrfToken:
      if (decodes(codec, frame, token)) codec.encode(token, out);
      return;
    case MessageType::kMcast:
      if (codec.decode(frame, mcast, payload).empty()) codec.encode(mcast, payload, out);
      return;
    case MessageType::kMergeDetect:
      if (decodes(codec, frame, merge)) codec.encode(merge, out);
      return;
    case MessageType::kJoin:
      if (decodes(codec, frame, join)) codec.encode(join, out);
      return;
    case MessageType::kCommitToken:
      if (decodes(codec, frame, commit)) codec.encode(commit, 1, out);
      return;
    case MessageType::kHoldCancel:
      if (decodes(codec, frame, cancel)) codec.encode(cancel, 1, out);
      return;
    case MessageType::kRingTest:
    case MessageType::kRingActivate:
      if (decodes(codec, frame, test)) codec.encode(test, out);
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> frame(reinterpret_cast<const std::byte*>(data), size);
  decode_all(Codec(Generation::kNodeIds), frame);
  decode_all(Codec(Generation::kAddresses), frame);
  KnetHeader header;
  if (decode_knet_header(frame, header)) {
    KnetData packet;
    KnetPing ping;
    decode_knet_data(frame, packet);
    decode_knet_ping(frame, ping);
  }
  return 0;
}
