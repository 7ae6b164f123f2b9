#include "sim/scenario/cluster_report.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "commands/tool.h"
#include "engine/base/time_text.h"
#include "engine/cib/compressed_input.h"
#include "engine/cib/compressed_output.h"
#include "engine/cib/crm_shell.h"
#include "engine/cib/document.h"
#include "engine/cib/upgrade.h"
#include "engine/cib/values.h"
#include "engine/controller/scheduler_run.h"
#include "engine/node/node.h"
#include "engine/scheduler/graph.h"
#include "engine/scheduler/profile_options.h"
#include "engine/scheduler/scheduler.h"
#include "reports/diff.h"
#include "reports/ustar.h"
#include "sim/kernel/kernel.h"
#include "sim/network/network.h"
#include "sim/scenario/records.h"
#include "sim/scenario/screen.h"
#include "sim/world/world.h"

namespace simcluster::sim {

namespace {

using Files = std::map<std::string, std::string>;

// "Sun Nov 22 05:55:40 UTC 2026"
std::string date_text(Time at) {
  const std::string text = ctime_text(at);
  return text.substr(0, 20) + "UTC " + text.substr(20);
}

// Corosync, or what stands for it.
std::string stack_file(const Profile& profile) { return profile.heartbeat_stack ? "ha.cf" : "corosync.conf"; }

bool hears(World& world, Machine& from, Machine& to) {
  if (&from == &to) return true;
  if (to.power() != PowerState::kUp) return false;
  const std::vector<PortId> here = from.ring_ports();
  const std::vector<PortId> there = to.ring_ports();
  if (here.empty() || there.empty()) return true;
  for (std::size_t i = 0; i < std::min(here.size(), there.size()); ++i)
    if (here[i].valid() && there[i].valid() && world.network().hearing(here[i], there[i]) != Network::Hearing::kNever)
      return true;
  return false;
}

// --- one node ---

class NodePart {
 public:
  NodePart(World& world, Machine& machine, const ReportRequest& request, Files& files)
      : world_(world),
        machine_(machine),
        profile_(machine.spec().profile),
        old_(profile_.pacemaker_has_shell),
        request_(request),
        files_(files),
        folder_(fmt::format("{}/{}/", request.name, machine.name())) {}

  void collect() {
    const node::Node* node = machine_.node();
    put(node != nullptr ? "RUNNING" : "STOPPED", "");
    put(stack_file(profile_), machine_.spec().corosync_conf);
    put("sysinfo.txt", system_information());
    put("time.txt", old_ ? date_text(world_.now()) + "\n" : fmt::format("Time: {}\n", ctime_text(world_.now())));
    std::string permissions;  // nobody has spoilt them
    if (!old_)
      for (const char* folder : {"", "/pengine", "/cib"})
        permissions += fmt::format("##### Check perms for /var/lib/pacemaker{}: OK\n", folder);
    put("permissions.txt", permissions);
    collect_logs();
    collect_inputs();
    if (node != nullptr) collect_state(*node);
  }

  // As crm report 4.4 and hb_report 1.0.12 write it.
  std::string system_information() const {
    const StackVersions& versions = profile_.versions;
    const std::string stack = profile_.heartbeat_stack
                                  ? fmt::format("heartbeat version: {}\n", versions.heartbeat)
                                  : fmt::format("Corosync Cluster Engine, version '{}'\n", versions.corosync);
    if (old_)
      return fmt::format(
          "{}cluster-glue: {}\nresource-agents: {}\nCRM Version: {}\nPlatform: Linux\nKernel release: {}\n", stack,
          versions.cluster_glue, versions.resource_agents, versions.pacemaker, versions.kernel);
    return fmt::format(
        "#####Cluster info:\n{}resource-agents: {}\n\n#####Cluster related packages:\npacemaker {}\ncorosync {}\n"
        "resource-agents {}\n\n#####System info:\nPlatform: Linux\nKernel release: {}\n",
        stack, versions.resource_agents, versions.pacemaker, versions.corosync, versions.resource_agents,
        versions.kernel);
  }

  // The log that is called ha-log.txt in reports.
  std::string cluster_log() const { return ha_log_; }

 private:
  void put(const std::string& name, std::string text) { files_[folder_ + name] = std::move(text); }

  std::string log_of_time(std::string_view file) const {
    const std::string* text = machine_.kernel().files().find(log_path(profile_, file));
    return text == nullptr ? std::string() : lines_of_time(*text, request_.from, request_.to);
  }

  void collect_logs() {
    const std::string main =
        profile_.logs_with_function ? profile_.heartbeat_stack ? "ha-log" : "corosync.log" : "pacemaker.log";
    for (const std::string_view file : {"messages", "corosync.log", "pacemaker.log", "ha-log", "pm_logconv.out"}) {
      const std::string text = log_of_time(file);
      if (text.empty()) continue;
      if (file == main) {
        ha_log_ = text;
        put("ha-log.txt.info", fmt::format("{} {}\n", log_path(profile_, file), text.size()));
        put("ha-log.txt", text);
        if (old_) continue;
      }
      put(file == "ha-log" ? "ha-log.txt" : std::string(file), text);
    }
    put("events.txt", log_of_time("pm_logconv.out"));
  }

