#include "tools/twin/compare.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/table.h"
#include "sim/scenario/values.h"
#include "tools/twin/bounds.h"
#include "tools/twin/chance.h"
#include "tools/twin/looks.h"
#include "tools/twin/observed.h"
#include "tools/twin/orders.h"
#include "tools/twin/screens.h"

namespace simcluster::twin {

namespace {

using Phases = std::vector<Phase>;

constexpr std::string_view kSame = "the same";

// How far the end of the manager's actions may lie from the real one's: three seconds and a tenth of the time. Agents
// and daemons of a real machine take their time, which the simulator does not know.
constexpr std::int64_t kManagerSlack = 3000;
std::int64_t slack(std::int64_t real_ms) { return kManagerSlack + real_ms / 10; }

// A crm shell is a program that starts, looks whether nodes answer to ping, and asks the cluster.
constexpr std::int64_t kShellTime = 3000;
bool is_shell(const Phase& phase) {
  return std::any_of(phase.done.begin(), phase.done.end(),
                     [](const std::string& done) { return done.find(": crm ") != std::string::npos; });
}

std::vector<std::int64_t> deed_times(const sim::Scenario& scenario) {
  std::vector<std::int64_t> times;
  for (const auto& item : scenario.timeline)
    if (item.said.name != "note" && item.said.name != "screen") times.push_back(item.moment.at.milliseconds());
  std::sort(times.begin(), times.end());
  return times;
}

// What a node saw in a phase, links apart: they go up and down in no fixed order.
std::vector<std::string> sequence_of(const Phase& phase, const std::string& node) {
  std::vector<std::string> texts;
  if (const auto events = phase.events.find(node); events != phase.events.end())
    for (const Event& event : events->second)
      if (!event.is_link() && event.change != Change::kAction) texts.push_back(event.text);
  return texts;
}

// Results of one resource's actions, in order. Each has its node behind " on ".
using Actions = std::vector<std::string>;

std::string node_of(const std::string& action) {
  const auto begin = action.rfind(" on ");
  return begin == std::string::npos ? std::string() : action.substr(begin + 4, action.find(':', begin) - begin - 4);
}

// Started on one node before it is stopped on the other: instances of a clone.
bool is_cloned(const Actions& actions) {
  std::set<std::string> active;
  for (const std::string& action : actions) {
    if (action.starts_with("Result of start ")) active.insert(node_of(action));
    if (action.starts_with("Result of stop ")) active.erase(node_of(action));
    if (active.size() > 1) return true;
  }
  return false;
}

// Stops on several nodes, where a resource was active more than once, wait for each other no more than its monitors do.
bool is_stop(const std::string& action) {
  return action.starts_with("Result of stop ") || action.starts_with("Result of monitor ");
}
// All nodes are notified at once.
bool is_notification(const std::string& action) { return action.starts_with("Result of notify "); }

// What follows each other and waits for nothing on another node goes by the nodes' names.
void sort_by_node(Actions& actions, bool (*is_one)(const std::string&)) {
  for (auto from = actions.begin(); from != actions.end();) {
    from = std::find_if(from, actions.end(), is_one);
    const auto to = std::find_if_not(from, actions.end(), is_one);
    std::stable_sort(from, to, [](const std::string& a, const std::string& b) { return node_of(a) < node_of(b); });
    from = to;
  }
}

// What was done to each resource. Between resources the order is the graph's business: those that wait for nothing run
// side by side. So are the probes of one resource and the instances of a clone.
std::map<std::string, Actions> actions_of(const Phase& phase) {
  std::vector<Event> events;
  for (const auto& [node, seen] : phase.events)
    std::copy_if(seen.begin(), seen.end(), std::back_inserter(events),
                 [](const Event& event) { return event.change == Change::kAction; });
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.ms < b.ms; });
  std::map<std::string, Actions> done;
  for (const Event& event : events) {
    Actions& actions = done[event.resource];
    // Every node reports a fencing.
    if (std::find(actions.begin(), actions.end(), event.text) == actions.end()) actions.push_back(event.text);
  }
  const auto probe = [](const std::string& text) { return text.starts_with("Result of probe "); };
  for (auto& [resource, actions] : done) {
    std::stable_sort(actions.begin(), std::stable_partition(actions.begin(), actions.end(), probe));
    sort_by_node(actions, is_stop);
    sort_by_node(actions, is_notification);
    if (is_cloned(actions))
      std::stable_sort(std::find_if_not(actions.begin(), actions.end(), probe), actions.end(),
                       [](const std::string& a, const std::string& b) { return node_of(a) < node_of(b); });
  }
  return done;
}

