#include <fmt/format.h>

#include "engine/cib/document.h"

namespace simcluster::cib {

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
          fmt::format_to(std::back_inserter(out), "&#x{:02X};", static_cast<unsigned>(static_cast<unsigned char>(c)));
        else
          out += c;
    }
  }
}

class DocumentWriter {
 public:
  DocumentWriter(std::string& out, Layout layout) : out_(out), indented_(layout == Layout::kIndented) {}

  void write(const Document& document, std::uint32_t at, std::size_t depth) {
    indent(depth);
    if (document.is_comment(at)) {
      const auto& node = document.nodes_[at];
      out_ += "<!--";
      out_ += document.attributes_[node.attributes_begin].value;
      out_ += "-->";
    } else {
      write_element(document, at, depth);
    }
    if (indented_) out_ += '\n';
  }

 private:
  void indent(std::size_t depth) {
    if (indented_) out_.append(2 * depth, ' ');
  }

  void write_element(const Document& document, std::uint32_t at, std::size_t depth) {
    const auto& node = document.nodes_[at];
    const std::string_view name = document.texts_->text(node.name);
    out_ += '<';
    out_ += name;
    for (std::uint32_t i = 0; i < node.attribute_count; ++i) {
      const auto& attribute = document.attributes_[node.attributes_begin + i];
      out_ += ' ';
      out_ += document.texts_->text(attribute.name);
      out_ += "=\"";
      append_escaped(out_, attribute.value);
      out_ += '"';
    }
    if (node.first_child == Document::kNil) {
      out_ += "/>";
      return;
    }
    out_ += '>';
    if (indented_) out_ += '\n';
    for (std::uint32_t child = node.first_child; child != Document::kNil; child = document.nodes_[child].next)
      write(document, child, depth + 1);
    indent(depth);
    out_ += "</";
    out_ += name;
    out_ += '>';
  }

  std::string& out_;
  bool indented_;
};

std::string write_element(Element element, Layout layout) {
  std::string out;
  if (element.valid()) DocumentWriter(out, layout).write(element.document(), element.id().value, 0);
  return out;
}

std::string write_document(const Document& document, Layout layout) { return write_element(document.root(), layout); }

}  // namespace simcluster::cib
