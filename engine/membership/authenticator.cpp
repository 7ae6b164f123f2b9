#include "engine/membership/authenticator.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "engine/base/assert.h"
#include "engine/membership/wire.h"

namespace simcluster::membership {

namespace {

std::array<std::byte, 32> hmac(const std::string& key, std::span<const std::byte> data) {
  std::array<std::byte, 32> result{};
  unsigned int length = 0;
  const auto* done =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()),
           data.size(), reinterpret_cast<unsigned char*>(result.data()), &length);
  SIMCLUSTER_ASSERT(done != nullptr && length == result.size());
  return result;
}

}  // namespace

std::span<const std::byte> Authenticator::seal_with_key(std::span<const std::byte> data, Random* salt) {
  {
    Writer w(sealed_, data.size() + overhead());
    if (envelope_.header) {
      w.u16(0xfefe);
      w.u16(0);
    }
    for (std::size_t i = 0; envelope_.salt && i < kSalt / 8; ++i) w.u64(salt->next());
    if (guard_ != nullptr) {
      const FrameGuard::Mark mark = guard_->next();
      w.u64(mark.sender);
      w.u64(mark.life);
      w.u64(mark.number);
    }
    w.bytes(data);
  }
  const auto hash = hmac(key_, sealed_);
  const std::size_t used = std::min(envelope_.hash, hash.size());
  sealed_.insert(sealed_.end(), hash.begin(), hash.begin() + static_cast<std::ptrdiff_t>(used));
  sealed_.resize(sealed_.size() + envelope_.hash - used);
  return sealed_;
}

std::optional<std::span<const std::byte>> Authenticator::open_with_key(std::span<const std::byte> packet,
                                                                       bool* repeated) const {
  if (packet.size() < overhead()) return std::nullopt;
  const auto body = packet.first(packet.size() - envelope_.hash);
  const auto hash = hmac(key_, body);
  if (CRYPTO_memcmp(hash.data(), packet.data() + body.size(), std::min(envelope_.hash, hash.size())) != 0)
    return std::nullopt;
  if (guard_ != nullptr) {
    Reader r(body.subspan(before_mark()));
    FrameGuard::Mark mark;
    mark.sender = r.u64();
    mark.life = r.u64();
    mark.number = r.u64();
    if (!guard_->first_time(mark)) {
      if (repeated != nullptr) *repeated = true;
      return std::nullopt;
    }
  }
  return body.subspan(before());
}

}  // namespace simcluster::membership
