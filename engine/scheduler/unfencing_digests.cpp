#include "engine/scheduler/unfencing_digests.h"

#include <string>

#include <fmt/core.h>

#include "engine/scheduler/digest_check.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

enum class Comparison : std::uint8_t { kUnknown, kMatch, kPrivateOnly, kMismatch };

// S1 C-18.10.
Comparison compare(const Node& node, const std::string& all, const std::string& secure) {
  const auto recorded = node_attribute(node, "#digests-all");
  if (!recorded) return Comparison::kUnknown;
  if (recorded->find(all) != std::string_view::npos) return Comparison::kMatch;
  const auto recorded_secure = node_attribute(node, "#digests-secure");
  if (recorded_secure && recorded_secure->find(secure) != std::string_view::npos) return Comparison::kPrivateOnly;
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
    const Comparison comparison = compare(node, prefix + digests.all, prefix + digests.secure);
    if (comparison == Comparison::kPrivateOnly) {
      inform(model, fmt::format("Only 'private' parameters to {} for unfencing {} changed", device.id, node.name));
    } else if (comparison == Comparison::kMismatch) {
      unchanged = false;
      if (model.sanitized) {
        inform(model, fmt::format("Parameters to {} for unfencing {} changed, try '{}'", device.id, node.name,
                                  prefix + digests.secure));
      }
      const std::string text =
          fmt::format("Unfencing node {} because the definition of {} changed", node.name, device.id);
      log(model, LogLevel::kNotice, "pe_fence_op", "{}", text);
      inform(model, "notice: " + text);
    }
  }
  model.actions[action].meta.set("digests-all", model.strings.store(all));
  model.actions[action].meta.set("digests-secure", model.strings.store(secure));
  return unchanged;
}

}  // namespace simcluster::scheduler
