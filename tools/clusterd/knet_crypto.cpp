// What KnetLinks does with keys and ciphers.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include <fmt/core.h>
// It does not say itself that it is C.
extern "C" {
#include <libknet.h>
}

#include "tools/clusterd/knet_links.h"
#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

namespace {

const std::string kModel = "nss";  // as Corosync has it; it takes less time than openssl, too

template <std::size_t N>
bool copy_word(char (&target)[N], const std::string& word) {
  if (word.size() >= N) return false;
  std::memcpy(target, word.c_str(), word.size() + 1);
  return true;
}

}  // namespace

// CR-1 to CR-5: as Corosync hands its words and its key over.
Result<void> KnetLinks::set_crypto(const NodeLinksCrypto& crypto, std::uint8_t slot) {
  const std::string& model = crypto.model.empty() ? kModel : crypto.model;
  knet_handle_crypto_cfg config{};
  if (!copy_word(config.crypto_model, model) || !copy_word(config.crypto_cipher_type, crypto.cipher) ||
      !copy_word(config.crypto_hash_type, crypto.hash))
    return fail("crypto_model, crypto_cipher or crypto_hash is too long");
  config.private_key_len = static_cast<unsigned>(std::min<std::size_t>(crypto.key.size(), KNET_MAX_KEY_LEN));
  std::memcpy(config.private_key, crypto.key.data(), config.private_key_len);
  const int done = knet_handle_crypto_set_config(handle_, &config, slot);
  explicit_bzero(&config, sizeof config);
  read_log();  // it says there why not
  if (done != 0)
    return fail(
        fmt::format("knet_handle_crypto failed (model {}, cipher {}, hash {})", model, crypto.cipher, crypto.hash));
  return {};
}

// CR-6. libknet 1.25 works out a path MTU of less than its own header when it gets a hash without a cipher while links
// are open, and uses none of them from then on.
Result<void> KnetLinks::load_crypto(const NodeLinksCrypto& crypto) {
  if (crypto.cipher == "none" && crypto.hash != "none")
    return fail("crypto_hash without crypto_cipher cannot be taken over while the links are open: restart");
  if (crypto.hash == "none" && !unauthenticated_allowed_)
    return fail(
        "the key is kept: without one everybody on the network can join (allow_unauthenticated = yes permits it)");
  return load_into_free_slot(crypto);
}

// Without crypto before or after, what is not sealed is taken between these steps.
Result<void> KnetLinks::load_into_free_slot(const NodeLinksCrypto& crypto) {
  const bool sealed = crypto.hash != "none";
  const std::uint8_t slot = !sealed ? 0 : crypto_slot_ == 1 ? 2 : 1;
  if (sealed) {
    if (auto done = set_crypto(crypto, slot); !done) return done;
  } else if (knet_handle_crypto_rx_clear_traffic(handle_, KNET_CRYPTO_RX_ALLOW_CLEAR_TRAFFIC) != 0) {
    return system_failure("let through what is not sealed");
  }
  loaded_slot_ = slot;
  return {};
}

void KnetLinks::use_loaded_crypto() {
  if (knet_handle_crypto_use_config(handle_, loaded_slot_) != 0)
    return log_(LogPriority::kError, fmt::format("[KNET  ] {}", system_failure("use the new key").value().message));
  std::swap(crypto_slot_, loaded_slot_);
}

void KnetLinks::forget_old_crypto() {
  read_log();  // what is about two keys
  const std::uint8_t old = std::exchange(loaded_slot_, crypto_slot_);
  if (old == crypto_slot_) return;
  if (old != 0) static_cast<void>(set_crypto({"none", "none", "none", {}}, old));
  if (crypto_slot_ != 0) knet_handle_crypto_rx_clear_traffic(handle_, KNET_CRYPTO_RX_DISALLOW_CLEAR_TRAFFIC);
}

}  // namespace simcluster::clusterd
