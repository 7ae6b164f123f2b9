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

bool is_set_option(const CrmCursor& in) { return in.next_is_pair("sequential") || in.next_is_pair("require-all"); }

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
  const std::string_view suffix_name = actions ? "action" : "role";
  std::vector<const CrmWord*> options;
  const auto begin_set = [&](const std::string& new_suffix) {
    set = constraint.append_child("resource_set");
    if (closing == "]") set.set_attribute("require-all", "false");
    if (closing == ")" || closing == "]") set.set_attribute("sequential", "false");
    suffix = new_suffix;
    if (!suffix.empty()) set.set_attribute(suffix_name, suffix);
  };
  while (!in.done() && !in.next_is("(") && !in.next_is("[") && !is_closing(in.peek().text)) {
    if (in.peek().is_pair()) {
      if (is_set_option(in))
        options.push_back(&in.take("name=value"));
      else if (closing.empty())
        break;
      else
        in.fail_here("expected sequential= or require-all=");
      continue;
    }
    const Member member = read_member(in, !actions);
    if (!set || member.suffix != suffix) begin_set(member.suffix);
    set.append_child("resource_ref").set_attribute("id", member.resource);
  }
  if (!set) in.fail_here("expected a resource");
  for (const CrmWord* option : options) set.set_attribute(option->key(), option->value());
  // What is the default is left out.
  for (const std::string_view name : {"sequential", "require-all"})
    if (set.value(name) == "true") set.remove_attribute(name);
  for (const std::string_view name : {std::string_view("require-all"), std::string_view("sequential"), suffix_name}) {
    const std::string value(set.value(name));
    if (set.remove_attribute(name)) set.set_attribute(name, value);
  }
  // The ids stand last. Sets are met by their place.
  std::size_t number = 0;
  Element old = before(constraint).first_child("resource_set");
  for (MutableElement each : constraint.children("resource_set")) {
    const std::string made = fmt::format("{}-{}", constraint.id(), number++);
    each.set_attribute("id", old ? old.id() : made);
    if (old) old = old.next_sibling(old.name_id());
  }
  if (!closing.empty() && !in.accept(closing)) in.fail_here(fmt::format("expected \"{}\"", closing));
}

