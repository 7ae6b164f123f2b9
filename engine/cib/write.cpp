// Writing documents as text.
#include <string>

#include "engine/cib/document.h"
#include "engine/cib/element_parts.h"

namespace simcluster::cib {

class DocumentWriter {
 public:
  DocumentWriter(const Document& document, bool pretty, int depth)
      : document_(document), pretty_(pretty), depth_(depth) {}

  static std::vector<ElementPart> parts(const Element& element) {
    const Document& document = element.document();
    std::vector<ElementPart> all;
    for (ElementId at = document.node(element.index()).first_child; at.valid(); at = document.node(at).next) {
      const Document::Node& node = document.node(at);
      if (node.kind == Document::Kind::kComment)
        all.push_back({{}, document.attributes_[node.first_attribute].value()});
      else if (node.kind == Document::Kind::kElement)
        all.push_back({Element(&document, at), {}});
    }
    return all;
  }

  std::string write(ElementId top) {
    ElementId at = top;
    while (true) {
      if (open(at)) {
        at = document_.node(at).first_child;
        ++depth_;
        continue;
      }
      while (at != top && !document_.node(at).next.valid()) {
        at = document_.node(at).parent;
        --depth_;
        close(at);
      }
      if (at == top) return std::move(out_);
      at = document_.node(at).next;
    }
  }

 private:
  void indent() {
    if (pretty_) out_.append(static_cast<std::size_t>(depth_) * 2, ' ');
  }
  void end_line() {
    if (pretty_) out_ += '\n';
  }

  // Returns true when the element has children, which then follow.
  bool open(ElementId id) {
    const Document::Node& node = document_.node(id);
    if (node.kind == Document::Kind::kComment) {
      if (!pretty_) return false;
      indent();
      out_.append("<!--").append(document_.attributes_[node.first_attribute].value()).append("-->\n");
      return false;
    }
    indent();
    out_ += '<';
    out_ += document_.name_text(node.name);
    for (const Attribute attribute : Element(&document_, id).attributes()) {
      append_attribute(out_, attribute.name, attribute.value);
    }
    const bool has_children =
        pretty_ ? node.first_child.valid() : static_cast<bool>(Element(&document_, id).first_child());
    out_ += has_children ? ">" : "/>";
    end_line();
    return has_children;
  }

  void close(ElementId id) {
    indent();
    out_.append("</").append(document_.name_text(document_.node(id).name)).append(">");
    end_line();
  }

  const Document& document_;
  bool pretty_;
  int depth_;
  std::string out_;
};

std::vector<ElementPart> parts_of(const Element& element) { return DocumentWriter::parts(element); }

std::string write_document(const Document& document) {
  return document.root() ? DocumentWriter(document, true, 0).write(document.root().index()) : std::string();
}

std::string write_element(const Element& element, int depth) {
  return DocumentWriter(element.document(), true, depth).write(element.index());
}

std::string write_compact(const Element& element) {
  return DocumentWriter(element.document(), false, 0).write(element.index());
}

void append_escaped(std::string& out, std::string_view value) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::size_t plain = 0;  // start of the run that needs no escaping
  const auto replace = [&](std::size_t at, std::string_view text) {
    out.append(value.substr(plain, at - plain)).append(text);
    plain = at + 1;
  };
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto c = static_cast<unsigned char>(value[i]);
    if (c == '<') {
      replace(i, "&lt;");
    } else if (c == '>') {
      replace(i, "&gt;");
    } else if (c == '&') {
      replace(i, "&amp;");
    } else if (c == '"') {
      replace(i, "&quot;");
    } else if (c < 0x20 || c == 0x7f) {
      const char escaped[] = {'&', '#', 'x', kHex[c >> 4], kHex[c & 15], ';'};
      replace(i, {escaped, sizeof escaped});
    }
  }
  out.append(value.substr(plain));
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "=\"";
  append_escaped(out, value);
  out += '"';
}

}  // namespace simcluster::cib
