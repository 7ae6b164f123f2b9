// Random changes of a CIB for tests, and the injections to try on it. The same seed gives the same changes.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/base/random.h"
#include "engine/cib/document.h"
#include "engine/scheduler/inject.h"
#include "engine/scheduler/random_configuration.h"

namespace simcluster::scheduler::testing {

inline constexpr std::int64_t kRandomNow = 1'700'172'800;  // 2023-11-16 22:13:20 UTC

// Changes of a CIB that keep it valid.
class RandomEdits {
 public:
  using Orders = RandomConfiguration::Orders;

  RandomEdits(cib::Document& document, std::uint64_t seed, Orders orders = Orders::kAny)
      : document_(document), random_(seed, "edits"), consistent_(orders == Orders::kConsistent) {}

  void apply(int count) {
    for (int i = 0; i < count; ++i) {
      collect();
      apply_one();
    }
  }

  // Says what releases have different defaults for.
  void settle_defaults() {
    document_.root().set_attribute("crm_feature_set", "3.16.1");
    cib::MutableElement section = document_.find_path("configuration/crm_config");
    bool said = !section;
    for (cib::Element at = section; at && !said; at = at.next_in(section))
      said = at.value("name") == "concurrent-fencing";
    if (!said) set_pair(section, "cluster_property_set", "concurrent-fencing", "true");
  }

  // Arguments of crm_simulate: nothing, or one to three injections.
  std::vector<std::string> injections() {
    collect();
    std::vector<std::string> result;
    if (!chance(35)) return result;
    for (int i = 0, count = number(1, 3); i < count; ++i) inject(result);
    return result;
  }

 private:
  using Words = std::initializer_list<std::string_view>;

  bool chance(unsigned percent) { return random_.below(100) < percent; }
  int number(int low, int high) { return static_cast<int>(random_.between(low, high)); }
  std::string one_of(Words words) { return std::string(words.begin()[random_.below(words.size())]); }
  cib::MutableElement one_of(std::vector<cib::MutableElement>& list) {
    return list.empty() ? cib::MutableElement() : list[random_.below(list.size())];
  }
  std::string fresh_id() {
    std::string id;
    do {
      id = fmt::format("edit-{}", ++ids_);
    } while (document_.find_id(id));
    return id;
  }

  void collect() {
    for (auto* list :
         {&nodes_, &states_, &resources_, &primitives_, &constraints_, &ops_, &histories_, &entries_, &pairs_}) {
      list->clear();
    }
    const cib::Element root = std::as_const(document_).root();
    const cib::Element constraints = std::as_const(document_).find_path("configuration/constraints");
    for (cib::Element at = root; at; at = at.next_in(root)) {
      const std::string_view name = at.name();
      if (name == "node") keep(nodes_, at);
      if (name == "node_state") keep(states_, at);
      if (name == "op") keep(ops_, at);
      if (name == "lrm_resource") keep(histories_, at);
      if (name == "lrm_rsc_op") keep(entries_, at);
      if (name == "nvpair" && at.parent().is("instance_attributes")) keep(pairs_, at);
      if (name == "primitive" || name == "group" || name == "clone" || name == "bundle") {
        keep(resources_, at);
        if (name == "primitive") keep(primitives_, at);
      }
      if (constraints && at.parent() == constraints) keep(constraints_, at);
    }
  }
  void keep(std::vector<cib::MutableElement>& list, const cib::Element& element) {
    list.push_back(document_.edit(element));
  }

  void apply_one() {
    switch (random_.below(16)) {
      case 0:
      case 1:
        return node_state();
      case 2:
        return remove_constraint();
      case 3:
        return change_constraint();
      case 4:
        return add_constraint();
      case 5:
        return remove_resource();
      case 6:
      case 7:
        return set_meta();
      case 8:
        return set_option();
      case 9:
        return change_operation();
      case 10:
      case 11:
        return change_entry();
      case 12:
        return drop_history();
      case 13:
        return copy_history();
      case 14:
        return node_attribute();
      default:
        return chance(50) ? ticket() : change_parameter();
    }
  }

