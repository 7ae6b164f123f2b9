#include "reports/xml_writer.h"

#include "engine/cib/document.h"

namespace simcluster::reports {

std::string_view yes_no(bool value) { return value ? "true" : "false"; }

std::string escaped_text(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

void XmlWriter::open(std::string_view name, Attributes attributes) {
  finish_tag(false);
  out_.append(2 * names_.size(), ' ');
  out_ += '<';
  out_ += name;
  names_.emplace_back(name);
  in_tag_ = true;
  for (const auto& [key, value] : attributes) attribute(key, value);
}

void XmlWriter::attribute(std::string_view name, std::string_view value) { cib::append_attribute(out_, name, value); }

void XmlWriter::close() {
  const std::string name = std::move(names_.back());
  names_.pop_back();
  if (in_tag_) {
    finish_tag(true);
    return;
  }
  out_.append(2 * names_.size(), ' ');
  out_ += "</" + name + ">\n";
}

void XmlWriter::text(std::string_view name, std::string_view value, Attributes attributes) {
  finish_tag(false);
  out_.append(2 * names_.size(), ' ');
  out_ += '<';
  out_ += name;
  for (const auto& [key, content] : attributes) attribute(key, content);
  out_ += '>';
  out_ += escaped_text(value);
  out_ += "</";
  out_ += name;
  out_ += ">\n";
}

void XmlWriter::finish_tag(bool empty) {
  if (in_tag_) out_ += empty ? "/>\n" : ">\n";
  in_tag_ = false;
}

}  // namespace simcluster::reports
