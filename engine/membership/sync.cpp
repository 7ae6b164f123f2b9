#include "engine/membership/sync.h"

#include <algorithm>

#include <fmt/core.h>

#include "engine/membership/wire.h"

namespace simcluster::membership {

namespace {

// M 17.4: header (id, size, each padded to 8), ring id padded to 16, then the services.
constexpr std::uint32_t kBarrier = 0;
constexpr std::uint32_t kServiceBuild = 1;
constexpr std::size_t kHeaderSize = 16;
constexpr std::size_t kRingFieldSize = 40;
constexpr std::size_t kMaxServices = 128;

void put_start(Writer& w, std::uint32_t kind, std::size_t size, const Ring& ring) {
  w.u64(kind);
  w.u64(size);
  // The ring id in the form that fits every generation: sequence, id, family, address.
  w.u64(ring.sequence);
  w.u32(ring.representative.node_id);
  w.u32(static_cast<std::uint32_t>(ring.representative.address[0].family));
  w.bytes(std::as_bytes(std::span(ring.representative.address[0].bytes)));
  w.u64(0);
}

}  // namespace

Sync::Sync(std::vector<SyncService*> services, const Profile& profile, Host& host, const Codec& codec,
           SyncClient& client, bool debug)
    : services_(std::move(services)), profile_(profile), host_(host), codec_(codec), client_(client), debug_(debug) {}

// SY-3: a fast sequence of rings leaves those who were there in all of them.
void Sync::save_transitional(const ProcessorList& transitional) {
  if (!have_transitional_) {
    transitional_ = transitional;
    have_transitional_ = true;
    return;
  }
  ProcessorList both;
  for (const Processor& p : transitional_)
    if (contains(transitional, p)) both.push_back(p);
  transitional_ = std::move(both);
}

void Sync::start(const ProcessorList& members, const Ring& ring) {
  members_ = members;
  ring_ = ring;
  clear_marks();
  plan_.clear();
  for (SyncService* service : services_) plan_.push_back({service->service_id(), service});
  current_ = 0;
  phase_ = Phase::kBuild;
  ProcessorList together;
  for (const Processor& p : transitional_)
    if (contains(members_, p)) together.push_back(p);
  send_build();
  for (SyncService* service : services_) service->sync_init(together, members_, ring_);
}

// SY-9.
void Sync::abort() {
  const bool at_barrier = phase_ == Phase::kBarrier && profile_.sync_aborts_at_barrier;
  if ((phase_ == Phase::kProcess || at_barrier) && current_ < plan_.size() && plan_[current_].service != nullptr)
    plan_[current_].service->sync_abort();
  phase_ = Phase::kIdle;
  ring_ = {};
}

void Sync::send_build() {
  std::vector<std::byte> message;
  const std::size_t size = kHeaderSize + kRingFieldSize + 4 + 4 * kMaxServices;
  {
    Writer w(message, size);
    put_start(w, kServiceBuild, size, ring_);
    w.u32(static_cast<std::uint32_t>(services_.size()));
    for (const SyncService* service : services_) w.u32(static_cast<std::uint32_t>(service->service_id()));
    w.zeros(4 * (kMaxServices - services_.size()));
  }
  unsent_ = !client_.send_sync(message);
  if (unsent_) client_.want_token();
}

void Sync::send_barrier() {
  std::vector<std::byte> message;
  {
    Writer w(message, kHeaderSize + kRingFieldSize);
    put_start(w, kBarrier, kHeaderSize + kRingFieldSize, ring_);
  }
  unsent_ = !client_.send_sync(message);
  if (unsent_) client_.want_token();
}

void Sync::go_on() {
  if (unsent_) return phase_ == Phase::kBuild ? send_build() : send_barrier();
  if (phase_ != Phase::kProcess) return;
  SyncService* service = plan_[current_].service;
  if (service != nullptr && !service->sync_process()) return client_.want_token();
  phase_ = Phase::kBarrier;
  send_barrier();
}

bool Sync::same_ring(std::span<const std::byte> body) const {
  Reader r(body);
  r.bytes(kHeaderSize);
  if (r.u64() != ring_.sequence || r.u32() != ring_.representative.node_id) return false;
  if (r.u32() != static_cast<std::uint32_t>(ring_.representative.address[0].family)) return false;
  const auto address = r.bytes(16);
  if (r.failed()) return false;
  return std::memcmp(address.data(), ring_.representative.address[0].bytes.data(), 16) == 0;
}

void Sync::on_message(const Processor& from, std::span<const std::byte> message) {
  Reader r(message);
  const std::uint64_t kind = r.u64();
  if (r.u64() != message.size() || r.failed()) return;
  if (phase_ == Phase::kIdle || !same_ring(message)) {
    if (debug_)
      host_.log(LogPriority::kDebug, "corosync",
                kind == kBarrier ? "[SYNC  ] barrier for old ring - discarding"
                                 : "[SYNC  ] service build for old ring - discarding");
    return;
  }
  if (kind == kServiceBuild) return receive_build(from, message);
  // A member's barrier may arrive while this node still waits for its own next token (SY-5): it counts all the same.
  mark(from);
  if (phase_ != Phase::kBarrier || !all_marked()) return;
  if (SyncService* service = plan_[current_].service; service != nullptr) {
    if (debug_)
      host_.log(LogPriority::kDebug, "corosync",
                fmt::format("[SYNC  ] Committing synchronization for {}", service->service_name()));
    service->sync_activate();
  }
  ++current_;
  next_service();
}

// SY-4.
void Sync::receive_build(const Processor& from, std::span<const std::byte> body) {
  if (phase_ != Phase::kBuild) return;
  Reader r(body);
  r.bytes(kHeaderSize + kRingFieldSize);
  const std::uint32_t count = r.u32();
  if (count > kMaxServices) return;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto id = static_cast<std::int32_t>(r.u32());
    if (r.failed()) return;
    const bool known = std::any_of(plan_.begin(), plan_.end(), [&](const Entry& entry) { return entry.id == id; });
    if (!known) plan_.push_back({id, nullptr});
  }
  mark(from);
  if (!all_marked()) return;
  std::stable_sort(plan_.begin(), plan_.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });
  current_ = 0;
  next_service();
}

void Sync::next_service() {
  clear_marks();
  if (current_ < plan_.size()) {
    phase_ = Phase::kProcess;
    client_.want_token();
    return;
  }
  phase_ = Phase::kIdle;
  have_transitional_ = false;
  transitional_.clear();
  client_.on_sync_complete();
}

void Sync::mark(const Processor& from) {
  const auto at = std::find(members_.begin(), members_.end(), from);
  if (at != members_.end()) marks_[static_cast<std::size_t>(at - members_.begin())] = true;
}

bool Sync::all_marked() const {
  return std::all_of(marks_.begin(), marks_.end(), [](bool marked) { return marked; });
}

}  // namespace simcluster::membership
