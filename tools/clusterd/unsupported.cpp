#include "tools/clusterd/unsupported.h"

#include <fmt/core.h>

#include "engine/cib/cluster_property.h"
#include "engine/cib/values.h"

namespace simcluster::clusterd {

namespace {

bool has_meta(const cib::Element& resource, std::string_view name) {
  for (const cib::Element set : resource.children("meta_attributes"))
    for (const cib::Element pair : set.children("nvpair"))
      if (pair.value("name") == name) return true;
  return false;
}

// Empty: nothing is wrong with it.
std::string why_not(const cib::Element& resource) {
  if (resource.is("bundle"))
    return fmt::format("bundle {}: clusterd cannot manage what runs in containers", resource.id());
  if (!resource.is("primitive") && !resource.is("template")) return {};
  const std::string_view standard = resource.value("class");
  if (standard == "upstart" || standard == "nagios")
    return fmt::format(
        "{} {}: clusterd does not run agents of class {} (expected ocf, systemd, lsb, service or stonith)",
        resource.name(), resource.id(), standard);
  if (standard == "ocf" && resource.value("provider") == "pacemaker" && resource.value("type") == "remote")
    return fmt::format("{} {}: clusterd has no remote nodes", resource.name(), resource.id());
  if (has_meta(resource, "remote-node"))
    return fmt::format("{} {}: clusterd has no guest nodes (remote-node)", resource.name(), resource.id());
  return {};
}

}  // namespace

bool acls_are_on(const cib::Document& cib) {
  const auto property = cib::find_property(cib, "enable-acl");
  return property && cib::is_true(property->value);
}

std::vector<Error> unsupported_in(const cib::Document& cib) {
  std::vector<Error> found;
  const auto tell = [&](std::string sentence, const cib::Element& element) {
    found.push_back({std::move(sentence), element.place()});
  };
  const cib::Element resources = cib.find_path("configuration/resources");
  for (cib::Element each = resources; each; each = each.next_in(resources))
    if (std::string why = why_not(each); !why.empty()) tell(std::move(why), each);
  if (const cib::Element alert = cib.find_path("configuration/alerts").first_child("alert"))
    tell(fmt::format("alert {}: clusterd calls no alert agents", alert.id()), alert);
  if (acls_are_on(cib))
    tell("enable-acl: clusterd knows no ACLs; only root and hacluster may use it while that is on", cib.root());
  return found;
}

}  // namespace simcluster::clusterd
