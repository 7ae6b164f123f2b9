// The quorum device (VQ-18, VQ-19, VQ-24, VQ-25).
#include <algorithm>

#include <fmt/core.h>

#include "engine/membership/votequorum.h"

namespace simcluster::membership {

namespace {

constexpr std::uint16_t kRegistration = 2;
constexpr std::uint16_t kRename = 3;
constexpr std::uint32_t kRegister = 1;
constexpr std::uint32_t kUnregister = 0;
constexpr std::size_t kNameField = 255;

void put_name(Writer& w, std::string_view name) {
  const std::string_view cut = name.substr(0, kNameField - 1);
  w.bytes(std::as_bytes(std::span(cut)));
  w.zeros(kNameField - cut.size());
}

std::string take_name(Reader& r) {
  const auto bytes = r.bytes(kNameField);
  if (r.failed()) return {};
  std::string name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  name.resize(std::min(name.find('\0'), name.size()));
  return name;
}

}  // namespace

bool Votequorum::own_flag(std::uint32_t flag) const {
  const Node* self = find(own_id_);
  return self != nullptr && (self->flags & flag) != 0;
}

void Votequorum::set_own_flags(std::uint32_t set, std::uint32_t clear) {
  const std::uint32_t before = own().flags;
  own().flags = (before & ~clear) | set;
  if (own().flags != before) announce();
}

bool Votequorum::send_registration(std::uint32_t operation, std::string_view name) {
  ServiceMessage message(kVotequorumService, kRegistration);
  return sender_.send_service(message.build([&](Writer& w) {
    w.u32(operation);
    put_name(w, name);
  }));
}

bool Votequorum::send_device_name() { return device_name_.empty() || send_registration(kRegister, device_name_); }

CsError Votequorum::register_device(std::string_view name) {
  if (find(own_id_) == nullptr) return CsError::kTryAgain;
  if (!device_can_operate()) return CsError::kAccess;
  if (own_flag(kDeviceRegistered)) return device_name_ == name ? CsError::kOk : CsError::kExist;
  if (!device_name_.empty() && device_name_ != name) return CsError::kExist;
  if (!send_registration(kRegister, name)) return CsError::kTryAgain;
  return CsError::kOk;
}

CsError Votequorum::unregister_device(std::string_view name) {
  if (!own_flag(kDeviceRegistered) || (!name.empty() && device_name_ != name)) return CsError::kNotExist;
  deadlines_.cancel(Deadline::kDevice);
  device_poll_awaited_ = false;
  if (!send_registration(kUnregister, device_name_)) return CsError::kTryAgain;
  set_own_flags(0, kDeviceRegistered | kDeviceAlive | kDeviceCastVote | kDeviceMasterWins);
  return CsError::kOk;
}

CsError Votequorum::poll_device(std::string_view name, bool cast_vote, const RingId& ring) {
  if (!device_can_operate()) return CsError::kAccess;
  if (!own_flag(kDeviceRegistered) || device_name_ != name) return CsError::kNotExist;
  if (!(ring == ring_)) return CsError::kMessageError;
  device_poll_awaited_ = false;
  deadlines_.arm(Deadline::kDevice, milliseconds(settings_.device_timeout));
  set_own_flags(kDeviceAlive | (cast_vote ? kDeviceCastVote : 0U), cast_vote ? 0U : kDeviceCastVote);
  return CsError::kOk;
}

CsError Votequorum::set_master_wins(std::string_view name, bool wins) {
  if (!own_flag(kDeviceRegistered) || device_name_ != name) return CsError::kNotExist;
  set_own_flags(wins ? kDeviceMasterWins : 0U, wins ? 0U : kDeviceMasterWins);
  return CsError::kOk;
}

CsError Votequorum::rename_device(std::string_view old_name, std::string_view new_name) {
  if (device_name_.empty() || device_name_ != old_name) return CsError::kNotExist;
  ServiceMessage message(kVotequorumService, kRename);
  const bool sent = sender_.send_service(message.build([&](Writer& w) {
    put_name(w, old_name);
    put_name(w, new_name);
  }));
  return sent ? CsError::kOk : CsError::kTryAgain;
}

void Votequorum::receive_registration(ClusterNodeId from, Reader& r) {
  const std::uint32_t operation = r.u32();
  const std::string name = take_name(r);
  if (r.failed()) return;
  if (operation == kRegister) {
    // The first name wins; later ones are told when they try (VQ-24).
    if (device_name_.empty()) device_name_ = name;
    // A name that synchronisation repeats registers nobody.
    if (from == own_id_ && device_name_ == name && !own_flag(kDeviceRegistered) && !sync_in_progress_)
      set_own_flags(kDeviceRegistered | (settings_.device_master_wins ? kDeviceMasterWins : 0U), 0);
    return;
  }
  const bool used = std::any_of(nodes_.begin(), nodes_.end(), [&](const Node& node) {
    return node.id != from && node.state == NodeState::kMember && (node.flags & kDeviceRegistered) != 0;
  });
  if (!used) device_name_.clear();
}

void Votequorum::receive_rename(Reader& r) {
  const std::string old_name = take_name(r);
  const std::string new_name = take_name(r);
  if (!r.failed() && device_name_ == old_name) device_name_ = new_name;
}

// VQ-18.
void Votequorum::await_device_poll() {
  if (!own_flag(kDeviceRegistered) || !own_flag(kDeviceAlive)) return;
  device_poll_awaited_ = true;
  deadlines_.arm(Deadline::kDevice, milliseconds(settings_.device_sync_timeout));
  log(LogPriority::kInfo, fmt::format("waiting for quorum device {} poll (but maximum for {} ms)", device_name_,
                                      settings_.device_sync_timeout));
}

void Votequorum::device_lost() {
  device_poll_awaited_ = false;
  log(LogPriority::kInfo, fmt::format("lost contact with quorum device {}", device_name_));
  set_own_flags(0, kDeviceAlive | kDeviceCastVote);
}

}  // namespace simcluster::membership
