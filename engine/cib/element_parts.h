// Elements and comments in the order in which they stand: for writers that keep the places of comments.
#pragma once

#include <string_view>
#include <vector>

#include "engine/cib/document.h"

namespace simcluster::cib {

// What stands in an element: another element, or a comment.
struct ElementPart {
  Element element;           // none: a comment
  std::string_view comment;  // its text
};

std::vector<ElementPart> parts_of(const Element& element);

}  // namespace simcluster::cib
