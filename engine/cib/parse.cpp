// Parsing with libxml2's SAX2 callbacks straight into the flat arrays.
#include <cstring>

#include <fmt/core.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "engine/cib/document.h"

namespace simcluster::cib {

// What the callbacks work on; the only one that writes the arrays of a document under construction.
class DocumentBuilder {
 public:
  DocumentBuilder(std::string_view xml, std::string_view file_name, const ParseLimits& limits)
      : xml_(xml), limits_(limits), file_name_(file_name) {
    document_.set_file_name(file_name);
    document_.nodes_.reserve(xml.size() / 256 + 16);
    document_.attributes_.reserve(xml.size() / 32 + 16);
  }

  Result<Document> run();

 private:
  using Kind = Document::Kind;

  static DocumentBuilder& self(void* context) {
    return *static_cast<DocumentBuilder*>(static_cast<xmlParserCtxtPtr>(context)->_private);
  }
  // Attributes that only a DOCTYPE gives come last, and do not count.
  static void on_start(void* context, const xmlChar* local, const xmlChar* prefix, const xmlChar*, int namespaces,
                       const xmlChar** namespace_pairs, int attributes, int defaulted, const xmlChar** values) {
    self(context).start(local, prefix, namespaces, namespace_pairs, attributes - defaulted, values);
  }
  static void on_end(void* context, const xmlChar*, const xmlChar*, const xmlChar*) {
    DocumentBuilder& builder = self(context);
    if (builder.failed_) return;
    builder.open_ = builder.document_.node(builder.open_).parent;
    --builder.depth_;
  }
  static void on_comment(void* context, const xmlChar* text) { self(context).comment(text); }
  static void on_cdata(void* context, const xmlChar* text, int length) {
    self(context).character_data({reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)});
  }
  // An entity may be declared, but not used. libxml2 looks one with a text of its own up when it has just been
  // declared.
  static void on_entity_declaration(void* context, const xmlChar* name, int type, const xmlChar*, const xmlChar*,
                                    xmlChar*) {
    if (type == XML_INTERNAL_GENERAL_ENTITY) self(context).declared_ = reinterpret_cast<const char*>(name);
  }
  static xmlEntityPtr on_entity(void* context, const xmlChar* name) {
    DocumentBuilder& builder = self(context);
    const std::string_view text(reinterpret_cast<const char*>(name));
    if (text != builder.declared_) {
      builder.stop(fmt::format("the entity \"{}\" is not expanded, expected plain text", text));
    }
    builder.declared_.clear();
    return nullptr;
  }
  static void on_error(void* context, xmlErrorPtr error) {
    // libxml2 hands the parser context to structured handlers
    self(context).parser_error(*error);
  }

  void start(const xmlChar* local, const xmlChar* prefix, int namespaces, const xmlChar** namespace_pairs,
             int attributes, const xmlChar** values);
  void comment(const xmlChar* text);
  void character_data(std::string_view text);
  void parser_error(const xmlError& error);
  void stop(std::string message);
  void advance_to_tag();
  SourcePlace here() const {
    return {file_name_, static_cast<int>(line_), static_cast<int>(offset_ - line_start_ + 1)};
  }
  Name name_of(const xmlChar* local, const xmlChar* prefix);
  Name intern(std::string_view text) { return document_.intern_name(text); }
  bool has_attribute(ElementId id, Name name) const { return Element(&document_, id).has(name); }

  // libxml2 keeps one copy of each name, so the pointer stands for the text.
  struct KnownName {
    const xmlChar* local = nullptr;
    const xmlChar* prefix = nullptr;
    Name name;
  };
  static constexpr std::size_t kKnownNames = 1024;

  std::string_view xml_;
  const ParseLimits& limits_;
  std::string file_name_;
  xmlParserCtxtPtr parser_ = nullptr;
  Document document_;
  ElementId open_;
  std::size_t depth_ = 0;
  std::size_t elements_ = 0;
  bool failed_ = false;
  Error error_;
  std::string declared_;  // the entity just declared
  std::vector<KnownName> known_ = std::vector<KnownName>(kKnownNames);
  // Place of the last start tag: byte offset, line, and the offset at which the line begins.
  std::size_t offset_ = 0;
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
  bool places_exact_ = true;
};

Name DocumentBuilder::name_of(const xmlChar* local, const xmlChar* prefix) {
  const auto spread = reinterpret_cast<std::uintptr_t>(local) * 0x9e3779b97f4a7c15u;
  KnownName& known = known_[(spread >> 32) % kKnownNames];
  if (known.local == local && known.prefix == prefix) return known.name;
  const char* text = reinterpret_cast<const char*>(local);
  known = {
      local, prefix,
      prefix == nullptr ? intern(text) : intern(fmt::format("{}:{}", reinterpret_cast<const char*>(prefix), text))};
  return known.name;
}

// libxml2 calls when it has read the whole start tag; its place is the last '<' before. The parser's own copy of the
// text is looked at where it still has it, for it is in the cache.
void DocumentBuilder::advance_to_tag() {
  const xmlParserInputPtr input = parser_->input;
  const std::size_t consumed = input->consumed;
  const std::size_t now = static_cast<std::size_t>(input->cur - input->base) + consumed;
  if (now > xml_.size() || parser_->inputNr != 1) places_exact_ = false;
  if (!places_exact_) {
    line_ = static_cast<std::size_t>(input->line);
    return;
  }
  const char* text =
      offset_ < consumed ? xml_.data() + offset_ : reinterpret_cast<const char*>(input->base) + (offset_ - consumed);
  const auto* tag = static_cast<const char*>(memrchr(text, '<', now - offset_));
  if (tag == nullptr) return;
  const char* from = text;
  while (const void* found = std::memchr(from, '\n', static_cast<std::size_t>(tag - from))) {
    from = static_cast<const char*>(found) + 1;
    ++line_;
    line_start_ = offset_ + static_cast<std::size_t>(from - text);
  }
  offset_ += static_cast<std::size_t>(tag - text);
}

