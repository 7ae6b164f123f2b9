// Random situations for tests: a random configuration in some state. The same seed gives the same bytes.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/base/random.h"
#include "engine/cib/document.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/inject.h"
#include "engine/scheduler/random_configuration.h"
#include "engine/scheduler/random_edits.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/simulate.h"

namespace simcluster::scheduler::testing {

// A random configuration and a state for it.
class RandomSituation {
 public:
  explicit RandomSituation(std::uint64_t seed, RandomConfiguration::Orders orders = RandomConfiguration::Orders::kAny)
      : random_(seed, "situation"), configuration_(seed, orders) {
    auto parsed = cib::parse_document(initial_text(), fmt::format("random-{}", seed));
    if (!parsed) throw std::runtime_error(parsed.error().text());
    document_ = std::move(*parsed);
    const int style = static_cast<int>(random_.below(10));
    if (style < 2) return;  // everything is new
    if (style < 4) {
      random_history();
    } else {
      for (std::uint64_t i = 0, rounds = 1 + random_.below(3); i < rounds; ++i) advance();
    }
    RandomEdits(document_, seed, orders).apply(static_cast<int>(1 + random_.below(5)));
    if (style == 9) {
      advance();
      RandomEdits(document_, seed + 1, orders).apply(static_cast<int>(1 + random_.below(3)));
    }
    restore_versions();
  }

  cib::Document& document() { return document_; }
  const RandomConfiguration& configuration() const { return configuration_; }

  // Schedules the document and carries the transition out. True when there was nothing to do.
  static bool advance(cib::Document& document) {
    Options options;
    options.now = kRandomNow;
    const cib::Document before = document;
    const Schedule schedule = scheduler::schedule(before, options);
    if (schedule.model->graph->synapses.empty()) return true;
    SimulationOptions simulation;
    simulation.now = kRandomNow;
    simulate_transition(*schedule.model->graph, *schedule.model, document, simulation);
    return false;
  }

 private:
  bool chance(unsigned percent) { return random_.below(100) < percent; }
  void advance() { advance(document_); }

  std::string initial_text() {
    std::string text = fmt::format(
        R"(<cib validate-with="pacemaker-3.9" crm_feature_set="3.16.1" admin_epoch="0" epoch="1" num_updates="0" have-quorum="{}" dc-uuid="1" execution-date="{}"><configuration>)",
        chance(90) ? "1" : "0", kRandomNow);
    text += configuration_.text() + "</configuration><status>";
    for (const std::string& ticket : configuration_.tickets()) {
      if (chance(70))
        tickets_ += fmt::format(R"(<ticket_state id="{}" granted="{}"/>)", ticket, chance(75) ? "true" : "false");
    }
    if (!tickets_.empty()) text += "<tickets>" + tickets_ + "</tickets>";
    const std::vector<std::string>& nodes = configuration_.nodes();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (chance(6)) continue;  // never seen
      const bool up = chance(92);
      text += fmt::format(
          R"(<node_state id="{0}" uname="{1}" in_ccm="{2}" crmd="{3}" crm-debug-origin="random" join="{4}" expected="{4}"><lrm id="{0}"><lrm_resources/></lrm>{5}</node_state>)",
          i + 1, nodes[i], up ? "true" : "false", up ? "online" : "offline", up ? "member" : "down", transient(i));
    }
    return text + "</status></cib>";
  }
  std::string transient(std::size_t node) {
    std::string pairs;
    const auto add = [&](const std::string& name, std::string_view value) {
      pairs += fmt::format(R"(<nvpair id="ta-{}-{}" name="{}" value="{}"/>)", node, ++transients_, name, value);
    };
    for (const RandomLeaf& leaf : configuration_.leaves()) {
      if (leaf.promotable && chance(85)) add("master-" + leaf.id, std::to_string(random_.between(-1, 12)));
    }
    if (chance(20)) add("pingd", chance(50) ? "100" : "1");
    if (pairs.empty()) return {};
    return fmt::format(
        R"(<transient_attributes id="{0}"><instance_attributes id="ta-{0}">{1}</instance_attributes></transient_attributes>)",
        node + 1, pairs);
  }

