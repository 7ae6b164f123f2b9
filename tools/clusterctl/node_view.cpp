#include "tools/clusterctl/node_view.h"

#include <utility>

#include "tools/clusterctl/control_client.h"

namespace simcluster::clusterctl {

Result<NodeView> look_at_node(const std::string& socket_path) {
  auto status = ask(socket_path, {{"request", "status"}});
  if (!status) return tl::unexpected(status.error());
  const auto cib = ask(socket_path, {{"request", "cib"}});
  if (!cib) return tl::unexpected(cib.error());
  auto document = cib::parse_document(cib->at("cib").get<std::string>(), "cib");
  if (!document) return tl::unexpected(document.error());
  StackVersions versions;
  versions.pacemaker = status->at("releases").at("pacemaker");
  versions.corosync = status->at("releases").at("corosync");
  const auto profile = make_profile(std::move(versions));
  if (!profile) return tl::unexpected(profile.error());
  return NodeView{std::move(*status), std::move(*document), *profile};
}

}  // namespace simcluster::clusterctl
