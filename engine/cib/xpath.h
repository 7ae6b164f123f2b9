// XPath over documents.
#pragma once

#include <string_view>
#include <vector>

#include "engine/cib/document.h"

namespace simcluster::cib {

// The elements that an XPath 1.0 expression selects, in document order, each once. What is selected of an element
// (an attribute, say) stands for the element, "/" for the root. Empty when nothing is selected, when the expression
// yields no nodes, or when it cannot be read: the cluster's tools make no difference (AT-9.1).
std::vector<Element> select(const Document& document, std::string_view expression);

}  // namespace simcluster::cib
