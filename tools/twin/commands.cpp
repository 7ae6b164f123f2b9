#include "tools/twin/commands.h"

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/base/profile.h"
#include "tools/twin/looks.h"

namespace simcluster::twin {

namespace {

using sim::ActionText;

constexpr std::string_view kCertain = "1000000";  // of a million frames

class Parameters {
 public:
  explicit Parameters(const ActionText& action) : action_(action) {}
  std::string get(std::string_view name, std::string_view otherwise = "") const {
    for (const auto& [key, value] : action_.parameters)
      if (key == name) return value;
    return std::string(otherwise);
  }
  // Names of the groups of a partition, each as node,node.
  std::vector<std::string> groups() const {
    std::vector<std::string> list;
    for (std::size_t i = 0;; ++i) {
      std::string group;
      for (std::size_t k = 0;; ++k) {
        const std::string name = get(fmt::format("groups.{}.{}", i, k));
        if (name.empty()) break;
        group += (group.empty() ? "" : ",") + name;
      }
      if (group.empty()) return list;
      list.push_back(group);
    }
  }

 private:
  const ActionText& action_;
};

// A fault by its name in scenarios, and the function of real.sh that does the same.
const std::map<std::string_view, std::function<std::string(const Parameters&)>>& translations() {
  using P = Parameters;
  const auto simple = [](std::string_view command) {
    return [command](const P& p) { return fmt::format("{} {}", command, p.get("node")); };
  };
  const auto port = [](std::string_view command, std::string_view state) {
    return [=](const P& p) { return fmt::format("{} {} {} {}", command, p.get("node"), p.get("interface"), state); };
  };
  const auto address = [](std::string_view command) {
    return [=](const P& p) {
      return fmt::format("{} {} {} {}", command, p.get("node"), p.get("interface"), p.get("address"));
    };
  };
  const auto signal = [](int number) {
    return [=](const P& p) { return fmt::format("cluster_signal {} {}", p.get("node"), number); };
  };
  const auto power = [](std::string_view state) {
    return [=](const P& p) { return fmt::format("network_power {} {}", p.get("network"), state); };
  };
  static const std::map<std::string_view, std::function<std::string(const P&)>> table = {
      {"power-off", simple("power_off")},
      {"power-on", simple("power_on")},
      {"start-cluster", simple("start_cluster")},
      {"stop-cluster", simple("stop_cluster")},
      {"kill-cluster", signal(9)},
      {"pause-cluster", signal(19)},
      {"resume-cluster", signal(18)},
      {"kill-process",
       [](const P& p) {
         return fmt::format("kill_processes {} {} {}", p.get("node"), p.get("process"), p.get("signal", "9"));
       }},
      {"pull-cable", port("cable", "down")},
      {"plug-cable", port("cable", "up")},
      {"interface-down", port("link", "down")},
      {"interface-up", port("link", "up")},
      {"remove-address", address("address_del")},
      {"add-address", address("address_add")},
      {"network-down", power("down")},
      {"network-up", power("up")},
      {"network-quality",
       [](const P& p) { return fmt::format("network_loss {} {}", p.get("network"), p.get("loss", "0")); }},
      {"link-quality",
       [](const P& p) {
         return fmt::format("loss {} {} {} {}", p.get("node"), p.get("interface"), p.get("direction", "both"),
                            p.get("loss", "0"));
       }},
      {"lose-frames",
       [](const P& p) {
         return fmt::format("deafen {} {} {} {}", p.get("to"), p.get("from"), p.get("loss", kCertain),
                            p.get("network"));
       }},
      {"partition",
       [](const P& p) { return fmt::format("partition {} {}", p.get("network", "-"), fmt::join(p.groups(), " ")); }},
      {"heal-network", [](const P&) { return std::string("heal"); }},
      {"screen", [](const P& p) { return fmt::format("screen {} {}", p.get("node"), p.get("command")); }},
      {"crm", [](const P& p) { return fmt::format("on {} crm {}", p.get("node"), p.get("command")); }},
  };
  return table;
}

std::string seconds_text(Duration time) {
  const std::int64_t ms = time.milliseconds();
  return fmt::format("{}.{:03}", ms / 1000, ms % 1000);
}

std::string here_document(std::string_view command, std::string_view text) {
  return fmt::format("{} <<'END'\n{}{}END\n", command, text, !text.empty() && text.back() == '\n' ? "" : "\n");
}

// Where the daemon of a node writes what recordings are made of.
constexpr std::string_view kLogging =
    "logging {\n  to_logfile: yes\n  logfile: /var/log/corosync/corosync.log\n  to_syslog: no\n  timestamp: hires\n}\n";

using sim::MachineSpec;

// A file that most nodes have alike is given once, with all their names.
std::string for_nodes(const sim::Scenario& scenario, std::string_view command,
                      const std::function<std::string(const MachineSpec&)>& content) {
  std::vector<std::pair<std::string, std::string>> files;  // content, nodes
  for (const auto& machine : scenario.world.machines) {
    if (!machine.cluster) continue;
    std::string text = content(machine);
    const auto same = std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.first == text; });
    if (same == files.end())
      files.emplace_back(std::move(text), machine.name);
    else
      same->second += " " + machine.name;
  }
  std::string script;
  for (const auto& [text, names] : files) script += here_document(fmt::format("{} {}", command, names), text);
  return script;
}

