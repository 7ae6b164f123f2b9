// Packets of Kronosnet-like links (M 17.7): data with duplicate suppression and fragments, ping and pong.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace simcluster::membership {

enum class KnetType : std::uint8_t { kData = 0x00, kPing = 0x81, kPong = 0x82, kPmtud = 0x83, kPmtudReply = 0x84 };

struct KnetHeader {
  KnetType type = KnetType::kData;
  std::uint16_t node_id = 0;
};

struct KnetData {
  std::uint16_t sequence = 0;
  std::uint8_t fragments = 1;
  std::uint8_t fragment = 0;  // from 1; 0: not fragmented
  std::span<const std::byte> bytes;
};

struct KnetPing {
  std::uint8_t link = 0;
  std::uint64_t sent_at = 0;  // on the sender's clock, opaque to everybody else
  std::uint16_t sequence = 0;
};

// A probe of the path's MTU and its answer (KN-15).
struct KnetPmtud {
  std::uint8_t link = 0;
  std::uint16_t size = 0;  // of the IP packet that carried the probe
};
inline constexpr std::size_t kKnetPmtudSize = 9;

// Bytes of a packet's hash, by its name in corosync.conf.
std::size_t knet_hash_size(std::string_view hash);

void encode_knet_data(std::uint16_t node_id, const KnetData& data, std::vector<std::byte>& out);
void encode_knet_ping(KnetType type, std::uint16_t node_id, const KnetPing& ping, std::vector<std::byte>& out);
// `packet_size`: bytes of the whole packet, filled with zeros.
void encode_knet_pmtud(KnetType type, std::uint16_t node_id, const KnetPmtud& pmtud, std::size_t packet_size,
                       std::vector<std::byte>& out);
// False for what is no such packet.
bool decode_knet_header(std::span<const std::byte> packet, KnetHeader& header);
bool decode_knet_data(std::span<const std::byte> packet, KnetData& data);
bool decode_knet_ping(std::span<const std::byte> packet, KnetPing& ping);
bool decode_knet_pmtud(std::span<const std::byte> packet, KnetPmtud& pmtud);

// KN-3: the data sequences of one sender that were seen; one per sender, not per link.
class DuplicateFilter {
 public:
  // True the first time.
  bool first_time(std::uint16_t sequence);
  void clear() { started_ = false; }

 private:
  static constexpr std::size_t kWindow = 4096;
  std::bitset<kWindow> seen_;
  std::uint16_t newest_ = 0;
  bool started_ = false;
};

// KN-4.
class Reassembly {
 public:
  // The whole when `data` completes it; valid until the next call.
  std::optional<std::span<const std::byte>> add(const KnetData& data);
  void clear() { open_.clear(); }

 private:
  static constexpr std::size_t kMaxOpen = 32;
  struct Open {
    std::uint64_t order = 0;
    std::size_t missing = 0;
    std::vector<std::vector<std::byte>> pieces;
  };
  std::map<std::uint16_t, Open> open_;
  std::uint64_t order_ = 0;
  std::vector<std::byte> whole_;
};

}  // namespace simcluster::membership