  void node_state() {
    cib::MutableElement state = one_of(states_);
    if (!state || state.has("remote_node")) return;
    switch (random_.below(6)) {
      case 0:  // lost
        set_state(state, "false", "offline", "down", "member");
        break;
      case 1:  // left in peace
        set_state(state, "false", "offline", "down", "down");
        break;
      case 2:  // joining
        set_state(state, "true", "online", "pending", "member");
        break;
      case 3:  // the controller died
        set_state(state, "true", "offline", "down", "member");
        break;
      case 4:
        set_state(state, "true", "online", "banned", "down");
        break;
      default:
        set_state(state, "true", "online", "member", "member");
        break;
    }
  }
  static void set_state(cib::MutableElement state, std::string_view member, std::string_view peer,
                        std::string_view join, std::string_view expected) {
    state.set_attribute("in_ccm", member).set_attribute("crmd", peer);
    state.set_attribute("join", join).set_attribute("expected", expected);
  }

  void remove_constraint() {
    if (cib::MutableElement constraint = one_of(constraints_)) constraint.remove();
  }
  void change_constraint() {
    cib::MutableElement constraint = one_of(constraints_);
    if (!constraint) return;
    if (constraint.is("rsc_order")) {
      if (constraint.has("score")) constraint.remove_attribute("score");
      constraint.set_attribute("kind", one_of({"Mandatory", "Optional", "Serialize"}));
      if (chance(30)) constraint.set_attribute("symmetrical", one_of({"true", "false"}));
    } else if (constraint.is("rsc_colocation") || constraint.has("node")) {
      constraint.set_attribute("score", one_of({"INFINITY", "-INFINITY", "100", "-100", "1", "0"}));
    }
  }
  // Two resources of different top-level ones; empty when there are none.
  std::pair<std::string, std::string> two_resources() {
    const auto top = [](cib::MutableElement resource) {
      while (resource && resource.parent() && !resource.parent().is("resources")) resource = resource.parent();
      return resource;
    };
    const cib::MutableElement first = one_of(resources_);
    for (int i = 0; i < 20; ++i) {
      const cib::MutableElement second = one_of(resources_);
      if (top(first) == top(second)) continue;
      std::pair<std::string, std::string> pair(first.id(), second.id());
      if (consistent_ && second.line() < first.line()) std::swap(pair.first, pair.second);
      return pair;
    }
    return {};
  }
  void add_constraint() {
    const cib::MutableElement constraints = document_.find_path("configuration/constraints");
    if (!constraints || resources_.empty() || nodes_.empty()) return;
    cib::MutableElement section(constraints);
    const auto [one, other] = two_resources();
    if (one.empty()) return;
    const std::string id = fresh_id();
    switch (random_.below(3)) {
      case 0: {
        cib::MutableElement made = section.append_child("rsc_location");
        made.set_attribute("id", id).set_attribute("rsc", one);
        made.set_attribute("node", std::string(one_of(nodes_).value("uname")));
        made.set_attribute("score", one_of({"INFINITY", "-INFINITY", "100", "-1"}));
        return;
      }
      case 1: {
        cib::MutableElement made = section.append_child("rsc_colocation");
        made.set_attribute("id", id).set_attribute("rsc", other).set_attribute("with-rsc", one);
        made.set_attribute("score", one_of({"INFINITY", "-INFINITY", "50", "-1"}));
        if (chance(25)) made.set_attribute("rsc-role", one_of({"Promoted", "Started"}));
        if (chance(25)) made.set_attribute("with-rsc-role", one_of({"Promoted", "Started"}));
        return;
      }
      default: {
        if (consistent_) return;  // not all pairs that go forwards are, see RandomConfiguration
        cib::MutableElement made = section.append_child("rsc_order");
        made.set_attribute("id", id).set_attribute("first", one).set_attribute("then", other);
        made.set_attribute("kind", one_of({"Mandatory", "Mandatory", "Optional", "Serialize"}));
        if (chance(25)) made.set_attribute("first-action", one_of({"promote", "stop", "demote"}));
        if (chance(25)) made.set_attribute("then-action", one_of({"promote", "stop", "demote"}));
        return;
      }
    }
  }

