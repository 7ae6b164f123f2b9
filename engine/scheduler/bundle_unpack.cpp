// Bundles: the clone, containers, addresses and connections they stand for (S4 section 10). The elements that the
// reference invents are invented here too, in Model::implicit, so that everything else treats them like written ones.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "engine/cib/values.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/node_list.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/resource_unpack.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

constexpr std::string_view kAuthenticationKey = "/etc/pacemaker/authkey";
constexpr std::string_view kLogBase = "/var/log/pacemaker/bundles";
constexpr std::string_view kRemoteDaemon = "/usr/sbin/pacemaker-remoted";
constexpr std::string_view kDefaultPort = "3121";

struct Mount {
  std::string source;
  std::string target;
  std::string options;
  bool subdirectory = false;
};

struct PortMapping {
  std::string source;
  std::string target;
};

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// S4 CR-10.24.
std::string sanitized_id(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_name_start(c) || (i > 0 && ((c >= '0' && c <= '9') || c == '-' || c == '.'))) continue;
    text[i] = i == 0 ? '_' : '.';
  }
  return text;
}

// S4 CR-10.15; empty: none.
std::string next_address(const std::string& last) {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (std::sscanf(last.c_str(), "%u.%u.%u.%u", &a, &b, &c, &d) != 4 || c > 253) return {};
  if (d > 253) {
    ++c;
    d = 1;
  } else {
    ++d;
  }
  return std::to_string(a) + "." + std::to_string(b) + "." + std::to_string(c) + "." + std::to_string(d);
}

int count_attribute(const cib::Element& xml, std::string_view name, int minimum) {
  std::int64_t value = 0;
  const auto text = xml.attribute(name);
  if (!text || !parse_leading_integer(*text, value)) return minimum;
  return static_cast<int>(std::clamp<std::int64_t>(value, minimum, 2147483647));
}

void add_pair(cib::MutableElement block, std::string_view name, std::string_view value) {
  cib::MutableElement pair = block.append_child(kNvpair);
  pair.set_attribute(kId, std::string(block.id()) + "-" + std::string(name));
  pair.set_attribute(kName, name);
  pair.set_attribute(kValue, value);
}

class BundleReader {
 public:
  BundleReader(Model& model, Resource& bundle) : model_(model), bundle_(bundle), xml_(bundle.xml) {}

  bool read() {
    bundle_.bundle = std::make_unique<BundleData>();
    if (!read_technology()) return false;
    primitive_ = xml_.first_child(kPrimitive);
    network_ = xml_.first_child("network");
    if (primitive_ && !check_network()) return false;
    read_mappings();
    if (primitive_ && !make_clone()) return false;
    make_replicas();
    for (BundleReplica& replica : data().replicas) {
      if (!make_replica_parts(replica)) return false;
    }
    if (data().clone.valid()) bundle_.children.push_back(data().clone);
    return true;
  }

 private:
  BundleData& data() { return *bundle_.bundle; }
  std::string name() const { return std::string(bundle_.id); }
  std::string numbered(int k) const { return name() + "-" + std::to_string(k); }

  // S4 CR-10.1, CR-10.2, CR-10.7.
  bool read_technology() {
    technology_ = xml_.first_child("docker");
    data().technology = ContainerTechnology::kDocker;
    if (!technology_) {
      technology_ = xml_.first_child("podman");
      data().technology = ContainerTechnology::kPodman;
    }
    if (!technology_) return false;
    data().image = technology_.value("image");
    const std::string_view promoted = technology_.has("promoted-max") ? "promoted-max" : "masters";
    data().promoted_max = count_attribute(technology_, promoted, 0);
    data().replica_count = !technology_.has("replicas") && data().promoted_max > 0
                               ? data().promoted_max
                               : count_attribute(technology_, "replicas", 1);
    data().replicas_per_host = count_attribute(technology_, "replicas-per-host", 1);
    bundle_.unique = data().replicas_per_host > 1;
    return data().replica_count <= kMaxInstances;
  }

  // S4 CR-10.6.
  bool check_network() {
    if (network_.has("ip-range-start")) return true;
    if (!network_.has("control-port")) {
      log(model_, LogLevel::kError, "pe__unpack_bundle",
          "Cannot control {} inside {} without either ip-range-start or control-port", bundle_.id, primitive_.id());
      return false;
    }
    if (data().replicas_per_host > 1) {
      log(model_, LogLevel::kError, "valid_network",
          "Specifying the 'control-port' for {} requires 'replicas-per-host=1'", bundle_.id);
    }
    data().replicas_per_host = 1;
    return true;
  }