// True when resource sets were read: three or more resources, or brackets.
bool CrmBuilder::read_sets(CrmCursor& in, MutableElement constraint, bool actions) {
  while (!in.done() && !in.next_is("}") && (in.next_is("(") || in.next_is("[") || !in.peek().is_pair())) {
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
  if (in.accept("{")) {
    read_sets(in, element, false);
    if (!in.accept("}")) in.fail_here("expected \"}\"");
  } else {
    const CrmWord& word = in.take("a resource");
    if (word.text.size() > 2 && word.text.front() == '/' && word.text.back() == '/') {
      if (word.text.find(' ') != std::string::npos) in.fail_at(word, "a pattern cannot contain a blank");
      element.set_attribute("rsc-pattern", std::string_view(word.text).substr(1, word.text.size() - 2));
    } else {
      check_resource(in, word, word.text);
      element.set_attribute("rsc", word.text);
    }
  }
  while (in.next_is_pair("role") || in.next_is_pair("$role") || in.next_is_pair("resource-discovery")) {
    const CrmWord& word = in.take("role=");
    if (word.key() == "resource-discovery")
      element.set_attribute(word.key(), word.value());
    else
      element.set_attribute("role", role_name(word.value()));
  }
  if (in.next_is("rule")) {
    while (in.accept("rule")) read_rule(in, element);
  } else {
    const CrmWord& score = in.take("a score and a node, as in \"100: node01\", or a rule");
    const auto value = score_word(score.text);
    if (!value) in.fail_at(score, "expected a score and a colon, as in \"100: node01\", or a rule");
    element.set_attribute("score", *value).set_attribute("node", in.take("the name of a node").text);
  }
  if (!in.done()) in.fail_here("expected the end of the statement");
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
  for (; !ahead.done(); ahead.take("a resource")) {
    brackets = brackets || ahead.next_is("(") || ahead.next_is("[") || is_set_option(ahead);
    members += ahead.peek().is_pair() ? 0U : 1U;
  }
  if (members == 0) ahead.fail_here("expected two resources");
  if (brackets || members != 2) {
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
  if (!in.done() && in.peek().text.ends_with(':')) {
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
    brackets = brackets || ahead.next_is("(") || ahead.next_is("[") || is_set_option(ahead);
    members += ahead.peek().is_pair() ? 0U : 1U;
  }
  if (members == 0) ahead.fail_here("expected two resources");
  if (!symmetrical.empty()) element.set_attribute("symmetrical", symmetrical);
  if (brackets || members != 2) {
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

namespace {

std::string_view loss_policy(CrmCursor& in, const CrmWord& word) {
  for (const std::string_view known : {"stop", "demote", "fence", "freeze"})
    if (word.value() == known) return known;
  in.fail_at(word, fmt::format("unknown loss-policy \"{}\" (expected stop, demote, fence or freeze)", word.value()));
}

}  // namespace

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
    if (ahead.next_is_pair("loss-policy")) element.set_attribute("loss-policy", loss_policy(in, ahead.peek()));
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

// The id of the level for the same target with the same devices, else one that none had.
std::string CrmBuilder::level_id(const Element& old_topology, const Element& level) const {
  const auto same = [&](const Element& old) {
    for (const std::string_view name : {"target", "target-pattern", "target-attribute", "target-value", "devices"})
      if (old.value(name) != level.value(name)) return false;
    return true;
  };
  const auto is_free = [&](std::string_view id) {
    for (const Element old : old_topology.children("fencing-level"))
      if (old.id() == id) return false;
    return !find_object(id);
  };
  for (const Element old : old_topology.children("fencing-level"))
    if (same(old) && !find_object(old.id())) return std::string(old.id());
  std::string id = "fencing";
  for (int number = 0; !is_free(id); ++number) id = fmt::format("fencing-{}", number);
  return id;
}

struct CrmBuilder::LevelTarget {
  std::string kind;  // the attribute that names it
  std::string name;
  std::string value;  // of a node attribute
};

void CrmBuilder::add_level(MutableElement topology, const LevelTarget& target, std::string_view devices, int index) {
  MutableElement level = topology.append_child("fencing-level");
  if (target.kind == "target") level.set_attribute(target.kind, target.name);
  level.set_attribute("index", std::int64_t{index}).set_attribute("devices", devices);
  if (target.kind != "target") level.set_attribute(target.kind, target.name);
  if (target.kind == "target-attribute") level.set_attribute("target-value", target.value);
  level.set_attribute("id", level_id(before_.find_path("configuration/fencing-topology"), level));
}

// <stonith list> [...] | {<node>: | pattern:<re> | attr:<a>=<v>} <rsc>[,<rsc>...] ...
void CrmBuilder::fencing_topology(CrmCursor& in) {
  define_once(in, "fencing_topology");
  MutableElement topology = section("fencing-topology");
  topology.remove_children();
  std::optional<LevelTarget> target;
  std::vector<std::string> for_all;
  // The levels of a node attribute are counted whatever its value is.
  std::vector<std::string> counted;
  while (!in.done()) {
    const CrmWord& word = in.take("a node or a list of fence devices");
    if (word.text.starts_with("pattern:")) {
      target = LevelTarget{"target-pattern", word.text.substr(8), {}};
    } else if (word.text.starts_with("attr:") && word.is_pair()) {
      target = LevelTarget{"target-attribute", std::string(word.key().substr(5)), std::string(word.value())};
    } else if (word.text.ends_with(':')) {
      target = LevelTarget{"target", word.text.substr(0, word.text.size() - 1), {}};
    } else if (target) {
      counted.push_back(target->kind + ":" + target->name);
      const auto index = std::count(counted.begin(), counted.end(), counted.back());
      add_level(topology, *target, word.text, static_cast<int>(index));
    } else {
      for_all.push_back(word.text);
    }
  }
  for (const Element node : cib_.find_path("configuration/nodes").children("node")) {
    int index = 0;
    for (const std::string& devices : for_all)
      add_level(topology, {"target", std::string(node.value("uname")), {}}, devices, ++index);
  }
}

}  // namespace simcluster::cib