  // A top-level resource goes, with all constraints, tags and references; its history stays.
  void remove_resource() {
    cib::MutableElement resource = one_of(resources_);
    if (!resource || !resource.parent().is("resources")) return;
    std::vector<std::string> gone = {std::string(resource.id())};
    for (cib::Element at = resource.next_in(resource); at; at = at.next_in(resource)) {
      if (at.has("id")) gone.emplace_back(at.id());
    }
    const auto is_gone = [&](std::string_view id) { return std::find(gone.begin(), gone.end(), id) != gone.end(); };
    const cib::Element root = std::as_const(document_).root();
    for (cib::Element at = root; at; at = at.next_in(root)) {
      if (at.has("id-ref") && is_gone(at.value("id-ref"))) return;
    }
    for (cib::MutableElement constraint : constraints_) {
      bool named = false;
      for (const char* attribute : {"rsc", "with-rsc", "first", "then"}) named |= is_gone(constraint.value(attribute));
      for (cib::Element at = constraint.next_in(constraint); at; at = at.next_in(constraint)) {
        named |= at.is("resource_ref") && is_gone(at.id());
      }
      if (named) constraint.remove();
    }
    resource.remove();
  }

  void set_meta() {
    cib::MutableElement resource = one_of(resources_);
    if (!resource) return;
    static constexpr std::pair<std::string_view, std::string_view> kChoices[] = {
        {"target-role", "Stopped"},
        {"target-role", "Started"},
        {"target-role", "Unpromoted"},
        {"is-managed", "false"},
        {"is-managed", "true"},
        {"priority", "7"},
        {"resource-stickiness", "INFINITY"},
        {"resource-stickiness", "0"},
        {"migration-threshold", "1"},
        {"maintenance", "true"},
        {"multiple-active", "block"},
        {"multiple-active", "stop_unexpected"},
        {"clone-max", "1"},
        {"clone-max", "2"},
        {"clone-node-max", "2"},
        {"notify", "true"},
        {"interleave", "true"},
        {"ordered", "true"},
        {"globally-unique", "true"},
        {"promotable", "true"},
        {"promoted-max", "2"},
        {"clone-min", "1"},
        {"allow-migrate", "true"},
        {"critical", "false"},
        {"requires", "nothing"},
        {"requires", "quorum"},
        {"failure-timeout", "10s"},
    };
    const auto& [name, value] = kChoices[random_.below(std::size(kChoices))];
    if (!resource.is("clone") &&
        (name.starts_with("clone-") || name.starts_with("promot") || name == "globally-unique"))
      return;
    set_pair(resource, "meta_attributes", name, value);
  }
  // Sets the pair in the owner's own first set, or in a new one at a place that every schema allows.
  void set_pair(cib::MutableElement owner, std::string_view kind, std::string_view name, std::string_view value) {
    for (const cib::MutableElement child : owner.children()) {
      if (!child.is(kind) || child.has("id-ref")) continue;
      cib::MutableElement set(child);
      cib::MutableElement pair = set.child_with(cib::names::kNvpair, cib::names::kName, name);
      if (!pair) {
        const std::string id = fresh_id();
        pair = set.append_child("nvpair");
        pair.set_attribute("id", id).set_attribute("name", name);
      }
      pair.set_attribute("value", value);
      return;
    }
    const std::string set_id = fresh_id();
    cib::MutableElement set = owner.insert_child(kind, owner.first_child());
    set.set_attribute("id", set_id);
    const std::string id = fresh_id();
    set.append_child("nvpair").set_attribute("id", id).set_attribute("name", name).set_attribute("value", value);
  }

