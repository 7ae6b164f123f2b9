// Random clusters for tests: a valid configuration of mixed features, the same for the same seed. random_situation.h
// makes a whole situation of it.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/base/random.h"

namespace simcluster::scheduler::testing {

// What else must know about a resource that was made.
struct RandomLeaf {
  std::string id;
  std::string agent;  // attributes class, provider and type
  bool promotable = false;
  bool inside_bundle = false;
};

class RandomConfiguration {
 public:
  // Orderings and colocations at random contradict each other now and then, which gives graphs with cycles. Consistent
  // ones go from earlier resources to later ones.
  enum class Orders : std::uint8_t { kAny, kConsistent };

  explicit RandomConfiguration(std::uint64_t seed, Orders orders = Orders::kAny)
      : random_(seed, "configuration"), consistent_(orders == Orders::kConsistent) {
    build();
  }

  // The sections of `configuration`, as XML.
  std::string text() const { return text_; }
  const std::vector<std::string>& nodes() const { return nodes_; }
  const std::vector<RandomLeaf>& leaves() const { return leaves_; }
  // Resources that constraints may name: all but instances.
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::string>& tickets() const { return tickets_; }
  const std::vector<std::string>& remote_nodes() const { return remotes_; }

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  using Words = std::initializer_list<std::string_view>;

  bool chance(unsigned percent) { return random_.below(100) < percent; }
  std::string one_of(Words words) { return std::string(words.begin()[random_.below(words.size())]); }
  const std::string& one_of(const std::vector<std::string>& list) { return list[random_.below(list.size())]; }
  int number(int low, int high) { return static_cast<int>(random_.between(low, high)); }
  std::string fresh_id(std::string_view stem) { return fmt::format("{}-{}", stem, ++ids_); }
  // Adds `name` with one of the values, `percent` of the time.
  void maybe(Pairs& pairs, unsigned percent, std::string_view name, Words values) {
    if (chance(percent)) pairs.emplace_back(name, one_of(values));
  }
  std::string score() {
    return one_of({"INFINITY", "-INFINITY", "100", "-100", "10", "5", "1", "0", "-1", "-10", "1000", "INFINITY"});
  }

  // ---- sets of name/value pairs ----

  std::string rule(bool with_resource, bool with_score) {
    const std::string id = fresh_id("rule");
    std::string text = fmt::format(R"(<rule id="{}")", id);
    if (with_score) text += fmt::format(R"( score="{}")", score());
    if (chance(20)) text += R"( boolean-op="or")";
    text += '>';
    for (int i = 0, count = number(1, 2); i < count; ++i) text += condition(with_resource);
    return text + "</rule>";
  }
  std::string condition(bool with_resource) {
    const std::string id = fresh_id("cond");
    if (with_resource && chance(60)) {
      return fmt::format(R"(<rsc_expression id="{}" class="ocf" type="{}"/>)", id, one_of({"Dummy", "Stateful"}));
    }
    if (with_resource || chance(20)) {
      return fmt::format(R"(<date_expression id="{}" operation="{}" start="{}" end="2030-01-01"/>)", id, "in_range",
                         one_of({"2020-01-01", "2024-06-01", "2023-11-16"}));
    }
    if (chance(30)) {
      return fmt::format(R"(<expression id="{}" attribute="{}" operation="{}"/>)", id,
                         one_of({"pingd", "zone", "#uname", "nothing"}), one_of({"defined", "not_defined"}));
    }
    if (chance(30)) {
      return fmt::format(R"(<expression id="{}" attribute="#uname" operation="{}" value="{}"/>)", id,
                         one_of({"eq", "ne"}), one_of(nodes_));
    }
    return fmt::format(R"(<expression id="{}" attribute="{}" operation="{}" value="{}"/>)", id,
                       one_of({"pingd", "zone", "cpu"}), one_of({"eq", "ne", "lt", "gte"}), one_of({"1", "100", "a"}));
  }
  std::string set(std::string_view kind, std::string_view owner, const Pairs& pairs, const std::string& rule = {}) {
    if (pairs.empty()) return {};
    const std::string id = fresh_id(owner);
    std::string text = fmt::format(R"(<{} id="{}">{})", kind, id, rule);
    for (const auto& [name, value] : pairs) {
      text += fmt::format(R"(<nvpair id="{}-{}" name="{}" value="{}"/>)", id, ids_++, name, value);
    }
    return text + fmt::format("</{}>", kind);
  }

  // ---- sections ----