// A recurring monitor that finds a failure, after the beginning of the phase.
std::optional<std::int64_t> detection(const Phase& phase) {
  std::optional<std::int64_t> first;
  for (const auto& [node, events] : phase.events)
    for (const Event& event : events)
      if (event.change == Change::kAction && event.text.starts_with("Result of monitor ") &&
          !event.text.ends_with(": ok") && !event.text.ends_with(": Cancelled") && !event.text.ends_with(": promoted"))
        first = std::min(first.value_or(INT64_MAX), event.ms - phase.ms);
  return first;
}

// When the last of them was over, after the beginning of the phase or the failure that a monitor found in it; negative:
// there was none. When a monitor comes by is chance.
std::int64_t last_action(const Phase& phase) {
  std::int64_t last = -1;
  for (const auto& [node, events] : phase.events)
    for (const Event& event : events)
      if (event.change == Change::kAction) last = std::max(last, event.ms - phase.ms);
  return last - (last < 0 ? 0 : detection(phase).value_or(0));
}

// The longest interval of a recurring operation in a CIB, ms.
std::int64_t longest_interval(std::string_view cib) {
  constexpr std::string_view kMark = " interval=\"";
  std::int64_t longest = 0;
  for (auto at = cib.find(kMark); at != std::string_view::npos; at = cib.find(kMark, at + 1)) {
    const std::string_view value = cib.substr(at + kMark.size(), cib.find('"', at + kMark.size()) - at - kMark.size());
    if (const auto duration = sim::parse_duration(value)) longest = std::max(longest, duration->milliseconds());
  }
  return longest;
}

// How often every link of a node went up or down; their order is kept within each link.
std::vector<std::string> links_of(const Phase& phase, const std::string& node) {
  std::vector<std::string> texts;
  if (const auto events = phase.events.find(node); events != phase.events.end())
    for (const Event& event : events->second)
      if (event.is_link()) texts.push_back(event.text);
  const auto name = [](const std::string& text) { return text.substr(0, text.rfind(' ')); };
  std::stable_sort(texts.begin(), texts.end(),
                   [&](const std::string& a, const std::string& b) { return name(a) < name(b); });
  return texts;
}

struct Span {
  std::int64_t from = 0;
  std::int64_t to = 0;
  bool any = false;
  void add(std::int64_t ms) {
    from = any ? std::min(from, ms) : ms;
    to = any ? std::max(to, ms) : ms;
    any = true;
  }
  std::string text() const {
    if (!any) return "-";
    const auto one = [](std::int64_t ms) {
      const std::int64_t size = ms < 0 ? -ms : ms;  // quorum may come before the ring where it came by another way
      return fmt::format("{}{}.{:02}", ms <= -10 ? "-" : "", size / 1000, size % 1000 / 10);
    };
    return one(from) == one(to) ? one(from) : fmt::format("{}-{}", one(from), one(to));
  }
};

// The same event at several nodes and in several runs.
struct Sighting {
  Change change = Change::kQuorum;
  std::set<std::string> nodes;
  std::size_t count = 0;
  std::size_t components = 1;
  Span real;
  Span simulated;
  bool early_or_late = false;  // simulated
  bool real_early_or_late = false;
};