  void set_option() {
    static constexpr std::pair<std::string_view, std::string_view> kChoices[] = {
        {"no-quorum-policy", "stop"},        {"no-quorum-policy", "freeze"},
        {"no-quorum-policy", "ignore"},      {"no-quorum-policy", "demote"},
        {"no-quorum-policy", "suicide"},     {"symmetric-cluster", "false"},
        {"stonith-enabled", "true"},         {"stonith-enabled", "false"},
        {"maintenance-mode", "true"},        {"stop-all-resources", "true"},
        {"start-failure-is-fatal", "false"}, {"startup-fencing", "false"},
        {"placement-strategy", "balanced"},  {"placement-strategy", "utilization"},
        {"enable-startup-probes", "false"},  {"stop-orphan-resources", "false"},
        {"concurrent-fencing", "false"},     {"priority-fencing-delay", "30s"},
        {"shutdown-lock", "true"},           {"node-health-strategy", "migrate-on-red"},
        {"stonith-action", "off"},
    };
    const auto& [name, value] = kChoices[random_.below(std::size(kChoices))];
    if (cib::MutableElement section = document_.find_path("configuration/crm_config")) {
      set_pair(section, "cluster_property_set", name, value);
    }
  }

  void change_operation() {
    cib::MutableElement op = one_of(ops_);
    if (!op) return;
    switch (random_.below(5)) {
      case 0:
        op.set_attribute("on-fail",
                         one_of({"ignore", "block", "stop", "standby", "fence", "restart", "restart-container"}));
        break;
      case 1:
        if (op.value("name") == "monitor") op.set_attribute("interval", one_of({"12s", "10000", "1min"}));
        break;
      case 2:
        op.set_attribute("timeout", one_of({"77s", "1"}));
        break;
      case 3:
        op.set_attribute("enabled", one_of({"true", "false"}));
        break;
      default:
        if (op.parent().child_count() > 1) op.remove();
        break;
    }
  }

  // Another result for an operation of the history.
  void change_entry() {
    cib::MutableElement entry = one_of(entries_);
    if (!entry) return;
    const bool pending = chance(20);
    const std::string rc = pending ? "193" : one_of({"0", "1", "1", "7", "7", "5", "2", "8", "9", "193"});
    const bool plain = rc == "0" || rc == "7" || rc == "8";
    const std::string status = pending ? "-1" : plain ? "0" : one_of({"0", "4", "2", "4"});
    entry.set_attribute("rc-code", rc).set_attribute("op-status", status);
    const std::string magic = fmt::format("{}:{};{}", status, rc, entry.value("transition-key"));
    entry.set_attribute("transition-magic", magic);
    if (pending) entry.set_attribute("call-id", "-1");
  }
  void drop_history() {
    if (cib::MutableElement gone = chance(60) ? one_of(entries_) : one_of(histories_)) gone.remove();
  }
  void copy_history() {
    const cib::MutableElement source = one_of(histories_);
    cib::MutableElement state = one_of(states_);
    if (!source || !state) return;
    cib::MutableElement list = state.first_child("lrm").first_child("lrm_resources");
    if (!list || list.child_with_id(cib::names::kLrmResource, source.id())) return;
    list.append_copy(source);
  }