  void refuse(std::string_view what, const cib::Element& mapping) {
    log(model_, LogLevel::kError, "pe__unpack_bundle", "Invalid {} directive {}", what, mapping.id());
  }

  // S4 CR-10.4, CR-10.5.
  void read_mappings() {
    for (const cib::Element& xml : network_.children("port-mapping")) {
      const bool single = xml.has("port");
      PortMapping mapping{std::string(xml.value(single ? "port" : "range")),
                          std::string(single ? xml.value("internal-port") : "")};
      if (mapping.source.empty()) {
        refuse("port", xml);
        continue;
      }
      if (mapping.target.empty()) mapping.target = mapping.source;
      ports_.push_back(std::move(mapping));
    }
    for (const cib::Element& xml : xml_.first_child("storage").children("storage-mapping")) {
      const bool subdirectory = !xml.has("source-dir");
      Mount mount{std::string(xml.value(subdirectory ? "source-dir-root" : "source-dir")),
                  std::string(xml.value("target-dir")), std::string(xml.value("options")), subdirectory};
      if (mount.source.empty() || mount.target.empty()) {
        refuse("mount", xml);
        continue;
      }
      if (mount.target == "/var/log") own_log_mount_ = true;
      mounts_.push_back(std::move(mount));
    }
  }

  std::string port() const { return std::string(network_.value("control-port", kDefaultPort)); }

  // S4 CR-10.10.
  bool make_clone() {
    cib::MutableElement clone = model_.implicit.root().append_child(kClone);
    clone.set_attribute(kId, name() + (data().promoted_max > 0 ? "-master" : "-clone"));
    cib::MutableElement meta = clone.append_child(kMetaAttributes);
    meta.set_attribute(kId, name() + "-clone-meta");
    add_pair(meta, "ordered", "true");
    add_pair(meta, "clone-max", std::to_string(data().replica_count));
    add_pair(meta, "clone-node-max", std::to_string(data().replicas_per_host));
    add_pair(meta, "globally-unique", data().replicas_per_host > 1 ? "true" : "false");
    if (data().promoted_max > 0) {
      add_pair(meta, "promotable", "true");
      add_pair(meta, "promoted-max", std::to_string(data().promoted_max));
    }
    clone.append_copy(primitive_);
    data().clone = unpack_resource(model_, clone, bundle_.self, -1);
    if (!data().clone.valid()) return false;
    mounts_.push_back({std::string(kAuthenticationKey), std::string(kAuthenticationKey), {}, false});
    if (!own_log_mount_) mounts_.push_back({std::string(kLogBase), "/var/log", {}, true});
    ports_.push_back({port(), port()});
    return true;
  }

  // S4 CR-10.12 steps 4 and 5, CR-10.15.
  void make_replicas() {
    const bool add_host = network_ && cib::parse_bool(network_.value("add-host", "true")).value_or(true);
    const auto start = network_.attribute("ip-range-start");
    std::string last;
    std::optional<std::string_view> attribute_target;
    for (int k = 0; k < data().replica_count; ++k) {
      BundleReplica replica;
      replica.offset = k;
      if (data().clone.valid()) {
        const Resource& clone = model_.resource(data().clone);
        if (static_cast<std::size_t>(k) >= clone.children.size()) break;
        replica.child = clone.children[static_cast<std::size_t>(k)];
        Resource& child = model_.resource(replica.child);
        child.exclusive_discovery = true;
        if (child.notify) model_.resource(data().clone).notify = true;
        if (const auto target = child.meta.get("container-attribute-target")) attribute_target = target;
      }
      if (start) {
        last = last.empty() ? std::string(*start) : next_address(last);
        replica.ip = model_.strings.store(last);
        const std::string shown = last.empty() ? "(null)" : last;
        host_options_ +=
            add_host ? " --add-host=" + numbered(k) + ":" + shown : " --hosts-entry=" + shown + "=" + numbered(k);
      }
      data().replicas.push_back(replica);
    }
    if (!attribute_target) return;
    bundle_.meta.set("container-attribute-target", *attribute_target);
    model_.resource(data().clone).meta.set("container-attribute-target", *attribute_target);
  }

  cib::MutableElement new_primitive(const std::string& id, std::string_view provider, std::string_view type) {
    cib::MutableElement xml = model_.implicit.root().append_child(kPrimitive);
    xml.set_attribute(kId, id);
    xml.set_attribute(kClass, "ocf");
    xml.set_attribute(kProvider, provider);
    xml.set_attribute(kType, type);
    return xml;
  }

