// What the crm shell does to a configuration object by object: rename, delete, modgroup, and edit or filter, which
// change the text of objects. As crmsh 4.4 does it (black-box runs), ids and places of elements included.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/cib/document.h"

namespace simcluster::cib {

// An element of this name is a resource: a primitive, or what contains some.
bool is_resource(std::string_view name);
// A clone or a master; false for no element.
bool is_clone(const Element& element);

// Constraints name `new_id` where they named `id`, their sets, too, if `in_sets`.
void change_references(Document& cib, std::string_view id, std::string_view new_id, bool in_sets);

// An error leaves `cib` as it was, and says what crmsh says.

// Constraints follow; tags keep the old id.
Result<void> rename_object(Document& cib, std::string_view id, std::string_view new_id);
// Constraints and tags lose what is deleted, and go with their last reason to be. What stood in a container stays; what
// was said of it is said of the first of them. A container goes with its last member.
Result<void> delete_objects(Document& cib, const std::vector<std::string_view>& ids);
// `words`: GROUP add ID [after ID | before ID], or GROUP remove ID.
Result<void> modify_group(Document& cib, const std::vector<std::string_view>& words);

enum class ObjectText : unsigned char {
  kAsShown,  // as `show` prints it
  kOneLine,  // an object is a line
};
// The text of these objects, or of all, goes through edit_lines() and is loaded. Objects that have vanished are
// deleted.
Result<void> edit_objects(Document& cib, const std::vector<std::string_view>& ids, std::string_view script,
                          ObjectText form);

}  // namespace simcluster::cib