  void build() {
    plan();
    text_ = crm_config();
    const std::string node_section = nodes_section();
    const std::string resources = resources_section();
    text_ += node_section + resources + constraints_section() + defaults() + topology() + tags();
  }

  void plan() {
    for (int i = 0, count = number(1, 5); i < count; ++i) {
      nodes_.push_back(fmt::format("{}{}", one_of({"node", "n", "N", "db-"}), i + 1));
    }
    fencing_ = chance(60);
    utilization_ = chance(15);
    if (chance(25)) tickets_ = {"ticketA"};
    if (chance(5)) tickets_.emplace_back("ticketB");
  }

  std::string crm_config() {
    Pairs pairs = {{"stonith-enabled", fencing_ ? "true" : "false"}};
    maybe(pairs, 50, "no-quorum-policy", {"ignore", "ignore", "stop", "freeze", "demote", "suicide"});
    maybe(pairs, 12, "symmetric-cluster", {"false"});
    maybe(pairs, 3, "stop-all-resources", {"true"});
    maybe(pairs, 4, "maintenance-mode", {"true"});
    maybe(pairs, 15, "start-failure-is-fatal", {"false"});
    maybe(pairs, 12, "startup-fencing", {"false"});
    maybe(pairs, 8, "stop-orphan-resources", {"false"});
    maybe(pairs, 5, "stop-orphan-actions", {"false"});
    maybe(pairs, 8, "enable-startup-probes", {"false"});
    maybe(pairs, 15, "concurrent-fencing", {"true", "false"});
    maybe(pairs, 10, "priority-fencing-delay", {"15s", "60"});
    maybe(pairs, 10, "shutdown-lock", {"true"});
    maybe(pairs, 5, "shutdown-lock-limit", {"5min", "1000000h"});
    maybe(pairs, 10, "stonith-action", {"off", "reboot"});
    maybe(pairs, 10, "node-health-strategy", {"migrate-on-red", "only-green", "progressive", "custom"});
    maybe(pairs, 5, "node-health-yellow", {"-10", "5"});
    maybe(pairs, 10, "cluster-delay", {"5min"});
    maybe(pairs, 5, "batch-limit", {"2"});
    maybe(pairs, 5, "migration-limit", {"3"});
    maybe(pairs, 5, "cluster-name", {"alpha"});
    maybe(pairs, 3, "have-watchdog", {"true"});
    if (utilization_) maybe(pairs, 90, "placement-strategy", {"utilization", "minimal", "balanced"});
    std::string text = "<crm_config>" + set("cluster_property_set", "opt", pairs);
    if (chance(5)) {
      text +=
          set("cluster_property_set", "opt", {{"default-x", "1"}, {"no-quorum-policy", "ignore"}}, rule(false, false));
    }
    return text + "</crm_config>";
  }

  std::string nodes_section() {
    std::string text = "<nodes>";
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      Pairs attributes;
      maybe(attributes, 6, "standby", {"on", "true", "off"});
      maybe(attributes, 5, "maintenance", {"true", "false"});
      maybe(attributes, 10, "zone", {"a", "b"});
      maybe(attributes, 6, "#health-disk", {"red", "yellow", "green", "-5"});
      maybe(attributes, 3, "resource-discovery-enabled", {"false"});
      Pairs capacity;
      if (utilization_) capacity = {{"cpu", std::to_string(number(1, 6))}, {"ram", one_of({"1", "4", "9"})}};
      text += fmt::format(R"(<node id="{}" uname="{}"{}>)", i + 1, nodes_[i], chance(4) ? R"( score="-5")" : "") +
              set("instance_attributes", "na", attributes) + set("utilization", "nu", capacity) + "</node>";
    }
    return text + "</nodes>";
  }

  // ---- resources ----

  std::string resources_section() {
    std::string text;
    if (chance(fencing_ ? 90 : 15)) text += fence_device();
    if (chance(10))
      templates_ = fmt::format(R"(<template id="tpl" class="ocf" provider="pacemaker" type="Dummy">{}{}</template>)",
                               meta("tpl", true), operations("tpl", false));
    for (int i = 0, count = number(1, 6); i < count; ++i) text += top_level();
    return "<resources>" + templates_ + text + "</resources>";
  }

  std::string top_level() {
    const unsigned kind = static_cast<unsigned>(random_.below(100));
    if (kind < 38) return primitive(name_it("rsc"), Place::kAlone);
    if (kind < 56) return group(name_it("grp"), Place::kAlone);
    if (kind < 72) return clone(name_it("cln"), false);
    if (kind < 86) return clone(name_it("prm"), true);
    if (kind < 93) return bundle();
    return remote();
  }
  std::string name_it(std::string_view stem) {
    names_.push_back(fmt::format("{}{}", stem, names_.size() + 1));
    return names_.back();
  }