Result<void> check(const sim::Scenario& scenario) {
  for (const auto& machine : scenario.world.machines) {
    if (machine.management && machine.management->service == agents::RemoteService::kIpmi) continue;
    if (!machine.cluster) return fail(fmt::format("{} is no cluster node", machine.name), scenario.place);
    if (machine.models != nullptr)
      return fail("the agents that \"agents\" describes are others on a real cluster", scenario.place);
    if (!machine.power_on) return fail(fmt::format("{} has no power at the start", machine.name), scenario.place);
    for (const auto& interface : machine.interfaces)
      if (!interface.slaves.empty() || interface.segment.empty() || !interface.up)
        return fail(fmt::format("{} of {} is no plain interface with a cable", interface.name, machine.name),
                    scenario.place);
  }
  for (const auto& item : scenario.timeline) {
    if (item.moment.kind != sim::Moment::Kind::kAt)
      return fail("only times \"at\" can be had on a real cluster", item.place);
    if (item.said.name != "note" && !translations().contains(item.said.name))
      return fail(fmt::format("\"{}\" cannot be done to a real cluster", item.said.name), item.place);
  }
  return {};
}

// Whoever is fenced boots again; where nobody is, that is not worth a word.
std::string node_line(const sim::Scenario& scenario, const MachineSpec& machine) {
  const auto& machines = scenario.world.machines;
  if (std::none_of(machines.begin(), machines.end(), [](const auto& m) { return m.management.has_value(); }))
    return fmt::format("node {}\n", machine.name);
  return fmt::format("node {} {}{}\n", machine.name, seconds_text(machine.boot_delay),
                     machine.start_cluster_after_reset ? " cluster" : "");
}

std::string set_up(const sim::Scenario& scenario) {
  std::string text;
  for (const auto& segment : scenario.world.segments) text += fmt::format("network {}\n", segment.name);
  for (const auto& machine : scenario.world.machines) {
    if (machine.management) {
      text += fmt::format("switch {} {} {}\n", machine.interfaces.front().addresses.front().address.text(),
                          machine.management->machines.front().machine, seconds_text(machine.management->response));
      continue;
    }
    text += node_line(scenario, machine);
    for (const auto& interface : machine.interfaces) {
      text += fmt::format("interface {} {} {}", machine.name, interface.name, interface.segment);
      for (const auto& address : interface.addresses)
        text += fmt::format(" {}/{}", address.address.text(), address.prefix_length);
      text += '\n';
    }
  }
  text += for_nodes(scenario, "corosync_conf",
                    [](const MachineSpec& machine) { return machine.corosync_conf + std::string(kLogging); });
  if (has_pacemaker(scenario.world.machines.front().profile))
    text += for_nodes(scenario, "cib", [](const MachineSpec& machine) { return machine.initial_cib; });
  return text;
}

// The votes as they are when a phase is over.
std::string look(const sim::Scenario& scenario, Duration at) {
  std::string text;
  for (const auto& machine : scenario.world.machines) {
    if (!machine.cluster) continue;
    text += fmt::format("at {} {} screen {} {}\n", seconds_text(at), machine.name, machine.name, kLook);
  }
  return text;
}

}  // namespace

Result<std::string> real_script(const sim::Scenario& scenario) {
  if (auto checked = check(scenario); !checked) return tl::unexpected(checked.error());
  std::string text = set_up(scenario) + "go\n";
  for (const auto& machine : scenario.world.machines)
    if (machine.cluster && machine.start_cluster_at_boot)
      text += fmt::format("at {} {} start_cluster {} &\n", seconds_text(machine.cluster_start_delay), machine.name,
                          machine.name);
  auto items = std::vector<const sim::TimelineItem*>();
  for (const auto& item : scenario.timeline)
    if (item.said.name != "note") items.push_back(&item);
  std::stable_sort(items.begin(), items.end(),
                   [](const auto* a, const auto* b) { return a->moment.at < b->moment.at; });
  const auto looks = look_times(scenario);
  auto next_look = looks.begin();
  for (const auto* item : items) {
    const std::string machine = item->action->machine();
    for (; *next_look < item->moment.at; ++next_look) text += look(scenario, *next_look);
    text += fmt::format("at {} {} {}\n", seconds_text(item->moment.at), machine.empty() ? "-" : machine,
                        translations().at(item->said.name)(Parameters(item->said)));
  }
  for (; next_look != looks.end(); ++next_look) text += look(scenario, *next_look);
  return text;
}

}  // namespace simcluster::twin
