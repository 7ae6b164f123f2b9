#include "engine/scheduler/unfencing_digests.h"

#include <string>

#include "engine/scheduler/digest_check.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

enum class Comparison : std::uint8_t { kUnknown, kMatch, kMismatch };

// S1 C-18.10.
Comparison compare(const Node& node, const std::string& all, const std::string& secure) {
  const auto recorded = node_attribute(node, "#digests-all");
  if (!recorded) return Comparison::kUnknown;
  if (recorded->find(all) != std::string_view::npos) return Comparison::kMatch;
  const auto recorded_secure = node_attribute(node, "#digests-secure");
  if (recorded_secure && recorded_secure->find(secure) != std::string_view::npos) return Comparison::kMatch;
  return Comparison::kMismatch;
}

}  // namespace

bool add_unfencing_digests(Model& model, const Node& node, ActionId action) {
  std::string all;
  std::string secure;
  bool unchanged = true;
  for (const ResourceId id : model.unfencing_devices) {
    const Resource& device = model.resource(id);
    const VirtualDigests digests = virtual_digests(model, device, node.self, "stonith-on");
    const std::string prefix = std::string(device.id) + ":" + std::string(device.type) + ":";
    all += prefix + digests.all + ",";
    secure += prefix + digests.secure + ",";
    if (compare(node, prefix + digests.all, prefix + digests.secure) == Comparison::kMismatch) {
      unchanged = false;
      if (model.sanitized) {
        model.info_lines.push_back("Parameters to " + std::string(device.id) + " for unfencing " +
                                   std::string(node.name) + " changed, try '" + prefix + digests.secure + "'");
      }
      model.info_lines.push_back("notice: Unfencing node " + std::string(node.name) + " because the definition of " +
                                 std::string(device.id) + " changed");
    }
  }
  model.actions[action].meta.set("digests-all", model.strings.store(all));
  model.actions[action].meta.set("digests-secure", model.strings.store(secure));
  return unchanged;
}

}  // namespace simcluster::scheduler