class Comparer {
 public:
  Comparer(const sim::Scenario& scenario, Bounds bounds, std::vector<Phases> real, Phases simulated)
      : bounds_(std::move(bounds)), real_(std::move(real)), simulated_(std::move(simulated)) {
    for (const auto& machine : scenario.world.machines)
      if (machine.cluster) nodes_.push_back(machine.name);
    cluster_ = nodes_.size();
    manager_ = has_pacemaker(scenario.world.machines.front().profile);
    longest_interval_ = longest_interval(scenario.world.machines.front().initial_cib);
  }

  // All phases but those left to chance.
  Comparison run(const std::vector<bool>& chance) {
    for (std::size_t i = 0; i < simulated_.size(); ++i)
      if (i >= chance.size() || !chance[i]) compare_phase(i);
    return std::move(result_);
  }

 private:
  void compare_phase(std::size_t i) {
    Phases simulated = simulated_;
    std::vector<Phases> alike = alike_in(i, real_, simulated);
    bool another_way = false;
    if (alike.empty()) {
      std::vector<Phases> real = real_;
      for (Phases& phases : real) merge(phases[i]);
      merge(simulated[i]);
      alike = alike_in(i, real, simulated);
      another_way = !alike.empty();
    }
    const bool same = !alike.empty();
    if (!same) {
      simulated = simulated_;
      alike = real_;
      report_sequences(i);
    }
    report_actions(i);
    report_orders(i);
    const bool links = report_links(i);
    if (same || links) report_times(i, alike, simulated, same, links, another_way);
  }

  std::vector<Phases> alike_in(std::size_t i, const std::vector<Phases>& real, const Phases& simulated) const {
    std::vector<Phases> alike;
    for (const Phases& phases : real)
      if (std::all_of(nodes_.begin(), nodes_.end(), [&](const std::string& node) {
            return sequence_of(phases[i], node) == sequence_of(simulated[i], node);
          }))
        alike.push_back(phases);
    return alike;
  }

  static void merge(Phase& phase) {
    for (auto& [node, events] : phase.events) events = merged(events);
  }

  // Which nodes saw something that no real run shows.
  void report_sequences(std::size_t i) {
    for (const auto& node : nodes_) {
      const auto simulated = sequence_of(simulated_[i], node);
      std::set<std::string> seen;
      for (const Phases& real : real_) seen.insert(fmt::format("{}", fmt::join(sequence_of(real[i], node), "; ")));
      const std::string text = fmt::format("{}", fmt::join(simulated, "; "));
      const bool known = seen.contains(text);
      add({name_of(i), node, fmt::format("{}", fmt::join(seen, "\n  or: ")), text, "", "", "",
           known ? "not together with the other nodes" : "another sequence", false});
    }
  }

  void report_actions(std::size_t i) {
    const auto simulated = actions_of(simulated_[i]);
    std::set<std::string> names;
    for (const auto& [resource, texts] : simulated) names.insert(resource);
    for (const Phases& real : real_)
      for (const auto& [resource, texts] : actions_of(real[i])) names.insert(resource);
    bool good = true;
    for (const auto& name : names) {
      const auto text_of = [&](const Phase& phase) {
        const auto done = actions_of(phase);
        const auto texts = done.find(name);
        return texts == done.end() ? std::string() : fmt::format("{}", fmt::join(texts->second, "; "));
      };
      std::set<std::string> seen;
      for (const Phases& real : real_) seen.insert(text_of(real[i]));
      const std::string text = text_of(simulated_[i]);
      if (seen.contains(text)) continue;
      good = false;
      add({name_of(i), name, fmt::format("{}", fmt::join(seen, "\n  or: ")), text, "", "", "", "other actions", false});
    }
    if (names.empty() || !good) return;
    report_detection(i);
    Span real;
    Span mine;
    Span limits;
    std::size_t count = 0;
    for (const Phases& phases : real_) real.add(last_action(phases[i]));
    for (const auto& [resource, texts] : simulated) count += texts.size();
    mine.add(last_action(simulated_[i]));
    limits.add(std::max<std::int64_t>(real.from - slack(real.from) - (is_shell(simulated_[i]) ? kShellTime : 0), 0));
    limits.add(real.to + slack(real.to));
    const bool in_time = mine.from >= limits.from && mine.to <= limits.to;
    add({name_of(i), "all", fmt::format("{} actions", count), std::string(kSame), real.text(), mine.text(),
         limits.text(), in_time ? "yes" : "out of bounds", in_time});
  }

