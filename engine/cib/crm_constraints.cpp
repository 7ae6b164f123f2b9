// Constraints and fencing topology of the crm shell (AT-7.2, AT-7.4).
#include <algorithm>
#include <cctype>

#include <fmt/core.h>

#include "engine/cib/crm_builder.h"

namespace simcluster::cib {

// A resource in a constraint: "rsc", "rsc:Master", "rsc:start".
struct CrmBuilder::Member {
  std::string resource;
  std::string suffix;  // role or action
};

namespace {

bool is_closing(std::string_view word) { return word == ")" || word == "]" || word == "}"; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

}  // namespace

bool CrmBuilder::resource_exists(std::string_view name) const {
  const Element found = find_object(name);
  return found && (found.is("primitive") || found.is("group") || found.is("clone") || found.is("master") ||
                   found.is("bundle") || found.is("template") || found.is("tag"));
}

void CrmBuilder::check_resource(CrmCursor& in, const CrmWord& word, std::string_view name) {
  if (!resource_exists(name)) in.fail_at(word, fmt::format("there is no resource \"{}\"", name));
}

CrmBuilder::Member CrmBuilder::read_member(CrmCursor& in, bool role_after_colon) {
  const CrmWord& word = in.take("a resource");
  Member member{word.text, {}};
  if (const auto colon = word.text.find(':'); colon != std::string::npos) {
    member.resource = word.text.substr(0, colon);
    member.suffix = word.text.substr(colon + 1);
    if (role_after_colon && !is_role(member.suffix))
      in.fail_at(word,
                 fmt::format("unknown role \"{}\" (expected Started, Stopped, Master, Slave, Promoted or Unpromoted)",
                             member.suffix));
    if (!role_after_colon && member.suffix != "start" && member.suffix != "stop" && member.suffix != "promote" &&
        member.suffix != "demote")
      in.fail_at(word, fmt::format("unknown action \"{}\" (expected start, stop, promote or demote)", member.suffix));
    if (role_after_colon) member.suffix = role_text(member.suffix);
  }
  check_resource(in, word, member.resource);
  return member;
}

// Members up to `closing` (empty: up to the end or a bracket). A new set begins where the role or action changes.
void CrmBuilder::read_set_members(CrmCursor& in, MutableElement constraint, bool actions, std::string_view closing) {
  MutableElement set;
  std::string suffix;
  std::vector<const CrmWord*> options;
  const auto begin_set = [&](const std::string& new_suffix) {
    set = constraint.append_child("resource_set");
    if (closing == ")" || closing == "]") {
      if (closing == "]") set.set_attribute("require-all", "false");
      set.set_attribute("sequential", "false");
    }
    if (!new_suffix.empty()) set.set_attribute(actions ? "action" : "role", new_suffix);
    suffix = new_suffix;
  };
  while (!in.done() && !in.next_is("(") && !in.next_is("[") && !is_closing(in.peek().text)) {
    if (in.peek().is_pair()) {
      const std::string_view key = in.peek().key();
      if (closing.empty() && key != "sequential" && key != "require-all" && key != "role" && key != "action") break;
      options.push_back(&in.take("name=value"));
      continue;
    }
    const Member member = read_member(in, !actions);
    if (!set || member.suffix != suffix) begin_set(member.suffix);
    set.append_child("resource_ref").set_attribute("id", member.resource);
  }
  if (!set) in.fail_here("expected a resource");
  for (const CrmWord* option : options) {
    if (option->text == "sequential=true")
      set.remove_attribute("sequential");  // is the default
    else
      set.set_attribute(option->key(), option->value());
  }
  // The ids stand last.
  std::size_t number = 0;
  for (MutableElement each : constraint.children("resource_set"))
    each.set_attribute("id", fmt::format("{}-{}", constraint.id(), number++));
  if (!closing.empty() && !in.accept(closing)) in.fail_here(fmt::format("expected \"{}\"", closing));
}

// True when resource sets were read: three or more resources, or brackets.
bool CrmBuilder::read_sets(CrmCursor& in, MutableElement constraint, bool actions) {
  while (!in.done() && (in.next_is("(") || in.next_is("[") || !in.peek().is_pair())) {
    if (in.accept("("))
      read_set_members(in, constraint, actions, ")");
    else if (in.accept("["))
      read_set_members(in, constraint, actions, "]");
    else
      read_set_members(in, constraint, actions, {});
  }
  return true;
}

// location <id> <rsc spec> [role=..] [resource-discovery=..] {<score>: <node> | rule ...}
void CrmBuilder::location(CrmCursor& in) {
  const CrmWord& id = in.take("an id");
  MutableElement element = new_object(in, id, "constraints", "rsc_location");
  std::vector<Member> set_members;
  if (in.accept("{")) {
    while (!in.done() && !in.next_is("}")) set_members.push_back(read_member(in, true));
    if (!in.accept("}")) in.fail_here("expected \"}\"");
  } else {
    const CrmWord& word = in.take("a resource");
    if (word.text.size() > 2 && word.text.front() == '/' && word.text.back() == '/') {
      element.set_attribute("rsc-pattern", std::string_view(word.text).substr(1, word.text.size() - 2));
    } else {
      check_resource(in, word, word.text);
      element.set_attribute("rsc", word.text);
    }
  }
  while (in.next_is_pair("role") || in.next_is_pair("resource-discovery")) {
    const CrmWord& word = in.take("role=");
    element.set_attribute(word.key(), word.key() == "role" ? role_text(word.value()) : std::string(word.value()));
  }
  if (in.next_is("rule")) {
    while (in.accept("rule")) read_rule(in, element);
  } else {
    const CrmWord& score = in.take("a score and a node, as in \"100: node01\", or a rule");
    const auto value = score_word(score.text);
    if (!value) in.fail_at(score, "expected a score and a colon, as in \"100: node01\", or a rule");
    element.set_attribute("score", *value).set_attribute("node", in.take("the name of a node").text);
  }
  // Another role opens another set.
  MutableElement set;
  int number = 0;
  for (const Member& member : set_members) {
    if (!set || set.value("role") != member.suffix) {
      set = element.append_child("resource_set");
      set.set_attribute("id", fmt::format("{}-{}", element.id(), number++));
      if (!member.suffix.empty()) set.set_attribute("role", member.suffix);
    }
    set.append_child("resource_ref").set_attribute("id", member.resource);
  }
}

// colocation <id> <score>: <rsc>[:<role>] <with-rsc>[:<role>] [node-attribute=<a>] | <sets>
void CrmBuilder::colocation(CrmCursor& in) {
  const CrmWord& id = in.take("an id");
  MutableElement element = new_object(in, id, "constraints", "rsc_colocation");
  const CrmWord& score = in.take("a score and a colon, as in \"inf:\"");
  const auto value = score_word(score.text);
  if (!value) in.fail_at(score, "expected a score and a colon, as in \"inf:\"");
  element.set_attribute("score", *value);
  bool brackets = in.accept("_rsc_set_");  // sets, even where two resources alone would be none
  CrmCursor ahead = in;
  std::size_t members = 0;
  for (; !ahead.done() && !ahead.peek().is_pair(); ahead.take("a resource")) {
    brackets = brackets || ahead.next_is("(") || ahead.next_is("[");
    ++members;
  }
  if (members < 2) ahead.fail_here("expected two resources");
  if (brackets || members > 2) {
    read_sets(in, element, false);
  } else {
    const Member dependent = read_member(in, true);
    const Member primary = read_member(in, true);
    while (in.next_is_pair("node-attribute"))
      element.set_attribute("node-attribute", in.take("node-attribute=").value());
    element.set_attribute("rsc", dependent.resource);
    if (!dependent.suffix.empty()) element.set_attribute("rsc-role", dependent.suffix);
    element.set_attribute("with-rsc", primary.resource);
    if (!primary.suffix.empty()) element.set_attribute("with-rsc-role", primary.suffix);
  }
  while (in.next_is_pair("node-attribute")) element.set_attribute("node-attribute", in.take("node-attribute=").value());
  if (!in.done()) in.fail_here("expected node-attribute=<name> or the end of the statement");
}

// order <id> [{<kind>|<score>}:] <first>[:<action>] <then>[:<action>] [symmetrical=<bool>] | <sets>
void CrmBuilder::order(CrmCursor& in) {
  const CrmWord& id = in.take("an id");
  MutableElement element = new_object(in, id, "constraints", "rsc_order");
  if (!in.done() && !in.peek().quoted && in.peek().text.ends_with(':')) {
    const CrmWord& word = in.take("a kind");
    const std::string kind = lower(std::string_view(word.text).substr(0, word.text.size() - 1));
    if (kind == "mandatory" || kind == "optional" || kind == "serialize") {
      std::string text = kind;
      text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
      element.set_attribute("kind", text);
    } else {
      const std::string score = score_text(kind);
      if (score.find("INFINITY") == std::string::npos && score.find_first_not_of("-+0123456789") != std::string::npos)
        in.fail_at(word, fmt::format("unknown kind \"{}\" (expected Mandatory:, Optional:, Serialize: or a score)",
                                     word.text));
      element.set_attribute("kind", score == "0" ? "Optional" : "Mandatory");
    }
  }
  bool brackets = in.accept("_rsc_set_");  // sets, even where two resources alone would be none
  CrmCursor ahead = in;
  std::size_t members = 0;
  std::string symmetrical;
  for (; !ahead.done(); ahead.take("a resource")) {
    if (ahead.next_is_pair("symmetrical")) symmetrical = ahead.peek().value();
    if (ahead.peek().is_pair()) continue;
    brackets = brackets || ahead.next_is("(") || ahead.next_is("[");
    ++members;
  }
  if (members < 2) ahead.fail_here("expected two resources");
  if (!symmetrical.empty()) element.set_attribute("symmetrical", symmetrical);
  if (brackets || members > 2) {
    read_sets(in, element, true);
  } else {
    const Member first = read_member(in, false);
    const Member then = read_member(in, false);
    element.set_attribute("first", first.resource);
    if (!first.suffix.empty()) element.set_attribute("first-action", first.suffix);
    element.set_attribute("then", then.resource);
    if (!then.suffix.empty()) element.set_attribute("then-action", then.suffix);
  }
  while (in.next_is_pair("symmetrical")) in.take("symmetrical=");
  if (!in.done()) in.fail_here("expected symmetrical=<bool> or the end of the statement");
}

// rsc_ticket <id> <ticket>: <rsc>[:<role>] [...] [loss-policy=..]
void CrmBuilder::rsc_ticket(CrmCursor& in) {
  const CrmWord& id = in.take("an id");
  MutableElement element = new_object(in, id, "constraints", "rsc_ticket");
  const CrmWord& ticket = in.take("a ticket and a colon");
  if (!ticket.text.ends_with(':')) in.fail_at(ticket, "expected a ticket and a colon, as in \"ticketA:\"");
  element.set_attribute("ticket", std::string_view(ticket.text).substr(0, ticket.text.size() - 1));
  const bool sets = in.accept("_rsc_set_");
  CrmCursor ahead = in;
  std::size_t members = 0;
  for (; !ahead.done(); ahead.take("a resource")) {
    if (ahead.next_is_pair("loss-policy")) element.set_attribute("loss-policy", ahead.peek().value());
    members += ahead.peek().is_pair() ? 0U : 1U;
  }
  if (members == 1 && !sets) {
    const Member member = read_member(in, true);
    element.set_attribute("rsc", member.resource);
    if (!member.suffix.empty()) element.set_attribute("rsc-role", member.suffix);
  } else {
    read_sets(in, element, false);
  }
  while (in.next_is_pair("loss-policy")) in.take("loss-policy=");
  if (!in.done()) in.fail_here("expected loss-policy=<policy> or the end of the statement");
}

// <stonith list> [...] | {<node>: | pattern:<re> | attr:<a>=<v>} <rsc>[,<rsc>...] ...
void CrmBuilder::fencing_topology(CrmCursor& in) {
  struct Target {
    std::string kind;
    std::string first;
    std::string second;
  };
  MutableElement topology = section("fencing-topology");
  topology.remove_children();
  std::vector<Target> targets;
  bool named = false;
  int index = 0;
  const auto all_nodes = [this, &targets] {
    for (const Element node : cib_.find_path("configuration/nodes").children("node"))
      targets.push_back({"target", std::string(node.value("uname")), {}});
  };
  while (!in.done()) {
    const CrmWord& word = in.take("a node or a list of fence devices");
    if (word.text.starts_with("pattern:")) {
      targets.assign(1, {"target-pattern", word.text.substr(8), {}});
      named = true;
      index = 0;
    } else if (word.text.starts_with("attr:") && word.is_pair()) {
      targets.assign(1, {"target-attribute", std::string(word.key().substr(5)), std::string(word.value())});
      named = true;
      index = 0;
    } else if (word.text.ends_with(':')) {
      targets.assign(1, {"target", word.text.substr(0, word.text.size() - 1), {}});
      named = true;
      index = 0;
    } else {
      if (!named && targets.empty()) all_nodes();
      ++index;
      for (const Target& target : targets) {
        MutableElement level = topology.append_child("fencing-level");
        if (target.kind == "target") level.set_attribute(target.kind, target.first);
        level.set_attribute("index", std::int64_t{index}).set_attribute("devices", word.text);
        if (target.kind == "target-pattern") level.set_attribute(target.kind, target.first);
        if (!target.second.empty())
          level.set_attribute("target-attribute", target.first).set_attribute("target-value", target.second);
        level.set_attribute("id", free_id("fencing"));
      }
    }
  }
}

}  // namespace simcluster::cib
