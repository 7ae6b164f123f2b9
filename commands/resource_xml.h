// What crm_resource tells with --output-as=xml (AT-9.2), as 2.1.5 does it.
#pragma once

#include <string>
#include <string_view>

#include "commands/cluster_state.h"
#include "reports/xml_writer.h"

namespace simcluster::commands {

// Commands whose result has an XML form here. Those that change something tell nothing but how they ended.
bool has_xml_form(std::string_view command);

struct ResourceQuestion {
  std::string_view command;
  const scheduler::Resource* resource = nullptr;  // -r
  std::string_view asked;                         // its name as it was typed
  std::string_view node;
  std::string_view name;   // of a parameter or property
  std::string_view value;  // its value; empty: there is none
};
void write_resource_answer(const ResourceQuestion& question, const ClusterState& state, const Profile& profile,
                           reports::XmlWriter& xml);

}  // namespace simcluster::commands