  enum class Place : std::uint8_t { kAlone, kGroup, kClone, kPromotable, kBundle };

  std::string fence_device() {
    std::string hosts;
    for (const std::string& node : nodes_) hosts += (hosts.empty() ? "" : " ") + node;
    std::string text;
    for (int i = 0, count = chance(25) ? 2 : 1; i < count; ++i) {
      const std::string id = fmt::format("Fencing{}", i + 1);
      devices_.push_back(id);
      names_.push_back(id);
      leaves_.push_back({id, R"(class="stonith" type="fence_xvm")"});
      Pairs parameters = {{"pcmk_host_list", hosts}};
      maybe(parameters, 10, "provides", {"unfencing"});
      Pairs extra;
      maybe(extra, 10, "provides", {"unfencing"});
      text += fmt::format(R"(<primitive id="{}" class="stonith" type="fence_xvm">)", id) +
              set("instance_attributes", id, parameters) + set("meta_attributes", id, extra);
      if (chance(80)) text += "<operations>" + operation(id, "monitor", "60s", "") + "</operations>";
      text += "</primitive>";
    }
    return text;
  }

  std::string meta(const std::string& owner, bool leaf, Pairs pairs = {}) {
    maybe(pairs, 12, "target-role", {"Stopped", "Started", "Started", "Unpromoted", "Promoted"});
    maybe(pairs, 6, "is-managed", {"false", "true"});
    maybe(pairs, 20, "resource-stickiness", {"0", "1", "100", "INFINITY", "-1"});
    maybe(pairs, 10, "priority", {"10", "5", "-1"});
    maybe(pairs, 3, "maintenance", {"true"});
    maybe(pairs, 5, "critical", {"false"});
    if (leaf) {
      maybe(pairs, 12, "migration-threshold", {"1", "2", "INFINITY"});
      maybe(pairs, 10, "failure-timeout", {"30s", "600", "0"});
      maybe(pairs, 8, "multiple-active", {"stop_only", "block", "stop_start", "stop_unexpected"});
      maybe(pairs, 12, "allow-migrate", {"true"});
      maybe(pairs, 8, "requires", {"nothing", "quorum", "fencing", "unfencing"});
      maybe(pairs, 3, "allow-unhealthy-nodes", {"true"});
    }
    std::string text = set("meta_attributes", owner, pairs);
    if (chance(3))
      text +=
          set("meta_attributes", owner, {{"resource-stickiness", "7"}, {"target-role", "Stopped"}}, rule(true, false));
    return text;
  }

  std::string operation(const std::string& owner, std::string_view name, std::string_view interval,
                        std::string_view role) {
    std::string text = fmt::format(R"(<op id="{}" name="{}" interval="{}")", fresh_id(owner), name, interval);
    if (!role.empty()) text += fmt::format(R"( role="{}")", role);
    if (chance(60)) text += fmt::format(R"( timeout="{}")", one_of({"20s", "60", "100ms", "2min"}));
    if (chance(8)) text += fmt::format(R"( start-delay="{}")", one_of({"5s", "1min"}));
    if (chance(5)) text += R"( enabled="false")";
    if (chance(15)) {
      text += fmt::format(R"( on-fail="{}")", one_of({"ignore", "block", "stop", "restart", "standby", "fence",
                                                      name == "promote" || role == "Promoted" ? "demote" : "restart"}));
    }
    Pairs pairs;
    maybe(pairs, 4, "timeout", {"33s"});
    const std::string inside = set("meta_attributes", owner, pairs);
    return text + (inside.empty() ? "/>" : ">" + inside + "</op>");
  }
  std::string operations(const std::string& owner, bool promotable) {
    std::string text;
    if (promotable) {
      if (chance(70)) text += operation(owner, "monitor", "10s", one_of({"Unpromoted", "Slave"}));
      if (chance(70)) text += operation(owner, "monitor", "9s", one_of({"Promoted", "Master"}));
      if (chance(15)) text += operation(owner, "promote", "0", "");
      if (chance(15)) text += operation(owner, "demote", "0", "");
    } else {
      if (chance(75)) text += operation(owner, "monitor", "10s", "");
      if (chance(8)) text += operation(owner, "monitor", "21s", "Stopped");
      if (chance(5)) text += operation(owner, "monitor", "33s", "Started");
    }
    if (chance(30)) text += operation(owner, "start", "0", "");
    if (chance(30)) text += operation(owner, "stop", "0", "");
    return text.empty() ? "" : "<operations>" + text + "</operations>";
  }

