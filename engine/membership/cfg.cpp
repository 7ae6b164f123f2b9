#include "engine/membership/cfg.h"

#include <algorithm>

namespace simcluster::membership {

namespace {

constexpr std::uint16_t kRingReenable = 0;
constexpr std::uint16_t kKill = 1;
constexpr std::uint16_t kReload = 3;
constexpr std::uint16_t kCryptoPhase = 4;
constexpr std::size_t kReasonField = 256;

}  // namespace

void Cfg::queue(std::span<const std::byte> message) {
  waiting_.emplace_back(message.begin(), message.end());
  sender_.on_client_request();
}

void Cfg::request_reload() {
  ServiceMessage message(kCfgService, kReload);
  queue(message.build([](Writer&) {}));
}

void Cfg::request_ring_reenable() {
  ServiceMessage message(kCfgService, kRingReenable);
  queue(message.build([](Writer&) {}));
}

void Cfg::request_crypto_phase(std::uint32_t phase) {
  ServiceMessage message(kCfgService, kCryptoPhase);
  queue(message.build([&](Writer& w) { w.u32(phase); }));
}

void Cfg::request_kill(ClusterNodeId victim, std::string_view reason) {
  ServiceMessage message(kCfgService, kKill);
  queue(message.build([&](Writer& w) {
    const std::string_view text = reason.substr(0, kReasonField);
    w.u32(victim.value);
    w.u32(static_cast<std::uint32_t>(text.size()));
    w.bytes(std::as_bytes(std::span(text)));
    w.zeros(kReasonField - text.size());
  }));
}

void Cfg::send_waiting() {
  while (!waiting_.empty() && sender_.send_service(waiting_.front())) waiting_.pop_front();
}

void Cfg::on_message(ClusterNodeId from, std::uint16_t function, std::span<const std::byte> message) {
  Reader r(message);
  r.bytes(kServiceHeaderSize);
  if (function == kReload) return client_.on_reload(from);
  if (function == kRingReenable) return client_.on_ring_reenable();
  if (function == kCryptoPhase) {
    const std::uint32_t phase = r.u32();
    if (!r.failed()) client_.on_crypto_phase(from, phase);
    return;
  }
  if (function != kKill) return;
  const ClusterNodeId victim(r.u32());
  const std::uint32_t length = r.u32();
  const auto field = r.bytes(kReasonField);
  if (r.failed()) return;
  const std::string reason(reinterpret_cast<const char*>(field.data()), std::min<std::size_t>(length, field.size()));
  client_.on_kill(from, victim, reason);
}

}  // namespace simcluster::membership