  static cib::MutableElement new_block(cib::MutableElement& xml, cib::Name kind, const std::string& id) {
    cib::MutableElement block = xml.append_child(kind);
    block.set_attribute(kId, id);
    return block;
  }

  static void add_monitor(cib::MutableElement& xml, std::string_view interval, std::string_view timeout) {
    cib::MutableElement op = xml.append_child(kOperations).append_child(kOp);
    op.set_attribute(kId, std::string(xml.id()) + "-monitor-" + std::string(interval));
    op.set_attribute(kInterval, interval);
    op.set_attribute(kName, "monitor");
    if (!timeout.empty()) op.set_attribute(kTimeout, timeout);
  }

  ResourceId add_child(const cib::Element& xml) {
    const ResourceId id = unpack_resource(model_, xml, bundle_.self, -1);
    if (id.valid()) bundle_.children.push_back(id);
    return id;
  }

  bool make_replica_parts(BundleReplica& replica) {
    replica.container = make_container(replica);
    if (!replica.container.valid()) return false;
    if (network_.has("ip-range-start")) {
      replica.ip_resource = make_address(replica);
      if (!replica.ip_resource.valid()) return false;
    }
    if (replica.child.valid()) {
      replica.connection = make_connection(replica);
      if (!replica.connection.valid()) return false;
      finish_connection(replica);
    }
    return true;
  }

  // S4 CR-10.21.
  std::string run_options(const BundleReplica& replica) const {
    std::string text;
    if (bundle_.bundle->technology == ContainerTechnology::kDocker) text += " --restart=no";
    const std::string host = numbered(replica.offset);
    if (network_.has("ip-range-start")) text += " -h " + host;
    text += " -e PCMK_stderr=1";
    const auto network = technology_.attribute("network");
    if (network) text += " --net=" + std::string(*network);
    text += " -e PCMK_remote_port=" + port();
    for (const Mount& mount : mounts_) {
      text += " -v " + source_of(mount, host) + ":" + mount.target;
      if (!mount.options.empty()) text += ":" + mount.options;
    }
    for (const PortMapping& mapping : ports_) {
      if (!replica.ip.empty()) {
        text += " -p " + std::string(replica.ip) + ":" + mapping.source + ":" + mapping.target;
      } else if (!network || *network != "host") {
        text += " -p " + mapping.source + ":" + mapping.target;
      }
    }
    if (const auto options = technology_.attribute("options")) text += " " + std::string(*options);
    return text + " " + host_options_;
  }

  static std::string source_of(const Mount& mount, const std::string& host) {
    return mount.subdirectory ? mount.source + "/" + host : mount.source;
  }

  // S4 CR-10.22.
  std::string mount_points(const std::string& host) const {
    std::string text;
    for (const Mount& mount : mounts_) {
      if (!mount.subdirectory) continue;
      if (!text.empty()) text += ',';
      text += source_of(mount, host);
    }
    return text;
  }

  // S4 CR-10.20.
  ResourceId make_container(const BundleReplica& replica) {
    const std::string type = data().technology == ContainerTechnology::kDocker ? "docker" : "podman";
    const std::string number = std::to_string(replica.offset);
    cib::MutableElement xml = new_primitive(sanitized_id(name() + "-" + type + "-" + number), "heartbeat", type);
    cib::MutableElement block = new_block(xml, kInstanceAttributes, name() + "-attributes-" + number);
    add_pair(block, "image", data().image);
    add_pair(block, "allow_pull", "true");
    add_pair(block, "force_kill", "false");
    add_pair(block, "reuse", "false");
    add_pair(block, "run_opts", run_options(replica));
    add_pair(block, "mount_points", mount_points(numbered(replica.offset)));
    const auto command = technology_.attribute("run-command");
    if (command || replica.child.valid()) add_pair(block, "run_cmd", command.value_or(kRemoteDaemon));
    add_pair(block, "monitor_cmd", "/bin/true");
    add_monitor(xml, "60s", {});
    const ResourceId id = add_child(xml);
    if (id.valid()) model_.resource(id).replica_container = true;
    return id;
  }

  // S4 CR-10.23.
  ResourceId make_address(const BundleReplica& replica) {
    const std::string address = replica.ip.empty() ? "(null)" : std::string(replica.ip);
    cib::MutableElement xml = new_primitive(sanitized_id(name() + "-ip-" + address), "heartbeat", "IPaddr2");
    cib::MutableElement block =
        new_block(xml, kInstanceAttributes, name() + "-attributes-" + std::to_string(replica.offset));
    add_pair(block, "ip", replica.ip);
    if (const auto interface = network_.attribute("host-interface")) add_pair(block, "nic", *interface);
    add_pair(block, "cidr_netmask", network_.value("host-netmask", "32"));
    add_monitor(xml, "60s", {});
    return add_child(xml);
  }

