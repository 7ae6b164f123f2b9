// Digests of operation parameters and of whole documents (S1 section 18, CM part F).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/cib/document.h"

namespace simcluster::cib {

// MD5 in lower-case hexadecimal.
std::string md5_hex(std::string_view bytes);

// The digest of a parameter list in any order, names unique (S1 C-18.1, C-18.2).
using Parameter = std::pair<std::string_view, std::string_view>;
std::string parameters_digest(std::span<const Parameter> parameters);

// The parameter counts for the digest: all but CRM_meta_*, id, crm_feature_set, ... (S1 C-18.3 step 5).
// CRM_meta_timeout counts for recurring operations.
bool counts_for_digest(std::string_view parameter_name, bool recurring);

// The name is in the blank-separated list (op-force-restart, op-secure-params; S1 C-18.5, C-18.6).
bool in_name_list(std::string_view list, std::string_view name);

// The name never counts for the secure digest of a stonith device recorded before feature set 3.16.0 (S1 C-18.6).
bool is_fencing_control_parameter(std::string_view parameter_name);

// Equal for documents that write_compact() writes alike: what replicas of the CIB compare (CM-6.9, CM-6.10).
std::string document_digest(const Document& document);
// The same as if the root had none of these attributes.
std::string document_digest_without(const Document& document, std::span<const std::string_view> root_attributes);

}  // namespace simcluster::cib