  // Inputs that the scheduler got within the time, each with its graph.
  void collect_inputs() {
    const std::string any = controller::input_file_name(profile_, InputSeries::kInput, 0);
    const std::string folder = any.substr(0, any.rfind('/') + 1);
    for (const std::string& path : machine_.kernel().files().list(folder)) {
      if (!path.ends_with(".bz2")) continue;
      const std::string& bytes = *machine_.kernel().files().find(path);
      const auto xml = cib::decompress(bytes, cib::Compression::kBzip2, path);
      auto document = xml ? cib::parse_document(*xml, path) : tl::unexpected(xml.error());
      if (!document) continue;
      const auto date = cib::parse_integer(document->root().value("execution-date"));
      if (!date || date->value < request_.from.unix_seconds() || date->value > request_.to.unix_seconds()) continue;
      const std::string name = "pengine/" + path.substr(folder.size());
      put(name, bytes);
      put(name.substr(0, name.size() - 3) + "dot", graph_of(*document, date->value));
    }
  }

  std::string graph_of(cib::Document& document, std::int64_t now) const {
    cib::upgrade(document);
    return scheduler::write_dot(scheduler::schedule(document, scheduler::options_of(profile_, now)), false, false);
  }

  void collect_state(const node::Node& node) {
    const auto manager = machine_.manager();
    if (manager && manager->is_dc) put("DC", "");
    put("cib.xml", cib::write_document(node.cib()));
    if (old_) put("cib.txt", cib::write_crm_shell(node.cib()));
    if (const auto screen = screen_text(world_, machine_, "crm_mon -1")) put("crm_mon.txt", *screen);
    put("crm_verify.txt", verified(node.cib()));
    std::string members;
    for (const std::string& member : node.members()) members += (members.empty() ? "" : " ") + member;
    put("members.txt", members + "\n");
  }

  std::string verified(const cib::Document& cib) const {
    commands::Surroundings surroundings;
    surroundings.profile = profile_;
    surroundings.now = world_.now().unix_seconds();
    surroundings.cib = &cib;
    surroundings.connection = commands::Connection::kOpen;
    const commands::Outcome outcome = commands::find_tool("crm_verify")->run({"-V", "-L"}, surroundings);
    return outcome.error + outcome.output;
  }

  World& world_;
  Machine& machine_;
  const Profile& profile_;
  const bool old_;
  const ReportRequest& request_;
  Files& files_;
  const std::string folder_;
  std::string ha_log_;
};

// --- all nodes together ---

class WholeReport {
 public:
  WholeReport(World& world, const ReportRequest& request) : world_(world), request_(request) {}

  ClusterReport make() {
    for (std::size_t i = 0; i < world_.machine_count(); ++i) {
      Machine& machine = world_.machine(NodeIndex(static_cast<NodeIndex::rep>(i)));
      if (machine.spec().corosync_conf.empty()) continue;  // no node of the cluster
      if (request_.alone && request_.where != machine.index()) continue;
      nodes_.push_back(machine.name());
      old_ |= machine.spec().profile.pacemaker_has_shell;
      stack_file_ = stack_file(machine.spec().profile);
      if (machine.power() != PowerState::kUp) continue;
      if (request_.where.valid() && !hears(world_, world_.machine(request_.where), machine)) continue;
      NodePart part(world_, machine, request_, report_.files);
      part.collect();
      there_.push_back(machine.name());
      logs_.push_back(part.cluster_log());
      informations_.push_back(part.system_information());
    }
    put("ha-log.txt", merged_by_time(logs_, request_.to));
    std::vector<std::string> events;
    for (const std::string& node : there_) events.push_back(text_of(node, "events.txt"));
    put("events.txt", merged_by_time(events, request_.to));
    put("analysis.txt", analysis());
    put("description.txt", description());
    return std::move(report_);
  }

 private:
  void put(const std::string& name, std::string text) { report_.files[request_.name + "/" + name] = std::move(text); }
  std::string path_of(const std::string& node, const std::string& name) const {
    return fmt::format("{}/{}/{}", request_.name, node, name);
  }
  const std::string* find(const std::string& node, const std::string& name) const {
    const auto found = report_.files.find(path_of(node, name));
    return found == report_.files.end() ? nullptr : &found->second;
  }
  std::string text_of(const std::string& node, const std::string& name) const {
    const std::string* text = find(node, name);
    return text == nullptr ? std::string() : *text;
  }
  // Where the collector had them while it worked.
  std::string work_path(const std::string& node, const std::string& name) const {
    return fmt::format("/tmp/.{}.workdir/{}", old_ ? "hb_report" : "crm_report", path_of(node, name));
  }

