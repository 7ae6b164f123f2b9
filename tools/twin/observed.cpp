#include "tools/twin/observed.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/twin/real_run.h"

namespace simcluster::twin {

namespace {

constexpr std::string_view kFormed = "[TOTEM ] A new membership (";
constexpr std::string_view kFailed = "[TOTEM ] Failed to receive the leave message. failed:";
constexpr std::string_view kQuorum = "[QUORUM] ";
constexpr std::string_view kKnet = "[KNET  ] ";
constexpr std::string_view kStarting = "[MAIN  ] Corosync Cluster Engine";

// The text between two marks, or up to the end.
std::string_view between(std::string_view text, std::string_view from, std::string_view to) {
  const auto begin = text.find(from);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + from.size());
  text = text.substr(0, text.find(to));
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

std::int64_t sequence_of(std::string_view ring, int base) {
  const auto dot = ring.find('.');
  std::int64_t value = 0;
  if (dot != std::string_view::npos) std::from_chars(ring.data() + dot + 1, ring.data() + ring.size(), value, base);
  return value;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// One node's log, line by line.
class NodeReader {
 public:
  std::optional<Event> read(const Line& line) {
    const std::string_view text = line.text;
    if (text.starts_with(kStarting) && text.find("starting up") != std::string_view::npos) return restart();
    if (text.starts_with(kFormed)) return ring(line);
    if (text.starts_with(kQuorum)) return quorum(line);
    if (text.starts_with(kKnet)) return link(line);
    if (text.starts_with(kManager)) return action(line);
    return std::nullopt;
  }
  // "Failed to receive the leave message" comes behind the ring that it belongs to.
  static bool amend(const Line& line, std::vector<Event>& events) {
    const std::string_view text = line.text;
    if (!text.starts_with(kFailed) || events.empty()) return false;
    const auto ring = std::find_if(events.rbegin(), events.rend(), [](const Event& e) { return !e.members.empty(); });
    if (ring == events.rend()) return false;
    ring->text += fmt::format(" failed {}", text.substr(kFailed.size() + 1));
    if (ring->change == Change::kLeave) ring->change = Change::kRemoval;
    return true;
  }

 private:
  std::optional<Event> restart() {
    first_ = true;
    return std::nullopt;
  }

  // Steps of the sequence are told instead of the sequence: it remembers all that happened before.
  std::optional<Event> ring(const Line& line) {
    const std::string_view text = line.text;
    const std::string_view id = between(text, "(", ")");
    const std::string_view joined = between(text, "joined:", " left:");
    const std::string_view left = between(text, "left:", "\n");
    const std::int64_t sequence = sequence_of(id, 16);
    for (const auto& node : words_of(left)) std::erase(members_, node);
    if (first_) members_.clear();
    for (const auto& node : words_of(joined))
      if (std::find(members_.begin(), members_.end(), node) == members_.end()) members_.push_back(node);
    std::sort(members_.begin(), members_.end());
    Event event;
    event.ms = line.ms;
    event.change = first_            ? Change::kFirstRing
                   : !joined.empty() ? Change::kMerge
                   : !left.empty()   ? Change::kLeave
                                     : Change::kSameRing;
    event.members = members_;
    event.representative = id.substr(0, id.find('.'));
    event.text =
        fmt::format("ring {}.+{} {{{}}}", id.substr(0, id.find('.')), sequence - sequence_, fmt::join(members_, " "));
    // As many as there can have been: every node that joined may have been alone.
    event.components = 1 + words_of(joined).size();
    if (!joined.empty()) event.text += fmt::format(" joined {}", joined);
    if (!left.empty()) event.text += fmt::format(" left {}", left);
    sequence_ = sequence;
    first_ = false;
    return event;
  }

  static std::optional<Event> quorum(const Line& line) {
    std::string_view text = line.text;
    text.remove_prefix(kQuorum.size());
    Event event;
    event.ms = line.ms;
    if (text.starts_with("This node is within the primary"))
      event.text = "quorum won";
    else if (text.starts_with("This node is within the non-primary"))
      event.text = "quorum lost";
    else if (text.starts_with("Sync ") || text.starts_with("Waiting for all") || text.starts_with("Members["))
      event.text = text;
    else
      return std::nullopt;
    return event;
  }

  // "Result of start operation for vip on node1: ok", "Peer node2 was terminated (reboot) by node1"
  static std::optional<Event> action(const Line& line) {
    Event event;
    event.ms = line.ms;
    event.change = Change::kAction;
    event.text = line.text.substr(kManager.size());
    event.resource =
        event.text.starts_with("Peer ") ? between(event.text, "Peer ", " ") : between(event.text, " for ", " ");
    return event;
  }

  static std::optional<Event> link(const Line& line) {
    const std::string_view text = line.text;
    const bool up = text.ends_with(" is up");
    if (!up && !text.ends_with(" is down")) return std::nullopt;
    const std::string_view host = between(text, "host: ", " ");
    const std::string_view number = between(text, "link: ", " is");
    Event event;
    event.ms = line.ms;
    event.change = up ? Change::kLinkUp : Change::kLinkDown;
    // "link: host: 3 link: 0 is down" has the word twice.
    event.text = fmt::format("link {} to {} {}", number.substr(number.rfind(' ') + 1), host, up ? "up" : "down");
    return event;
  }

  std::vector<std::string> members_;
  std::int64_t sequence_ = 0;
  bool first_ = true;
};

}  // namespace

Result<std::vector<Phase>> phases_of(const Lines& run, const std::vector<std::int64_t>& times) {
  const auto is_deed = [](const Line& line) {
    return line.kind == Line::Kind::kDone && !line.text.starts_with("screen ");
  };
  const auto deeds = static_cast<std::size_t>(std::count_if(run.begin(), run.end(), is_deed));
  if (deeds < times.size())
    return fail(fmt::format("{} things were done in the run, but the scenario has {}", deeds, times.size()));
  // On a real cluster the daemons that start with the run are started by hand, in front of everything else.
  const std::size_t at_boot = deeds - times.size();
  std::size_t seen = 0;
  std::vector<Phase> phases(1);
  std::map<std::string, NodeReader> readers;
  for (const Line& line : run) {
    if (is_deed(line)) {
      const std::size_t i = seen++ - at_boot;
      if (seen > at_boot && (i == 0 || times[i] != times[i - 1])) phases.push_back({line.ms, {}, {}, {}});
      phases.back().done.push_back(line.node == "-" ? line.text : fmt::format("{}: {}", line.node, line.text));
    } else if (line.kind == Line::Kind::kOrder) {
      phases.back().orders.insert(line.text);
    } else if (line.kind == Line::Kind::kLog) {
      auto& events = phases.back().events[line.node];
      if (NodeReader::amend(line, events)) continue;
      if (auto event = readers[line.node].read(line)) events.push_back(std::move(*event));
    }
  }
  return phases;
}

std::vector<Event> merged(const std::vector<Event>& events) {
  const auto is_list = [](const Event& e) { return e.text.starts_with("Sync ") || e.text.starts_with("Members["); };
  const auto adds = [](const Event& e) {
    return (e.change == Change::kFirstRing || e.change == Change::kMerge) && e.text.find(" left ") == std::string::npos;
  };
  std::vector<Event> kept;
  // Where the first of the rings that only add members stood: the last one takes its place, in front of what the
  // quorum service said of them.
  std::size_t place = 0;
  bool placed = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    Event event = events[i];
    if (is_list(event)) continue;
    if (!adds(event)) {
      if (!event.members.empty()) placed = false;
      kept.push_back(std::move(event));
      continue;
    }
    if (!placed) place = kept.size();
    placed = true;
    const auto later = std::find_if(events.begin() + static_cast<std::ptrdiff_t>(i) + 1, events.end(),
                                    [](const Event& e) { return !e.members.empty(); });
    if (later != events.end() && later->change == Change::kMerge && adds(*later)) continue;
    if (event.members.size() > 1) event.change = Change::kMerge;
    event.components = event.members.size();
    event.text = fmt::format("ring {} {{{}}} merged", event.representative, fmt::join(event.members, " "));
    kept.insert(kept.begin() + static_cast<std::ptrdiff_t>(place), std::move(event));
    placed = false;
  }
  return kept;
}

std::map<std::string, std::string> final_states(const Lines& run) {
  std::map<std::string, std::string> states;
  std::map<std::string, std::string> members;
  std::map<std::string, bool> primary;
  for (const Line& line : run) {
    if (line.kind != Line::Kind::kLog) continue;
    const std::string_view text = line.text;
    if (text.find("starting up") != std::string_view::npos) primary[line.node] = false;
    if (text.starts_with("[QUORUM] This node is within"))
      primary[line.node] = text.find("within the primary") != std::string_view::npos;
    if (text.starts_with("[QUORUM] Members[")) members[line.node] = between(text, ": ", "\n");
  }
  for (const auto& [node, list] : members)
    states[node] = fmt::format("{{{}}} {}", list, primary[node] ? "quorate" : "not quorate");
  return states;
}

std::vector<std::string> complaints(const Lines& run) {
  std::vector<std::string> found;
  for (const Line& line : run)
    if (line.kind == Line::Kind::kLog && line.text.find("not scheduled") != std::string::npos)
      found.push_back(fmt::format("{}: {}", line.node, line.text));
  return found;
}

}  // namespace simcluster::twin