  // S4 CR-10.25, CR-10.27.
  ResourceId make_connection(BundleReplica& replica) {
    std::string id = numbered(replica.offset);
    if (find_resource(model_, id).valid()) {
      id = "pcmk-internal-" + std::string(model_.resource(replica.child).id) + "-remote-" +
           std::to_string(replica.offset);
    }
    cib::MutableElement xml = new_primitive(id, "pacemaker", "remote");
    cib::MutableElement meta = new_block(xml, kMetaAttributes, id + "-meta_attributes");
    add_pair(meta, "internal_rsc", "true");
    add_pair(meta, "container", model_.resource(replica.container).id);
    cib::MutableElement block = new_block(xml, kInstanceAttributes, id + "-instance_attributes");
    add_pair(block, "addr", replica.ip.empty() ? std::string_view("#uname") : replica.ip);
    add_pair(block, "port", port());
    add_monitor(xml, "30s", "30s");
    prepare_node(replica, xml.id());
    const ResourceId connection = add_child(xml);
    if (!connection.valid()) return connection;
    Resource& resource = model_.resource(connection);
    resource.needs_remote_address = replica.ip.empty();
    const Because because(model_.recorder.get(), {ScoreReason::kNoRemoteNodes});
    for (NodeEntry& entry : resource.allowed.entries()) {
      if (!entry.present || !model_.node(entry.node).is_remote_variant()) continue;
      set_score(model_.recorder.get(), connection, entry.node, entry, -kInfinity);
    }
    return connection;
  }

  void forbid_node(ResourceId id, NodeId node) {
    Resource& resource = model_.resource(id);
    if (NodeEntry* entry = resource.allowed.find(node)) {
      set_score(model_.recorder.get(), id, node, *entry, -kInfinity);
      entry->probe_mode = ProbeMode::kNever;
    }
    for (const ResourceId child : resource.children) forbid_node(child, node);
  }

  // S4 CR-10.27 steps 1 to 5.
  void prepare_node(BundleReplica& replica, std::string_view id) {
    model_.have_remote_nodes = true;
    NodeId node_id = find_node(model_, id);
    const Because because(model_.recorder.get(), {ScoreReason::kBundleNode});
    if (node_id.valid()) {
      std::erase(model_.probed_nodes, node_id);
      for (const ResourceId top : model_.top_level) forbid_node(top, node_id);
    } else {
      node_id = create_bundle_node(model_, id);
    }
    Node& node = model_.node(node_id);
    node.score = -kInfinity;
    node.probe_mode = ProbeMode::kNever;
    replica.node = node_id;
    Resource& child = model_.resource(replica.child);
    child.allowed = NodeTable();
    child.allowed.insert(model_.shapes, node_id, 500, ProbeMode::kExclusive);
    record_new_entry(model_.recorder.get(), child.self, node_id, 500);
    const ResourceId clone_id = data().clone;
    NodeTable& clone = model_.resource(clone_id).allowed;
    if (NodeEntry* entry = clone.find(node_id)) {
      set_score(model_.recorder.get(), clone_id, node_id, *entry, -kInfinity);
      entry->probe_mode = ProbeMode::kExclusive;
    } else {
      clone.insert(model_.shapes, node_id, -kInfinity, ProbeMode::kExclusive);
      record_new_entry(model_.recorder.get(), clone_id, node_id, -kInfinity);
    }
  }

  // S4 CR-10.27 step 7, CR-10.28.
  void finish_connection(BundleReplica& replica) {
    Resource& connection = model_.resource(replica.connection);
    Resource& child = model_.resource(replica.child);
    Resource& container = model_.resource(replica.container);
    Node& node = model_.node(replica.node);
    node.attributes.set("#kind", "container");
    node.connection = replica.connection;
    connection.remote_node = replica.node;
    connection.launcher = replica.container;
    connection.remote_nesting_allowed = true;
    if (!replica.ip.empty()) child.meta.set("external-ip", replica.ip);
    std::swap(child.utilization, container.utilization);
  }

  Model& model_;
  Resource& bundle_;
  const cib::Element xml_;
  cib::Element technology_;
  cib::Element primitive_;
  cib::Element network_;
  std::vector<Mount> mounts_;
  std::vector<PortMapping> ports_;
  std::string host_options_;
  bool own_log_mount_ = false;
};

}  // namespace

bool unpack_bundle(Model& model, ResourceId bundle) { return BundleReader(model, model.resource(bundle)).read(); }

}  // namespace simcluster::scheduler
