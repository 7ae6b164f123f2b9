#include "engine/scheduler/status_editor.h"

#include <algorithm>

#include "engine/scheduler/scores.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

constexpr std::string_view kOrigin = "crm_simulate";
constexpr std::string_view kFeatureSet = "3.20.5";
constexpr std::string_view kUuid = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

int call_id_of(const cib::Element& entry) {
  std::int64_t value = 0;
  return parse_leading_integer(entry.value(kCallId), value) ? static_cast<int>(value) : 0;
}

// Ids must be XML names: "db:0#start_0" is none.
std::string usable_id(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == ':' || c == '#'; }, '.');
  return text;
}

// The id that the configuration gives a node, else its name.
std::string id_of(cib::Document& cib, std::string_view name) {
  const cib::MutableElement nodes = cib.find_path("configuration/nodes");
  if (nodes) {
    for (const cib::Element node : nodes.children(kNode)) {
      if (equal_ignoring_case(node.value(kUname), name)) return std::string(node.id());
    }
  }
  return std::string(name);
}

}  // namespace

StatusEditor::StatusEditor(cib::Document& cib, std::int64_t now, bool create_nodes, LogSink* log)
    : cib_(cib), now_(now), create_nodes_(create_nodes), log_(log), version_(cib::version_of(cib.root())) {}

void StatusEditor::ensure_configured(std::string_view name, std::string_view id) {
  cib::MutableElement nodes = cib_.find_path("configuration/nodes");
  if (!nodes) return;
  for (const cib::Element node : nodes.children(kNode)) {
    if (equal_ignoring_case(node.value(kUname), name)) return;
  }
  cib::MutableElement node = nodes.append_child(kNode);
  node.set_attribute(kId, id.empty() ? name : id);
  node.set_attribute(kUname, name);
  count_change(cib::ChangeExtent::kConfiguration);
}

bool StatusEditor::change(cib::MutableElement element, std::string_view name, std::string_view value) {
  if (element.attribute(name) == value) return false;
  element.set_attribute(name, value);
  return true;
}

void StatusEditor::store_version() {
  if (version_ != cib::version_of(cib_.root())) cib::set_version(cib_.root(), version_);
}

StatusEditor::NodeSlot& StatusEditor::slot(std::string_view name, std::string_view id) {
  const auto [it, is_new] = nodes_.try_emplace(std::string(name));
  NodeSlot& found = it->second;
  if (!is_new) return found;
  if (create_nodes_) ensure_configured(name, id);
  cib::MutableElement status = cib_.root().ensure_child("status");
  found.xml = status.child_with(kNodeState, kUname, name);
  if (found.xml) return found;
  const std::string state_id = id.empty() ? id_of(cib_, name) : std::string(id);
  found.xml = status.child_with_id(kNodeState, state_id);
  if (!found.xml) {
    found.xml = status.append_child(kNodeState);
    found.xml.set_attribute(kId, state_id);
    found.xml.set_attribute(kUname, name);
    count_change(cib::ChangeExtent::kStatusOnly);
  }
  return found;
}

cib::MutableElement StatusEditor::node_state(std::string_view name, std::string_view id) { return slot(name, id).xml; }

void StatusEditor::set_state(std::string_view name, std::string_view in_ccm, std::string_view crmd,
                             std::string_view join, std::string_view expected) {
  set_state(node_state(name, {}), in_ccm, crmd, join, expected, kOrigin);
}

void StatusEditor::set_state(cib::MutableElement node, std::string_view in_ccm, std::string_view crmd,
                             std::string_view join, std::string_view expected, std::string_view origin) {
  bool changed = change(node, "in_ccm", in_ccm);
  changed |= change(node, "crmd", crmd);
  changed |= change(node, "join", join);
  changed |= change(node, "expected", expected);
  changed |= change(node, "crm-debug-origin", origin);
  if (changed) count_change(cib::ChangeExtent::kStatusOnly);
}

void StatusEditor::take_online(std::string_view name) {
  ensure_configured(name, {});
  set_state(name, "true", "online", "member", "member");
}

void StatusEditor::take_offline(std::string_view name) {
  set_state(name, "false", "offline", "down", "down");
  clear_history(slot(name, {}));
}

void StatusEditor::fail(std::string_view name) { set_state(name, "false", "online", "member", "member"); }

void StatusEditor::clear_history(NodeSlot& node) {
  for (cib::MutableElement child : node.xml.children()) {
    if (!child.is(kLrm) && !child.is(kTransientAttributes)) continue;
    child.remove();
    count_change(cib::ChangeExtent::kStatusOnly);
  }
  node.resources.clear();
  node.by_name.clear();
  node.indexed = false;
}

void StatusEditor::fence(std::string_view name, std::string_view id) {
  NodeSlot& node = slot(name, id);
  set_state(node.xml, "false", "offline", "down", "down", "simulate_fencing_action");
  clear_history(node);
}

