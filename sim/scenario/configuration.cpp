// The cluster's configuration, from crm shell text or XML to a CIB.
#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/cib/crm_edit.h"
#include "engine/cib/crm_shell.h"
#include "engine/cib/document.h"
#include "engine/cib/validate.h"
#include "sim/scenario/assembly.h"
#include "sim/scenario/watched_cib.h"

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

// Where an element of the configuration stands. `quoted` names it, between quotes.
SourcePlace place_of(const cib::Element& element, const ConfigurationDraft& draft, std::string_view quoted) {
  if (!draft.crm.empty()) return place_in_crm(draft.crm, quoted);
  if (!draft.crm_file.place.file.empty()) return place_in_crm({draft.crm_file}, quoted);
  const TextBlock& xml = draft.cib.place.file.empty() ? draft.cib_file : draft.cib;
  SourcePlace place = element.place();
  place.file = xml.place.file;
  place.line += xml.place.line - 1;
  place.column += xml.place.column - 1;
  return place;
}

// Every agent once, for primitives and their templates.
std::vector<AgentUse> agents_used(const cib::Document& document, const ConfigurationDraft& draft) {
  std::vector<AgentUse> used;
  const cib::Element resources = document.find_path("configuration/resources");
  for (auto element = resources.next_in(resources); element; element = element.next_in(resources)) {
    if (!element.is("primitive") && !element.is("template")) continue;
    if (element.value("class").empty() || element.value("type").empty()) continue;
    const auto same = [&](const AgentUse& known) {
      return known.standard == element.value("class") && known.provider == element.value("provider") &&
             known.type == element.value("type");
    };
    if (std::ranges::any_of(used, same)) continue;
    const std::string id(element.id());
    used.push_back({std::string(element.value("class")), std::string(element.value("provider")),
                    std::string(element.value("type")), id, place_of(element, draft, '"' + id + '"')});
  }
  return used;
}

}  // namespace

Result<BuiltConfiguration> build_configuration(const ConfigurationDraft& draft) {
  auto document = read_configuration(draft);
  if (!document) return tl::unexpected(document.error());
  if (auto checked = check_configuration(*document, draft); !checked) return tl::unexpected(checked.error());
  BuiltConfiguration built;
  built.cib = cib::write_document(*document);
  built.watched = watched_in(std::as_const(*document));
  built.watched_text = watched_text(std::as_const(*document));
  const cib::Element resources = std::as_const(*document).find_path("configuration/resources");
  if (!resources) return built;
  built.agents = agents_used(std::as_const(*document), draft);
  for (auto element = resources.next_in(resources); element; element = element.next_in(resources))
    if (cib::is_resource(element.name())) built.resources.emplace_back(element.id());
  return built;
}

}  // namespace simcluster::sim