  // A failure is found by the next recurring operation.
  void report_detection(std::size_t i) {
    const auto simulated = detection(simulated_[i]);
    if (!simulated) return;
    Span real;
    Span mine;
    Span limits;
    for (const Phases& phases : real_) real.add(detection(phases[i]).value_or(0));
    mine.add(*simulated);
    limits.add(0);
    limits.add(longest_interval_ + kManagerSlack);
    const bool in_time = mine.to <= limits.to;
    add({name_of(i), "all", "a monitor finds the failure", std::string(kSame), real.text(), mine.text(), limits.text(),
         in_time ? "yes" : "out of bounds", in_time});
  }

  // What the scheduler's graphs want first came first, in the simulator and on the real cluster.
  void report_orders(std::size_t i) {
    const auto& orders = simulated_[i].orders;
    if (orders.empty()) return;
    OrderCheck check = check_orders(orders, simulated_[i]);
    const auto simulated = std::move(check.broken);
    std::set<std::string> real;
    for (const Phases& phases : real_)
      for (auto& order : check_orders(orders, phases[i]).broken) real.insert(std::move(order));
    const bool good = simulated.empty() && real.empty();
    if (check.checked == 0 && good) return;
    const auto text = [](const auto& broken) {
      return broken.empty() ? std::string("kept") : fmt::format("not kept: {}", fmt::join(broken, "; "));
    };
    add({name_of(i), "all", good ? fmt::format("{} orders of the graphs kept", check.checked) : text(real),
         good ? std::string(kSame) : text(simulated), "", "", "", good ? "yes" : "another order", good});
  }

  bool report_links(std::size_t i) {
    bool good = true;
    for (const auto& node : nodes_) {
      const auto simulated = links_of(simulated_[i], node);
      std::set<std::string> seen;
      for (const Phases& real : real_) seen.insert(fmt::format("{}", fmt::join(links_of(real[i], node), "; ")));
      const std::string text = fmt::format("{}", fmt::join(simulated, "; "));
      if (seen.contains(text)) continue;
      good = false;
      add({name_of(i), node, fmt::format("{}", fmt::join(seen, "\n  or: ")), text, "", "", "", "other links", false});
    }
    return good;
  }

  void report_times(std::size_t i, const std::vector<Phases>& alike, const Phases& simulated, bool sequences,
                    bool links, bool another_way) {
    std::vector<std::string> order;
    std::map<std::string, Sighting> seen;
    collect(simulated, i, true, order, seen);
    for (const Phases& real : alike) collect(real, i, false, order, seen);
    for (const auto& text : order) {
      const Sighting& one = seen.at(text);
      const bool link = one.change == Change::kLinkUp || one.change == Change::kLinkDown;
      if (link ? !links : !sequences) continue;
      Sighting judged = one;
      const Span limits = limits_of(judged);
      add({name_of(i), fmt::format("{}", fmt::join(one.nodes, " ")),
           link ? fmt::format("{} {}", one.count, text) : text, std::string(kSame), one.real.text(),
           one.simulated.text(), limits.text(), verdict_of(judged, another_way && one.change == Change::kMerge),
           !judged.early_or_late});
    }
  }

