// Attribute lists and rules of the crm shell (AT-7.2 attr_list, rule; AT-7.3 ids; AT-7.4 mapping).
#include <array>

#include <fmt/core.h>

#include "engine/cib/crm_builder.h"
#include "engine/cib/values.h"

namespace simcluster::cib {

namespace {

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

bool is_number(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

constexpr std::array<std::string_view, 6> kComparisons = {"lt", "gt", "lte", "gte", "eq", "ne"};
constexpr std::array<std::string_view, 4> kTypes = {"string", "number", "integer", "version"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view word) {
  for (const std::string_view entry : list)
    if (entry == word) return true;
  return false;
}

// Parts of a date_spec or duration.
bool is_date_part(std::string_view key) {
  constexpr std::array<std::string_view, 13> kParts = {"hours",   "monthdays", "weekdays", "yearsdays", "yeardays",
                                                       "months",  "weeks",     "years",    "weekyears", "moon",
                                                       "minutes", "seconds",   "days"};
  return contains(kParts, key);
}

}  // namespace

Element CrmBuilder::find_object(std::string_view id) const {
  for (const Element& found : cib_.find_all_id(id)) {
    if (found.is(names::kNode) || found.is(names::kObjRef) || found.is(names::kResourceRef) || found.is("role"))
      continue;
    Element top = found;
    while (top.parent() && top.parent() != cib_.root()) top = top.parent();
    if (top.is(names::kConfiguration)) return found;
  }
  return {};
}

namespace {

// Characters that an id cannot have become '_' (attribute names may hold them: "master-drbd:0", "#health-disk").
void make_valid_id(std::string& id) {
  const auto letter = [](char c) { return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || (c & 0x80) != 0; };
  for (char& c : id)
    if (!letter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '.') c = '_';
  if (id.empty() || !letter(id.front())) id.insert(id.begin(), '_');
}

}  // namespace

std::string CrmBuilder::free_id(std::string wanted) const {
  make_valid_id(wanted);
  if (!find_object(wanted)) return wanted;
  for (int i = 0;; ++i)
    if (std::string candidate = fmt::format("{}-{}", wanted, i); !find_object(candidate)) return candidate;
}

Element CrmBuilder::before(const Element& element) const {
  for (const Element old : before_.find_all_id(element.id()))
    if (old.name() == element.name()) return old;
  return {};
}

std::string CrmBuilder::kept_id(const Element& old, std::string wanted) const {
  return old && !find_object(old.id()) ? std::string(old.id()) : free_id(std::move(wanted));
}

MutableElement CrmBuilder::append_with_id(MutableElement parent, std::string_view name, std::string wanted_id) {
  const std::string id = free_id(std::move(wanted_id));
  MutableElement element = parent.append_child(name);
  element.set_attribute("id", id);
  return element;
}

std::string CrmBuilder::score_text(std::string_view score) {
  const std::string word = lower_case(score);
  if (word == "inf" || word == "infinity") return "INFINITY";
  if (word == "+inf" || word == "+infinity") return "+INFINITY";
  if (word == "-inf" || word == "-infinity") return "-INFINITY";
  return std::string(score);
}

// "100:", "-inf:", "pingd:"; nothing when the word is no score.
std::optional<std::string> CrmBuilder::score_word(std::string_view word) {
  if (word.size() < 2 || word.back() != ':') return std::nullopt;
  word.remove_suffix(1);
  return score_text(word);
}

std::string CrmBuilder::role_text(std::string_view role) const {
  const std::string word = lower_case(role);
  for (const std::string_view known : {"Stopped", "Started", "Master", "Slave", "Promoted", "Unpromoted"})
    if (word == lower_case(known)) return std::string(role_name(known));
  return std::string(role);
}

bool CrmBuilder::is_role(std::string_view role) {
  const std::string word = lower_case(role);
  for (const std::string_view known : {"stopped", "started", "master", "slave", "promoted", "unpromoted"})
    if (word == known) return true;
  return false;
}

void CrmBuilder::put_nvpair(MutableElement set, std::string_view name, std::string_view value, bool replace) {
  if (names_role(name)) value = role_name(value);
  if (MutableElement present = set.child_with(names::kNvpair, names::kName, name); present && replace) {
    present.set_attribute("value", value);
    return;
  }
  const Element old = before(set).child_with(names::kNvpair, names::kName, name);
  const std::string id = kept_id(old, fmt::format("{}-{}", set.id(), name));
  set.append_child("nvpair").set_attribute("name", name).set_attribute("value", value).set_attribute("id", id);
}

// Where the id is that of an object, its part of that kind is meant.
std::string CrmBuilder::referred_id(std::string_view id, std::string_view kind) const {
  const Element object = find_object(id);
  const Element part = object ? object.first_child(kind) : Element();
  return std::string(part && part.has(names::kId) ? part.id() : id);
}

// attr_list after its keyword: [$id=<id>] [<score>:] [rule ...] <attr>=<v> ... | $id-ref=<id>
void CrmBuilder::read_attribute_list(CrmCursor& in, MutableElement set, bool replace) {
  bool any = false;
  while (!in.done()) {
    if (in.next_is("rule") && !any) {
      in.take("rule");
      read_rule(in, set);
    } else if (in.peek().is_pair()) {
      const CrmWord& word = in.take("name=value");
      if (word.key() == "$id") {
        set.set_attribute("id", word.value());
      } else if (word.key() == "$id-ref") {
        set.remove_attribute("id");
        set.set_attribute("id-ref", referred_id(word.value(), set.name()));
      } else {
        put_nvpair(set, word.key(), word.value(), replace);
        any = true;
      }
    } else if (in.peek().text.size() > 1 && in.peek().text.front() == '@') {
      // @<nvpair id>[:<name>]: the pair is taken from elsewhere.
      const std::string_view reference = std::string_view(in.take("@<id>").text).substr(1);
      const std::size_t colon = reference.find(':');
      MutableElement pair = set.append_child("nvpair");
      pair.set_attribute("id-ref", reference.substr(0, colon));
      if (colon != std::string_view::npos) pair.set_attribute("name", reference.substr(colon + 1));
    } else if (const auto score = score_word(in.peek().text); score) {
      in.take("a score");
      const std::string id(set.id());
      set.remove_attribute("id");
      set.set_attribute("score", *score).set_attribute("id", id);
    } else {
      return;
    }
  }
}

void CrmBuilder::read_attributes(CrmCursor& in, MutableElement owner, std::string_view kind, std::string_view set_id) {
  // $id decides the ids of the pairs, so it is looked at before they are made.
  // Sets are met by their kind and place.
  Element old = before(owner).first_child(kind);
  for (const MutableElement set : owner.children(kind))
    if (set && old) old = old.next_sibling(old.name_id());
  std::string id = kept_id(old, std::string(set_id));
  if (in.next_is_pair("$id")) id = std::string(in.take("$id=").value());
  MutableElement set = owner.append_child(kind);
  set.set_attribute("id", id);
  // It may be empty.
  read_attribute_list(in, set, false);
}

// rule [$id=|$id-ref=] [$role=|role=] [<score>:] <expr> [{and|or} <expr>...]
void CrmBuilder::read_rule(CrmCursor& in, MutableElement parent) {
  if (in.next_is_pair("$id-ref")) {
    const std::string_view id = in.take("$id-ref=").value();
    parent.append_child("rule").set_attribute("id-ref", referred_id(id, "rule"));
    return;
  }
  MutableElement rule = parent.append_child("rule");
  std::string id = free_id(fmt::format("{}-rule", parent.id()));
  // An id that is given stands first, another last.
  const bool given = in.next_is_pair("$id");
  if (given) {
    id = std::string(in.take("$id=").value());
    rule.set_attribute("id", id);
  }
  if (in.next_is_pair("$role") || in.next_is_pair("role"))
    rule.set_attribute("role", role_name(in.take("role=").value()));
  if (!in.done()) {
    if (const auto score = score_word(in.peek().text)) {
      in.take("a score");
      const bool number = is_number(*score) || score->find("INFINITY") != std::string::npos;
      rule.set_attribute(number ? "score" : "score-attribute", *score);
    } else {
      rule.set_attribute("score", "INFINITY");
    }
  }
  rule.set_attribute("id", id);
  std::string boolean;
  while (true) {
    read_expression(in, rule);
    if (!in.next_is("and") && !in.next_is("or")) break;
    const CrmWord& word = in.take("and");
    if (!boolean.empty() && boolean != word.text) in.fail_at(word, "\"and\" and \"or\" cannot be mixed in one rule");
    boolean = word.text;
  }
  if (boolean != "or") return;
  if (given) {
    rule.set_attribute("boolean-op", "or");
  } else {
    rule.remove_attribute("id");
    rule.set_attribute("boolean-op", "or").set_attribute("id", id);
  }
}

namespace {

// param{<name>}, meta{<name>}, literal{<value>} or a value.
void put_value(MutableElement expression, std::string_view value) {
  for (const std::string_view source : {"param", "meta", "literal"}) {
    if (!value.starts_with(source) || !value.ends_with('}') || value.size() < source.size() + 3) continue;
    if (value[source.size()] != '{') continue;
    value.remove_prefix(source.size() + 1);
    value.remove_suffix(1);
    expression.set_attribute("value", value).set_attribute("value-source", source);
    return;
  }
  expression.set_attribute("value", value);
}

}  // namespace

void CrmBuilder::read_expression(CrmCursor& in, MutableElement rule) {
  if (in.next_is("date")) {
    in.take("date");
    return read_date(in, rule);
  }
  const CrmWord& first = in.take("an expression, as in \"pingd lt 100\" or \"not_defined pingd\"");
  const std::string id = free_id(fmt::format("{}-expression", rule.id()));
  MutableElement expression = rule.append_child("expression");
  if (first.text == "defined" || first.text == "not_defined") {
    expression.set_attribute("operation", first.text)
        .set_attribute("attribute", in.take("the name of a node attribute").text);
  } else {
    const CrmWord& word = in.take("one of lt, gt, lte, gte, eq, ne");
    std::string_view operation = word.text;
    std::string_view type;
    if (const auto colon = operation.find(':'); colon != std::string_view::npos) {
      type = operation.substr(0, colon);
      operation.remove_prefix(colon + 1);
      if (!contains(kTypes, type))
        in.fail_at(word, fmt::format("unknown type \"{}\" (expected string, number, integer or version)", type));
    }
    if (!contains(kComparisons, operation))
      in.fail_at(word, fmt::format("unknown comparison \"{}\" (expected lt, gt, lte, gte, eq or ne)", operation));
    expression.set_attribute("operation", operation).set_attribute("attribute", first.text);
    if (!type.empty()) expression.set_attribute("type", type);
    put_value(expression, in.take("a value to compare with").text);
  }
  expression.set_attribute("id", id);
}

// date {lt <end> | gt <start> | in start=.. {end=..|duration parts} | spec parts}
void CrmBuilder::read_date(CrmCursor& in, MutableElement rule) {
  const std::string id = free_id(fmt::format("{}-expression", rule.id()));
  MutableElement date = rule.append_child("date_expression");
  const CrmWord& word = in.take("one of lt, gt, in, spec");
  const auto parts = [&in](MutableElement element) {
    while (!in.done() && in.peek().is_pair() && is_date_part(in.peek().key())) {
      const CrmWord& part = in.take("a part of a date");
      element.set_attribute(part.key(), part.value());
    }
  };
  if (word.text == "lt" || word.text == "gt") {
    date.set_attribute("operation", word.text);
    date.set_attribute(word.text == "lt" ? "end" : "start", in.take("a date").text);
    date.set_attribute("id", id);
  } else if (word.text == "in" || word.text == "in_range") {
    date.set_attribute("operation", "in_range");
    while (in.next_is_pair("start") || in.next_is_pair("end")) {
      const CrmWord& bound = in.take("start=");
      date.set_attribute(bound.key(), bound.value());
    }
    const bool both = date.has("start") && date.has("end");
    date.set_attribute("id", id);
    if (!both && (in.done() || !in.peek().is_pair() || !is_date_part(in.peek().key())))
      in.fail_here("expected start= and end= or the parts of a duration");
    if (!in.done() && in.peek().is_pair() && is_date_part(in.peek().key())) {
      MutableElement duration = date.append_child("duration");
      parts(duration);
      duration.set_attribute("id", free_id(id + "-duration"));
    }
  } else if (word.text == "spec" || word.text == "date_spec") {
    date.set_attribute("operation", "date_spec").set_attribute("id", id);
    MutableElement spec = date.append_child("date_spec");
    parts(spec);
    if (spec.attributes().empty()) in.fail_here("expected the parts of a date, as in hours=9-16");
    spec.set_attribute("id", free_id(id + "-date_spec"));
  } else {
    in.fail_at(word, fmt::format("unknown date operation \"{}\" (expected lt, gt, in or spec)", word.text));
  }
}

// property / rsc_defaults / op_defaults [$id=<id> | <id>:] [<score>:] [rule ...] <attr>=<v> ...
void CrmBuilder::property_set(CrmCursor& in, std::string_view section_name, std::string_view kind,
                              std::string_view default_id) {
  std::string id(default_id);
  if (in.next_is_pair("$id")) {
    id = std::string(in.take("$id=").value());
  } else if (!in.done() && !in.peek().is_pair() && in.peek().text.size() > 1 && in.peek().text.back() == ':' &&
             !is_number(std::string_view(in.peek().text).substr(0, in.peek().text.size() - 1))) {
    id = in.take("an id").text;
    id.pop_back();
  } else if (in.done()) {
    in.fail_here("expected name=value");
  }
  MutableElement parent = section(section_name);
  MutableElement set = parent.child_with_id(cib_.find_name(kind), id);
  if (!set) {
    if (find_object(id)) in.fail_here(fmt::format("the id \"{}\" is already used by another object", id));
    set = parent.append_child(kind);
    set.set_attribute("id", id);
  }
  read_attribute_list(in, set, true);
  if (!in.done()) in.fail_here("expected name=value");
}

}  // namespace simcluster::cib
