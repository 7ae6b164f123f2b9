// The cluster's configuration, from crm shell text or XML to a CIB.
#include <array>
#include <string_view>

#include "engine/cib/crm_shell.h"
#include "engine/cib/document.h"
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

bool is_resource(std::string_view name) {
  constexpr std::array<std::string_view, 5> kNames = {"primitive", "group", "clone", "master", "bundle"};
  for (const auto known : kNames)
    if (name == known) return true;
  return false;
}

// The address of an IPaddr2 or IPaddr resource; unspecified for all others.
IpAddress served_address(const cib::Element& primitive) {
  const auto type = primitive.value("type");
  if (type != "IPaddr2" && type != "IPaddr") return {};
  for (const auto set : primitive.children("instance_attributes"))
    for (const auto pair : set.children("nvpair"))
      if (pair.value("name") == "ip") return IpAddress::parse(pair.value("value")).value_or(IpAddress{});
  return {};
}

}  // namespace

Result<BuiltConfiguration> build_configuration(const ConfigurationDraft& draft) {
  auto document = read_configuration(draft);
  if (!document) return tl::unexpected(document.error());
  BuiltConfiguration built;
  built.cib = cib::write_document(*document);
  const cib::Element resources = std::as_const(*document).find_path("configuration/resources");
  if (!resources) return built;
  for (auto element = resources.next_in(resources); element; element = element.next_in(resources)) {
    if (!is_resource(element.name())) continue;
    built.resources.emplace_back(element.id());
    if (const IpAddress address = served_address(element); address.specified())
      built.services.push_back({std::string(element.id()), address});
  }
  return built;
}

}  // namespace simcluster::sim