void DocumentBuilder::start(const xmlChar* local, const xmlChar* prefix, int namespaces,
                            const xmlChar** namespace_pairs, int attributes, const xmlChar** values) {
  if (failed_) return;
  advance_to_tag();
  if (++depth_ > limits_.depth) return stop(fmt::format("elements are nested deeper than {}", limits_.depth));
  if (++elements_ > limits_.elements) return stop(fmt::format("there are more than {} elements", limits_.elements));
  if (static_cast<std::size_t>(attributes + namespaces) > limits_.attributes_of_one_element) {
    return stop(fmt::format("an element has more than {} attributes", limits_.attributes_of_one_element));
  }
  const ElementId made = document_.new_node(Kind::kElement, name_of(local, prefix));
  Document::Node& node = document_.node(made);
  node.line = static_cast<std::uint32_t>(line_);
  node.column =
      places_exact_ ? static_cast<std::uint16_t>(std::min<std::size_t>(offset_ - line_start_ + 1, 0xffff)) : 0;
  if (open_.valid()) {
    document_.link(made, open_, ElementId::none());
  } else {
    document_.root_ = made;
  }
  open_ = made;
  for (int i = 0; i < namespaces; ++i) {
    const char* name = reinterpret_cast<const char*>(namespace_pairs[2 * i]);
    const char* uri = reinterpret_cast<const char*>(namespace_pairs[2 * i + 1]);
    document_.add_attribute(made, intern(name == nullptr ? "xmlns" : fmt::format("xmlns:{}", name)),
                            uri == nullptr ? "" : uri);
  }
  for (int i = 0; i < attributes; ++i) {
    const xmlChar** at = values + 5 * i;
    const auto* text = reinterpret_cast<const char*>(at[3]);
    document_.add_attribute(made, name_of(at[0], at[1]), {text, static_cast<std::size_t>(at[4] - at[3])});
  }
}

void DocumentBuilder::comment(const xmlChar* text) {
  if (failed_ || !open_.valid()) return;
  const ElementId made = document_.new_node(Kind::kComment, Name::none());
  document_.add_attribute(made, Name::none(), reinterpret_cast<const char*>(text));
  document_.link(made, open_, ElementId::none());
}

// Plain text is dropped before a document is validated, a CDATA section is not (S1 C-1.3). `status` may hold any.
void DocumentBuilder::character_data(std::string_view text) {
  if (failed_ || text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
  for (Element at = document_.element(open_); at; at = at.parent()) {
    if (at.is(names::kStatus)) return;
  }
  advance_to_tag();
  document_.character_data_.push_back(here());
}

void DocumentBuilder::stop(std::string message) {
  if (!failed_) {
    failed_ = true;
    advance_to_tag();
    error_ = {std::move(message), here()};
  }
  xmlStopParser(parser_);
}

void DocumentBuilder::parser_error(const xmlError& error) {
  if (failed_) return;
  failed_ = true;
  std::string_view text = error.message == nullptr ? "unknown error" : error.message;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  error_ = {fmt::format("not well-formed XML: {}", text), {file_name_, error.line, error.int2}};
  xmlStopParser(parser_);
}

Result<Document> DocumentBuilder::run() {
  const SourcePlace place{file_name_, 0, 0};
  if (xml_.size() > std::min<std::size_t>(limits_.bytes, 0x7fffffff)) {
    return fail(fmt::format("the document is larger than {} bytes", limits_.bytes), place);
  }
  if (xml_.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return fail("the document is empty, expected XML", place);
  }
  static const bool initialised = (xmlInitParser(), true);
  static_cast<void>(initialised);
  xmlSAXHandler sax{};
  sax.initialized = XML_SAX2_MAGIC;
  sax.startElementNs = on_start;
  sax.endElementNs = on_end;
  sax.comment = on_comment;
  sax.cdataBlock = on_cdata;
  sax.entityDecl = on_entity_declaration;
  sax.getEntity = on_entity;
  sax.serror = on_error;
  parser_ = xmlCreateMemoryParserCtxt(xml_.data(), static_cast<int>(xml_.size()));
  if (parser_ == nullptr) return fail("the XML parser cannot be set up", place);
  parser_->_private = this;
  parser_->userData = parser_;
  if (parser_->sax != nullptr) *parser_->sax = sax;
  // NOENT concerns only the five entities of XML itself here, since no other is known.
  xmlCtxtUseOptions(parser_, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_HUGE);
  xmlParseDocument(parser_);
  const bool well_formed = parser_->wellFormed != 0;
  if (parser_->myDoc != nullptr) xmlFreeDoc(parser_->myDoc);  // made for a DOCTYPE
  parser_->myDoc = nullptr;
  xmlFreeParserCtxt(parser_);
  if (failed_) return tl::unexpected<Error>(std::move(error_));
  if (!well_formed || !document_.root_.valid()) return fail("not well-formed XML", place);
  return std::move(document_);
}

Result<Document> parse_document(std::string_view xml, std::string_view file_name, const ParseLimits& limits) {
  return DocumentBuilder(xml, file_name, limits).run();
}

}  // namespace simcluster::cib
