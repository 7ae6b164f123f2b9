// Names of elements and attributes as small integers. The names of the CIB format have fixed numbers that hold in every
// document, so that code which looks at many elements compares integers; other names get numbers per document.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/ids.h"

namespace simcluster::cib {

using Name = Id<struct NameTag>;

// constant, text.
#define SIMCLUSTER_CIB_NAMES(X)                   \
  X(kId, "id")                                    \
  X(kIdRef, "id-ref")                             \
  X(kName, "name")                                \
  X(kValue, "value")                              \
  X(kScore, "score")                              \
  X(kRole, "role")                                \
  X(kRsc, "rsc")                                  \
  X(kNode, "node")                                \
  X(kType, "type")                                \
  X(kClass, "class")                              \
  X(kProvider, "provider")                        \
  X(kTemplate, "template")                        \
  X(kUname, "uname")                              \
  X(kInterval, "interval")                        \
  X(kTimeout, "timeout")                          \
  X(kOperation, "operation")                      \
  X(kOperationKey, "operation_key")               \
  X(kCrmDebugOrigin, "crm-debug-origin")          \
  X(kCrmFeatureSet, "crm_feature_set")            \
  X(kTransitionKey, "transition-key")             \
  X(kTransitionMagic, "transition-magic")         \
  X(kExitReason, "exit-reason")                   \
  X(kOnNode, "on_node")                           \
  X(kCallId, "call-id")                           \
  X(kRcCode, "rc-code")                           \
  X(kOpStatus, "op-status")                       \
  X(kLastRcChange, "last-rc-change")              \
  X(kLastRun, "last-run")                         \
  X(kExecTime, "exec-time")                       \
  X(kQueueTime, "queue-time")                     \
  X(kOpDigest, "op-digest")                       \
  X(kOpForceRestart, "op-force-restart")          \
  X(kOpRestartDigest, "op-restart-digest")        \
  X(kOpSecureParams, "op-secure-params")          \
  X(kOpSecureDigest, "op-secure-digest")          \
  X(kMigrateSource, "migrate_source")             \
  X(kMigrateTarget, "migrate_target")             \
  X(kInCcm, "in_ccm")                             \
  X(kCrmd, "crmd")                                \
  X(kJoin, "join")                                \
  X(kExpected, "expected")                        \
  X(kCib, "cib")                                  \
  X(kConfiguration, "configuration")              \
  X(kCrmConfig, "crm_config")                     \
  X(kNodes, "nodes")                              \
  X(kResources, "resources")                      \
  X(kConstraints, "constraints")                  \
  X(kRscDefaults, "rsc_defaults")                 \
  X(kOpDefaults, "op_defaults")                   \
  X(kFencingTopology, "fencing-topology")         \
  X(kFencingLevel, "fencing-level")               \
  X(kTags, "tags")                                \
  X(kTag, "tag")                                  \
  X(kObjRef, "obj_ref")                           \
  X(kAlerts, "alerts")                            \
  X(kAcls, "acls")                                \
  X(kStatus, "status")                            \
  X(kTickets, "tickets")                          \
  X(kTicketState, "ticket_state")                 \
  X(kNodeState, "node_state")                     \
  X(kTransientAttributes, "transient_attributes") \
  X(kLrm, "lrm")                                  \
  X(kLrmResources, "lrm_resources")               \
  X(kLrmResource, "lrm_resource")                 \
  X(kLrmRscOp, "lrm_rsc_op")                      \
  X(kClusterPropertySet, "cluster_property_set")  \
  X(kInstanceAttributes, "instance_attributes")   \
  X(kMetaAttributes, "meta_attributes")           \
  X(kUtilization, "utilization")                  \
  X(kNvpair, "nvpair")                            \
  X(kAttributes, "attributes")                    \
  X(kRule, "rule")                                \
  X(kBooleanOp, "boolean-op")                     \
  X(kExpression, "expression")                    \
  X(kDateExpression, "date_expression")           \
  X(kDateSpec, "date_spec")                       \
  X(kDuration, "duration")                        \
  X(kRscExpression, "rsc_expression")             \
  X(kOpExpression, "op_expression")               \
  X(kAttribute, "attribute")                      \
  X(kValueSource, "value-source")                 \
  X(kStart, "start")                              \
  X(kEnd, "end")                                  \
  X(kPrimitive, "primitive")                      \
  X(kGroup, "group")                              \
  X(kClone, "clone")                              \
  X(kMaster, "master")                            \
  X(kBundle, "bundle")                            \
  X(kOperations, "operations")                    \
  X(kOp, "op")                                    \
  X(kRscLocation, "rsc_location")                 \
  X(kRscColocation, "rsc_colocation")             \
  X(kRscOrder, "rsc_order")                       \
  X(kRscTicket, "rsc_ticket")                     \
  X(kResourceSet, "resource_set")                 \
  X(kResourceRef, "resource_ref")                 \
  X(kFirst, "first")                              \
  X(kThen, "then")                                \
  X(kWithRsc, "with-rsc")                         \
  X(kRscPattern, "rsc-pattern")                   \
  X(kTicket, "ticket")                            \
  X(kValidateWith, "validate-with")               \
  X(kAdminEpoch, "admin_epoch")                   \
  X(kEpoch, "epoch")                              \
  X(kNumUpdates, "num_updates")

enum class NameNumber : std::uint32_t {
#define SIMCLUSTER_CIB_NAME_NUMBER(constant, text) constant,
  SIMCLUSTER_CIB_NAMES(SIMCLUSTER_CIB_NAME_NUMBER)
#undef SIMCLUSTER_CIB_NAME_NUMBER
      kCount
};

namespace names {
#define SIMCLUSTER_CIB_NAME_CONSTANT(constant, text) \
  inline constexpr Name constant{static_cast<std::uint32_t>(NameNumber::constant)};
SIMCLUSTER_CIB_NAMES(SIMCLUSTER_CIB_NAME_CONSTANT)
#undef SIMCLUSTER_CIB_NAME_CONSTANT
}  // namespace names

// The names that one document (and its copies) uses. Views stay valid as long as the table.
class NameTable {
 public:
  NameTable();
  NameTable(const NameTable& other);
  NameTable& operator=(const NameTable&) = delete;

  // The number of `text`, or none when it is not in the table.
  Name find(std::string_view text) const;
  Name intern(std::string_view text);
  std::string_view text(Name name) const { return texts_[name.index()]; }

 private:
  std::vector<std::string_view> texts_;
  std::vector<std::unique_ptr<char[]>> own_;
  std::unordered_map<std::string_view, Name> extra_;  // names without a fixed number
};

}  // namespace simcluster::cib
