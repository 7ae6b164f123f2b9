// From the state notation to a status section.
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>

#include "engine/cib/dates.h"
#include "engine/cib/values.h"
#include "engine/scheduler/case_notation.h"

namespace simcluster::scheduler::testing {

namespace {

using cib::Element;
using cib::MutableElement;

constexpr std::int64_t kNow = 1'704'110'400;  // 2024-01-01 12:00:00 UTC
constexpr std::string_view kUuid = "00000000-0000-0000-0000-000000000000";

struct NodeWord {
  std::string_view word;
  std::string_view in_ccm;
  std::string_view crmd;
  std::string_view join;
  std::string_view expected;
};

// The membership attributes of node_state (S2 S-6).
constexpr NodeWord kNodeWords[] = {
    {"online", "true", "online", "member", "member"},
    {"offline", "false", "offline", "down", "down"},
    {"unclean", "false", "offline", "member", "member"},
    {"pending", "true", "online", "down", "member"},
};

// A parsed entry of the history.
struct Entry {
  std::string operation;
  std::string interval = "0";
  int rc = 0;
  int status = 0;
  std::optional<int> expected;
  std::optional<std::int64_t> at;
  std::string source;
  std::string target;
  std::vector<std::pair<std::string, std::string>> attributes;
};

struct Agent {
  std::string agent_class;
  std::string provider;
  std::string type;
};

bool parse_number(std::string_view text, std::int64_t& value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

std::string base_id(std::string_view id) { return std::string(id.substr(0, id.find(':'))); }

// Everything about one CIB under construction.
class StateBuilder {
 public:
  StateBuilder(cib::Document& cib, const std::string& file) : cib_(cib), file_(file) {}

  Result<void> build(const std::vector<CaseLine>& lines) {
    for (const CaseLine& line : lines) {
      if (auto done = read(line); !done) return done;
    }
    add_default_probes();
    return {};
  }
  std::int64_t now() const { return now_; }

 private:
  tl::unexpected<Error> fail_at(const CaseLine& word, const std::string& message) const {
    return fail(message, {file_, word.line, word.column});
  }

  Result<void> read(const CaseLine& line) {
    const std::vector<CaseLine> words = words_of(line);
    const std::string& first = words.front().text;
    if (first.ends_with(':')) return read_history(words);
    if (words.size() > 1 && words[1].text == "attribute") return read_attributes(words);
    if (words.size() > 1 && words[1].text == "fails") return read_fail_count(words);
    if (first == "now") return read_now(line, words);
    if (first == "unprobed") return read_unprobed(words);
    if (words.size() < 2) return unknown(words.front());
    if (first == "quorum") {
      cib_.root().set_attribute("have-quorum", cib::is_true(words[1].text) ? "1" : "0");
    } else if (first == "dc") {
      cib_.root().set_attribute("dc-uuid", words[1].text);
    } else if (first == "schema") {
      cib_.root().set_attribute("validate-with", words[1].text);
    } else if (first == "ticket") {
      return read_ticket(words);
    } else {
      return read_nodes(words);
    }
    return {};
  }

  Result<void> unknown(const CaseLine& word) const {
    return fail_at(word,
                   "expected a node state, \"NODE: RESOURCE ...\", or one of now, quorum, dc, schema, unprobed, "
                   "ticket, attribute, fails");
  }

  Result<void> read_now(const CaseLine& line, const std::vector<CaseLine>& words) {
    const std::string text = words.size() > 1 ? line.text.substr(4) : "";
    const auto date = cib::parse_date_time(text, cib::DateTime::from_epoch(kNow));
    if (!date || text.find_first_of("0123456789") == std::string::npos) {
      return fail_at(words.size() > 1 ? words[1] : words[0], "expected a date and time");
    }
    now_ = date->to_epoch();
    return {};
  }

  Result<void> read_unprobed(const std::vector<CaseLine>& words) {
    if (words.size() == 1) nothing_probed_ = true;
    for (std::size_t i = 1; i < words.size(); ++i) unprobed_.insert(words[i].text);
    return {};
  }

  Result<void> read_ticket(const std::vector<CaseLine>& words) {
    if (words.size() < 3) return fail_at(words[0], "expected ticket NAME granted|revoked|standby");
    MutableElement tickets = cib_.root().ensure_child("status").ensure_child("tickets");
    MutableElement ticket = tickets.append_child("ticket_state");
    ticket.set_attribute("id", words[1].text);
    for (std::size_t i = 2; i < words.size(); ++i) {
      if (words[i].text == "granted" || words[i].text == "revoked") {
        ticket.set_attribute("granted", words[i].text == "granted" ? "true" : "false");
      } else if (words[i].text == "standby") {
        ticket.set_attribute("standby", "true");
      } else {
        return fail_at(words[i], "expected granted, revoked or standby");
      }
    }
    return {};
  }

  // --- nodes ---
  Result<void> read_nodes(const std::vector<CaseLine>& words) {
    const std::string& word = words.front().text;
    const auto known =
        std::find_if(std::begin(kNodeWords), std::end(kNodeWords), [&](const NodeWord& w) { return w.word == word; });
    if (known != std::end(kNodeWords)) {
      for (std::size_t i = 1; i < words.size(); ++i) set_membership(words[i].text, *known);
    } else if (word == "standby" || word == "maintenance") {
      for (std::size_t i = 1; i < words.size(); ++i)
        set_permanent(words[i].text, word, word == "standby" ? "on" : "true");
    } else if (word == "shutdown") {
      for (std::size_t i = 1; i < words.size(); ++i) set_transient(words[i].text, "shutdown", std::to_string(now_));
    } else if (word == "unseen") {
      for (std::size_t i = 1; i < words.size(); ++i) ensure_node(words[i].text);
    } else if (word == "remote") {
      for (std::size_t i = 1; i < words.size(); ++i) state_of(words[i].text).set_attribute("remote_node", "true");
    } else if (word == "state") {
      return read_raw_state(words);
    } else {
      return unknown(words.front());
    }
    return {};
  }

  Result<void> read_raw_state(const std::vector<CaseLine>& words) {
    ensure_node(words[1].text);
    MutableElement state = state_of(words[1].text);
    for (std::size_t i = 2; i < words.size(); ++i) {
      const std::size_t equals = words[i].text.find('=');
      if (equals == std::string::npos) return fail_at(words[i], "expected NAME=VALUE");
      state.set_attribute(words[i].text.substr(0, equals), words[i].text.substr(equals + 1));
    }
    return {};
  }

  MutableElement ensure_node(std::string_view name) {
    MutableElement nodes = cib_.root().ensure_child("configuration").ensure_child("nodes");
    for (MutableElement node : nodes.children("node")) {
      if (node.value("uname") != name) continue;
      if (node.id().empty()) node.set_attribute("id", name);
      return node;
    }
    MutableElement node = nodes.append_child("node");
    node.set_attribute("id", name).set_attribute("uname", name);
    return node;
  }

  MutableElement state_of(std::string_view name) {
    MutableElement status = cib_.root().ensure_child("status");
    for (MutableElement state : status.children("node_state")) {
      if (state.value("uname") == name) return state;
    }
    MutableElement state = status.append_child("node_state");
    state.set_attribute("id", name).set_attribute("uname", name);
    return state;
  }

  void set_membership(std::string_view name, const NodeWord& word) {
    ensure_node(name);
    MutableElement state = state_of(name);
    state.set_attribute("in_ccm", word.in_ccm).set_attribute("crmd", word.crmd);
    state.set_attribute("join", word.join).set_attribute("expected", word.expected);
    if (word.word == "online") online_.emplace_back(name);
  }

  void set_pair(MutableElement owner, std::string_view set_name, const std::string& set_id, std::string_view name,
                std::string_view value) {
    MutableElement set = owner.first_child(set_name);
    if (!set) {
      set = owner.append_child(set_name);
      set.set_attribute("id", set_id);
    }
    MutableElement pair = set.append_child("nvpair");
    pair.set_attribute("id", set_id + "-" + std::string(name)).set_attribute("name", name);
    pair.set_attribute("value", value);
  }
  void set_permanent(std::string_view node, std::string_view name, std::string_view value) {
    set_pair(ensure_node(node), "instance_attributes", "nodes-" + std::string(node), name, value);
  }
  void set_transient(std::string_view node, std::string_view name, std::string_view value) {
    MutableElement owner = state_of(node).ensure_child("transient_attributes");
    owner.set_attribute("id", node);
    set_pair(owner, "instance_attributes", "status-" + std::string(node), name, value);
  }

  Result<void> read_attributes(const std::vector<CaseLine>& words) {
    for (std::size_t i = 2; i < words.size(); ++i) {
      const std::size_t equals = words[i].text.find('=');
      if (equals == std::string::npos) return fail_at(words[i], "expected NAME=VALUE");
      set_transient(words[0].text, words[i].text.substr(0, equals), words[i].text.substr(equals + 1));
    }
    return {};
  }

  // NODE fails RESOURCE OPERATION/INTERVAL COUNT [at=TIME]
  Result<void> read_fail_count(const std::vector<CaseLine>& words) {
    if (words.size() < 5) return fail_at(words[1], "expected NODE fails RESOURCE OPERATION/INTERVAL COUNT [at=TIME]");
    std::string operation;
    std::string interval;
    split_operation(words[3].text, operation, interval);
    const std::string name =
        words[2].text + "#" + operation + "_" + std::to_string(cib::parse_interval(interval).value_or(0));
    set_transient(words[0].text, "fail-count-" + name, words[4].text);
    if (words.size() > 5) {
      std::int64_t when = 0;
      if (auto read = read_time(words[5], when); !read) return read;
      set_transient(words[0].text, "last-failure-" + name, std::to_string(when));
    }
    return {};
  }

  // at=-60s, at=2024-01-01T11:00:00Z
  Result<void> read_time(const CaseLine& word, std::int64_t& when) const {
    if (!word.text.starts_with("at=")) return fail_at(word, "expected at=TIME");
    const std::string text = word.text.substr(3);
    if (text.starts_with('-')) {
      const auto before = cib::parse_interval(text.substr(1));
      if (!before) return fail_at(word, "expected a duration after \"at=-\"");
      when = now_ - *before / 1000;
      return {};
    }
    const auto date = cib::parse_date_time(text, cib::DateTime::from_epoch(now_));
    if (!date) return fail_at(word, "expected a time or \"-DURATION\" after \"at=\"");
    when = date->to_epoch();
    return {};
  }

  // --- history ---
  static void split_operation(const std::string& text, std::string& operation, std::string& interval) {
    const std::size_t slash = text.find('/');
    operation = text.substr(0, slash);
    interval = slash == std::string::npos ? "0" : text.substr(slash + 1);
  }

  Element primitive(std::string_view id) const {
    const Element found = cib_.find_id(base_id(id));
    return found && found.is("primitive") ? found : Element();
  }

  std::optional<Agent> agent_of(const std::string& id) const {
    Element xml = primitive(id);
    if (!xml) return implicit_agent(id);
    if (const auto name = xml.attribute("template")) xml = cib_.find_id(*name);
    return Agent{std::string(xml.value("class")), std::string(xml.value("provider")), std::string(xml.value("type"))};
  }

  // What a bundle makes of itself (S4 CR-10.20 ff.).
  std::optional<Agent> implicit_agent(const std::string& id) const {
    for (const Element bundle : cib_.root().first_child("configuration").first_child("resources").children("bundle")) {
      const std::string begin = std::string(bundle.id()) + "-";
      if (!id.starts_with(begin)) continue;
      const std::string rest = id.substr(begin.size());
      for (const std::string technology : {"docker", "podman"}) {
        if (rest.starts_with(technology + "-")) return Agent{"ocf", "heartbeat", technology};
      }
      if (rest.starts_with("ip-")) return Agent{"ocf", "heartbeat", "IPaddr2"};
      return Agent{"ocf", "pacemaker", "remote"};
    }
    return std::nullopt;
  }

  // NODE: RESOURCE [agent=...] [shutdown-lock=...] ENTRY, ENTRY ...
  Result<void> read_history(const std::vector<CaseLine>& words) {
    std::string node = words[0].text;
    node.pop_back();
    if (words.size() < 3) return fail_at(words[0], "expected NODE: RESOURCE WHAT-HAPPENED, ...");
    const std::string& id = words[1].text;
    std::optional<Agent> agent = agent_of(id);
    std::size_t at = 2;
    if (words[at].text.starts_with("agent=")) {
      agent = split_agent(words[at].text.substr(6));
      ++at;
    }
    if (!agent) {
      return fail_at(words[1], "there is no primitive \"" + id +
                                   "\"; give agent=CLASS:PROVIDER:TYPE for one that is not configured");
    }
    known_.insert(node + " " + id);
    if (at < words.size() && words[at].text.starts_with("shutdown-lock=")) {
      history_of(node, id, *agent).set_attribute("shutdown-lock", words[at].text.substr(14));
      ++at;
    }
    std::vector<CaseLine> entry;
    for (; at <= words.size(); ++at) {
      const bool last = at == words.size();
      bool ends = last;
      if (!last) {
        entry.push_back(words[at]);
        if (entry.back().text.ends_with(',')) {
          entry.back().text.pop_back();
          ends = true;
        }
      }
      if (!ends || entry.empty()) continue;
      if (auto read = read_entry(node, id, *agent, entry); !read) return read;
      entry.clear();
    }
    return {};
  }

  static Agent split_agent(const std::string& text) {
    const std::size_t first = text.find(':');
    const std::size_t last = text.rfind(':');
    if (first == std::string::npos) return {"ocf", "heartbeat", text};
    if (first == last) return {text.substr(0, first), "", text.substr(last + 1)};
    return {text.substr(0, first), text.substr(first + 1, last - first - 1), text.substr(last + 1)};
  }

  Result<void> read_entry(const std::string& node, const std::string& id, const Agent& agent,
                          const std::vector<CaseLine>& words) {
    const std::string& what = words[0].text;
    if (what == "unknown") return {};
    if (what == "stopped") {
      Entry probe = simple("monitor");
      probe.rc = 7;
      probe.expected = 7;
      write(node, id, agent, probe);
      return {};
    }
    if (what == "started" || what == "promoted" || what == "unpromoted") {
      write(node, id, agent, simple("start"));
      if (what == "promoted") write(node, id, agent, simple("promote"));
      add_recurring(node, id, agent, what);
      return {};
    }
    Entry entry;
    split_operation(what, entry.operation, entry.interval);
    static const std::set<std::string> kOperations = {"start",        "stop",   "monitor",    "promote",
                                                      "demote",       "notify", "migrate_to", "migrate_from",
                                                      "reload-agent", "reload", "asyncmon",   "delete"};
    if (kOperations.count(entry.operation) == 0) {
      return fail_at(words[0], "expected started, promoted, unpromoted, stopped, unknown or OPERATION[/INTERVAL]");
    }
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (auto read = read_detail(words[i], entry); !read) return read;
    }
    write(node, id, agent, entry);
    return {};
  }

  static Entry simple(std::string_view operation) {
    Entry entry;
    entry.operation = operation;
    return entry;
  }

  Result<void> read_detail(const CaseLine& word, Entry& entry) const {
    const std::string& text = word.text;
    if (text == "pending") {
      entry.status = -1;
      entry.rc = 193;
      return {};
    }
    if (text == "timeout") {
      entry.status = 2;
      entry.rc = 1;
      return {};
    }
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) return fail_at(word, "expected pending, timeout or NAME=VALUE");
    const std::string name = text.substr(0, equals);
    const std::string value = text.substr(equals + 1);
    std::int64_t number = 0;
    if (name == "rc" || name == "status" || name == "expected") {
      if (!parse_number(value, number)) return fail_at(word, "expected a number after \"" + name + "=\"");
      if (name == "rc") entry.rc = static_cast<int>(number);
      if (name == "status") entry.status = static_cast<int>(number);
      if (name == "expected") entry.expected = static_cast<int>(number);
    } else if (name == "at") {
      std::int64_t when = 0;
      if (auto read = read_time(word, when); !read) return read;
      entry.at = when;
    } else if (name == "source") {
      entry.source = value;
    } else if (name == "target") {
      entry.target = value;
    } else {
      entry.attributes.emplace_back(name == "digest" ? "op-digest" : name, value);
    }
    return {};
  }

