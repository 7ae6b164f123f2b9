// What an operator's tools ask of the cluster manager.
#include <set>
#include <string>

#include <fmt/core.h>

#include "engine/cib/patch.h"
#include "engine/controller/controller_impl.h"

namespace simcluster::controller {

void Controller::Impl::change_cib(CibRequest request, std::string_view client_name) {
  request.client = client_name;
  request.user = "root";
  cib_.submit(std::move(request), [this](const Result<void>& result) {
    if (result) return;
    log_line(host_, profile_, LogPriority::kError, Daemon::kCib, "cib_process_request",
             fmt::format("Call failed: {}", result.error().message));
  });
}

// CM-6.7, CM-6.12: from 1.1.12 on what is different goes to all, before all of the configuration. Without a version,
// since it is meant for the configuration as it then is: the status may have changed meanwhile.
void Controller::Impl::change_configuration(const cib::Document& wanted, std::string_view client_name) {
  CibRequest request;
  if (profile_.cib_diffs_from_primary) {
    request.set(CibStep::Kind::kReplace, {step("configuration")},
                cib::write_compact(wanted.root().first_child("configuration")));
  } else {
    const auto patch = cib::create_patch_without_version(cib_.document(), wanted);
    if (!patch) return;
    request.set(CibStep::Kind::kPatch, {}, cib::write_compact(patch->root()));
  }
  change_cib(std::move(request), client_name);
}

Result<void> Controller::Impl::fence(std::string_view node, std::string_view action) {
  if (action != "reboot" && action != "off" && action != "on")
    return fail(fmt::format("\"{}\" is no action of fencing (expected reboot, off or on)", action));
  if (const std::size_t under_way = daemons_.fencer().requests(); under_way >= fencer::Fencer::kMostOperations)
    return fail(fmt::format("{} fencing operations are under way; try again later", under_way));
  // Not stonith-timeout: the tool has a default of its own (stonith_admin --help-all).
  daemons_.fencer().request(
      {std::string(node), std::string(action), seconds(120), {}, daemons_.new_tool(kFencingTool)});
  return {};
}

void Controller::Impl::update_attribute(std::string_view name, std::optional<std::string_view> value, Duration dampen,
                                        std::string_view node) {
  const ClusterNodeId target = find_node(node);
  if (target.valid()) daemons_.attributes().update(name, value, dampen, target);
}

void Controller::Impl::clear_fail_counts(std::string_view resource, ClusterNodeId node) {
  for (const std::string& name : daemons_.attributes().names_of(node)) {
    for (const std::string_view prefix : {"fail-count-", "last-failure-"}) {
      if (!name.starts_with(prefix)) continue;
      std::string_view rest = std::string_view(name).substr(prefix.size());
      rest = rest.substr(0, rest.find('#'));
      if (resource.empty() || rest == resource) daemons_.attributes().update(name, std::nullopt, {}, node);
    }
  }
}

// Resources, or the one, that have failed on a node: by their fail counts and their history.
std::set<std::string> Controller::Impl::failed_resources(std::string_view resource, ClusterNodeId node) const {
  constexpr std::string_view kFailCount = "fail-count-";
  std::set<std::string> failed;
  const auto add = [&](std::string_view name) {
    if (!name.empty() && (resource.empty() || name == resource)) failed.emplace(name);
  };
  for (const std::string& name : daemons_.attributes().names_of(node)) {
    if (!name.starts_with(kFailCount)) continue;
    const std::string_view rest = std::string_view(name).substr(kFailCount.size());
    add(rest.substr(0, rest.find('#')));
  }
  const std::string id = node_xml_id(node);
  for (const cib::Element state : cib_.store().status().children("node_state")) {
    if (state.id() != id) continue;
    for (cib::Element at = state.next_in(state); at; at = at.next_in(state))
      if (at.is("lrm_rsc_op") && at.id().ends_with("_last_failure_0")) add(at.parent().id());
  }
  return failed;
}

// CM-9.2: on nodes where the resource has failed its fail counts go, and its history, so that it is probed again
// (black-box run of 2.1.5). Before 2.0 the tool did so everywhere.
void Controller::Impl::cleanup(std::string_view resource, std::string_view node) {
  if (!profile_.daemons_renamed) {
    refresh(resource, node);
    return;
  }
  for (const auto& [id, peer] : peers_) {
    if (!node.empty() && !same_node_name(peer.name, node)) continue;
    for (const std::string& failed : failed_resources(resource, id)) refresh(failed, peer.name);
  }
}

void Controller::Impl::refresh(std::string_view resource, std::string_view node) {
  for (const auto& [id, peer] : peers_) {
    if (!node.empty() && !same_node_name(peer.name, node)) continue;
    clear_fail_counts(resource, id);
    if (!peer.active()) continue;
    Message message;
    message.task = Task::kLrmDelete;
    message.text = resource;
    send_to(id, std::move(message));
  }
}

}  // namespace simcluster::controller
