// From a case to a CIB and the events that happen to it.
#include <map>

#include "engine/cib/crm_shell.h"
#include "engine/cib/upgrade.h"
#include "engine/scheduler/case_notation.h"
#include "engine/scheduler/digest_check.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/scheduler.h"

namespace simcluster::scheduler::testing {

namespace {

using cib::Element;
using cib::MutableElement;

// Fencing is off unless a case says otherwise.
void add_default_options(cib::Document& cib) {
  MutableElement config = cib.root().first_child("configuration").first_child("crm_config");
  for (const Element set : config.children("cluster_property_set")) {
    for (const Element pair : set.children("nvpair")) {
      if (pair.value("name") == "stonith-enabled" || pair.value("name") == "fencing-enabled") return;
    }
  }
  MutableElement set = config.first_child("cluster_property_set");
  if (!set) {
    set = config.append_child("cluster_property_set");
    set.set_attribute("id", "cib-bootstrap-options");
  }
  MutableElement pair = set.append_child("nvpair");
  pair.set_attribute("id", "default-stonith-enabled").set_attribute("name", "stonith-enabled");
  pair.set_attribute("value", "false");
}

// Histories know the parameters of today, unless a case says otherwise (S2 U-18.2).
void add_digests(cib::Document& document, std::int64_t now) {
  cib::Document upgraded = document;
  if (cib::upgrade(upgraded).outcome != cib::UpgradeOutcome::kValid) return;
  Options options;
  options.now = now;
  const Schedule schedule = unpack(upgraded, options);
  Model& model = *schedule.model;
  MutableElement status = document.root().first_child("status");
  for (const ResourceHistory& history : model.resource_histories) {
    for (std::uint32_t i = history.first; i < history.first + history.count; ++i) {
      const HistoryEntry& entry = model.history[i];
      const std::string digest = operation_digests(model, entry, model.resource(history.resource), history.node).all;
      MutableElement state = status.child_with(cib::names::kNodeState, cib::names::kId, model.node(history.node).id);
      for (MutableElement resource : state.first_child("lrm").first_child("lrm_resources").children("lrm_resource")) {
        if (resource.id() != history.xml.id()) continue;
        MutableElement op = resource.child_with_id(cib::names::kLrmRscOp, entry.id);
        if (op && !op.has("op-digest")) op.set_attribute("op-digest", digest);
      }
    }
  }
}

}  // namespace

Result<Situation> build_situation(const Case& c, const std::string& file) {
  Situation situation;
  situation.cib = cib::empty_cib();
  situation.cib.root().set_attribute("validate-with", "pacemaker-3.9");
  situation.cib.root().set_attribute("have-quorum", "1").set_attribute("crm_feature_set", "3.15.0");
  const int line = c.configuration_line == 0 ? 1 : c.configuration_line;
  if (auto read = cib::apply_crm_shell(situation.cib, c.configuration, file, cib::CrmLoad::kUpdate, line, 2); !read) {
    return tl::unexpected(read.error());
  }
  add_default_options(situation.cib);
  const auto now = apply_state(situation.cib, c.state, file);
  if (!now) return tl::unexpected(now.error());
  situation.now = *now;
  add_digests(situation.cib, situation.now);
  situation.cib.root().set_attribute("execution-date", situation.now);
  return situation;
}

Result<CaseEvents> read_events(const Case& c, const std::string& file) {
  CaseEvents events;
  Injections& injections = events.injections;
  const std::map<std::string, std::vector<std::string>*> lists = {{"node-up", &injections.nodes_up},
                                                                  {"node-down", &injections.nodes_down},
                                                                  {"node-fail", &injections.nodes_failed},
                                                                  {"op-inject", &injections.operations},
                                                                  {"op-fail", &events.failures},
                                                                  {"ticket-grant", &injections.tickets_granted},
                                                                  {"ticket-revoke", &injections.tickets_revoked},
                                                                  {"ticket-standby", &injections.tickets_standby},
                                                                  {"ticket-activate", &injections.tickets_activated}};
  for (const CaseLine& line : c.events) {
    const std::vector<CaseLine> words = words_of(line);
    const auto list = lists.find(words[0].text);
    const std::string value = words.size() > 1 ? words[1].text : "";
    if (list != lists.end() && words.size() == 2) {
      list->second->push_back(value);
    } else if (words[0].text == "quorum" && words.size() == 2) {
      injections.quorum = value;
    } else if (words[0].text == "watchdog" && words.size() == 2) {
      injections.watchdog = value;
    } else {
      return fail(
          "expected one of node-up, node-down, node-fail, op-inject, op-fail, ticket-grant, ticket-revoke, "
          "ticket-standby, ticket-activate, quorum, watchdog",
          {file, line.line, line.column});
    }
  }
  return events;
}

}  // namespace simcluster::scheduler::testing