  // The monitors that run in a role.
  void add_recurring(const std::string& node, const std::string& id, const Agent& agent, std::string_view state) {
    Element xml = primitive(id);
    if (!xml) return;
    std::vector<Element> owners = {xml};
    if (const auto name = xml.attribute("template")) owners.push_back(cib_.find_id(*name));
    for (const Element owner : owners) {
      for (const Element op : owner.first_child("operations").children("op")) {
        if (op.value("name") != "monitor" || cib::parse_interval(op.value("interval")).value_or(0) == 0) continue;
        const std::string_view role = op.value("role", "Started");
        if (role == "Stopped") continue;
        const bool promoted = role == "Master" || role == "Promoted";
        if (promoted != (state == "promoted") && (promoted || role != "Started" || state == "promoted")) continue;
        Entry monitor = simple("monitor");
        monitor.interval = op.value("interval");
        if (promoted) monitor.rc = 8;
        if (promoted) monitor.expected = 8;
        write(node, id, agent, monitor);
      }
    }
  }

  MutableElement history_of(const std::string& node, const std::string& id, const Agent& agent) {
    MutableElement lrm = state_of(node).first_child("lrm");
    if (!lrm) {
      lrm = state_of(node).append_child("lrm");
      lrm.set_attribute("id", node);
    }
    MutableElement list = lrm.ensure_child("lrm_resources");
    for (MutableElement resource : list.children("lrm_resource")) {
      if (resource.id() == id) return resource;
    }
    MutableElement resource = list.append_child("lrm_resource");
    resource.set_attribute("id", id).set_attribute("type", agent.type).set_attribute("class", agent.agent_class);
    if (!agent.provider.empty()) resource.set_attribute("provider", agent.provider);
    if (Element xml = primitive(id); xml) {
      if (const Element meta = xml.first_child("meta_attributes")) {
        for (const Element pair : meta.children("nvpair")) {
          if (pair.value("name") == "container") resource.set_attribute("container", pair.value("value"));
        }
      }
    }
    return resource;
  }