  // Where a manager runs, nodes are fenced and come back in between: what then happens to the rings has its cause in
  // the manager, and is measured by the real times.
  Span limits_of(Sighting& one) const {
    Span limits;
    if (manager_ && (one.early_or_late || one.real_early_or_late)) {
      limits.add(std::max<std::int64_t>(one.real.from - slack(one.real.from), 0));
      limits.add(one.real.to + slack(one.real.to));
      one.early_or_late = one.simulated.from < limits.from || one.simulated.to > limits.to;
      one.real_early_or_late = false;
      return limits;
    }
    const Bound bound = bounds_.of(one.change, cluster_, one.components);
    limits.add(bound.least);
    limits.add(bound.most);
    return limits;
  }

  static std::string verdict_of(const Sighting& one, bool another_way) {
    if (one.early_or_late) return "out of bounds";
    if (one.real_early_or_late) return "yes; the real one is out of bounds";
    return another_way ? "yes, by another way" : "yes";
  }

  void collect(const Phases& phases, std::size_t i, bool simulated, std::vector<std::string>& order,
               std::map<std::string, Sighting>& seen) {
    for (const auto& [node, events] : phases[i].events) {
      std::int64_t ring = phases[i].ms;
      for (const Event& event : events) {
        if (!event.members.empty()) ring = event.ms;
        if (event.text.starts_with("Sync ") || event.text.starts_with("Members[") || event.change == Change::kAction)
          continue;
        const std::string text =
            event.is_link() ? (event.change == Change::kLinkUp ? "links up" : "links down") : event.text;
        auto [at, fresh] = seen.try_emplace(text);
        if (fresh) order.push_back(text);
        Sighting& one = at->second;
        one.change = event.change;
        one.components = std::max(one.components, event.components);
        const std::int64_t after = event.ms - (event.change == Change::kQuorum ? ring : phases[i].ms);
        (simulated ? one.simulated : one.real).add(after);
        if (simulated) {
          one.nodes.insert(node);
          ++one.count;
        }
        if (!in_time(phases, i, event, after)) (simulated ? one.early_or_late : one.real_early_or_late) = true;
      }
    }
  }

  // The cause may lie in an earlier phase; then every further failure costs at most one more consensus timeout
  // (EVS-11).
  bool in_time(const Phases& phases, std::size_t i, const Event& event, std::int64_t after) const {
    const Bound bound = bounds_.of(event.change, cluster_, event.components);
    if (after >= bound.least && after <= bound.most) return true;
    if (event.change == Change::kQuorum) return false;
    for (std::size_t k = 1; k < i; ++k) {
      const std::int64_t longer = event.ms - phases[k].ms;
      if (longer >= bound.least && longer <= bound.most + bounds_.consensus()) return true;
    }
    return false;
  }

  std::string name_of(std::size_t i) const {
    if (i == 0) return "boot";
    return fmt::format("{}", fmt::join(simulated_[i].done, "; "));
  }

  void add(Row row) {
    result_.good = result_.good && row.good;
    result_.rows.push_back(std::move(row));
  }

  Bounds bounds_;
  std::size_t cluster_ = 0;
  bool manager_ = false;
  std::int64_t longest_interval_ = 0;
  std::vector<Phases> real_;
  Phases simulated_;
  std::vector<std::string> nodes_;
  Comparison result_;
};

// What the nodes see while frames are lost at random is chance, what they come to is not.
void compare_ends(const Recording& recording, const Lines& simulated, Comparison& result) {
  const auto text_of = [](const Lines& run) {
    std::string text;
    for (const auto& [node, state] : final_states(run))
      text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", node, state);
    return text;
  };
  std::set<std::string> real;
  for (const Lines& run : recording.runs) real.insert(text_of(run));
  const std::string end = text_of(simulated);
  const bool good = real.contains(end);
  result.rows.push_back({"at the end", "all", fmt::format("{}", fmt::join(real, "\n  or: ")),
                         good ? std::string(kSame) : end, "", "", "", good ? "yes" : "another end", good});
  result.good = result.good && good;
}