  // History out of nowhere: results that no scheduler would bring about.
  void random_history() {
    cib::MutableElement status = document_.root().first_child("status");
    for (const cib::MutableElement child : status.children()) {
      if (!child.is("node_state")) continue;
      cib::MutableElement list = child.first_child("lrm").first_child("lrm_resources");
      call_ = 0;
      for (const RandomLeaf& leaf : configuration_.leaves()) {
        if (!leaf.inside_bundle && chance(75)) leaf_history(list, leaf, std::string(child.value("uname")));
      }
    }
  }
  void leaf_history(cib::MutableElement list, const RandomLeaf& leaf, const std::string& node) {
    std::string text = fmt::format(R"(<lrm_resource id="{}" {}>)", leaf.id, leaf.agent);
    const bool running = chance(40);
    text += entry(leaf, node, "monitor", 0, running && chance(30) ? 0 : chance(92) ? 7 : 1, 7);
    if (running) text += entry(leaf, node, "start", 0, chance(92) ? 0 : 1, 0);
    if (running && chance(70)) text += entry(leaf, node, "monitor", 10000, chance(88) ? 0 : chance(50) ? 7 : 1, 0);
    if (running && leaf.promotable && chance(50)) text += entry(leaf, node, "promote", 0, 0, 0);
    if (running && chance(15)) text += entry(leaf, node, "stop", 0, chance(80) ? 0 : 1, 0);
    if (chance(4)) text += entry(leaf, node, "migrate_to", 0, 0, 0);
    const auto parsed = cib::parse_document(text + "</lrm_resource>", "history");
    if (!parsed) throw std::runtime_error(parsed.error().text());
    list.append_copy(parsed->root());
  }
  std::string entry(const RandomLeaf& leaf, const std::string& node, std::string_view task, int interval, int rc,
                    int expected) {
    const bool pending = chance(3);
    ++call_;
    const int code = pending ? 193 : rc;
    const int status = pending ? -1 : rc == expected || rc == 0 || rc == 7 ? 0 : 4;
    const std::string key = fmt::format("{}:1:{}:01234567-89ab-cdef-0123-456789abcdef", call_, expected);
    std::string migration;
    if (task == "migrate_to") {
      const std::vector<std::string>& nodes = configuration_.nodes();
      migration = fmt::format(R"( migrate_source="{}" migrate_target="{}")", node, nodes[random_.below(nodes.size())]);
    }
    const std::string id = interval == 0 && task != "migrate_to" ? fmt::format("{}_last_{}", leaf.id, call_)
                                                                 : fmt::format("{}_{}_{}", leaf.id, task, interval);
    return fmt::format(
        R"(<lrm_rsc_op id="{}" operation_key="{}_{}_{}" operation="{}" crm_feature_set="3.16.1" transition-key="{}" transition-magic="{}:{};{}" on_node="{}" call-id="{}" rc-code="{}" op-status="{}" interval="{}" last-rc-change="{}" exec-time="5"{}/>)",
        id, leaf.id, task, interval, task, key, status, code, key, node, pending ? -1 : call_, code, status, interval,
        kRandomNow - 1000 + random_.between(0, 990), migration);
  }

  // Simulated results carry our own feature set, which older schedulers refuse.
  void restore_versions() {
    const cib::Element root = std::as_const(document_).root();
    for (cib::Element at = root; at; at = at.next_in(root)) {
      if (at.has("crm_feature_set")) document_.edit(at).set_attribute("crm_feature_set", "3.16.1");
    }
  }

  Random random_;
  RandomConfiguration configuration_;
  cib::Document document_;
  std::string tickets_;
  int transients_ = 0;
  int call_ = 0;
};

}  // namespace simcluster::scheduler::testing