  void write(const std::string& node, const std::string& id, const Agent& agent, const Entry& entry) {
    MutableElement resource = history_of(node, id, agent);
    const int call = ++calls_[node];
    const std::uint32_t interval = cib::parse_interval(entry.interval).value_or(0);
    const std::string key = id + "_" + entry.operation + "_" + std::to_string(interval);
    const bool probe = entry.operation == "monitor" && interval == 0;
    const int expected = entry.expected.value_or(probe ? 7 : 0);
    const bool pending = entry.status == -1;
    const std::string transition = std::to_string(call) + ":1:" + std::to_string(expected) + ":" + std::string(kUuid);
    MutableElement op = resource.append_child("lrm_rsc_op");
    std::string entry_id = key;
    for (int n = 2; !entry_ids_.insert(node + " " + entry_id).second; ++n) entry_id = key + "-" + std::to_string(n);
    op.set_attribute("id", entry_id).set_attribute("operation_key", key).set_attribute("operation", entry.operation);
    op.set_attribute("crm-debug-origin", "case").set_attribute("transition-key", transition);
    op.set_attribute("transition-magic",
                     std::to_string(entry.status) + ":" + std::to_string(entry.rc) + ";" + transition);
    op.set_attribute("on_node", node).set_attribute("call-id", std::int64_t{pending ? -1 : call});
    op.set_attribute("rc-code", std::int64_t{entry.rc}).set_attribute("op-status", std::int64_t{entry.status});
    op.set_attribute("interval", std::int64_t{interval});
    op.set_attribute("last-rc-change", entry.at.value_or(now_ - 3600 + call));
    op.set_attribute("exec-time", "0").set_attribute("queue-time", "0");
    if (!entry.source.empty()) op.set_attribute("migrate_source", entry.source);
    if (!entry.target.empty()) op.set_attribute("migrate_target", entry.target);
    for (const auto& [name, value] : entry.attributes) op.set_attribute(name, value);
  }