  std::string primitive(const std::string& id, Place place) {
    const bool promotable = place == Place::kPromotable || (place == Place::kBundle && bundle_promotable_);
    RandomLeaf leaf{id, R"(class="ocf" provider="pacemaker" type="Dummy")", promotable, place == Place::kBundle};
    if (promotable) leaf.agent = R"(class="ocf" provider="pacemaker" type="Stateful")";
    if (!promotable && chance(15)) leaf.agent = R"(class="systemd" type="foo")";
    if (!promotable && chance(5)) leaf.agent = R"(class="lsb" type="bar")";
    const bool from_template = !templates_.empty() && !promotable && chance(40);
    if (from_template) leaf.agent = R"(class="ocf" provider="pacemaker" type="Dummy")";
    leaves_.push_back(leaf);
    Pairs parameters;
    maybe(parameters, 30, "state", {"/run/x", "/tmp/y"});
    maybe(parameters, 10, "fake", {"a b", "1&amp;2"});
    Pairs extra;
    if (place == Place::kAlone && chance(5)) {
      remotes_.push_back("guest-" + id);
      hosts_.insert(id);
      extra = {{"remote-node", remotes_.back()}};
      maybe(extra, 30, "remote-addr", {"10.0.0.9"});
    }
    Pairs needs;
    if (utilization_ && chance(70)) needs = {{"cpu", one_of({"1", "2", "3"})}, {"ram", "1"}};
    return fmt::format(R"(<primitive id="{}" {}>)", id, from_template ? R"(template="tpl")" : leaf.agent) +
           set("instance_attributes", id, parameters) + meta(id, true, extra) + set("utilization", id, needs) +
           operations(id, promotable) + "</primitive>";
  }

  std::string group(const std::string& id, Place place) {
    Pairs extra;
    maybe(extra, 5, "ordered", {"false"});
    maybe(extra, 5, "collocated", {"false"});
    std::string text = fmt::format(R"(<group id="{}">)", id) + meta(id, false, extra);
    for (int i = 0, count = number(1, 3); i < count; ++i) {
      const std::string member = fmt::format("{}-m{}", id, i + 1);
      if (place == Place::kAlone && chance(70)) names_.push_back(member);
      text += primitive(member, place == Place::kAlone ? Place::kGroup : place);
    }
    return text + "</group>";
  }

  std::string clone(const std::string& id, bool promotable) {
    Pairs extra;
    if (promotable) extra.emplace_back("promotable", "true");
    maybe(extra, 50, "interleave", {"true"});
    maybe(extra, 20, "ordered", {"true"});
    maybe(extra, 25, "notify", {"true"});
    maybe(extra, 25, "clone-max", {"1", "2", "3", "0"});
    // Said always: what `clone-node-max` alone means has changed between releases.
    if (chance(25))
      extra.insert(extra.end(), {{"globally-unique", one_of({"true", "false"})}, {"clone-node-max", "2"}});
    maybe(extra, 8, "clone-min", {"1", "2"});
    if (promotable) {
      maybe(extra, 20, "promoted-max", {"1", "2"});
      maybe(extra, 8, "promoted-node-max", {"1", "2"});
    }
    std::string text = fmt::format(R"(<clone id="{}">)", id) + meta(id, false, extra);
    const Place place = promotable ? Place::kPromotable : Place::kClone;
    text += chance(25) ? group(id + "-grp", place) : primitive(id + "-rsc", place);
    return text + "</clone>";
  }

  std::string bundle() {
    const std::string id = name_it("bnd");
    hosts_.insert(id);
    const int replicas = number(1, 3);
    bundle_promotable_ = chance(40);
    std::string text = fmt::format(R"(<bundle id="{}">)", id) + meta(id, false);
    text += fmt::format(R"(<{} image="img:1" replicas="{}")", one_of({"docker", "podman"}), replicas);
    if (bundle_promotable_) text += R"( promoted-max="1")";
    if (chance(20)) text += fmt::format(R"( replicas-per-host="{}")", number(1, 2));
    text += "/>";
    const bool with_child = chance(75);
    if (with_child || chance(50)) {
      text += R"(<network ip-range-start="192.168.122.131" host-interface="eth0" control-port="3121"/>)";
    }
    if (with_child) {
      text += primitive(id + "-rsc", Place::kBundle);
      for (int i = 0; i < replicas; ++i) bundle_nodes_.push_back(fmt::format("{}-{}", id, i));
    }
    return text + "</bundle>";
  }

