// Configured operations (`op` elements) and what they say about an action (S1 chapter 11).
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/cib/document.h"
#include "engine/scheduler/ids.h"
#include "engine/scheduler/pairs.h"
#include "engine/scheduler/roles.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// One `op` of a resource, after templates and id-refs are resolved. A resource's operations are a range of
// Model::operations in document order.
struct Operation {
  cib::Element xml;
  std::string_view id;
  std::string_view name;
  std::string_view role;           // XML attribute, empty when missing
  std::uint32_t interval = 0;      // milliseconds
  bool enabled = true;             // false only for an explicitly false XML attribute (S1 C-11.2)
  bool blocks_on_failure = false;  // XML attribute on-fail="block", not from an id-ref (S2 C-12.4)
  bool duplicate = false;          // another definition has the same name and interval (S1 C-11.3)
};

// What to do about a failed operation, in order of severity (S2 chapter 11).
enum class OnFail : std::uint8_t {
  kIgnore,
  kDemote,
  kRestart,
  kResetRemote,
  kRestartContainer,
  kBan,
  kBlock,
  kStop,
  kStandbyNode,
  kFenceNode,
};

// What an action needs before it may run (S1 C-11.10).
enum class Needs : std::uint8_t { kNothing, kQuorum, kFencing };

// Reads the operations of a primitive, merged with its template's (S1 C-9.6, C-9.7, C-11.3).
void unpack_operations(Model& model, Resource& resource);

// S1 C-11.2: the first definition of (name, interval), disabled ones included on demand. No fallback to `migrate` or
// `notify`.
OperationId find_operation(const Model& model, const Resource& resource, std::string_view name, std::uint32_t interval,
                           bool include_disabled);
// The definition used for an action (S5 B-7): with the fallback of migrate_to and migrate_from to `migrate`, and of
// notification actions to `notify`.
OperationId find_action_operation(const Model& model, const Resource& resource, std::string_view task,
                                  std::uint32_t interval, bool is_notification);

// S1 C-11.5, S5 B-8: the meta-attributes of an action, normalised (timeout in milliseconds, checked on-fail, ...).
// `node` may be none. `operation` may be none. The values stay valid as long as the model.
Pairs operation_meta(Model& model, const Resource& resource, NodeId node, std::string_view task, std::uint32_t interval,
                     OperationId operation);

// S1 C-11.7, S2 L-13.3 to L-13.5. `on_fail` is the checked value from operation_meta, empty when unset.
OnFail failure_policy(const Model& model, const Resource& resource, std::string_view task, std::uint32_t interval,
                      std::string_view on_fail);
// S2 L-13.6.
Role role_after_failure(const Resource& resource, std::string_view task, OnFail policy);
// S1 C-11.10.
Needs action_needs(const Resource& resource, std::string_view task);

// S1 C-11.11: the operation's own instance attributes for an action on `node` (may be none). Empty without definition.
Pairs operation_parameters(Model& model, NodeId node, OperationId operation);

}  // namespace simcluster::scheduler