  // Where nothing is said, a resource is known to be stopped.
  void add_default_probes() {
    if (nothing_probed_) return;
    const Element resources = cib_.root().first_child("configuration").first_child("resources");
    for (const std::string& node : online_) {
      if (unprobed_.count(node) == 0) probe_below(node, resources, 0);
    }
  }

  void probe_below(const std::string& node, const Element& owner, int unique_instances) {
    for (const Element child : owner.children()) {
      if (child.is("primitive")) {
        probe_primitive(node, std::string(child.id()), unique_instances);
      } else if (child.is("group")) {
        probe_below(node, child, unique_instances);
      } else if (child.is("clone") || child.is("master")) {
        probe_below(node, child, unique_count(child));
      }
    }
  }

  // How many numbered instances a clone has, 0 when they have no numbers.
  int unique_count(const Element& clone) const {
    std::map<std::string, std::string> meta;
    for (const Element set : clone.children("meta_attributes")) {
      for (const Element pair : set.children("nvpair")) meta[std::string(pair.value("name"))] = pair.value("value");
    }
    if (!cib::is_true(meta["globally-unique"])) return 0;
    const auto count = meta.find("clone-max");
    return count == meta.end() ? static_cast<int>(online_.size()) : std::atoi(count->second.c_str());
  }

  void probe_primitive(const std::string& node, const std::string& id, int unique_instances) {
    const auto probe = [&](const std::string& name) {
      if (known_.count(node + " " + name) != 0) return;
      Entry entry = simple("monitor");
      entry.rc = 7;
      write(node, name, *agent_of(id), entry);
    };
    if (unique_instances == 0) probe(id);
    for (int i = 0; i < unique_instances; ++i) probe(id + ":" + std::to_string(i));
  }

  cib::Document& cib_;
  const std::string& file_;
  std::int64_t now_ = kNow;
  std::vector<std::string> online_;
  std::set<std::string> unprobed_;
  bool nothing_probed_ = false;
  std::set<std::string> known_;      // "NODE RESOURCE"
  std::set<std::string> entry_ids_;  // "NODE ID"
  std::map<std::string, int> calls_;
};

}  // namespace

Result<std::int64_t> apply_state(cib::Document& cib, const std::vector<CaseLine>& lines, const std::string& file) {
  StateBuilder builder(cib, file);
  if (auto built = builder.build(lines); !built) return tl::unexpected(built.error());
  return builder.now();
}

}  // namespace simcluster::scheduler::testing
