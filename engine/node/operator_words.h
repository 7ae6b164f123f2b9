// What the files of the operator's shell share: words of a command, paths in the CIB, names of attribute sets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/cib/document.h"
#include "engine/controller/cib_request.h"

namespace simcluster::node {

inline constexpr std::string_view kMetaSet = "meta_attributes";
inline constexpr std::string_view kParameterSet = "instance_attributes";
inline constexpr std::string_view kUtilization = "utilization";

// As a POSIX shell splits them: quotes and backslashes. An error when a quote is not closed.
Result<std::vector<std::string>> split_words(std::string_view text);

// Path of an element from below the root, by ids.
controller::CibPath path_of(cib::Element element);

// A clone or a master.
bool is_clone(const cib::Element& element);

// The pair of that name in the first set of this kind that has one; none when there is none.
cib::Element find_pair(const cib::Element& owner, std::string_view set_name, std::string_view name);

}  // namespace simcluster::node