  std::string remote() {
    const std::string id = name_it("remote");
    hosts_.insert(id);
    remotes_.push_back(id);
    const std::string agent = R"(class="ocf" provider="pacemaker" type="remote")";
    leaves_.push_back({id, agent});
    Pairs parameters;
    maybe(parameters, 30, "reconnect_interval", {"60s"});
    maybe(parameters, 30, "server", {"10.1.1.1"});
    return fmt::format(R"(<primitive id="{}" {}>)", id, agent) + set("instance_attributes", id, parameters) +
           operations(id, false) + "</primitive>";
  }

  // ---- constraints ----

  std::string constraints_section() {
    std::string text;
    for (int i = 0, count = number(0, 2 + static_cast<int>(names_.size())); i < count; ++i) text += constraint();
    return "<constraints>" + text + "</constraints>";
  }
  std::string constraint() {
    const unsigned kind = static_cast<unsigned>(random_.below(100));
    if (kind < 35) return location();
    if (kind < 62) return colocation();
    if (kind < 92 || tickets_.empty()) return order();
    return ticket();
  }
  std::size_t place(const std::string& name) const {
    return static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
  }
  // The top-level resource of a name.
  static std::string_view top(std::string_view name) { return name.substr(0, name.find('-')); }
  // Two names; orderings of a resource with itself or its own members make no sense (and end other schedulers).
  std::pair<std::string, std::string> two_names() {
    const std::string& first = one_of(names_);
    std::string second = one_of(names_);
    for (int i = 0; i < 20 && top(second) == top(first); ++i) second = one_of(names_);
    if (consistent_ && place(second) < place(first)) return {second, first};
    return {first, second};
  }
  // A resource set over some names.
  std::string resource_set(Words extra_attributes) {
    std::string text = fmt::format(R"(<resource_set id="{}")", fresh_id("set"));
    if (chance(50)) text += " " + one_of(extra_attributes);
    text += '>';
    std::string members;
    for (std::uint64_t i = 0, count = 1 + random_.below(3); i < count || members.empty(); ++i) {
      if (i == 20) return {};
      const std::string& name = one_of(names_);
      if (std::find(used_tops_.begin(), used_tops_.end(), top(name)) != used_tops_.end()) continue;
      used_tops_.emplace_back(top(name));
      members += fmt::format(R"(<resource_ref id="{}"/>)", name);
    }
    return text + members + "</resource_set>";
  }
  std::string location() {
    const std::string id = fresh_id("loc");
    std::string text = fmt::format(R"(<rsc_location id="{}")", id);
    const unsigned who = static_cast<unsigned>(random_.below(20));
    if (who == 0) {
      text += fmt::format(R"( rsc-pattern="{}")", one_of({"rsc.*", "(cln|prm).*", "!grp"}));
    } else if (who > 1) {
      text += fmt::format(R"( rsc="{}")", one_of(names_));
    }
    if (chance(10)) text += fmt::format(R"( resource-discovery="{}")", one_of({"never", "exclusive", "always"}));
    const bool by_rule = chance(30);
    if (!by_rule) {
      const bool to_remote = !remotes_.empty() && chance(30);
      text += fmt::format(R"( node="{}" score="{}")", to_remote ? one_of(remotes_) : one_of(nodes_), score());
      if (chance(8)) text += fmt::format(R"( role="{}")", one_of({"Promoted", "Started", "Unpromoted", "Stopped"}));
    }
    text += '>';
    used_tops_.clear();
    if (who == 1) text += resource_set({R"(sequential="false")"});
    if (by_rule) text += rule(false, true);
    return text + "</rsc_location>";
  }
  std::string colocation() {
    std::string text = fmt::format(R"(<rsc_colocation id="{}" score="{}")", fresh_id("col"), score());
    if (chance(12) && !consistent_) {
      used_tops_.clear();
      text += '>';
      for (int i = 0, count = number(1, 2); i < count; ++i) {
        text += resource_set({R"(sequential="false")", R"(sequential="true")", R"(role="Promoted")"});
      }
      return text + "</rsc_colocation>";
    }
    const auto [primary, dependent] = two_names();
    if (top(dependent) == top(primary)) return {};
    text += fmt::format(R"( rsc="{}" with-rsc="{}")", dependent, primary);
    if (chance(12)) text += fmt::format(R"( rsc-role="{}")", one_of({"Promoted", "Started", "Unpromoted"}));
    if (chance(12)) text += fmt::format(R"( with-rsc-role="{}")", one_of({"Promoted", "Started", "Unpromoted"}));
    if (chance(6)) text += R"( node-attribute="zone")";
    if (chance(6)) text += R"( influence="false")";
    return text + "/>";
  }
  std::string order() {
    std::string text = fmt::format(R"(<rsc_order id="{}")", fresh_id("ord"));
    if (chance(60)) text += fmt::format(R"( kind="{}")", one_of({"Mandatory", "Optional", "Serialize"}));
    if (chance(15)) text += fmt::format(R"( symmetrical="{}")", one_of({"true", "false"}));
    if (chance(15) && !consistent_) {
      used_tops_.clear();
      text += '>';
      for (int i = 0, count = number(1, 3); i < count; ++i) {
        text += resource_set({R"(sequential="false")", R"(require-all="false")", R"(action="start")"});
      }
      return text + "</rsc_order>";
    }
    const auto [first, then] = two_names();
    if (top(first) == top(then)) return {};
    // What must run before a remote node does cannot be probed on it first.
    if (consistent_ && hosts_.contains(std::string(top(then)))) return {};
    text += fmt::format(R"( first="{}" then="{}")", first, then);
    if (chance(15) && !consistent_) {
      text += fmt::format(R"( first-action="{}")", one_of({"start", "stop", "promote", "demote"}));
    }
    if (chance(15) && !consistent_) {
      text += fmt::format(R"( then-action="{}")", one_of({"start", "stop", "promote", "demote"}));
    }
    if (chance(5)) text += R"( require-all="false")";
    return text + "/>";
  }
  std::string ticket() {
    std::string text =
        fmt::format(R"(<rsc_ticket id="{}" ticket="{}" rsc="{}")", fresh_id("tkt"), one_of(tickets_), one_of(names_));
    if (chance(20)) text += R"( rsc-role="Promoted")";
    if (chance(60)) {
      text += fmt::format(R"( loss-policy="{}")", one_of({"stop", "demote", "fence", "freeze"}));
    }
    return text + "/>";
  }

