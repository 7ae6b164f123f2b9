#include "engine/agents/registry.h"

#include <array>

#include "engine/agents/dummy.h"
#include "engine/agents/fence_agents.h"
#include "engine/agents/filesystem.h"
#include "engine/agents/ipaddr2.h"
#include "engine/agents/ping.h"
#include "engine/agents/services.h"

namespace simcluster::agents {
namespace {

struct Entry {
  Agent agent;
  bool (*in_release)(const Profile&) = nullptr;  // null: in every release
};

const auto& entries() {
  static const std::array kEntries = {
      Entry{{ipaddr2_metadata(), ipaddr2}, [](const Profile& profile) { return !profile.ocf_exit_reason; }},
      Entry{{ipaddr2_current_metadata(), ipaddr2},
            [](const Profile& profile) { return profile.ocf_exit_reason && !profile.ipaddr2_checks_link_status; }},
      Entry{{ipaddr2_newest_metadata(), ipaddr2},
            [](const Profile& profile) { return profile.ipaddr2_checks_link_status; }},
      Entry{{heartbeat_dummy_metadata(), heartbeat_dummy}},
      Entry{{pacemaker_dummy_metadata(), pacemaker_dummy}},
      Entry{{delay_metadata(), delay}},
      Entry{{heartbeat_stateful_metadata(), stateful}},
      Entry{{pacemaker_stateful_metadata(), stateful}},
      Entry{{filesystem_metadata(), filesystem}},
      Entry{{apache_metadata(), apache}},
      Entry{{mysql_metadata(), mysql}},
      Entry{{nfsserver_metadata(), nfsserver}},
      Entry{{pgsql_metadata(), pgsql}},
      Entry{{diskd_metadata(), diskd}},
      Entry{{ping_agent_metadata(), ping_agent}},
      Entry{{heartbeat_pingd_metadata(), pingd_agent}},
      Entry{{fence_vbox_metadata(), fence_vbox}},
      Entry{{fence_ipmilan_metadata(), fence_ipmilan}},
      Entry{{fence_scsi_metadata(), fence_scsi}},
      Entry{{external_ipmi_metadata(), external_ipmi}},
      Entry{{external_stonith_helper_metadata(), external_stonith_helper}},
      Entry{{meatware_metadata(), meatware}},
      Entry{{null_plugin_metadata(), null_plugin}},
      Entry{{pacemaker_pingd_metadata(), pingd_agent}},
  };
  return kEntries;
}

bool is_named(const AgentMetadata& metadata, std::string_view standard, std::string_view provider,
              std::string_view type) {
  return metadata.type == type && metadata.provider == provider && metadata.standard == standard;
}

}  // namespace

const Agent* find_agent(std::string_view standard, std::string_view provider, std::string_view type,
                        const Profile& profile) {
  for (const Entry& entry : entries()) {
    if (!is_named(entry.agent.metadata, standard, provider, type)) continue;
    if (entry.in_release == nullptr || entry.in_release(profile)) return &entry.agent;
  }
  return nullptr;
}

std::vector<const AgentMetadata*> agents_of(const Profile& profile) {
  std::vector<const AgentMetadata*> found;
  for (const Entry& entry : entries())
    if (entry.in_release == nullptr || entry.in_release(profile)) found.push_back(&entry.agent.metadata);
  return found;
}

}  // namespace simcluster::agents
