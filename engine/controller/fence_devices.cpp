#include "engine/controller/fence_devices.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <regex.h>

#include "engine/cib/names.h"
#include "engine/cib/nvpairs.h"
#include "engine/cib/rules.h"
#include "engine/cib/values.h"

namespace simcluster::controller {

namespace {

bool fits(std::string_view expression, std::string_view id) {
  regex_t regex;
  if (regcomp(&regex, std::string(expression).c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
  const bool found = regexec(&regex, std::string(id).c_str(), 0, nullptr, 0) == 0;
  regfree(&regex);
  return found;
}

class DeviceReader {
 public:
  DeviceReader(const cib::Element& configuration, const cib::Element& status, std::string_view node, Time now)
      : configuration_(configuration), node_(node) {
    read_attributes(configuration, status);
    context_.now = cib::DateTime::from_epoch(now.unix_seconds());
    context_.node_attribute = lookup_;
  }

  std::vector<fencer::Device> read() {
    const cib::Element resources = configuration_.first_child("resources");
    if (resources) walk(resources, {}, false);
    return std::move(devices_);
  }

 private:
  // Permanent and transient attributes of the node, and what every node has by itself.
  void read_attributes(const cib::Element& configuration, const cib::Element& status) {
    const auto add = [this](const cib::Element& owner) {
      for (const cib::Element set : owner.children("instance_attributes"))
        for (const cib::Element pair : set.children("nvpair"))
          attributes_[std::string(pair.value("name"))] = pair.value("value");
    };
    const cib::Element nodes = configuration.first_child("nodes");
    if (nodes)
      for (const cib::Element node : nodes.children("node")) {
        if (!cib::equal_ignoring_case(node.value("uname"), node_)) continue;
        add(node);
        attributes_["#id"] = node.id();
      }
    if (status)
      for (const cib::Element state : status.children("node_state")) {
        if (!cib::equal_ignoring_case(state.value("uname"), node_)) continue;
        if (const cib::Element transient = state.first_child("transient_attributes")) add(transient);
      }
    attributes_["#uname"] = node_;
    attributes_["#kind"] = "cluster";
  }

  // `chain`: the resources around it, outermost first.
  void walk(const cib::Element& owner, std::vector<cib::Element> chain, bool disabled) {
    for (const char* kind : {"primitive", "group", "clone", "master"})
      for (const cib::Element resource : owner.children(kind)) {
        std::vector<cib::Element> inner = chain;
        inner.push_back(resource);
        const bool off = disabled || is_stopped(resource);
        if (resource.is("primitive")) {
          if (!off) read_primitive(resource, inner);
        } else {
          walk(resource, inner, off);
        }
      }
  }

  cib::Element template_of(const cib::Element& primitive) const {
    const std::string_view name = primitive.value("template");
    if (!name.empty())
      for (const cib::Element each : configuration_.first_child("resources").children("template"))
        if (each.id() == name) return each;
    return {};
  }

  bool is_stopped(const cib::Element& resource) {
    cib::NvTable meta;
    cib::NextChange next;
    cib::unpack_nvpairs(resource, cib::names::kMetaAttributes, context_, next, meta);
    if (const cib::Element from = template_of(resource))
      cib::unpack_nvpairs(from, cib::names::kMetaAttributes, context_, next, meta);
    return cib::equal_ignoring_case(meta.get("target-role").value_or(""), "Stopped");
  }

  void read_primitive(const cib::Element& primitive, const std::vector<cib::Element>& chain) {
    const cib::Element from = template_of(primitive);
    const cib::Element agent = from ? from : primitive;
    if (agent.value("class") != "stonith" || !is_allowed(chain)) return;
    fencer::Device device;
    device.id = primitive.id();
    device.agent = agent.value("type");
    cib::NvTable parameters;
    cib::NextChange next;
    cib::unpack_nvpairs(primitive, cib::names::kInstanceAttributes, context_, next, parameters);
    if (from) cib::unpack_nvpairs(from, cib::names::kInstanceAttributes, context_, next, parameters);
    for (const auto& [name, value] : parameters) device.parameters.emplace_back(name, value);
    devices_.push_back(std::move(device));
  }

  static bool names_resource(const cib::Element& location, std::string_view id) {
    if (location.value("rsc") == id) return true;
    const std::string_view pattern = location.value("rsc-pattern");
    if (!pattern.empty()) return pattern.front() == '!' ? !fits(pattern.substr(1), id) : fits(pattern, id);
    for (const cib::Element set : location.children("resource_set"))
      for (const cib::Element member : set.children("resource_ref"))
        if (member.id() == id) return true;
    return false;
  }

  // What a constraint says of this node; nothing when it says nothing.
  std::optional<std::int64_t> score_here(const cib::Element& location) {
    if (location.first_child("rule")) {
      std::optional<std::int64_t> sum;
      for (const cib::Element rule : location.children("rule")) {
        cib::NextChange next;
        if (!cib::evaluate_rule(rule, context_, next)) continue;
        const std::string_view named = rule.value("score-attribute");
        const auto attribute = attributes_.find(named);
        const std::string_view text =
            named.empty() ? rule.value("score")
                          : (attribute == attributes_.end() ? std::string_view() : std::string_view(attribute->second));
        sum = sum.value_or(0) + cib::parse_score(text).value_or(0);
      }
      return sum;
    }
    if (!cib::equal_ignoring_case(location.value("node"), node_)) return std::nullopt;
    return cib::parse_score(location.value("score"));
  }

  // No resource of the chain has a negative score here; in an asymmetric cluster one must have some score.
  bool is_allowed(const std::vector<cib::Element>& chain) {
    const cib::Element constraints = configuration_.first_child("constraints");
    bool mentioned = false;
    for (const cib::Element& resource : chain) {
      std::int64_t score = 0;
      if (constraints)
        for (const cib::Element location : constraints.children("rsc_location")) {
          if (!names_resource(location, resource.id())) continue;
          const auto here = score_here(location);
          mentioned = mentioned || here.has_value();
          constexpr std::int64_t kInfinity = 1'000'000;
          if (here && *here <= -kInfinity) return false;
          score += here.value_or(0);
        }
      if (score < 0) return false;
    }
    return mentioned || is_symmetric();
  }

  bool is_symmetric() const {
    const cib::Element options = configuration_.first_child("crm_config");
    if (options)
      for (const cib::Element set : options.children("cluster_property_set"))
        for (const cib::Element pair : set.children("nvpair"))
          if (pair.value("name") == "symmetric-cluster" || pair.value("name") == "symmetric_cluster")
            return cib::parse_bool(pair.value("value")).value_or(true);
    return true;
  }

  struct AttributeLookup {
    const std::map<std::string, std::string, std::less<>>& attributes;
    std::optional<std::string_view> operator()(std::string_view name) const {
      const auto it = attributes.find(name);
      return it == attributes.end() ? std::nullopt : std::optional<std::string_view>(it->second);
    }
  };

  const cib::Element& configuration_;
  std::string_view node_;
  std::map<std::string, std::string, std::less<>> attributes_;
  AttributeLookup lookup_{attributes_};
  cib::RuleContext context_;
  std::vector<fencer::Device> devices_;
};

}  // namespace

std::vector<fencer::Device> usable_devices(const cib::Element& configuration, const cib::Element& status,
                                           std::string_view node, Time now) {
  return DeviceReader(configuration, status, node, now).read();
}

}  // namespace simcluster::controller