  // ---- the rest ----

  std::string defaults() {
    Pairs resource;
    maybe(resource, 40, "resource-stickiness", {"100", "1", "1000"});
    maybe(resource, 15, "migration-threshold", {"1", "3"});
    maybe(resource, 10, "failure-timeout", {"120s"});
    maybe(resource, 2, "is-managed", {"false"});
    Pairs operation;
    maybe(operation, 25, "timeout", {"45s", "90"});
    maybe(operation, 5, "on-fail", {"block", "stop", "ignore"});
    std::string text;
    if (!resource.empty()) {
      text += "<rsc_defaults>" + set("meta_attributes", "rd", resource, chance(10) ? rule(true, false) : "") +
              "</rsc_defaults>";
    }
    if (!operation.empty()) text += "<op_defaults>" + set("meta_attributes", "od", operation) + "</op_defaults>";
    return text;
  }
  std::string topology() {
    if (devices_.empty() || !chance(15)) return {};
    std::string text = "<fencing-topology>";
    for (const std::string& node : nodes_) {
      text += fmt::format(R"(<fencing-level id="{}" target="{}" index="1" devices="{}"/>)", fresh_id("lvl"), node,
                          devices_.size() > 1 && chance(50) ? devices_[0] + "," + devices_[1] : devices_[0]);
    }
    return text + "</fencing-topology>";
  }
  std::string tags() {
    if (!chance(5)) return {};
    return fmt::format(R"(<tags><tag id="tagged"><obj_ref id="{}"/><obj_ref id="{}"/></tag></tags>)", one_of(names_),
                       one_of(names_));
  }

  Random random_;
  bool consistent_;
  int ids_ = 0;
  bool fencing_ = false;
  bool utilization_ = false;
  bool bundle_promotable_ = false;
  std::string templates_;
  std::string text_;
  std::vector<std::string> nodes_;
  std::vector<std::string> remotes_;
  std::set<std::string> hosts_;  // resources that remote nodes depend on
  std::vector<std::string> bundle_nodes_;
  std::vector<std::string> names_;
  std::vector<std::string> devices_;
  std::vector<std::string> tickets_;
  std::vector<std::string> used_tops_;  // named by the sets of the constraint that is being made
  std::vector<RandomLeaf> leaves_;
};

}  // namespace simcluster::scheduler::testing
