// The conversions between schema generations. Private to upgrading and validation.
#pragma once

#include <string_view>

#include "engine/cib/document.h"

namespace simcluster::cib {

// Access control lists of the first generation (S1 C-1.14): what 2.0 does not know, and its conversion.
bool needs_acl_conversion(const Document& document);
void convert_acls(Document& document);

// 2.10 to 3.0 (S1 C-1.13).
bool needs_conversion_to_3_0(const Document& document);
void convert_to_3_0(Document& document);
// Whether 3.0 refuses the name of this <nvpair> where it stands: old cluster options, `isolation` of resources,
// `requires` of operations (measured with 2.1.5).
bool gone_with_3_0(const Element& pair);

// 3.10 to 4.0 (S1 C-1.11, C-1.12). Looks only at names of properties and meta-attributes; the rest is validate()'s.
bool has_names_gone_in_4_0(const Document& document);
void convert_to_4_0(Document& document);

}  // namespace simcluster::cib