  void node_attribute() {
    cib::MutableElement state = one_of(states_);
    if (!state) return;
    cib::MutableElement attributes = state.first_child("transient_attributes");
    if (!attributes) {
      attributes = state.append_child("transient_attributes");
      attributes.set_attribute("id", std::string(state.id()));
    }
    const std::string primitive = primitives_.empty() ? "x" : std::string(one_of(primitives_).id());
    switch (random_.below(9)) {
      case 0:
        return set_pair(attributes, "instance_attributes", "standby", one_of({"on", "off"}));
      case 1:
        return set_pair(attributes, "instance_attributes", "shutdown", "1700172000");
      case 2:
        return set_pair(attributes, "instance_attributes", "terminate", "true");
      case 3:
        return set_pair(attributes, "instance_attributes", "maintenance", "true");
      case 4:
        return set_pair(attributes, "instance_attributes", "pingd", one_of({"1", "100", "0"}));
      case 5:
        return set_pair(attributes, "instance_attributes", "#health-cpu", one_of({"red", "yellow", "green"}));
      case 6:
        return set_pair(attributes, "instance_attributes", "master-" + primitive,
                        one_of({"5", "10", "100", "-1", "INFINITY"}));
      default: {
        const std::string operation = one_of({"monitor_10000", "start_0", "stop_0", "monitor_0"});
        set_pair(attributes, "instance_attributes", fmt::format("fail-count-{}#{}", primitive, operation),
                 one_of({"1", "2", "INFINITY", "1000000"}));
        return set_pair(attributes, "instance_attributes", fmt::format("last-failure-{}#{}", primitive, operation),
                        one_of({"1700172700", "1700100000"}));
      }
    }
  }

  void ticket() {
    const std::string wanted = ticket_name();
    cib::MutableElement status = document_.root().first_child("status");
    if (!status) return;
    cib::MutableElement tickets = status.ensure_child("tickets");
    cib::MutableElement state = tickets.child_with_id(tickets.document().find_name("ticket_state"), wanted);
    if (!state) {
      state = tickets.append_child("ticket_state");
      state.set_attribute("id", wanted);
    }
    state.set_attribute("granted", one_of({"true", "false"}));
    if (chance(25)) state.set_attribute("standby", one_of({"true", "false"}));
    if (chance(50)) state.set_attribute("last-granted", "1700000000");
  }
  std::string ticket_name() {
    for (const cib::MutableElement& constraint : constraints_) {
      if (constraint.is("rsc_ticket")) return std::string(constraint.value("ticket"));
    }
    return "ticketA";
  }

  void change_parameter() {
    cib::MutableElement pair = one_of(pairs_);
    if (pair && pair.parent().parent().is("primitive") && pair.has("value")) pair.set_attribute("value", "changed");
  }

  void inject(std::vector<std::string>& arguments) {
    const auto add = [&](std::string_view option, std::string value) {
      arguments.emplace_back(option);
      arguments.push_back(std::move(value));
    };
    const std::string node = nodes_.empty() ? "" : std::string(one_of(nodes_).value("uname"));
    const std::string primitive = primitives_.empty() ? "" : std::string(one_of(primitives_).id());
    switch (random_.below(10)) {
      case 0:
        if (!node.empty()) add("-d", node);
        return;
      case 1:
        if (!node.empty()) add("-f", node);
        return;
      case 2:
        if (!node.empty()) add("-u", node);
        return;
      case 3:
      case 4:
        if (node.empty() || primitive.empty()) return;
        // No failures here: how they are counted has changed between releases.
        return add("-i",
                   fmt::format("{}_{}@{}={}", primitive, one_of({"monitor_10000", "monitor_0", "start_0"}), node, "0"));
      case 5:
      case 6:
        if (node.empty() || primitive.empty()) return;
        return add("-F",
                   fmt::format("{}_{}@{}={}", primitive, one_of({"monitor_10000", "start_0", "stop_0", "promote_0"}),
                               node, one_of({"1", "7", "5"})));
      case 7:
        return add(one_of({"-g", "-r", "-b", "-e"}), ticket_name());
      case 8:
        return add("-q", one_of({"true", "false"}));
      default:
        return add("-w", one_of({"true", "false"}));
    }
  }

  cib::Document& document_;
  Random random_;
  bool consistent_;
  int ids_ = 0;
  std::vector<cib::MutableElement> nodes_, states_, resources_, primitives_, constraints_, ops_, histories_, entries_,
      pairs_;
};

}  // namespace simcluster::scheduler::testing