// Who wins an election is decided by the CPU time that controllers have used (CM-4.3), and chance on a real machine.
std::string without_dc(const std::string& screen) {
  constexpr std::string_view kDc = "Current DC: ";
  const auto begin = screen.find(kDc);
  if (begin == std::string::npos) return screen;
  const auto name = begin + kDc.size();
  return screen.substr(0, name) + screen.substr(std::min(screen.find(' ', name), screen.size()));
}

void compare_screens(const Recording& recording, const Lines& simulated, Comparison& result) {
  const auto mine = crm_mon_screens(simulated);
  for (std::size_t i = 0; i < mine.size(); ++i) {
    std::set<std::string> real;
    for (const Lines& run : recording.runs) {
      const auto screens = crm_mon_screens(run);
      real.insert(i < screens.size() ? screens[i] : std::string());
    }
    const bool same = real.contains(mine[i]);
    const bool good = same || std::any_of(real.begin(), real.end(), [&](const std::string& text) {
                        return without_dc(text) == without_dc(mine[i]);
                      });
    result.good = result.good && good;
    result.rows.push_back({fmt::format("crm_mon, time {}", i + 1), "", good ? "the screen" : *real.begin(),
                           good ? std::string(kSame) : mine[i], "", "", "",
                           same   ? "yes"
                           : good ? "yes, with another DC"
                                  : "another text",
                           good});
  }
}

}  // namespace

Result<Comparison> compare(const sim::Scenario& scenario, const Recording& recording, const Lines& simulated) {
  const auto bounds =
      Bounds::of(scenario.world.machines.front().corosync_conf, scenario.world.machines.front().profile);
  if (!bounds) return tl::unexpected(bounds.error());
  const auto times = deed_times(scenario);
  auto simulated_phases = phases_of(simulated, times);
  if (!simulated_phases) return tl::unexpected(simulated_phases.error());
  std::vector<Phases> real;
  for (const Lines& run : recording.runs) {
    auto phases = phases_of(run, times);
    if (!phases) return tl::unexpected(phases.error());
    real.push_back(std::move(*phases));
  }
  const std::vector<bool> chance = left_to_chance(scenario, milliseconds(bounds->settled()));
  Comparison result = Comparer(scenario, *bounds, std::move(real), std::move(*simulated_phases)).run(chance);
  const bool random = std::ranges::find(chance, true) != chance.end();
  if (random) compare_ends(recording, simulated, result);
  compare_screens(recording, simulated, result);
  compare_looks(recording, simulated, random, result);
  for (const Lines& run : recording.runs)
    for (const auto& complaint : complaints(run)) result.remarks.push_back(complaint);
  return result;
}

std::string table_text(const std::string& name, const Comparison& comparison, bool only_differences) {
  std::vector<std::vector<std::string>> rows;
  std::string details;
  std::string last;
  for (const Row& row : comparison.rows) {
    if (only_differences && row.good) continue;
    const std::string real = row.real.empty() ? "nothing" : row.real;
    const bool same = row.simulated == kSame;
    rows.push_back({row.done == last ? "" : row.done, row.nodes, same ? real : "(below)", row.real_time,
                    row.simulated_time, row.bound, row.verdict});
    if (!same)
      details += fmt::format("{} at {}:\n  real: {}\n  simulated: {}\n", row.done, row.nodes, real,
                             row.simulated.empty() ? "nothing" : row.simulated);
    last = row.done;
  }
  if (rows.empty() && only_differences) return {};
  std::string text = fmt::format("\n{}\n{}{}", name,
                                 reports::table_text({{"what was done", reports::Align::kLeft},
                                                      {"nodes", reports::Align::kLeft},
                                                      {"what they saw", reports::Align::kLeft},
                                                      {"real, s", reports::Align::kRight},
                                                      {"simulated, s", reports::Align::kRight},
                                                      {"bound, s", reports::Align::kRight},
                                                      {"as real", reports::Align::kLeft}},
                                                     rows),
                                 details);
  for (const auto& remark : comparison.remarks) text += fmt::format("remark: {}\n", remark);
  return text;
}

}  // namespace simcluster::twin