StatusEditor::ResourceSlot& StatusEditor::resource_slot(NodeSlot& node, std::string_view id, bool& is_new) {
  const Symbol name = names_.intern(id);
  if (name.index() >= node.by_name.size()) node.by_name.resize(names_.size(), 0);
  std::uint32_t& number = node.by_name[name.index()];
  is_new = number == 0;
  if (is_new) {
    node.resources.emplace_back();
    number = static_cast<std::uint32_t>(node.resources.size());
  }
  return node.resources[number - 1];
}

StatusEditor::ResourceSlot* StatusEditor::find_resource_slot(NodeSlot& node, std::string_view id) const {
  const Symbol name = names_.find(id);
  if (!name.valid() || name.index() >= node.by_name.size() || node.by_name[name.index()] == 0) return nullptr;
  ResourceSlot& found = node.resources[node.by_name[name.index()] - 1];
  return found.ambiguous ? nullptr : &found;
}

void StatusEditor::index_resources(NodeSlot& node) {
  if (node.indexed) return;
  node.indexed = true;
  for (cib::MutableElement resource : node.xml.first_child(kLrm).first_child(kLrmResources).children(kLrmResource)) {
    bool is_new = false;
    ResourceSlot& slot = resource_slot(node, resource.id(), is_new);
    if (!is_new) {
      slot.ambiguous = true;
      continue;
    }
    slot.xml = resource;
    for (cib::MutableElement entry : resource.children(kLrmRscOp)) {
      slot.last_call = std::max(slot.last_call, call_id_of(entry));
      slot.entries.push_back(entry);
    }
  }
}

StatusEditor::ResourceSlot& StatusEditor::add_resource(NodeSlot& node, const HistoryTarget& target) {
  cib::MutableElement lrm = node.xml.first_child(kLrm);
  if (!lrm) {
    lrm = node.xml.append_child(kLrm);
    lrm.set_attribute(kId, node.xml.id());
  }
  if (log_ != nullptr && log_->level() >= LogLevel::kInfo) {
    log_->write(LogLevel::kInfo, "pcmk__inject_resource_history",
                "Injecting new resource " + std::string(target.config_id) + " into node state '" +
                    std::string(node.xml.id()) + "'");
  }
  cib::MutableElement resource = lrm.ensure_child("lrm_resources").append_child(kLrmResource);
  resource.set_attribute(kId, target.config_id);
  resource.set_attribute(kClass, target.agent_class);
  if (!target.provider.empty()) resource.set_attribute(kProvider, target.provider);
  resource.set_attribute(kType, target.type);
  bool is_new = false;
  ResourceSlot& slot = resource_slot(node, target.config_id, is_new);
  const bool ambiguous = slot.ambiguous;
  slot = ResourceSlot();
  slot.xml = resource;
  slot.ambiguous = ambiguous;
  return slot;
}

std::string StatusEditor::entry_id(const HistoryTarget& target, const OperationResult& result) const {
  std::string id(target.config_id);
  if (result.task == "notify") {
    id += "_" + std::string(result.notify_type) + "_notify_" + std::string(result.notify_operation) + "_0";
  } else if (result.task == "migrate_to" || result.task == "migrate_from") {
    id += "_" + std::string(result.task) + "_0";
  } else if (result.rc != result.target_rc) {
    id += "_last_failure_0";
  } else if (result.interval > 0) {
    id += "_" + std::string(result.task) + "_" + std::to_string(result.interval);
  } else {
    id += "_last_0";
  }
  return id;
}

void StatusEditor::write_entry(ResourceSlot& resource, const std::string& id, const HistoryTarget& target,
                               std::string_view node, int call_id, const OperationResult& result) {
  const auto known = std::find_if(resource.entries.begin(), resource.entries.end(),
                                  [&](const cib::MutableElement& entry) { return entry.id() == id; });
  cib::MutableElement entry = known == resource.entries.end() ? resource.xml.append_child(kLrmRscOp) : *known;
  if (known == resource.entries.end()) {
    entry.set_attribute(kId, id);
    resource.entries.push_back(entry);
  }
  const std::string key =
      std::to_string(call_id) + ":-1:" + std::to_string(result.target_rc) + ":" + std::string(kUuid);
  entry.set_attribute(kOperationKey, std::string(target.config_id) + "_" + std::string(result.task) + "_" +
                                         std::to_string(result.interval));
  entry.set_attribute(kOperation, result.task);
  entry.set_attribute(kCrmDebugOrigin, kOrigin);
  entry.set_attribute(kCrmFeatureSet, kFeatureSet);
  entry.set_attribute(kTransitionKey, key);
  entry.set_attribute(kTransitionMagic, "0:" + std::to_string(result.rc) + ";" + key);
  entry.set_attribute(kExitReason, result.exit_reason);
  entry.set_attribute(kOnNode, node);
  entry.set_attribute(kCallId, std::int64_t{call_id});
  entry.set_attribute(kRcCode, std::int64_t{result.rc});
  entry.set_attribute(kOpStatus, std::int64_t{0});
  entry.set_attribute(kInterval, std::int64_t{result.interval});
  entry.set_attribute(kLastRcChange, now_);
  entry.set_attribute(kExecTime, std::int64_t{0});
  entry.set_attribute(kQueueTime, std::int64_t{0});
  if (!result.migrate_source.empty()) entry.set_attribute(kMigrateSource, result.migrate_source);
  if (!result.migrate_target.empty()) entry.set_attribute(kMigrateTarget, result.migrate_target);
  if (!result.digest.empty()) entry.set_attribute(kOpDigest, result.digest);
}

