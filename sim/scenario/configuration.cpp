// The cluster's configuration, from crm shell text or XML to a CIB.
#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/cib/crm_edit.h"
#include "engine/cib/crm_shell.h"
#include "engine/cib/dates.h"
#include "engine/cib/document.h"
#include "engine/cib/nvpairs.h"
#include "engine/cib/rules.h"
#include "engine/cib/validate.h"
#include "engine/cib/values.h"
#include "sim/scenario/assembly.h"

namespace simcluster::sim {

namespace {

// A CIB of a scenario may be large, but not a machine's whole memory.
constexpr std::size_t kMaxCib = std::size_t{64} * 1024 * 1024;

Result<cib::Document> from_pieces(const std::vector<TextBlock>& pieces) {
  cib::Document document = cib::empty_cib();
  for (const auto& piece : pieces) {
    auto applied = cib::apply_crm_shell(document, piece.text, piece.place.file, cib::CrmLoad::kUpdate, piece.place.line,
                                        piece.place.column - 1);
    if (!applied) return tl::unexpected(applied.error());
  }
  return document;
}

// Lines of inline XML are counted from the place where the text stands.
Result<cib::Document> from_xml(const TextBlock& block) {
  cib::ParseLimits limits;
  limits.bytes = kMaxCib;
  auto document = cib::parse_document(block.text, block.place.file, limits);
  if (document) return document;
  Error error = document.error();
  if (error.place.line > 0) {
    error.place.line += block.place.line - 1;
    error.place.column += error.place.column > 0 ? block.place.column - 1 : 0;
  }
  return tl::unexpected(error);
}

Result<cib::Document> read_configuration(const ConfigurationDraft& draft) {
  if (!draft.crm.empty()) return from_pieces(draft.crm);
  if (!draft.crm_file.place.file.empty()) return from_pieces({draft.crm_file});
  const TextBlock& xml = draft.cib.place.file.empty() ? draft.cib_file : draft.cib;
  if (xml.place.file.empty()) return cib::empty_cib();
  auto document = from_xml(xml);
  if (document && !document->root().is("cib"))
    return fail("this is no CIB: its root element must be \"cib\"", xml.place);
  return document;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

// Where `word` stands in the text, as a whole word; line 0 when it does not.
SourcePlace place_of_word(const TextBlock& block, std::string_view word) {
  const std::string_view text = block.text;
  for (auto at = text.find(word); at != std::string_view::npos && !word.empty(); at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !is_word(text[at + word.size()]);
    if (!begins || !ends) continue;
    const auto before = text.substr(0, at);
    const auto line_begin = before.rfind('\n') + 1;
    return {block.place.file, block.place.line + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
            block.place.column + static_cast<int>(at - line_begin)};
  }
  return {};
}

// Elements that came from crm shell text have no place of their own: the name that the message quotes is looked for.
SourcePlace place_in_crm(const std::vector<TextBlock>& pieces, std::string_view message) {
  while (true) {
    const auto open = message.find('"');
    const auto close = open == std::string_view::npos ? open : message.find('"', open + 1);
    if (close == std::string_view::npos) return pieces.front().place;
    for (const auto& piece : pieces)
      if (SourcePlace place = place_of_word(piece, message.substr(open + 1, close - open - 1)); place.line > 0)
        return place;
    message.remove_prefix(close + 1);
  }
}

Result<void> check_configuration(const cib::Document& document, const ConfigurationDraft& draft) {
  const auto errors = cib::validate(document, cib::declared_schema(document), 1);
  if (errors.empty()) return {};
  Error error = errors.front();
  if (!draft.crm.empty() || !draft.crm_file.place.file.empty()) {
    error.place = place_in_crm(draft.crm.empty() ? std::vector<TextBlock>{draft.crm_file} : draft.crm, error.message);
  } else if (const TextBlock& xml = draft.cib.place.file.empty() ? draft.cib_file : draft.cib; error.place.line > 0) {
    error.place.line += xml.place.line - 1;
    error.place.column += xml.place.column - 1;
  }
  return tl::unexpected(error);
}

// The address of an IPaddr2 or IPaddr resource; unspecified for all others.
IpAddress served_address(const cib::Element& primitive) {
  const auto type = primitive.value("type");
  if (type != "IPaddr2" && type != "IPaddr") return {};
  if (const cib::Element pair = cib::find_pair(primitive, "instance_attributes", "ip"))
    return IpAddress::parse(pair.value("value")).value_or(IpAddress{});
  return {};
}

bool below(cib::Element element, std::string_view ancestor) {
  for (cib::Element at = element.parent(); at; at = at.parent())
    if (at.is(ancestor)) return true;
  return false;
}

bool is_single(cib::Element element) {
  return element.is("primitive") && element.value("class") != "stonith" && !below(element, "clone") &&
         !below(element, "master") && !below(element, "bundle");
}

// A meta attribute of a resource: its own, of what it is part of, or the default of all.
std::string_view meta_of(cib::Element element, std::string_view name) {
  const auto find = [&](const cib::Element& owner) -> std::optional<std::string_view> {
    for (const cib::Element set : owner.children("meta_attributes"))
      for (const cib::Element pair : set.children("nvpair"))
        if (pair.value("name") == name) return pair.value("value");
    return std::nullopt;
  };
  cib::Element at = element;
  for (; at && !at.is("resources"); at = at.parent())
    if (const auto value = find(at)) return *value;
  return find(at.parent().first_child("rsc_defaults")).value_or("");
}

// Every date_expression of the configuration as a rule of its own: what else its rule asks for is not the clock's.
std::function<std::vector<bool>(Time)> time_conditions(const cib::Document& document) {
  std::vector<std::shared_ptr<const cib::Document>> rules;
  const cib::Element configuration = document.find_path("configuration");
  for (auto element = configuration.next_in(configuration); element; element = element.next_in(configuration)) {
    if (!element.is("date_expression")) continue;
    auto rule = std::make_shared<cib::Document>();
    rule->create_root("rule").append_copy(element);
    rules.push_back(std::move(rule));
  }
  if (rules.empty()) return {};
  return [rules](Time at) {
    std::vector<bool> hold;
    for (const auto& rule : rules) {
      cib::RuleContext context;
      context.now = cib::DateTime::from_epoch(at.unix_seconds());
      cib::NextChange next;
      hold.push_back(cib::evaluate_rule(rule->root(), context, next));
    }
    return hold;
  };
}

// What a constraint is about: a primitive that runs once. Members of groups follow one another and run together.
WatchedConfiguration watched_configuration(const cib::Document& document) {
  WatchedConfiguration watched;
  watched.time_conditions = time_conditions(document);
  const cib::Element resources = document.find_path("configuration/resources");
  const auto single = [&](std::string_view id) {
    return std::find(watched.single.begin(), watched.single.end(), id) != watched.single.end();
  };
  for (auto element = resources.next_in(resources); element; element = element.next_in(resources)) {
    if (is_single(element)) watched.single.emplace_back(element.id());
    if (element.is("primitive") && element.value("class") != "stonith" && meta_of(element, "requires") == "unfencing")
      watched.unfenced.emplace_back(element.id());
    if (const auto ms = cib::parse_interval(meta_of(element, "failure-timeout")); ms && *ms > 0)
      watched.failure_timeouts.emplace(element.id(), milliseconds(*ms));
    if (!element.is("group") || below(element, "clone") || below(element, "master")) continue;
    cib::Element before;
    for (const cib::Element member : element.children("primitive")) {
      if (before) {
        watched.orders.push_back({std::string(before.id()), std::string(member.id())});
        watched.colocations.push_back({std::string(member.id()), std::string(before.id())});
      }
      before = member;
    }
  }
  const cib::Element constraints = document.find_path("configuration/constraints");
  if (!constraints) return watched;
  for (const cib::Element order : constraints.children("rsc_order")) {
    const bool mandatory = order.value("kind").empty() ? order.value("score", "INFINITY") == "INFINITY"
                                                       : order.value("kind") == "Mandatory";
    const bool plain =
        order.value("first-action").empty() && order.value("then-action").empty() && order.value("symmetrical").empty();
    if (mandatory && plain && single(order.value("first")) && single(order.value("then")))
      watched.orders.push_back({std::string(order.value("first")), std::string(order.value("then"))});
  }
  for (const cib::Element colocation : constraints.children("rsc_colocation"))
    if (colocation.value("score") == "INFINITY" && single(colocation.value("rsc")) &&
        single(colocation.value("with-rsc")))
      watched.colocations.push_back({std::string(colocation.value("rsc")), std::string(colocation.value("with-rsc"))});
  return watched;
}

}  // namespace

Result<BuiltConfiguration> build_configuration(const ConfigurationDraft& draft) {
  auto document = read_configuration(draft);
  if (!document) return tl::unexpected(document.error());
  if (auto checked = check_configuration(*document, draft); !checked) return tl::unexpected(checked.error());
  BuiltConfiguration built;
  built.cib = cib::write_document(*document);
  const cib::Element resources = std::as_const(*document).find_path("configuration/resources");
  if (!resources) return built;
  built.watched = watched_configuration(std::as_const(*document));
  for (auto element = resources.next_in(resources); element; element = element.next_in(resources)) {
    if (!cib::is_resource(element.name())) continue;
    built.resources.emplace_back(element.id());
    if (const IpAddress address = served_address(element); address.specified())
      built.services.push_back({std::string(element.id()), address});
  }
  return built;
}

}  // namespace simcluster::sim
