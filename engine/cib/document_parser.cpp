// libxml2's SAX2 interface feeds the tree directly, so that no second tree is ever built.
#include <cstring>
#include <limits>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>

#include "engine/cib/document.h"

namespace simcluster::cib {

namespace {

constexpr std::size_t kMaxDepth = 250;

std::string_view view(const xmlChar* text) { return reinterpret_cast<const char*>(text); }

std::string_view trimmed_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

class DocumentParser {
 public:
  explicit DocumentParser(std::string_view file_name) { document_.set_file_name(std::string(file_name)); }

  Result<Document> parse(std::string_view xml);

 private:
  static DocumentParser& self(void* context) {
    return *static_cast<DocumentParser*>(static_cast<xmlParserCtxtPtr>(context)->_private);
  }
  static void on_start(void* context, const xmlChar* local, const xmlChar* prefix, const xmlChar* uri,
                       int namespace_count, const xmlChar** namespaces, int attribute_count, int defaulted_count,
                       const xmlChar** attributes);
  static void on_end(void* context, const xmlChar* local, const xmlChar* prefix, const xmlChar* uri);
  static void on_comment(void* context, const xmlChar* text);
  static void on_doctype(void* context, const xmlChar* name, const xmlChar* external, const xmlChar* system);
  static void on_error(void* context, xmlErrorPtr error);

  Symbol qualified(const xmlChar* local, const xmlChar* prefix);
  void stop(std::string message, int line, int column);

  Document document_;
  std::vector<std::uint32_t> open_;
  std::string name_buffer_;
  xmlParserCtxtPtr context_ = nullptr;
  std::optional<Error> error_;
};

Symbol DocumentParser::qualified(const xmlChar* local, const xmlChar* prefix) {
  if (prefix == nullptr) return document_.texts_->intern(view(local));
  name_buffer_.assign(view(prefix));
  name_buffer_ += ':';
  name_buffer_ += view(local);
  return document_.texts_->intern(name_buffer_);
}

void DocumentParser::stop(std::string message, int line, int column) {
  if (!error_) error_ = Error{std::move(message), {document_.file_name_, line, column}};
  xmlStopParser(context_);
}

void DocumentParser::on_start(void* context, const xmlChar* local, const xmlChar* prefix, const xmlChar* /*uri*/,
                              int namespace_count, const xmlChar** namespaces, int attribute_count,
                              int /*defaulted_count*/, const xmlChar** attributes) {
  DocumentParser& parser = self(context);
  Document& document = parser.document_;
  const int line = xmlSAX2GetLineNumber(context);
  if (parser.open_.size() >= kMaxDepth)
    return parser.stop(fmt::format("elements are nested too deeply (at most {} levels)", kMaxDepth), line, 0);
  if (attribute_count + namespace_count > 60000)
    return parser.stop("an element has too many attributes (at most 60000)", line, 0);
  const std::uint32_t node = document.make_node(parser.qualified(local, prefix), static_cast<std::uint32_t>(line));
  for (int i = 0; i < namespace_count; ++i) {
    const xmlChar* declared = namespaces[2 * i];
    const Symbol name = declared == nullptr ? document.texts_->intern("xmlns")
                                            : parser.qualified(declared, reinterpret_cast<const xmlChar*>("xmlns"));
    const xmlChar* value = namespaces[2 * i + 1];
    document.add_attribute(node, name, value == nullptr ? std::string_view() : document.texts_->store(view(value)));
  }
  for (int i = 0; i < attribute_count; ++i) {
    const xmlChar** parts = attributes + std::ptrdiff_t{5} * i;
    const auto* begin = reinterpret_cast<const char*>(parts[3]);
    const auto* end = reinterpret_cast<const char*>(parts[4]);
    document.add_attribute(node, parser.qualified(parts[0], parts[1]),
                           document.texts_->store({begin, static_cast<std::size_t>(end - begin)}));
  }
  if (parser.open_.empty())
    document.root_ = node;
  else
    document.link_last(node, parser.open_.back());
  parser.open_.push_back(node);
}

void DocumentParser::on_end(void* context, const xmlChar* /*local*/, const xmlChar* /*prefix*/,
                            const xmlChar* /*uri*/) {
  self(context).open_.pop_back();
}

void DocumentParser::on_comment(void* context, const xmlChar* text) {
  DocumentParser& parser = self(context);
  // Comments outside the root have no place in the tree.
  if (parser.open_.empty()) return;
  parser.document_.append_comment(Element(&parser.document_, ElementId(parser.open_.back())), view(text));
}

void DocumentParser::on_doctype(void* context, const xmlChar* /*name*/, const xmlChar* /*external*/,
                                const xmlChar* /*system*/) {
  self(context).stop("document type declarations are not accepted (expected plain XML without <!DOCTYPE>)",
                     xmlSAX2GetLineNumber(context), 0);
}

void DocumentParser::on_error(void* context, xmlErrorPtr error) {
  DocumentParser& parser = self(context);
  if (parser.error_) return;
  const std::string_view text = error->message == nullptr ? "not well-formed" : error->message;
  parser.stop(fmt::format("invalid XML: {}", trimmed_end(text)), error->line, error->int2);
}

Result<Document> DocumentParser::parse(std::string_view xml) {
  if (xml.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    return fail("the document is too large (at most 2 GB)", {document_.file_name_, 0, 0});
  if (xml.empty()) return fail("the document is empty (expected XML)", {document_.file_name_, 0, 0});
  // Texts take most of the space; a guess avoids growing large arrays step by step.
  document_.nodes_.reserve(xml.size() / 120);
  document_.attributes_.reserve(xml.size() / 30);
  context_ = xmlCreateMemoryParserCtxt(xml.data(), static_cast<int>(xml.size()));
  if (context_ == nullptr) return fail("the document cannot be read", {document_.file_name_, 0, 0});
  xmlCtxtUseOptions(context_, XML_PARSE_NONET | XML_PARSE_COMPACT);
  context_->_private = this;
  std::memset(context_->sax, 0, sizeof *context_->sax);
  context_->sax->initialized = XML_SAX2_MAGIC;
  context_->sax->startElementNs = on_start;
  context_->sax->endElementNs = on_end;
  context_->sax->comment = on_comment;
  context_->sax->internalSubset = on_doctype;
  context_->sax->serror = on_error;
  context_->userData = context_;
  xmlParseDocument(context_);
  const bool well_formed = context_->wellFormed != 0;
  xmlFreeParserCtxt(context_);
  if (error_) return tl::unexpected<Error>(*error_);
  if (!well_formed || document_.root_ == Document::kNil)
    return fail("invalid XML: the document is not well-formed", {document_.file_name_, 0, 0});
  return std::move(document_);
}

Result<Document> parse_document(std::string_view xml, std::string_view file_name) {
  return DocumentParser(file_name).parse(xml);
}

}  // namespace simcluster::cib