bool StatusEditor::record(std::string_view node_name, std::string_view node_id, const HistoryTarget& target,
                          const OperationResult& result) {
  NodeSlot& node = slot(node_name, node_id);
  index_resources(node);
  ResourceSlot* known = find_resource_slot(node, target.shown_name);
  if (known == nullptr) known = find_resource_slot(node, target.config_id);
  if (known == nullptr && (target.agent_class.empty() || target.type.empty())) return false;
  ResourceSlot& resource = known == nullptr ? add_resource(node, target) : *known;
  const int call_id = ++resource.last_call;
  write_entry(resource, entry_id(target, result), target, node_name, call_id, result);
  if (result.rc != result.target_rc && result.interval == 0 && result.task != "notify" &&
      !result.task.starts_with("migrate_")) {
    write_entry(resource, std::string(target.config_id) + "_last_0", target, node_name, call_id, result);
  }
  count_change(cib::ChangeExtent::kStatusOnly);
  return true;
}

std::vector<InjectedAttribute> StatusEditor::count_failure(std::string_view node_name, std::string_view node_id,
                                                           std::string_view resource, std::string_view task,
                                                           std::uint32_t interval, bool infinite) {
  cib::MutableElement node = node_state(node_name, node_id);
  const std::string id(node.id());
  const auto ensure = [&](cib::MutableElement parent, std::string_view name) {
    cib::MutableElement child = parent.first_child(name);
    if (child) return child;
    child = parent.append_child(name);
    child.set_attribute(kId, id);
    return child;
  };
  cib::MutableElement set = ensure(ensure(node, "transient_attributes"), "instance_attributes");
  const std::string operation = std::string(resource) + "#" + std::string(task) + "_" + std::to_string(interval);
  const std::string count_name = "fail-count-" + operation;
  const Score old = parse_score(set.child_with(kNvpair, kName, count_name).value(kValue), {}).value_or(0);
  const Score count = add_scores(old, 1);
  const std::string value = infinite || count >= kInfinity ? "INFINITY" : std::to_string(count);
  std::vector<InjectedAttribute> injected;
  for (const auto& [name, text] :
       {std::pair{count_name, value}, std::pair{"last-failure-" + operation, std::to_string(now_)}}) {
    cib::MutableElement pair = set.child_with(kNvpair, kName, name);
    if (!pair) {
      pair = set.append_child(kNvpair);
      pair.set_attribute(kId, usable_id(std::string(set.id()) + "-" + name));
      pair.set_attribute(kName, name);
    }
    pair.set_attribute(kValue, text);
    injected.push_back({name, text, id});
  }
  return injected;
}

void StatusEditor::set_quorum(std::string_view value) {
  if (change(cib_.root(), "have-quorum", value)) count_change(cib::ChangeExtent::kStatusOnly);
}

void StatusEditor::set_cluster_option(std::string_view name, std::string_view value) {
  cib::MutableElement config = cib_.root().ensure_child("configuration").ensure_child("crm_config");
  cib::MutableElement pair;
  for (const cib::MutableElement set : config.children(kClusterPropertySet)) {
    if (!pair) pair = set.child_with(kNvpair, kName, name);
  }
  if (!pair) {
    constexpr std::string_view kSet = "cib-bootstrap-options";
    cib::MutableElement set = config.child_with_id(kClusterPropertySet, kSet);
    if (!set) {
      set = config.append_child(kClusterPropertySet);
      set.set_attribute(kId, kSet);
    }
    pair = set.append_child(kNvpair);
    pair.set_attribute(kId, std::string(kSet) + "-" + std::string(name));
    pair.set_attribute(kName, name);
  }
  if (change(pair, "value", value)) count_change(cib::ChangeExtent::kConfiguration);
}

void StatusEditor::set_ticket(std::string_view id, std::string_view attribute, std::string_view value) {
  cib::MutableElement tickets = cib_.root().ensure_child("status").ensure_child("tickets");
  cib::MutableElement ticket = tickets.child_with_id(kTicketState, id);
  if (!ticket) {
    ticket = tickets.append_child(kTicketState);
    ticket.set_attribute(kId, id);
  }
  if (change(ticket, attribute, value)) count_change(cib::ChangeExtent::kStatusOnly);
}

}  // namespace simcluster::scheduler