  // What all nodes have alike goes to the top, with a link at each node; else how each differs from the first.
  std::string compared(const std::string& name) {
    std::string told;
    for (const std::string& node : nodes_)
      if (find(node, name) == nullptr) told += fmt::format("{} does not exist\n", work_path(node, name));
    if (std::ranges::none_of(nodes_, [&](const std::string& node) { return find(node, name) != nullptr; }))
      return fmt::format("no /tmp/.{}.workdir/{}/*/{} :/\n", old_ ? "hb_report" : "crm_report", request_.name, name);
    if (!told.empty()) return (old_ ? "" : "\n") + told + "\n";
    const std::string& first = *find(nodes_.front(), name);
    for (std::size_t i = 1; i < nodes_.size(); ++i)
      told += reports::unified_diff(first, *find(nodes_[i], name), work_path(nodes_.front(), name),
                                    work_path(nodes_[i], name), 3);
    if (!told.empty()) return "\n" + told + "\n";
    if (name != "cib.xml") consolidate(name);
    return "OK\n";
  }

  void consolidate(const std::string& name) {
    put(name, text_of(nodes_.front(), name));
    for (const std::string& node : nodes_) {
      report_.files.erase(path_of(node, name));
      report_.links[path_of(node, name)] = "../" + name;
    }
  }

  std::string analysis() {
    const std::vector<std::string> compared_files =
        old_ ? std::vector<std::string>{"members.txt", "cib.xml", "crm_mon.txt", stack_file_, "sysinfo.txt"}
             : std::vector<std::string>{"members.txt", "crm_mon.txt", stack_file_, "sysinfo.txt", "cib.xml"};
    std::string text;
    for (const std::string& name : compared_files) text += fmt::format("Diff {}... {}", name, compared(name));
    text += "\nLog patterns:\n";
    for (const auto& [path, content] : report_.files)
      if (path.ends_with("/ha-log.txt") && path != request_.name + "/ha-log.txt") text += with_patterns(content);
    for (const auto& [path, content] : report_.files)
      if (path.ends_with("/messages")) text += with_patterns(content);
    return text;
  }

  // hb_report looks for what operators look for first, crm report for warnings, too.
  std::string with_patterns(std::string_view log) const {
    static constexpr std::array<std::string_view, 5> kPatterns = {"CRIT:", "ERROR:", "crit:", "error:", "warning:"};
    const std::span<const std::string_view> wanted = std::span(kPatterns).first(old_ ? 2 : kPatterns.size());
    std::string lines;
    while (!log.empty()) {
      const std::string_view line = log.substr(0, std::min(log.find('\n'), log.size() - 1) + 1);
      log.remove_prefix(line.size());
      if (std::ranges::any_of(wanted, [&](std::string_view p) { return line.find(p) != std::string_view::npos; }))
        lines += line;
    }
    return lines;
  }

  std::string description() const {
    constexpr std::string_view kOldHead =
        "Please edit this template and describe the issue/problem you\nencountered. Then, post to\n"
        "\tLinux-HA@lists.linux-ha.org\nor file a bug at\n\thttp://developerbugs.linux-foundation.org/\n\n"
        "See http://linux-ha.org/wiki/ReportingProblems for detailed\ndescription on how to report problems.\n\n"
        "Thank you.\n\n";
    constexpr std::string_view kNewHead =
        "\nPlease edit this template and describe the issue/problem you\nencountered. Then, post to\n"
        "    http://clusterlabs.org/mailman/listinfo/users\nor file a bug at\n"
        "    https://github.com/ClusterLabs/crmsh/issues\n\nThank you.\n\n";
    std::string text(old_ ? kOldHead : kNewHead);
    text += fmt::format(
        "Date: {}\nBy: {}\nSubject: [short problem description]\n"
        "Severity: [choose one] enhancement minor normal major critical blocking\n"
        "Component: [choose one] CRM LRM CCM RA fencing openais comm GUI tools other\n",
        date_text(request_.to), request_.command);
    text += old_ ? "\nDetailed description:\n---\n[...]\n---\n"
                 : "--------------------------------------------------------\n\nDetailed description:\n";
    for (std::size_t i = 0; i < there_.size(); ++i) {
      text += fmt::format("\nSystem info {}:\n", there_[i]);
      std::string_view rest = informations_[i];
      while (!rest.empty()) {
        const std::size_t end = rest.find('\n') + 1;
        text += fmt::format("{}{}", old_ ? "\t" : "    ", rest.substr(0, end));
        rest.remove_prefix(end);
      }
    }
    return text;
  }

  World& world_;
  const ReportRequest& request_;
  ClusterReport report_;
  bool old_ = false;
  std::string stack_file_;
  std::vector<std::string> nodes_;         // of the cluster
  std::vector<std::string> there_;         // of those, whom the collector has reached
  std::vector<std::string> logs_;          // of those
  std::vector<std::string> informations_;  // of those
};

}  // namespace

ClusterReport collect_report(World& world, const ReportRequest& request) { return WholeReport(world, request).make(); }

Result<std::string> packed_report(const ClusterReport& report, Time at) {
  const auto archive = reports::ustar_archive(report.files, at, report.links);
  if (!archive) return tl::unexpected(archive.error());
  return cib::compress_bzip2(*archive);
}

}  // namespace simcluster::sim
