#include "engine/cib/digest.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include <openssl/evp.h>

#include "engine/base/assert.h"

namespace simcluster::cib {
namespace {

// Looking the algorithm up costs more than hashing a short text, so it is done once.
struct Md5 {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "MD5", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Md5() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(algorithm);
  }
};

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

}  // namespace

std::string md5_hex(std::string_view bytes) {
  thread_local const Md5 md5;
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned length = 0;
  const bool done = EVP_DigestInit_ex2(md5.context, md5.algorithm, nullptr) == 1 &&
                    EVP_DigestUpdate(md5.context, bytes.data(), bytes.size()) == 1 &&
                    EVP_DigestFinal_ex(md5.context, hash.data(), &length) == 1;
  SIMCLUSTER_ASSERT(done && length == 16);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    text[2 * i] = kHex[hash[i] >> 4];
    text[2 * i + 1] = kHex[hash[i] & 15];
  }
  return text;
}

std::string parameters_digest(std::span<const Parameter> parameters) {
  std::vector<const Parameter*> sorted;
  sorted.reserve(parameters.size());
  for (const Parameter& parameter : parameters) sorted.push_back(&parameter);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  std::string text = " <parameters";
  for (const Parameter* parameter : sorted) {
    text.append(" ").append(parameter->first).append("=\"");
    append_escaped(text, parameter->second);
    text += '"';
  }
  text += "/>\n";
  return md5_hex(text);
}

bool counts_for_digest(std::string_view name, bool recurring) {
  if (starts_with(name, "CRM_meta_")) return recurring && name == "CRM_meta_timeout";
  static constexpr std::string_view kOthers[] = {"id",      "crm_feature_set", "op-digest",
                                                 "on_node", "on_node_uuid",    "pcmk_external_ip"};
  return std::find(std::begin(kOthers), std::end(kOthers), name) == std::end(kOthers);
}

bool in_name_list(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (end == name.size() && list.substr(0, end) == name) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

bool is_fencing_control_parameter(std::string_view name) {
  static constexpr std::string_view kNames[] = {"provides",        "stonith-timeout", "pcmk_action_limit",
                                                "pcmk_delay_base", "pcmk_delay_max",  "pcmk_host_argument",
                                                "pcmk_host_check", "pcmk_host_list",  "pcmk_host_map"};
  if (std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames)) return true;
  if (!starts_with(name, "pcmk_")) return false;
  for (const std::string_view suffix : {"_action", "_timeout", "_retries"}) {
    if (!ends_with(name, suffix) || name.size() <= 5 + suffix.size()) continue;
    const std::string_view middle = name.substr(5, name.size() - 5 - suffix.size());
    if (middle.find('_') == std::string_view::npos) return true;
  }
  return false;
}

std::string document_digest(const Document& document) { return document_digest_without(document, {}); }

// Cut out of the text: it has neither '>' nor quotes within values.
std::string document_digest_without(const Document& document, std::span<const std::string_view> root_attributes) {
  if (!document.root()) return md5_hex({});
  std::string text = write_compact(document.root());
  for (const std::string_view name : root_attributes) {
    if (!document.root().has(name)) continue;
    const std::size_t at = text.find(std::string(" ").append(name).append("=\""));
    text.erase(at, text.find('"', at + name.size() + 3) + 1 - at);
  }
  return md5_hex(text);
}

}  // namespace simcluster::cib
