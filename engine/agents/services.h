// Agents of services and of monitors that run as daemons: apache, mysql, nfsserver, pgsql, diskd.
#pragma once

#include "engine/agents/metadata.h"
#include "engine/agents/system.h"

namespace simcluster::agents {

// ocf:heartbeat:apache (AT-4.9).
Task<int> apache(System& system);
AgentMetadata apache_metadata();

// ocf:heartbeat:mysql (AT-4.8, CM-14.17).
Task<int> mysql(System& system);
AgentMetadata mysql_metadata();

// ocf:heartbeat:nfsserver (AT-4.10, CM-14.18).
Task<int> nfsserver(System& system);
AgentMetadata nfsserver_metadata();

// ocf:heartbeat:pgsql (AT-4.7).
Task<int> pgsql(System& system);
AgentMetadata pgsql_metadata();

// ocf:pacemaker:diskd (CM-9.15, CM-14.19): records the health of a disk as a node attribute.
Task<int> diskd(System& system);
AgentMetadata diskd_metadata();

}  // namespace simcluster::agents
