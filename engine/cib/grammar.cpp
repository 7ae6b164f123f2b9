#include "engine/cib/grammar.h"

#include <array>

namespace simcluster::cib {
namespace {

// Attribute sets with rules, in three kinds that differ in the conditions which make sense in them; the schema does not
// tell them apart, so neither does this table.
constexpr std::array kGrammar = {
    Production{"cib",
               "validate-with! admin_epoch:count! epoch:count! num_updates:count! crm_feature_set have-quorum:boolean "
               "dc-uuid no-quorum-panic:boolean cib-last-written update-origin update-client update-user "
               "execution-date remote-tls-port:count remote-clear-port:count",
               "configuration! status?"},
    Production{"configuration", "",
               "crm_config! nodes! resources! constraints! rsc_defaults? op_defaults? fencing-topology? acls? tags? "
               "alerts?"},
    Production{"status", "", ""},

    Production{"crm_config", "", "cluster_property_set*"},
    Production{"cluster_property_set", "id:id id-ref:ref score:score", "rule? nvpair*"},
    Production{"instance_attributes", "id:id id-ref:ref score:score", "rule? nvpair*"},
    Production{"meta_attributes", "id:id id-ref:ref score:score", "rule? nvpair*"},
    Production{"utilization", "id:id id-ref:ref score:score", "rule? nvpair*"},
    Production{"nvpair", "id:id id-ref:ref> name value", ""},

    Production{"rule", "id:id id-ref:ref score:score score-attribute boolean-op:boolean-op role",
               "expression* date_expression* rsc_expression*> op_expression*> rule*"},
    Production{"expression", "id:id! attribute! operation:expression! value type:value-type value-source:value-source",
               ""},
    Production{"date_expression", "id:id! operation:date-operation! start end", "duration? date_spec?"},
    Production{"duration",
               "id:id! years months weeks days> hours minutes> seconds> monthdays weekdays yearsdays weekyears moon",
               ""},
    Production{"date_spec",
               "id:id! years months monthdays hours minutes> seconds> yeardays> yearsdays weekyears weeks weekdays "
               "moon<",
               ""},
    Production{"rsc_expression", "id:id! class provider type", ""},
    Production{"op_expression", "id:id! name! interval", ""},

    Production{"nodes", "", "node*"},
    Production{"node", "id! uname! type:node-type description score:score", "instance_attributes* utilization*"},

    Production{"resources", "", "primitive* template* group* clone* master*< bundle*"},
    Production{"primitive", "id:id! class:class provider type template:ref description",
               "instance_attributes* meta_attributes* utilization* operations?"},
    Production{"template", "id:id! class:class! provider type! description",
               "instance_attributes* meta_attributes* utilization* operations?"},
    Production{"operations", "id:id id-ref:ref", "op*"},
    Production{"op",
               "id:id! name! interval! timeout enabled:boolean record-pending:boolean role:role on-fail:on-fail "
               "start-delay interval-origin requires:requires^ description",
               "instance_attributes* meta_attributes*"},
    Production{"group", "id:id! description", "instance_attributes* meta_attributes* primitive+"},
    Production{"clone", "id:id! description", "instance_attributes* meta_attributes* primitive? group?"},
    Production{"master", "id:id! description", "instance_attributes* meta_attributes* primitive? group?"},
    Production{"bundle", "id:id! description",
               "instance_attributes* meta_attributes* docker? podman?> rkt?< network? storage? primitive?"},
    Production{"docker",
               "image! replicas:integer replicas-per-host:integer masters:integer< promoted-max:integer> "
               "run-command network options",
               ""},
    Production{"podman",
               "image! replicas:integer replicas-per-host:integer masters:integer< promoted-max:integer> "
               "run-command network options",
               ""},
    Production{"rkt",
               "image! replicas:integer replicas-per-host:integer masters:integer promoted-max:integer> "
               "run-command network options",
               ""},
    Production{"network", "ip-range-start control-port:count host-interface host-netmask:count add-host:boolean>",
               "port-mapping*"},
    Production{"port-mapping", "id:id! port:count internal-port:count range", ""},
    Production{"storage", "", "storage-mapping*"},
    Production{"storage-mapping", "id:id! source-dir source-dir-root target-dir! options", ""},

    Production{"constraints", "", "rsc_location* rsc_colocation* rsc_order* rsc_ticket*"},
    Production{"rsc_location", "id:id! rsc:ref rsc-pattern role:role node score:score resource-discovery:discovery",
               "resource_set* rule* lifetime?<"},
    Production{"rsc_colocation",
               "id:id! score:score score-attribute^ score-attribute-mangle^ rsc:ref with-rsc:ref node-attribute "
               "rsc-role:role with-rsc-role:role influence> rsc-instance:count^ with-rsc-instance:count^",
               "resource_set* lifetime?<"},
    Production{"rsc_order",
               "id:id! score:score kind:kind symmetrical:boolean require-all:boolean first:ref then:ref "
               "first-action:action then-action:action first-instance:count^ then-instance:count^",
               "resource_set* lifetime?<"},
    Production{"rsc_ticket", "id:id! ticket! rsc:ref rsc-role:role loss-policy:loss-policy", "resource_set*"},
    Production{"resource_set",
               "id:id id-ref:ref sequential:boolean require-all:boolean ordering:ordering action:action role:role "
               "score:score kind:kind>",
               "resource_ref*"},
    Production{"resource_ref", "id:ref!", ""},
    Production{"lifetime", "", "rule+"},

    Production{"rsc_defaults", "", "meta_attributes*"},
    Production{"op_defaults", "", "meta_attributes*"},
    Production{"fencing-topology", "", "fencing-level*"},
    Production{"fencing-level",
               "id:id! target target-pattern target-attribute target-value index:level! devices:devices!", ""},
    Production{"tags", "", "tag*"},
    Production{"tag", "id:id!", "obj_ref+"},
    Production{"obj_ref", "id:ref!", ""},

    Production{"acls", "", "acl_target* acl_group* acl_role* acl_user*^"},
    Production{"acl_target", "id! name>", "role*"},
    Production{"acl_group", "id:id! name", "role*"},
    Production{"role", "id:ref!", ""},
    Production{"acl_role", "id:id! description", "acl_permission* read*^ write*^ deny*^"},
    Production{"acl_permission", "id:id! kind:permission! xpath reference:ref object-type attribute description", ""},
    Production{"acl_user", "id!", "role_ref* read* write* deny*"},
    Production{"role_ref", "id:ref!", ""},
    Production{"read", "id:id! ref tag xpath attribute", ""},
    Production{"write", "id:id! ref tag xpath attribute", ""},
    Production{"deny", "id:id! ref tag xpath attribute", ""},

    Production{"alerts", "", "alert*"},
    Production{"alert", "id:id! path! description", "instance_attributes* meta_attributes* select? recipient*"},
    Production{"recipient", "id:id! value! description", "instance_attributes* meta_attributes*"},
    Production{"select", "", "select_nodes? select_fencing? select_resources? select_attributes?"},
    Production{"select_nodes", "", ""},
    Production{"select_fencing", "", ""},
    Production{"select_resources", "", ""},
    Production{"select_attributes", "", "select_attributes/attribute*"},
    Production{"select_attributes/attribute", "id:id! name!", ""},
};

}  // namespace

std::span<const Production> cib_grammar() { return kGrammar; }

}  // namespace simcluster::cib
