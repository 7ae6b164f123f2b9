#include "sim/scenario/watched_cib.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/cib/crm_edit.h"
#include "engine/cib/dates.h"
#include "engine/cib/nvpairs.h"
#include "engine/cib/patch.h"
#include "engine/cib/rules.h"
#include "engine/cib/values.h"
#include "engine/node/node.h"
#include "sim/world/machine.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

// The address of an IPaddr2 or IPaddr resource; unspecified for all others.
IpAddress served_address(const cib::Element& primitive) {
  const auto type = primitive.value("type");
  if (type != "IPaddr2" && type != "IPaddr") return {};
  if (const cib::Element pair = cib::find_pair(primitive, "instance_attributes", "ip"))
    return IpAddress::parse(pair.value("value")).value_or(IpAddress{});
  return {};
}

bool below(cib::Element element, std::string_view ancestor) {
  for (cib::Element at = element.parent(); at; at = at.parent())
    if (at.is(ancestor)) return true;
  return false;
}

bool is_single(cib::Element element) {
  return element.is("primitive") && element.value("class") != "stonith" && !below(element, "clone") &&
         !below(element, "master") && !below(element, "bundle");
}

// A meta attribute of a resource: its own, of what it is part of, or the default of all.
std::string_view meta_of(cib::Element element, std::string_view name) {
  const auto find = [&](const cib::Element& owner) -> std::optional<std::string_view> {
    for (const cib::Element set : owner.children("meta_attributes"))
      for (const cib::Element pair : set.children("nvpair"))
        if (pair.value("name") == name) return pair.value("value");
    return std::nullopt;
  };
  cib::Element at = element;
  for (; at && !at.is("resources"); at = at.parent())
    if (const auto value = find(at)) return *value;
  return find(at.parent().first_child("rsc_defaults")).value_or("");
}

// Every date_expression of the configuration as a rule of its own: what else its rule asks for is not the clock's.
std::function<std::vector<bool>(Time)> time_conditions(const cib::Document& document) {
  std::vector<std::shared_ptr<const cib::Document>> rules;
  const cib::Element configuration = document.find_path("configuration");
  for (auto element = configuration.next_in(configuration); element; element = element.next_in(configuration)) {
    if (!element.is("date_expression")) continue;
    auto rule = std::make_shared<cib::Document>();
    rule->create_root("rule").append_copy(element);
    rules.push_back(std::move(rule));
  }
  if (rules.empty()) return {};
  return [rules](Time at) {
    std::vector<bool> hold;
    for (const auto& rule : rules) {
      cib::RuleContext context;
      context.now = cib::DateTime::from_epoch(at.unix_seconds());
      cib::NextChange next;
      hold.push_back(cib::evaluate_rule(rule->root(), context, next));
    }
    return hold;
  };
}

// What a constraint is about: a primitive that runs once. Members of groups follow one another and run together.
WatchedConfiguration watched_configuration(const cib::Document& document) {
  WatchedConfiguration watched;
  watched.time_conditions = time_conditions(document);
  const cib::Element resources = document.find_path("configuration/resources");
  if (!resources) return watched;
  const auto single = [&](std::string_view id) {
    return std::find(watched.single.begin(), watched.single.end(), id) != watched.single.end();
  };
  for (auto element = resources.next_in(resources); element; element = element.next_in(resources)) {
    if (is_single(element)) watched.single.emplace_back(element.id());
    if (element.is("primitive") && element.value("class") != "stonith" && meta_of(element, "requires") == "unfencing")
      watched.unfenced.emplace_back(element.id());
    if (const auto ms = cib::parse_interval(meta_of(element, "failure-timeout")); ms && *ms > 0)
      watched.failure_timeouts.emplace(element.id(), milliseconds(*ms));
    if (!element.is("group") || below(element, "clone") || below(element, "master")) continue;
    cib::Element before;
    for (const cib::Element member : element.children("primitive")) {
      if (before) {
        watched.orders.push_back({std::string(before.id()), std::string(member.id())});
        watched.colocations.push_back({std::string(member.id()), std::string(before.id())});
      }
      before = member;
    }
  }
  const cib::Element constraints = document.find_path("configuration/constraints");
  if (!constraints) return watched;
  for (const cib::Element order : constraints.children("rsc_order")) {
    const bool mandatory = order.value("kind").empty() ? order.value("score", "INFINITY") == "INFINITY"
                                                       : order.value("kind") == "Mandatory";
    const bool plain =
        order.value("first-action").empty() && order.value("then-action").empty() && order.value("symmetrical").empty();
    if (mandatory && plain && single(order.value("first")) && single(order.value("then")))
      watched.orders.push_back({std::string(order.value("first")), std::string(order.value("then"))});
  }
  for (const cib::Element colocation : constraints.children("rsc_colocation"))
    if (colocation.value("score") == "INFINITY" && single(colocation.value("rsc")) &&
        single(colocation.value("with-rsc")))
      watched.colocations.push_back({std::string(colocation.value("rsc")), std::string(colocation.value("with-rsc"))});
  return watched;
}

class ConfigurationWatch {
 public:
  ConfigurationWatch(World& world, std::string text) : world_(world), text_(std::move(text)) {}

  std::optional<WatchedCluster> operator()(NodeIndex machine) {
    const node::Node* node = world_.machine(machine).node();
    if (node == nullptr) return std::nullopt;
    const cib::Document& document = node->cib();
    const auto version = cib::version_of(document.root());
    const std::pair seen{version.admin_epoch, version.epoch};
    if (std::exchange(seen_[machine], seen) == seen) return std::nullopt;
    std::string text = watched_text(document);
    if (text == text_) return std::nullopt;
    text_ = std::move(text);
    return watched_in(document);
  }

 private:
  World& world_;
  std::map<NodeIndex, std::pair<std::int64_t, std::int64_t>> seen_;
  std::string text_;
};

}  // namespace

WatchedCluster watched_in(const cib::Document& document) {
  WatchedCluster watched;
  watched.configuration = watched_configuration(document);
  const cib::Element resources = document.find_path("configuration/resources");
  if (!resources) return watched;
  for (auto element = resources.next_in(resources); element; element = element.next_in(resources)) {
    if (!cib::is_resource(element.name())) continue;
    if (const IpAddress address = served_address(element); address.specified())
      watched.services.push_back({std::string(element.id()), address});
  }
  return watched;
}

// Node attributes and histories are no part of it.
std::string watched_text(const cib::Document& document) {
  std::string text;
  for (const std::string_view part : {"resources", "constraints", "rsc_defaults"})
    if (const cib::Element element = document.find_path("configuration").first_child(part))
      text += cib::write_element(element);
  return text;
}

ConfigurationReader configuration_reader(World& world, std::string text) {
  return [watch = std::make_shared<ConfigurationWatch>(world, std::move(text))](NodeIndex machine) {
    return (*watch)(machine);
  };
}

}  // namespace simcluster::sim
